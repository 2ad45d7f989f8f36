//! One run of equal shares: voters have equal shares; the project is bought whose supporters get most for their
//! money, each paying the same price for a unit of satisfaction as far as they have it; and so on.
//!
//! **Arithmetic.** The rule is defined over rationals. A run keeps each group's balance as an integer of 64 bits in
//! units of 2^-f of a minor unit, with one proven bound on how far any of them is from the truth (`error`). From these
//! a project's price gets a lower and an upper bound, both proven (see `filter.rs`). Where the bounds of two
//! projects overlap, where a supporter may or may not afford the price, or where a bound cannot be given, exact
//! integers over a common denominator decide (`exact.rs`). No floating point is involved.
//!
//! **Laziness.** Balances only fall, so a project's price never falls. A heap holds lower bounds; a project is
//! evaluated again only when its bound is the least (allocation engines of pabutools and equalshares.net do the same).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::Error;
use crate::instance::Instance;
use crate::outcome::Reason;
use crate::rule::Satisfaction;
use crate::shares::exact::{Prices, Solved};
use crate::shares::filter::Bounds;
use crate::shares::report::Paid;
use crate::state::Constraints;
use crate::ties::{Tie, Ties};

/// Never bought, never at zero.
pub(super) const NEVER: u32 = u32::MAX;

/// A purchase.
#[derive(Debug, Clone)]
pub(super) struct Bought {
    pub(super) project: usize,
    pub(super) tie: Option<Tie>,
    /// Only in a run that is to be reported.
    pub(super) paid: Option<Paid>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No project can be bought any more.
    Complete,
    /// The purchases cost more than the budget (only where that was asked for).
    Overspent,
}

/// The state of a run.
pub(super) struct Run<'a> {
    pub(super) instance: &'a Instance,
    ties: &'a Ties,
    satisfaction: Satisfaction,
    /// Every voter's share is `money / voters` minor units.
    pub(super) money: u64,
    fraction_bits: u32,
    /// Balances in units of 2^-f; 0 only if the balance is exactly 0.
    pub(super) balance: Vec<u64>,
    /// No balance is further from the truth than this.
    pub(super) error: u64,
    /// The purchase in which a group paid all it had.
    pub(super) zero_at: Vec<u32>,
    /// The purchase in which a project was bought; projects that cost nothing are not counted.
    pub(super) bought_at: Vec<u32>,
    /// The projects of the purchases counted in `bought_at`.
    pub(super) priced: Vec<usize>,
    /// All purchases.
    pub(super) bought: Vec<Bought>,
    /// For each project a lower bound of its price.
    pub(super) lower: Vec<u64>,
    pub(super) prices: Prices,
    pub(super) exact_decisions: u64,
    constraints: Constraints<'a>,
    pub(super) blocked: Vec<(usize, Reason)>,
    pub(super) cost: u64,
    reported: bool,
}

impl<'a> Run<'a> {
    /// Prepares a run in which all voters together have `money` minor units. `reported`: collect what the result has
    /// to say.
    pub(super) fn new(
        instance: &'a Instance,
        satisfaction: Satisfaction,
        ties: &'a Ties,
        money: u64,
        reported: bool,
    ) -> Result<Self, Error> {
        // All sums of balances stay below 2^62.
        let fraction_bits =
            62u32.checked_sub(64 - money.leading_zeros()).filter(|f| *f > 0).ok_or(Error::ShareTooLarge)?;
        Self::with_bits(instance, satisfaction, ties, money, reported, fraction_bits)
    }

    /// As `new`, with so many binary digits after the point; fewer make the filter coarser, and nothing else.
    fn with_bits(
        instance: &'a Instance,
        satisfaction: Satisfaction,
        ties: &'a Ties,
        money: u64,
        reported: bool,
        fraction_bits: u32,
    ) -> Result<Self, Error> {
        let share = u64::try_from((u128::from(money) << fraction_bits) / u128::from(instance.voters.max(1)))
            .map_err(|_| Error::ShareTooLarge)?;
        let groups = instance.group_count();
        Ok(Self {
            instance,
            ties,
            satisfaction,
            money,
            fraction_bits,
            balance: vec![share.max(1); groups],
            error: 2,
            zero_at: vec![NEVER; groups],
            bought_at: vec![NEVER; instance.projects.len()],
            priced: Vec::new(),
            bought: Vec::new(),
            lower: vec![0; instance.projects.len()],
            prices: Prices::new(money, instance.voters),
            exact_decisions: 0,
            constraints: Constraints::new(instance),
            blocked: Vec::new(),
            cost: 0,
            reported,
        })
    }

    /// Buys what can be bought among `candidates` (which have support). With a limit, stops when it is exceeded.
    pub(super) fn buy_all(&mut self, candidates: &[usize], limit: Option<u64>) -> Result<End, Error> {
        self.buy_free(candidates)?;
        let mut heap = BinaryHeap::with_capacity(candidates.len());
        for &p in candidates.iter().filter(|&&p| self.instance.projects[p].cost > 0) {
            if self.instance.projects[p].cost > self.money {
                continue;
            }
            // If everybody can pay, the price is cost / score.
            self.lower[p] = u64::try_from(self.scaled_cost(p) / self.support_score(p).max(1)).unwrap_or(0);
            heap.push(Reverse((self.key(p, self.lower[p], false), p)));
        }
        let mut fresh: Vec<(usize, Bounds)> = Vec::new();
        loop {
            fresh.clear();
            let mut best = u128::MAX;
            while let Some(&Reverse((key, p))) = heap.peek()
                && key <= best
            {
                heap.pop();
                if let Some(reason) = self.constraints.blocks(p, self.round()) {
                    self.blocked.push((p, reason));
                } else if let Some(bounds) = self.price(p) {
                    best = best.min(self.key(p, bounds.high, true));
                    fresh.push((p, bounds));
                }
            }
            let contenders: Vec<(usize, Bounds)> =
                fresh.iter().copied().filter(|(p, b)| self.key(*p, b.low, false) <= best).collect();
            let (winner, bounds, tie) = match contenders.as_slice() {
                [] => return Ok(End::Complete),
                [(p, bounds)] => (*p, *bounds, None),
                _ => self.decide(&contenders)?,
            };
            for &(p, bounds) in fresh.iter().filter(|(p, _)| *p != winner) {
                heap.push(Reverse((self.key(p, bounds.low, false), p)));
            }
            self.buy(winner, bounds, tie);
            if limit.is_some_and(|limit| self.cost > limit) {
                return Ok(End::Overspent);
            }
        }
    }

    fn round(&self) -> u32 {
        u32::try_from(self.bought.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn scaled_cost(&self, project: usize) -> u128 {
        u128::from(self.instance.projects[project].cost) << self.fraction_bits
    }

    /// The satisfaction that one unit of score gives.
    pub(super) fn worth(&self, project: usize) -> u64 {
        match self.satisfaction {
            Satisfaction::Cost => self.instance.projects[project].cost,
            Satisfaction::Cardinality => 1,
        }
    }

    /// The sum of the positive scores.
    fn support_score(&self, project: usize) -> u128 {
        let (groups, scores) = self.instance.supporters(project);
        if scores.is_empty() {
            return u128::from(self.instance.votes[project]);
        }
        let weight = |g: u32| u128::from(self.instance.weights[g as usize]);
        groups.iter().zip(scores).map(|(&g, &s)| weight(g) * u128::from(s)).sum()
    }

    /// The price of one unit of satisfaction, for the heap: rounded down, or up.
    fn key(&self, project: usize, price: u64, up: bool) -> u128 {
        let (price, worth) = (u128::from(price) << 64, u128::from(self.worth(project)));
        if up { price.div_ceil(worth) } else { price / worth }
    }

    /// Projects that cost nothing are bought first; nobody pays.
    fn buy_free(&mut self, candidates: &[usize]) -> Result<(), Error> {
        let mut free: Vec<usize> =
            candidates.iter().copied().filter(|&p| self.instance.projects[p].cost == 0).collect();
        while !free.is_empty() {
            let (winner, tie) = self.ties.choose(self.instance, self.round() + 1, &free)?;
            free.retain(|&p| p != winner);
            if let Some(reason) = self.constraints.blocks(winner, self.round()) {
                self.blocked.push((winner, reason));
                continue;
            }
            self.constraints.fund(winner);
            self.bought.push(Bought { project: winner, tie, paid: self.reported.then(Paid::nothing) });
        }
        Ok(())
    }

    /// Several projects may be the cheapest: exact prices, then the tie breakers.
    fn decide(&mut self, contenders: &[(usize, Bounds)]) -> Result<(usize, Bounds, Option<Tie>), Error> {
        self.exact_decisions += 1;
        let mut best: Vec<(usize, Solved)> = Vec::new();
        for &(p, bounds) in contenders {
            let Some(solved) = self.solve(p, bounds.low, Some(bounds.high)) else { continue };
            let order = best.first().map(|(q, held)| solved.compare(self.worth(p), held, self.worth(*q)));
            match order {
                Some(std::cmp::Ordering::Greater) => {}
                Some(std::cmp::Ordering::Equal) => best.push((p, solved)),
                None | Some(std::cmp::Ordering::Less) => best = vec![(p, solved)],
            }
        }
        let equal: Vec<usize> = best.iter().map(|(p, _)| *p).collect();
        let (winner, tie) = self.ties.choose(self.instance, self.round() + 1, &equal)?;
        let bounds = best.iter().find(|(p, _)| *p == winner).map(|(_, solved)| self.bounds_of(solved));
        let bounds = bounds.unwrap_or(Bounds { low: 0, high: 0 });
        Ok((winner, bounds, tie))
    }

    pub(super) fn bounds_of(&self, solved: &Solved) -> Bounds {
        let low = self.prices.scaled(solved, self.fraction_bits);
        Bounds { low, high: low.saturating_add(1) }
    }

    fn buy(&mut self, project: usize, mut bounds: Bounds, tie: Option<Tie>) {
        let instance = self.instance;
        let (groups, scores) = instance.supporters(project);
        let score_of = |i: usize| scores.get(i).copied().unwrap_or(1);
        // Groups of whom the filter cannot say whether they can pay the price.
        let unsure = groups
            .iter()
            .enumerate()
            .any(|(i, &g)| self.is_poor(g, score_of(i), bounds.low, Some(bounds.high)).is_none());
        let mut poor_too = Vec::new();
        if unsure {
            self.exact_decisions += 1;
            if let Some(solved) = self.solve(project, bounds.low, Some(bounds.high)) {
                bounds = self.bounds_of(&solved);
                poor_too = solved.poor;
            }
        }
        let paid = self.reported.then(|| Paid::before(self, project, bounds.low, &poor_too));
        let now = u32::try_from(self.priced.len()).unwrap_or(NEVER - 1);
        let mut highest_score = 1;
        for (i, &g) in groups.iter().enumerate() {
            let balance = &mut self.balance[g as usize];
            if *balance == 0 {
                continue;
            }
            let score = score_of(i);
            let due = u128::from(bounds.low) * u128::from(score);
            // Certain by now, or equal, in which case either answer leaves the same balance.
            let margin = if unsure { u128::from(self.error) } else { 0 };
            if u128::from(*balance) + margin < due || poor_too.binary_search(&g).is_ok() {
                *balance = 0;
                self.zero_at[g as usize] = now;
            } else {
                let due = u64::try_from(due).unwrap_or(u64::MAX);
                *balance = balance.saturating_sub(due).max(1);
                highest_score = highest_score.max(score);
            }
        }
        self.priced.push(project);
        self.bought_at[project] = now;
        self.constraints.fund(project);
        self.cost = self.cost.saturating_add(instance.projects[project].cost);
        let width = (bounds.high - bounds.low).saturating_mul(u64::from(highest_score));
        self.error = self.error.saturating_add(width).saturating_add(1);
        let paid = paid.map(|paid| paid.after(self, project));
        self.bought.push(Bought { project, tie, paid });
        if self.error > 1 << 12 {
            self.refresh();
        }
    }

    /// Computes all balances anew from exact prices when the error bound has grown.
    fn refresh(&mut self) {
        self.know_prices();
        let share = (u128::from(self.money) << self.fraction_bits) / u128::from(self.instance.voters.max(1));
        let prices: Vec<u128> =
            self.prices.all_scaled(self.fraction_bits).into_iter().map(u128::from).collect();
        let mut most = 0;
        for g in 0..self.balance.len() {
            if self.balance[g] == 0 {
                continue;
            }
            let group = self.instance.group(g);
            let (mut due, mut sum) = (0u128, 0u128);
            for (i, &p) in group.projects.iter().enumerate() {
                let score = group.scores.map_or(1, |s| u128::try_from(s[i]).unwrap_or(0));
                if let Some(price) = prices.get(self.bought_at[p as usize] as usize) {
                    due += price * score;
                    sum += score;
                }
            }
            most = most.max(sum);
            self.balance[g] = u64::try_from(share.saturating_sub(due)).unwrap_or(u64::MAX).max(1);
        }
        // The share and each price are rounded down by less than 1; one more for balances raised to 1.
        self.error = u64::try_from(most).unwrap_or(u64::MAX - 2).saturating_add(2);
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
