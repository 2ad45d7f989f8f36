//! Votes: where each stands, what can be done with it now, and how it is ended. No page shows what people voted before the
//! result is published.

mod acts;
mod corrections;
mod extend;
mod participation;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use chrono::{DateTime, Utc};
use comitia_platform::Reason;
use comitia_proto::budgets::v1::{Budget, BudgetState, GetBudgetOfPollRequest};
use comitia_proto::voting::v1::{Poll, PollState, Turnout};
use http::StatusCode;
use maud::{Markup, html};

use super::budgets::{self, BUDGETERS};
use super::home::Task;
use super::parts::{Sheet, what_was_done};
use super::{Desk, Officer, rolls};
use crate::error::PageError;
use crate::locale::{Locale, key, t};
use crate::pages::calls::{self, count, instant};
use crate::pages::dates;
use crate::pages::parts as site;
use crate::pages::results::turnout;
use crate::pages::votes::is_sheet;
use crate::ui::{
    Button, Column, FieldErrors, Narrow, Stat, SummaryRow, Table, Tone, button_link, buttons, empty, notice,
    stats, summary_list, table, tag,
};
use crate::visit::PageResult;

/// How close an opening or a close is that stands on the first page.
const SOON: chrono::TimeDelta = chrono::TimeDelta::days(3);

pub fn routes() -> Router {
    Router::new()
        .route("/office/votes", get(list))
        .route("/office/votes/{poll}", get(show))
        .route("/office/votes/{poll}/extend", get(extend::ask).post(extend::act))
        .route("/office/votes/{poll}/participation", get(participation::show))
        .route("/office/votes/{poll}/participation.csv", get(participation::csv))
        .route("/office/votes/{poll}/{act}", get(acts::ask).post(acts::act))
        .merge(corrections::routes())
}

/// Where a vote is in the office, after the language.
pub fn path(poll: &Poll) -> String {
    format!("/office/votes/{}", poll.poll_id)
}

/// Where a vote stands, in a word.
pub fn poll_tag(locale: &Locale, poll: &Poll) -> Markup {
    let (tone, key) = match poll.state() {
        PollState::Unspecified | PollState::Scheduled => (Tone::Info, key!("office-vote-scheduled")),
        PollState::Open => (Tone::Success, key!("office-vote-open")),
        PollState::Closed if poll.seal_refusal.is_empty() => (Tone::Info, key!("office-vote-closed")),
        PollState::Closed => (Tone::Error, key!("office-vote-refused")),
        PollState::WaitingForPaper => (Tone::Warning, key!("office-vote-waiting")),
        PollState::Sealed => (Tone::Success, key!("office-vote-sealed")),
        PollState::Cancelled => (Tone::Neutral, key!("office-vote-cancelled")),
        PollState::Annulled => (Tone::Warning, key!("office-vote-annulled")),
    };
    tag(tone, &locale.text(key))
}

/// The polls, newest first.
pub async fn polls(officer: &Officer) -> Result<Vec<Poll>, PageError> {
    let mut polls: Vec<_> = calls::polls(officer).await?.into_values().collect();
    polls.sort_by_key(|poll| {
        let opens = poll.open_time.map_or(0, |time| time.seconds);
        (std::cmp::Reverse(opens), poll.title.clone(), poll.poll_id.clone())
    });
    Ok(polls)
}

pub async fn poll(officer: &Officer, id: &str) -> Result<Poll, PageError> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(PageError::NotFound);
    }
    calls::poll(officer, id).await?.ok_or(PageError::NotFound)
}

async fn list(officer: Officer) -> PageResult {
    let locale = officer.locale;
    let polls = polls(&officer).await?;
    let (title, lead, none) =
        (t!(locale, "office-votes"), t!(locale, "office-votes-lead"), FieldErrors::new());
    let body = if polls.is_empty() {
        empty(
            &t!(locale, "office-votes-none"),
            html! {
                p { (t!(locale, "office-votes-none-text")) }
                p { a href=(officer.link(Desk::Budgets.path())) { (t!(locale, "office-budgets")) } }
            },
        )
    } else {
        let labels = [
            t!(locale, "office-vote"),
            t!(locale, "office-budgets-state"),
            t!(locale, "office-schedule-opens"),
            t!(locale, "office-schedule-closes"),
        ];
        let columns: Vec<_> = labels.iter().map(|label| Column { label, numeric: false }).collect();
        let when = |time: Option<DateTime<Utc>>| time.map(|time| locale.date_time(time)).unwrap_or_default();
        let rows = polls
            .iter()
            .map(|poll| {
                vec![
                    html! { a href=(officer.link(&path(poll))) { (site::written(&poll.title)) } },
                    poll_tag(&locale, poll),
                    html! { (when(instant(poll.open_time.as_ref()))) },
                    html! { (instant(poll.close_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default()) },
                ]
            })
            .collect();
        let caption = t!(locale, "office-votes-caption");
        table(&Table { id: "votes", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
    };
    let sheet = Sheet { desk: Desk::Votes, title: &title, lead: &lead, way: &[], errors: &none, said: None };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

/// What cannot wait: a refused seal, paper that is still to be entered, a vote about to open or to close.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    let (locale, now) = (officer.locale, officer.now());
    if !officer.has_any(BUDGETERS) {
        return Ok(Vec::new());
    }
    let soon = |time: Option<&prost_types::Timestamp>| {
        instant(time).filter(|time| *time > now && *time - now < SOON)
    };
    let task = |poll: &Poll| {
        let (urgent, text) = match poll.state() {
            PollState::Closed if !poll.seal_refusal.is_empty() => {
                (true, t!(locale, "office-vote-task-refused").into_owned())
            }
            PollState::WaitingForPaper => {
                let until = instant(poll.paper_close_time.as_ref()).map(|time| locale.deadline(time));
                (true, t!(locale, "office-vote-task-paper", until = until.unwrap_or_default()))
            }
            PollState::Scheduled => {
                let opens = soon(poll.open_time.as_ref())?;
                (false, t!(locale, "office-vote-task-opens", time = locale.date_time(opens)))
            }
            PollState::Open => {
                let closes = soon(poll.close_time.as_ref())?;
                (false, t!(locale, "office-vote-task-closes", time = locale.deadline(closes)))
            }
            _ => return None,
        };
        Some(Task { title: poll.title.clone(), text, path: officer.link(&path(poll)), urgent })
    };
    Ok(polls(officer).await?.iter().filter_map(task).collect())
}

/// The budget that a poll decides on; none for other polls.
pub async fn budget_of(officer: &Officer, poll: &Poll) -> Result<Option<Budget>, PageError> {
    let request = officer.request(GetBudgetOfPollRequest { poll_id: poll.poll_id.clone() });
    match officer.services().budgets().get_budget_of_poll(request).await {
        Ok(answer) => Ok(answer.into_inner().budget),
        Err(status) => match PageError::from(status) {
            error if error.reason() == Some(Reason::ResourceNotFound) => Ok(None),
            error => Err(error),
        },
    }
}

async fn show(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    let locale = officer.locale;
    let poll = poll(&officer, &id).await?;
    let has_opened = !matches!(poll.state(), PollState::Scheduled | PollState::Cancelled);
    let turnout = async {
        if has_opened { calls::turnout(&officer, poll.poll_id.clone()).await.map(Some) } else { Ok(None) }
    };
    let (turnout, budget, areas) =
        tokio::try_join!(turnout, budget_of(&officer, &poll), calls::areas(&officer))?;
    let lead = lead(&officer, &poll, budget.as_ref());
    let longer = match &budget {
        Some(budget) if poll.state() == PollState::Open => extend::proposed(&officer, budget).await?,
        _ => None,
    };
    let body = html! {
        (what_was_done(&officer, &[
            ("closed", key!("office-vote-done-closed")),
            ("sealed", key!("office-vote-done-sealed")),
            ("cancelled", key!("office-vote-done-cancelled")),
            ("proposed", key!("office-vote-done-proposed")),
            ("annulled", key!("office-vote-done-annulled")),
            ("extended", key!("office-extend-done")),
            ("extension-proposed", key!("office-extend-done-proposed")),
        ]))
        p { (poll_tag(&locale, &poll)) }
        (proposal(&officer, &poll))
        (extend::proposal(&officer, &poll, longer.as_ref()))
        @if let Some(turnout) = &turnout { (taken_part(&officer, &poll, turnout)) }
        (facts(&officer, &poll, budget.as_ref()))
        @if let Some(turnout) = turnout.as_ref().filter(|turnout| !turnout.districts.is_empty()) {
            (turnout::section(&locale, &areas, turnout))
        }
        @if has_opened && officer.has_any(rolls::READERS) {
            p { a href=(officer.link(&format!("{}/participation", path(&poll)))) { (t!(locale, "office-participation-see")) } }
        }
        @if officer.has_any(BUDGETERS) { (what_can_be_done(&officer, &poll, budget.as_ref())) }
        @if is_sheet(&poll) && officer.has_any(corrections::LOOKERS) {
            h2 { (t!(locale, "office-corrections")) }
            p { a href=(officer.link(&format!("{}/corrections", path(&poll)))) { (t!(locale, "office-corrections-see")) } }
        }
    };
    let none = FieldErrors::new();
    let sheet =
        Sheet { desk: Desk::Votes, title: &poll.title, lead: &lead, way: &[], errors: &none, said: None };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn lead(officer: &Officer, poll: &Poll, budget: Option<&Budget>) -> String {
    let locale = officer.locale;
    let opens = instant(poll.open_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
    let closes = instant(poll.close_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default();
    let paper = instant(poll.paper_close_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default();
    match poll.state() {
        PollState::Unspecified | PollState::Scheduled => {
            t!(locale, "office-vote-lead-scheduled", time = opens)
        }
        PollState::Open => t!(locale, "office-vote-lead-open", time = closes),
        PollState::Closed if poll.seal_refusal.is_empty() => {
            t!(locale, "office-vote-lead-closed").into_owned()
        }
        PollState::Closed => t!(locale, "office-vote-lead-refused").into_owned(),
        PollState::WaitingForPaper => t!(locale, "office-vote-lead-waiting", time = paper),
        PollState::Sealed if budget.is_some_and(|budget| budget.state() == BudgetState::Decided) => {
            t!(locale, "office-vote-lead-published").into_owned()
        }
        PollState::Sealed => t!(locale, "office-vote-lead-sealed").into_owned(),
        PollState::Cancelled => t!(locale, "office-vote-lead-cancelled").into_owned(),
        PollState::Annulled => t!(locale, "office-vote-lead-annulled").into_owned(),
    }
}

/// Somebody proposes to annul the vote; another one has to say so too.
fn proposal(officer: &Officer, poll: &Poll) -> Markup {
    let locale = officer.locale;
    if poll.call_off_reason.is_empty() || matches!(poll.state(), PollState::Cancelled | PollState::Annulled) {
        return html! {};
    }
    notice(
        &locale,
        Tone::Warning,
        Some(&t!(locale, "office-vote-proposed")),
        html! {
            p { (t!(locale, "office-vote-proposed-text")) }
            p { (site::written(&poll.call_off_reason)) }
            @if officer.has_any(BUDGETERS) {
                p { a href=(officer.link(&format!("{}/annul", path(poll)))) { (t!(locale, "office-vote-proposed-see")) } }
            }
        },
    )
}

/// How many so far: all that is known before the close. Loading the page again says it anew; with script it does so itself.
fn taken_part(officer: &Officer, poll: &Poll, turnout: &Turnout) -> Markup {
    let locale = officer.locale;
    let number = locale.number(count(turnout.ballot_count));
    let label = t!(locale, "office-vote-ballots", count = count(turnout.ballot_count));
    let read = instant(turnout.read_time.as_ref()).unwrap_or_else(|| officer.now());
    html! {
        (stats(&[Stat { value: &number, label: &label }]))
        @if poll.state() == PollState::Open {
            p .small {
                (t!(locale, "office-vote-read-at", time = locale.time(read))) " "
                a href=(officer.link(&path(poll))) { (t!(locale, "office-vote-reload")) }
            }
            p .small { (t!(locale, "office-vote-no-interim")) }
        }
    }
}

fn facts(officer: &Officer, poll: &Poll, budget: Option<&Budget>) -> Markup {
    let locale = officer.locale;
    let at = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
    };
    let until = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.deadline(time)).unwrap_or_default()
    };
    let mut rows = vec![
        (key!("office-schedule-opens"), html! { (at(poll.open_time.as_ref())) }),
        (key!("office-schedule-closes"), html! { (until(poll.close_time.as_ref())) }),
        (key!("office-schedule-paper-until"), html! { (until(poll.paper_close_time.as_ref())) }),
    ];
    if poll.first_close_time.is_some() {
        rows.push((key!("office-extend-first"), html! { (until(poll.first_close_time.as_ref())) }));
        rows.push((key!("office-extend-why"), dates::history(&locale, poll)));
    }
    if let Some(budget) = budget {
        let link = officer.link(&budgets::path(budget));
        rows.push((
            key!("office-budgets-budget"),
            html! { a href=(link) { (site::written(&budget.title)) } },
        ));
    }
    if let Some(age) = poll.eligibility.as_ref().map(|who| who.minimum_age).filter(|age| *age > 0) {
        rows.push((key!("office-schedule-age"), html! { (age) }));
    }
    let reasons = [
        (key!("office-vote-close-reason"), &poll.close_reason),
        (key!("office-vote-call-off-reason"), &poll.call_off_reason),
    ];
    for (label, reason) in reasons {
        if !reason.is_empty() {
            rows.push((label, site::written(reason)));
        }
    }
    if !poll.seal_refusal.is_empty() {
        rows.push((key!("office-vote-refusal"), html! { span lang="en" { (poll.seal_refusal) } }));
    }
    if !poll.seal_digest.is_empty() {
        rows.push((key!("office-vote-seal"), html! { code .code { (poll.seal_digest) } }));
    }
    let rows: Vec<_> = rows.into_iter().map(|(label, value)| (locale.text(label), value)).collect();
    let rows: Vec<_> =
        rows.iter().map(|(label, value)| SummaryRow { label, value: value.clone(), change: None }).collect();
    html! { h2 { (t!(locale, "office-vote-facts")) } (summary_list(&locale, &rows)) }
}

fn what_can_be_done(officer: &Officer, poll: &Poll, budget: Option<&Budget>) -> Markup {
    let locale = officer.locale;
    let link = |act: &str| officer.link(&format!("{}/{act}", path(poll)));
    let paper = officer.link(&format!("/office/paper/{}", poll.poll_id));
    let acts: Vec<(Button, &'static str, String)> = match poll.state() {
        PollState::Unspecified | PollState::Scheduled => vec![
            (Button::Secondary, key!("office-paper-form"), format!("{paper}/form")),
            (Button::Danger, key!("office-vote-cancel"), link("cancel")),
        ],
        PollState::Open => vec![
            (Button::Primary, key!("office-paper"), paper),
            (Button::Secondary, key!("office-vote-close"), link("close")),
            (Button::Danger, key!("office-vote-annul"), link("annul")),
        ]
        .into_iter()
        .chain(budget.map(|_| (Button::Secondary, key!("office-extend"), link("extend"))))
        .collect(),
        PollState::WaitingForPaper => vec![
            (Button::Primary, key!("office-vote-to-paper"), paper),
            (Button::Danger, key!("office-vote-annul"), link("annul")),
        ],
        PollState::Closed => vec![
            (Button::Primary, key!("office-vote-seal-again"), link("seal")),
            (Button::Danger, key!("office-vote-annul"), link("annul")),
        ],
        PollState::Sealed => match budget {
            Some(budget) if budget.state() == BudgetState::Decided => {
                let result =
                    format!("{}/result", site::budget_path(officer, &budget.title, &budget.budget_id));
                let (pdf, press) = (format!("{result}.pdf"), format!("{result}/press"));
                vec![
                    (Button::Primary, key!("budgets-see-result"), result),
                    (Button::Secondary, key!("result-download-pdf"), pdf),
                    (Button::Secondary, key!("press-title"), press),
                    (Button::Secondary, key!("office-vote-follow-up"), officer.link(&budgets::path(budget))),
                ]
            }
            _ => Vec::new(),
        },
        PollState::Cancelled => match budget {
            Some(budget) => {
                vec![(Button::Primary, key!("office-vote-to-budget"), officer.link(&budgets::path(budget)))]
            }
            None => Vec::new(),
        },
        PollState::Annulled => Vec::new(),
    };
    html! {
        @if !acts.is_empty() {
            h2 { (t!(locale, "office-vote-acts")) }
            (buttons(html! { @for (weight, label, path) in &acts { (button_link(*weight, &locale.text(label), path)) } }))
        }
    }
}
