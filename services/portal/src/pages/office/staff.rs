//! The team: who works here, and what each may do.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    CreateStaffMemberRequest, DeleteStaffMemberRequest, ListStaffMembersRequest, StaffMember,
    UpdateStaffMemberRequest,
};
use maud::{Markup, html};

use super::home::{Task, role_duties};
use super::parts::{self, Question, Sheet, done, request_id, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, STAFF, role_name, role_names};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::instant;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, Table, button, button_link, buttons, form_post,
    table,
};
use crate::visit::PageResult;

/// Who sees the list of the team.
pub const READERS: &[Role] = &[Role::Administrator, Role::Auditor];
const NAME_MAX: u32 = 200;
const ADDRESS_MAX: u32 = 254;
const PAGE: i32 = 1000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/staff", get(list))
        .route("/office/staff/new", get(new).post(create))
        .route("/office/staff/{id}", get(roles).post(set_roles))
        .route("/office/staff/{id}/remove", get(ask_remove).post(remove))
}

/// The roles in a form, by the words that it sends.
const FORM_ROLES: [(&str, Role); 4] = [
    ("administrator", Role::Administrator),
    ("moderator", Role::Moderator),
    ("budget-officer", Role::BudgetOfficer),
    ("auditor", Role::Auditor),
];

fn chosen(form: &Form) -> Vec<Role> {
    let sent: Vec<_> = form.fields().filter(|(name, _)| *name == "roles").map(|(_, value)| value).collect();
    FORM_ROLES.iter().filter(|(word, _)| sent.contains(word)).map(|(_, role)| *role).collect()
}

fn known(member: &StaffMember) -> Vec<Role> {
    STAFF.iter().copied().filter(|role| member.roles.contains(&(*role as i32))).collect()
}

/// All of the team.
pub async fn members(officer: &Officer) -> Result<Vec<StaffMember>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = officer.request(ListStaffMembersRequest { page_size: PAGE, page_token });
        let answer = officer.services().staff().list_staff_members(request).await?.into_inner();
        all.extend(answer.staff_members);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            all.sort_by_key(|member| crate::pages::slugs::folded(&member.display_name));
            return Ok(all);
        }
    }
}

/// One of the team.
pub async fn member(officer: &Officer, id: &str) -> Result<StaffMember, PageError> {
    let all = members(officer).await?;
    all.into_iter().find(|member| member.staff_member_id == id).ok_or(PageError::NotFound)
}

/// What waits for an administrator here: one alone cannot replace a code, and locks the others out by leaving.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) {
        return Ok(Vec::new());
    }
    let administrators = members(officer).await?;
    let count = administrators.iter().filter(|member| known(member).contains(&Role::Administrator)).count();
    let locale = officer.locale;
    let task = || Task {
        title: t!(locale, "office-staff-task").into_owned(),
        text: t!(locale, "office-staff-task-text").into_owned(),
        path: officer.link("/office/staff/new"),
        urgent: false,
    };
    Ok((count < 2).then(task).into_iter().collect())
}

async fn list(officer: Officer) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let members = members(&officer).await?;
    let title = t!(locale, "office-staff");
    let may = officer.has_any(ADMINISTRATOR);
    let rows = members.iter().map(|member| row(&officer, member, may)).collect();
    let heads = [
        t!(locale, "office-staff-name"),
        t!(locale, "office-staff-email"),
        t!(locale, "office-staff-roles"),
        t!(locale, "office-passkeys-count"),
        t!(locale, "office-staff-since"),
    ];
    let mut columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let change = t!(locale, "office-staff-change");
    if may {
        columns.push(Column { label: &change, numeric: false });
    }
    let body = html! {
        (what_was_done(&officer, &[
            ("added", key!("office-staff-added")),
            ("changed", key!("office-staff-changed")),
            ("removed", key!("office-staff-removed")),
            ("reset", key!("office-passkeys-reset")),
        ]))
        @if may {
            p { (button_link(Button::Primary, &t!(locale, "office-staff-new"), &officer.link("/office/staff/new"))) }
        }
        (table(&Table {
            id: "staff",
            caption: &t!(locale, "office-staff-caption"),
            columns: &columns,
            rows,
            narrow: Narrow::Stack,
        }))
        h2 { (t!(locale, "office-staff-what-roles-do")) }
        (duties(&officer))
    };
    let sheet = Sheet {
        desk: Desk::Staff,
        title: &title,
        lead: &t!(locale, "office-staff-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, http::StatusCode::OK, body))
}

fn row(officer: &Officer, member: &StaffMember, may: bool) -> Vec<Markup> {
    let locale = officer.locale;
    let since = instant(member.create_time.as_ref()).map(|time| locale.date_short(time)).unwrap_or_default();
    let me = member.staff_member_id == officer.id;
    let mut row = vec![
        html! { bdi { (member.display_name) } @if me { " " (t!(locale, "office-staff-me")) } },
        html! { bdi { (member.email) } },
        html! { (role_names(&locale, &known(member))) },
        html! { (locale.number(u64::try_from(member.passkey_count).unwrap_or_default())) },
        html! { (since) },
    ];
    if may {
        let path = officer.link(&format!("/office/staff/{}", member.staff_member_id));
        row.push(html! {
            a href=(path) { (t!(locale, "office-staff-roles-change")) span .unseen { " " (member.display_name) } }
            " · "
            @if member.passkey_count > 0 && !me {
                a href={ (path) "/passkeys" } {
                    (t!(locale, "office-passkeys-reset-link")) span .unseen { " " (member.display_name) }
                }
                " · "
            }
            a href={ (path) "/remove" } { (t!(locale, "office-staff-remove")) span .unseen { " " (member.display_name) } }
        });
    }
    row
}

/// What each role may do.
fn duties(officer: &Officer) -> Markup {
    let locale = officer.locale;
    let heads = [t!(locale, "office-staff-role"), t!(locale, "office-staff-duty")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = STAFF
        .iter()
        .map(|role| vec![html! { (locale.text(role_name(*role))) }, html! { (role_duties(&locale, *role)) }])
        .collect();
    table(&Table {
        id: "duties",
        caption: &t!(locale, "office-staff-duties"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

fn role_field(officer: &Officer, chosen: &[Role], errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    let texts: Vec<_> = FORM_ROLES
        .iter()
        .map(|(word, role)| (*word, locale.text(role_name(*role)), role_duties(&locale, *role)))
        .collect();
    let choices: Vec<_> = texts.iter().map(|(word, name, duty)| Choice::new(word, name).hint(duty)).collect();
    let chosen: Vec<_> =
        FORM_ROLES.iter().filter(|(_, role)| chosen.contains(role)).map(|(word, _)| *word).collect();
    Field::new(&locale, "roles", t!(locale, "office-staff-roles"))
        .hint(t!(locale, "office-staff-roles-hint"))
        .error(errors.of("roles"))
        .checkboxes(&chosen, &choices)
}

/// Somebody who is being added.
#[derive(Default)]
struct NewMember {
    name: String,
    email: String,
    roles: Vec<Role>,
    request_id: String,
}

async fn new(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let empty = NewMember { request_id: parts::new_request_id(), ..NewMember::default() };
    Ok(new_page(&officer, &empty, &FieldErrors::new()))
}

fn new_page(officer: &Officer, member: &NewMember, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let body = form_post(
        &officer.link("/office/staff/new"),
        Some(&member.request_id),
        html! {
            (Field::new(&locale, "name", t!(locale, "office-staff-name"))
                .hint(t!(locale, "office-staff-name-hint"))
                .error(errors.of("name"))
                .max_length(NAME_MAX)
                .input(Kind::Text, &member.name))
            (Field::new(&locale, "email", t!(locale, "office-staff-email"))
                .hint(t!(locale, "office-staff-email-hint"))
                .error(errors.of("email"))
                .max_length(ADDRESS_MAX)
                .input(Kind::Email, &member.email))
            (role_field(officer, &member.roles, errors))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-staff-add"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/staff")))
            }))
        },
    );
    let sheet = Sheet {
        desk: Desk::Staff,
        title: &t!(locale, "office-staff-new"),
        lead: &t!(locale, "office-staff-new-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn create(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let member = NewMember {
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        roles: chosen(&form),
        request_id: request_id(&form),
    };
    let mut errors = FieldErrors::new();
    let missing = [
        (member.name.is_empty(), "name", t!(locale, "office-staff-name-missing")),
        (!member.email.contains('@'), "email", t!(locale, "office-staff-email-wrong")),
        (member.roles.is_empty(), "roles", t!(locale, "office-staff-roles-missing")),
    ];
    for (_, field, text) in missing.into_iter().filter(|(is_missing, _, _)| *is_missing) {
        errors.push(field, text);
    }
    if !errors.is_empty() {
        return Ok(new_page(&officer, &member, &errors));
    }
    let request = CreateStaffMemberRequest {
        email: member.email.clone(),
        display_name: member.name.clone(),
        roles: member.roles.iter().map(|role| *role as i32).collect(),
        request_id: member.request_id.clone(),
    };
    let Err(status) = officer.services().staff().create_staff_member(officer.request(request)).await else {
        return Ok(done(&officer, "/office/staff", "added"));
    };
    let error = PageError::from(status);
    if error.reason() == Some(Reason::ResourceAlreadyExists) {
        errors.push("email", t!(locale, "office-staff-email-taken"));
        return Ok(new_page(&officer, &member, &errors));
    }
    let errors = parts::refused(
        error,
        &[
            ("email", "email", &t!(locale, "office-staff-email-wrong")),
            ("display_name", "name", &t!(locale, "office-staff-name-missing")),
            ("roles", "roles", &t!(locale, "office-staff-roles-missing")),
        ],
    )?;
    Ok(new_page(&officer, &member, &errors))
}

async fn roles(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let member = member(&officer, &id).await?;
    Ok(roles_page(&officer, &member, &known(&member), &FieldErrors::new()))
}

fn roles_page(officer: &Officer, member: &StaffMember, chosen: &[Role], errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let title = t!(locale, "office-staff-roles-of", name = &member.display_name);
    let action = format!("/office/staff/{}", member.staff_member_id);
    let body = form_post(
        &officer.link(&action),
        None,
        html! {
            (role_field(officer, chosen, errors))
            (parts::save_or_cancel(officer, "/office/staff"))
        },
    );
    let sheet = Sheet {
        desk: Desk::Staff,
        title: &title,
        lead: &t!(locale, "office-staff-roles-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn set_roles(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let member = member(&officer, &id).await?;
    let chosen = chosen(&form);
    let mut errors = FieldErrors::new();
    if chosen.is_empty() {
        errors.push("roles", t!(locale, "office-staff-roles-missing"));
        return Ok(roles_page(&officer, &member, &chosen, &errors));
    }
    let request = UpdateStaffMemberRequest {
        staff_member_id: id,
        roles: chosen.iter().map(|role| *role as i32).collect(),
    };
    match officer.services().staff().update_staff_member(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, "/office/staff", "changed")),
        Err(status) => {
            let error = PageError::from(status);
            if error.status() != http::StatusCode::CONFLICT {
                return Err(error);
            }
            errors.push("roles", t!(locale, "office-staff-last"));
            Ok(roles_page(&officer, &member, &chosen, &errors))
        }
    }
}

/// Runs `then` with the question before somebody is removed.
fn with_question<T>(officer: &Officer, member: &StaffMember, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let path = format!("/office/staff/{}/remove", member.staff_member_id);
    let consequences = [
        t!(locale, "office-staff-remove-session").into_owned(),
        t!(locale, "office-staff-remove-work").into_owned(),
        t!(locale, "office-staff-remove-again").into_owned(),
    ];
    then(&Question {
        desk: Desk::Staff,
        title: &t!(locale, "office-staff-remove-title", name = &member.display_name),
        way: &[],
        consequences: &consequences,
        sure: &t!(locale, "office-staff-remove-sure"),
        not_sure: &t!(locale, "office-staff-remove-not-sure"),
        yes: &t!(locale, "office-staff-remove-do"),
        weight: Button::Danger,
        action: &path,
        back: "/office/staff",
        hidden: html! {},
    })
}

async fn ask_remove(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let member = member(&officer, &id).await?;
    Ok(with_question(&officer, &member, |question| question.ask(&officer)))
}

async fn remove(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let member = member(&officer, &id).await?;
    if let Err(page) = with_question(&officer, &member, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(DeleteStaffMemberRequest { staff_member_id: id });
    let Err(status) = officer.services().staff().delete_staff_member(request).await else {
        return Ok(done(&officer, "/office/staff", "removed"));
    };
    let error = PageError::from(status);
    if error.status() != http::StatusCode::CONFLICT {
        return Err(error);
    }
    let why = t!(officer.locale, "office-staff-last");
    Ok(with_question(&officer, &member, |question| question.refuse(&officer, &why)))
}
