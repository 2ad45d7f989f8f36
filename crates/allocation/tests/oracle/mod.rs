//! The rules again, written down as plainly as possible with rational numbers: what the engine is compared with.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files")]

use comitia_allocation::{BallotKind, Instance, InstanceBuilder, Project};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::Zero as _;
use proptest::prelude::*;

/// A small election; a ballot is a list of projects with scores.
#[derive(Debug, Clone)]
pub struct Small {
    pub budget: u64,
    pub scored: bool,
    pub costs: Vec<u64>,
    pub ballots: Vec<Vec<(u32, i64)>>,
}

impl Small {
    pub fn instance(&self) -> Instance {
        self.scaled(1, |_| 0)
    }

    /// The same election with all money multiplied and the ballots in another order and grouping.
    pub fn scaled(&self, factor: u64, order: impl Fn(usize) -> usize) -> Instance {
        let kind = if self.scored { BallotKind::Scored } else { BallotKind::Approval };
        let mut builder = InstanceBuilder::new(self.budget * factor, kind);
        for (i, cost) in self.costs.iter().enumerate() {
            builder.project(Project { id: format!("p{i}"), cost: cost * factor, ..Project::default() });
        }
        let mut ballots: Vec<_> = self.ballots.iter().enumerate().collect();
        ballots.sort_by_key(|(i, _)| order(*i));
        for (_, ballot) in ballots {
            builder.scores(ballot, 1).unwrap();
        }
        builder.build().unwrap()
    }

    pub fn utility(&self, ballot: usize, project: usize, cost_utility: bool) -> i64 {
        let score =
            self.ballots[ballot].iter().find(|(p, _)| *p as usize == project).map_or(0, |e| e.1.max(0));
        score * if cost_utility { i64::try_from(self.costs[project]).unwrap() } else { 1 }
    }
}

prop_compose! {
    /// Small elections with few different numbers, so that ties and equal balances are frequent.
    pub fn small()(m in 1usize..7, n in 1usize..9, scored in any::<bool>(), fine in any::<bool>())
        (budget in 1u64..60, costs in proptest::collection::vec(1u64..if fine { 37 } else { 7 }, m),
         ballots in proptest::collection::vec(
             (proptest::sample::subsequence((0..m).collect::<Vec<_>>(), 0..=m), proptest::collection::vec(1i64..5, m)), n),
         scored in Just(scored)) -> Small
    {
        let ballots = ballots.into_iter().map(|(projects, scores)| {
            let entries = projects.into_iter().zip(scores);
            entries.map(|(p, s)| (u32::try_from(p).unwrap(), if scored { s } else { 1 })).collect()
        });
        Small { budget, scored, costs, ballots: ballots.collect() }
    }
}

pub fn q(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// Votes, cost, id: the default chain of tie breakers.
fn break_tie(small: &Small, tied: &[usize]) -> usize {
    let votes = |p: usize| small.ballots.iter().filter(|b| b.iter().any(|e| e.0 as usize == p)).count();
    tied.iter()
        .copied()
        .min_by_key(|&p| (std::cmp::Reverse(votes(p)), small.costs[p], format!("p{p}")))
        .unwrap()
}

/// Equal shares of a given share, in rationals: at each purchase, sort supporters by how far their money reaches.
pub fn equal_shares(small: &Small, share: &Q, cost_utility: bool) -> Vec<usize> {
    let mut money = vec![share.clone(); small.ballots.len()];
    let mut bought: Vec<usize> = Vec::new();
    loop {
        let mut best: Option<Q> = None;
        let mut tied: Vec<usize> = Vec::new();
        for p in (0..small.costs.len()).filter(|p| !bought.contains(p)) {
            let Some(price) = price(small, &money, p, cost_utility) else { continue };
            if best.as_ref().is_none_or(|b| price < *b) {
                best = Some(price);
                tied = vec![p];
            } else if best.as_ref() == Some(&price) {
                tied.push(p);
            }
        }
        let Some(price) = best else { return bought };
        let winner = break_tie(small, &tied);
        for (i, purse) in money.iter_mut().enumerate() {
            let due = &price * q(small.utility(i, winner, cost_utility));
            let due = due.min(purse.clone());
            *purse -= due;
        }
        bought.push(winner);
    }
}

fn price(small: &Small, money: &[Q], project: usize, cost_utility: bool) -> Option<Q> {
    let mut payers: Vec<(Q, Q)> = (0..money.len())
        .map(|i| (money[i].clone(), q(small.utility(i, project, cost_utility))))
        .filter(|(purse, utility)| !utility.is_zero() && !purse.is_zero())
        .collect();
    payers.sort_by_key(|(purse, utility)| purse / utility);
    let mut due = q(small.costs[project]);
    let mut utility: Q = payers.iter().map(|p| p.1.clone()).sum();
    for (purse, u) in payers {
        let price = &due / &utility;
        if &price * &u <= purse {
            return Some(price);
        }
        due -= purse;
        utility -= u;
    }
    None
}

/// Add1 as described: the last run before one that overspends, or the first that buys all with support.
pub fn add1(small: &Small, cost_utility: bool) -> Vec<usize> {
    let voters = q(small.ballots.len());
    let supported = (0..small.costs.len())
        .filter(|&p| (0..small.ballots.len()).any(|b| small.utility(b, p, false) > 0))
        .count();
    let mut best = equal_shares(small, &(q(small.budget) / &voters), cost_utility);
    for more in 1u64.. {
        if best.len() == supported {
            break;
        }
        let next = equal_shares(small, &(q(small.budget) / &voters + q(more)), cost_utility);
        if next.iter().map(|&p| small.costs[p]).sum::<u64>() > small.budget {
            break;
        }
        best = next;
    }
    best
}

/// Sequential Phragmén in rationals.
pub fn phragmen(small: &Small) -> Vec<usize> {
    let mut load = vec![q(0); small.ballots.len()];
    let (mut bought, mut left): (Vec<usize>, u64) = (Vec::new(), small.budget);
    loop {
        let mut options: Vec<(Q, usize)> = Vec::new();
        for p in (0..small.costs.len()).filter(|p| !bought.contains(p) && small.costs[*p] <= small.budget) {
            let supporters: Vec<usize> =
                (0..small.ballots.len()).filter(|&b| small.utility(b, p, false) > 0).collect();
            if !supporters.is_empty() {
                let sum: Q = supporters.iter().map(|&b| load[b].clone()).sum();
                options.push(((sum + q(small.costs[p])) / q(supporters.len()), p));
            }
        }
        let Some(least) = options.iter().map(|o| o.0.clone()).min() else { return bought };
        let tied: Vec<usize> = options.iter().filter(|o| o.0 == least).map(|o| o.1).collect();
        if tied.iter().any(|&p| small.costs[p] > left) {
            return bought;
        }
        let winner = break_tie(small, &tied);
        for (b, held) in load.iter_mut().enumerate() {
            if small.utility(b, winner, false) > 0 {
                *held = least.clone();
            }
        }
        left -= small.costs[winner];
        bought.push(winner);
    }
}
