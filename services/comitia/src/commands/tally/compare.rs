//! Two rules side by side: who wins, what it costs, how many voters get something.

use comitia_allocation::Fraction;
use serde_json::{Value, json};

use super::count::{Compared, Count};
use super::words;
use crate::terminal::{fit, grouped, harmless};

/// The table for a terminal.
pub(super) fn page(compared: &Compared) -> String {
    let (one, other) = (&compared.one, &compared.other);
    let election = &one.election;
    let ids = election.projects.iter().map(|project| project.id.chars().count()).max();
    let ids = ids.unwrap_or(2).clamp(2, 12);
    let names = [one, other].map(|count| fit(count.outcome.rule.name(), 18));
    let mut lines = vec![words::title(election), String::new()];
    let cost = election.meta.currency().map_or_else(|| "Cost".to_owned(), |code| format!("Cost ({code})"));
    lines.push(format!("{} {} {cost:>16}  {} {}", fit("Id", ids), fit("Project", 40), names[0], names[1]));
    for project in &election.projects {
        let mark = |count: &Count| fit(if count.funded(&project.id) { "funded" } else { "–" }, 18);
        lines.push(format!(
            "{} {} {:>16}  {} {}",
            fit(&harmless(&project.id), ids),
            fit(&harmless(Count::name(project)), 40),
            if project.withdrawn {
                "–".to_owned()
            } else {
                grouped(&one.instance.amount(project.cost).to_string())
            },
            mark(one),
            mark(other)
        ));
    }
    lines.push(String::new());
    for (what, [left, right]) in figures(compared) {
        lines.push(format!("{} {} {}", fit(what, 32), fit(&left, 34), right));
    }
    lines.push(difference(compared));
    lines.iter().map(|line| harmless(line).trim_end().to_owned() + "\n").collect()
}

/// What is compared, for each rule.
fn figures(compared: &Compared) -> Vec<(&'static str, [String; 2])> {
    let both = [&compared.one, &compared.other];
    vec![
        ("Rule", both.map(|count| count.outcome.rule.to_string())),
        ("Parameters", both.map(words::parameters)),
        ("Funded projects", both.map(|count| count.outcome.selected.len().to_string())),
        ("Spent", both.map(|count| count.money(count.outcome.cost.minor))),
        ("Left", both.map(|count| count.money(count.outcome.summary.left.minor))),
        ("Voters with a funded project", both.map(represented)),
    ]
}

/// How many voters support something that is funded.
fn represented(count: &Count) -> String {
    let summary = &count.outcome.summary;
    let percent = Fraction::new(summary.voters_with_funded * 100, summary.voters).approximate(1);
    format!("{} of {} ({percent} %)", summary.voters_with_funded, summary.voters)
}

fn difference(compared: &Compared) -> String {
    let [left, right] = compared.only();
    if left.is_empty() && right.is_empty() {
        return "Both rules fund the same projects.".to_owned();
    }
    let list = |ids: &[&str]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    let names = [compared.one.outcome.rule.name(), compared.other.outcome.rule.name()];
    format!("Only by {}: {}; only by {}: {}", names[0], list(&left), names[1], list(&right))
}

/// The same as one JSON object.
pub(super) fn json(compared: &Compared) -> anyhow::Result<String> {
    let side = |count: &Count| -> anyhow::Result<Value> {
        let result: Value = serde_json::from_str(&count.json()?)?;
        let summary = &count.outcome.summary;
        Ok(json!({
            "rule": result["rule"],
            "parameters": result["parameters"],
            "cost": result["cost"],
            "selected": result["selected"],
            "voters": summary.voters,
            "voters_with_funded": summary.voters_with_funded,
            "trace_sha256": result["trace_sha256"],
        }))
    };
    let [left, right] = compared.only();
    let value = json!({
        "budget": compared.one.outcome.budget,
        "rules": [side(&compared.one)?, side(&compared.other)?],
        "only_first": left,
        "only_second": right,
    });
    Ok(format!("{value:#}\n"))
}
