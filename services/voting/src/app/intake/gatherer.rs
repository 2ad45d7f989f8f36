//! The gatherer: forms batches and dispatches them to the writers.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::batch::{Batch, Entry, Queued, Voter};
use super::metrics::Metrics;

/// The number of a writer.
pub type WriterId = usize;

/// Gathers queued casts. A batch is dispatched at once when none is in flight, and beside others only some time after the
/// last: while the database is fast, one large batch is cheaper than several small ones; while it is slow, the next does
/// not wait for it.
pub struct Gatherer {
    /// The casts that come in.
    pub queue: mpsc::Receiver<Queued>,
    /// The writers, by their number.
    pub writers: Vec<mpsc::Sender<Vec<Entry>>>,
    /// Which writer has answered its batch.
    pub done: mpsc::UnboundedReceiver<WriterId>,
    pub metrics: Metrics,
    pub max_batch: usize,
    /// The least time between two batches under way together.
    pub stagger: Duration,
}

/// The batches in flight.
struct UnderWay {
    idle: Vec<WriterId>,
    /// Whose casts each writer has.
    voters: Vec<Vec<Voter>>,
    in_flight: HashSet<Voter>,
    /// When the last batch set out.
    last: Instant,
}

impl UnderWay {
    /// Since when a further batch may set out; nothing when all writers are at work.
    fn next(&self, stagger: Duration) -> Option<Instant> {
        match self.idle.len() {
            0 => None,
            all if all == self.voters.len() => Some(self.last),
            _ => Some(self.last + stagger),
        }
    }

    fn ended(&mut self, writer: WriterId) {
        for voter in std::mem::take(&mut self.voters[writer]) {
            self.in_flight.remove(&voter);
        }
        self.idle.push(writer);
    }
}

impl Gatherer {
    /// Gathers until every [`super::Intake`] is gone and nothing waits.
    pub async fn run(mut self) {
        let count = self.writers.len();
        let mut under_way = UnderWay {
            idle: (0..count).collect(),
            voters: vec![Vec::new(); count],
            in_flight: HashSet::new(),
            last: Instant::now(),
        };
        let (mut waiting, mut arrived) = (VecDeque::new(), Vec::new());
        let mut open = true;
        while open || !waiting.is_empty() {
            let room = self.max_batch.saturating_sub(waiting.len());
            // A held-back cast waits for the end of the voter's earlier one, not for a timer.
            let next = under_way.next(self.stagger).filter(|_| !waiting.is_empty());
            tokio::select! {
                biased;
                Some(writer) = self.done.recv() => under_way.ended(writer),
                count = self.queue.recv_many(&mut arrived, room), if open && room > 0 => {
                    open = count > 0;
                    waiting.extend(arrived.drain(..));
                }
                () = sleep_until(next.unwrap_or(under_way.last)), if next.is_some() => {}
            }
            // Yield, so that callers that are ready queue their casts first.
            tokio::task::yield_now().await;
            while waiting.len() < self.max_batch
                && let Ok(queued) = self.queue.try_recv()
            {
                waiting.push_back(queued);
            }
            let now = Instant::now();
            if !waiting.is_empty() && under_way.next(self.stagger).is_some_and(|next| next <= now) {
                self.set_out(&mut waiting, &mut under_way, now).await;
            }
        }
    }

    async fn set_out(&self, waiting: &mut VecDeque<Queued>, under_way: &mut UnderWay, now: Instant) {
        let mut batch = Batch::default();
        batch.fill(waiting, &under_way.in_flight, self.max_batch, now);
        self.metrics.gathered(&batch);
        // Also when all queued casts are held back: check again after a while rather than spin.
        under_way.last = now;
        if batch.entries.is_empty() {
            return;
        }
        let Some(writer) = under_way.idle.pop() else { return };
        under_way.voters[writer] = batch.voters().collect();
        under_way.in_flight.extend(&under_way.voters[writer]);
        // If the writer ended by a defect, the casts are dropped and their callers get NOT_ACKNOWLEDGED.
        if self.writers[writer].send(batch.entries).await.is_err() {
            tracing::error!("a writer of the intake has ended");
        }
    }
}
