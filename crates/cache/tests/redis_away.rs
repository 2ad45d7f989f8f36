//! Redis that is not there yet, dies, comes back, or hangs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_cache::{Cache, CacheError, RateLimit, Redis, Resilient};
use comitia_core::Clock;
use comitia_testkit::{RedisServer, wait_for, wait_until};
use futures_util::StreamExt;

const PATIENCE: Duration = Duration::from_secs(15);
const VALUE: Bytes = Bytes::from_static(b"value");
const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn it_comes_back_by_itself_and_so_do_the_messages() {
    let server = RedisServer::start().await.unwrap();
    let cache = Redis::connect(server.url()).unwrap();
    let mut messages = cache.subscribe("channel").await.unwrap();
    cache.set("key", VALUE, TTL).await.unwrap();

    server.kill();
    assert!(matches!(cache.get("key").await, Err(CacheError::Unavailable(_))));
    server.restart().unwrap();

    wait_until("Redis to be used again", PATIENCE, async || cache.set("key", VALUE, TTL).await.is_ok()).await;
    assert_eq!(cache.get("key").await.unwrap(), Some(VALUE));
    let heard = wait_for("a message", PATIENCE, async || {
        cache.publish("channel", VALUE).await.unwrap();
        tokio::time::timeout(Duration::from_millis(100), messages.next()).await.ok().flatten()
    });
    assert_eq!(heard.await, VALUE);
}

#[tokio::test]
async fn nobody_fails_because_it_is_away() {
    let server = RedisServer::start().await.unwrap();
    server.kill();
    let cache: Arc<dyn Cache> = Arc::new(Redis::connect(server.url()).unwrap());
    let cache = Resilient::new(cache, Clock::system());
    let mut messages = cache.subscribe("channel").await;
    cache.set("key", VALUE, TTL).await;
    assert_eq!(cache.get("key").await, None);
    cache.delete("key").await;
    // This replica's own limit, as strict as the shared one.
    let limit = RateLimit::new(2, Duration::from_secs(3_600));
    let mut allowed = 0;
    for _ in 0..5 {
        allowed += u32::from(cache.allow("caller", limit).await.allowed);
    }
    assert_eq!(allowed, 2);
    cache.publish("channel", VALUE).await;
    assert_eq!(tokio::time::timeout(PATIENCE, messages.next()).await.unwrap(), Some(VALUE));

    server.restart().unwrap();
    wait_until("the cache to be used again", PATIENCE, async || {
        cache.set("key", VALUE, TTL).await;
        cache.get("key").await.is_some()
    })
    .await;
    let heard = wait_for("a message through Redis", PATIENCE, async || {
        cache.publish("channel", VALUE).await;
        tokio::time::timeout(Duration::from_millis(100), messages.next()).await.ok().flatten()
    });
    assert_eq!(heard.await, VALUE);
}

#[tokio::test]
async fn a_server_that_hangs_costs_little() {
    let server = RedisServer::start().await.unwrap();
    let redis: Arc<dyn Cache> = Arc::new(Redis::connect(server.url()).unwrap());
    let cache = Resilient::new(redis, Clock::system());
    cache.set("key", VALUE, TTL).await;
    server.freeze();
    let started = Instant::now();
    for _ in 0..200 {
        cache.get("key").await;
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(cache.is_away());
    server.thaw();
    wait_until("the cache to be used again", PATIENCE, async || cache.get("key").await == Some(VALUE)).await;
}
