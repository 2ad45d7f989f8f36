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
use std::ops::Range;

use crate::error::Error;
use crate::instance::Instance;
use crate::outcome::Reason;
use crate::rule::Satisfaction;
use crate::shares::exact::{Prices, Solved};
use crate::shares::filter::{Bounds, Price};
use crate::shares::guide::{Guide, Notes, UNGUIDED};
use crate::shares::report::Paid;
use crate::state::{Constraints, in_units};
use crate::ties::{Choice, Tie};

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

/// The figures of a purchase that cost something.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    pub(super) project: usize,
    /// The price at least, in units of 2^-f.
    pub(super) low: u64,
    /// The sum of scores of those who paid the full price.
    pub(super) rich_score: u64,
    /// Those who paid all they had, and it was less, as a range of `Run::broke`.
    pub(super) broke: Range<usize>,
}

/// A project that constraints block.
#[derive(Debug, Clone)]
pub(super) struct Blocked {
    pub(super) project: usize,
    /// The rounds that had been completed.
    pub(super) after_round: u32,
    pub(super) reason: Reason,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No project can be bought any more.
    Complete,
    /// The purchases cost more than the budget (only where that was asked for).
    Overspent,
}

/// Projects that may be bought yet, by lower bounds of their prices.
struct Queue {
    /// The bound; `ABSENT` for a project that is not in the queue.
    keys: Vec<u128>,
    /// Entries whose key is no longer the project's are left over.
    heap: BinaryHeap<Reverse<(u128, usize)>>,
}

const ABSENT: u128 = u128::MAX;

impl Queue {
    fn new(projects: usize) -> Self {
        Self { keys: vec![ABSENT; projects], heap: BinaryHeap::with_capacity(projects) }
    }

    fn put(&mut self, project: usize, key: u128) {
        self.keys[project] = key;
        self.heap.push(Reverse((key, project)));
    }

    /// Takes a project out; says whether it was in.
    fn take(&mut self, project: usize) -> bool {
        std::mem::replace(&mut self.keys[project], ABSENT) != ABSENT
    }

    /// Takes out the project with the least bound if that is at most `most`.
    fn take_cheapest(&mut self, most: u128) -> Option<usize> {
        while let Some(&Reverse((key, project))) = self.heap.peek()
            && key <= most
        {
            self.heap.pop();
            if self.keys[project] == key && self.take(project) {
                return Some(project);
            }
        }
        None
    }
}

/// The state of a run.
pub(super) struct Run<'a> {
    pub(super) instance: &'a Instance,
    choice: &'a Choice<'a>,
    satisfaction: Satisfaction,
    /// Every voter's share is `money / voters` minor units.
    pub(super) money: u64,
    pub(super) fraction_bits: u32,
    /// Balances in units of 2^-f; 0 only if the balance is exactly 0.
    pub(super) balance: Vec<u64>,
    /// No balance is further from the truth than this.
    pub(super) error: u64,
    /// The purchase in which a group paid all it had.
    pub(super) zero_at: Vec<u32>,
    /// The purchase in which a project was bought; projects that cost nothing are not counted.
    pub(super) bought_at: Vec<u32>,
    /// The purchases counted in `bought_at`.
    pub(super) priced: Vec<Priced>,
    /// The groups that paid all they had, purchase by purchase; `Priced::broke` says which are whose.
    pub(super) broke: Vec<u32>,
    /// All purchases.
    pub(super) bought: Vec<Bought>,
    /// For each project a lower bound of its price.
    pub(super) lower: Vec<u64>,
    pub(super) prices: Prices,
    pub(super) exact_decisions: u64,
    pub(super) constraints: Constraints<'a>,
    /// The projects that constraints concern and do not block yet.
    open: Vec<usize>,
    /// All that they block, whether or not there would be money for it.
    pub(super) blocked: Vec<Blocked>,
    pub(super) cost: u64,
    /// Only in a run of Add1, which may learn from another.
    pub(super) notes: Option<Notes<'a>>,
    pub(super) reported: bool,
}

impl<'a> Run<'a> {
    /// Prepares a run in which all voters together have `money` minor units. `reported`: collect what the result has
    /// to say.
    pub(super) fn new(
        instance: &'a Instance,
        satisfaction: Satisfaction,
        choice: &'a Choice<'a>,
        money: u64,
        reported: bool,
    ) -> Result<Self, Error> {
        // All sums of balances stay below 2^62.
        let fraction_bits =
            62u32.checked_sub(64 - money.leading_zeros()).filter(|f| *f > 0).ok_or(Error::ShareTooLarge)?;
        Self::with_bits(instance, satisfaction, choice, money, reported, fraction_bits)
    }

    /// As `new`, with so many binary digits after the point; fewer make the filter coarser, and nothing else.
    fn with_bits(
        instance: &'a Instance,
        satisfaction: Satisfaction,
        choice: &'a Choice<'a>,
        money: u64,
        reported: bool,
        fraction_bits: u32,
    ) -> Result<Self, Error> {
        let share = u64::try_from((u128::from(money) << fraction_bits) / u128::from(instance.voters.max(1)))
            .map_err(|_| Error::ShareTooLarge)?;
        let groups = instance.group_count();
        Ok(Self {
            instance,
            choice,
            satisfaction,
            money,
            fraction_bits,
            balance: vec![share.max(1); groups],
            error: 2,
            zero_at: vec![NEVER; groups],
            bought_at: vec![NEVER; instance.projects.len()],
            priced: Vec::new(),
            broke: Vec::new(),
            bought: Vec::new(),
            lower: vec![0; instance.projects.len()],
            prices: Prices::new(money, instance.voters),
            exact_decisions: 0,
            constraints: Constraints::new(instance),
            open: Vec::new(),
            blocked: Vec::new(),
            cost: 0,
            notes: None,
            reported,
        })
    }

    /// The same run, but it learns from another; that changes nothing in the result.
    pub(super) fn guided_by(mut self, guide: &'a Guide) -> Self {
        let projects = self.instance.projects.len();
        self.notes = Some(Notes::new(guide, self.money, self.fraction_bits, self.instance.voters, projects));
        self
    }

    /// What another run may learn from this one.
    pub(super) fn into_notes(self) -> Guide {
        self.notes.map_or_else(|| UNGUIDED.clone(), Notes::into_guide)
    }

    /// Buys what can be bought among `candidates` (which have support). With a limit, stops when it is exceeded.
    pub(super) fn buy_all(&mut self, candidates: &[usize], limit: Option<u64>) -> Result<End, Error> {
        let constraints = &self.constraints;
        self.open = candidates.iter().copied().filter(|&p| constraints.concern(p)).collect();
        self.block();
        self.buy_free(candidates)?;
        let mut queue = Queue::new(self.instance.projects.len());
        for &p in candidates {
            let cost = self.instance.projects[p].cost;
            if cost > 0 && cost <= self.money && !self.is_blocked(p) {
                // If everybody can pay, the price is cost / score.
                self.lower[p] =
                    u64::try_from(self.scaled_cost(p) / self.support_score(p).max(1)).unwrap_or(0);
                queue.put(p, self.key(p, self.lower[p], false));
            }
        }
        let guide: &'a Guide = self.notes.as_ref().map_or(&UNGUIDED, Notes::guide);
        let mut guide = guide.order();
        let mut fresh: Vec<(usize, Bounds)> = Vec::new();
        loop {
            fresh.clear();
            let mut best = u128::MAX;
            // What a similar run bought now is likely the cheapest; of what costs more, that is all one needs to know.
            let mut next = guide.find(|&p| queue.take(p));
            while let Some(p) = next.take().or_else(|| queue.take_cheapest(best)) {
                match self.price(p, best) {
                    Price::Within(bounds) => {
                        best = best.min(self.key(p, bounds.high, true));
                        fresh.push((p, bounds));
                    }
                    Price::Dearer => queue.put(p, self.key(p, self.lower[p], false)),
                    Price::Unaffordable | Price::Unknown => {}
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
                queue.put(p, self.key(p, bounds.low, false));
            }
            self.buy(winner, bounds, tie);
            for p in self.block() {
                queue.take(p);
            }
            if limit.is_some_and(|limit| self.cost > limit) {
                return Ok(End::Overspent);
            }
        }
    }

    /// Notes which projects the constraints block since the last purchase.
    fn block(&mut self) -> Vec<usize> {
        let (round, before) = (self.round(), self.blocked.len());
        let (constraints, blocked, bought) = (&self.constraints, &mut self.blocked, &self.bought);
        self.open.retain(|&p| {
            let reason = constraints.blocks(p, round).filter(|_| bought.iter().all(|b| b.project != p));
            reason.map(|reason| blocked.push(Blocked { project: p, after_round: round, reason })).is_none()
        });
        self.blocked[before..].iter().map(|b| b.project).collect()
    }

    fn is_blocked(&self, project: usize) -> bool {
        self.blocked.iter().any(|b| b.project == project)
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
        let supporters = self.instance.supporters(project);
        if supporters.approve() {
            return u128::from(self.instance.votes[project]);
        }
        supporters.iter().map(|(_, weight, score)| u128::from(weight) * u128::from(score)).sum()
    }

    /// The price of one unit of satisfaction, for the heap: rounded down, or up.
    pub(super) fn key(&self, project: usize, price: u64, up: bool) -> u128 {
        let (price, worth) = (u128::from(price) << 64, u128::from(self.worth(project)));
        if up { price.div_ceil(worth) } else { price / worth }
    }

    /// Projects that cost nothing are bought first; nobody pays.
    fn buy_free(&mut self, candidates: &[usize]) -> Result<(), Error> {
        let mut free: Vec<usize> =
            candidates.iter().copied().filter(|&p| self.instance.projects[p].cost == 0).collect();
        free.retain(|&p| !self.is_blocked(p));
        while !free.is_empty() {
            // Without constraints all of them are bought, whatever the order.
            let state = || (!self.open.is_empty()).then(|| self.state());
            let (winner, tie) = self.choice.choose(self.instance, self.round() + 1, &free, state)?;
            self.constraints.fund(winner);
            self.bought.push(Bought { project: winner, tie, paid: self.reported.then(Paid::nothing) });
            self.block();
            free.retain(|&p| p != winner && !self.is_blocked(p));
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
        let state = || Some(self.state());
        let (winner, tie) = self.choice.choose(self.instance, self.round() + 1, &equal, state)?;
        let bounds = best.iter().find(|(p, _)| *p == winner).map(|(_, solved)| self.bounds_of(solved));
        let bounds = bounds.unwrap_or(Bounds { low: 0, high: 0, certain: false });
        Ok((winner, bounds, tie))
    }

    /// What the further course depends on, as bytes; prices must be known. Balances follow from the prices that each
    /// project had and from who has nothing left.
    fn state(&self) -> Vec<u8> {
        let mut parts: Vec<String> = self.bought.iter().map(|b| format!("{} bought", b.project)).collect();
        for (purchase, priced) in self.priced.iter().enumerate() {
            let price = self.prices.price(purchase).map(|price| {
                in_units(self.instance, price.clone(), self.prices.denominator().clone()).to_string()
            });
            parts.push(format!("{} {}", priced.project, price.unwrap_or_default()));
        }
        parts.extend(self.broke.iter().map(|g| format!("{g} broke")));
        parts.sort_unstable();
        parts.join(",").into_bytes()
    }

    pub(super) fn bounds_of(&self, solved: &Solved) -> Bounds {
        let low = self.prices.scaled(solved, self.fraction_bits);
        Bounds { low, high: low.saturating_add(1), certain: false }
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
