//! Proposals: what people ask for, what waits for an answer, what was hidden and why.

mod batch;
mod decide;
pub(super) mod export;
mod files;

use axum::Router;
use axum::routing::get;
use comitia_proto::common::v1::Role;
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal, ProposalState};
use comitia_proto::spaces::v1::Process;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::budgets::processes;
use super::home::Task;
use super::parts::Sheet;
use super::{Desk, Officer};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas, instant};
use crate::pages::parts::{self as site, Asked, query};
use crate::pages::slugs;
use crate::ui::{
    Choice, Column, Field, FieldErrors, Filter, Kind, Narrow, Table, Tone, buttons, empty, filter, form_post,
    pagination, table, tag,
};
use crate::visit::PageResult;

/// Who answers.
pub const ANSWERERS: &[Role] = &[Role::Administrator, Role::Moderator, Role::BudgetOfficer];
/// Who hides.
pub const MODERATORS: &[Role] = &[Role::Administrator, Role::Moderator];
const PAGE: i32 = 50;
const QUERY_MAX: usize = 200;

pub fn routes() -> Router {
    Router::new()
        .route("/office/proposals", get(list))
        .route("/office/proposals/export.csv", get(export::csv))
        .route("/office/proposals/batch", get(batch::again).post(batch::choose))
        .route("/office/proposals/batch/answer", get(batch::again).post(batch::answer))
        .route("/office/proposals/batch/moderate", get(batch::again).post(batch::moderate))
        .route("/office/proposals/{slug}", get(decide::show))
        .route("/office/proposals/{slug}/answer", get(decide::show).post(decide::answer))
        .route("/office/proposals/{slug}/moderate", get(decide::show).post(decide::moderate))
        .route("/office/proposals/{slug}/files/{attachment}/file", get(files::file))
        .route(
            "/office/proposals/{slug}/files/{attachment}/remove",
            get(files::ask_remove).post(files::remove),
        )
}

/// Where a proposal is in the office, after the language.
fn path(proposal: &Proposal) -> String {
    format!("/office/proposals/{}", slugs::of_text(&proposal.title, &proposal.proposal_id))
}

const STATES: [(&str, ProposalState, &str); 5] = [
    ("new", ProposalState::Submitted, key!("office-proposals-new")),
    ("examined", ProposalState::Examined, key!("proposals-state-examined")),
    ("accepted", ProposalState::Accepted, key!("proposals-state-accepted")),
    ("rejected", ProposalState::Rejected, key!("proposals-state-rejected")),
    ("withdrawn", ProposalState::Withdrawn, key!("proposals-state-withdrawn")),
];

/// What the queue was asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    process: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    area: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page_token: String,
}

impl Query {
    fn request(&self, process: &Process, areas: &Areas, page_size: i32) -> ListProposalsRequest {
        let state = STATES.iter().find(|(name, ..)| *name == self.state).map(|(_, state, _)| *state);
        let words = self.q.trim().chars().filter(|letter| !letter.is_control()).take(QUERY_MAX);
        ListProposalsRequest {
            process_id: process.process_id.clone(),
            state: state.unwrap_or_default().into(),
            area_code: if areas.has(&self.area) { self.area.clone() } else { String::new() },
            query: words.collect(),
            page_size,
            page_token: self.page_token.clone(),
            ..ListProposalsRequest::default()
        }
    }

    /// What a form was asked with, as [`Query::pairs`] wrote it.
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            process: text("process"),
            state: text("state"),
            area: text("area"),
            q: text("q"),
            page_token: text("page_token"),
        }
    }

    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("process", &self.process),
            ("state", &self.state),
            ("area", &self.area),
            ("q", &self.q),
            ("page_token", &self.page_token),
        ]
    }

    fn address(&self, path: &str, page_token: &str) -> String {
        let mut pairs = self.pairs();
        pairs[4].1 = page_token;
        format!("{path}{}", query(&pairs))
    }

    fn active(&self) -> usize {
        [&self.state, &self.area, &self.q].iter().filter(|value| !value.trim().is_empty()).count()
    }
}

/// What waits: proposals of the newest process that nobody has answered.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    let locale = officer.locale;
    let (_, chosen) = processes(officer, "").await?;
    let (true, Some(process)) = (officer.has_any(ANSWERERS), chosen) else { return Ok(Vec::new()) };
    let asked = Query { process: process.process_id.clone(), state: "new".into(), ..Query::default() };
    let found = calls::proposals(officer, asked.request(&process, &Areas::default(), PAGE)).await?;
    if found.proposals.is_empty() {
        return Ok(Vec::new());
    }
    let title = if found.next_page_token.is_empty() {
        t!(locale, "office-proposals-task", count = found.proposals.len())
    } else {
        t!(locale, "office-proposals-task-many", count = found.proposals.len())
    };
    let path = asked.address(&officer.link("/office/proposals"), "");
    Ok(vec![Task { title, text: process.title, path, urgent: false }])
}

async fn list(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    let locale = officer.locale;
    let (title, lead, none) =
        (t!(locale, "office-proposals"), t!(locale, "office-proposals-lead"), FieldErrors::new());
    let (all, chosen) = processes(&officer, &asked.process).await?;
    let here = officer.link("/office/proposals");
    let body = match chosen {
        None => empty(
            &t!(locale, "office-budgets-no-process"),
            html! {
                p { (t!(locale, "office-budgets-no-process-text")) }
                p { a href=(officer.link(Desk::Processes.path())) { (t!(locale, "office-processes")) } }
            },
        ),
        Some(process) => {
            let (areas, currency) =
                tokio::try_join!(calls::areas(&officer), currency(&officer, &process.process_id))?;
            let found = calls::proposals(&officer, asked.request(&process, &areas, PAGE)).await?;
            let asked = Query { process: process.process_id.clone(), ..asked };
            let next =
                (!found.next_page_token.is_empty()).then(|| asked.address(&here, &found.next_page_token));
            let export = asked.address(&format!("{here}/export.csv"), "");
            html! {
                (panel(&officer, &all, &asked, &areas, &here))
                @if found.proposals.is_empty() {
                    @if asked.active() > 0 {
                        (empty(&t!(locale, "proposals-none-found"), html! { p { (t!(locale, "proposals-none-found-text")) } }))
                    } @else {
                        (empty(&t!(locale, "office-proposals-none"), html! { p { (t!(locale, "office-proposals-none-text")) } }))
                    }
                } @else {
                    @if officer.has_any(ANSWERERS) {
                        (form_post(&officer.link("/office/proposals/batch"), None, html! {
                            (queue(&officer, &found.proposals, &areas, &currency))
                            (batch::choices(&officer, &asked))
                        }))
                    } @else {
                        (queue(&officer, &found.proposals, &areas, &currency))
                    }
                    @if !asked.page_token.is_empty() { p { a href=(asked.address(&here, "")) { (t!(locale, "proposals-first")) } } }
                    (pagination(&locale, None, next.as_deref()))
                    (buttons(html! { a .button.secondary href=(export) download { (t!(locale, "office-proposals-export")) } }))
                }
            }
        }
    };
    let sheet =
        Sheet { desk: Desk::Proposals, title: &title, lead: &lead, way: &[], errors: &none, said: None };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn panel(officer: &Officer, all: &[Process], asked: &Query, areas: &Areas, path: &str) -> Markup {
    let locale = officer.locale;
    let processes: Vec<_> =
        all.iter().map(|process| Choice::new(&process.process_id, &process.title)).collect();
    let labels: Vec<_> = STATES.iter().map(|(name, _, label)| (*name, locale.text(label))).collect();
    let states: Vec<_> = labels.iter().map(|(name, label)| Choice::new(name, label)).collect();
    let by_title = areas.by_title();
    let areas: Vec<_> = by_title.iter().map(|(code, title)| Choice::new(code, title)).collect();
    let any = t!(locale, "proposals-any");
    let fields = html! {
        (Field::new(&locale, "process", t!(locale, "office-budgets-process"))
            .select(Some(&asked.process), None, &processes))
        (Field::new(&locale, "q", t!(locale, "proposals-filter-words")).input(Kind::Search, &asked.q))
        (Field::new(&locale, "state", t!(locale, "proposals-filter-state"))
            .select(Some(&asked.state), Some(&any), &states))
        @if !areas.is_empty() {
            (Field::new(&locale, "area", t!(locale, "proposals-filter-area"))
                .select(Some(&asked.area), Some(&any), &areas))
        }
    };
    filter(&locale, &Filter { action: path, active: asked.active(), fields })
}

fn queue(officer: &Officer, proposals: &[Proposal], areas: &Areas, currency: &str) -> Markup {
    let locale = officer.locale;
    let labels = [
        t!(locale, "office-proposal"),
        t!(locale, "office-budgets-state"),
        t!(locale, "office-budgets-area"),
        t!(locale, "office-proposals-since"),
        t!(locale, "office-proposals-cost"),
    ];
    let numeric = [false, false, false, false, true];
    let columns: Vec<_> =
        labels.iter().zip(numeric).map(|(label, numeric)| Column { label, numeric }).collect();
    let everywhere = t!(locale, "proposals-everywhere");
    let row = |proposal: &Proposal| {
        let since = instant(proposal.create_time.as_ref()).map(|time| locale.date_short(time));
        let area = if proposal.area_code.is_empty() { &everywhere } else { areas.title(&proposal.area_code) };
        let cost = proposal.estimated_cost;
        vec![
            html! {
                @if officer.has_any(ANSWERERS) {
                    (batch::checkbox(officer, &proposal.proposal_id, &proposal.title))
                }
                a href=(officer.link(&path(proposal))) { (site::written(&proposal.title)) }
            },
            html! {
                (site::proposal_tag(&locale, proposal.state()))
                @if proposal.hidden { " " (tag(Tone::Error, &t!(locale, "office-proposals-hidden"))) }
            },
            html! { (area) },
            html! { (since.unwrap_or_default()) },
            html! { @if cost > 0 { (locale.money(cost, currency)) } @else { "–" } },
        ]
    };
    let caption = t!(locale, "office-proposals-caption");
    let rows = proposals.iter().map(row).collect();
    table(&Table { id: "queue", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}

/// The currency of a process that has no budget yet.
const CURRENCY: &str = "EUR";

/// The currency of a process's budgets, which its proposals are estimated in.
async fn currency(officer: &Officer, process_id: &str) -> Result<String, PageError> {
    let budgets = calls::budgets(officer, process_id.to_owned()).await?;
    Ok(budgets.into_iter().next().map_or_else(|| CURRENCY.to_owned(), |budget| budget.currency))
}
