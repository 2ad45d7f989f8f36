//! The name that others see, and the language that one reads.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{Account, UpdateOwnAccountRequest};
use http::StatusCode;
use maud::html;

use super::welcome::name_field;
use super::{own, view};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::{Language, t};
use crate::ui::{Button, Choice, Field, FieldErrors, button, button_link, buttons, error_summary, form_post};
use crate::visit::{PageResult, Visit};

pub async fn show(visit: Visit) -> PageResult {
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    if account.display_name.is_empty() {
        return Ok(Redirect::to(&visit.link("/account/welcome")).into_response());
    }
    Ok(page(&visit, StatusCode::OK, &account.display_name, &account.language, &FieldErrors::new()))
}

pub async fn save(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let (name, code) = (form.text("name"), form.get("language"));
    let Some(language) = Language::parse(code) else { return Err(PageError::FormMalformed) };
    let mut errors = FieldErrors::new();
    if name.is_empty() {
        errors.push("name", t!(locale, "account-name-missing"));
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, name, code, &errors));
    }
    let account = Account { display_name: name.to_owned(), language: code.to_owned(), ..Account::default() };
    let message = UpdateOwnAccountRequest { account: Some(account), update_mask: None };
    let answer = visit.services().participants().update_own_account(visit.request(message)).await;
    let error = match answer {
        // In the language that was chosen.
        Ok(_) => {
            let path = format!("/{}/account?done=saved", language.code());
            return Ok(Redirect::to(&path).into_response());
        }
        Err(status) => PageError::from(status),
    };
    match error.reason() {
        Some(Reason::FieldInvalid) => {
            errors.push("name", t!(locale, "account-name-wrong"));
            Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, name, code, &errors))
        }
        Some(Reason::AccountMissing) => super::no_account(&visit),
        Some(Reason::RegistrationIncomplete) => {
            Ok(Redirect::to(&visit.link("/account/welcome")).into_response())
        }
        _ => Err(error),
    }
}

fn page(visit: &Visit, status: StatusCode, name: &str, code: &str, errors: &FieldErrors) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-profile");
    let spoken = &visit.organization.languages;
    let names: Vec<_> = Language::all()
        .filter(|language| spoken.is_empty() || spoken.iter().any(|code| code == language.code()))
        .map(|language| (language.code(), language.name()))
        .collect();
    let choices: Vec<_> = names.iter().map(|(code, name)| Choice::new(code, name)).collect();
    let chosen = if code.is_empty() { locale.language.code() } else { code };
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        (form_post(&visit.link("/account/profile"), None, html! {
            (name_field(visit, name, errors))
            (Field::new(&locale, "language", t!(locale, "account-language"))
                .hint(t!(locale, "account-language-hint"))
                .select(Some(chosen), None, &choices))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "account-save"), None))
                (button_link(Button::Quiet, &t!(locale, "account-back"), &visit.link("/account")))
            }))
        }))
    };
    visit.page(status, View { error: !errors.is_empty(), ..view(&title, main) })
}
