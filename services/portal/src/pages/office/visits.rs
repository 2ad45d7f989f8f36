//! The desk: a member who is there votes on a device that stands there. One officer checks who they are and opens the visit, another
//! one confirms it and is given the code for the device. Numbers and addresses travel in forms, never in the addresses of pages.

mod confirm;

use std::collections::HashMap;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    DeskVisit, FindMembersRequest, FoundMember, IdentityDocument, ListDeskVisitsRequest, OpenDeskVisitRequest,
};
use comitia_proto::voting::v1::Poll;
use http::StatusCode;
use maud::{Markup, html};

use super::home::Task;
use super::parts::{Sheet, done, new_request_id, request_id, status, what_was_done};
use super::rolls::replacements::name;
use super::{ADMINISTRATOR, Desk, Officer, staff, votes};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::instant;
use crate::pages::parts as site;
use crate::pages::votes::{DESK, Door, door, is_sheet};
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, SummaryRow, Table, Tone, button, button_link,
    buttons, empty, form_post, notice, summary_list, table, tag,
};
use crate::visit::PageResult;

/// Who sees visits.
pub const READERS: &[Role] = staff::READERS;
const PAGE: i32 = 200;
const TEXT_MAX: u32 = 254;

/// What people show, in the order of the list.
const DOCUMENTS: [(IdentityDocument, &str, &str); 5] = [
    (IdentityDocument::IdentityCard, "card", key!("office-desk-document-card")),
    (IdentityDocument::Passport, "passport", key!("office-desk-document-passport")),
    (IdentityDocument::ResidencePermit, "residence", key!("office-desk-document-residence")),
    (IdentityDocument::DrivingLicence, "licence", key!("office-desk-document-licence")),
    (IdentityDocument::Other, "other", key!("office-desk-document-other")),
];

/// The words for a document by its name in the API.
pub fn document(name: &str) -> Option<&'static str> {
    let named = IdentityDocument::from_str_name(name)?;
    DOCUMENTS.iter().find(|(document, ..)| *document == named).map(|(.., words)| *words)
}

pub fn routes() -> Router {
    Router::new()
        .route("/office/desk", get(list))
        .route("/office/desk/new", get(new).post(find))
        .route("/office/desk/open", get(new).post(open))
        .route("/office/desk/visits/{id}", get(confirm::ask).post(confirm::confirm))
}

async fn all(officer: &Officer) -> Result<Vec<DeskVisit>, PageError> {
    let request = ListDeskVisitsRequest { page_size: PAGE, page_token: String::new() };
    Ok(officer.services().desk().list_desk_visits(officer.request(request)).await?.into_inner().visits)
}

fn waits(officer: &Officer, visit: &DeskVisit) -> bool {
    let expires = instant(visit.expire_time.as_ref());
    visit.confirmed_by.is_empty()
        && !visit.member_number.is_empty()
        && expires.is_some_and(|time| time > officer.now())
}

/// The visits that wait for somebody else than who opened them.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) {
        return Ok(Vec::new());
    }
    let visits = all(officer).await?;
    let waiting =
        visits.iter().filter(|visit| waits(officer, visit) && visit.opened_by != officer.id).count();
    let task = || Task {
        title: t!(officer.locale, "office-desk-task", count = waiting),
        text: t!(officer.locale, "office-desk-task-text").into_owned(),
        path: officer.link(Desk::Visits.path()),
        urgent: true,
    };
    Ok((waiting > 0).then(task).into_iter().collect())
}

/// The votes that members of a roll can vote in now.
async fn open_polls(officer: &Officer) -> Result<Vec<Poll>, PageError> {
    let polls = votes::polls(officer).await?;
    let votes_with_roll = |poll: &Poll| {
        let roll = poll.eligibility.as_ref().is_some_and(|eligibility| !eligibility.roll_id.is_empty());
        roll && !is_sheet(poll) && door(poll, officer.now()) == Door::Open
    };
    Ok(polls.into_iter().filter(votes_with_roll).collect())
}

fn show(
    officer: &Officer,
    title: &str,
    lead: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
    body: Markup,
) -> Response {
    let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
    Sheet { desk: Desk::Visits, title, lead, way: &[], errors, said }.show(officer, status, body)
}

async fn list(officer: Officer) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let (visits, polls) = (all(&officer).await?, votes::polls(&officer).await?);
    let people = staff::members(&officer).await?;
    let titles: HashMap<&str, &str> =
        polls.iter().map(|poll| (poll.poll_id.as_str(), poll.title.as_str())).collect();
    let heads = [
        t!(locale, "office-column-number"),
        t!(locale, "office-vote"),
        t!(locale, "office-desk-day"),
        t!(locale, "office-desk-opened-by"),
        t!(locale, "office-processes-state"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let row = |visit: &DeskVisit| {
        let number = &visit.member_number;
        // A day is the same in every time zone of Europe at noon.
        let day = instant(visit.day.as_ref()).map(|day| day + TimeDelta::hours(12));
        vec![
            html! { @if number.is_empty() { (t!(locale, "office-desk-forgotten")) } @else { bdi { (number) } } },
            html! { (site::written(titles.get(visit.poll_id.as_str()).copied().unwrap_or_default())) },
            html! { (day.map(|day| locale.date(day)).unwrap_or_default()) },
            html! { bdi { (name(&officer, &people, &visit.opened_by)) } },
            state(&officer, visit, &name(&officer, &people, &visit.confirmed_by)),
        ]
    };
    let rows: Vec<_> = visits.iter().map(row).collect();
    let body = html! {
        (what_was_done(&officer, &[("opened", key!("office-desk-opened"))]))
        (seen(&locale))
        @if officer.has_any(ADMINISTRATOR) {
            (buttons(html! {
                (button_link(Button::Primary, &t!(locale, "office-desk-new"), &officer.link("/office/desk/new")))
                (button_link(Button::Secondary, &t!(locale, "office-desk-device"), &officer.link(DESK)))
            }))
        }
        @if rows.is_empty() {
            (empty(&t!(locale, "office-desk-none"), html! { p { (t!(locale, "office-desk-none-text")) } }))
        } @else {
            (table(&Table {
                id: "visits",
                caption: &t!(locale, "office-desk-caption"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
        }
    };
    let (title, lead) = (t!(locale, "office-desk"), t!(locale, "office-desk-lead"));
    Ok(show(&officer, &title, &lead, &FieldErrors::new(), None, body))
}

/// What is counted and who sees it.
fn seen(locale: &Locale) -> Markup {
    notice(
        locale,
        Tone::Info,
        Some(&t!(locale, "office-desk-seen")),
        html! {
            ul {
                li { (t!(locale, "office-desk-seen-two")) }
                li { (t!(locale, "office-desk-seen-first")) }
                li { (t!(locale, "office-desk-seen-log")) }
                li { (t!(locale, "office-desk-seen-public")) }
            }
        },
    )
}

fn state(officer: &Officer, visit: &DeskVisit, confirmed_by: &str) -> Markup {
    let locale = officer.locale;
    if !visit.confirmed_by.is_empty() {
        html! { (tag(Tone::Success, &t!(locale, "office-desk-confirmed"))) " " bdi { (confirmed_by) } }
    } else if !waits(officer, visit) {
        tag(Tone::Neutral, &t!(locale, "office-replacements-expired"))
    } else if officer.has_any(ADMINISTRATOR) && visit.opened_by != officer.id {
        let path = officer.link(&format!("/office/desk/visits/{}", visit.visit_id));
        html! { a href=(path) { (t!(locale, "office-desk-confirm")) span .unseen { " " (visit.member_number) } } }
    } else {
        tag(Tone::Warning, &t!(locale, "office-replacements-waits"))
    }
}

async fn new(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let polls = open_polls(&officer).await?;
    Ok(search_page(&officer, &polls, "", "", None, &FieldErrors::new(), None))
}

async fn find(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let polls = open_polls(&officer).await?;
    let (poll, text) = (form.get("poll"), form.text("text"));
    let mut errors = FieldErrors::new();
    let chosen = polls.iter().find(|one| one.poll_id == poll);
    if chosen.is_none() {
        errors.push("poll", t!(locale, "office-desk-poll-missing"));
    }
    if text.is_empty() {
        errors.push("text", t!(locale, "office-members-text-missing"));
    }
    let found = match chosen.filter(|_| errors.is_empty()) {
        Some(chosen) => Some(search(&officer, chosen, text).await?),
        None => None,
    };
    Ok(search_page(&officer, &polls, poll, text, found.as_deref(), &errors, None))
}

async fn search(officer: &Officer, poll: &Poll, text: &str) -> Result<Vec<FoundMember>, PageError> {
    let roll_id = poll.eligibility.as_ref().map(|one| one.roll_id.clone()).unwrap_or_default();
    let request = FindMembersRequest { roll_id, text: text.to_owned() };
    Ok(officer.services().rolls().find_members(officer.request(request)).await?.into_inner().members)
}

fn search_page(
    officer: &Officer,
    polls: &[Poll],
    poll: &str,
    text: &str,
    found: Option<&[FoundMember]>,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let choices: Vec<_> = polls.iter().map(|one| Choice::new(&one.poll_id, &one.title)).collect();
    let chosen = if let [only] = polls { Some(only.poll_id.as_str()) } else { Some(poll) };
    let body = html! {
        @if polls.is_empty() {
            (empty(&t!(locale, "office-desk-closed"), html! { p { (t!(locale, "office-desk-closed-text")) } }))
        } @else {
            (form_post(&officer.link("/office/desk/new"), None, html! {
                (Field::new(&locale, "poll", t!(locale, "office-vote")).error(errors.of("poll"))
                    .radios(chosen.filter(|poll| !poll.is_empty()), &choices))
                (Field::new(&locale, "text", t!(locale, "office-members-text"))
                    .hint(t!(locale, "office-members-text-hint")).error(errors.of("text")).autocomplete("off")
                    .max_length(TEXT_MAX).input(Kind::Code, text))
                (buttons(button(Button::Primary, &t!(locale, "office-members-find"), None)))
            }))
        }
        @match found {
            None => {}
            Some([]) => (empty(&t!(locale, "office-members-nobody"), html! { p { (t!(locale, "office-members-nobody-text")) } })),
            Some(found) => {
                h2 { (t!(locale, "office-members-found", count = found.len())) }
                @for one in found { (entry(officer, chosen.unwrap_or_default(), one)) }
            }
        }
    };
    let (title, lead) = (t!(locale, "office-desk-new"), t!(locale, "office-desk-new-lead"));
    show(officer, &title, &lead, errors, said, body)
}

/// A member, and the form by which their visit is opened.
fn entry(officer: &Officer, poll: &str, found: &FoundMember) -> Markup {
    let locale = officer.locale;
    let member = found.member.clone().unwrap_or_default();
    let (number, district, birth) = (
        t!(locale, "office-column-number"),
        t!(locale, "office-desk-district"),
        t!(locale, "office-desk-birth-date"),
    );
    let rows: Vec<_> =
        [(&number, &member.member_number), (&district, &member.district), (&birth, &member.birth_date)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| SummaryRow { label, value: html! { bdi { (value) } }, change: None })
            .collect();
    let words = DOCUMENTS.map(|(_, value, words)| (value, locale.text(words)));
    let choices: Vec<_> = words.iter().map(|(value, words)| Choice::new(value, words)).collect();
    html! {
        @if found.left { p { (tag(Tone::Warning, &t!(locale, "office-members-left"))) } }
        (summary_list(&locale, &rows))
        (form_post(&officer.link("/office/desk/open"), None, html! {
            input type="hidden" name="poll" value=(poll);
            input type="hidden" name="number" value=(member.member_number);
            input type="hidden" name="request_id" value=(new_request_id());
            (Field::new(&locale, "document", t!(locale, "office-desk-document"))
                .hint(t!(locale, "office-desk-document-hint")).radios(None, &choices))
            (buttons(button(Button::Primary, &t!(locale, "office-desk-open"), None)))
        }))
    }
}

async fn open(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let polls = open_polls(&officer).await?;
    let (poll, number) = (form.get("poll"), form.text("number"));
    let chosen = polls.iter().find(|one| one.poll_id == poll).ok_or(PageError::FormMalformed)?;
    let document = DOCUMENTS.iter().find(|(_, value, _)| *value == form.get("document"));
    let mut errors = FieldErrors::new();
    let Some((document, ..)) = document else {
        errors.push("document", t!(locale, "office-desk-document-missing"));
        let found = search(&officer, chosen, number).await?;
        return Ok(search_page(&officer, &polls, poll, number, Some(&found), &errors, None));
    };
    let request = OpenDeskVisitRequest {
        poll_id: poll.to_owned(),
        member_number: number.to_owned(),
        document: (*document).into(),
        request_id: request_id(&form),
    };
    let error = match officer.services().desk().open_desk_visit(officer.request(request)).await {
        Ok(_) => return Ok(done(&officer, Desk::Visits.path(), "opened")),
        Err(status) => PageError::from(status),
    };
    let why = match error.reason() {
        Some(Reason::NotEligible) => t!(locale, "office-desk-not-eligible"),
        Some(Reason::PollClosed | Reason::PollNotOpen | Reason::PollPaused) => {
            t!(locale, "office-desk-poll-closed")
        }
        Some(Reason::RateLimited) => t!(locale, "office-desk-too-many"),
        _ => return Err(error),
    };
    let said = notice(&locale, Tone::Error, None, html! { p { (why) } });
    Ok(search_page(&officer, &polls, poll, number, None, &errors, Some(said)))
}
