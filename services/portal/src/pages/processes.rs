//! Processes: the list, and each with its phases, what one can do now, and what is in it.

use std::collections::HashMap;

use axum::Router;
use axum::routing::get;
use chrono::{DateTime, Utc};
use comitia_proto::budgets::v1::{Budget, BudgetState};
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal};
use comitia_proto::spaces::v1::{Attachment, PhaseKind, Process};
use comitia_proto::voting::v1::{Poll, PollState};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{self, Areas, instant};
use crate::pages::dates;
use crate::pages::files;
use crate::pages::home::process_cards;
use crate::pages::parts::{self, Asked, excerpt, query, trail};
use crate::pages::proposals::cards as proposal_cards;
use crate::pages::slugs::Slug;
use crate::ui::{Button, Card, Phase, button_link, buttons, cards, empty, markdown, pagination, timeline};
use crate::visit::{PageResult, Visit, shared};

const PAGE: i32 = 24;
/// So many of the newest proposals are shown with their process.
const NEWEST: i32 = 3;

/// The pages of processes.
pub fn routes() -> Router {
    Router::new().route("/processes", get(list)).route("/processes/{slug}", get(show))
}

#[derive(Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    page_token: String,
}

async fn list(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    let (processes, next) = calls::processes(&visit, PAGE, asked.page_token.clone()).await?;
    let title = t!(locale, "process-list-title");
    let path = visit.link("/processes");
    let all: Vec<_> = processes.iter().collect();
    let next = (!next.is_empty()).then(|| format!("{path}{}", query(&[("page_token", &next)])));
    let main = html! {
        h1 { (title) }
        @if all.is_empty() {
            (empty(&t!(locale, "process-list-empty"), html! { p { (t!(locale, "process-list-empty-text")) } }))
        } @else {
            (list_cards(&visit, &all))
        }
        @if !asked.page_token.is_empty() { p { a href=(path) { (t!(locale, "process-list-first")) } } }
        (pagination(&locale, None, next.as_deref()))
    };
    let view = View {
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &[], &title)),
        ..View::new(&title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// The cards have headings below a section's; here they stand below the page's.
fn list_cards(visit: &Visit, processes: &[&Process]) -> Markup {
    html! {
        section aria-labelledby="list" {
            h2 #list .unseen { (t!(visit.locale, "process-list-heading")) }
            (process_cards(visit, processes, visit.now()))
        }
    }
}

async fn show(visit: Visit, slug: Slug) -> PageResult {
    let newest =
        ListProposalsRequest { process_id: slug.id(), page_size: NEWEST, ..ListProposalsRequest::default() };
    let (process, budgets, newest, areas, polls, attachments) = tokio::try_join!(
        calls::process(&visit, slug.id()),
        calls::budgets(&visit, slug.id()),
        calls::proposals(&visit, newest),
        calls::areas(&visit),
        calls::polls(&visit),
        files::of_process(&visit, slug.id()),
    )?;
    if let Some(moved) = slug.moved(&visit, &process.title, |slug| format!("/processes/{slug}")) {
        return Ok(moved);
    }
    let whole = Whole { visit: &visit, process: &process, budgets: &budgets, areas: &areas, polls: &polls };
    let main = whole.page(&newest.proposals, &attachments);
    let processes = t!(visit.locale, "site-processes");
    let about = excerpt(&process.description, 200);
    let view = View {
        description: about.as_deref(),
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &[(&processes, &visit.link("/processes"))], &process.title)),
        ..View::new(&process.title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// A process with what is in it.
struct Whole<'a> {
    visit: &'a Visit,
    process: &'a Process,
    budgets: &'a [Budget],
    areas: &'a Areas,
    polls: &'a HashMap<String, Poll>,
}

impl Whole<'_> {
    fn files(&self, attachments: &[Attachment]) -> Markup {
        let path = files::unpublished(self.visit, self.process);
        let from = path.as_deref().map_or(files::Source::Api, files::Source::Page);
        files::sections(self.visit, from, &attachments.iter().collect::<Vec<_>>())
    }

    fn page(&self, newest: &[Proposal], attachments: &[Attachment]) -> Markup {
        let locale = self.visit.locale;
        let now = self.visit.now();
        html! {
            h1 dir="auto" { (self.process.title) }
            @if !self.process.published && self.visit.preview.is_none() {
                p { (t!(locale, "process-draft")) }
            }
            (dates::of_process(self.visit, self.process, self.votes()))
            section aria-labelledby="phases" {
                h2 #phases { (t!(locale, "process-phases")) }
                @if self.process.phases.is_empty() {
                    (empty(&t!(locale, "process-phases-empty"), html! { p { (t!(locale, "process-phases-empty-text")) } }))
                } @else {
                    (self.phases(now))
                }
            }
            @if !self.process.description.trim().is_empty() {
                section aria-labelledby="about" {
                    h2 #about { (t!(locale, "process-about")) }
                    (markdown(&self.process.description, 3))
                }
            }
            (self.files(attachments))
            (self.proposals(newest))
            (self.envelopes())
            @if self.process.published {
                p { a href={ (parts::process_path(self.visit, self.process)) "/data" } { (t!(locale, "data-open")) } }
            }
        }
    }

    fn phases(&self, now: DateTime<Utc>) -> Markup {
        let phases: Vec<_> = self
            .process
            .phases
            .iter()
            .map(|phase| Phase {
                name: &phase.title,
                state: parts::phase_state(phase, now),
                starts: instant(phase.start_time.as_ref()),
                ends: instant(phase.end_time.as_ref()),
                text: None,
                now: Some(self.what_to_do(phase.kind())),
            })
            .collect();
        timeline(&self.visit.locale, &phases)
    }

    /// What one can do in the phase that is open.
    fn what_to_do(&self, kind: PhaseKind) -> Markup {
        let locale = self.visit.locale;
        let path = parts::process_path(self.visit, self.process);
        let see_proposals = || {
            let label = t!(locale, "process-see-proposals");
            button_link(Button::Secondary, &label, &format!("{path}/proposals"))
        };
        html! {
            p { (locale.text(parts::phase_in_words(kind))) }
            @match kind {
                PhaseKind::Submission if self.process.published => (buttons(html! {
                    (button_link(Button::Primary, &t!(locale, "process-propose"), &format!("{path}/proposals/new")))
                    (see_proposals())
                })),
                PhaseKind::Submission => (buttons(see_proposals())),
                PhaseKind::Examination if parts::takes_proposals(self.process) => (buttons(see_proposals())),
                PhaseKind::Vote if self.may_vote() => (buttons(html! {
                    (button_link(Button::Primary, &t!(locale, "process-vote"), &self.visit.link("/votes")))
                    @if !self.budgets.is_empty() {
                        (button_link(Button::Secondary, &t!(locale, "process-see-projects"), "#budgets"))
                    }
                })),
                PhaseKind::Vote => (self.not_yet()),
                PhaseKind::Execution if self.budgets.iter().any(|budget| budget.state() == BudgetState::Decided) => {
                    (buttons(button_link(Button::Secondary, &t!(locale, "process-see-results"), "#budgets")))
                }
                _ => {}
            }
        }
    }

    fn votes(&self) -> impl Iterator<Item = (&Budget, &Poll)> {
        self.budgets.iter().filter_map(|budget| Some((budget, self.polls.get(&budget.poll_id)?)))
    }

    fn may_vote(&self) -> bool {
        let open = |budget: &Budget| {
            self.polls.get(&budget.poll_id).is_some_and(|poll| poll.state() == PollState::Open)
        };
        self.budgets.iter().any(open)
    }

    /// A phase of votes in which none is open: when the next one opens, if one will.
    fn not_yet(&self) -> Markup {
        let opens = |budget: &Budget| {
            let poll = self.polls.get(&budget.poll_id).filter(|poll| poll.state() == PollState::Scheduled)?;
            instant(poll.open_time.as_ref())
        };
        let locale = self.visit.locale;
        match self.budgets.iter().filter_map(opens).min() {
            Some(start) => {
                html! { p { (t!(locale, "process-vote-opens", start = locale.date_time(start))) } }
            }
            None => html! { p { (t!(locale, "process-vote-none")) } },
        }
    }

    fn proposals(&self, newest: &[Proposal]) -> Markup {
        let locale = self.visit.locale;
        if newest.is_empty() && !parts::takes_proposals(self.process) {
            return html! {};
        }
        let path = format!("{}/proposals", parts::process_path(self.visit, self.process));
        html! {
            section aria-labelledby="proposals" {
                h2 #proposals { (t!(locale, "process-proposals")) }
                @if newest.is_empty() {
                    p { (t!(locale, "process-proposals-empty")) }
                } @else {
                    (proposal_cards(self.visit, newest, self.areas, &HashMap::new(), 3))
                    p { a href=(path) { (t!(locale, "process-all-proposals")) } }
                }
            }
        }
    }

    fn envelopes(&self) -> Markup {
        let locale = self.visit.locale;
        if self.budgets.is_empty() {
            return html! {};
        }
        html! {
            section aria-labelledby="budgets" {
                h2 #budgets { (t!(locale, "process-budgets")) }
                (self.budget_cards())
            }
        }
    }

    fn budget_cards(&self) -> Markup {
        let locale = self.visit.locale;
        let shown: Vec<_> = self
            .budgets
            .iter()
            .map(|budget| {
                let path = parts::budget_path(self.visit, &budget.title, &budget.budget_id);
                let decided = budget.state() == BudgetState::Decided;
                let path = if decided { format!("{path}/result") } else { path };
                let amount =
                    t!(locale, "budgets-amount", amount = locale.money(budget.amount, &budget.currency));
                let area = match budget.area_code.as_str() {
                    "" => t!(locale, "budgets-everywhere").into_owned(),
                    code => self.areas.title(code).to_owned(),
                };
                (budget, path, amount, area)
            })
            .collect();
        let facts: Vec<[&str; 2]> =
            shown.iter().map(|(.., amount, area)| [amount.as_str(), area.as_str()]).collect();
        let list: Vec<_> = shown
            .iter()
            .zip(&facts)
            .map(|((budget, path, ..), facts)| Card {
                picture: None,
                title: &budget.title,
                path,
                tag: Some(parts::budget_tag(&locale, budget, self.polls.get(&budget.poll_id))),
                text: None,
                facts,
            })
            .collect();
        cards(3, &list)
    }
}
