//! A result as CSV, for spreadsheets and statistics: one line a project, plain numbers, no thousands apart.

use ::csv::{Terminator, WriterBuilder};
use comitia_allocation::Round;

use super::count::{Compared, Count};
use super::words;

/// The columns of one result.
const COLUMNS: [&str; 9] =
    ["project_id", "name", "cost", "votes", "score", "funded", "round", "reason", "granted"];

/// The result, a line for each project: the funded ones in the order in which they were bought, then the others in the
/// order of the file.
pub(super) fn page(count: &Count) -> anyhow::Result<String> {
    let rounds: Vec<&Round> = count.outcome.rounds.iter().collect();
    let funded = rounds.iter().map(|round| {
        let granted = round.granted.unwrap_or(round.cost);
        let why = words::funded(count, round);
        (round.project.as_str(), round.votes, round.score, Some(round.round), why, granted)
    });
    let mut rejected: Vec<_> = count.outcome.rejected.iter().collect();
    let place = |id: &str| count.election.project_index(id);
    rejected.sort_by_key(|rejection| place(&rejection.project));
    let rejected = rejected.into_iter().map(|rejection| {
        let reason = words::rejected(count, rejection);
        let nothing = count.instance.amount(0);
        (rejection.project.as_str(), rejection.votes, rejection.score, None, reason, nothing)
    });
    let mut lines = vec![COLUMNS.map(str::to_owned).to_vec()];
    for (id, votes, score, round, reason, granted) in funded.chain(rejected) {
        let Some(project) = place(id).and_then(|place| count.election.projects.get(place)) else { continue };
        lines.push(vec![
            cell(id),
            cell(&project.name),
            count.instance.amount(project.cost).to_string(),
            votes.to_string(),
            count.score(score),
            u8::from(round.is_some()).to_string(),
            round.map(|round| round.to_string()).unwrap_or_default(),
            cell(&reason),
            granted.to_string(),
        ]);
    }
    written(&lines)
}

/// Two results side by side, a line for each project in the order of the file.
pub(super) fn compared(compared: &Compared) -> anyhow::Result<String> {
    let (one, other) = (&compared.one, &compared.other);
    let funded = |count: &Count| format!("funded_{}", count.outcome.rule.name());
    let mut lines =
        vec![vec!["project_id".to_owned(), "name".to_owned(), "cost".to_owned(), funded(one), funded(other)]];
    for project in &one.election.projects {
        lines.push(vec![
            cell(&project.id),
            cell(&project.name),
            one.instance.amount(project.cost).to_string(),
            u8::from(one.funded(&project.id)).to_string(),
            u8::from(other.funded(&project.id)).to_string(),
        ]);
    }
    written(&lines)
}

/// The text of a file, without what a spreadsheet would take for a formula.
pub(super) fn cell(text: &str) -> String {
    let formula = match text.chars().next() {
        Some('=' | '+' | '@' | '\t' | '\r') => true,
        Some('-') => text.parse::<f64>().is_err(),
        _ => false,
    };
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// The lines as RFC 4180 writes them.
pub(super) fn written(lines: &[Vec<String>]) -> anyhow::Result<String> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        writer.write_record(line)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
