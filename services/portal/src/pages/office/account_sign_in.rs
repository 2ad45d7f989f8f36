//! How participants sign in to their accounts: which providers the organization allows beside the code by e-mail.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use comitia_proto::identity::v1::{AccountSignIn, GetAccountSignInRequest, UpdateAccountSignInRequest};
use http::StatusCode;
use maud::html;

use super::parts::{self, Sheet, done};
use super::{ADMINISTRATOR, Desk, Officer};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::ui::{Choice, Field, FieldErrors, empty, form_post};
use crate::visit::PageResult;

const HERE: &str = "/office/organization/providers";

pub fn routes() -> Router {
    Router::new().route(HERE, get(show).post(save))
}

async fn present(officer: &Officer) -> Result<AccountSignIn, PageError> {
    let request = officer.request(GetAccountSignInRequest {});
    let answer = officer.services().account_providers().get_account_sign_in(request).await?;
    Ok(answer.into_inner().account_sign_in.unwrap_or_default())
}

async fn show(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let rules = present(&officer).await?;
    Ok(page(&officer, &rules))
}

fn page(officer: &Officer, rules: &AccountSignIn) -> Response {
    let locale = officer.locale;
    let available: Vec<_> = rules
        .available_providers
        .iter()
        .map(|one| (one.provider_id.as_str(), one.display_name.as_str()))
        // One that was allowed and is not configured any more can be taken away.
        .chain(rules.allowed_provider_ids.iter().filter_map(|id| {
            let gone = rules.available_providers.iter().all(|one| one.provider_id != *id);
            gone.then_some((id.as_str(), id.as_str()))
        }))
        .collect();
    let choices: Vec<_> = available.iter().map(|(id, name)| Choice::new(id, name)).collect();
    let chosen: Vec<_> = rules.allowed_provider_ids.iter().map(String::as_str).collect();
    let body = html! {
        @if choices.is_empty() {
            (empty(&t!(locale, "office-providers-none"), html! { p { (t!(locale, "office-providers-none-text")) } }))
        } @else {
            p { (t!(locale, "office-providers-kept")) }
            p { (t!(locale, "office-providers-locked-out")) }
            (form_post(&officer.link(HERE), None, html! {
                (Field::new(&locale, "providers", t!(locale, "office-providers-allowed"))
                    .hint(t!(locale, "office-providers-allowed-hint"))
                    .optional()
                    .checkboxes(&chosen, &choices))
                (parts::save_or_cancel(officer, "/office/organization"))
            }))
        }
    };
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-providers"),
        lead: &t!(locale, "office-providers-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    sheet.show(officer, StatusCode::OK, body)
}

async fn save(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let chosen = form.fields().filter(|(name, _)| *name == "providers").map(|(_, id)| id.to_owned());
    let request = UpdateAccountSignInRequest { allowed_provider_ids: chosen.collect() };
    officer.services().account_providers().update_account_sign_in(officer.request(request)).await?;
    Ok(done(&officer, "/office/organization", "saved"))
}
