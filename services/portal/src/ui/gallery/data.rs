use maud::{Markup, html};

use super::{ARABIC, LONG_WORD, section};
use crate::locale::Locale;
use crate::ui::{
    Bar, Chart, Column, Map, Marker, Narrow, Point, Shape, Stat, SummaryRow, Table, Tone, bar_chart,
    line_chart, map, progress, stats, summary_list, table, tag,
};

pub(super) fn sections(locale: &Locale) -> Markup {
    html! {
        (section("Figures", stats(&[
            Stat { value: &locale.money(300_000_000, "EUR"), label: "budget" },
            Stat { value: &locale.number(12_408), label: "ballots" },
            Stat { value: &locale.percent(12_408, 61_003), label: "turnout" },
        ])))
        (section("Progress", html! {
            (progress("Spent", "2 140 000 € of 3 000 000 €", 2_140, 3_000))
            (progress("Not begun", "0 of 12", 0, 12))
            (progress("Done", "12 of 12", 12, 12))
        }))
        (section("Table that scrolls", numbers(locale)))
        (section("Table that stacks", things()))
        (section("Bars", bars(locale)))
        (section("Line", line(locale)))
        (section("Map", areas(locale)))
        (section("Check your answers", summary(locale)))
    }
}

fn areas(locale: &Locale) -> Markup {
    let shape = |title: &str, west: f64| Shape {
        title: title.to_owned(),
        rings: vec![vec![(west, 45.7), (west + 0.1, 45.7), (west + 0.1, 45.8), (west, 45.8)]],
    };
    let place = Marker {
        title: LONG_WORD.to_owned(),
        path: "#components".to_owned(),
        address: ARABIC.to_owned(),
        position: (4.87, 45.74),
    };
    let shapes = [shape("Old town", 4.8), shape("Riverside", 4.9)];
    map(
        locale,
        &Map { label: "Map", shapes: &shapes, points: &[place], listed: true, tiles: None, pick: None },
    )
}

fn numbers(locale: &Locale) -> Markup {
    let columns = ["District", "Roll", "Online", "On paper", "Invalid", "Turnout"];
    let columns: Vec<Column<'_>> =
        columns.iter().enumerate().map(|(index, label)| Column { label, numeric: index > 0 }).collect();
    let row = |name: &str, roll: u64, online: u64, paper: u64| {
        let numbers = [roll, online, paper, 3].map(|number| html! { (locale.number(number)) });
        let mut row = vec![html! { (name) }];
        row.extend(numbers);
        row.push(html! { (locale.percent(online + paper, roll)) });
        row
    };
    table(&Table {
        id: "turnout",
        caption: "Turnout by district",
        columns: &columns,
        rows: vec![
            row("Old town", 12_003, 2_481, 310),
            row("Riverside", 30_500, 6_020, 999),
            row("Hills", 18_500, 0, 0),
        ],
        narrow: Narrow::Scroll,
    })
}

fn things() -> Markup {
    let column = |label, numeric| Column { label, numeric };
    let row = |name: &str, state: Markup, cost: &str| {
        vec![html! { a href="#components" { (name) } }, state, html! { (cost) }]
    };
    table(&Table {
        id: "project-list",
        caption: "Projects",
        columns: &[column("Project", false), column("State", false), column("Cost", true)],
        rows: vec![
            row("Twelve trees for the market square", tag(Tone::Success, "Funded"), "24 000 €"),
            row(ARABIC, tag(Tone::Neutral, "Not funded"), "130 000 €"),
            row(LONG_WORD, tag(Tone::Warning, "Withdrawn"), "1 €"),
        ],
        narrow: Narrow::Stack,
    })
}

fn bars(locale: &Locale) -> Markup {
    let chart = Chart {
        id: "votes",
        title: "Votes by project",
        description: "The trees have the most votes, 4,120; the lane follows with 3,050.",
        label_column: "Project",
        value_column: "Votes",
    };
    let values = [4_120, 3_050, 1_980, 12, 0].map(|value| (value, locale.number(value)));
    let labels =
        ["Twelve trees for the market square", "A bicycle lane on the quay", ARABIC, LONG_WORD, "Nothing"];
    let bars: Vec<Bar<'_>> = labels
        .iter()
        .zip(&values)
        .map(|(label, (value, text))| Bar { label, value: *value, text, strong: *value > 2_000 })
        .collect();
    bar_chart(locale, &chart, &bars)
}

fn line(locale: &Locale) -> Markup {
    let chart = Chart {
        id: "per-day",
        title: "Ballots per day",
        description: "Many on the first day, few in between, most on the last.",
        label_column: "Day",
        value_column: "Ballots",
    };
    let values =
        [1_800, 950, 610, 480, 520, 490, 700, 1_100, 2_900].map(|value| (value, locale.number(value)));
    let labels = ["22 Nov", "23 Nov", "24 Nov", "25 Nov", "26 Nov", "27 Nov", "28 Nov", "29 Nov", "30 Nov"];
    let points: Vec<Point<'_>> = labels
        .iter()
        .zip(&values)
        .map(|(label, (value, text))| Point { label, value: *value, text })
        .collect();
    line_chart(locale, &chart, &points)
}

fn summary(locale: &Locale) -> Markup {
    let row = |label, value: &str, change| SummaryRow { label, value: html! { (value) }, change };
    summary_list(
        locale,
        &[
            row("Title", "Twelve trees for the market square", Some("#components")),
            row("Place", LONG_WORD, Some("#components")),
            row("Category", "Green spaces", None),
        ],
    )
}
