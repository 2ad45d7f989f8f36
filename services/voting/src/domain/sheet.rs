//! Signature sheets: what a poll of signatures has beside its time and its voters.

use std::collections::HashSet;

use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::{BallotType, Poll, SignatureSheet};
use comitia_transparency::sheet::{self, NO_END};
use prost_types::Timestamp;

use super::sheet_text;

/// The most milestones of a sheet.
const MAX_MILESTONES: usize = 50;
/// Seconds of a minute.
const MINUTE: i64 = 60;

/// Whether a poll is one of signatures.
#[must_use]
pub fn is_sheet(poll: &Poll) -> bool {
    poll.specification.as_ref().is_some_and(|rules| rules.r#type() == BallotType::Signature)
}

/// Checks the sheet of a poll to create.
pub fn check(checks: &mut Checks, signs: bool, sheet: Option<&SignatureSheet>, recast_allowed: bool) {
    if !signs {
        checks.require(sheet.is_none(), "signature_sheet", "must be absent unless ballots are signatures");
        return;
    }
    checks.require(!recast_allowed, "recast_allowed", "must be false: a signature cannot be changed");
    let Some(sheet) = sheet else { return };
    sheet_text::check(checks, sheet);
    let few = sheet.milestones.len() <= MAX_MILESTONES;
    checks.require(few, "signature_sheet.milestones", format!("must be at most {MAX_MILESTONES} milestones"));
    let mut seen = HashSet::new();
    for (index, one) in sheet.milestones.iter().enumerate().take(MAX_MILESTONES) {
        let field = |name: &str| format!("signature_sheet.milestones[{index}].{name}");
        checks.reference(field("milestone_id"), &one.milestone_id);
        checks.require(seen.insert(&one.milestone_id), field("milestone_id"), "must be unique in the poll");
        checks.require(one.min_signatures >= 0, field("min_signatures"), "must not be negative");
        checks.require(one.min_in_each_district >= 0, field("min_in_each_district"), "must not be negative");
        checks.require(one.min_districts <= 10_000, field("min_districts"), "must be at most 10000");
        checks.require(
            one.min_signatures > 0 || one.min_districts > 0,
            field("min_signatures"),
            "must not be 0 for a milestone without min_districts",
        );
        checks.require(
            one.min_districts == 0 || sheet.publishes_districts,
            field("min_districts"),
            "must be 0 for a sheet that does not publish districts: nobody could check it",
        );
        checks.require(
            (one.min_in_each_district > 0) == (one.min_districts > 0),
            field("min_in_each_district"),
            "must be more than 0 for a milestone with min_districts, and 0 for another",
        );
        checks.require(
            one.before_time.as_ref().is_none_or(|time| end(time).is_some()),
            field("before_time"),
            "must be a whole minute",
        );
    }
}

/// The minute before which signatures count, if the time is a whole one.
fn end(time: &Timestamp) -> Option<u32> {
    let whole = time.nanos == 0 && time.seconds % MINUTE == 0;
    whole.then(|| u32::try_from(time.seconds / MINUTE).ok()).flatten().filter(|minute| *minute < NO_END)
}

/// The milestones of a sheet that was checked.
#[must_use]
pub fn milestones(sheet: &SignatureSheet) -> Vec<sheet::Milestone> {
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    sheet
        .milestones
        .iter()
        .map(|one| sheet::Milestone {
            id: one.milestone_id.clone(),
            total: unsigned(one.min_signatures),
            districts: one.min_districts,
            in_each: unsigned(one.min_in_each_district),
            before: one.before_time.as_ref().and_then(end).unwrap_or(NO_END),
        })
        .collect()
}

/// A minute since 1970 as a time.
#[must_use]
pub fn time_of(minute: u32) -> Timestamp {
    Timestamp { seconds: i64::from(minute) * MINUTE, nanos: 0 }
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::Milestone;

    use super::*;

    fn sheet(milestone: Milestone) -> SignatureSheet {
        SignatureSheet { publishes_districts: true, milestones: vec![milestone], ..Default::default() }
    }

    fn total() -> Milestone {
        Milestone { milestone_id: "debate".into(), min_signatures: 100_000, ..Default::default() }
    }

    fn spread() -> Milestone {
        Milestone { min_districts: 30, min_in_each_district: 1, ..total() }
    }

    fn broken(signs: bool, sheet: Option<&SignatureSheet>, recast: bool) -> Vec<String> {
        let mut checks = Checks::new();
        check(&mut checks, signs, sheet, recast);
        let faults = checks.finish().err().map(|error| error.violations).unwrap_or_default();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_sheet_names_what_is_wrong_with_it() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        for milestone in [total(), spread(), Milestone { before_time: at(1_790_000_040), ..spread() }] {
            assert_eq!(broken(true, Some(&sheet(milestone)), false), [""; 0]);
        }
        for (milestone, field) in [
            (Milestone { milestone_id: "a b".into(), ..total() }, "milestone_id"),
            (Milestone { min_signatures: -1, min_districts: 1, ..spread() }, "min_signatures"),
            (Milestone { min_signatures: 0, ..total() }, "min_signatures"),
            (Milestone { min_in_each_district: 0, ..spread() }, "min_in_each_district"),
            (Milestone { min_districts: 0, ..spread() }, "min_in_each_district"),
            (Milestone { before_time: at(1_790_000_041), ..total() }, "before_time"),
            (Milestone { before_time: at(-60), ..total() }, "before_time"),
        ] {
            let expected = format!("signature_sheet.milestones[0].{field}");
            assert_eq!(broken(true, Some(&sheet(milestone)), false), [expected]);
        }
        let hidden = SignatureSheet { publishes_districts: false, ..sheet(spread()) };
        assert_eq!(broken(true, Some(&hidden), false), ["signature_sheet.milestones[0].min_districts"]);
        let twice = SignatureSheet {
            publishes_districts: true,
            milestones: vec![total(), total()],
            ..Default::default()
        };
        assert_eq!(broken(true, Some(&twice), false), ["signature_sheet.milestones[1].milestone_id"]);
        assert_eq!(broken(true, None, true), ["recast_allowed"]);
        assert_eq!(broken(false, Some(&sheet(total())), true), ["signature_sheet"]);
        assert_eq!(broken(false, None, true), [""; 0]);
    }

    #[test]
    fn milestones_count_until_the_minute_that_they_name() {
        let ends = Milestone { before_time: Some(time_of(29_833_334)), ..spread() };
        let read = milestones(&sheet(ends));
        assert_eq!((read[0].before, read[0].districts, read[0].in_each), (29_833_334, 30, 1));
        assert_eq!(milestones(&sheet(total()))[0].before, NO_END);
    }
}
