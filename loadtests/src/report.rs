//! What k6 measured, over time: read from its samples, shown as a line a second, as JSON and as a page of its own.

mod page;
pub mod usage;

use std::collections::BTreeMap;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use self::usage::Used;
use crate::load::{latencies, milliseconds, quantiles};

/// Points of a chart: with more, each stands for several seconds.
const POINTS: u64 = 240;

/// A few seconds of a run.
#[derive(Debug, Default)]
struct Slice {
    /// Requests by name.
    requests: BTreeMap<String, u64>,
    /// First and changed ballots.
    ballots: u64,
    /// Answers that asked to come again: 429 and 503.
    polite: u64,
    /// Answers that no client should get: no answer at all, and every other 5xx.
    errors: u64,
    /// Microseconds of accepted casts.
    casts: Latencies,
    /// Microseconds of everything else that was answered well.
    others: Latencies,
}

/// Latencies in microseconds, two digits.
#[derive(Debug)]
struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(latencies())
    }
}

/// The samples of a run so far.
#[derive(Debug, Default)]
pub struct Samples {
    columns: Columns,
    /// Milliseconds since the epoch of the first sample.
    begin: Option<u64>,
    seconds: BTreeMap<u64, Slice>,
    /// Sums of the script's counters.
    counters: BTreeMap<String, u64>,
    /// By name of the request.
    totals: BTreeMap<String, Latencies>,
    /// By name, status and k6's error code, of what was not answered well.
    refusals: BTreeMap<String, u64>,
    told: u64,
}

/// Where the columns are, as k6's first line says.
#[derive(Debug, Default)]
struct Columns {
    metric: usize,
    time: usize,
    value: usize,
    name: usize,
    status: usize,
    error_code: usize,
}

impl Samples {
    /// Reads a line of k6's CSV. Gives a line of progress each time that a second is over.
    ///
    /// # Errors
    /// When the first line does not name the columns, or a sample is not as expected.
    pub fn read(&mut self, line: &str) -> anyhow::Result<Option<String>> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
        let Some(fields) = reader.records().next().transpose()? else { return Ok(None) };
        if fields.get(0) == Some("metric_name") {
            let of = |name: &str| {
                fields
                    .iter()
                    .position(|field| field == name)
                    .with_context(|| format!("k6's CSV has no {name}"))
            };
            self.columns = Columns {
                metric: of("metric_name")?,
                time: of("timestamp")?,
                value: of("metric_value")?,
                name: of("name")?,
                status: of("status")?,
                error_code: of("error_code")?,
            };
            return Ok(None);
        }
        anyhow::ensure!(self.columns.value > 0, "k6's CSV does not begin with its columns: {line}");
        let field = |column: usize| fields.get(column).unwrap_or_default();
        let time: u64 = field(self.columns.time).parse().with_context(|| format!("no time: {line}"))?;
        let value: f64 = field(self.columns.value).parse().with_context(|| format!("no value: {line}"))?;
        let begin = *self.begin.get_or_insert(time);
        let second = time.saturating_sub(begin) / 1000;
        let metric = field(self.columns.metric);
        match metric {
            "http_req_duration" => {
                let (name, status) = (field(self.columns.name), field(self.columns.status));
                self.request(second, name, status, field(self.columns.error_code), value);
            }
            "first_ballots" | "changed_ballots" | "voters_gave_up" | "voters_too_late"
            | "dropped_iterations" => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
                let count = value as u64;
                *self.counters.entry(metric.to_owned()).or_default() += count;
                if metric.ends_with("_ballots") {
                    self.seconds.entry(second).or_default().ballots += count;
                }
            }
            _ => {}
        }
        // Samples come a moment late: what is two seconds old is whole.
        let whole = second.saturating_sub(2);
        Ok((whole > self.told).then(|| {
            self.told = whole;
            self.progress(whole)
        }))
    }

    fn request(&mut self, second: u64, name: &str, status: &str, error_code: &str, milliseconds: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
        let micros = (milliseconds * 1000.0) as u64;
        let slice = self.seconds.entry(second).or_default();
        *slice.requests.entry(name.to_owned()).or_default() += 1;
        self.totals.entry(name.to_owned()).or_default().0.saturating_record(micros);
        if status == "200" {
            let latencies = if name == "cast" { &mut slice.casts } else { &mut slice.others };
            latencies.0.saturating_record(micros);
            return;
        }
        match status {
            "429" | "503" => slice.polite += 1,
            "0" | "" => slice.errors += 1,
            status if status.starts_with('5') => slice.errors += 1,
            _ => {}
        }
        let what = match (status, error_code) {
            ("0" | "", code) => format!("{name}: no answer (k6 error {code})"),
            (status, _) => format!("{name}: {status}"),
        };
        *self.refusals.entry(what).or_default() += 1;
    }

    fn progress(&self, second: u64) -> String {
        let empty = Slice::default();
        let slice = self.seconds.get(&second).unwrap_or(&empty);
        let requests: u64 = slice.requests.values().sum();
        format!(
            "{second:>5} s {requests:>7} requests/s {:>6} ballots/s  cast p99 {:>8.1} ms {:>5} asked to wait {:>4} errors",
            slice.ballots,
            milliseconds(&slice.casts.0, 0.99),
            slice.polite,
            slice.errors
        )
    }

    fn counter(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or(0)
    }
}

/// A run that is over.
pub struct Report {
    scenario: &'static str,
    samples: Samples,
    /// Ballots that the poll's turnout has.
    counted: u64,
    /// What the processes used meanwhile, where they are the run's own.
    used: Vec<Used>,
}

/// What happened between two moments, a second at least.
struct Point {
    second: u64,
    requests_per_second: f64,
    ballots_per_second: f64,
    polite_per_second: f64,
    errors_per_second: f64,
    cast_p50: f64,
    cast_p99: f64,
    other_p99: f64,
}

impl Report {
    /// The report of `samples`; `counted` ballots are in the poll's turnout after the run, and the processes `used` that much.
    pub fn new(scenario: &'static str, samples: Samples, counted: i64, used: Vec<Used>) -> Self {
        Self { scenario, samples, counted: u64::try_from(counted).unwrap_or(0), used }
    }

    /// Whether every voter whose first ballot was acknowledged is counted.
    pub fn nothing_lost(&self) -> bool {
        self.counted >= self.samples.counter("first_ballots")
    }

    /// Ballots that are counted although nobody got an answer for them: a voter gave up while the ballot was written.
    fn unanswered(&self) -> u64 {
        self.counted.saturating_sub(self.samples.counter("first_ballots"))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of some seconds are far below 2^52")]
    fn points(&self) -> Vec<Point> {
        let last = self.samples.seconds.keys().last().copied().unwrap_or(0);
        let width = (last + 1).div_ceil(POINTS).max(1);
        let mut points = Vec::new();
        for begin in (0..=last).step_by(usize::try_from(width).unwrap_or(1)) {
            let mut sum = Slice::default();
            for slice in self.samples.seconds.range(begin..begin + width).map(|(_, slice)| slice) {
                *sum.requests.entry(String::new()).or_default() += slice.requests.values().sum::<u64>();
                sum.ballots += slice.ballots;
                sum.polite += slice.polite;
                sum.errors += slice.errors;
                // Histograms of the same bounds can always be added.
                let _ = sum.casts.0.add(&slice.casts.0);
                let _ = sum.others.0.add(&slice.others.0);
            }
            let each = |count: u64| count as f64 / width as f64;
            points.push(Point {
                second: begin,
                requests_per_second: each(sum.requests.values().sum()),
                ballots_per_second: each(sum.ballots),
                polite_per_second: each(sum.polite),
                errors_per_second: each(sum.errors),
                cast_p50: milliseconds(&sum.casts.0, 0.5),
                cast_p99: milliseconds(&sum.casts.0, 0.99),
                other_p99: milliseconds(&sum.others.0, 0.99),
            });
        }
        points
    }

    /// The sums of the run, with what the page calls them.
    fn sums(&self) -> [(&'static str, &'static str, u64); 7] {
        let samples = &self.samples;
        let errors = samples.seconds.values().map(|slice| slice.errors).sum();
        [
            ("first_ballots", "ballots acknowledged", samples.counter("first_ballots")),
            ("changed_ballots", "changes acknowledged", samples.counter("changed_ballots")),
            ("counted", "ballots counted", self.counted),
            ("voters_gave_up", "voters who gave up", samples.counter("voters_gave_up")),
            ("voters_too_late", "voters who came after closing", samples.counter("voters_too_late")),
            (
                "dropped_iterations",
                "arrivals that k6 had no virtual user for",
                samples.counter("dropped_iterations"),
            ),
            ("errors", "errors that are not polite", errors),
        ]
    }

    /// Everything, for machines.
    pub fn json(&self) -> Value {
        let mut object = serde_json::Map::from_iter([("scenario".to_owned(), json!(self.scenario))]);
        for (key, _, value) in self.sums() {
            object.insert(key.to_owned(), json!(value));
        }
        object.insert(
            "lost".to_owned(),
            json!(self.samples.counter("first_ballots").saturating_sub(self.counted)),
        );
        object.insert("counted_without_an_answer".to_owned(), json!(self.unanswered()));
        let names = self.samples.totals.iter().map(|(name, latencies)| {
            (name.clone(), json!({"count": latencies.0.len(), "ms": quantiles(&latencies.0)}))
        });
        object.insert("requests".to_owned(), Value::Object(names.collect()));
        object.insert("not_200".to_owned(), json!(self.samples.refusals));
        object.insert("processes".to_owned(), self.used.iter().map(Used::json).collect());
        let points = self.points().into_iter().map(|point| {
            json!({
                "second": point.second,
                "requests_per_second": point.requests_per_second,
                "ballots_per_second": point.ballots_per_second,
                "asked_to_wait_per_second": point.polite_per_second,
                "errors_per_second": point.errors_per_second,
                "cast_p50_ms": point.cast_p50,
                "cast_p99_ms": point.cast_p99,
                "other_p99_ms": point.other_p99,
            })
        });
        object.insert("over_time".to_owned(), Value::Array(points.collect()));
        Value::Object(object)
    }

    /// The sums, for the terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.scenario);
        for (_, what, value) in self.sums() {
            text.push_str(&format!("{value:>10}  {what}\n"));
        }
        for (name, latencies) in &self.samples.totals {
            text.push_str(&format!(
                "{:>10}  {name}: p50 {:.1} ms, p99 {:.1} ms\n",
                latencies.0.len(),
                milliseconds(&latencies.0, 0.5),
                milliseconds(&latencies.0, 0.99)
            ));
        }
        for (what, count) in &self.samples.refusals {
            text.push_str(&format!("{count:>10}  {what}\n"));
        }
        for Used { name, cpu_seconds, .. } in &self.used {
            text.push_str(&format!("{cpu_seconds:>10.1}  seconds of processor time: {name}\n"));
        }
        text.push_str(if self.nothing_lost() { "nothing lost" } else { "BALLOTS ARE LOST" });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "metric_name,timestamp,metric_value,check,error,error_code,name,scenario,status,extra_tags,metadata";

    fn samples() -> Samples {
        let mut samples = Samples::default();
        samples.read(HEADER).unwrap();
        let mut progress = Vec::new();
        for second in 0..5 {
            let time = 1_700_000_000_000_u64 + second * 1000;
            for (line, times) in [
                (format!("http_req_duration,{time},12.5,,,,cast,voters,200,,"), 3),
                (format!("http_req_duration,{time},1.5,,,,turnout,readers,200,,"), 10),
                (format!("http_req_duration,{time},2.5,,,1503,cast,voters,503,,"), 1),
                (format!("first_ballots,{time},1,,,,,voters,,,"), 3),
                (format!("vus,{time},7,,,,,,,,"), 1),
            ] {
                for _ in 0..times {
                    progress.extend(samples.read(&line).unwrap());
                }
            }
        }
        let last = 1_700_000_004_900_u64;
        samples.read(&format!("http_req_duration,{last},15000,,,1050,cast,voters,0,,")).unwrap();
        assert_eq!(progress.len(), 2, "{progress:?}");
        assert!(
            progress[0].contains("14 requests/s") && progress[0].contains(" 3 ballots/s"),
            "{progress:?}"
        );
        samples
    }

    #[test]
    fn samples_become_sums_and_points() {
        let report = Report::new("city-vote", samples(), 15, Vec::new());
        assert!(report.nothing_lost());
        let json = report.json();
        assert_eq!(json["first_ballots"], 15);
        assert_eq!((&json["lost"], &json["errors"]), (&json!(0), &json!(1)));
        assert_eq!(json["not_200"], json!({"cast: 503": 5, "cast: no answer (k6 error 1050)": 1}));
        let points = json["over_time"].as_array().unwrap();
        assert_eq!(points.len(), 5);
        assert_eq!(points[1]["ballots_per_second"], 3.0);
        assert_eq!(points[1]["asked_to_wait_per_second"], 1.0);
        let p99 = points[1]["cast_p99_ms"].as_f64().unwrap();
        assert!((12.4..12.7).contains(&p99), "refusals are not in it: {p99}");
    }

    #[test]
    fn a_lost_ballot_is_told() {
        let report = Report::new("city-vote", samples(), 14, Vec::new());
        assert!(!report.nothing_lost());
        assert_eq!(report.json()["lost"], 1);
        assert!(report.text().contains("LOST") && report.html().contains("lost"));
    }

    #[test]
    fn long_runs_have_no_more_points_than_a_chart_can_show() {
        let mut samples = Samples::default();
        samples.read(HEADER).unwrap();
        for second in 0..3600_u64 {
            samples
                .read(&format!("first_ballots,{},1,,,,,voters,,,", 1_700_000_000_000 + second * 1000))
                .unwrap();
        }
        let points = Report::new("soak", samples, 3600, Vec::new()).points();
        assert_eq!(points.len(), 240);
        assert!(points.iter().all(|point| (point.ballots_per_second - 1.0).abs() < 1e-9));
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let page = Report::new("city-vote", samples(), 15, Vec::new()).html();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<polyline"), "{page}");
        for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(outside), "{outside}");
        }
    }

    #[test]
    fn other_output_than_samples_is_an_error() {
        assert!(Samples::default().read("hello").is_err());
        let mut samples = Samples::default();
        samples.read(HEADER).unwrap();
        assert!(samples.read("http_req_duration,then,1,,,,cast,voters,200,,").is_err());
    }
}
