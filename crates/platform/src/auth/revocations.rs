//! Which sessions have ended before their access tokens have. Identity keeps the list in its database. Every process holds
//! a copy in memory, asks several times a second for what is new, and refuses the sessions on it.
//!
//! A copy knows how fresh it is. Once it is too old, calls by staff and operators are refused: their rights may have been
//! taken away meanwhile. Participants and services go on: a vote does not depend on identity being there, and what a
//! participant can do with an ended session is to act as themselves for the rest of an access token's life.
//!
//! The list is read by a watermark: all transactions of the database below it had ended when it was read. What comes
//! after it is read again until the watermark has passed it, so that no revocation is missed because its transaction
//! committed late. The watermark is the database's, hence the same at every replica of identity.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::{Clock, ErrorCode};
use opentelemetry::global;
use opentelemetry::metrics::Gauge;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::auth::{Caller, Role};
use crate::error::{ApiError, Reason};

/// How often the whole list is asked for. It bounds what a watermark can hide that is no longer the database's: after a
/// restore, or a failover to a replica that lacked transactions, transaction numbers are given out a second time.
const WHOLE_EVERY: Duration = Duration::from_secs(30);
/// How much longer an entry is kept than any token of its session lives, against clocks that differ.
const GRACE: TimeDelta = TimeDelta::minutes(5);

/// How a process follows the list of revoked sessions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevocationsConfig {
    /// Milliseconds between two questions for what is new.
    pub poll_ms: u64,
    /// After how many milliseconds without an answer calls by staff and operators are refused.
    pub stale_ms: u64,
}

impl Default for RevocationsConfig {
    fn default() -> Self {
        Self { poll_ms: 250, stale_ms: 5_000 }
    }
}

/// A session that was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session.
    pub session: Uuid,
    /// From then on none of its access tokens is good.
    pub expire_time: DateTime<Utc>,
    /// The number of the transaction that revoked it. Only identity knows it, which answers watermarks by it.
    pub transaction: u64,
}

/// An answer to a watermark.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// All that was committed `age` ago and that the watermark of the question does not cover.
    pub revoked: Vec<Revoked>,
    /// What to ask with the next time.
    pub watermark: u64,
    /// How old it is.
    pub age: Duration,
}

/// The revoked sessions that a process knows of. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Revocations {
    /// Nothing where no session is ever revoked.
    inner: Option<Arc<Inner>>,
}

struct Inner {
    config: RevocationsConfig,
    known: RwLock<Known>,
    /// Whether the list was ever complete.
    first: watch::Sender<bool>,
    followed: AtomicBool,
}

#[derive(Default)]
struct Known {
    by_session: HashMap<Uuid, Revoked>,
    by_transaction: BTreeMap<(u64, Uuid), DateTime<Utc>>,
    watermark: u64,
    /// Everything that was committed by then is known.
    complete: Option<Instant>,
}

impl Revocations {
    /// A list that is empty, and too old until it is first applied a batch.
    #[must_use]
    pub fn new(config: RevocationsConfig) -> Self {
        let inner = Inner {
            config,
            known: RwLock::default(),
            first: watch::Sender::new(false),
            followed: AtomicBool::new(false),
        };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// For tests whose sessions no identity has opened: none is revoked, and the list is never too old.
    #[must_use]
    pub fn none() -> Self {
        Self { inner: None }
    }

    /// Refuses a caller whose session was revoked, and staff and operators while the list is too old to tell. The first
    /// calls of a process wait for its list.
    ///
    /// # Errors
    /// `SESSION_REVOKED`; `DEPENDENCY_UNAVAILABLE` when the list is too old.
    pub async fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        // Sessions of services are not kept: there is nothing to revoke. What ends them is a new key.
        let Some(inner) = self.inner.as_ref().filter(|_| !caller.has(Role::Service)) else { return Ok(()) };
        let needs_fresh = caller.is_staff() || caller.has(Role::Operator);
        if needs_fresh && !*inner.first.borrow() {
            let mut first = inner.first.subscribe();
            // On a timeout the list is still too old, which the next check finds.
            let _ = tokio::time::timeout(inner.stale(), first.wait_for(|first| *first)).await;
        }
        let known = inner.read();
        if known.by_session.contains_key(&caller.session) {
            return Err(ApiError::new(
                ErrorCode::Unauthenticated,
                Reason::SessionRevoked,
                "the session has ended; sign in again",
            ));
        }
        if needs_fresh && known.age().is_none_or(|age| age > inner.stale()) {
            return Err(ApiError::new(
                ErrorCode::Unavailable,
                Reason::DependencyUnavailable,
                "identity cannot be asked whether the session has ended; try again",
            )
            .with_retry_after(Duration::from_secs(1)));
        }
        Ok(())
    }

    /// Claims the task of following the list, of which a process has one: true for the first caller only.
    #[must_use]
    pub fn claim(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| !inner.followed.swap(true, Ordering::SeqCst))
    }

    /// What is known beyond a watermark; nothing before the list was ever complete.
    #[must_use]
    pub fn since(&self, watermark: u64) -> Option<Batch> {
        let known = self.inner.as_ref()?.read();
        let revoked = known
            .by_transaction
            .range((watermark, Uuid::nil())..)
            .map(|(&(transaction, session), &expire_time)| Revoked { session, expire_time, transaction });
        Some(Batch { revoked: revoked.collect(), watermark: known.watermark, age: known.age()? })
    }

    /// Adds the answer to a question with the watermark `since` that was asked at `asked`.
    pub fn apply(&self, since: u64, asked: Instant, batch: Batch) {
        let Some(inner) = &self.inner else { return };
        let mut known = inner.write();
        for revoked in batch.revoked {
            known.by_transaction.insert((revoked.transaction, revoked.session), revoked.expire_time);
            known.by_session.insert(revoked.session, revoked);
        }
        // A replica of identity that is behind has a lower watermark, and takes nothing back of what another has said. The
        // whole list begins anew, in case transaction numbers have gone back.
        known.watermark = if since == 0 { batch.watermark } else { known.watermark.max(batch.watermark) };
        known.complete = known.complete.max(asked.checked_sub(batch.age));
        drop(known);
        inner.first.send_if_modified(|first| !std::mem::replace(first, true));
    }

    /// Forgets sessions none of whose tokens is good any more.
    pub fn forget(&self, now: DateTime<Utc>) {
        let Some(inner) = &self.inner else { return };
        let mut known = inner.write();
        known.by_session.retain(|_, revoked| revoked.expire_time + GRACE > now);
        known.by_transaction.retain(|_, expire_time| *expire_time + GRACE > now);
    }

    /// Asks `fetch` for what is new until the process stops. It is given the watermark to ask with.
    pub async fn follow<F, T, E>(&self, clock: Clock, stopping: CancellationToken, fetch: F)
    where
        F: Fn(u64) -> T + Send,
        T: Future<Output = Result<Batch, E>> + Send,
        E: Display,
    {
        let Some(inner) = &self.inner else { return };
        let age = age_gauge();
        let pause = Duration::from_millis(inner.config.poll_ms);
        let (mut whole, mut failing) = (Instant::now(), false);
        loop {
            let asked = Instant::now();
            let since = if asked >= whole { 0 } else { inner.read().watermark };
            // An answer that takes longer than half of what is too old is better asked for again.
            let failure = match tokio::time::timeout(inner.stale() / 2, fetch(since)).await {
                Ok(Ok(batch)) => {
                    self.apply(since, asked, batch);
                    if since == 0 {
                        whole = asked + WHOLE_EVERY;
                        self.forget(clock.now());
                    }
                    None
                }
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer in time".to_owned()),
            };
            match (&failure, failing) {
                // Whoever is asked may stop at the same time.
                (Some(_), false) if stopping.is_cancelled() => {}
                (Some(error), false) => tracing::warn!(%error, "revoked sessions cannot be read"),
                (None, true) => tracing::info!("revoked sessions are read again"),
                _ => {}
            }
            failing = failure.is_some();
            if let Some(seconds) = inner.read().age() {
                age.record(seconds.as_secs_f64(), &[]);
            }
            if stopping.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }
}

impl Inner {
    fn stale(&self) -> Duration {
        Duration::from_millis(self.config.stale_ms)
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn age(&self) -> Option<Duration> {
        self.complete.map(|complete| complete.elapsed())
    }
}

fn age_gauge() -> Gauge<f64> {
    global::meter("comitia")
        .f64_gauge("comitia.session.revocations.age")
        .with_unit("s")
        .with_description("how old this process' list of revoked sessions is")
        .build()
}

#[cfg(test)]
mod tests;
