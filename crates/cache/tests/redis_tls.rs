//! Redis that speaks TLS, with a certificate of an authority that the system does not know.
#![allow(clippy::unwrap_used, reason = "tests, and what they call")]

use std::time::Duration;

use bytes::Bytes;
use comitia_cache::{Cache, CacheConfig, CacheError, Redis, connect};
use comitia_core::Clock;
use comitia_testkit::{Authority, RedisServer, TlsFiles, wait_for};
use futures_util::StreamExt;
use secrecy::SecretString;

const PATIENCE: Duration = Duration::from_secs(15);
const VALUE: Bytes = Bytes::from_static(b"value");

#[tokio::test]
async fn rediss_is_spoken_with_a_server_of_the_configured_authority_alone() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let files = TlsFiles::new(&authority.issue(&["127.0.0.1"]).unwrap(), &[&authority]).unwrap();
    let server = RedisServer::start_with_tls(&files).await.unwrap();
    let url = server.tls_url().unwrap();

    let config = CacheConfig { url: Some(SecretString::from(url)), ca_file: Some(files.ca()) };
    let cache = connect(&config, Clock::system()).unwrap();
    cache.set("key", VALUE, PATIENCE).await.unwrap();
    assert_eq!(cache.get("key").await.unwrap(), Some(VALUE));
    let mut messages = cache.subscribe("channel").await.unwrap();
    let heard = wait_for("a message", PATIENCE, async || {
        cache.publish("channel", VALUE).await.unwrap();
        tokio::time::timeout(Duration::from_millis(100), messages.next()).await.ok().flatten()
    });
    assert_eq!(heard.await, VALUE);

    let by_the_system = Redis::connect(url).unwrap();
    assert!(matches!(by_the_system.get("key").await, Err(CacheError::Unavailable(_))));
    let by_another = Redis::connect_with_ca(url, other.certificate.into_bytes()).unwrap();
    assert!(matches!(by_another.get("key").await, Err(CacheError::Unavailable(_))));
}

#[tokio::test]
async fn an_authority_that_cannot_be_used_is_refused_at_the_start() {
    let authority = Authority::new().unwrap();
    let files = TlsFiles::new(&authority.issue(&["127.0.0.1"]).unwrap(), &[&authority]).unwrap();
    for (url, file, named) in [
        ("rediss://u:secret@h/", "/nowhere/ca.crt".into(), "/nowhere/ca.crt"),
        ("redis://u:secret@h/", files.ca(), "rediss://"),
    ] {
        let config = CacheConfig { url: Some(url.into()), ca_file: Some(file) };
        let Err(error) = connect(&config, Clock::system()) else { panic!("accepted") };
        assert!(error.to_string().contains(named) && !error.to_string().contains("secret"), "{error}");
    }
}
