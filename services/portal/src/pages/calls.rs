//! The calls that several pages make.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use comitia_proto::budgets::v1::{
    AllocationResult, Budget, GetBudgetRequest, GetResultRequest, ListBudgetsRequest, ListProjectsRequest,
    Project,
};
use comitia_proto::proposals::v1::{ListProposalsRequest, ListProposalsResponse};
use comitia_proto::spaces::v1::{
    AreaOutline, GetProcessRequest, ListAreaOutlinesRequest, ListAreasRequest, ListProcessesRequest, Process,
    Ring,
};
use comitia_proto::voting::v1::{GetPollRequest, GetTurnoutRequest, ListPollsRequest, Poll, Turnout};

use crate::error::PageError;
use crate::ui::{Position, Shape};
use crate::visit::Visit;

/// The most that services give at once.
const PAGE: i32 = 1000;
/// So many pages at the most: a budget has 10,000 projects.
const PAGES: usize = 10;

/// The areas of the organization by their codes.
#[derive(Debug, Default)]
pub struct Areas(BTreeMap<String, String>);

impl Areas {
    /// What people call an area; its code when nobody has named it.
    pub fn title<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.get(code).map_or(code, String::as_str)
    }

    /// Whether there is such an area.
    pub fn has(&self, code: &str) -> bool {
        self.0.contains_key(code)
    }

    /// Code and title of each, by title.
    pub fn by_title(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = self.0.iter().map(|(code, title)| (code.as_str(), title.as_str())).collect();
        all.sort_by_key(|(_, title)| crate::pages::slugs::folded(title));
        all
    }
}

impl FromIterator<(String, String)> for Areas {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(areas: T) -> Self {
        Self(areas.into_iter().collect())
    }
}

/// The areas of the organization.
pub async fn areas(visit: &Visit) -> Result<Areas, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let request = ListAreasRequest { page_size: PAGE, page_token };
        let answer = visit.services().areas().list_areas(visit.request(request)).await?.into_inner();
        all.extend(answer.areas.into_iter().map(|area| (area.code, area.title)));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all.into_iter().collect())
}

/// The outlines of areas, for maps.
pub async fn outlines(visit: &Visit) -> Result<Vec<Shape>, PageError> {
    let (areas, drawn) = tokio::try_join!(areas(visit), drawn(visit, PAGE, PAGES))?;
    let shape = |outline: AreaOutline| Shape {
        title: areas.title(&outline.code).to_owned(),
        rings: rings(&outline.rings),
    };
    Ok(drawn.into_iter().map(shape).collect())
}

/// The outlines of areas, as they are stored.
pub async fn drawn_areas(visit: &Visit) -> Result<Vec<AreaOutline>, PageError> {
    drawn(visit, PAGE, PAGES).await
}

/// Whether any area has an outline.
pub async fn has_outlines(visit: &Visit) -> Result<bool, PageError> {
    Ok(!drawn(visit, 1, 1).await?.is_empty())
}

async fn drawn(visit: &Visit, page_size: i32, pages: usize) -> Result<Vec<AreaOutline>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..pages {
        let request = visit.request(ListAreaOutlinesRequest { page_size, page_token });
        let answer = visit.services().areas().list_area_outlines(request).await?.into_inner();
        all.extend(answer.outlines);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// Rings in degrees.
pub fn rings(rings: &[Ring]) -> Vec<Vec<Position>> {
    let degrees = |millionths: i32| f64::from(millionths) / 1e6;
    let ring = |ring: &Ring| -> Vec<Position> {
        ring.positions.chunks_exact(2).map(|at| (degrees(at[0]), degrees(at[1]))).collect()
    };
    rings.iter().map(ring).collect()
}

/// The newest processes, and the token for those before them.
pub async fn processes(
    visit: &Visit,
    page_size: i32,
    page_token: String,
) -> Result<(Vec<Process>, String), PageError> {
    let request = ListProcessesRequest { page_size, page_token };
    let answer = visit.services().processes().list_processes(visit.request(request)).await?.into_inner();
    Ok((answer.processes, answer.next_page_token))
}

/// A process.
pub async fn process(visit: &Visit, process_id: String) -> Result<Process, PageError> {
    let request = visit.request(GetProcessRequest { process_id });
    let answer = visit.services().processes().get_process(request).await?;
    answer.into_inner().process.ok_or(PageError::NotFound)
}

/// The budgets of a process.
pub async fn budgets(visit: &Visit, process_id: String) -> Result<Vec<Budget>, PageError> {
    let request = ListBudgetsRequest { process_id, page_size: PAGE, page_token: String::new() };
    let answer = visit.services().budgets().list_budgets(visit.request(request)).await?;
    Ok(answer.into_inner().budgets)
}

/// A budget.
pub async fn budget(visit: &Visit, budget_id: String) -> Result<Budget, PageError> {
    let request = visit.request(GetBudgetRequest { budget_id });
    let answer = visit.services().budgets().get_budget(request).await?;
    answer.into_inner().budget.ok_or(PageError::NotFound)
}

/// The result of a budget's vote.
pub async fn result(visit: &Visit, budget_id: String) -> Result<AllocationResult, PageError> {
    let request = visit.request(GetResultRequest { budget_id });
    let answer = visit.services().budgets().get_result(request).await?;
    answer.into_inner().result.ok_or(PageError::NotFound)
}

/// All projects of a budget.
pub async fn projects(visit: &Visit, budget_id: &str) -> Result<Vec<Project>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let request = ListProjectsRequest { budget_id: budget_id.to_owned(), page_size: PAGE, page_token };
        let answer = visit.services().projects().list_projects(visit.request(request)).await?.into_inner();
        all.extend(answer.projects);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// A page of proposals.
pub async fn proposals(
    visit: &Visit,
    request: ListProposalsRequest,
) -> Result<ListProposalsResponse, PageError> {
    Ok(visit.services().proposals().list_proposals(visit.request(request)).await?.into_inner())
}

/// The newest polls by their ids, without what can be chosen in them.
pub async fn polls(visit: &Visit) -> Result<HashMap<String, Poll>, PageError> {
    let request = ListPollsRequest { page_size: PAGE, page_token: String::new() };
    let answer = visit.services().polls().list_polls(visit.request(request)).await?;
    Ok(answer.into_inner().polls.into_iter().map(|poll| (poll.poll_id.clone(), poll)).collect())
}

/// A poll; none for a budget without one.
pub async fn poll(visit: &Visit, poll_id: &str) -> Result<Option<Poll>, PageError> {
    if poll_id.is_empty() {
        return Ok(None);
    }
    let request = visit.request(GetPollRequest { poll_id: poll_id.to_owned() });
    Ok(visit.services().polls().get_poll(request).await?.into_inner().poll)
}

/// How many have voted in a poll.
pub async fn turnout(visit: &Visit, poll_id: String) -> Result<Turnout, PageError> {
    let request = visit.request(GetTurnoutRequest { poll_id });
    let answer = visit.services().polls().get_turnout(request).await?;
    answer.into_inner().turnout.ok_or(PageError::NotFound)
}

/// An instant as services write it.
pub fn instant(time: Option<&prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    let time = time?;
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}

/// A count as services write it; there are no negative ones.
pub fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
