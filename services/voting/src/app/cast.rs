//! Casting a ballot, and the receipt of the ballot that counts.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use comitia_platform::auth::permit_invalid;
use comitia_platform::auth::signature::Signature;
use comitia_platform::database::{self, Tenant, Unreadable};
use comitia_platform::limit::jitter;
use comitia_proto::voting::v1::{Ballot, Receipt};
use tokio::time::Instant;
use uuid::Uuid;

use super::definitions::Definition;
use super::intake::{Outcome, UncheckedCast};
use super::permit::{Channel, Permit};
use super::{App, permit, withdraw};
use crate::domain::poll::{Door, Ending, door};
use crate::domain::receipt::Tracked;
use crate::domain::{CastDigest, Nullifier, PollState};
use crate::error::Error;
use crate::store::ballots::{self, Cast, Present, Stored};

/// Casts a ballot. The answer comes once the ballot is durably stored; a caller that gets no answer until `deadline`
/// may cast it again. What makes it the same cast is `secret`, which the voter's device drew for it.
///
/// # Errors
/// Whatever keeps the ballot from counting. After [`Error::NotAcknowledged`] the outcome is unknown: the same cast again gives
/// the receipt, or counts.
pub async fn cast_ballot(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    token: String,
    ballot: &Ballot,
    secret: &[u8],
    deadline: Instant,
) -> Result<Receipt, Error> {
    match try_to_cast(app, organization, poll_id, token, ballot, secret, deadline).await {
        // Box the cold path to keep the future small.
        Err(refusal) if refusal.yields_to_the_close() => {
            Err(Box::pin(unless_over(app, organization, poll_id, refusal)).await)
        }
        result => result,
    }
}

async fn try_to_cast(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    token: String,
    ballot: &Ballot,
    secret: &[u8],
    deadline: Instant,
) -> Result<Receipt, Error> {
    let arrival = app.clock.now();
    let slot = app.intake.enter()?;
    let (permit, signature) = permit::unchecked_permit(app, token, poll_id).await?;
    let mut definition = definition(app, organization, poll_id, &signature).await?;
    let digest = CastDigest::of(poll_id, secret);
    let mut door = door(PollState::Open, definition.period, arrival);
    if door == Door::Closed && signature.is_valid() {
        (definition, door) = Box::pin(extended(app, organization, poll_id, definition, arrival)).await?;
    }
    let mut closed = Error::PollClosedAt(definition.period.1);
    let in_time = permit.in_time(arrival, "permit");
    if let (Door::Open, Err(expired)) = (door, in_time) {
        let ending = Box::pin(closed_early(app, organization, poll_id, &signature, expired)).await?;
        (door, closed) = (Door::Closed, ending.into());
    }
    let accepted = definition.rules.accept(ballot, "ballot");
    let bytes = match (door, accepted) {
        (Door::Open, Ok(bytes)) => bytes,
        (Door::Open, Err(refusal)) => return Err(refusal.into()),
        (Door::NotOpen, _) => return Err(Error::PollNotOpen),
        (Door::Closed, Ok(bytes)) => {
            let repeated = repeated(app, &definition, poll_id, &permit, &signature, &digest, &bytes);
            return Box::pin(repeated).await?.ok_or(closed);
        }
        (Door::Closed, Err(_)) => return Err(closed),
    };
    let cast = Cast {
        poll_id,
        organization_id: organization,
        nullifier: permit.nullifier,
        ballot: bytes.clone(),
        digest,
        district: permit.district.clone(),
        arrival,
        order: order(app, poll_id, &permit, arrival),
    };
    let outcome = app.intake.cast(UncheckedCast { cast, signature }, deadline).await;
    slot.done(matches!(
        outcome,
        Err(Error::Overloaded(_) | Error::DeadlinePassed | Error::NotAcknowledged(_))
    ));
    let was_there = outcome.as_ref().is_ok_and(Outcome::was_there);
    if was_there && Box::pin(has_withdrawn(app, &definition, poll_id, &permit.nullifier)).await? {
        return Err(Error::SignatureWithdrawn);
    }
    let revision = counted(outcome?, poll_id, permit.desk)?.revision;
    let nullifier = &permit.nullifier;
    Ok(receipt(app, Tracked { poll: poll_id, nullifier, revision, digest: &digest, ballot: &bytes }))
}

/// The rules of a poll. Without a valid permit nobody can cause a read of them.
async fn definition(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    signature: &Signature,
) -> Result<Arc<Definition>, Error> {
    match app.definitions.known(organization, poll_id).await {
        Some(definition) => definition,
        None if !signature.is_valid() => Err(Error::Api(permit_invalid())),
        None => Box::pin(app.definitions.get(organization, poll_id)).await,
    }
}

/// Whether it was a signature, and its signer took it back.
async fn has_withdrawn(
    app: &App,
    definition: &Definition,
    poll_id: Uuid,
    nullifier: &Nullifier,
) -> Result<bool, Error> {
    Ok(definition.withdrawal_allowed && withdraw::is_withdrawn(app, poll_id, nullifier).await?)
}

/// A poll that is over by the copy of its rules in memory may have been extended by another replica. A poll that is over is known to
/// be so after one look.
async fn extended(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    known: Arc<Definition>,
    arrival: DateTime<Utc>,
) -> Result<(Arc<Definition>, Door), Error> {
    if app.endings.get(organization, poll_id).await?.is_some() {
        return Ok((known, Door::Closed));
    }
    app.definitions.changed(poll_id).await;
    let definition = app.definitions.get(organization, poll_id).await?;
    let door = door(PollState::Open, definition.period, arrival);
    Ok((definition, door))
}

/// How people have ended the poll before its time, so that no new permit helps whose permit has expired.
///
/// # Errors
/// Otherwise `expired`; `PERMIT_INVALID` for a permit that identity has not signed.
async fn closed_early(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    signature: &Signature,
    expired: Error,
) -> Result<Ending, Error> {
    if !signature.is_valid() {
        return Err(Error::Api(permit_invalid()));
    }
    app.endings.get(organization, poll_id).await?.ok_or(expired)
}

/// The error for a refused cast. If the poll is over, that is the answer, whatever is wrong with permit and ballot: there is
/// nothing left for the voter to fix.
async fn unless_over(app: &App, organization: Uuid, poll_id: Uuid, refusal: Error) -> Error {
    let ending = match &refusal {
        // The permit was valid, and the database reported the close.
        Error::PollClosed => app.endings.get(organization, poll_id).await.ok().flatten(),
        _ => app.endings.for_stranger(organization, poll_id).await,
    };
    ending.map_or(refusal, Error::from)
}

/// The receipt of a cast that is repeated after the close and was stored in time: its first answer was lost. Nothing new is
/// stored. The permit may have expired, as no new one is issued by then.
///
/// # Errors
/// [`Error::SignatureWithdrawn`]: a receipt says that the signature counts.
async fn repeated(
    app: &App,
    definition: &Definition,
    poll_id: Uuid,
    permit: &Permit,
    signature: &Signature,
    digest: &CastDigest,
    bytes: &[u8],
) -> Result<Option<Receipt>, Error> {
    // Without a valid permit nobody can cause a read of ballots.
    if !signature.is_valid() {
        return Ok(None);
    }
    let present = present(app, poll_id, permit).await?;
    let same = present.filter(|present| present.digest == *digest && present.ballot == bytes);
    let receipt = same.and_then(|present| Some(receipt(app, present.tracked(poll_id)?)));
    if receipt.is_some() && has_withdrawn(app, definition, poll_id, &permit.nullifier).await? {
        return Err(Error::SignatureWithdrawn);
    }
    Ok(receipt)
}

/// The receipt of the ballot that counts for the bearer of a permit who has the secret that it was cast with. After
/// the close the permit may have expired.
///
/// # Errors
/// [`Error::BallotNotFound`] when there is none, whatever the reason.
pub async fn get_receipt(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    token: &str,
    secret: &[u8],
) -> Result<Receipt, Error> {
    let permit = permit::permit_of_any_time(app, token, poll_id, Channel::Online, "permit").await?;
    let definition = app.definitions.get(organization, poll_id).await?;
    if let Err(expired) = permit.in_time(app.clock.now(), "permit")
        && app.endings.get(organization, poll_id).await?.is_none()
    {
        return Err(expired);
    }
    let digest = CastDigest::of(poll_id, secret);
    let present = present(app, poll_id, &permit).await?.filter(|present| present.digest == digest);
    let receipt = present.and_then(|present| Some(receipt(app, present.tracked(poll_id)?)));
    let receipt = receipt.ok_or(Error::BallotNotFound)?;
    if has_withdrawn(app, &definition, poll_id, &permit.nullifier).await? {
        return Err(Error::SignatureWithdrawn);
    }
    Ok(receipt)
}

async fn present(app: &App, poll_id: Uuid, permit: &Permit) -> Result<Option<Present>, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let present = ballots::present(&mut transaction, &[(poll_id, permit.nullifier)]).await?;
    transaction.commit().await?;
    Ok(present.into_iter().next().flatten())
}

fn receipt(app: &App, tracked: Tracked<'_>) -> Receipt {
    Receipt {
        poll_id: tracked.poll.to_string(),
        tracking_code: app.receipts.tracking_code(tracked).to_string(),
        revision: u32::try_from(tracked.revision).unwrap_or(0),
    }
}

/// Where the cast stands among those of its voter.
fn order(app: &App, poll_id: Uuid, permit: &Permit, arrival: DateTime<Utc>) -> i64 {
    if permit.desk {
        app.receipts.desk_order(poll_id, &permit.nullifier, arrival)
    } else {
        app.receipts.arrival_order(poll_id, &permit.nullifier, arrival)
    }
}

/// What counts now, or why the cast does not.
fn counted(outcome: Outcome, poll_id: Uuid, desk: bool) -> Result<Stored, Error> {
    match outcome {
        Outcome::Counts(stored) => Ok(stored),
        Outcome::AlreadyCast => Err(Error::AlreadyCast),
        // From the desk, no cast becomes the later one.
        Outcome::Overtaken if desk => Err(Error::AlreadyCast),
        // If it is sent again, it becomes the later one.
        Outcome::Overtaken => Err(Error::NotAcknowledged(jitter(Duration::from_millis(500)))),
        Outcome::OnPaper => Err(Error::VotedOnPaper),
        Outcome::Closed => Err(Error::PollClosed),
        Outcome::Paused => Err(Error::PollPaused),
        Outcome::PollGone => Err(Error::PollNotFound(poll_id)),
        Outcome::PollUnreadable => Err(Unreadable::new("voting.polls", "state", poll_id).into()),
    }
}
