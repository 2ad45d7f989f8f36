//! What is needed before somebody writes: a name, the present terms, and that they are old enough; and, when the terms have changed,
//! those once more.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{AcceptTermsRequest, Account, CompleteRegistrationRequest};
use http::StatusCode;
use maud::{Markup, html};

use super::{own, view};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::sign_in::{asked, hidden_return, kept, with_return};
use crate::ui::{
    Button, Field, FieldErrors, Kind, Tone, button, button_link, buttons, error_summary, form_post, notice,
};
use crate::visit::{PageResult, Visit};

pub const NAME_LENGTH: u32 = 60;

/// Leads to what is needed before somebody writes, and back.
pub fn first(visit: &Visit) -> Response {
    let path = with_return(&visit.link("/account/welcome"), &visit.path);
    Redirect::to(&path).into_response()
}

pub async fn show(visit: Visit) -> PageResult {
    let back = asked(&visit);
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    if account.complete {
        return Ok(go_on(&visit, &back));
    }
    Ok(page(&visit, StatusCode::OK, &account, &Entered::default(), &back, &FieldErrors::new(), None))
}

/// What was entered, so that it is there when the form comes back.
#[derive(Clone, Debug, Default)]
struct Entered {
    name: String,
    terms: bool,
    age: bool,
}

pub async fn save(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let back = kept(&form);
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    let entered = Entered {
        name: form.text("name").to_owned(),
        terms: form.get("terms") == "yes",
        age: form.get("age") == "yes",
    };
    let named = !account.display_name.is_empty();
    let mut errors = FieldErrors::new();
    if !named && entered.name.is_empty() {
        errors.push("name", t!(locale, "account-name-missing"));
    }
    if !entered.terms {
        errors.push("terms", t!(locale, "account-terms-missing"));
    }
    if !named && !account.age_known && !entered.age {
        errors.push("age", t!(locale, "account-age-missing"));
    }
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if !errors.is_empty() {
        return Ok(page(&visit, unprocessable, &account, &entered, &back, &errors, None));
    }
    // The version that was on the page: when it has changed since, it is shown once more.
    let version = form.get("terms_version").parse().unwrap_or(0);
    let error = match send(&visit, named, &entered, version).await {
        Ok(()) => return Ok(go_on(&visit, &back)),
        Err(error) => error,
    };
    match error.reason() {
        Some(Reason::FieldInvalid) => {
            errors.push("name", t!(locale, "account-name-wrong"));
            Ok(page(&visit, unprocessable, &account, &entered, &back, &errors, None))
        }
        Some(Reason::TermsChanged) => {
            let said = notice(
                &locale,
                Tone::Warning,
                Some(&t!(locale, "account-terms-changed-now")),
                html! {
                    p { (t!(locale, "account-terms-changed-now-text")) }
                },
            );
            let again = Entered { terms: false, ..entered };
            Ok(page(&visit, StatusCode::CONFLICT, &account, &again, &back, &errors, Some(said)))
        }
        _ => Err(error),
    }
}

async fn send(visit: &Visit, named: bool, entered: &Entered, version: i32) -> Result<(), PageError> {
    let mut participants = visit.services().participants();
    if named {
        let message = AcceptTermsRequest { accepted_terms_version: version };
        participants.accept_terms(visit.request(message)).await?;
    } else {
        let message = CompleteRegistrationRequest {
            display_name: entered.name.clone(),
            accepted_terms_version: version,
            fifteen_or_older: entered.age,
            language: visit.locale.language.code().to_owned(),
        };
        participants.complete_registration(visit.request(message)).await?;
    }
    Ok(())
}

fn go_on(visit: &Visit, back: &str) -> Response {
    let target = if back.is_empty() { visit.link("/account") } else { back.to_owned() };
    Redirect::to(&target).into_response()
}

fn page(
    visit: &Visit,
    status: StatusCode,
    account: &Account,
    entered: &Entered,
    back: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let named = !account.display_name.is_empty();
    let title = match (named, account.age_known) {
        (true, _) => t!(locale, "account-terms-changed"),
        (false, false) => t!(locale, "account-welcome"),
        (false, true) => t!(locale, "account-welcome-vouched"),
    };
    let version = visit.organization.terms_version.max(1).to_string();
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p {
            @if named { (t!(locale, "account-terms-changed-text", organization = &visit.organization.display_name)) }
            @else if account.age_known { (t!(locale, "account-welcome-vouched-text")) }
            @else { (t!(locale, "account-welcome-text")) }
        }
        (form_post(&visit.link("/account/welcome"), None, html! {
            (hidden_return(back))
            input type="hidden" name="terms_version" value=(version);
            @if !named { (name_field(visit, &entered.name, errors)) }
            p { a href=(visit.link("/legal/terms")) target="_blank" rel="noopener" { (t!(locale, "account-terms-read")) } }
            (Field::new(&locale, "terms", t!(locale, "account-terms-accept"))
                .error(errors.of("terms")).checkbox(entered.terms))
            @if !named && !account.age_known {
                (Field::new(&locale, "age", t!(locale, "account-age-declare"))
                    .error(errors.of("age")).checkbox(entered.age))
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "account-welcome-go-on"), None))
                (button_link(Button::Quiet, &t!(locale, "account-welcome-later"), &visit.link("")))
            }))
        }))
        p { (t!(locale, "account-welcome-not-to-vote")) }
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { error, ..view(&title, main) })
}

/// The field of the name that others see.
pub fn name_field(visit: &Visit, name: &str, errors: &FieldErrors) -> Markup {
    let locale = visit.locale;
    Field::new(&locale, "name", t!(locale, "account-name"))
        .hint(t!(locale, "account-name-hint"))
        .error(errors.of("name"))
        .autocomplete("nickname")
        .max_length(NAME_LENGTH)
        .input(Kind::Text, name)
}
