//! What spaces learns from other services.

use comitia_bus::{Bus, BusError, ConsumerHandle, Event, HandlerError, Subscription, handler};
use comitia_platform::validate;
use comitia_proto::events::v1::PollClosed;

use crate::app::{App, votes};

/// The queue of polls that need their phase no longer.
const VOTES: &str = "spaces.votes";
/// What ends the need: the poll is closed, or called off before it opened. An annulled poll was closed before.
const ENDS: [&str; 2] = ["voting.poll.closed", "voting.poll.cancelled"];

/// The queues that the service consumes.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    vec![votes_over()]
}

fn votes_over() -> Subscription {
    Subscription::new(VOTES, ENDS)
}

/// Starts the consumers; they stop with the handles.
///
/// # Errors
/// When the bus refuses a queue.
pub async fn start(app: &App, bus: &dyn Bus) -> Result<Vec<ConsumerHandle>, BusError> {
    let app = app.clone();
    let handler = handler(move |event: Event| {
        let app = app.clone();
        async move { over(&app, &event).await }
    });
    Ok(vec![bus.subscribe(votes_over(), handler).await?])
}

/// Deleting twice is deleting once: no inbox is needed. Each of the events has the poll's id alone.
async fn over(app: &App, event: &Event) -> Result<(), HandlerError> {
    let message: PollClosed = event.decode()?;
    let poll = validate::uuid("poll_id", &message.poll_id).map_err(HandlerError::permanent)?;
    votes::over(app, poll).await.map_err(HandlerError::retry)
}
