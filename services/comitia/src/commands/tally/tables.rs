//! Projects and votes as two CSV tables: they become a `.pb` file in memory, so that every rule of its reader holds for
//! them too.

use std::path::{Path, PathBuf};

use ::csv::{Error, ErrorKind, Position, ReaderBuilder};
use anyhow::{Context as _, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use comitia_pabulib::{Decimal, Election, OddBallots, ParseError, Warning};

/// What a table of votes does not say.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Tables {
    /// FILE is a CSV table of votes (voter_id, vote, and points where ballots have them), and this one of projects
    /// (project_id, cost, name). Separated by commas, semicolons or tabs; a vote is the ids of projects with commas
    /// between them
    #[arg(long, value_name = "FILE", requires = "budget")]
    projects: Option<PathBuf>,
    /// With --projects: the budget, in currency units
    #[arg(long, value_name = "AMOUNT", requires = "projects", value_parser = amount)]
    budget: Option<Decimal>,
    /// With --projects: the currency, for the result's texts
    #[arg(long, value_name = "CODE", requires = "projects")]
    currency: Option<String>,
    /// With --projects: what a ballot is [default: approval; scoring when the votes have points]
    #[arg(long, value_enum, value_name = "TYPE", requires = "projects")]
    ballots: Option<Ballots>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ballots {
    /// Projects that the voter wants
    Approval,
    /// Projects in the order of preference, best first
    Ordinal,
    /// Points or a score for each project that the voter names
    Scoring,
}

fn amount(text: &str) -> Result<Decimal, String> {
    let decimal = Decimal::parse(text).filter(|amount| amount.mantissa() > 0);
    decimal.ok_or_else(|| format!("must be an amount above 0, such as 1000 or 1000.50, and not {text:?}"))
}

/// A table, read whole.
struct Table {
    path: PathBuf,
    header: Vec<String>,
    /// The number of the header's line.
    header_line: u64,
    /// The cells, with the number of their line.
    rows: Vec<(u64, Vec<String>)>,
}

/// Where the lines of a file that is made here come from: its line, and the table with its line.
type Places<'a> = Vec<(u64, &'a Path, u64)>;

impl Tables {
    /// The table of projects, if votes are read from a table too.
    pub(super) fn projects(&self) -> Option<&Path> {
        self.projects.as_deref()
    }

    /// Reads both tables.
    pub(super) fn read(&self, votes: &Path, odd: OddBallots) -> anyhow::Result<Election> {
        let projects = self.projects.as_deref().context("--projects is missing")?;
        let budget = self.budget.context("--budget is missing")?;
        let projects = Table::read(projects, &["project_id", "cost"])?;
        let votes = Table::read(votes, &["voter_id", "vote"])?;
        let (text, places) = self.pb(&projects, &votes, budget);
        let mut election = Election::read_with(text.as_bytes(), odd)
            .map_err(|error| anyhow!("{}", of_table(&places, error)))?;
        for warning in &mut election.warnings {
            if let Warning::Repaired(error) | Warning::SetAside(error) = warning {
                error.line = place(&places, error.line).map_or(error.line, |(_, line)| line);
            }
        }
        Ok(election)
    }

    /// The `.pb` file, and where its lines come from.
    fn pb<'a>(&self, projects: &'a Table, votes: &'a Table, budget: Decimal) -> (String, Places<'a>) {
        let points = votes.header.iter().any(|name| name == "points");
        let kind = match (self.ballots, points) {
            (Some(Ballots::Ordinal), _) => "ordinal",
            (Some(Ballots::Scoring), _) | (None, true) => "scoring",
            (Some(Ballots::Approval), _) | (None, false) => "approval",
        };
        let name = votes.path.file_stem().unwrap_or_default().to_string_lossy();
        let mut meta = vec![
            ("description", format!("Votes of {name}")),
            ("country", "unknown".to_owned()),
            ("unit", "unknown".to_owned()),
            ("instance", name.into_owned()),
            ("num_projects", projects.rows.len().to_string()),
            ("num_votes", votes.rows.len().to_string()),
            ("budget", budget.to_string()),
            ("vote_type", kind.to_owned()),
            ("rule", "greedy".to_owned()),
            ("date_begin", "1.1.1970".to_owned()),
            ("date_end", "1.1.1970".to_owned()),
        ];
        if let Some(currency) = &self.currency {
            meta.push(("currency", currency.clone()));
        }
        let mut text = "META\nkey;value\n".to_owned();
        for (key, value) in &meta {
            text.push_str(&format!("{key};{}\n", quoted(value)));
        }
        let mut places = Places::new();
        let mut line = u64::try_from(text.lines().count()).unwrap_or(u64::MAX);
        for (title, table) in [("PROJECTS", projects), ("VOTES", votes)] {
            text.push_str(title);
            text.push('\n');
            line += 1;
            let header = std::iter::once((table.header_line, &table.header));
            for (number, row) in header.chain(table.rows.iter().map(|(number, row)| (*number, row))) {
                places.push((line + 1, &table.path, number));
                let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
                let row = cells.join(";");
                line += 1 + u64::try_from(row.matches('\n').count()).unwrap_or(0);
                text.push_str(&row);
                text.push('\n');
            }
        }
        (text, places)
    }
}

/// The table and the line there of a line here.
fn place<'a>(places: &Places<'a>, line: u64) -> Option<(&'a Path, u64)> {
    let (_, path, number) = places.iter().rev().find(|(first, _, _)| *first <= line)?;
    Some((path, *number))
}

fn of_table(places: &Places<'_>, error: ParseError) -> String {
    match place(places, error.line) {
        Some((path, line)) => format!("{}: {}", path.display(), ParseError { line, ..error }),
        // Of what the options say.
        None => error.column.map_or_else(|| error.rule.to_string(), |key| format!("{key}: {}", error.rule)),
    }
}

impl Table {
    fn read(path: &Path, columns: &[&str]) -> anyhow::Result<Self> {
        let table = Self::parse(path).with_context(|| path.display().to_string())?;
        for column in columns {
            ensure!(
                table.header.iter().any(|name| name == column),
                "{}: the column {column:?} is missing; the header is {:?}",
                path.display(),
                table.header.join(", ")
            );
        }
        Ok(table)
    }

    fn parse(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).context("cannot be read")?;
        ensure!(
            !bytes.starts_with(&[0xff, 0xfe]) && !bytes.starts_with(&[0xfe, 0xff]),
            "is written in UTF-16; save it as \"CSV UTF-8\""
        );
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                bail!("line {line} is not UTF-8; save it as \"CSV UTF-8\"");
            }
        };
        let first = text.lines().next().unwrap_or_default();
        // The separator of the header is that of the file.
        let separator = [b';', b'\t', b',']
            .into_iter()
            .find(|separator| first.as_bytes().contains(separator))
            .unwrap_or(b',');
        let mut reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| anyhow!("{}", in_words(&error)))?;
            let cells: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
            rows.push((row.position().map_or(0, Position::line), cells));
        }
        ensure!(!rows.is_empty(), "is empty: a header is missing");
        let (header_line, header) = rows.remove(0);
        let header = header.iter().map(|name| name.to_lowercase()).collect();
        Ok(Self { path: path.to_owned(), header, header_line, rows })
    }
}

/// What is wrong with a table.
fn in_words(error: &Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or_else(|| "a line".to_owned(), |pos| format!("line {}", pos.line()));
            format!("{line} must have {expected_len} fields as the header has, and has {len}")
        }
        _ => "the table cannot be read; is a quotation mark missing?".to_owned(),
    }
}

/// A cell of a `.pb` file.
fn quoted(cell: &str) -> String {
    if cell.contains([';', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
