//! The pages that say why something cannot be shown.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::html;

use crate::error::PageError;
use crate::frame::View;
use crate::locale::{Locale, key, t};
use crate::pages::office;
use crate::ui::{Button, Tone, button_link, notice};
use crate::visit::Visit;

/// The page of an error.
pub fn render(visit: &Visit, error: &PageError) -> Response {
    let status = error.status();
    let (title, text) = words(visit.locale, &visit.organization.display_name, status, error);
    let wait = match error {
        PageError::Api { retry_after: Some(wait), .. } => {
            Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        }
        _ => None,
    };
    let rules = match error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    let home = visit.link("");
    let main = html! {
        h1 { (title) }
        p { (text) }
        @if let Some(seconds) = wait { p { (t!(visit.locale, "errors-wait", seconds = seconds)) } }
        @if status == StatusCode::BAD_REQUEST && !rules.is_empty() {
            (notice(&visit.locale, Tone::Warning, None, html! {
                ul { @for (field, rule) in rules { li lang="en" { (field) ": " (rule) } } }
            }))
        }
        p { (button_link(Button::Primary, &t!(visit.locale, "errors-home"), &home)) }
    };
    let mut response = visit.page(status, View { private: true, ..View::new(&title, main) });
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An error before it is known whose site this is: no looks, no language. The gateway, which knows more, shows its own page for
/// what keeps requests from coming here.
pub fn without_organization(error: &PageError) -> Response {
    error.status().into_response()
}

fn words(
    locale: Locale,
    organization: &str,
    status: StatusCode,
    error: &PageError,
) -> (Cow<'static, str>, Cow<'static, str>) {
    let (title, text) = match (error, status) {
        (PageError::Forged, _) => (key!("errors-forged"), key!("errors-forged-text")),
        (PageError::OtherRole(roles), _) => {
            let roles = office::role_names(&locale, roles);
            let text = t!(locale, "errors-role-text", roles = roles);
            return (t!(locale, "errors-role"), text.into());
        }
        (PageError::FormMalformed, _) => (key!("errors-form"), key!("errors-form-text")),
        (_, StatusCode::NOT_FOUND) => (key!("errors-not-found"), key!("errors-not-found-text")),
        (_, StatusCode::FORBIDDEN) => {
            let text = t!(locale, "errors-forbidden-text", organization = organization);
            return (t!(locale, "errors-forbidden"), text.into());
        }
        (_, StatusCode::CONFLICT) => (key!("errors-conflict"), key!("errors-conflict-text")),
        (_, StatusCode::TOO_MANY_REQUESTS) => (key!("errors-busy"), key!("errors-busy-text")),
        (_, StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) => {
            (key!("errors-away"), key!("errors-away-text"))
        }
        (_, status) if status.is_client_error() => (key!("errors-invalid"), key!("errors-invalid-text")),
        _ => (key!("errors-broken"), key!("errors-broken-text")),
    };
    (locale.text(title), locale.text(text))
}
