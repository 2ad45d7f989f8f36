//! `comitia verify`: checks a signature sheet from public data alone.

mod check;
#[cfg(test)]
mod correction_tests;
mod corrections;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use comitia_transparency::{TrackingCode, VerifierKeys};
use comitia_verify::{Options, Report};

use crate::commands::tally::print;
use crate::replay::progress_bar;
use crate::terminal::harmless;
use source::Source;

/// Check a petition's signatures from its public log alone, without trusting the server
///
/// Reads the log of a signature sheet from its address (https://HOST/v1/polls/ID/log) or from a folder with the same files, and
/// adds it up: whether a trusted key signed its head, whether the text that is signed is the one that the head names (its SHA-256
/// is printed), whether the tree is that of its entries, whether it continues an earlier checkpoint, whether each signature is
/// there once, and whether counts, milestones and corrections are as published.
///
/// The keys are public. Take them from where you trust, and give them as --key; without --key those that the log names itself count,
/// and then the check shows only that the log agrees with itself.
///
/// The exit code is 0 when everything agrees, 2 when the log was altered, and 1 when it could not be checked.
#[derive(Args)]
pub struct Verify {
    /// The address of the log, or a folder with its files
    #[arg(value_name = "URL|FOLDER")]
    source: String,
    /// A key that may sign the log, as it was published (ORIGIN+ID+KEY); may be repeated
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// A file with an earlier checkpoint, which the log must continue
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The tracking code of a signature that must be in the log
    #[arg(long, value_name = "CODE")]
    receipt: Option<String>,
    /// Keeps all files that are read in this folder, which can be checked without the server
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
}

impl Verify {
    /// Checks the log at an address, with the keys that it names itself, and that the signature of a receipt is in it.
    #[must_use]
    pub fn of(log: String, receipt: String) -> Self {
        Self {
            source: log,
            keys: Vec::new(),
            since: None,
            receipt: Some(receipt),
            save: None,
            format: Format::Table,
        }
    }

    /// Reads, adds up and prints.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let keys = VerifierKeys::parse(self.keys.iter().map(String::as_str)).context("--key")?;
        let since = match &self.since {
            Some(file) => Some(std::fs::read(file).with_context(|| file.display().to_string())?),
            None => None,
        };
        let receipt = match &self.receipt {
            Some(code) => {
                let parsed = TrackingCode::parse(code);
                Some(parsed.context("--receipt: the tracking code was copied wrong")?.0)
            }
            None => None,
        };
        let source = Source::new(&self.source, self.save)?;
        let options = Options { keys: (!self.keys.is_empty()).then_some(keys), since, receipt };
        let progress = progress_bar();
        let report = check::check(&source, &options, &progress).await;
        progress.finish_and_clear();
        let report = report?;
        let text = match self.format {
            Format::Table => page(&report),
            Format::Json => report.text_of_json(),
        };
        print(text.as_bytes())?;
        Ok(if report.faults().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}

/// How many signatures were taken back, where some were.
fn withdrawn(count: u64) -> String {
    if count == 0 { String::new() } else { format!(", after {count} were withdrawn") }
}

/// How many signatures are set aside, where some are.
fn set_aside(count: u64) -> String {
    if count == 0 { String::new() } else { format!(", without {count} that are set aside") }
}

/// The report for people.
fn page(report: &Report) -> String {
    let mut lines = vec![
        format!("Log          {}", report.origin),
        format!("Entries      {}", report.size),
        format!(
            "Signatures   {} at the published count{}{}",
            report.published,
            withdrawn(report.withdrawn),
            set_aside(report.set_aside)
        ),
        format!("Root         {}", report.root),
        format!("Text         {}", report.text.as_deref().unwrap_or("none")),
        format!(
            "Keys         {}",
            if report.own_keys {
                "trusted as given"
            } else {
                "those that the log names itself; give yours with --key"
            }
        ),
    ];
    for (district, count) in &report.districts {
        let district = if district.is_empty() { "(none)" } else { district };
        lines.push(format!("District     {district}: {count}"));
    }
    for milestone in &report.milestones {
        lines.push(match &milestone.reached {
            Some((leaf, time)) => format!(
                "Milestone    {}: reached with entry {} ({time}){}",
                milestone.id,
                leaf + 1,
                if milestone.holds { "" } else { ", and does not hold any more" }
            ),
            None => format!("Milestone    {}: not reached", milestone.id),
        });
    }
    lines.extend(report.corrections.iter().map(corrections::line));
    if let Some(leaf) = report.receipt {
        lines.push(format!("Receipt      is entry {}", leaf + 1));
    }
    if let Some(size) = report.since {
        lines.push(format!("Earlier      the log of {size} entries is the beginning of this one"));
    }
    for fault in report.faults() {
        lines.push(format!("ALTERED      {}", fault.why));
    }
    if report.faults().is_empty() {
        lines.push(
            "VERIFIED     every signature is there once, and counts and milestones are as published"
                .to_owned(),
        );
    }
    lines.iter().map(|line| harmless(line) + "\n").collect()
}
