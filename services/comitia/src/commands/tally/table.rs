//! A result as a table with bars, for a terminal.

use super::count::Count;
use super::words;
use crate::terminal::{fit, harmless};

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
            if row.funded { "yes" } else { "no " },
            row.why
        ));
    }
    lines.push(String::new());
    for (key, value) in words::facts(count) {
        lines.push(format!("{key:<12} {value}"));
    }
    lines.iter().map(|line| harmless(line) + "\n").collect()
}
