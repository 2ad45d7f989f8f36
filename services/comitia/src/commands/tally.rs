//! `comitia tally`: counts a `.pb` file by a published rule, without any server.

mod compare;
mod count;
mod csv;
mod folder;
mod html;
mod pb;
mod table;
mod tables;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_tables;
mod words;

use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use comitia_allocation::{Rule, irresolute};
use comitia_pabulib::{Election, OddBallots, Warning};
use comitia_recount::{Check, Choice, of_meta};

use crate::commands::{above_zero, exit};
use crate::terminal::harmless;
use count::{Compared, Count};
use tables::Tables;

/// How many warnings about a file are shown.
const WARNINGS: usize = 5;

/// Count a .pb file, or tables of projects and votes, by a published rule, without any server
///
/// Counts in exact arithmetic, and says what is funded and why.
///
/// Without options the file decides: the rule that its META names, with META's min_project_score_threshold for greedy
/// rules, and the chain of tie breakers that its comment states (tie_breaking=...). With --rule, that rule with the
/// defaults written here counts instead, and META's threshold still applies to greedy rules. The other options change
/// the one parameter that they name. Files that name no rule (unknown, greedy-custom) are counted by the greedy rule,
/// and the result says so.
///
/// A file that Comitia exported says with what its poll was sealed. Then it is checked whether projects, ballots,
/// budget, rule and result are those that were sealed and published: VERIFIED, or ALTERED with the reason (the exit
/// code is 2 then). Who changes a file can also change what it says of its seal: give the seal that the poll shows, or
/// that was noted at the close, as --seal.
///
/// One odd ballot does not cost an election. A project that a ballot names again counts once; a ballot without one meaning
/// (an unknown project, points that are no numbers, a second ballot of a voter) is set aside. Warnings name line and number
/// of each; --strict refuses the file instead.
///
/// With --projects and --budget, FILE is a CSV table of votes instead, and the greedy rule counts unless --rule names another.
///
/// With --compare-with, the same ballots are counted by a second rule too, and the two results stand side by side: who is
/// funded, what it costs, and how many voters support at least one funded project.
///
/// If FILE is a folder, all its .pb files are counted, and a summary says for each whether the result agrees with the
/// file's own `selected` column. The exit code is 0 if every file could be counted and none was altered.
#[derive(Args)]
pub struct Tally {
    /// The .pb file, or a folder of them; with --projects a CSV table of votes
    file: PathBuf,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    choice: Choice,
    /// The seal that the file must have (`sealDigest` of the poll)
    #[arg(long, value_name = "SHA-256")]
    seal: Option<String>,
    /// Refuses a file with a ballot that would have to be repaired or set aside
    #[arg(long)]
    strict: bool,
    /// Counts by this rule as well, with its defaults, and shows both results side by side
    #[arg(long, value_name = "RULE", value_parser = comitia_recount::cli::rules(),
        conflicts_with_all = ["irresolute", "seal"])]
    compare_with: Option<Rule>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Lists what is funded under every way to break ties, and not only under the chain (as a table or JSON)
    #[arg(long, conflicts_with = "ties")]
    irresolute: bool,
    /// With --irresolute: stops after so many different outcomes
    #[arg(long, value_name = "N", default_value = "100", requires = "irresolute", value_parser = above_zero)]
    cap: NonZero<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: who is funded, and why
    Table,
    /// One JSON object with all rounds; amounts are strings in currency units, fractions are "n/d"
    Json,
    /// One line a project, for spreadsheets and statistics
    Csv,
    /// The same election as a .pb file with this result in its `selected` column
    Pb,
    /// One page to publish, with bars and reasons; it needs no script and loads nothing
    Html,
}

impl Tally {
    const fn odd_ballots(&self) -> OddBallots {
        if self.strict { OddBallots::Refuse } else { OddBallots::Mend }
    }

    /// Counts and prints.
    ///
    /// # Errors
    /// When a file cannot be read or counted, or the options contradict the rule.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folder = self.file.is_dir();
        ensure!(
            !self.irresolute || (!folder && matches!(self.format, Format::Table | Format::Json)),
            "--irresolute is for one file, with --format table or json"
        );
        ensure!(self.seal.is_none() || !folder, "--seal is for one file");
        ensure!(self.tables.projects().is_none() || !folder, "--projects is for one table of votes");
        if let Some(other) = self.compare_with {
            ensure!(!folder, "--compare-with is for one file");
            return self.compare(other);
        }
        if folder {
            let (text, well) = folder::tally(&self.file, &self.choice, self.odd_ballots(), self.format)?;
            print(text.as_bytes())?;
            return Ok(exit(well));
        }
        let mut count =
            Count::new(self.election()?, &self.choice).with_context(|| self.file.display().to_string())?;
        if let Some(expected) = &self.seal {
            count.0.seal = count.0.seal.and_seal(expected);
        }
        let code = sealed(&count.seal);
        if let Some(notice) = words::replaced(&count) {
            eprintln!("comitia: {}", harmless(&notice));
        }
        warn(&count.election);
        if self.irresolute {
            let all = irresolute(&count.instance, &count.outcome.rule, self.cap.get())?;
            let text = match self.format {
                Format::Json => count.outcomes_json(&all)?,
                _ => table::outcomes(&count, &all),
            };
            print(text.as_bytes())?;
            return Ok(code);
        }
        let text = match self.format {
            Format::Table => table::page(&count),
            Format::Json => count.json()?,
            Format::Csv => csv::page(&count)?,
            Format::Pb => pb::file(count)?,
            Format::Html => html::page(&count, &self.choice.command(&self.file)),
        };
        print(text.as_bytes())?;
        Ok(code)
    }

    /// The file, or the two tables.
    fn election(&self) -> anyhow::Result<Election> {
        if self.tables.projects().is_some() {
            return self.tables.read(&self.file, self.odd_ballots());
        }
        election(&self.file, self.odd_ballots()).map_err(|error| {
            let table = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
            let hint = "a CSV table of votes needs --projects FILE with the projects, and --budget AMOUNT";
            if table { error.context(hint) } else { error.context(self.file.display().to_string()) }
        })
    }

    /// Counts by two rules, and prints both results.
    fn compare(&self, other: Rule) -> anyhow::Result<ExitCode> {
        let compared = Compared::new(self.election()?, &self.choice, other)
            .with_context(|| self.file.display().to_string())?;
        let code = sealed(&compared.one.seal);
        if let Some(notice) = words::replaced(&compared.one) {
            eprintln!("comitia: {}", harmless(&notice));
        }
        warn(&compared.one.election);
        let text = match self.format {
            Format::Table => compare::page(&compared),
            Format::Json => compare::json(&compared)?,
            Format::Csv => csv::compared(&compared)?,
            Format::Pb | Format::Html => bail!("--compare-with is printed as table, json or csv"),
        };
        print(text.as_bytes())?;
        Ok(code)
    }
}

/// Says beside the result whether the file is what was sealed, and gives the exit code for it.
fn sealed(seal: &Check) -> ExitCode {
    match seal {
        Check::None => ExitCode::SUCCESS,
        Check::Verified(stated) => {
            let text = format!("VERIFIED: poll {} is sealed with {}", stated.poll, stated.digest);
            eprintln!("comitia: {}", harmless(&text));
            ExitCode::SUCCESS
        }
        Check::Altered(why) => {
            eprintln!("comitia: ALTERED: {}", harmless(why));
            ExitCode::from(2)
        }
    }
}

/// Says what is suspicious in a file: of each kind the first few, and how many there are.
fn warn(election: &Election) {
    let (mut repaired, mut set_aside, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for warning in &election.warnings {
        match warning {
            Warning::Repaired(_) => repaired.push(warning),
            Warning::SetAside(_) => set_aside.push(warning),
            _ => others.push(warning),
        }
    }
    for (kind, what) in
        [(repaired, "ballots repaired"), (set_aside, "ballots set aside"), (others, "counts that differ")]
    {
        for warning in kind.iter().take(WARNINGS) {
            eprintln!("comitia: warning: {}", harmless(&warning.to_string()));
        }
        if kind.len() > WARNINGS {
            eprintln!("comitia: warning: {what}: {} in all; the first {WARNINGS} are shown", kind.len());
        }
    }
}

/// The ids of the projects that are funded, sorted: by the rule that META names, or by `rule` just as it is given.
///
/// # Errors
/// When the election cannot be counted by the rule.
pub fn selected(election: &Election, rule: Option<Rule>) -> anyhow::Result<Vec<String>> {
    let rule = match rule {
        Some(rule) => rule,
        None => of_meta(election)?.0,
    };
    let instance = comitia_allocation::pabulib::instance(election)?;
    let ties = comitia_allocation::pabulib::ties_from_meta(election)?.unwrap_or_default();
    Ok(comitia_allocation::run(&instance, &rule, &ties)?.selected)
}

/// Reads and counts a file.
fn read(file: &Path, choice: &Choice, odd: OddBallots) -> anyhow::Result<Count> {
    Count::new(election(file, odd)?, choice)
}

fn election(file: &Path, odd: OddBallots) -> anyhow::Result<Election> {
    let source = std::fs::File::open(file).context("cannot be read")?;
    Ok(Election::read_with(std::io::BufReader::new(source), odd)?)
}

/// Prints; a reader that has seen enough (`| head`) is no error.
pub(super) fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        _ => Ok(()),
    }
}
