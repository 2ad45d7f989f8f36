use std::fmt::Write as _;

use maud::{Markup, html};

use super::chart::Chart;
use crate::locale::Locale;

/// A point of a line, in the order of time. The points lie at equal distances.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    /// When.
    pub label: &'a str,
    /// How much.
    pub value: u64,
    /// The value as people read it.
    pub text: &'a str,
}

const HEIGHT: u64 = 1000;

/// One line over time, from zero. The words around it are not scaled with it.
#[must_use]
pub fn line_chart(locale: &Locale, chart: &Chart<'_>, points: &[Point<'_>]) -> Markup {
    let highest = points.iter().max_by_key(|point| point.value);
    let most = highest.map_or(1, |point| point.value).max(1);
    let line = line(points, most);
    let picture = html! {
        svg .line-chart role="img" aria-labelledby=(chart.described_by()) width="100%" height="240" {
            (chart.description())
            line .grid x1="0" x2="100%" y1="28" y2="28" {}
            line .grid x1="0" x2="100%" y1="118" y2="118" {}
            line .axis x1="0" x2="100%" y1="208" y2="208" {}
            svg x="0" y="28" width="100%" height="180" viewBox="0 0 1000 1000" preserveAspectRatio="none" {
                @if !line.is_empty() {
                    path .area d={ "M0 1000L" (line) "L1000 1000Z" } {}
                    path .line d={ "M" (line) } vector-effect="non-scaling-stroke" {}
                }
            }
            @if let Some(highest) = highest { text .value x="0" y="20" { (highest.text) } }
            @if let Some(first) = points.first() { text .label x="0" y="230" { (first.label) } }
            @if let [_, .., last] = points {
                text .label x="100%" y="230" text-anchor="end" { (last.label) }
            }
        }
    };
    let rows = points.iter().map(|point| vec![html! { (point.label) }, html! { (point.text) }]).collect();
    chart.figure(locale, &picture, rows)
}

fn line(points: &[Point<'_>], most: u64) -> String {
    let mut path = String::new();
    let gaps = u64::try_from(points.len()).unwrap_or(1).saturating_sub(1).max(1);
    for (index, point) in (0_u64..).zip(points) {
        let x = index * 1000 / gaps;
        let y = HEIGHT
            - u64::try_from(u128::from(point.value) * u128::from(HEIGHT) / u128::from(most))
                .unwrap_or(HEIGHT);
        if index > 0 {
            path.push('L');
        }
        // Writing to a String cannot fail.
        let _ = write!(path, "{x} {y}");
    }
    path
}
