//! The contract of a cache.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::{LineState, LineStep};

/// The messages of a channel. Never ends; what is published while the connection is lost, or faster than it is
/// read, is skipped.
pub type Messages = BoxStream<'static, Bytes>;

/// Values with a time to live, rate limits, queues of waiting clients, and publish/subscribe without storage. Keys and
/// channels are `<service>:<purpose>:<id>`, so that all services can share one Redis.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// The value of `key`, unless it expired.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when the cache is away; the same for every method.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError>;

    /// Sets `key` for `ttl`.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError>;

    /// Forgets `key`.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn delete(&self, key: &str) -> Result<(), CacheError>;

    /// Asks to act once under `key`, and counts it if the answer is yes.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn allow(&self, key: &str, limit: RateLimit) -> Result<Decision, CacheError> {
        self.reserve(key, limit, Duration::ZERO).await
    }

    /// As [`Cache::allow`], but where that refuses, takes the next free turn if it comes within `longest`: an answer
    /// that is yes says in `retry_after` how long to wait for it.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn reserve(&self, key: &str, limit: RateLimit, longest: Duration) -> Result<Decision, CacheError>;

    /// Takes a step in the queue of `key`, which is kept for `ttl` from now.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn line(&self, key: &str, step: &LineStep, ttl: Duration) -> Result<LineState, CacheError>;

    /// Sends `message` to those who listen to `channel` now.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError>;

    /// Subscribes to `channel`: gets what is published after this returns, while the cache can be reached.
    ///
    /// # Errors
    /// Never because the cache is away: messages arrive once it is back.
    async fn subscribe(&self, channel: &str) -> Result<Messages, CacheError>;

    /// Checks that the cache answers.
    ///
    /// # Errors
    /// As [`Cache::get`].
    async fn ping(&self) -> Result<(), CacheError>;
}

/// What can go wrong with a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The cache cannot be reached, or gave no answer in time.
    #[error("the cache is not available: {0}")]
    Unavailable(String),
    /// An address that can never work.
    #[error("{0}")]
    Invalid(String),
}

/// At most `burst` actions at once, coming back evenly over `per`: with 10 and a minute, 10 at once and then one
/// every six seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many actions may come at once (at least 1).
    pub burst: u32,
    /// How long it takes for all of them to come back.
    pub per: Duration,
}

impl RateLimit {
    /// A limit of `burst` actions in `per`.
    #[must_use]
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self { burst, per }
    }
}

/// The answer of [`Cache::allow`] and [`Cache::reserve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether to go on.
    pub allowed: bool,
    /// How many more actions would be allowed now.
    pub remaining: u32,
    /// After which time asking again makes sense; when allowed, how long to wait for the turn that was taken (zero
    /// from [`Cache::allow`]).
    pub retry_after: Duration,
}
