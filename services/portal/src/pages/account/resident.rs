//! Becoming a verified resident: by the letter, or by the address that the roll has too. When another account has the person of
//! the roll already, the team decides, and the page says so.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{Account, VerificationOutcome, VerifyResidentRequest};
use http::StatusCode;
use maud::{Markup, html};

use super::{own, view};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::sign_in::failure;
use crate::ui::{
    Button, FieldErrors, Tone, button, button_link, buttons, check_letter, error_summary, form_post,
    letter_fields, notice as ui_notice,
};
use crate::visit::{PageResult, Visit};

/// Whether the account is a verified resident's, in a few words.
pub fn state(visit: &Visit, account: &Account) -> Markup {
    let locale = visit.locale;
    html! {
        @if account.residences.is_empty() {
            @if account.case_open { (t!(locale, "account-resident-case-state")) } @else { (t!(locale, "account-resident-no")) }
        } @else {
            ul {
                @for residence in &account.residences {
                    li { (t!(locale, "account-resident-yes")) " " bdi { (residence.roll_title) } }
                }
            }
        }
    }
}

/// Said to an account that may not vote here: the way to it.
pub fn notice(visit: &Visit) -> Markup {
    let locale = visit.locale;
    ui_notice(
        &locale,
        Tone::Info,
        Some(&t!(locale, "account-resident-vote")),
        html! {
            p { (t!(locale, "account-resident-vote-text")) }
            p { a href=(visit.link("/account/resident")) { (t!(locale, "account-resident-title")) } }
        },
    )
}

pub async fn show(visit: Visit) -> PageResult {
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    Ok(page(&visit, StatusCode::OK, &account, "", &FieldErrors::new(), None))
}

pub async fn verify(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    let by_roll = form.get("by") == "roll";
    let (number, code) = if by_roll { ("", "") } else { (form.text("number"), form.text("code")) };
    let mut errors = FieldErrors::new();
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if !by_roll {
        check_letter(&locale, number, code, &mut errors);
    }
    if !errors.is_empty() {
        return Ok(page(&visit, unprocessable, &account, number, &errors, None));
    }
    let message = VerifyResidentRequest { member_number: number.to_owned(), access_code: code.to_owned() };
    let answer = visit.services().participants().verify_resident(visit.request(message)).await;
    let error = match answer {
        Ok(answer) => {
            let opened = answer.into_inner().outcome() == VerificationOutcome::CaseOpened;
            return Ok(if opened {
                conflict(&visit)
            } else {
                Redirect::to(&visit.link("/account/resident")).into_response()
            });
        }
        Err(status) => PageError::from(status),
    };
    refuse(&visit, &account, number, error)
}

fn refuse(visit: &Visit, account: &Account, number: &str, error: PageError) -> PageResult {
    let locale = visit.locale;
    let mut errors = FieldErrors::new();
    match error.reason() {
        Some(Reason::CredentialsInvalid) => errors.push("code", t!(locale, "sign-in-letter-wrong")),
        Some(Reason::FieldInvalid) => errors.push("code", t!(locale, "sign-in-letter-code-mistyped")),
        Some(Reason::AlreadyVerified) => errors.push("number", t!(locale, "account-resident-already")),
        Some(Reason::RollEntryUnknown) => errors.push("number", t!(locale, "account-resident-not-in-roll")),
        _ => {
            let (status, said) = failure(visit, error)?;
            return Ok(page(visit, status, account, number, &errors, Some(said)));
        }
    }
    Ok(page(visit, StatusCode::UNPROCESSABLE_ENTITY, account, number, &errors, None))
}

/// Another account has the person: what happens now, and what can be done meanwhile.
fn conflict(visit: &Visit) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-resident-case");
    let organization = &visit.organization;
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "account-resident-case-text", organization = &organization.display_name)) }
        ul {
            li { (t!(locale, "account-resident-case-forgotten")) }
            li { (t!(locale, "account-resident-case-stolen")) }
        }
        p { (t!(locale, "account-resident-case-vote")) }
        @if !organization.contact_email.is_empty() {
            p {
                (t!(locale, "legal-contact", organization = &organization.display_name)) " "
                a href={ "mailto:" (organization.contact_email) } { (organization.contact_email) }
            }
        }
        (buttons(button_link(Button::Primary, &t!(locale, "account-back"), &visit.link("/account"))))
    };
    visit.page(StatusCode::OK, view(&title, main))
}

/// The code is a secret: it is typed again, and never sent back.
fn page(
    visit: &Visit,
    status: StatusCode,
    account: &Account,
    number: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-resident-title");
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        @if !account.residences.is_empty() {
            (ui_notice(&locale, Tone::Success, Some(&t!(locale, "account-resident-done")), html! {
                (state(visit, account))
                p { a href=(visit.link("/votes")) { (t!(locale, "account-resident-votes")) } }
            }))
        }
        @if account.case_open {
            (ui_notice(&locale, Tone::Warning, Some(&t!(locale, "account-resident-case")), html! {
                p { (t!(locale, "account-resident-case-text", organization = &visit.organization.display_name)) }
            }))
        }
        p { (t!(locale, "account-resident-lead")) }
        @if account.roll_has_email {
            h2 { (t!(locale, "account-resident-by-roll")) }
            p { (t!(locale, "account-resident-by-roll-text")) }
            (form_post(&visit.link("/account/resident"), None,
                buttons(button(Button::Primary, &t!(locale, "account-resident-by-roll-do"), Some(("by", "roll"))))))
        }
        h2 { (t!(locale, "account-resident-by-letter")) }
        (form_post(&visit.link("/account/resident"), None, html! {
            (letter_fields(&locale, number, errors))
            (buttons(html! {
                (button(if account.roll_has_email { Button::Secondary } else { Button::Primary },
                    &t!(locale, "account-resident-by-letter-do"), Some(("by", "letter"))))
                (button_link(Button::Quiet, &t!(locale, "account-back"), &visit.link("/account")))
            }))
        }))
    };
    let error = !errors.is_empty() || said.is_some();
    visit.page(status, View { error, ..view(&title, main) })
}
