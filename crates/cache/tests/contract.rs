//! What a cache must do, on both adapters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use comitia_cache::{Cache, InProcess, RateLimit, Redis};
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
