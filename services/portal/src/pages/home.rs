//! The first page of the site: what is open now, what is coming, and what became of the last ones.

use std::collections::HashMap;

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use chrono::{DateTime, Utc};
use comitia_proto::budgets::v1::{Budget, BudgetState};
use comitia_proto::spaces::v1::{OrganizationTextKind, PhaseKind, Process};
use comitia_proto::voting::v1::{Poll, PollState};
use futures_util::future::try_join_all;
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};

use crate::frame::View;
use crate::locale::t;
use crate::pages::calls::{self, instant};
use crate::pages::parts::{self, excerpt};
use crate::pages::votes::{is_sheet, sheet_cards};
use crate::ui::{Button, Card, Tone, button_link, cards, empty, markdown, notice, tag};
use crate::visit::{PageResult, Visit, shared};

/// So many processes are looked at.
const PROCESSES: i32 = 30;
/// Of so many that are over, the results are shown.
const ENDED: usize = 6;

/// The address without a language.
pub fn without_language() -> Router {
    Router::new().route("/", get(in_a_language))
}

/// The page in a language.
pub fn routes() -> Router {
    Router::new().route("/", get(show))
}

/// The address without a language leads to the reader's.
async fn in_a_language(visit: Visit) -> PageResult {
    let mut response = Redirect::to(&visit.link("")).into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    Ok(response)
}

async fn show(visit: Visit) -> PageResult {
    let (processes, polls) =
        tokio::try_join!(calls::processes(&visit, PROCESSES, String::new()), calls::polls(&visit))?;
    let processes = processes.0;
    let now = visit.now();
    let over = |process: &&Process| {
        let kind = parts::current(process, now).map(|phase| phase.kind());
        kind == Some(PhaseKind::Execution) || (kind.is_none() && parts::next(process, now).is_none())
    };
    let over = processes.iter().filter(over).filter(|process| !process.phases.is_empty()).take(ENDED);
    let budgets = over.map(|process| calls::budgets(&visit, process.process_id.clone()));
    let decided: Vec<Budget> = try_join_all(budgets)
        .await?
        .into_iter()
        .flatten()
        .filter(|budget| budget.state() == BudgetState::Decided)
        .collect();
    let main = page(&visit, &processes, &polls, &decided);
    let (title, about) = (
        t!(visit.locale, "home-title", organization = &visit.organization.display_name),
        t!(visit.locale, "home-about", organization = &visit.organization.display_name),
    );
    let view = View { description: Some(&about), ..View::new(&title, main) };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

fn page(visit: &Visit, processes: &[Process], polls: &HashMap<String, Poll>, decided: &[Budget]) -> Markup {
    let (locale, now) = (visit.locale, visit.now());
    let open: Vec<_> = processes.iter().filter(|process| parts::current(process, now).is_some()).collect();
    let coming: Vec<_> = processes
        .iter()
        .filter(|process| parts::current(process, now).is_none() && parts::next(process, now).is_some())
        .collect();
    html! {
        h1 { (t!(locale, "home-heading", organization = &visit.organization.display_name)) }
        @match visit.organization_text(OrganizationTextKind::Welcome) {
            Some((text, language)) => {
                div .statement lang=[(language != locale.language.code()).then_some(language)] { (markdown(text, 2)) }
            }
            None => p .lead { (t!(locale, "home-about", organization = &visit.organization.display_name)) },
        }
        (open_votes(visit, polls))
        @if let Some(sheets) = sheet_cards(visit, polls.values().cloned()) {
            section aria-labelledby="sheets" {
                h2 #sheets { (t!(locale, "home-sheets")) }
                (sheets)
            }
        }
        section aria-labelledby="now" {
            h2 #now { (t!(locale, "home-now")) }
            @if open.is_empty() {
                (empty(&t!(locale, "home-now-empty"), html! { p { (t!(locale, "home-now-empty-text")) } }))
            } @else {
                (process_cards(visit, &open, now))
            }
        }
        @if !coming.is_empty() {
            section aria-labelledby="coming" {
                h2 #coming { (t!(locale, "home-coming")) }
                (process_cards(visit, &coming, now))
            }
        }
        @if !decided.is_empty() {
            section aria-labelledby="results" {
                h2 #results { (t!(locale, "home-results")) }
                (result_cards(visit, decided))
            }
        }
        @if !processes.is_empty() {
            p { a href=(visit.link("/processes")) { (t!(locale, "home-all")) } }
        }
    }
}

/// Votes come first: they end.
fn open_votes(visit: &Visit, polls: &HashMap<String, Poll>) -> Markup {
    let locale = visit.locale;
    let open: Vec<_> =
        polls.values().filter(|poll| poll.state() == PollState::Open && !is_sheet(poll)).collect();
    let Some(end) = open.iter().filter_map(|poll| instant(poll.close_time.as_ref())).min() else {
        return html! {};
    };
    let title = t!(locale, "home-votes", count = open.len());
    notice(
        &locale,
        Tone::Success,
        Some(&title),
        html! {
            p { (t!(locale, "home-votes-until", count = open.len(), end = locale.deadline(end))) }
            p { (button_link(Button::Primary, &t!(locale, "home-vote"), &visit.link("/votes"))) }
        },
    )
}

/// Processes with what one can do in them now, or when they go on.
pub fn process_cards(visit: &Visit, processes: &[&Process], now: DateTime<Utc>) -> Markup {
    let locale = visit.locale;
    let shown: Vec<_> = processes
        .iter()
        .map(|process| {
            let current = parts::current(process, now);
            let (label, tone, text) = match (current, parts::next(process, now)) {
                (Some(phase), _) => (
                    phase.title.clone(),
                    Tone::Success,
                    Some(locale.text(parts::phase_in_words(phase.kind())).into_owned()),
                ),
                (None, Some(_)) => (t!(locale, "process-coming").into_owned(), Tone::Info, None),
                (None, None) if process.phases.is_empty() => (String::new(), Tone::Neutral, None),
                (None, None) => (t!(locale, "process-over").into_owned(), Tone::Neutral, None),
            };
            let until = current.and_then(|phase| instant(phase.end_time.as_ref()));
            let from = parts::next(process, now).filter(|_| current.is_none());
            let when =
                match (until, from.and_then(|phase| Some((phase, instant(phase.start_time.as_ref())?)))) {
                    (Some(end), _) => Some(t!(locale, "process-until", end = locale.deadline(end))),
                    (None, Some((phase, start))) => {
                        Some(t!(locale, "process-from", phase = &phase.title, start = locale.date(start)))
                    }
                    (None, None) => None,
                };
            let text = text.or_else(|| excerpt(&process.description, 160));
            (process, parts::process_path(visit, process), label, tone, text, when)
        })
        .collect();
    let facts: Vec<Vec<&str>> =
        shown.iter().map(|(.., when)| when.as_deref().into_iter().collect()).collect();
    let list: Vec<_> = shown
        .iter()
        .zip(&facts)
        .map(|((process, path, label, tone, text, _), facts)| Card {
            picture: None,
            title: &process.title,
            path,
            tag: (!label.is_empty()).then(|| tag(*tone, label)),
            text: text.as_deref(),
            facts,
        })
        .collect();
    cards(3, &list)
}

fn result_cards(visit: &Visit, decided: &[Budget]) -> Markup {
    let locale = visit.locale;
    let shown: Vec<_> = decided
        .iter()
        .map(|budget| {
            let path = format!("{}/result", parts::budget_path(visit, &budget.title, &budget.budget_id));
            let amount = t!(locale, "budgets-amount", amount = locale.money(budget.amount, &budget.currency));
            (budget, path, amount)
        })
        .collect();
    let facts: Vec<[&str; 1]> = shown.iter().map(|(.., amount)| [amount.as_str()]).collect();
    let list: Vec<_> = shown
        .iter()
        .zip(&facts)
        .map(|((budget, path, _), facts)| Card {
            picture: None,
            title: &budget.title,
            path,
            tag: Some(parts::budget_tag(&locale, budget, None)),
            text: None,
            facts,
        })
        .collect();
    cards(3, &list)
}
