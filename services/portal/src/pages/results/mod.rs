//! The result of a budget's vote: what is funded and what is not, why, who took part, and how to check it.

mod export;
mod helped;
mod press;
pub mod recount;
mod report;
mod tables;
pub mod turnout;

use axum::Router;
use axum::routing::get;
use comitia_proto::budgets::v1::{AllocationResult, BrokenTie, Budget, BudgetState};
use comitia_proto::spaces::v1::Process;
use comitia_proto::voting::v1::{Poll, Turnout};
use http::StatusCode;
use maud::{Markup, html};

use crate::engine::RECOUNT;
use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::{Locale, t};
use crate::pages::calls::{self, Areas, count, instant};
use crate::pages::parts::{self, trail};
use crate::pages::rules;
use crate::pages::slugs::Slug;
use crate::ui::{Button, Column, Narrow, Table, table};
use crate::ui::{Stat, Tone, button_link, buttons, details, notice, progress, stats, time};
use crate::visit::{PageResult, Visit, shared};

use self::helped::Helped;

pub use self::export::document;

/// The pages of results.
pub fn routes() -> Router {
    Router::new()
        .route("/budgets/{slug}/result", get(show))
        .route("/budgets/{slug}/result.pb", get(export::pb))
        .route("/budgets/{slug}/result.csv", get(export::csv))
        .route("/budgets/{slug}/result.json", get(export::json))
        .route("/budgets/{slug}/result.pdf", get(report::pdf))
        .route("/budgets/{slug}/result/press", get(press::show))
        .route("/budgets/{slug}/result/press.txt", get(press::file))
}

async fn show(visit: Visit, slug: Slug) -> PageResult {
    let budget = calls::budget(&visit, slug.id()).await?;
    if let Some(moved) = slug.moved(&visit, &budget.title, |slug| format!("/budgets/{slug}/result")) {
        return Ok(moved);
    }
    let result = async {
        match budget.state() {
            BudgetState::Decided => calls::result(&visit, slug.id()).await.map(Some),
            _ => Ok(None),
        }
    };
    let turnout = async {
        match budget.state() {
            BudgetState::Decided => calls::turnout(&visit, budget.poll_id.clone()).await.map(Some),
            _ => Ok(None),
        }
    };
    let helped = async { Ok::<_, PageError>(Helped::of(&visit, &budget).await) };
    let (process, poll, areas, result, turnout, helped) = tokio::try_join!(
        calls::process(&visit, budget.process_id.clone()),
        calls::poll(&visit, &budget.poll_id),
        calls::areas(&visit),
        result,
        turnout,
        helped,
    )?;
    let whole = Whole { visit: &visit, budget: &budget, poll: poll.as_ref(), areas: &areas, helped };
    Ok(match (result, turnout) {
        (Some(result), Some(turnout)) => whole.decided(&process, &result, &turnout),
        _ => whole.undecided(&process),
    })
}

struct Whole<'a> {
    visit: &'a Visit,
    budget: &'a Budget,
    poll: Option<&'a Poll>,
    areas: &'a Areas,
    helped: Helped,
}

impl Whole<'_> {
    fn path(&self) -> String {
        parts::budget_path(self.visit, &self.budget.title, &self.budget.budget_id)
    }

    fn answer(&self, process: &Process, about: Option<&str>, main: Markup) -> axum::response::Response {
        let locale = self.visit.locale;
        let processes = t!(locale, "site-processes");
        let way = [
            (processes.as_ref(), self.visit.link("/processes")),
            (&process.title, parts::process_path(self.visit, process)),
            (&self.budget.title, self.path()),
        ];
        let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
        let title = t!(locale, "result-page-title", budget = &self.budget.title);
        let view = View {
            description: about,
            section: Section::Processes,
            breadcrumbs: Some(trail(self.visit, &way, &t!(locale, "result-title"))),
            scripts: if about.is_some() { recount::scripts() } else { &[] },
            private: about.is_none(),
            ..View::new(&title, main)
        };
        shared(self.visit, self.visit.page(StatusCode::OK, view))
    }

    /// There is no result yet, or there will be none.
    fn undecided(&self, process: &Process) -> axum::response::Response {
        let locale = self.visit.locale;
        let annulled = self.budget.state() == BudgetState::Annulled;
        let closes = self.poll.and_then(|poll| instant(poll.close_time.as_ref()));
        let closes = closes.filter(|end| *end > self.visit.now());
        let main = html! {
            h1 { (t!(locale, "result-heading", budget = &self.budget.title)) }
            @if annulled {
                (notice(&locale, Tone::Warning, Some(&t!(locale, "budgets-annulled")), html! {
                    @if let Some(reason) = self.poll.map(|poll| &poll.call_off_reason).filter(|reason| !reason.is_empty()) {
                        p { (parts::written(reason)) }
                    }
                }))
            } @else {
                p { (t!(locale, "result-not-yet")) }
                @match (closes, self.budget.state()) {
                    (Some(end), _) => p { (t!(locale, "result-not-yet-until", end = locale.deadline(end))) },
                    (None, BudgetState::Draft) => p { (t!(locale, "budgets-draft")) },
                    _ => p { (t!(locale, "budgets-counting")) },
                }
            }
            p { (button_link(Button::Primary, &t!(locale, "result-see-budget"), &self.path())) }
        };
        self.answer(process, None, main)
    }

    fn decided(
        &self,
        process: &Process,
        result: &AllocationResult,
        turnout: &Turnout,
    ) -> axum::response::Response {
        let locale = self.visit.locale;
        let main = html! {
            h1 { (t!(locale, "result-heading", budget = &self.budget.title)) }
            @if let Some(date) = instant(result.publish_time.as_ref()) {
                p { (t!(locale, "result-published")) " " (time(date, &locale.date(date))) }
            }
            (self.figures(result))
            (tables::outcomes(self.visit, self.budget, result))
            (turnout::section(&locale, self.areas, turnout))
            (self.helped.section(&locale))
            (self.rule(result))
            (self.check(result))
            (self.hand_on())
        };
        let about = about(&locale, result);
        RECOUNT.allowed(self.answer(process, Some(&about), main))
    }

    fn figures(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        let funded = result.outcomes.iter().filter(|outcome| outcome.funded).count();
        let values = [
            locale.number(u64::try_from(funded).unwrap_or(0)),
            locale.number(count(result.ballot_count)),
            locale.money(result.spent, &result.currency),
            locale.money(result.amount - result.spent, &result.currency),
        ];
        let labels = [
            t!(locale, "result-funded-count", count = funded),
            t!(locale, "result-ballots", count = count(result.ballot_count)),
            t!(locale, "result-spent").into_owned(),
            t!(locale, "result-left").into_owned(),
        ];
        let list: Vec<_> = values.iter().zip(&labels).map(|(value, label)| Stat { value, label }).collect();
        html! {
            (stats(&list))
            (progress(
                &t!(locale, "result-spent-of", amount = locale.money(result.amount, &result.currency)),
                &locale.percent(count(result.spent), count(result.amount)),
                count(result.spent),
                count(result.amount),
            ))
            @if let Some(share) = satisfied(&locale, result) { p { (share) } }
            @if result.blank_ballot_count > 0 {
                p { (t!(locale, "result-blank-ballots", count = count(result.blank_ballot_count))) }
            }
            (self.leftovers(result))
        }
    }

    /// What came from other budgets, and what becomes of the rest.
    fn leftovers(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        let money = |amount| locale.money(amount, &result.currency);
        let left = result.amount - result.spent;
        html! {
            @for one in &result.leftovers {
                p {
                    (t!(locale, "result-leftover-from", amount = money(one.amount))) " "
                    a href=(parts::budget_path(self.visit, &one.title, &one.budget_id)) { (parts::written(&one.title)) }
                }
            }
            @if left > 0 && !result.leftover_budget_id.is_empty() {
                p {
                    a href=(parts::budget_path(self.visit, "", &result.leftover_budget_id)) {
                        (t!(locale, "result-leftover-to", amount = money(left)))
                    }
                }
            }
        }
    }

    /// What is printed, filed and written about.
    fn hand_on(&self) -> Markup {
        let (locale, path) = (self.visit.locale, self.path());
        html! {
            section aria-labelledby="hand-on" {
                h2 #hand-on { (t!(locale, "result-hand-on")) }
                (buttons(html! {
                    a .button.secondary href={ (path) "/result.pdf" } download { (t!(locale, "result-download-pdf")) }
                    (button_link(Button::Secondary, &t!(locale, "press-title"), &format!("{path}/result/press")))
                }))
            }
        }
    }

    fn rule(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        html! {
            section aria-labelledby="rule" {
                h2 #rule { (t!(locale, "result-rule")) }
                p { (t!(locale, "result-rule-who", organization = &self.visit.organization.display_name)) }
                h3 { (t!(locale, "budgets-how-ballot")) }
                div .prose { ul { @for sentence in rules::ballot(&locale, self.budget) { li { (sentence) } } } }
                h3 { (t!(locale, "budgets-how-decided")) }
                div .prose { ul { @for sentence in rules::allocation(&locale, self.budget) { li { (sentence) } } } }
                @if !result.broken_ties.is_empty() { (self.ties(result)) }
            }
        }
    }

    fn ties(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        details(
            &t!(locale, "result-ties", count = result.broken_ties.len()),
            html! {
                ul {
                    @for tie in &result.broken_ties {
                        li { (self::tie(&locale, tie)) }
                    }
                }
            },
        )
    }

    /// How anybody counts it again.
    fn check(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        let path = self.path();
        html! {
            section aria-labelledby="check" {
                h2 #check { (t!(locale, "result-check")) }
                p { (t!(locale, "result-check-text")) }
                h3 { (t!(locale, "recount-title")) }
                (recount::section(&locale, result, &path))
                h3 { (t!(locale, "result-check-program")) }
                p { (t!(locale, "result-check-how")) }
                pre tabindex="0" { code { "comitia tally --seal " (result.seal_digest) " result.pb" } }
                (buttons(html! {
                    a .button.secondary href={ (path) "/result.pb" } download { (t!(locale, "result-download-pb")) }
                    a .button.secondary href={ (path) "/result.csv" } download { (t!(locale, "result-download-csv")) }
                    a .button.secondary href={ (path) "/result.json" } download { (t!(locale, "result-download-json")) }
                }))
                (self.digests(result))
                @if result.smallest_group > 0 {
                    p { (t!(locale, "result-small-groups", count = count(result.smallest_group))) }
                }
                @if let Some(batches) = self.poll.map(|poll| poll.paper_batches_set_aside.as_slice()).filter(|batches| !batches.is_empty()) {
                    p { (t!(locale, "result-set-aside", count = batches.len())) }
                    ul { @for batch in batches { li { (parts::written(&batch.title)) " – " (parts::written(&batch.reason)) } } }
                }
            }
        }
    }

    fn digests(&self, result: &AllocationResult) -> Markup {
        let locale = self.visit.locale;
        let (what, value) = (t!(locale, "result-digest"), t!(locale, "result-digest-value"));
        let columns = [Column { label: &what, numeric: false }, Column { label: &value, numeric: false }];
        let codes = self.poll.map(|poll| poll.tracking_codes_digest.as_str()).unwrap_or_default();
        let all = [
            (t!(locale, "result-digest-seal"), result.seal_digest.as_str()),
            (t!(locale, "result-digest-trace"), result.trace_sha256.as_str()),
            (t!(locale, "result-digest-codes"), codes),
        ];
        let rows = all
            .iter()
            .filter(|(_, digest)| !digest.is_empty())
            .map(|(label, digest)| vec![html! { (label) }, html! { code .code { (digest) } }])
            .collect();
        let caption = t!(locale, "result-digests");
        table(&Table { id: "digests", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
    }
}

/// The result, for the files; a budget that is not decided has none.
async fn decided(visit: &Visit, slug: &Slug) -> Result<Budget, PageError> {
    let budget = calls::budget(visit, slug.id()).await?;
    if budget.state() == BudgetState::Decided { Ok(budget) } else { Err(PageError::NotFound) }
}

/// A published result with everything that is said about it.
struct Published {
    budget: Budget,
    process: Process,
    poll: Option<Poll>,
    areas: Areas,
    result: AllocationResult,
    turnout: Turnout,
}

impl Published {
    fn about(&self, locale: &Locale) -> String {
        about(locale, &self.result)
    }

    fn satisfied(&self, locale: &Locale) -> Option<String> {
        satisfied(locale, &self.result)
    }

    fn satisfied_share(&self) -> Option<(u64, u64)> {
        satisfied_share(&self.result)
    }

    /// The address of the page, with the host: for what leaves the site.
    fn address(&self, visit: &Visit) -> String {
        let path = parts::budget_path(visit, &self.budget.title, &self.budget.budget_id);
        format!("{}{path}/result", visit.origin)
    }
}

/// The result, for what is made of it elsewhere; a budget that is not decided has none.
async fn published(visit: &Visit, slug: &Slug) -> Result<Published, PageError> {
    let budget = decided(visit, slug).await?;
    let (process, poll, areas, result, turnout) = tokio::try_join!(
        calls::process(visit, budget.process_id.clone()),
        calls::poll(visit, &budget.poll_id),
        calls::areas(visit),
        calls::result(visit, budget.budget_id.clone()),
        calls::turnout(visit, budget.poll_id.clone()),
    )?;
    Ok(Published { budget, process, poll, areas, result, turnout })
}

/// The result in a sentence.
fn about(locale: &Locale, result: &AllocationResult) -> String {
    let funded = result.outcomes.iter().filter(|outcome| outcome.funded).count();
    t!(
        locale,
        "result-about",
        count = funded,
        ballots = count(result.ballot_count),
        spent = locale.money(result.spent, &result.currency)
    )
}

/// How many voters have at least one of their projects.
fn satisfied(locale: &Locale, result: &AllocationResult) -> Option<String> {
    let (part, whole) = satisfied_share(result)?;
    Some(t!(locale, "result-satisfied", share = locale.percent(part, whole)))
}

fn satisfied_share(result: &AllocationResult) -> Option<(u64, u64)> {
    let (part, whole) = result.satisfied_share.split_once('/')?;
    let (part, whole) = (part.parse().ok()?, whole.parse().ok()?);
    (whole > 0).then_some((part, whole))
}

fn tie(locale: &Locale, tie: &BrokenTie) -> String {
    t!(
        locale,
        "result-tie",
        round = tie.round,
        projects = tie.references.join(", "),
        chosen = &tie.chosen,
        by = rules::tie_break(locale, tie.by())
    )
}
