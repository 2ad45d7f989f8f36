//! Associations that the team has verified, and who writes in their name.

mod members;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    Association, CreateAssociationRequest, DeleteAssociationRequest, ListAssociationsRequest,
    RenameAssociationRequest,
};
use http::StatusCode;
use maud::{Markup, html};

use super::parts::{self, Question, Sheet, done, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::instant;
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, button, button_link, buttons, empty, form_post,
    table,
};
use crate::visit::PageResult;

/// Who sees which associations there are.
pub const READERS: &[Role] = &[Role::Administrator, Role::Moderator];
const NAME_MAX: u32 = 60;
const PAGE: i32 = 1000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/associations", get(list))
        .route("/office/associations/new", get(new).post(create))
        .route("/office/associations/{id}", get(members::show))
        .route("/office/associations/{id}/members", post(members::add).get(members::again))
        .route("/office/associations/{id}/members/{member}/remove", get(members::ask).post(members::remove))
        .route("/office/associations/{id}/name", get(name).post(rename))
        .route("/office/associations/{id}/delete", get(ask_delete).post(delete))
}

async fn all(officer: &Officer) -> Result<Vec<Association>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = officer.request(ListAssociationsRequest { page_size: PAGE, page_token });
        let answer = officer.services().associations().list_associations(request).await?.into_inner();
        all.extend(answer.associations);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            all.sort_by_key(|one| crate::pages::slugs::folded(&one.display_name));
            return Ok(all);
        }
    }
}

async fn association(officer: &Officer, id: &str) -> Result<Association, PageError> {
    let all = all(officer).await?;
    all.into_iter().find(|one| one.association_id == id).ok_or(PageError::NotFound)
}

/// Where the office has an association, after the language.
fn path(association: &Association) -> String {
    format!("/office/associations/{}", association.association_id)
}

async fn list(officer: Officer) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let all = all(&officer).await?;
    let may = officer.has_any(ADMINISTRATOR);
    let heads = [t!(locale, "office-associations-name"), t!(locale, "office-associations-since")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = all.iter().map(|one| row(&officer, one, may)).collect();
    let add = html! {
        @if may {
            (buttons(button_link(Button::Primary, &t!(locale, "office-associations-new"), &officer.link("/office/associations/new"))))
        }
    };
    let body = html! {
        (what_was_done(&officer, &[("deleted", key!("office-associations-deleted"))]))
        @if all.is_empty() {
            (empty(&t!(locale, "office-associations-none"), html! {
                p { (t!(locale, "office-associations-none-text")) }
                (add)
            }))
        } @else {
            (add)
            (table(&Table {
                id: "associations",
                caption: &t!(locale, "office-associations-caption"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
        }
    };
    let sheet = Sheet {
        desk: Desk::Associations,
        title: &t!(locale, "office-associations"),
        lead: &t!(locale, "office-associations-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn row(officer: &Officer, one: &Association, may: bool) -> Vec<Markup> {
    let since = instant(one.create_time.as_ref()).map(|time| officer.locale.date_short(time));
    let name = html! { bdi { (one.display_name) } };
    vec![
        if may {
            html! { a href=(officer.link(&path(one))) { (name) } }
        } else {
            name
        },
        html! { (since.unwrap_or_default()) },
    ]
}

async fn new(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    Ok(new_page(&officer, "", &FieldErrors::new()))
}

fn name_field(officer: &Officer, name: &str, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    Field::new(&locale, "name", t!(locale, "office-associations-name"))
        .hint(t!(locale, "office-associations-name-hint"))
        .error(errors.of("name"))
        .max_length(NAME_MAX)
        .input(Kind::Text, name)
}

fn new_page(officer: &Officer, name: &str, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let body = form_post(
        &officer.link("/office/associations/new"),
        None,
        html! {
            (name_field(officer, name, errors))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-associations-add"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/associations")))
            }))
        },
    );
    let sheet = Sheet {
        desk: Desk::Associations,
        title: &t!(locale, "office-associations-new"),
        lead: &t!(locale, "office-associations-new-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

/// What identity says of a name.
fn refused(officer: &Officer, error: PageError) -> Result<FieldErrors, PageError> {
    let locale = officer.locale;
    if error.reason() == Some(Reason::ResourceAlreadyExists) {
        let mut errors = FieldErrors::new();
        errors.push("name", t!(locale, "office-associations-name-taken"));
        return Ok(errors);
    }
    parts::refused(error, &[("display_name", "name", &t!(locale, "office-associations-name-wrong"))])
}

async fn create(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let name = form.text("name");
    let request = officer.request(CreateAssociationRequest { display_name: name.to_owned() });
    match officer.services().associations().create_association(request).await {
        Ok(answer) => {
            let created = answer.into_inner().association.ok_or(PageError::NotFound)?;
            Ok(done(&officer, &path(&created), "created"))
        }
        Err(status) => Ok(new_page(&officer, name, &refused(&officer, status.into())?)),
    }
}

async fn name(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    Ok(name_page(&officer, &association, &association.display_name, &FieldErrors::new()))
}

fn name_page(officer: &Officer, association: &Association, name: &str, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let here = path(association);
    let body = form_post(
        &officer.link(&format!("{here}/name")),
        None,
        html! {
            (name_field(officer, name, errors))
            (parts::save_or_cancel(officer, &here))
        },
    );
    let sheet = Sheet {
        desk: Desk::Associations,
        title: &t!(locale, "office-associations-rename"),
        lead: &t!(locale, "office-associations-rename-lead"),
        way: &[(&association.display_name, &officer.link(&here))],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn rename(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    let name = form.text("name");
    let request =
        officer.request(RenameAssociationRequest { association_id: id, display_name: name.to_owned() });
    match officer.services().associations().rename_association(request).await {
        Ok(_) => Ok(done(&officer, &path(&association), "renamed")),
        Err(status) => {
            let errors = refused(&officer, status.into())?;
            Ok(name_page(&officer, &association, name, &errors))
        }
    }
}

/// Runs `then` with the question before an association is deleted.
fn with_question<T>(
    officer: &Officer,
    association: &Association,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let here = path(association);
    let consequences = [
        t!(locale, "office-associations-delete-members").into_owned(),
        t!(locale, "office-associations-delete-written").into_owned(),
    ];
    then(&Question {
        desk: Desk::Associations,
        title: &t!(locale, "office-associations-delete-title", name = &association.display_name),
        way: &[(&association.display_name, &officer.link(&here))],
        consequences: &consequences,
        sure: &t!(locale, "office-associations-delete-sure"),
        not_sure: &t!(locale, "office-associations-delete-not-sure"),
        yes: &t!(locale, "office-associations-delete"),
        weight: Button::Danger,
        action: &format!("{here}/delete"),
        back: &here,
        hidden: html! {},
    })
}

async fn ask_delete(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    Ok(with_question(&officer, &association, |question| question.ask(&officer)))
}

async fn delete(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    if let Err(page) = with_question(&officer, &association, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(DeleteAssociationRequest { association_id: id });
    officer.services().associations().delete_association(request).await?;
    Ok(done(&officer, "/office/associations", "deleted"))
}
