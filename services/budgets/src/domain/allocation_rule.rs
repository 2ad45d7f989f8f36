//! What decides: is an allocation rule possible, does it fit the ballots, and which rule of the engine it is.

use std::collections::HashSet;

use comitia_allocation as engine;
use comitia_platform::validate::Checks;
use comitia_proto::budgets::v1::{
    AllocationRule, BallotRule, Completion, RuleKind, Satisfaction, Start, Stop, TieBreak,
};
use comitia_proto::voting::v1::BallotType;

use crate::domain::budget::LARGEST_AMOUNT;
use crate::error::Error;

/// The longest seed of a lot.
const LONGEST_SEED: usize = 200;
/// The most ranks that have points, and the most points of one.
const MOST_RANKS: usize = 1_000;
const MOST_RANK_POINTS: u32 = 1_000_000;

/// Checks a rule by itself.
pub fn check(checks: &mut Checks, rule: &AllocationRule) {
    let field = |name: &str| format!("allocation_rule.{name}");
    checks.require(rule.kind() != RuleKind::Unspecified, field("kind"), "must say which rule decides");
    checks.require(rule.min_score >= 0, field("min_score"), "must not be negative");
    checks.require(
        (0..=LARGEST_AMOUNT).contains(&rule.increment),
        field("increment"),
        format!("must be 0 to {LARGEST_AMOUNT}"),
    );
    let known = [
        ("satisfaction", Satisfaction::try_from(rule.satisfaction).is_ok()),
        ("completion", Completion::try_from(rule.completion).is_ok()),
        ("start", Start::try_from(rule.start).is_ok()),
        ("stop", Stop::try_from(rule.stop).is_ok()),
    ];
    for (name, known) in known {
        checks.require(known, field(name), "must be one of the values that the API defines");
    }
    check_ties(checks, rule);
    checks.require(
        rule.rank_points.len() <= MOST_RANKS,
        field("rank_points"),
        format!("must be at most {MOST_RANKS}"),
    );
    checks.require(
        rule.rank_points.windows(2).all(|pair| pair[0] >= pair[1]),
        field("rank_points"),
        "must not grow: a better rank has at least the points of a worse one",
    );
    checks.require(
        rule.rank_points.first().is_none_or(|points| (1..=MOST_RANK_POINTS).contains(points)),
        field("rank_points"),
        format!("must begin with 1 to {MOST_RANK_POINTS} points"),
    );
}

fn check_ties(checks: &mut Checks, rule: &AllocationRule) {
    let mut seen = HashSet::new();
    for (i, number) in rule.ties.iter().enumerate() {
        let field = format!("allocation_rule.ties[{i}]");
        let tie = TieBreak::try_from(*number).unwrap_or_default();
        let known = tie != TieBreak::Unspecified;
        checks.require(known, field.clone(), "must be a tie-break");
        checks.require(!known || seen.insert(tie), field.clone(), "must not be there twice");
        checks.require(
            tie != TieBreak::Reference || i + 1 == rule.ties.len(),
            field,
            "must be the last: after REFERENCE no tie is left",
        );
    }
    let lot = seen.contains(&TieBreak::Lot);
    let seed = rule.lot_seed.chars().count();
    checks.require(
        if lot { (1..=LONGEST_SEED).contains(&seed) } else { seed == 0 },
        "allocation_rule.lot_seed",
        format!("must have 1 to {LONGEST_SEED} characters with the tie-break LOT and be empty without it"),
    );
    checks.require(
        !rule.lot_seed.chars().any(char::is_control),
        "allocation_rule.lot_seed",
        "must not have control characters",
    );
}

/// Refuses parameters that the rule does not have, and rank points for ballots without ranks.
///
/// # Errors
/// [`Error::RuleNotApplicable`] for the first that does not fit.
pub fn fits(rule: &AllocationRule, ballots: &BallotRule) -> Result<(), Error> {
    let refuse = |name: &str, rule: &str| Err(Error::not_applicable(format!("allocation_rule.{name}"), rule));
    let approves = matches!(
        ballots.r#type(),
        BallotType::Approval | BallotType::Knapsack | BallotType::ChooseOne | BallotType::Unspecified
    );
    if rule.kind() == RuleKind::Phragmen && !approves {
        return refuse(
            "kind",
            "PHRAGMEN is only for ballots without points: APPROVAL, KNAPSACK and CHOOSE_ONE",
        );
    }
    if rule.kind() != RuleKind::EqualShares {
        let parameters = [
            ("satisfaction", rule.satisfaction != 0),
            ("completion", rule.completion != 0),
            ("increment", rule.increment != 0),
            ("start", rule.start != 0),
            ("stop", rule.stop != 0),
            ("comparison", rule.comparison),
        ];
        if let Some((name, _)) = parameters.into_iter().find(|(_, set)| *set) {
            return refuse(name, "is only for EQUAL_SHARES");
        }
    } else if matches!(rule.completion(), Completion::None | Completion::Greedy) {
        for (name, set) in [("increment", rule.increment != 0), ("stop", rule.stop != 0)] {
            if set {
                return refuse(name, "is only for the completions ADD1 and ADD1U");
            }
        }
    }
    if ballots.r#type() == BallotType::Ranking {
        let ranks = u32::try_from(rule.rank_points.len()).unwrap_or(u32::MAX);
        if ballots.max_choices > 0 && ranks > ballots.max_choices {
            return refuse("rank_points", "must not have more ranks than a ballot has choices");
        }
    } else if !rule.rank_points.is_empty() {
        return refuse("rank_points", "is only for RANKING ballots");
    }
    Ok(())
}

/// The rule as the engine runs it.
#[must_use]
pub fn engine_rule(rule: &AllocationRule) -> engine::Rule {
    let min_score = (rule.min_score > 0).then_some(rule.min_score);
    let greedy = |kind| {
        engine::Rule::Greedy(engine::GreedyRule {
            kind,
            order: engine::GreedyOrder::Score,
            min_score,
            part_from_percent: None,
        })
    };
    match rule.kind() {
        RuleKind::Unspecified | RuleKind::Greedy => greedy(engine::GreedyKind::Skip),
        RuleKind::GreedyNoSkip => greedy(engine::GreedyKind::NoSkip),
        RuleKind::GreedyThreshold => greedy(engine::GreedyKind::Threshold),
        RuleKind::GreedyExclusive => greedy(engine::GreedyKind::Exclusive),
        RuleKind::Phragmen => engine::Rule::Phragmen(engine::PhragmenRule { min_score }),
        RuleKind::EqualShares => engine::Rule::EqualShares(engine::EqualSharesRule {
            satisfaction: match rule.satisfaction() {
                Satisfaction::Unspecified | Satisfaction::Cost => engine::Satisfaction::Cost,
                Satisfaction::Cardinality => engine::Satisfaction::Cardinality,
            },
            completion: match rule.completion() {
                Completion::None => engine::Completion::None,
                Completion::Greedy => engine::Completion::Greedy,
                Completion::Unspecified | Completion::Add1 => engine::Completion::Add1,
                Completion::Add1u => engine::Completion::Add1u,
            },
            increment: u64::try_from(rule.increment).ok().filter(|increment| *increment > 0),
            start: match rule.start() {
                Start::Unspecified | Start::Exact => engine::Start::Exact,
                Start::Integral => engine::Start::Integral,
            },
            stop: match rule.stop() {
                Stop::Unspecified | Stop::Overspend => engine::Stop::Overspend,
                Stop::Exhaustive => engine::Stop::Exhaustive,
            },
            comparison: if rule.comparison {
                engine::Comparison::Satisfaction
            } else {
                engine::Comparison::None
            },
            min_score,
        }),
    }
}

/// The tie-breaks as the engine uses them; the reference is always the last.
#[must_use]
pub fn engine_ties(rule: &AllocationRule) -> engine::Ties {
    let mut chain: Vec<_> = rule
        .ties()
        .filter_map(|tie| {
            Some(match tie {
                TieBreak::MostVotes => engine::TieBreaker::MostVotes,
                TieBreak::LowestCost => engine::TieBreaker::LowestCost,
                TieBreak::HighestCost => engine::TieBreaker::HighestCost,
                TieBreak::Lot => engine::TieBreaker::Lot { seed: rule.lot_seed.clone() },
                TieBreak::Unspecified | TieBreak::Reference => return None,
            })
        })
        .collect();
    if rule.ties.is_empty() {
        chain.extend([engine::TieBreaker::MostVotes, engine::TieBreaker::LowestCost]);
    }
    chain.push(engine::TieBreaker::Id);
    engine::Ties(chain)
}

/// The rule with all its parameters, in words.
#[must_use]
pub fn in_words(rule: &AllocationRule, ballots: &BallotRule) -> String {
    let mut words = match rule.kind() {
        RuleKind::Unspecified | RuleKind::Greedy | RuleKind::GreedyThreshold => {
            "greedy: the highest score first, skipping what does not fit".to_owned()
        }
        RuleKind::GreedyNoSkip => {
            "greedy: the highest score first, stopping at the first project that does not fit".to_owned()
        }
        RuleKind::GreedyExclusive => {
            "greedy: the highest score first, of each exclusion group only one, skipping what does not fit"
                .to_owned()
        }
        RuleKind::EqualShares => equal_shares_in_words(rule),
        RuleKind::Phragmen => "sequential Phragmén: every voter earns money at the same pace, and a project is funded \
                               as soon as its voters can pay for it together, stopping at the first that the budget \
                               cannot pay"
            .to_owned(),
    };
    if rule.min_score > 0 {
        words.push_str(&format!("; only projects with a score of at least {}", rule.min_score));
    }
    if ballots.r#type() == BallotType::Ranking {
        if rule.rank_points.is_empty() {
            words.push_str("; ranks give Borda points");
        } else {
            let points: Vec<_> = rule.rank_points.iter().map(ToString::to_string).collect();
            words.push_str(&format!("; ranks give {} points", points.join(", ")));
        }
    }
    words.push_str("; ties: ");
    let ties: Vec<_> = engine_ties(rule).0.iter().map(tie_in_words).collect();
    words.push_str(&ties.join(", "));
    words
}

fn equal_shares_in_words(rule: &AllocationRule) -> String {
    let gain = match rule.satisfaction() {
        Satisfaction::Unspecified | Satisfaction::Cost => "cost",
        Satisfaction::Cardinality => "cardinality",
    };
    let mut words = format!("Method of Equal Shares: {gain} satisfaction, completion ");
    let step = match rule.increment {
        0 => "one currency unit".to_owned(),
        increment => format!("{increment} minor units"),
    };
    let until = match rule.stop() {
        Stop::Unspecified | Stop::Overspend => "until the next outcome would overspend",
        Stop::Exhaustive => "until the next outcome would overspend or no further project fits",
    };
    match rule.completion() {
        Completion::None => words.push_str("none"),
        Completion::Greedy => words.push_str("greedy"),
        Completion::Unspecified | Completion::Add1 => {
            words.push_str(&format!("Add1 in steps of {step} {until}"))
        }
        Completion::Add1u => {
            words.push_str(&format!("Add1 in steps of {step} {until}, then greedy"));
        }
    }
    if rule.start() == Start::Integral {
        words.push_str(", shares start rounded down");
    }
    if rule.comparison {
        words.push_str(", replaced by the greedy outcome if more voters prefer that");
    }
    words
}

/// A tie-break in words.
#[must_use]
pub fn tie_in_words(tie: &engine::TieBreaker) -> String {
    match tie {
        engine::TieBreaker::MostVotes => "most votes".into(),
        engine::TieBreaker::LowestCost => "lowest cost".into(),
        engine::TieBreaker::HighestCost => "highest cost".into(),
        engine::TieBreaker::Lot { seed } => format!("lot with the seed {seed:?}"),
        engine::TieBreaker::Id => "reference".into(),
    }
}

#[cfg(test)]
mod tests {
    use comitia_platform::{ApiError, Reason};
    use proptest::prelude::*;

    use super::*;

    fn rule(kind: RuleKind) -> AllocationRule {
        AllocationRule { kind: kind.into(), ..Default::default() }
    }

    fn approval() -> BallotRule {
        BallotRule { r#type: BallotType::Approval.into(), ..Default::default() }
    }

    fn violations(rule: &AllocationRule) -> Vec<String> {
        let mut checks = Checks::new();
        check(&mut checks, rule);
        match checks.finish() {
            Ok(()) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }

    #[test]
    fn broken_rules_name_their_field() {
        let greedy = rule(RuleKind::Greedy);
        let ties = |ties: &[TieBreak]| AllocationRule {
            ties: ties.iter().map(|tie| i32::from(*tie)).collect(),
            ..greedy.clone()
        };
        let cases = [
            (AllocationRule::default(), "allocation_rule.kind"),
            (AllocationRule { min_score: -1, ..greedy.clone() }, "allocation_rule.min_score"),
            (AllocationRule { increment: -1, ..rule(RuleKind::EqualShares) }, "allocation_rule.increment"),
            (AllocationRule { completion: 77, ..rule(RuleKind::EqualShares) }, "allocation_rule.completion"),
            (ties(&[TieBreak::Lot]), "allocation_rule.lot_seed"),
            (AllocationRule { lot_seed: "x".into(), ..greedy.clone() }, "allocation_rule.lot_seed"),
            (ties(&[TieBreak::LowestCost, TieBreak::LowestCost]), "allocation_rule.ties[1]"),
            (ties(&[TieBreak::Reference, TieBreak::LowestCost]), "allocation_rule.ties[0]"),
            (ties(&[TieBreak::Unspecified]), "allocation_rule.ties[0]"),
            (AllocationRule { rank_points: vec![1, 2], ..greedy.clone() }, "allocation_rule.rank_points"),
        ];
        for (rule, field) in cases {
            assert_eq!(violations(&rule), [field], "{rule:?}");
        }
    }

    #[test]
    fn parameters_of_another_rule_are_not_applicable() {
        let shares = rule(RuleKind::EqualShares);
        let cases = [
            AllocationRule { satisfaction: 1, ..rule(RuleKind::Phragmen) },
            AllocationRule { comparison: true, ..rule(RuleKind::Greedy) },
            AllocationRule { completion: Completion::Add1.into(), ..rule(RuleKind::GreedyNoSkip) },
            AllocationRule { increment: 5, completion: Completion::None.into(), ..shares.clone() },
            AllocationRule { rank_points: vec![2, 1], ..shares.clone() },
        ];
        for rule in cases {
            let error = ApiError::from(fits(&rule, &approval()).unwrap_err());
            assert_eq!(error.reason, Reason::RuleNotApplicable, "{rule:?}");
            assert_eq!(error.violations.len(), 1);
        }
        fits(&AllocationRule { increment: 5, min_score: 3, ..shares }, &approval()).unwrap();
        fits(&AllocationRule { min_score: 3, ..rule(RuleKind::Phragmen) }, &approval()).unwrap();
        for ballot in [BallotType::Cumulative, BallotType::Score, BallotType::Ranking] {
            let points = BallotRule { r#type: ballot.into(), ..Default::default() };
            assert!(fits(&rule(RuleKind::Phragmen), &points).is_err(), "{ballot:?}");
        }
        let ranking = BallotRule { r#type: BallotType::Ranking.into(), max_choices: 1, ..Default::default() };
        assert!(
            fits(&AllocationRule { rank_points: vec![2, 1], ..rule(RuleKind::Greedy) }, &ranking).is_err()
        );
    }

    #[test]
    fn what_is_left_out_has_the_documented_default() {
        assert_eq!(
            engine_rule(&rule(RuleKind::EqualShares)),
            engine::Rule::EqualShares(engine::EqualSharesRule::default())
        );
        assert_eq!(engine_ties(&rule(RuleKind::Greedy)), engine::Ties::default());
        let lot = AllocationRule {
            ties: vec![TieBreak::Lot.into()],
            lot_seed: "2026".into(),
            ..rule(RuleKind::Greedy)
        };
        assert_eq!(
            engine_ties(&lot).0,
            [engine::TieBreaker::Lot { seed: "2026".into() }, engine::TieBreaker::Id]
        );
    }

    #[test]
    fn the_words_name_every_parameter() {
        let shares = AllocationRule {
            min_score: 10,
            completion: Completion::Add1u.into(),
            increment: 250,
            comparison: true,
            ..rule(RuleKind::EqualShares)
        };
        let words = in_words(&shares, &approval());
        for part in
            ["Equal Shares", "Add1 in steps of 250", "then greedy", "at least 10", "prefer", "reference"]
        {
            assert!(words.contains(part), "{part}: {words}");
        }
    }

    proptest! {
        #[test]
        fn a_chain_that_passes_ends_with_the_reference_and_repeats_nothing(
            ties in Just(vec![1i32, 2, 3, 4]).prop_shuffle(), length in 0usize..=4, reference in any::<bool>(),
        ) {
            let mut ties = ties[..length].to_vec();
            if reference {
                ties.push(TieBreak::Reference.into());
            }
            let lot_seed = if ties.contains(&TieBreak::Lot.into()) { "2026".into() } else { String::new() };
            let rule = AllocationRule { ties, lot_seed, ..rule(RuleKind::Greedy) };
            prop_assert!(violations(&rule).is_empty());
            let chain = engine_ties(&rule).0;
            prop_assert_eq!(chain.last(), Some(&engine::TieBreaker::Id));
            let different: HashSet<_> = chain.iter().collect();
            prop_assert_eq!(different.len(), chain.len());
        }
    }
}
