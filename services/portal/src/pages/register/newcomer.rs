//! The first visit of somebody whom a provider has vouched for: a new account, or the one that they have. Which address an account
//! has is never believed of a provider: who wants their account linked enters the code that its mailbox gets.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{RegisterWithProviderRequest, RequestEmailCodeRequest};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};

use super::{closed, new_id};
use crate::device;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::sign_in::{Way, begin, failure, page_of_way, refused_way};
use crate::session::Newcomer;
use crate::ui::{
    Button, Entry, FieldErrors, button, button_link, buttons, check_address, error_summary, form_post,
    is_address, mailed_code,
};
use crate::visit::{PageResult, Visit};

const HERE: &str = "/register/with";
const EMAIL: &str = "/register/with/email";
const CODE: &str = "/register/with/code";

pub async fn show(visit: Visit, headers: HeaderMap) -> PageResult {
    let Some(one) = newcomer(&visit, &headers) else { return Ok(over(&visit)) };
    Ok(choice(&visit, StatusCode::OK, &one, "", &FieldErrors::new(), None))
}

/// Who reloads the page of the code begins anew: a code is asked for with a button, never by looking at a page.
pub async fn again(visit: Visit) -> PageResult {
    Ok(Redirect::to(&visit.link(HERE)).into_response())
}

fn newcomer(visit: &Visit, headers: &HeaderMap) -> Option<Newcomer> {
    visit.sessions().newcomer(visit.organization_id, headers)
}

/// The way from the provider was too long ago, or is done.
fn over(visit: &Visit) -> Response {
    let locale = visit.locale;
    let body = html! {
        p { (t!(locale, "with-over-text")) }
        (buttons(button_link(Button::Primary, &t!(locale, "sign-in-title"), &visit.link("/sign-in"))))
    };
    page_of_way(visit, StatusCode::CONFLICT, &t!(locale, "with-over"), body)
}

/// A new account without an address.
pub async fn register(visit: Visit, headers: HeaderMap) -> PageResult {
    let Some(one) = newcomer(&visit, &headers) else { return Ok(over(&visit)) };
    let message = RegisterWithProviderRequest {
        sealed_identity: one.sealed.clone(),
        language: visit.locale.language.code().to_owned(),
        device: Some(device::of(&headers)),
        ..RegisterWithProviderRequest::default()
    };
    let answer = visit.services().account_providers().register_with_provider(visit.stranger(message)).await;
    match answer {
        Ok(answer) => entered(&visit, answer.into_inner().session, &one),
        Err(status) => refused(&visit, &one, PageError::from(status), None),
    }
}

/// Begins the session. What the browser kept of the way is done with.
fn entered(
    visit: &Visit,
    session: Option<comitia_proto::identity::v1::Session>,
    one: &Newcomer,
) -> PageResult {
    let mut response = begin(visit, session, &one.back)?;
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end_newcomer());
    Ok(response)
}

/// The page of a failure; with `shown`, above the form that was sent.
fn refused(visit: &Visit, one: &Newcomer, error: PageError, shown: Option<&CodePage<'_>>) -> PageResult {
    match error.reason() {
        Some(Reason::RegistrationClosed) => Ok(closed(visit)),
        Some(Reason::IdentityExpired) => Ok(over(visit)),
        Some(Reason::IdentityHasAccount | Reason::ProviderLinked | Reason::ProviderUnknown) => {
            refused_way(visit, &Way::sign_in(visit, &one.provider, &one.name, &one.back), error)
        }
        _ => {
            let (status, said) = failure(visit, error)?;
            let errors = FieldErrors::new();
            Ok(match shown {
                Some(shown) => code_page(visit, status, shown, &errors, Some(said)),
                None => choice(visit, status, one, "", &errors, Some(said)),
            })
        }
    }
}

/// Sends a code to the address of the account that they have, or will have.
pub async fn request_code(visit: Visit, headers: HeaderMap, form: Form) -> PageResult {
    let locale = visit.locale;
    let Some(one) = newcomer(&visit, &headers) else { return Ok(over(&visit)) };
    let email = form.text("email");
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    check_address(&locale, email, &mut errors);
    if !errors.is_empty() {
        return Ok(choice(&visit, unprocessable, &one, email, &errors, None));
    }
    let message = RequestEmailCodeRequest {
        email: email.to_owned(),
        register: visit.organization.registration_open,
        language: locale.language.code().to_owned(),
    };
    let answer = visit.services().sign_in().request_email_code(visit.stranger(message)).await;
    let Err(status) = answer else {
        let shown = CodePage { email, provider: &one.name, request_id: &new_id() };
        return Ok(code_page(&visit, StatusCode::OK, &shown, &errors, None));
    };
    let error = PageError::from(status);
    if error.reason() == Some(Reason::FieldInvalid) {
        errors.push("email", t!(locale, "sign-in-email-wrong"));
        return Ok(choice(&visit, unprocessable, &one, email, &errors, None));
    }
    refused(&visit, &one, error, None)
}

/// Links the identity to the account of the address.
pub async fn with_code(visit: Visit, headers: HeaderMap, form: Form) -> PageResult {
    let locale = visit.locale;
    let Some(one) = newcomer(&visit, &headers) else { return Ok(over(&visit)) };
    let (email, code) = (form.text("email"), form.text("code"));
    if !is_address(email) {
        return Err(PageError::FormMalformed);
    }
    let fresh = new_id();
    let request_id = Some(form.text("request_id")).filter(|id| !id.is_empty()).unwrap_or(&fresh);
    let shown = CodePage { email, provider: &one.name, request_id };
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if code.is_empty() {
        errors.push("code", t!(locale, "sign-in-email-code-missing"));
        return Ok(code_page(&visit, unprocessable, &shown, &errors, None));
    }
    let message = RegisterWithProviderRequest {
        sealed_identity: one.sealed.clone(),
        email: email.to_owned(),
        code: code.to_owned(),
        language: locale.language.code().to_owned(),
        device: Some(device::of(&headers)),
        request_id: request_id.to_owned(),
    };
    let answer = visit.services().account_providers().register_with_provider(visit.stranger(message)).await;
    let error = match answer {
        Ok(answer) => return entered(&visit, answer.into_inner().session, &one),
        Err(status) => PageError::from(status),
    };
    if matches!(error.reason(), Some(Reason::CredentialsInvalid | Reason::FieldInvalid)) {
        errors.push("code", t!(locale, "sign-in-email-code-wrong"));
        return Ok(code_page(&visit, unprocessable, &shown, &errors, None));
    }
    refused(&visit, &one, error, Some(&shown))
}

fn choice(
    visit: &Visit,
    status: StatusCode,
    one: &Newcomer,
    email: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "with-first-time", provider = &one.name);
    let open = visit.organization.registration_open;
    let entry = Entry { send: &visit.link(EMAIL), hidden: html! {} };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "with-first-time-text", provider = &one.name)) }
        @if open {
            h2 { (t!(locale, "with-new")) }
            p { (t!(locale, "with-new-text", provider = &one.name)) }
            (form_post(&visit.link(HERE), None,
                buttons(button(Button::Primary, &t!(locale, "with-new-do"), None))))
        }
        h2 { @if open { (t!(locale, "with-own")) } @else { (t!(locale, "with-own-only")) } }
        p { (t!(locale, "with-own-text", provider = &one.name)) }
        (entry.address(&locale, &t!(locale, "register-email-hint"), email, errors))
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}

/// What the page of the code carries along.
struct CodePage<'a> {
    email: &'a str,
    provider: &'a str,
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
    let hidden = html! { input type="hidden" name="email" value=(shown.email); };
    let entry = Entry { send: &visit.link(EMAIL), hidden: hidden.clone() };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p {
            @if visit.organization.registration_open { (t!(locale, "register-sent", email = shown.email)) }
            @else { (t!(locale, "sign-in-email-sent", email = shown.email)) }
        }
        p { (t!(locale, "with-code-links", provider = shown.provider)) }
        (form_post(&visit.link(CODE), Some(shown.request_id), html! {
            (hidden)
            (mailed_code(&locale, errors))
            (buttons(button(Button::Primary, &t!(locale, "with-code-do"), None)))
        }))
        (entry.nothing_came(&locale, &t!(locale, "register-nothing-came-text"), &visit.link(HERE)))
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { private: true, error, ..View::new(&title, main) })
}
