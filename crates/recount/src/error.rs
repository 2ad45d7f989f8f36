//! Why there is no result.

use thiserror::Error;

/// Why an election was not counted.
#[derive(Debug, Error)]
pub enum Error {
    /// The file breaks a rule of the format.
    #[error(transparent)]
    File(#[from] comitia_pabulib::ParseError),
    /// The engine refuses the election or the rule.
    #[error(transparent)]
    Rule(#[from] comitia_allocation::Error),
    /// The choice is no JSON, or has a key or a name that there is not.
    #[error("the choice of a rule: {0}")]
    Choice(serde_json::Error),
    /// The result cannot be written as JSON.
    #[error("the result as JSON: {0}")]
    Result(serde_json::Error),
    /// A parameter of equal shares was given for another rule.
    #[error("--{option} is a parameter of equal-shares, but the rule is {rule}; add --rule equal-shares")]
    NotAParameter {
        /// The parameter's name.
        option: &'static str,
        /// The rule's name.
        rule: &'static str,
    },
    /// Funding in part was asked of another rule than a greedy one.
    #[error("--part-from-percent is for greedy rules, but the rule is {rule}; add --rule greedy")]
    NotGreedy {
        /// The rule's name.
        rule: &'static str,
    },
    /// A parameter of Add1 was given for another completion.
    #[error("--{option} is for --completion add1 or add1u, but the completion is {completion}")]
    NotForCompletion {
        /// The parameter's name.
        option: &'static str,
        /// The completion.
        completion: comitia_allocation::Completion,
    },
    /// The increment is no whole number of the file's minor units.
    #[error("--increment {0} has more decimals than the amounts of this file, or is too large")]
    Increment(comitia_pabulib::Decimal),
}
