//! The register of corrections: as it is published, and as the entries of the log say.

use std::collections::BTreeMap;

use comitia_transparency::sheet::{Corrected, reason_digest};

use crate::description::{Description, StatedCorrection};
use crate::report::{Part, Report};

/// Compares the register with the entries.
pub fn compare(report: &mut Report, description: &Description) {
    let (stated, found) = (description.corrections.len(), report.corrections.len());
    if stated != found {
        let why = format!("{stated} corrections are published, and there are {found}");
        report.altered(Part::Corrections, why);
        return;
    }
    let differing: Vec<_> = description
        .corrections
        .iter()
        .zip(&report.corrections)
        .filter_map(|(stated, found)| {
            let what = differs(stated, found, description.publishes_districts)?;
            let number = found.correction.number;
            Some(format!("correction {number}: {what} is published otherwise than it is in the log"))
        })
        .collect();
    differing.into_iter().for_each(|why| report.altered(Part::Corrections, why));
    report.done.insert(Part::Corrections);
}

/// What of a correction is published otherwise than it is in the log.
fn differs(stated: &StatedCorrection, found: &Corrected, by_district: bool) -> Option<&'static str> {
    let (correction, effect) = (&found.correction, &found.effect);
    let stated_districts: BTreeMap<_, _> =
        stated.effect.districts.iter().map(|one| (&one.district, one.signature_count)).collect();
    let districts: BTreeMap<_, _> = effect
        .by_district
        .iter()
        .map(|(district, count)| (district, *count))
        .filter(|one| one.1 > 0)
        .collect();
    let same = [
        (stated.number == correction.number, "its number"),
        (stated.leaf_index == found.index, "its place"),
        (stated.minute() == Some(correction.minute), "its time"),
        (stated.says() == Some((correction.act, correction.subject.clone())), "what it does"),
        (reason_digest(&stated.reason) == correction.reason, "its reason"),
        (stated.effect.signature_count == effect.signatures, "how many signatures it changes"),
        (!by_district || stated_districts == districts, "how many signatures of a district it changes"),
        (
            stated.effect.lost_milestone_ids == effect.lost
                && stated.effect.regained_milestone_ids == effect.regained,
            "what it does to milestones",
        ),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}
