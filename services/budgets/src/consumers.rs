//! What budgets learns from other services.

use std::time::Duration;

use comitia_bus::{Bus, BusError, ConsumerHandle, Event, HandlerError, RetryPolicy, Subscription, handler};
use comitia_platform::validate;
use comitia_proto::events::v1::{PollAnnulled, PollCancelled, PollClosed, PollSealed};
use uuid::Uuid;

use crate::app::{App, results};
use crate::error::Error;

const CANCELLED: &str = "voting.poll.cancelled";
const ANNULLED: &str = "voting.poll.annulled";

/// The queue of polls that ended: closed or called off.
pub const CLOSINGS: &str = "budgets.closings";
/// The queue of sealed polls.
pub const RESULTS: &str = "budgets.results";

/// The queues of this service.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    vec![closings(), sealings()]
}

fn closings() -> Subscription {
    Subscription::new(CLOSINGS, ["voting.poll.closed", CANCELLED, ANNULLED])
}

fn sealings() -> Subscription {
    // A count takes memory for all ballots of its poll. It waits for voting and spaces for some hours.
    Subscription::new(RESULTS, ["voting.poll.sealed"])
        .prefetch(2)
        .retry(RetryPolicy::after([1, 5, 30, 120, 600, 1_800, 3_600, 7_200].map(Duration::from_secs)))
}

/// Starts the consumers; they stop with the handles.
///
/// # Errors
/// When the bus refuses a queue.
pub async fn start(app: &App, bus: &dyn Bus) -> Result<Vec<ConsumerHandle>, BusError> {
    let (closing, publishing) = (app.clone(), app.clone());
    let closings = handler(move |event: Event| {
        let app = closing.clone();
        async move { closed(&app, &event).await }
    });
    let sealings = handler(move |event: Event| {
        let app = publishing.clone();
        async move { sealed(&app, &event).await }
    });
    Ok(vec![
        bus.subscribe(self::closings(), closings).await?,
        bus.subscribe(self::sealings(), sealings).await?,
    ])
}

async fn closed(app: &App, event: &Event) -> Result<(), HandlerError> {
    if event.routing_key == CANCELLED {
        let message: PollCancelled = event.decode()?;
        return results::note_cancelled(app, event.id, poll(&message.poll_id)?).await.map_err(verdict);
    }
    if event.routing_key == ANNULLED {
        let message: PollAnnulled = event.decode()?;
        return results::note_annulled(app, event.id, poll(&message.poll_id)?).await.map_err(verdict);
    }
    let message: PollClosed = event.decode()?;
    results::note_closed(app, event.id, poll(&message.poll_id)?).await.map_err(verdict)
}

async fn sealed(app: &App, event: &Event) -> Result<(), HandlerError> {
    let message: PollSealed = event.decode()?;
    results::publish_result(app, event.id, &message, poll(&message.poll_id)?).await.map_err(verdict)
}

fn poll(id: &str) -> Result<Uuid, HandlerError> {
    validate::uuid("poll_id", id).map_err(HandlerError::permanent)
}

fn verdict(error: Error) -> HandlerError {
    if error.is_passing() { HandlerError::retry(error) } else { HandlerError::permanent(error) }
}
