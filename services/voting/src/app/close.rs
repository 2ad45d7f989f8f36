//! Closing, recount and seal; and the ballots of a sealed poll.

mod recount;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use comitia_bus::outbox;
use comitia_platform::auth::Caller;
use comitia_platform::database::{self, Tenant, Transaction, Unreadable};
use comitia_proto::events::v1::{PollClosed, PollSealRefused, PollSealed};
use comitia_proto::voting::v1::{BallotGroup, Poll, PollActKind};
use comitia_seal::Channel;
use futures_util::TryStreamExt;
use opentelemetry::{KeyValue, global};
use tokio::sync::mpsc;
use uuid::Uuid;

use recount::Recount;

use super::definitions::Definition;
use super::{App, moment, poll_event, polls, tracking};
use crate::domain::PollState;
use crate::domain::paper::Void;
use crate::domain::poll::{Door, door};
use crate::domain::seal::{Mismatch, Regrouping};
use crate::domain::small_cells::{Group, Grouping};
use crate::error::Error;
use crate::store;
use crate::store::polls::NewAct;

/// How often sealing is tried when it conflicts with another replica.
const ATTEMPTS: u32 = 3;
/// Ballot groups in one message of a stream.
const CHUNK: usize = 1_000;

/// A reader that takes nothing for this long is dropped, because its transaction holds a connection.
const STALL: Duration = Duration::from_secs(60);

/// What came of an attempt to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The poll is sealed by this attempt.
    Sealed,
    /// There was nothing to seal: the poll is sealed already, another replica is at it, or it is not closed.
    Nothing,
    /// Paper batches are open: nothing is sealed without them.
    WaitsForPaper,
    /// The seal is refused, and why.
    Refused(String),
}

/// Closes a poll for a person, and seals it unless it waits for paper. May be called again: a closed poll is only
/// sealed.
///
/// # Errors
/// [`Error::PollNotFound`]; [`Error::PollNotOpen`], because a vote that has not begun has no result;
/// [`Error::RecountMismatch`], after which the poll is closed all the same.
pub async fn close_poll(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    reason: &str,
) -> Result<Poll, Error> {
    close(app, organization, poll_id, Some((officer, reason))).await?;
    if let Seal::Refused(why) = seal(app, organization, poll_id, false).await? {
        return Err(Error::RecountMismatch(why));
    }
    polls::get_poll(app, organization, poll_id).await
}

/// Closes a poll that is not closed: waits for the batches that are being written, and lets none come after.
///
/// # Errors
/// [`Error::PollNotFound`], or what the database says.
pub async fn close(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    by: Option<(&Caller, &str)>,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    // Another organization's poll is not even locked.
    let standing = store::polls::standing(&mut transaction, poll_id).await?;
    let (state, period) = standing.ok_or(Error::PollNotFound(poll_id))?;
    if by.is_some() && door(state, period, app.clock.now()) == Door::NotOpen {
        return Err(Error::PollNotOpen);
    }
    store::lock_for_closing(&mut transaction, poll_id).await?;
    // Every ballot that is stored came before this moment.
    let time = moment(&app.clock, period);
    let reason = by.map(|(_, reason)| reason);
    let closed = store::polls::close(&mut transaction, poll_id, reason, time).await?;
    if closed {
        if let Some((officer, reason)) = by {
            note(&mut transaction, organization, poll_id, officer, reason, time).await?;
        }
        let event = PollClosed { poll_id: poll_id.to_string() };
        let event = poll_event(&app.clock, "voting.poll.closed", organization, poll_id, &event);
        outbox::append(&mut transaction, &[event]).await?;
    }
    transaction.commit().await?;
    if closed {
        app.endings.changed(poll_id).await;
        app.outbox.wake();
        tracing::info!(poll = %poll_id, early = by.is_some(), "poll closed");
    }
    Ok(())
}

/// An early close stands in the history of a signature sheet.
async fn note(
    transaction: &mut Transaction,
    organization: Uuid,
    poll_id: Uuid,
    officer: &Caller,
    reason: &str,
    time: DateTime<Utc>,
) -> Result<(), Error> {
    let sheet = store::polls::sheet(transaction, poll_id).await?;
    let Some(sheet) = sheet.filter(|sheet| sheet.is_sheet && time < sheet.period.1) else { return Ok(()) };
    let closes = Some((sheet.period.1, time));
    let act = NewAct { kind: PollActKind::Closed, reason, officer: &officer.subject, time, closes };
    store::polls::add_act(transaction, organization, poll_id, act).await?;
    Ok(())
}

/// Counts the ballots of a closed poll again and seals it if the recount equals the counters. With `skip`, a poll that
/// another replica is sealing is left to it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn seal(app: &App, organization: Uuid, poll_id: Uuid, skip: bool) -> Result<Seal, Error> {
    let mut attempt = 1;
    loop {
        match try_seal(app, organization, poll_id, skip).await {
            Err(Error::Database(error)) if database::retryable(&error) && attempt < ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn try_seal(app: &App, organization: Uuid, poll_id: Uuid, skip: bool) -> Result<Seal, Error> {
    let definition = app.definitions.get(organization, poll_id).await?;
    let tenant = Tenant::Organization(organization);
    let mut transaction =
        database::begin_with(&app.pool, tenant, "BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    if !store::polls::take_for_sealing(&mut transaction, poll_id, skip).await? {
        return Ok(Seal::Nothing);
    }
    if store::paper::open_count(&mut transaction, poll_id).await? > 0 {
        return Ok(Seal::WaitsForPaper);
    }
    let recount = Recount::new(&mut transaction, poll_id, &definition, app.smallest_group).await?;
    let counters = store::turnout::counters(&mut transaction, poll_id).await?;
    match recount.compare(&counters) {
        Ok(total) => sealed(app, transaction, organization, poll_id, recount, total).await,
        Err(mismatch) => refused(app, transaction, organization, poll_id, mismatch).await,
    }
}

async fn sealed(
    app: &App,
    mut transaction: Transaction,
    organization: Uuid,
    poll_id: Uuid,
    recount: Recount,
    total: i64,
) -> Result<Seal, Error> {
    tracking::publish_codes(app, &mut transaction, organization, poll_id).await?;
    store::polls::seal(&mut transaction, poll_id, &recount.sealing, app.clock.now()).await?;
    let seal_digest = hex::encode(&recount.sealing.digest);
    let event = PollSealed {
        poll_id: poll_id.to_string(),
        ballot_count: total,
        seal_digest: seal_digest.clone(),
        blank_paper_count: recount.void.blank,
        invalid_paper_count: recount.void.invalid,
        smallest_group: recount.sealing.smallest_group,
    };
    let event = poll_event(&app.clock, "voting.poll.sealed", organization, poll_id, &event);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    app.turnouts.changed(poll_id);
    count_seal("sealed");
    tracing::info!(poll = %poll_id, ballots = total, digest = seal_digest, "poll sealed");
    Ok(Seal::Sealed)
}

async fn refused(
    app: &App,
    mut transaction: Transaction,
    organization: Uuid,
    poll_id: Uuid,
    mismatch: Mismatch,
) -> Result<Seal, Error> {
    store::polls::refuse_seal(&mut transaction, poll_id, &mismatch.text).await?;
    let event = PollSealRefused {
        poll_id: poll_id.to_string(),
        recount: mismatch.recount,
        counters: mismatch.counters,
    };
    let event = poll_event(&app.clock, "voting.poll.seal_refused", organization, poll_id, &event);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    count_seal("refused");
    tracing::error!(
        poll = %poll_id,
        recount = mismatch.recount,
        counters = mismatch.counters,
        reason = mismatch.text,
        "RECOUNT_MISMATCH: the poll is not sealed and no result will come of it; people must look"
    );
    Ok(Seal::Refused(mismatch.text))
}

/// Sends the ballots of a sealed poll into `chunks`, equal ones together, until all are sent or nobody listens.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NotSealed`], or what the database says in between.
pub async fn send_ballots(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    chunks: &mpsc::Sender<Result<Vec<BallotGroup>, Error>>,
) -> Result<(), Error> {
    let definition = app.definitions.get(organization, poll_id).await?;
    let mut transaction = app.begin(organization).await?;
    let smallest_group =
        store::polls::smallest_group(&mut transaction, poll_id).await?.unwrap_or(app.smallest_group);
    let cells = store::ballots::cells(&mut transaction, poll_id).await?;
    let grouping = Grouping::new(&cells.choosing, smallest_group);
    let mut regrouping = Regrouping::new(&grouping);
    let mut chunk = Vec::with_capacity(CHUNK);
    {
        let mut groups = std::pin::pin!(store::ballots::groups(&mut transaction, poll_id));
        while let Some(group) = groups.try_next().await? {
            if Void::default().add(&group.ballot, group.count) {
                continue;
            }
            let complete = regrouping.add(&group.ballot, &group.district, group.paper, group.count);
            chunk.extend(published(poll_id, &definition, complete)?);
            if chunk.len() >= CHUNK {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
                if !matches!(tokio::time::timeout(STALL, chunks.send(Ok(full))).await, Ok(Ok(()))) {
                    return Ok(());
                }
            }
        }
    }
    transaction.commit().await?;
    chunk.extend(published(poll_id, &definition, regrouping.take())?);
    if !chunk.is_empty() {
        // Fails only if the receiver is gone.
        let _ = chunks.send(Ok(chunk)).await;
    }
    Ok(())
}

/// Checks that a poll is sealed.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NotSealed`].
pub async fn require_sealed(app: &App, organization: Uuid, poll_id: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let standing = store::polls::standing(&mut transaction, poll_id).await?;
    transaction.commit().await?;
    match standing {
        None => Err(Error::PollNotFound(poll_id)),
        Some((PollState::Sealed, _)) => Ok(()),
        Some(_) => Err(Error::NotSealed),
    }
}

/// A ballot in its published groups, as callers see them.
fn published(
    poll_id: Uuid,
    definition: &Definition,
    complete: Option<(Vec<u8>, BTreeMap<Group, i64>)>,
) -> Result<Vec<BallotGroup>, Error> {
    let Some((bytes, groups)) = complete else { return Ok(Vec::new()) };
    let ballot = definition.rules.decode(&bytes);
    let ballot = ballot.map_err(|_| Unreadable::new("voting.ballots", "ballot", poll_id))?;
    let shown = |((district, channel), count)| BallotGroup {
        ballot: Some(ballot.clone()),
        district,
        paper: channel == Channel::Paper,
        any_channel: channel == Channel::Any,
        count,
    };
    Ok(groups.into_iter().map(shown).collect())
}

fn count_seal(outcome: &'static str) {
    global::meter("comitia")
        .u64_counter("comitia.voting.seals")
        .with_description("attempts to seal a poll, by outcome")
        .build()
        .add(1, &[KeyValue::new("outcome", outcome)]);
}
