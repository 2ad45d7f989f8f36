//! What several pages of the site show in the same way.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use chrono::{DateTime, Utc};
use comitia_proto::budgets::v1::{Budget, BudgetState};
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::spaces::v1::{ComponentKind, Phase, PhaseKind, Process};
use comitia_proto::voting::v1::{Poll, PollState};
use http::request::Parts;
use maud::{Markup, html};
use serde::de::DeserializeOwned;

use crate::locale::{Locale, key, t};
use crate::pages::calls::instant;
use crate::pages::slugs;
use crate::ui::{Crumb, PhaseState, Tone, breadcrumbs, tag};
use crate::visit::Visit;

/// What the address asks for. An address that somebody cut off or mangled asks for nothing in particular.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequestParts<S> for Asked<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        Ok(Self(asked.map(|query| query.0).unwrap_or_default()))
    }
}

/// The way to a page: home, the pages named, and the page itself.
pub fn trail(visit: &Visit, way: &[(&str, &str)], here: &str) -> Markup {
    let (start, home) = (t!(visit.locale, "home-crumb"), visit.link(""));
    let mut crumbs = vec![Crumb { label: &start, path: Some(&home) }];
    crumbs.extend(way.iter().map(|(label, path)| Crumb { label, path: Some(path) }));
    crumbs.push(Crumb { label: here, path: None });
    breadcrumbs(&visit.locale, &crumbs)
}

/// The address of a process.
pub fn process_path(visit: &Visit, process: &Process) -> String {
    visit.link(&format!("/processes/{}", slugs::of_text(&process.title, &process.process_id)))
}

/// The address of a budget.
pub fn budget_path(visit: &Visit, title: &str, id: &str) -> String {
    visit.link(&format!("/budgets/{}", slugs::of_text(title, id)))
}

/// The address of a project.
pub fn project_path(visit: &Visit, title: &str, id: &str) -> String {
    visit.link(&format!("/projects/{}", slugs::of_text(title, id)))
}

/// The address of a proposal.
pub fn proposal_path(visit: &Visit, title: &str, id: &str) -> String {
    visit.link(&format!("/proposals/{}", slugs::of_text(title, id)))
}

/// When a phase is.
pub fn phase_state(phase: &Phase, now: DateTime<Utc>) -> PhaseState {
    if instant(phase.end_time.as_ref()).is_some_and(|end| end <= now) {
        PhaseState::Past
    } else if instant(phase.start_time.as_ref()).is_some_and(|start| start <= now) {
        PhaseState::Current
    } else {
        PhaseState::Coming
    }
}

/// The phase that is open now.
pub fn current(process: &Process, now: DateTime<Utc>) -> Option<&Phase> {
    process.phases.iter().find(|phase| phase_state(phase, now) == PhaseState::Current)
}

/// The next phase.
pub fn next(process: &Process, now: DateTime<Utc>) -> Option<&Phase> {
    process.phases.iter().find(|phase| phase_state(phase, now) == PhaseState::Coming)
}

/// Whether people can submit proposals in a process at some time.
pub fn takes_proposals(process: &Process) -> bool {
    process.phases.iter().any(|phase| phase.kind() == PhaseKind::Submission)
        || process.components.iter().any(|component| component.kind() == ComponentKind::Proposals)
}

/// Whether proposals can be submitted now. Nobody does in a process that is not published.
pub fn submission_open(process: &Process, now: DateTime<Utc>) -> bool {
    let open = |phase: &Phase| {
        phase.kind() == PhaseKind::Submission && phase_state(phase, now) == PhaseState::Current
    };
    process.published && process.phases.iter().any(open)
}

/// What one can do in a phase, in a sentence.
pub fn phase_in_words(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Unspecified | PhaseKind::Information => key!("process-now-information"),
        PhaseKind::Submission => key!("process-now-submission"),
        PhaseKind::Examination => key!("process-now-examination"),
        PhaseKind::Vote => key!("process-now-vote"),
        PhaseKind::Execution => key!("process-now-execution"),
    }
}

/// Where a proposal stands.
pub fn proposal_tag(locale: &Locale, state: ProposalState) -> Markup {
    let tone = match state {
        ProposalState::Unspecified | ProposalState::Submitted | ProposalState::Withdrawn => Tone::Neutral,
        ProposalState::Examined => Tone::Info,
        ProposalState::Accepted => Tone::Success,
        ProposalState::Rejected => Tone::Warning,
    };
    tag(tone, &locale.text(proposal_state(state)))
}

/// The name of a proposal's state.
pub fn proposal_state(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Unspecified | ProposalState::Submitted => key!("proposals-state-submitted"),
        ProposalState::Examined => key!("proposals-state-examined"),
        ProposalState::Accepted => key!("proposals-state-accepted"),
        ProposalState::Rejected => key!("proposals-state-rejected"),
        ProposalState::Withdrawn => key!("proposals-state-withdrawn"),
    }
}

/// Where a budget stands; of a frozen one, its poll tells.
pub fn budget_tag(locale: &Locale, budget: &Budget, poll: Option<&Poll>) -> Markup {
    let (tone, key) = match budget.state() {
        BudgetState::Unspecified | BudgetState::Draft => (Tone::Neutral, key!("budgets-state-draft")),
        BudgetState::Frozen => match poll.map(Poll::state) {
            Some(PollState::Open) => (Tone::Success, key!("budgets-state-open")),
            Some(PollState::Closed | PollState::WaitingForPaper | PollState::Sealed) => {
                (Tone::Info, key!("budgets-state-counting"))
            }
            _ => (Tone::Info, key!("budgets-state-scheduled")),
        },
        BudgetState::Counting => (Tone::Info, key!("budgets-state-counting")),
        BudgetState::Decided => (Tone::Success, key!("budgets-state-decided")),
        BudgetState::Annulled => (Tone::Warning, key!("budgets-state-annulled")),
    };
    tag(tone, &locale.text(key))
}

/// Text that people wrote, in one piece: a line that reads in its own direction.
pub fn written(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// The first words of a text in one line, at most so many characters; nothing of an empty text. Marks of Markdown go.
pub fn excerpt(text: &str, most: usize) -> Option<String> {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let word = word.trim_matches(['#', '*', '_', '`', '>', '|']).replace("**", "");
        if word.is_empty() {
            continue;
        }
        let letters = word.chars().count();
        if count + letters > most {
            if count == 0 {
                line.extend(word.chars().take(most));
            }
            line.truncate(line.trim_end().len());
            line.push('…');
            return Some(line);
        }
        line.push_str(&word);
        line.push(' ');
        count += letters + 1;
    }
    line.truncate(line.trim_end().len());
    (!line.is_empty()).then_some(line)
}

/// The query of an address from pairs; empty values are left out. Nothing, or it begins with a question mark.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_end_between_words() {
        assert_eq!(excerpt("## A **tree**\n\nfor  all", 50).as_deref(), Some("A tree for all"));
        assert_eq!(excerpt("**for all**, now", 50).as_deref(), Some("for all, now"));
        assert_eq!(excerpt("one two three", 8).as_deref(), Some("one two…"));
        assert_eq!(excerpt("éééééééééé", 4).as_deref(), Some("éééé…"));
        assert_eq!(excerpt(" \n ** ", 4), None);
    }

    #[test]
    fn queries_leave_out_what_is_empty() {
        assert_eq!(query(&[("q", ""), ("area", "")]), "");
        assert_eq!(
            query(&[("q", "a&b é"), ("area", ""), ("page_token", "x")]),
            "?q=a%26b+%C3%A9&page_token=x"
        );
    }

    #[test]
    fn phases_are_over_at_their_end_and_open_at_their_start() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let phase = Phase { start_time: at(100), end_time: at(200), ..Phase::default() };
        let state = |seconds| phase_state(&phase, DateTime::from_timestamp(seconds, 0).unwrap());
        assert_eq!(
            [99, 100, 199, 200].map(state),
            [PhaseState::Coming, PhaseState::Current, PhaseState::Current, PhaseState::Past]
        );
    }
}
