//! The reasons of a result in parts, as its trace has them: each language words them for itself.

use std::collections::HashMap;

use comitia_allocation::TieBreaker;
use comitia_platform::currency;
use comitia_proto::budgets::v1::{BrokenTie, OutcomeReason, OutcomeReasonKind as Kind, TieBreak};
use num_bigint::BigInt;
use serde::Deserialize;

/// What a trace says beyond what is stored beside it.
#[derive(Debug, Default)]
pub struct Reasons {
    outcomes: HashMap<String, OutcomeReason>,
    /// The ties that were broken.
    pub ties: Vec<BrokenTie>,
}

#[derive(Deserialize)]
struct Trace {
    rounds: Vec<Round>,
    rejected: Vec<Rejection>,
    ties: Vec<Tie>,
}

#[derive(Deserialize)]
struct Round {
    round: u32,
    project: String,
    cost: String,
    granted: Option<String>,
    payers: Option<i64>,
    max_payment: Option<String>,
    budget_left: String,
}

/// The fields of all kinds in one; each kind has some of them.
#[derive(Deserialize)]
struct Rejection {
    project: String,
    why: String,
    #[serde(default)]
    after_round: u32,
    left: Option<String>,
    lacking: Option<String>,
    minimum: Option<i64>,
    by: Option<String>,
    group: Option<String>,
    envelope: Option<String>,
    at: Option<String>,
}

#[derive(Deserialize)]
struct Tie {
    round: u32,
    between: Vec<String>,
    chosen: String,
    by: String,
}

impl Reasons {
    /// The reasons in a trace; none where it is of a form that is not known here.
    #[must_use]
    pub fn of(trace: &str, currency: &str) -> Self {
        let Ok(trace) = serde_json::from_str::<Trace>(trace) else { return Self::default() };
        let decimals = currency::decimals(currency);
        let funded = trace
            .rounds
            .into_iter()
            .filter_map(|round| Some((round.project.clone(), paid(round, decimals)?)));
        let rejected =
            trace.rejected.into_iter().filter_map(|no| Some((no.project.clone(), refused(no, decimals)?)));
        Self {
            outcomes: funded.chain(rejected).collect(),
            ties: trace.ties.into_iter().map(broken).collect(),
        }
    }

    /// Why the project with this reference is funded or not.
    pub fn take(&mut self, reference: &str) -> Option<OutcomeReason> {
        self.outcomes.remove(reference)
    }
}

fn paid(round: Round, decimals: u32) -> Option<OutcomeReason> {
    let left = minor_units(&round.budget_left, decimals)?;
    let reason = OutcomeReason { round: round.round, left, ..OutcomeReason::default() };
    if let Some(granted) = round.granted {
        let lacking = minor_units(&round.cost, decimals)? - minor_units(&granted, decimals)?;
        return Some(OutcomeReason { kind: Kind::InPart.into(), lacking, ..reason });
    }
    Some(match (round.payers, round.max_payment) {
        (Some(payer_count), Some(most)) => OutcomeReason {
            kind: Kind::Paid.into(),
            payer_count,
            largest_payment: minor_units(&most, decimals)?,
            ..reason
        },
        _ => OutcomeReason { kind: Kind::Next.into(), ..reason },
    })
}

fn refused(no: Rejection, decimals: u32) -> Option<OutcomeReason> {
    let money = |amount: Option<String>| match amount {
        Some(amount) => minor_units(&amount, decimals),
        None => Some(0),
    };
    let kind = match no.why.as_str() {
        "does-not-fit" => Kind::DoesNotFit,
        "below-threshold" => Kind::BelowMinimum,
        "excluded" => Kind::Excluded,
        "envelope-exhausted" => Kind::EnvelopeExhausted,
        "supporters-cannot-afford" => Kind::SupportersCannotAfford,
        "stopped-before" => Kind::StoppedBefore,
        "no-support" => Kind::NoSupport,
        "withdrawn" => Kind::Withdrawn,
        _ => return None,
    };
    Some(OutcomeReason {
        kind: kind.into(),
        round: no.after_round,
        left: money(no.left)?,
        lacking: money(no.lacking)?,
        minimum: no.minimum.unwrap_or_default(),
        other_reference: no.by.or(no.at).unwrap_or_default(),
        group: no.group.or(no.envelope).unwrap_or_default(),
        ..OutcomeReason::default()
    })
}

fn broken(tie: Tie) -> BrokenTie {
    let by = match tie.by.parse() {
        Ok(TieBreaker::MostVotes) => TieBreak::MostVotes,
        Ok(TieBreaker::LowestCost) => TieBreak::LowestCost,
        Ok(TieBreaker::HighestCost) => TieBreak::HighestCost,
        Ok(TieBreaker::Lot { .. }) => TieBreak::Lot,
        Ok(TieBreaker::Id) => TieBreak::Reference,
        Err(_) => TieBreak::Unspecified,
    };
    BrokenTie { round: tie.round, references: tie.between, chosen: tie.chosen, by: by.into() }
}

/// An amount in currency units, as a decimal (`12.5`) or a fraction (`25/2`), in minor units, rounded up.
fn minor_units(amount: &str, decimals: u32) -> Option<i64> {
    let (numerator, denominator) = match (amount.split_once('/'), amount.split_once('.')) {
        (Some((numerator, denominator)), _) => (numerator.parse::<BigInt>().ok()?, denominator.parse().ok()?),
        (None, Some((whole, rest))) => {
            let scale = BigInt::from(10).pow(u32::try_from(rest.len()).ok()?);
            (format!("{whole}{rest}").parse().ok()?, scale)
        }
        (None, None) => (amount.parse().ok()?, BigInt::from(1)),
    };
    if denominator <= BigInt::ZERO {
        return None;
    }
    let minor: BigInt = numerator * BigInt::from(10).pow(decimals);
    let up = (minor + &denominator - 1) / denominator;
    i64::try_from(up).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_rounded_up() {
        for (amount, minor) in
            [("12.5", 1250), ("12", 1200), ("0", 0), ("0.05", 5), ("25/2", 1250), ("1/3", 34), ("0/1", 0)]
        {
            assert_eq!(minor_units(amount, 2), Some(minor), "{amount}");
        }
        let long = format!("{0}1/{0}0", "9".repeat(400));
        assert_eq!(minor_units(&long, 0), Some(2));
        for wrong in ["", "x", "1/0", "1/-2", &"9".repeat(30)] {
            assert_eq!(minor_units(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn a_trace_of_another_form_has_no_reasons() {
        for trace in ["", "{}", r#"{"rounds": 7}"#] {
            let mut reasons = Reasons::of(trace, "EUR");
            assert!(reasons.take("1").is_none() && reasons.ties.is_empty());
        }
    }

    #[test]
    fn each_kind_of_reason_has_its_parts() {
        let trace = r#"{"rounds":[
              {"round":1,"phase":"equal-shares","project":"a","cost":"10","votes":3,"score":3,"price":"1/3","payers":3,
               "max_payment":"10/3","budget_left":"90"},
              {"round":2,"phase":"completion","project":"b","cost":"80","votes":1,"score":1,"budget_left":"9.5"},
              {"round":3,"phase":"greedy","project":"i","cost":"12.25","granted":"9.5","votes":1,"score":1,"budget_left":"0"}],
            "rejected":[
              {"project":"c","cost":"20","votes":1,"score":1,"why":"does-not-fit","after_round":2,"left":"9.5","lacking":"10.5"},
              {"project":"d","cost":"20","votes":9,"score":9,"why":"supporters-cannot-afford","after_round":1,"lacking":"1/7"},
              {"project":"e","cost":null,"votes":0,"score":0,"why":"below-threshold","minimum":5},
              {"project":"f","cost":"1","votes":2,"score":2,"why":"excluded","by":"a","group":"park"},
              {"project":"g","cost":"1","votes":2,"score":2,"why":"stopped-before","at":"c"},
              {"project":"h","cost":"1","votes":2,"score":2,"why":"unheard-of"}],
            "ties":[{"round":2,"between":["b","c"],"chosen":"b","by":"lot:seed"}]}"#;
        let mut reasons = Reasons::of(trace, "EUR");
        let a = reasons.take("a").unwrap();
        assert_eq!(
            (a.kind(), a.round, a.payer_count, a.largest_payment, a.left),
            (Kind::Paid, 1, 3, 334, 9000)
        );
        assert_eq!(reasons.take("b").unwrap().kind(), Kind::Next);
        let i = reasons.take("i").unwrap();
        assert_eq!((i.kind(), i.round, i.left, i.lacking), (Kind::InPart, 3, 0, 275));
        let c = reasons.take("c").unwrap();
        assert_eq!((c.kind(), c.round, c.left, c.lacking), (Kind::DoesNotFit, 2, 950, 1050));
        let d = reasons.take("d").unwrap();
        assert_eq!((d.kind(), d.round, d.lacking), (Kind::SupportersCannotAfford, 1, 15));
        assert_eq!(reasons.take("e").unwrap().minimum, 5);
        let f = reasons.take("f").unwrap();
        assert_eq!((f.other_reference.as_str(), f.group.as_str()), ("a", "park"));
        assert_eq!(reasons.take("g").unwrap().other_reference, "c");
        assert!(reasons.take("h").is_none());
        let by = TieBreak::Lot.into();
        let tie = BrokenTie { round: 2, references: vec!["b".into(), "c".into()], chosen: "b".into(), by };
        assert_eq!(reasons.ties, [tie]);
    }
}
