//! Replicas that come and go, behind a name service that the test answers for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use comitia_testkit::{Authority, TlsFiles, wait_until};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::util::MapRequestLayer;

use super::*;
use crate::tls::TlsConfig;

const PATIENCE: Duration = Duration::from_secs(20);

/// A replica that counts its calls.
struct Counting {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl Counting {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let server = Server::builder()
            .layer(MapRequestLayer::new(move |request: http::Request<tonic::body::Body>| {
                counted.fetch_add(1, Ordering::SeqCst);
                request
            }))
            .add_service(tonic_health::server::health_reporter().1)
            .serve_with_incoming(TcpIncoming::from(listener));
        task::spawn("replica", server);
        Self { address, calls }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

type Answer = Arc<Mutex<Option<Vec<SocketAddr>>>>;

/// A channel by a name for which `answer` stands.
fn named(host: &str, answer: &Answer) -> Channel {
    let address = Address::parse(&format!("http://{host}"), false).unwrap();
    let answer = Arc::clone(answer);
    channel_by(vec![address], None, Duration::from_millis(5), move |_, _| {
        let found = answer.lock().unwrap().clone();
        async move { found.ok_or_else(|| io::Error::other("no answer")) }
    })
    .unwrap()
}

fn answer(servers: &[&Counting]) -> Option<Vec<SocketAddr>> {
    Some(servers.iter().map(|server| server.address).collect())
}

async fn call(channel: &Channel) -> Result<(), tonic::Status> {
    HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.map(drop)
}

async fn all_called(channel: &Channel, servers: &[&Counting]) {
    let before: Vec<_> = servers.iter().map(|server| server.calls()).collect();
    wait_until("calls to all replicas", PATIENCE, async || {
        call(channel).await.unwrap();
        servers.iter().zip(&before).all(|(server, before)| server.calls() > *before)
    })
    .await;
}

#[tokio::test]
async fn calls_are_spread_over_all_replicas_and_follow_them() {
    let (one, two, three) = (Counting::start().await, Counting::start().await, Counting::start().await);
    let known: Answer = Arc::new(Mutex::new(answer(&[&one, &two])));
    let channel = named("comitia-voting-headless:7005", &known);
    all_called(&channel, &[&one, &two]).await;
    assert_eq!(three.calls(), 0);

    *known.lock().unwrap() = answer(&[&two, &three]);
    all_called(&channel, &[&two, &three]).await;
    let before = one.calls();
    for _ in 0..50 {
        call(&channel).await.unwrap();
    }
    assert_eq!(one.calls(), before, "it is gone");
}

#[tokio::test]
async fn a_name_service_without_an_answer_takes_nobody_away() {
    let one = Counting::start().await;
    let known: Answer = Arc::new(Mutex::new(answer(&[&one])));
    let asked = Arc::new(AtomicUsize::new(0));
    let address = Address::parse("http://comitia-voting-headless:7005", false).unwrap();
    let (answers, count) = (Arc::clone(&known), Arc::clone(&asked));
    let channel = channel_by(vec![address], None, Duration::from_millis(5), move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        let found = answers.lock().unwrap().clone();
        async move { found.ok_or_else(|| io::Error::other("no answer")) }
    })
    .unwrap();
    all_called(&channel, &[&one]).await;
    for nothing in [None, Some(Vec::new())] {
        *known.lock().unwrap() = nothing;
        let before = asked.load(Ordering::SeqCst);
        wait_until("two more questions", PATIENCE, async || asked.load(Ordering::SeqCst) > before + 2).await;
        call(&channel).await.unwrap();
    }
}

#[tokio::test]
async fn where_nobody_is_known_calls_fail_and_do_not_wait() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let known: Answer = Arc::default();
    let channel = named(&format!("localhost:{port}"), &known);
    let refused = tokio::time::timeout(PATIENCE, call(&channel)).await.unwrap();
    assert_eq!(refused.unwrap_err().code(), tonic::Code::Unavailable);
    // And are there once somebody comes.
    let one = Counting::start().await;
    *known.lock().unwrap() = answer(&[&one]);
    wait_until("the replica that came", PATIENCE, async || call(&channel).await.is_ok()).await;
}

#[tokio::test]
async fn a_dead_replica_of_several_is_not_the_end() {
    let one = Counting::start().await;
    let mut addresses = answer(&[&one]).unwrap();
    addresses.push(TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap());
    let channel = named("comitia-voting-headless:7005", &Arc::new(Mutex::new(Some(addresses))));
    wait_until("a call that arrives", PATIENCE, async || call(&channel).await.is_ok()).await;
}

#[tokio::test]
async fn with_tls_a_replica_has_to_be_called_as_its_address_says() {
    let authority = Authority::new().unwrap();
    let files =
        TlsFiles::new(&authority.issue(&["comitia-voting-headless"]).unwrap(), &[&authority]).unwrap();
    let config = TlsConfig {
        certificate_file: files.certificate(),
        key_file: files.key(),
        ca_file: files.ca(),
        look_every_ms: 1_000,
    };
    let tls = Tls::start(config, comitia_core::Clock::system()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let replica = listener.local_addr().unwrap();
    let server = Server::builder()
        .add_service(tonic_health::server::health_reporter().1)
        .serve_with_incoming(tls.clone().accept(listener));
    task::spawn("replica", server);
    let by = |name: &str| {
        let address = Address::parse(&format!("https://{name}:7005"), true).unwrap();
        let ask = move |_, _| async move { Ok(vec![replica]) };
        channel_by(vec![address], Some(&tls), Duration::from_secs(1), ask).unwrap()
    };
    call(&by("comitia-voting-headless")).await.unwrap();
    assert_eq!(call(&by("comitia-budgets-headless")).await.unwrap_err().code(), tonic::Code::Unavailable);
}

#[test]
fn addresses_of_one_kind_are_used() {
    let address = Address::parse("http://comitia-voting:7005", false).unwrap();
    let changes = tokio::sync::mpsc::channel(1).0;
    let follower = Follower { address, tls: None, changes, known: BTreeSet::new() };
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let both = follower.replicas(Ok(vec![at("[::1]:7005"), at("10.0.0.1:7005"), at("10.0.0.2:7005")]));
    assert_eq!(both, BTreeSet::from([Some(at("10.0.0.1:7005")), Some(at("10.0.0.2:7005"))]));
    assert_eq!(follower.replicas(Ok(vec![at("[::1]:7005")])), BTreeSet::from([Some(at("[::1]:7005"))]));
}

#[test]
fn addresses_say_whether_tls_is_spoken() {
    let parse = |text: &str, tls| Address::parse(text, tls).map(|it| (it.host, it.port));
    assert_eq!(parse("http://a:1", false).unwrap(), ("a".into(), 1));
    assert_eq!(parse(" https://[::1] ", true).unwrap(), ("::1".into(), 443));
    assert!(matches!(parse("http://a:1", true), Err(AddressError::Scheme(_))));
    for bad in ["a:1", "", "ftp://a", "http://"] {
        assert!(matches!(parse(bad, false), Err(AddressError::Invalid(_))), "{bad}");
    }
}
