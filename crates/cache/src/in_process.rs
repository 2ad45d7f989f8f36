//! The cache of embedded mode.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use comitia_core::Clock;

use crate::line::SharedLine;
use crate::messages::Channels;
use crate::{Cache, CacheError, Decision, LineState, LineStep, Messages, RateLimit, gcra};

/// The most entries; above it, each new entry evicts one.
const MOST: usize = 100_000;
/// How many entries are sampled for eviction; the one that expires first goes.
const CANDIDATES: usize = 8;
/// With fewer entries than this, expired ones are not looked for.
const FEW: usize = 1_024;

/// A cache in memory, by the time of its clock. Clones are one cache.
#[derive(Clone, Debug)]
pub struct InProcess {
    clock: Clock,
    values: Arc<Mutex<Expiring<Bytes>>>,
    limits: Arc<Mutex<Expiring<i64>>>,
    lines: Arc<Mutex<Expiring<SharedLine>>>,
    channels: Arc<Mutex<Channels>>,
}

/// Values that expire, in microseconds since the epoch.
#[derive(Debug)]
struct Expiring<T> {
    entries: HashMap<String, (T, i64)>,
    sweep_at: usize,
}

impl<T> Default for Expiring<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: FEW }
    }
}

impl<T: Clone> Expiring<T> {
    fn get(&self, key: &str, now: i64) -> Option<T> {
        self.entries.get(key).filter(|(_, expiry)| *expiry > now).map(|(value, _)| value.clone())
    }

    fn set(&mut self, key: &str, value: T, expiry: i64, now: i64) {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, (_, expiry)| *expiry > now);
            self.sweep_at = (self.entries.len() * 2).clamp(FEW, MOST);
        }
        if self.entries.len() >= MOST
            && !self.entries.contains_key(key)
            && let Some((first, _)) =
                self.entries.iter().take(CANDIDATES).min_by_key(|(_, (_, expiry))| *expiry)
        {
            let first = first.clone();
            self.entries.remove(&first);
        }
        self.entries.insert(key.to_owned(), (value, expiry));
    }
}

/// A panic while the lock is held leaves the maps whole: every change is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InProcess {
    /// An empty cache.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            values: Arc::default(),
            limits: Arc::default(),
            lines: Arc::default(),
            channels: Arc::default(),
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    /// [`Cache::reserve`], which cannot fail here.
    pub(crate) fn decide(&self, key: &str, limit: RateLimit, longest: Duration) -> Decision {
        let now = self.now();
        let mut limits = lock(&self.limits);
        let (decision, next) = gcra::decide(limit, limits.get(key, now), now, longest);
        if let Some(next) = next {
            limits.set(key, next, next, now);
        }
        decision
    }

    pub(crate) fn send(&self, channel: &str, message: Bytes) {
        lock(&self.channels).send(channel, message);
    }

    pub(crate) fn listen(&self, channel: &str) -> Messages {
        let mut channels = lock(&self.channels);
        channels.sweep();
        channels.listen(channel).0
    }
}

#[async_trait]
impl Cache for InProcess {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        Ok(lock(&self.values).get(key, self.now()))
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        let now = self.now();
        let expiry = now.saturating_add(gcra::micros(ttl));
        lock(&self.values).set(key, value, expiry, now);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        lock(&self.values).entries.remove(key);
        Ok(())
    }

    async fn reserve(&self, key: &str, limit: RateLimit, longest: Duration) -> Result<Decision, CacheError> {
        Ok(self.decide(key, limit, longest))
    }

    async fn line(&self, key: &str, step: &LineStep, ttl: Duration) -> Result<LineState, CacheError> {
        let now = self.now();
        let mut lines = lock(&self.lines);
        let mut line = lines.get(key, now).unwrap_or_else(|| SharedLine::begun_by(step));
        let state = line.take(step);
        lines.set(key, line, now.saturating_add(gcra::micros(ttl)), now);
        Ok(state)
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        self.send(channel, message);
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<Messages, CacheError> {
        Ok(self.listen(channel))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    const VALUE: Bytes = Bytes::from_static(b"value");

    #[tokio::test]
    async fn expiry_and_limits_go_by_the_clock() {
        let clock = Clock::manual(DateTime::from_timestamp(1_000_000, 0).unwrap());
        let cache = InProcess::new(clock.clone());
        cache.set("k", Bytes::from_static(b"v"), Duration::from_secs(60)).await.unwrap();
        let limit = RateLimit::new(1, Duration::from_secs(10));
        assert!(cache.allow("k", limit).await.unwrap().allowed);
        clock.advance(TimeDelta::milliseconds(9_999));
        assert_eq!(cache.allow("k", limit).await.unwrap().retry_after, Duration::from_millis(1));
        clock.advance(TimeDelta::milliseconds(1));
        assert!(cache.allow("k", limit).await.unwrap().allowed);
        assert!(cache.get("k").await.unwrap().is_some());
        clock.advance(TimeDelta::seconds(50));
        assert!(cache.get("k").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let clock = Clock::manual(DateTime::from_timestamp(1_000_000, 0).unwrap());
        let cache = InProcess::new(clock);
        for key in 0..MOST + 10 {
            cache.set(&key.to_string(), Bytes::new(), Duration::from_secs(60)).await.unwrap();
        }
        assert_eq!(lock(&cache.values).entries.len(), MOST);
        // Replacing an entry evicts no other.
        let kept: Vec<_> = lock(&cache.values).entries.keys().take(CANDIDATES).cloned().collect();
        cache.set(&kept[0], VALUE, Duration::from_secs(600)).await.unwrap();
        // Evict the entry of the sample that expires first.
        for key in 0..10 {
            cache.set(&format!("new {key}"), Bytes::new(), Duration::from_secs(60)).await.unwrap();
        }
        assert_eq!(cache.get(&kept[0]).await.unwrap(), Some(VALUE));
        assert_eq!(lock(&cache.values).entries.len(), MOST);
        for channel in 0..10 {
            drop(cache.subscribe(&channel.to_string()).await.unwrap());
        }
        assert_eq!(lock(&cache.channels).names().len(), 1);
    }
}
