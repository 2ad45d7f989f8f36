//! What the result says about a run: who paid how much, and what was lacking.

use num_bigint::BigInt;
use num_traits::Zero as _;

use crate::amount::Fraction;
use crate::instance::Supporters;
use crate::outcome::Reason;
use crate::shares::engine::{Blocked, NEVER, Run};
use crate::shares::exact::Sum;
use crate::shares::purchase::Payers;
use crate::state::in_units;

/// Who paid for a project.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    /// How many voters paid more than nothing.
    pub(super) payers: u64,
    pub(super) price: Fraction,
    pub(super) max_payment: Fraction,
    /// The greatest score among those who paid the full price.
    rich_score: u32,
    /// The most that one who could not pay the full price paid, as a fraction of minor units.
    poor_most: (BigInt, BigInt),
}

impl Paid {
    /// Nobody pays for a project that costs nothing.
    pub(super) fn nothing() -> Self {
        Self {
            payers: 0,
            price: Fraction::new(0, 1),
            max_payment: Fraction::new(0, 1),
            rich_score: 0,
            poor_most: (BigInt::zero(), BigInt::from(1)),
        }
    }

    /// When everybody has paid, but the purchase is not booked: then what those in `Run::broke` from `from` on have paid
    /// is still what the purchases before have left to them.
    pub(super) fn before(
        run: &mut Run<'_>,
        supporters: Supporters<'_>,
        from: usize,
        payers: &Payers,
    ) -> Self {
        run.know_prices();
        let mut paid = Self { payers: payers.rich, rich_score: payers.highest_score, ..Self::nothing() };
        if payers.rich == 0 {
            paid.rich_score = 0;
        }
        for &g in &run.broke[from..] {
            let nearly_broke = payers.nearly_broke.binary_search(&g).is_ok();
            // With equal scores nobody pays more than those who pay the full price.
            if supporters.approve() && !nearly_broke {
                paid.payers += run.instance.weights[g as usize];
                continue;
            }
            let balance = run.exact_balance(g);
            if !balance.is_zero() {
                paid.payers += run.instance.weights[g as usize];
            }
            if !supporters.approve() && balance > paid.poor_most.0 {
                paid.poor_most = (balance, run.prices.denominator().clone());
            }
        }
        paid
    }

    /// After the purchase is booked, when its price is known.
    pub(super) fn after(mut self, run: &mut Run<'_>, project: usize) -> Self {
        run.know_prices();
        let Some(price) = run.prices.price(run.priced.len().saturating_sub(1)) else { return self };
        let denominator = run.prices.denominator();
        let worth = run.worth(project);
        self.price = if worth == 1 {
            in_units(run.instance, price.clone(), denominator.clone())
        } else {
            Fraction::new(price.clone(), denominator * worth)
        };
        let rich = in_units(run.instance, price * self.rich_score, denominator.clone());
        let (numerator, denominator) = std::mem::take(&mut self.poor_most);
        self.max_payment = rich.max(in_units(run.instance, numerator, denominator));
        self
    }
}

/// Who paid what in a whole run, to tell why projects were not bought.
pub(super) struct Hindsight<'r, 'a> {
    run: &'r Run<'a>,
    /// The purchases that a group paid in full, with the scores; `ends` says where a group's last one is.
    paid: Vec<(u32, u32)>,
    ends: Vec<u32>,
}

impl<'r, 'a> Hindsight<'r, 'a> {
    pub(super) fn new(run: &'r mut Run<'a>) -> Self {
        run.know_prices();
        let (mut paid, mut ends) = (Vec::new(), Vec::with_capacity(run.zero_at.len()));
        for (group, &zero_at) in run.instance.groups().zip(&run.zero_at) {
            for (i, &p) in group.projects.iter().enumerate() {
                let (purchase, score) = (run.bought_at[p as usize], group.scores.map_or(1, |s| s[i]));
                if purchase != NEVER && purchase < zero_at && score > 0 {
                    paid.push((purchase, u32::try_from(score).unwrap_or(u32::MAX)));
                }
            }
            ends.push(u32::try_from(paid.len()).unwrap_or(u32::MAX));
        }
        Self { run, paid, ends }
    }

    /// Why a project was not bought: the constraint that blocks it, unless its supporters had too little before.
    pub(super) fn why_not(&self, project: usize, blocked: Option<Blocked>) -> Reason {
        let (run, prices) = (self.run, &self.run.prices);
        let over_time = self.support_over_time(project);
        let cost = prices.denominator() * run.instance.projects[project].cost;
        // What supporters have only falls, so the first moment at which it is too little is found by halving.
        let (mut low, mut high) = (0, over_time.len() - 1);
        while low < high {
            let middle = low.midpoint(high);
            if prices.value(&over_time[middle]) < cost {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let after_round = self.rounds_after(low);
        let missing = cost - prices.value(&over_time[low]);
        match blocked {
            Some(b) if missing <= BigInt::zero() || b.after_round <= after_round => b.reason,
            _ => Reason::SupportersCannotAfford {
                after_round,
                lacking: in_units(run.instance, missing, prices.denominator().clone()),
            },
        }
    }

    /// For each number of purchases made, what the supporters of a project have, as sums.
    fn support_over_time(&self, project: usize) -> Vec<Sum> {
        let purchases = self.run.priced.len();
        // Gathered by the purchase in which a group ran out of money ...
        let mut over_time = vec![Sum::none(purchases); purchases + 1];
        for (g, weight, _) in self.run.instance.supporters(project).iter() {
            let g = g as usize;
            let weight = i64::try_from(weight).unwrap_or(i64::MAX);
            let sum = &mut over_time[(self.run.zero_at[g] as usize).min(purchases)];
            sum.shares += weight;
            let first = if g == 0 { 0 } else { self.ends[g - 1] };
            for &(purchase, score) in &self.paid[first as usize..self.ends[g] as usize] {
                sum.prices[purchase as usize] += weight * i64::from(score);
            }
        }
        // ... then summed up over those who still had some, and cut to the purchases made.
        for after in (0..purchases).rev() {
            let (head, tail) = over_time.split_at_mut(after + 1);
            head[after].shares += tail[0].shares;
            for (count, more) in head[after].prices.iter_mut().zip(&tail[0].prices) {
                *count += more;
            }
        }
        for (after, sum) in over_time.iter_mut().enumerate() {
            sum.prices.truncate(after);
        }
        over_time
    }

    /// Rounds completed after so many priced purchases: purchases of projects that cost nothing come before.
    fn rounds_after(&self, priced: usize) -> u32 {
        let free = self.run.bought.len() - self.run.priced.len();
        u32::try_from(if priced == 0 { 0 } else { free + priced }).unwrap_or(u32::MAX)
    }
}
