//! The tables, a page of rows at a time: UTF-8, commas, one line of column names (RFC 4180). Names of columns are English and stay
//! what they are; the README says what they mean.

use bytes::Bytes;
use comitia_proto::budgets::v1::{Budget, BudgetState, ListProjectsRequest, Project};
use comitia_proto::proposals::v1::{AuthorKind, ListProposalsRequest, Proposal};
use comitia_proto::voting::v1::Turnout;
use futures_util::stream::{self, StreamExt as _};

use super::files::{Content, Process};
use crate::error::PageError;
use crate::locale::key;
use crate::pages::calls::{self, Areas, instant};
use crate::pages::office::inert;
use crate::ui::Marker;
use crate::visit::Visit;

const PAGE: i32 = 1000;

/// The columns of the proposals, with what they mean.
pub const PROPOSALS: &[(&str, &str)] = &[
    ("proposal_id", key!("data-column-proposal")),
    ("title", key!("data-column-title")),
    ("body", key!("data-column-body")),
    ("state", key!("data-column-state")),
    ("area_code", key!("data-column-area")),
    ("category", key!("data-column-category")),
    ("address", key!("data-column-address")),
    ("latitude", key!("data-column-latitude")),
    ("longitude", key!("data-column-longitude")),
    ("author_kind", key!("data-column-author-kind")),
    ("association", key!("data-column-association")),
    ("answer", key!("data-column-answer")),
    ("submitted_on", key!("data-column-submitted")),
];

/// The columns of the projects.
pub const PROJECTS: &[(&str, &str)] = &[
    ("project_id", key!("data-column-project")),
    ("budget_id", key!("data-column-budget")),
    ("budget_title", key!("data-column-budget-title")),
    ("reference", key!("data-column-reference")),
    ("title", key!("data-column-title")),
    ("description", key!("data-column-description")),
    ("cost_minor_units", key!("data-column-cost")),
    ("currency", key!("data-column-currency")),
    ("categories", key!("data-column-categories")),
    ("address", key!("data-column-address")),
    ("latitude", key!("data-column-latitude")),
    ("longitude", key!("data-column-longitude")),
    ("exclusion_group", key!("data-column-exclusion")),
    ("proposal_id", key!("data-column-from-proposal")),
    ("status", key!("data-column-status")),
    ("percent_done", key!("data-column-percent")),
    ("spent_minor_units", key!("data-column-spent")),
];

/// The columns of the participation.
pub const PARTICIPATION: &[(&str, &str)] = &[
    ("budget_id", key!("data-column-budget")),
    ("budget_title", key!("data-column-budget-title")),
    ("district_code", key!("data-column-district")),
    ("district_title", key!("data-column-district-title")),
    ("online_count", key!("data-column-online")),
    ("paper_count", key!("data-column-paper")),
    ("any_channel_count", key!("data-column-any")),
    ("ballot_count", key!("data-column-ballots")),
];

/// Rows as lines. What a spreadsheet would run as a formula has an apostrophe before it.
fn lines(rows: impl IntoIterator<Item = Vec<String>>, head: Option<&[(&str, &str)]>) -> Bytes {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let names = head.map(|head| head.iter().map(|(name, _)| (*name).to_owned()).collect());
    for row in names.into_iter().chain(rows) {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row.iter().map(|cell: &String| inert(cell).into_owned()));
    }
    writer.into_inner().unwrap_or_default().into()
}

fn degrees(latitude: f64, longitude: f64) -> [String; 2] {
    match Marker::at(latitude, longitude) {
        Some((longitude, latitude)) => [latitude.to_string(), longitude.to_string()],
        None => [String::new(), String::new()],
    }
}

/// The proposals that everybody sees: moderation hides the others from the list that strangers get.
pub fn proposals(visit: Visit, process: &Process) -> Content {
    let first = ListProposalsRequest {
        process_id: process.process_id.clone(),
        page_size: PAGE,
        ..ListProposalsRequest::default()
    };
    let pages = stream::try_unfold(Some(first), move |request| {
        let visit = visit.clone();
        async move {
            let Some(request) = request else { return Ok(None) };
            let found = calls::proposals(&visit, request.clone()).await?;
            let head = request.page_token.is_empty().then_some(PROPOSALS);
            let rows = found.proposals.iter().filter(|proposal| !proposal.hidden);
            let lines = lines(rows.map(|proposal| proposal_row(&visit, proposal)), head);
            let next = (!found.next_page_token.is_empty())
                .then_some(ListProposalsRequest { page_token: found.next_page_token, ..request });
            Ok::<_, PageError>(Some((lines, next)))
        }
    });
    pages.boxed()
}

/// Whoever writes under their own name is named on the page of the proposal, and in no table.
fn proposal_row(visit: &Visit, proposal: &Proposal) -> Vec<String> {
    let place = proposal.place.clone().unwrap_or_default();
    let [latitude, longitude] = degrees(place.latitude, place.longitude);
    let submitted = instant(proposal.create_time.as_ref());
    let submitted =
        submitted.map(|time| time.with_timezone(&visit.locale.zone).format("%Y-%m-%d").to_string());
    let association = proposal.author_kind() == AuthorKind::Association;
    vec![
        proposal.proposal_id.clone(),
        proposal.title.clone(),
        proposal.body.clone(),
        proposal.state().as_str_name().to_owned(),
        proposal.area_code.clone(),
        proposal.category.clone(),
        place.address,
        latitude,
        longitude,
        proposal.author_kind().as_str_name().to_owned(),
        if association { proposal.author_name.clone() } else { String::new() },
        proposal.answer.clone(),
        submitted.unwrap_or_default(),
    ]
}

/// The projects of all budgets, one budget after the other.
pub fn projects(visit: Visit, process: Process) -> Content {
    let start = (0, String::new(), true);
    let pages = stream::try_unfold(start, move |(place, page_token, first)| {
        let (visit, budget) = (visit.clone(), process.budgets.get(place).cloned());
        async move {
            let head = first.then_some(PROJECTS);
            let Some(budget) = budget else {
                // A process without budgets has a table without rows.
                let done = (usize::MAX, String::new(), false);
                return Ok(first.then(|| (lines([], head), done)));
            };
            let request =
                ListProjectsRequest { budget_id: budget.budget_id.clone(), page_size: PAGE, page_token };
            let found = visit.services().projects().list_projects(visit.request(request)).await?;
            let found = found.into_inner();
            let lines = lines(found.projects.iter().map(|project| project_row(&budget, project)), head);
            let next = if found.next_page_token.is_empty() { place + 1 } else { place };
            Ok::<_, PageError>(Some((lines, (next, found.next_page_token, false))))
        }
    });
    pages.boxed()
}

fn project_row(budget: &Budget, project: &Project) -> Vec<String> {
    let [latitude, longitude] = degrees(project.latitude, project.longitude);
    let latest = project.progress_reports.last();
    vec![
        project.project_id.clone(),
        budget.budget_id.clone(),
        budget.title.clone(),
        project.reference.clone(),
        project.title.clone(),
        project.description.clone(),
        project.cost.to_string(),
        budget.currency.clone(),
        project.categories.join(", "),
        project.address.clone(),
        latitude,
        longitude,
        project.exclusion_group.clone(),
        project.proposal_id.clone(),
        project.status().as_str_name().to_owned(),
        latest.map(|report| report.percent_done.to_string()).unwrap_or_default(),
        latest.map(|report| report.spent.to_string()).unwrap_or_default(),
    ]
}

/// How many voted in each decided budget, by district as the result pages say it: small groups stand together.
pub fn participation(visit: Visit, process: Process) -> Content {
    let decided: Vec<_> =
        process.budgets.into_iter().filter(|budget| budget.state() == BudgetState::Decided).collect();
    let start = (decided.into_iter(), None::<Areas>);
    let pages = stream::try_unfold(start, move |(mut rest, areas)| {
        let visit = visit.clone();
        async move {
            let Some(budget) = rest.next() else { return Ok(None) };
            let (areas, head) = match areas {
                Some(areas) => (areas, None),
                None => (calls::areas(&visit).await?, Some(PARTICIPATION)),
            };
            let turnout = calls::turnout(&visit, budget.poll_id.clone()).await?;
            let lines = lines(turnout_rows(&areas, &budget, &turnout), head);
            Ok::<_, PageError>(Some((lines, (rest, Some(areas)))))
        }
    });
    pages.boxed()
}

fn turnout_rows(areas: &Areas, budget: &Budget, turnout: &Turnout) -> Vec<Vec<String>> {
    let row = |cells: [String; 6]| {
        let mut row = vec![budget.budget_id.clone(), budget.title.clone()];
        row.extend(cells);
        row
    };
    // A count of 0 beside one in any channel is a channel that is not shown by itself.
    let some = |count: i64| if count == 0 { String::new() } else { count.to_string() };
    let districts = turnout.districts.iter().map(|district| {
        row([
            district.district.clone(),
            areas.title(&district.district).to_owned(),
            some(district.online_count),
            some(district.paper_count),
            some(district.any_channel_count),
            String::new(),
        ])
    });
    let nothing = String::new;
    let all = [nothing(), nothing(), nothing(), nothing(), nothing(), turnout.ballot_count.to_string()];
    districts.chain([row(all)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let row = ["=1+1", "a,b", "\"x\"", "deux\nlignes", "-4.83"].map(str::to_owned).to_vec();
        let text = lines([row], Some(&[("a", ""), ("b", "")]));
        assert_eq!(text, "a,b\r\n'=1+1,\"a,b\",\"\"\"x\"\"\",\"deux\nlignes\",-4.83\r\n");
    }

    #[test]
    fn every_row_has_as_many_cells_as_there_are_columns() {
        let budget = Budget { budget_id: "b".into(), title: "Budget".into(), ..Budget::default() };
        assert_eq!(project_row(&budget, &Project::default()).len(), PROJECTS.len());
        let turnout = Turnout { ballot_count: 7, ..Turnout::default() };
        let rows = turnout_rows(&Areas::default(), &budget, &turnout);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].len(), PARTICIPATION.len());
        assert_eq!(rows[0][7], "7");
    }
}
