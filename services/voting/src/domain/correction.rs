//! Corrections of signature sheets: what is asked for as the log has it, and back.

use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::{
    CorrectionAct, CorrectionEffect, DistrictChange, SignatureChannel, SignatureSelection,
};
use comitia_transparency::sheet::{Act, Effect, NO_END, Selection, Subject};
use prost_types::Timestamp;

use super::sheet::time_of;

/// Corrections of a log.
pub const MAX_CORRECTIONS: u32 = 500;
/// Proposals of a log that wait.
pub const MAX_WAITING: i64 = 20;
/// The longest district, in characters.
const MAX_DISTRICT: usize = 200;
/// Seconds of a minute.
const MINUTE: i64 = 60;

/// What a call asks for: an act, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is done.
    pub act: Act,
    /// What it is about.
    pub subject: Subject,
}

/// Reads what a call asks for. What is wrong with it is in the checks.
pub fn wanted(
    checks: &mut Checks,
    act: CorrectionAct,
    selection: Option<&SignatureSelection>,
    earlier: i32,
) -> Option<Wanted> {
    let max = MAX_CORRECTIONS;
    let known = u32::try_from(earlier).ok().filter(|number| *number <= max);
    checks.require(known.is_some(), "earlier_number", format!("must be 0 to {max}"));
    let act = match act {
        CorrectionAct::Unspecified => {
            checks.require(false, "act", "must be an act of corrections");
            None
        }
        CorrectionAct::Quarantine => Some(Act::Quarantine),
        CorrectionAct::Invalidation => Some(Act::Invalidation),
        CorrectionAct::Restoration => Some(Act::Restoration),
    };
    let of_earlier = earlier > 0;
    let rule = if of_earlier {
        "must be absent when earlier_number is given"
    } else {
        "is required when earlier_number is 0"
    };
    checks.require(selection.is_some() != of_earlier, "selection", rule);
    if let Some(act) = act {
        let rule = match act {
            Act::Quarantine => "must be 0 for a quarantine, which selects signatures",
            Act::Invalidation | Act::Restoration => "must be that of the correction to restore",
        };
        let fits = match act {
            Act::Quarantine => !of_earlier,
            Act::Invalidation => true,
            Act::Restoration => of_earlier,
        };
        checks.require(fits, "earlier_number", rule);
    }
    let subject = match selection {
        Some(selection) => self::selection(checks, selection).map(Subject::Selection),
        None => known.filter(|number| *number > 0).map(Subject::Earlier),
    };
    Some(Wanted { act: act?, subject: subject? })
}

fn selection(checks: &mut Checks, selection: &SignatureSelection) -> Option<Selection> {
    let field = |name: &str| format!("selection.{name}");
    let first = u64::try_from(selection.first_leaf).ok();
    checks.require(first.is_some(), field("first_leaf"), "must not be negative");
    let end = u64::try_from(selection.end_leaf).ok().filter(|end| first.is_none_or(|first| first < *end));
    checks.require(end.is_some(), field("end_leaf"), "must be more than first_leaf");
    let begin = selection.begin_time.as_ref().map_or(Some(0), minute);
    checks.require(begin.is_some(), field("begin_time"), "must be a whole minute");
    let until = selection.end_time.as_ref().map_or(Some(NO_END), minute);
    checks.require(until.is_some(), field("end_time"), "must be a whole minute");
    let later = begin.zip(until).is_none_or(|(begin, until)| begin < until);
    checks.require(later, field("end_time"), "must be later than begin_time");
    checks.text(field("district"), &selection.district, 0, MAX_DISTRICT);
    let channel = SignatureChannel::try_from(selection.channel).ok();
    checks.require(channel.is_some(), field("channel"), "must be a way of signing");
    Some(Selection {
        first: first?,
        end: end?,
        first_minute: begin?,
        end_minute: until?,
        paper: match channel? {
            SignatureChannel::Unspecified => None,
            channel => Some(channel == SignatureChannel::Paper),
        },
        district: selection.district.clone(),
    })
}

/// A whole minute since 1970.
fn minute(time: &Timestamp) -> Option<u32> {
    let whole = time.nanos == 0 && time.seconds % MINUTE == 0;
    whole.then(|| u32::try_from(time.seconds / MINUTE).ok()).flatten().filter(|minute| *minute < NO_END)
}

/// An act as the API has it.
#[must_use]
pub fn shown_act(act: Act) -> CorrectionAct {
    match act {
        Act::Quarantine => CorrectionAct::Quarantine,
        Act::Invalidation => CorrectionAct::Invalidation,
        Act::Restoration => CorrectionAct::Restoration,
    }
}

/// A subject as the API has it: a selection, or the number of an earlier correction.
#[must_use]
pub fn shown_subject(subject: &Subject) -> (Option<SignatureSelection>, i32) {
    match subject {
        Subject::Earlier(number) => (None, i32::try_from(*number).unwrap_or(i32::MAX)),
        Subject::Selection(selection) => {
            let channel = match selection.paper {
                None => SignatureChannel::Unspecified,
                Some(false) => SignatureChannel::Online,
                Some(true) => SignatureChannel::Paper,
            };
            let shown = SignatureSelection {
                first_leaf: number(selection.first),
                end_leaf: number(selection.end),
                begin_time: (selection.first_minute > 0).then(|| time_of(selection.first_minute)),
                end_time: (selection.end_minute != NO_END).then(|| time_of(selection.end_minute)),
                channel: channel.into(),
                district: selection.district.clone(),
            };
            (Some(shown), 0)
        }
    }
}

/// An effect as the API has it.
#[must_use]
pub fn shown_effect(effect: &Effect, publishes_districts: bool) -> CorrectionEffect {
    let districts = effect.by_district.iter().filter(|(_, count)| publishes_districts && **count > 0);
    CorrectionEffect {
        signature_count: number(effect.signatures),
        districts: districts
            .map(|(district, count)| DistrictChange {
                district: district.clone(),
                signature_count: number(*count),
            })
            .collect(),
        lost_milestone_ids: effect.lost.clone(),
        regained_milestone_ids: effect.regained.clone(),
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> SignatureSelection {
        SignatureSelection { first_leaf: 3, end_leaf: 9, ..Default::default() }
    }

    fn read(
        act: CorrectionAct,
        selection: Option<&SignatureSelection>,
        earlier: i32,
    ) -> Result<Wanted, Vec<String>> {
        let mut checks = Checks::new();
        let wanted = wanted(&mut checks, act, selection, earlier);
        match checks.finish() {
            Ok(()) => Ok(wanted.unwrap()),
            Err(error) => Err(error.violations.into_iter().map(|fault| fault.field).collect()),
        }
    }

    #[test]
    fn what_is_asked_for_is_shown_as_it_was_asked() {
        let at = |minute| Some(time_of(minute));
        for selection in [
            some(),
            SignatureSelection { channel: SignatureChannel::Paper.into(), ..some() },
            SignatureSelection { channel: SignatureChannel::Online.into(), district: "A".into(), ..some() },
            SignatureSelection { begin_time: at(10), end_time: at(12), ..some() },
        ] {
            let wanted = read(CorrectionAct::Quarantine, Some(&selection), 0).unwrap();
            assert_eq!(shown_act(wanted.act), CorrectionAct::Quarantine);
            assert_eq!(shown_subject(&wanted.subject), (Some(selection), 0));
        }
        let back = read(CorrectionAct::Restoration, None, 4).unwrap();
        assert_eq!(shown_subject(&back.subject), (None, 4));
        assert_eq!(read(CorrectionAct::Invalidation, None, 4).unwrap().subject, Subject::Earlier(4));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
        for (act, selection, earlier, field) in [
            (CorrectionAct::Unspecified, Some(some()), 0, "act"),
            (CorrectionAct::Quarantine, None, 0, "selection"),
            (CorrectionAct::Invalidation, Some(some()), 1, "selection"),
            (CorrectionAct::Quarantine, None, 1, "earlier_number"),
            (CorrectionAct::Restoration, Some(some()), 0, "earlier_number"),
            (CorrectionAct::Restoration, None, 501, "earlier_number"),
            (
                CorrectionAct::Quarantine,
                Some(SignatureSelection { first_leaf: -1, ..some() }),
                0,
                "selection.first_leaf",
            ),
            (
                CorrectionAct::Quarantine,
                Some(SignatureSelection { end_leaf: 3, ..some() }),
                0,
                "selection.end_leaf",
            ),
            (
                CorrectionAct::Quarantine,
                Some(SignatureSelection { begin_time: time(61), ..some() }),
                0,
                "selection.begin_time",
            ),
            (
                CorrectionAct::Quarantine,
                Some(SignatureSelection { begin_time: time(120), end_time: time(120), ..some() }),
                0,
                "selection.end_time",
            ),
            (
                CorrectionAct::Quarantine,
                Some(SignatureSelection { channel: 9, ..some() }),
                0,
                "selection.channel",
            ),
        ] {
            assert_eq!(read(act, selection.as_ref(), earlier).unwrap_err(), [field]);
        }
    }
}
