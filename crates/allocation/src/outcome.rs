//! The result of a rule: what is funded, why, and why not.

use serde::Serialize;

use crate::amount::{Amount, Fraction, MAX_DECIMALS};
use crate::instance::Instance;
use crate::rule::Rule;
use crate::ties::{Tie, Ties};

/// The part of a rule that made a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// A greedy rule.
    Greedy,
    /// Equal shares.
    EqualShares,
    /// The greedy completion of equal shares.
    Completion,
    /// Sequential Phragmén.
    Phragmen,
}

/// A project bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Round {
    /// Counted from 1.
    pub round: u32,
    /// The part of the rule.
    pub phase: Phase,
    /// The project's id.
    pub project: String,
    /// Its cost.
    pub cost: Amount,
    /// What it gets, where it is funded in part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<Amount>,
    /// How many ballots name it.
    pub votes: u64,
    /// The sum of its scores.
    pub score: i128,
    /// Equal shares: the price of one unit of satisfaction (with cost satisfaction, money for each unit of money's
    /// worth; with cardinality satisfaction, currency units for each point or approval). Phragmén: the greatest load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Fraction>,
    /// Equal shares: how many voters paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payers: Option<u64>,
    /// Equal shares: the most that a voter paid, in currency units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payment: Option<Fraction>,
    /// What is left of the budget. During the runs of Add1 shares may add up to more than the budget; this is the
    /// budget itself less what is spent.
    pub budget_left: Amount,
}

/// Why a project is not funded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Reason {
    /// It costs more than what was left when its turn came.
    DoesNotFit {
        /// The rounds that had been completed.
        after_round: u32,
        /// What was left.
        left: Amount,
        /// By how much the cost exceeds it.
        lacking: Amount,
    },
    /// Its score is below the minimum.
    BelowThreshold {
        /// Its score.
        score: i128,
        /// The minimum.
        minimum: i64,
    },
    /// A project of the same exclusion group is funded.
    Excluded {
        /// The funded project.
        by: String,
        /// The exclusion group.
        group: String,
    },
    /// The envelope (category, neighbourhood) it is charged to has too little left.
    EnvelopeExhausted {
        /// The envelope.
        envelope: String,
        /// The rounds that had been completed.
        after_round: u32,
        /// What was left in it.
        left: Amount,
    },
    /// The voters who support it do not have enough left of their shares.
    SupportersCannotAfford {
        /// The rounds after which that was so for the first time; 0: from the start.
        after_round: u32,
        /// What was lacking then, in currency units.
        lacking: Fraction,
    },
    /// The rule had stopped before: at a project that did not fit (greedy-no-skip), or because a project equally
    /// placed did not fit (Phragmén).
    StoppedBefore {
        /// The project at which the rule stopped.
        at: String,
    },
    /// No voter supports it.
    NoSupport,
    /// It was withdrawn.
    Withdrawn,
}

impl Reason {
    /// One sentence in plain English.
    #[must_use]
    pub fn sentence(&self, instance: &Instance, cost: u64) -> String {
        let money = |a: &Amount| instance.money(a.minor);
        let cost = instance.money(cost);
        let after = |round: u32| match round {
            0 => "at the start".to_owned(),
            1 => "after the first project was funded".to_owned(),
            n => format!("after {n} projects were funded"),
        };
        match self {
            Self::DoesNotFit { after_round, left, lacking } => format!(
                "It costs {cost}, but only {} was left {} ({} too little).",
                money(left),
                after(*after_round),
                money(lacking)
            ),
            Self::BelowThreshold { score, minimum } => {
                format!("It received {score}, which is below the minimum of {minimum}.")
            }
            Self::Excluded { by, group } => format!(
                "It cannot be funded together with project {by}, which is funded (both are in the group \"{group}\")."
            ),
            Self::EnvelopeExhausted { envelope, after_round, left } => format!(
                "It costs {cost}, but only {} was left for \"{envelope}\" {}.",
                money(left),
                after(*after_round)
            ),
            Self::SupportersCannotAfford { after_round, lacking } => format!(
                "It costs {cost}, but {} the voters who support it had {} too little left of their shares.",
                after(*after_round),
                with_currency(instance, lacking.approximate(2))
            ),
            Self::StoppedBefore { at } => {
                format!("The rule stops at the first project that does not fit, which was project {at}.")
            }
            Self::NoSupport => "No voter supports it.".to_owned(),
            Self::Withdrawn => "It was withdrawn.".to_owned(),
        }
    }
}

pub(crate) fn with_currency(instance: &Instance, amount: String) -> String {
    if instance.currency.is_empty() { amount } else { format!("{amount} {}", instance.currency) }
}

impl Round {
    /// Equal shares: the cost as a multiple of the most that a voter paid. Voters who had less left than that count in
    /// part, by what they had (equalshares.net calls it the effective vote count). Nothing where nobody paid.
    #[must_use]
    pub fn effective_votes(&self) -> Option<Fraction> {
        let most = self.max_payment.as_ref()?.value();
        let unit = 10u64.pow(self.cost.decimals.min(MAX_DECIMALS));
        let votes = Fraction::new(most.denom() * self.cost.minor, most.numer() * unit);
        (self.cost.minor > 0).then_some(votes)
    }

    /// One sentence in plain English.
    #[must_use]
    pub fn sentence(&self, instance: &Instance) -> String {
        let cost = instance.money(self.cost.minor);
        let left = instance.money(self.budget_left.minor);
        let support = if i128::from(self.votes) == self.score {
            format!("{} votes", self.votes)
        } else {
            format!("a score of {} from {} voters", self.score, self.votes)
        };
        if let Some(granted) = &self.granted {
            let granted = instance.money(granted.minor);
            return format!(
                "Round {}: funded in part, with {granted} of its cost of {cost}; of the projects that did not fit it was \
                 the first, with {support}; {left} of the budget is left.",
                self.round
            );
        }
        let how = match (&self.max_payment, self.payers) {
            (Some(most), Some(payers)) => {
                let most = with_currency(instance, most.rounded_up(instance.amount(0).decimals.max(2)));
                let votes = self.effective_votes().map(|votes| votes.approximate(1));
                let votes = votes.map(|votes| format!(" (as much as {votes} voters who pay that)"));
                let votes = votes.unwrap_or_default();
                format!(
                    "{payers} of its supporters paid for it from their shares, at most {most} each{votes}"
                )
            }
            _ => format!("it was next with {support}"),
        };
        format!("Round {}: funded for {cost}; {how}; {left} of the budget is left.", self.round)
    }
}

/// A project that is not funded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The project's id.
    pub project: String,
    /// Its cost; nothing if it was withdrawn.
    pub cost: Option<Amount>,
    /// How many ballots name it.
    pub votes: u64,
    /// The sum of its scores.
    pub score: i128,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
    /// Where a greedy rule passed it over because it did not fit: by how much more score (votes, if sorted by votes) its
    /// turn would have come in time. Nothing where projects are sorted by score per cost, or where it could never fit. No
    /// part of the trace.
    #[serde(skip)]
    pub support_lacking: Option<i128>,
    /// The reason as one sentence; no part of the trace.
    #[serde(skip)]
    pub sentence: String,
}

/// The result of the comparison step of equal shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Voters who prefer the outcome of equal shares.
    pub prefer_equal_shares: u64,
    /// Voters who prefer the greedy outcome.
    pub prefer_greedy: u64,
    /// Was the greedy outcome taken?
    pub switched: bool,
}

/// What Add1 did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// A voter's share in the run whose outcome counts, in currency units.
    pub share: Fraction,
    /// By how many increments it exceeds the first.
    pub increments: u64,
    /// How many runs were made in all.
    pub runs: u64,
}

/// Figures about the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many voters cast a ballot.
    pub voters: u64,
    /// How many of them support at least one funded project.
    pub voters_with_funded: u64,
    /// The share of voters who support at least one funded project.
    pub represented: Fraction,
    /// The share of voters who support none.
    pub exclusion_ratio: Fraction,
    /// What is spent.
    pub spent: Amount,
    /// What is left.
    pub left: Amount,
}

/// A part of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetPart {
    /// Where it comes from.
    pub from: String,
    /// How much it is.
    pub amount: Amount,
}

/// The result of a rule on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The rule with its parameters.
    pub rule: Rule,
    /// The chain of tie breakers.
    pub ties_rule: Ties,
    /// The budget.
    pub budget: Amount,
    /// Where the budget comes from, if it was said.
    pub budget_parts: Vec<BudgetPart>,
    /// What the funded projects cost.
    pub cost: Amount,
    /// Ids of the funded projects, in lexicographic order.
    pub selected: Vec<String>,
    /// The purchases in order.
    pub rounds: Vec<Round>,
    /// The other projects in the order of the instance.
    pub rejected: Vec<Rejection>,
    /// Ties that were broken.
    pub ties: Vec<Tie>,
    /// Equal shares only: the shares that led to the outcome.
    pub shares: Option<Shares>,
    /// Equal shares with a comparison step only.
    pub compared: Option<Compared>,
    /// Figures.
    pub summary: Summary,
    /// How many comparisons the filter left to exact arithmetic; no part of the trace.
    pub exact_decisions: u64,
    /// SHA-256 of [`Outcome::trace_bytes`], in hexadecimal.
    pub trace_sha256: String,
}
