//! Turning accepted proposals into projects.

use std::collections::{HashMap, HashSet};

use comitia_platform::validate::{self, Checks};
use comitia_proto::proposals::v1::{Proposal, ProposalState};
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::app::projects::NewProject;
use crate::app::{App, budgets, projects};
use crate::domain::budget::Budget;
use crate::domain::project::{self, Project, ProjectValues};
use crate::error::Error;
use crate::store;

/// The most proposals of one request.
const MOST_PROPOSALS: usize = 1_000;
/// How many proposals are asked for at once.
const AT_ONCE: usize = 16;

/// Turns accepted proposals into projects of a budget that is not frozen. One that is a project of the budget already
/// is left as it is. Gives the projects in the order of the proposals.
///
/// # Errors
/// When the budget is frozen, or a proposal is not accepted, or not of the budget's process.
pub async fn import_proposals(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    proposals: &[String],
) -> Result<Vec<Project>, Error> {
    let mut checks = Checks::new();
    checks.require(
        (1..=MOST_PROPOSALS).contains(&proposals.len()),
        "proposal_ids",
        format!("must be 1 to {MOST_PROPOSALS} proposals"),
    );
    checks.finish()?;
    let ids = proposals
        .iter()
        .enumerate()
        .map(|(i, id)| validate::uuid(&format!("proposal_ids[{i}]"), id))
        .collect::<Result<Vec<_>, _>>()?;
    let before = budgets::budget(app, organization, budget).await?;
    before.require_draft()?;
    let news = accepted(app, organization, &before, &ids).await?;

    let mut transaction = app.begin(organization).await?;
    let budget = store::budgets::lock(&mut transaction, budget).await?;
    let present = store::projects::all(&mut transaction, budget.id).await?;
    let mut by_proposal: HashMap<Uuid, Project> =
        present.into_iter().filter_map(|project| Some((project.proposal?, project))).collect();
    let mut seen = HashSet::new();
    let missing = news
        .into_iter()
        .filter(|new| new.proposal.is_some_and(|id| !by_proposal.contains_key(&id) && seen.insert(id)));
    let missing: Vec<_> = missing.collect();
    let added = projects::add(app, &mut transaction, &budget, missing).await?;
    transaction.commit().await?;
    app.outbox.wake();
    by_proposal.extend(added.into_iter().filter_map(|project| Some((project.proposal?, project))));
    Ok(ids.iter().filter_map(|id| by_proposal.get(id).cloned()).collect())
}

/// The projects that these proposals would be, in their order.
async fn accepted(
    app: &App,
    organization: Uuid,
    budget: &Budget,
    ids: &[Uuid],
) -> Result<Vec<NewProject>, Error> {
    stream::iter(ids.iter().copied().enumerate())
        .map(|(i, id)| async move {
            let field = format!("proposal_ids[{i}]");
            let proposal = app.peers.proposal(organization, id).await?;
            new_project(budget, id, field, proposal)
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

fn new_project(
    budget: &Budget,
    id: Uuid,
    field: String,
    proposal: Option<Proposal>,
) -> Result<NewProject, Error> {
    let Some(proposal) = proposal else {
        return Err(comitia_platform::ApiError::invalid_field(
            field,
            "must be a proposal of this organization",
        )
        .into());
    };
    let refused = if proposal.process_id != budget.process.to_string() {
        Some("must be a proposal of the budget's process")
    } else if proposal.state() != ProposalState::Accepted {
        Some("must be accepted")
    } else if proposal.hidden {
        Some("must not be hidden")
    } else {
        None
    };
    if let Some(rule) = refused {
        return Err(Error::ProposalState { field, rule });
    }
    let place = proposal.place.unwrap_or_default();
    let values = ProjectValues {
        title: proposal.title,
        description: proposal.body,
        cost: proposal.estimated_cost,
        categories: Some(proposal.category).filter(|category| !category.is_empty()).into_iter().collect(),
        address: place.address,
        latitude: place.latitude,
        longitude: place.longitude,
        exclusion_group: String::new(),
    };
    let mut checks = Checks::new();
    project::check(&mut checks, &format!("{field}."), "", &values);
    checks.finish()?;
    Ok(NewProject { reference: String::new(), values, proposal: Some(id) })
}
