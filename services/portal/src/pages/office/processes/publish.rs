//! Publishing a process, with a page before it that says what will happen.

use comitia_proto::spaces::v1::{PhaseKind, Process, PublishProcessRequest};
use maud::html;

use super::{path, stands};
use crate::form::Form;
use crate::locale::t;
use crate::pages::calls;
use crate::pages::office::parts::{Question, done};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::Button;
use crate::visit::PageResult;

pub async fn ask(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    if process.published {
        return Ok(done(&officer, &path(&process), "published"));
    }
    Ok(with_question(&officer, &process, |question| question.ask(&officer)))
}

pub async fn publish(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    if let Err(page) = with_question(&officer, &process, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(PublishProcessRequest { process_id: slug.id() });
    officer.services().processes().publish_process(request).await?;
    Ok(done(&officer, &path(&process), "published"))
}

/// Runs `then` with what publishing means for this process today.
fn with_question<T>(officer: &Officer, process: &Process, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let (here, way) = (path(process), officer.link(&path(process)));
    let mut consequences = vec![
        t!(locale, "office-publish-everybody").into_owned(),
        t!(locale, "office-publish-today", stands = stands(officer, process)),
        t!(locale, "office-publish-clock").into_owned(),
        t!(locale, "office-publish-final").into_owned(),
    ];
    if process.phases.is_empty() {
        consequences.push(t!(locale, "office-publish-no-phase").into_owned());
    }
    if process.description.is_empty() {
        consequences.push(t!(locale, "office-publish-no-text").into_owned());
    }
    if process.phases.iter().all(|phase| phase.kind() != PhaseKind::Vote) {
        consequences.push(t!(locale, "office-publish-no-vote").into_owned());
    }
    then(&Question {
        desk: Desk::Processes,
        title: &t!(locale, "office-publish-title", process = &process.title),
        way: &[(&process.title, &way)],
        consequences: &consequences,
        sure: &t!(locale, "office-publish-sure"),
        not_sure: &t!(locale, "office-publish-not-sure"),
        yes: &t!(locale, "office-publish-do"),
        weight: Button::Primary,
        action: &format!("{here}/publish"),
        back: &here,
        hidden: html! {},
    })
}
