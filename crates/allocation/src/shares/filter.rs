//! The filter of a run: bounds of prices that are proven, from balances that are known up to an error.

use crate::shares::engine::Run;

/// A price of one unit of score, in units of 2^-f of a minor unit: the true price is within.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) low: u64,
    pub(super) high: u64,
}

enum Evaluation {
    Affordable(Bounds),
    Unaffordable,
    /// The filter cannot tell.
    Unknown,
}

/// Sums over the supporters of a project, split by a price.
#[derive(Default)]
struct Split {
    /// Money and number of the voters who have less than the price asks.
    poor_money: u64,
    poor: u64,
    /// Money and number of the others, and the sum of their scores.
    rich_money: u64,
    rich: u64,
    rich_score: u64,
    /// The sum of scores of those who can pay a good deal more.
    clear_score: u64,
}

impl Run<'_> {
    /// Bounds of a project's price now; `None` if its supporters cannot afford it (nor ever will).
    pub(super) fn price(&mut self, project: usize) -> Option<Bounds> {
        match self.evaluate(project) {
            Evaluation::Affordable(bounds) => Some(bounds),
            Evaluation::Unaffordable => None,
            Evaluation::Unknown => {
                self.exact_decisions += 1;
                let solved = self.solve(project, self.lower[project], None)?;
                Some(self.bounds_of(&solved))
            }
        }
    }

    /// The filter. For a price `t` let F(t) be what the supporters would pay: the sum of min(balance, t · score). The
    /// project's price is the least t with F(t) = cost.
    ///
    /// *Lower bound*: for any split of the supporters into poor and rich, F(t) <= money of the poor + t · score of the
    /// rich; so t >= (cost - money of the poor) / score of the rich, balances of the poor taken at their highest.
    ///
    /// *Upper bound*: split at `t`. With x more than `t`, the poor pay all they have, the rich at least what `t` asks
    /// of them, and those who are rich by a margin of more than x also pay x more; balances taken at their lowest.
    /// If that makes up the cost, the price is at most t + x, and the project is affordable.
    fn evaluate(&mut self, project: usize) -> Evaluation {
        let cost = self.scaled_cost(project);
        let error = u128::from(self.error);
        let mut price = self.lower[project];
        loop {
            let slack = self.error.saturating_mul(64).saturating_add(price >> 24);
            let split = self.split(project, price, slack);
            let all = u128::from(split.poor) + u128::from(split.rich);
            if u128::from(split.poor_money) + u128::from(split.rich_money) + error * all < cost {
                return Evaluation::Unaffordable;
            }
            if split.rich_score == 0 || split.clear_score == 0 {
                return Evaluation::Unknown;
            }
            let poor_most = u128::from(split.poor_money) + error * u128::from(split.poor);
            let low = u64::try_from(cost.saturating_sub(poor_most) / u128::from(split.rich_score));
            let Ok(low) = low else { return Evaluation::Unknown };
            if low > price.saturating_add(slack / 4) {
                price = low;
                self.lower[project] = low;
                continue;
            }
            let paid = u128::from(split.poor_money) + u128::from(price) * u128::from(split.rich_score);
            let more = (cost + error * all).saturating_sub(paid).div_ceil(u128::from(split.clear_score));
            let low = low.max(price);
            self.lower[project] = low;
            return match u64::try_from(more) {
                Ok(more) if more <= slack => {
                    Evaluation::Affordable(Bounds { low, high: (price + more).max(low) })
                }
                _ => Evaluation::Unknown,
            };
        }
    }

    fn split(&self, project: usize, price: u64, slack: u64) -> Split {
        let (groups, scores) = self.instance.supporters(project);
        let mut split = Split::default();
        if scores.is_empty() {
            let clear = price.saturating_add(slack).saturating_add(self.error);
            for &g in groups {
                let (balance, weight) = (self.balance[g as usize], self.instance.weights[g as usize]);
                if balance < price {
                    split.poor_money += weight * balance;
                    split.poor += if balance > 0 { weight } else { 0 };
                } else {
                    split.rich_money += weight * balance;
                    split.rich += weight;
                    split.clear_score += if balance >= clear { weight } else { 0 };
                }
            }
            split.rich_score = split.rich;
            return split;
        }
        let (price, slack, error) = (u128::from(price), u128::from(slack), u128::from(self.error));
        for (&g, &score) in groups.iter().zip(scores) {
            let (balance, weight) = (self.balance[g as usize], self.instance.weights[g as usize]);
            let (wide, s) = (u128::from(balance), u128::from(score));
            if wide < price * s {
                split.poor_money += weight * balance;
                split.poor += if balance > 0 { weight } else { 0 };
            } else {
                split.rich_money += weight * balance;
                split.rich += weight;
                split.rich_score += weight * u64::from(score);
                split.clear_score +=
                    if wide >= (price + slack) * s + error { weight * u64::from(score) } else { 0 };
            }
        }
        split
    }

    /// Is it certain who of a group's voters can pay a price within the bounds? `Some(true)`: they cannot.
    pub(super) fn is_poor(&self, group: u32, score: u32, low: u64, high: Option<u64>) -> Option<bool> {
        let (balance, error) = (u128::from(self.balance[group as usize]), u128::from(self.error));
        let score = u128::from(score);
        if balance == 0 || balance + error < u128::from(low) * score {
            return Some(true);
        }
        match high {
            Some(high) if balance >= u128::from(high) * score + error => Some(false),
            _ => None,
        }
    }

    /// May the balance of a group be 0?
    pub(super) fn nearly_broke(&self, group: u32) -> bool {
        self.balance[group as usize] <= self.error
    }
}
