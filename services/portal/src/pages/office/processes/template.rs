//! What a new process begins with: the phases and components of a template, or those of another process on other days.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use comitia_platform::validate::timestamp;
use comitia_proto::spaces::v1::{ComponentKind, Phase, PhaseKind, Process};

use super::calendar::{self, End};
use crate::locale::{Locale, key};
use crate::pages::calls::instant;

/// What a process is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// People propose, the team examines, people vote, projects are carried out.
    Budget,
    /// People propose, and the team answers.
    Ideas,
    /// Nothing yet.
    Empty,
    /// Another process.
    Copy,
}

/// Title, kind and length in days of the phases of a participatory budget, about a year.
const BUDGET: [(&str, PhaseKind, i64); 5] = [
    (key!("office-template-information"), PhaseKind::Information, 14),
    (key!("office-template-submission"), PhaseKind::Submission, 42),
    (key!("office-template-examination"), PhaseKind::Examination, 84),
    (key!("office-template-vote"), PhaseKind::Vote, 21),
    (key!("office-template-execution"), PhaseKind::Execution, 365),
];

/// Those of an idea box.
const IDEAS: [(&str, PhaseKind, i64); 3] = [
    (key!("office-template-submission"), PhaseKind::Submission, 84),
    (key!("office-template-examination"), PhaseKind::Examination, 42),
    (key!("office-template-answers"), PhaseKind::Execution, 180),
];

impl Template {
    /// The words of the form.
    pub const ALL: [(&'static str, Self); 4] =
        [("budget", Self::Budget), ("ideas", Self::Ideas), ("copy", Self::Copy), ("empty", Self::Empty)];

    /// The template of a form's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, template)| template)
    }

    /// Its name and what it brings, as keys.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Budget => (key!("office-template-budget"), key!("office-template-budget-about")),
            Self::Ideas => (key!("office-template-ideas"), key!("office-template-ideas-about")),
            Self::Empty => (key!("office-template-empty"), key!("office-template-empty-about")),
            Self::Copy => (key!("office-template-copy"), key!("office-template-copy-about")),
        }
    }

    /// The phases, one after the other from the first day on.
    pub fn phases(self, locale: &Locale, first: NaiveDate) -> Vec<Phase> {
        let list: &[(&str, PhaseKind, i64)] = match self {
            Self::Budget => &BUDGET,
            Self::Ideas => &IDEAS,
            Self::Empty | Self::Copy => &[],
        };
        let mut phases = Vec::new();
        let mut start = calendar::moment(locale.zone, End::First, &first.to_string(), "").ok();
        for (title, kind, days) in list {
            let Some(begin) = start else { break };
            let end = calendar::later(locale.zone, begin, *days);
            phases.push(phase(&locale.text(title), *kind, Some(begin), end));
            start = end;
        }
        phases
    }

    /// The components, with their titles as keys.
    pub const fn components(self) -> &'static [(ComponentKind, &'static str)] {
        match self {
            Self::Budget => &[
                (ComponentKind::Proposals, key!("office-component-proposals")),
                (ComponentKind::Budgets, key!("office-component-budgets")),
            ],
            Self::Ideas => &[(ComponentKind::Proposals, key!("office-component-proposals"))],
            Self::Empty | Self::Copy => &[],
        }
    }
}

fn phase(title: &str, kind: PhaseKind, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Phase {
    Phase {
        phase_id: String::new(),
        title: title.to_owned(),
        kind: kind.into(),
        start_time: start.map(timestamp),
        end_time: end.map(timestamp),
    }
}

/// The phases of another process, so many days later that the first begins on this day; times of day stay.
pub fn copied(zone: Tz, from: &Process, first: NaiveDate) -> Vec<Phase> {
    let begins = from.phases.iter().filter_map(|phase| instant(phase.start_time.as_ref())).min();
    let Some(begins) = begins else { return Vec::new() };
    let days = first.signed_duration_since(calendar::day_of(zone, begins)).num_days();
    let moved = |time: Option<&prost_types::Timestamp>| {
        instant(time).and_then(|moment| calendar::later(zone, moment, days))
    };
    from.phases
        .iter()
        .map(|one| {
            phase(&one.title, one.kind(), moved(one.start_time.as_ref()), moved(one.end_time.as_ref()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;

    use super::*;
    use crate::locale::Language;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn phases_of_templates_follow_each_other_from_midnight_to_midnight() {
        let locale = Locale::new(Language::parse("en").unwrap(), Paris);
        let phases = Template::Budget.phases(&locale, "2026-10-01".parse().unwrap());
        assert_eq!(phases.len(), 5);
        assert_eq!(instant(phases[0].start_time.as_ref()), Some(utc("2026-09-30T22:00:00Z")));
        for pair in phases.windows(2) {
            assert_eq!(pair[0].end_time, pair[1].start_time);
        }
        // After the clocks went back it is still midnight.
        assert_eq!(instant(phases[1].end_time.as_ref()), Some(utc("2026-11-25T23:00:00Z")));
        assert!(phases.iter().all(|phase| !phase.title.starts_with("office-")));
    }

    #[test]
    fn a_copy_keeps_lengths_and_times_of_day() {
        let from = Process {
            phases: vec![
                phase(
                    "A",
                    PhaseKind::Submission,
                    Some(utc("2025-03-03T09:00:00Z")),
                    Some(utc("2025-03-20T23:00:00Z")),
                ),
                phase(
                    "B",
                    PhaseKind::Vote,
                    Some(utc("2025-04-01T08:00:00Z")),
                    Some(utc("2025-04-10T16:00:00Z")),
                ),
            ],
            ..Process::default()
        };
        let copied = copied(Paris, &from, "2026-03-02".parse().unwrap());
        assert_eq!(instant(copied[0].start_time.as_ref()), Some(utc("2026-03-02T09:00:00Z")));
        assert_eq!(instant(copied[1].end_time.as_ref()), Some(utc("2026-04-09T16:00:00Z")));
        assert!(super::copied(Paris, &Process::default(), "2026-03-02".parse().unwrap()).is_empty());
    }
}
