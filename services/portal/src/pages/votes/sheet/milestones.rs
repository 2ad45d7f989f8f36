//! What a sheet has to reach, and where it was reached.

use comitia_proto::voting::v1::{Log, LogMilestone, MilestoneReach};
use maud::{Markup, html};

use crate::locale::{Locale, t};
use crate::pages::calls::{count, instant};
use crate::ui::{Tone, progress, tag};

/// The way to the next milestone that asks for a total alone; the last one that was reached, when there is none.
pub fn next(locale: &Locale, log: &Log) -> Markup {
    let total = count(log.signature_count);
    let plain = |one: &&LogMilestone| one.min_signatures > 0 && one.min_districts == 0;
    let ahead = log.milestones.iter().filter(plain).filter(|one| one.reached.is_none());
    let Some(next) = ahead.min_by_key(|one| one.min_signatures) else {
        let reached = log.milestones.iter().filter(plain).max_by_key(|one| one.min_signatures);
        return html! { @if let Some(one) = reached { p { (tag(Tone::Success, &t!(locale, "sheet-reached"))) " " (condition(locale, one)) } } };
    };
    let goal = count(next.min_signatures);
    progress(&t!(locale, "sheet-next"), &condition(locale, next), total, goal)
}

/// All of them, each with the exact signature that reached it.
pub fn list(locale: &Locale, log: &Log) -> Markup {
    html! {
        ul .milestones {
            @for one in &log.milestones {
                li {
                    strong { (condition(locale, one)) } " "
                    @match &one.reached {
                        Some(reach) => {
                            @if one.holds {
                                (tag(Tone::Success, &t!(locale, "sheet-reached")))
                            } @else {
                                (tag(Tone::Warning, &t!(locale, "sheet-no-longer")))
                            }
                            br; (reached(locale, reach))
                        }
                        None => (tag(Tone::Neutral, &t!(locale, "sheet-not-reached"))),
                    }
                }
            }
        }
    }
}

fn reached(locale: &Locale, reach: &MilestoneReach) -> String {
    let time = instant(reach.reach_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
    t!(locale, "sheet-reached-by", number = locale.number(count(reach.leaf_index) + 1), time = time)
}

/// What it asks for, in words.
pub fn condition(locale: &Locale, one: &LogMilestone) -> String {
    let total = count(one.min_signatures);
    let each = count(one.min_in_each_district);
    let spread = t!(locale, "sheet-spread", districts = one.min_districts, each = locale.number(each));
    let words = match (total, one.min_districts) {
        (0, _) => spread,
        (total, 0) => t!(locale, "sheet-total", count = total),
        (total, _) => {
            let total = t!(locale, "sheet-total", count = total);
            t!(locale, "sheet-total-and-spread", total = total, spread = spread)
        }
    };
    match instant(one.before_time.as_ref()) {
        Some(time) => t!(locale, "sheet-before", condition = words, time = locale.deadline(time)),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::locale::Language;

    fn french() -> Locale {
        Locale::new(Language::parse("fr").unwrap(), chrono_tz::Europe::Paris)
    }

    fn plain(text: &str) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn conditions_are_said_in_words() {
        let total = LogMilestone { min_signatures: 100_000, ..LogMilestone::default() };
        assert_eq!(plain(&condition(&french(), &total)), "100 000 signatures");
        let both = LogMilestone { min_districts: 30, min_in_each_district: 1, ..total.clone() };
        let words = plain(&condition(&french(), &both));
        assert!(words.contains("100 000 signatures") && words.contains("30 territoires"), "{words}");
        let before_time = Some(Timestamp { seconds: 1_780_000_000, nanos: 0 });
        let words = condition(&french(), &LogMilestone { before_time, ..total });
        assert!(words.contains("2026"), "{words}");
    }

    #[test]
    fn the_next_goal_is_the_nearest_one_ahead() {
        let one = |total, leaf: Option<i64>| LogMilestone {
            min_signatures: total,
            reached: leaf.map(|leaf_index| MilestoneReach { leaf_index, reach_time: None }),
            ..LogMilestone::default()
        };
        let log = |milestones| Log { signature_count: 25, milestones, ..Log::default() };
        let ahead =
            next(&french(), &log(vec![one(20, Some(19)), one(500, None), one(100, None)])).into_string();
        assert!(ahead.contains("max=\"100\"") && ahead.contains("value=\"25\""), "{ahead}");
        let done = next(&french(), &log(vec![one(20, Some(19))])).into_string();
        assert!(!done.contains("<progress") && done.contains("20"), "{done}");
        assert_eq!(next(&french(), &log(Vec::new())).into_string(), "");
    }
}
