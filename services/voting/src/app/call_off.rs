//! Calling a vote off: cancelled before anybody could vote, annulled by two people after that. Either way there is no
//! result.

use comitia_bus::outbox;
use comitia_platform::auth::Caller;
use comitia_proto::events::v1::{PollAnnulled, PollCancelled, PollClosed};
use comitia_proto::voting::v1::Poll;
use uuid::Uuid;

use super::{App, moment, poll_event, polls};
use crate::domain::PollState;
use crate::domain::poll::{Door, door};
use crate::error::Error;
use crate::store;

/// Cancels a poll that has not opened. A cancelled poll stays so.
///
/// # Errors
/// [`Error::PollNotFound`]; [`Error::PollHasOpened`].
pub async fn cancel_poll(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    reason: &str,
) -> Result<Poll, Error> {
    let mut transaction = app.begin(organization).await?;
    if store::polls::standing(&mut transaction, poll_id).await?.is_none() {
        return Err(Error::PollNotFound(poll_id));
    }
    store::lock_for_closing(&mut transaction, poll_id).await?;
    let standing = store::polls::standing(&mut transaction, poll_id).await?;
    let (state, period) = standing.ok_or(Error::PollNotFound(poll_id))?;
    if state != PollState::Cancelled {
        if door(state, period, app.clock.now()) != Door::NotOpen {
            return Err(Error::PollHasOpened);
        }
        store::polls::cancel(&mut transaction, poll_id, &officer.subject, reason).await?;
        let event = PollCancelled { poll_id: poll_id.to_string() };
        let event = poll_event(&app.clock, "voting.poll.cancelled", organization, poll_id, &event);
        outbox::append(&mut transaction, &[event]).await?;
        tracing::warn!(poll = %poll_id, "poll cancelled before it opened");
    }
    transaction.commit().await?;
    app.endings.changed(poll_id).await;
    app.outbox.wake();
    polls::get_poll(app, organization, poll_id).await
}

/// Proposes to annul a poll that has opened, or does it when somebody else has proposed it. An annulled poll stays
/// so.
///
/// # Errors
/// [`Error::PollNotFound`]; [`Error::PollNotOpen`], because it can be cancelled; [`Error::Sealed`];
/// [`Error::ReasonMissing`] for a proposal without one; [`Error::SecondOfficerRequired`] for who proposed it.
pub async fn annul_poll(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    reason: &str,
) -> Result<Poll, Error> {
    let mut transaction = app.begin(organization).await?;
    if store::polls::standing(&mut transaction, poll_id).await?.is_none() {
        return Err(Error::PollNotFound(poll_id));
    }
    // No ballot is written and no seal is made while it ends.
    store::lock_for_closing(&mut transaction, poll_id).await?;
    let standing = store::polls::standing(&mut transaction, poll_id).await?;
    let (state, period) = standing.ok_or(Error::PollNotFound(poll_id))?;
    match state {
        PollState::Annulled => {
            transaction.commit().await?;
            return polls::get_poll(app, organization, poll_id).await;
        }
        PollState::Sealed => return Err(Error::Sealed),
        PollState::Cancelled => return Err(Error::PollClosed),
        PollState::Scheduled | PollState::Open | PollState::Closed => {}
    }
    if door(state, period, app.clock.now()) == Door::NotOpen {
        return Err(Error::PollNotOpen);
    }
    let proposal = store::polls::annulment(&mut transaction, poll_id).await?;
    let confirms = |(first, why): &(String, String)| {
        (reason.is_empty() || reason == *why).then_some(*first != officer.subject)
    };
    match proposal.as_ref().and_then(confirms) {
        Some(true) => {
            store::polls::annul(&mut transaction, poll_id, &officer.subject, moment(&app.clock, period))
                .await?;
            let closed = PollClosed { poll_id: poll_id.to_string() };
            let annulled = PollAnnulled { poll_id: poll_id.to_string() };
            let annulled = poll_event(&app.clock, "voting.poll.annulled", organization, poll_id, &annulled);
            let closed = poll_event(&app.clock, "voting.poll.closed", organization, poll_id, &closed);
            // Consumers of the close get that event too, unless the poll was closed before.
            let events = if state == PollState::Closed { vec![annulled] } else { vec![closed, annulled] };
            outbox::append(&mut transaction, &events).await?;
            tracing::warn!(poll = %poll_id, "two people annulled a poll");
        }
        Some(false) => {
            return Err(Error::SecondOfficerRequired("somebody else must confirm that the poll is annulled"));
        }
        None if reason.is_empty() => return Err(Error::ReasonMissing),
        // Another reason is another proposal, which needs its own confirmation.
        None => store::polls::propose_annulment(&mut transaction, poll_id, &officer.subject, reason).await?,
    }
    transaction.commit().await?;
    app.endings.changed(poll_id).await;
    app.outbox.wake();
    polls::get_poll(app, organization, poll_id).await
}
