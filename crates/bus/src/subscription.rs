//! What a consumer asks for, and what it answers.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{BusError, Event};

/// A durable queue, the events it collects, and how failures are treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The name of the queue, `<service>.<purpose>`, for example `budgets.results`. Consumers of one queue share
    /// its events; each queue gets its own copy of an event.
    pub queue: String,
    /// The routing keys to collect. `*` stands for one word and `#` for any number of words.
    pub routing_keys: Vec<String>,
    /// How many events may be in a handler at once, here. With 1 they are handled one after the other.
    pub prefetch: u16,
    /// What happens when the handler fails.
    pub retry: RetryPolicy,
}

impl Subscription {
    /// A subscription with a prefetch of 16 and the default retries.
    pub fn new<K: Into<String>>(queue: impl Into<String>, routing_keys: impl IntoIterator<Item = K>) -> Self {
        Self {
            queue: queue.into(),
            routing_keys: routing_keys.into_iter().map(Into::into).collect(),
            prefetch: 16,
            retry: RetryPolicy::default(),
        }
    }

    /// The same subscription with another prefetch (at least 1).
    #[must_use]
    pub fn prefetch(mut self, prefetch: u16) -> Self {
        self.prefetch = prefetch.max(1);
        self
    }

    /// The same subscription with other retries.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Refuses what a broker would refuse: AMQP names have at most 255 bytes, some of which the names of the retry
    /// and dead-letter queues need.
    pub(crate) fn check(&self) -> Result<(), BusError> {
        if self.queue.is_empty() || self.queue.len() > 200 {
            return Err(BusError::Invalid(format!("a queue's name has 1 to 200 bytes: {:?}", self.queue)));
        }
        if let Some(key) = self.routing_keys.iter().find(|key| key.is_empty() || key.len() > 255) {
            return Err(BusError::Invalid(format!("a routing key has 1 to 255 bytes: {key:?}")));
        }
        Ok(())
    }

    /// Whether an event with this routing key belongs in the queue.
    pub(crate) fn takes(&self, routing_key: &str) -> bool {
        let words: Vec<&str> = routing_key.split('.').collect();
        self.routing_keys.iter().any(|pattern| matches(&pattern.split('.').collect::<Vec<_>>(), &words))
    }
}

/// AMQP topic matching.
fn matches(pattern: &[&str], words: &[&str]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, None) => true,
        (Some((&"#", rest)), _) => {
            matches(rest, words) || words.split_first().is_some_and(|(_, words)| matches(pattern, words))
        }
        (Some((head, pattern)), Some((word, words))) => {
            (*head == "*" || head == word) && matches(pattern, words)
        }
        _ => false,
    }
}

/// How often and after which delays a failed event is tried again before it becomes a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The delay before each retry: as many retries as delays, so one attempt more than delays.
    pub delays: Vec<Duration>,
}

impl RetryPolicy {
    /// Retries after these delays.
    pub fn after(delays: impl IntoIterator<Item = Duration>) -> Self {
        Self { delays: delays.into_iter().collect() }
    }

    /// No retry: the first failure makes a dead letter.
    #[must_use]
    pub fn none() -> Self {
        Self { delays: Vec::new() }
    }
}

impl Default for RetryPolicy {
    /// 1 s, 5 s, 30 s, 2 min, 10 min.
    fn default() -> Self {
        Self::after([1, 5, 30, 120, 600].map(Duration::from_secs))
    }
}

/// Why a handler did not handle an event.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// It may work later (a dependency is away, a concurrent change won): try again.
    #[error("{0}")]
    Retry(Box<dyn Error + Send + Sync>),
    /// It will never work (the payload makes no sense): park it.
    #[error("{0}")]
    Permanent(Box<dyn Error + Send + Sync>),
}

impl HandlerError {
    /// An error after which a later attempt may succeed.
    pub fn retry(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry(error.into())
    }

    /// An error that no retry can fix.
    pub fn permanent(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Permanent(error.into())
    }
}

impl From<sqlx::Error> for HandlerError {
    fn from(error: sqlx::Error) -> Self {
        Self::retry(error)
    }
}

impl From<prost::DecodeError> for HandlerError {
    fn from(error: prost::DecodeError) -> Self {
        Self::permanent(error)
    }
}

/// Handles the events of a queue. Implemented for `Fn(Event) -> impl Future<Output = Result<(), HandlerError>>`.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles one event. Must be idempotent: see [`crate::inbox::first_time`].
    async fn handle(&self, event: Event) -> Result<(), HandlerError>;
}

#[async_trait]
impl<F, R> Handler for F
where
    F: Fn(Event) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    async fn handle(&self, event: Event) -> Result<(), HandlerError> {
        self(event).await
    }
}

/// A handler from an async closure, ready for [`crate::Bus::subscribe`].
pub fn handler<F, R>(function: F) -> Arc<dyn Handler>
where
    F: Fn(Event) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Arc::new(function)
}

#[cfg(test)]
mod tests {
    use super::Subscription;

    #[test]
    fn routing_keys_match_like_an_amqp_topic_exchange() {
        for (pattern, key, expected) in [
            ("voting.poll.closed", "voting.poll.closed", true),
            ("voting.poll.closed", "voting.poll.opened", false),
            ("voting.*.closed", "voting.poll.closed", true),
            ("voting.*", "voting.poll.closed", false),
            ("voting.#", "voting.poll.closed", true),
            ("voting.#", "voting", true),
            ("#.closed", "voting.poll.closed", true),
            ("#", "anything.at.all", true),
            ("*.poll.#", "voting.poll", true),
            ("*.poll.#", "poll", false),
        ] {
            assert_eq!(Subscription::new("q", [pattern]).takes(key), expected, "{pattern} {key}");
        }
    }
}
