//! Scheduling the vote of a budget, and making sure that voting has its poll.

use comitia_core::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::VoteWarning;
use comitia_proto::identity::v1::{CountElectorsRequest, DistrictElectors};
use comitia_proto::spaces::v1::HoldVotePhaseRequest;
use uuid::Uuid;

use crate::app::{App, budgets, checklists, leftovers};
use crate::domain::budget::{Budget, BudgetState};
use crate::domain::electorate::Electorate;
use crate::domain::export::Place;
use crate::domain::poll::{self, Schedule};
use crate::error::Error;
use crate::store;
use crate::store::schedules::Scheduled;

/// A vote that is scheduled, with what is to be said of it.
#[derive(Clone, Debug)]
pub struct ScheduledVote {
    /// The frozen budget.
    pub budget: Budget,
    /// The districts of the roll.
    pub electors: Vec<DistrictElectors>,
    /// What looks wrong.
    pub warnings: Vec<VoteWarning>,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// The vote is scheduled.
    Nothing,
    /// What scheduling it would say.
    Validate,
}

/// Freezes a budget with its projects and rules, and creates its poll. The freeze fixes the poll and
/// what it will be; when voting is away the budget stays frozen, and the same call again (or the job)
/// goes on from there.
///
/// # Errors
/// When the process is not published, the vote is not inside a vote phase, the roll is unknown, nobody could vote, no
/// ballot could keep the rules, two people have not signed off a budget that asks for it, voting refuses the poll (the budget is not frozen then) or is away (it
/// is), or the budget was frozen for another vote.
pub async fn schedule_vote(
    app: &App,
    organization: Uuid,
    id: Uuid,
    schedule: Schedule,
    only: Only,
) -> Result<ScheduledVote, Error> {
    schedule.check()?;
    let budget = budgets::budget(app, organization, id).await?;
    let schedule = schedule.for_area(&budget.terms.area_code);
    if budget.state == BudgetState::Draft {
        schedule.check_future(app.clock.now())?;
        let process = app.peers.process(organization, budget.process).await?;
        schedule.check_phase(&process.phases)?;
        if only == Only::Validate && !process.published {
            let text = "the process is not published";
            return Err(ApiError::precondition(Reason::ProcessNotPublished, text).into());
        }
    }
    let Place { zone: time_zone, .. } = app.peers.organization(organization).await?;
    let areas = app.peers.areas(organization).await?;
    let whom = schedule.whom(&areas, time_zone.name());
    let districts = app.peers.electors(organization, whom.clone()).await?;
    let electorate = Electorate { schedule: &schedule, areas: &areas, districts: &districts };
    if budget.state == BudgetState::Draft {
        electorate.check()?;
        if only == Only::Validate {
            return validated(app, organization, budget, &electorate, whom).await;
        }
        freeze(app, organization, id, &schedule, whom).await?;
    } else if only == Only::Validate {
        return Err(Error::Frozen(id));
    }
    let mut transaction = app.begin(organization).await?;
    let scheduled = store::schedules::of_budget(&mut transaction, id).await?;
    drop(transaction);
    // Unfrozen meanwhile, because voting refused the poll.
    let scheduled = scheduled.ok_or(Error::Frozen(id))?;
    if scheduled.schedule != schedule {
        return Err(Error::Frozen(id));
    }
    if !scheduled.confirmed {
        create_poll(app, &scheduled).await?;
    }
    let mut transaction = app.begin(organization).await?;
    let budget = store::budgets::get(&mut transaction, id).await?;
    let projects = store::projects::all(&mut transaction, id).await?;
    let warnings = electorate.warnings(&budget.terms, &projects);
    Ok(ScheduledVote { budget, warnings, electors: districts })
}

/// What scheduling would say, without doing it.
async fn validated(
    app: &App,
    organization: Uuid,
    budget: Budget,
    electorate: &Electorate<'_>,
    whom: CountElectorsRequest,
) -> Result<ScheduledVote, Error> {
    let mut transaction = app.begin(organization).await?;
    leftovers::check_in_time(&mut transaction, &budget).await?;
    let projects = store::projects::all(&mut transaction, budget.id).await?;
    transaction.commit().await?;
    poll::poll(comitia_core::id::new(), &budget, &projects, electorate.schedule, whom)?;
    let warnings = electorate.warnings(&budget.terms, &projects);
    Ok(ScheduledVote { budget, warnings, electors: electorate.districts.to_vec() })
}

/// Freezes a budget, unless somebody else just did.
async fn freeze(
    app: &App,
    organization: Uuid,
    id: Uuid,
    schedule: &Schedule,
    whom: CountElectorsRequest,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let mut budget = store::budgets::lock(&mut transaction, id).await?;
    if budget.state != BudgetState::Draft {
        return Ok(());
    }
    checklists::check_signed(&mut transaction, &budget, schedule).await?;
    leftovers::check_in_time(&mut transaction, &budget).await?;
    let projects = store::projects::all(&mut transaction, id).await?;
    let poll = comitia_core::id::new();
    let scheduled = Scheduled {
        budget: id,
        organization,
        poll,
        schedule: schedule.clone(),
        request: poll::poll(poll, &budget, &projects, schedule, whom)?,
        confirmed: false,
    };
    let now = app.clock.now();
    budget.state = BudgetState::Frozen;
    budget.poll = Some(poll);
    store::budgets::save(&mut transaction, &mut budget, now).await?;
    store::schedules::insert(&mut transaction, &scheduled, now + app.poll_retry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Has spaces hold the phase and voting create the poll. When one of them refuses for good, the budget
/// is a draft again.
async fn create_poll(app: &App, scheduled: &Scheduled) -> Result<(), Error> {
    let organization = scheduled.organization;
    let refusal = match hold_phase(app, scheduled).await? {
        Some(refusal) => Some(refusal),
        None => match app.peers.create_poll(organization, scheduled.request.clone()).await {
            Ok(()) => None,
            Err(error) if error.code == ErrorCode::InvalidArgument => Some(error),
            Err(error) => return Err(error.into()),
        },
    };
    // An answer may have been lost, and what was good then be refused now: never thaw a budget that has a poll.
    if let Some(refusal) = refusal
        && !app.peers.has_poll(organization, scheduled.poll).await?
    {
        app.peers.release_vote_phase(organization, scheduled.poll).await?;
        thaw(app, scheduled).await?;
        return Err(refusal.into());
    }
    let mut transaction = app.begin(organization).await?;
    store::schedules::confirm(&mut transaction, scheduled.poll, app.clock.now()).await?;
    transaction.commit().await?;
    Ok(())
}

/// Has spaces keep the vote's phase as it is until the poll is closed. Gives what spaces says against
/// the vote: that the process is not published, or has no such phase.
async fn hold_phase(app: &App, scheduled: &Scheduled) -> Result<Option<ApiError>, Error> {
    let budget = budgets::budget(app, scheduled.organization, scheduled.budget).await?;
    let vote = HoldVotePhaseRequest {
        process_id: budget.process.to_string(),
        poll_id: scheduled.poll.to_string(),
        open_time: Some(timestamp(scheduled.schedule.open_time)),
        close_time: Some(timestamp(scheduled.schedule.close_time)),
    };
    match app.peers.hold_vote_phase(scheduled.organization, vote).await {
        Ok(()) => Ok(None),
        Err(error) if matches!(error.code, ErrorCode::FailedPrecondition | ErrorCode::NotFound) => {
            Ok(Some(error))
        }
        Err(error) => Err(error.into()),
    }
}

async fn thaw(app: &App, scheduled: &Scheduled) -> Result<(), Error> {
    let mut transaction = app.begin(scheduled.organization).await?;
    let mut budget = store::budgets::lock(&mut transaction, scheduled.budget).await?;
    if budget.poll != Some(scheduled.poll) || budget.state != BudgetState::Frozen {
        return Ok(());
    }
    if store::schedules::delete_unconfirmed(&mut transaction, scheduled.poll).await? {
        budget.state = BudgetState::Draft;
        budget.poll = None;
        store::budgets::save(&mut transaction, &mut budget, app.clock.now()).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Tries again to create polls that voting has not confirmed. Gives how many it tried.
///
/// # Errors
/// When the database fails or cannot be reached; what fails for one poll is logged, and tried again later.
pub async fn create_missing_polls(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let mut transaction = app.begin_all().await?;
    let due = store::schedules::take_due(&mut transaction, now, now + app.poll_retry).await?;
    transaction.commit().await?;
    for scheduled in &due {
        if let Err(error) = create_poll(app, scheduled).await {
            tracing::warn!(budget = %scheduled.budget, poll = %scheduled.poll, %error, "the poll is not created");
        }
    }
    Ok(due.len())
}
