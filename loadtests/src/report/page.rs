//! The report as one HTML page without anything from outside: charts are SVG, styles are in it.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Point, Report};
use crate::load::milliseconds;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;\
background:#fff}h1{font-size:1.5rem}h2{font-size:1.05rem;margin:1.8rem 0 .3rem}table{border-collapse:collapse}\
td,th{padding:.15rem .9rem .15rem 0;text-align:left}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{width:100%;height:auto}.bad{color:#b3261e;font-weight:600}.good{color:#146c2e;font-weight:600}\
.key i{display:inline-block;width:1rem;height:.2rem;vertical-align:middle;margin:0 .35rem 0 1rem}";
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 240.0;
/// Room for the numbers at the left and below.
const LEFT: f64 = 60.0;
const BELOW: f64 = 24.0;
const COLOURS: [&str; 4] = ["#1a5fb4", "#c64600", "#26734d", "#b3261e"];

/// A line of a chart.
struct Line<'a> {
    name: &'static str,
    value: &'a dyn Fn(&Point) -> f64,
}

impl Report {
    /// The page.
    pub fn html(&self) -> String {
        let points = self.points();
        let lost = !self.nothing_lost();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "Load test: " (self.scenario) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { "Load test: " (self.scenario) }
                    p class=(if lost { "bad" } else { "good" }) {
                        @if lost { "Ballots that were acknowledged are lost." }
                        @else { "Every ballot that was acknowledged is counted." }
                    }
                    table {
                        @for (_, what, value) in self.sums() { tr { td { (what) } td.n { (value) } } }
                    }
                    (chart("Throughput, a second", &points, &[
                        Line { name: "requests", value: &|point| point.requests_per_second },
                        Line { name: "ballots", value: &|point| point.ballots_per_second },
                    ]))
                    (chart("Latency, ms", &points, &[
                        Line { name: "cast, p50", value: &|point| point.cast_p50 },
                        Line { name: "cast, p99", value: &|point| point.cast_p99 },
                        Line { name: "others, p99", value: &|point| point.other_p99 },
                    ]))
                    (chart("Not done, a second", &points, &[
                        Line { name: "asked to come again", value: &|point| point.polite_per_second },
                        Line { name: "errors", value: &|point| point.errors_per_second },
                    ]))
                    (self.tables())
                }
            }
        };
        page.into_string()
    }

    /// What the requests took, what the processes used, and what was refused.
    fn tables(&self) -> Markup {
        html! {
            h2 { "Requests" }
            table {
                tr { th { "name" } th.n { "count" } th.n { "p50 ms" } th.n { "p90 ms" } th.n { "p99 ms" } th.n { "max ms" } }
                @for (name, latencies) in &self.samples.totals {
                    tr {
                        td { (name) } td.n { (latencies.0.len()) }
                        @for quantile in [0.5, 0.9, 0.99, 1.0] {
                            td.n { (format!("{:.1}", milliseconds(&latencies.0, quantile))) }
                        }
                    }
                }
            }
            @if !self.used.is_empty() {
                h2 { "Processes" }
                table {
                    tr { th { "name" } th.n { "processor time s" } th.n { "peak memory MB" } }
                    @for used in &self.used {
                        tr {
                            td { (used.name) } td.n { (format!("{:.1}", used.cpu_seconds)) }
                            td.n { (used.peak_megabytes.map_or_else(String::new, |peak| format!("{peak:.0}"))) }
                        }
                    }
                }
            }
            @if !self.samples.refusals.is_empty() {
                h2 { "Answers other than 200" }
                table {
                    @for (what, count) in &self.samples.refusals { tr { td { (what) } td.n { (count) } } }
                }
            }
        }
    }
}

/// Lines over the time of the run, from zero to a round number.
fn chart(title: &str, points: &[Point], lines: &[Line<'_>]) -> Markup {
    let largest = lines.iter().flat_map(|line| points.iter().map(line.value)).fold(0.0, f64::max);
    let top = round_up(largest);
    let end = points.last().map_or(1, |point| point.second.max(1));
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run are far below 2^52")]
    let x = |second: u64| LEFT + (WIDTH - LEFT) * second as f64 / end as f64;
    let y = |value: f64| (HEIGHT - BELOW) * (1.0 - value / top) + 6.0;
    let path = |line: &Line<'_>| {
        points.iter().fold(String::new(), |mut text, point| {
            // Writing to a String does not fail.
            let _ = write!(text, "{:.1},{:.1} ", x(point.second), y((line.value)(point)));
            text
        })
    };
    html! {
        h2 { (title) }
        svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 12.0)) role="img" aria-label=(title) {
            @for quarter in 0..=4_u32 {
                @let value = top * f64::from(quarter) / 4.0;
                line x1=(LEFT) x2=(WIDTH) y1=(y(value)) y2=(y(value)) stroke="#d8d8de" stroke-width="1" {}
                text x=(LEFT - 6.0) y=(y(value) + 4.0) text-anchor="end" font-size="12" fill="#55555c" { (label(value)) }
            }
            @for quarter in 0..=4_u64 {
                @let second = end * quarter / 4;
                text x=(x(second)) y=(HEIGHT + 4.0) text-anchor=(if quarter == 4 { "end" } else { "middle" })
                    font-size="12" fill="#55555c" { (second) " s" }
            }
            @for (line, colour) in lines.iter().zip(COLOURS) {
                polyline points=(path(line)) fill="none" stroke=(colour) stroke-width="1.6" { title { (line.name) } }
            }
        }
        div.key {
            @for (line, colour) in lines.iter().zip(COLOURS) {
                i style=(format!("background:{colour}")) {} (line.name)
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|top| *top >= value).unwrap_or(value)
}

fn label(value: f64) -> String {
    if value >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (value, top) in [(0.0, 1.0), (0.03, 0.05), (1.0, 1.0), (130.0, 200.0), (999.0, 1000.0)] {
            assert!((round_up(value) - top).abs() < 1e-9, "{value}");
        }
    }
}
