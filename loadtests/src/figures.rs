//! The figures of the benchmark, what they must reach, and how they are shown.

use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::load::rounded;

/// A figure with what it was computed from.
pub struct Figure {
    /// Its key in the JSON.
    pub key: &'static str,
    /// The figure itself.
    pub value: f64,
    /// What it was computed from.
    pub detail: Value,
}

/// What a figure must reach, and what to aim for then. Of some, more is better; of others, less.
struct Target {
    key: &'static str,
    text: &'static str,
    must: f64,
    aim: f64,
}

/// The targets of the project.
const TARGETS: [Target; 30] = [
    target("intake_http", "ballots/s over HTTP, to pgbench", 0.7, 1.0),
    target("intake_grpc", "ballots/s over gRPC, to pgbench", 1.2, 2.0),
    target("intake_slow_disk", "the same with slow commits", 5.0, 15.0),
    target("p99_at_80_percent_ms", "p99 of casts at 80 % of capacity, ms", 50.0, 20.0),
    target("accepted_at_3_times", "casts/s at 3 times capacity, to capacity", 0.9, 1.0),
    target("rejection_p99_ms", "p99 of a rejection then, ms", 50.0, 10.0),
    target("one_hot_petition", "casts/s on 1 poll, to those on 1,000", 0.95, 1.0),
    target("growth", "cost of a cast at most rows, to 10 thousand", 1.2, 1.05),
    target("read", "cached GET/s at the gateway, to nginx", 0.4, 0.7),
    target("sse", "p99 from cast to screen, ms", f64::INFINITY, f64::INFINITY),
    target("pages", "cached pages/s at the gateway, to nginx", 0.7, 0.9),
    target("pages_made_ms", "processor time of the dearest page, ms", 1.0, 0.5),
    target("pages_result_ms", "the same of a result with 160 projects, ms", 3.0, 1.0),
    target("pages_rest_mb", "the portal at rest, MB", 30.0, 25.0),
    target("pages_p99_ms", "p99 of a result page while ballots come in, ms", 200.0, 50.0),
    target("pages_casts_refused", "casts not taken meanwhile", 0.0, 0.0),
    target("signatures_one_sheet", "signatures/s on 1 sheet, to those on 1,000", 0.95, 1.0),
    target("signatures_sequencer", "casts/s beside the sequencer, to without", 0.95, 0.98),
    target("signatures_leaves_per_second", "leaves appended to a log a second", 20_000.0, 50_000.0),
    target("signatures_to_checkpoint_ms", "p99 from receipt to checkpoint at 3,000/s, ms", 2_000.0, 1_000.0),
    target("signatures_verify_s", "comitia verify of a million signatures, s", 10.0, 3.0),
    target("signatures_whole_way", "provider, permit, signature: whole ways/s", 300.0, 1_000.0),
    target("signatures_miscounted", "off the truth after 10,000, half of them twice", 0.0, 0.0),
    target("office_page_ms", "p95 of the slowest page of the list, ms", 100.0, 50.0),
    target("office_acts_s", "answers to 5,000 proposals, s", 5.0, 2.0),
    target("office_roll_s", "import of 500,000 members, s", 60.0, 20.0),
    target("office_roll_memory", "its memory, to that of 50,000 members", 1.2, 1.0),
    target("office_letters", "letters/s as tagged PDF", 200.0, 1_000.0),
    target("rss_at_rest", "largest service at rest, MB", 40.0, 25.0),
    target("rss", "largest service at peak, MB", 250.0, 120.0),
];

const fn target(key: &'static str, text: &'static str, must: f64, aim: f64) -> Target {
    Target { key, text, must, aim }
}

impl Target {
    fn reached(&self, value: f64, limit: f64) -> bool {
        if self.aim > self.must { value >= limit } else { value <= limit }
    }

    fn verdict(&self, value: f64) -> &'static str {
        match (self.must.is_finite(), self.reached(value, self.must), self.reached(value, self.aim)) {
            (false, ..) => "",
            (true, _, true) => "aim reached",
            (true, true, false) => "reached",
            (true, false, false) => "NOT REACHED",
        }
    }
}

/// The table for the terminal.
pub fn table(figures: &[Figure]) -> String {
    let number = |value: f64| match value {
        value if value.is_infinite() => String::new(),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    };
    let mut text =
        format!("{:<27} {:>8} {:>6} {:>6}  {:<12} {}\n", "figure", "measured", "must", "aim", "", "what");
    for figure in figures {
        let Some(target) = TARGETS.iter().find(|target| target.key == figure.key) else { continue };
        let line = format!(
            "{:<27} {:>8} {:>6} {:>6}  {:<12} {}",
            figure.key,
            number(figure.value),
            number(target.must),
            number(target.aim),
            target.verdict(figure.value),
            target.text
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Writes all figures as one flat object.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, machine: &str, figures: &[Figure]) -> anyhow::Result<()> {
    let mut object = Map::from_iter([("machine".to_owned(), json!(machine))]);
    for figure in figures {
        object.insert(figure.key.to_owned(), json!(rounded(figure.value)));
        object.insert(format!("{}_detail", figure.key), figure.detail.clone());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(&object)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(key: &str, value: f64) -> &'static str {
        TARGETS.iter().find(|target| target.key == key).unwrap().verdict(value)
    }

    #[test]
    fn more_throughput_and_less_latency_are_better() {
        assert_eq!(verdict("intake_http", 0.69), "NOT REACHED");
        assert_eq!(verdict("intake_http", 0.7), "reached");
        assert_eq!(verdict("intake_http", 1.3), "aim reached");
        assert_eq!(verdict("p99_at_80_percent_ms", 51.0), "NOT REACHED");
        assert_eq!(verdict("p99_at_80_percent_ms", 12.0), "aim reached");
        assert_eq!(verdict("growth", 1.1), "reached");
        assert_eq!(verdict("sse", 900.0), "");
    }

    #[test]
    fn the_json_is_one_flat_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target/bench.json");
        let figure = Figure { key: "read", value: 0.51234, detail: json!({"nginx": 2}) };
        write(&path, "two cores", &[figure]).unwrap();
        let read: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read, json!({"machine": "two cores", "read": 0.512, "read_detail": {"nginx": 2}}));
    }
}
