//! Why somebody cannot sign here or now, in words, and what they can do next.

use std::borrow::Cow;
use std::time::Duration;

use axum::response::Response;
use comitia_platform::Reason;
use comitia_platform::error::ErrorCode;
use comitia_proto::voting::v1::{Poll, PollActKind};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use uuid::Uuid;

use super::super::entry::{Entry, hidden_as_it_came};
use super::super::paper::{Door, closes, door, opens};
use super::sign::provider_path;
use super::withdraw;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::ui::{Button, Tone, button, button_link, buttons, notice};
use crate::visit::{PageResult, Visit};

/// The id and the name of a provider.
type Named<'a> = (&'a str, &'a str);

/// A page with the title of the sheet, and what there is to say and do.
fn page(visit: &Visit, status: StatusCode, title: &str, poll: Option<&Poll>, body: Markup) -> Response {
    let main = html! {
        h1 { (title) }
        @if let Some(poll) = poll { p dir="auto" { (poll.title) } }
        (body)
    };
    visit.page(status, View { section: Section::Votes, private: true, ..View::new(title, main) })
}

fn to_sheet(visit: &Visit, id: Uuid, kind: Button) -> Markup {
    button_link(kind, &t!(visit.locale, "sheet-back"), &visit.link(&format!("/votes/{id}")))
}

fn to_count(visit: &Visit, id: Uuid) -> Markup {
    let path = visit.link(&format!("/votes/{id}/signatures"));
    button_link(Button::Secondary, &t!(visit.locale, "sheet-see-count"), &path)
}

fn to_proof(visit: &Visit, id: Uuid) -> Markup {
    let path = visit.link(&format!("/votes/{id}/prove"));
    button_link(Button::Secondary, &t!(visit.locale, "sheet-to-proof"), &path)
}

/// This browser brings an answer, and has begun nothing, or has ended it.
pub fn not_begun(visit: &Visit) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sheet-not-begun");
    page(
        visit,
        StatusCode::CONFLICT,
        &title,
        None,
        html! {
            p { (t!(locale, "sheet-not-begun-text")) }
            ul {
                li { (t!(locale, "sheet-not-begun-done")) }
                li { (t!(locale, "sheet-not-begun-late")) }
                li { (t!(locale, "sheet-not-begun-browser")) }
            }
            (buttons(button_link(Button::Primary, &t!(locale, "sheet-all"), &visit.link("/votes"))))
        },
    )
}

/// Nobody gives a permit: not the provider, or not identity.
///
/// # Errors
/// What another page says better.
pub fn no_permit(
    visit: &Visit,
    id: Uuid,
    poll: &Poll,
    provider: Option<Named<'_>>,
    error: PageError,
) -> PageResult {
    match error.reason() {
        Some(reason @ (Reason::PollNotOpen | Reason::PollClosed)) => Ok(closed(visit, id, poll, reason)),
        Some(Reason::PollPaused) => Ok(paused(visit, id, poll)),
        Some(Reason::NotEligible) => Ok(not_eligible(visit, id, poll, &error)),
        // Voting has the poll, so identity is about to hear of it.
        Some(Reason::ResourceNotFound) => {
            let words = (t!(visit.locale, "sheet-not-ready"), t!(visit.locale, "vote-not-ready-text"));
            Ok(after(
                visit,
                StatusCode::SERVICE_UNAVAILABLE,
                poll,
                words,
                Some(2),
                to_sheet(visit, id, Button::Primary),
            ))
        }
        Some(Reason::ProviderUnknown | Reason::PollBasisDiffers) => {
            let words = (t!(visit.locale, "sheet-other-way"), t!(visit.locale, "sheet-other-way-text"));
            Ok(after(visit, error.status(), poll, words, None, to_sheet(visit, id, Button::Primary)))
        }
        Some(Reason::RateLimited) if provider.is_none() => {
            let words = (t!(visit.locale, "sheet-network"), t!(visit.locale, "sheet-network-text"));
            Ok(after(visit, error.status(), poll, words, wait(&error), to_sheet(visit, id, Button::Primary)))
        }
        _ => match provider {
            Some(provider) => not_vouched(visit, id, poll, provider, error),
            None => passing(visit, id, poll, error),
        },
    }
}

/// A title, and what it means.
type Words = (Cow<'static, str>, Cow<'static, str>);

fn after(
    visit: &Visit,
    status: StatusCode,
    poll: &Poll,
    (title, text): Words,
    wait: Option<u64>,
    next: Markup,
) -> Response {
    let locale = visit.locale;
    let mut response = page(
        visit,
        status,
        &title,
        Some(poll),
        html! {
            p { (text) }
            @if let Some(seconds) = wait { p { (t!(locale, "errors-wait", seconds = seconds)) } }
            (buttons(next))
        },
    );
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The provider does not vouch for the person, or is away.
fn not_vouched(
    visit: &Visit,
    id: Uuid,
    poll: &Poll,
    (provider, name): Named<'_>,
    error: PageError,
) -> PageResult {
    let locale = visit.locale;
    let words: Words = match error.reason() {
        Some(Reason::ProviderUnavailable) => (
            t!(locale, "sheet-provider-away", provider = name).into(),
            t!(locale, "sheet-provider-away-text", provider = name).into(),
        ),
        Some(Reason::ProviderAnswerInvalid) => (
            t!(locale, "sheet-answer-invalid", provider = name).into(),
            t!(locale, "sheet-answer-invalid-text"),
        ),
        Some(Reason::ProviderSignInDenied) => (
            t!(locale, "sheet-denied", provider = name).into(),
            t!(locale, "sheet-denied-text", provider = name).into(),
        ),
        Some(Reason::ProviderLevelTooLow) => (
            t!(locale, "sheet-level-too-low"),
            t!(locale, "sheet-level-too-low-text", provider = name).into(),
        ),
        _ => return passing(visit, id, poll, error),
    };
    let again = provider_path(visit, provider, id);
    let next = html! {
        (button_link(Button::Primary, &t!(locale, "sheet-again-with", provider = name), &again))
        (to_sheet(visit, id, Button::Quiet))
    };
    Ok(after(visit, error.status(), poll, words, wait(&error), next))
}

/// Something of ours is away, slow or full. Nothing was signed.
fn passing(visit: &Visit, id: Uuid, poll: &Poll, error: PageError) -> PageResult {
    if !is_passing(&error) {
        return Err(error);
    }
    let locale = visit.locale;
    let words = (t!(locale, "sheet-not-now"), t!(locale, "sheet-not-now-text"));
    Ok(after(visit, error.status(), poll, words, wait(&error), to_sheet(visit, id, Button::Primary)))
}

fn is_passing(error: &PageError) -> bool {
    let PageError::Api { code, .. } = error else { return false };
    matches!(
        code,
        ErrorCode::Unavailable
            | ErrorCode::ResourceExhausted
            | ErrorCode::DeadlineExceeded
            | ErrorCode::Aborted
            | ErrorCode::Internal
    )
}

fn not_eligible(visit: &Visit, id: Uuid, poll: &Poll, error: &PageError) -> Response {
    let locale = visit.locale;
    let PageError::Api { violations, .. } = error else { return not_begun(visit) };
    let age = poll.eligibility.as_ref().map_or(0, |who| who.minimum_age);
    let text = match violations.first().map(|(field, _)| field.as_str()) {
        Some("eligibility.minimum_age") => t!(locale, "sheet-too-young", age = age),
        Some("member.birth_date") => t!(locale, "sheet-age-unknown", age = age),
        _ => t!(locale, "vote-not-eligible-other").into_owned(),
    };
    page(
        visit,
        StatusCode::FORBIDDEN,
        &t!(locale, "sheet-not-eligible"),
        Some(poll),
        html! {
            p { (text) }
            p { (t!(locale, "sheet-not-eligible-text", organization = &visit.organization.display_name)) }
            (buttons(to_sheet(visit, id, Button::Primary)))
        },
    )
}

/// The sheet has not opened, is over, or was called off; as a service says it, for a clock is ahead of another.
fn closed(visit: &Visit, id: Uuid, poll: &Poll, reason: Reason) -> Response {
    let locale = visit.locale;
    let called_off = door(poll, visit.now()) == Door::CalledOff;
    let (title, text) = if called_off {
        (t!(locale, "sheet-called-off"), t!(locale, "sheet-called-off-text").into_owned())
    } else if reason == Reason::PollNotOpen {
        let time = opens(poll).map(|time| locale.date_time(time)).unwrap_or_default();
        (t!(locale, "sheet-too-early"), t!(locale, "sheet-too-early-text", time = time))
    } else {
        let time = closes(poll).map(|time| locale.deadline(time)).unwrap_or_default();
        (t!(locale, "sheet-too-late"), t!(locale, "sheet-too-late-text", time = time))
    };
    page(
        visit,
        StatusCode::CONFLICT,
        &title,
        Some(poll),
        html! {
            p { (text) }
            @if !poll.close_reason.is_empty() {
                p { (t!(locale, "sheet-closed-early")) " " q dir="auto" { (poll.close_reason) } }
            }
            (buttons(html! { (to_sheet(visit, id, Button::Primary)) (to_count(visit, id)) }))
        },
    )
}

/// Why a sheet is paused, as its history says it.
pub fn paused_notice(visit: &Visit, poll: &Poll) -> Markup {
    let locale = visit.locale;
    let act = poll.history.iter().rev().find(|act| act.kind() == PollActKind::Paused);
    notice(
        &locale,
        Tone::Warning,
        Some(&t!(locale, "sheet-paused")),
        html! {
            p { (t!(locale, "sheet-paused-text")) }
            @if let Some(act) = act { p { q dir="auto" { (act.reason) } } }
        },
    )
}

fn paused(visit: &Visit, id: Uuid, poll: &Poll) -> Response {
    let title = t!(visit.locale, "sheet-paused");
    page(
        visit,
        StatusCode::CONFLICT,
        &title,
        Some(poll),
        html! {
            p { (t!(visit.locale, "sheet-paused-text")) }
            (buttons(html! { (to_sheet(visit, id, Button::Primary)) (to_count(visit, id)) }))
        },
    )
}

/// Voting does not take a signature back.
///
/// # Errors
/// What another page says better.
pub fn of_withdrawal(visit: &Visit, id: Uuid, poll: &Poll, entry: &Entry, error: PageError) -> PageResult {
    let locale = visit.locale;
    let words: Words = match error.reason() {
        Some(reason @ (Reason::PollNotOpen | Reason::PollClosed)) => {
            return Ok(closed(visit, id, poll, reason));
        }
        Some(Reason::PollPaused) => return Ok(paused(visit, id, poll)),
        Some(Reason::SignatureWithdrawn) => {
            (t!(locale, "sheet-withdrawn-before"), t!(locale, "sheet-withdrawn-before-text"))
        }
        Some(Reason::BallotNotFound) => (t!(locale, "sheet-not-signed"), t!(locale, "sheet-not-signed-text")),
        Some(Reason::WithdrawalNotAllowed) => (t!(locale, "sheet-final"), t!(locale, "sheet-final-text")),
        Some(Reason::PermitExpired | Reason::PermitInvalid | Reason::PermitForAnotherPoll) => {
            (t!(locale, "sheet-permit-gone"), t!(locale, "sheet-permit-gone-withdraw"))
        }
        _ if is_passing(&error) => {
            let title = t!(locale, "sheet-withdraw-no-answer");
            return Ok(page(
                visit,
                error.status(),
                &title,
                Some(poll),
                html! {
                    p { (t!(locale, "sheet-withdraw-no-answer-text")) }
                    (withdraw::form(visit, id, entry,
                        button(Button::Primary, &t!(locale, "vote-send-again"), Some(("do", "withdraw")))))
                },
            ));
        }
        _ => return Err(error),
    };
    Ok(after(visit, error.status(), poll, words, None, to_sheet(visit, id, Button::Primary)))
}

/// Voting does not take a signature.
///
/// # Errors
/// What another page says better.
pub fn of_cast(visit: &Visit, id: Uuid, poll: &Poll, form: &Form, error: PageError) -> PageResult {
    let locale = visit.locale;
    let (title, text) = match error.reason() {
        Some(reason @ (Reason::PollNotOpen | Reason::PollClosed)) => {
            return Ok(closed(visit, id, poll, reason));
        }
        Some(Reason::BallotAlreadyCast) => (t!(locale, "sheet-already"), t!(locale, "sheet-already-text")),
        Some(Reason::PollPaused) => return Ok(paused(visit, id, poll)),
        Some(Reason::SignatureWithdrawn) => {
            (t!(locale, "sheet-withdrawn-before"), t!(locale, "sheet-withdrawn-before-text"))
        }
        Some(Reason::AlreadyVotedOnPaper) => {
            (t!(locale, "sheet-on-paper"), t!(locale, "sheet-on-paper-text"))
        }
        Some(Reason::PermitExpired | Reason::PermitInvalid | Reason::PermitForAnotherPoll) => {
            let words = (t!(locale, "sheet-permit-gone"), t!(locale, "sheet-permit-gone-text"));
            return Ok(after(visit, error.status(), poll, words, None, to_sheet(visit, id, Button::Primary)));
        }
        _ => return no_answer(visit, id, poll, form, error),
    };
    let not_me = t!(locale, "sheet-already-not-me", organization = &visit.organization.display_name);
    Ok(page(
        visit,
        StatusCode::CONFLICT,
        &title,
        Some(poll),
        html! {
            p { (text) }
            p { (not_me) }
            (buttons(html! { (to_sheet(visit, id, Button::Primary)) (to_count(visit, id)) (to_proof(visit, id)) }))
        },
    ))
}

/// No answer came, or none that says whether the signature counts. The form is kept, and one button sends it again.
fn no_answer(visit: &Visit, id: Uuid, poll: &Poll, form: &Form, error: PageError) -> PageResult {
    if !is_passing(&error) {
        return Err(error);
    }
    let locale = visit.locale;
    let seconds = wait(&error);
    let mut response = page(
        visit,
        error.status(),
        &t!(locale, "sheet-no-answer"),
        Some(poll),
        html! {
            p { (t!(locale, "sheet-no-answer-text")) }
            @if let Some(seconds) = seconds { p { (t!(locale, "errors-wait", seconds = seconds)) } }
            form method="post" action=(visit.link(&format!("/votes/{id}/cast"))) novalidate {
                (hidden_as_it_came(form))
                (buttons(button(Button::Primary, &t!(locale, "vote-send-again"), None)))
            }
        },
    );
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn wait(error: &PageError) -> Option<u64> {
    let PageError::Api { retry_after, .. } = error else { return None };
    retry_after.map(whole_seconds)
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
