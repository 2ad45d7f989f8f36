//! The vote as it would be, with what is said of it: the last look before it is frozen.

use axum::response::Response;
use comitia_proto::budgets::v1::{ScheduleVoteRequest, ScheduleVoteResponse, VoteWarning, VoteWarningKind};
use maud::{Markup, html};

use super::{Around, Draft};
use crate::locale::{key, t};
use crate::pages::calls::{count, instant};
use crate::pages::office::budgets::{path, voters};
use crate::pages::office::parts::status;
use crate::pages::rules;
use crate::ui::{
    Button, Column, Field, FieldErrors, Narrow, SummaryRow, Table, Tone, button, buttons, form_post, notice,
    summary_list, table,
};

impl Around {
    /// What will be, and what is said of it.
    pub fn check(
        &self,
        draft: &Draft,
        asked: &ScheduleVoteRequest,
        said: &ScheduleVoteResponse,
        errors: &FieldErrors,
    ) -> Response {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let signed = self.budget.sign_off_required;
        let (label, consequences) = if signed {
            let then = [
                key!("office-checklist-keeps"),
                key!("office-checklist-then"),
                key!("office-checklist-ends"),
            ];
            (key!("office-checklist-to-sign"), then)
        } else {
            let then = [
                key!("office-schedule-freezes"),
                key!("office-schedule-clock"),
                key!("office-schedule-cancel"),
            ];
            (key!("office-schedule-do"), then)
        };
        let body = html! {
            (self.warnings(&said.warnings))
            (self.facts(asked, said))
            @if said.electors.len() > 1 { (self.electors(said)) }
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
                ul { @for line in consequences { li { (locale.text(line)) } } }
            }))
            (form_post(&officer.link(&format!("{}/schedule", path(&self.budget))), None, html! {
                (draft.hidden())
                @if !signed {
                    (Field::new(&locale, "sure", t!(locale, "office-schedule-sure"))
                        .error(errors.of("sure").map(str::to_owned)).checkbox(false))
                }
                (buttons(html! {
                    (button(Button::Primary, &locale.text(label), Some(("to", "schedule"))))
                    (button(Button::Quiet, &t!(locale, "office-schedule-change"), Some(("to", "change"))))
                }))
            }))
        };
        self.sheet(errors, None, status(errors), body)
    }

    pub(super) fn warnings(&self, warnings: &[VoteWarning]) -> Markup {
        let locale = self.officer.locale;
        html! {
            @if warnings.is_empty() {
                (notice(&locale, Tone::Success, None, html! { p { (t!(locale, "office-schedule-no-warnings")) } }))
            } @else {
                (notice(&locale, Tone::Warning, Some(&t!(locale, "office-schedule-warnings")), html! {
                    ul { @for warning in warnings { li { (self.warning(warning)) } } }
                }))
            }
        }
    }

    fn warning(&self, warning: &VoteWarning) -> Markup {
        let (locale, number) = (self.officer.locale, count(warning.count));
        let text = match warning.kind() {
            VoteWarningKind::DistrictWithoutArea => t!(locale, "office-warning-no-area", count = number),
            VoteWarningKind::DistrictWithoutElectors => t!(locale, "office-warning-nobody", count = number),
            VoteWarningKind::MembersWithoutDistrict => {
                t!(locale, "office-warning-no-district", count = number)
            }
            VoteWarningKind::MembersWithoutBirthDate => {
                t!(locale, "office-warning-no-birth-date", count = number)
            }
            VoteWarningKind::ProjectDearerThanBudget => t!(locale, "office-warning-dearer", count = number),
            VoteWarningKind::ProjectWithoutCost => t!(locale, "office-warning-free", count = number),
            VoteWarningKind::Unspecified => return html! { span lang="en" { (warning.text) } },
        };
        let examples: Vec<_> = warning.examples.iter().map(|code| self.areas.title(code)).collect();
        html! { (text) @if !examples.is_empty() { " " (t!(locale, "office-warning-examples", list = examples.join(", "))) } }
    }

    pub(super) fn facts(&self, asked: &ScheduleVoteRequest, said: &ScheduleVoteResponse) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let when = |time: Option<&prost_types::Timestamp>| {
            instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
        };
        let until = |time: Option<&prost_types::Timestamp>| {
            instant(time).map(|time| locale.deadline(time)).unwrap_or_default()
        };
        let roll = self.rolls.iter().find(|roll| roll.roll_id == asked.roll_id);
        let list = |list: Vec<String>| html! { ul { @for one in list { li { (one) } } } };
        let rows = [
            (key!("office-schedule-opens"), html! { (when(asked.open_time.as_ref())) }),
            (key!("office-schedule-closes"), html! { (until(asked.close_time.as_ref())) }),
            (key!("office-schedule-paper-until"), html! { (until(asked.paper_close_time.as_ref())) }),
            (key!("office-schedule-roll"), html! { bdi { (roll.map_or("", |roll| &roll.title)) } }),
            (key!("office-schedule-who"), html! { strong { (voters(officer, said.elector_count)) } }),
            (key!("budgets-how-ballot"), list(rules::ballot(&locale, &self.budget))),
            (key!("budgets-how-decided"), list(rules::allocation(&locale, &self.budget))),
        ];
        let rows: Vec<_> = rows.into_iter().map(|(label, value)| (locale.text(label), value)).collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|(label, value)| SummaryRow { label, value: value.clone(), change: None })
            .collect();
        html! { h2 { (t!(locale, "office-schedule-this")) } (summary_list(&locale, &rows)) }
    }

    pub(super) fn electors(&self, said: &ScheduleVoteResponse) -> Markup {
        let locale = self.officer.locale;
        let (district, number) =
            (t!(locale, "office-schedule-district"), t!(locale, "office-schedule-number"));
        let columns = [Column { label: &district, numeric: false }, Column { label: &number, numeric: true }];
        let none = t!(locale, "result-district-none");
        let rows = said
            .electors
            .iter()
            .map(|found| {
                let name = if found.district.is_empty() { &none } else { self.areas.title(&found.district) };
                vec![html! { (name) }, html! { (locale.number(count(found.elector_count))) }]
            })
            .collect();
        let caption = t!(locale, "office-schedule-by-district");
        table(&Table { id: "electors", caption: &caption, columns: &columns, rows, narrow: Narrow::Scroll })
    }
}
