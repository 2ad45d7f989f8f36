//! Who gets what, how often, in which order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use comitia_bus::{HandlerError, PublishResult, RetryPolicy, Subscription, handler};
use comitia_testkit::wait_until;
use tokio::sync::Barrier;

use crate::common::{Bench, PATIENCE, Seen, quick};

pub async fn each_queue_gets_the_events_of_its_keys(bench: Bench) {
    let (closed, all) = (Seen::default(), Seen::default());
    let one = Subscription::new(bench.name("one"), [bench.name("poll.closed"), bench.name("*.sealed")]);
    let two = Subscription::new(bench.name("two"), [bench.name("#")]);
    let first = bench.bus.subscribe(one, closed.handler()).await.unwrap();
    let second = bench.bus.subscribe(two, all.handler()).await.unwrap();
    first.ready().await;
    second.ready().await;
    let events = [
        bench.event("poll.opened", "opened"),
        bench.event("poll.closed", "closed"),
        bench.event("poll.sealed", "sealed"),
    ];
    let results = bench.bus.publish(&events).await.unwrap();
    assert!(
        results.iter().all(|r| matches!(r, PublishResult::Confirmed | PublishResult::Held(_))),
        "{results:?}"
    );
    wait_until("five deliveries", PATIENCE, async || closed.count() + all.count() == 5).await;
    let mut subjects = closed.subjects();
    subjects.sort();
    assert_eq!(subjects, ["closed", "sealed"]);

    let mut stray = bench.event("poll.closed", "stray");
    stray.routing_key = format!("elsewhere.{}", bench.word);
    let results = bench.bus.publish(&[stray]).await.unwrap();
    assert!(matches!(results[..], [PublishResult::Unroutable]), "{results:?}");
}

pub async fn a_declared_queue_collects_before_its_first_consumer(bench: Bench) {
    let subscription = bench.subscription("later");
    bench.bus.declare(&subscription).await.unwrap();
    bench.bus.declare(&subscription).await.unwrap();
    bench.bus.publish(&bench.events("poll.closed", 0..20)).await.unwrap();
    let seen = Seen::default();
    let _consumer = bench.bus.subscribe(subscription, seen.handler()).await.unwrap();
    wait_until("all events", PATIENCE, async || seen.count() == 20).await;
}

pub async fn consumers_of_one_queue_share_its_events(bench: Bench) {
    let seen = Seen::default();
    // Each consumer's first event waits for the other's, so that both have some.
    let meeting = Arc::new(Barrier::new(2));
    let mut consumers = Vec::new();
    for _ in 0..2 {
        let (seen, meeting, first) = (seen.clone(), Arc::clone(&meeting), Arc::new(AtomicUsize::new(0)));
        let handle = handler(move |event| {
            let (seen, meeting, first) = (seen.clone(), Arc::clone(&meeting), Arc::clone(&first));
            async move {
                if first.fetch_add(1, Ordering::SeqCst) == 0 {
                    meeting.wait().await;
                }
                seen.add(event);
                Ok(())
            }
        });
        let consumer = bench.bus.subscribe(bench.subscription("shared").prefetch(1), handle).await.unwrap();
        consumer.ready().await;
        consumers.push(consumer);
    }
    bench.bus.publish(&bench.events("poll.closed", 0..100)).await.unwrap();
    wait_until("all events", PATIENCE, async || seen.count() >= 100).await;
    for consumer in consumers {
        consumer.stop().await;
    }
    let mut subjects = seen.subjects();
    subjects.sort();
    subjects.dedup();
    assert_eq!((subjects.len(), seen.count()), (100, 100), "each event once");
}

pub async fn a_prefetch_of_one_keeps_the_order(bench: Bench) {
    let seen = Seen::default();
    let subscription = bench.subscription("ordered").prefetch(1);
    let consumer = bench.bus.subscribe(subscription, seen.handler()).await.unwrap();
    consumer.ready().await;
    bench.bus.publish(&bench.events("poll.closed", 0..50)).await.unwrap();
    wait_until("all events", PATIENCE, async || seen.count() == 50).await;
    assert_eq!(seen.subjects(), (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
}

pub async fn no_more_handlers_run_than_the_prefetch_says(bench: Bench) {
    let running = Arc::new(AtomicUsize::new(0));
    let (most, seen) = (Arc::new(AtomicUsize::new(0)), Seen::default());
    let full = Arc::new(Barrier::new(4));
    let handle = handler({
        let (running, most, seen) = (Arc::clone(&running), Arc::clone(&most), seen.clone());
        move |event| {
            let (running, most, seen) = (Arc::clone(&running), Arc::clone(&most), seen.clone());
            let full = Arc::clone(&full);
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Four at a time: fewer than the prefetch would block here forever.
                full.wait().await;
                running.fetch_sub(1, Ordering::SeqCst);
                seen.add(event);
                Ok(())
            }
        }
    });
    let subscription = bench.subscription("limited").prefetch(4);
    let _consumer = bench.bus.subscribe(subscription, handle).await.unwrap();
    bench.bus.publish(&bench.events("poll.closed", 0..40)).await.unwrap();
    wait_until("all events", PATIENCE, async || seen.count() == 40).await;
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

pub async fn a_failure_is_tried_again_after_each_delay(bench: Bench) {
    let delays = [Duration::from_millis(100), Duration::from_millis(250)];
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let seen = Seen::default();
    let handle = seen.answering({
        let times = Arc::clone(&times);
        move |_| {
            let mut times = times.lock().unwrap();
            times.push(Instant::now());
            if times.len() < 3 { Err(HandlerError::retry("not yet")) } else { Ok(()) }
        }
    });
    let subscription = bench.subscription("delayed").retry(RetryPolicy::after(delays));
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    consumer.ready().await;
    let event = bench.event("poll.closed", "poll");
    bench.bus.publish(std::slice::from_ref(&event)).await.unwrap();
    wait_until("the third attempt", PATIENCE, async || seen.count() == 3).await;
    consumer.stop().await;
    assert!(seen.events().iter().all(|seen| seen.id == event.id && seen.routing_key == event.routing_key));
    let times = times.lock().unwrap().clone();
    for (attempts, delay) in times.windows(2).zip(delays) {
        assert!(attempts[1] - attempts[0] >= delay, "{:?} < {delay:?}", attempts[1] - attempts[0]);
    }
    assert_eq!(bench.bus.dead_letters(&subscription.queue).await.unwrap(), []);
}

pub async fn a_poisoned_event_does_not_hold_up_the_others(bench: Bench) {
    let (seen, good) = (Seen::default(), Seen::default());
    let handle = seen.answering({
        let good = good.clone();
        move |event| match event.subject.as_str() {
            "retried" => Err(HandlerError::retry("away")),
            "poisoned" => Err(HandlerError::permanent("nonsense")),
            _ => {
                good.add(event.clone());
                Ok(())
            }
        }
    });
    let long = RetryPolicy::after([Duration::from_secs(3_600)]);
    let subscription = bench.subscription("poisoned").prefetch(1).retry(long);
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    consumer.ready().await;
    let mut events = vec![bench.event("poll.closed", "poisoned"), bench.event("poll.closed", "retried")];
    events.extend(bench.events("poll.closed", 0..10));
    bench.bus.publish(&events).await.unwrap();
    wait_until("the good events", PATIENCE, async || good.count() == 10).await;
    let letters = bench.bus.dead_letters(&subscription.queue).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), [events[0].id]);
    assert_eq!(seen.count(), 12, "neither was tried again yet");
}

pub async fn a_panic_is_a_failure_like_another(bench: Bench) {
    let seen = Seen::default();
    let handle = seen.answering(|event| {
        assert_ne!(event.subject, "bad", "the handler panics on purpose");
        Ok(())
    });
    let subscription = bench.subscription("panicking").prefetch(1).retry(quick(1));
    let consumer = bench.bus.subscribe(subscription.clone(), handle).await.unwrap();
    consumer.ready().await;
    let events = [bench.event("poll.closed", "bad"), bench.event("poll.closed", "good")];
    bench.bus.publish(&events).await.unwrap();
    wait_until("the dead letter", PATIENCE, async || {
        !bench.bus.dead_letters(&subscription.queue).await.unwrap().is_empty()
    })
    .await;
    wait_until("the good event", PATIENCE, async || seen.count() == 3).await;
    let letters = bench.bus.dead_letters(&subscription.queue).await.unwrap();
    assert_eq!((letters[0].attempts, letters[0].reason.as_str()), (2, "the handler panicked"));
}
