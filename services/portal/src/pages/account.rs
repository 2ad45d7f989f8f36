//! What is known of the person who has signed in: they see it, take it with them, and erase it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{EraseOwnDataRequest, ExportOwnDataRequest, PersonalData};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde_json::json;

use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::instant;
use crate::ui::{
    Button, Field, FieldErrors, SummaryRow, Tone, button, button_link, buttons, error_summary, form_post,
    notice, summary_list,
};
use crate::visit::{PageResult, Visit};

const FORM_BYTES: usize = 4 * 1024;

pub fn routes() -> Router {
    Router::new()
        .route("/account", get(show))
        .route("/account/data.json", get(download))
        .route("/account/erase", get(confirm).post(erase))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// The account.
async fn show(visit: Visit) -> PageResult {
    let locale = visit.locale;
    let participant = visit.signed_in()?.has(Role::Participant);
    let title = t!(locale, "account-title");
    let own = if participant { own_data(&visit, &data(&visit).await?) } else { staff(&visit) };
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
        },
    )
}

async fn data(visit: &Visit) -> Result<PersonalData, PageError> {
    let answer = visit.services().rolls().export_own_data(visit.request(ExportOwnDataRequest {})).await?;
    Ok(answer.into_inner().personal_data.unwrap_or_default())
}

fn own_data(visit: &Visit, data: &PersonalData) -> Markup {
    let locale = visit.locale;
    let text = |value: &str| {
        let unknown = html! { (t!(locale, "account-unknown")) };
        if value.is_empty() {
            unknown
        } else {
            html! { bdi { (value) } }
        }
    };
    let day = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date(time)).unwrap_or_default()
    };
    let sessions = html! {
        @if data.session_start_times.is_empty() { (t!(locale, "account-no-sessions")) } @else {
            ul { @for time in &data.session_start_times { li { (day(Some(time))) } } }
        }
    };
    let rows = [
        (t!(locale, "account-roll"), text(&data.roll_title)),
        (t!(locale, "account-number"), text(&data.member_number)),
        (t!(locale, "account-district"), text(&data.district)),
        (t!(locale, "account-birth-date"), text(&birth_date(visit, &data.birth_date))),
        (t!(locale, "account-email"), text(&data.email)),
        (t!(locale, "account-imported"), text(&day(data.create_time.as_ref()))),
        (t!(locale, "account-sessions"), sessions),
    ];
    let rows = rows.iter().map(|(label, value)| SummaryRow { label, value: value.clone(), change: None });
    html! {
        p { (t!(locale, "account-lead", organization = &visit.organization.display_name)) }
        (summary_list(&locale, &rows.collect::<Vec<_>>()))
        p { (t!(locale, "account-no-ballots")) }
        (buttons(html! {
            a .button.secondary href=(visit.link("/account/data.json")) download { (t!(locale, "account-download")) }
        }))
        h2 { (t!(locale, "account-erase")) }
        p { (t!(locale, "account-erase-text")) }
        (buttons(button_link(Button::Secondary, &t!(locale, "account-erase-go"), &visit.link("/account/erase"))))
    }
}

/// The day as people write it; as it is stored, if it is no day.
fn birth_date(visit: &Visit, stored: &str) -> String {
    let day = stored.parse::<chrono::NaiveDate>().ok();
    let noon = day.and_then(|day| day.and_hms_opt(12, 0, 0));
    let noon = noon.and_then(|noon| noon.and_local_timezone(visit.locale.zone).single());
    noon.map_or_else(|| stored.to_owned(), |noon| visit.locale.date(noon.to_utc()))
}

/// Everything as JSON, with the names that the API has for it.
async fn download(visit: Visit) -> PageResult {
    visit.signed_in()?;
    let data = data(&visit).await?;
    let iso = |time: Option<&prost_types::Timestamp>| instant(time).map(|time| time.to_rfc3339());
    let sessions: Vec<_> = data.session_start_times.iter().filter_map(|time| iso(Some(time))).collect();
    let body = json!({
        "rollTitle": data.roll_title,
        "memberNumber": data.member_number,
        "district": data.district,
        "birthDate": data.birth_date,
        "email": data.email,
        "createTime": iso(data.create_time.as_ref()),
        "sessionStartTimes": sessions,
    });
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    let mut response = text.into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"comitia.json\""),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Asks before what cannot be taken back.
async fn confirm(visit: Visit) -> PageResult {
    if !visit.signed_in()?.has(Role::Participant) {
        return show(visit).await;
    }
    Ok(question(&visit, StatusCode::OK, &FieldErrors::new()))
}

fn question(visit: &Visit, status: StatusCode, errors: &FieldErrors) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-erase-title");
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        (notice(&locale, Tone::Warning, Some(&t!(locale, "account-erase-final")), html! {
            ul {
                li { (t!(locale, "account-erase-data")) }
                li { (t!(locale, "account-erase-vote")) }
                li { (t!(locale, "account-erase-ballots")) }
            }
        }))
        (form_post(&visit.link("/account/erase"), None, html! {
            (Field::new(&locale, "sure", t!(locale, "account-erase-sure")).error(errors.of("sure")).checkbox(false))
            (buttons(html! {
                (button(Button::Danger, &t!(locale, "account-erase-do"), None))
                (button_link(Button::Quiet, &t!(locale, "account-erase-not"), &visit.link("/account")))
            }))
        }))
    };
    visit.page(status, View { error: !errors.is_empty(), ..view(&title, main) })
}

/// Erases, and ends the session: there is nobody any more whose it could be.
async fn erase(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    visit.signed_in()?;
    if form.get("sure") != "yes" {
        let mut errors = FieldErrors::new();
        errors.push("sure", t!(locale, "account-erase-sure-missing"));
        return Ok(question(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors));
    }
    visit.services().rolls().erase_own_data(visit.request(EraseOwnDataRequest {})).await?;
    let title = t!(locale, "account-erased");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "account-erased-text")) }
        (buttons(button_link(Button::Primary, &t!(locale, "account-erased-home"), &visit.link(""))))
    };
    let mut response = visit.page(StatusCode::OK, View { focused: true, ..view(&title, main) });
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end());
    Ok(response)
}
