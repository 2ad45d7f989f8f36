//! What all rules share: the money left, envelopes, exclusion groups, and the record of the result.

use std::collections::HashMap;

use num_bigint::BigInt;

use crate::amount::Fraction;
use crate::instance::{BallotKind, Instance};
use crate::outcome::{Outcome, Phase, Reason, Rejection, Round, Summary};
use crate::rule::{GreedyOrder, Rule};
use crate::ties::{Tie, Ties};

/// Constraints of an instance while a rule runs.
#[derive(Clone)]
pub(crate) struct Constraints<'a> {
    instance: &'a Instance,
    envelopes_left: Vec<u64>,
    /// Exclusion groups in which a project is funded, and which.
    taken: HashMap<&'a str, usize>,
}

impl<'a> Constraints<'a> {
    pub(crate) fn new(instance: &'a Instance) -> Self {
        Self {
            instance,
            envelopes_left: instance.envelopes.iter().map(|e| e.1).collect(),
            taken: HashMap::new(),
        }
    }

    /// Is there any constraint on a project?
    pub(crate) fn concern(&self, project: usize) -> bool {
        !self.instance.projects[project].excludes.is_empty() || !self.instance.charged[project].is_empty()
    }

    /// Why a project can no longer be funded, whatever money there is; what is blocked stays blocked.
    pub(crate) fn blocks(&self, project: usize, rounds: u32) -> Option<Reason> {
        let p = &self.instance.projects[project];
        for group in &p.excludes {
            if let Some(&by) = self.taken.get(group.as_str()) {
                let by = self.instance.projects[by].id.clone();
                return Some(Reason::Excluded { by, group: group.clone() });
            }
        }
        for &e in &self.instance.charged[project] {
            let left = self.envelopes_left[e as usize];
            if left < p.cost {
                return Some(Reason::EnvelopeExhausted {
                    envelope: self.instance.envelopes[e as usize].0.clone(),
                    after_round: rounds,
                    left: self.instance.amount(left),
                });
            }
        }
        None
    }

    pub(crate) fn fund(&mut self, project: usize) {
        let p = &self.instance.projects[project];
        for group in &p.excludes {
            self.taken.insert(group, project);
        }
        for &e in &self.instance.charged[project] {
            let left = &mut self.envelopes_left[e as usize];
            *left = left.saturating_sub(p.cost);
        }
    }
}

/// Projects that no rule may fund, with the reason; `None` where the rule decides. Nothing is funded that no ballot gives a
/// score above 0: neither money that is left over nor a vote of no points is support.
pub(crate) fn ineligible(instance: &Instance, min_score: Option<i64>, by_votes: bool) -> Vec<Option<Reason>> {
    let score = |p| if by_votes { i128::from(instance.votes[p]) } else { instance.score[p] };
    (0..instance.projects.len())
        .map(|p| match min_score {
            _ if instance.projects[p].withdrawn => Some(Reason::Withdrawn),
            _ if instance.supporter_counts[p] == 0 => Some(Reason::NoSupport),
            Some(minimum) if score(p) < i128::from(minimum) => {
                Some(Reason::BelowThreshold { score: score(p), minimum })
            }
            _ => None,
        })
        .collect()
}

/// A result in the making.
pub(crate) struct Record<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) constraints: Constraints<'a>,
    pub(crate) left: u64,
    pub(crate) funded: Vec<bool>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) ties: Vec<Tie>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(instance: &'a Instance) -> Self {
        Self {
            instance,
            constraints: Constraints::new(instance),
            left: instance.budget,
            funded: vec![false; instance.projects.len()],
            rounds: Vec::new(),
            ties: Vec::new(),
        }
    }

    /// How many rounds are completed.
    pub(crate) fn round(&self) -> u32 {
        u32::try_from(self.rounds.len()).unwrap_or(u32::MAX)
    }

    /// Records a purchase; the caller has checked that it fits.
    pub(crate) fn fund(&mut self, project: usize, phase: Phase, tie: Option<Tie>) -> &mut Round {
        let cost = self.instance.projects[project].cost;
        self.spend(project, cost, phase, tie)
    }

    /// Records that a project that does not fit gets all that is left.
    pub(crate) fn fund_in_part(&mut self, project: usize) {
        let granted = self.left;
        self.spend(project, granted, Phase::Greedy, None).granted = Some(self.instance.amount(granted));
    }

    fn spend(&mut self, project: usize, amount: u64, phase: Phase, tie: Option<Tie>) -> &mut Round {
        let p = &self.instance.projects[project];
        self.constraints.fund(project);
        self.left = self.left.saturating_sub(amount);
        self.funded[project] = true;
        self.ties.extend(tie);
        let at = self.rounds.len();
        self.rounds.push(Round {
            round: self.round() + 1,
            phase,
            project: p.id.clone(),
            cost: self.instance.amount(p.cost),
            granted: None,
            votes: self.instance.votes[project],
            score: self.instance.score[project],
            price: None,
            payers: None,
            max_payment: None,
            budget_left: self.instance.amount(self.left),
        });
        &mut self.rounds[at]
    }

    /// The reason of a project that costs more than is left, if it does.
    pub(crate) fn misfit(&self, project: usize) -> Option<Reason> {
        let cost = self.instance.projects[project].cost;
        let lacking = cost.checked_sub(self.left).filter(|l| *l > 0)?;
        Some(Reason::DoesNotFit {
            after_round: self.round(),
            left: self.instance.amount(self.left),
            lacking: self.instance.amount(lacking),
        })
    }

    /// By how much more support a project that did not fit would have been funded by a greedy rule: it had to come before
    /// the last purchase that left too little for it.
    fn support_lacking(&self, rule: &Rule, project: usize, reason: &Reason) -> Option<i128> {
        let by_votes = match rule {
            // Less may be enough to be funded in part.
            Rule::Greedy(rule) if rule.part_from_percent.is_some() => return None,
            Rule::Greedy(rule) if rule.order == GreedyOrder::ScorePerCost => return None,
            Rule::Greedy(rule) => rule.order == GreedyOrder::Votes,
            Rule::EqualShares(_) => false,
            Rule::Phragmen(_) => return None,
        };
        let (Reason::DoesNotFit { .. }, false) = (reason, self.constraints.concern(project)) else {
            return None;
        };
        let greedy = |round: &&Round| matches!(round.phase, Phase::Greedy | Phase::Completion);
        let cost = self.instance.projects[project].cost;
        let in_time = self
            .rounds
            .iter()
            .filter(greedy)
            .rfind(|round| round.budget_left.minor + round.cost.minor >= cost)?;
        let (before, own) = if by_votes {
            (in_time.votes.into(), self.instance.votes[project].into())
        } else {
            (in_time.score, self.instance.score[project])
        };
        // One more than as much: no tie breaker is needed then.
        Some(before - own + 1).filter(|more| *more > 0)
    }

    /// The finished result. `reasons`: one for each project that is not funded.
    pub(crate) fn finish(self, rule: Rule, ties: &Ties, reasons: Vec<Option<Reason>>) -> Outcome {
        let instance = self.instance;
        let mut selected: Vec<String> = self.rounds.iter().map(|r| r.project.clone()).collect();
        selected.sort_unstable();
        let rejected =
            reasons.into_iter().enumerate().filter(|(p, _)| !self.funded[*p]).map(|(p, reason)| {
                let reason = reason.unwrap_or(Reason::NoSupport);
                let project = &instance.projects[p];
                let support_lacking = self.support_lacking(&rule, p, &reason);
                let mut sentence = reason.sentence(instance, project.cost);
                if let Some(votes) = support_lacking.filter(|_| instance.kind == BallotKind::Approval) {
                    sentence.push_str(&format!(" With {votes} more votes it would have been funded."));
                }
                Rejection {
                    project: project.id.clone(),
                    cost: (!project.withdrawn).then(|| instance.amount(project.cost)),
                    votes: instance.votes[p],
                    score: instance.score[p],
                    support_lacking,
                    sentence,
                    reason,
                }
            });
        let rejected: Vec<Rejection> = rejected.collect();
        let spent = instance.budget - self.left;
        let with = voters_with_funded(instance, &self.funded);
        Outcome {
            rule,
            ties_rule: ties.clone(),
            budget: instance.budget(),
            budget_parts: instance.budget_parts().to_vec(),
            cost: instance.amount(spent),
            selected,
            rounds: self.rounds,
            rejected,
            ties: self.ties,
            shares: None,
            compared: None,
            summary: Summary {
                voters: instance.voters,
                voters_with_funded: with,
                represented: Fraction::new(with, instance.voters),
                exclusion_ratio: Fraction::new(instance.voters - with, instance.voters),
                spent: instance.amount(spent),
                left: instance.amount(self.left),
            },
            exact_decisions: 0,
            trace_sha256: String::new(),
        }
    }
}

/// How many voters support at least one funded project.
pub(crate) fn voters_with_funded(instance: &Instance, funded: &[bool]) -> u64 {
    let supports = |g: &crate::instance::Group<'_>| {
        g.projects.iter().enumerate().any(|(i, &p)| funded[p as usize] && g.scores.is_none_or(|s| s[i] > 0))
    };
    instance.groups().filter(supports).map(|g| g.weight).sum()
}

/// A fraction of minor units as a fraction of currency units.
pub(crate) fn in_units(instance: &Instance, numerator: BigInt, denominator: BigInt) -> Fraction {
    Fraction::new(numerator, denominator * instance.minor_per_unit())
}
