//! Phases: the dated stages of a process.

use chrono::{DateTime, Utc};
use comitia_proto::spaces::v1::PhaseKind;
use uuid::Uuid;

/// The most phases that a process may have.
pub const MAX_PHASES: usize = 100;

/// A dated stage of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its id.
    pub phase_id: Uuid,
    /// Its title.
    pub title: String,
    /// What one may do in it.
    pub kind: PhaseKind,
    /// When it opens.
    pub start_time: DateTime<Utc>,
    /// The first moment that is no longer in it.
    pub end_time: DateTime<Utc>,
    /// Whether its opening was announced.
    pub announced_open: bool,
    /// Whether its closing was announced.
    pub announced_closed: bool,
}

impl Phase {
    /// Whether `now` is in it.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.start_time <= now && now < self.end_time
    }
}

/// A phase as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseDraft {
    /// The phase of the process that it changes; nothing for a new one.
    pub phase_id: Option<Uuid>,
    /// Its title.
    pub title: String,
    /// What one may do in it.
    pub kind: PhaseKind,
    /// When it opens.
    pub start_time: DateTime<Utc>,
    /// When it closes.
    pub end_time: DateTime<Utc>,
}

/// What is wrong with the dates of one of several phases, which their indices name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// The phase ends before it starts, or at that moment.
    EndsTooEarly {
        /// Which phase.
        index: usize,
    },
    /// The phase starts before another one that started earlier has ended.
    Overlaps {
        /// Which phase.
        index: usize,
        /// The earlier one.
        other: usize,
    },
}

/// The faults in the dates of phases given in any order: each ends after it starts, none overlaps another.
#[must_use]
pub fn date_faults(phases: &[PhaseDraft]) -> Vec<DateFault> {
    let (good, bad): (Vec<_>, Vec<_>) =
        phases.iter().enumerate().partition(|(_, phase)| phase.start_time < phase.end_time);
    let mut faults: Vec<_> = bad.into_iter().map(|(index, _)| DateFault::EndsTooEarly { index }).collect();
    let mut by_start = good;
    by_start.sort_by_key(|(_, phase)| phase.start_time);
    // The phase that lasts longest of those before.
    let mut latest: Option<(usize, DateTime<Utc>)> = None;
    for (index, phase) in by_start {
        if let Some((other, end)) = latest
            && phase.start_time < end
        {
            faults.push(DateFault::Overlaps { index, other });
        }
        if latest.is_none_or(|(_, end)| end < phase.end_time) {
            latest = Some((index, phase.end_time));
        }
    }
    faults
}

/// That the dates of a phase of a published process were moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseMove {
    /// The phase.
    pub phase_id: Uuid,
    /// Its title at that time.
    pub title: String,
    /// When it was moved.
    pub move_time: DateTime<Utc>,
    /// When it was to open and to close.
    pub before: (DateTime<Utc>, DateTime<Utc>),
    /// When it opens and closes since then.
    pub after: (DateTime<Utc>, DateTime<Utc>),
    /// Why; empty where nobody said it.
    pub reason: String,
}

/// The phases whose dates are other than before.
#[must_use]
pub fn moves(before: &[Phase], after: &[Phase], reason: &str, now: DateTime<Utc>) -> Vec<PhaseMove> {
    let dates = |phase: &Phase| (phase.start_time, phase.end_time);
    let moved = |phase: &Phase| {
        let was = before.iter().find(|was| was.phase_id == phase.phase_id)?;
        (dates(was) != dates(phase)).then(|| PhaseMove {
            phase_id: phase.phase_id,
            title: phase.title.clone(),
            move_time: now,
            before: dates(was),
            after: dates(phase),
            reason: reason.to_owned(),
        })
    };
    after.iter().filter_map(moved).collect()
}

/// What becomes of a process's phases when they are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The phases from now on, in the order of time.
    pub phases: Vec<Phase>,
    /// Those that are no more.
    pub removed: Vec<Phase>,
}

/// Replaces phases by drafts: a draft with an id changes that phase, one without makes a new phase, and what no
/// draft names is removed.
///
/// # Errors
/// The index of a draft whose id is not that of a phase, or was named by another draft before.
pub fn replace(present: Vec<Phase>, drafts: Vec<PhaseDraft>) -> Result<Replacement, usize> {
    let mut left = present;
    let mut phases = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let before = match draft.phase_id {
            Some(id) => {
                let place = left.iter().position(|phase| phase.phase_id == id).ok_or(index)?;
                Some(left.swap_remove(place))
            }
            None => None,
        };
        phases.push(Phase {
            phase_id: before.as_ref().map_or_else(comitia_core::id::new, |phase| phase.phase_id),
            title: draft.title,
            kind: draft.kind,
            start_time: draft.start_time,
            end_time: draft.end_time,
            announced_open: before.as_ref().is_some_and(|phase| phase.announced_open),
            announced_closed: before.as_ref().is_some_and(|phase| phase.announced_closed),
        });
    }
    phases.sort_by_key(|phase| phase.start_time);
    Ok(Replacement { phases, removed: left })
}

/// A vote that takes place in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Its poll.
    pub poll: Uuid,
    /// When it opens.
    pub open_time: DateTime<Utc>,
    /// When it closes.
    pub close_time: DateTime<Utc>,
}

/// Whether one of the vote phases has room for the whole vote.
#[must_use]
pub fn covers(phases: &[Phase], vote: &Vote) -> bool {
    phases.iter().any(|phase| {
        phase.kind == PhaseKind::Vote
            && phase.start_time <= vote.open_time
            && vote.close_time <= phase.end_time
    })
}

/// What happens to a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It closes. Comes before an opening at the same moment.
    Closed,
    /// It opens.
    Opened,
}

/// What happened to a phase and was not announced yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Announcement {
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What happened.
    pub change: Change,
    /// To which phase.
    pub phase_id: Uuid,
}

/// What happened to phases until `now` and was not announced yet, in the order in which it happened.
#[must_use]
pub fn due(phases: &[Phase], now: DateTime<Utc>) -> Vec<Announcement> {
    let mut due: Vec<_> = phases
        .iter()
        .flat_map(|phase| {
            let opened = (!phase.announced_open && phase.start_time <= now).then_some(Announcement {
                time: phase.start_time,
                change: Change::Opened,
                phase_id: phase.phase_id,
            });
            let closed = (!phase.announced_closed && phase.end_time <= now).then_some(Announcement {
                time: phase.end_time,
                change: Change::Closed,
                phase_id: phase.phase_id,
            });
            opened.into_iter().chain(closed)
        })
        .collect();
    due.sort();
    due
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn draft(start: i64, end: i64) -> PhaseDraft {
        PhaseDraft {
            phase_id: None,
            title: "phase".into(),
            kind: PhaseKind::Vote,
            start_time: at(start),
            end_time: at(end),
        }
    }

    fn phases(dates: &[(i64, i64)]) -> Vec<Phase> {
        replace(Vec::new(), dates.iter().map(|&(start, end)| draft(start, end)).collect()).unwrap().phases
    }

    #[test]
    fn a_phase_has_its_first_moment_and_not_its_last() {
        let phase = &phases(&[(1, 3)])[0];
        assert_eq!([0, 1, 2, 3].map(|hour| phase.is_open(at(hour))), [false, true, true, false]);
    }

    #[test]
    fn a_phase_that_ends_before_it_starts_is_named() {
        assert_eq!(date_faults(&[draft(1, 2), draft(5, 4)]), [DateFault::EndsTooEarly { index: 1 }]);
        assert_eq!(date_faults(&[draft(1, 1)]), [DateFault::EndsTooEarly { index: 0 }]);
    }

    #[test]
    fn phases_may_touch_and_not_overlap() {
        assert_eq!(date_faults(&[draft(4, 6), draft(1, 4)]), []);
        assert_eq!(date_faults(&[draft(3, 6), draft(1, 4)]), [DateFault::Overlaps { index: 0, other: 1 }]);
        // The long one reaches past the short one between.
        assert_eq!(
            date_faults(&[draft(1, 9), draft(2, 3), draft(4, 5)]),
            [DateFault::Overlaps { index: 1, other: 0 }, DateFault::Overlaps { index: 2, other: 0 }]
        );
    }

    #[test]
    fn a_replaced_phase_keeps_its_id_and_what_was_announced() {
        let mut present = phases(&[(1, 2), (3, 4)]);
        present[0].announced_open = true;
        let ids = [present[0].phase_id, present[1].phase_id];
        let moved = PhaseDraft { phase_id: Some(ids[0]), ..draft(8, 9) };
        let result = replace(present.clone(), vec![moved.clone(), draft(5, 6)]).unwrap();
        assert_eq!(result.removed.iter().map(|phase| phase.phase_id).collect::<Vec<_>>(), [ids[1]]);
        assert_eq!(result.phases[1].phase_id, ids[0]);
        assert!(result.phases[1].announced_open && !result.phases[0].announced_open);
        assert_eq!(replace(present.clone(), vec![moved.clone(), moved]), Err(1));
        let foreign = PhaseDraft { phase_id: Some(comitia_core::id::new()), ..draft(8, 9) };
        assert_eq!(replace(present, vec![foreign]), Err(0));
    }

    #[test]
    fn only_phases_with_other_dates_are_moved() {
        let before = phases(&[(1, 2), (3, 4)]);
        let mut after = before.clone();
        after[0].title = "another title".into();
        after[1].end_time = at(6);
        after.extend(phases(&[(7, 8)]));
        let found = moves(&before, &after, "rain", at(0));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].phase_id, found[0].reason.as_str()), (before[1].phase_id, "rain"));
        assert_eq!((found[0].before, found[0].after), ((at(3), at(4)), (at(3), at(6))));
    }

    #[test]
    fn announcements_come_in_the_order_of_time() {
        let phases = phases(&[(1, 2), (2, 3), (9, 10)]);
        let (first, second) = (phases[0].phase_id, phases[1].phase_id);
        let what = |now| due(&phases, now).iter().map(|a| (a.change, a.phase_id)).collect::<Vec<_>>();
        assert_eq!(what(at(0)), []);
        assert_eq!(what(at(2)), [(Change::Opened, first), (Change::Closed, first), (Change::Opened, second)]);
    }

    proptest! {
        #[test]
        fn dates_without_fault_have_at_most_one_open_phase(
            dates in prop::collection::vec((0_i64..30, 0_i64..30), 0..6),
            now in 0_i64..30,
        ) {
            let drafts: Vec<_> = dates.iter().map(|&(start, end)| draft(start, end)).collect();
            let open = phases(&dates).iter().filter(|phase| phase.is_open(at(now))).count();
            if date_faults(&drafts).is_empty() {
                prop_assert!(open <= 1);
            }
            let overlap = dates.iter().enumerate().any(|(i, a)| {
                a.0 >= a.1 || dates[..i].iter().any(|b| a.0 < b.1 && b.0 < a.1)
            });
            prop_assert_eq!(overlap, !date_faults(&drafts).is_empty());
        }

        #[test]
        fn looking_often_or_once_announces_the_same(
            lengths in prop::collection::vec((0_i64..4, 1_i64..4), 0..6),
            looks in prop::collection::vec(0_i64..40, 0..8),
        ) {
            let mut time = 0;
            let dates: Vec<_> = lengths.iter().map(|(gap, length)| {
                let start = time + gap;
                time = start + length;
                (start, time)
            }).collect();
            let all = phases(&dates);
            let mut seen = all.clone();
            let mut said = Vec::new();
            let mut looks = looks;
            looks.sort_unstable();
            looks.push(100);
            for look in looks {
                for announcement in due(&seen, at(look)) {
                    let phase = seen.iter_mut().find(|phase| phase.phase_id == announcement.phase_id).unwrap();
                    match announcement.change {
                        Change::Opened => phase.announced_open = true,
                        Change::Closed => phase.announced_closed = true,
                    }
                    said.push(announcement);
                }
            }
            prop_assert_eq!(said, due(&all, at(100)));
        }
    }
}
