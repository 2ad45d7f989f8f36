//! The items of a checklist: each is done, not needed, or still open.

use axum::extract::Path;
use axum::response::Response;
use comitia_proto::budgets::v1::{CheckItemRequest, ChecklistItem, ChecklistItemKind, ChecklistItemState};
use maud::{Markup, html};

use super::of_budget;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::instant;
use crate::pages::office::Officer;
use crate::pages::office::budgets::schedule::Around;
use crate::pages::office::budgets::{path, sheet};
use crate::pages::office::parts::{done, status};
use crate::pages::parts as site;
use crate::pages::slugs::Slug;
use crate::ui::{Button, Choice, Field, FieldErrors, Tone, button, button_link, buttons, form_post, tag};
use crate::visit::PageResult;

const NOTE_MAX: u32 = 1000;

/// In the address, what it is, what is asked, and what is meant by it.
pub(super) const ITEMS: [(&str, ChecklistItemKind, &str, &str); 5] = [
    (
        "roll",
        ChecklistItemKind::RollLoaded,
        key!("office-checklist-roll"),
        key!("office-checklist-roll-text"),
    ),
    (
        "letters",
        ChecklistItemKind::LettersOut,
        key!("office-checklist-letters"),
        key!("office-checklist-letters-text"),
    ),
    (
        "test",
        ChecklistItemKind::TestVoteDone,
        key!("office-checklist-test"),
        key!("office-checklist-test-text"),
    ),
    (
        "alerts",
        ChecklistItemKind::AlertsOn,
        key!("office-checklist-alerts"),
        key!("office-checklist-alerts-text"),
    ),
    (
        "backup",
        ChecklistItemKind::BackupTaken,
        key!("office-checklist-backup"),
        key!("office-checklist-backup-text"),
    ),
];

const STATES: [(&str, ChecklistItemState, &str); 3] = [
    ("open", ChecklistItemState::Open, key!("office-checklist-open")),
    ("done", ChecklistItemState::Done, key!("office-checklist-done")),
    ("not-needed", ChecklistItemState::NotNeeded, key!("office-checklist-not-needed")),
];

fn state_tag(locale: &Locale, state: ChecklistItemState) -> Markup {
    let (tone, label) = match state {
        ChecklistItemState::Open | ChecklistItemState::Unspecified => {
            (Tone::Warning, key!("office-checklist-open"))
        }
        ChecklistItemState::Done => (Tone::Success, key!("office-checklist-done")),
        ChecklistItemState::NotNeeded => (Tone::Neutral, key!("office-checklist-not-needed")),
    };
    tag(tone, &locale.text(label))
}

/// Where an item stands, and who said so.
pub(super) fn said_of(locale: &Locale, item: &ChecklistItem) -> Markup {
    html! {
        (state_tag(locale, item.state()))
        @if !item.note.is_empty() { " " (site::written(&item.note)) }
        @if item.change_time.is_some() { p .small { (by_whom(locale, item)) } }
    }
}

fn by_whom(locale: &Locale, item: &ChecklistItem) -> String {
    let time = instant(item.change_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
    if item.own {
        t!(locale, "office-checklist-by-you", time = time)
    } else {
        t!(locale, "office-checklist-by-colleague", time = time)
    }
}

impl Around {
    /// The page of one item.
    fn item_page(
        &self,
        (name, item): (&str, &ChecklistItem),
        (state, note): (&str, &str),
        errors: &FieldErrors,
    ) -> Result<Response, PageError> {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let found = ITEMS.iter().find(|one| one.0 == name).ok_or(PageError::NotFound)?;
        let labels: Vec<_> = STATES.iter().map(|(value, _, label)| (*value, locale.text(label))).collect();
        let choices: Vec<_> = labels.iter().map(|(value, label)| Choice::new(value, label)).collect();
        let field = |name: &'static str, label: &'static str| {
            Field::new(&locale, name, locale.text(label)).error(errors.of(name).map(str::to_owned))
        };
        let body = html! {
            @if item.change_time.is_some() { p .small { (by_whom(&locale, item)) } }
            (form_post(&officer.link(&format!("{}/{name}", self.list_path())), None, html! {
                (field("state", key!("office-checklist-state")).radios(Some(state), &choices))
                (field("note", key!("office-checklist-note"))
                    .hint(t!(locale, "office-checklist-note-hint"))
                    .optional().max_length(NOTE_MAX).textarea(note, 3))
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "office-save"), None))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&self.list_path())))
                }))
            }))
        };
        let (title, lead) = (locale.text(found.2), locale.text(found.3));
        let (list, budget) = (officer.link(&self.list_path()), officer.link(&path(&self.budget)));
        let name = t!(locale, "office-checklist");
        let way = [(self.budget.title.as_str(), budget.as_str()), (name.as_ref(), list.as_str())];
        Ok(sheet(&title, &lead, &way, errors).show(officer, status(errors), body))
    }
}

type ItemPath = Path<(String, String, String)>;

async fn item(around: &Around, name: &str) -> Result<ChecklistItem, PageError> {
    let found = ITEMS.iter().find(|one| one.0 == name).ok_or(PageError::NotFound)?;
    let list = of_budget(&around.officer, &around.budget.budget_id).await?;
    list.items.into_iter().find(|item| item.kind() == found.1).ok_or(PageError::NotFound)
}

pub async fn item_form(officer: Officer, slug: Slug, Path((_, _, name)): ItemPath) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let item = item(&around, &name).await?;
    let state = STATES.iter().find(|state| state.1 == item.state()).map_or("open", |state| state.0);
    around.item_page((&name, &item), (state, &item.note), &FieldErrors::new())
}

pub async fn check_item(
    officer: Officer,
    slug: Slug,
    Path((_, _, name)): ItemPath,
    form: Form,
) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let (officer, locale) = (&around.officer, around.officer.locale);
    let item = item(&around, &name).await?;
    let note = form.text("note").replace("\r\n", "\n");
    let typed = form.text("state");
    let state = STATES.iter().find(|state| state.0 == typed).map(|state| state.1);
    let mut errors = FieldErrors::new();
    if state.is_none() {
        errors.push("state", t!(locale, "office-checklist-state-missing"));
    }
    if state == Some(ChecklistItemState::NotNeeded) && note.trim().is_empty() {
        errors.push("note", t!(locale, "office-checklist-note-missing"));
    }
    if note.chars().count() > NOTE_MAX as usize {
        errors.push("note", t!(locale, "office-checklist-note-long"));
    }
    let (true, Some(state)) = (errors.is_empty(), state) else {
        return around.item_page((&name, &item), (typed, &note), &errors);
    };
    let request = CheckItemRequest {
        budget_id: around.budget.budget_id.clone(),
        kind: item.kind,
        state: state.into(),
        note,
    };
    officer.services().checklists().check_item(officer.request(request)).await?;
    Ok(done(officer, &around.list_path(), "checked"))
}
