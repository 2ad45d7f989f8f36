//! A project: what it is, what it costs, what was decided, and how it comes along.

use axum::Router;
use axum::routing::get;
use comitia_proto::budgets::v1::{
    AllocationResult, Budget, BudgetState, GetProjectRequest, ProgressReport, Project, ProjectOutcome,
    ProjectStatus,
};
use comitia_proto::spaces::v1::Attachment;
use http::StatusCode;
use maud::{Markup, html};

use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::budgets::project_tag;
use crate::pages::calls::{self, instant};
use crate::pages::files;
use crate::pages::parts::{self, excerpt, trail};
use crate::pages::reasons;
use crate::pages::slugs::Slug;
use crate::ui::{Map, Marker, Shape, SummaryRow, map, map_possible, markdown, progress, summary_list, time};
use crate::visit::{PageResult, Visit, shared};

/// The pages of projects.
pub fn routes() -> Router {
    Router::new().route("/projects/{slug}", get(show))
}

/// The photos and documents of the project and its reports.
#[derive(Clone, Copy)]
struct Shelf<'a> {
    from: files::Source<'a>,
    attachments: &'a [Attachment],
}

impl Shelf<'_> {
    /// Those that are shown with a report, or with none.
    fn with(&self, report_id: &str) -> Vec<&Attachment> {
        self.attachments.iter().filter(|one| one.report_id == report_id).collect()
    }
}

async fn show(visit: Visit, slug: Slug) -> PageResult {
    let request = visit.request(GetProjectRequest { project_id: slug.id() });
    let answer = visit.services().projects().get_project(request).await?;
    let project = answer.into_inner().project.ok_or(PageError::NotFound)?;
    if let Some(moved) = slug.moved(&visit, &project.title, |slug| format!("/projects/{slug}")) {
        return Ok(moved);
    }
    let budget = calls::budget(&visit, project.budget_id.clone()).await?;
    let decided = budget.state() == BudgetState::Decided;
    let result = async {
        if decided { calls::result(&visit, budget.budget_id.clone()).await.map(Some) } else { Ok(None) }
    };
    let (process, result, attachments) = tokio::try_join!(
        calls::process(&visit, budget.process_id.clone()),
        result,
        files::of_project(&visit, slug.id()),
    )?;
    let placed = Marker::at(project.latitude, project.longitude).is_some();
    let shapes = if placed { calls::outlines(&visit).await? } else { Vec::new() };
    let path = files::unpublished(&visit, &process);
    let shelf = Shelf {
        from: path.as_deref().map_or(files::Source::Api, files::Source::Page),
        attachments: &attachments,
    };
    let main = page(&visit, &project, &budget, (result.as_ref(), shelf), &shapes);
    let processes = t!(visit.locale, "site-processes");
    let way = [
        (processes.as_ref(), visit.link("/processes")),
        (&process.title, parts::process_path(&visit, &process)),
        (&budget.title, parts::budget_path(&visit, &budget.title, &budget.budget_id)),
    ];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let about = excerpt(&project.description, 200);
    let mapped = placed && map_possible(&shapes, visit.tiles());
    let view = View {
        description: about.as_deref(),
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &project.title)),
        map: mapped,
        ..View::new(&project.title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

fn page(
    visit: &Visit,
    project: &Project,
    budget: &Budget,
    (result, shelf): (Option<&AllocationResult>, Shelf<'_>),
    shapes: &[Shape],
) -> Markup {
    let locale = visit.locale;
    let outcome = result
        .and_then(|result| result.outcomes.iter().find(|outcome| outcome.project_id == project.project_id));
    html! {
        @if let Some(tag) = project_tag(&locale, project.status()) { p { (tag) } }
        h1 dir="auto" { (project.title) }
        (facts(visit, project, budget))
        @if let Some(position) = Marker::at(project.latitude, project.longitude) {
            (map(&locale, &Map {
                label: &t!(locale, "projects-map"),
                shapes,
                points: &[Marker {
                    title: project.title.clone(),
                    path: visit.path.clone(),
                    address: project.address.clone(),
                    position,
                }],
                listed: false,
                tiles: visit.tiles(),
                pick: None,
            }))
        }
        @if !project.description.trim().is_empty() { (markdown(&project.description, 2)) }
        (files::sections(visit, shelf.from, &shelf.with("")))
        @if let Some(outcome) = outcome { (decided(visit, outcome, budget)) }
        (follow_up(visit, project, budget, shelf))
    }
}

fn facts(visit: &Visit, project: &Project, budget: &Budget) -> Markup {
    let locale = visit.locale;
    let labels = [
        t!(locale, "projects-cost"),
        t!(locale, "projects-place"),
        t!(locale, "projects-categories"),
        t!(locale, "projects-reference"),
        t!(locale, "projects-budget"),
        t!(locale, "projects-exclusion"),
        t!(locale, "projects-proposal"),
    ];
    let [cost, place, categories, reference, inside, exclusion, origin] = &labels;
    let mut rows = Vec::new();
    let mut row = |label, value| rows.push(SummaryRow { label, value, change: None });
    row(cost, html! { (locale.money(project.cost, &budget.currency)) });
    if !project.address.is_empty() {
        row(place, parts::written(&project.address));
    }
    if !project.categories.is_empty() {
        row(
            categories,
            html! {
                @for (index, category) in project.categories.iter().enumerate() {
                    @if index > 0 { ", " }
                    (parts::written(category))
                }
            },
        );
    }
    row(reference, html! { (project.reference) });
    row(
        inside,
        html! {
            a href=(parts::budget_path(visit, &budget.title, &budget.budget_id)) { (parts::written(&budget.title)) }
        },
    );
    if !project.exclusion_group.is_empty() {
        row(exclusion, html! { (t!(locale, "projects-exclusion-text", group = &project.exclusion_group)) });
    }
    if !project.proposal_id.is_empty() {
        let path = parts::proposal_path(visit, &project.title, &project.proposal_id);
        row(origin, html! { a href=(path) { (t!(locale, "projects-proposal-link")) } });
    }
    summary_list(&locale, &rows)
}

fn decided(visit: &Visit, outcome: &ProjectOutcome, budget: &Budget) -> Markup {
    let locale = visit.locale;
    let path = format!("{}/result", parts::budget_path(visit, &budget.title, &budget.budget_id));
    html! {
        section aria-labelledby="decided" {
            h2 #decided { (t!(locale, "projects-decided")) }
            p { (t!(locale, "projects-votes", count = calls::count(outcome.votes))) }
            p { (reasons::why(&locale, outcome, &budget.currency)) }
            p { a href=(path) { (t!(locale, "projects-see-result")) } }
        }
    }
}

/// Reports are public and never overwritten; the newest stands first.
fn follow_up(visit: &Visit, project: &Project, budget: &Budget, shelf: Shelf<'_>) -> Markup {
    let locale = visit.locale;
    if matches!(project.status(), ProjectStatus::Unspecified | ProjectStatus::NotFunded) {
        return html! {};
    }
    let newest = project.progress_reports.first();
    html! {
        section aria-labelledby="follow-up" {
            h2 #follow-up { (t!(locale, "projects-follow-up")) }
            @if let Some(newest) = newest {
                (progress(
                    &t!(locale, "projects-progress"),
                    &locale.percent(newest.percent_done.into(), 100),
                    newest.percent_done.into(),
                    100,
                ))
                @for report in &project.progress_reports { (one_report(visit, report, budget, shelf)) }
            } @else {
                p { (t!(locale, "projects-no-report")) }
            }
        }
    }
}

fn one_report(visit: &Visit, report: &ProgressReport, budget: &Budget, shelf: Shelf<'_>) -> Markup {
    let locale = visit.locale;
    let spent = locale.money(report.spent, &budget.currency);
    let done = locale.percent(report.percent_done.into(), 100);
    html! {
        article {
            h3 {
                @match instant(report.report_time.as_ref()) {
                    Some(date) => (time(date, &locale.date(date))),
                    None => (t!(locale, "projects-report")),
                }
            }
            p {
                @if let Some(tag) = project_tag(&locale, report.status()) { (tag) " " }
                (t!(locale, "projects-report-figures", done = done, spent = spent))
            }
            @if !report.note.trim().is_empty() { (markdown(&report.note, 4)) }
            @if !report.report_id.is_empty() {
                (files::beside(visit, shelf.from, &shelf.with(&report.report_id)))
            }
        }
    }
}
