//! One decision on many proposals: chosen in the queue, or all that a search finds; answered, hidden or shown again; and what became
//! of each.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use comitia_platform::Reason;
use comitia_proto::proposals::v1::{
    BatchAnswerProposalsRequest, BatchModerateProposalsRequest, ProposalOutcome, ProposalState,
};
use maud::{Markup, html};
use uuid::Uuid;

use super::decide::{ANSWER_MAX, DECISIONS, REASON_MAX};
use super::{ANSWERERS, MODERATORS, Query};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas};
use crate::pages::office::budgets::processes;
use crate::pages::office::parts::{Sheet, new_request_id, request_id, status};
use crate::pages::office::{Desk, Officer};
use crate::pages::slugs;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Narrow, Table, Tone, button, button_link, buttons, details,
    form_post, notice, table,
};
use crate::visit::PageResult;

/// The most proposals that the API takes at once.
const MOST: usize = 5_000;
/// The most that a page of the API has.
const PAGE: i32 = 1_000;
/// Proposals that are listed by name.
const NAMED: usize = 100;
const HERE: &str = "/office/proposals";

/// The end of the queue's form: what to do with those that are checked, or with all.
pub fn choices(officer: &Officer, asked: &Query) -> Markup {
    let locale = officer.locale;
    html! {
        @for (name, value) in asked.pairs() { input type="hidden" name=(name) value=(value); }
        (buttons(html! {
            (button(Button::Secondary, &t!(locale, "office-several-checked"), None))
            (button(Button::Quiet, &t!(locale, "office-several-all"), Some(("all", "yes"))))
        }))
    }
}

/// The box before a proposal in the queue.
pub fn checkbox(officer: &Officer, id: &str, title: &str) -> Markup {
    let label = t!(officer.locale, "office-several-check", title = title);
    html! { input type="checkbox" name="proposal" value=(id) aria-label=(label); " " }
}

/// Who reloads a page of these begins in the queue.
pub async fn again(officer: Officer) -> PageResult {
    Ok(Redirect::to(&officer.link(HERE)).into_response())
}

/// The proposals that were chosen, with their titles. They lie sealed in the cache between the pages.
struct Chosen {
    kept: Uuid,
    proposals: Vec<(String, String)>,
    /// Whether the search has more than can be chosen.
    more: bool,
}

impl Chosen {
    /// Those that are checked, or all that the search finds.
    async fn of(officer: &Officer, form: &Form) -> Result<Self, PageError> {
        let checked: Vec<_> =
            form.fields().filter(|(name, _)| *name == "proposal").map(|(_, id)| id.to_owned()).collect();
        let all = form.get("all") == "yes";
        let asked = Query::of(form);
        let (_, process) = processes(officer, &asked.process).await?;
        let process = process.ok_or(PageError::NotFound)?;
        let areas = if asked.area.is_empty() { Areas::default() } else { calls::areas(officer).await? };
        // Of those that are checked the titles are on the page that they were checked on.
        let (asked, size) =
            if all { (Query { page_token: String::new(), ..asked }, PAGE) } else { (asked, super::PAGE) };
        let mut request = asked.request(&process, &areas, size);
        let mut proposals = Vec::new();
        let more = loop {
            let found = calls::proposals(officer, request.clone()).await?;
            let found_ones = found.proposals.into_iter().map(|one| (one.proposal_id, one.title));
            proposals.extend(found_ones.filter(|(id, _)| all || checked.contains(id)));
            let more = proposals.len() >= MOST && !found.next_page_token.is_empty();
            if !all || more || found.next_page_token.is_empty() {
                break more;
            }
            request.page_token = found.next_page_token;
        };
        proposals.truncate(MOST);
        let lines: String =
            proposals.iter().map(|(id, title)| format!("{id} {}\n", one_line(title))).collect();
        let kept = officer.sessions().keep(officer.organization_id, lines.as_bytes()).await;
        Ok(Self { kept, proposals, more })
    }

    /// Those that were chosen before; nothing when it is too long ago.
    async fn again(officer: &Officer, form: &Form) -> Result<Option<Self>, PageError> {
        let kept = Uuid::try_parse(form.text("chosen")).map_err(|_| PageError::FormMalformed)?;
        let lines: Option<Bytes> = officer.sessions().kept(officer.organization_id, kept).await;
        let Some(lines) = lines else { return Ok(None) };
        let lines = String::from_utf8_lossy(&lines);
        let proposals = lines.lines().filter_map(|line| line.split_once(' '));
        let proposals = proposals.map(|(id, title)| (id.to_owned(), title.to_owned())).collect();
        Ok(Some(Self { kept, proposals, more: false }))
    }

    fn ids(&self) -> Vec<String> {
        self.proposals.iter().map(|(id, _)| id.clone()).collect()
    }
}

fn one_line(title: &str) -> String {
    title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// What was typed.
#[derive(Default)]
struct Typed {
    decision: String,
    answer: String,
    hidden: String,
    reason: String,
    request_id: String,
}

pub async fn choose(officer: Officer, form: Form) -> PageResult {
    officer.require(ANSWERERS)?;
    let chosen = Chosen::of(&officer, &form).await?;
    if chosen.proposals.is_empty() {
        return Ok(nothing(&officer, key!("office-several-none")));
    }
    let typed = Typed { request_id: new_request_id(), ..Typed::default() };
    Ok(page(&officer, &chosen, &typed, &FieldErrors::new()))
}

/// Nothing is chosen, or no longer.
fn nothing(officer: &Officer, why: &'static str) -> Response {
    let locale = officer.locale;
    let mut errors = FieldErrors::new();
    errors.push("", locale.text(why));
    let body = buttons(button_link(Button::Primary, &t!(locale, "office-several-back"), &officer.link(HERE)));
    sheet(officer, &t!(locale, "office-several"), &t!(locale, "office-several-lead"), &errors, body)
}

fn sheet(officer: &Officer, title: &str, lead: &str, errors: &FieldErrors, body: Markup) -> Response {
    let sheet = Sheet { desk: Desk::Proposals, title, lead, way: &[], errors, said: None };
    sheet.show(officer, status(errors), body)
}

fn page(officer: &Officer, chosen: &Chosen, typed: &Typed, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let count = chosen.proposals.len();
    let body = html! {
        @if chosen.more {
            (notice(&locale, Tone::Warning, None, html! { p { (t!(locale, "office-several-more", count = MOST)) } }))
        }
        (details(&t!(locale, "office-several-which"), html! {
            ul { @for (_, title) in chosen.proposals.iter().take(NAMED) { li { bdi { (title) } } } }
            @if count > NAMED { p { (t!(locale, "office-several-others", count = count - NAMED)) } }
        }))
        (answer_form(officer, chosen, typed, errors))
        @if officer.has_any(MODERATORS) { (moderate_form(officer, chosen, typed, errors)) }
        (buttons(button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(HERE))))
    };
    let title = t!(locale, "office-several-title", count = count);
    sheet(officer, &title, &t!(locale, "office-several-lead"), errors, body)
}

fn answer_form(officer: &Officer, chosen: &Chosen, typed: &Typed, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    let texts: Vec<_> = DECISIONS
        .iter()
        .map(|(value, _, label, hint)| (*value, locale.text(label), locale.text(hint)))
        .collect();
    let decisions: Vec<_> =
        texts.iter().map(|(value, label, hint)| Choice::new(value, label).hint(hint)).collect();
    html! {
        section aria-labelledby="answering" {
            h2 #answering { (t!(locale, "office-answer")) }
            p { (t!(locale, "office-several-answer-text")) }
            (form_post(&officer.link("/office/proposals/batch/answer"), Some(&typed.request_id), html! {
                input type="hidden" name="chosen" value=(chosen.kept);
                (Field::new(&locale, "decision", t!(locale, "office-several-decision"))
                    .error(errors.of("decision")).radios(Some(&typed.decision), &decisions))
                (Field::new(&locale, "answer", t!(locale, "office-answer-text"))
                    .hint(t!(locale, "office-answer-text-hint"))
                    .error(errors.of("answer")).max_length(ANSWER_MAX).textarea(&typed.answer, 8))
                (buttons(button(Button::Primary, &t!(locale, "office-several-answer-do", count = chosen.proposals.len()), None)))
            }))
        }
    }
}

fn moderate_form(officer: &Officer, chosen: &Chosen, typed: &Typed, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    let (hide, show) = (t!(locale, "office-moderate-hide"), t!(locale, "office-moderate-show"));
    let hint = t!(locale, "office-moderate-hide-text");
    let ways = [Choice::new("yes", &hide).hint(&hint), Choice::new("no", &show)];
    html! {
        section aria-labelledby="moderation" {
            h2 #moderation { (t!(locale, "office-several-moderate")) }
            (form_post(&officer.link("/office/proposals/batch/moderate"), Some(&typed.request_id), html! {
                input type="hidden" name="chosen" value=(chosen.kept);
                (Field::new(&locale, "hidden", t!(locale, "office-several-hidden"))
                    .error(errors.of("hidden")).radios(Some(&typed.hidden), &ways))
                (Field::new(&locale, "reason", t!(locale, "office-moderate-reason"))
                    .hint(t!(locale, "office-moderate-reason-hint"))
                    .error(errors.of("reason")).max_length(REASON_MAX).textarea(&typed.reason, 3))
                (buttons(button(Button::Danger, &t!(locale, "office-several-moderate-do", count = chosen.proposals.len()), None)))
            }))
        }
    }
}

pub async fn answer(officer: Officer, form: Form) -> PageResult {
    officer.require(ANSWERERS)?;
    let locale = officer.locale;
    let Some(chosen) = Chosen::again(&officer, &form).await? else {
        return Ok(nothing(&officer, key!("office-several-gone")));
    };
    let typed = Typed {
        decision: form.text("decision").to_owned(),
        answer: form.text("answer").replace("\r\n", "\n"),
        request_id: request_id(&form),
        ..Typed::default()
    };
    let mut errors = FieldErrors::new();
    let decision = DECISIONS.iter().find(|one| one.0 == typed.decision).map(|one| one.1);
    if decision.is_none() {
        errors.push("decision", t!(locale, "office-answer-missing"));
    }
    let length = typed.answer.chars().count();
    let missing = length == 0 && decision != Some(ProposalState::Examined);
    if missing || length > ANSWER_MAX as usize {
        errors.push("answer", t!(locale, "office-answer-text-missing"));
    }
    let (Some(decision), true) = (decision, errors.is_empty()) else {
        return Ok(page(&officer, &chosen, &typed, &errors));
    };
    let request = BatchAnswerProposalsRequest {
        proposal_ids: chosen.ids(),
        state: decision.into(),
        answer: typed.answer,
        request_id: typed.request_id,
    };
    let mut proposals = officer.services().proposals();
    let done = proposals.batch_answer_proposals(officer.request(request)).await?.into_inner();
    let said = t!(locale, "office-several-answered", count = number(done.done_count));
    Ok(outcome(&officer, &chosen, &said, &done.outcomes))
}

pub async fn moderate(officer: Officer, form: Form) -> PageResult {
    officer.require(MODERATORS)?;
    let locale = officer.locale;
    let Some(chosen) = Chosen::again(&officer, &form).await? else {
        return Ok(nothing(&officer, key!("office-several-gone")));
    };
    let typed = Typed {
        hidden: form.text("hidden").to_owned(),
        reason: form.text("reason").replace("\r\n", "\n"),
        request_id: request_id(&form),
        ..Typed::default()
    };
    let mut errors = FieldErrors::new();
    if !["yes", "no"].contains(&typed.hidden.as_str()) {
        errors.push("hidden", t!(locale, "office-several-hidden-missing"));
    }
    if !(1..=REASON_MAX as usize).contains(&typed.reason.chars().count()) {
        errors.push("reason", t!(locale, "office-moderate-reason-missing"));
    }
    if !errors.is_empty() {
        return Ok(page(&officer, &chosen, &typed, &errors));
    }
    let hidden = typed.hidden == "yes";
    let request = BatchModerateProposalsRequest {
        proposal_ids: chosen.ids(),
        hidden,
        reason: typed.reason,
        request_id: typed.request_id,
    };
    let mut proposals = officer.services().proposals();
    let done = proposals.batch_moderate_proposals(officer.request(request)).await?.into_inner();
    let count = number(done.done_count);
    let said = match hidden {
        true => t!(locale, "office-several-hid", count = count),
        false => t!(locale, "office-several-shown", count = count),
    };
    Ok(outcome(&officer, &chosen, &said, &done.outcomes))
}

/// What became of each. Whoever sends the form again sees the same.
fn outcome(officer: &Officer, chosen: &Chosen, said: &str, outcomes: &[ProposalOutcome]) -> Response {
    let locale = officer.locale;
    let titles: HashMap<_, _> = chosen.proposals.iter().map(|(id, title)| (id.as_str(), title)).collect();
    let refused: Vec<_> = outcomes.iter().filter(|outcome| outcome.reason() != Reason::Unspecified).collect();
    let heads = [t!(locale, "office-proposal"), t!(locale, "office-several-why")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let row = |outcome: &&ProposalOutcome| {
        let id = outcome.proposal_id.as_str();
        let title = titles.get(id).map_or(id, |title| title.as_str());
        let path = officer.link(&format!("{HERE}/{}", slugs::of_text(title, id)));
        let why = match outcome.reason() {
            Reason::ProposalStateInvalid => t!(locale, "office-several-withdrawn"),
            _ => t!(locale, "office-several-unknown"),
        };
        vec![html! { a href=(path) { bdi { (title) } } }, html! { (why) }]
    };
    let body = html! {
        (notice(&locale, Tone::Success, None, html! { p { (said) } }))
        @if !refused.is_empty() {
            (table(&Table {
                id: "refused",
                caption: &t!(locale, "office-several-refused", count = refused.len()),
                columns: &columns,
                rows: refused.iter().take(NAMED).map(row).collect(),
                narrow: Narrow::Stack,
            }))
        }
        (buttons(button_link(Button::Primary, &t!(locale, "office-several-back"), &officer.link(HERE))))
    };
    let (title, lead) = (t!(locale, "office-several-done"), t!(locale, "office-several-done-lead"));
    sheet(officer, &title, &lead, &FieldErrors::new(), body)
}

fn number(count: i32) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
