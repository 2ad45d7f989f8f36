//! The organization's logo: sent with its alternative text, replaced, removed.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{Attachment, RemoveAttachmentRequest, SetLogoRequest};
use maud::{Markup, html};

use super::organization::present;
use super::parts::{self, Question, Sheet, new_request_id, request_id};
use super::{ADMINISTRATOR, Desk, Officer};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::files::Source;
use crate::pages::office::upload::{BODY_BYTES, Upload};
use crate::ui::{Button, Field, FieldErrors, Tone, button, button_link, buttons, form_file, notice};
use crate::visit::PageResult;

const HERE: &str = "/office/organization/logo";
const REMOVE: &str = "/office/organization/logo/remove";
const KINDS: &str = ".jpg,.jpeg,.png,.webp,image/jpeg,image/png,image/webp";
const ALTERNATIVE_MAX: u32 = 500;

pub fn routes() -> Router {
    Router::new()
        .route(HERE, get(form).post(save))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .route(REMOVE, get(ask_remove).post(remove))
}

/// The logo in a row of the organization's page, or that there is none.
pub fn picture(logo: Option<&Attachment>, none: &str) -> Markup {
    let smallest = logo.and_then(|logo| Some((logo, logo.renditions.first()?)));
    html! {
        @match smallest {
            Some((logo, size)) => img .logo src=(Source::Api.address(logo, Some(size.width))) width=(size.width)
                height=(size.height) alt=(logo.alternative_text);,
            None => (none),
        }
    }
}

async fn form(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let logo = present(&officer).await?.logo;
    let known = logo.as_ref().map_or("", |logo| logo.alternative_text.as_str());
    Ok(page(&officer, logo.as_ref(), known, &FieldErrors::new(), None))
}

fn page(
    officer: &Officer,
    logo: Option<&Attachment>,
    typed: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let back = officer.link("/office/organization");
    let body = html! {
        @if logo.is_some() {
            p { (picture(logo, "")) }
        }
        (form_file(&officer.link(HERE), html! {
            input type="hidden" name="request_id" value=(new_request_id());
            (Field::new(&locale, "file", t!(locale, "office-logo-file"))
                .hint(t!(locale, "office-logo-file-hint")).error(errors.of("file")).file(KINDS))
            (Field::new(&locale, "alternative_text", t!(locale, "office-logo-alt"))
                .hint(t!(locale, "office-logo-alt-hint")).error(errors.of("alternative_text"))
                .max_length(ALTERNATIVE_MAX).textarea(typed, 2))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-logo-send"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &back))
            }))
        }))
        @if logo.is_some() {
            p { a href=(officer.link(REMOVE)) { (t!(locale, "office-logo-remove")) } }
        }
    };
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-logo"),
        lead: &t!(locale, "office-logo-lead"),
        way: &[],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

/// The logo is seen from the next page on.
async fn done(officer: &Officer, done: &str) -> Response {
    officer.services().forget_organization(officer.organization_id).await;
    Redirect::to(&format!("{}?done={done}", officer.link("/office/organization"))).into_response()
}

async fn save(officer: Officer, upload: Upload) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let Upload { form, file, .. } = upload;
    let alternative = form.text("alternative_text").to_owned();
    let logo = present(&officer).await?.logo;
    let mut errors = FieldErrors::new();
    if file.is_empty() {
        errors.push("file", t!(locale, "office-file-missing"));
    }
    if alternative.is_empty() {
        errors.push("alternative_text", t!(locale, "office-logo-alt-missing"));
    }
    if !errors.is_empty() {
        return Ok(page(&officer, logo.as_ref(), &alternative, &errors, None));
    }
    let request = SetLogoRequest {
        alternative_text: alternative.clone(),
        file: file.into(),
        request_id: request_id(&form),
    };
    let sent = officer.services().attachments().set_logo(officer.request(request)).await;
    let Err(error) = sent.map_err(PageError::from) else { return Ok(done(&officer, "saved").await) };
    let (errors, said) = refused(&officer, error)?;
    Ok(page(&officer, logo.as_ref(), &alternative, &errors, said))
}

/// Why a file was not taken: by its field, or above everything.
fn refused(officer: &Officer, error: PageError) -> Result<(FieldErrors, Option<Markup>), PageError> {
    let locale = officer.locale;
    let text = match error.reason() {
        Some(Reason::FileTooLarge) => t!(locale, "office-files-too-large"),
        Some(Reason::FileKindRefused) => t!(locale, "office-logo-no-photo"),
        Some(Reason::FileDamaged) => t!(locale, "office-files-damaged"),
        Some(Reason::PhotoTooManyPixels) => t!(locale, "office-files-pixels"),
        Some(Reason::FileInfected) => t!(locale, "office-files-infected"),
        Some(Reason::FilesNotConfigured) => {
            let text = t!(locale, "office-files-not-configured");
            return Ok((
                FieldErrors::new(),
                Some(notice(&locale, Tone::Error, None, html! { p { (text) } })),
            ));
        }
        _ => {
            let wrong = t!(locale, "office-files-alt-wrong");
            return Ok((parts::refused(error, &[("alternative_text", "alternative_text", &wrong)])?, None));
        }
    };
    let mut errors = FieldErrors::new();
    errors.push("file", text);
    Ok((errors, None))
}

/// Runs `then` with the question before the logo is removed.
fn with_question<T>(officer: &Officer, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let consequences = [
        t!(locale, "office-logo-remove-text").into_owned(),
        t!(locale, "office-files-remove-copies").into_owned(),
    ];
    then(&Question {
        desk: Desk::Organization,
        title: &t!(locale, "office-logo-remove-title"),
        way: &[],
        consequences: &consequences,
        sure: &t!(locale, "office-logo-remove-sure"),
        not_sure: &t!(locale, "office-logo-remove-not-sure"),
        yes: &t!(locale, "office-logo-remove"),
        weight: Button::Danger,
        action: REMOVE,
        back: "/office/organization",
        hidden: html! {},
    })
}

async fn ask_remove(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    Ok(with_question(&officer, |question| question.ask(&officer)))
}

async fn remove(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    if let Err(page) = with_question(&officer, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    // Twice is once.
    if let Some(logo) = present(&officer).await?.logo {
        let request = RemoveAttachmentRequest { attachment_id: logo.attachment_id, reason: String::new() };
        let request = officer.request(request);
        match officer.services().attachments().remove_attachment(request).await.map_err(PageError::from) {
            Err(error) if error.reason() != Some(Reason::ResourceNotFound) => return Err(error),
            _ => {}
        }
    }
    Ok(done(&officer, "saved").await)
}
