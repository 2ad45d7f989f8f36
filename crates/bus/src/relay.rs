//! Brings events from the outbox to the bus.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use sqlx::{PgConnection, PgPool};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::metrics::Backlog;
use crate::{Bus, BusError, Event, OutboxSignal, PublishResult};

/// How long the relay sleeps when nobody wakes it.
const POLL: Duration = Duration::from_millis(200);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often the backlog is counted.
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// Events a pass.
const BATCH: i64 = 500;

/// Publishes the events of one service's outbox in order and removes those that the bus has taken.
///
/// Any number of replicas may run one each: a pass holds a transaction-scoped advisory lock of its schema (which
/// works through a transaction pooler as well), so that one publishes at a time. When the bus or the database is
/// away the events stay; after a crash between publishing and removing, events are published again with their
/// ids, and the inbox of each consumer knows them. An event that the bus rejected stays and is overtaken by those
/// behind it.
#[derive(Debug)]
pub struct Relay {
    pool: PgPool,
    signal: OutboxSignal,
    backlog: Backlog,
    /// What is on its way through a bus that holds events in memory only.
    held: HashSet<i64>,
    settling: FuturesUnordered<BoxFuture<'static, (i64, bool)>>,
    /// What such a bus is done with and can be removed.
    settled: Vec<i64>,
    unwanted: HashSet<String>,
    counted: Option<Instant>,
}

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("the bus rejected {count} events: {reason}")]
    Rejected { count: usize, reason: String },
}

impl RelayError {
    /// Its name in the metrics.
    fn cause(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Bus(_) => "bus",
            Self::Rejected { .. } => "rejected",
        }
    }
}

impl Relay {
    /// The relay of `service`, whose schema is the search path of `pool`'s connections.
    #[must_use]
    pub fn new(pool: PgPool, signal: OutboxSignal, service: &str) -> Self {
        Self {
            pool,
            signal,
            backlog: Backlog::new(service),
            held: HashSet::new(),
            settling: FuturesUnordered::new(),
            settled: Vec::new(),
            unwanted: HashSet::new(),
            counted: None,
        }
    }

    /// Publishes until `stop`, and then once more what is there.
    pub async fn run(mut self, bus: Arc<dyn Bus>, stop: CancellationToken) {
        let mut failures = 0_u32;
        while !stop.is_cancelled() {
            let pause = match self.pass(&*bus).await {
                Ok(full) => {
                    if failures > 0 {
                        tracing::info!("the outbox is drained again");
                    }
                    failures = 0;
                    if full { Duration::ZERO } else { POLL }
                }
                Err(error) => {
                    self.backlog.failed(error.cause());
                    if failures == 0 {
                        tracing::warn!(%error, "events wait in the outbox");
                    } else {
                        tracing::debug!(%error, failures, "events still wait in the outbox");
                    }
                    failures = failures.saturating_add(1);
                    match error {
                        // It is there and takes others: soon it takes these.
                        RelayError::Rejected { .. } => POLL,
                        _ => LONGEST_PAUSE.min(POLL * 2_u32.saturating_pow(failures.min(8))),
                    }
                }
            };
            self.wait(pause, failures > 0, &bus, &stop).await;
        }
        if bus.is_up()
            && let Err(error) = self.pass(&*bus).await
        {
            tracing::warn!(%error, "events wait in the outbox for the next start");
        }
    }

    /// Waits for a reason to look again, and takes note of what has settled meanwhile.
    async fn wait(&mut self, pause: Duration, failing: bool, bus: &Arc<dyn Bus>, stop: &CancellationToken) {
        if !pause.is_zero() {
            tokio::select! {
                () = stop.cancelled() => {}
                // While something is away, new events change nothing.
                () = self.signal.woken(), if !failing => {}
                () = returned(bus), if failing && !bus.is_up() => {}
                () = tokio::time::sleep(pause) => {}
                Some((sequence, done)) = self.settling.next() => self.note(sequence, done),
            }
        }
        while let Some(Some((sequence, done))) = self.settling.next().now_or_never() {
            self.note(sequence, done);
        }
    }

    fn note(&mut self, sequence: i64, done: bool) {
        if done {
            self.settled.push(sequence);
        } else {
            self.held.remove(&sequence);
        }
    }

    /// One batch. Gives whether there may be more at once.
    async fn pass(&mut self, bus: &dyn Bus) -> Result<bool, RelayError> {
        let mut transaction = self.pool.begin().await?;
        let locked = lock(&mut transaction).await?;
        self.count(&mut transaction).await?;
        if !locked {
            return Ok(false);
        }
        if !bus.is_up() {
            return Err(BusError::Unavailable("not connected".to_owned()).into());
        }
        let (sequences, events) = self.next(&mut transaction).await?;
        let full = i64::try_from(sequences.len()).is_ok_and(|length| length == BATCH);
        let results = if events.is_empty() { Vec::new() } else { bus.publish(&events).await? };
        let mut gone = self.settled.clone();
        let mut rejected = None;
        for ((sequence, event), result) in sequences.into_iter().zip(events).zip(results) {
            match result {
                PublishResult::Confirmed => gone.push(sequence),
                PublishResult::Unroutable => {
                    gone.push(sequence);
                    if self.unwanted.insert(event.routing_key.clone()) {
                        tracing::info!(event.routing_key, "nobody subscribes to these events");
                    }
                }
                PublishResult::Rejected(reason) => {
                    rejected.get_or_insert((0, reason)).0 += 1;
                }
                PublishResult::Held(settled) => {
                    self.held.insert(sequence);
                    self.settling.push(settled.map(move |done| (sequence, done)).boxed());
                }
            }
        }
        if !gone.is_empty() {
            sqlx::query!("DELETE FROM outbox WHERE sequence = ANY($1)", &gone)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        for sequence in self.settled.drain(..) {
            self.held.remove(&sequence);
        }
        match rejected {
            Some((count, reason)) => Err(RelayError::Rejected { count, reason }),
            None => Ok(full),
        }
    }

    async fn next(&mut self, connection: &mut PgConnection) -> Result<(Vec<i64>, Vec<Event>), sqlx::Error> {
        let held: Vec<i64> = self.held.iter().copied().collect();
        let rows = sqlx::query!(
            "SELECT sequence, id, routing_key, organization_id, subject, time, payload, trace_parent, trace_state
             FROM outbox WHERE sequence <> ALL($1) ORDER BY sequence LIMIT $2",
            &held,
            BATCH
        )
        .fetch_all(connection)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let event = Event {
                    id: row.id,
                    routing_key: row.routing_key,
                    organization_id: row.organization_id,
                    subject: row.subject,
                    time: row.time,
                    payload: row.payload.into(),
                    trace_parent: row.trace_parent,
                    trace_state: row.trace_state,
                };
                (row.sequence, event)
            })
            .unzip())
    }

    async fn count(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.counted.is_some_and(|counted| counted.elapsed() < COUNT_EVERY) {
            return Ok(());
        }
        let row = sqlx::query!(
            r#"SELECT count(*) AS "pending!",
                      coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS "oldest!"
               FROM outbox"#
        )
        .fetch_one(connection)
        .await?;
        self.backlog.record(u64::try_from(row.pending).unwrap_or(0), row.oldest);
        self.counted = Some(Instant::now());
        Ok(())
    }
}

/// Lets the transaction see the events of all organizations, and takes the lock of this schema's outbox for it if no
/// other relay has that.
async fn lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT set_config('comitia.organization', '*', true) AS organization,
                  pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox', 0)) AS "locked!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(row.locked)
}

/// Completes when the bus is up.
async fn returned(bus: &Arc<dyn Bus>) {
    while !bus.is_up() {
        tokio::time::sleep(POLL).await;
    }
}
