//! The filter of a run: bounds of prices that are proven, from balances that are known up to an error.

use crate::shares::engine::Run;

/// A price of one unit of score, in units of 2^-f of a minor unit: the true price is within.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) low: u64,
    pub(super) high: u64,
    /// Is it certain of every supporter whether they can pay any price within?
    pub(super) certain: bool,
}

/// A project's price, as far as it matters.
pub(super) enum Price {
    Within(Bounds),
    /// More than was asked about; the project's lower bound says so now.
    Dearer,
    /// Its supporters cannot afford it, nor ever will.
    Unaffordable,
    /// The filter cannot tell.
    Unknown,
}

/// Sums over the supporters of a project who still have money, split by a price.
#[derive(Default)]
struct Split {
    /// What all of them have, and how many they are.
    money: u64,
    /// Money and number of the voters who certainly have less than the price asks.
    poor_money: u64,
    poor: u64,
    /// Those about whom it is not certain, and the sum of their scores.
    between: u64,
    between_score: u64,
    /// The number of those who certainly can pay the price and some more, and the sum of their scores.
    rich: u64,
    rich_score: u64,
}

impl Run<'_> {
    /// The price of a project now, if its key is at most `most`. Never `Unknown`.
    pub(super) fn price(&mut self, project: usize, most: u128) -> Price {
        if let Some(price) = self.guided(project, most) {
            return price;
        }
        match self.evaluate(project, most) {
            Price::Unknown => {
                self.exact_decisions += 1;
                match self.solve(project, self.lower[project], None) {
                    Some(solved) => Price::Within(self.bounds_of(&solved)),
                    None => Price::Unaffordable,
                }
            }
            price => price,
        }
    }

    /// The filter. For a price `t` let F(t) be what the supporters would pay: the sum of min(balance, t · score). The
    /// project's price is the least t with F(t) = cost. Supporters are split at `t`: the poor have less than t · score
    /// by more than the error, the rich have more than (t + slack) · score by at least the error, the others are between.
    ///
    /// *Lower bound*: F(t) is at most what the poor have, balances taken at their highest, and t · score of the others;
    /// so t >= (cost - money of the poor) / score of the others.
    ///
    /// *Upper bound*: at t + x, with x at most the slack, the poor pay all they have, balances taken at their lowest; those
    /// between have t · score less at most twice the error, and pay so much at least; the rich pay (t + x) · score. If that
    /// makes up the cost, the price is at most t + x, and the project is affordable.
    fn evaluate(&mut self, project: usize, most: u128) -> Price {
        let cost = self.scaled_cost(project);
        let error = u128::from(self.error);
        let mut price = self.lower[project];
        // At first with much slack: if nobody is between, the price is as good as known, though it be a little higher.
        let mut fine = 11;
        loop {
            let slack = self.error.saturating_mul(64).saturating_add(price >> fine);
            let split = self.split(project, price, slack);
            let all = u128::from(split.poor) + u128::from(split.between) + u128::from(split.rich);
            if u128::from(split.money) + error * all < cost {
                self.note_finding(project, u128::from(split.money) + error * all, 0, 0);
                return Price::Unaffordable;
            }
            if split.rich_score == 0 {
                return Price::Unknown;
            }
            let (poor_money, poor_error) = (u128::from(split.poor_money), error * u128::from(split.poor));
            let score = u128::from(split.rich_score) + u128::from(split.between_score);
            let others = split.between + split.rich;
            self.note_finding(
                project,
                poor_money + poor_error,
                others,
                split.between_score + split.rich_score,
            );
            let low = u64::try_from(cost.saturating_sub(poor_money + poor_error) / score);
            let Ok(low) = low else { return Price::Unknown };
            let near = if split.between == 0 { slack } else { slack / 4 };
            if low > price.saturating_add(near) || (fine == 11 && split.between > 0) {
                fine = if low > price.saturating_add(slack) { 11 } else { 24 };
                price = low.max(price);
                self.lower[project] = price;
                if self.key(project, price, false) > most {
                    return Price::Dearer;
                }
                continue;
            }
            let paid = poor_money + u128::from(price) * score;
            let unpaid = cost + poor_error + 2 * error * u128::from(split.between);
            let more = unpaid.saturating_sub(paid).div_ceil(u128::from(split.rich_score));
            let low = low.max(price);
            self.lower[project] = low;
            return match u64::try_from(more) {
                Ok(more) if more <= slack => {
                    Price::Within(Bounds { low, high: (price + more).max(low), certain: split.between == 0 })
                }
                _ => Price::Unknown,
            };
        }
    }

    fn split(&self, project: usize, price: u64, slack: u64) -> Split {
        let supporters = self.instance.supporters(project);
        let mut split = Split::default();
        if supporters.approve() {
            // Sums without branches: who is poor is nothing that a processor could guess. A balance of 0 wraps round and
            // is neither poor nor between.
            let floor = price.saturating_sub(self.error).max(1);
            let ceiling = price.saturating_add(slack).saturating_add(self.error);
            for (&g, &weight) in supporters.groups.iter().zip(supporters.weights) {
                let (balance, weight) = (self.balance[g as usize], u64::from(weight));
                let poor = u64::from(balance.wrapping_sub(1) < floor - 1).wrapping_neg();
                let between = u64::from(balance.wrapping_sub(floor) < ceiling - floor).wrapping_neg();
                let rich = u64::from(balance >= ceiling).wrapping_neg();
                let money = balance * weight;
                split.money += money;
                split.poor_money += money & poor;
                split.poor += weight & poor;
                split.between += weight & between;
                split.rich += weight & rich;
            }
            split.between_score = split.between;
            split.rich_score = split.rich;
            return split;
        }
        let (price, slack, error) = (u128::from(price), u128::from(slack), u128::from(self.error));
        for (g, weight, score) in supporters.iter() {
            let balance = self.balance[g as usize];
            if balance == 0 {
                continue;
            }
            let (wide, due) = (u128::from(balance), price * u128::from(score));
            split.money += weight * balance;
            if wide + error < due {
                split.poor_money += weight * balance;
                split.poor += weight;
            } else if wide >= due + slack * u128::from(score) + error {
                split.rich += weight;
                split.rich_score += weight * u64::from(score);
            } else {
                split.between += weight;
                split.between_score += weight * u64::from(score);
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
}
