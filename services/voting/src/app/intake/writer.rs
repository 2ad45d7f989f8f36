//! A writer: one transaction after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DurationRound, TimeDelta};
use comitia_core::Clock;
use comitia_platform::database;
use futures_util::FutureExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::{Entry, without_forged};
use super::metrics::Metrics;
use super::{Failure, Outcome};
use crate::app::turnout::Turnouts;
use crate::store::ballots::{self, Acceptance, Cast, Written};

/// How often a batch is tried after a serialization failure or on a broken connection.
const ATTEMPTS: u32 = 3;
/// Verify up to this many signatures inline (a millisecond at most); larger batches go to the blocking pool.
const FEW: usize = 64;

/// One of the intake's transactions in flight.
pub struct Writer {
    pub database: Arc<PgConnectOptions>,
    pub clock: Clock,
    pub turnouts: Turnouts,
    pub metrics: Metrics,
    pub timeout: Duration,
    /// The turnout rows that this writer adds to.
    pub shard: i32,
    /// The writer's own connection, as long as it is good.
    pub connection: Option<PgConnection>,
}

/// Why a batch was not written, as far as is known.
enum Trouble {
    Database(sqlx::Error),
    TimedOut,
}

impl Writer {
    /// Writes batches from the gatherer until it ends, and calls `done` after each. After a panic the callers of that batch get
    /// NOT_ACKNOWLEDGED, and the writer goes on with the next.
    pub async fn run(mut self, mut batches: mpsc::Receiver<Vec<Entry>>, done: impl Fn()) {
        while let Some(entries) = batches.recv().await {
            if AssertUnwindSafe(self.work(entries)).catch_unwind().await.is_err() {
                tracing::error!("a batch was not acknowledged: a defect ended the work on it");
            }
            done();
        }
    }

    async fn work(&mut self, entries: Vec<Entry>) {
        match checked(entries).await {
            Ok(entries) if entries.is_empty() => {}
            Ok(entries) => self.settle(entries).await,
            // Its callers see that nothing was acknowledged.
            Err(error) => tracing::error!(%error, "the signatures of a batch could not be checked"),
        }
    }

    /// Writes a batch and answers its callers. A batch that fails permanently is split, so that one bad cast does not fail the
    /// others.
    async fn settle(&mut self, entries: Vec<Entry>) {
        let mut parts = vec![entries];
        while let Some(mut entries) = parts.pop() {
            match self.write(&entries).await {
                Ok(outcomes) => {
                    self.metrics.outcomes(
                        entries.iter().zip(&outcomes).map(|(entry, outcome)| (name(*outcome), entry.0.len())),
                    );
                    for (entry, outcome) in entries.into_iter().zip(outcomes) {
                        entry.answer(Ok(outcome));
                    }
                }
                Err(Trouble::Database(error)) if !passing(&error) && entries.len() > 1 => {
                    let second = entries.split_off(entries.len() / 2);
                    parts.push(second);
                    parts.push(entries);
                }
                Err(trouble) => {
                    let failure = match &trouble {
                        Trouble::Database(error) if !passing(error) => {
                            tracing::error!(%error, "a cast could not be stored");
                            Failure::Failed
                        }
                        Trouble::Database(error) => {
                            tracing::warn!(%error, casts = entries.len(), "a batch was not acknowledged");
                            Failure::NotAcknowledged
                        }
                        Trouble::TimedOut => {
                            tracing::warn!(
                                casts = entries.len(),
                                "the database did not answer; batch not acknowledged"
                            );
                            Failure::NotAcknowledged
                        }
                    };
                    for entry in entries {
                        self.metrics.outcome("failed", entry.0.len());
                        entry.answer(Err(failure));
                    }
                }
            }
        }
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<Vec<Outcome>, Trouble> {
        let started = Instant::now();
        let casts: Vec<&Cast> = entries.iter().map(Entry::cast).collect();
        let events = acceptances(&casts);
        let mut attempt = 1;
        loop {
            // Keep a connection only after a complete answer: one that was cut off is never reused.
            let connection = self.connection.take();
            let fresh = connection.is_none();
            let result = tokio::time::timeout(self.timeout, self.accept(connection, &casts, &events)).await;
            match result {
                Err(_) => return Err(Trouble::TimedOut),
                Ok(Err(error))
                    if attempt < ATTEMPTS
                        && (database::retryable(&error) || (!fresh && database::unavailable(&error))) =>
                {
                    attempt += 1;
                }
                Ok(Err(error)) => return Err(Trouble::Database(error)),
                Ok(Ok(written)) => {
                    self.metrics.written(casts.len(), started.elapsed());
                    // The relay is not woken: it polls a few times a second, and so takes the events of many batches
                    // at once.
                    for poll in with_first_ballots(&casts, &written) {
                        self.turnouts.changed(poll);
                    }
                    return Ok(written.iter().map(outcome).collect());
                }
            }
        }
    }

    async fn accept(
        &mut self,
        connection: Option<PgConnection>,
        casts: &[&Cast],
        events: &[Acceptance],
    ) -> Result<Vec<Written>, sqlx::Error> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.database.connect().await?,
        };
        let hour = self.clock.now().duration_trunc(TimeDelta::hours(1)).unwrap_or_default();
        let result = ballots::accept(&mut connection, casts, self.shard, events, hour).await;
        if matches!(&result, Ok(_) | Err(sqlx::Error::Database(_))) {
            self.connection = Some(connection);
        }
        result
    }
}

/// The entries with valid permits. Verifying hundreds takes milliseconds, so it leaves the async threads.
async fn checked(entries: Vec<Entry>) -> Result<Vec<Entry>, tokio::task::JoinError> {
    // Not entries: the same ballot may have come from many callers.
    if entries.iter().map(|entry| entry.0.len()).sum::<usize>() <= FEW {
        return Ok(without_forged(entries));
    }
    comitia_core::task::blocking(move || without_forged(entries)).await
}

/// An event for each poll of the casts. The database knows how many first ballots there are and encodes it.
fn acceptances(casts: &[&Cast]) -> Vec<Acceptance> {
    let polls: BTreeMap<Uuid, Uuid> = casts.iter().map(|cast| (cast.poll_id, cast.organization_id)).collect();
    polls
        .into_iter()
        .map(|(poll_id, organization_id)| {
            // A random id (UUIDv4) without a time: the event may be about a single ballot.
            let id = uuid::Builder::from_random_bytes(comitia_core::random::bytes()).into_uuid();
            Acceptance { id, poll_id, organization_id }
        })
        .collect()
}

/// The polls that have more ballots than before.
fn with_first_ballots(casts: &[&Cast], written: &[Written]) -> BTreeSet<Uuid> {
    casts
        .iter()
        .zip(written)
        .filter(|(_, written)| matches!(written, Written::Stored(stored) if stored.revision == 1))
        .map(|(cast, _)| cast.poll_id)
        .collect()
}

/// The outcome of a cast: what was written, or what the database has in its place. It reveals nothing about another cast's
/// ballot, not even whether it is equal.
fn outcome(written: &Written) -> Outcome {
    match written {
        Written::Stored(stored) => Outcome::Counts(*stored),
        Written::Unreadable => Outcome::PollUnreadable,
        Written::Left { state: None, .. } => Outcome::PollGone,
        // The same cast again, also when the poll has closed meanwhile.
        Written::Left { present: Some(present), .. } if present.same => Outcome::Counts(present.stored),
        Written::Left { state: Some(state), .. } if state.is_over() => Outcome::Closed,
        Written::Left { present: Some(present), .. } if present.paper => Outcome::OnPaper,
        Written::Left { present: Some(present), .. } if present.later => Outcome::Overtaken,
        Written::Left { present: Some(_), .. } => Outcome::AlreadyCast,
        Written::Left { paused: true, .. } => Outcome::Paused,
        // Neither there nor taken: its time was over.
        Written::Left { present: None, .. } => Outcome::Closed,
    }
}

/// Whether the same batch may be written later.
fn passing(error: &sqlx::Error) -> bool {
    database::unavailable(error) || database::retryable(error)
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Counts(_) => "counts",
        Outcome::AlreadyCast => "already_cast",
        Outcome::Overtaken => "overtaken",
        Outcome::OnPaper => "on_paper",
        Outcome::Closed => "closed",
        Outcome::Paused => "paused",
        Outcome::PollGone => "poll_gone",
        Outcome::PollUnreadable => "poll_unreadable",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use comitia_cache::{InProcess, Resilient};
    use sqlx::postgres::PgPoolOptions;

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_a_batch_and_not_the_writer() {
        let (clock, database) = (Clock::system(), Arc::new(PgConnectOptions::new()));
        let pool = PgPoolOptions::new().connect_lazy_with((*database).clone());
        let cache = Resilient::new(Arc::new(InProcess::new(clock.clone())), clock.clone());
        let turnouts = Turnouts::new(pool, clock.clone(), cache);
        let (metrics, timeout) = (Metrics::new(), Duration::from_secs(1));
        let writer = Writer { database, clock, turnouts, metrics, timeout, shard: 0, connection: None };

        let (batches, queue) = mpsc::channel(2);
        for _ in 0..2 {
            // An entry has a cast: one without is a defect.
            batches.send(vec![Entry(vec![])]).await.unwrap();
        }
        drop(batches);
        let done = AtomicUsize::new(0);
        writer.run(queue, || _ = done.fetch_add(1, Ordering::Relaxed)).await;
        assert_eq!(done.into_inner(), 2);
    }
}
