//! A copy of a roll as a file, as the register had it. Taking one is written into the roll's history.

use axum::body::Body;
use comitia_proto::identity::v1::{ExportMembersRequest, Roll};
use futures_util::TryStreamExt;
use maud::html;

use super::{path, roll};
use crate::form::Form;
use crate::locale::t;
use crate::pages::office::parts::{Question, csv_file};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::{self, Slug};
use crate::ui::Button;
use crate::visit::PageResult;

/// Runs `then` with the question before a copy leaves the house.
fn with_question<T>(officer: &Officer, roll: &Roll, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let here = path(roll);
    let consequences = [
        t!(locale, "office-copy-content").into_owned(),
        t!(locale, "office-copy-history").into_owned(),
        t!(locale, "office-copy-keep").into_owned(),
    ];
    then(&Question {
        desk: Desk::Rolls,
        title: &t!(locale, "office-copy-title", roll = &roll.title),
        way: &[(&roll.title, &officer.link(&here))],
        consequences: &consequences,
        sure: &t!(locale, "office-copy-sure"),
        not_sure: &t!(locale, "office-copy-not-sure"),
        yes: &t!(locale, "office-copy"),
        weight: Button::Primary,
        action: &format!("{here}/copy"),
        back: &here,
        hidden: html! {},
    })
}

pub async fn ask(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    Ok(with_question(&officer, &roll, |question| question.ask(&officer)))
}

/// The file, as it comes: it is never whole in memory.
pub async fn file(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    if let Err(page) = with_question(&officer, &roll, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(ExportMembersRequest { roll_id: slug.id() });
    let parts = officer.services().rolls().export_members(request).await?.into_inner();
    let content = Body::from_stream(parts.map_ok(|part| part.content));
    Ok(csv_file(content, &slugs::of_text(&roll.title, &roll.roll_id)))
}
