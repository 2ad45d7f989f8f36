//! The second step of the team's sign-in: a passkey. Who has one proves it; who has none registers one, where the organization asks
//! for it. The device answers to a script; without one the page says so.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    BeginPasskeyRegistrationRequest, BeginPasskeyVerificationRequest, RegisterPasskeyRequest,
    VerifyPasskeyRequest,
};
use http::StatusCode;
use maud::{Markup, html};

use super::{asked, begin, failure, hidden_return, kept, return_to, with_return};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::ui::{
    Button, Field, FieldErrors, Kind, PasskeyForm, Tone, button, buttons, error_summary, form_post, notice,
    passkey_form,
};
use crate::visit::{PageResult, Visit};

/// Where the second step is, after the language.
pub const PATH: &str = "/second-factor";
pub const REGISTER: &str = "/second-factor/new";
pub const LABEL_LENGTH: u32 = 100;

/// Leads to the second step, and back.
pub fn first(visit: &Visit) -> Response {
    let query = visit.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    let back = format!("{}{query}", visit.path);
    let back = return_to::local(&back).unwrap_or_default();
    Redirect::to(&with_return(&visit.link(PATH), back)).into_response()
}

/// Whether the person is at this step; else where to go.
fn at_this_step(visit: &Visit, back: &str) -> Result<(), Box<Response>> {
    match &visit.session {
        None => Err(Box::new(PageError::SignInFirst.into_response())),
        Some(session) if session.has(Role::SecondFactorPending) => Ok(()),
        session => {
            Err(Box::new(Redirect::to(&return_to::target(visit, session.as_ref(), back)).into_response()))
        }
    }
}

pub async fn form(visit: Visit) -> PageResult {
    let back = asked(&visit);
    if let Err(elsewhere) = at_this_step(&visit, &back) {
        return Ok(*elsewhere);
    }
    page(&visit, StatusCode::OK, &back, "", &FieldErrors::new(), None).await
}

/// Who reloads the page after a registration that failed begins anew.
pub async fn again(visit: Visit) -> PageResult {
    Ok(Redirect::to(&visit.link(PATH)).into_response())
}

/// Proves the second factor.
pub async fn verify(visit: Visit, form: Form) -> PageResult {
    let back = kept(&form);
    if let Err(elsewhere) = at_this_step(&visit, &back) {
        return Ok(*elsewhere);
    }
    let credential_json = form.get("credential").to_owned();
    if credential_json.is_empty() {
        return once_more(&visit, &back, "", no_answer(&visit)).await;
    }
    let request = visit.request_here(VerifyPasskeyRequest { credential_json });
    match visit.services().passkeys().verify_passkey(request).await {
        Ok(answer) => begin(&visit, answer.into_inner().session, &back),
        Err(status) => {
            let said = refused(&visit, PageError::from(status))?;
            once_more(&visit, &back, "", said).await
        }
    }
}

/// Registers the first passkey, which proves the second factor too.
pub async fn register(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let back = kept(&form);
    if let Err(elsewhere) = at_this_step(&visit, &back) {
        return Ok(*elsewhere);
    }
    let (label, credential_json) = (form.text("label"), form.get("credential").to_owned());
    let mut errors = FieldErrors::new();
    if label.is_empty() || label.chars().count() > LABEL_LENGTH as usize {
        errors.push("label", t!(locale, "passkey-label-missing"));
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &back, label, &errors, None).await;
    }
    if credential_json.is_empty() {
        return once_more(&visit, &back, label, no_answer(&visit)).await;
    }
    let request = visit.request_here(RegisterPasskeyRequest { credential_json, label: label.to_owned() });
    match visit.services().passkeys().register_passkey(request).await {
        Ok(answer) => begin(&visit, answer.into_inner().session, &back),
        Err(status) => {
            let said = refused(&visit, PageError::from(status))?;
            once_more(&visit, &back, label, said).await
        }
    }
}

async fn once_more(visit: &Visit, back: &str, label: &str, said: (StatusCode, Markup)) -> PageResult {
    let (status, said) = said;
    page(visit, status, back, label, &FieldErrors::new(), Some(said)).await
}

/// The form came without an answer of the device: no script has asked it.
pub fn no_answer(visit: &Visit) -> (StatusCode, Markup) {
    let text = t!(visit.locale, "passkey-script");
    (StatusCode::UNPROCESSABLE_ENTITY, notice(&visit.locale, Tone::Error, None, html! { p { (text) } }))
}

/// What is said of an answer that was refused; the error itself when a page of its own says it better.
pub fn refused(visit: &Visit, error: PageError) -> Result<(StatusCode, Markup), PageError> {
    let locale = visit.locale;
    let text = match error.reason() {
        Some(Reason::PasskeyRefused | Reason::FieldInvalid) => t!(locale, "passkey-refused"),
        Some(Reason::PasskeyChallengeUnknown) => t!(locale, "passkey-late"),
        Some(Reason::PasskeyRegistered) => t!(locale, "passkey-registered"),
        Some(Reason::TooManyPasskeys) => t!(locale, "passkey-too-many"),
        _ => return failure(visit, error),
    };
    let said = notice(&locale, Tone::Error, None, html! { p { (text) } });
    Ok((StatusCode::UNPROCESSABLE_ENTITY, said))
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    back: &str,
    label: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> PageResult {
    let locale = visit.locale;
    let title = t!(locale, "passkey-title");
    let step = step(visit, back, label, errors).await?;
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        (step)
        (form_post(&visit.link("/sign-out"), None,
            buttons(button(Button::Quiet, &t!(locale, "ui-sign-out"), None))))
    };
    let error = !errors.is_empty() || said.is_some();
    let scripts = &["js/passkey.js"];
    Ok(visit.page(status, View { private: true, error, scripts, ..View::new(&title, main) }))
}

/// What the person does now.
async fn step(visit: &Visit, back: &str, label: &str, errors: &FieldErrors) -> Result<Markup, PageError> {
    let locale = visit.locale;
    let request = visit.request_here(BeginPasskeyVerificationRequest {});
    let begun = match visit.services().passkeys().begin_passkey_verification(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return cannot_begin(visit, PageError::from(status)),
    };
    if !begun.options_json.is_empty() {
        let form = PasskeyForm {
            action: &visit.link(PATH),
            ceremony: "get",
            options: &begun.options_json,
            submit: &t!(locale, "passkey-prove"),
        };
        return Ok(html! {
            p { (t!(locale, "passkey-lead")) }
            (passkey_form(&locale, &form, hidden_return(back)))
            p { (t!(locale, "passkey-lost")) }
        });
    }
    if !begun.domains.is_empty() {
        let domains = begun.domains.join(", ");
        return Ok(notice(
            &locale,
            Tone::Warning,
            Some(&t!(locale, "passkey-elsewhere")),
            html! {
                p { (t!(locale, "passkey-elsewhere-text", domains = domains)) }
            },
        ));
    }
    let request = visit.request_here(BeginPasskeyRegistrationRequest {});
    let options = match visit.services().passkeys().begin_passkey_registration(request).await {
        Ok(answer) => answer.into_inner().options_json,
        Err(status) => return cannot_begin(visit, PageError::from(status)),
    };
    let form = PasskeyForm {
        action: &visit.link(REGISTER),
        ceremony: "create",
        options: &options,
        submit: &t!(locale, "passkey-register"),
    };
    Ok(html! {
        p { (t!(locale, "passkey-first-lead")) }
        p { (t!(locale, "passkey-what")) }
        (passkey_form(&locale, &form, html! {
            (hidden_return(back))
            (label_field(visit, label, errors))
        }))
    })
}

/// The name of a passkey.
pub fn label_field(visit: &Visit, label: &str, errors: &FieldErrors) -> Markup {
    let locale = visit.locale;
    Field::new(&locale, "label", t!(locale, "passkey-label"))
        .hint(t!(locale, "passkey-label-hint"))
        .error(errors.of("label"))
        .max_length(LABEL_LENGTH)
        .input(Kind::Text, label)
}

fn cannot_begin(visit: &Visit, error: PageError) -> Result<Markup, PageError> {
    let locale = visit.locale;
    if error.reason() == Some(Reason::PasskeysImpossibleHere) {
        return Ok(notice(&locale, Tone::Error, None, html! { p { (t!(locale, "passkey-not-here")) } }));
    }
    failure(visit, error).map(|(_, said)| said)
}
