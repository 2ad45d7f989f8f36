//! The Method of Equal Shares with its completions and the comparison step.
//!
//! Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (NeurIPS 2021);
//! completions and comparison as on equalshares.net. A voter's satisfaction with a project is score (1 if approved)
//! times cost, or score; a negative score counts as 0.

mod engine;
mod exact;
mod filter;
mod report;

use crate::error::Error;
use crate::greedy;
use crate::instance::Instance;
use crate::outcome::{Compared, Outcome, Phase, Reason, Shares};
use crate::rule::{Comparison, Completion, EqualSharesRule, GreedyOrder, GreedyRule, Rule, Start, Stop};
use crate::shares::engine::{End, Run};
use crate::state::{Record, in_units, ineligible};
use crate::ties::Ties;

/// The most runs that Add1 may take.
pub const MAX_RUNS: u64 = 1_000_000;

/// Runs the method.
pub(crate) fn run(instance: &Instance, rule: &EqualSharesRule, ties: &Ties) -> Result<Outcome, Error> {
    let mut reasons = ineligible(instance, rule.min_score, false);
    let candidates: Vec<usize> = (0..reasons.len())
        .filter(|&p| reasons[p].is_none() && !instance.supporters(p).0.is_empty())
        .collect();
    let method = Method { instance, rule, ties, candidates, eligible: &reasons };
    let (increments, runs) = method.increments()?;
    let money = method.money(increments)?;

    let mut last = Run::new(instance, rule.satisfaction, ties, money, true)?;
    last.buy_all(&method.candidates, None)?;
    let candidates = method.candidates;
    let mut record = Record::new(instance);
    for bought in &last.bought {
        let round = record.fund(bought.project, Phase::EqualShares, bought.tie.clone());
        if let Some(paid) = bought.paid.clone() {
            round.payers = Some(paid.payers);
            round.price = Some(paid.price);
            round.max_payment = Some(paid.max_payment);
        }
    }
    if matches!(rule.completion, Completion::Greedy | Completion::Add1u) {
        greedy::fill(&mut record, &mut reasons, GreedyOrder::Score, false, Phase::Completion, ties)?;
    } else {
        for (p, reason) in std::mem::take(&mut last.blocked) {
            reasons[p] = Some(reason);
        }
        for p in candidates {
            if !record.funded[p] && reasons[p].is_none() {
                reasons[p] = Some(last.lacking(p));
            }
        }
    }
    let shares =
        Shares { share: in_units(instance, money.into(), instance.voters.max(1).into()), increments, runs };
    let funded = record.funded.clone();
    let mut outcome = record.finish(Rule::EqualShares(*rule), ties, reasons);
    outcome.exact_decisions = last.exact_decisions;
    compare(instance, rule, ties, &funded, outcome).map(|mut outcome| {
        outcome.shares = Some(shares);
        outcome
    })
}

struct Method<'a> {
    instance: &'a Instance,
    rule: &'a EqualSharesRule,
    ties: &'a Ties,
    /// Projects that may be bought and that somebody supports.
    candidates: Vec<usize>,
    /// `None` for projects that may be funded.
    eligible: &'a [Option<Reason>],
}

impl Method<'_> {
    /// What all voters have together after so many increments.
    fn money(&self, increments: u64) -> Result<u64, Error> {
        let (voters, budget) = (self.instance.voters.max(1), self.instance.budget);
        let unit = self.instance.minor_per_unit();
        let start = match self.rule.start {
            Start::Exact => budget,
            Start::Integral => budget / voters / unit * unit * voters,
        };
        let increment = self.rule.increment.unwrap_or(unit);
        increments
            .checked_mul(increment)
            .and_then(|more| more.checked_mul(voters))
            .and_then(|more| more.checked_add(start))
            .ok_or(Error::ShareTooLarge)
    }

    /// How many increments the outcome has, and how many runs it took to find out.
    fn increments(&self) -> Result<(u64, u64), Error> {
        if matches!(self.rule.completion, Completion::None | Completion::Greedy) {
            return Ok((0, 1));
        }
        if self.rule.increment == Some(0) {
            return Err(Error::NoIncrement);
        }
        let mut runs = 0;
        for increments in 0..MAX_RUNS {
            runs += 1;
            let money = self.money(increments)?;
            let mut run = Run::new(self.instance, self.rule.satisfaction, self.ties, money, false)?;
            if run.buy_all(&self.candidates, Some(self.instance.budget))? == End::Overspent {
                // Never in the first run: shares add up to the budget at most.
                return Ok((increments.saturating_sub(1), runs));
            }
            if self.is_last(&run) {
                return Ok((increments, runs));
            }
        }
        Err(Error::TooManyRuns(MAX_RUNS))
    }

    /// Is there no reason for another increment?
    fn is_last(&self, run: &Run<'_>) -> bool {
        // Money buys nothing more: every project that somebody supports is bought, or blocked by a constraint.
        if run.bought.len() + run.blocked.len() == self.candidates.len() {
            return true;
        }
        if self.rule.stop == Stop::Overspend {
            return false;
        }
        let mut done = vec![false; self.eligible.len()];
        let bought = run.bought.iter().map(|b| b.project);
        for p in bought.chain(run.blocked.iter().map(|(p, _)| *p)) {
            done[p] = true;
        }
        let left = self.instance.budget - run.cost;
        let fits =
            |p: usize| self.eligible[p].is_none() && !done[p] && self.instance.projects[p].cost <= left;
        !(0..done.len()).any(fits)
    }
}

/// The comparison step: takes the greedy outcome instead if more voters prefer it.
fn compare(
    instance: &Instance,
    rule: &EqualSharesRule,
    ties: &Ties,
    funded: &[bool],
    outcome: Outcome,
) -> Result<Outcome, Error> {
    if rule.comparison == Comparison::None {
        return Ok(outcome);
    }
    let greedy_rule = GreedyRule { min_score: rule.min_score, ..GreedyRule::default() };
    let mut greedy = greedy::run(instance, &greedy_rule, ties)?;
    let chosen: std::collections::HashSet<&str> = greedy.selected.iter().map(String::as_str).collect();
    let other: Vec<bool> = instance.projects.iter().map(|p| chosen.contains(p.id.as_str())).collect();
    let mut compared = Compared { prefer_equal_shares: 0, prefer_greedy: 0, switched: false };
    for group in instance.groups() {
        let gain = |funded: &[bool]| {
            let scores = group.projects.iter().enumerate().filter(|(_, p)| funded[**p as usize]);
            let sum: i64 = scores.map(|(i, _)| group.scores.map_or(1, |s| s[i].max(0))).sum();
            if rule.comparison == Comparison::ExclusionRatio { sum.min(1) } else { sum }
        };
        match gain(funded).cmp(&gain(&other)) {
            std::cmp::Ordering::Greater => compared.prefer_equal_shares += group.weight,
            std::cmp::Ordering::Less => compared.prefer_greedy += group.weight,
            std::cmp::Ordering::Equal => {}
        }
    }
    compared.switched = compared.prefer_greedy > compared.prefer_equal_shares;
    let mut result = if compared.switched {
        greedy.rule = outcome.rule;
        greedy
    } else {
        outcome
    };
    result.compared = Some(compared);
    Ok(result)
}
