//! The corrections of a log for people.

use comitia_transparency::sheet::{Act, Corrected, Subject};

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
