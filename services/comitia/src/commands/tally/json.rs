//! A result as JSON.

use anyhow::Context as _;
use comitia_allocation::{Completion, Irresolute, Rule};
use serde_json::{Value, json};

use super::count::Count;

/// One object; rounds, rejected projects and ties stand as in the canonical trace.
pub(super) fn result(count: &Count) -> anyhow::Result<Value> {
    let outcome = &count.outcome;
    Ok(json!({
        "rule": outcome.rule.name(),
        "parameters": parameters(count)?,
        "budget": outcome.budget,
        "cost": outcome.cost,
        "selected": outcome.selected,
        "rounds": serde_json::to_value(&outcome.rounds).context("the rounds as JSON")?,
        "rejected": serde_json::to_value(&outcome.rejected).context("the rejected projects as JSON")?,
        "ties": outcome.ties,
        "trace_sha256": outcome.trace_sha256,
    }))
}

/// One object with the outcomes under every way to break ties.
pub(super) fn outcomes(count: &Count, all: &Irresolute) -> anyhow::Result<Value> {
    let mut parameters = parameters(count)?;
    if let Some(map) = parameters.as_object_mut() {
        map.remove("ties");
    }
    Ok(json!({
        "rule": count.outcome.rule.name(),
        "parameters": parameters,
        "budget": count.outcome.budget,
        "complete": all.complete,
        "outcomes": serde_json::to_value(&all.outcomes).context("the outcomes as JSON")?,
    }))
}

/// The parameters that were in force, those left to their default included.
fn parameters(count: &Count) -> anyhow::Result<Value> {
    let rule = &count.outcome.rule;
    let mut parameters = serde_json::to_value(rule).context("the parameters as JSON")?;
    if let Some(map) = parameters.as_object_mut() {
        map.remove("name");
    }
    if let Rule::EqualShares(shares) = rule {
        let grows = matches!(shares.completion, Completion::Add1 | Completion::Add1u);
        let increment = shares.increment.unwrap_or_else(|| count.instance.minor_per_unit());
        parameters["increment"] = grows.then(|| count.instance.amount(increment).to_string()).into();
    }
    parameters["ties"] = count.outcome.ties_rule.to_string().into();
    if count.election.points_scale > 0 {
        // Scores and the minimum are whole numbers of the points' last decimal.
        parameters["points-decimals"] = count.election.points_scale.into();
    }
    Ok(parameters)
}
