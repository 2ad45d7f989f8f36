//! The intake: group commit of casts.
//!
//! Casts wait in one bounded queue. The gatherer takes all that are queued, up to `max_batch`; a writer verifies their
//! permits' signatures as a batch and writes them in one transaction. Under load batches grow; a lone cast does not wait.
//! A voter has a cast in at most one batch in flight, so that casts are written in the order of their arrival. Callers are
//! answered only after the commit. The number of casts in flight is limited by their measured latency
//! ([`comitia_platform::limit`]); beyond that, and when the queue is full, casts are shed at once with a time to retry.

mod batch;
mod gatherer;
mod metrics;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use comitia_core::Clock;
use comitia_platform::auth::permit_invalid;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::limit::{LimitConfig, Limiter, Priority, Slot, jitter};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::batch::Queued;
pub use self::batch::UncheckedCast;
use self::gatherer::Gatherer;
use self::metrics::Metrics;
use self::writer::Writer;
use super::turnout::Turnouts;
use crate::error::Error;
use crate::store::ballots::Stored;

/// Turnout rows are spread over this many shards.
const SHARDS: u32 = 1 << 10;

/// The concurrency limit's minimum is this many casts for each batch that may be in flight.
const LEAST_IN_A_BATCH: usize = 16;

/// How the intake gathers casts.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeConfig {
    /// The most casts that one transaction writes.
    pub max_batch: usize,
    /// How many transactions may be in flight at once; each holds a database connection.
    pub max_in_flight_batches: usize,
    /// Milliseconds between two transactions that are in flight together. One that is answered sooner is alone: batches are
    /// large then, and a transaction costs the database as much as twenty casts. One that takes longer, because the database
    /// stands still or a connection is lost, does not hold up the next.
    pub stagger_ms: u64,
    /// How many casts may wait in all before new ones are refused.
    pub queue_capacity: usize,
    /// Milliseconds after which a batch that the database does not answer is given up.
    pub batch_timeout_ms: u64,
    /// Milliseconds that a cast may take, its wait included. When more than one in ten takes longer, fewer casts are let in
    /// at once and the others are refused early, which keeps those let in fast however many come.
    pub latency_target_ms: u64,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self {
            max_batch: 500,
            max_in_flight_batches: 4,
            stagger_ms: 50,
            queue_capacity: 10_000,
            batch_timeout_ms: 10_000,
            latency_target_ms: 100,
        }
    }
}

/// The durable outcome of a cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This ballot is the one that counts: now or since an earlier cast.
    Counts(Stored),
    /// Another cast counts, and the poll allows no change. Its ballot may be another one or the same.
    AlreadyCast,
    /// Another cast counts that arrived later than this one.
    Overtaken,
    /// A paper ballot counts.
    OnPaper,
    /// The poll takes no ballot any more.
    Closed,
    /// The poll takes no ballot until it is resumed.
    Paused,
    /// There is no such poll.
    PollGone,
    /// The poll's row has a state that this program does not know.
    PollUnreadable,
}

impl Outcome {
    /// Whether the voter had a ballot already when the cast came.
    #[must_use]
    pub const fn was_there(&self) -> bool {
        match self {
            Self::Counts(stored) => stored.repeated || stored.revision > 1,
            Self::AlreadyCast | Self::OnPaper | Self::Overtaken => true,
            Self::Closed | Self::Paused | Self::PollGone | Self::PollUnreadable => false,
        }
    }
}

/// Why a cast has no outcome. Nothing of it was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The database is away or did not say whether it committed: try again.
    NotAcknowledged,
    /// A defect, logged by the writer.
    Failed,
    /// Identity has not signed the permit.
    Forged,
}

/// The intake of a process. Clones share it; when the last is dropped, queued casts are written and the tasks end.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::Sender<Queued>,
    limiter: Limiter,
    metrics: Metrics,
}

impl Intake {
    /// Starts gatherer and writers as tasks of `lifecycle`, whose drain waits for them.
    #[must_use]
    pub fn start(
        config: &IntakeConfig,
        database: &Arc<PgConnectOptions>,
        clock: &Clock,
        turnouts: &Turnouts,
        lifecycle: &Lifecycle,
    ) -> Self {
        let metrics = Metrics::new();
        let count = config.max_in_flight_batches.max(1);
        let (queue, casts) = mpsc::channel(config.queue_capacity.max(1));
        let (tell, done) = mpsc::unbounded_channel();
        let writers = (0..count)
            .map(|number| {
                let (sender, batches) = mpsc::channel(1);
                let writer = Writer {
                    database: database.clone(),
                    clock: clock.clone(),
                    turnouts: turnouts.clone(),
                    metrics: metrics.clone(),
                    timeout: Duration::from_millis(config.batch_timeout_ms),
                    shard: (u32::from_be_bytes(comitia_core::random::bytes()) % SHARDS).cast_signed(),
                    connection: None,
                };
                let tell = tell.clone();
                let tell_done = move || {
                    // Fails only if the gatherer has ended.
                    let _ = tell.send(number);
                };
                lifecycle.spawn("intake writer", writer.run(batches, tell_done));
                sender
            })
            .collect();
        let gatherer = Gatherer {
            queue: casts,
            writers,
            done,
            metrics: metrics.clone(),
            max_batch: config.max_batch.max(1),
            stagger: Duration::from_millis(config.stagger_ms),
        };
        lifecycle.spawn("intake gatherer", gatherer.run());
        let limit = LimitConfig {
            // However slow it gets, every batch has casts to write.
            least: LEAST_IN_A_BATCH * count,
            most: config.queue_capacity.max(1),
            target_ms: config.latency_target_ms,
        };
        metrics::observe_depth(&queue);
        Self { queue, limiter: Limiter::new("voting.intake", limit), metrics }
    }

    /// Admits a cast before any work is spent on it, or sheds it at once. The permit is held until the cast is answered.
    ///
    /// # Errors
    /// [`Error::Overloaded`].
    pub fn enter(&self) -> Result<Slot, Error> {
        self.limiter.enter(Priority::Vote).map_err(|refused| {
            self.metrics.outcome("overloaded", 1);
            Error::Overloaded(refused.retry_after)
        })
    }

    /// Queues a cast and waits for its durable outcome. A cast that is still queued at `deadline`, or whose caller is gone,
    /// is not written.
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::DeadlinePassed`], [`Error::NotAcknowledged`], [`Error::Failed`], and `PERMIT_INVALID`
    /// when identity has not signed the permit.
    pub async fn cast(&self, unchecked: UncheckedCast, deadline: Instant) -> Result<Outcome, Error> {
        let (reply, answer) = oneshot::channel();
        let queued = Queued { unchecked, deadline, since: Instant::now(), reply };
        self.queue.try_send(queued).map_err(|_| {
            self.metrics.outcome("overloaded", 1);
            Error::Overloaded(jitter(Duration::from_millis(500)))
        })?;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(Ok(outcome))) => Ok(outcome),
            Ok(Ok(Err(Failure::Failed))) => Err(Error::Failed),
            Ok(Ok(Err(Failure::Forged))) => Err(Error::Api(permit_invalid())),
            Ok(Ok(Err(Failure::NotAcknowledged))) => {
                Err(Error::NotAcknowledged(jitter(Duration::from_secs(1))))
            }
            // The gatherer drops a cast without an answer when its deadline has passed.
            Ok(Err(_)) if Instant::now() < deadline => {
                Err(Error::NotAcknowledged(jitter(Duration::from_secs(1))))
            }
            Ok(Err(_)) | Err(_) => Err(Error::DeadlinePassed),
        }
    }
}
