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

/// Whether a run shows what it is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Every fault was brought about, and all was well.
    Good,
    /// All was well as far as it was tried: a fault was skipped, or did not show.
    Incomplete,
    /// Something acknowledged is not as it was, a recovery took too long, or voters were refused without a reason.
    Bad,
}

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
    /// How many casts got their receipt only when they were asked for again.
    pub again: usize,
    /// Whether the voters' answers show that it was there.
    pub showed: bool,
    /// What else is to say.
    pub note: String,
    /// What it did that it must not.
    pub harm: Vec<String>,
}

impl Outcome {
    /// What it did that it must not, with its name.
    pub fn harms(&self) -> impl Iterator<Item = String> {
        self.harm.iter().map(|harm| format!("{}: {harm}", self.name))
    }

    /// A line of the table.
    pub fn line(&self) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let recovered = self.recovered.map_or_else(|| "NOT WELL".to_owned(), seconds);
        let line = format!(
            "{:<20} {:>8} {:>10} {:>13} {:>9}  {}{}",
            self.name,
            seconds(self.lasted),
            recovered,
            self.during,
            self.again,
            match (self.showed, self.harm.is_empty()) {
                (_, false) => "HARMFUL ",
                (false, _) => "DID NOT SHOW ",
                _ => "",
            },
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
    /// What the run shows, if a recovery may take `recovery`.
    pub fn judgement(&self, recovery: Duration) -> Judgement {
        let in_time = |outcome: &Outcome| outcome.recovered.is_some_and(|took| took <= recovery);
        let well = self.findings.none() && self.unexplained.is_empty() && self.outcomes.iter().all(in_time);
        let tried = self.acknowledged > 0 && !self.outcomes.is_empty() && self.skipped.is_empty();
        match well {
            false => Judgement::Bad,
            true if tried && self.outcomes.iter().all(|outcome| outcome.showed) => Judgement::Good,
            true => Judgement::Incomplete,
        }
    }

    /// For the terminal.
    pub fn table(&self, recovery: Duration) -> String {
        let head = format!(
            "{:<20} {:>8} {:>10} {:>13} {:>9}",
            "fault", "lasted", "well after", "acknowledged", "again"
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
        lines.push(match self.judgement(recovery) {
            Judgement::Good => {
                "GOOD: every fault was brought about, and nothing acknowledged was harmed".to_owned()
            }
            Judgement::Incomplete => "INCOMPLETE: not every fault was brought about".to_owned(),
            Judgement::Bad => "BAD".to_owned(),
        });
        lines.join("\n")
    }

    /// Writes the JSON file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path, recovery: Duration) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.json(recovery)?)?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
    }

    fn json(&self, recovery: Duration) -> anyhow::Result<Value> {
        let faults = self.outcomes.iter().map(|outcome| {
            json!({
                "name": outcome.name,
                "recovered_seconds": outcome.recovered.map(|took| rounded(took.as_secs_f64())),
                "lasted_seconds": rounded(outcome.lasted.as_secs_f64()),
                "acknowledged_meanwhile": outcome.during,
                "asked_again": outcome.again,
                "showed": outcome.showed,
                "note": outcome.note,
                "harm": outcome.harm,
            })
        });
        // Among the others, so that nobody takes a fault that was not tried for one that was.
        let skipped = self
            .skipped
            .iter()
            .map(|(name, why)| json!({"name": name, "recovered_seconds": null, "skipped": why}));
        let judgement = match self.judgement(recovery) {
            Judgement::Good => "good",
            Judgement::Incomplete => "incomplete",
            Judgement::Bad => "bad",
        };
        Ok(json!({
            "machine": processes::machine()?,
            "judgement": judgement,
            "acknowledged": self.acknowledged,
            "lost": self.findings.lost,
            "doubled": self.findings.doubled,
            "altered": self.findings.altered,
            "misplaced": self.findings.misplaced,
            "faults": faults.chain(skipped).collect::<Vec<_>>(),
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
    log.write_record(["poll", "nullifier", "district", "ballot", "tracking_code", "revision"])?;
    for voter in voters {
        for receipt in &voter.acknowledged {
            log.write_record([
                voter.poll.to_string(),
                hex::encode(voter.nullifier),
                voter.district.clone(),
                hex::encode(&receipt.ballot),
                receipt.tracking_code.clone(),
                receipt.revision.to_string(),
            ])?;
        }
    }
    Ok(log.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn verdict(recovered: Option<u64>, lost: u64) -> Verdict {
        let outcome = Outcome {
            name: "kill-voting".to_owned(),
            lasted: Duration::from_secs(2),
            recovered: recovered.map(Duration::from_secs),
            during: 5,
            again: 1,
            showed: true,
            note: String::new(),
            harm: Vec::new(),
        };
        Verdict {
            acknowledged: 10,
            findings: Findings {
                lost,
                notes: (0..lost).map(|number| number.to_string()).collect(),
                ..Findings::default()
            },
            outcomes: vec![outcome],
            ..Verdict::default()
        }
    }

    #[test]
    fn one_late_recovery_one_lost_ballot_or_one_strange_refusal_is_bad() {
        assert_eq!(verdict(Some(10), 0).judgement(LIMIT), Judgement::Good);
        let refused = Verdict { unexplained: vec!["403".to_owned()], ..verdict(Some(1), 0) };
        for bad in [verdict(Some(11), 0), verdict(None, 0), verdict(Some(1), 1), refused] {
            assert_eq!(bad.judgement(LIMIT), Judgement::Bad);
            assert!(bad.table(LIMIT).ends_with("BAD"));
        }
        let json = verdict(Some(2), 1).json(LIMIT).unwrap();
        assert_eq!(
            (json["lost"].as_u64(), json["faults"][0]["recovered_seconds"].as_f64()),
            (Some(1), Some(2.0))
        );
        assert!(verdict(None, 0).table(LIMIT).contains("NOT WELL"));
    }

    #[test]
    fn what_was_not_tried_shows_nothing() {
        assert_eq!(Verdict::default().judgement(LIMIT), Judgement::Incomplete, "nothing was tried");
        let skipped = vec![("full-disk".to_owned(), "no disk".to_owned())];
        let skipped = Verdict { skipped, ..verdict(Some(1), 0) };
        assert_eq!(skipped.judgement(LIMIT), Judgement::Incomplete);
        assert!(skipped.table(LIMIT).contains("SKIPPED: no disk"));
        let json = skipped.json(LIMIT).unwrap();
        assert_eq!(
            json["faults"][1],
            json!({"name": "full-disk", "recovered_seconds": null, "skipped": "no disk"})
        );
        let mut unseen = verdict(Some(1), 0);
        unseen.outcomes[0].showed = false;
        assert_eq!(unseen.judgement(LIMIT), Judgement::Incomplete);
        let nobody = Verdict { acknowledged: 0, ..verdict(Some(1), 0) };
        assert_eq!(nobody.judgement(LIMIT), Judgement::Incomplete);
    }
}
