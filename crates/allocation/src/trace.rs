//! The canonical form of a result, and its hash.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::amount::Amount;
use crate::outcome::{BudgetPart, Compared, Outcome, Rejection, Round, Shares, Summary};
use crate::rule::Rule;
use crate::ties::{Tie, Ties};

/// The name of this form; a change of the form changes it.
pub const TRACE_FORMAT: &str = "comitia-allocation/1";

/// Fields in the order in which they are written. Amounts are strings of exact decimals, fractions are `"n/d"` in
/// lowest terms, there is no white space and no floating point, so that equal results are equal bytes.
#[derive(Serialize)]
struct Trace<'a> {
    format: &'static str,
    rule: &'static str,
    parameters: &'a Rule,
    ties_rule: &'a Ties,
    budget: Amount,
    #[serde(skip_serializing_if = "<[BudgetPart]>::is_empty")]
    budget_parts: &'a [BudgetPart],
    cost: Amount,
    selected: &'a [String],
    rounds: &'a [Round],
    rejected: &'a [Rejection],
    ties: &'a [Tie],
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<&'a Shares>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<&'a Compared>,
    summary: &'a Summary,
}

impl Outcome {
    fn view(&self) -> Trace<'_> {
        Trace {
            format: TRACE_FORMAT,
            rule: self.rule.name(),
            parameters: &self.rule,
            ties_rule: &self.ties_rule,
            budget: self.budget,
            budget_parts: &self.budget_parts,
            cost: self.cost,
            selected: &self.selected,
            rounds: &self.rounds,
            rejected: &self.rejected,
            ties: &self.ties,
            shares: self.shares.as_ref(),
            compared: self.compared.as_ref(),
            summary: &self.summary,
        }
    }

    /// The canonical trace as JSON without white space.
    #[must_use]
    pub fn trace_bytes(&self) -> Vec<u8> {
        // Serialising these types to memory cannot fail: no map with keys that are not strings, no I/O.
        serde_json::to_vec(&self.view()).unwrap_or_default()
    }

    /// The canonical trace as a JSON value.
    #[must_use]
    pub fn trace(&self) -> serde_json::Value {
        serde_json::to_value(self.view()).unwrap_or_default()
    }

    pub(crate) fn hashed(mut self) -> Self {
        self.trace_sha256 = hex::encode(Sha256::digest(self.trace_bytes()));
        self
    }
}
