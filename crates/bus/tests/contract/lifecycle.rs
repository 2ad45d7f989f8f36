//! Starting and stopping.

use std::pin::pin;
use std::sync::Arc;

use comitia_bus::{BusError, Subscription, handler};
use comitia_testkit::wait_until;
use futures_util::poll;
use tokio::sync::Semaphore;

use crate::common::{Bench, PATIENCE, Seen};

pub async fn stopping_waits_for_the_handler_and_leaves_the_rest(bench: Bench) {
    let (started, finished) = (Seen::default(), Seen::default());
    let gate = Arc::new(Semaphore::new(0));
    let handle = handler({
        let (started, finished, gate) = (started.clone(), finished.clone(), Arc::clone(&gate));
        move |event| {
            let (started, finished, gate) = (started.clone(), finished.clone(), Arc::clone(&gate));
            async move {
                started.add(event.clone());
                gate.acquire().await.unwrap().forget();
                finished.add(event);
                Ok(())
            }
        }
    });
    let subscription = bench.subscription("stopped").prefetch(1);
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    bench.bus.publish(&bench.events("poll.closed", 0..3)).await.unwrap();
    wait_until("the first handler", PATIENCE, async || started.count() == 1).await;
    // The stop is asked for by its first poll, here, before the handler may go on: in a task of its own it might
    // not have begun by then. Given every chance, it does not return before the handler has.
    let mut stopping = pin!(consumer.stop());
    for _ in 0..100 {
        assert!(poll!(&mut stopping).is_pending());
        tokio::task::yield_now().await;
    }
    gate.add_permits(10);
    stopping.await;
    assert_eq!((started.subjects(), finished.subjects()), (vec!["0".to_owned()], vec!["0".to_owned()]));

    // What it did is acknowledged, and the others are there for the next one.
    let seen = Seen::default();
    let consumer = bench.bus.subscribe(subscription, seen.handler()).await.unwrap();
    wait_until("the other events", PATIENCE, async || seen.count() == 2).await;
    consumer.stop().await;
    assert_eq!(seen.subjects(), ["1", "2"]);
}

pub async fn a_dropped_handle_stops_its_consumer(bench: Bench) {
    let (one, two) = (Seen::default(), Seen::default());
    let first = bench.bus.subscribe(bench.subscription("dropped"), one.handler()).await.unwrap();
    first.ready().await;
    drop(first);
    let second = bench.bus.subscribe(bench.subscription("dropped"), two.handler()).await.unwrap();
    second.ready().await;
    bench.bus.publish(&bench.events("poll.closed", 0..1)).await.unwrap();
    // An event that the first took just before it stopped was handled, or comes again.
    wait_until("the event", PATIENCE, async || one.count() + two.count() >= 1).await;
    wait_until("the second alone", PATIENCE, async || {
        let before = two.count();
        bench.bus.publish(&bench.events("poll.closed", 0..1)).await.unwrap();
        wait_until("the next event", PATIENCE, async || two.count() > before || one.count() > 1).await;
        two.count() > before
    })
    .await;
}

pub async fn names_that_cannot_work_are_refused(bench: Bench) {
    for subscription in [
        Subscription::new("q".repeat(201), ["a.b.c"]),
        Subscription::new("", ["a.b.c"]),
        Subscription::new(bench.name("keys"), ["k".repeat(256)]),
    ] {
        assert!(matches!(bench.bus.declare(&subscription).await, Err(BusError::Invalid(_))));
        let result = bench.bus.subscribe(subscription, Seen::default().handler()).await;
        assert!(matches!(result, Err(BusError::Invalid(_))));
    }
}

pub async fn a_closed_bus_takes_nothing(bench: Bench) {
    assert!(bench.bus.is_up());
    bench.bus.close().await;
    assert!(!bench.bus.is_up());
    let result = bench.bus.publish(&bench.events("poll.closed", 0..1)).await;
    assert!(matches!(result, Err(BusError::Unavailable(_))), "{result:?}");
}
