//! An election that was counted, and its result as JSON.

use comitia_allocation::{Completion, Instance, Irresolute, Outcome, Rule, pabulib, run};
use comitia_pabulib::Election;
use serde_json::{Value, json};

use crate::choice::{Choice, Origin};
use crate::error::Error;
use crate::seal::Check;

/// An election with its result.
#[derive(Debug)]
pub struct Count {
    /// The file.
    pub election: Election,
    /// What the rule was run on.
    pub instance: Instance,
    /// The result.
    pub outcome: Outcome,
    /// Who chose the rule.
    pub origin: Origin,
    /// Does the file state the chain of tie breakers?
    pub ties_of_file: bool,
    /// Is the file what was sealed?
    pub seal: Check,
}

impl Count {
    /// Counts an election.
    ///
    /// # Errors
    /// When the choice contradicts the rule, or the election cannot be counted by it.
    pub fn new(election: Election, choice: &Choice) -> Result<Self, Error> {
        let (rule, origin) = choice.of(&election)?;
        let stated = if choice.ties.is_none() { pabulib::ties_from_meta(&election)? } else { None };
        let ties_of_file = stated.is_some();
        let ties = choice.ties.clone().or(stated).unwrap_or_default();
        let instance = pabulib::instance(&election)?;
        let outcome = run(&instance, &rule, &ties)?;
        let mut seal = Check::of(&election);
        // Another rule has another trace and another result than those that were published.
        if choice.is_of_file() {
            seal = seal.and_count(&outcome.trace_sha256, agrees(&election, &outcome));
        }
        Ok(Self { election, instance, outcome, origin, ties_of_file, seal })
    }

    /// The result as the text of one JSON object, with a line break at its end; rounds, rejected projects and ties stand
    /// as in the canonical trace. Amounts are strings of exact decimals in currency units, fractions are `"n/d"`.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which would be a defect of the engine.
    pub fn json(&self) -> Result<String, Error> {
        self.value().map(|value| format!("{value:#}\n")).map_err(Error::Result)
    }

    /// The outcomes under every way to break ties as the text of one JSON object, like [`Count::json`].
    ///
    /// # Errors
    /// As [`Count::json`].
    pub fn outcomes_json(&self, all: &Irresolute) -> Result<String, Error> {
        self.outcomes(all).map(|value| format!("{value:#}\n")).map_err(Error::Result)
    }

    fn outcomes(&self, all: &Irresolute) -> serde_json::Result<Value> {
        let mut parameters = self.parameters()?;
        if let Some(map) = parameters.as_object_mut() {
            map.remove("ties");
        }
        Ok(json!({
            "rule": self.outcome.rule.name(),
            "parameters": parameters,
            "budget": self.outcome.budget,
            "complete": all.complete,
            "outcomes": serde_json::to_value(&all.outcomes)?,
        }))
    }

    fn value(&self) -> serde_json::Result<Value> {
        let outcome = &self.outcome;
        Ok(json!({
            "rule": outcome.rule.name(),
            "parameters": self.parameters()?,
            "budget": outcome.budget,
            "cost": outcome.cost,
            "selected": outcome.selected,
            "rounds": serde_json::to_value(&outcome.rounds)?,
            "rejected": serde_json::to_value(&outcome.rejected)?,
            "ties": outcome.ties,
            "trace_sha256": outcome.trace_sha256,
            "seal": self.seal.json(),
        }))
    }

    /// The parameters that were in force, those left to their default included.
    fn parameters(&self) -> serde_json::Result<Value> {
        let rule = &self.outcome.rule;
        let mut parameters = serde_json::to_value(rule)?;
        if let Some(map) = parameters.as_object_mut() {
            map.remove("name");
        }
        if let Rule::EqualShares(shares) = rule {
            let grows = matches!(shares.completion, Completion::Add1 | Completion::Add1u);
            let increment = shares.increment.unwrap_or_else(|| self.instance.minor_per_unit());
            parameters["increment"] = grows.then(|| self.instance.amount(increment).to_string()).into();
        }
        parameters["ties"] = self.outcome.ties_rule.to_string().into();
        if self.election.points_scale > 0 {
            // Scores and the minimum are whole numbers of the points' last decimal.
            parameters["points-decimals"] = self.election.points_scale.into();
        }
        Ok(parameters)
    }
}

/// Whether the file's own columns are what its ballots and its rule give.
fn agrees(election: &Election, outcome: &Outcome) -> bool {
    let votes = election.count_votes();
    election.projects.iter().zip(votes).all(|(project, votes)| {
        let funded = outcome.selected.binary_search(&project.id).is_ok();
        project.votes.is_none_or(|stated| stated == votes) && project.selected == Some(u8::from(funded))
    })
}
