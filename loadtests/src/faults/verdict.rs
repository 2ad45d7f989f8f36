//! What came of the faults: a table, a JSON file, the voters' log.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use super::ledger::{Findings, Voter};
use crate::load::rounded;
use crate::processes;

/// How many of many equal things are shown.
const SHOWN: usize = 20;

/// What came of one fault.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// How long it lasted.
    pub lasted: Duration,
    /// How long after its end everything was well; nothing if it was not.
    pub recovered: Option<Duration>,
    /// How many casts were acknowledged while it lasted.
    pub during: usize,
    /// How many casts were there although nobody had said so: they got their receipt when they were asked for again.
    pub was_there: usize,
    /// What else is to say.
    pub note: String,
}

impl Outcome {
    /// A line of the table.
    pub fn line(&self) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let recovered = self.recovered.map_or_else(|| "NOT WELL".to_owned(), seconds);
        let line = format!(
            "{:<20} {:>8} {:>10} {:>13} {:>9}  {}",
            self.name,
            seconds(self.lasted),
            recovered,
            self.during,
            self.was_there,
            self.note
        );
        line.trim_end().to_owned()
    }
}

/// The findings of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many casts were acknowledged.
    pub acknowledged: u64,
    /// What is wrong with them.
    pub findings: Findings,
    /// The faults.
    pub outcomes: Vec<Outcome>,
    /// Faults that this machine cannot have, and why.
    pub skipped: Vec<(String, String)>,
    /// Refusals that no fault explains.
    pub unexplained: Vec<String>,
}

impl Verdict {
    /// Whether nothing is wrong and every recovery was in time.
    pub fn good(&self, recovery: Duration) -> bool {
        let in_time = |outcome: &Outcome| outcome.recovered.is_some_and(|took| took <= recovery);
        self.acknowledged > 0 && self.findings.none() && self.outcomes.iter().all(in_time)
    }

    /// For the terminal.
    pub fn table(&self) -> String {
        let head = format!(
            "{:<20} {:>8} {:>10} {:>13} {:>9}",
            "fault", "lasted", "well after", "acknowledged", "was there"
        );
        let mut lines = vec![head];
        lines.extend(self.outcomes.iter().map(Outcome::line));
        lines.extend(self.skipped.iter().map(|(name, why)| format!("{name:<20} SKIPPED: {why}")));
        let Findings { lost, doubled, altered, misplaced, notes } = &self.findings;
        lines.push(format!(
            "{} acknowledged: {lost} lost, {doubled} doubled, {altered} altered, {misplaced} misplaced",
            self.acknowledged
        ));
        lines.extend(first(notes));
        if !self.unexplained.is_empty() {
            lines.push(format!("{} refusals that no fault explains:", self.unexplained.len()));
            lines.extend(first(&self.unexplained));
        }
        lines.join("\n")
    }

    /// Writes the JSON file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.json()?)?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
    }

    fn json(&self) -> anyhow::Result<Value> {
        let faults = self.outcomes.iter().map(|outcome| {
            json!({
                "name": outcome.name,
                "recovered_seconds": outcome.recovered.map(|took| rounded(took.as_secs_f64())),
                "lasted_seconds": rounded(outcome.lasted.as_secs_f64()),
                "acknowledged_meanwhile": outcome.during,
                "was_there_unanswered": outcome.was_there,
                "note": outcome.note,
            })
        });
        let skipped = self.skipped.iter().map(|(name, why)| json!({"name": name, "why": why}));
        Ok(json!({
            "machine": processes::machine()?,
            "acknowledged": self.acknowledged,
            "lost": self.findings.lost,
            "doubled": self.findings.doubled,
            "altered": self.findings.altered,
            "misplaced": self.findings.misplaced,
            "faults": faults.collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(),
            "notes": first(&self.findings.notes),
            "unexplained_refusals": self.unexplained.len(),
            "unexplained": first(&self.unexplained),
        }))
    }
}

fn first(texts: &[String]) -> Vec<String> {
    texts.iter().take(SHOWN).cloned().collect()
}

/// Writes every acknowledgement that the voters got, in the order of each voter.
///
/// # Errors
/// When the file cannot be written.
pub fn write_log(path: &Path, voters: &[Voter]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut log = csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    log.write_record([
        "poll",
        "nullifier",
        "district",
        "ballot",
        "tracking_code",
        "revision",
        "accept_time",
    ])?;
    for voter in voters {
        for receipt in &voter.acknowledged {
            log.write_record([
                voter.poll.to_string(),
                hex::encode(voter.nullifier),
                voter.district.clone(),
                hex::encode(&receipt.ballot),
                receipt.tracking_code.clone(),
                receipt.revision.to_string(),
                receipt.accept_time.to_rfc3339(),
            ])?;
        }
    }
    Ok(log.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_late_recovery_or_one_lost_ballot_is_not_good() {
        let seconds = Duration::from_secs;
        let outcome = |recovered| Outcome {
            name: "kill-voting".to_owned(),
            lasted: seconds(2),
            recovered,
            during: 5,
            was_there: 1,
            note: String::new(),
        };
        let verdict = |recovered, lost: u64| Verdict {
            acknowledged: 10,
            findings: Findings {
                lost,
                notes: (0..lost).map(|number| number.to_string()).collect(),
                ..Findings::default()
            },
            outcomes: vec![outcome(recovered)],
            ..Verdict::default()
        };
        assert!(verdict(Some(seconds(10)), 0).good(seconds(10)));
        assert!(!verdict(Some(seconds(11)), 0).good(seconds(10)));
        assert!(!verdict(None, 0).good(seconds(10)));
        assert!(!verdict(Some(seconds(1)), 1).good(seconds(10)));
        assert!(!Verdict::default().good(seconds(10)), "nothing was tried");
        let json = verdict(Some(seconds(2)), 1).json().unwrap();
        assert_eq!(
            (json["lost"].as_u64(), json["faults"][0]["recovered_seconds"].as_f64()),
            (Some(1), Some(2.0))
        );
        assert!(verdict(None, 0).table().contains("NOT WELL"));
    }
}
