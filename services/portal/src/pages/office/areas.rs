//! Areas: the districts of the organization.

mod draw;
mod import;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{
    Area, CreateAreaRequest, DeleteAreaRequest, ListAreasRequest, UpdateAreaRequest,
};
use http::StatusCode;
use maud::{Markup, html};

use super::home::Task;
use super::parts::{self, Question, Sheet, done, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, STAFF};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::{key, t};
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Map, Narrow, Table, Width, button, button_link,
    buttons, empty, form_post, map, table,
};
use crate::visit::PageResult;

const CODE_MAX: u32 = 64;
const TITLE_MAX: u32 = 200;
const PAGE: i32 = 1000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/areas", get(list))
        .route("/office/areas/new", get(new).post(create))
        .route("/office/areas/change/{code}", get(change).post(save))
        .route("/office/areas/remove/{code}", get(ask_remove).post(remove))
        .route("/office/areas/draw", get(draw::again).post(draw::draw))
        .merge(import::routes())
}

/// All areas, by code.
pub async fn all(officer: &Officer) -> Result<Vec<Area>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = officer.request(ListAreasRequest { page_size: PAGE, page_token });
        let answer = officer.services().areas().list_areas(request).await?.into_inner();
        all.extend(answer.areas);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// A city without areas votes as one; it should be its choice.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) || !all(officer).await?.is_empty() {
        return Ok(Vec::new());
    }
    let locale = officer.locale;
    Ok(vec![Task {
        title: t!(locale, "office-areas-task").into_owned(),
        text: t!(locale, "office-areas-task-text").into_owned(),
        path: officer.link("/office/areas"),
        urgent: false,
    }])
}

async fn list(officer: Officer) -> PageResult {
    officer.require(STAFF)?;
    let locale = officer.locale;
    let (areas, shapes) = tokio::try_join!(all(&officer), crate::pages::calls::outlines(&officer))?;
    let may = officer.has_any(ADMINISTRATOR);
    let ways = html! {
        @if may {
            (buttons(html! {
                (button_link(Button::Primary, &t!(locale, "office-areas-new"), &officer.link("/office/areas/new")))
                (button_link(Button::Secondary, &t!(locale, "office-areas-import"), &officer.link("/office/areas/file")))
            }))
        }
    };
    let body = html! {
        (what_was_done(&officer, &[
            ("created", key!("office-areas-created")),
            ("imported", key!("office-areas-imported")),
            ("drawn", key!("office-map-drawn")),
            ("saved", key!("office-areas-saved")),
            ("removed", key!("office-areas-removed")),
        ]))
        @if areas.is_empty() {
            (empty(&t!(locale, "office-areas-none"), html! { p { (t!(locale, "office-areas-none-text")) } (ways) }))
        } @else {
            (ways)
            (map(&locale, &Map {
                label: &t!(locale, "office-map-label"),
                shapes: &shapes,
                points: &[],
                listed: false,
                tiles: officer.tiles().filter(|_| !shapes.is_empty()),
                pick: None,
            }))
            (overview(&officer, &areas, may))
        }
    };
    let title = t!(locale, "office-areas");
    let main = html! {
        h1 { (title) }
        p .lead { (t!(locale, "office-areas-lead")) }
        (body)
    };
    let breadcrumbs = Some(officer.trail(Desk::Areas, &[], &title));
    let view = View { breadcrumbs, map: !shapes.is_empty(), ..View::new(&title, main) };
    Ok(officer.page(Desk::Areas, StatusCode::OK, view))
}

fn overview(officer: &Officer, areas: &[Area], may: bool) -> Markup {
    let locale = officer.locale;
    let heads = [
        t!(locale, "office-areas-title"),
        t!(locale, "office-areas-code"),
        t!(locale, "office-areas-part-of"),
        t!(locale, "office-areas-change"),
    ];
    let shown = if may { 4 } else { 3 };
    let columns: Vec<_> = heads.iter().take(shown).map(|label| Column { label, numeric: false }).collect();
    let title_of = |code: &str| {
        areas.iter().find(|area| area.code == code).map_or_else(|| code.to_owned(), |area| area.title.clone())
    };
    let rows = areas
        .iter()
        .map(|area| {
            let mut row = vec![
                html! { bdi { (area.title) } },
                html! { code { (area.code) } },
                html! { @if area.parent_code.is_empty() { "–" } @else { bdi { (title_of(&area.parent_code)) } } },
            ];
            if may {
                let link = |verb: &str| officer.link(&format!("/office/areas/{verb}/{}", area.code));
                row.push(html! {
                    a href=(link("change")) { (t!(locale, "office-areas-rename")) span .unseen { " " (area.title) } }
                    " · "
                    a href=(link("remove")) { (t!(locale, "office-areas-remove")) span .unseen { " " (area.title) } }
                });
            }
            row
        })
        .collect();
    table(&Table {
        id: "areas",
        caption: &t!(locale, "office-areas-count", count = areas.len()),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// What is wrong with an area, in the words of the page.
fn words(officer: &Officer) -> [(&'static str, &'static str, String); 3] {
    let locale = officer.locale;
    [
        ("code", "code", t!(locale, "office-areas-code-wrong").into_owned()),
        ("title", "title", t!(locale, "office-areas-title-wrong").into_owned()),
        ("parent_code", "parent", t!(locale, "office-areas-parent-wrong").into_owned()),
    ]
}

async fn new(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let areas = all(&officer).await?;
    Ok(area_page(&officer, &Area::default(), &areas, true, &FieldErrors::new()))
}

fn area_page(officer: &Officer, area: &Area, areas: &[Area], is_new: bool, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let others: Vec<_> = areas.iter().filter(|other| is_new || other.code != area.code).collect();
    let choices: Vec<_> = others.iter().map(|other| Choice::new(&other.code, &other.title)).collect();
    let (action, title, lead) = if is_new {
        (
            "/office/areas/new".to_owned(),
            t!(locale, "office-areas-new").into_owned(),
            t!(locale, "office-areas-new-lead"),
        )
    } else {
        (
            format!("/office/areas/change/{}", area.code),
            t!(locale, "office-areas-rename-title", area = &area.code),
            t!(locale, "office-areas-rename-lead"),
        )
    };
    let body = form_post(
        &officer.link(&action),
        None,
        html! {
            (Field::new(&locale, "title", t!(locale, "office-areas-title"))
                .hint(t!(locale, "office-areas-title-hint")).error(errors.of("title"))
                .max_length(TITLE_MAX).input(Kind::Text, &area.title))
            @if is_new {
                (Field::new(&locale, "code", t!(locale, "office-areas-code"))
                    .hint(t!(locale, "office-areas-code-hint")).error(errors.of("code"))
                    .max_length(CODE_MAX).width(Width::Medium).input(Kind::Code, &area.code))
            }
            @if !choices.is_empty() {
                (Field::new(&locale, "parent", t!(locale, "office-areas-part-of"))
                    .hint(t!(locale, "office-areas-part-of-hint")).error(errors.of("parent")).optional()
                    .select(Some(&area.parent_code), Some(&t!(locale, "office-areas-whole")), &choices))
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-save"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/areas")))
            }))
        },
    );
    let sheet = Sheet { desk: Desk::Areas, title: &title, lead: &lead, way: &[], errors, said: None };
    sheet.show(officer, parts::status(errors), body)
}

fn from_form(form: &Form, code: &str) -> Area {
    Area {
        code: code.to_owned(),
        title: form.text("title").to_owned(),
        parent_code: form.text("parent").to_owned(),
    }
}

async fn create(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let area = from_form(&form, form.text("code"));
    let request = CreateAreaRequest {
        code: area.code.clone(),
        title: area.title.clone(),
        parent_code: area.parent_code.clone(),
    };
    let Err(status) = officer.services().areas().create_area(officer.request(request)).await else {
        return Ok(done(&officer, "/office/areas", "created"));
    };
    let error = PageError::from(status);
    let mut words = words(&officer);
    if error.reason() == Some(Reason::ResourceAlreadyExists) {
        words[0].2 = t!(officer.locale, "office-areas-code-taken").into_owned();
    }
    refused(&officer, error, &words, &area, true).await
}

async fn refused(
    officer: &Officer,
    error: PageError,
    words: &[(&str, &str, String)],
    area: &Area,
    is_new: bool,
) -> PageResult {
    let words: Vec<_> = words.iter().map(|(api, field, text)| (*api, *field, text.as_str())).collect();
    let errors = parts::refused(error, &words)?;
    let areas = all(officer).await?;
    Ok(area_page(officer, area, &areas, is_new, &errors))
}

async fn find(officer: &Officer, code: &str) -> Result<(Area, Vec<Area>), PageError> {
    let areas = all(officer).await?;
    let area = areas.iter().find(|area| area.code == code).cloned().ok_or(PageError::NotFound)?;
    Ok((area, areas))
}

async fn change(officer: Officer, Path((_, code)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (area, areas) = find(&officer, &code).await?;
    Ok(area_page(&officer, &area, &areas, false, &FieldErrors::new()))
}

async fn save(officer: Officer, Path((_, code)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let area = from_form(&form, &code);
    let request =
        UpdateAreaRequest { code, title: area.title.clone(), parent_code: area.parent_code.clone() };
    let Err(status) = officer.services().areas().update_area(officer.request(request)).await else {
        return Ok(done(&officer, "/office/areas", "saved"));
    };
    refused(&officer, status.into(), &words(&officer), &area, false).await
}

/// Runs `then` with the question before an area is removed.
fn with_question<T>(officer: &Officer, area: &Area, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let path = format!("/office/areas/remove/{}", area.code);
    let consequences = [
        t!(locale, "office-areas-remove-public", area = &area.title),
        t!(locale, "office-areas-remove-unused").into_owned(),
    ];
    then(&Question {
        desk: Desk::Areas,
        title: &t!(locale, "office-areas-remove-title", area = &area.title),
        way: &[],
        consequences: &consequences,
        sure: &t!(locale, "office-areas-remove-sure"),
        not_sure: &t!(locale, "office-areas-remove-not-sure"),
        yes: &t!(locale, "office-areas-remove-do"),
        weight: Button::Danger,
        action: &path,
        back: "/office/areas",
        hidden: html! {},
    })
}

async fn ask_remove(officer: Officer, Path((_, code)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (area, _) = find(&officer, &code).await?;
    Ok(with_question(&officer, &area, |question| question.ask(&officer)))
}

async fn remove(officer: Officer, Path((_, code)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (area, _) = find(&officer, &code).await?;
    if let Err(page) = with_question(&officer, &area, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(DeleteAreaRequest { code });
    let Err(status) = officer.services().areas().delete_area(request).await else {
        return Ok(done(&officer, "/office/areas", "removed"));
    };
    let error = PageError::from(status);
    let why = match (error.reason(), error.status()) {
        (Some(Reason::AreaInUse), _) => t!(officer.locale, "office-areas-in-use"),
        (_, StatusCode::CONFLICT) => t!(officer.locale, "office-areas-has-areas"),
        _ => return Err(error),
    };
    Ok(with_question(&officer, &area, |question| question.refuse(&officer, &why)))
}
