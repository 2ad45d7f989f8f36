//! A result as a table with bars, for a terminal.

use comitia_allocation::Irresolute;

use super::count::Count;
use super::words;
use crate::terminal::{fit, harmless};

/// The outcomes under every way to break ties: what they have in common, and what each has besides.
pub(super) fn outcomes(count: &Count, all: &Irresolute) -> String {
    let mut lines = vec![words::title(&count.election), String::new()];
    let everywhere = |id: &&String| all.outcomes.iter().all(|outcome| outcome.selected.contains(id));
    let first = all.outcomes.first().map(|outcome| outcome.selected.as_slice()).unwrap_or_default();
    let certain: Vec<&String> = first.iter().filter(everywhere).collect();
    let known = match (all.complete, all.outcomes.len()) {
        (true, 1) => "1 outcome, however ties are broken".to_owned(),
        (true, n) => format!("{n} outcomes, depending on how ties are broken"),
        (false, 1) => "1 outcome and perhaps more: the cap was reached (--cap)".to_owned(),
        (false, n) => format!("{n} outcomes and perhaps more: the cap was reached (--cap)"),
    };
    let rule = format!("{} ({})", count.outcome.rule, words::parameters(count));
    lines.push(format!("{:<12} {rule}", "Rule"));
    lines.push(format!("{:<12} {known}", "Outcomes"));
    lines.push(format!("{:<12} {}", if all.complete { "In all" } else { "In these" }, listed(&certain)));
    for (i, outcome) in all.outcomes.iter().enumerate().filter(|_| all.outcomes.len() > 1) {
        let besides: Vec<&String> = outcome.selected.iter().filter(|id| !certain.contains(id)).collect();
        let cost = count.money(outcome.cost.minor);
        let in_part = outcome.in_part.as_ref().map(|id| format!(", {id} in part")).unwrap_or_default();
        lines.push(format!("{:<12} {cost}: and {}{in_part}", i + 1, listed(&besides)));
    }
    lines.iter().map(|line| harmless(line) + "\n").collect()
}

fn listed(ids: &[&String]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The whole table.
pub(super) fn page(count: &Count) -> String {
    let mut lines = vec![words::title(&count.election), String::new()];
    let rows = count.rows();
    let ids = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(2).clamp(2, 12);
    let cost = match count.election.meta.currency() {
        Some(currency) => format!("Cost ({currency})"),
        None => "Cost".to_owned(),
    };
    lines.push(format!(
        "{} {} {cost:>16} {:>9}  {:<20} Funded, and why",
        fit("Id", ids),
        fit("Project", 40),
        count.unit(),
        ""
    ));
    for row in rows {
        let bar = if row.funded { "█" } else { "░" }.repeat(usize::from(row.percent) / 5);
        lines.push(format!(
            "{} {} {:>16} {:>9}  {bar:<20} {} {}",
            fit(&harmless(row.id), ids),
            fit(&harmless(row.name), 40),
            row.cost,
            row.support,
            if row.part {
                "part"
            } else if row.funded {
                "yes"
            } else {
                "no "
            },
            row.why
        ));
    }
    lines.push(String::new());
    for (key, value) in words::facts(count) {
        lines.push(format!("{key:<12} {value}"));
    }
    lines.iter().map(|line| harmless(line) + "\n").collect()
}
