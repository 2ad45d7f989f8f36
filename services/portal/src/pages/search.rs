//! Search over processes, proposals and projects.

use axum::Router;
use axum::routing::get;
use comitia_proto::budgets::v1::Project;
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal};
use comitia_proto::spaces::v1::Process;
use futures_util::future::try_join_all;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::budgets::project_cards;
use crate::pages::calls::{self, Areas};
use crate::pages::home::process_cards;
use crate::pages::parts::{Asked, trail};
use crate::pages::slugs::folded;
use crate::ui::{Button, Field, Kind, button, empty, form_get};
use crate::visit::{PageResult, Visit};

/// The newest processes are searched.
const PROCESSES: i32 = 20;
/// So many of each kind are shown.
const SHOWN: usize = 20;
const PER_PROCESS: i32 = 20;
const LONGEST: usize = 200;

/// The page of the search.
pub fn routes() -> Router {
    Router::new().route("/search", get(show))
}

#[derive(Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    q: String,
}

/// What was found.
#[derive(Default)]
struct Found {
    processes: Vec<Process>,
    proposals: Vec<Proposal>,
    /// With the currency of their budget.
    projects: Vec<(Project, String)>,
    areas: Areas,
}

impl Found {
    fn count(&self) -> usize {
        self.processes.len() + self.proposals.len() + self.projects.len()
    }
}

async fn show(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    let asked: String = asked.q.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    let folded = folded(&asked);
    let words: Vec<_> = words(&folded);
    let found = if words.is_empty() { Found::default() } else { search(&visit, &asked, &words).await? };
    let title = t!(locale, "home-search-title");
    let main = html! {
        h1 { (title) }
        search {
            (form_get(&visit.link("/search"), html! {
                (Field::new(&locale, "q", t!(locale, "home-search-words"))
                    .hint(t!(locale, "home-search-hint"))
                    .input(Kind::Search, &asked))
                (button(Button::Primary, &t!(locale, "home-search-go"), None))
            }))
        }
        @if !words.is_empty() { (results(&visit, &found, &asked)) }
    };
    let view = View {
        section: Section::Search,
        breadcrumbs: Some(trail(&visit, &[], &title)),
        private: !asked.is_empty(),
        ..View::new(&title, main)
    };
    Ok(visit.page(StatusCode::OK, view))
}

fn words(folded: &str) -> Vec<&str> {
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

fn has_all(words: &[&str], texts: &[&str]) -> bool {
    let text = folded(&texts.join(" "));
    words.iter().all(|word| text.contains(word))
}

async fn search(visit: &Visit, asked: &str, words: &[&str]) -> Result<Found, PageError> {
    let ((processes, _), areas) =
        tokio::try_join!(calls::processes(visit, PROCESSES, String::new()), calls::areas(visit))?;
    let proposals = try_join_all(processes.iter().map(|process| {
        let request = ListProposalsRequest {
            process_id: process.process_id.clone(),
            query: asked.to_owned(),
            page_size: PER_PROCESS,
            ..ListProposalsRequest::default()
        };
        calls::proposals(visit, request)
    }));
    let projects = try_join_all(processes.iter().map(|process| projects(visit, process, words)));
    let (proposals, projects) = tokio::try_join!(proposals, projects)?;
    let mut proposals: Vec<_> = proposals.into_iter().flat_map(|answer| answer.proposals).collect();
    let mut projects: Vec<_> = projects.into_iter().flatten().collect();
    let mut processes: Vec<_> = processes
        .into_iter()
        .filter(|process| has_all(words, &[&process.title, &process.description]))
        .collect();
    processes.truncate(SHOWN);
    proposals.truncate(SHOWN);
    projects.truncate(SHOWN);
    Ok(Found { processes, proposals, projects, areas })
}

async fn projects(
    visit: &Visit,
    process: &Process,
    words: &[&str],
) -> Result<Vec<(Project, String)>, PageError> {
    let budgets = calls::budgets(visit, process.process_id.clone()).await?;
    let all = try_join_all(budgets.iter().map(|budget| calls::projects(visit, &budget.budget_id))).await?;
    Ok(budgets
        .iter()
        .zip(all)
        .flat_map(|(budget, projects)| projects.into_iter().map(|project| (project, budget.currency.clone())))
        .filter(|(project, _)| {
            has_all(words, &[&project.title, &project.description, &project.address, &project.reference])
        })
        .collect())
}

fn results(visit: &Visit, found: &Found, asked: &str) -> Markup {
    let locale = visit.locale;
    if found.count() == 0 {
        let title = t!(locale, "home-search-nothing", words = asked);
        return empty(&title, html! { p { (t!(locale, "home-search-nothing-text")) } });
    }
    let processes: Vec<_> = found.processes.iter().collect();
    html! {
        p role="status" { (t!(locale, "home-search-found", count = found.count())) }
        @if !processes.is_empty() {
            section aria-labelledby="processes" {
                h2 #processes { (t!(locale, "site-processes")) }
                (process_cards(visit, &processes, visit.now()))
            }
        }
        @if !found.projects.is_empty() {
            section aria-labelledby="projects" {
                h2 #projects { (t!(locale, "budgets-projects")) }
                @for (currency, projects) in by_currency(&found.projects) {
                    (project_cards(visit, &projects, currency))
                }
            }
        }
        @if !found.proposals.is_empty() {
            section aria-labelledby="proposals" {
                h2 #proposals { (t!(locale, "proposals-title")) }
                (super::proposals::cards(visit, &found.proposals, &found.areas, 3))
            }
        }
    }
}

/// Runs of projects with the same currency.
fn by_currency(projects: &[(Project, String)]) -> Vec<(&str, Vec<&Project>)> {
    let runs = projects.chunk_by(|(_, first), (_, second)| first == second);
    runs.filter_map(|run| {
        let (_, currency) = run.first()?;
        Some((currency.as_str(), run.iter().map(|(project, _)| project).collect()))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_without_case_and_accents() {
        let asked = folded("ÉCOLE arbre!");
        let words = words(&asked);
        assert_eq!(words, ["ecole", "arbre"]);
        assert!(has_all(&words, &["Des arbres", "devant l’école"]));
        assert!(!has_all(&words, &["Des arbres", "devant la mairie"]));
    }
}
