//! The rules again, written down as plainly as possible with rational numbers: what the engine is compared with.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files")]

use std::collections::BTreeSet;

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
    while let Some((price, tied)) = cheapest(small, &money, &bought, cost_utility) {
        let winner = break_tie(small, &tied);
        pay(small, &mut money, winner, &price, cost_utility);
        bought.push(winner);
    }
    bought
}

/// The least price of a unit of satisfaction, and the projects that have it.
fn cheapest(small: &Small, money: &[Q], bought: &[usize], cost_utility: bool) -> Option<(Q, Vec<usize>)> {
    let mut best: Option<(Q, Vec<usize>)> = None;
    for p in (0..small.costs.len()).filter(|p| !bought.contains(p)) {
        let Some(price) = price(small, money, p, cost_utility) else { continue };
        match &mut best {
            Some((least, tied)) if price == *least => tied.push(p),
            Some((least, _)) if price > *least => {}
            _ => best = Some((price, vec![p])),
        }
    }
    best
}

fn pay(small: &Small, money: &mut [Q], project: usize, price: &Q, cost_utility: bool) {
    for (i, purse) in money.iter_mut().enumerate() {
        let due = price * q(small.utility(i, project, cost_utility));
        let due = due.min(purse.clone());
        *purse -= due;
    }
}

/// What may be bought in all, each time in increasing order of index.
pub type Outcomes = BTreeSet<Vec<usize>>;

/// All outcomes of equal shares.
pub fn all_equal_shares(small: &Small, share: &Q, cost_utility: bool) -> Outcomes {
    fn go(small: &Small, money: &[Q], bought: &mut Vec<usize>, cost_utility: bool, all: &mut Outcomes) {
        let Some((price, tied)) = cheapest(small, money, bought, cost_utility) else {
            all.insert(sorted(bought));
            return;
        };
        for winner in tied {
            let mut money = money.to_vec();
            pay(small, &mut money, winner, &price, cost_utility);
            bought.push(winner);
            go(small, &money, bought, cost_utility, all);
            bought.pop();
        }
    }
    let mut all = Outcomes::new();
    go(small, &vec![share.clone(); small.ballots.len()], &mut Vec::new(), cost_utility, &mut all);
    all
}

fn sorted(projects: &[usize]) -> Vec<usize> {
    let mut sorted = projects.to_vec();
    sorted.sort_unstable();
    sorted
}

/// All outcomes of Add1: the last of a run, or those before a run that may overspend.
pub fn all_add1(small: &Small, cost_utility: bool) -> Outcomes {
    let share = q(small.budget) / q(small.ballots.len());
    let within = |outcome: &Vec<usize>| outcome.iter().map(|&p| small.costs[p]).sum::<u64>() <= small.budget;
    let supported = (0..small.costs.len())
        .filter(|&p| (0..small.ballots.len()).any(|b| small.utility(b, p, false) > 0))
        .count();
    let mut all = Outcomes::new();
    let mut before = Outcomes::new();
    for more in 0u64.. {
        let now = all_equal_shares(small, &(&share + q(more)), cost_utility);
        if !now.iter().all(within) {
            all.append(&mut before);
        }
        let now: Outcomes = now.into_iter().filter(within).collect();
        all.extend(now.iter().filter(|outcome| outcome.len() == supported).cloned());
        if now.iter().all(|outcome| outcome.len() == supported) {
            break;
        }
        before = now;
    }
    all
}

/// All outcomes of greedy by score; `skip`: what does not fit is passed over.
pub fn all_greedy(small: &Small, skip: bool) -> Outcomes {
    fn go(small: &Small, rest: &[usize], left: u64, skip: bool, funded: &mut Vec<usize>, all: &mut Outcomes) {
        let score = |p: usize| (0..small.ballots.len()).map(|b| small.utility(b, p, false)).sum::<i64>();
        let Some(best) = rest.iter().map(|&p| score(p)).max() else {
            all.insert(sorted(funded));
            return;
        };
        for &next in rest.iter().filter(|&&p| score(p) == best) {
            let after: Vec<usize> = rest.iter().copied().filter(|&p| p != next).collect();
            if small.costs[next] <= left {
                funded.push(next);
                go(small, &after, left - small.costs[next], skip, funded, all);
                funded.pop();
            } else {
                go(small, if skip { &after } else { &[] }, left, skip, funded, all);
            }
        }
    }
    let mut all = Outcomes::new();
    // What nobody voted for is not considered.
    let voted = |p: &usize| (0..small.ballots.len()).any(|b| small.utility(b, *p, false) > 0);
    let projects: Vec<usize> = (0..small.costs.len()).filter(voted).collect();
    go(small, &projects, small.budget, skip, &mut Vec::new(), &mut all);
    all
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
    let mut bought: Vec<usize> = Vec::new();
    while let Some((least, tied)) = lightest(small, &load, &bought) {
        let winner = break_tie(small, &tied);
        carry(small, &mut load, winner, &least);
        bought.push(winner);
    }
    bought
}

/// All outcomes of sequential Phragmén.
pub fn all_phragmen(small: &Small) -> Outcomes {
    fn go(small: &Small, load: &[Q], bought: &mut Vec<usize>, all: &mut Outcomes) {
        let Some((least, tied)) = lightest(small, load, bought) else {
            all.insert(sorted(bought));
            return;
        };
        for winner in tied {
            let mut load = load.to_vec();
            carry(small, &mut load, winner, &least);
            bought.push(winner);
            go(small, &load, bought, all);
            bought.pop();
        }
    }
    let mut all = Outcomes::new();
    go(small, &vec![q(0); small.ballots.len()], &mut Vec::new(), &mut all);
    all
}

/// The least load and the projects that have it; nothing if one of them does not fit.
fn lightest(small: &Small, load: &[Q], bought: &[usize]) -> Option<(Q, Vec<usize>)> {
    let mut options: Vec<(Q, usize)> = Vec::new();
    for p in (0..small.costs.len()).filter(|p| !bought.contains(p) && small.costs[*p] <= small.budget) {
        let supporters: Vec<usize> =
            (0..small.ballots.len()).filter(|&b| small.utility(b, p, false) > 0).collect();
        if !supporters.is_empty() {
            let sum: Q = supporters.iter().map(|&b| load[b].clone()).sum();
            options.push(((sum + q(small.costs[p])) / q(supporters.len()), p));
        }
    }
    let least = options.iter().map(|o| o.0.clone()).min()?;
    let tied: Vec<usize> = options.iter().filter(|o| o.0 == least).map(|o| o.1).collect();
    let left = small.budget - bought.iter().map(|&p| small.costs[p]).sum::<u64>();
    tied.iter().all(|&p| small.costs[p] <= left).then_some((least, tied))
}

fn carry(small: &Small, load: &mut [Q], project: usize, height: &Q) {
    for (b, held) in load.iter_mut().enumerate() {
        if small.utility(b, project, false) > 0 {
            *held = height.clone();
        }
    }
}
