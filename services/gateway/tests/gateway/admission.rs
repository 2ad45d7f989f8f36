//! A client that sends slowly, or nothing, keeps nobody else out. Each loopback address is a client
//! of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use comitia_cache::{Cache, CacheError, Decision, InProcess, LineState, LineStep, Messages, RateLimit};
use comitia_core::Clock;
use comitia_gateway::{Config, WaitingRoomMode};
use comitia_testkit::wait_until;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::double::Double;
use crate::{Door, json};

const PATIENCE: Duration = Duration::from_secs(20);
/// The head of a cast whose body never arrives.
const SLOW_CAST: &[u8] = b"POST /v1/polls/7/ballots HTTP/1.1\r\nhost: city.example\r\n\
    content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
/// How an HTTP/2 client begins: the preface and an empty SETTINGS frame.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

impl Door {
    fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// A connection of the client with this number.
    async fn connect_from(&self, client: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, client), 0))).unwrap();
        socket.connect(self.address()).await.unwrap()
    }

    /// Connections of several clients, each of which sends these bytes and then waits.
    async fn occupy(&self, clients: u8, each: usize, bytes: &[u8]) -> Vec<TcpStream> {
        let mut streams = Vec::new();
        for client in 1..=clients {
            for _ in 0..each {
                let mut stream = self.connect_from(client).await;
                // A refused connection may already be closed.
                let _ = stream.write_all(bytes).await;
                streams.push(stream);
            }
        }
        streams
    }

    /// The status of a cast of the client with this number.
    async fn cast_from(&self, client: u8) -> StatusCode {
        let local = Ipv4Addr::new(127, 0, 2, client);
        let client = reqwest::Client::builder().no_proxy().local_address(Some(local.into())).build().unwrap();
        let cast = client.post(format!("{}/v1/polls/7/ballots", self.url)).header("host", "city.example");
        cast.json(&json!({"permit": "p"})).send().await.unwrap().status()
    }

    async fn twenty_others_cast(&self) {
        for client in 1..=20 {
            assert_eq!(self.cast_from(client).await, 200, "client {client}");
        }
    }
}

/// Whether the peer has closed the connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 256];
    loop {
        match tokio::time::timeout(Duration::from_millis(1), stream.read(&mut bytes)).await {
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return false,
        }
    }
}

#[tokio::test]
async fn slow_bodies_of_a_few_addresses_take_no_place_among_the_requests_in_flight() {
    let door = Door::open_with(|config| config.max_in_flight = 8).await;
    // Five times as many as there are places, and no body arrives.
    let slow = door.occupy(5, 8, SLOW_CAST).await;
    door.twenty_others_cast().await;
    drop(slow);
}

#[tokio::test]
async fn slow_bodies_of_a_few_addresses_leave_places_to_arrive() {
    let door = Door::open_with(|config| {
        config.max_in_flight = 16;
        config.max_connections = 64;
    })
    .await;
    let slow = door.occupy(5, 40, SLOW_CAST).await;
    door.twenty_others_cast().await;
    drop(slow);
}

#[tokio::test]
async fn connections_that_send_one_letter_keep_nobody_out() {
    let door = Door::open_with(|config| config.max_connections = 32).await;
    let mut idle = door.occupy(3, 40, b"P").await;
    door.twenty_others_cast().await;
    let (mut closed, clients) = (0, idle.len());
    for stream in &mut idle {
        closed += usize::from(is_closed(stream).await);
    }
    assert!(closed >= clients - 32, "{closed} of {clients}");
}

#[tokio::test]
async fn idle_connections_of_http2_keep_nobody_out_and_end() {
    let door = Door::open_with(|config| {
        config.max_connections = 32;
        config.connection_idle_ms = 500;
    })
    .await;
    let mut idle = door.occupy(3, 40, HTTP2).await;
    door.twenty_others_cast().await;
    wait_until("idle connections to end", PATIENCE, async || {
        let mut open = 0;
        for stream in &mut idle {
            open += usize::from(!is_closed(stream).await);
        }
        open == 0
    })
    .await;
}

#[tokio::test]
async fn a_busy_connection_outlives_the_idle_timeout_and_eviction() {
    let door = Door::open_with(|config| {
        config.max_connections = 8;
        config.connection_idle_ms = 50;
    })
    .await;
    let request = door.request(Method::GET, "/v1/polls/gated");
    let waiting = comitia_core::task::spawn("read", async move { request.send().await.unwrap().status() });
    wait_until("the call", PATIENCE, async || door.double.calls("GetPoll").len() == 1).await;
    let mut idle = door.occupy(3, 8, b"").await;
    wait_until("the idle to go", PATIENCE, async || is_closed(&mut idle[0]).await).await;
    door.double.open_gate();
    assert_eq!(waiting.await.unwrap(), 200);
}

#[tokio::test]
async fn a_proxys_connections_are_not_limited_as_those_of_one_address() {
    let door = Door::open_with(|config| {
        config.max_connections = 8;
        config.trusted_proxies = vec!["127.0.1.1/32".parse().unwrap()];
    })
    .await;
    let mut proxy = door.occupy(1, 6, b"P").await;
    let _others = {
        let mut streams = Vec::new();
        for client in 2..=10 {
            streams.push(door.connect_from(client).await);
        }
        streams
    };
    door.twenty_others_cast().await;
    for stream in &mut proxy {
        assert!(!is_closed(stream).await);
    }
}

/// A cache that records keys and channels.
struct Recorder {
    cache: InProcess,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn note(&self, key: &str) {
        self.keys.lock().unwrap().push(key.to_owned());
    }
}

#[async_trait]
impl Cache for Recorder {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        self.note(key);
        self.cache.get(key).await
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        self.note(&format!("{key} {}", String::from_utf8_lossy(&value)));
        self.cache.set(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        self.note(key);
        self.cache.delete(key).await
    }

    async fn reserve(&self, key: &str, limit: RateLimit, longest: Duration) -> Result<Decision, CacheError> {
        self.note(key);
        self.cache.reserve(key, limit, longest).await
    }

    async fn line(&self, key: &str, step: &LineStep, ttl: Duration) -> Result<LineState, CacheError> {
        self.note(key);
        self.cache.line(key, step, ttl).await
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        self.note(channel);
        self.cache.publish(channel, message).await
    }

    async fn subscribe(&self, channel: &str) -> Result<Messages, CacheError> {
        self.note(channel);
        self.cache.subscribe(channel).await
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.cache.ping().await
    }
}

#[tokio::test]
async fn no_key_of_the_cache_holds_an_address() {
    let keys = Arc::new(Mutex::new(Vec::new()));
    let cache = Recorder { cache: InProcess::new(Clock::system()), keys: keys.clone() };
    let configure = |config: &mut Config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.waiting_room.mode = WaitingRoomMode::Always;
    };
    let door = Door::open_on(Arc::new(cache), Double::start().await, configure).await;
    for address in ["203.0.113.77", "2001:db8:77:77::1"] {
        let from = |method, path: &str| door.request(method, path).header("x-forwarded-for", address);
        let sign_in = from(Method::POST, "/v1/sessions:signInWithAccessCode").json(&json!({}));
        assert_eq!(json(sign_in.send().await.unwrap()).await["reason"], "WAITING_ROOM");
        for path in ["/v1/waitingRoom", "/v1/polls/7"] {
            assert_eq!(from(Method::GET, path).send().await.unwrap().status(), 200, "{path}");
        }
        let cast = from(Method::POST, "/v1/polls/7/ballots").json(&json!({}));
        assert_eq!(cast.send().await.unwrap().status(), 200);
    }
    let keys = keys.lock().unwrap();
    for purpose in ["gateway:rate:sign_in:", "gateway:rate:vote:", "gateway:waiting_room:tickets:"] {
        let mut of_purpose: Vec<_> = keys.iter().filter(|key| key.starts_with(purpose)).collect();
        of_purpose.dedup();
        assert_eq!(of_purpose.len(), 2, "{purpose} {keys:?}");
    }
    let is_address =
        |key: &&String| key.contains("203.0.113") || key.contains("2001:db8") || key.contains("127.0.0");
    assert_eq!(keys.iter().find(is_address), None);
}
