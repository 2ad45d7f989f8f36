//! Sequential Phragmén: each project's cost is a load on its supporters; the next project is the one that leaves its
//! supporters, sharing it so that their loads become equal, with the least load.
//!
//! Brill, Freeman, Janson, Lackner, "Phragmén's Voting Methods and Justified Representation"; for budgets as in
//! pabutools: approval ballots; a project that alone exceeds the budget is left out; the rule stops when one of the
//! projects that tie for the next place does not fit. A project without support is never funded.
//!
//! **Arithmetic.** A group's load is the load at the last purchase on its ballot, so a project's load is
//! (cost + sum of count · earlier loads) / supporters: the loads of purchases are all that has to be known exactly, over
//! one common denominator. Rounded down to units of 2^-f, each is off by less than 1; so the filter's bounds are less
//! than 2 apart, and where bounds overlap the exact loads decide. Loads never fall, so a heap of lower bounds is enough.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One as _, ToPrimitive as _};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::instance::{BallotKind, Instance};
use crate::outcome::{Outcome, Phase, Reason};
use crate::rule::{PhragmenRule, Rule};
use crate::state::{Record, in_units, ineligible};
use crate::ties::Choice;

const NEVER: u32 = u32::MAX;

/// Runs the rule.
pub(crate) fn run(instance: &Instance, rule: &PhragmenRule, choice: &Choice<'_>) -> Result<Outcome, Error> {
    if instance.kind != BallotKind::Approval {
        return Err(Error::NeedsApproval { rule: "phragmen" });
    }
    let mut reasons = ineligible(instance, rule.min_score, false);
    let mut record = Record::new(instance);
    let mut loads = Loads::new(instance);
    let mut heap = BinaryHeap::new();
    for (p, reason) in reasons.iter_mut().enumerate().filter(|(p, r)| r.is_none() && instance.votes[*p] > 0) {
        *reason = record.misfit(p);
        if reason.is_none() {
            heap.push(Reverse((loads.bound(p), p)));
        }
    }
    let mut exact_decisions = 0;
    let mut fresh: Vec<(u128, usize)> = Vec::new();
    let stopped_at = loop {
        fresh.clear();
        let mut best = u128::MAX;
        while let Some(&Reverse((key, p))) = heap.peek()
            && key <= best
        {
            heap.pop();
            if let Some(reason) = record.constraints.blocks(p, record.round()) {
                reasons[p] = Some(reason);
                continue;
            }
            let low = loads.bound(p);
            best = best.min(low + 2);
            fresh.push((low, p));
        }
        let mut equal: Vec<usize> = fresh.iter().filter(|(low, _)| *low <= best).map(|(_, p)| *p).collect();
        if equal.len() > 1 {
            exact_decisions += 1;
            equal = loads.least(&equal);
        }
        if equal.is_empty() {
            break None;
        }
        let (winner, tie) =
            choice.choose(instance, record.round() + 1, &equal, || Some(loads.state(&record.funded)))?;
        if let Some(&large) = equal.iter().find(|&&p| instance.projects[p].cost > record.left) {
            record.ties.extend(tie);
            break Some(large);
        }
        heap.extend(fresh.iter().filter(|(_, p)| *p != winner).map(|&(low, p)| Reverse((low, p))));
        loads.buy(winner);
        record.fund(winner, Phase::Phragmen, tie).price = loads.last(instance);
    };
    if let Some(at) = stopped_at {
        stop(&record, &mut reasons, &instance.projects[at].id);
    }
    let mut outcome = record.finish(Rule::Phragmen(*rule), choice.ties, reasons);
    outcome.exact_decisions = exact_decisions;
    Ok(outcome)
}

/// Gives the projects that had no turn their reason: the rule stopped at the project `at`.
fn stop(record: &Record<'_>, reasons: &mut [Option<Reason>], at: &str) {
    for (p, reason) in reasons.iter_mut().enumerate() {
        if reason.is_none() && !record.funded[p] && record.instance.votes[p] > 0 {
            *reason = record.misfit(p).or_else(|| Some(Reason::StoppedBefore { at: at.to_owned() }));
        }
    }
}

struct Loads<'a> {
    instance: &'a Instance,
    bits: u32,
    /// The loads of purchases, over one denominator, and rounded down in units of 2^-bits.
    exact: Vec<BigInt>,
    denominator: BigInt,
    scaled: Vec<u64>,
    /// The last purchase on a group's ballot.
    last: Vec<u32>,
}

impl<'a> Loads<'a> {
    fn new(instance: &'a Instance) -> Self {
        // No load exceeds what is spent in all, so loads stay below 2^62.
        let bits = 61u32.saturating_sub(64 - instance.budget.leading_zeros());
        Self {
            instance,
            bits,
            exact: Vec::new(),
            denominator: BigInt::one(),
            scaled: Vec::new(),
            last: vec![NEVER; instance.group_count()],
        }
    }

    /// A lower bound of the load of a project's supporters if it were bought; the truth is less than 2 above.
    fn bound(&self, project: usize) -> u128 {
        let mut sum = u128::from(self.instance.projects[project].cost) << self.bits;
        for (g, weight, _) in self.instance.supporters(project).iter() {
            if let Some(&load) = self.scaled.get(self.last[g as usize] as usize) {
                sum += u128::from(load) * u128::from(weight);
            }
        }
        sum / u128::from(self.instance.votes[project].max(1))
    }

    /// The exact load times the number of supporters, over the common denominator.
    fn exact(&self, project: usize) -> BigInt {
        let mut counts = vec![0u64; self.exact.len()];
        for (g, weight, _) in self.instance.supporters(project).iter() {
            if let Some(count) = counts.get_mut(self.last[g as usize] as usize) {
                *count += weight;
            }
        }
        let mut sum = &self.denominator * self.instance.projects[project].cost;
        for (load, count) in self.exact.iter().zip(counts).filter(|(_, count)| *count > 0) {
            sum += load * count;
        }
        sum
    }

    /// The projects with the least load.
    fn least(&self, projects: &[usize]) -> Vec<usize> {
        let mut best: Vec<(usize, BigInt)> = Vec::new();
        for &p in projects {
            let load = self.exact(p);
            let order = best
                .first()
                .map(|(q, held)| (&load * self.instance.votes[*q]).cmp(&(held * self.instance.votes[p])));
            match order {
                Some(Ordering::Greater) => {}
                Some(Ordering::Equal) => best.push((p, load)),
                None | Some(Ordering::Less) => best = vec![(p, load)],
            }
        }
        best.into_iter().map(|(p, _)| p).collect()
    }

    /// What the further course depends on, as bytes: what is funded, and the load of each group.
    fn state(&self, funded: &[bool]) -> Vec<u8> {
        let mut state: Vec<u8> = funded.iter().map(|f| u8::from(*f)).collect();
        let digest = |load: &BigInt| {
            let load = in_units(self.instance, load.clone(), self.denominator.clone());
            Sha256::digest(load.to_string())
        };
        let digests: Vec<_> = self.exact.iter().map(digest).collect();
        for last in &self.last {
            state.extend(digests.get(*last as usize).map(|d| &d[..16]).unwrap_or_default());
            state.push(b' ');
        }
        state
    }

    fn buy(&mut self, project: usize) {
        let load = self.exact(project);
        let votes = BigInt::from(self.instance.votes[project].max(1));
        let common = load.gcd(&votes);
        let factor = &votes / &common;
        self.denominator *= &factor;
        for earlier in &mut self.exact {
            *earlier *= &factor;
        }
        let load = load / common;
        self.scaled.push(((&load << self.bits) / &self.denominator).to_u64().unwrap_or(u64::MAX));
        self.exact.push(load);
        let now = u32::try_from(self.exact.len() - 1).unwrap_or(NEVER);
        for &g in self.instance.supporters(project).groups {
            self.last[g as usize] = now;
        }
    }

    fn last(&self, instance: &Instance) -> Option<crate::amount::Fraction> {
        self.exact.last().map(|load| in_units(instance, load.clone(), self.denominator.clone()))
    }
}
