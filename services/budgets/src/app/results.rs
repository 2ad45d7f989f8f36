//! From the end of a vote to its published result.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use comitia_bus::{inbox, outbox};
use comitia_platform::ApiError;
use comitia_platform::auth::Viewer;
use comitia_proto::events::v1::{PollSealed, ResultPublished};
use comitia_proto::voting::v1::BallotGroup;
use uuid::Uuid;

use crate::app::leftovers::leftovers;
use crate::app::{App, budgets, leftovers};
use crate::consumers::{CLOSINGS, RESULTS};
use crate::domain::budget::{Budget, BudgetState};
use crate::domain::checklist::Change;
use crate::domain::export::Place;
use crate::domain::project::Project;
use crate::domain::result::{Decision, Leftover, Published, available};
use crate::domain::{count, export, seal};
use crate::error::Error;
use crate::store;
use crate::store::results::Exported;
use crate::store::schedules::Scheduled;

/// Notes that the vote of a budget is closed. A poll that is no budget's does not matter.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn note_closed(app: &App, event: Uuid, poll: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin_all().await?;
    let Some(budget) = store::budgets::of_poll(&mut transaction, poll).await? else { return Ok(()) };
    if !inbox::first_time(&mut transaction, CLOSINGS, event).await? {
        return Ok(());
    }
    let now = app.clock.now();
    let mut budget = store::budgets::lock(&mut transaction, budget.id).await?;
    store::schedules::confirm(&mut transaction, poll, now).await?;
    if budget.state == BudgetState::Frozen {
        budget.state = BudgetState::Counting;
        store::budgets::save(&mut transaction, &mut budget, now).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Makes a budget a draft again whose vote was cancelled before it opened. A poll that is no budget's does not
/// matter.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn note_cancelled(app: &App, event: Uuid, poll: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin_all().await?;
    let Some(budget) = store::budgets::of_poll(&mut transaction, poll).await? else { return Ok(()) };
    if !inbox::first_time(&mut transaction, CLOSINGS, event).await? {
        return Ok(());
    }
    let mut budget = store::budgets::lock(&mut transaction, budget.id).await?;
    if budget.poll == Some(poll) && budget.state == BudgetState::Frozen {
        store::schedules::delete(&mut transaction, poll).await?;
        budget.state = BudgetState::Draft;
        budget.poll = None;
        let now = app.clock.now();
        store::budgets::save(&mut transaction, &mut budget, now).await?;
        // Another date is another vote.
        store::checklists::withdraw(&mut transaction, budget.id, Change::CalledOff, now).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Notes that the vote of a budget was annulled: no result will come of it. A poll that is no budget's does not
/// matter.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn note_annulled(app: &App, event: Uuid, poll: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin_all().await?;
    let Some(budget) = store::budgets::of_poll(&mut transaction, poll).await? else { return Ok(()) };
    if !inbox::first_time(&mut transaction, CLOSINGS, event).await? {
        return Ok(());
    }
    let now = app.clock.now();
    let mut budget = store::budgets::lock(&mut transaction, budget.id).await?;
    if matches!(budget.state, BudgetState::Frozen | BudgetState::Counting) {
        store::schedules::confirm(&mut transaction, poll, now).await?;
        budget.state = BudgetState::Annulled;
        store::budgets::save(&mut transaction, &mut budget, now).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Computes and publishes the result of a sealed poll, once; as soon as the budgets are decided that leave to this one
/// what they do not spend. A poll that is no budget's does not matter.
///
/// # Errors
/// When voting or the database is away, the ballots are not those that were sealed, or they cannot be counted.
pub async fn publish_result(app: &App, event: Uuid, sealed: &PollSealed, poll: Uuid) -> Result<(), Error> {
    let Some(undecided) = undecided(app, poll).await? else { return Ok(()) };
    let Some(leftovers) = undecided.leftovers.clone() else {
        return leftovers::wait_for_leftovers(app, &undecided.budget, event, sealed, poll).await;
    };
    let organization = undecided.budget.organization;
    let place = app.peers.organization(organization).await?;
    let closed = app.peers.close_time(organization, poll).await?;
    let ballots = app.peers.ballots(organization, poll).await?;
    let streamed = count::ballot_count(&ballots);
    if streamed != sealed.ballot_count {
        return Err(Error::BallotsDiffer { sealed: sealed.ballot_count, streamed });
    }
    let seal = export::Sealed {
        poll: poll.to_string(),
        digest: sealed.seal_digest.clone(),
        smallest_group: sealed.smallest_group,
        blank_papers: sealed.blank_paper_count,
        invalid_papers: sealed.invalid_paper_count,
    };
    let counted = move || {
        if seal::digest(&undecided.scheduled.request, &ballots)? != seal.digest {
            return Err(Error::SealDiffers);
        }
        count((&place, closed), &undecided, &leftovers, &ballots, &seal)
            .map(|(decision, file)| (undecided.budget, leftovers, decision, file))
    };
    let (budget, leftovers, decision, file) =
        tokio::task::spawn_blocking(counted).await.map_err(ApiError::internal)??;
    let published = Published {
        budget: budget.id,
        poll,
        amount: available(budget.terms.amount, &leftovers),
        leftovers,
        leftover_budget: budget.terms.leftover_budget,
        currency: budget.terms.currency.clone(),
        decision,
        seal_digest: sealed.seal_digest.clone(),
        blank_papers: sealed.blank_paper_count,
        invalid_papers: sealed.invalid_paper_count,
        smallest_group: sealed.smallest_group,
        publish_time: app.clock.now(),
    };
    publish(app, event, organization, &published, &file).await
}

/// Writes a result down, unless there is one by now.
async fn publish(
    app: &App,
    event: Uuid,
    organization: Uuid,
    published: &Published,
    file: &str,
) -> Result<(), Error> {
    let (poll, now) = (published.poll, published.publish_time);
    let mut transaction = app.begin(organization).await?;
    if !inbox::first_time(&mut transaction, RESULTS, event).await? {
        return Ok(());
    }
    let mut budget = store::budgets::lock(&mut transaction, published.budget).await?;
    if matches!(budget.state, BudgetState::Decided | BudgetState::Annulled) {
        return Ok(());
    }
    // A vote may have been scheduled meanwhile whose leftover comes here.
    if leftovers(store::leftovers::sources(&mut transaction, budget.id).await?).as_ref()
        != Some(&published.leftovers)
    {
        return Err(Error::LeftoversChanged);
    }
    store::results::insert(&mut transaction, organization, published, file).await?;
    let funded = published.decision.outcomes.iter().filter(|outcome| outcome.funded);
    let funded: Vec<_> = funded.map(|outcome| outcome.project).collect();
    store::projects::decide(&mut transaction, budget.id, &funded).await?;
    budget.state = BudgetState::Decided;
    store::schedules::confirm(&mut transaction, poll, now).await?;
    store::leftovers::stop_waiting(&mut transaction, budget.id).await?;
    store::budgets::save(&mut transaction, &mut budget, now).await?;
    let trace_sha256 = published.decision.trace_sha256.clone();
    let message = ResultPublished {
        budget_id: budget.id.to_string(),
        poll_id: poll.to_string(),
        trace_sha256: trace_sha256.clone(),
    };
    let event = app.event("budgets.result.published", organization, budget.id, &message);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    let ballots = published.decision.ballot_count;
    tracing::info!(budget = %budget.id, %poll, ballots, funded = funded.len(), trace_sha256, "result published");
    Ok(())
}

/// The budget of a poll with all that its count needs; nothing when there is nothing to count.
async fn undecided(app: &App, poll: Uuid) -> Result<Option<Undecided>, Error> {
    let mut transaction = app.begin_all().await?;
    let Some(budget) = store::budgets::of_poll(&mut transaction, poll).await? else { return Ok(None) };
    if matches!(budget.state, BudgetState::Decided | BudgetState::Annulled) {
        return Ok(None);
    }
    let projects = store::projects::all(&mut transaction, budget.id).await?;
    let scheduled = store::schedules::of_budget(&mut transaction, budget.id).await?;
    let scheduled = scheduled.ok_or(Error::Corrupt("a poll without a schedule"))?;
    let leftovers = leftovers(store::leftovers::sources(&mut transaction, budget.id).await?);
    Ok(Some(Undecided { budget, projects, scheduled, leftovers }))
}

/// The result of a budget's vote.
///
/// # Errors
/// When the budget does not exist or is not decided.
pub async fn result(app: &App, organization: Uuid, budget: Uuid, viewer: Viewer) -> Result<Published, Error> {
    budgets::visible_budget(app, organization, budget, viewer).await?;
    let mut transaction = app.begin(organization).await?;
    store::results::get(&mut transaction, budget).await?.ok_or(Error::ResultNotReady(budget))
}

/// The `.pb` file of a budget's result: budget, text, the result, and where its days begin.
///
/// # Errors
/// When the budget does not exist or is not decided; when spaces is away.
pub async fn export(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    viewer: Viewer,
) -> Result<(Budget, String, Exported, Tz), Error> {
    let found = budgets::visible_budget(app, organization, budget, viewer).await?;
    let mut transaction = app.begin(organization).await?;
    let file = store::results::export(&mut transaction, budget).await?;
    let (text, exported) = file.ok_or(Error::ResultNotReady(budget))?;
    drop(transaction);
    let Place { zone, .. } = app.peers.organization(organization).await?;
    Ok((found, text, exported, zone))
}

/// What a count needs.
struct Undecided {
    budget: Budget,
    projects: Vec<Project>,
    scheduled: Scheduled,
    /// What others left to the budget; nothing as long as one of them is not decided.
    leftovers: Option<Vec<Leftover>>,
}

/// The decision and its file.
fn count(
    (place, close_time): (&Place, DateTime<Utc>),
    undecided: &Undecided,
    leftovers: &[Leftover],
    ballots: &[BallotGroup],
    sealed: &export::Sealed,
) -> Result<(Decision, String), Error> {
    let Undecided { budget, projects, scheduled, .. } = undecided;
    let decision = count::decide(budget, leftovers, projects, ballots)?;
    let specification = scheduled.request.specification.as_ref();
    let file = export::write(&export::Vote {
        place,
        budget,
        leftovers,
        projects,
        schedule: &scheduled.schedule,
        close_time,
        specification: specification.ok_or(Error::Corrupt("poll without a specification"))?,
        ballots,
        decision: &decision,
        sealed,
    })?;
    Ok((decision, file))
}
