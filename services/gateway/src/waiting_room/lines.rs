//! How a gateway advances the lines of all organizations.

use std::time::Duration;

use opentelemetry::KeyValue;
use uuid::Uuid;

use super::queue::Queue;
use super::{MEMORY, WaitingRoom, lock};

impl WaitingRoom {
    /// Loads the line of an organization, unless this gateway knows it.
    pub(super) async fn open_queue(&self, organization: Uuid, now: i64) {
        if lock(&self.queues).contains_key(&organization) {
            return;
        }
        let mut queue = Queue::new(self.member, now);
        self.exchange(organization, &mut queue, now).await;
        lock(&self.queues).entry(organization).or_insert(queue);
    }

    /// Reads the line before it is used, so that nobody overtakes people who wait at other
    /// gateways.
    async fn exchange(&self, organization: Uuid, queue: &mut Queue, now: i64) {
        let step = queue.step(now, 0);
        match self.cache.line(&line_key(organization), &step, MEMORY).await {
            Some(state) => queue.reported(&step, state),
            None => queue.alone(step),
        };
    }

    pub(super) fn with_queue<T>(
        &self,
        organization: Uuid,
        now: i64,
        work: impl FnOnce(&mut Queue) -> T,
    ) -> T {
        let mut queues = lock(&self.queues);
        work(queues.entry(organization).or_insert_with(|| Queue::new(self.member, now)))
    }

    /// Adapts the pace and advances every line by its share.
    pub(super) async fn tick(&self) {
        let rate = {
            let mut pace = lock(&self.pace);
            pace.adapt(self.seen.take());
            pace.rate()
        };
        self.metrics.rate.record(Duration::from_millis(rate.unsigned_abs()).as_secs_f64(), &[]);
        let mut organizations: Vec<_> = lock(&self.queues).keys().copied().collect();
        // In random order: later lines may use what earlier ones left over.
        let first = usize::from(comitia_core::random::bytes::<1>()[0]) % organizations.len().max(1);
        organizations.rotate_left(first);
        for (done, organization) in organizations.iter().enumerate() {
            self.move_line(*organization, organizations.len() - done).await;
        }
    }

    /// Advances one line. `left` lines still share the bucket.
    async fn move_line(&self, organization: Uuid, left: usize) {
        let now = self.now();
        let available = lock(&self.pace).available(now);
        let share = available.div_ceil(u32::try_from(left).unwrap_or(u32::MAX));
        let Some(step) = lock(&self.queues).get_mut(&organization).map(|queue| queue.step(now, share)) else {
            return;
        };
        let state = self.cache.line(&line_key(organization), &step, MEMORY).await;
        let mut queues = lock(&self.queues);
        let Some(queue) = queues.get_mut(&organization) else { return };
        let admitted = match state {
            Some(state) => queue.reported(&step, state),
            None => queue.alone(step),
        };
        let waiting = queue.waiting(now);
        if queue.is_idle(now) {
            queues.remove(&organization);
        }
        drop(queues);
        lock(&self.pace).spend(admitted);
        let attributes = [KeyValue::new("organization", organization.to_string())];
        self.metrics.length.record(waiting, &attributes);
        self.metrics.admitted.add(u64::from(admitted), &attributes);
    }
}

fn line_key(organization: Uuid) -> String {
    format!("gateway:waiting_room:{organization}")
}
