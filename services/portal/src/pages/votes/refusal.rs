//! Why somebody cannot vote here or now, in words, and what they can do.

use std::time::Duration;

use axum::response::Response;
use comitia_platform::Reason;
use comitia_platform::error::ErrorCode;
use comitia_proto::voting::v1::{Ballot, Poll};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use uuid::Uuid;

use super::check::choices;
use super::entry::hidden_as_it_came;
use super::paper::{Door, Paper, closes, door, opens};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::{key, t};
use crate::pages::account::resident_notice;
use crate::pages::parts::budget_path;
use crate::ui::{Button, button, button_link, buttons};
use crate::visit::{PageResult, Visit};

fn page(visit: &Visit, status: StatusCode, title: &str, body: Markup) -> Response {
    let main = html! { h1 { (title) } (body) };
    visit.page(status, View { section: Section::Votes, private: true, ..View::new(title, main) })
}

fn to_votes(visit: &Visit) -> Markup {
    button_link(Button::Primary, &t!(visit.locale, "vote-all"), &visit.link("/votes"))
}

fn to_receipts(visit: &Visit, poll: &Poll) -> Markup {
    let path = visit.link(&format!("/receipts/{}", poll.poll_id));
    button_link(Button::Secondary, &t!(visit.locale, "vote-look-up"), &path)
}

/// The poll has not opened, is over, or was called off.
pub fn closed_door(visit: &Visit, paper: &Paper) -> Response {
    let door = match door(&paper.poll, visit.now()) {
        // It has just opened: whoever comes again finds it open.
        Door::Open => Door::NotYet,
        door => door,
    };
    behind(visit, paper, door, StatusCode::OK)
}

/// The same, as voting says it.
pub fn door_of_voting(visit: &Visit, paper: &Paper, reason: Option<Reason>) -> Response {
    let closed = if door(&paper.poll, visit.now()) == Door::CalledOff { Door::CalledOff } else { Door::Over };
    let door = if reason == Some(Reason::PollNotOpen) { Door::NotYet } else { closed };
    behind(visit, paper, door, StatusCode::CONFLICT)
}

fn behind(visit: &Visit, paper: &Paper, door: Door, status: StatusCode) -> Response {
    let (locale, poll) = (visit.locale, &paper.poll);
    let zone = visit.organization.time_zone.as_str();
    let when = |time: Option<String>| time.unwrap_or_else(|| "?".to_owned());
    match door {
        Door::NotYet | Door::Open => {
            let time = when(opens(poll).map(|time| locale.date_time(time)));
            page(
                visit,
                status,
                &t!(locale, "vote-too-early"),
                html! {
                    p dir="auto" { (poll.title) }
                    p { (t!(locale, "vote-too-early-text", time = time, zone = zone)) }
                    (buttons(to_votes(visit)))
                },
            )
        }
        Door::Over => {
            let time = when(closes(poll).map(|time| locale.deadline(time)));
            page(
                visit,
                status,
                &t!(locale, "vote-too-late"),
                html! {
                    p dir="auto" { (poll.title) }
                    p { (t!(locale, "vote-too-late-text", time = time, zone = zone)) }
                    @if !poll.close_reason.is_empty() {
                        p { (t!(locale, "vote-closed-early")) " " q dir="auto" { (poll.close_reason) } }
                    }
                    (buttons(html! {
                        @if let Some(envelope) = &paper.envelope {
                            (button_link(Button::Primary, &t!(locale, "vote-see-result"),
                                &budget_path(visit, &envelope.budget.title, &envelope.budget.budget_id)))
                        } @else {
                            (to_votes(visit))
                        }
                        (to_receipts(visit, poll))
                    }))
                },
            )
        }
        Door::CalledOff => page(
            visit,
            status,
            &t!(locale, "vote-called-off"),
            html! {
                p dir="auto" { (poll.title) }
                p { (t!(locale, "vote-called-off-text")) }
                @if !poll.call_off_reason.is_empty() { p { q dir="auto" { (poll.call_off_reason) } } }
                (buttons(to_votes(visit)))
            },
        ),
    }
}

/// Identity gives no permit.
///
/// # Errors
/// What another page says better.
pub fn no_permit(visit: &Visit, paper: &Paper, error: PageError) -> PageResult {
    let locale = visit.locale;
    match error.reason() {
        Some(Reason::NotEligible) => Ok(not_eligible(visit, &paper.poll, &error)),
        Some(reason @ (Reason::PollNotOpen | Reason::PollClosed)) => {
            Ok(door_of_voting(visit, paper, Some(reason)))
        }
        Some(Reason::RoleMissing) => Ok(page(
            visit,
            StatusCode::FORBIDDEN,
            &t!(locale, "vote-staff"),
            html! {
                p { (t!(locale, "vote-staff-text")) }
                (buttons(html! {
                    (button_link(Button::Primary, &t!(locale, "vote-staff-sign-in"), &visit.link("/sign-in/letter")))
                    (button_link(Button::Quiet, &t!(locale, "vote-all"), &visit.link("/votes")))
                }))
            },
        )),
        // Voting has the poll, so identity is about to hear of it.
        Some(Reason::ResourceNotFound) => {
            let mut response = page(
                visit,
                StatusCode::SERVICE_UNAVAILABLE,
                &t!(locale, "vote-not-ready"),
                html! {
                    p { (t!(locale, "vote-not-ready-text")) }
                    (buttons(button_link(Button::Primary, &t!(locale, "vote-try-again"), &visit.path)))
                },
            );
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            Ok(response)
        }
        _ => Err(error),
    }
}

fn not_eligible(visit: &Visit, poll: &Poll, error: &PageError) -> Response {
    let locale = visit.locale;
    let fields = match error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    let why = match fields.first().map(|(field, _)| field.as_str()) {
        Some("eligibility.roll_id") => key!("vote-not-eligible-roll"),
        Some("eligibility.districts") => key!("vote-not-eligible-district"),
        Some("member.birth_date") => key!("vote-not-eligible-age-unknown"),
        Some("eligibility.minimum_age") => key!("vote-not-eligible-age"),
        _ => key!("vote-not-eligible-other"),
    };
    page(
        visit,
        StatusCode::FORBIDDEN,
        &t!(locale, "vote-not-eligible"),
        html! {
            p dir="auto" { (poll.title) }
            p { (locale.text(why)) }
            p { (t!(locale, "vote-not-eligible-text", organization = &visit.organization.display_name)) }
            // Perhaps an account that is not linked with the roll; who signed in with a letter reads that it is not for them.
            @if fields.first().is_some_and(|(field, _)| field == "eligibility.roll_id")
                && visit.organization.registration_open { (resident_notice(visit)) }
            (buttons(to_votes(visit)))
        },
    )
}

/// The voter's ballot came on paper.
pub fn on_paper(visit: &Visit, poll: &Poll) -> Response {
    let locale = visit.locale;
    page(
        visit,
        StatusCode::CONFLICT,
        &t!(locale, "vote-on-paper"),
        html! {
            p dir="auto" { (poll.title) }
            p { (t!(locale, "vote-on-paper-text", organization = &visit.organization.display_name)) }
            (buttons(to_votes(visit)))
        },
    )
}

/// There is a ballot, and the poll takes no other.
pub fn already_cast(visit: &Visit, poll: &Poll) -> Response {
    let locale = visit.locale;
    page(
        visit,
        StatusCode::CONFLICT,
        &t!(locale, "vote-already-cast"),
        html! {
            p dir="auto" { (poll.title) }
            p { (t!(locale, "vote-already-cast-text")) }
            p { (t!(locale, "vote-already-cast-not-me", organization = &visit.organization.display_name)) }
            (buttons(html! { (to_votes(visit)) (to_receipts(visit, poll)) }))
        },
    )
}

/// The permit is no longer good. Another one is for the person's own session, which must not meet the ballot: so the choice is
/// shown, and made again.
pub fn permit_gone(visit: &Visit, paper: &Paper, ballot: &Ballot) -> Response {
    let locale = visit.locale;
    let again = visit.link(&format!("/votes/{}", paper.poll.poll_id));
    page(
        visit,
        StatusCode::CONFLICT,
        &t!(locale, "vote-permit-gone"),
        html! {
            p { (t!(locale, "vote-permit-gone-text")) }
            (buttons(html! {
                a .button href=(again) target="_blank" rel="noopener" { (t!(locale, "vote-permit-new")) }
            }))
            h2 { (t!(locale, "vote-permit-gone-choice")) }
            (choices(visit, paper, ballot))
        },
    )
}

/// No answer came, or none that says what became of the ballot. The whole form is kept, and one button sends it again.
///
/// # Errors
/// What sending it again would not change.
pub fn again(
    visit: &Visit,
    id: Uuid,
    poll: Option<&Poll>,
    form: &Form,
    error: PageError,
    step: &str,
) -> PageResult {
    let locale = visit.locale;
    let PageError::Api { code, retry_after, .. } = &error else { return Err(error) };
    let passing = matches!(
        code,
        ErrorCode::Unavailable
            | ErrorCode::ResourceExhausted
            | ErrorCode::DeadlineExceeded
            | ErrorCode::Aborted
            | ErrorCode::Internal
    );
    if !passing {
        return Err(error);
    }
    let cast = step == "cast";
    let (title, text) = if cast {
        (t!(locale, "vote-no-answer"), t!(locale, "vote-no-answer-text"))
    } else {
        (t!(locale, "vote-no-check"), t!(locale, "vote-no-check-text"))
    };
    let wait = retry_after.map(whole_seconds);
    let mut response = page(
        visit,
        error.status(),
        &title,
        html! {
            @if let Some(poll) = poll { p dir="auto" { (poll.title) } }
            p { (text) }
            @if let Some(seconds) = wait { p { (t!(locale, "errors-wait", seconds = seconds)) } }
            form method="post" action=(visit.link(&format!("/votes/{id}/{step}"))) novalidate {
                (hidden_as_it_came(form))
                (buttons(button(Button::Primary, &t!(locale, "vote-send-again"), None)))
            }
        },
    );
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
