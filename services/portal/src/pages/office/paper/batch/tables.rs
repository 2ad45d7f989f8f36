//! What is in a box: what one has typed, where the entries differ, what was not counted.

use comitia_proto::voting::v1::{EnteredForm, PaperDifference};
use maud::{Markup, html};

use super::Page;
use crate::locale::t;
use crate::pages::office::paper::{batch_path, entry};
use crate::ui::{Column, Narrow, Table, details, form_post, table};

impl Page {
    /// What one has typed so far. A form is corrected by typing it again under its number.
    pub fn own(&self) -> Markup {
        let (officer, batch, locale) = (&self.officer, &self.batch, self.officer.locale);
        let labels = [
            t!(locale, "office-entry-number"),
            t!(locale, "office-entry-marks"),
            t!(locale, "office-entry-remove"),
        ];
        let columns: Vec<_> = labels.iter().map(|label| Column { label, numeric: false }).collect();
        let action = officer.link(&batch_path(&self.poll, batch));
        let rows = batch
            .own_forms
            .iter()
            .rev()
            .map(|form| {
                vec![
                    html! { (form.form_number) },
                    html! { (entry::written(&locale, form)) },
                    form_post(
                        &action,
                        None,
                        html! {
                            button .button.quiet.small type="submit" name="remove" value=(form.form_number) {
                                (t!(locale, "office-entry-remove")) span .unseen { " " (form.form_number) }
                            }
                        },
                    ),
                ]
            })
            .collect();
        details(
            &t!(locale, "office-entry-own", count = batch.own_forms.len()),
            html! {
                p { (t!(locale, "office-entry-own-text")) }
                (table(&Table {
                    id: "own",
                    caption: &t!(locale, "office-entry-own-caption"),
                    columns: &columns,
                    rows,
                    narrow: Narrow::Stack,
                }))
            },
        )
    }

    pub fn differences(&self) -> Markup {
        let (batch, locale) = (&self.batch, self.officer.locale);
        let mine = t!(locale, "office-batch-mine");
        let of = |place: u32, label: &str| {
            if batch.own_entry == place { format!("{label} ({mine})") } else { label.to_owned() }
        };
        let labels = [
            t!(locale, "office-entry-number").into_owned(),
            t!(locale, "office-batch-what-differs").into_owned(),
            of(1, &t!(locale, "office-batch-first-entry")),
            of(2, &t!(locale, "office-batch-second-entry")),
        ];
        let seen = if batch.own_entry > 0 { 4 } else { 2 };
        let columns: Vec<_> =
            labels.iter().take(seen).map(|label| Column { label, numeric: false }).collect();
        let what = |difference: &PaperDifference| match difference.difference.as_str() {
            "missing in first entry" => t!(locale, "office-differs-first-missing"),
            "missing in second entry" => t!(locale, "office-differs-second-missing"),
            "voter" => t!(locale, "office-differs-voter"),
            _ => t!(locale, "office-differs-ballot"),
        };
        let rows = batch
            .differences
            .iter()
            .map(|difference| {
                let written = |form: &Option<EnteredForm>| html! { (form.as_ref().map_or_else(|| "–".to_owned(), |form| entry::written(&locale, form))) };
                let mut row = vec![html! { (difference.form_number) }, html! { (what(difference)) }];
                if batch.own_entry > 0 {
                    row.push(written(&difference.first));
                    row.push(written(&difference.second));
                }
                row
            })
            .collect();
        html! {
            section aria-labelledby="differences" {
                h2 #differences { (t!(locale, "office-batch-differences", count = batch.differences.len())) }
                p { (t!(locale, "office-batch-differences-text")) }
                (table(&Table {
                    id: "differing",
                    caption: &t!(locale, "office-batch-differences-caption"),
                    columns: &columns,
                    rows,
                    narrow: Narrow::Stack,
                }))
            }
        }
    }

    pub fn rejections(&self) -> Markup {
        let (batch, locale) = (&self.batch, self.officer.locale);
        let labels = [t!(locale, "office-entry-number"), t!(locale, "result-reason")];
        let columns: Vec<_> = labels.iter().map(|label| Column { label, numeric: false }).collect();
        let why = |reason: &str| match reason {
            "voted online" => t!(locale, "office-rejected-online"),
            "voted on paper before" => t!(locale, "office-rejected-paper"),
            _ => t!(locale, "office-rejected-twice"),
        };
        let rows = batch
            .rejections
            .iter()
            .map(|rejection| vec![html! { (rejection.form_number) }, html! { (why(&rejection.reason)) }])
            .collect();
        html! {
            h2 { (t!(locale, "office-batch-rejected-title")) }
            (table(&Table {
                id: "rejected",
                caption: &t!(locale, "office-batch-rejected-caption"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
        }
    }
}
