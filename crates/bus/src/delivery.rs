//! One delivery: the handler in its span, and what follows from its answer. Shared by both adapters.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use comitia_core::Clock;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;

use crate::metrics::Metrics;
use crate::{Event, Handler, HandlerError, Subscription, trace};

/// What the adapter must do with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Retry { delay: Duration },
    Dead { reason: String },
}

/// Handles `event`, which was tried `attempts` times before.
pub(crate) async fn process(
    handler: &dyn Handler,
    event: Event,
    attempts: u32,
    subscription: &Subscription,
    system: &'static str,
    metrics: &Metrics,
    clock: &Clock,
) -> Outcome {
    let queue = subscription.queue.as_str();
    if attempts == 0 {
        metrics.arrived(queue, event.time, clock.now());
    }
    let span = trace::process(&event, queue, system, attempts + 1);
    async {
        let started = Instant::now();
        let id = event.id;
        let result = match AssertUnwindSafe(handler.handle(event)).catch_unwind().await {
            Ok(result) => result,
            Err(_) => Err(HandlerError::retry("the handler panicked")),
        };
        let (outcome, label) = match result {
            Ok(()) => (Outcome::Done, "ok"),
            Err(error) => {
                tracing::Span::current().record("otel.status_code", "ERROR");
                after_failure(error, attempts, subscription, id)
            }
        };
        metrics.delivered(queue, label, started.elapsed());
        match &outcome {
            Outcome::Done => {}
            Outcome::Retry { .. } => metrics.retried(queue),
            Outcome::Dead { .. } => metrics.dead_lettered(queue),
        }
        outcome
    }
    .instrument(span)
    .await
}

fn after_failure(
    error: HandlerError,
    attempts: u32,
    subscription: &Subscription,
    id: uuid::Uuid,
) -> (Outcome, &'static str) {
    let queue = subscription.queue.as_str();
    let attempt = attempts + 1;
    let delay = subscription.retry.delays.get(attempts as usize).copied();
    match (error, delay) {
        (HandlerError::Retry(error), Some(delay)) => {
            tracing::warn!(queue, event = %id, attempt, ?delay, %error, "event put aside for a later attempt");
            (Outcome::Retry { delay }, "retry")
        }
        (HandlerError::Retry(error), None) => {
            tracing::error!(queue, event = %id, attempt, %error, "event given up after its last attempt");
            (Outcome::Dead { reason: error.to_string() }, "dead")
        }
        (HandlerError::Permanent(error), _) => {
            tracing::error!(queue, event = %id, attempt, %error, "event given up: it can never be handled");
            (Outcome::Dead { reason: error.to_string() }, "dead")
        }
    }
}

/// A message whose metadata cannot be read: given up without asking the handler.
pub(crate) fn unreadable(queue: &str, problem: &str, metrics: &Metrics) -> Outcome {
    tracing::error!(queue, problem, "message given up: it is no event");
    metrics.dead_lettered(queue);
    Outcome::Dead { reason: format!("not an event: {problem}") }
}
