//! The intake: group commit of casts.
//!
//! Casts wait in bounded queues, one for each lane; a voter's casts always go to the same lane, so that they are written
//! in the order in which they came. A lane takes whatever waits, up to `max_batch`, and writes it in one transaction: the
//! larger the crowd, the larger the batches; a lone cast waits for nobody. Callers are answered after the commit and never
//! before. How many casts may be in work follows their measured latency ([`comitia_platform::limit`]); beyond that, and when
//! a queue is full, casts are refused at once and told when to try again.

mod batch;
mod lane;
mod metrics;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use comitia_core::Clock;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::limit::{LimitConfig, Limiter, Priority, Slot, jitter};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::batch::Queued;
use self::lane::Lane;
use self::metrics::Metrics;
use super::turnout::Turnouts;
use crate::error::Error;
use crate::store::ballots::{Cast, Stored};

/// Turnout rows are spread over this many shards.
const SHARDS: u32 = 1 << 10;

/// The limit of casts in work is never below this many for each lane.
const LEAST_IN_A_LANE: usize = 16;

/// How the intake gathers casts.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeConfig {
    /// The most casts that one transaction writes.
    pub max_batch: usize,
    /// How many transactions are in flight at once; each holds a database connection.
    pub max_in_flight_batches: usize,
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
            queue_capacity: 10_000,
            batch_timeout_ms: 10_000,
            latency_target_ms: 100,
        }
    }
}

/// What became of a cast, once that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This ballot is the one that counts: now or since an earlier cast.
    Counts(Stored),
    /// A different ballot counts, and the poll allows no change.
    AlreadyCast,
    /// A different ballot counts that arrived later than this one.
    Overtaken,
    /// A paper ballot counts.
    OnPaper,
    /// The poll takes no ballot any more.
    Closed,
    /// There is no such poll.
    PollGone,
}

/// Why a cast has no outcome. Nothing of it was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The database is away or did not say whether it committed: try again.
    NotAcknowledged,
    /// A defect, logged by the lane.
    Failed,
}

/// The intake of a process. Clones are one; when the last is dropped, the lanes write what waits and end.
#[derive(Clone, Debug)]
pub struct Intake {
    lanes: Arc<[mpsc::Sender<Queued>]>,
    hasher: RandomState,
    limiter: Limiter,
    metrics: Metrics,
}

impl Intake {
    /// Starts the lanes as tasks of `lifecycle`, whose drain waits for them.
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
        let lanes: Arc<[_]> = (0..count)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(config.queue_capacity.div_ceil(count).max(1));
                let lane = Lane {
                    database: database.clone(),
                    clock: clock.clone(),
                    turnouts: turnouts.clone(),
                    metrics: metrics.clone(),
                    max_batch: config.max_batch.max(1),
                    timeout: Duration::from_millis(config.batch_timeout_ms),
                    shard: (u32::from_be_bytes(comitia_core::random::bytes()) % SHARDS).cast_signed(),
                    connection: None,
                };
                lifecycle.spawn("intake lane", lane.run(receiver));
                sender
            })
            .collect();
        let limit = LimitConfig {
            // One batch in work in each lane and one that gathers, however slow it gets.
            least: LEAST_IN_A_LANE * count,
            most: config.queue_capacity.max(1),
            target_ms: config.latency_target_ms,
        };
        metrics::observe_depth(&lanes);
        Self { lanes, hasher: RandomState::new(), limiter: Limiter::new("voting.intake", limit), metrics }
    }

    /// Lets a caller in who wants to cast, before anything else is done for it; or refuses it at once. The slot is held
    /// until the cast is answered.
    ///
    /// # Errors
    /// [`Error::Overloaded`].
    pub fn enter(&self) -> Result<Slot, Error> {
        self.limiter.enter(Priority::Vote).map_err(|refused| {
            self.metrics.outcome("overloaded", 1);
            Error::Overloaded(refused.retry_after)
        })
    }

    /// Hands a cast in and waits until what became of it is durable. A cast that still waits at `deadline`, or whose
    /// caller has gone, is not written.
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::DeadlinePassed`], [`Error::NotAcknowledged`], [`Error::Failed`].
    pub async fn cast(&self, cast: Cast, deadline: Instant) -> Result<Outcome, Error> {
        let lane = self.hasher.hash_one((cast.poll_id, cast.nullifier)) % self.lanes.len() as u64;
        let lane = usize::try_from(lane).ok().and_then(|lane| self.lanes.get(lane)).ok_or(Error::Failed)?;
        let (reply, answer) = oneshot::channel();
        let queued = Queued { cast, deadline, since: Instant::now(), reply };
        lane.try_send(queued).map_err(|_| {
            self.metrics.outcome("overloaded", 1);
            Error::Overloaded(jitter(Duration::from_millis(500)))
        })?;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(Ok(outcome))) => Ok(outcome),
            Ok(Ok(Err(Failure::Failed))) => Err(Error::Failed),
            Ok(Ok(Err(Failure::NotAcknowledged))) => {
                Err(Error::NotAcknowledged(jitter(Duration::from_secs(1))))
            }
            // The lane drops a cast without an answer when its deadline has passed.
            Ok(Err(_)) if Instant::now() < deadline => {
                Err(Error::NotAcknowledged(jitter(Duration::from_secs(1))))
            }
            Ok(Err(_)) | Err(_) => Err(Error::DeadlinePassed),
        }
    }
}
