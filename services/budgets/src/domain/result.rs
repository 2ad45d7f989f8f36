//! Results: what the rule decided, and why.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a rule decided from the ballots of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The rule in words and parameters.
    pub rule: String,
    /// How much the funded projects cost, in minor units.
    pub spent: i64,
    /// How many ballots counted.
    pub ballot_count: i64,
    /// How many of them chose nothing.
    pub blank_ballots: i64,
    /// Every project: the funded first, in the order of funding, then the others by votes.
    pub outcomes: Vec<ProjectOutcome>,
    /// Ties that the tie-breaks decided, in words.
    pub ties: Vec<String>,
    /// The share of voters with at least one funded project, `n/d`.
    pub satisfied_share: String,
    /// The canonical trace, JSON.
    pub trace: String,
    /// Its SHA-256, hexadecimal.
    pub trace_sha256: String,
}

/// What the rule decided about one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectOutcome {
    /// The project.
    pub project: Uuid,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Its cost, in minor units.
    pub cost: i64,
    /// How many ballots chose it.
    pub votes: i64,
    /// Its score: votes, or points.
    pub score: String,
    /// Whether it is funded.
    pub funded: bool,
    /// How much it gets, in minor units: less than its cost where it is funded in part.
    pub granted: i64,
    /// Why, in a sentence.
    pub reason: String,
}

/// What a budget left to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The budget that did not spend it.
    pub budget: Uuid,
    /// Its title.
    pub title: String,
    /// How much, in minor units.
    pub amount: i64,
}

/// How much money a budget has: its own, and what others left to it.
#[must_use]
pub fn available(own: i64, leftovers: &[Leftover]) -> i64 {
    leftovers.iter().fold(own, |sum, leftover| sum.saturating_add(leftover.amount))
}

/// A published decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The budget.
    pub budget: Uuid,
    /// The poll.
    pub poll: Uuid,
    /// How much money there was, in minor units, what others left included.
    pub amount: i64,
    /// What others left, in the order of their titles.
    pub leftovers: Vec<Leftover>,
    /// The budget that gets what is left.
    pub leftover_budget: Option<Uuid>,
    /// The currency.
    pub currency: String,
    /// What was decided.
    pub decision: Decision,
    /// The SHA-256 of the sealed ballots, hexadecimal.
    pub seal_digest: String,
    /// Papers without a mark.
    pub blank_papers: i64,
    /// Papers that were invalid.
    pub invalid_papers: i64,
    /// No district or channel with fewer ballots is published by itself.
    pub smallest_group: i64,
    /// When it was published.
    pub publish_time: DateTime<Utc>,
}
