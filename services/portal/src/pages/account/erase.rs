//! Erasing everything about oneself. What cannot be taken back is asked for first.

use axum::response::Response;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{Account, EraseOwnDataRequest};
use http::{StatusCode, header};
use maud::{Markup, html};

use super::{own, view};
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::ui::{
    Button, Field, FieldErrors, Tone, button, button_link, buttons, error_summary, form_post, notice,
};
use crate::visit::{PageResult, Visit};

/// Says what will happen, and asks.
pub async fn confirm(visit: Visit) -> PageResult {
    if !visit.signed_in()?.has(Role::Participant) {
        return super::no_account(&visit);
    }
    let account = own(&visit).await?;
    Ok(question(&visit, StatusCode::OK, account.as_ref(), &FieldErrors::new()))
}

fn question(visit: &Visit, status: StatusCode, account: Option<&Account>, errors: &FieldErrors) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-erase-title");
    let verified = account.is_some_and(|account| !account.residences.is_empty());
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        (notice(&locale, Tone::Warning, Some(&t!(locale, "account-erase-final")), happens(visit, account)))
        (form_post(&visit.link("/account/erase"), None, html! {
            @if verified {
                (Field::new(&locale, "roll", t!(locale, "account-erase-roll"))
                    .hint(t!(locale, "account-erase-roll-hint")).checkbox(false))
            }
            (Field::new(&locale, "sure", t!(locale, "account-erase-sure")).error(errors.of("sure")).checkbox(false))
            (buttons(html! {
                (button(Button::Danger, &t!(locale, "account-erase-do"), None))
                (button_link(Button::Quiet, &t!(locale, "account-erase-not"), &visit.link("/account")))
            }))
        }))
    };
    visit.page(status, View { error: !errors.is_empty(), ..view(&title, main) })
}

fn happens(visit: &Visit, account: Option<&Account>) -> Markup {
    let locale = visit.locale;
    html! {
        ul {
            @if account.is_some() {
                li { (t!(locale, "account-erase-account-data")) }
                li { (t!(locale, "account-erase-written")) }
                li { (t!(locale, "account-erase-files")) }
            } @else {
                li { (t!(locale, "account-erase-data")) }
                li { (t!(locale, "account-erase-vote")) }
            }
            li { (t!(locale, "account-erase-ballots")) }
        }
    }
}

/// Erases, and ends the session: there is nobody any more whose it could be.
pub async fn erase(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    visit.signed_in()?;
    if form.get("sure") != "yes" {
        let mut errors = FieldErrors::new();
        errors.push("sure", t!(locale, "account-erase-sure-missing"));
        let account = own(&visit).await?;
        return Ok(question(&visit, StatusCode::UNPROCESSABLE_ENTITY, account.as_ref(), &errors));
    }
    let message = EraseOwnDataRequest { roll_entries_too: form.get("roll") == "yes" };
    visit.services().rolls().erase_own_data(visit.request(message)).await?;
    let title = t!(locale, "account-erased");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "account-erased-text")) }
        (buttons(button_link(Button::Primary, &t!(locale, "account-erased-home"), &visit.link(""))))
    };
    let mut response = visit.page(StatusCode::OK, View { focused: true, ..view(&title, main) });
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end());
    Ok(response)
}
