//! What can be wrong with an instance or a rule.

use thiserror::Error;

/// Why an instance or a rule was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Two projects have the same id.
    #[error("the project {0:?} is listed twice")]
    DuplicateProject(String),
    /// A ballot names a project by an index that does not exist.
    #[error("ballot {ballot} names project number {project}, which does not exist")]
    UnknownProject {
        /// The ballot, counted from 1.
        ballot: u64,
        /// The index.
        project: u32,
    },
    /// A ballot names a project twice.
    #[error("ballot {ballot} names the project {project:?} twice")]
    RepeatedChoice {
        /// The ballot, counted from 1.
        ballot: u64,
        /// The project's id.
        project: String,
    },
    /// A budget or a cost exceeds [`crate::MAX_AMOUNT`] minor units.
    #[error("the amount {0} is larger than this engine counts")]
    AmountTooLarge(u64),
    /// The parts of a budget do not make the budget.
    #[error("the parts of the budget do not make the budget of {0}")]
    BudgetParts(String),
    /// A score exceeds [`crate::MAX_SCORE`] either way.
    #[error("the score {0} is larger than this engine counts")]
    ScoreTooLarge(i64),
    /// More ballots than this engine counts.
    #[error("there are too many ballots")]
    TooManyBallots,
    /// More decimals than [`crate::MAX_DECIMALS`].
    #[error("amounts cannot have {0} decimals")]
    TooManyDecimals(u32),
    /// A tie that the chain does not break.
    #[error("the tie between {0:?} is not broken by the chain of tie breakers; end it with \"id\"")]
    UnbrokenTie(Vec<String>),
    /// The rule needs another kind of ballot.
    #[error("the rule {rule} needs approval ballots")]
    NeedsApproval {
        /// The rule's name.
        rule: &'static str,
    },
    /// A part of a project's cost that is no part.
    #[error("a project is funded in part from 1 to 99 percent of its cost on, and not from {0}")]
    PartPercent(u32),
    /// Add1 with an increment of nothing.
    #[error("the increment must be more than 0")]
    NoIncrement,
    /// Add1 would take more runs than [`crate::MAX_RUNS`]; the increment is too small.
    #[error("Add1 would take more than {0} runs; choose a larger increment")]
    TooManyRuns(u64),
    /// The voters' shares have grown beyond what this engine counts.
    #[error("the voters' shares have grown too large")]
    ShareTooLarge,
    /// A name that is not in the closed list.
    #[error("{name:?} is not one of {expected}")]
    UnknownName {
        /// The name given.
        name: String,
        /// The names there are.
        expected: &'static str,
    },
    /// A value in META that this engine cannot use.
    #[error("META {key}: {value:?} {problem}")]
    Meta {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
}
