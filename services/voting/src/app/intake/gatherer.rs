//! The gatherer: which casts go into which batch, and when a batch sets out.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::batch::{Batch, Entry, Queued, Voter};
use super::metrics::Metrics;

/// The number of a writer.
pub type WriterId = usize;

/// Gathers what waits. A batch sets out at once when no other is under way. Beside others it sets out only when the last one
/// set out some time ago: while the database is quick, one large batch costs less than several small ones, and while it is
/// slow, the next need not wait for it.
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

/// What is under way.
struct UnderWay {
    idle: Vec<WriterId>,
    /// Whose casts each writer has.
    voters: Vec<Vec<Voter>>,
    in_work: HashSet<Voter>,
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
            self.in_work.remove(&voter);
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
            in_work: HashSet::new(),
            last: Instant::now(),
        };
        let (mut waiting, mut arrived) = (VecDeque::new(), Vec::new());
        let mut open = true;
        while open || !waiting.is_empty() {
            let room = self.max_batch.saturating_sub(waiting.len());
            // Who waits for the voter's cast before waits for its end, not for a time.
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
            // Callers that are ready to run hand in their casts first.
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
        batch.fill(waiting, &under_way.in_work, self.max_batch, now);
        self.metrics.gathered(&batch);
        // Also when all who wait are held back, so that they are looked at again after a while and not all the time.
        under_way.last = now;
        if batch.entries.is_empty() {
            return;
        }
        let Some(writer) = under_way.idle.pop() else { return };
        under_way.voters[writer] = batch.voters().collect();
        under_way.in_work.extend(&under_way.voters[writer]);
        // A writer that has ended by a defect drops the casts, whose callers see that nothing was acknowledged.
        if self.writers[writer].send(batch.entries).await.is_err() {
            tracing::error!("a writer of the intake has ended");
        }
    }
}
