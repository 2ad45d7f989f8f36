//! The log of the organization: what the team did, newest first, for administrators and auditors.

mod names;
mod sentences;
mod words;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::StaffMember;
use comitia_proto::spaces::v1::{Act, ListActsRequest, ListActsResponse};
use futures_util::stream;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use names::Names;

use super::parts::{Sheet, csv_file, csv_line};
use super::processes::calendar::{End, moment};
use super::{Desk, Officer, rolls, staff};
use crate::error::PageError;
use crate::locale::t;
use crate::pages::calls::instant;
use crate::pages::parts::{Asked, query};
use crate::ui::{
    Choice, Column, Field, FieldErrors, Filter, Kind, Narrow, Table, buttons, empty, filter, pagination,
    table,
};
use crate::visit::PageResult;

/// Who reads the log.
pub const READERS: &[Role] = &[Role::Administrator, Role::Auditor];
const PAGE: i32 = 50;
const FILE_PAGE: i32 = 1000;
const WORDS_MAX: usize = 200;
const OPERATOR: &str = "operator";

pub fn routes() -> Router {
    Router::new().route("/office/log", get(list)).route("/office/log/export.csv", get(csv))
}

/// Which acts are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    who: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page_token: String,
}

impl Query {
    /// The request. What is no day, or nobody, does not narrow it.
    fn request(&self, officer: &Officer, page_size: i32) -> ListActsRequest {
        let zone = officer.locale.zone;
        let day = |end, day: &str| moment(zone, end, day, "").ok().map(comitia_platform::validate::timestamp);
        let plain = |text: &str, most: usize| -> String {
            text.trim().chars().filter(|letter| !letter.is_control()).take(most).collect()
        };
        ListActsRequest {
            actor: plain(&self.who, 100),
            method: words::method(&self.what).unwrap_or_default().to_owned(),
            resource: plain(&self.on, 300),
            from_time: day(End::First, &self.from),
            to_time: day(End::Last, &self.to),
            text: plain(&self.q, WORDS_MAX),
            page_size,
            page_token: self.page_token.clone(),
        }
    }

    fn address(&self, path: &str, page_token: &str) -> String {
        let pairs = [
            ("who", self.who.as_str()),
            ("what", &self.what),
            ("on", &self.on),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("page_token", page_token),
        ];
        format!("{path}{}", query(&pairs))
    }

    fn active(&self) -> usize {
        let all = [&self.who, &self.what, &self.on, &self.from, &self.to, &self.q];
        all.iter().filter(|value| !value.trim().is_empty()).count()
    }
}

async fn acts(officer: &Officer, request: ListActsRequest) -> Result<ListActsResponse, PageError> {
    Ok(officer.services().acts().list_acts(officer.request(request)).await?.into_inner())
}

/// What somebody is called whose pseudonym an act has.
fn name(officer: &Officer, people: &[StaffMember], actor: &str) -> String {
    let id = people.iter().find(|member| member.actor == actor).map(|member| member.staff_member_id.as_str());
    rolls::replacements::name(officer, people, id.unwrap_or(actor))
}

/// The same in a sentence.
fn doer(officer: &Officer, people: &[StaffMember], actor: &str) -> String {
    match people.iter().find(|member| member.actor == actor) {
        Some(member) => member.display_name.clone(),
        None if actor == OPERATOR => t!(officer.locale, "office-said-operator").into_owned(),
        None => t!(officer.locale, "office-said-former").into_owned(),
    }
}

async fn list(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let here = officer.link(Desk::Log.path());
    let people = staff::members(&officer).await?;
    let found = acts(&officer, asked.request(&officer, PAGE)).await?;
    let names = Names::read(&officer, &people, &found.acts).await;
    let next = (!found.next_page_token.is_empty()).then(|| asked.address(&here, &found.next_page_token));
    let export = asked.address(&format!("{here}/export.csv"), "");
    let body = html! {
        (panel(&officer, &people, &asked, &here))
        @if found.acts.is_empty() && asked.active() > 0 {
            (empty(&t!(locale, "office-log-none-found"), html! { p { (t!(locale, "office-log-none-found-text")) } }))
        } @else if found.acts.is_empty() {
            (empty(&t!(locale, "office-log-none"), html! { p { (t!(locale, "office-log-none-text")) } }))
        } @else {
            (rows(&officer, &people, &names, &found.acts))
            @if !asked.page_token.is_empty() { p { a href=(asked.address(&here, "")) { (t!(locale, "office-log-newest")) } } }
            (pagination(&locale, None, next.as_deref()))
            (buttons(html! { a .button.secondary href=(export) download { (t!(locale, "office-log-export")) } }))
        }
    };
    let sheet = Sheet {
        desk: Desk::Log,
        title: &t!(locale, "office-log"),
        lead: &t!(locale, "office-log-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn panel(officer: &Officer, people: &[StaffMember], asked: &Query, path: &str) -> Markup {
    let locale = officer.locale;
    let operator = t!(locale, "office-operator");
    let mut who: Vec<_> =
        people.iter().map(|member| Choice::new(&member.actor, &member.display_name)).collect();
    who.push(Choice::new(OPERATOR, &operator));
    let kinds = words::kinds(&locale);
    let what: Vec<_> = kinds.iter().map(|(name, label)| Choice::new(name, label)).collect();
    let (anybody, anything) = (t!(locale, "office-log-anybody"), t!(locale, "office-log-anything"));
    let fields = html! {
        (Field::new(&locale, "who", t!(locale, "office-log-who")).select(Some(&asked.who), Some(&anybody), &who))
        (Field::new(&locale, "what", t!(locale, "office-log-what")).select(Some(&asked.what), Some(&anything), &what))
        (Field::new(&locale, "from", t!(locale, "office-log-from")).input(Kind::Date, &asked.from))
        (Field::new(&locale, "to", t!(locale, "office-log-to")).input(Kind::Date, &asked.to))
        (Field::new(&locale, "q", t!(locale, "office-log-text")).input(Kind::Search, &asked.q))
        @if !asked.on.is_empty() { input type="hidden" name="on" value=(asked.on); }
    };
    filter(&locale, &Filter { action: path, active: asked.active(), fields })
}

fn rows(officer: &Officer, people: &[StaffMember], names: &Names, acts: &[Act]) -> Markup {
    let locale = officer.locale;
    let heads =
        [t!(locale, "office-log-when"), t!(locale, "office-log-act"), t!(locale, "office-log-changes")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let here = officer.link(Desk::Log.path());
    let row = |act: &Act| {
        let when = instant(act.act_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
        let only = Query { on: act.resource.clone(), ..Query::default() }.address(&here, "");
        let who = doer(officer, people, &act.actor);
        vec![
            html! { (when) },
            html! {
                bdi { (sentences::sentence(&locale, names, &who, act)) }
                @if !act.resource.is_empty() {
                    br;
                    a href=(only) { (t!(locale, "office-log-same")) span .unseen { " " (act.resource) } }
                }
            },
            changes(officer, names, act),
        ]
    };
    table(&Table {
        id: "log",
        caption: &t!(locale, "office-log-caption"),
        columns: &columns,
        rows: acts.iter().map(row).collect(),
        narrow: Narrow::Stack,
    })
}

fn changes(officer: &Officer, names: &Names, act: &Act) -> Markup {
    let locale = officer.locale;
    let budget = names.budget(&act.resource);
    html! {
        @if act.changes.is_empty() { "–" } @else {
            ul { @for change in &act.changes { li { (words::change(&locale, budget, change)) } } }
        }
    }
}

/// What is still to be sent of the file.
struct Rest {
    officer: Officer,
    people: Vec<StaffMember>,
    request: Option<ListActsRequest>,
    head: bool,
}

async fn csv(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    officer.require(READERS)?;
    let people = staff::members(&officer).await?;
    let asked = Query { page_token: String::new(), ..asked };
    let request = Some(asked.request(&officer, FILE_PAGE));
    let name = t!(officer.locale, "office-log-file").into_owned();
    let pages = stream::try_unfold(Rest { officer, people, request, head: true }, next);
    Ok(csv_file(Body::from_stream(pages), &name))
}

/// A page of acts as lines, one for each value that changed. An error ends the file, so that no half of it passes for the whole.
async fn next(mut rest: Rest) -> Result<Option<(Bytes, Rest)>, PageError> {
    let Some(request) = rest.request.take() else { return Ok(None) };
    let found = acts(&rest.officer, request.clone()).await?;
    let names = Names::read(&rest.officer, &rest.people, &found.acts).await;
    let mut lines = String::new();
    if std::mem::take(&mut rest.head) {
        // With the mark, spreadsheets read accents as they are.
        lines.push('\u{feff}');
        lines.push_str(&csv_line(&head(&rest.officer)));
    }
    for act in &found.acts {
        let cells = |field: &str, before: &str, after: &str| {
            csv_line(&cells(&rest, &names, act, [field, before, after].map(str::to_owned)))
        };
        if act.changes.is_empty() {
            lines.push_str(&cells("", "", ""));
        }
        for change in &act.changes {
            lines.push_str(&cells(&change.field, change.before(), change.after()));
        }
    }
    if !found.next_page_token.is_empty() {
        rest.request = Some(ListActsRequest { page_token: found.next_page_token, ..request });
    }
    Ok(Some((lines.into(), rest)))
}

fn head(officer: &Officer) -> Vec<String> {
    let locale = officer.locale;
    [
        t!(locale, "office-log-id"),
        t!(locale, "office-log-when"),
        t!(locale, "office-log-who"),
        t!(locale, "office-log-what"),
        t!(locale, "office-log-method"),
        t!(locale, "office-log-resource"),
        t!(locale, "office-log-field"),
        t!(locale, "office-log-before"),
        t!(locale, "office-log-after"),
        t!(locale, "office-log-act"),
    ]
    .map(|label| label.into_owned())
    .into()
}

fn cells(rest: &Rest, names: &Names, act: &Act, change: [String; 3]) -> Vec<String> {
    let locale = rest.officer.locale;
    let when = instant(act.act_time.as_ref()).map(|time| time.with_timezone(&locale.zone).to_rfc3339());
    let doer = doer(&rest.officer, &rest.people, &act.actor);
    let sentence = sentences::sentence(&locale, names, &doer, act);
    let mut cells = vec![
        act.act_id.clone(),
        when.unwrap_or_default(),
        name(&rest.officer, &rest.people, &act.actor),
        words::what(&locale, &act.method),
        act.method.clone(),
        act.resource.clone(),
    ];
    cells.extend(change);
    cells.push(sentence);
    cells
}
