//! What needs somebody now, and who one is here.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use maud::html;

use super::{
    Desk, Officer, areas, budgets, organization, processes, proposals, residents, role_name, rolls, staff,
    visits, votes,
};
use crate::error::PageError;
use crate::frame::View;
use crate::locale::{Locale, key, t};
use crate::ui::{
    Button, SummaryRow, button, button_link, buttons, cards, empty, form_post, notice, summary_list,
};
use crate::ui::{Card, Tone, tag};
use crate::visit::PageResult;
use comitia_proto::common::v1::Role;

pub fn routes() -> Router {
    Router::new().route("/office", get(show)).route("/office/me", get(me))
}

/// Something that waits for somebody of the team.
pub struct Task {
    /// What it is.
    pub title: String,
    /// Why it matters, or what to do.
    pub text: String,
    /// Where it is done.
    pub path: String,
    /// Whether it cannot wait.
    pub urgent: bool,
}

async fn show(officer: Officer) -> PageResult {
    let locale = officer.locale;
    let title = t!(locale, "office-home-title");
    let (tasks, whole) = Box::pin(tasks(&officer)).await?;
    let lead = if officer.name.is_empty() {
        t!(locale, "office-home-lead").into_owned()
    } else {
        t!(locale, "office-home-hello", name = &officer.name)
    };
    let tagged = |task: &Task| {
        if task.urgent {
            tag(Tone::Warning, &t!(locale, "office-task-urgent"))
        } else {
            tag(Tone::Info, &t!(locale, "office-task"))
        }
    };
    let list: Vec<_> = tasks
        .iter()
        .map(|task| Card {
            picture: None,
            title: &task.title,
            path: &task.path,
            tag: Some(tagged(task)),
            text: Some(&task.text),
            facts: &[],
        })
        .collect();
    let main = html! {
        h1 { (title) }
        p .lead { (lead) }
        @if !whole {
            (notice(&locale, Tone::Warning, None, html! { p { (t!(locale, "office-home-partly")) } }))
        }
        @if list.is_empty() && whole {
            (empty(&t!(locale, "office-home-nothing"), html! { p { (t!(locale, "office-home-nothing-text")) } }))
        } @else {
            (cards(2, &list))
        }
    };
    Ok(officer.page(Desk::Home, StatusCode::OK, View::new(&title, main)))
}

/// What waits for this officer, what cannot wait first, and whether every desk could tell. Each desk tells its own; while a
/// service is away, the others still do.
async fn tasks(officer: &Officer) -> Result<(Vec<Task>, bool), PageError> {
    let told = tokio::join!(
        organization::tasks(officer),
        areas::tasks(officer),
        processes::tasks(officer),
        rolls::tasks(officer),
        residents::tasks(officer),
        staff::tasks(officer),
        proposals::tasks(officer),
        budgets::tasks(officer),
        votes::tasks(officer),
        visits::tasks(officer),
    );
    let (mut tasks, mut whole) = (Vec::new(), true);
    for told in <[Result<Vec<Task>, PageError>; 10]>::from(told) {
        match told {
            Ok(told) => tasks.extend(told),
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => return Err(error),
            Err(_) => whole = false,
        }
    }
    tasks.sort_by_key(|task| !task.urgent);
    Ok((tasks, whole))
}

/// Who one is here, what one may do, and the way out.
async fn me(officer: Officer) -> PageResult {
    let locale = officer.locale;
    let title = t!(locale, "office-me");
    let rows: Vec<_> = officer
        .roles()
        .into_iter()
        .map(|role| (locale.text(role_name(role)), role_duties(&locale, role)))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, duties)| SummaryRow { label, value: html! { (duties) }, change: None })
        .collect();
    let main = html! {
        h1 { (title) }
        p .lead { (t!(locale, "office-me-lead")) }
        @if !officer.name.is_empty() { p { strong { (officer.name) } } }
        (summary_list(&locale, &rows))
        p { a href=(officer.link("/office/me/passkeys")) { (t!(locale, "office-passkeys")) } }
        (form_post(&officer.link("/sign-out"), None, buttons(html! {
            (button(Button::Secondary, &t!(locale, "ui-sign-out"), None))
            (button_link(Button::Quiet, &t!(locale, "office-home"), &officer.link("/office")))
        })))
    };
    let crumbs = officer.trail(Desk::Home, &[], &title);
    Ok(officer.page(
        Desk::Home,
        StatusCode::OK,
        View { breadcrumbs: Some(crumbs), ..View::new(&title, main) },
    ))
}

/// What a role may do, in a sentence.
pub fn role_duties(locale: &Locale, role: Role) -> String {
    let key = match role {
        Role::Administrator => key!("office-duty-administrator"),
        Role::Moderator => key!("office-duty-moderator"),
        Role::BudgetOfficer => key!("office-duty-budget-officer"),
        _ => key!("office-duty-auditor"),
    };
    locale.text(key).into_owned()
}
