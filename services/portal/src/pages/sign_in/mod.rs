//! Signing in, by a letter, by e-mail or at a provider, for the team with a passkey besides, and signing out.

pub mod email;
mod letter;
pub mod passkey;
mod return_to;
mod with;
mod with_refusal;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use chrono::TimeDelta;
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{self as identity, RevokeSessionRequest};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::session::Session;
use crate::ui::{Button, Card, Tone, button, button_link, buttons, cards, form_post, notice};
use crate::visit::{PageResult, Visit};

/// A form with an address, a code and where to go back to.
const FORM_BYTES: usize = 16 * 1024;

pub fn routes() -> Router {
    Router::new()
        .route("/sign-in", get(ways))
        .route("/sign-in/letter", get(letter::form).post(letter::sign_in))
        .route("/sign-in/email", get(email::form).post(email::request_code))
        .route("/sign-in/email/code", get(email::again).post(email::sign_in))
        .route(passkey::PATH, get(passkey::form).post(passkey::verify))
        .route(passkey::REGISTER, get(passkey::again).post(passkey::register))
        .route("/sign-in/with", get(with::back))
        .route("/sign-in/with/{provider}", get(with::begin))
        .route("/sign-out", get(signed_out).post(sign_out))
        .route("/sign-out/provider", get(with::out))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

pub use with::{in_time, leave, name_of as name_of_provider, page as page_of_way, providers};
pub use with_refusal::{Way, page as refused_way};

/// The ways to sign in.
async fn ways(visit: Visit) -> PageResult {
    let locale = visit.locale;
    let back = asked(&visit);
    let title = t!(locale, "sign-in-title");
    let link = |path: &str| with_return(&visit.link(path), &back);
    let providers = with::providers(&visit).await;
    let (letter, email) = (link("/sign-in/letter"), link("/sign-in/email"));
    let (letter_title, letter_text) = (t!(locale, "sign-in-letter-way"), t!(locale, "sign-in-letter-about"));
    let (email_title, email_text) = (t!(locale, "sign-in-email-way"), t!(locale, "sign-in-email-about"));
    let card =
        |title, path, text| Card { picture: None, title, path, tag: None, text: Some(text), facts: &[] };
    let main = html! {
        h1 { (title) }
        @if visit.session.is_some() {
            (notice(&locale, Tone::Info, None, html! {
                p { (t!(locale, "sign-in-already")) " "
                    a href=(return_to::target(&visit, visit.session.as_ref(), &back)) { (t!(locale, "sign-in-go-on")) } }
            }))
        }
        p { (t!(locale, "sign-in-lead")) }
        (cards(2, &[card(&letter_title, &letter, &letter_text), card(&email_title, &email, &email_text)]))
        @if !providers.is_empty() {
            h2 { (t!(locale, "with-section")) }
            p { (t!(locale, "with-section-text")) }
            (with::offers(&visit, &providers, &back))
        }
        @if visit.organization.registration_open {
            h2 { (t!(locale, "register-none-yet")) }
            p { (t!(locale, "register-none-yet-text")) }
            (buttons(button_link(Button::Secondary, &t!(locale, "register-title"), &link("/register"))))
        }
    };
    Ok(visit.page(StatusCode::OK, View { private: true, ..View::new(&title, main) }))
}

/// The button to sign out, or that it is done.
async fn signed_out(visit: Visit, headers: HeaderMap) -> PageResult {
    let locale = visit.locale;
    let (title, body) = if visit.session.is_some() {
        let form = form_post(
            &visit.link("/sign-out"),
            None,
            buttons(button(Button::Primary, &t!(locale, "sign-out-do"), None)),
        );
        (t!(locale, "sign-out-title"), form)
    } else {
        let home = visit.link("");
        let links = buttons(html! {
            (button_link(Button::Primary, &t!(locale, "sign-out-home"), &home))
            (button_link(Button::Quiet, &t!(locale, "sign-out-in"), &visit.link("/sign-in")))
        });
        (
            t!(locale, "sign-out-done"),
            html! {
                p { (t!(locale, "sign-out-done-text")) }
                (with::still_signed_in(&visit, &headers))
                (links)
            },
        )
    };
    let main = html! { h1 { (title) } (body) };
    Ok(visit.page(StatusCode::OK, View { private: true, ..View::new(&title, main) }))
}

/// Ends the session at identity, and in the browser whatever identity says: who leaves a shared computer has to be out.
async fn sign_out(visit: Visit) -> PageResult {
    if visit.session.is_some() {
        let ended = visit.services().sign_in().revoke_session(visit.request(RevokeSessionRequest {})).await;
        if let Err(status) = ended {
            tracing::warn!(code = ?status.code(), "a session ended in the browser alone");
        }
    }
    let mut response = Redirect::to(&visit.link("/sign-out")).into_response();
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end());
    Ok(response)
}

/// Begins the session and goes where the person wanted to go; first to what is still needed to write, if that is missing.
pub fn begin(visit: &Visit, session: Option<identity::Session>, back: &str) -> PageResult {
    let session = session.ok_or(PageError::SignInFirst)?;
    let pending = session.registration_pending;
    let session = Session::try_from(session)?;
    let cookie = visit.sessions().begin(visit.organization_id, &session);
    let target = if pending {
        with_return(&visit.link("/account/welcome"), back)
    } else if session.has(Role::SecondFactorPending) {
        with_return(&visit.link(passkey::PATH), back)
    } else {
        return_to::target(visit, Some(&session), back)
    };
    let mut response = Redirect::to(&target).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The path that the page's address says to go back to, if it is one of this site.
pub fn asked(visit: &Visit) -> String {
    let query = visit.query.as_deref().unwrap_or_default();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let asked = fields.find(|(name, _)| name == "return").map(|(_, value)| value.into_owned());
    asked.filter(|path| return_to::local(path).is_some()).unwrap_or_default()
}

/// The same from a form.
pub fn kept(form: &Form) -> String {
    Some(form.get("return")).filter(|path| return_to::local(path).is_some()).unwrap_or_default().to_owned()
}

/// A path with where to go back to.
pub fn with_return(path: &str, back: &str) -> String {
    if back.is_empty() {
        return path.to_owned();
    }
    format!("{path}?return={}", utf8_percent_encode(back, NON_ALPHANUMERIC))
}

/// The field of a form that says where to go back to.
pub fn hidden_return(back: &str) -> Markup {
    html! { @if !back.is_empty() { input type="hidden" name="return" value=(back); } }
}

/// What to say above a form when its call failed, and with which status; the error itself when a page of its own says it better.
pub fn failure(visit: &Visit, error: PageError) -> Result<(StatusCode, Markup), PageError> {
    let locale = visit.locale;
    let status = error.status();
    let PageError::Api { reason, retry_after, .. } = &error else { return Err(error) };
    let wait = locale.duration(whole_minutes(retry_after.unwrap_or_default()));
    let (title, text) = match (reason, status) {
        (Reason::RateLimited, _) => {
            (t!(locale, "sign-in-too-often"), t!(locale, "sign-in-too-often-text", wait = wait))
        }
        (
            _,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT,
        ) => (t!(locale, "sign-in-away"), t!(locale, "sign-in-away-text").into_owned()),
        _ => return Err(error),
    };
    Ok((status, notice(&locale, Tone::Error, Some(&title), html! { p { (text) } })))
}

/// Seconds tell nobody anything here, and a wait that is said too short is a disappointment.
fn whole_minutes(wait: Duration) -> TimeDelta {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    TimeDelta::minutes(i64::try_from(minutes).unwrap_or(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        for (seconds, minutes) in [(0, 1), (1, 1), (60, 1), (61, 2), (899, 15)] {
            assert_eq!(whole_minutes(Duration::from_secs(seconds)), TimeDelta::minutes(minutes));
        }
    }

    #[test]
    fn the_way_back_is_kept_in_the_address() {
        assert_eq!(with_return("/fr/sign-in/letter", ""), "/fr/sign-in/letter");
        assert_eq!(
            with_return("/fr/sign-in", "/fr/votes/7?a=b"),
            "/fr/sign-in?return=%2Ffr%2Fvotes%2F7%3Fa%3Db"
        );
    }
}
