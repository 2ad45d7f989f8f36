//! The whole way of a signature, as `comitia demo-petition` goes it: provider, permit, cast, receipt.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::json;

use super::super::World;
use crate::figures::Figure;
use crate::load::rounded;

const PEOPLE: u64 = 10_000;
const QUICK_PEOPLE: u64 = 1_500;

/// Whole ways a second, with people, provider, all services and the database on this machine.
pub async fn measure(world: &World, program: &Path) -> anyhow::Result<Figure> {
    let people = if world.quick { QUICK_PEOPLE } else { PEOPLE };
    let folder = tempfile::Builder::new().prefix("comitia-bench-").tempdir()?;
    let begun = std::time::Instant::now();
    let output = tokio::process::Command::new(program)
        .args(["demo-petition", "--people", &people.to_string()])
        .arg("--data")
        .arg(folder.path())
        .output()
        .await
        .context("comitia demo-petition")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "comitia demo-petition: {text}\n{error}");
    let value = pace(&text).with_context(|| format!("comitia demo-petition says no pace: {text}"))?;
    let detail = json!({"people": people, "seconds_in_all": rounded(begun.elapsed().as_secs_f64())});
    Ok(Figure { key: "signatures_whole_way", value, detail })
}

/// The number in the line about the pace.
fn pace(output: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("Pace"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_read() {
        let output =
            "People       7 signed of 7\nPace         451 whole ways a second for 26.1 s, with people\n";
        assert_eq!(pace(output), Some(451.0));
        assert_eq!(pace("People       7"), None);
    }
}
