//! One box: typing its forms, and where the two entries differ.

mod tables;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_proto::identity::v1::IssuePaperPermitsRequest;
use comitia_proto::voting::v1::{
    EnterPaperBallotsRequest, GetPaperBatchRequest, PaperBatch, PaperBatchState, PaperForm, Poll,
};
use http::StatusCode;
use maud::{Markup, html};

use super::entry::{self, Read, Row};
use super::{OFFICERS, READERS, batch_path, batch_tag, poll_path, said, why_not};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::count;
use crate::pages::office::parts::Sheet;
use crate::pages::office::{Desk, Officer, votes};
use crate::pages::parts as site;
use crate::ui::{
    Button, Column, FieldErrors, Narrow, Stat, Table, Tone, button, button_link, buttons, details, form_post,
    notice, stats, table,
};
use crate::visit::PageResult;

pub type BatchPath = Path<(String, String, String)>;

/// A box with its vote.
pub struct Page {
    pub officer: Officer,
    pub poll: Poll,
    pub batch: PaperBatch,
}

impl Page {
    pub async fn of(officer: Officer, poll: &str, batch: &str) -> Result<Self, PageError> {
        officer.require(READERS)?;
        let poll = votes::poll(&officer, poll).await?;
        if uuid::Uuid::try_parse(batch).is_err() {
            return Err(PageError::NotFound);
        }
        let request =
            GetPaperBatchRequest { poll_id: poll.poll_id.clone(), paper_batch_id: batch.to_owned() };
        let answer = officer.services().paper().get_paper_batch(officer.request(request)).await?;
        let batch = answer.into_inner().paper_batch.ok_or(PageError::NotFound)?;
        Ok(Self { officer, poll, batch })
    }

    /// Whether this officer may type: nobody else has their place.
    fn may_enter(&self) -> bool {
        let open = matches!(self.batch.state(), PaperBatchState::Entering | PaperBatchState::Agreed);
        let place = self.batch.own_entry > 0
            || self.batch.first_entry_count == 0
            || self.batch.second_entry_count == 0;
        open && place && self.officer.has_any(OFFICERS)
    }

    fn rows(&self) -> Vec<Row> {
        entry::fresh(self.batch.own_forms.last().map(|form| form.form_number.as_str()))
    }

    fn show(&self, rows: &[Row], errors: &FieldErrors, note: Option<Markup>) -> Response {
        let (officer, batch, locale) = (&self.officer, &self.batch, self.officer.locale);
        let state = batch.state();
        let body = html! {
            p { (batch_tag(&locale, state)) }
            (self.figures())
            (self.next())
            @if !batch.differences.is_empty() { (self.differences()) }
            @if self.may_enter() { (self.entry(rows, errors)) }
            @if !batch.own_forms.is_empty() && state != PaperBatchState::Committed { (self.own()) }
            @if !batch.rejections.is_empty() { (self.rejections()) }
            @if officer.has_any(OFFICERS) && matches!(state, PaperBatchState::Entering | PaperBatchState::Agreed) {
                p { a href=(officer.link(&format!("{}/aside", batch_path(&self.poll, batch)))) {
                    @if batch.set_aside_reason.is_empty() { (t!(locale, "office-batch-set-aside")) } @else { (t!(locale, "office-batch-aside-see")) }
                } }
            }
        };
        let lead = match state {
            PaperBatchState::Committed => t!(locale, "office-batch-lead-committed"),
            PaperBatchState::SetAside => t!(locale, "office-batch-lead-aside"),
            PaperBatchState::Agreed => t!(locale, "office-batch-lead-agreed"),
            PaperBatchState::Unspecified | PaperBatchState::Entering => {
                t!(locale, "office-batch-lead-entering")
            }
        };
        let link = officer.link(&poll_path(&self.poll));
        let way = [(self.poll.title.as_str(), link.as_str())];
        let status = match (&note, errors.is_empty()) {
            (Some(_), _) => StatusCode::CONFLICT,
            (None, true) => StatusCode::OK,
            (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let sheet =
            Sheet { desk: Desk::Paper, title: &batch.title, lead: &lead, way: &way, errors, said: note };
        sheet.show(officer, status, body)
    }

    fn figures(&self) -> Markup {
        let (batch, locale) = (&self.batch, self.officer.locale);
        let number = |value: i64| locale.number(count(value));
        let labels = [
            t!(locale, "office-batch-first"),
            t!(locale, "office-batch-second"),
            t!(locale, "office-batch-counted"),
            t!(locale, "office-batch-rejected"),
        ];
        let mut values = vec![number(batch.first_entry_count), number(batch.second_entry_count)];
        if batch.state() == PaperBatchState::Committed {
            values.push(number(batch.counted_count));
            values.push(number(batch.rejected_count));
        }
        let list: Vec<_> = values.iter().zip(&labels).map(|(value, label)| Stat { value, label }).collect();
        html! {
            (stats(&list))
            @if batch.blank_count + batch.invalid_count > 0 {
                p {
                    (t!(locale, "result-blank", count = count(batch.blank_count))) " "
                    (t!(locale, "result-invalid", count = count(batch.invalid_count)))
                }
            }
        }
    }

    /// Whose turn it is.
    fn next(&self) -> Markup {
        let (officer, batch, locale) = (&self.officer, &self.batch, self.officer.locale);
        let commit = officer.link(&format!("{}/commit", batch_path(&self.poll, batch)));
        let say = |key: &'static str| notice(&locale, Tone::Info, None, html! { p { (locale.text(key)) } });
        match batch.state() {
            PaperBatchState::Agreed if officer.has_any(OFFICERS) => {
                buttons(button_link(Button::Primary, &t!(locale, "office-batch-commit"), &commit))
            }
            PaperBatchState::SetAside => notice(
                &locale,
                Tone::Warning,
                Some(&t!(locale, "office-batch-aside-why")),
                html! { p { (site::written(&batch.set_aside_reason)) } },
            ),
            PaperBatchState::Entering if !batch.differences.is_empty() => say(key!("office-batch-differ")),
            PaperBatchState::Entering => match (batch.own_entry, batch.first_entry_count > 0) {
                (1, _) => say(key!("office-batch-you-first")),
                (2, _) => say(key!("office-batch-you-second")),
                (_, true) => say(key!("office-batch-be-second")),
                (_, false) => say(key!("office-batch-be-first")),
            },
            _ => html! {},
        }
    }

    /// The rows to type. Tab goes from field to field, Enter saves.
    fn entry(&self, rows: &[Row], errors: &FieldErrors) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let labels = [
            t!(locale, "office-entry-number"),
            t!(locale, "office-entry-member"),
            t!(locale, "office-entry-marks"),
        ];
        let columns: Vec<_> = labels.iter().map(|label| Column { label, numeric: false }).collect();
        let [number, member, marks] = &labels;
        let cell = |name: &str, place: usize, label: &str, value: &str| {
            let id = format!("{name}-{place}");
            let error = errors.of(&id);
            let label = t!(locale, "office-entry-label", label = label, row = place + 1);
            html! {
                input type="text" id=(id) name=(id) value=(value) aria-label=(label) autocomplete="off"
                    autocapitalize="none" spellcheck="false"
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{id}-error"))];
                @if let Some(error) = error { p .error-text id={ (id) "-error" } { (error) } }
            }
        };
        let rows = rows
            .iter()
            .enumerate()
            .map(|(place, row)| {
                vec![
                    cell("number", place, number, &row.number),
                    cell("member", place, member, &row.member),
                    cell("marks", place, marks, &row.marks),
                ]
            })
            .collect();
        html! {
            section .entry aria-labelledby="entry" {
                h2 #entry { (t!(locale, "office-entry-title")) }
                p { (t!(locale, "office-entry-how")) }
                (details(&t!(locale, "office-entry-projects"), self.legend()))
                (form_post(&officer.link(&batch_path(&self.poll, &self.batch)), None, html! {
                    (table(&Table {
                        id: "forms",
                        caption: &t!(locale, "office-entry-caption"),
                        columns: &columns,
                        rows,
                        narrow: Narrow::Stack,
                    }))
                    (buttons(button(Button::Primary, &t!(locale, "office-entry-save"), None)))
                }))
            }
        }
    }

    fn legend(&self) -> Markup {
        html! {
            ul { @for option in &self.poll.options { li { strong { (option.option_id) } " – " (site::written(&option.title)) } } }
        }
    }
}

pub async fn show(officer: Officer, Path((_, poll, batch)): BatchPath) -> PageResult {
    let page = Page::of(officer, &poll, &batch).await?;
    Ok(page.show(&page.rows(), &FieldErrors::new(), None))
}

/// Saves the rows that were typed, or takes one form out.
pub async fn enter(officer: Officer, Path((_, poll, batch)): BatchPath, form: Form) -> PageResult {
    officer.require(OFFICERS)?;
    let page = Page::of(officer, &poll, &batch).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let removed: Vec<_> =
        Some(form.text("remove")).filter(|one| !one.is_empty()).map(str::to_owned).into_iter().collect();
    let rows = entry::rows(&form);
    let mut errors = FieldErrors::new();
    let read =
        if removed.is_empty() { entry::read(&locale, &page.poll, &rows, &mut errors) } else { Vec::new() };
    if errors.is_empty() && read.is_empty() && removed.is_empty() {
        errors.push("member-0", t!(locale, "office-entry-nothing-typed"));
    }
    if !errors.is_empty() {
        return Ok(page.show(&rows, &errors, None));
    }
    let forms = match permits(&page, &read, &mut errors).await {
        Ok(forms) => forms,
        Err(error) => return page.refused(&rows, &read, error),
    };
    if !errors.is_empty() {
        return Ok(page.show(&rows, &errors, None));
    }
    let request = EnterPaperBallotsRequest {
        poll_id: page.poll.poll_id.clone(),
        paper_batch_id: page.batch.paper_batch_id.clone(),
        forms,
        keep_other_forms: true,
        remove_form_numbers: removed,
    };
    match officer.services().paper().enter_paper_ballots(officer.request(request)).await {
        Ok(_) => Ok(Redirect::to(&officer.link(&batch_path(&page.poll, &page.batch))).into_response()),
        Err(status) => page.refused(&rows, &read, status.into()),
    }
}

/// The forms with their voters' permits. Voters who have none are named at their fields.
async fn permits(page: &Page, read: &[Read], errors: &mut FieldErrors) -> Result<Vec<PaperForm>, PageError> {
    if read.is_empty() {
        return Ok(Vec::new());
    }
    let officer = &page.officer;
    let request = IssuePaperPermitsRequest {
        poll_id: page.poll.poll_id.clone(),
        member_numbers: read.iter().map(|row| row.member.clone()).collect(),
    };
    let answer = officer.services().permits().issue_paper_permits(officer.request(request)).await?;
    let mut forms = Vec::with_capacity(read.len());
    for (row, permit) in read.iter().zip(answer.into_inner().permits) {
        if permit.permit.is_empty() {
            let why = entry::refusal(&permit.refusal);
            errors.push(format!("member-{}", row.place), officer.locale.text(why));
        }
        forms.push(PaperForm {
            form_number: row.number.clone(),
            permit: permit.permit,
            ballot: row.ballot.clone(),
            kind: row.kind.into(),
        });
    }
    Ok(forms)
}

impl Page {
    /// What the API says of the forms (`forms[3].ballot…`) stands at their rows; what it says of the box, above them.
    fn refused(&self, rows: &[Row], read: &[Read], error: PageError) -> PageResult {
        let locale = self.officer.locale;
        if let Some(key) = error.reason().and_then(why_not) {
            return Ok(self.show(rows, &FieldErrors::new(), Some(said(&locale, key))));
        }
        let mut errors = FieldErrors::new();
        if let PageError::Api { violations, .. } = &error {
            for (field, _) in violations {
                let part = field.strip_prefix("forms[").and_then(|rest| rest.split_once(']'));
                let row = part
                    .and_then(|(place, rest)| Some((read.get(place.parse::<usize>().ok()?)?.place, rest)));
                let (name, text) = match row {
                    Some((place, rest)) if rest.starts_with(".form_number") => {
                        (format!("number-{place}"), key!("office-entry-number-wrong"))
                    }
                    Some((place, rest)) if rest.starts_with(".permit") => {
                        (format!("member-{place}"), key!("office-entry-not-eligible"))
                    }
                    Some((place, _)) => (format!("marks-{place}"), key!("office-entry-breaks-rules")),
                    None if field.starts_with("forms") => {
                        ("number-0".to_owned(), key!("office-entry-too-many"))
                    }
                    None if field.starts_with("member_numbers") => {
                        ("member-0".to_owned(), key!("office-entry-not-eligible"))
                    }
                    None => continue,
                };
                if errors.of(&name).is_none() {
                    errors.push(name, locale.text(text));
                }
            }
        }
        if errors.is_empty() { Err(error) } else { Ok(self.show(rows, &errors, None)) }
    }
}
