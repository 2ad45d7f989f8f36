//! What the result says about a run: who paid how much, and what was lacking.

use num_bigint::BigInt;
use num_traits::Zero as _;

use crate::amount::Fraction;
use crate::outcome::Reason;
use crate::shares::engine::Run;
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

    /// Before the purchase is booked. `low` and `poor_too` say who cannot pay the full price.
    pub(super) fn before(run: &mut Run<'_>, project: usize, low: u64, poor_too: &[u32]) -> Self {
        run.know_prices();
        let (groups, scores) = run.instance.supporters(project);
        let mut paid = Self::nothing();
        for (i, &g) in groups.iter().enumerate() {
            if run.nearly_broke(g) && run.is_broke(g) {
                continue;
            }
            let score = scores.get(i).copied().unwrap_or(1);
            paid.payers += run.instance.weights[g as usize];
            if poor_too.binary_search(&g).is_ok() || run.is_poor(g, score, low, None) == Some(true) {
                // With equal scores nobody pays more than those who pay the full price.
                if !scores.is_empty() {
                    let balance = run.exact_balance(g);
                    if balance > paid.poor_most.0 {
                        paid.poor_most = (balance, run.prices.denominator().clone());
                    }
                }
            } else {
                paid.rich_score = paid.rich_score.max(score);
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

impl Run<'_> {
    /// Why a project that was neither bought nor blocked was not: when its supporters first had too little.
    pub(super) fn lacking(&mut self, project: usize) -> Reason {
        self.know_prices();
        let over_time = self.support_over_time(project);
        let cost = self.prices.denominator() * self.instance.projects[project].cost;
        // What supporters have only falls, so the first moment is found by halving.
        let (mut low, mut high) = (0, over_time.len() - 1);
        while low < high {
            let middle = low.midpoint(high);
            if self.prices.value(&over_time[middle]) < cost {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let lacking = cost - self.prices.value(&over_time[low]);
        Reason::SupportersCannotAfford {
            after_round: self.rounds_after(low),
            lacking: in_units(self.instance, lacking, self.prices.denominator().clone()),
        }
    }

    /// Rounds completed after so many priced purchases: purchases of projects that cost nothing come before.
    fn rounds_after(&self, priced: usize) -> u32 {
        let free = self.bought.len() - self.priced.len();
        u32::try_from(if priced == 0 { 0 } else { free + priced }).unwrap_or(u32::MAX)
    }
}
