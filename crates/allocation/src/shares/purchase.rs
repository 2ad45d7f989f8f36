//! A purchase: who pays, what is left to them, and how well that is known.

use crate::instance::Supporters;
use crate::shares::engine::{Bought, NEVER, Priced, Run};
use crate::shares::filter::Bounds;
use crate::shares::report::Paid;
use crate::ties::Tie;

/// Of a purchase, the supporters who paid the full price.
#[derive(Debug, Default)]
pub(super) struct Payers {
    /// How many they are.
    pub(super) rich: u64,
    /// The sum of their scores, and the highest.
    pub(super) rich_score: u64,
    pub(super) highest_score: u32,
    /// Those among the others who may have had nothing at all.
    pub(super) nearly_broke: Vec<u32>,
}

impl Run<'_> {
    /// Books a purchase at a price within the bounds.
    pub(super) fn buy(&mut self, project: usize, mut bounds: Bounds, tie: Option<Tie>) {
        let supporters = self.instance.supporters(project);
        let mut poor_too = Vec::new();
        // Groups of whom the filter cannot say whether they can pay the price.
        let unsure = !bounds.certain
            && supporters
                .iter()
                .any(|(g, _, score)| self.is_poor(g, score, bounds.low, Some(bounds.high)).is_none());
        if unsure {
            self.exact_decisions += 1;
            if let Some(solved) = self.solve(project, bounds.low, Some(bounds.high)) {
                bounds = self.bounds_of(&solved);
                poor_too = solved.poor;
            }
        }
        let now = u32::try_from(self.priced.len()).unwrap_or(NEVER - 1);
        let before = self.broke.len();
        let price = bounds.low.midpoint(bounds.high);
        // Certain by now, or equal, in which case either answer leaves the same balance.
        let margin = if unsure { self.error } else { 0 };
        let mut payers = if supporters.approve() {
            self.charge(supporters, price, margin, now)
        } else {
            self.charge_by_score(supporters, price, margin, now)
        };
        if !poor_too.is_empty() {
            self.charge_all(supporters, &poor_too, now, &mut payers);
            payers.nearly_broke.sort_unstable();
        }
        let paid = self.reported.then(|| Paid::before(self, supporters, before, &payers));
        self.note_purchase(project, &bounds);
        let broke = before..self.broke.len();
        self.priced.push(Priced { project, low: bounds.low, rich_score: payers.rich_score, broke });
        self.bought_at[project] = now;
        self.follow();
        self.constraints.fund(project);
        self.cost = self.cost.saturating_add(self.instance.projects[project].cost);
        // The price is half the width from the truth at most.
        let width = (bounds.high - bounds.low).saturating_mul(u64::from(payers.highest_score));
        self.error = self.error.saturating_add(width.div_ceil(2)).saturating_add(1);
        let paid = paid.map(|paid| paid.after(self, project));
        self.bought.push(Bought { project, tie, paid });
        // Finer than this it need not be: prices that differ less are rare.
        if self.error > (bounds.low >> 20).max(1 << 12) {
            self.refresh();
        }
    }

    /// Takes the price from supporters who have the score 1; from who has less, all there is.
    fn charge(&mut self, supporters: Supporters<'_>, price: u64, margin: u64, now: u32) -> Payers {
        let least = price.saturating_sub(margin).max(1);
        let mut payers = Payers { highest_score: 1, ..Payers::default() };
        for (&g, &weight) in supporters.groups.iter().zip(supporters.weights) {
            let balance = &mut self.balance[g as usize];
            let held = *balance;
            let rich = held >= least;
            *balance = if rich { held.saturating_sub(price).max(1) } else { 0 };
            payers.rich += if rich { u64::from(weight) } else { 0 };
            if held > 0 && !rich {
                self.zero_at[g as usize] = now;
                self.broke.push(g);
                if held <= self.error {
                    payers.nearly_broke.push(g);
                }
            }
        }
        payers.rich_score = payers.rich;
        payers
    }

    /// As `charge`, with scores.
    fn charge_by_score(&mut self, supporters: Supporters<'_>, price: u64, margin: u64, now: u32) -> Payers {
        let mut payers = Payers { highest_score: 1, ..Payers::default() };
        for (g, weight, score) in supporters.iter() {
            let balance = &mut self.balance[g as usize];
            let held = *balance;
            if held == 0 {
                continue;
            }
            let due = u128::from(price) * u128::from(score);
            if u128::from(held) + u128::from(margin) < due {
                *balance = 0;
                self.zero_at[g as usize] = now;
                self.broke.push(g);
                if held <= self.error {
                    payers.nearly_broke.push(g);
                }
            } else {
                *balance = held.saturating_sub(u64::try_from(due).unwrap_or(u64::MAX)).max(1);
                payers.rich += weight;
                payers.rich_score += weight * u64::from(score);
                payers.highest_score = payers.highest_score.max(score);
            }
        }
        payers
    }

    /// Takes all there is from supporters of whom only exact arithmetic knew that they cannot pay the price.
    fn charge_all(&mut self, supporters: Supporters<'_>, poor: &[u32], now: u32, payers: &mut Payers) {
        payers.highest_score = 1;
        for (g, weight, score) in supporters.iter() {
            if self.zero_at[g as usize] != NEVER {
                continue;
            }
            if poor.binary_search(&g).is_err() {
                payers.highest_score = payers.highest_score.max(score);
                continue;
            }
            payers.rich -= weight;
            payers.rich_score -= weight * u64::from(score);
            self.balance[g as usize] = 0;
            self.zero_at[g as usize] = now;
            self.broke.push(g);
            payers.nearly_broke.push(g);
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
