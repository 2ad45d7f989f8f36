//! Why somebody is not signed in by a provider, in words, and what they can do next.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use comitia_platform::Reason;
use comitia_platform::error::ErrorCode;
use http::{HeaderValue, StatusCode, header};
use maud::html;

use super::with::page as plain;
use super::with_return;
use crate::error::PageError;
use crate::locale::t;
use crate::ui::{Button, button_link, buttons};
use crate::visit::{PageResult, Visit};

/// The way that did not lead anywhere.
pub struct Way<'a> {
    /// The provider's name.
    pub name: &'a str,
    /// Where it begins again.
    pub again: String,
    /// Where to go instead, and in which words.
    pub instead: (String, Cow<'static, str>),
}

impl<'a> Way<'a> {
    /// To an account.
    pub fn sign_in(visit: &Visit, provider: &str, name: &'a str, back: &str) -> Self {
        let again = with_return(&visit.link(&format!("/sign-in/with/{provider}")), back);
        let instead = with_return(&visit.link("/sign-in"), back);
        Self { name, again, instead: (instead, t!(visit.locale, "with-other-ways")) }
    }

    /// To a link with the account of the session.
    pub fn link(visit: &Visit, provider: &str, name: &'a str) -> Self {
        let again = visit.link(&format!("/account/providers/{provider}/link"));
        let instead = visit.link("/account/providers");
        Self { name, again, instead: (instead, t!(visit.locale, "with-back-to-links")) }
    }
}

/// A title, and what it means; and whether the same again may end better.
type Words = (Cow<'static, str>, Cow<'static, str>, bool);

/// The page of a failure.
///
/// # Errors
/// What another page says better.
pub fn page(visit: &Visit, way: &Way<'_>, error: PageError) -> PageResult {
    if matches!(error, PageError::SignInFirst) || error.status() == StatusCode::UNAUTHORIZED {
        return Ok(session_over(visit, way));
    }
    let Some((title, text, again)) = words(visit, way.name, &error) else { return Err(error) };
    let locale = visit.locale;
    let wait = match &error {
        PageError::Api { retry_after, .. } => {
            retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        }
        _ => None,
    };
    let body = html! {
        p { (text) }
        @if let Some(seconds) = wait { p { (t!(locale, "errors-wait", seconds = seconds)) } }
        (buttons(html! {
            @if again { (button_link(Button::Primary, &t!(locale, "with-again", provider = way.name), &way.again)) }
            (button_link(if again { Button::Quiet } else { Button::Primary }, &way.instead.1, &way.instead.0))
        }))
    };
    let mut response = plain(visit, error.status(), &title, body);
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn words(visit: &Visit, name: &str, error: &PageError) -> Option<Words> {
    let locale = visit.locale;
    let PageError::Api { code, reason, .. } = error else { return None };
    Some(match reason {
        Reason::ProviderUnavailable => (
            t!(locale, "with-away", provider = name).into(),
            t!(locale, "with-away-text", provider = name).into(),
            true,
        ),
        Reason::ProviderAnswerInvalid => (
            t!(locale, "with-answer-invalid", provider = name).into(),
            t!(locale, "with-answer-invalid-text"),
            true,
        ),
        Reason::ProviderSignInDenied => (
            t!(locale, "with-denied", provider = name).into(),
            t!(locale, "with-denied-text", provider = name).into(),
            true,
        ),
        Reason::ProviderLevelTooLow => (
            t!(locale, "with-level-too-low"),
            t!(locale, "with-level-too-low-text", provider = name).into(),
            true,
        ),
        Reason::ProviderUnknown => (
            t!(locale, "with-not-offered", provider = name).into(),
            t!(locale, "with-not-offered-text", organization = &visit.organization.display_name).into(),
            false,
        ),
        Reason::TooYoungForAccount => {
            (t!(locale, "with-too-young"), t!(locale, "with-too-young-text"), false)
        }
        Reason::BirthDateMissing => (
            t!(locale, "with-birth-date-missing", provider = name).into(),
            t!(locale, "with-birth-date-missing-text", provider = name).into(),
            true,
        ),
        Reason::IdentityHasAccount => (
            t!(locale, "with-has-account", provider = name).into(),
            t!(locale, "with-has-account-text", provider = name).into(),
            false,
        ),
        Reason::ProviderLinked => (
            t!(locale, "with-linked-already", provider = name).into(),
            t!(locale, "with-linked-already-text", provider = name).into(),
            false,
        ),
        _ => match code {
            ErrorCode::Unavailable
            | ErrorCode::ResourceExhausted
            | ErrorCode::DeadlineExceeded
            | ErrorCode::Aborted
            | ErrorCode::Internal => (t!(locale, "sign-in-away"), t!(locale, "sign-in-away-text"), true),
            _ => return None,
        },
    })
}

/// The session ended while the person was at the provider: nothing is linked to nobody's account.
fn session_over(visit: &Visit, way: &Way<'_>) -> Response {
    let locale = visit.locale;
    let sign_in = with_return(&visit.link("/sign-in"), &visit.link("/account/providers"));
    let body = html! {
        p { (t!(locale, "with-session-over-text", provider = way.name)) }
        (buttons(button_link(Button::Primary, &t!(locale, "sign-in-title"), &sign_in)))
    };
    plain(visit, StatusCode::CONFLICT, &t!(locale, "with-session-over"), body)
}

/// This browser brings an answer, and has begun nothing, or has ended it.
pub fn not_begun(visit: &Visit) -> Response {
    let locale = visit.locale;
    let body = html! {
        p { (t!(locale, "with-not-begun-text")) }
        ul {
            li { (t!(locale, "with-not-begun-done")) }
            li { (t!(locale, "with-not-begun-late")) }
            li { (t!(locale, "with-not-begun-browser")) }
        }
        (buttons(button_link(Button::Primary, &t!(locale, "sign-in-title"), &visit.link("/sign-in"))))
    };
    plain(visit, StatusCode::CONFLICT, &t!(locale, "with-not-begun"), body).into_response()
}
