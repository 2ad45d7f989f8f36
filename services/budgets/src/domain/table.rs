//! A published result as CSV, for spreadsheets.

use comitia_platform::currency;

use crate::domain::result::Published;

/// The columns.
const HEADER: &str = "place,reference,title,cost,currency,votes,score,funded,reason,project_id,granted";

/// The projects in the order of the result (RFC 4180).
#[must_use]
pub fn csv(published: &Published) -> String {
    let mut table = format!("{HEADER}\r\n");
    for (place, outcome) in (1_u32..).zip(&published.decision.outcomes) {
        let cells = [
            place.to_string(),
            cell(&outcome.reference),
            cell(&outcome.title),
            currency::number(outcome.cost, &published.currency),
            published.currency.clone(),
            outcome.votes.to_string(),
            outcome.score.clone(),
            if outcome.funded { "yes" } else { "no" }.to_owned(),
            cell(&outcome.reason),
            outcome.project.to_string(),
            currency::number(outcome.granted, &published.currency),
        ];
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// A text as a cell. What a spreadsheet would run as a formula has an apostrophe before it.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::result::{Decision, ProjectOutcome};

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let outcome = |title: &str, funded| ProjectOutcome {
            project: Uuid::nil(),
            reference: "M/01".into(),
            title: title.into(),
            cost: 150_050,
            votes: 12,
            score: "12".into(),
            funded,
            granted: if funded { 100_000 } else { 0 },
            reason: "Round 1: funded.".into(),
        };
        let published = Published {
            budget: Uuid::nil(),
            poll: Uuid::nil(),
            amount: 200_000,
            leftovers: Vec::new(),
            leftover_budget: None,
            currency: "EUR".into(),
            decision: Decision {
                rule: "greedy".into(),
                spent: 150_050,
                ballot_count: 12,
                blank_ballots: 0,
                outcomes: vec![outcome("Trees, \"old\" ones", true), outcome("=1+1", false)],
                ties: Vec::new(),
                satisfied_share: "1/1".into(),
                trace: "{}".into(),
                trace_sha256: String::new(),
            },
            seal_digest: String::new(),
            blank_papers: 0,
            invalid_papers: 0,
            smallest_group: 5,
            publish_time: DateTime::UNIX_EPOCH,
        };
        let nil = Uuid::nil();
        assert_eq!(
            csv(&published),
            format!(
                "{HEADER}\r\n\
                 1,M/01,\"Trees, \"\"old\"\" ones\",1500.50,EUR,12,12,yes,Round 1: funded.,{nil},1000.00\r\n\
                 2,M/01,'=1+1,1500.50,EUR,12,12,no,Round 1: funded.,{nil},0.00\r\n"
            )
        );
    }
}
