//! What only a broker can do: be away, die, restart, and carry what is no event.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use comitia_bus::{Bus, BusError, HandlerError, RabbitMq, handler};
use comitia_core::Clock;
use comitia_testkit::{RabbitMqServer, test_amqp_url, wait_until};
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use tokio::sync::Semaphore;

use common::{Bench, PATIENCE, Seen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_a_broker_that_comes_later_finds_everything_waiting_for_it() {
    let broker = RabbitMqServer::start().await.unwrap();
    broker.kill();
    let bench = Bench::new(Arc::new(RabbitMq::connect(broker.url(), Clock::system(), "early").unwrap()));
    let seen = Seen::default();
    let later = bench.subscription("declared");
    bench.bus.declare(&later).await.unwrap();
    let consumer = bench.bus.subscribe(bench.subscription("consumed"), seen.handler()).await.unwrap();
    assert!(!bench.bus.is_up() && !consumer.is_ready());
    let events = bench.events("poll.closed", 0..10);
    assert!(matches!(bench.bus.publish(&events).await, Err(BusError::Unavailable(_))));
    assert!(matches!(bench.bus.dead_letters("any").await, Err(BusError::Unavailable(_))));

    broker.restart().unwrap();
    consumer.ready().await;
    wait_until("the bus to be up", PATIENCE, async || bench.bus.is_up()).await;
    bench.bus.publish(&events).await.unwrap();
    wait_until("the events", PATIENCE, async || seen.count() == 10).await;
    let declared = Seen::default();
    let _consumer = bench.bus.subscribe(later, declared.handler()).await.unwrap();
    wait_until("the events of the declared queue", PATIENCE, async || declared.count() == 10).await;
    // Stopping is no harder without a broker.
    broker.kill();
    wait_until("the loss to be noticed", PATIENCE, async || !bench.bus.is_up()).await;
    consumer.stop().await;
    bench.bus.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_what_was_confirmed_survives_the_broker_and_what_was_in_hand_comes_again() {
    let broker = RabbitMqServer::start().await.unwrap();
    let bench = Bench::new(Arc::new(RabbitMq::connect(broker.url(), Clock::system(), "survivor").unwrap()));
    let seen = Seen::default();
    let gate = Arc::new(Semaphore::new(0));
    let handle = handler({
        let (seen, gate) = (seen.clone(), Arc::clone(&gate));
        move |event| {
            let (seen, gate) = (seen.clone(), Arc::clone(&gate));
            async move {
                seen.add(event);
                gate.acquire().await.map_err(HandlerError::retry)?.forget();
                Ok(())
            }
        }
    });
    let subscription = bench.subscription("survives").prefetch(5);
    let consumer = bench.bus.subscribe(subscription, handle).await.unwrap();
    consumer.ready().await;
    wait_until("the bus to be up", PATIENCE, async || bench.bus.is_up()).await;
    let events = bench.events("poll.closed", 0..30);
    bench.bus.publish(&events).await.unwrap();
    wait_until("five in hand", PATIENCE, async || seen.count() == 5).await;
    broker.kill();
    wait_until("the loss to be noticed", PATIENCE, async || !bench.bus.is_up()).await;
    gate.add_permits(1_000);
    broker.restart().unwrap();
    wait_until("every event, and the five again", PATIENCE, async || seen.count() >= 35).await;
    consumer.stop().await;
    let mut subjects = seen.subjects();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_a_broker_that_hangs_is_noticed_and_publishing_fails_in_time() {
    let broker = RabbitMqServer::start().await.unwrap();
    let bench = Bench::new(Arc::new(RabbitMq::connect(broker.url(), Clock::system(), "hanging").unwrap()));
    bench.bus.declare(&bench.subscription("hanging")).await.unwrap();
    wait_until("the bus to be up", PATIENCE, async || bench.bus.is_up()).await;
    broker.freeze();
    let result = bench.bus.publish(&bench.events("poll.closed", 0..1)).await;
    assert!(matches!(result, Err(BusError::Unavailable(_))), "{result:?}");
    wait_until("the loss to be noticed", PATIENCE, async || !bench.bus.is_up()).await;
    broker.thaw();
    wait_until("the bus to be up again", PATIENCE, async || bench.bus.is_up()).await;
    bench.bus.publish(&bench.events("poll.closed", 0..1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_is_parked_and_can_be_looked_at() {
    let url = test_amqp_url().await.unwrap();
    let bus = RabbitMq::connect(&url, Clock::system(), "parking").unwrap();
    bus.wait_until_up().await;
    let bench = Bench::new(Arc::new(bus));
    let seen = Seen::default();
    let subscription = bench.subscription("parked");
    let consumer = bench.bus.subscribe(subscription.clone(), seen.handler()).await.unwrap();
    consumer.ready().await;
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (key, options) = (bench.name("poll.closed"), BasicPublishOptions::default());
    channel
        .basic_publish(
            "comitia.events".into(),
            key.as_str().into(),
            options,
            b"junk",
            BasicProperties::default(),
        )
        .await
        .unwrap();
    bench.bus.publish(&[bench.event("poll.closed", "good")]).await.unwrap();
    wait_until("the good event", PATIENCE, async || seen.count() == 1).await;
    wait_until("the dead letter", PATIENCE, async || {
        bench.bus.dead_letters(&subscription.queue).await.unwrap().len() == 1
    })
    .await;
    let letter = bench.bus.dead_letters(&subscription.queue).await.unwrap().remove(0);
    assert!(letter.event.is_none() && letter.reason.contains("cloudEvents_type"), "{letter:?}");
    assert_eq!((letter.routing_key.as_str(), &letter.payload[..]), (key.as_str(), &b"junk"[..]));
    let chosen = comitia_bus::Selection::Ids(vec![letter.id]);
    assert_eq!(bench.bus.discard_dead_letters(&subscription.queue, &chosen).await.unwrap(), 1);
    assert_eq!(seen.subjects(), ["good"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_kills_its_consumers_is_parked_by_the_broker() {
    let url = test_amqp_url().await.unwrap();
    let bench = Bench::new(Arc::new(RabbitMq::connect(&url, Clock::system(), "killer").unwrap()));
    let (subscription, event) = (bench.subscription("killer"), bench.event("poll.closed", "killer"));
    let parked = Arc::new(AtomicBool::new(false));
    let mut lives = 0;
    while !parked.load(Ordering::SeqCst) {
        // A process that dies in the handler: its connection ends without an answer.
        let bus = RabbitMq::connect(&url, Clock::system(), "killed").unwrap();
        bus.wait_until_up().await;
        let seen = Arc::new(Semaphore::new(0));
        let handle = handler({
            let seen = Arc::clone(&seen);
            move |_| {
                let seen = Arc::clone(&seen);
                async move {
                    seen.add_permits(1);
                    std::future::pending().await
                }
            }
        });
        let _consumer = bus.subscribe(subscription.clone(), handle).await.unwrap();
        if lives == 0 {
            bus.publish(std::slice::from_ref(&event)).await.unwrap();
        }
        wait_until("the message, or its end", PATIENCE, async || {
            if seen.available_permits() > 0 {
                return true;
            }
            let letters = bus.dead_letters(&subscription.queue).await.unwrap();
            parked.store(!letters.is_empty(), Ordering::SeqCst);
            parked.load(Ordering::SeqCst)
        })
        .await;
        if parked.load(Ordering::SeqCst) {
            let letters = bus.dead_letters(&subscription.queue).await.unwrap();
            assert_eq!(letters[0].id, event.id);
            assert!(letters[0].reason.contains("delivered too often"), "{}", letters[0].reason);
        }
        lives += 1;
        assert!(lives < 40, "the broker gives it up");
        bus.close().await;
    }
    assert!(lives > 15, "not after a few restarts: {lives}");
}
