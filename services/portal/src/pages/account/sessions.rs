//! A person's sessions, and ending one: the day on which each began, and words for the device. More is not kept.

use axum::response::{IntoResponse, Redirect};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    DeviceBrowser, DeviceKind, EndOwnSessionRequest, ListOwnSessionsRequest, OwnSession,
};
use http::StatusCode;
use maud::{Markup, html};

use super::{Query, day, view};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::parts::Asked;
use crate::ui::{Button, Tone, button, button_link, buttons, form_post, notice};
use crate::visit::{PageResult, Visit};

pub async fn show(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    visit.signed_in()?;
    let request = visit.request(ListOwnSessionsRequest {});
    let sessions = match visit.services().participants().list_own_sessions(request).await {
        Ok(answer) => answer.into_inner().sessions,
        Err(status) => match PageError::from(status) {
            error if matches!(error.reason(), Some(Reason::AccountMissing | Reason::RoleMissing)) => {
                return super::no_account(&visit);
            }
            error => return Err(error),
        },
    };
    let title = t!(locale, "account-own-sessions");
    let main = html! {
        @if asked.done == "ended" {
            (notice(&locale, Tone::Success, None, html! { p { (t!(locale, "account-session-ended")) } }))
        }
        h1 { (title) }
        p { (t!(locale, "account-own-sessions-text")) }
        ul .sessions {
            @for session in &sessions { li { (one(&visit, session)) } }
        }
        p { (button_link(Button::Quiet, &t!(locale, "account-back"), &visit.link("/account"))) }
    };
    Ok(visit.page(StatusCode::OK, view(&title, main)))
}

fn one(visit: &Visit, session: &OwnSession) -> Markup {
    let locale = visit.locale;
    let words = words(visit, session);
    html! {
        p { (words) }
        @if session.present {
            (form_post(&visit.link("/sign-out"), None,
                buttons(button(Button::Secondary, &t!(locale, "account-sign-out-do"), None))))
        } @else {
            (form_post(&visit.link("/account/sessions"), None, html! {
                input type="hidden" name="session" value=(session.session_id);
                (buttons(button(Button::Secondary, &t!(locale, "account-session-end", session = &words), None)))
            }))
        }
    }
}

/// A session in words: "Computer, Firefox, since 10 June 2026".
pub fn words(visit: &Visit, session: &OwnSession) -> String {
    let locale = visit.locale;
    let device = session.device.unwrap_or_default();
    let kind = match device.kind() {
        DeviceKind::Computer => key!("account-device-computer"),
        DeviceKind::Phone => key!("account-device-phone"),
        DeviceKind::Tablet => key!("account-device-tablet"),
        DeviceKind::Unspecified => key!("account-device-unknown"),
    };
    let browser = match device.browser() {
        DeviceBrowser::Firefox => ", Firefox",
        DeviceBrowser::Chrome => ", Chrome",
        DeviceBrowser::Safari => ", Safari",
        DeviceBrowser::Edge => ", Edge",
        DeviceBrowser::Unspecified => "",
    };
    let day = day(visit, session.start_time.as_ref());
    let device = format!("{}{browser}", locale.text(kind));
    if session.present {
        t!(locale, "account-session-present", device = device, day = day)
    } else {
        t!(locale, "account-session-other", device = device, day = day)
    }
}

pub async fn end(visit: Visit, form: Form) -> PageResult {
    visit.signed_in()?;
    let message = EndOwnSessionRequest { session_id: form.get("session").to_owned() };
    match visit.services().participants().end_own_session(visit.request(message)).await {
        Ok(_) => {}
        Err(status) => match PageError::from(status) {
            // It ended by itself, and was deleted.
            error if error.reason() == Some(Reason::ResourceNotFound) => {}
            error if error.reason() == Some(Reason::AccountMissing) => return super::no_account(&visit),
            error => return Err(error),
        },
    }
    Ok(Redirect::to(&visit.link("/account/sessions?done=ended")).into_response())
}
