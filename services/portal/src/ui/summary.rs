use maud::{Markup, html};

use crate::locale::{Locale, t};

/// An answer that was given.
#[derive(Debug)]
pub struct SummaryRow<'a> {
    /// The question, in few words.
    pub label: &'a str,
    /// The answer.
    pub value: Markup,
    /// Where it is changed.
    pub change: Option<&'a str>,
}

/// Answers to look over before they are sent, or facts about a thing.
#[must_use]
pub fn summary_list(locale: &Locale, rows: &[SummaryRow<'_>]) -> Markup {
    html! {
        dl .summary {
            @for row in rows {
                div {
                    dt { (row.label) }
                    dd .value { (row.value) }
                    @if let Some(path) = row.change {
                        dd .change { a href=(path) { (t!(locale, "ui-change")) span .unseen { " " (row.label) } } }
                    }
                }
            }
        }
    }
}
