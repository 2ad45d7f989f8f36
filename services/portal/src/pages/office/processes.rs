//! Processes: made from a template or from another one, dated, filled with components, published.

pub mod calendar;
mod create;
mod phases;
mod preview;
mod publish;
mod template;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::TimeDelta;
use comitia_proto::spaces::v1::{
    ComponentKind, CreateComponentRequest, DeleteComponentRequest, PhaseKind, Process, UpdateProcessRequest,
};
use http::StatusCode;
use maud::{Markup, html};
use prost_types::FieldMask;

use self::calendar::{Between, seams};
use super::home::Task;
use super::parts::{self, Question, Sheet, changed_meanwhile, done, is_changed, request_id, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, STAFF};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::{self, instant};
use crate::pages::parts::{current, excerpt, next, process_path};
use crate::pages::slugs::{self, Slug};
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, SummaryRow, Table, Tone, button, button_link,
    buttons, empty, form_post, notice, pagination, summary_list, table, tag,
};
use crate::visit::PageResult;

const TITLE_MAX: u32 = 200;
const DESCRIPTION_MAX: u32 = 20_000;
const LISTED: i32 = 50;
/// How long before its end a phase is worth a word on the first page.
const SOON: TimeDelta = TimeDelta::days(7);

pub fn routes() -> Router {
    Router::new()
        .route("/office/processes", get(list))
        .route("/office/processes/new", get(create::form).post(create::create))
        .route("/office/processes/{slug}", get(show))
        .route("/office/processes/{slug}/text", get(text).post(save_text))
        .route("/office/processes/{slug}/phases", get(phases::form).post(phases::go_on))
        .route("/office/processes/{slug}/publish", get(publish::ask).post(publish::publish))
        .route("/office/processes/{slug}/components", post(add_component))
        .route(
            "/office/processes/{slug}/components/{component}/remove",
            get(ask_remove).post(remove_component),
        )
        .merge(preview::routes())
}

/// Where the office has a process, after the language.
pub fn path(process: &Process) -> String {
    format!("/office/processes/{}", slugs::of_text(&process.title, &process.process_id))
}

/// The name of a kind of phase, as a key.
pub const fn kind_name(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Unspecified | PhaseKind::Information => key!("office-phase-information"),
        PhaseKind::Submission => key!("office-phase-submission"),
        PhaseKind::Examination => key!("office-phase-examination"),
        PhaseKind::Vote => key!("office-phase-vote"),
        PhaseKind::Execution => key!("office-phase-execution"),
    }
}

/// The name of a kind of component, as a key.
const fn component_name(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Unspecified | ComponentKind::Proposals => key!("office-component-proposals"),
        ComponentKind::Budgets => key!("office-component-budgets"),
    }
}

/// What waits here: nothing is set up, something is not published, a phase ends.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    let locale = officer.locale;
    let (processes, _) = calls::processes(officer, LISTED, String::new()).await?;
    let administrator = officer.has_any(ADMINISTRATOR);
    if processes.is_empty() {
        let task = || Task {
            title: t!(locale, "office-processes-task-first").into_owned(),
            text: t!(locale, "office-processes-none-text").into_owned(),
            path: officer.link("/office/processes/new"),
            urgent: false,
        };
        return Ok(administrator.then(task).into_iter().collect());
    }
    let now = officer.now();
    let mut tasks = Vec::new();
    for process in &processes {
        if !process.published && administrator {
            tasks.push(Task {
                title: t!(locale, "office-processes-task-draft", process = &process.title),
                text: t!(locale, "office-processes-task-draft-text").into_owned(),
                path: officer.link(&path(process)),
                urgent: false,
            });
        }
        let ends = current(process, now).and_then(|phase| {
            let end = instant(phase.end_time.as_ref())?;
            (process.published && end - now < SOON).then_some((phase, end))
        });
        if let Some((phase, end)) = ends {
            let left = locale.duration(end - now);
            tasks.push(Task {
                title: t!(locale, "office-processes-task-ends", phase = &phase.title, left = left),
                text: t!(
                    locale,
                    "office-processes-task-ends-text",
                    process = &process.title,
                    end = locale.deadline(end)
                ),
                path: officer.link(&path(process)),
                urgent: true,
            });
        }
    }
    Ok(tasks)
}

async fn list(officer: Officer) -> PageResult {
    officer.require(STAFF)?;
    let locale = officer.locale;
    let query = officer.query.as_deref().unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "page_token");
    let token = token.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let (processes, next_token) = calls::processes(&officer, LISTED, token).await?;
    let new = html! {
        @if officer.has_any(ADMINISTRATOR) {
            (buttons(button_link(Button::Primary, &t!(locale, "office-processes-new"), &officer.link("/office/processes/new"))))
        }
    };
    let more = (!next_token.is_empty()).then(|| {
        officer
            .link(&format!("/office/processes{}", crate::pages::parts::query(&[("page_token", &next_token)])))
    });
    let body = html! {
        @if processes.is_empty() {
            (empty(&t!(locale, "office-processes-none"), html! { p { (t!(locale, "office-processes-none-text")) } (new) }))
        } @else {
            (new)
            (overview(&officer, &processes))
            (pagination(&locale, None, more.as_deref()))
        }
    };
    let sheet = Sheet {
        desk: Desk::Processes,
        title: &t!(locale, "office-processes"),
        lead: &t!(locale, "office-processes-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn overview(officer: &Officer, processes: &[Process]) -> Markup {
    let locale = officer.locale;
    let heads = [
        t!(locale, "office-processes-title"),
        t!(locale, "office-processes-state"),
        t!(locale, "office-processes-phase"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = processes
        .iter()
        .map(|process| {
            vec![
                html! { a href=(officer.link(&path(process))) { bdi { (process.title) } } },
                state(&locale, process),
                html! { (stands(officer, process)) },
            ]
        })
        .collect();
    table(&Table {
        id: "processes",
        caption: &t!(locale, "office-processes-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

fn state(locale: &Locale, process: &Process) -> Markup {
    if process.published {
        tag(Tone::Success, &t!(locale, "office-processes-published"))
    } else {
        tag(Tone::Neutral, &t!(locale, "office-processes-draft"))
    }
}

/// Where a process stands today.
fn stands(officer: &Officer, process: &Process) -> String {
    let (locale, now) = (officer.locale, officer.now());
    if let Some(phase) = current(process, now)
        && let Some(end) = instant(phase.end_time.as_ref())
    {
        return t!(locale, "office-processes-until", phase = &phase.title, end = locale.deadline(end));
    }
    match next(process, now).and_then(|phase| Some((phase, instant(phase.start_time.as_ref())?))) {
        Some((phase, start)) => {
            t!(locale, "office-processes-from", phase = &phase.title, start = locale.date_time(start))
        }
        None if process.phases.is_empty() => t!(locale, "office-processes-no-phase").into_owned(),
        None => t!(locale, "office-processes-over").into_owned(),
    }
}

async fn show(officer: Officer, slug: Slug) -> PageResult {
    officer.require(STAFF)?;
    let process = calls::process(&officer, slug.id()).await?;
    Ok(process_page(&officer, &process, &FieldErrors::new(), ""))
}

fn process_page(officer: &Officer, process: &Process, errors: &FieldErrors, component: &str) -> Response {
    let locale = officer.locale;
    let may = officer.has_any(ADMINISTRATOR);
    let here = path(process);
    let body = html! {
        (what_was_done(officer, &[
            ("created", key!("office-processes-created")),
            ("saved", key!("office-processes-saved")),
            ("published", key!("office-processes-done-published")),
            ("added", key!("office-component-added")),
            ("removed", key!("office-component-removed")),
        ]))
        (facts(officer, process, may))
        (buttons(html! {
            @if may && !process.published {
                (button_link(Button::Primary, &t!(locale, "office-processes-publish"), &officer.link(&format!("{here}/publish"))))
            }
            (button_link(Button::Secondary, &t!(locale, "office-processes-look"), &process_path(officer, process)))
            @if !process.published {
                (button_link(Button::Secondary, &t!(locale, "office-preview-open"), &officer.link(&preview::preview_path(process))))
            }
        }))
        h2 { (t!(locale, "office-phases")) }
        (phase_list(officer, process, may))
        h2 { (t!(locale, "office-files")) }
        (buttons(button_link(Button::Secondary, &t!(locale, "office-files-open"), &officer.link(&format!("{here}/files")))))
        h2 { (t!(locale, "office-components")) }
        (components(officer, process, errors, component, may))
    };
    let lead = if process.published {
        t!(locale, "office-process-lead-published")
    } else {
        t!(locale, "office-process-lead-draft")
    };
    let sheet =
        Sheet { desk: Desk::Processes, title: &process.title, lead: &lead, way: &[], errors, said: None };
    sheet.show(officer, parts::status(errors), body)
}

fn facts(officer: &Officer, process: &Process, may: bool) -> Markup {
    let locale = officer.locale;
    let text = officer.link(&format!("{}/text", path(process)));
    let about = excerpt(&process.description, 200);
    let about = html! {
        @match &about { Some(about) => bdi { (about) }, None => (t!(locale, "office-process-no-text")) }
    };
    let (state_label, stands_label) =
        (t!(locale, "office-processes-state"), t!(locale, "office-processes-phase"));
    let (title_label, about_label) =
        (t!(locale, "office-processes-title"), t!(locale, "office-process-description"));
    let change = may.then_some(text.as_str());
    summary_list(
        &locale,
        &[
            SummaryRow { label: &title_label, value: html! { bdi { (process.title) } }, change },
            SummaryRow { label: &about_label, value: about, change },
            SummaryRow { label: &state_label, value: state(&locale, process), change: None },
            SummaryRow { label: &stands_label, value: html! { (stands(officer, process)) }, change: None },
        ],
    )
}

fn phase_list(officer: &Officer, process: &Process, may: bool) -> Markup {
    let locale = officer.locale;
    let change = officer.link(&format!("{}/phases", path(process)));
    html! {
        @if process.phases.is_empty() {
            (empty(&t!(locale, "office-phases-none"), html! { p { (t!(locale, "office-phases-none-text")) } }))
        } @else {
            (phase_table(&locale, process))
            (seam_notices(&locale, process))
        }
        @if may {
            (buttons(button_link(Button::Secondary, &t!(locale, "office-phases-change"), &change)))
        }
    }
}

/// The calendar of a process.
fn phase_table(locale: &Locale, process: &Process) -> Markup {
    let heads = [
        t!(locale, "office-phase-title"),
        t!(locale, "office-phase-kind"),
        t!(locale, "office-phase-opens"),
        t!(locale, "office-phase-closes"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = process
        .phases
        .iter()
        .map(|phase| {
            let start = instant(phase.start_time.as_ref()).map(|time| locale.date_time(time));
            let end = instant(phase.end_time.as_ref()).map(|time| locale.deadline(time));
            vec![
                html! { bdi { (phase.title) } },
                html! { (locale.text(kind_name(phase.kind()))) },
                html! { (start.unwrap_or_default()) },
                html! { (end.unwrap_or_default()) },
            ]
        })
        .collect();
    table(&Table {
        id: "phases",
        caption: &t!(locale, "office-phases-caption", zone = locale.zone.name()),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// Where the calendar has a gap or an overlap.
fn seam_notices(locale: &Locale, process: &Process) -> Markup {
    let mut phases: Vec<_> = process
        .phases
        .iter()
        .filter_map(|phase| {
            Some((
                instant(phase.start_time.as_ref())?,
                instant(phase.end_time.as_ref())?,
                phase.title.as_str(),
            ))
        })
        .collect();
    phases.sort_unstable();
    let times: Vec<_> = phases.iter().map(|(start, end, _)| (*start, *end)).collect();
    let title = |place: usize| phases.get(place).map_or("", |(_, _, title)| title);
    html! {
        @for (place, between) in seams(&times) {
            @let (first, second) = (title(place), title(place + 1));
            @match between {
                Between::Overlap => (notice(locale, Tone::Error, None, html! {
                    p { (t!(locale, "office-phases-overlap", first = first, second = second)) }
                })),
                Between::Gap(length) => (notice(locale, Tone::Warning, None, html! {
                    p { (t!(locale, "office-phases-gap", first = first, second = second, length = locale.duration(length))) }
                })),
            }
        }
    }
}

fn components(officer: &Officer, process: &Process, errors: &FieldErrors, typed: &str, may: bool) -> Markup {
    let locale = officer.locale;
    let here = path(process);
    let kinds = [("proposals", ComponentKind::Proposals), ("budgets", ComponentKind::Budgets)];
    let names: Vec<_> =
        kinds.iter().map(|(word, kind)| (*word, locale.text(component_name(*kind)))).collect();
    let choices: Vec<_> = names.iter().map(|(word, name)| Choice::new(word, name)).collect();
    html! {
        p { (t!(locale, "office-components-lead")) }
        @if !process.components.is_empty() {
            ul {
                @for component in &process.components {
                    li {
                        bdi { (component.title) } " (" (locale.text(component_name(component.kind()))) ")"
                        @if may {
                            " · "
                            a href=(officer.link(&format!("{here}/components/{}/remove", component.component_id))) {
                                (t!(locale, "office-component-remove")) span .unseen { " " (component.title) }
                            }
                        }
                    }
                }
            }
        }
        @if may {
            (form_post(&officer.link(&format!("{here}/components")), Some(&parts::new_request_id()), html! {
                (Field::new(&locale, "kind", t!(locale, "office-component-kind")).select(None, None, &choices))
                (Field::new(&locale, "component", t!(locale, "office-component-title"))
                    .hint(t!(locale, "office-component-title-hint")).error(errors.of("component"))
                    .max_length(TITLE_MAX).input(Kind::Text, typed))
                (buttons(button(Button::Secondary, &t!(locale, "office-component-add"), None)))
            }))
        }
    }
}

async fn add_component(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    let kind = match form.text("kind") {
        "budgets" => ComponentKind::Budgets,
        _ => ComponentKind::Proposals,
    };
    let request = CreateComponentRequest {
        process_id: slug.id(),
        kind: kind.into(),
        title: form.text("component").to_owned(),
        request_id: request_id(&form),
    };
    let Err(status) = officer.services().processes().create_component(officer.request(request)).await else {
        return Ok(done(&officer, &path(&process), "added"));
    };
    let wrong = t!(officer.locale, "office-component-title-wrong");
    let errors = parts::refused(status.into(), &[("title", "component", &wrong)])?;
    Ok(process_page(&officer, &process, &errors, form.text("component")))
}

/// Runs `then` with the question before a component is removed.
fn with_question<T>(
    officer: &Officer,
    process: &Process,
    id: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> Result<T, PageError> {
    let locale = officer.locale;
    let component =
        process.components.iter().find(|one| one.component_id == id).ok_or(PageError::NotFound)?;
    let (here, process_way) = (path(process), officer.link(&path(process)));
    let consequences = [
        t!(locale, "office-component-remove-gone", component = &component.title),
        t!(locale, "office-component-remove-stays").into_owned(),
    ];
    Ok(then(&Question {
        desk: Desk::Processes,
        title: &t!(locale, "office-component-remove-title", component = &component.title),
        way: &[(&process.title, &process_way)],
        consequences: &consequences,
        sure: &t!(locale, "office-component-remove-sure"),
        not_sure: &t!(locale, "office-component-remove-not-sure"),
        yes: &t!(locale, "office-component-remove-do"),
        weight: Button::Danger,
        action: &format!("{here}/components/{id}/remove"),
        back: &here,
        hidden: html! {},
    }))
}

async fn ask_remove(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    with_question(&officer, &process, &id, |question| question.ask(&officer))
}

async fn remove_component(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
    form: Form,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    if let Err(page) = with_question(&officer, &process, &id, |question| question.answered(&officer, &form))?
    {
        return Ok(*page);
    }
    let request = DeleteComponentRequest { process_id: slug.id(), component_id: id };
    officer.services().processes().delete_component(officer.request(request)).await?;
    Ok(done(&officer, &path(&process), "removed"))
}

async fn text(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    Ok(text_page(&officer, &process, &process, &FieldErrors::new(), None))
}

/// `process` is as it is, `typed` as it is to be.
fn text_page(
    officer: &Officer,
    process: &Process,
    typed: &Process,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let here = path(process);
    let body = form_post(
        &officer.link(&format!("{here}/text")),
        None,
        html! {
            input type="hidden" name="etag" value=(typed.etag);
            (Field::new(&locale, "title", t!(locale, "office-processes-title"))
                .error(errors.of("title")).max_length(TITLE_MAX).input(Kind::Text, &typed.title))
            (Field::new(&locale, "description", t!(locale, "office-process-description"))
                .hint(t!(locale, "office-org-text-markdown")).error(errors.of("description")).optional()
                .max_length(DESCRIPTION_MAX).textarea(&typed.description, 14))
            (parts::save_or_cancel(officer, &here))
        },
    );
    let way = officer.link(&here);
    let sheet = Sheet {
        desk: Desk::Processes,
        title: &t!(locale, "office-process-text"),
        lead: &t!(locale, "office-process-text-lead"),
        way: &[(&process.title, &way)],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn save_text(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let process = calls::process(&officer, slug.id()).await?;
    let typed = Process {
        process_id: slug.id(),
        title: form.text("title").to_owned(),
        description: form.text("description").replace("\r\n", "\n"),
        etag: form.text("etag").to_owned(),
        ..Process::default()
    };
    let request = UpdateProcessRequest {
        process: Some(typed.clone()),
        update_mask: Some(FieldMask { paths: vec!["title".into(), "description".into()] }),
        reason: String::new(),
    };
    let error = match officer.services().processes().update_process(officer.request(request)).await {
        Ok(answer) => {
            let saved = answer.into_inner().process.unwrap_or(process);
            return Ok(done(&officer, &path(&saved), "saved"));
        }
        Err(status) => PageError::from(status),
    };
    if is_changed(&error) {
        let typed = Process { etag: process.etag.clone(), ..typed };
        return Ok(text_page(
            &officer,
            &process,
            &typed,
            &FieldErrors::new(),
            Some(changed_meanwhile(&officer)),
        ));
    }
    let errors = parts::refused(
        error,
        &[
            ("process.title", "title", &t!(locale, "office-process-title-wrong")),
            ("process.description", "description", &t!(locale, "office-process-description-wrong")),
        ],
    )?;
    Ok(text_page(&officer, &process, &typed, &errors, None))
}
