//! From sealed ballots to a decision: the budget's rule, run exactly, with a sentence for every project.

use std::cmp::Reverse;
use std::collections::HashMap;

use comitia_allocation::{self as engine, BallotKind, Instance, InstanceBuilder, RankScores};
use comitia_platform::currency;
use comitia_proto::voting::v1::{Ballot, BallotGroup, BallotType};

use crate::domain::allocation_rule;
use crate::domain::budget::{Budget, Terms};
use crate::domain::project::Project;
use crate::domain::result::{Decision, Leftover, ProjectOutcome, available};
use crate::error::Error;

/// Runs the budget's rule on `ballots`, with the budget's money and what others left to it. Takes as long as the rule needs: not for the threads of async tasks.
///
/// # Errors
/// [`Error::OptionUnknown`] when a ballot names no project, [`Error::Count`] when the rule cannot be run.
pub fn decide(
    budget: &Budget,
    leftovers: &[Leftover],
    projects: &[Project],
    ballots: &[BallotGroup],
) -> Result<Decision, Error> {
    let instance = instance(&budget.terms, leftovers, projects, ballots)?;
    let rule = &budget.terms.allocation_rule;
    let outcome =
        engine::run(&instance, &allocation_rule::engine_rule(rule), &allocation_rule::engine_ties(rule))?;
    let trace = String::from_utf8(outcome.trace_bytes()).map_err(|_| Error::Corrupt("trace"))?;
    Ok(Decision {
        rule: allocation_rule::in_words(rule, &budget.terms.ballot_rule, &budget.terms.currency),
        spent: i64::try_from(outcome.cost.minor).map_err(|_| Error::Corrupt("cost of the outcome"))?,
        ballot_count: ballot_count(ballots),
        blank_ballots: blank_ballots(ballots),
        outcomes: outcomes(projects, &instance, &outcome)?,
        ties: outcome.ties.iter().map(tie_in_words).collect(),
        satisfied_share: outcome.summary.represented.to_string(),
        trace,
        trace_sha256: outcome.trace_sha256,
    })
}

/// How many ballots there are.
#[must_use]
pub fn ballot_count(ballots: &[BallotGroup]) -> i64 {
    ballots.iter().map(|group| group.count).fold(0, i64::saturating_add)
}

/// How many ballots chose nothing.
fn blank_ballots(ballots: &[BallotGroup]) -> i64 {
    let blank = |group: &&BallotGroup| group.ballot.as_ref().is_none_or(|ballot| ballot.choices.is_empty());
    ballots.iter().filter(blank).map(|group| group.count).fold(0, i64::saturating_add)
}

/// Where a budget's money comes from, if not all of it is its own.
///
/// # Errors
/// [`Error::Corrupt`] when an amount is negative.
pub fn parts(terms: &Terms, leftovers: &[Leftover]) -> Result<Vec<engine::BudgetPart>, Error> {
    if leftovers.is_empty() {
        return Ok(Vec::new());
    }
    let decimals = currency::decimals(&terms.currency);
    let own = ("own".to_owned(), terms.amount);
    let others = leftovers.iter().map(|leftover| (leftover.budget.to_string(), leftover.amount));
    std::iter::once(own)
        .chain(others)
        .map(|(from, amount)| {
            let minor = u64::try_from(amount).map_err(|_| Error::Corrupt("a negative amount"))?;
            Ok(engine::BudgetPart { from, amount: engine::Amount { minor, decimals } })
        })
        .collect()
}

/// Where each project is in `projects`, by its reference.
#[must_use]
pub fn positions(projects: &[Project]) -> HashMap<&str, u32> {
    projects.iter().map(|project| project.reference.as_str()).zip(0..).collect()
}

/// The positions of a ballot's projects, in the ballot's order.
///
/// # Errors
/// [`Error::OptionUnknown`].
pub fn chosen(ballot: &Ballot, positions: &HashMap<&str, u32>) -> Result<Vec<u32>, Error> {
    let position = |id: &String| positions.get(id.as_str()).copied();
    ballot
        .choices
        .iter()
        .map(|choice| {
            position(&choice.option_id).ok_or_else(|| Error::OptionUnknown(choice.option_id.clone()))
        })
        .collect()
}

fn instance(
    terms: &Terms,
    leftovers: &[Leftover],
    projects: &[Project],
    ballots: &[BallotGroup],
) -> Result<Instance, Error> {
    let ballot_type = terms.ballot_rule.r#type();
    let kind = match ballot_type {
        BallotType::Cumulative | BallotType::Score | BallotType::Ranking => BallotKind::Scored,
        _ => BallotKind::Approval,
    };
    let money = |amount: i64| u64::try_from(amount).map_err(|_| Error::Corrupt("a negative amount"));
    let mut builder = InstanceBuilder::new(money(available(terms.amount, leftovers))?, kind)
        .currency(currency::decimals(&terms.currency), &terms.currency);
    for part in parts(terms, leftovers)? {
        builder.budget_part(part);
    }
    for project in projects {
        let group = &project.values.exclusion_group;
        builder.project(engine::Project {
            id: project.reference.clone(),
            cost: money(project.values.cost)?,
            excludes: if group.is_empty() { Vec::new() } else { vec![group.clone()] },
            ..engine::Project::default()
        });
    }
    let positions = positions(projects);
    let ranks = rank_scores(terms);
    let blank = Ballot::default();
    for group in ballots {
        let ballot = group.ballot.as_ref().unwrap_or(&blank);
        let weight =
            u64::try_from(group.count).map_err(|_| Error::Corrupt("a negative number of ballots"))?;
        let choices = chosen(ballot, &positions)?;
        match ballot_type {
            BallotType::Cumulative | BallotType::Score => {
                let points = ballot.choices.iter().map(|choice| i64::from(choice.points));
                builder.scores(&choices.into_iter().zip(points).collect::<Vec<_>>(), weight)?;
            }
            BallotType::Ranking => {
                builder.ranking(&choices, &ranks, weight)?;
            }
            _ => {
                builder.approval(&choices, weight)?;
            }
        }
    }
    Ok(builder.build()?)
}

/// What the ranks of a ballot score.
#[must_use]
pub fn rank_scores(terms: &Terms) -> RankScores {
    let points = &terms.allocation_rule.rank_points;
    match terms.ballot_rule.max_choices {
        _ if !points.is_empty() => RankScores::Points(points.clone()),
        0 => RankScores::Borda,
        most => RankScores::BordaOver(most),
    }
}

fn outcomes(
    projects: &[Project],
    instance: &Instance,
    outcome: &engine::Outcome,
) -> Result<Vec<ProjectOutcome>, Error> {
    let positions = positions(projects);
    let find = |id: &str| {
        let position = *positions.get(id)? as usize;
        Some((position, projects.get(position)?))
    };
    let entry = |id: &str, granted: Option<u64>, reason: String| {
        let (position, project) = find(id).ok_or(Error::Corrupt("project of the outcome"))?;
        Ok::<_, Error>(ProjectOutcome {
            project: project.id,
            reference: project.reference.clone(),
            title: project.values.title.clone(),
            cost: project.values.cost,
            votes: i64::try_from(instance.votes(position)).map_err(|_| Error::Corrupt("votes"))?,
            score: instance.score(position).to_string(),
            funded: granted.is_some(),
            granted: match granted {
                Some(granted) => i64::try_from(granted).map_err(|_| Error::Corrupt("granted"))?,
                None => 0,
            },
            reason,
        })
    };
    let funded = outcome.rounds.iter().map(|round| {
        let granted = round.granted.unwrap_or(round.cost).minor;
        entry(&round.project, Some(granted), round.sentence(instance))
    });
    let mut all = funded.collect::<Result<Vec<_>, _>>()?;
    let rejected = outcome.rejected.iter().map(|no| entry(&no.project, None, no.sentence.clone()));
    let mut rejected = rejected.collect::<Result<Vec<_>, _>>()?;
    rejected.sort_by(|a, b| (Reverse(a.votes), &a.reference).cmp(&(Reverse(b.votes), &b.reference)));
    all.append(&mut rejected);
    Ok(all)
}

fn tie_in_words(tie: &engine::Tie) -> String {
    let by = match tie.by.parse() {
        Ok(breaker) => allocation_rule::tie_in_words(&breaker),
        Err(_) => tie.by.clone(),
    };
    format!(
        "Round {}: {} were equal; {} was preferred ({by}).",
        tie.round,
        tie.between.join(", "),
        tie.chosen
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;
    use comitia_proto::budgets::v1::{AllocationRule, BallotRule, OutcomeReasonKind, RuleKind};
    use comitia_proto::voting::v1::Choice;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::budget::BudgetState;
    use crate::domain::budget::tests::terms;
    use crate::domain::project::tests::project;
    use crate::domain::reasons::Reasons;

    fn decide(budget: &Budget, projects: &[Project], ballots: &[BallotGroup]) -> Result<Decision, Error> {
        super::decide(budget, &[], projects, ballots)
    }

    pub(crate) fn budget(amount: i64, ballot_rule: BallotRule, allocation_rule: AllocationRule) -> Budget {
        Budget {
            id: Uuid::nil(),
            organization: Uuid::nil(),
            process: Uuid::nil(),
            terms: Terms { amount, ballot_rule, allocation_rule, ..terms() },
            state: BudgetState::Counting,
            poll: Some(Uuid::nil()),
            revision: 1,
            create_time: DateTime::UNIX_EPOCH,
            update_time: DateTime::UNIX_EPOCH,
        }
    }

    pub(crate) fn group(choices: &[(&str, u32)], count: i64) -> BallotGroup {
        let choices = choices.iter().map(|(id, points)| Choice { option_id: (*id).into(), points: *points });
        BallotGroup { ballot: Some(Ballot { choices: choices.collect() }), count, ..Default::default() }
    }

    fn ballots(ballot: BallotType, max_choices: u32) -> BallotRule {
        BallotRule { r#type: ballot.into(), max_choices, ..Default::default() }
    }

    fn greedy() -> AllocationRule {
        AllocationRule { kind: RuleKind::Greedy.into(), ..Default::default() }
    }

    fn scores(decision: &Decision) -> Vec<(&str, i64, &str, bool)> {
        let row = |o: &'_ ProjectOutcome| (o.votes, o.funded);
        decision
            .outcomes
            .iter()
            .map(|o| (o.reference.as_str(), row(o).0, o.score.as_str(), row(o).1))
            .collect()
    }

    #[test]
    fn funded_come_in_the_order_of_funding_and_the_others_by_votes() {
        let projects = [project("a", 60), project("b", 70), project("c", 40), project("d", 90)];
        let groups =
            [group(&[("a", 0), ("c", 0)], 3), group(&[("b", 0)], 5), group(&[("d", 0)], 1), group(&[], 2)];
        let decision =
            decide(&budget(100, ballots(BallotType::Approval, 0), greedy()), &projects, &groups).unwrap();
        assert_eq!(
            scores(&decision),
            [("b", 5, "5", true), ("a", 3, "3", false), ("c", 3, "3", false), ("d", 1, "1", false)]
        );
        assert_eq!((decision.spent, decision.ballot_count, decision.blank_ballots), (70, 11, 2));
        assert_eq!(decision.satisfied_share, "5/11");
        assert!(decision.outcomes.iter().all(|outcome| !outcome.reason.is_empty()));
        assert_eq!(decision.trace_sha256.len(), 64);
        let mut reasons = Reasons::of(&decision.trace, "EUR");
        for outcome in &decision.outcomes {
            let why = reasons.take(&outcome.reference).unwrap();
            let kind = if outcome.funded { OutcomeReasonKind::Next } else { OutcomeReasonKind::DoesNotFit };
            assert_eq!(why.kind(), kind, "{}", outcome.reference);
        }
    }

    #[test]
    fn points_are_scores_and_ranks_give_points() {
        let projects = [project("a", 10), project("b", 10)];
        let points = [group(&[("a", 1), ("b", 4)], 2), group(&[("a", 3)], 3)];
        for ballot in [BallotType::Cumulative, BallotType::Score] {
            let decision = decide(&budget(10, ballots(ballot, 0), greedy()), &projects, &points).unwrap();
            assert_eq!(scores(&decision), [("a", 5, "11", true), ("b", 2, "8", false)]);
        }
        let ranks = [group(&[("b", 0), ("a", 0)], 2), group(&[("a", 0)], 1)];
        let borda =
            decide(&budget(10, ballots(BallotType::Ranking, 3), greedy()), &projects, &ranks).unwrap();
        assert_eq!(scores(&borda), [("a", 3, "7", true), ("b", 2, "6", false)]);
        let own = decide(&budget(10, ballots(BallotType::Ranking, 0), greedy()), &projects, &ranks).unwrap();
        assert_eq!(scores(&own), [("b", 2, "4", true), ("a", 3, "3", false)]);
        let rule = AllocationRule { rank_points: vec![10], ..greedy() };
        let given = decide(&budget(10, ballots(BallotType::Ranking, 3), rule), &projects, &ranks).unwrap();
        assert_eq!(scores(&given), [("b", 2, "20", true), ("a", 3, "10", false)]);
    }

    #[test]
    fn projects_of_a_group_exclude_one_another_under_every_rule() {
        let mut projects = [project("a", 10), project("b", 10)];
        for project in &mut projects {
            project.values.exclusion_group = "site".into();
        }
        for kind in [RuleKind::Greedy, RuleKind::GreedyExclusive, RuleKind::EqualShares, RuleKind::Phragmen] {
            let rule = AllocationRule { kind: kind.into(), ..Default::default() };
            let decision = decide(
                &budget(100, ballots(BallotType::Approval, 0), rule),
                &projects,
                &[group(&[("a", 0)], 3), group(&[("b", 0)], 2)],
            )
            .unwrap();
            assert_eq!(scores(&decision), [("a", 3, "3", true), ("b", 2, "2", false)], "{kind:?}");
        }
    }

    #[test]
    fn what_others_left_is_spent_too() {
        let projects = [project("a", 60), project("b", 70)];
        let groups = [group(&[("a", 0)], 3), group(&[("b", 0)], 5)];
        let budget = budget(100, ballots(BallotType::Approval, 0), greedy());
        let left = |amount| Leftover { budget: Uuid::from_u128(7), title: "North".into(), amount };
        let decision = super::decide(&budget, &[left(29)], &projects, &groups).unwrap();
        assert_eq!((decision.spent, scores(&decision)[1].3), (70, false), "29 is one too little");
        let decision = super::decide(&budget, &[left(29), left(1)], &projects, &groups).unwrap();
        assert_eq!((decision.spent, scores(&decision)[1].3), (130, true));
        for part in ["\"own\",\"amount\":\"1\"", "\"amount\":\"0.29\"", "\"amount\":\"0.01\""] {
            assert!(decision.trace.contains(part), "{part}: {}", decision.trace);
        }
    }

    #[test]
    fn what_is_left_is_part_of_a_project_where_the_rule_says_so() {
        let projects = [project("a", 60), project("b", 70), project("c", 30)];
        let groups = [group(&[("a", 0)], 3), group(&[("b", 0)], 5), group(&[("c", 0)], 1)];
        let decide = |kind: RuleKind, percent| {
            let rule = AllocationRule { kind: kind.into(), part_from_percent: percent, ..Default::default() };
            decide(&budget(100, ballots(BallotType::Approval, 0), rule), &projects, &groups).unwrap()
        };
        let granted = |decision: &Decision| {
            let row = |o: &ProjectOutcome| (o.reference.clone(), o.granted);
            decision.outcomes.iter().map(row).collect::<Vec<_>>()
        };
        let rows = |rows: &[(&str, i64)]| {
            rows.iter().map(|(id, granted)| ((*id).to_owned(), *granted)).collect::<Vec<_>>()
        };
        let stops = decide(RuleKind::GreedyNoSkip, 50);
        assert_eq!(granted(&stops), rows(&[("b", 70), ("a", 30), ("c", 0)]));
        assert_eq!((stops.spent, stops.satisfied_share.as_str()), (100, "8/9"));
        assert!(stops.rule.contains("at least 50 % of its cost"), "{}", stops.rule);
        assert!(stops.outcomes[1].reason.contains("in part, with 0.30 EUR of its cost of 0.60 EUR"));
        let why = Reasons::of(&stops.trace, "EUR").take("a").unwrap();
        assert_eq!((why.kind(), why.round, why.lacking), (OutcomeReasonKind::InPart, 2, 30));
        let too_little = decide(RuleKind::GreedyNoSkip, 51);
        assert_eq!(granted(&too_little), rows(&[("b", 70), ("a", 0), ("c", 0)]));
        let skips = decide(RuleKind::Greedy, 1);
        assert_eq!(granted(&skips), rows(&[("b", 70), ("c", 30), ("a", 0)]), "nothing is left");
    }

    #[test]
    fn ties_are_told() {
        let projects = [project("a", 10), project("b", 10)];
        let groups = [group(&[("a", 0), ("b", 0)], 3)];
        let decision =
            decide(&budget(10, ballots(BallotType::Approval, 0), greedy()), &projects, &groups).unwrap();
        assert_eq!(decision.ties, ["Round 1: a, b were equal; a was preferred (reference)."]);
    }

    #[test]
    fn a_foreign_option_is_refused() {
        let result = decide(
            &budget(10, ballots(BallotType::Approval, 0), greedy()),
            &[project("a", 1)],
            &[group(&[("x", 0)], 1)],
        );
        assert!(matches!(result, Err(Error::OptionUnknown(id)) if id == "x"));
    }

    proptest! {
        /// Whatever the ballots: nothing is overspent, each project has one outcome, grouping does not matter.
        #[test]
        fn every_decision_is_within_the_budget_and_complete(
            costs in prop::collection::vec(0i64..50, 1..6),
            sets in prop::collection::vec((prop::collection::btree_set(0usize..6, 0..6), 1i64..4), 0..20),
            kind in 1i32..=6,
        ) {
            let projects: Vec<_> =
                costs.iter().enumerate().map(|(i, cost)| project(&format!("p{i}"), *cost)).collect();
            let mut grouped = Vec::new();
            let mut single = Vec::new();
            for (set, count) in &sets {
                let ids: Vec<_> =
                    set.iter().filter(|i| **i < projects.len()).map(|i| (projects[*i].reference.as_str(), 0)).collect();
                grouped.push(group(&ids, *count));
                single.extend((0..*count).map(|_| group(&ids, 1)));
            }
            let rule = AllocationRule { kind, ..Default::default() };
            let budget = budget(60, ballots(BallotType::Approval, 0), rule);
            let decision = decide(&budget, &projects, &grouped).unwrap();
            prop_assert!(decision.spent <= 60);
            let funded: i64 = decision.outcomes.iter().filter(|o| o.funded).map(|o| o.cost).sum();
            prop_assert_eq!(funded, decision.spent);
            prop_assert_eq!(decision.outcomes.len(), projects.len());
            prop_assert_eq!(decision, decide(&budget, &projects, &single).unwrap());
        }
    }
}
