//! How a box ends: its ballots are counted, or two officers set it aside.

use axum::extract::Path;
use axum::response::Response;
use comitia_proto::voting::v1::{CommitPaperBatchRequest, PaperBatchState, SetPaperBatchAsideRequest};
use http::StatusCode;
use maud::html;

use super::batch::{BatchPath, Page};
use super::{OFFICERS, batch_path, poll_path, said, why_not};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::calls::count;
use crate::pages::office::parts::{Question, Sheet, done, status};
use crate::pages::office::{Desk, Officer};
use crate::pages::parts as site;
use crate::ui::{Button, Field, FieldErrors, Tone, button, button_link, buttons, form_post, notice};
use crate::visit::PageResult;

const REASON_MAX: u32 = 1000;

/// Asks before the ballots are counted, or does it when `form` says yes.
async fn committing(page: &Page, form: Option<&Form>) -> PageResult {
    let (officer, batch, locale) = (&page.officer, &page.batch, page.officer.locale);
    let forms = count(batch.first_entry_count);
    let consequences = [
        t!(locale, "office-batch-commit-counts", count = forms),
        t!(locale, "office-batch-commit-twice").into_owned(),
        t!(locale, "office-batch-commit-forgets").into_owned(),
        t!(locale, "office-vote-final").into_owned(),
    ];
    let (here, back) = (format!("{}/commit", batch_path(&page.poll, batch)), batch_path(&page.poll, batch));
    let (polls, boxes) = (officer.link(&poll_path(&page.poll)), officer.link(&back));
    let way = [(page.poll.title.as_str(), polls.as_str()), (batch.title.as_str(), boxes.as_str())];
    let question = Question {
        desk: Desk::Paper,
        title: &t!(locale, "office-batch-commit-title", batch = &batch.title),
        way: &way,
        consequences: &consequences,
        sure: &t!(locale, "office-batch-commit-sure"),
        not_sure: &t!(locale, "office-sure-missing"),
        yes: &t!(locale, "office-batch-commit"),
        weight: Button::Primary,
        action: &here,
        back: &back,
        hidden: html! {},
    };
    let Some(form) = form else { return Ok(question.ask(officer)) };
    if let Err(again) = question.answered(officer, form) {
        return Ok(*again);
    }
    let request = CommitPaperBatchRequest {
        poll_id: page.poll.poll_id.clone(),
        paper_batch_id: batch.paper_batch_id.clone(),
    };
    match officer.services().paper().commit_paper_batch(officer.request(request)).await {
        Ok(_) => Ok(done(officer, &poll_path(&page.poll), "committed")),
        Err(status) => {
            let error = PageError::from(status);
            match error.reason().and_then(why_not) {
                Some(key) => Ok(question.refuse(officer, &locale.text(key))),
                None => Err(error),
            }
        }
    }
}

pub async fn ask_commit(officer: Officer, Path((_, poll, batch)): BatchPath) -> PageResult {
    officer.require(OFFICERS)?;
    committing(&Page::of(officer, &poll, &batch).await?, None).await
}

pub async fn commit(officer: Officer, Path((_, poll, batch)): BatchPath, form: Form) -> PageResult {
    officer.require(OFFICERS)?;
    committing(&Page::of(officer, &poll, &batch).await?, Some(&form)).await
}

/// Proposing to set a box aside, or saying so too.
fn aside_page(page: &Page, reason: &str, errors: &FieldErrors, key: Option<&str>) -> Response {
    let (officer, batch, locale) = (&page.officer, &page.batch, page.officer.locale);
    let back = batch_path(&page.poll, batch);
    let proposed = !batch.set_aside_reason.is_empty();
    let waits = proposed && batch.own_proposal;
    let yes = if proposed {
        t!(locale, "office-batch-aside-confirm")
    } else {
        t!(locale, "office-batch-aside-propose")
    };
    let body = html! {
        @if proposed {
            p { (t!(locale, "office-batch-aside-why")) }
            blockquote { (site::written(&batch.set_aside_reason)) }
        }
        @if waits {
            (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-batch-aside-waits")) } }))
            p { a href=(officer.link(&back)) { (t!(locale, "office-batch-back")) } }
        } @else {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
                ul {
                    li { (t!(locale, "office-batch-aside-forgets")) }
                    li { (t!(locale, "office-batch-aside-public")) }
                    li { (if proposed { t!(locale, "office-vote-final") } else { t!(locale, "office-batch-aside-two") }) }
                }
            }))
            (form_post(&officer.link(&format!("{back}/aside")), None, html! {
                @if !proposed {
                    (Field::new(&locale, "reason", t!(locale, "office-vote-reason"))
                        .hint(t!(locale, "office-vote-reason-hint"))
                        .error(errors.of("reason").map(str::to_owned))
                        .max_length(REASON_MAX)
                        .textarea(reason, 3))
                }
                (Field::new(&locale, "sure", t!(locale, "office-vote-sure"))
                    .error(errors.of("sure").map(str::to_owned)).checkbox(false))
                (buttons(html! {
                    (button(Button::Danger, &yes, None))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&back)))
                }))
            }))
        }
    };
    let (title, lead) = (t!(locale, "office-batch-set-aside"), t!(locale, "office-batch-aside-lead"));
    let (polls, boxes) = (officer.link(&poll_path(&page.poll)), officer.link(&back));
    let way = [(page.poll.title.as_str(), polls.as_str()), (batch.title.as_str(), boxes.as_str())];
    let note = key.map(|key| said(&locale, key));
    let status = if note.is_some() { StatusCode::CONFLICT } else { status(errors) };
    let sheet = Sheet { desk: Desk::Paper, title: &title, lead: &lead, way: &way, errors, said: note };
    sheet.show(officer, status, body)
}

pub async fn ask_aside(officer: Officer, Path((_, poll, batch)): BatchPath) -> PageResult {
    officer.require(OFFICERS)?;
    let page = Page::of(officer, &poll, &batch).await?;
    Ok(aside_page(&page, "", &FieldErrors::new(), None))
}

pub async fn aside(officer: Officer, Path((_, poll, batch)): BatchPath, form: Form) -> PageResult {
    officer.require(OFFICERS)?;
    let page = Page::of(officer, &poll, &batch).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let proposed = !page.batch.set_aside_reason.is_empty();
    let reason = if proposed { String::new() } else { form.text("reason").replace("\r\n", "\n") };
    let mut errors = FieldErrors::new();
    if !proposed && (reason.is_empty() || reason.chars().count() > REASON_MAX as usize) {
        errors.push("reason", t!(locale, "office-vote-reason-missing"));
    }
    if form.get("sure") != "yes" {
        errors.push("sure", t!(locale, "office-sure-missing"));
    }
    if !errors.is_empty() {
        return Ok(aside_page(&page, &reason, &errors, None));
    }
    let request = SetPaperBatchAsideRequest {
        poll_id: page.poll.poll_id.clone(),
        paper_batch_id: page.batch.paper_batch_id.clone(),
        reason: reason.clone(),
    };
    match officer.services().paper().set_paper_batch_aside(officer.request(request)).await {
        Ok(answer) => {
            let state = answer.into_inner().paper_batch.map(|batch| batch.state());
            let word = if state == Some(PaperBatchState::SetAside) { "aside" } else { "proposed" };
            Ok(done(officer, &poll_path(&page.poll), word))
        }
        Err(status) => {
            let error = PageError::from(status);
            match error.reason().and_then(why_not) {
                Some(key) => Ok(aside_page(&page, &reason, &errors, Some(key))),
                None => Err(error),
            }
        }
    }
}
