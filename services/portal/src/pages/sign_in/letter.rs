//! Signing in with the number and the code of a letter. The letter's QR code brings both in the fragment, which browsers send
//! to nobody; `letter.js` puts them into the fields.

use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::identity::v1::SignInWithAccessCodeRequest;
use http::StatusCode;
use maud::{Markup, html};

use super::{asked, begin, failure, hidden_return, kept};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::ui::{
    Button, FieldErrors, button, buttons, check_letter, error_summary, form_post, letter_fields,
};
use crate::visit::{PageResult, Visit};

pub async fn form(visit: Visit) -> PageResult {
    let back = asked(&visit);
    Ok(page(&visit, StatusCode::OK, "", &back, &FieldErrors::new(), None))
}

pub async fn sign_in(visit: Visit, form: Form) -> PageResult {
    let (number, code, back) = (form.text("number"), form.text("code"), kept(&form));
    let mut errors = FieldErrors::new();
    check_letter(&visit.locale, number, code, &mut errors);
    if !errors.is_empty() {
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, number, &back, &errors, None));
    }
    let message =
        SignInWithAccessCodeRequest { member_number: number.to_owned(), access_code: code.to_owned() };
    let answer = visit.services().sign_in().sign_in_with_access_code(visit.stranger(message)).await;
    let error = match answer {
        Ok(answer) => return begin(&visit, answer.into_inner().session, &back),
        Err(status) => PageError::from(status),
    };
    refuse(&visit, &error, &mut errors);
    if errors.is_empty() {
        let (status, said) = failure(&visit, error)?;
        return Ok(page(&visit, status, number, &back, &errors, Some(said)));
    }
    Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, number, &back, &errors, None))
}

/// What identity says of the fields.
fn refuse(visit: &Visit, error: &PageError, errors: &mut FieldErrors) {
    let PageError::Api { reason, violations, .. } = error else { return };
    match reason {
        // The answer is the same for a number that nobody has and a code that does not belong to it.
        Reason::CredentialsInvalid => errors.push("code", t!(visit.locale, "sign-in-letter-wrong")),
        Reason::FieldInvalid if violations.iter().any(|(field, _)| field == "access_code") => {
            errors.push("code", t!(visit.locale, "sign-in-letter-code-mistyped"));
        }
        Reason::FieldInvalid => errors.push("number", t!(visit.locale, "sign-in-letter-number-missing")),
        _ => {}
    }
}

/// The code is a secret: it is typed again, and never sent back.
fn page(
    visit: &Visit,
    status: StatusCode,
    number: &str,
    back: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sign-in-letter-title");
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "sign-in-letter-lead")) }
        (form_post(&visit.link("/sign-in/letter"), None, html! {
            (hidden_return(back))
            (letter_fields(&locale, number, errors))
            (buttons(button(Button::Primary, &t!(locale, "sign-in-do"), None)))
        }))
        p { a href=(super::with_return(&visit.link("/sign-in/email"), back)) { (t!(locale, "sign-in-by-email-instead")) } }
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, scripts: &["js/letter.js"], ..View::new(&title, main) })
}
