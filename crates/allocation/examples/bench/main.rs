//! `cargo run --release -p comitia-allocation --example bench`: measures the engine on real and synthetic elections and
//! prints one JSON object a row. Every row runs in a process of its own, so that the peak of memory is that row's.
//! Seconds are of wall clock; parsing and grouping are not in `seconds_median` and `seconds_min`, but beside them.

mod synthetic;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use clap::Parser;
use comitia_allocation::{Rule, Ties, pabulib, run};
use comitia_pabulib::Election;
use serde_json::json;

const PROJECTS: usize = 150;
const SEED: u64 = 42;

/// Where an instance comes from.
enum Source {
    /// A file of the folder with elections.
    Real(&'static str),
    /// The synthetic election with so many voters.
    Synthetic(u32),
}

struct Row {
    name: &'static str,
    source: Source,
    /// As JSON; nothing: only the parser is measured.
    rule: Option<&'static str>,
    threads: usize,
    /// How often it is measured unless something else is asked for, after one run that does not count.
    runs: usize,
}

const SHARES: &str = r#"{"name":"equal-shares","completion":"none"}"#;
const ADD1: &str = r#"{"name":"equal-shares","completion":"add1"}"#;
const PHRAGMEN: &str = r#"{"name":"phragmen"}"#;
const GREEDY: &str = r#"{"name":"greedy"}"#;

const fn row(name: &'static str, source: Source, rule: &'static str, threads: usize, runs: usize) -> Row {
    Row { name, source, rule: Some(rule), threads, runs }
}

const LODZ: Source = Source::Real("Poland_Lodz_2022.pb");
const ROWS: &[Row] = &[
    row("lodz-2022-equal-shares", LODZ, SHARES, 1, 21),
    row("synthetic-100k-equal-shares", Source::Synthetic(100_000), SHARES, 1, 11),
    row("synthetic-100k-add1", Source::Synthetic(100_000), ADD1, 2, 5),
    row("targowek-2025-add1", Source::Real("Poland_Warszawa_2025_Targowek.pb"), ADD1, 1, 11),
    row("budapest-2024-add1", Source::Real("Hungary_Budapest_2024.pb"), ADD1, 2, 3),
    row("lodz-2022-phragmen", LODZ, PHRAGMEN, 1, 21),
    row("lodz-2022-greedy", LODZ, GREEDY, 1, 21),
    Row { name: "lodz-2022-parse", source: LODZ, rule: None, threads: 1, runs: 21 },
    row("growth-10k-equal-shares", Source::Synthetic(10_000), SHARES, 1, 21),
    row("growth-100k-equal-shares", Source::Synthetic(100_000), SHARES, 1, 11),
    row("growth-1m-equal-shares", Source::Synthetic(1_000_000), SHARES, 1, 5),
    row("growth-10k-phragmen", Source::Synthetic(10_000), PHRAGMEN, 1, 21),
    row("growth-100k-phragmen", Source::Synthetic(100_000), PHRAGMEN, 1, 11),
    row("growth-1m-phragmen", Source::Synthetic(1_000_000), PHRAGMEN, 1, 5),
];

/// Measures the allocation engine; without options all rows.
#[derive(Parser)]
struct Options {
    /// Prints the names of the rows that can be measured here
    #[arg(long)]
    list: bool,
    /// Measures this row alone
    #[arg(long, value_name = "NAME")]
    row: Option<String>,
    /// How often a row is measured
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// Writes the row's election to a .pb file instead
    #[arg(long, value_name = "FILE", requires = "row")]
    write_pb: Option<PathBuf>,
    /// The folder with real elections; rows whose file is not there are left out
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/pabulib"))]
    data: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let there = |row: &&Row| match row.source {
        Source::Real(file) => options.data.join(file).exists(),
        Source::Synthetic(_) => true,
    };
    if let Some(name) = &options.row {
        let row =
            ROWS.iter().find(|row| row.name == name).with_context(|| format!("there is no row {name:?}"))?;
        match &options.write_pb {
            Some(file) => write_pb(row, &options.data, file)?,
            None => println!("{}", measure(row, &options)?),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut well = true;
    for row in ROWS.iter() {
        if !there(&row) {
            eprintln!("left out, its file is not there: {}", row.name);
        } else if options.list {
            println!("{}", row.name);
        } else {
            let mut command = this_program(row.name, &options.data)?;
            if let Some(runs) = options.runs {
                command.args(["--runs", &runs.to_string()]);
            }
            well &= command.status()?.success();
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn this_program(row: &str, data: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--row", row, "--data"]).arg(data);
    Ok(command)
}

fn write_pb(row: &Row, data: &Path, file: &Path) -> anyhow::Result<()> {
    match row.source {
        Source::Real(name) => {
            std::fs::copy(data.join(name), file)?;
        }
        Source::Synthetic(voters) => {
            let mut out = BufWriter::new(File::create(file)?);
            synthetic::election(voters, PROJECTS, SEED)?.write(&mut out)?;
            out.flush()?;
        }
    }
    Ok(())
}

fn measure(row: &Row, options: &Options) -> anyhow::Result<serde_json::Value> {
    let folder = tempfile::tempdir()?;
    let file = match row.source {
        Source::Real(name) => options.data.join(name),
        Source::Synthetic(_) => {
            // In another process: what it takes to make the election up is not what it takes to count it.
            let file = folder.path().join("election.pb");
            let made = this_program(row.name, &options.data)?.arg("--write-pb").arg(&file).status()?;
            ensure!(made.success(), "the election could not be written");
            file
        }
    };
    let runs = options.runs.unwrap_or(row.runs).max(1);
    let bytes = std::fs::metadata(&file)?.len();
    let mut result =
        json!({"name": row.name, "threads": row.threads, "repetitions": runs, "file_bytes": bytes});
    let measured = match row.rule {
        None => parse(&file, runs)?,
        Some(rule) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(row.threads).build()?;
            pool.install(|| count(&file, rule, runs))?
        }
    };
    if let (Some(result), serde_json::Value::Object(measured)) = (result.as_object_mut(), measured) {
        result.extend(measured);
        result.insert("peak_rss_bytes".into(), peak_rss().into());
    }
    Ok(result)
}

fn parse(file: &Path, runs: usize) -> anyhow::Result<serde_json::Value> {
    let mut seconds = Vec::new();
    for _ in 0..=runs {
        let start = Instant::now();
        read(file)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let (median, least) = summary(&seconds[1..]);
    Ok(json!({"rule": "parse", "seconds_median": median, "seconds_min": least, "parse_seconds": median}))
}

fn count(file: &Path, rule: &str, runs: usize) -> anyhow::Result<serde_json::Value> {
    let rule: Rule = serde_json::from_str(rule)?;
    let start = Instant::now();
    let election = read(file)?;
    let parsed = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let instance = pabulib::instance(&election)?;
    let built = start.elapsed().as_secs_f64();
    drop(election);
    let mut outcome = run(&instance, &rule, &Ties::default())?;
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        outcome = run(&instance, &rule, &Ties::default())?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let (median, least) = summary(&seconds);
    Ok(json!({
        "rule": rule.name(),
        "parameters": serde_json::to_string(&rule)?,
        "voters": instance.voters(),
        "projects": instance.projects().len(),
        "approvals": (0..instance.projects().len()).map(|p| instance.votes(p)).sum::<u64>(),
        "distinct_ballots": instance.group_count(),
        "seconds_median": median,
        "seconds_min": least,
        "parse_seconds": parsed,
        "group_seconds": built,
        "runs": outcome.shares.as_ref().map_or(1, |shares| shares.runs),
        "exact_decisions": outcome.exact_decisions,
        "cost": outcome.cost,
        "selected": outcome.selected,
        "trace_sha256": outcome.trace_sha256,
    }))
}

fn read(file: &Path) -> anyhow::Result<Election> {
    Ok(Election::read(BufReader::new(File::open(file)?))?)
}

/// Median and least.
fn summary(seconds: &[f64]) -> (f64, f64) {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[sorted.len() / 2], sorted[0])
}

/// The most memory this process ever had, where the system says so (Linux).
fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
