//! Registering with a code that comes by e-mail. What is answered does not tell whether the address has an account: who has the
//! code, and so the mailbox, is signed in to it, and anybody else gets one.

mod newcomer;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{RegisterRequest, RequestEmailCodeRequest};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use crate::device;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::sign_in::{asked, begin, failure, hidden_return, kept, with_return};
use crate::ui::{
    Button, Entry, FieldErrors, button, button_link, buttons, check_address, error_summary, form_post,
    is_address, mailed_code,
};
use crate::visit::{PageResult, Visit};

const FORM_BYTES: usize = 16 * 1024;

pub fn routes() -> Router {
    Router::new()
        .route("/register", get(form).post(request_code))
        .route("/register/code", get(again).post(register))
        .route("/register/with", get(newcomer::show).post(newcomer::register))
        .route("/register/with/email", get(newcomer::again).post(newcomer::request_code))
        .route("/register/with/code", get(newcomer::again).post(newcomer::with_code))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

async fn form(visit: Visit) -> PageResult {
    if !visit.organization.registration_open {
        return Ok(closed(&visit));
    }
    let back = asked(&visit);
    Ok(address_page(&visit, StatusCode::OK, "", &back, &FieldErrors::new(), None))
}

/// Who reloads the page of the code begins anew: a code is asked for with a button, never by looking at a page.
async fn again(visit: Visit) -> PageResult {
    Ok(Redirect::to(&visit.link("/register")).into_response())
}

async fn request_code(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let (email, back) = (form.text("email"), kept(&form));
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    check_address(&locale, email, &mut errors);
    if !errors.is_empty() {
        return Ok(address_page(&visit, unprocessable, email, &back, &errors, None));
    }
    let message = RequestEmailCodeRequest {
        email: email.to_owned(),
        register: true,
        language: locale.language.code().to_owned(),
    };
    let answer = visit.services().sign_in().request_email_code(visit.stranger(message)).await;
    let Err(status) = answer else {
        let code = CodePage { email, back: &back, request_id: &new_id() };
        return Ok(code_page(&visit, StatusCode::OK, &code, &errors, None));
    };
    let error = PageError::from(status);
    match error.reason() {
        Some(Reason::RegistrationClosed) => Ok(closed(&visit)),
        Some(Reason::FieldInvalid) => {
            errors.push("email", t!(locale, "sign-in-email-wrong"));
            Ok(address_page(&visit, unprocessable, email, &back, &errors, None))
        }
        _ => {
            let (status, said) = failure(&visit, error)?;
            Ok(address_page(&visit, status, email, &back, &errors, Some(said)))
        }
    }
}

/// Registers with the code, or signs in. The same form again, after an answer that was lost, does the same and no more.
async fn register(visit: Visit, headers: HeaderMap, form: Form) -> PageResult {
    let locale = visit.locale;
    let (email, code, back) = (form.text("email"), form.text("code"), kept(&form));
    if !is_address(email) {
        return Err(PageError::FormMalformed);
    }
    let fresh = new_id();
    let request_id = Some(form.text("request_id")).filter(|id| !id.is_empty()).unwrap_or(&fresh);
    let shown = CodePage { email, back: &back, request_id };
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if code.is_empty() {
        errors.push("code", t!(locale, "sign-in-email-code-missing"));
        return Ok(code_page(&visit, unprocessable, &shown, &errors, None));
    }
    let message = RegisterRequest {
        email: email.to_owned(),
        code: code.to_owned(),
        language: locale.language.code().to_owned(),
        device: Some(device::of(&headers)),
        request_id: request_id.to_owned(),
    };
    let error = match visit.services().participants().register(visit.stranger(message)).await {
        Ok(answer) => return begin(&visit, answer.into_inner().session, &back),
        Err(status) => PageError::from(status),
    };
    match error.reason() {
        Some(Reason::RegistrationClosed) => Ok(closed(&visit)),
        Some(Reason::CredentialsInvalid | Reason::FieldInvalid) => {
            errors.push("code", t!(locale, "sign-in-email-code-wrong"));
            Ok(code_page(&visit, unprocessable, &shown, &errors, None))
        }
        _ => {
            let (status, said) = failure(&visit, error)?;
            Ok(code_page(&visit, status, &shown, &errors, Some(said)))
        }
    }
}

fn new_id() -> String {
    comitia_core::id::random().to_string()
}

/// Nobody registers here: how one takes part all the same.
fn closed(visit: &Visit) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "register-closed");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "register-closed-text", organization = &visit.organization.display_name)) }
        (buttons(button_link(Button::Primary, &t!(locale, "sign-in-title"), &visit.link("/sign-in"))))
    };
    visit.page(StatusCode::OK, View { private: true, ..View::new(&title, main) })
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
    let title = t!(locale, "register-title");
    let entry = Entry { send: &visit.link("/register"), hidden: hidden_return(back) };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "register-lead")) }
        p { (t!(locale, "register-not-to-vote")) }
        (entry.address(&locale, &t!(locale, "register-email-hint"), email, errors))
        p { a href=(with_return(&visit.link("/sign-in"), back)) { (t!(locale, "register-have-one")) } }
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}

/// What the page of the code carries along.
struct CodePage<'a> {
    email: &'a str,
    back: &'a str,
    request_id: &'a str,
}

fn code_page(
    visit: &Visit,
    status: StatusCode,
    shown: &CodePage<'_>,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sign-in-email-code-title");
    let hidden = html! {
        (hidden_return(shown.back))
        input type="hidden" name="email" value=(shown.email);
    };
    let entry = Entry { send: &visit.link("/register"), hidden: hidden.clone() };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "register-sent", email = shown.email)) }
        (form_post(&visit.link("/register/code"), Some(shown.request_id), html! {
            (hidden)
            (mailed_code(&locale, errors))
            (buttons(button(Button::Primary, &t!(locale, "register-go-on"), None)))
        }))
        (entry.nothing_came(&locale, &t!(locale, "register-nothing-came-text"),
            &with_return(&visit.link("/register"), shown.back)))
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}
