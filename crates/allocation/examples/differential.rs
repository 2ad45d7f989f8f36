//! `cargo run --release -p comitia-allocation --example differential < REQUESTS`: tallies many files in one process, for
//! `scripts/differential-allocation`. Each line of the input is `{"file": PATH, "rule": RULE-AS-JSON, "ties": CHAIN}`;
//! each line of the output is `{"selected": [...]}` or `{"error": TEXT}`, in the same order.

use std::io::{BufRead as _, BufReader, Write as _};

use comitia_allocation::{Rule, Ties, pabulib, run};
use comitia_pabulib::Election;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Request {
    file: String,
    rule: Rule,
    ties: Ties,
}

fn selected(request: &Request) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let election = Election::read(BufReader::new(std::fs::File::open(&request.file)?))?;
    Ok(run(&pabulib::instance(&election)?, &request.rule, &request.ties)?.selected)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let answer = match selected(&request) {
            Ok(selected) => json!({ "selected": selected }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
