//! The Method of Equal Shares with its completions and the comparison step.
//!
//! Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (NeurIPS 2021);
//! completions and comparison as on equalshares.net. A voter's satisfaction with a project is score (1 if approved)
//! times cost, or score; a negative score counts as 0.

mod engine;
mod exact;
mod filter;
mod guide;
mod purchase;
mod report;

use std::ops::Range;

use crate::error::Error;
use crate::greedy;
use crate::instance::Instance;
use crate::irresolute::Found;
use crate::outcome::{Compared, Outcome, Phase, Reason, Shares};
use crate::rule::{Comparison, Completion, EqualSharesRule, GreedyOrder, GreedyRule, Rule, Start, Stop};
use crate::shares::engine::{End, Run};
use crate::shares::guide::{Guide, UNGUIDED};
use crate::shares::report::Hindsight;
use crate::state::{Record, in_units, ineligible};
use crate::ties::Choice;

/// The most runs that Add1 may take.
pub const MAX_RUNS: u64 = 1_000_000;

/// Runs the method.
pub(crate) fn run(
    instance: &Instance,
    rule: &EqualSharesRule,
    choice: &Choice<'_>,
) -> Result<Outcome, Error> {
    let method = Method::new(instance, rule, choice);
    let (increments, runs) = method.increments()?;
    // The run within the budget has just been made.
    method.outcome(increments, runs)?.map(|(outcome, _)| outcome).ok_or(Error::ShareTooLarge)
}

/// All outcomes. What a run of Add1 finds depends on the ties broken in it alone; so an outcome is one of the method if
/// it is the last of its run, or if the run after it may overspend, and the runs before may have gone on.
pub(crate) fn irresolute(
    instance: &Instance,
    rule: &EqualSharesRule,
    found: &mut Found,
) -> Result<(), Error> {
    if matches!(rule.completion, Completion::None | Completion::Greedy) {
        return found.each(|choice, found| {
            if let Some((outcome, _)) = Method::new(instance, rule, choice).outcome(0, 1)? {
                found.add(&outcome);
            }
            Ok(())
        });
    }
    let mut before: Option<Guide> = None;
    for increments in 0..MAX_RUNS {
        let (mut overspent, mut last, mut more) = (false, false, None);
        found.each(|choice, _| {
            let guide = before.as_ref().unwrap_or(&UNGUIDED);
            match Method::new(instance, rule, choice).attempt(increments, guide)? {
                Tried::Overspent => overspent = true,
                Tried::Last => last = true,
                Tried::More(notes) => more = Some(notes),
            }
            Ok(())
        })?;
        for (wanted, increments, only_last) in
            [(overspent, increments.saturating_sub(1), false), (last, increments, true)]
        {
            if !wanted {
                continue;
            }
            found.each(|choice, found| {
                match Method::new(instance, rule, choice).outcome(increments, increments + 1)? {
                    Some((outcome, last)) if last || !only_last => found.add(&outcome),
                    _ => {}
                }
                Ok(())
            })?;
        }
        if more.is_none() || !found.complete {
            return Ok(());
        }
        before = more;
    }
    Err(Error::TooManyRuns(MAX_RUNS))
}

/// What a run of Add1 found.
enum Tried {
    /// It costs more than the budget.
    Overspent,
    /// There is no reason for another increment.
    Last,
    /// Notes for the next.
    More(Guide),
}

/// How many threads there are to work on.
#[cfg(feature = "parallel")]
fn threads() -> u64 {
    rayon::current_num_threads().try_into().unwrap_or(1)
}

#[cfg(not(feature = "parallel"))]
fn threads() -> u64 {
    1
}

/// The results of a piece of work for each thread, in order.
fn in_parallel<T: Send>(threads: u64, work: impl Fn(u64) -> T + Send + Sync) -> Vec<T> {
    #[cfg(feature = "parallel")]
    if threads > 1 {
        use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
        return (0..threads).into_par_iter().map(work).collect();
    }
    (0..threads).map(work).collect()
}

struct Method<'a> {
    instance: &'a Instance,
    rule: &'a EqualSharesRule,
    choice: &'a Choice<'a>,
    /// Projects that may be bought and that somebody supports.
    candidates: Vec<usize>,
    /// Why projects may not be funded; `None` for those that may.
    ineligible: Vec<Option<Reason>>,
}

impl<'a> Method<'a> {
    fn new(instance: &'a Instance, rule: &'a EqualSharesRule, choice: &'a Choice<'a>) -> Self {
        let ineligible = ineligible(instance, rule.min_score, false);
        let candidates = (0..ineligible.len())
            .filter(|&p| ineligible[p].is_none() && !instance.supporters(p).groups.is_empty())
            .collect();
        Self { instance, rule, choice, candidates, ineligible }
    }

    /// The outcome with so many increments, and whether there is no reason for another; `None` if it overspends.
    fn outcome(&self, increments: u64, runs: u64) -> Result<Option<(Outcome, bool)>, Error> {
        let (instance, rule) = (self.instance, self.rule);
        let money = self.money(increments)?;
        let mut run = Run::new(instance, rule.satisfaction, self.choice, money, true)?;
        if run.buy_all(&self.candidates, Some(instance.budget))? == End::Overspent {
            return Ok(None);
        }
        let is_last = self.is_last(&run);
        let exact_decisions = run.exact_decisions;
        let mut record = Record::new(instance);
        for bought in &run.bought {
            let round = record.fund(bought.project, Phase::EqualShares, bought.tie.clone());
            if let Some(paid) = bought.paid.clone() {
                round.payers = Some(paid.payers);
                round.price = Some(paid.price);
                round.max_payment = Some(paid.max_payment);
            }
        }
        let mut reasons = self.ineligible.clone();
        if matches!(rule.completion, Completion::Greedy | Completion::Add1u) {
            let (order, phase) = (GreedyOrder::Score, Phase::Completion);
            let turns = greedy::Turns { order, stop: false, part: false, phase };
            greedy::fill(&mut record, &mut reasons, &turns, self.choice)?;
        } else {
            let blocked = std::mem::take(&mut run.blocked);
            let hindsight = Hindsight::new(&mut run);
            for &p in self.candidates.iter().filter(|&&p| !record.funded[p]) {
                let blocked = blocked.iter().find(|b| b.project == p).cloned();
                reasons[p] = Some(hindsight.why_not(p, blocked));
            }
        }
        let share = in_units(instance, money.into(), instance.voters.max(1).into());
        let funded = record.funded.clone();
        let mut outcome = record.finish(Rule::EqualShares(*rule), self.choice.ties, reasons);
        outcome.exact_decisions = exact_decisions;
        let mut outcome = compare(instance, rule, self.choice, &funded, outcome)?;
        outcome.shares = Some(Shares { share, increments, runs });
        Ok(Some((outcome, is_last)))
    }

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
        // Runs do not depend on one another, but are made by the window, on as many threads as there are; what ends them
        // is looked for in order. A window is small beside what is done, so that few runs are made in vain.
        let threads = threads();
        let mut guide: Option<Guide> = None;
        let mut done = 0;
        while done < MAX_RUNS {
            let length = if threads == 1 { 1 } else { (done / 16 / threads).clamp(1, 32) };
            let tries = in_parallel(threads, |thread| {
                let first = done + thread * length;
                self.tries(first..(first + length).min(MAX_RUNS), guide.as_ref())
            });
            for (increments, tried) in (done..).zip(tries.into_iter().flatten()) {
                match tried? {
                    // Never in the first run: shares add up to the budget at most.
                    Tried::Overspent => return Ok((increments.saturating_sub(1), increments + 1)),
                    Tried::Last => return Ok((increments, increments + 1)),
                    Tried::More(notes) => guide = Some(notes),
                }
            }
            done += threads * length;
        }
        Err(Error::TooManyRuns(MAX_RUNS))
    }

    /// Makes runs one after another, each guided by the one before, up to one that ends them or fails.
    fn tries(&self, increments: Range<u64>, guide: Option<&Guide>) -> Vec<Result<Tried, Error>> {
        let mut tries: Vec<Result<Tried, Error>> = Vec::new();
        for increments in increments {
            let before = match tries.last() {
                Some(Ok(Tried::More(notes))) => Some(notes),
                None => guide,
                Some(_) => break,
            };
            tries.push(self.attempt(increments, before.unwrap_or(&UNGUIDED)));
        }
        tries
    }

    fn attempt(&self, increments: u64, guide: &Guide) -> Result<Tried, Error> {
        let money = self.money(increments)?;
        let run = Run::new(self.instance, self.rule.satisfaction, self.choice, money, false)?;
        let mut run = run.guided_by(guide);
        Ok(if run.buy_all(&self.candidates, Some(self.instance.budget))? == End::Overspent {
            Tried::Overspent
        } else if self.is_last(&run) {
            Tried::Last
        } else {
            Tried::More(run.into_notes())
        })
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
        let mut done = vec![false; self.ineligible.len()];
        let bought = run.bought.iter().map(|b| b.project);
        for p in bought.chain(run.blocked.iter().map(|b| b.project)) {
            done[p] = true;
        }
        let left = self.instance.budget - run.cost;
        // As equalshares.net asks: also whether a project would fit that nobody supports, though it is never bought.
        let possible = |p: usize| matches!(self.ineligible[p], None | Some(Reason::NoSupport));
        let fits = |p: usize| possible(p) && !done[p] && self.instance.projects[p].cost <= left;
        !(0..done.len()).any(fits)
    }
}

/// The comparison step: takes the greedy outcome instead if more voters prefer it.
fn compare(
    instance: &Instance,
    rule: &EqualSharesRule,
    choice: &Choice<'_>,
    funded: &[bool],
    outcome: Outcome,
) -> Result<Outcome, Error> {
    if rule.comparison == Comparison::None {
        return Ok(outcome);
    }
    let greedy_rule = GreedyRule { min_score: rule.min_score, ..GreedyRule::default() };
    let mut greedy = greedy::run(instance, &greedy_rule, &choice.after(funded))?;
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
