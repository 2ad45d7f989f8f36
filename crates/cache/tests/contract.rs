//! What a cache must do, on both adapters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use comitia_cache::{Cache, InProcess, LineState, LineStep, RateLimit, Redis};
use comitia_core::Clock;
use comitia_testkit::{test_redis_url, wait_for, wait_until};
use futures_util::StreamExt;

const PATIENCE: Duration = Duration::from_secs(10);

/// A key of this test alone: the server is shared.
fn key(purpose: &str) -> String {
    format!(
        "test:{purpose}:{}",
        comitia_core::random::bytes::<8>().map(|byte| format!("{byte:02x}")).concat()
    )
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn in_process() -> Arc<dyn Cache> {
    Arc::new(InProcess::new(Clock::system()))
}

async fn redis() -> Arc<dyn Cache> {
    Arc::new(Redis::connect(&test_redis_url().await.unwrap()).unwrap())
}

macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        mod in_process_cache { $(#[tokio::test] async fn $name() { super::$name(super::in_process().await).await; })+ }
        mod redis_cache { $(#[tokio::test] async fn $name() { super::$name(super::redis().await).await; })+ }
    };
}

contract!(
    values_are_kept_replaced_and_forgotten,
    values_expire,
    the_burst_is_allowed_and_then_one_an_interval,
    concurrent_callers_share_one_limit,
    a_turn_can_be_taken_before_it_comes,
    a_line_lets_in_by_arrival,
    members_share_a_line,
    a_forgotten_line_is_begun_anew,
    keys_do_not_meet,
    messages_reach_every_listener_in_order,
    listeners_hear_only_their_channel,
    it_answers_a_ping,
);

async fn values_are_kept_replaced_and_forgotten(cache: Arc<dyn Cache>) {
    let key = key("value");
    assert_eq!(cache.get(&key).await.unwrap(), None);
    cache.set(&key, bytes("one"), PATIENCE).await.unwrap();
    cache.set(&key, Bytes::from_static(b"\x00\xff two"), PATIENCE).await.unwrap();
    assert_eq!(cache.get(&key).await.unwrap(), Some(Bytes::from_static(b"\x00\xff two")));
    cache.delete(&key).await.unwrap();
    cache.delete(&key).await.unwrap();
    assert_eq!(cache.get(&key).await.unwrap(), None);
}

async fn values_expire(cache: Arc<dyn Cache>) {
    let key = key("expiry");
    cache.set(&key, bytes("soon gone"), Duration::from_millis(50)).await.unwrap();
    wait_until("the value to expire", PATIENCE, async || cache.get(&key).await.unwrap().is_none()).await;
}

async fn the_burst_is_allowed_and_then_one_an_interval(cache: Arc<dyn Cache>) {
    let key = key("limit");
    // Long enough that nothing comes back while this test asks.
    let limit = RateLimit::new(3, Duration::from_secs(3_600));
    for remaining in [2, 1, 0] {
        let decision = cache.allow(&key, limit).await.unwrap();
        assert_eq!(
            (decision.allowed, decision.remaining, decision.retry_after),
            (true, remaining, Duration::ZERO)
        );
    }
    let refused = cache.allow(&key, limit).await.unwrap();
    assert!(!refused.allowed && refused.remaining == 0);
    let wait = refused.retry_after;
    assert!(wait > Duration::from_secs(1_100) && wait <= Duration::from_secs(1_200), "{wait:?}");

    let quick = RateLimit::new(1, Duration::from_millis(50));
    let key = self::key("limit");
    assert!(cache.allow(&key, quick).await.unwrap().allowed);
    wait_until("the limit to be over", PATIENCE, async || cache.allow(&key, quick).await.unwrap().allowed)
        .await;
}

async fn concurrent_callers_share_one_limit(cache: Arc<dyn Cache>) {
    let key = key("limit");
    let limit = RateLimit::new(10, Duration::from_secs(3_600));
    let answers = futures_util::future::join_all(
        (0..50).map(|_| async { cache.allow(&key, limit).await.unwrap().allowed }),
    );
    assert_eq!(answers.await.into_iter().filter(|allowed| *allowed).count(), 10);
}

async fn a_turn_can_be_taken_before_it_comes(cache: Arc<dyn Cache>) {
    let key = key("limit");
    let limit = RateLimit::new(2, Duration::from_secs(7_200));
    let longest = Duration::from_secs(2 * 3_600);
    let mut waits = Vec::new();
    for _ in 0..4 {
        let decision = cache.reserve(&key, limit, longest).await.unwrap();
        assert!(decision.allowed);
        waits.push(decision.retry_after.as_secs().div_ceil(60));
    }
    assert_eq!(waits, [0, 0, 60, 120], "in minutes");
    let refused = cache.reserve(&key, limit, longest).await.unwrap();
    let wait = refused.retry_after;
    assert!(
        !refused.allowed && wait > Duration::from_secs(3_500) && wait <= Duration::from_secs(3_600),
        "{wait:?}"
    );
    assert!(!cache.allow(&key, limit).await.unwrap().allowed, "both count the same turns");
}

const SECOND: i64 = 1_000_000;
const NOW: i64 = 1_800_000_000 * SECOND;

/// A step of member 1 with `arrivals` by seconds after `NOW`, at `until` seconds after it.
fn step(arrivals: &[(i64, u32)], admit: u32, until: i64) -> LineStep {
    let arrivals = arrivals.iter().map(|(second, people)| (NOW / SECOND + second, *people)).collect();
    LineStep { member: 1, arrivals, frontier: 0, admit, until: NOW + until * SECOND, when_empty: 0 }
}

/// Frontier in seconds after `NOW` (rounded up), those who wait by second after `NOW`, and how many were let in.
fn seen(state: &LineState) -> (i64, Vec<(i64, u32)>, u32) {
    let frontier = (state.line.frontier() + 1 - NOW).div_euclid(SECOND);
    let waiting = state.line.by_second().iter().map(|(second, people)| (second - NOW / SECOND, *people));
    (frontier, waiting.collect(), state.admitted)
}

async fn a_line_lets_in_by_arrival(cache: Arc<dyn Cache>) {
    let key = key("line");
    let take = async |step: LineStep| cache.line(&key, &step, PATIENCE).await.unwrap();
    let begun = take(step(&[(0, 10), (1, 4)], 0, 1)).await;
    assert_eq!((seen(&begun).1, begun.admitted, begun.members), (vec![(0, 10), (1, 4)], 0, 1));
    assert_eq!(begun.begun, (1, NOW + SECOND));
    assert_eq!(seen(&take(step(&[(1, 1), (9, 7)], 10, 2)).await), (1, vec![(1, 5), (9, 7)], 10));
    let half = take(step(&[], 2, 3)).await;
    assert_eq!(half.line.frontier(), NOW + SECOND + 400_000 - 1, "two of five, spread over the second");
    assert_eq!(seen(&take(step(&[], 100, 3)).await), (2, vec![(9, 7)], 3), "nobody before they come");
    let late = LineStep { when_empty: NOW + 3 * SECOND, ..step(&[(0, 5)], 1, 5) };
    assert_eq!(seen(&take(late).await).1, [(9, 7)], "who arrived before the frontier does not wait");
    let known = LineStep { frontier: NOW + 9 * SECOND + SECOND / 2 - 1, ..step(&[], 0, 9) };
    let known = take(known).await;
    assert_eq!((known.line.by_second()[&(NOW / SECOND + 9)], known.admitted_in_all), (3, 15), "half passed");
}

async fn members_share_a_line(cache: Arc<dyn Cache>) {
    let key = key("line");
    let take = async |step: LineStep| cache.line(&key, &step, PATIENCE).await.unwrap();
    take(step(&[(0, 3)], 0, 0)).await;
    let other = take(LineStep { member: 2, ..step(&[(0, 4)], 0, 1) }).await;
    assert_eq!((seen(&other).1, other.members), (vec![(0, 7)], 2));
    take(LineStep { member: 2, ..step(&[], 5, 1) }).await;
    let mine = take(step(&[], 5, 1)).await;
    assert_eq!((mine.admitted, mine.admitted_in_all, mine.begun), (2, 7, (1, NOW)));
    assert_eq!(take(step(&[], 0, 30)).await.members, 1, "the other one is gone");
    // Every adapter gives the same answers to the same steps: an odd lot of them, held to one reference.
    let (line, odd) = (InProcess::new(Clock::system()), key.clone() + ":odd");
    for number in 0..200_i64 {
        let step = LineStep {
            member: 1 + number.unsigned_abs() % 3,
            frontier: if number % 17 == 0 { NOW + (number - 9) * SECOND / 2 } else { 0 },
            admit: u32::try_from(number * 7 % 11).unwrap(),
            until: NOW + number * SECOND / 2,
            when_empty: if number % 23 == 0 { NOW + (number - 5) * SECOND / 2 } else { 0 },
            ..step(&[(number / 2, u32::try_from(number * 5 % 13).unwrap()), (number / 3, 1)], 0, 0)
        };
        let reference = Cache::line(&line, &odd, &step, PATIENCE).await.unwrap();
        assert_eq!(cache.line(&odd, &step, PATIENCE).await.unwrap(), reference, "step {number}: {step:?}");
    }
}

async fn a_forgotten_line_is_begun_anew(cache: Arc<dyn Cache>) {
    let key = key("line");
    let short = Duration::from_millis(50);
    cache.line(&key, &step(&[(0, 3)], 1, 1), short).await.unwrap();
    let known = LineStep { frontier: NOW + SECOND / 2, ..step(&[], 0, 2) };
    let begun = wait_for("the line to be forgotten", PATIENCE, async || {
        tokio::time::sleep(short * 2).await;
        let state = cache.line(&key, &known, short).await.unwrap();
        (state.begun == (1, NOW + 2 * SECOND)).then_some(state)
    })
    .await;
    assert_eq!(seen(&begun).1, [], "nobody is known to wait");
    assert_eq!(begun.line.frontier(), NOW + SECOND / 2, "but the frontier is where it was");
}

async fn keys_do_not_meet(cache: Arc<dyn Cache>) {
    let (one, two) = (key("one"), key("two"));
    let limit = RateLimit::new(1, Duration::from_secs(3_600));
    cache.set(&one, bytes("a value"), PATIENCE).await.unwrap();
    assert!(cache.allow(&one, limit).await.unwrap().allowed);
    assert!(cache.allow(&two, limit).await.unwrap().allowed);
    assert_eq!(cache.get(&one).await.unwrap(), Some(bytes("a value")));
    assert_eq!(cache.get(&two).await.unwrap(), None);
}

async fn messages_reach_every_listener_in_order(cache: Arc<dyn Cache>) {
    let channel = key("channel");
    let first = cache.subscribe(&channel).await.unwrap();
    let second = cache.subscribe(&channel).await.unwrap();
    for message in ["one", "two", "three"] {
        cache.publish(&channel, bytes(message)).await.unwrap();
    }
    for listener in [first, second] {
        let heard = tokio::time::timeout(PATIENCE, listener.take(3).collect::<Vec<_>>()).await.unwrap();
        assert_eq!(heard, [bytes("one"), bytes("two"), bytes("three")]);
    }
    // Nobody listens now, which is no error.
    cache.publish(&channel, bytes("four")).await.unwrap();
    cache.publish(&channel, bytes("five")).await.unwrap();
    let mut third = cache.subscribe(&channel).await.unwrap();
    let heard = wait_for("a message after listening again", PATIENCE, async || {
        cache.publish(&channel, bytes("six")).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_millis(100), third.next()).await.ok().flatten();
        // An earlier one may still have been on its way.
        heard.filter(|message| *message == bytes("six"))
    });
    heard.await;
}

async fn listeners_hear_only_their_channel(cache: Arc<dyn Cache>) {
    let (mine, other) = (key("mine"), key("other"));
    let mut messages = cache.subscribe(&mine).await.unwrap();
    cache.publish(&other, bytes("not mine")).await.unwrap();
    cache.publish(&mine, bytes("mine")).await.unwrap();
    let heard = tokio::time::timeout(PATIENCE, messages.next()).await.unwrap();
    assert_eq!(heard, Some(bytes("mine")));
}

async fn it_answers_a_ping(cache: Arc<dyn Cache>) {
    cache.ping().await.unwrap();
}
