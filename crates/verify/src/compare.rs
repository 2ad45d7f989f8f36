//! Counts and milestones: as they are published, and as the entries come to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat};
use comitia_transparency::sheet::Tally;

use crate::description::{Description, StatedMilestone};
use crate::report::{Found, Part, Report};

/// The counts as they are published.
pub fn published_counts(description: &Description) -> String {
    let aside = match (description.set_aside_count, description.corrections.len()) {
        (0, 0) => String::new(),
        (aside, corrections) => format!(", with {aside} set aside by {corrections} corrections"),
    };
    format!(
        "{} signatures and {} withdrawn ones are published{aside}",
        description.signature_count, description.withdrawn_count
    )
}

/// Compares what was published with what was counted.
pub fn compare(report: &mut Report, description: &Description, counted: Option<&Tally>) {
    let Some(tally) = counted else {
        report.altered(Part::Counts, "the published count is that of no beginning of the log");
        return;
    };
    let counts = tally.all();
    let set_aside = u64::try_from(tally.set_aside()).unwrap_or(0);
    let counted = (counts.total, tally.withdrawn(), set_aside);
    if counted != (description.signature_count, description.withdrawn_count, description.set_aside_count) {
        let counted = format!("{} and {}", counts.total, tally.withdrawn());
        let aside = if (set_aside, description.set_aside_count) == (0, 0) {
            String::new()
        } else {
            format!(", and {set_aside} that are set aside")
        };
        let why = format!("{}, and there are {counted}{aside}", published_counts(description));
        report.altered(Part::Counts, why);
    }
    if description.publishes_districts {
        districts(report, description, &counts.by_district);
        report.districts = counts.by_district;
    } else if counts.by_district.keys().any(|district| !district.is_empty()) {
        report.altered(Part::Counts, "entries name districts, which the sheet does not publish");
    }
    report.done.insert(Part::Counts);
    let counted = tally.milestones().zip(tally.holding());
    for (stated, ((milestone, reached), holds)) in description.milestones.iter().zip(counted) {
        let reached = reached.map(|at| (at.leaf, time(at.minute)));
        let found = Found { id: milestone.id.clone(), reached, holds };
        compare_milestone(report, stated, &found);
        report.milestones.push(found);
    }
    report.done.insert(Part::Milestones);
}

fn time(minute: u32) -> String {
    let time = DateTime::from_timestamp(i64::from(minute) * 60, 0).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn districts(report: &mut Report, description: &Description, counted: &BTreeMap<String, u64>) {
    let stated: BTreeMap<_, _> =
        description.districts.iter().map(|one| (&one.district, one.signature_count)).collect();
    let all: BTreeSet<_> = stated.keys().copied().chain(counted.keys()).collect();
    for district in all {
        let of = |counts: Option<&u64>| counts.copied().unwrap_or(0);
        let (stated, counted) = (of(stated.get(district)), of(counted.get(district)));
        if stated != counted {
            let why = format!(
                "{stated} signatures of the district {district:?} are published, and there are {counted}"
            );
            report.altered(Part::Counts, why);
        }
    }
}

fn compare_milestone(report: &mut Report, stated: &StatedMilestone, found: &Found) {
    let (said, at) = (stated.reached.as_ref().map(|at| at.leaf_index), found.reached.as_ref().map(|at| at.0));
    let mut differs = |said: String, counted: String| {
        let why = format!("milestone {}: published as {said}, counted as {counted}", found.id);
        report.altered(Part::Milestones, why);
    };
    if said != at {
        let word = |leaf: Option<u64>| match leaf {
            Some(leaf) => format!("reached with entry {}", leaf + 1),
            None => "not reached".to_owned(),
        };
        differs(word(said), word(at));
    }
    // Proto's JSON leaves out what is false, and servers before withdrawals do not say it.
    if stated.holds.unwrap_or(found.holds) != found.holds {
        let word = |holds| if holds { "holding" } else { "not holding" }.to_owned();
        differs(word(!found.holds), word(found.holds));
    }
}
