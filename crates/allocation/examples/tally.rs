//! `cargo run --release -p comitia-allocation --example tally -- FILE.pb [RULE-AS-JSON] [--trace]`: runs the rule that
//! META names (or the one given, e.g. `'{"name":"equal-shares","completion":"none"}'`) and prints times and the result.

use std::time::Instant;

use comitia_allocation::{Rule, Ties, pabulib, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().ok_or("which file?")?;
    let start = Instant::now();
    let election = comitia_pabulib::Election::read(std::io::BufReader::new(std::fs::File::open(file)?))?;
    let parsed = start.elapsed();
    let start = Instant::now();
    let instance = pabulib::instance(&election)?;
    let built = start.elapsed();
    let rule: Rule = match arguments.get(1).filter(|a| a.starts_with('{')) {
        Some(json) => serde_json::from_str(json)?,
        None => pabulib::rule_from_meta(&election)?,
    };
    let start = Instant::now();
    let outcome = run(&instance, &rule, &Ties::default())?;
    let ran = start.elapsed();
    if arguments.iter().any(|a| a == "--trace") {
        println!("{}", serde_json::to_string_pretty(&outcome.trace())?);
        for round in &outcome.rounds {
            println!("{}: {}", round.project, round.sentence(&instance));
        }
        for rejection in &outcome.rejected {
            println!("{}: {}", rejection.project, rejection.sentence);
        }
    }
    println!("{}", outcome.selected.join(","));
    println!(
        "{} groups; parse {parsed:?}, build {built:?}, run {ran:?}; {:?}; {} exact decisions; {}",
        instance.group_count(),
        outcome.shares,
        outcome.exact_decisions,
        outcome.trace_sha256
    );
    Ok(())
}
