//! How a funded project comes along: reports that are public and never overwritten.

use axum::response::Response;
use comitia_proto::budgets::v1::{Budget, Project, ProjectStatus, ReportProgressRequest};
use maud::html;

use super::{BUDGETERS, path, project_path, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::instant;
use crate::pages::office::Officer;
use crate::pages::office::parts::{done, new_request_id, refused, request_id, status};
use crate::pages::parts as site;
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, Table, Width, button, button_link, buttons,
    form_post, table,
};
use crate::visit::PageResult;

const NOTE_MAX: u32 = 5000;

const STATUSES: [(&str, ProjectStatus, &str, &str); 4] = [
    ("planning", ProjectStatus::Planning, key!("projects-planning"), key!("office-progress-planning-text")),
    (
        "carried-out",
        ProjectStatus::CarriedOut,
        key!("projects-carried-out"),
        key!("office-progress-carried-out-text"),
    ),
    ("finished", ProjectStatus::Finished, key!("projects-finished"), key!("office-progress-finished-text")),
    ("given-up", ProjectStatus::GivenUp, key!("projects-given-up"), key!("office-progress-given-up-text")),
];

#[derive(Clone, Debug, Default)]
struct Draft {
    status: String,
    percent: String,
    spent: String,
    note: String,
    request_id: String,
}

impl Draft {
    /// What was said last is where the next report begins.
    fn after(officer: &Officer, project: &Project, budget: &Budget) -> Self {
        let last = project.progress_reports.first();
        Self {
            status: STATUSES.iter().find(|one| one.1 == project.status()).map_or("", |one| one.0).into(),
            percent: last.map_or_else(|| "0".into(), |last| last.percent_done.to_string()),
            spent: officer.locale.money_typed(last.map_or(0, |last| last.spent), &budget.currency),
            note: String::new(),
            request_id: new_request_id(),
        }
    }
}

fn page(
    officer: &Officer,
    project: &Project,
    budget: &Budget,
    draft: &Draft,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let texts: Vec<_> = STATUSES
        .iter()
        .map(|(value, _, label, hint)| (*value, locale.text(label), locale.text(hint)))
        .collect();
    let choices: Vec<_> =
        texts.iter().map(|(value, label, hint)| Choice::new(value, label).hint(hint)).collect();
    let error = |name: &str| errors.of(name).map(str::to_owned);
    let here = path(budget);
    let public = site::project_path(officer, &project.title, &project.project_id);
    let body = html! {
        (form_post(&officer.link(&format!("{}/progress", project_path(project))), Some(&draft.request_id), html! {
            (Field::new(&locale, "status", t!(locale, "office-progress-status"))
                .error(error("status"))
                .radios(Some(&draft.status), &choices))
            (Field::new(&locale, "percent", t!(locale, "office-progress-percent"))
                .hint(t!(locale, "office-progress-percent-hint"))
                .error(error("percent")).width(Width::Short).suffix("%")
                .input(Kind::Digits, &draft.percent))
            (Field::new(&locale, "spent", t!(locale, "office-progress-spent"))
                .hint(t!(locale, "office-progress-spent-hint", cost = super::amount(officer, budget, project.cost)))
                .error(error("spent")).width(Width::Medium).suffix(budget.currency.clone())
                .input(Kind::Decimal, &draft.spent))
            (Field::new(&locale, "note", t!(locale, "office-progress-note"))
                .hint(t!(locale, "office-progress-note-hint"))
                .error(error("note")).optional().max_length(NOTE_MAX)
                .textarea(&draft.note, 6))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-progress-publish"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&here)))
            }))
        }))
        (reports(officer, project, budget))
        p { a href=(officer.link(&format!("{}/files", project_path(project)))) { (t!(locale, "office-files-open")) } }
        p { a href=(public) { (t!(locale, "office-progress-public")) } }
    };
    let title = t!(locale, "office-progress-title", project = &project.title);
    let (lead, link) = (t!(locale, "office-progress-lead"), officer.link(&here));
    sheet(&title, &lead, &[(&budget.title, &link)], errors).show(officer, status(errors), body)
}

fn reports(officer: &Officer, project: &Project, budget: &Budget) -> maud::Markup {
    let locale = officer.locale;
    if project.progress_reports.is_empty() {
        return html! {};
    }
    let labels = [
        (t!(locale, "office-progress-when"), false),
        (t!(locale, "office-progress-status"), false),
        (t!(locale, "office-progress-percent"), true),
        (t!(locale, "office-progress-spent"), true),
    ];
    let columns: Vec<_> = labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let rows = project
        .progress_reports
        .iter()
        .map(|report| {
            let when = instant(report.report_time.as_ref()).map(|time| locale.date_short(time));
            let tag = crate::pages::budgets::project_tag(&locale, report.status());
            vec![
                html! { (when.unwrap_or_default()) },
                html! { @if let Some(tag) = tag { (tag) } },
                html! { (locale.percent(report.percent_done.into(), 100)) },
                html! { (super::amount(officer, budget, report.spent)) },
            ]
        })
        .collect();
    let caption = t!(locale, "office-progress-before");
    table(&Table { id: "reports", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}

async fn funded(officer: &Officer, slug: &Slug) -> Result<(Project, Budget), PageError> {
    officer.require(BUDGETERS)?;
    let (project, budget) = super::projects::project(officer, slug).await?;
    match project.status() {
        ProjectStatus::Unspecified | ProjectStatus::NotFunded => {
            let reason = comitia_platform::Reason::ProjectNotFunded;
            Err(comitia_platform::ApiError::precondition(reason, "the project was not funded").into())
        }
        _ => Ok((project, budget)),
    }
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    let (project, budget) = funded(&officer, &slug).await?;
    let draft = Draft::after(&officer, &project, &budget);
    Ok(page(&officer, &project, &budget, &draft, &FieldErrors::new()))
}

pub async fn report(officer: Officer, slug: Slug, form: Form) -> PageResult {
    let (project, budget) = funded(&officer, &slug).await?;
    let locale = officer.locale;
    let text = |name| form.text(name).to_owned();
    let draft = Draft {
        status: text("status"),
        percent: text("percent"),
        spent: text("spent"),
        note: text("note").replace("\r\n", "\n"),
        request_id: request_id(&form),
    };
    let mut errors = FieldErrors::new();
    let chosen = STATUSES.iter().find(|one| one.0 == draft.status).map(|one| one.1);
    if chosen.is_none() {
        errors.push("status", t!(locale, "office-progress-status-missing"));
    }
    let percent =
        draft.percent.trim_end_matches('%').trim().parse::<u32>().ok().filter(|percent| *percent <= 100);
    if percent.is_none() {
        errors.push("percent", t!(locale, "office-progress-percent-wrong"));
    }
    let spent = locale.money_read(&draft.spent, &budget.currency);
    if spent.is_none() {
        errors.push("spent", t!(locale, "office-project-cost-wrong"));
    }
    if chosen == Some(ProjectStatus::GivenUp) && draft.note.is_empty() {
        errors.push("note", t!(locale, "office-progress-note-missing"));
    }
    let (Some(chosen), Some(percent), Some(spent), true) = (chosen, percent, spent, errors.is_empty()) else {
        return Ok(page(&officer, &project, &budget, &draft, &errors));
    };
    let request = ReportProgressRequest {
        project_id: project.project_id.clone(),
        status: chosen.into(),
        percent_done: percent,
        spent,
        note: draft.note.clone(),
        request_id: draft.request_id.clone(),
    };
    match officer.services().projects().report_progress(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &path(&budget), "reported")),
        Err(status) => {
            let wrong = t!(locale, "office-progress-note-wrong", most = NOTE_MAX);
            let missing = t!(locale, "office-progress-percent-wrong");
            let words = [("note", "note", wrong.as_str()), ("percent_done", "percent", &missing)];
            let errors = refused(status.into(), &words)?;
            Ok(page(&officer, &project, &budget, &draft, &errors))
        }
    }
}
