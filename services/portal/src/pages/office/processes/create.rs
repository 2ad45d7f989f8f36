//! A new process, from a template or from another process.

use axum::response::Response;
use comitia_proto::spaces::v1::{
    ComponentKind, CreateComponentRequest, CreateProcessRequest, Phase, Process,
};
use maud::{Markup, html};

use super::template::{self, Template};
use super::{DESCRIPTION_MAX, LISTED, TITLE_MAX, path};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::calls;
use crate::pages::office::parts::{self, Sheet, derived, done, request_id, status};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::ui::{Button, Choice, Field, FieldErrors, Kind, Width, button, button_link, buttons, form_post};
use crate::visit::PageResult;

/// What was typed.
struct Draft {
    title: String,
    description: String,
    template: String,
    copied: String,
    first: String,
    request_id: String,
}

impl Draft {
    fn of(form: &Form) -> Self {
        Self {
            title: form.text("title").to_owned(),
            description: form.text("description").replace("\r\n", "\n"),
            template: form.text("template").to_owned(),
            copied: form.text("copied").to_owned(),
            first: form.text("first").to_owned(),
            request_id: request_id(form),
        }
    }
}

pub async fn form(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let draft = Draft { template: "budget".into(), ..Draft::of(&Form::default()) };
    let (others, _) = calls::processes(&officer, LISTED, String::new()).await?;
    Ok(page(&officer, &draft, &others, &FieldErrors::new()))
}

fn page(officer: &Officer, draft: &Draft, others: &[Process], errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let words: Vec<_> = Template::ALL
        .into_iter()
        .filter(|(_, template)| *template != Template::Copy || !others.is_empty())
        .map(|(word, template)| {
            let (name, about) = template.words();
            (word, locale.text(name), locale.text(about))
        })
        .collect();
    let templates: Vec<_> =
        words.iter().map(|(word, name, about)| Choice::new(word, name).hint(about)).collect();
    let copies: Vec<_> = others.iter().map(|other| Choice::new(&other.process_id, &other.title)).collect();
    let body = form_post(
        &officer.link("/office/processes/new"),
        Some(&draft.request_id),
        html! {
            (Field::new(&locale, "title", t!(locale, "office-processes-title"))
                .hint(t!(locale, "office-process-title-hint")).error(errors.of("title"))
                .max_length(TITLE_MAX).input(Kind::Text, &draft.title))
            (Field::new(&locale, "template", t!(locale, "office-template"))
                .error(errors.of("template")).radios(Some(&draft.template), &templates))
            @if !copies.is_empty() {
                (Field::new(&locale, "copied", t!(locale, "office-template-copied"))
                    .hint(t!(locale, "office-template-copied-hint")).error(errors.of("copied")).optional()
                    .select(Some(&draft.copied), Some("–"), &copies))
            }
            (Field::new(&locale, "first", t!(locale, "office-template-first"))
                .hint(t!(locale, "office-template-first-hint")).error(errors.of("first"))
                .width(Width::Medium).input(Kind::Date, &draft.first))
            (Field::new(&locale, "description", t!(locale, "office-process-description"))
                .hint(t!(locale, "office-org-text-markdown")).error(errors.of("description")).optional()
                .max_length(DESCRIPTION_MAX).textarea(&draft.description, 6))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-processes-create"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/processes")))
            }))
        },
    );
    let sheet = Sheet {
        desk: Desk::Processes,
        title: &t!(locale, "office-processes-new"),
        lead: &t!(locale, "office-processes-new-lead"),
        way: &[],
        errors,
        said: None::<Markup>,
    };
    sheet.show(officer, status(errors), body)
}

pub async fn create(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let draft = Draft::of(&form);
    let (others, _) = calls::processes(&officer, LISTED, String::new()).await?;
    let mut errors = FieldErrors::new();
    if draft.title.is_empty() {
        errors.push("title", t!(locale, "office-process-title-wrong"));
    }
    let begin = beginning(&officer, &draft, &others, &mut errors);
    let Some((phases, components)) = begin.filter(|_| errors.is_empty()) else {
        return Ok(page(&officer, &draft, &others, &errors));
    };
    let request = CreateProcessRequest {
        title: draft.title.clone(),
        description: draft.description.clone(),
        phases,
        request_id: draft.request_id.clone(),
    };
    let answer = officer.services().processes().create_process(officer.request(request)).await;
    let process = match answer {
        Ok(answer) => answer.into_inner().process.ok_or(PageError::NotFound)?,
        Err(status) => {
            let errors = parts::refused(
                status.into(),
                &[
                    ("title", "title", &t!(locale, "office-process-title-wrong")),
                    ("description", "description", &t!(locale, "office-process-description-wrong")),
                    ("phases", "first", &t!(locale, "office-template-first-wrong")),
                ],
            )?;
            return Ok(page(&officer, &draft, &others, &errors));
        }
    };
    for (place, (kind, title)) in components.into_iter().enumerate() {
        let request = CreateComponentRequest {
            process_id: process.process_id.clone(),
            kind: kind.into(),
            title,
            request_id: derived(&draft.request_id, place),
        };
        officer.services().processes().create_component(officer.request(request)).await?;
    }
    Ok(done(&officer, &path(&process), "created"))
}

type Beginning = (Vec<Phase>, Vec<(ComponentKind, String)>);

/// The phases and components that the process begins with.
fn beginning(
    officer: &Officer,
    draft: &Draft,
    others: &[Process],
    errors: &mut FieldErrors,
) -> Option<Beginning> {
    let locale = officer.locale;
    let Some(template) = Template::parse(&draft.template) else {
        errors.push("template", t!(locale, "office-template-missing"));
        return None;
    };
    if template == Template::Empty {
        return Some((Vec::new(), Vec::new()));
    }
    let from = others.iter().find(|other| other.process_id == draft.copied);
    if template == Template::Copy && from.is_none() {
        errors.push("copied", t!(locale, "office-template-copied-missing"));
    }
    let Ok(first) = draft.first.parse() else {
        errors.push("first", t!(locale, "office-template-first-missing"));
        return None;
    };
    match (template, from) {
        (Template::Copy, None) => None,
        (Template::Copy, Some(from)) => {
            let components =
                from.components.iter().map(|component| (component.kind(), component.title.clone()));
            Some((template::copied(locale.zone, from, first), components.collect()))
        }
        _ => {
            let components = template.components().iter();
            let components = components.map(|(kind, title)| (*kind, locale.text(title).into_owned()));
            Some((template.phases(&locale, first), components.collect()))
        }
    }
}
