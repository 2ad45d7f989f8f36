//! Search over processes, proposals and projects.
//!
//! Proposals have their search in the API. Processes and projects are few: what is public of them is kept for some seconds, so that
//! looking for something does not cost a call for each budget of the city, however often it is done.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use comitia_proto::budgets::v1::{Budget, ListBudgetsRequest, ListProjectsRequest, Project};
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal};
use comitia_proto::spaces::v1::{ListProcessesRequest, Process};
use futures_util::future::try_join_all;
use http::StatusCode;
use maud::{Markup, html};
use moka::future::Cache;
use serde::Deserialize;
use uuid::Uuid;

use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::budgets::project_cards;
use crate::pages::calls::{self, Areas};
use crate::pages::home::process_cards;
use crate::pages::parts::{self, Asked, excerpt, trail};
use crate::pages::slugs::folded;
use crate::ui::{Button, Field, Kind, button, empty, form_get};
use crate::visit::{PageResult, Visit};

/// The newest processes are searched.
const PROCESSES: i32 = 20;
/// So many of each kind are shown.
const SHOWN: usize = 20;
const PER_PROCESS: i32 = 20;
const PROJECTS: i32 = 1000;
const LONGEST: usize = 200;
/// What is kept of a description, for its card.
const EXCERPT: usize = 200;
const KEPT_FOR: Duration = Duration::from_secs(10);
/// Bytes of text that are kept, of all organizations together.
const KEPT: u64 = 32 << 20;

/// The page of the search.
pub fn routes() -> Router {
    let kept: Kept = Cache::builder()
        .max_capacity(KEPT)
        .weigher(|_, public: &Arc<Public>| public.weight())
        .time_to_live(KEPT_FOR)
        .build();
    Router::new().route("/search", get(show)).layer(Extension(kept))
}

#[derive(Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    q: String,
}

type Kept = Cache<Uuid, Arc<Public>>;

/// The processes and projects of an organization that everybody can see, each with its folded text.
#[derive(Default)]
struct Public {
    processes: Vec<(Process, String)>,
    projects: Vec<Entry>,
}

struct Entry {
    project: Project,
    currency: String,
    text: String,
}

impl Public {
    fn weight(&self) -> u32 {
        let processes = self.processes.iter().map(|(_, text)| text.len() * 2);
        let projects = self.projects.iter().map(|entry| entry.text.len() + EXCERPT + size_of::<Entry>());
        u32::try_from(processes.chain(projects).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// As the public sees them.
    async fn of(visit: &Visit) -> Result<Self, PageError> {
        let request = ListProcessesRequest { page_size: PROCESSES, page_token: String::new() };
        let answer = visit.services().processes().list_processes(visit.anonymous(request)).await?;
        let processes = answer.into_inner().processes;
        let projects = try_join_all(processes.iter().map(|process| projects(visit, process))).await?;
        let text = |process: &Process| folded(&format!("{} {}", process.title, process.description));
        Ok(Self {
            processes: processes.into_iter().map(|process| (process.clone(), text(&process))).collect(),
            projects: projects.into_iter().flatten().collect(),
        })
    }
}

async fn projects(visit: &Visit, process: &Process) -> Result<Vec<Entry>, PageError> {
    let process_id = process.process_id.clone();
    let request = ListBudgetsRequest { process_id, page_size: PROJECTS, page_token: String::new() };
    let answer = visit.services().budgets().list_budgets(visit.anonymous(request)).await?;
    let budgets = answer.into_inner().budgets;
    Ok(try_join_all(budgets.iter().map(|budget| of_budget(visit, budget)))
        .await?
        .into_iter()
        .flatten()
        .collect())
}

async fn of_budget(visit: &Visit, budget: &Budget) -> Result<Vec<Entry>, PageError> {
    let budget_id = budget.budget_id.clone();
    let request = ListProjectsRequest { budget_id, page_size: PROJECTS, page_token: String::new() };
    let answer = visit.services().projects().list_projects(visit.anonymous(request)).await?;
    let entry = |mut project: Project| {
        let text = folded(&format!(
            "{} {} {} {}",
            project.reference, project.title, project.address, project.description
        ));
        project.description = excerpt(&project.description, EXCERPT).unwrap_or_default();
        project.progress_reports.clear();
        Entry { project, currency: budget.currency.clone(), text }
    };
    Ok(answer.into_inner().projects.into_iter().map(entry).collect())
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

async fn show(visit: Visit, Extension(kept): Extension<Kept>, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    let asked: String = asked.q.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    let folded = folded(&asked);
    let words: Vec<_> = words(&folded);
    let found =
        if words.is_empty() { Found::default() } else { search(&visit, &kept, &asked, &words).await? };
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

fn has_all(words: &[&str], text: &str) -> bool {
    words.iter().all(|word| text.contains(word))
}

async fn search(visit: &Visit, kept: &Kept, asked: &str, words: &[&str]) -> Result<Found, PageError> {
    let public = kept.try_get_with(visit.organization_id, async { Public::of(visit).await.map(Arc::new) });
    let public = public.await.map_err(|error: Arc<PageError>| (*error).clone())?;
    let proposals =
        public.processes.iter().filter(|(process, _)| parts::takes_proposals(process)).map(|(process, _)| {
            let request = ListProposalsRequest {
                process_id: process.process_id.clone(),
                query: asked.to_owned(),
                page_size: PER_PROCESS,
                ..ListProposalsRequest::default()
            };
            calls::proposals(visit, request)
        });
    let (proposals, areas) = tokio::try_join!(try_join_all(proposals), calls::areas(visit))?;
    let processes = public.processes.iter().filter(|(_, text)| has_all(words, text));
    let projects = public.projects.iter().filter(|entry| has_all(words, &entry.text));
    Ok(Found {
        processes: processes.map(|(process, _)| process.clone()).take(SHOWN).collect(),
        proposals: proposals.into_iter().flat_map(|answer| answer.proposals).take(SHOWN).collect(),
        projects: projects.map(|entry| (entry.project.clone(), entry.currency.clone())).take(SHOWN).collect(),
        areas,
    })
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
                (super::proposals::cards(visit, &found.proposals, &found.areas, &HashMap::new(), 3))
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
        assert!(has_all(&words, &folded("Des arbres devant l’école")));
        assert!(!has_all(&words, &folded("Des arbres devant la mairie")));
    }
}
