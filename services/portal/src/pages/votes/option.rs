//! An option of a ballot: its mark, its title, its cost, and what it is about.

use comitia_proto::voting::v1::{BallotType, PollOption};
use maud::{Markup, html};

use super::ballot::{Sheet, field};
use super::entry::{CHOICE, Marks, POINTS, RANK, marks, poll_kind};
use super::paper::About;
use super::rules::{Rule, Totals, rules};
use crate::locale::t;
use crate::pages::parts::project_path;

/// What all lines of a ballot need.
pub struct Lines<'a> {
    sheet: &'a Sheet<'a>,
    rules: Vec<Rule<'a>>,
    categories: &'a [&'a str],
    so_far: Totals,
}

impl<'a> Lines<'a> {
    /// The lines of a ballot on which so much is chosen.
    pub fn new(sheet: &'a Sheet<'a>, categories: &'a [&'a str], so_far: Totals) -> Self {
        Self { sheet, rules: rules(sheet.poll()), categories, so_far }
    }
}

/// An option in its line.
pub fn line(lines: &Lines<'_>, index: usize) -> Markup {
    let sheet = lines.sheet;
    let Some(option) = sheet.poll().options.get(index) else { return html! {} };
    let id = field(index);
    let places: Vec<_> = option
        .categories
        .iter()
        .filter_map(|name| lines.categories.binary_search(&name.as_str()).ok())
        .map(|place| place.to_string())
        .collect();
    let no_room = !sheet.entry.values.contains_key(&index) && !fits(lines, option);
    let error = sheet.errors.of(&id);
    html! {
        li data-cost=(option.cost) data-in=(places.join(" ")) .no-room[no_room] .invalid[error.is_some()] {
            @if let Some(error) = error { p .error-text id={ (id) "-error" } { (error) } }
            (mark(sheet, index, option, &id, error.is_some()))
            p .no-room-note hidden[!no_room] { (t!(sheet.visit.locale, "vote-no-room")) }
            (about(sheet, option, &id))
        }
    }
}

/// Whether an option can still be chosen beside the others.
fn fits(lines: &Lines<'_>, option: &PollOption) -> bool {
    if poll_kind(lines.sheet.poll()) == BallotType::ChooseOne {
        return true;
    }
    let so_far = lines.so_far;
    lines.rules.iter().all(|rule| match rule {
        Rule::Choices(limits) => limits.max == 0 || so_far.choices < limits.max,
        Rule::Cost(limits) => limits.max == 0 || so_far.cost + i128::from(option.cost) <= limits.max,
        _ => true,
    })
}

fn mark(sheet: &Sheet<'_>, index: usize, option: &PollOption, id: &str, wrong: bool) -> Markup {
    let locale = sheet.visit.locale;
    let value = sheet.entry.values.get(&index);
    let described = wrong.then(|| format!("{id}-error"));
    let invalid = wrong.then_some("true");
    let label = html! {
        label for=(id) {
            span .choice-label dir="auto" { (option.title) }
            @if option.cost > 0 { " " span .choice-aside { (sheet.words().money(option.cost.into())) } }
        }
    };
    let number = |name: &str, unit: &str| {
        html! {
            div .numbered {
                (label)
                span .affixed {
                    input .short type="text" inputmode="numeric" id=(id) name={ (name) (option.option_id) }
                        value=[value] maxlength="9" aria-describedby=[&described] aria-invalid=[invalid];
                    span .affix { (unit) }
                }
            }
        }
    };
    match marks(sheet.poll()) {
        Marks::Boxes => {
            let one = poll_kind(sheet.poll()) == BallotType::ChooseOne;
            html! {
                div .choice {
                    input type=(if one { "radio" } else { "checkbox" }) id=(id) name=(CHOICE) value=(option.option_id)
                        checked[value.is_some()] aria-describedby=[&described] aria-invalid=[invalid];
                    (label)
                }
            }
        }
        Marks::Points => number(POINTS, &t!(locale, "vote-points-unit")),
        Marks::Ranks => number(RANK, &t!(locale, "vote-rank-unit")),
    }
}

fn about(sheet: &Sheet<'_>, option: &PollOption, id: &str) -> Markup {
    let locale = sheet.visit.locale;
    let about = sheet.paper.envelope.as_ref().and_then(|envelope| envelope.projects.get(&option.option_id));
    let place = about.map(|about| about.address.as_str()).filter(|address| !address.is_empty());
    html! {
        @if place.is_some() || !option.categories.is_empty() {
            p .hint {
                @if let Some(place) = place { span dir="auto" { (place) } }
                @if place.is_some() && !option.categories.is_empty() { " · " }
                (option.categories.join(", "))
            }
        }
        @if let Some(about) = about.filter(|about| !about.text.0.is_empty()) {
            details .more {
                summary id={ (id) "-more" } {
                    (t!(locale, "vote-about")) span .unseen { " " (option.title) }
                }
                div { (text(sheet, &option.title, about)) }
            }
        }
    }
}

/// The whole text is on another page, which opens beside the ballot and not instead of it.
fn text(sheet: &Sheet<'_>, title: &str, about: &About) -> Markup {
    let locale = sheet.visit.locale;
    html! {
        (about.text)
        @if about.cut {
            p {
                a href=(project_path(sheet.visit, title, &about.project_id)) target="_blank" rel="noopener" {
                    (t!(locale, "vote-read-all"))
                }
            }
        }
    }
}
