//! Signing in with a code that comes by e-mail. What is answered does not tell whether the address is known.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{RequestEmailCodeRequest, SignInWithEmailCodeRequest};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use super::{asked, begin, failure, hidden_return, kept};
use crate::device;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::ui::{
    Button, Entry, Field, FieldErrors, Kind, NUMBER_LENGTH, Width, button, buttons, check_address,
    error_summary, form_post, is_address, mailed_code,
};
use crate::visit::{PageResult, Visit};

pub async fn form(visit: Visit) -> PageResult {
    let back = asked(&visit);
    Ok(address_page(&visit, StatusCode::OK, "", &back, &FieldErrors::new(), None))
}

/// Who reloads the page of the code begins anew: a code is asked for with a button, never by looking at a page.
pub async fn again(visit: Visit) -> PageResult {
    Ok(Redirect::to(&visit.link("/sign-in/email")).into_response())
}

/// Asks for a code and shows where to enter it.
pub async fn request_code(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let (email, back) = (form.text("email"), kept(&form));
    let mut errors = FieldErrors::new();
    check_address(&locale, email, &mut errors);
    if !errors.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(address_page(&visit, status, email, &back, &errors, None));
    }
    let message = RequestEmailCodeRequest {
        email: email.to_owned(),
        register: false,
        language: locale.language.code().to_owned(),
    };
    let answer = visit.services().sign_in().request_email_code(visit.stranger(message)).await;
    let Err(status) = answer else {
        return Ok(code_page(&visit, StatusCode::OK, email, &back, &errors, None));
    };
    let error = PageError::from(status);
    if error.reason() == Some(Reason::FieldInvalid) {
        errors.push("email", t!(locale, "sign-in-email-wrong"));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(address_page(&visit, status, email, &back, &errors, None));
    }
    let (status, said) = failure(&visit, error)?;
    Ok(address_page(&visit, status, email, &back, &errors, Some(said)))
}

/// Signs in with the code.
pub async fn sign_in(visit: Visit, headers: HeaderMap, form: Form) -> PageResult {
    let locale = visit.locale;
    let (email, code, back) = (form.text("email"), form.text("code"), kept(&form));
    if !is_address(email) {
        return Err(PageError::FormMalformed);
    }
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if code.is_empty() {
        errors.push("code", t!(locale, "sign-in-email-code-missing"));
        return Ok(code_page(&visit, unprocessable, email, &back, &errors, None));
    }
    let message = SignInWithEmailCodeRequest {
        email: email.to_owned(),
        code: code.to_owned(),
        member_number: form.text("number").to_owned(),
        as_member: form.get("as_member") == "yes",
        device: Some(device::of(&headers)),
    };
    let answer = visit.services().sign_in().sign_in_with_email_code(visit.stranger(message)).await;
    let error = match answer {
        Ok(answer) => return begin(&visit, answer.into_inner().session, &back),
        Err(status) => PageError::from(status),
    };
    if matches!(error.reason(), Some(Reason::CredentialsInvalid | Reason::FieldInvalid)) {
        errors.push("code", t!(locale, "sign-in-email-code-wrong"));
        return Ok(code_page(&visit, unprocessable, email, &back, &errors, None));
    }
    if error.reason() == Some(Reason::MemberNumberRequired) {
        errors.push("number", t!(locale, "sign-in-email-number-missing"));
        return Ok(code_page(&visit, unprocessable, email, &back, &errors, None));
    }
    let (status, said) = failure(&visit, error)?;
    Ok(code_page(&visit, status, email, &back, &errors, Some(said)))
}

fn address_page(
    visit: &Visit,
    status: StatusCode,
    email: &str,
    back: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sign-in-email-title");
    let entry = Entry { send: &visit.link("/sign-in/email"), hidden: hidden_return(back) };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "sign-in-email-lead")) }
        (entry.address(&locale, &t!(locale, "sign-in-email-address-hint"), email, errors))
        p { a href=(super::with_return(&visit.link("/sign-in/letter"), back)) { (t!(locale, "sign-in-by-letter-instead")) } }
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}

fn code_page(
    visit: &Visit,
    status: StatusCode,
    email: &str,
    back: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sign-in-email-code-title");
    let hidden = html! {
        (hidden_return(back))
        input type="hidden" name="email" value=(email);
    };
    let entry = Entry { send: &visit.link("/sign-in/email"), hidden: hidden.clone() };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "sign-in-email-sent", email = email)) }
        (form_post(&visit.link("/sign-in/email/code"), None, html! {
            (hidden)
            (mailed_code(&locale, errors))
            details .more open[errors.of("number").is_some()] {
                summary { (t!(locale, "sign-in-email-shared")) }
                div {
                    (Field::new(&locale, "number", t!(locale, "sign-in-email-number"))
                        .hint(t!(locale, "sign-in-email-number-hint"))
                        .error(errors.of("number"))
                        .max_length(NUMBER_LENGTH)
                        .width(Width::Medium)
                        .input(Kind::Text, ""))
                    (Field::new(&locale, "as_member", t!(locale, "sign-in-email-as-member")).checkbox(false))
                }
            }
            (buttons(button(Button::Primary, &t!(locale, "sign-in-do"), None)))
        }))
        (entry.nothing_came(&locale, &t!(locale, "sign-in-email-nothing-came-text"),
            &super::with_return(&visit.link("/sign-in/email"), back)))
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}
