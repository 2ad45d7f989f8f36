//! The gatherer: which casts go into which batch, and when a batch sets out.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::batch::{Batch, Entry, Queued, Voter};
use super::check::{Check, ENOUGH};
use super::metrics::Metrics;

/// The number of a writer.
pub type WriterId = usize;

/// Gathers what waits. A batch sets out at once when no other is under way. Beside others it sets out only when the last one
/// set out some time ago: while the database is quick, one large batch costs less than several small ones, and while it is
/// slow, the next need not wait for it. Permits are checked while batches are under way; few are checked only when a batch
/// could set out that has nothing else.
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

/// What waits.
#[derive(Default)]
struct Waiting {
    /// Casts whose permits are not checked yet.
    unchecked: Vec<Queued>,
    check: Check,
    /// Casts whose permits are good.
    checked: VecDeque<Queued>,
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.unchecked.is_empty() && !self.check.is_under_way() && self.checked.is_empty()
    }

    /// Whether something could be done with it if a batch could set out.
    fn is_ready(&self) -> bool {
        !self.checked.is_empty() || (!self.unchecked.is_empty() && !self.check.is_under_way())
    }
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
        let mut waiting = Waiting::default();
        let mut open = true;
        while open || !waiting.is_over() {
            let room = self.max_batch.saturating_sub(waiting.unchecked.len());
            // Who waits for the voter's cast before waits for its end, not for a time.
            let next = under_way.next(self.stagger).filter(|_| waiting.is_ready());
            tokio::select! {
                biased;
                Some(writer) = self.done.recv() => under_way.ended(writer),
                good = waiting.check.end(), if waiting.check.is_under_way() => waiting.checked.extend(good),
                count = self.queue.recv_many(&mut waiting.unchecked, room), if open && room > 0 => {
                    open = count > 0;
                }
                () = sleep_until(next.unwrap_or(under_way.last)), if next.is_some() => {}
            }
            // Callers that are ready to run hand in their casts first.
            tokio::task::yield_now().await;
            while waiting.unchecked.len() < self.max_batch
                && let Ok(queued) = self.queue.try_recv()
            {
                waiting.unchecked.push(queued);
            }
            self.go_on(&mut waiting, &mut under_way).await;
        }
    }

    /// Lets a batch set out and a check begin, if it is time.
    async fn go_on(&self, waiting: &mut Waiting, under_way: &mut UnderWay) {
        let now = Instant::now();
        let may_set_out = under_way.next(self.stagger).is_some_and(|next| next <= now);
        let idle = may_set_out && !self.set_out(&mut waiting.checked, under_way, now).await;
        if waiting.check.is_under_way() || waiting.checked.len() >= self.max_batch {
            return;
        }
        if waiting.unchecked.len() >= ENOUGH || (idle && !waiting.unchecked.is_empty()) {
            let good = waiting.check.begin(std::mem::take(&mut waiting.unchecked));
            waiting.checked.extend(good);
            if idle {
                self.set_out(&mut waiting.checked, under_way, now).await;
            }
        }
    }

    /// Lets a batch set out with what waits and may be written now. Whether there was something.
    async fn set_out(&self, waiting: &mut VecDeque<Queued>, under_way: &mut UnderWay, now: Instant) -> bool {
        if waiting.is_empty() {
            return false;
        }
        let mut batch = Batch::default();
        batch.fill(waiting, &under_way.in_work, self.max_batch, now);
        self.metrics.gathered(&batch);
        // Also when all who wait are held back, so that they are looked at again after a while and not all the time.
        under_way.last = now;
        if batch.entries.is_empty() {
            return false;
        }
        let Some(writer) = under_way.idle.pop() else { return false };
        under_way.voters[writer] = batch.voters().collect();
        under_way.in_work.extend(&under_way.voters[writer]);
        // A writer that has ended by a defect drops the casts, whose callers see that nothing was acknowledged.
        if self.writers[writer].send(batch.entries).await.is_err() {
            tracing::error!("a writer of the intake has ended");
        }
        true
    }
}
