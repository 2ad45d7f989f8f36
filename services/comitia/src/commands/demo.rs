//! `comitia demo`: a whole vote, from access codes to the result, on this machine.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use comitia_core::Clock;
use serde_json::Value;

use crate::api::{Api, number};
use crate::commands::{exit, port, whole};
use crate::configuration::Overrides;
use crate::embedded::{Embedded, Settings};
use crate::replay::{self, Report};
use crate::terminal::{fit, money};

pub mod seeded_city;

/// Run a whole city's vote, from access codes to the result, and show it
///
/// Starts everything on this machine, makes a city from a seed (or takes a real election's file), lets every voter sign in
/// with the code from their letter and cast their ballot through the gateway, closes the vote, and shows the result.
///
/// Each run makes a new organization in the data folder; nothing of an earlier run is in the way.
#[derive(Args)]
pub struct Demo {
    /// A Pabulib .pb file to replay instead of the seeded city
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The seed of the city: the same seed gives the same city and result
    #[arg(long, default_value_t = 1, value_parser = whole::<u64>)]
    seed: u64,
    /// How many voters the seeded city has
    #[arg(long, default_value_t = 2_000, value_parser = whole::<u32>)]
    residents: u32,
    /// The data folder
    #[arg(long, value_name = "FOLDER", default_value = ".data/demo")]
    data: PathBuf,
    /// The gateway's port; 0 lets the system choose
    #[arg(long, default_value_t = 0, value_parser = port)]
    port: u16,
    /// Keep running after the result, to look around
    #[arg(long)]
    stay: bool,
    #[command(flatten)]
    overrides: Overrides,
}

impl Demo {
    /// Runs the demonstration.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let plan = match &self.file {
            Some(file) => replay::read_plan(file)?,
            None => seeded_city::plan(self.seed, self.residents)?,
        };
        let progress = replay::progress_bar();
        replay::say(&progress, "starting PostgreSQL and all services");
        let settings = Settings {
            data: &self.data,
            port: self.port,
            admin_port: 0,
            unlimited: true,
            log: "warn",
            overrides: &self.overrides.values,
        };
        let embedded = Embedded::start(&settings).await?;
        let (url, lifecycle, key) =
            (embedded.url.clone(), embedded.process.lifecycle(), embedded.secrets.operator_key.clone());
        let host = format!("demo-{}.localhost", comitia_core::id::new().simple());
        let patience = Duration::from_secs(120);
        let api = Api::new(&url, &host, patience)?;
        let run = embedded.run();
        tokio::pin!(run);

        let settings = replay::Settings { voters: 64, patience };
        if let Some(named) = &plan.replaced_rule {
            eprintln!("the file names the rule {named:?}; the greedy rule takes its place");
        }
        let report = tokio::select! {
            report = replay::replay(&api, &key, plan, &settings, &progress) => report,
            _ = &mut run => bail!("interrupted"),
        };
        progress.finish_and_clear();
        let report = match report {
            Ok(report) => report,
            Err(error) => {
                lifecycle.stop();
                run.await?;
                return Err(error);
            }
        };
        print_report(&report);
        print_next(&report, &url, &host, &self.data, self.stay);
        if !self.stay {
            lifecycle.stop();
        }
        let well = run.await?;
        let counted = usize::try_from(report.counted).unwrap_or(0);
        Ok(exit(well && report.acknowledged == report.sent && counted == report.sent))
    }
}

fn print_next(report: &Report, url: &str, host: &str, data: &std::path::Path, stay: bool) {
    println!("Where to look next");
    // Browsers take every name that ends with `.localhost` for this machine.
    let page =
        |port: &str| format!("http://{host}:{port}/en/budgets/{}/result", report.budget.replace('-', ""));
    if stay {
        let port = url.rsplit(':').next().unwrap_or_default();
        println!("  in a browser:     {}", page(port));
        println!("  the result:       curl -H 'Host: {host}' {url}/v1/budgets/{}/result", report.budget);
        println!(
            "  count it again:   curl -H 'Host: {host}' {url}/v1/budgets/{}/result:export \\",
            report.budget
        );
        println!("                      | jq -r .content > result.pb && comitia tally result.pb");
        println!("  the whole API:    {url}/openapi.json");
        println!("  stop:             Ctrl-C");
    } else {
        println!("  in a browser:     comitia dev --no-city --data {}", data.display());
        println!("                    and then {}", page("8080"));
        println!("  look around:      comitia demo --stay, then the commands that it prints");
        println!("  your own city:    make dev: proposals, votes and results to click through");
        println!("  data and logs:    {}", data.display());
    }
}

/// Prints a report as a table with bars.
pub fn print_report(report: &Report) {
    let result = &report.result;
    let currency = result["currency"].as_str().unwrap_or_default();
    println!();
    print_projects(result, currency);
    println!();
    println!("Rule      {}", result["rule"].as_str().unwrap_or_default());
    let (spent, amount) = (number(result, "/spent").unwrap_or(0), number(result, "/amount").unwrap_or(0));
    println!("Spent     {} of {} {currency}", money(spent, currency), money(amount, currency));
    let (decisive, others) = ties(result);
    for tie in decisive {
        println!("Tie       {tie}");
    }
    if others > 0 {
        println!("          {others} other ties decided nothing: all of their projects are funded, or none");
    }
    print_turnout(report);
    for refusal in &report.refused {
        println!("Refused   {refusal}");
    }
    println!(
        "Time      {:.1} s of voting ({:.0} voters a second), {:.1} s in all",
        report.voting_seconds,
        report.acknowledged as f64 / report.voting_seconds.max(0.001),
        report.seconds
    );
    println!("Trace     sha256 {}", result["traceSha256"].as_str().unwrap_or_default());
    println!();
}

fn print_projects(result: &Value, currency: &str) {
    let outcomes = result["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
    let votes = |outcome: &Value| number(outcome, "/votes").unwrap_or(0);
    let most = outcomes.iter().map(votes).max().unwrap_or(1).max(1);
    println!(
        "{:<44} {:>16} {:>7}  {:<20} Funded, and why",
        "Project",
        format!("Cost ({currency})"),
        "Votes",
        ""
    );
    for outcome in outcomes {
        let title = outcome["title"].as_str().unwrap_or_default();
        let funded = outcome["funded"].as_bool() == Some(true);
        let width = usize::try_from(votes(outcome) * 20 / most).unwrap_or(0);
        let bar = if funded { "█".repeat(width) } else { "░".repeat(width) };
        println!(
            "{} {:>16} {:>7}  {bar:<20} {} {}",
            fit(title, 44),
            money(number(outcome, "/cost").unwrap_or(0), currency),
            votes(outcome),
            if funded { "yes" } else { "no " },
            outcome["reason"].as_str().unwrap_or_default(),
        );
    }
}

fn print_turnout(report: &Report) {
    println!(
        "Turnout   {} ballots counted, {} acknowledged, {} sent",
        report.counted, report.acknowledged, report.sent
    );
    let districts = report.turnout["districts"].as_array().map_or(&[][..], Vec::as_slice);
    if districts.len() > 1 {
        for district in districts {
            let counts = ["/onlineCount", "/paperCount", "/anyChannelCount"];
            let count: i64 = counts.iter().filter_map(|key| number(district, key).ok()).sum();
            let name = match district["district"].as_str().unwrap_or_default() {
                "*" => "several small districts",
                name => name,
            };
            println!("            {} {count:>7}", fit(name, 30));
        }
    }
}

/// The ties between projects of which some are funded and others not, in words; and how many other ties there were.
fn ties(result: &Value) -> (Vec<&str>, usize) {
    let words: Vec<&str> =
        result["ties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let trace: Value =
        result["trace"].as_str().and_then(|trace| serde_json::from_str(trace).ok()).unwrap_or_default();
    if trace["ties"].as_array().map_or(0, Vec::len) != words.len() {
        return (words, 0);
    }
    let outcomes = result["outcomes"].as_array().into_iter().flatten();
    let funded: HashSet<&str> = outcomes
        .filter(|outcome| outcome["funded"].as_bool() == Some(true))
        .filter_map(|outcome| outcome["reference"].as_str())
        .collect();
    let decided = |tie: &Value| {
        let between = tie["between"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let (won, lost): (Vec<&str>, Vec<&str>) = between.partition(|id| funded.contains(id));
        !won.is_empty() && !lost.is_empty()
    };
    let all = trace["ties"].as_array().into_iter().flatten().zip(&words);
    let decisive: Vec<&str> = all.filter(|(tie, _)| decided(tie)).map(|(_, words)| *words).collect();
    let others = words.len() - decisive.len();
    (decisive, others)
}

/// The time now, for the seeded city's dates.
fn today() -> String {
    Clock::system().now().format("%d.%m.%Y").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_ties_that_decided_are_shown() {
        let trace = json!({"ties": [
            {"round": 1, "between": ["a", "b"], "chosen": "a"},
            {"round": 2, "between": ["b", "c"], "chosen": "b"},
            {"round": 3, "between": ["c", "d"], "chosen": "c"},
        ]});
        let outcome = |reference: &str, funded: bool| json!({"reference": reference, "funded": funded});
        let mut result = json!({
            "ties": ["one", "two", "three"],
            "trace": trace.to_string(),
            "outcomes": [outcome("a", true), outcome("b", true), outcome("c", false), outcome("d", false)],
        });
        assert_eq!(ties(&result), (vec!["two"], 2));
        // Of a trace that cannot be read, nothing is left out.
        result["trace"] = json!("none");
        assert_eq!(ties(&result), (vec!["one", "two", "three"], 0));
    }
}
