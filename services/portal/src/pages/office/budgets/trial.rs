//! Trying a rule out: two rules on the ballots of an earlier vote, side by side. Nothing is kept of the file.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use comitia_recount::{Choice as Rule, Count};
use http::StatusCode;
use maud::{Markup, html};
use tokio::sync::Semaphore;

use super::sheet;
use crate::locale::{Locale, key, t};
use crate::pages::office::upload::Upload;
use crate::pages::office::{Officer, STAFF};
use crate::pages::parts as site;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Narrow, Stat, Table, Tone, button, buttons, form_file,
    notice, stats, table,
};
use crate::visit::PageResult;

/// The largest body: the ballots of a large city.
pub const BODY_BYTES: usize = 16 * 1024 * 1024 + 64 * 1024;
const FILE_BYTES: usize = 16 * 1024 * 1024;
/// What can be counted while somebody waits.
const PROJECTS: usize = 1_000;
const BALLOTS: u64 = 500_000;
const PATIENCE: Duration = Duration::from_secs(8);

/// One count at a time in this process: the office shares it with those who vote.
static ONE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

/// The rules, by the names that they have in files.
const RULES: [(&str, &str, &str); 8] = [
    ("greedy", "", key!("office-rule-greedy")),
    ("equal-shares", "add1u", key!("office-try-shares-add1u")),
    ("equal-shares", "add1", key!("office-try-shares-add1")),
    ("equal-shares", "greedy", key!("office-try-shares-greedy")),
    ("equal-shares", "none", key!("office-try-shares-none")),
    ("greedy-no-skip", "", key!("office-rule-no-skip")),
    ("greedy-exclusive", "", key!("office-rule-exclusive")),
    ("phragmen", "", key!("office-rule-phragmen")),
];

/// The name of a rule in the form.
fn name(rule: &(&str, &str, &str)) -> String {
    if rule.1.is_empty() { rule.0.to_owned() } else { format!("{}.{}", rule.0, rule.1) }
}

/// What a rule gives.
struct Result {
    label: String,
    funded: Vec<String>,
    spent: String,
    voters: u64,
    with_something: u64,
}

/// What came of the file.
struct Trial {
    /// Id, title, cost and votes of each project.
    projects: Vec<(String, String, String, u64)>,
    budget: String,
    results: Vec<Result>,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Unreadable,
    TooLarge,
    First,
    Second,
}

fn page(
    officer: &Officer,
    chosen: [&str; 2],
    errors: &FieldErrors,
    trial: Option<&Trial>,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let labels: Vec<_> = RULES.iter().map(|rule| (name(rule), locale.text(rule.2))).collect();
    let choices: Vec<_> = labels.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let error = |name: &str| errors.of(name).map(str::to_owned);
    let form = form_file(
        &officer.link("/office/budgets/try"),
        html! {
            (Field::new(&locale, "file", t!(locale, "office-try-file"))
                .hint(t!(locale, "office-try-file-hint"))
                .error(error("file"))
                .file(".pb"))
            (Field::new(&locale, "first", t!(locale, "office-try-first")).error(error("first"))
                .select(Some(chosen[0]), None, &choices))
            (Field::new(&locale, "second", t!(locale, "office-try-second")).error(error("second"))
                .select(Some(chosen[1]), None, &choices))
            (buttons(button(Button::Primary, &t!(locale, "office-try-do"), None)))
        },
    );
    let body = html! {
        @if let Some(trial) = trial { (results(&locale, trial)) h2 { (t!(locale, "office-try-again")) } }
        (form)
    };
    let status = match (&said, errors.is_empty()) {
        (Some(_), _) => StatusCode::SERVICE_UNAVAILABLE,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let (title, lead) = (t!(locale, "office-try"), t!(locale, "office-try-lead"));
    let mut sheet = sheet(&title, &lead, &[], errors);
    sheet.said = said;
    sheet.show(officer, status, body)
}

fn results(locale: &Locale, trial: &Trial) -> Markup {
    let [first, second] = &trial.results[..] else { return html! {} };
    let figures = |result: &Result| {
        let funded = locale.number(u64::try_from(result.funded.len()).unwrap_or(0));
        let share = locale.percent(result.with_something, result.voters);
        let labels = [
            t!(locale, "result-funded-count", count = result.funded.len()),
            t!(locale, "office-try-satisfied", count = result.with_something, all = result.voters),
            t!(locale, "office-try-spent", budget = &trial.budget),
        ];
        let values = [funded.as_str(), &share, &result.spent];
        let list: Vec<_> = values.iter().zip(&labels).map(|(value, label)| Stat { value, label }).collect();
        html! { h3 { (result.label) } (stats(&list)) }
    };
    let same = first.funded == second.funded;
    html! {
        section aria-labelledby="results" {
            h2 #results { (t!(locale, "office-try-results")) }
            @if same { (notice(locale, Tone::Info, None, html! { p { (t!(locale, "office-try-same")) } })) }
            (figures(first))
            (figures(second))
            (side_by_side(locale, trial, first, second))
        }
    }
}

fn side_by_side(locale: &Locale, trial: &Trial, first: &Result, second: &Result) -> Markup {
    let labels = [
        (t!(locale, "office-budget-project").into_owned(), false),
        (t!(locale, "projects-cost").into_owned(), true),
        (t!(locale, "result-votes").into_owned(), true),
        (first.label.clone(), false),
        (second.label.clone(), false),
    ];
    let columns: Vec<_> = labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let (yes, no) = (t!(locale, "projects-funded"), t!(locale, "projects-not-funded"));
    let mut projects: Vec<_> = trial
        .projects
        .iter()
        .map(|project| (first.funded.contains(&project.0), second.funded.contains(&project.0), project))
        .collect();
    // What the rules do not agree on is what one looks for.
    projects
        .sort_by_key(|(one, other, project)| (one == other, !(*one || *other), std::cmp::Reverse(project.3)));
    let mark = |funded: bool| html! { @if funded { strong { (yes) } } @else { (no) } };
    let rows = projects
        .into_iter()
        .map(|(one, other, (id, title, cost, votes))| {
            vec![
                html! { (site::written(if title.is_empty() { id } else { title })) },
                html! { (cost) },
                html! { (locale.number(*votes)) },
                mark(one),
                mark(other),
            ]
        })
        .collect();
    let caption = t!(locale, "office-try-caption");
    table(&Table { id: "side-by-side", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}

/// An amount as people write it. Files name their currency, or none.
fn money(locale: &Locale, amount: comitia_allocation::Amount, currency: &str) -> String {
    let unit = 10_u64.checked_pow(amount.decimals).unwrap_or(u64::MAX);
    let (digits, behind) = if amount.minor.is_multiple_of(unit) {
        (amount.minor / unit, 0)
    } else {
        (amount.minor, amount.decimals)
    };
    let digits = i64::try_from(digits).unwrap_or(i64::MAX);
    let number = locale.decimal(digits, u8::try_from(behind).unwrap_or(0));
    if currency.is_empty() { number } else { format!("{number}\u{a0}{currency}") }
}

/// Reads the file and counts it by both rules. It is no async function: it computes.
fn count(
    locale: &Locale,
    file: &[u8],
    rules: [(String, &str, &str); 2],
) -> std::result::Result<Trial, Fault> {
    let read = |bytes: &[u8]| comitia_pabulib::Election::parse(bytes).map_err(|_| Fault::Unreadable);
    let election = read(file)?;
    let ballots = election.ballots.len();
    if election.projects.len() > PROJECTS || u64::try_from(ballots).unwrap_or(u64::MAX) > BALLOTS {
        return Err(Fault::TooLarge);
    }
    let currency = election.meta.get("currency").unwrap_or_default().to_owned();
    let titles: Vec<_> = election.projects.iter().map(|project| project.name.clone()).collect();
    let mut trial = Trial { projects: Vec::new(), budget: String::new(), results: Vec::new() };
    for (place, (label, rule, completion)) in rules.into_iter().enumerate() {
        let fault = if place == 0 { Fault::First } else { Fault::Second };
        let choice = Rule {
            rule: Some(rule.parse().map_err(|_| fault)?),
            completion: if completion.is_empty() {
                None
            } else {
                Some(completion.parse().map_err(|_| fault)?)
            },
            ..Rule::default()
        };
        let counted = Count::new(read(file)?, &choice).map_err(|_| fault)?;
        let (instance, outcome) = (&counted.instance, &counted.outcome);
        let money = |minor: u64| money(locale, instance.amount(minor), &currency);
        if place == 0 {
            trial.budget = money(outcome.budget.minor);
            trial.projects = instance
                .projects()
                .iter()
                .zip(titles.iter())
                .enumerate()
                .map(|(place, (project, title))| {
                    (project.id.clone(), title.clone(), money(project.cost), instance.votes(place))
                })
                .collect();
        }
        trial.results.push(Result {
            label,
            funded: outcome.selected.clone(),
            spent: money(outcome.cost.minor),
            voters: outcome.summary.voters,
            with_something: outcome.summary.voters_with_funded,
        });
    }
    Ok(trial)
}

pub async fn form(officer: Officer) -> PageResult {
    officer.require(STAFF)?;
    Ok(page(&officer, ["greedy", "equal-shares.add1u"], &FieldErrors::new(), None, None))
}

pub async fn run(officer: Officer, upload: Upload) -> PageResult {
    officer.require(STAFF)?;
    let locale = officer.locale;
    let chosen = [upload.form.text("first"), upload.form.text("second")];
    let mut errors = FieldErrors::new();
    let mut rules = Vec::new();
    for (field, value) in ["first", "second"].into_iter().zip(chosen) {
        match RULES.iter().find(|rule| name(rule) == value) {
            Some(rule) => rules.push((locale.text(rule.2).into_owned(), rule.0, rule.1)),
            None => errors.push(field, t!(locale, "office-rule-missing")),
        }
    }
    if upload.file.is_empty() {
        errors.push("file", t!(locale, "office-try-file-missing"));
    } else if upload.file.len() > FILE_BYTES {
        errors.push("file", t!(locale, "office-try-too-large"));
    }
    let (Ok(rules), true) = (<[_; 2]>::try_from(rules), errors.is_empty()) else {
        return Ok(page(&officer, chosen, &errors, None, None));
    };
    let busy = || notice(&locale, Tone::Warning, None, html! { p { (t!(locale, "office-try-busy")) } });
    match try_out(locale, upload.file, rules).await {
        None => Ok(page(&officer, chosen, &errors, None, Some(busy()))),
        Some(Ok(trial)) => Ok(page(&officer, chosen, &errors, Some(&trial), None)),
        Some(Err(fault)) => {
            let (field, text) = match fault {
                Fault::Unreadable => ("file", key!("office-try-unreadable")),
                Fault::TooLarge => ("file", key!("office-try-too-large")),
                Fault::First => ("first", key!("office-try-not-with-file")),
                Fault::Second => ("second", key!("office-try-not-with-file")),
            };
            errors.push(field, locale.text(text));
            Ok(page(&officer, chosen, &errors, None, None))
        }
    }
}

/// Nothing when somebody else tries something, or it takes too long. What runs keeps its place until it has ended.
async fn try_out(
    locale: Locale,
    file: Bytes,
    rules: [(String, &'static str, &'static str); 2],
) -> Option<std::result::Result<Trial, Fault>> {
    let place = tokio::time::timeout(PATIENCE, ONE.clone().acquire_owned()).await.ok()?.ok()?;
    let work = comitia_core::task::blocking(move || {
        let counted = count(&locale, &file, rules);
        drop(place);
        counted
    });
    tokio::time::timeout(PATIENCE, work).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "META\nkey;value\ndescription;x\ncountry;France\nunit;X\ninstance;2025\nnum_projects;3\n\
        num_votes;5\nbudget;100\nvote_type;approval\nrule;greedy\ndate_begin;2025\ndate_end;2025\n\
        PROJECTS\nproject_id;cost;votes;name\na;100;3;Grand\nb;50;2;Petit\nc;50;2;Autre\n\
        VOTES\nvoter_id;vote\n1;a\n2;a\n3;a\n4;b,c\n5;b,c\n";

    fn locale() -> Locale {
        Locale::new(crate::locale::Language::parse("fr").unwrap(), chrono_tz::UTC)
    }

    fn both(
        first: (&'static str, &'static str),
        second: (&'static str, &'static str),
    ) -> std::result::Result<Trial, Fault> {
        count(
            &locale(),
            FILE.as_bytes(),
            [(String::new(), first.0, first.1), (String::new(), second.0, second.1)],
        )
    }

    #[test]
    fn two_rules_stand_side_by_side() {
        let trial = both(("greedy", ""), ("equal-shares", "none")).unwrap();
        assert_eq!(trial.results[0].funded, ["a"]);
        assert_eq!((trial.results[0].with_something, trial.results[0].voters), (3, 5));
        assert_eq!(trial.projects.len(), 3);
        assert_eq!(trial.projects[0].1, "Grand");
        assert!(trial.results[1].with_something <= 5);
    }

    #[test]
    fn what_cannot_be_counted_is_said_where_it_is() {
        assert_eq!(
            count(&locale(), b"nothing", [(String::new(), "greedy", ""), (String::new(), "greedy", "")])
                .err(),
            Some(Fault::Unreadable)
        );
        assert_eq!(both(("no-rule", ""), ("greedy", "")).err(), Some(Fault::First));
        assert_eq!(both(("greedy", ""), ("greedy", "add1")).err(), Some(Fault::Second));
    }
}
