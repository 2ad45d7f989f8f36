//! Properties of every rule on small random elections, and the engine against the oracle.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use comitia_allocation::{Instance, Outcome, Rule, Ties, run};
use oracle::{Small, add1, equal_shares, phragmen, q, small};
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
        for json in RULES {
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

    #[test]
    fn order_and_grouping_of_ballots_do_not_matter(small in small(), keys in proptest::collection::vec(any::<usize>(), 9)) {
        let (a, b) = (small.instance(), small.scaled(1, |i| keys[i % keys.len()]));
        for json in RULES {
            prop_assert_eq!(tally(&a, json).trace_sha256, tally(&b, json).trace_sha256);
        }
    }

    #[test]
    fn twice_the_voters_and_other_money_change_nothing(small in small(), factor in 2u64..1_000_000) {
        // Increments and integral shares are absolute amounts, so only rules without them are scale invariant.
        let scaled = small.scaled(factor, |_| 0);
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
