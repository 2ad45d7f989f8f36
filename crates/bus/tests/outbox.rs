//! Outbox, relay and inbox on a real PostgreSQL, with both buses and with failures in the middle.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use comitia_bus::{
    Bus, BusError, ConsumerHandle, DeadLetter, Event, Handler, HandlerError, InProcess, OutboxSignal,
    PublishResult, RabbitMq, Relay, RetryPolicy, Selection, Subscription, handler, inbox, outbox,
};
use comitia_core::{Clock, task};
use comitia_platform::database::Migrations;
use comitia_testkit::{PostgresServer, RabbitMqServer, TestDatabase, wait_until};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use common::{Bench, PATIENCE, Seen, quick};

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const SERVICE: Migrations = Migrations { service: "voting", own: &NO_MIGRATIONS, repeatable: &[] };

/// A service's database with a table that its consumers write to.
async fn prepare(database: &TestDatabase) -> PgPool {
    let admin = database.admin_pool().unwrap();
    sqlx::raw_sql("CREATE TABLE voting.effects (event uuid); GRANT ALL ON voting.effects TO comitia_voting")
        .execute(&admin)
        .await
        .unwrap();
    admin.close().await;
    database.pool("voting").unwrap()
}

struct RunningRelay {
    signal: OutboxSignal,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl RunningRelay {
    fn start(pool: &PgPool, bus: &Arc<dyn Bus>) -> Self {
        let (signal, stop) = (OutboxSignal::new(), CancellationToken::new());
        let relay = Relay::new(pool.clone(), signal.clone(), "voting");
        let task = task::spawn("relay", relay.run(Arc::clone(bus), stop.clone()));
        Self { signal, stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Appends in the transaction of a service that works on all organizations.
async fn append(pool: &PgPool, events: &[Event]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN; SET LOCAL comitia.organization = '*'").await?;
    outbox::append(&mut transaction, events).await?;
    transaction.commit().await
}

async fn pending(pool: &PgPool) -> i64 {
    let mut transaction = pool.begin_with("BEGIN; SET LOCAL comitia.organization = '*'").await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&mut *transaction).await.unwrap()
}

/// How many effects there are, and of how many events.
async fn effects(pool: &PgPool) -> (i64, i64) {
    sqlx::query_as("SELECT count(*), count(DISTINCT event) FROM voting.effects")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// A consumer with one effect an event, by the inbox.
fn effective(pool: &PgPool, seen: &Seen) -> Arc<dyn Handler> {
    let (pool, seen) = (pool.clone(), seen.clone());
    handler(move |event: Event| {
        let (pool, seen) = (pool.clone(), seen.clone());
        async move {
            let mut transaction = pool.begin().await?;
            if inbox::first_time(&mut transaction, "voting.test", event.id).await? {
                sqlx::query("INSERT INTO voting.effects VALUES ($1)")
                    .bind(event.id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            seen.add(event);
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_effects_stand_or_fall_with_their_transaction() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = prepare(&database).await;
    let bench = Bench::new(Arc::new(InProcess::new(Clock::system())));
    let event = bench.event("poll.closed", "poll");

    let mut transaction = pool.begin_with("BEGIN; SET LOCAL comitia.organization = '*'").await.unwrap();
    outbox::append(&mut transaction, std::slice::from_ref(&event)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(pending(&pool).await, 0);

    let mut transaction = pool.begin().await.unwrap();
    assert!(inbox::first_time(&mut transaction, "one", event.id).await.unwrap());
    transaction.rollback().await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    assert!(inbox::first_time(&mut connection, "one", event.id).await.unwrap());
    assert!(!inbox::first_time(&mut connection, "one", event.id).await.unwrap());
    assert!(inbox::first_time(&mut connection, "two", event.id).await.unwrap());
    assert_eq!(inbox::purge(&mut connection, Duration::from_secs(3_600)).await.unwrap(), 0);
    assert_eq!(inbox::purge(&mut connection, Duration::ZERO).await.unwrap(), 2);

    // An event of an organization needs a transaction of that organization.
    let error = outbox::append(&mut connection, std::slice::from_ref(&event)).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    let nobodys = Event { organization_id: None, ..event };
    outbox::append(&mut connection, &[nobodys]).await.unwrap();
    drop(connection);
    assert_eq!(pending(&pool).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_publishes_all_in_order_whoever_runs_it() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = prepare(&database).await;
    let url = comitia_testkit::test_amqp_url().await.unwrap();
    let bench = Bench::new(Arc::new(RabbitMq::connect(&url, Clock::system(), "relay").unwrap()));
    let seen = Seen::default();
    let subscription = bench.subscription("ordered").prefetch(1);
    let consumer = bench.bus.subscribe(subscription, seen.handler()).await.unwrap();
    consumer.ready().await;
    // Replicas: one publishes at a time, and no event twice.
    let relays = [RunningRelay::start(&pool, &bench.bus), RunningRelay::start(&pool, &bench.bus)];
    let events = bench.events("poll.closed", 0..1_700);
    for batch in events.chunks(170) {
        append(&pool, batch).await.unwrap();
        relays[0].signal.wake();
    }
    wait_until("all events", PATIENCE, async || seen.count() >= events.len()).await;
    wait_until("an empty outbox", PATIENCE, async || pending(&pool).await == 0).await;
    for relay in relays {
        relay.stop().await;
    }
    consumer.stop().await;
    let arrived = seen.events();
    assert_eq!(arrived.len(), events.len());
    assert!(arrived.iter().zip(&events).all(|(arrived, sent)| arrived.id == sent.id), "in order");
    assert_eq!(arrived[7].organization_id, events[7].organization_id);
    assert_eq!((arrived[7].time, &arrived[7].payload), (events[7].time, &events[7].payload));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_process_an_event_stays_in_the_outbox_until_it_is_handled() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = prepare(&database).await;
    let bench = Bench::new(Arc::new(InProcess::new(Clock::system())));
    let seen = Seen::default();
    let subscription = bench.subscription("failing").retry(quick(1));
    let handle = seen.answering(|event| match event.subject.as_str() {
        "3" => Err(HandlerError::retry("ill")),
        _ => Ok(()),
    });
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    let relay = RunningRelay::start(&pool, &bench.bus);
    append(&pool, &bench.events("poll.closed", 0..10)).await.unwrap();
    wait_until("the dead letter", PATIENCE, async || {
        bench.bus.dead_letters(&subscription.queue).await.unwrap().len() == 1
    })
    .await;
    wait_until("the handled events to leave", PATIENCE, async || pending(&pool).await == 1).await;
    assert_eq!(seen.count(), 11);
    relay.stop().await;
    consumer.stop().await;
    // The process ends here, and with it the queue. The next one takes the event from the outbox.
    let next: Arc<dyn Bus> = Arc::new(InProcess::new(Clock::system()));
    let again = Seen::default();
    let _consumer = next.subscribe(subscription, again.handler()).await.unwrap();
    let relay = RunningRelay::start(&pool, &next);
    wait_until("the outbox to drain", PATIENCE, async || pending(&pool).await == 0).await;
    assert_eq!(again.subjects(), ["3"]);
    relay.stop().await;
}

/// A bus whose process dies after each publication, before it can take note of the confirms.
struct Dying {
    bus: Arc<dyn Bus>,
    published: Notify,
}

#[async_trait]
impl Bus for Dying {
    async fn publish(&self, events: &[Event]) -> Result<Vec<PublishResult>, BusError> {
        self.bus.publish(events).await?;
        self.published.notify_one();
        std::future::pending().await
    }
    async fn declare(&self, subscription: &Subscription) -> Result<(), BusError> {
        self.bus.declare(subscription).await
    }
    async fn subscribe(
        &self,
        s: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<ConsumerHandle, BusError> {
        self.bus.subscribe(s, handler).await
    }
    async fn dead_letters(&self, queue: &str) -> Result<Vec<DeadLetter>, BusError> {
        self.bus.dead_letters(queue).await
    }
    async fn replay_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        self.bus.replay_dead_letters(queue, selection).await
    }
    async fn discard_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        self.bus.discard_dead_letters(queue, selection).await
    }
    fn is_up(&self) -> bool {
        self.bus.is_up()
    }
    async fn close(&self) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_between_publishing_and_noting_it_delivers_twice_and_has_one_effect() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = prepare(&database).await;
    let url = comitia_testkit::test_amqp_url().await.unwrap();
    let bus = RabbitMq::connect(&url, Clock::system(), "dying").unwrap();
    bus.wait_until_up().await;
    let bench = Bench::new(Arc::new(bus));
    let seen = Seen::default();
    let consumer = bench.bus.subscribe(bench.subscription("twice"), effective(&pool, &seen)).await.unwrap();
    append(&pool, &bench.events("poll.closed", 0..100)).await.unwrap();

    let dying = Arc::new(Dying { bus: Arc::clone(&bench.bus), published: Notify::new() });
    let as_bus: Arc<dyn Bus> = Arc::<Dying>::clone(&dying);
    let relay = RunningRelay::start(&pool, &as_bus);
    dying.published.notified().await;
    relay.task.abort();
    assert!(relay.task.await.unwrap_err().is_cancelled());
    assert_eq!(pending(&pool).await, 100);

    let relay = RunningRelay::start(&pool, &bench.bus);
    wait_until("both deliveries of each", PATIENCE, async || seen.count() == 200).await;
    consumer.stop().await;
    relay.stop().await;
    assert_eq!(effects(&pool).await, (100, 100));
    assert_eq!(pending(&pool).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_no_event_is_lost_or_has_two_effects_when_the_broker_is_killed() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = prepare(&database).await;
    let broker = RabbitMqServer::start().await.unwrap();
    let bench = Bench::new(Arc::new(RabbitMq::connect(broker.url(), Clock::system(), "killed").unwrap()));
    let seen = Seen::default();
    let subscription =
        bench.subscription("killed").retry(RetryPolicy::after([Duration::from_millis(50); 20]));
    let consumer = bench.bus.subscribe(subscription.clone(), effective(&pool, &seen)).await.unwrap();
    consumer.ready().await;
    let relay = RunningRelay::start(&pool, &bench.bus);

    // Writers go on throughout; their writes never fail because of the bus.
    let stop_writing = CancellationToken::new();
    let writer = task::spawn("writer", {
        let (pool, signal, stop) = (pool.clone(), relay.signal.clone(), stop_writing.clone());
        let word = Bench { bus: Arc::clone(&bench.bus), word: bench.word.clone() };
        async move {
            let mut written = 0;
            // Five hundred a second, so that a consumer with a transaction an event catches up soon.
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            while !stop.is_cancelled() {
                pace.tick().await;
                append(&pool, &word.events("poll.closed", 0..10)).await.unwrap();
                signal.wake();
                written += 10;
            }
            written
        }
    });
    for _ in 0..2 {
        let before = seen.count();
        wait_until("events on their way", PATIENCE, async || seen.count() > before + 300).await;
        broker.kill();
        wait_until("a backlog", PATIENCE, async || !bench.bus.is_up() && pending(&pool).await > 300).await;
        broker.restart().unwrap();
        wait_until("the bus to be up", PATIENCE, async || bench.bus.is_up()).await;
    }
    stop_writing.cancel();
    let written: i64 = writer.await.unwrap();
    let drained = async || pending(&pool).await == 0 && effects(&pool).await.1 == written;
    wait_until("every event to have its effect", Duration::from_secs(90), drained).await;
    consumer.stop().await;
    relay.stop().await;
    assert_eq!(effects(&pool).await, (written, written));
    assert_eq!(bench.bus.dead_letters(&subscription.queue).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_outlives_its_database() {
    let server = PostgresServer::start().await.unwrap();
    let database = TestDatabase::create_on(&server, &[SERVICE]).await.unwrap();
    let pool = prepare(&database).await;
    let bench = Bench::new(Arc::new(InProcess::new(Clock::system())));
    let seen = Seen::default();
    let _consumer = bench.bus.subscribe(bench.subscription("outlives"), seen.handler()).await.unwrap();
    let relay = RunningRelay::start(&pool, &bench.bus);
    append(&pool, &bench.events("poll.closed", 0..1)).await.unwrap();
    wait_until("the first event", PATIENCE, async || seen.count() == 1).await;
    server.kill();
    assert!(append(&pool, &bench.events("poll.closed", 1..2)).await.is_err());
    server.restart().unwrap();
    wait_until("the database", PATIENCE, async || {
        append(&pool, &bench.events("poll.closed", 2..3)).await.is_ok()
    })
    .await;
    wait_until("the event after it", PATIENCE, async || seen.subjects().contains(&"2".to_owned())).await;
    relay.stop().await;
}
