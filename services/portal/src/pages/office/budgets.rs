//! Budgets: how much there is, what it may pay for, how people vote on it and what decides; and how what was funded comes along.

mod imports;
mod progress;
mod projects;
mod schedule;
mod table;
mod terms;
mod trial;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use comitia_proto::budgets::v1::{Budget, BudgetState, Project, ProjectStatus};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::Process;
use comitia_proto::voting::v1::Poll;
use http::StatusCode;
use maud::{Markup, html};

use self::schedule::checklist;
use super::home::Task;
use super::parts::{Sheet, what_was_done};
use super::{Desk, Officer};
use crate::error::PageError;
use crate::locale::{key, t};
use crate::pages::budgets::project_tag;
use crate::pages::calls::{self, Areas, count};
use crate::pages::parts::{self as site, Asked};
use crate::pages::rules;
use crate::pages::slugs::{self, Slug};
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Narrow, Stat, SummaryRow, Table, button, button_link,
    buttons, details, empty, form_get, stats, summary_list, table as show_table,
};
use crate::visit::PageResult;

/// Who sets budgets up.
pub const BUDGETERS: &[Role] = &[Role::Administrator, Role::BudgetOfficer];
/// Processes to choose from.
const PROCESSES: i32 = 100;
/// Budgets in preparation on the first page.
const TASKS: usize = 5;

pub fn routes() -> Router {
    Router::new()
        .route("/office/budgets", get(list))
        .route("/office/budgets/new", get(terms::new).post(terms::create))
        .route("/office/budgets/{slug}", get(show))
        .route("/office/budgets/{slug}/edit", get(terms::edit).post(terms::update))
        .route("/office/budgets/{slug}/projects/new", get(projects::new).post(projects::create))
        .route("/office/budgets/{slug}/import", get(imports::choose).post(imports::import))
        .route("/office/budgets/{slug}/checklist", get(checklist::show).post(checklist::go_on))
        .route(
            "/office/budgets/{slug}/checklist/{item}",
            get(checklist::item_form).post(checklist::check_item),
        )
        .route("/office/budgets/{slug}/schedule", get(schedule::form).post(schedule::go_on))
        .route("/office/projects/{slug}", get(projects::edit).post(projects::update))
        .route("/office/projects/{slug}/delete", get(projects::ask_delete).post(projects::delete))
        .route("/office/projects/{slug}/progress", get(progress::form).post(progress::report))
}

/// The pages that take larger forms and files.
pub fn large_routes() -> Router {
    Router::new()
        .route("/office/budgets/try", get(trial::form).post(trial::run))
        .route("/office/budgets/{slug}/table", get(table::form).post(table::go_on))
        .layer(DefaultBodyLimit::max(trial::BODY_BYTES))
}

/// Where a budget is in the office, after the language.
pub fn path(budget: &Budget) -> String {
    format!("/office/budgets/{}", slugs::of_text(&budget.title, &budget.budget_id))
}

/// Where a project is in the office.
pub fn project_path(project: &Project) -> String {
    format!("/office/projects/{}", slugs::of_text(&project.title, &project.project_id))
}

/// A page of this desk.
fn sheet<'a>(
    title: &'a str,
    lead: &'a str,
    way: &'a [(&'a str, &'a str)],
    errors: &'a FieldErrors,
) -> Sheet<'a> {
    Sheet { desk: Desk::Budgets, title, lead, way, errors, said: None }
}

/// The page whose process the list shows.
#[derive(Debug, Default, serde::Deserialize)]
struct Query {
    #[serde(default)]
    process: String,
}

/// The processes, and the one that is asked for: the newest, when none is.
pub async fn processes(officer: &Officer, asked: &str) -> Result<(Vec<Process>, Option<Process>), PageError> {
    let (all, _) = calls::processes(officer, PROCESSES, String::new()).await?;
    let chosen = all.iter().find(|process| process.process_id == asked).or_else(|| all.first()).cloned();
    Ok((all, chosen))
}

/// A form that chooses the process.
pub fn choose_process(officer: &Officer, action: &str, all: &[Process], chosen: &Process) -> Markup {
    let locale = officer.locale;
    let choices: Vec<_> =
        all.iter().map(|process| Choice::new(&process.process_id, &process.title)).collect();
    html! {
        @if all.len() > 1 {
            (form_get(&officer.link(action), html! {
                div .ballot-filter {
                    (Field::new(&locale, "process", t!(locale, "office-budgets-process"))
                        .select(Some(&chosen.process_id), None, &choices))
                    (button(Button::Secondary, &t!(locale, "office-budgets-process-show"), None))
                }
            }))
        } @else {
            p { bdi { (chosen.title) } }
        }
    }
}

async fn list(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    let locale = officer.locale;
    let (all, chosen) = processes(&officer, &asked.process).await?;
    let title = t!(locale, "office-budgets");
    let may = officer.has_any(BUDGETERS);
    let body = match &chosen {
        None => empty(
            &t!(locale, "office-budgets-no-process"),
            html! {
                p { (t!(locale, "office-budgets-no-process-text")) }
                p { a href=(officer.link(Desk::Processes.path())) { (t!(locale, "office-processes")) } }
            },
        ),
        Some(process) => {
            let budgets = calls::budgets(&officer, process.process_id.clone()).await?;
            let (polls, areas) = tokio::try_join!(calls::polls(&officer), calls::areas(&officer))?;
            let new = format!("{}?process={}", officer.link("/office/budgets/new"), process.process_id);
            html! {
                (choose_process(&officer, "/office/budgets", &all, process))
                @if budgets.is_empty() {
                    (empty(&t!(locale, "office-budgets-none"), html! { p { (t!(locale, "office-budgets-none-text")) } }))
                } @else {
                    (budgets_table(&officer, &budgets, &polls, &areas))
                }
                @if may {
                    (buttons(html! {
                        (button_link(Button::Primary, &t!(locale, "office-budgets-new"), &new))
                        (button_link(Button::Quiet, &t!(locale, "office-try"), &officer.link("/office/budgets/try")))
                    }))
                }
            }
        }
    };
    let (lead, none) = (t!(locale, "office-budgets-lead"), FieldErrors::new());
    Ok(sheet(&title, &lead, &[], &none).show(&officer, StatusCode::OK, body))
}

fn budgets_table(
    officer: &Officer,
    budgets: &[Budget],
    polls: &std::collections::HashMap<String, Poll>,
    areas: &Areas,
) -> Markup {
    let locale = officer.locale;
    let labels = [
        (t!(locale, "office-budgets-budget"), false),
        (t!(locale, "office-budgets-area"), false),
        (t!(locale, "office-budgets-amount"), true),
        (t!(locale, "office-budgets-state"), false),
    ];
    let columns: Vec<_> = labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let everywhere = t!(locale, "budgets-everywhere");
    let rows = budgets
        .iter()
        .map(|budget| {
            let area = if budget.area_code.is_empty() { &everywhere } else { areas.title(&budget.area_code) };
            vec![
                html! { a href=(officer.link(&path(budget))) { (site::written(&budget.title)) } },
                html! { (area) },
                html! { (locale.money(budget.amount, &budget.currency)) },
                site::budget_tag(&locale, budget, polls.get(&budget.poll_id)),
            ]
        })
        .collect();
    let caption = t!(locale, "office-budgets-caption");
    show_table(&Table { id: "budgets", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}

/// What waits for a budget officer.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    let locale = officer.locale;
    let (_, chosen) = processes(officer, "").await?;
    let (true, Some(process)) = (officer.has_any(BUDGETERS), chosen) else { return Ok(Vec::new()) };
    let budgets = calls::budgets(officer, process.process_id).await?;
    let drafts = budgets.iter().filter(|budget| budget.state() == BudgetState::Draft);
    let mut tasks = Vec::new();
    for budget in drafts.take(TASKS) {
        let waits = budget.sign_off_required
            && checklist::waits_for_me(&checklist::of_budget(officer, &budget.budget_id).await?);
        tasks.push(if waits {
            Task {
                title: t!(locale, "office-checklist-task", budget = &budget.title),
                text: t!(locale, "office-checklist-task-text").into_owned(),
                path: officer.link(&format!("{}/checklist", path(budget))),
                urgent: true,
            }
        } else {
            Task {
                title: t!(locale, "office-budgets-task", budget = &budget.title),
                text: t!(locale, "office-budgets-task-text").into_owned(),
                path: officer.link(&path(budget)),
                urgent: false,
            }
        });
    }
    Ok(tasks)
}

async fn show(officer: Officer, slug: Slug) -> PageResult {
    let locale = officer.locale;
    let (budget, projects, areas) = tokio::try_join!(
        calls::budget(&officer, slug.id()),
        async { calls::projects(&officer, &slug.id()).await },
        calls::areas(&officer)
    )?;
    let poll = calls::poll(&officer, &budget.poll_id).await?;
    let lead = match budget.state() {
        BudgetState::Draft | BudgetState::Unspecified => t!(locale, "office-budget-lead-draft"),
        BudgetState::Frozen | BudgetState::Counting => t!(locale, "office-budget-lead-frozen"),
        BudgetState::Decided => t!(locale, "office-budget-lead-decided"),
        BudgetState::Annulled => t!(locale, "office-budget-lead-annulled"),
    };
    let may = officer.has_any(BUDGETERS);
    let here = path(&budget);
    let body = html! {
        (what_was_done(&officer, &[
            ("created", key!("office-budget-done-created")),
            ("changed", key!("office-budget-done-changed")),
            ("project", key!("office-budget-done-project")),
            ("deleted", key!("office-budget-done-deleted")),
            ("imported", key!("office-budget-done-imported")),
            ("scheduled", key!("office-budget-done-scheduled")),
            ("reported", key!("office-budget-done-reported")),
        ]))
        p { (site::budget_tag(&locale, &budget, poll.as_ref())) }
        (figures(&officer, &budget, &projects, &areas))
        (next_step(&officer, &budget, &projects, may))
        (rule(&officer, &budget, may && budget.state() == BudgetState::Draft, &here))
        (projects_section(&officer, &budget, &projects, may))
        (files(&officer, &budget))
    };
    let none = FieldErrors::new();
    Ok(sheet(&budget.title, &lead, &[], &none).show(&officer, StatusCode::OK, body))
}

fn figures(officer: &Officer, budget: &Budget, projects: &[Project], areas: &Areas) -> Markup {
    let locale = officer.locale;
    let cost: i64 = projects.iter().map(|project| project.cost).fold(0, i64::saturating_add);
    let (amount, cost) =
        (locale.money(budget.amount, &budget.currency), locale.money(cost, &budget.currency));
    let number = locale.number(u64::try_from(projects.len()).unwrap_or(0));
    let everywhere = t!(locale, "budgets-everywhere");
    let area = if budget.area_code.is_empty() { &everywhere } else { areas.title(&budget.area_code) };
    let labels = [
        t!(locale, "budgets-envelope").into_owned(),
        t!(locale, "budgets-projects-label", count = projects.len()),
        t!(locale, "office-budget-cost-of-all").into_owned(),
        t!(locale, "budgets-area").into_owned(),
    ];
    let values = [amount.as_str(), &number, &cost, area];
    let list: Vec<_> = values.iter().zip(&labels).map(|(value, label)| Stat { value, label }).collect();
    stats(&list)
}

/// The one thing to do next.
fn next_step(officer: &Officer, budget: &Budget, projects: &[Project], may: bool) -> Markup {
    let locale = officer.locale;
    let here = officer.link(&path(budget));
    match budget.state() {
        BudgetState::Draft | BudgetState::Unspecified if projects.is_empty() => empty(
            &t!(locale, "office-budget-no-projects"),
            html! {
                p { (t!(locale, "office-budget-no-projects-text")) }
                @if may { (add_buttons(officer, budget, Button::Primary)) }
            },
        ),
        BudgetState::Draft | BudgetState::Unspecified => html! {
            @if may {
                (buttons(html! {
                    @if budget.sign_off_required {
                        (button_link(Button::Primary, &t!(locale, "office-checklist"), &format!("{here}/checklist")))
                    } @else {
                        (button_link(Button::Primary, &t!(locale, "office-schedule"), &format!("{here}/schedule")))
                    }
                    (button_link(Button::Quiet, &t!(locale, "office-try"), &officer.link("/office/budgets/try")))
                }))
            }
        },
        _ if !budget.poll_id.is_empty() => buttons(button_link(
            Button::Primary,
            &t!(locale, "office-budget-to-vote"),
            &officer.link(&format!("/office/votes/{}", budget.poll_id)),
        )),
        _ => html! {},
    }
}

fn add_buttons(officer: &Officer, budget: &Budget, weight: Button) -> Markup {
    let locale = officer.locale;
    let here = officer.link(&path(budget));
    buttons(html! {
        (button_link(weight, &t!(locale, "office-import"), &format!("{here}/import")))
        (button_link(Button::Secondary, &t!(locale, "office-table"), &format!("{here}/table")))
        (button_link(Button::Secondary, &t!(locale, "office-project-new"), &format!("{here}/projects/new")))
    })
}

fn rule(officer: &Officer, budget: &Budget, change: bool, here: &str) -> Markup {
    let locale = officer.locale;
    let sentences = |list: Vec<String>| html! { ul { @for sentence in list { li { (sentence) } } } };
    let (ballot, decided) = (t!(locale, "budgets-how-ballot"), t!(locale, "budgets-how-decided"));
    let edit = officer.link(&format!("{here}/edit"));
    let rows = [
        SummaryRow {
            label: &ballot,
            value: sentences(rules::ballot(&locale, budget)),
            change: change.then_some(&edit),
        },
        SummaryRow {
            label: &decided,
            value: sentences(rules::allocation(&locale, budget)),
            change: change.then_some(&edit),
        },
    ];
    html! {
        section aria-labelledby="rule" {
            h2 #rule { (t!(locale, "office-budget-rule")) }
            (summary_list(&locale, &rows))
            @if change { p { a href=(edit) { (t!(locale, "office-budget-edit")) } } }
        }
    }
}

fn projects_section(officer: &Officer, budget: &Budget, projects: &[Project], may: bool) -> Markup {
    let locale = officer.locale;
    if projects.is_empty() {
        return html! {};
    }
    let decided = budget.state() == BudgetState::Decided;
    html! {
        section aria-labelledby="projects" {
            h2 #projects { (t!(locale, "budgets-projects")) }
            (projects_table(officer, budget, projects, decided, may))
            @if may && budget.state() == BudgetState::Draft { (add_buttons(officer, budget, Button::Secondary)) }
        }
    }
}

fn projects_table(
    officer: &Officer,
    budget: &Budget,
    projects: &[Project],
    decided: bool,
    may: bool,
) -> Markup {
    let locale = officer.locale;
    let labels = [
        (t!(locale, "office-budget-project"), false),
        (t!(locale, "projects-reference"), false),
        (t!(locale, "projects-cost"), true),
        (if decided { t!(locale, "office-budgets-state") } else { t!(locale, "projects-categories") }, false),
    ];
    let columns: Vec<_> = labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let row = |project: &Project| {
        let funded = !matches!(project.status(), ProjectStatus::Unspecified | ProjectStatus::NotFunded);
        let link = match (decided, may) {
            (true, true) if funded => officer.link(&format!("{}/progress", project_path(project))),
            (false, true) if budget.state() == BudgetState::Draft => officer.link(&project_path(project)),
            _ => site::project_path(officer, &project.title, &project.project_id),
        };
        let last = if decided {
            html! { @if let Some(tag) = project_tag(&locale, project.status()) { (tag) } }
        } else {
            html! { (project.categories.join(", ")) }
        };
        vec![
            html! { a href=(link) { (site::written(&project.title)) } },
            html! { (project.reference) },
            html! { (locale.money(project.cost, &budget.currency)) },
            last,
        ]
    };
    let caption = if decided && may {
        t!(locale, "office-budget-follow-up")
    } else {
        t!(locale, "office-budget-projects")
    };
    let rows = projects.iter().map(row).collect();
    show_table(&Table {
        id: "project-list",
        caption: &caption,
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// What anybody can take away once it is decided.
fn files(officer: &Officer, budget: &Budget) -> Markup {
    let locale = officer.locale;
    if budget.state() != BudgetState::Decided {
        return html! {};
    }
    let result = format!("{}/result", site::budget_path(officer, &budget.title, &budget.budget_id));
    html! {
        section aria-labelledby="files" {
            h2 #files { (t!(locale, "office-budget-files")) }
            p { (t!(locale, "office-budget-files-text")) }
            (buttons(html! {
                (button_link(Button::Secondary, &t!(locale, "budgets-see-result"), &result))
                a .button.secondary href={ (result) ".pb" } download { (t!(locale, "result-download-pb")) }
                a .button.secondary href={ (result) ".csv" } download { (t!(locale, "result-download-csv")) }
                a .button.secondary href={ (result) ".json" } download { (t!(locale, "result-download-json")) }
            }))
        }
    }
}

/// The amount at the end of a line, for lists of choices.
fn amount(officer: &Officer, budget: &Budget, amount: i64) -> String {
    officer.locale.money(amount, &budget.currency)
}

/// How many voters, in words.
fn voters(officer: &Officer, number: i64) -> String {
    t!(officer.locale, "office-schedule-electors", count = count(number))
}

/// More that only some want to read.
fn more(officer: &Officer, label: &'static str, body: Markup) -> Markup {
    details(&officer.locale.text(label), body)
}
