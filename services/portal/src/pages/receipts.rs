//! Looking a ballot up by the tracking code of its receipt: anybody can, and learns nothing but whether it counts.

use axum::Extension;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::voting::v1::{LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, Poll, TrackedState};
use http::StatusCode;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::error::PageError;
use crate::frame::View;
use crate::locale::t;
use crate::pages::votes::{self, Papers};
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Tone, button, buttons, empty, error_summary, form_get, notice,
};
use crate::visit::{PageResult, Visit};

/// Codes have 34 characters; people type more between them.
const CODE_LENGTH: u32 = 100;

pub fn routes() -> Router {
    Router::new()
        .route("/receipts", get(which))
        .route("/receipts/{poll}", get(show))
        .layer(Extension(Papers::new()))
}

/// What became of a tracking code.
pub enum LookUp {
    /// A ballot has it.
    Found(LookUpTrackingCodeResponse),
    /// No ballot of the poll has it.
    Unknown,
    /// It is no tracking code.
    Mistyped,
}

/// Asks what became of a tracking code. Nobody needs to be known for that.
///
/// # Errors
/// When the poll does not exist, or voting is away.
pub async fn look_up(visit: &Visit, poll: Uuid, code: &str) -> Result<LookUp, PageError> {
    let message = LookUpTrackingCodeRequest { poll_id: poll.to_string(), tracking_code: code.to_owned() };
    match visit.services().ballots().look_up_tracking_code(visit.anonymous(message)).await {
        Ok(answer) => Ok(LookUp::Found(answer.into_inner())),
        Err(status) => {
            let error = PageError::from(status);
            match error.reason() {
                Some(Reason::BallotNotFound) => Ok(LookUp::Unknown),
                Some(Reason::FieldInvalid) => Ok(LookUp::Mistyped),
                _ => Err(error),
            }
        }
    }
}

/// A field of the page's address.
pub fn asked(visit: &Visit, name: &str) -> String {
    let query = visit.query.as_deref().unwrap_or_default();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields.find(|(field, _)| field == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// In which vote?
async fn which(visit: Visit) -> PageResult {
    let locale = visit.locale;
    let (poll, code) = (asked(&visit, "poll"), asked(&visit, "code"));
    if let Ok(poll) = Uuid::parse_str(&poll) {
        let code = utf8_percent_encode(&code, NON_ALPHANUMERIC);
        return Ok(Redirect::to(&visit.link(&format!("/receipts/{poll}?code={code}"))).into_response());
    }
    let polls = votes::all_polls(&visit).await?;
    let begun = |poll: &&Poll| votes::door(poll, visit.now()) != votes::Door::NotYet;
    let choices: Vec<_> =
        polls.iter().filter(begun).map(|poll| Choice::new(&poll.poll_id, &poll.title)).collect();
    let title = t!(locale, "receipts-title");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "receipts-lead")) }
        @if choices.is_empty() {
            (empty(&t!(locale, "receipts-none"), html! { p { (t!(locale, "receipts-none-text")) } }))
        } @else {
            (form_get(&visit.link("/receipts"), html! {
                (Field::new(&locale, "poll", t!(locale, "receipts-poll"))
                    .select(choices.first().map(|choice| choice.value), None, &choices))
                (code_field(&visit, &code, None))
                (buttons(button(Button::Primary, &t!(locale, "receipts-do"), None)))
            }))
        }
    };
    Ok(visit.page(StatusCode::OK, View::new(&title, main)))
}

/// What became of the ballot.
async fn show(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
) -> PageResult {
    let id = votes::poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    if votes::is_sheet(&poll) {
        return Ok(Redirect::to(&visit.link(&format!("/votes/{id}/prove"))).into_response());
    }
    let code = asked(&visit, "code");
    let mut errors = FieldErrors::new();
    let too_long = code.len() > usize::try_from(CODE_LENGTH).unwrap_or(usize::MAX);
    let found = match code.as_str() {
        "" => None,
        _ if too_long => Some(LookUp::Mistyped),
        _ => Some(look_up(&visit, id, &code).await?),
    };
    if matches!(found, Some(LookUp::Mistyped)) {
        errors.push("code", t!(visit.locale, "receipts-mistyped"));
    }
    Ok(page(&visit, &poll, &code, found.as_ref(), &errors))
}

fn page(visit: &Visit, poll: &Poll, code: &str, found: Option<&LookUp>, errors: &FieldErrors) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "receipts-title");
    let status = match found {
        Some(LookUp::Unknown) => StatusCode::NOT_FOUND,
        Some(LookUp::Mistyped) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        p dir="auto" { (poll.title) }
        @if let Some(found) = found { (outcome(visit, poll, code, found)) }
        (form_get(&visit.link(&format!("/receipts/{}", poll.poll_id)), html! {
            (code_field(visit, code, errors.of("code")))
            (buttons(button(Button::Primary, &t!(locale, "receipts-do"), None)))
        }))
        @if !poll.tracking_codes_digest.is_empty() {
            h2 { (t!(locale, "receipts-list")) }
            p { (t!(locale, "receipts-list-text", count = crate::pages::calls::count(poll.tracking_codes_count))) }
            p .typed { code { (poll.tracking_codes_digest) } }
        }
        p { a href=(visit.link("/receipts")) { (t!(locale, "receipts-other-poll")) } }
    };
    let view = View { private: found.is_some(), error: !errors.is_empty(), ..View::new(&title, main) };
    visit.page(status, view)
}

fn outcome(visit: &Visit, poll: &Poll, code: &str, found: &LookUp) -> Markup {
    let locale = visit.locale;
    match found {
        LookUp::Mistyped => html! {},
        LookUp::Unknown => notice(
            &locale,
            Tone::Warning,
            Some(&t!(locale, "receipts-unknown")),
            html! {
                p { (t!(locale, "receipts-unknown-text", code = code)) }
            },
        ),
        LookUp::Found(found) if found.state() == TrackedState::Replaced => {
            let title = t!(locale, "receipts-replaced");
            notice(
                &locale,
                Tone::Info,
                Some(&title),
                html! {
                    p {
                        (t!(locale, "receipts-replaced-text", revision = found.revision, latest = found.latest_revision))
                    }
                },
            )
        }
        LookUp::Found(_) => {
            let over = votes::door(poll, visit.now()) == votes::Door::Over;
            let text =
                if over { t!(locale, "receipts-counted-over") } else { t!(locale, "receipts-counted-open") };
            notice(&locale, Tone::Success, Some(&t!(locale, "receipts-counted")), html! { p { (text) } })
        }
    }
}

fn code_field(visit: &Visit, code: &str, error: Option<&str>) -> Markup {
    let locale = visit.locale;
    Field::new(&locale, "code", t!(locale, "receipts-code"))
        .hint(t!(locale, "receipts-code-hint"))
        .error(error)
        .autocomplete("off")
        .max_length(CODE_LENGTH)
        .input(Kind::Code, code)
}
