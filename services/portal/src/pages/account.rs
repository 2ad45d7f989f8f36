//! The account of the person who has signed in: what others see of them, their sessions, everything that is kept about them. Who
//! signed in with a letter has no account, and sees what the roll says.

mod data;
mod erase;
mod profile;
mod providers;
mod resident;
mod sessions;
mod welcome;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{Account, GetOwnAccountRequest};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::{Language, t};
use crate::pages::calls::instant;
use crate::pages::parts::Asked;
use crate::pages::sign_in;
use crate::ui::{Button, SummaryRow, Tone, button, button_link, buttons, form_post, notice, summary_list};
use crate::visit::{PageResult, Visit};

pub use resident::notice as resident_notice;
pub use welcome::first as welcome_first;

const FORM_BYTES: usize = 8 * 1024;

pub fn routes() -> Router {
    Router::new()
        .route("/account", get(show))
        .route("/account/welcome", get(welcome::show).post(welcome::save))
        .route("/account/profile", get(profile::show).post(profile::save))
        .route("/account/resident", get(resident::show).post(resident::verify))
        .route("/account/sessions", get(sessions::show).post(sessions::end))
        .route("/account/providers", get(providers::show))
        .route("/account/providers/{provider}/link", get(providers::link))
        .route("/account/providers/{provider}/unlink", post(providers::unlink))
        .route("/account/data", get(data::show))
        .route("/account/data.json", get(data::download))
        .route("/account/erase", get(erase::confirm).post(erase::erase))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// What has just been done; the page says so.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    done: String,
}

/// The account.
async fn show(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    let participant = visit.signed_in()?.has(Role::Participant);
    let title = t!(locale, "account-title");
    let own = if participant {
        let data = data::get(&visit).await?;
        match &data.account {
            Some(account) => {
                // Who cannot link anything is not bothered with it.
                let offered = !sign_in::providers(&visit).await.is_empty();
                overview(&visit, account, &asked.done, offered)
            }
            None => data::of_member(&visit, &data),
        }
    } else {
        staff(&visit)
    };
    let main = html! {
        h1 { (title) }
        (own)
        h2 { (t!(locale, "account-sign-out")) }
        p { (t!(locale, "account-sign-out-text")) }
        (form_post(&visit.link("/sign-out"), None,
            buttons(button(Button::Secondary, &t!(locale, "account-sign-out-do"), None))))
    };
    Ok(visit.page(StatusCode::OK, view(&title, main)))
}

fn view<'a>(title: &'a str, main: Markup) -> View<'a> {
    View { section: Section::Account, private: true, ..View::new(title, main) }
}

fn staff(visit: &Visit) -> Markup {
    let locale = visit.locale;
    notice(
        &locale,
        Tone::Info,
        Some(&t!(locale, "account-staff")),
        html! {
            p { (t!(locale, "account-staff-text")) }
            p { a href=(visit.link("/office")) { (t!(locale, "office-title")) } }
        },
    )
}

/// The caller's account; nothing for who signed in with a letter.
pub async fn own(visit: &Visit) -> Result<Option<Account>, PageError> {
    visit.signed_in()?;
    let request = visit.request(GetOwnAccountRequest {});
    match visit.services().participants().get_own_account(request).await {
        Ok(answer) => Ok(answer.into_inner().account),
        Err(status) => match PageError::from(status) {
            error if matches!(error.reason(), Some(Reason::AccountMissing | Reason::RoleMissing)) => Ok(None),
            error => Err(error),
        },
    }
}

/// A page is for accounts alone: why there is nothing here.
fn no_account(visit: &Visit) -> PageResult {
    let locale = visit.locale;
    let title = t!(locale, "account-none");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "account-none-text")) }
        (buttons(button_link(Button::Primary, &t!(locale, "account-title"), &visit.link("/account"))))
    };
    Ok(visit.page(StatusCode::OK, view(&title, main)))
}

fn overview(visit: &Visit, account: &Account, done: &str, offered: bool) -> Markup {
    let locale = visit.locale;
    let (profile, resident) = (visit.link("/account/profile"), visit.link("/account/resident"));
    let linked = visit.link("/account/providers");
    let email = html! {
        @if account.email.is_empty() { (t!(locale, "account-email-none")) } @else { bdi { (account.email) } }
    };
    let name = html! {
        @if account.display_name.is_empty() { (t!(locale, "account-name-none")) } @else { bdi { (account.display_name) } }
    };
    let labels = [
        t!(locale, "account-name"),
        t!(locale, "account-email"),
        t!(locale, "account-providers"),
        t!(locale, "account-language"),
        t!(locale, "account-resident"),
    ];
    let values = [
        (name, Some(profile.as_str()).filter(|_| account.complete)),
        (email, None),
        (providers::names(visit, account), Some(linked.as_str())),
        (html! { (language(visit, &account.language)) }, Some(profile.as_str()).filter(|_| account.complete)),
        (resident::state(visit, account), Some(resident.as_str())),
    ];
    let shown = offered || !account.linked_providers.is_empty();
    let rows: Vec<_> = labels
        .iter()
        .zip(values)
        .filter(|(_, (_, change))| shown || *change != Some(linked.as_str()))
        .map(|(label, (value, change))| SummaryRow { label, value, change })
        .collect();
    html! {
        @if done == "saved" {
            (notice(&locale, Tone::Success, None, html! { p { (t!(locale, "account-saved")) } }))
        }
        @if !account.complete {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "account-incomplete")), html! {
                p { (t!(locale, "account-incomplete-text")) }
                p { a href=(visit.link("/account/welcome")) { (t!(locale, "account-incomplete-go")) } }
            }))
        }
        (summary_list(&locale, &rows))
        ul {
            li { a href=(visit.link("/my-proposals")) { (t!(locale, "proposals-mine")) } }
            li { a href=(visit.link("/account/sessions")) { (t!(locale, "account-own-sessions")) } }
            li { a href=(visit.link("/account/data")) { (t!(locale, "account-data")) } }
        }
        h2 { (t!(locale, "account-erase")) }
        p { (t!(locale, "account-erase-account-text")) }
        (buttons(button_link(Button::Secondary, &t!(locale, "account-erase-go"), &visit.link("/account/erase"))))
    }
}

/// A day (UTC), as services keep it of what people do; in every time zone it is that day.
fn day(visit: &Visit, time: Option<&prost_types::Timestamp>) -> String {
    instant(time).map(|time| written_day(visit, time.date_naive())).unwrap_or_default()
}

fn written_day(visit: &Visit, day: chrono::NaiveDate) -> String {
    let noon = day.and_hms_opt(12, 0, 0);
    let noon = noon.and_then(|noon| noon.and_local_timezone(visit.locale.zone).single());
    noon.map_or_else(|| day.to_string(), |noon| visit.locale.date(noon.to_utc()))
}

/// A language as its readers call it.
fn language(visit: &Visit, code: &str) -> String {
    Language::parse(code).map_or_else(|| t!(visit.locale, "account-unknown"), Language::name).into_owned()
}
