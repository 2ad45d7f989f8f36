//! Electoral rolls: who may vote. Loaded from the office's own file, looked over before anything is done, corrected one by one,
//! and given codes for the letters. Addresses of pages name no member: numbers travel in forms.

mod codes;
mod copy;
mod figures;
mod file;
mod letters;
mod loading;
mod members;
pub(super) mod replacements;
mod words;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    CreateRollRequest, GetRollRequest, ListRollChangesRequest, ListRollsRequest, Roll, RollChange,
    RollChangeKind,
};
use http::StatusCode;
use maud::{Markup, html};

use super::home::Task;
use super::parts::{self, Sheet, done, request_id, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, staff};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{count, instant};
use crate::pages::slugs::{self, Slug};
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Stat, Table, button, button_link, buttons, empty,
    form_post, stats, table,
};
use crate::visit::PageResult;

/// Who sees the rolls, never the members.
pub const READERS: &[Role] = &[Role::Administrator, Role::BudgetOfficer, Role::Auditor];
const TITLE_MAX: u32 = 200;
const PAGE: i32 = 1000;
const CHANGES: i32 = 50;

pub fn routes() -> Router {
    Router::new()
        .route("/office/rolls", get(list))
        .route("/office/rolls/new", get(new).post(create))
        .route("/office/rolls/replacements", get(replacements::list))
        .route("/office/rolls/replacements/{id}", get(replacements::ask).post(replacements::approve))
        .route("/office/rolls/{slug}", get(show))
        .route("/office/rolls/{slug}/load", get(file::again).post(file::load))
        .route("/office/rolls/{slug}/load/{id}", get(loading::show))
        .route("/office/rolls/{slug}/members", get(members::form).post(members::find))
        .route("/office/rolls/{slug}/members/change", get(members::again).post(members::change))
        .route("/office/rolls/{slug}/members/erase", get(members::again).post(members::erase))
        .route("/office/rolls/{slug}/members/replace", get(members::again).post(members::replace))
        .route("/office/rolls/{slug}/copy", get(copy::ask).post(copy::file))
        .route("/office/rolls/{slug}/returned", get(figures::form).post(figures::record))
        .route("/office/rolls/{slug}/codes", get(codes::ask).post(codes::make))
        .route("/office/rolls/{slug}/codes/file", post(codes::file))
        .merge(file::routes())
        .merge(letters::routes())
}

/// Where the office has a roll, after the language.
pub fn path(roll: &Roll) -> String {
    format!("/office/rolls/{}", slugs::of_text(&roll.title, &roll.roll_id))
}

/// A roll.
pub async fn roll(officer: &Officer, roll_id: String) -> Result<Roll, PageError> {
    let request = officer.request(GetRollRequest { roll_id });
    officer.services().rolls().get_roll(request).await?.into_inner().roll.ok_or(PageError::NotFound)
}

/// All rolls.
pub(super) async fn all(officer: &Officer) -> Result<Vec<Roll>, PageError> {
    let request = officer.request(ListRollsRequest { page_size: PAGE, page_token: String::new() });
    Ok(officer.services().rolls().list_rolls(request).await?.into_inner().rolls)
}

/// What waits here: a roll without members, members without codes, codes that wait for a second person.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) {
        return Ok(Vec::new());
    }
    let locale = officer.locale;
    let mut tasks = Vec::new();
    for roll in all(officer).await? {
        let without = count(roll.member_count - roll.access_code_count);
        let path = officer.link(&path(&roll));
        if roll.member_count == 0 {
            tasks.push(Task {
                title: t!(locale, "office-rolls-task-empty", roll = &roll.title),
                text: t!(locale, "office-rolls-task-empty-text").into_owned(),
                path,
                urgent: false,
            });
        } else if without > 0 {
            tasks.push(Task {
                title: t!(locale, "office-rolls-task-codes", roll = &roll.title),
                text: t!(locale, "office-rolls-task-codes-text", count = without),
                path: format!("{path}/codes"),
                urgent: false,
            });
        }
    }
    let waiting = replacements::waiting(officer).await?;
    if waiting > 0 {
        tasks.push(Task {
            title: t!(locale, "office-rolls-task-replacements", count = waiting),
            text: t!(locale, "office-rolls-task-replacements-text").into_owned(),
            path: officer.link("/office/rolls/replacements"),
            urgent: true,
        });
    }
    Ok(tasks)
}

async fn list(officer: Officer) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let rolls = all(&officer).await?;
    let may = officer.has_any(ADMINISTRATOR);
    let ways = buttons(html! {
        @if may { (button_link(Button::Primary, &t!(locale, "office-rolls-new"), &officer.link("/office/rolls/new"))) }
        @if officer.has_any(staff::READERS) && !rolls.is_empty() {
            (button_link(Button::Secondary, &t!(locale, "office-replacements"), &officer.link("/office/rolls/replacements")))
        }
    });
    let body = html! {
        @if rolls.is_empty() {
            (empty(&t!(locale, "office-rolls-none"), html! { p { (t!(locale, "office-rolls-none-text")) } (ways) }))
        } @else {
            (ways)
            (overview(&officer, &rolls))
        }
    };
    let sheet = Sheet {
        desk: Desk::Rolls,
        title: &t!(locale, "office-rolls"),
        lead: &t!(locale, "office-rolls-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn overview(officer: &Officer, rolls: &[Roll]) -> Markup {
    let locale = officer.locale;
    let heads = [
        (t!(locale, "office-rolls-title"), false),
        (t!(locale, "office-rolls-members"), true),
        (t!(locale, "office-rolls-codes"), true),
        (t!(locale, "office-rolls-created"), false),
    ];
    let columns: Vec<_> = heads.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let rows = rolls
        .iter()
        .map(|roll| {
            let created = instant(roll.create_time.as_ref()).map(|time| locale.date_short(time));
            vec![
                html! { a href=(officer.link(&path(roll))) { bdi { (roll.title) } } },
                html! { (locale.number(count(roll.member_count))) },
                html! { (locale.number(count(roll.access_code_count))) },
                html! { (created.unwrap_or_default()) },
            ]
        })
        .collect();
    table(&Table {
        id: "rolls",
        caption: &t!(locale, "office-rolls-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

async fn new(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    Ok(new_page(&officer, "", &parts::new_request_id(), &FieldErrors::new()))
}

fn new_page(officer: &Officer, title: &str, request_id: &str, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let body = form_post(
        &officer.link("/office/rolls/new"),
        Some(request_id),
        html! {
            (Field::new(&locale, "title", t!(locale, "office-rolls-title"))
                .hint(t!(locale, "office-rolls-title-hint")).error(errors.of("title"))
                .max_length(TITLE_MAX).input(Kind::Text, title))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-rolls-create"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/rolls")))
            }))
        },
    );
    let sheet = Sheet {
        desk: Desk::Rolls,
        title: &t!(locale, "office-rolls-new"),
        lead: &t!(locale, "office-rolls-new-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn create(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (title, request_id) = (form.text("title"), request_id(&form));
    let request = CreateRollRequest { title: title.to_owned(), request_id: request_id.clone() };
    match officer.services().rolls().create_roll(officer.request(request)).await {
        Ok(answer) => {
            let roll = answer.into_inner().roll.ok_or(PageError::NotFound)?;
            Ok(done(&officer, &format!("{}/file", path(&roll)), "created"))
        }
        Err(status) => {
            let wrong = t!(officer.locale, "office-rolls-title-wrong");
            let errors = parts::refused(status.into(), &[("title", "title", &wrong)])?;
            Ok(new_page(&officer, title, &request_id, &errors))
        }
    }
}

async fn show(officer: Officer, slug: Slug) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let (changes, happened) = tokio::try_join!(changes(&officer, &roll), figures::section(&officer, &roll))?;
    let here = officer.link(&path(&roll));
    let figures = [
        (locale.number(count(roll.member_count)), t!(locale, "office-rolls-members")),
        (locale.number(count(roll.access_code_count)), t!(locale, "office-rolls-codes")),
    ];
    let figures: Vec<_> = figures.iter().map(|(value, label)| Stat { value, label }).collect();
    let body = html! {
        (what_was_done(&officer, &[
            ("loaded", key!("office-rolls-loaded")),
            ("changed", key!("office-members-changed")),
            ("held", key!("office-members-held")),
            ("erased", key!("office-members-erased")),
            ("asked", key!("office-replacements-asked")),
            ("returned", key!("office-returned-done")),
        ]))
        (stats(&figures))
        @if officer.has_any(ADMINISTRATOR) {
            (buttons(html! {
                (button_link(Button::Primary, &t!(locale, "office-rolls-load"), &format!("{here}/file")))
                @if roll.member_count > 0 {
                    (button_link(Button::Secondary, &t!(locale, "office-members-search"), &format!("{here}/members")))
                    (button_link(Button::Secondary, &t!(locale, "office-letters"), &officer.link(&letters::way(&roll))))
                    (button_link(Button::Secondary, &t!(locale, "office-codes"), &format!("{here}/codes")))
                    (button_link(Button::Secondary, &t!(locale, "office-returned"), &format!("{here}/returned")))
                    (button_link(Button::Quiet, &t!(locale, "office-copy"), &format!("{here}/copy")))
                }
            }))
        }
        (happened)
        @if let Some(changes) = changes {
            h2 { (t!(locale, "office-rolls-history")) }
            (changes)
        }
    };
    let sheet = Sheet {
        desk: Desk::Rolls,
        title: &roll.title,
        lead: &t!(locale, "office-rolls-show-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

/// What was done to a roll and by whom, for those who may see it.
async fn changes(officer: &Officer, roll: &Roll) -> Result<Option<Markup>, PageError> {
    if !officer.has_any(staff::READERS) {
        return Ok(None);
    }
    let request = ListRollChangesRequest {
        roll_id: roll.roll_id.clone(),
        page_size: CHANGES,
        page_token: String::new(),
    };
    let answer = officer.services().rolls().list_roll_changes(officer.request(request)).await?;
    let changes = answer.into_inner().changes;
    let locale = officer.locale;
    if changes.is_empty() {
        return Ok(Some(html! { p { (t!(locale, "office-rolls-history-none")) } }));
    }
    let people = staff::members(officer).await?;
    let heads =
        [t!(locale, "office-rolls-when"), t!(locale, "office-rolls-what"), t!(locale, "office-rolls-who")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = changes
        .iter()
        .map(|change| {
            let when = instant(change.change_time.as_ref()).map(|time| locale.date_time(time));
            vec![
                html! { (when.unwrap_or_default()) },
                html! { (what(officer, change)) },
                html! { bdi { (replacements::name(officer, &people, &change.officer)) } },
            ]
        })
        .collect();
    Ok(Some(table(&Table {
        id: "changes",
        caption: &t!(locale, "office-rolls-history-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })))
}

fn what(officer: &Officer, change: &RollChange) -> String {
    let locale = officer.locale;
    match change.kind() {
        RollChangeKind::Unspecified | RollChangeKind::Import => {
            t!(locale, "office-rolls-was-import", count = count(change.added_count))
        }
        RollChangeKind::Correction => {
            let columns: Vec<_> = change.fields.iter().map(|field| words::column(&locale, field)).collect();
            t!(locale, "office-rolls-was-correction", columns = columns.join(", "))
        }
        RollChangeKind::Reload => t!(
            locale,
            "office-rolls-was-reload",
            added = count(change.added_count),
            changed = count(change.changed_count),
            left = count(change.left_count)
        ),
        RollChangeKind::Erasure => t!(locale, "office-rolls-was-erasure").into_owned(),
        RollChangeKind::Export => t!(locale, "office-rolls-was-export").into_owned(),
        RollChangeKind::AccessCodes => {
            t!(locale, "office-rolls-was-codes", count = count(change.added_count))
        }
    }
}
