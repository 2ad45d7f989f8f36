//! A budget: how much there is, how it is decided, and the projects that it may fund.

use std::collections::BTreeSet;

use axum::Router;
use axum::routing::get;
use comitia_proto::budgets::v1::{Budget, BudgetState, Project, ProjectStatus};
use comitia_proto::voting::v1::{Poll, PollState};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::{Section, View};
use crate::locale::{Locale, key, t};
use crate::pages::calls::{self, Areas, instant};
use crate::pages::dates;
use crate::pages::parts::{self, Asked, excerpt, query, trail};
use crate::pages::rules;
use crate::pages::slugs::{Slug, folded};
use crate::ui::{
    Button, Card, Choice, Field, Filter, Kind, Stat, Tone, button_link, cards, details, empty, filter,
    notice, pagination, stats, tag,
};
use crate::visit::{PageResult, Visit, shared};

/// Projects on a page: a phone shows that many, and a vote seldom has more.
const PAGE: usize = 200;

/// The pages of budgets.
pub fn routes() -> Router {
    Router::new().route("/budgets/{slug}", get(show))
}

/// What the list of projects was asked for.
#[derive(Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: String,
}

impl Query {
    fn active(&self) -> usize {
        [&self.q, &self.category, &self.sort].iter().filter(|value| !value.trim().is_empty()).count()
    }

    /// Counted from 1.
    fn number(&self) -> usize {
        self.page.parse().unwrap_or(1).clamp(1, 1000)
    }

    fn address(&self, path: &str, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let pairs =
            [("q", self.q.as_str()), ("category", &self.category), ("sort", &self.sort), ("page", &page)];
        format!("{path}{}", query(&pairs))
    }

    /// The projects that were asked for, in the order that was asked for.
    fn choose<'p>(&self, projects: &'p [Project]) -> Vec<&'p Project> {
        let words = folded(&self.q);
        let words: Vec<_> = words.split_whitespace().collect();
        let matches = |project: &&Project| {
            let category = self.category.is_empty() || project.categories.contains(&self.category);
            category && {
                let text = folded(&format!(
                    "{} {} {} {}",
                    project.reference, project.title, project.description, project.address
                ));
                words.iter().all(|word| text.contains(word))
            }
        };
        let mut chosen: Vec<_> = projects.iter().filter(matches).collect();
        match self.sort.as_str() {
            "title" => chosen.sort_by_cached_key(|project| folded(&project.title)),
            "cheapest" => chosen.sort_by_key(|project| project.cost),
            "dearest" => chosen.sort_by_key(|project| std::cmp::Reverse(project.cost)),
            _ => chosen.sort_by(|a, b| natural(&a.reference).cmp(&natural(&b.reference))),
        }
        chosen
    }
}

/// References as people count: V2 comes before V10.
fn natural(reference: &str) -> (&str, u64, &str) {
    let start = reference.find(|letter: char| letter.is_ascii_digit()).unwrap_or(reference.len());
    let (before, rest) = reference.split_at(start);
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (number, after) = rest.split_at(end);
    (before, number.parse().unwrap_or(u64::MAX), after)
}

async fn show(visit: Visit, slug: Slug, Asked(asked): Asked<Query>) -> PageResult {
    let (id, budget_id) = (slug.id(), slug.id());
    let (budget, projects, areas) = tokio::try_join!(
        calls::budget(&visit, id),
        calls::projects(&visit, &budget_id),
        calls::areas(&visit)
    )?;
    if let Some(moved) = slug.moved(&visit, &budget.title, |slug| format!("/budgets/{slug}")) {
        return Ok(moved);
    }
    let (process, poll) = tokio::try_join!(
        calls::process(&visit, budget.process_id.clone()),
        calls::poll(&visit, &budget.poll_id)
    )?;
    let locale = visit.locale;
    let path = parts::budget_path(&visit, &budget.title, &budget.budget_id);
    let main = html! {
        p { (parts::budget_tag(&locale, &budget, poll.as_ref())) }
        h1 dir="auto" { (budget.title) }
        (figures(&visit, &budget, &projects, &areas))
        @if let Some(poll) = &poll { (dates::later_close(&locale, poll)) }
        (state(&visit, &budget, poll.as_ref(), &path))
        (how(&locale, &budget))
        (list(&visit, &budget, &projects, &asked, &path))
    };
    let processes = t!(locale, "site-processes");
    let way = [
        (processes.as_ref(), visit.link("/processes")),
        (&process.title, parts::process_path(&visit, &process)),
    ];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let about = t!(locale, "budgets-about", process = &process.title, count = projects.len());
    let view = View {
        description: Some(&about),
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &budget.title)),
        ..View::new(&budget.title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

fn figures(visit: &Visit, budget: &Budget, projects: &[Project], areas: &Areas) -> Markup {
    let locale = visit.locale;
    let amount = locale.money(budget.amount, &budget.currency);
    let (label, projects_label, area_label) = (
        t!(locale, "budgets-envelope"),
        t!(locale, "budgets-projects-label", count = projects.len()),
        t!(locale, "budgets-area"),
    );
    let count = locale.number(u64::try_from(projects.len()).unwrap_or(0));
    let everywhere = t!(locale, "budgets-everywhere");
    let area = if budget.area_code.is_empty() { &everywhere } else { areas.title(&budget.area_code) };
    stats(&[
        Stat { value: &amount, label: &label },
        Stat { value: &count, label: &projects_label },
        Stat { value: area, label: &area_label },
    ])
}

/// What is going on, and what one can do.
fn state(visit: &Visit, budget: &Budget, poll: Option<&Poll>, path: &str) -> Markup {
    let locale = visit.locale;
    let when = |time: Option<&prost_types::Timestamp>| instant(time);
    let (opens, closes) = (
        poll.and_then(|poll| when(poll.open_time.as_ref())),
        poll.and_then(|poll| when(poll.close_time.as_ref())),
    );
    match (budget.state(), poll.map(Poll::state)) {
        (BudgetState::Decided, _) => html! {
            p { (button_link(Button::Primary, &t!(locale, "budgets-see-result"), &format!("{path}/result"))) }
        },
        (BudgetState::Annulled, _) | (_, Some(PollState::Annulled)) => notice(
            &locale,
            Tone::Warning,
            Some(&t!(locale, "budgets-annulled")),
            html! {
                @if let Some(reason) = poll.map(|poll| &poll.call_off_reason).filter(|reason| !reason.is_empty()) {
                    p { (parts::written(reason)) }
                }
            },
        ),
        (_, Some(PollState::Open)) => notice(
            &locale,
            Tone::Success,
            Some(&t!(locale, "budgets-open")),
            html! {
                @if let Some(end) = closes { p { (t!(locale, "budgets-open-until", end = locale.deadline(end))) } }
                p { (button_link(Button::Primary, &t!(locale, "home-vote"), &visit.link("/votes"))) }
            },
        ),
        (_, Some(PollState::Scheduled)) => notice(
            &locale,
            Tone::Info,
            None,
            html! {
                @if let (Some(start), Some(end)) = (opens, closes) {
                    p { (t!(locale, "budgets-scheduled", start = locale.date_time(start), end = locale.deadline(end))) }
                }
            },
        ),
        (BudgetState::Counting, _) | (_, Some(_)) => {
            notice(&locale, Tone::Info, None, html! { p { (t!(locale, "budgets-counting")) } })
        }
        (_, None) => notice(&locale, Tone::Info, None, html! { p { (t!(locale, "budgets-draft")) } }),
    }
}

fn how(locale: &Locale, budget: &Budget) -> Markup {
    details(
        &t!(locale, "budgets-how"),
        html! {
            p { strong { (t!(locale, "budgets-how-ballot")) } }
            ul { @for sentence in rules::ballot(locale, budget) { li { (sentence) } } }
            p { strong { (t!(locale, "budgets-how-decided")) } }
            ul { @for sentence in rules::allocation(locale, budget) { li { (sentence) } } }
        },
    )
}

fn list(visit: &Visit, budget: &Budget, projects: &[Project], asked: &Query, path: &str) -> Markup {
    let locale = visit.locale;
    let chosen = asked.choose(projects);
    let number = asked.number();
    let shown: Vec<_> = chosen.iter().skip((number - 1) * PAGE).take(PAGE).copied().collect();
    let previous = (number > 1).then(|| asked.address(path, number - 1));
    let next = (chosen.len() > number * PAGE).then(|| asked.address(path, number + 1));
    html! {
        section aria-labelledby="projects" {
            h2 #projects { (t!(locale, "budgets-projects")) }
            @if projects.is_empty() {
                (empty(&t!(locale, "budgets-projects-none"), html! { p { (t!(locale, "budgets-projects-none-text")) } }))
            } @else {
                (panel(&locale, asked, projects, path))
                @if shown.is_empty() {
                    (empty(&t!(locale, "budgets-none-found"), html! { p { a href=(path) { (t!(locale, "budgets-show-all")) } } }))
                } @else {
                    p { (t!(locale, "budgets-found", count = chosen.len())) }
                    (project_cards(visit, &shown, &budget.currency))
                }
                (pagination(&locale, previous.as_deref(), next.as_deref()))
            }
        }
    }
}

fn panel(locale: &Locale, asked: &Query, projects: &[Project], path: &str) -> Markup {
    let names: BTreeSet<_> = projects.iter().flat_map(|project| &project.categories).collect();
    let categories: Vec<_> = names.iter().map(|name| Choice::new(name, name)).collect();
    let labels = [
        ("title", t!(locale, "budgets-sort-title")),
        ("cheapest", t!(locale, "budgets-sort-cheapest")),
        ("dearest", t!(locale, "budgets-sort-dearest")),
    ];
    let orders: Vec<_> = labels.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let fields = html! {
        (Field::new(locale, "q", t!(locale, "budgets-filter-words")).input(Kind::Search, &asked.q))
        @if !categories.is_empty() {
            (Field::new(locale, "category", t!(locale, "budgets-filter-category"))
                .select(Some(&asked.category), Some(&t!(locale, "budgets-any")), &categories))
        }
        (Field::new(locale, "sort", t!(locale, "budgets-sort"))
            .select(Some(&asked.sort), Some(&t!(locale, "budgets-sort-number")), &orders))
    };
    filter(locale, &Filter { action: path, active: asked.active(), fields })
}

/// Projects as cards.
pub fn project_cards(visit: &Visit, projects: &[&Project], currency: &str) -> Markup {
    let locale = visit.locale;
    let shown: Vec<_> = projects
        .iter()
        .map(|project| {
            let mut facts = vec![locale.money(project.cost, currency)];
            facts.push(t!(locale, "projects-number", number = &project.reference));
            facts.extend(project.categories.iter().cloned());
            if !project.address.is_empty() {
                facts.push(project.address.clone());
            }
            let path = parts::project_path(visit, &project.title, &project.project_id);
            (project, path, excerpt(&project.description, 120), facts)
        })
        .collect();
    let facts: Vec<Vec<&str>> =
        shown.iter().map(|(.., facts)| facts.iter().map(String::as_str).collect()).collect();
    let list: Vec<_> = shown
        .iter()
        .zip(&facts)
        .map(|((project, path, text, _), facts)| Card {
            picture: None,
            title: &project.title,
            path,
            tag: project_tag(&locale, project.status()),
            text: text.as_deref(),
            facts,
        })
        .collect();
    cards(3, &list)
}

/// How a project stands, once its budget is decided.
pub fn project_tag(locale: &Locale, status: ProjectStatus) -> Option<Markup> {
    let (tone, key) = match status {
        ProjectStatus::Unspecified => return None,
        ProjectStatus::NotFunded => (Tone::Neutral, key!("projects-not-funded")),
        ProjectStatus::Funded => (Tone::Success, key!("projects-funded")),
        ProjectStatus::Planning => (Tone::Info, key!("projects-planning")),
        ProjectStatus::CarriedOut => (Tone::Info, key!("projects-carried-out")),
        ProjectStatus::Finished => (Tone::Success, key!("projects-finished")),
        ProjectStatus::GivenUp => (Tone::Warning, key!("projects-given-up")),
    };
    Some(tag(tone, &locale.text(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projects() -> Vec<Project> {
        let project = |reference: &str, title: &str, cost, category: &str| Project {
            reference: reference.into(),
            title: title.into(),
            cost,
            categories: vec![category.into()],
            ..Project::default()
        };
        vec![
            project("10", "Écluse", 300, "eau"),
            project("2", "Arbres", 100, "parcs"),
            project("B/1", "Zone calme", 200, "parcs"),
        ]
    }

    fn chosen(asked: &Query) -> Vec<String> {
        asked.choose(&projects()).into_iter().map(|project| project.reference.clone()).collect()
    }

    #[test]
    fn projects_are_narrowed_and_ordered() {
        let asked = |q: &str, category: &str, sort: &str| {
            chosen(&Query { q: q.into(), category: category.into(), sort: sort.into(), ..Query::default() })
        };
        assert_eq!(asked("", "", ""), ["2", "10", "B/1"]);
        assert_eq!(asked("", "", "title"), ["2", "10", "B/1"]);
        assert_eq!(asked("", "", "cheapest"), ["2", "B/1", "10"]);
        assert_eq!(asked("", "", "dearest"), ["10", "B/1", "2"]);
        assert_eq!(asked("ecluse", "", ""), ["10"]);
        assert_eq!(asked("calme ZONE", "parcs", "unheard-of"), ["B/1"]);
        assert!(asked("calme", "eau", "").is_empty());
    }

    #[test]
    fn references_are_in_the_order_of_numbers() {
        let mut references = ["V10", "V2", "10", "9", "B/1", "V2b", "99999999999999999999999", ""];
        references.sort_by(|a, b| natural(a).cmp(&natural(b)));
        assert_eq!(references, ["9", "10", "99999999999999999999999", "", "B/1", "V2", "V2b", "V10"]);
    }

    #[test]
    fn pages_are_numbers() {
        let number = |page: &str| Query { page: page.into(), ..Query::default() }.number();
        assert_eq!(
            [number(""), number("x"), number("0"), number("3"), number("99999999999")],
            [1, 1, 1, 3, 1000]
        );
        let asked = Query { sort: "title".into(), ..Query::default() };
        assert_eq!(asked.address("/p", 2), "/p?sort=title&page=2");
        assert_eq!(asked.address("/p", 1), "/p?sort=title");
    }
}
