//! What is on a ballot: the poll with its options and rules, and the budget's money and projects. It is the same for all
//! voters, so that it is fetched once in a while and not once a voter.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use comitia_platform::Reason;
use comitia_platform::validate;
use comitia_proto::budgets::v1::{Budget, GetBudgetOfPollRequest, ListProjectsRequest, Project};
use comitia_proto::voting::v1::{GetPollRequest, Poll, PollState};
use maud::Markup;
use moka::future::Cache;
use tonic::Status;
use uuid::Uuid;

use crate::error::PageError;
use crate::pages::calls::{self, Areas};
use crate::ui::markdown;
use crate::visit::Visit;

/// As long as the API's own answer is good for.
const POLL_GOOD_FOR: Duration = Duration::from_secs(2);
/// The projects of a vote are frozen.
const BUDGET_GOOD_FOR: Duration = Duration::from_secs(60);
const POLLS: u64 = 200;
const PROJECTS_A_PAGE: i32 = 1000;
/// How many bytes of descriptions a ballot has, so that it loads on a phone with many projects, too; and how many of one.
const ALL_TEXTS: usize = 60_000;
const SHORTEST_TEXT: usize = 300;
const LONGEST_TEXT: usize = 4000;

/// A budget that a poll decides on.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// The budget.
    pub budget: Budget,
    /// What its projects are about, by the references that ballots use.
    pub projects: HashMap<String, About>,
}

/// What a project is about, as a ballot shows it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The project.
    pub project_id: String,
    /// Its description, or the beginning of it.
    pub text: Markup,
    /// Whether there is more to read.
    pub cut: bool,
    /// The address or name of its place.
    pub address: String,
}

/// A poll, and the budget that it decides on if it is one's.
#[derive(Clone, Debug)]
pub struct Paper {
    /// The poll.
    pub poll: Arc<Poll>,
    /// Its budget.
    pub envelope: Option<Arc<Envelope>>,
}

impl Paper {
    /// The currency of costs; empty when it is not known.
    pub fn currency(&self) -> &str {
        self.envelope.as_ref().map_or("", |envelope| &envelope.budget.currency)
    }
}

/// Whether one may vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The poll has not opened.
    NotYet,
    /// Ballots are taken.
    Open,
    /// No ballot is taken any more.
    Over,
    /// The poll was cancelled or annulled.
    CalledOff,
}

/// Whether one may vote now. The state of a poll may be a moment old; its times do not change.
pub fn door(poll: &Poll, now: DateTime<Utc>) -> Door {
    match poll.state() {
        PollState::Cancelled | PollState::Annulled => Door::CalledOff,
        PollState::Closed | PollState::Sealed | PollState::WaitingForPaper => Door::Over,
        PollState::Scheduled | PollState::Open | PollState::Unspecified => {
            if opens(poll).is_some_and(|time| now < time) {
                Door::NotYet
            } else if closes(poll).is_some_and(|time| now >= time) {
                Door::Over
            } else {
                Door::Open
            }
        }
    }
}

/// When a poll opens.
pub fn opens(poll: &Poll) -> Option<DateTime<Utc>> {
    validate::time("open_time", poll.open_time.as_ref()).ok()
}

/// When a poll closes.
pub fn closes(poll: &Poll) -> Option<DateTime<Utc>> {
    validate::time("close_time", poll.close_time.as_ref()).ok()
}

/// Polls and budgets that were fetched a moment ago. Cheap to clone.
#[derive(Clone)]
pub struct Papers {
    polls: Cache<(Uuid, Uuid), Arc<Poll>>,
    envelopes: Cache<(Uuid, Uuid), Option<Arc<Envelope>>>,
    areas: Cache<Uuid, Arc<Areas>>,
}

impl Papers {
    pub fn new() -> Self {
        Self {
            polls: Cache::builder().max_capacity(POLLS).time_to_live(POLL_GOOD_FOR).build(),
            envelopes: Cache::builder().max_capacity(POLLS).time_to_live(BUDGET_GOOD_FOR).build(),
            areas: Cache::builder().max_capacity(POLLS).time_to_live(BUDGET_GOOD_FOR).build(),
        }
    }

    /// A poll.
    ///
    /// # Errors
    /// When it does not exist, or voting is away.
    pub async fn poll(&self, visit: &Visit, id: Uuid) -> Result<Arc<Poll>, PageError> {
        let ask = async {
            let message = GetPollRequest { poll_id: id.to_string() };
            let answer = visit.services().polls().get_poll(visit.anonymous(message)).await?;
            answer.into_inner().poll.map(Arc::new).ok_or_else(|| Status::internal("voting gave no poll"))
        };
        let found = self.polls.try_get_with((visit.organization_id, id), ask).await;
        found.map_err(|status: Arc<Status>| (*status).clone().into())
    }

    /// The budget of a poll, if it is one's.
    ///
    /// # Errors
    /// When budgets is away.
    pub async fn envelope(&self, visit: &Visit, id: Uuid) -> Result<Option<Arc<Envelope>>, PageError> {
        let found = self.envelopes.try_get_with((visit.organization_id, id), fetch_envelope(visit, id)).await;
        found.map_err(|error: Arc<PageError>| (*error).clone())
    }

    /// What people call a district; its code when nobody has named it, or spaces is away.
    pub async fn district(&self, visit: &Visit, code: &str) -> String {
        if code.is_empty() {
            return String::new();
        }
        let ask = async { calls::areas(visit).await.map(Arc::new) };
        let areas = self.areas.try_get_with(visit.organization_id, ask).await.unwrap_or_default();
        areas.title(code).to_owned()
    }

    /// A poll with its budget.
    ///
    /// # Errors
    /// When the poll does not exist, or a service is away.
    pub async fn paper(&self, visit: &Visit, id: Uuid) -> Result<Paper, PageError> {
        let (poll, envelope) = futures_util::join!(self.poll(visit, id), self.envelope(visit, id));
        Ok(Paper { poll: poll?, envelope: envelope? })
    }

    /// The same for a ballot that is under way: that nobody can say what its projects are about must not stop it.
    ///
    /// # Errors
    /// When the poll does not exist, or voting is away.
    pub async fn paper_under_way(&self, visit: &Visit, id: Uuid) -> Result<Paper, PageError> {
        let (poll, envelope) = futures_util::join!(self.poll(visit, id), self.envelope(visit, id));
        Ok(Paper { poll: poll?, envelope: envelope.unwrap_or_default() })
    }
}

async fn fetch_envelope(visit: &Visit, poll: Uuid) -> Result<Option<Arc<Envelope>>, PageError> {
    let message = GetBudgetOfPollRequest { poll_id: poll.to_string() };
    let budget = match visit.services().budgets().get_budget_of_poll(visit.anonymous(message)).await {
        Ok(answer) => answer.into_inner().budget.unwrap_or_default(),
        Err(status) => {
            let error = PageError::from(status);
            return if error.reason() == Some(Reason::ResourceNotFound) { Ok(None) } else { Err(error) };
        }
    };
    let mut projects = Vec::new();
    let mut page_token = String::new();
    loop {
        let budget_id = budget.budget_id.clone();
        let message = ListProjectsRequest { budget_id, page_size: PROJECTS_A_PAGE, page_token };
        let page = visit.services().projects().list_projects(visit.anonymous(message)).await?.into_inner();
        projects.extend(page.projects);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let each = (ALL_TEXTS / projects.len().max(1)).clamp(SHORTEST_TEXT, LONGEST_TEXT);
    let projects =
        projects.into_iter().map(|project| (project.reference.clone(), about(project, each))).collect();
    Ok(Some(Arc::new(Envelope { budget, projects })))
}

fn about(project: Project, longest: usize) -> About {
    let (beginning, cut) = beginning(&project.description, longest);
    About { text: markdown(beginning, 4), cut, address: project.address, project_id: project.project_id }
}

/// The beginning of a text, up to the end of a word, and whether that is not all of it.
fn beginning(text: &str, longest: usize) -> (&str, bool) {
    if text.len() <= longest {
        return (text, false);
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let part = text.get(..end).unwrap_or_default();
    let word = part.rfind(char::is_whitespace).filter(|end| *end > longest / 2).unwrap_or(part.len());
    (part.get(..word).unwrap_or(part), true)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn a_text_is_cut_at_a_word() {
        assert_eq!(beginning("short", 10), ("short", false));
        assert_eq!(beginning("some words that go on", 12), ("some words", true));
        assert_eq!(beginning("ééééééééé", 5), ("éé", true));
        assert_eq!(beginning("", 0), ("", false));
    }

    #[test]
    fn a_poll_opens_and_closes_by_the_clock() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let poll = |state: PollState| Poll {
            state: state.into(),
            open_time: Some(Timestamp { seconds: 100, nanos: 0 }),
            close_time: Some(Timestamp { seconds: 200, nanos: 0 }),
            ..Poll::default()
        };
        for state in [PollState::Scheduled, PollState::Open] {
            for (seconds, expected) in
                [(99, Door::NotYet), (100, Door::Open), (199, Door::Open), (200, Door::Over)]
            {
                assert_eq!(door(&poll(state), at(seconds)), expected, "{seconds}");
            }
        }
        // A person closed it before its time.
        assert_eq!(door(&poll(PollState::Closed), at(150)), Door::Over);
        assert_eq!(door(&poll(PollState::WaitingForPaper), at(250)), Door::Over);
        assert_eq!(door(&poll(PollState::Sealed), at(250)), Door::Over);
        assert_eq!(door(&poll(PollState::Cancelled), at(50)), Door::CalledOff);
        assert_eq!(door(&poll(PollState::Annulled), at(150)), Door::CalledOff);
    }
}
