//! A lane: one transaction after the other.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use comitia_bus::OutboxSignal;
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant};
use comitia_proto::events::v1::BallotsAccepted;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::{Batch, Entry, Queued};
use super::metrics::Metrics;
use super::{Failure, Outcome};
use crate::app::poll_event;
use crate::app::turnout::Turnouts;
use crate::domain::PollState;
use crate::store;
use crate::store::ballots::{Cast, Present, Written};

/// How often a batch that lost against a concurrent transaction is tried.
const ATTEMPTS: u32 = 3;

/// One of the intake's transactions in flight.
pub struct Lane {
    pub pool: PgPool,
    pub clock: Clock,
    pub outbox: OutboxSignal,
    pub turnouts: Turnouts,
    pub metrics: Metrics,
    pub max_batch: usize,
    pub timeout: Duration,
    /// The turnout rows that this lane adds to.
    pub shard: i32,
}

/// Why a batch was not written, as far as is known.
enum Trouble {
    Database(sqlx::Error),
    TimedOut,
}

impl Lane {
    /// Writes batches until every [`super::Intake`] is gone and nothing waits.
    pub async fn run(self, mut queue: mpsc::Receiver<Queued>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match queue.recv().await {
                    Some(queued) => waiting.push_back(queued),
                    None => return,
                }
            }
            while waiting.len() < self.max_batch
                && let Ok(queued) = queue.try_recv()
            {
                waiting.push_back(queued);
            }
            let mut batch = Batch::default();
            batch.fill(&mut waiting, self.max_batch, Instant::now());
            self.metrics.gathered(&batch);
            if !batch.entries.is_empty() {
                self.settle(batch.entries).await;
            }
        }
    }

    /// Writes a batch and answers its callers. A batch that a defect keeps from being written is parted, so that one
    /// cast does not take the others with it.
    async fn settle(&self, entries: Vec<Entry>) {
        let mut parts = vec![entries];
        while let Some(mut entries) = parts.pop() {
            match self.write(&entries).await {
                Ok(outcomes) => {
                    for (entry, outcome) in entries.into_iter().zip(outcomes) {
                        self.metrics.outcome(name(outcome), entry.replies.len());
                        answer(entry, Ok(outcome));
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
                        self.metrics.outcome("failed", entry.replies.len());
                        answer(entry, Err(failure));
                    }
                }
            }
        }
    }

    async fn write(&self, entries: &[Entry]) -> Result<Vec<Outcome>, Trouble> {
        let started = Instant::now();
        let casts: Vec<&Cast> = entries.iter().map(|entry| &entry.cast).collect();
        let mut attempt = 1;
        loop {
            let result = tokio::time::timeout(self.timeout, self.transaction(&casts)).await;
            match result {
                Err(_) => return Err(Trouble::TimedOut),
                Ok(Err(error)) if database::retryable(&error) && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(error)) => return Err(Trouble::Database(error)),
                Ok(Ok((outcomes, changed))) => {
                    self.metrics.written(casts.len(), started.elapsed());
                    if !changed.is_empty() {
                        self.outbox.wake();
                        changed.into_iter().for_each(|poll| self.turnouts.changed(poll));
                    }
                    return Ok(outcomes);
                }
            }
        }
    }

    /// The transaction of a batch: ballots, turnout and events. Gives what became of each cast, and the polls with more
    /// ballots than before.
    async fn transaction(&self, casts: &[&Cast]) -> Result<(Vec<Outcome>, Vec<Uuid>), sqlx::Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let mut polls: Vec<Uuid> = casts.iter().map(|cast| cast.poll_id).collect();
        polls.sort_unstable();
        polls.dedup();
        // Before any statement that reads the polls' states, so that it sees a close that came first.
        store::lock_for_ballots(&mut transaction, &polls).await?;
        let written = store::ballots::write(&mut transaction, casts, self.shard).await?;
        let untouched: Vec<usize> =
            (0..casts.len()).filter(|place| written[*place].stored.is_none()).collect();
        let voters: Vec<_> =
            untouched.iter().map(|place| (casts[*place].poll_id, casts[*place].nullifier)).collect();
        let mut present = vec![None; casts.len()];
        if !voters.is_empty() {
            let found = store::ballots::present(&mut transaction, &voters).await?;
            for (place, ballot) in untouched.into_iter().zip(found) {
                present[place] = ballot;
            }
        }
        // By poll: its organization, and how many first ballots it has got. Changed ballots are accepted ones too.
        let mut accepted: BTreeMap<Uuid, (Uuid, i64)> = BTreeMap::new();
        for (cast, written) in casts.iter().zip(&written) {
            if let Some(stored) = written.stored {
                accepted.entry(cast.poll_id).or_insert((cast.organization_id, 0)).1 +=
                    i64::from(stored.revision == 1);
            }
        }
        let events: Vec<_> = accepted
            .iter()
            .map(|(poll, (organization, added))| {
                let event = BallotsAccepted { poll_id: poll.to_string(), added: *added };
                poll_event(&self.clock, "voting.ballots.accepted", *organization, *poll, &event)
            })
            .collect();
        comitia_bus::outbox::append(&mut transaction, &events).await?;
        transaction.commit().await?;
        let outcomes = casts
            .iter()
            .zip(&written)
            .zip(&present)
            .map(|((cast, written), present)| outcome(cast, written, present.as_ref()));
        let changed =
            accepted.into_iter().filter(|(_, (_, added))| *added > 0).map(|(poll, _)| poll).collect();
        Ok((outcomes.collect(), changed))
    }
}

/// What became of a cast: what was written, or else what the database has in its place.
fn outcome(cast: &Cast, written: &Written, present: Option<&Present>) -> Outcome {
    match (written.stored, present, written.state) {
        (Some(stored), _, _) => Outcome::Counts(stored),
        (None, _, None) => Outcome::PollGone,
        // The same cast again, also when the poll has closed meanwhile.
        (None, Some(present), _) if !present.paper && present.ballot == cast.ballot => {
            Outcome::Counts(present.stored)
        }
        (None, _, Some(PollState::Closed | PollState::Sealed)) => Outcome::Closed,
        (None, Some(present), _) if present.paper => Outcome::OnPaper,
        (None, Some(_), _) => Outcome::AlreadyCast,
        // Neither there nor taken: its time was over.
        (None, None, _) => Outcome::Closed,
    }
}

/// Whether the same batch may be written later.
fn passing(error: &sqlx::Error) -> bool {
    database::unavailable(error) || database::retryable(error)
        // What a connection says that breaks in the middle of an answer.
        || matches!(error, sqlx::Error::Protocol(_))
}

fn answer(entry: Entry, result: Result<Outcome, Failure>) {
    for reply in entry.replies {
        // A caller that has gone meanwhile asks again.
        let _ = reply.send(result);
    }
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Counts(_) => "counts",
        Outcome::AlreadyCast => "already_cast",
        Outcome::OnPaper => "on_paper",
        Outcome::Closed => "closed",
        Outcome::PollGone => "poll_gone",
    }
}
