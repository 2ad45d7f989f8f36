//! Properties of every rule on small random elections, and the engine against the oracle.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use std::collections::BTreeSet;

use comitia_allocation::{
    BallotKind, Instance, InstanceBuilder, Outcome, Project, Rule, Ties, irresolute, run,
};
use oracle::{
    Outcomes, Small, add1, all_add1, all_equal_shares, all_greedy, all_phragmen, equal_shares, phragmen, q,
    small,
};
use proptest::prelude::*;

fn rule(json: &str) -> Rule {
    serde_json::from_str(json).unwrap()
}

fn tally(instance: &Instance, json: &str) -> Outcome {
    run(instance, &rule(json), &Ties::default()).unwrap()
}

const RULES: &[&str] = &[
    r#"{"name":"greedy"}"#,
    r#"{"name":"greedy","kind":"no-skip","order":"votes"}"#,
    r#"{"name":"greedy","order":"score-per-cost","min-score":2}"#,
    r#"{"name":"equal-shares","completion":"none"}"#,
    r#"{"name":"equal-shares","satisfaction":"cardinality","completion":"greedy"}"#,
    r#"{"name":"equal-shares","completion":"add1","stop":"exhaustive","comparison":"satisfaction"}"#,
    r#"{"name":"equal-shares","satisfaction":"cardinality","completion":"add1u","start":"integral"}"#,
];

fn ids(projects: Vec<usize>) -> Vec<String> {
    let mut ids: Vec<String> = projects.into_iter().map(|p| format!("p{p}")).collect();
    ids.sort_unstable();
    ids
}

fn bought(outcome: &Outcome) -> Vec<String> {
    outcome.rounds.iter().map(|r| r.project.clone()).collect()
}

/// The rules that the ballots allow.
fn rules(small: &Small) -> impl Iterator<Item = &'static str> {
    let phragmen = (!small.scored).then_some(r#"{"name":"phragmen"}"#);
    RULES.iter().copied().chain(phragmen)
}

/// All outcomes of a rule as sets of ids.
fn all(instance: &Instance, json: &str) -> BTreeSet<Vec<String>> {
    let found = irresolute(instance, &rule(json), 1000).unwrap();
    assert!(found.complete);
    found.outcomes.into_iter().map(|outcome| outcome.selected).collect()
}

fn named(outcomes: Outcomes) -> BTreeSet<Vec<String>> {
    outcomes.into_iter().map(ids).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn irresolute_is_every_way_to_break_ties(small in small(), by_cost in any::<bool>()) {
        let satisfaction = if by_cost { "cost" } else { "cardinality" };
        let json = |completion: &str| {
            format!(r#"{{"name":"equal-shares","satisfaction":"{satisfaction}","completion":"{completion}"}}"#)
        };
        let instance = small.instance();
        let share = q(small.budget) / q(small.ballots.len());
        prop_assert_eq!(all(&instance, &json("none")), named(all_equal_shares(&small, &share, by_cost)));
        prop_assert_eq!(all(&instance, &json("add1")), named(all_add1(&small, by_cost)));
        prop_assert_eq!(all(&instance, r#"{"name":"greedy"}"#), named(all_greedy(&small, true)));
        prop_assert_eq!(all(&instance, r#"{"name":"greedy","kind":"no-skip"}"#), named(all_greedy(&small, false)));
        if !small.scored {
            prop_assert_eq!(all(&instance, r#"{"name":"phragmen"}"#), named(all_phragmen(&small)));
        }
    }

    /// Whatever chain breaks the ties, its outcome is among them; and the cap is kept and reported.
    #[test]
    fn every_chain_leads_to_one_of_the_outcomes(small in small(), seed in any::<u32>(), cap in 1usize..4) {
        let instance = small.instance();
        for json in rules(&small) {
            let outcomes = all(&instance, json);
            for chain in [format!("lot:{seed}"), "highest-cost,id".to_owned(), "most-votes,lowest-cost,id".to_owned()] {
                let outcome = run(&instance, &rule(json), &chain.parse().unwrap()).unwrap();
                prop_assert!(outcomes.contains(&outcome.selected), "{json} {chain} {:?} {outcomes:?}", outcome.selected);
            }
            let capped = irresolute(&instance, &rule(json), cap).unwrap();
            prop_assert!(capped.outcomes.iter().all(|outcome| outcomes.contains(&outcome.selected)));
            if !json.contains("add1") || capped.complete {
                prop_assert_eq!(capped.outcomes.len(), cap.min(outcomes.len()));
                prop_assert_eq!(capped.complete, outcomes.len() <= cap);
            } else {
                // Where very many ways lead to few outcomes, the search may end before it knows that there are no more.
                prop_assert!(capped.outcomes.len() <= cap.min(outcomes.len()));
            }
        }
    }

    /// Exclusion groups, envelopes and withdrawn projects hold under every rule and every way to break ties.
    #[test]
    fn constraints_are_never_broken(
        small in small(), groups in proptest::collection::vec(0usize..4, 6),
        envelopes in proptest::collection::vec(0usize..4, 6), limits in proptest::collection::vec(0u64..40, 2),
        withdrawn in 0usize..8,
    ) {
        let kind = if small.scored { BallotKind::Scored } else { BallotKind::Approval };
        let mut builder = InstanceBuilder::new(small.budget, kind);
        let name = |i: usize| format!("{i}");
        for (i, limit) in limits.iter().enumerate() {
            builder.envelope(&name(i), *limit);
        }
        for (i, &cost) in small.costs.iter().enumerate() {
            builder.project(Project {
                id: format!("p{i}"),
                cost,
                // Envelopes 2 and 3 have no limit; group 3 is none.
                envelopes: vec![name(envelopes[i])],
                excludes: if groups[i] < 3 { vec![name(groups[i])] } else { Vec::new() },
                withdrawn: i == withdrawn,
            });
        }
        for ballot in &small.ballots {
            builder.scores(ballot, 1).unwrap();
        }
        let instance = builder.build().unwrap();
        let chosen = |selected: &[String], p: usize| selected.contains(&format!("p{p}"));
        for json in rules(&small) {
            let outcome = tally(&instance, json);
            prop_assert_eq!(outcome.selected.len() + outcome.rejected.len(), small.costs.len());
            let outcomes = all(&instance, json);
            prop_assert!(outcomes.contains(&outcome.selected), "{json} {:?} {outcomes:?}", outcome.selected);
            for selected in outcomes {
                let funded: Vec<usize> = (0..small.costs.len()).filter(|&p| chosen(&selected, p)).collect();
                let spent = |keep: &dyn Fn(usize) -> bool| -> u64 {
                    funded.iter().filter(|&&p| keep(p)).map(|&p| small.costs[p]).sum()
                };
                prop_assert!(spent(&|_| true) <= small.budget);
                for (i, limit) in limits.iter().enumerate() {
                    prop_assert!(spent(&|p| envelopes[p] == i) <= *limit, "{json}");
                }
                for group in 0..3 {
                    prop_assert!(funded.iter().filter(|&&p| groups[p] == group).count() <= 1, "{json}");
                }
                prop_assert!(!funded.contains(&withdrawn), "{json}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_engine_is_the_exact_rule(small in small(), by_cost in any::<bool>()) {
        let satisfaction = if by_cost { "cost" } else { "cardinality" };
        let json = |completion: &str| {
            format!(r#"{{"name":"equal-shares","satisfaction":"{satisfaction}","completion":"{completion}"}}"#)
        };
        let instance = small.instance();
        let share = q(small.budget) / q(small.ballots.len());
        let ours = tally(&instance, &json("none"));
        let theirs: Vec<String> = equal_shares(&small, &share, by_cost).into_iter().map(|p| format!("p{p}")).collect();
        prop_assert_eq!(bought(&ours), theirs);
        prop_assert_eq!(tally(&instance, &json("add1")).selected, ids(add1(&small, by_cost)));
        if !small.scored {
            prop_assert_eq!(tally(&instance, r#"{"name":"phragmen"}"#).selected, ids(phragmen(&small)));
        }
    }

    #[test]
    fn every_rule_keeps_to_the_budget_and_accounts_for_every_project(small in small()) {
        let instance = small.instance();
        for json in rules(&small) {
            let outcome = tally(&instance, json);
            let cost: u64 = outcome.rounds.iter().map(|r| r.cost.minor).sum();
            prop_assert!(cost <= small.budget, "{json}");
            prop_assert_eq!(cost, outcome.cost.minor);
            prop_assert_eq!(outcome.selected.len() + outcome.rejected.len(), small.costs.len());
            prop_assert!(outcome.rejected.iter().all(|r| !outcome.selected.contains(&r.project)));
            let written: serde_json::Value = serde_json::from_slice(&outcome.trace_bytes()).unwrap();
            prop_assert_eq!(&written, &outcome.trace());
            prop_assert_eq!(written["rejected"].as_array().unwrap().len(), outcome.rejected.len());
            prop_assert!(outcome.rounds.windows(2).all(|w| w[0].budget_left >= w[1].budget_left));
        }
    }

    /// Funding in part changes nothing but what is left: it all goes to one project that did not fit, or stays.
    #[test]
    fn one_project_at_the_most_is_funded_in_part(small in small(), no_skip in any::<bool>(), percent in 1u32..100) {
        let instance = small.instance();
        let kind = if no_skip { "no-skip" } else { "skip" };
        let whole = tally(&instance, &format!(r#"{{"name":"greedy","kind":"{kind}"}}"#));
        let json = format!(r#"{{"name":"greedy","kind":"{kind}","part-from-percent":{percent}}}"#);
        let outcome = tally(&instance, &json);
        let n = whole.rounds.len();
        prop_assert_eq!(&outcome.rounds[..n], &whole.rounds[..]);
        if let Some(last) = outcome.rounds.get(n) {
            let (granted, left) = (last.granted.unwrap().minor, whole.summary.left.minor);
            prop_assert_eq!((granted, outcome.summary.left.minor, outcome.rounds.len()), (left, 0, n + 1));
            prop_assert!(0 < left && left < last.cost.minor && left * 100 >= last.cost.minor * u64::from(percent));
        }
        let spent: u64 = outcome.rounds.iter().map(|r| r.granted.unwrap_or(r.cost).minor).sum();
        prop_assert_eq!((spent, outcome.rounds.len()), (outcome.cost.minor, outcome.selected.len()));
        let outcomes = all(&instance, &json);
        for chain in ["lot:7,id", "highest-cost,id"] {
            let outcome = run(&instance, &rule(&json), &chain.parse().unwrap()).unwrap();
            prop_assert!(outcomes.contains(&outcome.selected), "{} {:?}", json, outcome.selected);
        }
    }

    /// With so many more votes as the result says it lacked, a project is funded indeed.
    #[test]
    fn the_support_that_was_lacking_is_enough(small in small(), no_skip in any::<bool>()) {
        if small.scored {
            return Ok(());
        }
        let kind = if no_skip { "no-skip" } else { "skip" };
        let json = format!(r#"{{"name":"greedy","kind":"{kind}"}}"#);
        for rejection in tally(&small.instance(), &json).rejected {
            let Some(more) = rejection.support_lacking else { continue };
            let project: u32 = rejection.project[1..].parse().unwrap();
            let mut helped = small.clone();
            helped.ballots.extend((0..more).map(|_| vec![(project, 1)]));
            prop_assert!(tally(&helped.instance(), &json).selected.contains(&rejection.project), "{rejection:?}");
        }
    }

    #[test]
    fn order_and_grouping_of_ballots_do_not_matter(small in small(), keys in proptest::collection::vec(any::<usize>(), 9)) {
        let (a, b) = (small.instance(), small.scaled(1, |i| keys[i % keys.len()]));
        for json in rules(&small) {
            prop_assert_eq!(tally(&a, json).trace_sha256, tally(&b, json).trace_sha256);
        }
    }

    #[test]
    fn twice_the_voters_and_other_money_change_nothing(small in small(), factor in 2u64..1_000_000) {
        // Increments and integral shares are absolute amounts: rules without them, or with scaled increments.
        let scaled = small.scaled(factor, |_| 0);
        let add1 = |increment: u64| format!(r#"{{"name":"equal-shares","completion":"add1u","increment":{increment}}}"#);
        prop_assert_eq!(bought(&tally(&small.instance(), &add1(1))), bought(&tally(&scaled, &add1(factor))));
        if !small.scored {
            let json = r#"{"name":"phragmen"}"#;
            prop_assert_eq!(bought(&tally(&small.instance(), json)), bought(&tally(&scaled, json)));
        }
        for json in &RULES[..5] {
            prop_assert_eq!(bought(&tally(&small.instance(), json)), bought(&tally(&scaled, json)), "{}", json);
        }
        let doubled = Small { ballots: [small.ballots.clone(), small.ballots.clone()].concat(), ..small.clone() };
        for json in &RULES[3..5] {
            prop_assert_eq!(bought(&tally(&small.instance(), json)), bought(&tally(&doubled.instance(), json)), "{}", json);
        }
    }

    /// Extended justified representation up to one project (Peters, Pierczyński, Skowron 2021, Theorem 2), by trying all
    /// groups of voters and all sets of projects they could afford, for additive utilities.
    #[test]
    fn equal_shares_is_fair(small in small(), by_cost in any::<bool>()) {
        let satisfaction = if by_cost { "cost" } else { "cardinality" };
        let json = format!(r#"{{"name":"equal-shares","satisfaction":"{satisfaction}","completion":"none"}}"#);
        let outcome = tally(&small.instance(), &json);
        let (n, m) = (small.ballots.len(), small.costs.len());
        let funded: Vec<bool> = (0..m).map(|p| outcome.selected.contains(&format!("p{p}"))).collect();
        let has = |voter: usize| -> i64 {
            (0..m).filter(|&p| funded[p]).map(|p| small.utility(voter, p, by_cost)).sum()
        };
        let had: Vec<i64> = (0..n).map(has).collect();
        for group in 1u32..1 << n.min(6) {
            let voters: Vec<usize> = (0..n.min(6)).filter(|v| group >> v & 1 == 1).collect();
            for set in 1u32..1 << m {
                let projects: Vec<usize> = (0..m).filter(|p| set >> p & 1 == 1).collect();
                let cost: u64 = projects.iter().map(|&p| small.costs[p]).sum();
                if cost * n as u64 > small.budget * voters.len() as u64 {
                    continue;
                }
                // What all of the group agree on at least.
                let agreed: i64 = projects.iter()
                    .map(|&p| voters.iter().map(|&v| small.utility(v, p, by_cost)).min().unwrap()).sum();
                let content = agreed == 0 || voters.iter().any(|&v| {
                    had[v] >= agreed
                        || projects.iter().any(|&p| !funded[p] && had[v] + small.utility(v, p, by_cost) > agreed)
                });
                prop_assert!(content, "{voters:?} could afford {projects:?}, funded {:?}", outcome.selected);
            }
        }
    }
}
