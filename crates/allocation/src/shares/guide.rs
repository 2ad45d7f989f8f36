//! What one run of Add1 tells the next: mostly the same is bought in the same order, and mostly for the same reasons.
//!
//! A run notes every purchase with its price, and each time it looked at a project, a *finding*: what some of the
//! supporters had at most, and how many the others were. In a later run in which the same purchases have been made (and
//! perhaps others), no voter has more than in the earlier run by more than the *drift*: the growth of the share and, for
//! each of these purchases, by how much its price fell, times the highest score. (A voter who ran out of money in the
//! earlier run would have had to pay more than was there; so the same holds.) So "some had at most so much" still holds
//! with the drift added for each of them, and with it the lower bound of the price that follows from the finding. Where
//! that bound is enough, a sweep over the supporters is saved; where it is not, the sweep is made.

use crate::shares::engine::{NEVER, Run};
use crate::shares::filter::{Bounds, Price};

/// Those of the supporters who are not counted among the others have `money` at most, whatever the price.
#[derive(Debug, Clone, Copy)]
struct Finding {
    /// The purchases that had been made.
    after: u32,
    /// Money of some of the supporters at most, and how many they are.
    money: u64,
    some: u64,
    /// The sum of scores of the other supporters.
    others_score: u64,
}

/// What a run noted.
#[derive(Debug, Clone)]
pub(super) struct Guide {
    money: u64,
    fraction_bits: u32,
    /// Projects bought at a price, in order, with their prices at most.
    purchases: Vec<(usize, u64)>,
    findings: Vec<Vec<Finding>>,
}

/// The notes of no run.
pub(super) static UNGUIDED: Guide =
    Guide { money: 0, fraction_bits: u32::MAX, purchases: Vec::new(), findings: Vec::new() };

impl Guide {
    /// The projects bought, in order.
    pub(super) fn order(&self) -> impl Iterator<Item = usize> {
        self.purchases.iter().map(|(p, _)| *p)
    }
}

/// A run's use of an earlier run's notes, and its own notes.
pub(super) struct Notes<'a> {
    guide: &'a Guide,
    /// How many of the guide's purchases have been made here, counted up to the first that has not.
    covered: usize,
    /// The drift over these purchases, in units of 2^-f; nothing if the guide cannot be used.
    drift: Option<u64>,
    own: Guide,
}

impl<'a> Notes<'a> {
    pub(super) fn new(
        guide: &'a Guide,
        money: u64,
        fraction_bits: u32,
        voters: u64,
        projects: usize,
    ) -> Self {
        let comparable = guide.fraction_bits == fraction_bits;
        let growth = money.checked_sub(guide.money).filter(|_| comparable).and_then(|more| {
            u64::try_from((u128::from(more) << fraction_bits).div_ceil(u128::from(voters.max(1)))).ok()
        });
        let own = Guide { money, fraction_bits, purchases: Vec::new(), findings: vec![Vec::new(); projects] };
        Self { guide, covered: 0, drift: growth, own }
    }

    pub(super) fn guide(&self) -> &'a Guide {
        self.guide
    }

    pub(super) fn into_guide(self) -> Guide {
        self.own
    }
}

impl Run<'_> {
    /// Notes a purchase.
    pub(super) fn note_purchase(&mut self, project: usize, bounds: &Bounds) {
        if let Some(notes) = &mut self.notes {
            notes.own.purchases.push((project, bounds.high));
        }
    }

    /// Counts how many of the guide's purchases have been made.
    pub(super) fn follow(&mut self) {
        let Some(notes) = &mut self.notes else { return };
        while let Some(&(p, high)) = notes.guide.purchases.get(notes.covered)
            && let Some(purchase) = self.priced.get(self.bought_at[p] as usize)
        {
            let fell = high.saturating_sub(purchase.low).checked_mul(self.instance.highest_score.into());
            notes.drift = notes.drift.zip(fell).and_then(|(drift, fell)| drift.checked_add(fell));
            notes.covered += 1;
        }
    }

    /// Notes what supporters have: so many others with that sum of scores anything, the rest `money` at most.
    pub(super) fn note_finding(&mut self, project: usize, money: u128, others: u64, others_score: u64) {
        let some = self.instance.supporter_counts[project].saturating_sub(others);
        self.keep_finding(project, money, some, others_score);
    }

    fn keep_finding(&mut self, project: usize, money: u128, some: u64, others_score: u64) {
        let Some(notes) = &mut self.notes else { return };
        let Ok(money) = u64::try_from(money) else { return };
        let after = u32::try_from(notes.own.purchases.len()).unwrap_or(NEVER);
        let findings = &mut notes.own.findings[project];
        findings.pop_if(|f| f.after == after);
        findings.push(Finding { after, money, some, others_score });
    }

    /// What the guide says about a project's price, if that is enough; raises the lower bound in any case.
    pub(super) fn guided(&mut self, project: usize, most: u128) -> Option<Price> {
        let notes = self.notes.as_ref()?;
        let drift = u128::from(notes.drift?);
        let known = notes.guide.findings.get(project)?;
        let finding = *known.iter().rev().find(|f| f.after as usize <= notes.covered)?;
        let money = u128::from(finding.money) + drift * u128::from(finding.some);
        let unpaid = self.scaled_cost(project).checked_sub(money).filter(|unpaid| *unpaid > 0)?;
        let price = match unpaid.checked_div(u128::from(finding.others_score)) {
            None => Price::Unaffordable,
            Some(low) => {
                let low = u64::try_from(low).ok()?;
                self.lower[project] = self.lower[project].max(low);
                if self.key(project, self.lower[project], false) <= most {
                    return None;
                }
                Price::Dearer
            }
        };
        self.keep_finding(project, money, finding.some, finding.others_score);
        Some(price)
    }
}
