//! The greedy family: sort, then take what fits.

use std::cmp::Ordering;

use crate::error::Error;
use crate::instance::Instance;
use crate::outcome::{Outcome, Phase, Reason};
use crate::rule::{GreedyKind, GreedyOrder, GreedyRule, Rule};
use crate::state::{Record, ineligible};
use crate::ties::Choice;

/// Runs a greedy rule.
pub(crate) fn run(instance: &Instance, rule: &GreedyRule, choice: &Choice<'_>) -> Result<Outcome, Error> {
    let mut record = Record::new(instance);
    let mut reasons = ineligible(instance, rule.min_score, rule.order == GreedyOrder::Votes);
    let turns = Turns {
        order: rule.order,
        stop: rule.kind == GreedyKind::NoSkip,
        part: rule.part_from_percent.is_some(),
        phase: Phase::Greedy,
    };
    let misfits = fill(&mut record, &mut reasons, &turns, choice)?;
    if let Some(percent) = rule.part_from_percent {
        fund_in_part(&mut record, &mut reasons, &misfits, percent)?;
    }
    Ok(record.finish(Rule::Greedy(*rule), choice.ties, reasons))
}

/// How projects take their turns.
pub(crate) struct Turns {
    /// What they are sorted by.
    pub order: GreedyOrder,
    /// Whether the first that does not fit is the last.
    pub stop: bool,
    /// Whether one that does not fit may be funded in part afterwards.
    pub part: bool,
    /// The part of the rule.
    pub phase: Phase,
}

/// Gives what is left to the first project that did not fit, if that is enough of its cost.
fn fund_in_part(
    record: &mut Record<'_>,
    reasons: &mut [Option<Reason>],
    misfits: &[usize],
    percent: u32,
) -> Result<(), Error> {
    if !(1..100).contains(&percent) {
        return Err(Error::PartPercent(percent));
    }
    let possible = |p: &&usize| record.constraints.blocks(**p, record.round()).is_none();
    let Some(&project) = misfits.iter().find(possible) else { return Ok(()) };
    let cost = u128::from(record.instance.projects[project].cost);
    if record.left > 0 && u128::from(record.left) * 100 >= cost * u128::from(percent) {
        reasons[project] = None;
        record.fund_in_part(project);
    }
    Ok(())
}

/// Considers all projects that are neither funded nor have a reason against them, best first. Gives those that did not fit,
/// in the order of their turns.
pub(crate) fn fill(
    record: &mut Record<'_>,
    reasons: &mut [Option<Reason>],
    turns: &Turns,
    choice: &Choice<'_>,
) -> Result<Vec<usize>, Error> {
    let Turns { order, stop, part, phase } = *turns;
    let instance = record.instance;
    let mut misfits = Vec::new();
    let mut rest: Vec<usize> =
        (0..reasons.len()).filter(|&p| reasons[p].is_none() && !record.funded[p]).collect();
    rest.sort_by(|&a, &b| compare(instance, order, a, b));
    let mut equal: Vec<usize> = Vec::new();
    let mut next = rest.into_iter().peekable();
    let mut stopped: Option<String> = None;
    loop {
        if equal.is_empty() {
            let Some(first) = next.next() else { return Ok(misfits) };
            equal.push(first);
            while let Some(p) = next.next_if(|&p| compare(instance, order, first, p) == Ordering::Equal) {
                equal.push(p);
            }
        }
        let state = || {
            let together = equal.iter().map(|&p| instance.projects[p].cost).sum::<u64>();
            let free = equal.iter().all(|&p| !record.constraints.concern(p));
            let order_matters = stopped.is_none() && !(free && together <= record.left);
            order_matters.then(|| {
                let mut state: Vec<u8> = record.funded.iter().map(|f| u8::from(*f)).collect();
                state.push(2 + u8::from(phase == Phase::Completion));
                if part {
                    state.extend(misfits.iter().flat_map(|p: &usize| p.to_le_bytes()));
                }
                state
            })
        };
        let (project, tie) = choice.choose(instance, record.round() + 1, &equal, state)?;
        equal.retain(|&p| p != project);
        let Some(reason) = fault(record, project, stopped.as_deref()) else {
            record.fund(project, phase, tie);
            continue;
        };
        if stopped.is_none() {
            // After the stop the order no longer matters.
            record.ties.extend(tie);
        }
        if matches!(reason, Reason::DoesNotFit { .. }) {
            misfits.push(project);
            if stop && stopped.is_none() {
                stopped = Some(instance.projects[project].id.clone());
            }
        }
        reasons[project] = Some(reason);
    }
}

/// Why the project cannot be funded now. `stopped` is the project at which the rule stopped.
fn fault(record: &Record<'_>, project: usize, stopped: Option<&str>) -> Option<Reason> {
    stopped
        .map(|at| Reason::StoppedBefore { at: at.to_owned() })
        .or_else(|| record.constraints.blocks(project, record.round()))
        .or_else(|| record.misfit(project))
}

/// Best first; equal is a tie.
fn compare(instance: &Instance, order: GreedyOrder, a: usize, b: usize) -> Ordering {
    let score = &instance.score;
    match order {
        GreedyOrder::Score => score[b].cmp(&score[a]),
        GreedyOrder::Votes => instance.votes[b].cmp(&instance.votes[a]),
        GreedyOrder::ScorePerCost => {
            // score/cost without division: |score| < 2^31 * 2^36, cost <= 2^50, so that products fit in 128 bits.
            // What costs nothing comes first.
            let (ca, cb) = (i128::from(instance.projects[a].cost), i128::from(instance.projects[b].cost));
            match (ca, cb) {
                (0, 0) => score[b].cmp(&score[a]),
                (0, _) => Ordering::Less,
                (_, 0) => Ordering::Greater,
                _ => (score[b] * ca).cmp(&(score[a] * cb)),
            }
        }
    }
}
