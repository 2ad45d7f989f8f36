//! The bus of embedded mode: queues in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use comitia_core::{Clock, task};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::delivery::{self, Outcome};
use crate::metrics::{Depth, MEASURE_EVERY, Metrics};
use crate::{
    Bus, BusError, ConsumerHandle, DeadLetter, Event, Handler, PublishResult, Selection, Settled,
    Subscription, trace,
};

const SYSTEM: &str = "comitia";
/// Events that a queue holds before it takes no more; the outbox keeps the others.
const CAPACITY: usize = 10_000;
const LISTED: usize = 1_000;

/// A bus inside the process, with the semantics of the one on RabbitMQ. It promises nothing across a crash, and
/// says so: an event is [`PublishResult::Held`], and the relay keeps it in the outbox until every queue is done
/// with it. Dead letters live in memory: after a restart their events come from the outbox again.
#[derive(Clone, Debug)]
pub struct InProcess {
    clock: Clock,
    metrics: Metrics,
    queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
    closed: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    subscription: Option<Subscription>,
    waiting: VecDeque<Message>,
    /// Messages that wait for a later attempt.
    delayed: usize,
    dead: Vec<(DeadLetter, Message)>,
}

#[derive(Clone, Debug)]
struct Message {
    event: Event,
    attempts: u32,
    ticket: Arc<Ticket>,
}

/// Counts the queues that are not yet done with an event.
#[derive(Debug)]
struct Ticket {
    open: AtomicUsize,
    settled: Mutex<Option<oneshot::Sender<()>>>,
}

impl Ticket {
    fn done(&self) {
        if self.open.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(settled) = lock(&self.settled).take()
        {
            // Nobody need be interested.
            let _ = settled.send(());
        }
    }
}

/// A panic while the lock is held leaves the state whole: every change below is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    fn takes(&self, routing_key: &str) -> bool {
        lock(&self.state).subscription.as_ref().is_some_and(|subscription| subscription.takes(routing_key))
    }

    fn is_full(&self) -> bool {
        let state = lock(&self.state);
        state.waiting.len() + state.delayed >= CAPACITY
    }

    fn depth(&self) -> Depth {
        let state = lock(&self.state);
        Depth { work: state.waiting.len() as u64, retry: state.delayed as u64, dead: state.dead.len() as u64 }
    }

    fn push(&self, message: Message) {
        lock(&self.state).waiting.push_back(message);
        self.arrived.notify_one();
    }

    async fn pop(&self) -> Message {
        loop {
            if let Some(message) = lock(&self.state).waiting.pop_front() {
                return message;
            }
            self.arrived.notified().await;
        }
    }

    /// Puts `message` back after `delay`, unless the queue is gone by then.
    fn push_later(self: &Arc<Self>, message: Message, delay: std::time::Duration) {
        lock(&self.state).delayed += 1;
        let queue: Weak<Self> = Arc::downgrade(self);
        task::spawn("bus retry", async move {
            tokio::time::sleep(delay).await;
            if let Some(queue) = queue.upgrade() {
                lock(&queue.state).delayed -= 1;
                queue.push(message);
            }
        });
    }

    /// Takes the selected dead letters out.
    fn take_dead(&self, selection: &Selection) -> Vec<Message> {
        let mut state = lock(&self.state);
        let (taken, left) = std::mem::take(&mut state.dead)
            .into_iter()
            .partition::<Vec<_>, _>(|(letter, _)| selection.contains(letter.id));
        state.dead = left;
        taken.into_iter().map(|(_, message)| message).collect()
    }
}

impl InProcess {
    /// An empty bus; dead letters are dated by `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, metrics: Metrics::new(), queues: Arc::default(), closed: Arc::default() }
    }

    fn queue(&self, name: &str) -> Result<Arc<Queue>, BusError> {
        lock(&self.queues).get(name).cloned().ok_or_else(|| BusError::NoSuchQueue(name.to_owned()))
    }

    fn declared(&self, subscription: &Subscription) -> Arc<Queue> {
        let queue = Arc::clone(lock(&self.queues).entry(subscription.queue.clone()).or_default());
        lock(&queue.state).subscription = Some(subscription.clone());
        queue
    }

    fn publish_one(&self, event: &Event) -> PublishResult {
        let targets: Vec<Arc<Queue>> =
            lock(&self.queues).values().filter(|queue| queue.takes(&event.routing_key)).cloned().collect();
        if targets.is_empty() {
            return PublishResult::Unroutable;
        }
        if targets.iter().any(|queue| queue.is_full()) {
            return PublishResult::Rejected("a queue is full".to_owned());
        }
        let (settled, receiver) = oneshot::channel();
        let ticket =
            Arc::new(Ticket { open: AtomicUsize::new(targets.len()), settled: Mutex::new(Some(settled)) });
        let (span, event) = trace::publish(event, SYSTEM);
        let _entered = span.enter();
        for queue in targets {
            queue.push(Message { event: event.clone(), attempts: 0, ticket: Arc::clone(&ticket) });
        }
        PublishResult::Held(Settled(receiver))
    }
}

/// What a consumer needs to handle messages.
struct Consumer {
    clock: Clock,
    metrics: Metrics,
    queue: Arc<Queue>,
    subscription: Subscription,
    handler: Arc<dyn Handler>,
}

impl Consumer {
    async fn run(self: Arc<Self>, stop: CancellationToken) {
        let permits = Arc::new(Semaphore::new(usize::from(self.subscription.prefetch.max(1))));
        let mut running = FuturesUnordered::new();
        let mut looks = tokio::time::interval(MEASURE_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (permit, self.queue.pop().await)
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = looks.tick() => self.metrics.depth(&self.subscription.queue, self.queue.depth()),
                Some(_) = running.next() => {}
                (permit, message) = next => {
                    let consumer = Arc::clone(&self);
                    running.push(task::spawn("bus handler", async move {
                        consumer.handle(message).await;
                        drop(permit);
                    }));
                }
            }
        }
        while running.next().await.is_some() {}
    }

    async fn handle(&self, mut message: Message) {
        let event = message.event.clone();
        let attempts = message.attempts;
        let outcome = delivery::process(
            &*self.handler,
            event,
            attempts,
            &self.subscription,
            SYSTEM,
            &self.metrics,
            &self.clock,
        )
        .await;
        message.attempts += 1;
        match outcome {
            Outcome::Done => message.ticket.done(),
            Outcome::Retry { delay } => self.queue.push_later(message, delay),
            Outcome::Dead { reason } => {
                let letter = DeadLetter {
                    id: message.event.id,
                    event: Some(message.event.clone()),
                    routing_key: message.event.routing_key.clone(),
                    payload: message.event.payload.clone(),
                    reason,
                    attempts: message.attempts,
                    parked_at: Some(self.clock.now()),
                };
                lock(&self.queue.state).dead.push((letter, message));
            }
        }
    }
}

#[async_trait]
impl Bus for InProcess {
    async fn publish(&self, events: &[Event]) -> Result<Vec<PublishResult>, BusError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(BusError::Unavailable("closed".to_owned()));
        }
        Ok(events
            .iter()
            .map(|event| {
                let result = self.publish_one(event);
                self.metrics.published(&event.routing_key, result.label());
                result
            })
            .collect())
    }

    async fn declare(&self, subscription: &Subscription) -> Result<(), BusError> {
        subscription.check()?;
        self.declared(subscription);
        Ok(())
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<ConsumerHandle, BusError> {
        subscription.check()?;
        let stop = CancellationToken::new();
        let (_, ready) = watch::channel(true);
        let consumer = Arc::new(Consumer {
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            queue: self.declared(&subscription),
            subscription,
            handler,
        });
        let task = task::spawn("bus consumer", consumer.run(stop.clone()));
        Ok(ConsumerHandle::new(stop, ready, task))
    }

    async fn dead_letters(&self, queue: &str) -> Result<Vec<DeadLetter>, BusError> {
        let queue = self.queue(queue)?;
        let state = lock(&queue.state);
        Ok(state.dead.iter().take(LISTED).map(|(letter, _)| letter.clone()).collect())
    }

    async fn replay_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        let queue = self.queue(queue)?;
        let taken = queue.take_dead(selection);
        let count = taken.len();
        for message in taken {
            queue.push(Message { attempts: 0, ..message });
        }
        Ok(count)
    }

    async fn discard_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        let taken = self.queue(queue)?.take_dead(selection);
        taken.iter().for_each(|message| message.ticket.done());
        Ok(taken.len())
    }

    fn is_up(&self) -> bool {
        !self.closed.load(Ordering::SeqCst)
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        lock(&self.queues).clear();
    }
}
