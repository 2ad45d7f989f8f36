//! The register of corrections: as it is published, and as the entries of the log say.

use std::collections::BTreeMap;

use comitia_transparency::sheet::{Act, Corrected, Subject, reason_digest};
use serde_json::{Value, json};

use super::check::Report;
use super::description::{Description, StatedCorrection};

/// Compares the register with the entries.
pub(super) fn compare(report: &mut Report, description: &Description) {
    if report.corrections.len() != description.corrections.len() {
        report.altered.push(format!(
            "{} corrections are published, and there are {}",
            description.corrections.len(),
            report.corrections.len()
        ));
        return;
    }
    for (stated, found) in description.corrections.iter().zip(&report.corrections) {
        if let Some(what) = differs(stated, found, description.publishes_districts) {
            let number = found.correction.number;
            report
                .altered
                .push(format!("correction {number}: {what} is published otherwise than it is in the log"));
        }
    }
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

/// A correction for people.
pub(super) fn line(found: &Corrected) -> String {
    let (number, effect) = (found.correction.number, &found.effect);
    let done = match (found.correction.act, &found.correction.subject) {
        (Act::Restoration, Subject::Earlier(earlier)) => {
            format!("{} of correction {earlier} count again", effect.signatures)
        }
        (_, Subject::Earlier(earlier)) => {
            format!("what correction {earlier} set aside does not count for good")
        }
        (Act::Quarantine, Subject::Selection(_)) => format!("{} are in quarantine", effect.signatures),
        (_, Subject::Selection(_)) => format!("{} do not count", effect.signatures),
    };
    let milestones = |what: &str, ids: &[String]| {
        if ids.is_empty() { String::new() } else { format!("; {what}: {}", ids.join(", ")) }
    };
    format!(
        "Correction   {number} (entry {}): {done}{}{}",
        found.index + 1,
        milestones("lost", &effect.lost),
        milestones("regained", &effect.regained)
    )
}

/// A correction for programs.
pub(super) fn json(found: &Corrected) -> Value {
    json!({
        "number": found.correction.number,
        "leaf": found.index,
        "signatures": found.effect.signatures,
        "districts": found.effect.by_district,
        "lost": found.effect.lost,
        "regained": found.effect.regained,
    })
}
