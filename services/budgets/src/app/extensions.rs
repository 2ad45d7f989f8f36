//! A vote that is open closes later: never earlier, and never again once it is closed. voting keeps that; here it is made sure that
//! the phase lasts as long, and that two people do it where the budget asks for two.

use chrono::{DateTime, Utc};
use comitia_platform::validate::{Checks, timestamp};
use comitia_platform::{ApiError, acts};
use comitia_proto::spaces::v1::HoldVotePhaseRequest;
use comitia_proto::voting::v1::ExtendPollRequest;
use uuid::Uuid;

use crate::app::{App, budgets};
use crate::domain::extension::check;
use crate::domain::poll::Schedule;
use crate::error::Error;
use crate::store;
use crate::store::extensions::Extension;
use crate::store::schedules::Scheduled;

/// The longest reason.
const LONGEST_REASON: usize = 1_000;

/// What somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The caller.
    pub by: &'a str,
    /// When the vote is to close.
    pub close_time: DateTime<Utc>,
    /// Why; empty to do what somebody else proposed.
    pub reason: &'a str,
}

/// What is proposed for the vote of a budget and not done.
///
/// # Errors
/// When the budget does not exist.
pub async fn proposed(app: &App, organization: Uuid, budget: Uuid) -> Result<Option<Extension>, Error> {
    let found = budgets::budget(app, organization, budget).await?;
    let Some(poll) = found.poll else { return Ok(None) };
    let mut transaction = app.begin(organization).await?;
    store::extensions::proposed(&mut transaction, poll).await
}

/// Lets the open vote of a budget close later, or proposes it, where the budget asks for two people and nobody else has. The same call
/// again changes nothing.
///
/// # Errors
/// When the vote is not open or closes within a minute, the time is not later than it closes, the phase ends before, a reason is
/// missing, the caller proposed it, or another service is away.
pub async fn extend_vote(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    wish: Wish<'_>,
) -> Result<Extension, Error> {
    let mut checks = Checks::new();
    checks.text("reason", wish.reason, 0, LONGEST_REASON);
    checks.finish()?;
    let found = budgets::budget(app, organization, budget).await?;
    let mut transaction = app.begin(organization).await?;
    let scheduled = store::schedules::of_budget(&mut transaction, budget).await?;
    let scheduled = scheduled.ok_or(Error::VoteNotScheduled(budget))?;
    if let Some(done) = store::extensions::done(&mut transaction, scheduled.poll, wish.close_time).await? {
        return Ok(done);
    }
    drop(transaction);
    let closes = app.peers.standing(organization, scheduled.poll).await?;
    let before = closes.ok_or(Error::VoteNotScheduled(budget))?;
    check(&before, wish.close_time, app.clock.now())?;
    let process = app.peers.process_now(organization, found.process).await?;
    let longer = Schedule { close_time: wish.close_time, ..scheduled.schedule.clone() };
    longer.check_phase(&process.phases)?;
    let by_two = found.terms.sign_off_required;
    let proposal = proposal(app, &scheduled, by_two, wish).await?;
    if by_two && proposal.proposed_by == wish.by {
        return Ok(proposal);
    }
    carry_out(app, found.process, &scheduled, &proposal).await?;
    acts::changed("close_time", written(before.close_time), written(proposal.close_time));
    acts::changed("reason", "", &proposal.reason);
    finish(app, &scheduled, proposal, wish.by).await
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What is to be done: what somebody else proposed, or what the caller asks for, which is a proposal as long as it takes another one.
async fn proposal(
    app: &App,
    scheduled: &Scheduled,
    by_two: bool,
    wish: Wish<'_>,
) -> Result<Extension, Error> {
    let mut transaction = app.begin(scheduled.organization).await?;
    // One call after the other.
    store::budgets::lock(&mut transaction, scheduled.budget).await?;
    let present = store::extensions::proposed(&mut transaction, scheduled.poll).await?;
    let same = present.filter(|present| {
        present.close_time == wish.close_time && (wish.reason.is_empty() || wish.reason == present.reason)
    });
    match same {
        Some(present) if by_two && present.proposed_by == wish.by => return Err(Error::ProposedBefore),
        Some(present) if by_two => return Ok(present),
        _ => {}
    }
    if wish.reason.is_empty() {
        let rule = format!("must say why, in 1 to {LONGEST_REASON} characters");
        return Err(ApiError::invalid_field("reason", rule).into());
    }
    let new = Extension {
        extension_id: comitia_core::id::new(),
        close_time: wish.close_time,
        reason: wish.reason.to_owned(),
        by_two,
        proposed_by: wish.by.to_owned(),
        propose_time: app.clock.now(),
        done_time: None,
    };
    if by_two {
        let of = (scheduled.budget, scheduled.poll);
        store::extensions::propose(&mut transaction, scheduled.organization, of, &new).await?;
        transaction.commit().await?;
    }
    Ok(new)
}

/// Has spaces hold the phase for longer, and then voting close the poll later. Both may be repeated. A phase that is held for longer
/// than its poll is open loses nothing.
async fn carry_out(
    app: &App,
    process: Uuid,
    scheduled: &Scheduled,
    extension: &Extension,
) -> Result<(), Error> {
    let vote = HoldVotePhaseRequest {
        process_id: process.to_string(),
        poll_id: scheduled.poll.to_string(),
        open_time: Some(timestamp(scheduled.schedule.open_time)),
        close_time: Some(timestamp(extension.close_time)),
    };
    app.peers.hold_vote_phase(scheduled.organization, vote).await?;
    let longer = ExtendPollRequest {
        poll_id: scheduled.poll.to_string(),
        reason: extension.reason.clone(),
        close_time: Some(timestamp(extension.close_time)),
    };
    Ok(app.peers.extend_poll(scheduled.organization, longer).await?)
}

async fn finish(
    app: &App,
    scheduled: &Scheduled,
    extension: Extension,
    by: &str,
) -> Result<Extension, Error> {
    let (organization, now) = (scheduled.organization, app.clock.now());
    let mut transaction = app.begin(organization).await?;
    store::budgets::lock(&mut transaction, scheduled.budget).await?;
    let done = store::extensions::done(&mut transaction, scheduled.poll, extension.close_time).await?;
    if let Some(done) = done {
        return Ok(done);
    }
    if !extension.by_two {
        let of = (scheduled.budget, scheduled.poll);
        store::extensions::propose(&mut transaction, organization, of, &extension).await?;
    }
    store::extensions::finish(&mut transaction, extension.extension_id, by, now).await?;
    transaction.commit().await?;
    tracing::info!(poll = %scheduled.poll, "a vote closes later");
    Ok(Extension { done_time: Some(now), ..extension })
}
