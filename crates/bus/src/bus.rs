//! The contract of a bus.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Event, Handler, Subscription};

/// Carries events from services to the queues that asked for them, at least once.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Publishes `events` in order and waits until the bus has answered for each, in the order of `events`.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the bus is away. Some of the events may have been taken all the same.
    async fn publish(&self, events: &[Event]) -> Result<Vec<PublishResult>, BusError>;

    /// Makes the queue of `subscription` exist (again after each reconnection), so that it collects events before
    /// its first consumer runs. Every process declares the subscriptions of all services before it publishes.
    ///
    /// # Errors
    /// [`BusError::Invalid`] when a name is too long. A bus that is away is no error.
    async fn declare(&self, subscription: &Subscription) -> Result<(), BusError>;

    /// Declares `subscription` and hands its events to `handler` until the returned handle is stopped or dropped.
    ///
    /// # Errors
    /// [`BusError::Invalid`] when a name is too long. A bus that is away is no error: see
    /// [`ConsumerHandle::ready`].
    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<ConsumerHandle, BusError>;

    /// The dead letters of a queue, oldest first, at most 1,000.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the bus is away, [`BusError::NoSuchQueue`] for an unknown queue.
    async fn dead_letters(&self, queue: &str) -> Result<Vec<DeadLetter>, BusError>;

    /// Puts dead letters back in the queue they came from, with all their attempts before them. Gives how many.
    ///
    /// # Errors
    /// As [`Bus::dead_letters`].
    async fn replay_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError>;

    /// Throws dead letters away. Gives how many.
    ///
    /// # Errors
    /// As [`Bus::dead_letters`].
    async fn discard_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError>;

    /// Whether the bus can take events now.
    fn is_up(&self) -> bool;

    /// Lets go of the bus. Stop the consumers first.
    async fn close(&self);
}

/// What became of a published event.
#[derive(Debug)]
pub enum PublishResult {
    /// The bus has it and will not lose it.
    Confirmed,
    /// The bus is up and no queue wants it.
    Unroutable,
    /// The bus did not take it; publish it again later.
    Rejected(String),
    /// The bus holds it in memory only. Keep a copy until every queue is done with it.
    Held(Settled),
}

impl PublishResult {
    /// For metrics.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unroutable => "unroutable",
            Self::Rejected(_) => "rejected",
            Self::Held(_) => "held",
        }
    }
}

/// Completes when every queue has handled a held event, with `false` if the bus let go of it before.
#[derive(Debug)]
pub struct Settled(pub(crate) oneshot::Receiver<()>);

impl Future for Settled {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        Pin::new(&mut self.0).poll(context).map(|result| result.is_ok())
    }
}

/// An event that was given up, kept until someone replays or discards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The id of the event, or an id made for it when it had none that could be read.
    pub id: Uuid,
    /// The event, if its metadata could be read.
    pub event: Option<Event>,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The payload as it came.
    pub payload: Bytes,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up, if known.
    pub parked_at: Option<DateTime<Utc>>,
}

/// Which dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All that are there now.
    All,
    /// Those with these ids.
    Ids(Vec<Uuid>),
}

impl Selection {
    pub(crate) fn contains(&self, id: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::Ids(ids) => ids.contains(&id),
        }
    }
}

/// What can go wrong on a bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The bus cannot be reached now.
    #[error("the bus is not available: {0}")]
    Unavailable(String),
    /// The queue was never declared.
    #[error("there is no queue {0}")]
    NoSuchQueue(String),
    /// A name or an address that can never work.
    #[error("{0}")]
    Invalid(String),
}

/// A running consumer. Dropping it stops the consumer too, without waiting for it.
#[derive(Debug)]
#[must_use = "a consumer stops when its handle is dropped"]
pub struct ConsumerHandle {
    stop: CancellationToken,
    ready: watch::Receiver<bool>,
    task: Option<JoinHandle<()>>,
}

impl ConsumerHandle {
    pub(crate) fn new(stop: CancellationToken, ready: watch::Receiver<bool>, task: JoinHandle<()>) -> Self {
        Self { stop, ready, task: Some(task) }
    }

    /// Waits until the consumer takes events: at once in process, when RabbitMQ is there otherwise.
    pub async fn ready(&self) {
        // An error says that the consumer has ended; then there is nothing to wait for.
        let _ = self.ready.clone().wait_for(|ready| *ready).await;
    }

    /// Whether the consumer takes events now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Stops taking events, lets the running handlers finish, acknowledges what they did, and returns.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // A panic of the task was logged where tasks are spawned.
            let _ = task.await;
        }
    }
}

impl Drop for ConsumerHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
