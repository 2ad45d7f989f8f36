//! What happens while the cache is away.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use comitia_core::Clock;
use futures_util::{StreamExt, stream};
use opentelemetry::global;
use opentelemetry::metrics::Counter;

use crate::{Cache, CacheError, Decision, InProcess, LineState, LineStep, Messages, RateLimit};

/// How long a cache that failed is not asked again.
const PAUSE_MICROS: i64 = 1_000_000;

/// Made at the first failure, by when telemetry has started.
static FAILURES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("comitia")
        .u64_counter("comitia.cache.failures")
        .with_description("Questions that the cache did not answer; callers went on without")
        .build()
});

/// A cache whose failures never fail a request:
///
/// - reads miss, and writes and deletions are dropped (so give every entry a short time to live);
/// - each replica keeps rate limits by itself, so that they become looser by the number of replicas and never refuse
///   because of the failure. Values are lost: a caller that stores a refusal as a value keeps it in the process too;
/// - messages reach the listeners of this process.
///
/// After a failure the cache is not asked for a second (circuit breaker), so that a Redis that hangs costs one timeout
/// a second and not one a request.
#[derive(Clone)]
pub struct Resilient {
    cache: Arc<dyn Cache>,
    local: InProcess,
    clock: Clock,
    /// Until when the cache is not asked, in microseconds since the epoch; 0 when it works.
    away_until: Arc<AtomicI64>,
}

impl std::fmt::Debug for Resilient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Resilient").field("away", &self.is_away()).finish_non_exhaustive()
    }
}

impl Resilient {
    /// Wraps `cache`.
    #[must_use]
    pub fn new(cache: Arc<dyn Cache>, clock: Clock) -> Self {
        Self { cache, local: InProcess::new(clock.clone()), clock, away_until: Arc::default() }
    }

    /// The value of `key`, if there is one and the cache can give it.
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        self.ask(self.cache.get(key)).await.flatten()
    }

    /// Sets `key` for `ttl`, if the cache is there.
    pub async fn set(&self, key: &str, value: Bytes, ttl: Duration) {
        self.ask(self.cache.set(key, value, ttl)).await;
    }

    /// Forgets `key`, if the cache is there.
    pub async fn delete(&self, key: &str) {
        self.ask(self.cache.delete(key)).await;
    }

    /// Asks to act once under `key`: all replicas together, or this one alone while the cache is away.
    pub async fn allow(&self, key: &str, limit: RateLimit) -> Decision {
        self.reserve(key, limit, Duration::ZERO).await
    }

    /// As [`Resilient::allow`], but takes a turn that comes within `longest` ([`Cache::reserve`]).
    pub async fn reserve(&self, key: &str, limit: RateLimit, longest: Duration) -> Decision {
        self.ask(self.cache.reserve(key, limit, longest))
            .await
            .unwrap_or_else(|| self.local.decide(key, limit, longest))
    }

    /// Takes a step in the queue of `key` ([`Cache::line`]); nothing while the cache is away: a gateway then goes on with
    /// the state that it knew last.
    pub async fn line(&self, key: &str, step: &LineStep, ttl: Duration) -> Option<LineState> {
        self.ask(self.cache.line(key, step, ttl)).await
    }

    /// Sends `message` to all who listen to `channel`, or to those of this process while the cache is away.
    pub async fn publish(&self, channel: &str, message: Bytes) {
        let sent = self.ask(self.cache.publish(channel, message.clone())).await;
        if sent.is_none() {
            self.local.send(channel, message);
        }
    }

    /// Listens to `channel`.
    pub async fn subscribe(&self, channel: &str) -> Messages {
        let local = self.local.listen(channel);
        match self.cache.subscribe(channel).await {
            Ok(shared) => stream::select(shared, local).boxed(),
            Err(error) => {
                self.failed(&error);
                local
            }
        }
    }

    /// Whether the cache failed a moment ago and is not asked.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.away_until.load(Ordering::Relaxed) > self.clock.now().timestamp_micros()
    }

    /// The answer to a question, which is not asked while the breaker is open.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, CacheError>>) -> Option<T> {
        if self.is_away() {
            return None;
        }
        match question.await {
            Ok(answer) => {
                if self.away_until.load(Ordering::Relaxed) != 0
                    && self.away_until.swap(0, Ordering::Relaxed) != 0
                {
                    tracing::info!("the cache is back");
                }
                Some(answer)
            }
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    fn failed(&self, error: &CacheError) {
        FAILURES.add(1, &[]);
        let until = self.clock.now().timestamp_micros() + PAUSE_MICROS;
        if self.away_until.swap(until, Ordering::Relaxed) == 0 {
            tracing::warn!(%error, "going on without the cache");
        }
    }
}
