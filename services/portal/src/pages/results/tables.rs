//! Funded and not: with cost, votes and the reason; and the votes as bars.

use comitia_proto::budgets::v1::{AllocationResult, Budget, ProjectOutcome};
use comitia_proto::voting::v1::BallotType;
use maud::{Markup, html};

use crate::locale::t;
use crate::pages::calls::count;
use crate::pages::{parts, reasons};
use crate::ui::{Bar, Chart, Column, Narrow, Table, bar_chart, empty, table};
use crate::visit::Visit;

/// So many bars: more are no picture.
const BARS: usize = 20;

/// All outcomes.
pub fn outcomes(visit: &Visit, budget: &Budget, result: &AllocationResult) -> Markup {
    let locale = visit.locale;
    let (funded, others): (Vec<_>, Vec<_>) = result.outcomes.iter().partition(|outcome| outcome.funded);
    let points = has_points(budget);
    html! {
        section aria-labelledby="funded" {
            h2 #funded { (t!(locale, "result-funded")) }
            @if funded.is_empty() {
                (empty(&t!(locale, "result-funded-none"), html! { p { (t!(locale, "result-funded-none-text")) } }))
            } @else {
                (list(visit, "funded-projects", &t!(locale, "result-funded-caption"), &funded, result, points))
            }
        }
        @if !others.is_empty() {
            section aria-labelledby="not-funded" {
                h2 #not-funded { (t!(locale, "result-not-funded")) }
                (list(visit, "other-projects", &t!(locale, "result-not-funded-caption"), &others, result, points))
            }
        }
        @if result.outcomes.iter().any(|outcome| outcome.votes > 0) { (chart(visit, result, points)) }
    }
}

/// Whether a project's score is something else than its votes.
pub fn has_points(budget: &Budget) -> bool {
    let ballot = budget.ballot_rule.as_ref().map(|rule| rule.r#type());
    matches!(ballot, Some(BallotType::Cumulative | BallotType::Ranking | BallotType::Score))
}

fn list(
    visit: &Visit,
    id: &str,
    caption: &str,
    outcomes: &[&ProjectOutcome],
    result: &AllocationResult,
    points: bool,
) -> Markup {
    let locale = visit.locale;
    let labels = [
        (t!(locale, "result-project"), false, true),
        (t!(locale, "projects-cost"), true, true),
        (t!(locale, "result-votes"), true, true),
        (t!(locale, "result-points"), true, points),
        (t!(locale, "result-reason"), false, true),
    ];
    let columns: Vec<_> = labels
        .iter()
        .filter(|(.., shown)| *shown)
        .map(|(label, numeric, _)| Column { label, numeric: *numeric })
        .collect();
    let rows = outcomes
        .iter()
        .map(|outcome| {
            let path = parts::project_path(visit, &outcome.title, &outcome.project_id);
            let mut row = vec![
                html! { a href=(path) { (parts::written(&outcome.title)) } },
                html! { (locale.money(outcome.cost, &result.currency)) },
                html! { (locale.number(count(outcome.votes))) },
            ];
            if points {
                row.push(html! { (reasons::points(&locale, &outcome.score)) });
            }
            row.push(reasons::why(&locale, outcome, &result.currency));
            row
        })
        .collect();
    table(&Table { id, caption, columns: &columns, rows, narrow: Narrow::Stack })
}

/// The projects with the most votes, those that are funded standing out.
fn chart(visit: &Visit, result: &AllocationResult, points: bool) -> Markup {
    let locale = visit.locale;
    let value = |outcome: &ProjectOutcome| {
        if points { outcome.score.parse().unwrap_or(0) } else { count(outcome.votes) }
    };
    let mut most: Vec<_> = result.outcomes.iter().map(|outcome| (value(outcome), outcome)).collect();
    most.sort_by_key(|(value, _)| std::cmp::Reverse(*value));
    most.truncate(BARS);
    let funded = t!(locale, "projects-funded");
    let texts: Vec<_> = most
        .iter()
        .map(|(value, outcome)| {
            let number = locale.number(*value);
            if outcome.funded { format!("{number} · {funded}") } else { number }
        })
        .collect();
    let bars: Vec<_> = most
        .iter()
        .zip(&texts)
        .map(|((value, outcome), text)| Bar {
            label: &outcome.title,
            value: *value,
            text,
            strong: outcome.funded,
        })
        .collect();
    let title = if points { t!(locale, "result-chart-points") } else { t!(locale, "result-chart-votes") };
    let about = t!(locale, "result-chart-about", count = bars.len());
    let (project, number) = (
        t!(locale, "result-project"),
        if points { t!(locale, "result-points") } else { t!(locale, "result-votes") },
    );
    let chart = Chart {
        id: "votes",
        title: &title,
        description: &about,
        label_column: &project,
        value_column: &number,
    };
    bar_chart(&locale, &chart, &bars)
}
