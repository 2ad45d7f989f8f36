//! Corrections of signature sheets in words: what was set aside or restored, why, and what it did.

use std::collections::HashMap;

use comitia_proto::voting::v1::{
    Correction, CorrectionAct, CorrectionEffect, Log, SignatureChannel, SignatureSelection,
};
use comitia_transparency::sheet::Leaf;
use maud::{Markup, html};
use prost_types::Timestamp;

use super::calls::{count, instant};
use super::votes::milestone_words;
use crate::locale::{Locale, key, t};
use crate::ui::{Tone, tag};

/// What districts are called, by their codes.
pub type Districts = HashMap<String, String>;

/// The codes of districts that the corrections of a log select by.
pub fn districts(log: &Log) -> impl Iterator<Item = &str> {
    let selections = log.corrections.iter().filter_map(|one| one.selection.as_ref());
    selections.map(|selection| selection.district.as_str()).filter(|code| !code.is_empty())
}

/// The register: each correction with its reason, what it did, and the appeals against it.
pub fn register(locale: &Locale, log: &Log, districts: &Districts) -> Markup {
    html! {
        p { (t!(locale, "corrections-lead")) }
        ol .corrections {
            @for one in &log.corrections {
                li id={ "correction-" (one.number) } { (item(locale, log, one, districts)) }
            }
        }
    }
}

fn item(locale: &Locale, log: &Log, one: &Correction, districts: &Districts) -> Markup {
    let time = moment(locale, one.decide_time.as_ref());
    let effect = one.effect.clone().unwrap_or_default();
    html! {
        p {
            strong { (t!(locale, "corrections-decided", time = time)) } " "
            (standing(locale, one))
        }
        p { (what(locale, one.act(), one.earlier_number, count(effect.signature_count))) }
        @if let Some(selection) = &one.selection { p { (which(locale, selection, districts)) } }
        p { (t!(locale, "corrections-reason")) " " q dir="auto" { (one.reason) } }
        (milestones(locale, log, &effect))
        @if !one.appeals.is_empty() {
            ul {
                @for appeal in &one.appeals {
                    @let time = moment(locale, appeal.note_time.as_ref());
                    li { (t!(locale, "corrections-appeal", time = time)) " " q dir="auto" { (appeal.note) } }
                }
            }
        }
    }
}

fn moment(locale: &Locale, time: Option<&Timestamp>) -> String {
    instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
}

/// How what a correction set aside stands now.
fn standing(locale: &Locale, one: &Correction) -> Markup {
    let (tone, word) = match one.selection {
        None => return html! {},
        Some(_) if one.is_final => (Tone::Warning, key!("corrections-final")),
        Some(_) if one.in_force => (Tone::Info, key!("corrections-waits")),
        Some(_) => (Tone::Neutral, key!("corrections-restored")),
    };
    tag(tone, &locale.text(word))
}

/// What a correction does, in a sentence.
pub fn what(locale: &Locale, act: CorrectionAct, earlier: i32, count: u64) -> String {
    match act {
        CorrectionAct::Restoration => {
            t!(locale, "corrections-restoration", count = count, number = numbered(earlier))
        }
        CorrectionAct::Invalidation if earlier > 0 => {
            t!(locale, "corrections-made-final", number = numbered(earlier))
        }
        CorrectionAct::Invalidation => t!(locale, "corrections-invalidation", count = count),
        CorrectionAct::Quarantine | CorrectionAct::Unspecified => {
            t!(locale, "corrections-quarantine", count = count)
        }
    }
}

/// The number of a correction, to be shown.
pub fn numbered(number: i32) -> u64 {
    count(number.into())
}

/// Which signatures a selection has.
pub fn which(locale: &Locale, selection: &SignatureSelection, districts: &Districts) -> String {
    let first = locale.number(count(selection.first_leaf) + 1);
    let last = locale.number(count(selection.end_leaf));
    let mut parts = vec![t!(locale, "corrections-entries", first = first, last = last)];
    match selection.channel() {
        SignatureChannel::Unspecified => {}
        SignatureChannel::Online => parts.push(t!(locale, "corrections-online").into_owned()),
        SignatureChannel::Paper => parts.push(t!(locale, "corrections-paper").into_owned()),
    }
    if !selection.district.is_empty() {
        let name = districts.get(&selection.district).unwrap_or(&selection.district);
        parts.push(t!(locale, "corrections-district", district = name));
    }
    if let Some(time) = instant(selection.begin_time.as_ref()) {
        parts.push(t!(locale, "corrections-since", time = locale.date_time(time)));
    }
    if let Some(time) = instant(selection.end_time.as_ref()) {
        parts.push(t!(locale, "corrections-before", time = locale.date_time(time)));
    }
    parts.join(&*t!(locale, "corrections-and"))
}

/// What a correction does to milestones.
pub fn milestones(locale: &Locale, log: &Log, effect: &CorrectionEffect) -> Markup {
    let words = |id: &String| {
        let found = log.milestones.iter().find(|one| one.milestone_id == *id);
        found.map_or_else(|| id.clone(), |one| milestone_words(locale, one))
    };
    if effect.lost_milestone_ids.is_empty() && effect.regained_milestone_ids.is_empty() {
        return html! { p { (t!(locale, "corrections-no-milestone")) } };
    }
    html! {
        ul {
            @for id in &effect.lost_milestone_ids {
                li { (t!(locale, "corrections-lost", milestone = words(id))) }
            }
            @for id in &effect.regained_milestone_ids {
                li { (t!(locale, "corrections-regained", milestone = words(id))) }
            }
        }
    }
}

/// The correction that sets a signature aside, if one does.
pub fn sets_aside<'a>(log: &'a Log, index: u64, leaf: &Leaf) -> Option<&'a Correction> {
    let selects = |selection: &SignatureSelection| {
        let minute = |time: &Timestamp| time.seconds.div_euclid(60);
        let at = i64::from(leaf.minute);
        (count(selection.first_leaf)..count(selection.end_leaf)).contains(&index)
            && selection.begin_time.as_ref().is_none_or(|time| minute(time) <= at)
            && selection.end_time.as_ref().is_none_or(|time| at < minute(time))
            && match selection.channel() {
                SignatureChannel::Unspecified => true,
                channel => leaf.paper == (channel == SignatureChannel::Paper),
            }
            && (selection.district.is_empty() || selection.district == leaf.district)
    };
    log.corrections.iter().find(|one| one.in_force && one.selection.as_ref().is_some_and(&selects))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn french() -> Locale {
        Locale::new(Language::parse("fr").unwrap(), chrono_tz::Europe::Paris)
    }

    fn selection() -> SignatureSelection {
        SignatureSelection { first_leaf: 40, end_leaf: 45, ..SignatureSelection::default() }
    }

    #[test]
    fn a_selection_is_said_in_words() {
        let said = |selection: &SignatureSelection| {
            let districts = [("c1".to_owned(), "Centre".to_owned())].into();
            which(&french(), selection, &districts).replace(['\u{a0}', '\u{202f}'], " ")
        };
        assert_eq!(said(&selection()), "Entrées n° 41 à 45 du registre");
        let narrow = SignatureSelection {
            channel: SignatureChannel::Paper.into(),
            district: "c1".into(),
            begin_time: Some(Timestamp { seconds: 1_780_000_020, nanos: 0 }),
            ..selection()
        };
        let words = said(&narrow);
        assert!(
            words.starts_with("Entrées n° 41 à 45 du registre ; sur papier ; secteur « Centre » ;"),
            "{words}"
        );
    }

    #[test]
    fn a_signature_is_set_aside_by_what_is_in_force() {
        let correction = Correction { in_force: true, selection: Some(selection()), ..Correction::default() };
        let log = |correction| Log { corrections: vec![correction], ..Log::default() };
        let leaf = Leaf {
            withdrawal: false,
            identifier: [1; 32],
            paper: false,
            minute: 29_000_000,
            district: "c1".into(),
        };
        let aside = |log: &Log, index| sets_aside(log, index, &leaf).is_some();
        let whole = log(correction.clone());
        assert_eq!([39, 40, 44, 45].map(|index| aside(&whole, index)), [false, true, true, false]);
        assert!(!aside(&log(Correction { in_force: false, ..correction.clone() }), 41), "restored");
        let narrow = |selection| log(Correction { selection: Some(selection), ..correction.clone() });
        let at = |minute: i64| Some(Timestamp { seconds: minute * 60, nanos: 0 });
        for (selection, expected) in [
            (SignatureSelection { channel: SignatureChannel::Paper.into(), ..selection() }, false),
            (SignatureSelection { channel: SignatureChannel::Online.into(), ..selection() }, true),
            (SignatureSelection { district: "c2".into(), ..selection() }, false),
            (SignatureSelection { begin_time: at(29_000_001), ..selection() }, false),
            (
                SignatureSelection { begin_time: at(29_000_000), end_time: at(29_000_001), ..selection() },
                true,
            ),
            (SignatureSelection { end_time: at(29_000_000), ..selection() }, false),
        ] {
            assert_eq!(aside(&narrow(selection.clone()), 41), expected, "{selection:?}");
        }
    }
}
