//! Events that were given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use comitia_bus::{BusError, HandlerError, Selection};
use comitia_testkit::wait_until;

use crate::common::{Bench, PATIENCE, Seen, quick};

pub async fn an_event_is_given_up_after_its_last_attempt(bench: Bench) {
    let seen = Seen::default();
    let subscription = bench.subscription("bounded").retry(quick(2));
    let handle = seen.answering(|_| Err(HandlerError::retry("the database is away")));
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    consumer.ready().await;
    let event = bench.event("poll.closed", "poll");
    bench.bus.publish(std::slice::from_ref(&event)).await.unwrap();
    wait_until("the dead letter", PATIENCE, async || {
        !bench.bus.dead_letters(&subscription.queue).await.unwrap().is_empty()
    })
    .await;
    consumer.stop().await;
    // Looking changes nothing.
    for _ in 0..3 {
        let letters = bench.bus.dead_letters(&subscription.queue).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].id, letters[0].attempts), (event.id, 3));
        assert_eq!(letters[0].reason, "the database is away");
        assert_eq!(letters[0].routing_key, event.routing_key);
        assert_eq!(letters[0].payload, event.payload);
        assert!(letters[0].parked_at.is_some_and(|time| time >= event.time));
        assert_eq!(letters[0].event.as_ref().map(|event| &event.subject), Some(&event.subject));
    }
    assert_eq!(seen.count(), 3);
}

pub async fn a_permanent_failure_is_given_up_at_once(bench: Bench) {
    let seen = Seen::default();
    let subscription = bench.subscription("permanent");
    let handle = seen.answering(|event| event.decode::<u64>().map(|_| ()));
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    consumer.ready().await;
    bench.bus.publish(&[bench.event("poll.closed", "not a number")]).await.unwrap();
    wait_until("the dead letter", PATIENCE, async || {
        !bench.bus.dead_letters(&subscription.queue).await.unwrap().is_empty()
    })
    .await;
    let letters = bench.bus.dead_letters(&subscription.queue).await.unwrap();
    assert_eq!((letters[0].attempts, seen.count()), (1, 1));
    assert!(letters[0].reason.contains("decode"), "{}", letters[0].reason);
}

pub async fn they_are_listed_replayed_and_discarded(bench: Bench) {
    let (seen, well) = (Seen::default(), Arc::new(AtomicBool::new(false)));
    let handle = seen.answering({
        let well = Arc::clone(&well);
        move |_| if well.load(Ordering::SeqCst) { Ok(()) } else { Err(HandlerError::permanent("ill")) }
    });
    let subscription = bench.subscription("replayed").prefetch(1);
    let queue = subscription.queue.clone();
    let bus = &bench.bus;
    let _consumer = bus.subscribe(subscription, handle).await.unwrap();
    let events = bench.events("poll.closed", 0..5);
    bus.publish(&events).await.unwrap();
    let listed = async || -> Vec<_> {
        bus.dead_letters(&queue).await.unwrap().into_iter().map(|letter| letter.id).collect()
    };
    wait_until("five dead letters", PATIENCE, async || listed().await.len() == 5).await;
    assert_eq!(listed().await, events.iter().map(|event| event.id).collect::<Vec<_>>(), "oldest first");

    // Still ill: what is replayed comes back, and a replay ends all the same.
    assert_eq!(bus.replay_dead_letters(&queue, &Selection::All).await.unwrap(), 5);
    wait_until("five dead letters again", PATIENCE, async || listed().await.len() == 5).await;
    assert_eq!(seen.count(), 10);

    well.store(true, Ordering::SeqCst);
    let chosen = Selection::Ids(vec![events[1].id, events[3].id, comitia_core::id::new()]);
    assert_eq!(bus.replay_dead_letters(&queue, &chosen).await.unwrap(), 2);
    wait_until("both to be handled", PATIENCE, async || seen.count() == 12).await;
    let mut again: Vec<_> = seen.events()[10..].iter().map(|event| event.id).collect();
    again.sort();
    assert_eq!(again, [events[1].id, events[3].id]);

    assert_eq!(bus.discard_dead_letters(&queue, &Selection::Ids(vec![events[0].id])).await.unwrap(), 1);
    let mut left = listed().await;
    left.sort();
    assert_eq!(left, [events[2].id, events[4].id]);
    assert_eq!(bus.discard_dead_letters(&queue, &Selection::All).await.unwrap(), 2);
    assert_eq!(bus.replay_dead_letters(&queue, &Selection::All).await.unwrap(), 0);
    assert!(listed().await.is_empty());
    assert_eq!(seen.count(), 12);
}

pub async fn a_replay_concerns_its_queue_alone_and_starts_afresh(bench: Bench) {
    let (ill, well) = (Seen::default(), Seen::default());
    let subscription = bench.subscription("ill").retry(quick(1));
    let queue = subscription.queue.clone();
    let handle = ill.answering(|_| Err(HandlerError::retry("ill")));
    let _ill = bench.bus.subscribe(subscription, handle).await.unwrap();
    let _well = bench.bus.subscribe(bench.subscription("well"), well.handler()).await.unwrap();
    bench.bus.publish(&[bench.event("poll.closed", "poll")]).await.unwrap();
    let parked = async || !bench.bus.dead_letters(&queue).await.unwrap().is_empty();
    wait_until("the dead letter", PATIENCE, parked).await;
    bench.bus.replay_dead_letters(&queue, &Selection::All).await.unwrap();
    // All its attempts again, and no copy for the other queue.
    wait_until("the dead letter again", PATIENCE, async || ill.count() == 4 && parked().await).await;
    let letters = bench.bus.dead_letters(&queue).await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 2));
    assert_eq!(well.count(), 1);
}

pub async fn unknown_queues_are_named(bench: Bench) {
    let queue = bench.name("nowhere");
    for result in [
        bench.bus.dead_letters(&queue).await.map(|letters| letters.len()),
        bench.bus.replay_dead_letters(&queue, &Selection::All).await,
        bench.bus.discard_dead_letters(&queue, &Selection::All).await,
    ] {
        assert!(matches!(&result, Err(BusError::NoSuchQueue(name)) if *name == queue), "{result:?}");
    }
    assert!(bench.bus.is_up());
}
