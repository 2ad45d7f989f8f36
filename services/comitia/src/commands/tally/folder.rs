//! All `.pb` files of a folder, in parallel, and a summary.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use comitia_pabulib::OddBallots;
use comitia_recount::{Check, Choice, Origin};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::count::{Agreement, Count};
use super::{Format, csv, read};
use crate::replay::progress_bar;
use crate::terminal::{fit, grouped, harmless};

/// What is kept of a file that was counted.
struct Line {
    rule: String,
    /// The file names no rule that can be run, so that greedy counted.
    replaced: bool,
    selected: Vec<String>,
    projects: usize,
    spent: String,
    cost: String,
    budget: String,
    agreement: Agreement,
    sha256: String,
    /// Why the file is not the one that was sealed.
    altered: Option<String>,
}

/// A file's name, and its line or why there is none.
type Counted = (String, Result<Line, String>);

/// Counts all files; gives the summary and whether every file could be counted.
pub(super) fn tally(
    folder: &Path,
    choice: &Choice,
    odd: OddBallots,
    format: Format,
) -> anyhow::Result<(String, bool)> {
    ensure!(
        matches!(format, Format::Table | Format::Json | Format::Csv),
        "--format pb and html are for one file; a folder has a summary as table, json or csv"
    );
    let files = files(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    if files.is_empty() {
        bail!("there is no .pb file in {}", folder.display());
    }
    let progress = progress_bar();
    progress.set_length(files.len() as u64);
    // One file a task: one may take longer than all the others together.
    let counted: Vec<Counted> = files
        .par_iter()
        .with_max_len(1)
        .map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let line =
                read(file, choice, odd).map(|count| line(&count)).map_err(|error| format!("{error:#}"));
            progress.inc(1);
            (name, line)
        })
        .collect();
    progress.finish_and_clear();
    let well = counted.iter().all(|(_, line)| line.as_ref().is_ok_and(|line| line.altered.is_none()));
    let text = match format {
        Format::Json => format!("{:#}\n", summary(&counted)),
        Format::Csv => lines(&counted)?,
        Format::Table | Format::Pb | Format::Html => table(&counted),
    };
    Ok((text, well))
}

/// The `.pb` files of a folder, by name.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pb") && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn line(count: &Count) -> Line {
    Line {
        rule: count.outcome.rule.to_string(),
        replaced: matches!(count.origin, Origin::Replaced(_)),
        agreement: count.agreement(),
        projects: count.election.projects.len(),
        spent: format!(
            "{} of {}",
            grouped(&count.outcome.cost.to_string()),
            count.money(count.outcome.budget.minor)
        ),
        cost: count.outcome.cost.to_string(),
        budget: count.outcome.budget.to_string(),
        sha256: count.outcome.trace_sha256.clone(),
        selected: count.outcome.selected.clone(),
        altered: match &count.seal {
            Check::Altered(why) => Some(why.clone()),
            Check::None | Check::Verified(_) => None,
        },
    }
}

/// How many files there are of each kind.
#[derive(Default)]
struct Totals {
    counted: usize,
    failed: usize,
    agree: usize,
    differ: usize,
    /// Of those that differ, files that name no rule that can be run.
    differ_replaced: usize,
    no_column: usize,
}

fn totals(counted: &[Counted]) -> Totals {
    let mut totals = Totals::default();
    for (_, line) in counted {
        let Ok(line) = line else {
            totals.failed += 1;
            continue;
        };
        totals.counted += 1;
        match line.agreement {
            Agreement::NoColumn => totals.no_column += 1,
            Agreement::Agrees => totals.agree += 1,
            Agreement::Differs(..) => {
                totals.differ += 1;
                totals.differ_replaced += usize::from(line.replaced);
            }
        }
    }
    totals
}

fn table(counted: &[Counted]) -> String {
    let mut lines =
        vec![format!("{} {:<18} {:>11}  {:<24} Spent", fit("File", 56), "Rule", "Funded", "Official result")];
    for (name, line) in counted {
        let name = fit(&harmless(name), 56);
        lines.push(match line {
            Ok(line) => format!(
                "{name} {:<18} {:>11}  {:<24} {}",
                if line.replaced { format!("{} *", line.rule) } else { line.rule.clone() },
                format!("{} of {}", line.selected.len(), line.projects),
                match &line.agreement {
                    Agreement::NoColumn => "no complete column".to_owned(),
                    Agreement::Agrees => "agrees".to_owned(),
                    Agreement::Differs(here, there) => format!("differs: +{} -{}", here.len(), there.len()),
                },
                line.spent
            ),
            Err(error) => format!("{name} error: {error}"),
        });
    }
    for (name, line) in counted {
        if let Ok(Line { altered: Some(why), .. }) = line {
            lines.push(format!("ALTERED      {}: {why}", harmless(name)));
        }
    }
    let totals = totals(counted);
    lines.push(String::new());
    lines.push(format!("Files        {} counted, {} failed", totals.counted, totals.failed));
    lines.push(format!(
        "Official     {} agree with their `selected` column, {} differ ({} of these name no rule), {} have no complete column",
        totals.agree, totals.differ, totals.differ_replaced, totals.no_column
    ));
    if counted.iter().any(|(_, line)| line.as_ref().is_ok_and(|line| line.replaced)) {
        lines.push("*            the file names no rule that can be run (unknown, greedy-custom); greedy took its place".to_owned());
    }
    lines.iter().map(|line| harmless(line).trim_end().to_owned() + "\n").collect()
}

/// A line for each file.
fn lines(counted: &[Counted]) -> anyhow::Result<String> {
    let header = [
        "file",
        "rule",
        "rule_replaced",
        "projects",
        "funded",
        "budget",
        "cost",
        "agrees",
        "altered",
        "error",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for (name, line) in counted {
        let name = csv::cell(name);
        lines.push(match line {
            Ok(line) => vec![
                name,
                line.rule.clone(),
                u8::from(line.replaced).to_string(),
                line.projects.to_string(),
                line.selected.len().to_string(),
                line.budget.clone(),
                line.cost.clone(),
                match line.agreement {
                    Agreement::NoColumn => String::new(),
                    Agreement::Agrees => "1".to_owned(),
                    Agreement::Differs(..) => "0".to_owned(),
                },
                csv::cell(line.altered.as_deref().unwrap_or_default()),
                String::new(),
            ],
            Err(error) => {
                let mut cells = vec![String::new(); header.len()];
                cells[0] = name;
                cells[header.len() - 1] = csv::cell(error);
                cells
            }
        });
    }
    csv::written(&lines)
}

fn summary(counted: &[Counted]) -> Value {
    let files = counted.iter().map(|(name, line)| match line {
        Ok(line) => json!({
            "file": name,
            "rule": line.rule,
            "rule_replaced": line.replaced,
            "budget": line.budget,
            "cost": line.cost,
            "selected": line.selected,
            "agrees": match line.agreement {
                Agreement::NoColumn => None,
                Agreement::Agrees => Some(true),
                Agreement::Differs(..) => Some(false),
            },
            "trace_sha256": line.sha256,
            "altered": line.altered,
        }),
        Err(error) => json!({"file": name, "error": error}),
    });
    let files: Vec<Value> = files.collect();
    let totals = totals(counted);
    json!({
        "files": files,
        "counted": totals.counted,
        "failed": totals.failed,
        "agree": totals.agree,
        "differ": totals.differ,
        "no_selected_column": totals.no_column,
    })
}
