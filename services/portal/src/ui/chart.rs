use maud::{Markup, html};

use super::details;
use super::table::{Column, Narrow, Table, table};
use crate::locale::{Locale, t};

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar<'a> {
    /// What it stands for.
    pub label: &'a str,
    /// How long it is.
    pub value: u64,
    /// The value as people read it.
    pub text: &'a str,
    /// Whether it stands out, as what was funded among all.
    pub strong: bool,
}

/// The words of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// Unique in the page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What one sees in it, in a sentence, for those who do not see it.
    pub description: &'a str,
    /// The heading of the column of labels in the table of the same numbers.
    pub label_column: &'a str,
    /// The heading of the column of values.
    pub value_column: &'a str,
}

impl Chart<'_> {
    /// The picture with its title, and its numbers as a table.
    pub(super) fn figure(&self, locale: &Locale, picture: &Markup, rows: Vec<Vec<Markup>>) -> Markup {
        let columns = [
            Column { label: self.label_column, numeric: false },
            Column { label: self.value_column, numeric: true },
        ];
        let numbers = Table {
            id: &format!("{}-numbers", self.id),
            caption: self.title,
            columns: &columns,
            rows,
            narrow: Narrow::Scroll,
        };
        html! {
            figure .chart id=(self.id) {
                figcaption { (self.title) }
                (picture)
                (details(&t!(locale, "ui-chart-numbers"), table(&numbers)))
            }
        }
    }

    pub(super) fn described_by(&self) -> String {
        format!("{0}-title {0}-about", self.id)
    }

    pub(super) fn description(&self) -> Markup {
        html! {
            title id={ (self.id) "-title" } { (self.title) }
            desc id={ (self.id) "-about" } { (self.description) }
        }
    }
}

const ROW: u32 = 52;
const LABEL: usize = 32;

/// Bars below each other, the longest over the whole width. The picture is not scaled, so that its words stay as large as
/// the page's: lengths are shares of the width.
#[must_use]
pub fn bar_chart(locale: &Locale, chart: &Chart<'_>, bars: &[Bar<'_>]) -> Markup {
    let longest = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let height = u32::try_from(bars.len()).unwrap_or(u32::MAX / ROW).saturating_mul(ROW);
    let picture = html! {
        svg .bars role="img" aria-labelledby=(chart.described_by()) width="100%" height=(height) {
            (chart.description())
            @for (y, bar) in (0_u32..).step_by(52).zip(bars) {
                text .label x="0" y=(y + 18) { (shortened(bar.label)) }
                rect .track x="0" y=(y + 27) width="70%" height="12" rx="6" {}
                rect .bar.strong[bar.strong] x="0" y=(y + 27) width=(share(bar.value, longest)) height="12" rx="6" {}
                text .value x="100%" y=(y + 38) text-anchor="end" { (bar.text) }
            }
        }
    };
    let rows = bars.iter().map(|bar| vec![html! { (bar.label) }, html! { (bar.text) }]).collect();
    chart.figure(locale, &picture, rows)
}

/// A share of the seventy hundredths of the width that bars have, with two digits behind the point.
fn share(value: u64, longest: u64) -> String {
    let hundredths = u128::from(value) * 7000 / u128::from(longest);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Words in a picture do not wrap. The table has the whole label.
fn shortened(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    let kept: String = label.chars().take(LABEL - 1).collect();
    format!("{}…", kept.trim_end())
}

/// How much of something is reached: a bar with its words above it. `text` says the same in words.
#[must_use]
pub fn progress(label: &str, text: &str, value: u64, most: u64) -> Markup {
    html! {
        div .progress {
            p { span { (label) } " " strong { (text) } }
            progress value=(value.min(most)) max=(most.max(1)) aria-label=(label) { (text) }
        }
    }
}
