//! What is done to an open poll: a signature sheet is paused, resumed and extended by its owner, any other poll is extended by the
//! service that it belongs to. [`super::close`] closes early. Each has its reason, and stands in the public history of the poll.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::{Event, outbox};
use comitia_platform::auth::Caller;
use comitia_platform::database::Transaction;
use comitia_platform::validate::timestamp;
use comitia_proto::common::v1::Role;
use comitia_proto::events::v1::{PollExtended, PollPaused, PollResumed};
use comitia_proto::voting::v1::{Poll, PollActKind};
use uuid::Uuid;

use super::{App, moment, poll_event, polls};
use crate::domain::poll::{Door, door};
use crate::error::Error;
use crate::store;
use crate::store::polls::{NewAct, Sheet};

/// A poll is not extended when it closes sooner than this: by then a replica may have seen it closed, and what has closed does not
/// open again. It is more than clocks are apart, and more than a transaction may take.
const TOO_SOON: TimeDelta = TimeDelta::minutes(1);

/// Who acts, on what, and why.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The organization.
    pub organization: Uuid,
    /// The poll.
    pub poll_id: Uuid,
    /// Who.
    pub officer: &'a Caller,
    /// Why.
    pub reason: &'a str,
}

/// Pauses an open sheet. When this returns, no signature is being stored, and none is until the sheet is resumed.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoSheet`]; [`Error::PollNotOpen`], [`Error::PollClosed`].
pub async fn pause_poll(app: &App, act: Act<'_>) -> Result<Poll, Error> {
    set_paused(app, act, true).await
}

/// Resumes a paused sheet.
///
/// # Errors
/// As [`pause_poll`].
pub async fn resume_poll(app: &App, act: Act<'_>) -> Result<Poll, Error> {
    set_paused(app, act, false).await
}

async fn set_paused(app: &App, act: Act<'_>, paused: bool) -> Result<Poll, Error> {
    let (mut transaction, sheet) = begin(app, act, false).await?;
    if sheet.paused == paused {
        transaction.commit().await?;
        return polls::get_poll(app, act.organization, act.poll_id).await;
    }
    store::polls::set_paused(&mut transaction, act.poll_id, paused).await?;
    let kind = if paused { PollActKind::Paused } else { PollActKind::Resumed };
    let number = add(app, &mut transaction, act, sheet, kind, None).await?;
    let (poll_id, reason) = (act.poll_id.to_string(), act.reason.to_owned());
    let event = if paused {
        let event = PollPaused { poll_id, act: number, reason };
        poll_event(&app.clock, "voting.poll.paused", act.organization, act.poll_id, &event)
    } else {
        let event = PollResumed { poll_id, act: number, reason };
        poll_event(&app.clock, "voting.poll.resumed", act.organization, act.poll_id, &event)
    };
    end(app, transaction, act, event).await
}

/// Gives an open poll a later closing time; paper ballots can be entered for as long after it as before. What is no signature sheet
/// is a budget's: budgets extends it, after it has seen to phase and people.
///
/// # Errors
/// As [`pause_poll`]; [`Error::ClosesTooSoon`]; [`Error::NotLater`].
pub async fn extend_poll(app: &App, act: Act<'_>, close_time: DateTime<Utc>) -> Result<Poll, Error> {
    let (mut transaction, sheet) = begin(app, act, act.officer.has(Role::Service)).await?;
    let before = sheet.period.1;
    if close_time == before {
        transaction.commit().await?;
        return polls::get_poll(app, act.organization, act.poll_id).await;
    }
    if close_time < before {
        return Err(Error::NotLater);
    }
    if app.clock.now() + TOO_SOON > before {
        return Err(Error::ClosesTooSoon);
    }
    let paper_close = sheet.paper_close + (close_time - before);
    store::polls::extend(&mut transaction, act.poll_id, close_time, paper_close).await?;
    let closes = Some((before, close_time));
    let number = add(app, &mut transaction, act, sheet, PollActKind::Extended, closes).await?;
    let event = PollExtended {
        poll_id: act.poll_id.to_string(),
        act: number,
        reason: act.reason.to_owned(),
        close_time: Some(timestamp(close_time)),
        paper_close_time: Some(timestamp(paper_close)),
    };
    let event = poll_event(&app.clock, "voting.poll.extended", act.organization, act.poll_id, &event);
    let poll = end(app, transaction, act, event).await?;
    app.definitions.changed(act.poll_id).await;
    Ok(poll)
}

/// A transaction in which no ballot is written: those that were being stored are, and the next ones see what it does. Other polls than
/// signature sheets are for services.
async fn begin(app: &App, act: Act<'_>, service: bool) -> Result<(Transaction, Sheet), Error> {
    let mut transaction = app.begin(act.organization).await?;
    // Another organization's poll is not even locked.
    let unknown = || Error::PollNotFound(act.poll_id);
    let found = store::polls::sheet(&mut transaction, act.poll_id).await?.ok_or_else(unknown)?;
    if !found.is_sheet && !service {
        return Err(Error::NoSheet);
    }
    store::lock_for_closing(&mut transaction, act.poll_id).await?;
    let sheet = store::polls::sheet(&mut transaction, act.poll_id).await?.ok_or_else(unknown)?;
    match door(sheet.state, sheet.period, app.clock.now()) {
        Door::Open => Ok((transaction, sheet)),
        Door::NotOpen => Err(Error::PollNotOpen),
        Door::Closed => Err(Error::PollClosed),
    }
}

async fn add(
    app: &App,
    transaction: &mut Transaction,
    act: Act<'_>,
    sheet: Sheet,
    kind: PollActKind,
    closes: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<i32, Error> {
    let time = moment(&app.clock, sheet.period);
    let new = NewAct { kind, reason: act.reason, officer: &act.officer.subject, time, closes };
    Ok(store::polls::add_act(transaction, act.organization, act.poll_id, new).await?)
}

async fn end(app: &App, mut transaction: Transaction, act: Act<'_>, event: Event) -> Result<Poll, Error> {
    let what = event.routing_key.clone();
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    tracing::info!(poll = %act.poll_id, act = %what, "an open poll was acted on");
    polls::get_poll(app, act.organization, act.poll_id).await
}
