//! The exact side of a run: integers over one common denominator.
//!
//! A group that still has money has paid the full price for each bought project on its ballot, so its balance is
//! share - sum of price · score over them: nothing but the prices has to be kept exactly. Prices are computed when
//! they are first needed, from the order of purchases and the moments at which groups ran out of money.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One as _, ToPrimitive as _};

use crate::shares::engine::{NEVER, Run};

/// The prices of purchases, known up to some purchase.
pub(super) struct Prices {
    /// The common denominator of share and prices.
    denominator: BigInt,
    share: BigInt,
    known: Vec<BigInt>,
}

/// A price of one unit of score: `numerator / (score · denominator of Prices)` minor units.
pub(super) struct Solved {
    numerator: BigInt,
    score: u64,
    /// Groups, sorted, that the filter could not place and that cannot pay the price.
    pub(super) poor: Vec<u32>,
}

impl Solved {
    /// Compares prices of one unit of satisfaction.
    pub(super) fn compare(&self, worth: u64, other: &Self, other_worth: u64) -> Ordering {
        let left = &self.numerator * (u128::from(other.score) * u128::from(other_worth));
        let right = &other.numerator * (u128::from(self.score) * u128::from(worth));
        left.cmp(&right)
    }
}

/// A sum of balances, as counts of the share and of each price; less than 2^32 voters with scores up to 2^30.
#[derive(Clone)]
pub(super) struct Sum {
    pub(super) shares: i64,
    pub(super) prices: Vec<i64>,
}

impl Sum {
    pub(super) fn none(purchases: usize) -> Self {
        Self { shares: 0, prices: vec![0; purchases] }
    }

    /// Adds the balance of a group that still has money after so many purchases, `times` over.
    fn add(&mut self, run: &Run<'_>, group: u32, times: u64) {
        let times = i64::try_from(times).unwrap_or(i64::MAX);
        self.shares += times;
        let ballot = run.instance.group(group as usize);
        for (i, &p) in ballot.projects.iter().enumerate() {
            if let Some(count) = self.prices.get_mut(run.bought_at[p as usize] as usize) {
                *count += times * ballot.scores.map_or(1, |s| s[i].max(0));
            }
        }
    }
}

impl Prices {
    pub(super) fn new(money: u64, voters: u64) -> Self {
        Self { denominator: BigInt::from(voters.max(1)), share: BigInt::from(money), known: Vec::new() }
    }

    /// The value of a sum, over the common denominator.
    pub(super) fn value(&self, sum: &Sum) -> BigInt {
        let mut value = &self.share * sum.shares;
        for (price, &count) in self.known.iter().zip(&sum.prices) {
            if count != 0 {
                value -= price * count;
            }
        }
        value
    }

    pub(super) fn denominator(&self) -> &BigInt {
        &self.denominator
    }

    /// The price of a purchase, over the common denominator.
    pub(super) fn price(&self, purchase: usize) -> Option<&BigInt> {
        self.known.get(purchase)
    }

    /// A price in units of 2^-bits, rounded down.
    pub(super) fn scaled(&self, solved: &Solved, bits: u32) -> u64 {
        ((&solved.numerator << bits) / (&self.denominator * solved.score)).to_u64().unwrap_or(u64::MAX)
    }

    /// All known prices in units of 2^-bits, rounded down.
    pub(super) fn all_scaled(&self, bits: u32) -> Vec<u64> {
        self.known.iter().map(|p| ((p << bits) / &self.denominator).to_u64().unwrap_or(u64::MAX)).collect()
    }

    /// Adds the price `numerator / (score · denominator)`; the common denominator grows by what is needed.
    fn push(&mut self, numerator: BigInt, score: u64) {
        let score = BigInt::from(score.max(1));
        let common = numerator.gcd(&score);
        let factor = &score / &common;
        if !factor.is_one() {
            self.denominator *= &factor;
            self.share *= &factor;
            for price in &mut self.known {
                *price *= &factor;
            }
        }
        self.known.push(numerator / common);
    }
}

impl Run<'_> {
    /// Computes the prices of all purchases so far.
    pub(super) fn know_prices(&mut self) {
        for purchase in self.prices.known.len()..self.priced.len() {
            let priced = self.priced[purchase].clone();
            let mut poor = Sum::none(purchase);
            for &g in &self.broke[priced.broke] {
                poor.add(self, g, self.instance.weights[g as usize]);
            }
            let cost = &self.prices.denominator * self.instance.projects[priced.project].cost;
            let numerator = cost - self.prices.value(&poor);
            self.prices.push(numerator, priced.rich_score);
        }
    }

    /// The exact price of a project, known to be at least `low` and, where given, at most `high` (units of 2^-f).
    /// `None`: its supporters cannot afford it.
    pub(super) fn solve(&mut self, project: usize, low: u64, high: Option<u64>) -> Option<Solved> {
        self.know_prices();
        let purchases = self.priced.len();
        let mut poor = Sum::none(purchases);
        let mut rich_score: u64 = 0;
        // Groups that the filter cannot place: exact balance, group, score.
        let mut unsure: Vec<(BigInt, u32, u32)> = Vec::new();
        for (g, weight, score) in self.instance.supporters(project).iter() {
            if self.zero_at[g as usize] != NEVER {
                continue;
            }
            match self.is_poor(g, score, low, high) {
                Some(true) => poor.add(self, g, weight),
                Some(false) => rich_score += weight * u64::from(score),
                None => {
                    unsure.push((self.exact_balance(g), g, score));
                    rich_score += weight * u64::from(score);
                }
            }
        }
        // Poorest first, by balance for each unit of score.
        unsure.sort_by(|a, b| (&a.0 * b.2).cmp(&(&b.0 * a.2)).then(a.1.cmp(&b.1)));
        let mut numerator =
            &self.prices.denominator * self.instance.projects[project].cost - self.prices.value(&poor);
        let mut poor = Vec::new();
        for (balance, g, score) in unsure {
            if &balance * rich_score >= &numerator * score {
                break;
            }
            let weight = self.instance.weights[g as usize];
            numerator -= balance * weight;
            rich_score -= weight * u64::from(score);
            poor.push(g);
        }
        if rich_score == 0 {
            return None;
        }
        poor.sort_unstable();
        Some(Solved { numerator, score: rich_score, poor })
    }

    /// The balance of a group that still has money, over the common denominator; prices must be known.
    pub(super) fn exact_balance(&self, group: u32) -> BigInt {
        let mut sum = Sum::none(self.prices.known.len());
        sum.add(self, group, 1);
        self.prices.value(&sum)
    }
}
