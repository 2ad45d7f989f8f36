//! Paper: the boxes that are handed in, each entered twice by two officers, compared, counted or set aside.

mod batch;
mod entry;
mod finish;
mod form;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::voting::v1::{
    CreatePaperBatchRequest, ListPaperBatchesRequest, PaperBatch, PaperBatchState, Poll, PollState,
};
use http::StatusCode;
use maud::{Markup, html};

use super::parts::{Sheet, new_request_id, refused, request_id, status, what_was_done};
use super::{Desk, Officer, votes};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::{count, instant};
use crate::pages::parts as site;
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, button, button_link, buttons, empty,
    form_post, notice, table, tag,
};
use crate::visit::PageResult;

/// Who enters paper.
pub const OFFICERS: &[Role] = &[Role::BudgetOfficer];
/// Who sees what was entered.
pub const READERS: &[Role] = &[Role::Administrator, Role::BudgetOfficer, Role::Auditor];
const TITLE_MAX: u32 = 200;
const PAGE: i32 = 1000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/paper", get(polls))
        .route("/office/paper/{poll}", get(batches).post(create))
        .route("/office/paper/{poll}/form", get(form::show))
        .route("/office/paper/{poll}/{batch}", get(batch::show).post(batch::enter))
        .route("/office/paper/{poll}/{batch}/commit", get(finish::ask_commit).post(finish::commit))
        .route("/office/paper/{poll}/{batch}/aside", get(finish::ask_aside).post(finish::aside))
}

/// Where the boxes of a vote are, after the language.
fn poll_path(poll: &Poll) -> String {
    format!("/office/paper/{}", poll.poll_id)
}

/// Where a box is.
fn batch_path(poll: &Poll, batch: &PaperBatch) -> String {
    format!("{}/{}", poll_path(poll), batch.paper_batch_id)
}

fn batch_tag(locale: &Locale, state: PaperBatchState) -> Markup {
    let (tone, key) = match state {
        PaperBatchState::Unspecified | PaperBatchState::Entering => {
            (Tone::Info, key!("office-batch-entering"))
        }
        PaperBatchState::Agreed => (Tone::Warning, key!("office-batch-agreed")),
        PaperBatchState::Committed => (Tone::Success, key!("office-batch-committed")),
        PaperBatchState::SetAside => (Tone::Neutral, key!("office-batch-aside")),
    };
    tag(tone, &locale.text(key))
}

/// The votes that take paper now first.
async fn polls(officer: Officer) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let takes = |poll: &&Poll| matches!(poll.state(), PollState::Open | PollState::WaitingForPaper);
    let all = votes::polls(&officer).await?;
    let (now, others): (Vec<_>, Vec<_>) = all.iter().partition(takes);
    let (title, lead, none) =
        (t!(locale, "office-paper"), t!(locale, "office-paper-lead"), FieldErrors::new());
    let list = |id: &str, caption: &str, polls: &[&Poll]| {
        let labels = [
            t!(locale, "office-vote"),
            t!(locale, "office-budgets-state"),
            t!(locale, "office-schedule-closes"),
            t!(locale, "office-schedule-paper-until"),
        ];
        let columns: Vec<_> = labels.iter().map(|label| Column { label, numeric: false }).collect();
        let until = |time: Option<&prost_types::Timestamp>| {
            instant(time).map(|time| locale.deadline(time)).unwrap_or_default()
        };
        let rows = polls
            .iter()
            .map(|poll| {
                vec![
                    html! { a href=(officer.link(&poll_path(poll))) { (site::written(&poll.title)) } },
                    votes::poll_tag(&locale, poll),
                    html! { (until(poll.close_time.as_ref())) },
                    html! { (until(poll.paper_close_time.as_ref())) },
                ]
            })
            .collect();
        table(&Table { id, caption, columns: &columns, rows, narrow: Narrow::Stack })
    };
    let body = html! {
        @if now.is_empty() {
            (empty(&t!(locale, "office-paper-none"), html! { p { (t!(locale, "office-paper-none-text")) } }))
        } @else {
            (list("now", &t!(locale, "office-paper-now"), &now))
        }
        @if !others.is_empty() { (list("others", &t!(locale, "office-paper-others"), &others)) }
    };
    let sheet = Sheet { desk: Desk::Paper, title: &title, lead: &lead, way: &[], errors: &none, said: None };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

/// All boxes of a vote.
async fn boxes(officer: &Officer, poll: &Poll) -> Result<Vec<PaperBatch>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListPaperBatchesRequest { poll_id: poll.poll_id.clone(), page_size: PAGE, page_token };
        let answer =
            officer.services().paper().list_paper_batches(officer.request(request)).await?.into_inner();
        all.extend(answer.paper_batches);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

async fn batches(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(READERS)?;
    let poll = votes::poll(&officer, &id).await?;
    page(&officer, &poll, "", &new_request_id(), &FieldErrors::new()).await
}

async fn page(
    officer: &Officer,
    poll: &Poll,
    typed: &str,
    id: &str,
    errors: &FieldErrors,
) -> Result<Response, PageError> {
    let locale = officer.locale;
    let all = boxes(officer, poll).await?;
    let open = poll.state() == PollState::Open;
    let form = officer.link(&format!("{}/form", poll_path(poll)));
    let until = instant(poll.paper_close_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default();
    let body = html! {
        (what_was_done(officer, &[
            ("committed", key!("office-batch-done-committed")),
            ("aside", key!("office-batch-done-aside")),
            ("proposed", key!("office-batch-done-proposed")),
        ]))
        p { (votes::poll_tag(&locale, poll)) " " (t!(locale, "office-paper-until", until = until)) }
        @if all.is_empty() {
            (empty(&t!(locale, "office-batches-none"), html! {
                p { (if open { t!(locale, "office-batches-none-text") } else { t!(locale, "office-batches-none-now") }) }
            }))
        } @else {
            (batch_table(officer, poll, &all))
        }
        @if open && officer.has_any(OFFICERS) { (create_form(officer, poll, typed, id, errors)) }
        div .buttons { (button_link(Button::Secondary, &t!(locale, "office-paper-form"), &form)) }
    };
    let lead = t!(locale, "office-batches-lead");
    let sheet = Sheet { desk: Desk::Paper, title: &poll.title, lead: &lead, way: &[], errors, said: None };
    Ok(sheet.show(officer, status(errors), body))
}

fn batch_table(officer: &Officer, poll: &Poll, all: &[PaperBatch]) -> Markup {
    let locale = officer.locale;
    let labels = [
        (t!(locale, "office-batch"), false),
        (t!(locale, "office-budgets-state"), false),
        (t!(locale, "office-batch-first"), true),
        (t!(locale, "office-batch-second"), true),
        (t!(locale, "office-batch-counted"), true),
        (t!(locale, "office-batch-rejected"), true),
    ];
    let columns: Vec<_> = labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let number = |value: i64| html! { (locale.number(count(value))) };
    let rows = all
        .iter()
        .map(|batch| {
            let over = batch.state() == PaperBatchState::Committed;
            vec![
                html! { a href=(officer.link(&batch_path(poll, batch))) { (site::written(&batch.title)) } },
                batch_tag(&locale, batch.state()),
                number(batch.first_entry_count),
                number(batch.second_entry_count),
                html! { @if over { (number(batch.counted_count)) } @else { "–" } },
                html! { @if over { (number(batch.rejected_count)) } @else { "–" } },
            ]
        })
        .collect();
    let caption = t!(locale, "office-batches-caption");
    table(&Table { id: "batches", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}

fn create_form(officer: &Officer, poll: &Poll, typed: &str, id: &str, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    html! {
        section aria-labelledby="open-batch" {
            h2 #open-batch { (t!(locale, "office-batch-open")) }
            (form_post(&officer.link(&poll_path(poll)), Some(id), html! {
                (Field::new(&locale, "title", t!(locale, "office-batch-title"))
                    .hint(t!(locale, "office-batch-title-hint"))
                    .error(errors.of("title").map(str::to_owned))
                    .max_length(TITLE_MAX)
                    .input(Kind::Text, typed))
                (buttons(button(Button::Primary, &t!(locale, "office-batch-open"), None)))
            }))
        }
    }
}

async fn create(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(OFFICERS)?;
    let locale = officer.locale;
    let poll = votes::poll(&officer, &id).await?;
    let (title, id) = (form.text("title"), request_id(&form));
    let mut errors = FieldErrors::new();
    if title.is_empty() || title.chars().count() > TITLE_MAX as usize {
        errors.push("title", t!(locale, "office-batch-title-wrong"));
        return page(&officer, &poll, title, &id, &errors).await;
    }
    let request = CreatePaperBatchRequest {
        poll_id: poll.poll_id.clone(),
        title: title.to_owned(),
        request_id: id.clone(),
    };
    match officer.services().paper().create_paper_batch(officer.request(request)).await {
        Ok(answer) => {
            let batch = answer.into_inner().paper_batch.ok_or(PageError::NotFound)?;
            Ok(Redirect::to(&officer.link(&batch_path(&poll, &batch))).into_response())
        }
        Err(status) => {
            let error = PageError::from(status);
            match error.reason().and_then(why_not) {
                Some(key) => errors.push("title", locale.text(key)),
                None => {
                    let text = t!(locale, "office-batch-title-wrong");
                    errors = refused(error, &[("title", "title", &text)])?;
                }
            }
            page(&officer, &poll, title, &id, &errors).await
        }
    }
}

/// What keeps a box from being worked on, in the words of these pages.
fn why_not(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::SecondOfficerRequired => key!("office-batch-second-officer"),
        Reason::EntriesDiffer => key!("office-batch-entries-differ"),
        Reason::PaperBatchFinished => key!("office-batch-finished"),
        Reason::PaperDeadlinePassed => key!("office-batch-too-late"),
        Reason::PollClosed => key!("office-batch-closed"),
        Reason::PollNotOpen => key!("office-batch-not-open"),
        _ => return None,
    })
}

/// The same as a notice above the page.
fn said(locale: &Locale, key: &str) -> Markup {
    notice(locale, Tone::Error, None, html! { p { (locale.text(key)) } })
}
