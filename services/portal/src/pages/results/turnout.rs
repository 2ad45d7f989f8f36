//! Who took part: in all, by district and by channel, in groups that nobody can be told from.

use comitia_proto::voting::v1::{DistrictTurnout, Turnout};
use maud::{Markup, html};

use crate::locale::{Locale, t};
use crate::pages::calls::{Areas, count};
use crate::ui::{Bar, Chart, Column, Narrow, Table, bar_chart, table};

/// The turnout.
pub fn section(locale: &Locale, areas: &Areas, turnout: &Turnout) -> Markup {
    let papers =
        turnout.districts.iter().any(|district| district.paper_count > 0 || district.any_channel_count > 0);
    html! {
        section aria-labelledby="turnout" {
            h2 #turnout { (t!(locale, "result-turnout")) }
            p { (t!(locale, "result-turnout-all", count = count(turnout.ballot_count))) }
            @if turnout.blank_paper_count > 0 || turnout.invalid_paper_count > 0 {
                p {
                    (t!(locale, "result-blank", count = count(turnout.blank_paper_count))) " "
                    (t!(locale, "result-invalid", count = count(turnout.invalid_paper_count)))
                }
            }
            @if turnout.districts.len() > 1 { (chart(locale, areas, turnout)) }
            @if !turnout.districts.is_empty() && papers { (channels(locale, areas, turnout)) }
        }
    }
}

/// Together: what came online, on paper, and what does not say.
fn all(district: &DistrictTurnout) -> u64 {
    count(district.online_count) + count(district.paper_count) + count(district.any_channel_count)
}

/// What people call a district.
pub fn name(locale: &Locale, areas: &Areas, code: &str) -> String {
    match code {
        "" => t!(locale, "result-district-none").into_owned(),
        "*" => t!(locale, "result-district-small").into_owned(),
        code => areas.title(code).to_owned(),
    }
}

fn chart(locale: &Locale, areas: &Areas, turnout: &Turnout) -> Markup {
    let mut rows: Vec<_> = turnout
        .districts
        .iter()
        .map(|district| {
            (name(locale, areas, &district.district), all(district), locale.number(all(district)))
        })
        .collect();
    rows.sort_by_key(|(_, votes, _)| std::cmp::Reverse(*votes));
    let bars: Vec<_> =
        rows.iter().map(|(label, value, text)| Bar { label, value: *value, text, strong: true }).collect();
    let (title, about) = (t!(locale, "result-districts"), t!(locale, "result-districts-about"));
    let (label_column, value_column) = (t!(locale, "result-district"), t!(locale, "result-ballots-column"));
    let chart = Chart {
        id: "districts",
        title: &title,
        description: &about,
        label_column: &label_column,
        value_column: &value_column,
    };
    bar_chart(locale, &chart, &bars)
}

fn channels(locale: &Locale, areas: &Areas, turnout: &Turnout) -> Markup {
    let labels = [
        t!(locale, "result-district"),
        t!(locale, "result-online"),
        t!(locale, "result-paper"),
        t!(locale, "result-any-channel"),
    ];
    let columns = [false, true, true, true];
    let columns: Vec<_> =
        labels.iter().zip(columns).map(|(label, numeric)| Column { label, numeric }).collect();
    let rows = turnout
        .districts
        .iter()
        .map(|district| {
            let number = |value| html! { (locale.number(count(value))) };
            vec![
                html! { (name(locale, areas, &district.district)) },
                number(district.online_count),
                number(district.paper_count),
                number(district.any_channel_count),
            ]
        })
        .collect();
    let caption = t!(locale, "result-channels");
    table(&Table { id: "channels", caption: &caption, columns: &columns, rows, narrow: Narrow::Scroll })
}
