//! The calendar of a process: typed, checked on a page of its own, then saved. What is wrong stands at its field; gaps and
//! overlaps are shown before anything is saved.

use axum::response::Response;
use chrono::{DateTime, Utc};
use comitia_platform::Reason;
use comitia_platform::validate::timestamp;
use comitia_proto::spaces::v1::{Phase, PhaseKind, Process, UpdateProcessRequest};
use http::StatusCode;
use maud::{Markup, html};
use prost_types::FieldMask;

use super::calendar::{End, Fault, moment, typed};
use super::{TITLE_MAX, kind_name, path, phase_table, seam_notices};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::calls::{self, instant};
use crate::pages::office::parts::{Sheet, changed_meanwhile, done, is_changed, status};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, Width, button, button_link,
    buttons, form_post, notice, table,
};
use crate::visit::PageResult;

/// The most phases of a process, as the API has it, and the empty rows that a form offers.
const PHASES: usize = 100;
const FREE: usize = 2;
/// The longest reason, as the API has it.
const REASON_MAX: u32 = 1000;

/// The kinds, by the words of the form.
const KINDS: [(&str, PhaseKind); 5] = [
    ("information", PhaseKind::Information),
    ("submission", PhaseKind::Submission),
    ("examination", PhaseKind::Examination),
    ("vote", PhaseKind::Vote),
    ("execution", PhaseKind::Execution),
];

/// A phase as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    id: String,
    title: String,
    kind: String,
    first: String,
    first_time: String,
    last: String,
    last_time: String,
    remove: bool,
}

impl Row {
    fn of(locale: &Locale, phase: &Phase) -> Self {
        let fields = |end, time: Option<&prost_types::Timestamp>| {
            instant(time).map(|time| typed(locale.zone, end, time)).unwrap_or_default()
        };
        let (first, first_time) = fields(End::First, phase.start_time.as_ref());
        let (last, last_time) = fields(End::Last, phase.end_time.as_ref());
        let kind =
            KINDS.iter().find(|(_, kind)| *kind == phase.kind()).map_or("information", |(word, _)| *word);
        Self {
            id: phase.phase_id.clone(),
            title: phase.title.clone(),
            kind: kind.to_owned(),
            first,
            first_time,
            last,
            last_time,
            remove: false,
        }
    }

    fn sent(form: &Form, place: usize) -> Self {
        let get = |name: &str| form.text(&format!("{name}-{place}")).to_owned();
        Self {
            id: get("id"),
            title: get("title"),
            kind: get("kind"),
            first: get("first"),
            first_time: get("first-time"),
            last: get("last"),
            last_time: get("last-time"),
            remove: get("remove") == "yes",
        }
    }

    fn is_empty(&self) -> bool {
        self.id.is_empty() && self.title.is_empty() && self.first.is_empty() && self.last.is_empty()
    }

    /// The phase, or what is wrong at its fields.
    fn phase(&self, locale: &Locale, place: usize, errors: &mut FieldErrors) -> Option<Phase> {
        let letters = self.title.chars().count();
        if letters == 0 || letters > usize::try_from(TITLE_MAX).unwrap_or(usize::MAX) {
            errors.push(format!("title-{place}"), t!(locale, "office-phase-title-wrong"));
        }
        let start = self.moment(locale, place, End::First, errors);
        let end = self.moment(locale, place, End::Last, errors);
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            errors.push(format!("last-{place}"), t!(locale, "office-phase-ends-before"));
        }
        let kind = KINDS.iter().find(|(word, _)| *word == self.kind).map(|(_, kind)| *kind);
        Some(Phase {
            phase_id: self.id.clone(),
            title: self.title.clone(),
            kind: kind.unwrap_or(PhaseKind::Information).into(),
            start_time: Some(timestamp(start?)),
            end_time: Some(timestamp(end?)),
        })
    }

    fn moment(
        &self,
        locale: &Locale,
        place: usize,
        end: End,
        errors: &mut FieldErrors,
    ) -> Option<DateTime<Utc>> {
        let (name, day, time) = match end {
            End::First => ("first", &self.first, &self.first_time),
            End::Last => ("last", &self.last, &self.last_time),
        };
        let (field, text) = match moment(locale.zone, end, day, time) {
            Ok(moment) => return Some(moment),
            Err(Fault::Day) => (format!("{name}-{place}"), t!(locale, "office-phase-day-wrong")),
            Err(Fault::Time) => (format!("{name}-time-{place}"), t!(locale, "office-phase-time-wrong")),
            Err(Fault::Skipped) => (format!("{name}-time-{place}"), t!(locale, "office-phase-time-skipped")),
        };
        errors.push(field, text);
        None
    }
}

/// What the form has: its rows, and the tag of what they change.
struct Draft {
    rows: Vec<Row>,
    etag: String,
    /// Why dates move, for everybody to read.
    reason: String,
}

impl Draft {
    fn sent(form: &Form) -> Self {
        let count = form.text("rows").parse::<usize>().unwrap_or(0).min(PHASES);
        Self {
            rows: (0..count).map(|place| Row::sent(form, place)).collect(),
            etag: form.text("etag").to_owned(),
            reason: form.text("reason").replace("\r\n", "\n"),
        }
    }

    /// The phases in the order of time, or what is wrong with them.
    fn phases(&self, locale: &Locale) -> Result<Vec<Phase>, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut phases = Vec::new();
        for (place, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_empty() && !row.remove) {
            phases.extend(row.phase(locale, place, &mut errors).map(|phase| (place, phase)));
        }
        phases.sort_by_key(|(_, phase)| instant(phase.start_time.as_ref()));
        for pair in phases.windows(2) {
            let [(_, before), (place, after)] = pair else { continue };
            if instant(after.start_time.as_ref()) < instant(before.end_time.as_ref()) {
                let text = t!(locale, "office-phase-overlaps", other = &before.title);
                errors.push(format!("first-{place}"), text);
            }
        }
        if errors.is_empty() { Ok(phases.into_iter().map(|(_, phase)| phase).collect()) } else { Err(errors) }
    }
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    let rows = process.phases.iter().map(|phase| Row::of(&officer.locale, phase)).collect();
    let draft = Draft { rows, etag: process.etag.clone(), reason: String::new() };
    Ok(page(&officer, &process, draft, &FieldErrors::new(), None))
}

fn page(
    officer: &Officer,
    process: &Process,
    mut draft: Draft,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let here = path(process);
    let used = draft.rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    draft.rows.resize((used + FREE).min(PHASES), Row::default());
    let body = html! {
        p { (t!(locale, "office-phases-hint", zone = locale.zone.name())) }
        (form_post(&officer.link(&format!("{here}/phases")), None, html! {
            input type="hidden" name="etag" value=(draft.etag);
            input type="hidden" name="reason" value=(draft.reason);
            input type="hidden" name="rows" value=(draft.rows.len());
            @for (place, row) in draft.rows.iter().enumerate() { (row_fields(&locale, place, row, errors)) }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-phases-check"), Some(("to", "check"))))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&here)))
            }))
        }))
    };
    sheet(officer, process, errors, said, status(errors), body)
}

fn sheet(
    officer: &Officer,
    process: &Process,
    errors: &FieldErrors,
    said: Option<Markup>,
    status: StatusCode,
    body: Markup,
) -> Response {
    let locale = officer.locale;
    let way = officer.link(&path(process));
    let sheet = Sheet {
        desk: Desk::Processes,
        title: &t!(locale, "office-phases-of"),
        lead: &t!(locale, "office-phases-lead"),
        way: &[(&process.title, &way)],
        errors,
        said,
    };
    sheet.show(officer, status, body)
}

fn row_fields(locale: &Locale, place: usize, row: &Row, errors: &FieldErrors) -> Markup {
    let names: Vec<_> = KINDS.iter().map(|(word, kind)| (*word, locale.text(kind_name(*kind)))).collect();
    let choices: Vec<_> = names.iter().map(|(word, name)| Choice::new(word, name)).collect();
    let field = |name: &str, label: std::borrow::Cow<'static, str>| {
        let name = format!("{name}-{place}");
        let error = errors.of(&name).map(str::to_owned);
        Field::new(locale, name, label).error(error)
    };
    let legend = if row.is_empty() {
        t!(locale, "office-phase-new").into_owned()
    } else {
        t!(locale, "office-phase-number", number = place + 1)
    };
    html! {
        fieldset .panel {
            legend { (legend) }
            input type="hidden" name={ "id-" (place) } value=(row.id);
            (field("title", t!(locale, "office-phase-title")).max_length(TITLE_MAX).input(Kind::Text, &row.title))
            (field("kind", t!(locale, "office-phase-kind")).width(Width::Medium)
                .select(Some(&row.kind), None, &choices))
            div .pair {
                (field("first", t!(locale, "office-phase-first")).input(Kind::Date, &row.first))
                (field("first-time", t!(locale, "office-phase-first-time")).optional().input(Kind::Time, &row.first_time))
            }
            div .pair {
                (field("last", t!(locale, "office-phase-last")).input(Kind::Date, &row.last))
                (field("last-time", t!(locale, "office-phase-last-time")).optional().input(Kind::Time, &row.last_time))
            }
            @if !row.is_empty() {
                (field("remove", t!(locale, "office-phase-remove")).checkbox(row.remove))
            }
        }
    }
}

/// Checks, or goes back to the form, or saves, as the button says.
pub async fn go_on(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let process = calls::process(&officer, slug.id()).await?;
    let draft = Draft::sent(&form);
    let phases = match draft.phases(&officer.locale) {
        Ok(phases) => phases,
        Err(errors) => return Ok(page(&officer, &process, draft, &errors, None)),
    };
    match form.text("to") {
        "change" => Ok(page(&officer, &process, draft, &FieldErrors::new(), None)),
        "save" if draft.reason.chars().count() > REASON_MAX as usize => {
            let mut errors = FieldErrors::new();
            errors.push("reason", t!(officer.locale, "office-phases-reason-long"));
            Ok(check(&officer, &process, &draft, phases, &errors))
        }
        "save" => save(&officer, &process, draft, phases).await,
        _ => Ok(check(&officer, &process, &draft, phases, &FieldErrors::new())),
    }
}

/// What will be, what changes, and what follows of it.
fn check(
    officer: &Officer,
    process: &Process,
    draft: &Draft,
    phases: Vec<Phase>,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let after = Process { phases, ..process.clone() };
    let body = html! {
        @if process.published {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-phases-public")), html! {
                p { (t!(locale, "office-phases-public-text")) }
            }))
        }
        (seam_notices(&locale, &after))
        (phase_table(&locale, &after))
        (changes(&locale, process, &after))
        (form_post(&officer.link(&format!("{}/phases", path(process))), None, html! {
            (hidden(draft))
            @if process.published && moves_dates(process, &after) {
                (Field::new(&locale, "reason", t!(locale, "office-phases-reason"))
                    .hint(t!(locale, "office-phases-reason-hint")).error(errors.of("reason").map(str::to_owned))
                    .optional().max_length(REASON_MAX).textarea(&draft.reason, 3))
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-phases-save"), Some(("to", "save"))))
                (button(Button::Secondary, &t!(locale, "office-phases-back"), Some(("to", "change"))))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&path(process))))
            }))
        }))
    };
    sheet(officer, process, errors, None, status(errors), body)
}

/// Whether a phase has other dates than before.
fn moves_dates(before: &Process, after: &Process) -> bool {
    after.phases.iter().any(|phase| {
        before.phases.iter().any(|was| {
            was.phase_id == phase.phase_id
                && (was.start_time, was.end_time) != (phase.start_time, phase.end_time)
        })
    })
}

/// What was typed travels in the form.
fn hidden(draft: &Draft) -> Markup {
    html! {
        input type="hidden" name="etag" value=(draft.etag);
        input type="hidden" name="rows" value=(draft.rows.len());
        @for (place, row) in draft.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
            @for (name, value) in [
                ("id", &row.id), ("title", &row.title), ("kind", &row.kind), ("first", &row.first),
                ("first-time", &row.first_time), ("last", &row.last), ("last-time", &row.last_time),
            ] {
                input type="hidden" name={ (name) "-" (place) } value=(value);
            }
            @if row.remove { input type="hidden" name={ "remove-" (place) } value="yes"; }
        }
    }
}

/// Before and after, of the phases that are other than before.
fn changes(locale: &Locale, before: &Process, after: &Process) -> Markup {
    let when = |phase: &Phase| {
        let start = instant(phase.start_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
        let end = instant(phase.end_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default();
        t!(locale, "office-phase-from-to", start = start, end = end)
    };
    let new = t!(locale, "office-phase-is-new");
    let gone = t!(locale, "office-phase-is-gone");
    let mut rows = Vec::new();
    for phase in &before.phases {
        match after.phases.iter().find(|other| other.phase_id == phase.phase_id) {
            None => rows.push((phase.title.clone(), when(phase), gone.to_string())),
            Some(other) if when(other) != when(phase) => {
                rows.push((other.title.clone(), when(phase), when(other)));
            }
            Some(_) => {}
        }
    }
    let added = after.phases.iter().filter(|phase| phase.phase_id.is_empty());
    rows.extend(added.map(|phase| (phase.title.clone(), new.to_string(), when(phase))));
    if rows.is_empty() || before.phases.is_empty() {
        return html! {};
    }
    let heads = [
        t!(locale, "office-phase-title"),
        t!(locale, "office-phase-before"),
        t!(locale, "office-phase-after"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = rows
        .into_iter()
        .map(|(title, before, after)| vec![html! { bdi { (title) } }, html! { (before) }, html! { (after) }])
        .collect();
    table(&Table {
        id: "changes",
        caption: &t!(locale, "office-phases-changes"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

async fn save(officer: &Officer, process: &Process, draft: Draft, phases: Vec<Phase>) -> PageResult {
    let locale = officer.locale;
    let request = UpdateProcessRequest {
        process: Some(Process {
            process_id: process.process_id.clone(),
            phases,
            etag: draft.etag.clone(),
            ..Process::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["phases".into()] }),
        reason: draft.reason.clone(),
    };
    let Err(status) = officer.services().processes().update_process(officer.request(request)).await else {
        return Ok(done(officer, &path(process), "saved"));
    };
    let error = PageError::from(status);
    if is_changed(&error) {
        let draft = Draft { etag: process.etag.clone(), ..draft };
        let said = Some(changed_meanwhile(officer));
        return Ok(page(officer, process, draft, &FieldErrors::new(), said));
    }
    let text = match error.reason() {
        Some(Reason::PhaseHasVote) => t!(locale, "office-phases-vote"),
        Some(Reason::PhaseDatesInvalid | Reason::FieldInvalid) => t!(locale, "office-phases-refused"),
        _ => return Err(error),
    };
    let said = notice(&locale, Tone::Error, None, html! { p { (text) } });
    Ok(page(officer, process, draft, &FieldErrors::new(), Some(said)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn locale() -> Locale {
        Locale::new(Language::parse("en").unwrap(), chrono_tz::Europe::Paris)
    }

    fn row(title: &str, first: &str, last: &str) -> Row {
        Row {
            title: title.into(),
            kind: "vote".into(),
            first: first.into(),
            last: last.into(),
            ..Row::default()
        }
    }

    fn wrong(rows: Vec<Row>) -> Vec<String> {
        let draft = Draft { rows, etag: String::new(), reason: String::new() };
        let errors = draft.phases(&locale()).unwrap_err();
        errors.iter().map(|error| error.field.clone()).collect()
    }

    #[test]
    fn phases_are_sorted_and_empty_rows_left_out() {
        let gone = Row { remove: true, ..row("C", "2026-06-01", "2026-06-02") };
        let rows = vec![
            row("B", "2026-06-11", "2026-06-20"),
            gone,
            row("A", "2026-06-01", "2026-06-10"),
            Row::default(),
        ];
        let phases = Draft { rows, etag: String::new(), reason: String::new() }.phases(&locale()).unwrap();
        assert_eq!(phases.iter().map(|phase| phase.title.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(phases[0].end_time, phases[1].start_time);
        let again = Row::of(&locale(), &phases[0]);
        assert_eq!((again.first.as_str(), again.last.as_str()), ("2026-06-01", "2026-06-10"));
    }

    #[test]
    fn what_is_wrong_stands_at_its_field() {
        assert_eq!(wrong(vec![row("", "2026-06-01", "2026-06-02")]), ["title-0"]);
        assert_eq!(wrong(vec![row("A", "", "2026-06-02")]), ["first-0"]);
        assert_eq!(wrong(vec![row("A", "2026-06-03", "2026-06-02")]), ["last-0"]);
        let skipped = Row { first_time: "02:30".into(), ..row("A", "2026-03-29", "2026-04-02") };
        assert_eq!(wrong(vec![skipped]), ["first-time-0"]);
        let overlap = vec![row("A", "2026-06-01", "2026-06-05"), row("B", "2026-06-05", "2026-06-09")];
        assert_eq!(wrong(overlap), ["first-1"]);
    }
}
