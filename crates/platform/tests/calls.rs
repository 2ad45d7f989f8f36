//! Calls between services share a connection: what becomes of one touches no other. Over real servers and clients,
//! with a dam in between that holds frames back until they come all at once, as they do when a process was busy.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use comitia_core::{Clock, task};
use comitia_platform::error::Violation;
use comitia_platform::grpc::{self, Client, Endpoints};
use comitia_platform::{ApiError, Runtime};
use comitia_testkit::wait_until;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

const PATIENCE: Duration = Duration::from_secs(20);
/// Waits at the gate.
const GATED: &str = "GetPoll";
/// Is answered at once.
const QUICK: &str = "ListPolls";
/// Has thousands of faults.
const FAULTY: &str = "GetTurnout";
/// Is for officers.
const OFFICERS: &str = "ClosePoll";

/// A service whose calls do as their method says.
#[derive(Clone)]
struct Double {
    gate: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
}

impl NamedService for Double {
    const NAME: &'static str = "comitia.voting.v1.PollService";
}

impl Service<Request<Body>> for Double {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.clone();
        async move {
            let status = match request.uri().path().rsplit('/').next() {
                Some(GATED) => {
                    gate.acquire().await.unwrap().forget();
                    Status::ok("")
                }
                Some(FAULTY) => {
                    let faulty = |number| Violation {
                        field: format!("options[{number}].title"),
                        rule: "must have 1 to 200 characters and no control characters".to_owned(),
                    };
                    ApiError::invalid((0..5_000).map(faulty).collect()).into()
                }
                _ => Status::ok(""),
            };
            Ok(status.into_http())
        }
        .boxed()
    }
}

/// A service as they all are, a dam before it, and a client of it.
struct Line {
    double: Double,
    client: Client,
    to_server: Dam,
    to_client: Dam,
}

impl Line {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let clock = Clock::system();
        let runtime = Runtime::new(
            clock.clone(),
            Arc::new(comitia_bus::InProcess::new(clock.clone())),
            Arc::new(comitia_cache::InProcess::new(clock)),
            Endpoints::default(),
            comitia_platform::runtime::ServiceKeys::default(),
        )
        .unwrap();
        let double = Double { gate: Arc::new(Semaphore::new(0)), begun: Arc::default() };
        let routes = Routes::new(double.clone());
        task::spawn("service", async move { grpc::serve("voting", listener, routes, &runtime).await });
        let (to_server, to_client) = (Dam::default(), Dam::default());
        let address = dammed(server, to_server.clone(), to_client.clone()).await;
        let client = grpc::connect(&format!("http://{address}"), None).unwrap();
        Self { double, client, to_server, to_client }
    }

    /// Makes a call; the status that it ends with.
    fn call(
        &self,
        method: &str,
        authorization: &str,
    ) -> impl Future<Output = Result<Status, String>> + use<> {
        let path = format!("http://service/comitia.voting.v1.PollService/{method}");
        let request = Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
        let request = request.header("authorization", authorization);
        // An empty message.
        let body = Body::new(http_body_util::Full::from(&[0_u8; 5][..]));
        let call = self.client.clone().oneshot(request.body(body).unwrap());
        async move {
            let answer = call.await.map_err(|error| comitia_platform::error::chain(&error))?;
            Ok(Status::from_header_map(answer.headers()).unwrap())
        }
    }

    /// A call of somebody else that has begun and waits.
    async fn victim(&self) -> JoinHandle<Result<Status, String>> {
        let victim = task::spawn("victim", self.call(GATED, "Bearer victim"));
        wait_until("the victim", PATIENCE, async || self.double.begun.load(Ordering::SeqCst) == 1).await;
        victim
    }

    async fn assert_well(&self, victim: JoinHandle<Result<Status, String>>) {
        self.double.gate.add_permits(1);
        assert_eq!(victim.await.unwrap().unwrap().code(), Code::Ok);
    }
}

/// The frames that go one way. Clones are one.
#[derive(Clone, Default)]
struct Dam(Arc<DamState>);

#[derive(Default)]
struct DamState {
    closed: watch::Sender<bool>,
    heads: AtomicUsize,
    resets: AtomicUsize,
}

impl Dam {
    fn close(&self) {
        self.0.closed.send_replace(true);
    }

    fn open(&self) {
        self.0.closed.send_replace(false);
    }

    fn heads(&self) -> usize {
        self.0.heads.load(Ordering::SeqCst)
    }

    fn resets(&self) -> usize {
        self.0.resets.load(Ordering::SeqCst)
    }

    /// Counts the frames in `unread` (RFC 9113, 4.1) that are complete.
    fn count(&self, unread: &mut BytesMut) {
        while unread.len() >= 9 {
            let length = u32::from_be_bytes([0, unread[0], unread[1], unread[2]]) as usize;
            if unread.len() < 9 + length {
                return;
            }
            match unread[3] {
                1 => self.0.heads.fetch_add(1, Ordering::SeqCst),
                3 => self.0.resets.fetch_add(1, Ordering::SeqCst),
                _ => 0,
            };
            unread.advance(9 + length);
        }
    }

    async fn carry(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, preface: usize) {
        let mut closed = self.0.closed.subscribe();
        let (mut held, mut unread) = (BytesMut::new(), BytesMut::new());
        let mut preface = preface;
        loop {
            let before = held.len();
            tokio::select! {
                read = from.read_buf(&mut held) => if read.unwrap_or(0) == 0 { return },
                _ = closed.changed() => {}
            }
            unread.extend_from_slice(&held[before..]);
            let skipped = preface.min(unread.len());
            unread.advance(skipped);
            preface -= skipped;
            self.count(&mut unread);
            if !*closed.borrow() && !held.is_empty() {
                if to.write_all(&held).await.is_err() {
                    return;
                }
                held.clear();
            }
        }
    }
}

async fn dammed(server: SocketAddr, to_server: Dam, to_client: Dam) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    task::spawn("dam", async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = server.into_split();
            // A client begins with the 24 bytes that say HTTP/2.
            task::spawn("to server", to_server.clone().carry(client_reads, server_writes, 24));
            task::spawn("to client", to_client.clone().carry(server_reads, client_writes, 0));
        }
    });
    address
}

async fn calls(line: &Line, method: &str, count: usize) -> Vec<JoinHandle<Result<Status, String>>> {
    let before = line.to_server.heads();
    let calls = (0..count).map(|_| task::spawn("call", line.call(method, "Bearer other"))).collect();
    wait_until("the calls", PATIENCE, async || line.to_server.heads() == before + count).await;
    calls
}

async fn give_up(line: &Line, calls: Vec<JoinHandle<Result<Status, String>>>) {
    let before = line.to_server.resets();
    let count = calls.len();
    calls.iter().for_each(JoinHandle::abort);
    wait_until("the resets", PATIENCE, async || line.to_server.resets() == before + count).await;
}

#[tokio::test]
async fn calls_given_up_before_the_server_saw_them_cost_nobody_elses() {
    let line = Line::start().await;
    let victim = line.victim().await;
    line.to_server.close();
    // As many as the server's socket takes at once: of more, the first would be accepted before the last are there.
    let calls = calls(&line, GATED, 60).await;
    give_up(&line, calls).await;
    line.to_server.open();
    line.assert_well(victim).await;
    assert_eq!(line.call(QUICK, "Bearer next").await.unwrap().code(), Code::Ok);
}

#[tokio::test]
async fn answers_to_calls_that_were_given_up_cost_nobody_elses() {
    let line = Line::start().await;
    let victim = line.victim().await;
    line.to_client.close();
    let answered = line.to_client.heads();
    let calls = calls(&line, QUICK, 1_500).await;
    wait_until("the answers", PATIENCE, async || line.to_client.heads() == answered + 1_500).await;
    give_up(&line, calls).await;
    line.to_client.open();
    line.assert_well(victim).await;
    assert_eq!(line.call(QUICK, "Bearer next").await.unwrap().code(), Code::Ok);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_before_it_is_sent() {
    let line = Line::start().await;
    let victim = line.victim().await;
    for bytes in [40, 70, 200, 1_000] {
        let refused = line.call(QUICK, &"x".repeat(bytes * 1024)).await.unwrap();
        assert_eq!(ApiError::from_status(&refused).reason_name(), "HEADERS_TOO_LARGE", "{bytes} KiB");
    }
    assert_eq!(line.to_server.heads(), 1);
    line.assert_well(victim).await;
}

#[tokio::test]
async fn the_scheme_of_a_session_is_read_in_any_case() {
    let line = Line::start().await;
    for (authorization, message) in [
        ("Bearer token", "the session's token is not valid"),
        ("bearer token", "the session's token is not valid"),
        ("BEARER  token", "the session's token is not valid"),
        ("Basic token", "sign in first"),
        ("Bearertoken", "sign in first"),
    ] {
        let refused = line.call(OFFICERS, authorization).await.unwrap();
        assert_eq!((refused.code(), refused.message()), (Code::Unauthenticated, message), "{authorization}");
    }
}

#[tokio::test]
async fn an_answer_with_thousands_of_violations_arrives_bounded() {
    let line = Line::start().await;
    let victim = line.victim().await;
    let refused = ApiError::from_status(&line.call(FAULTY, "Bearer officer").await.unwrap());
    assert_eq!(refused.reason_name(), "FIELD_INVALID");
    let named = refused.violations.len();
    assert!((30..=50).contains(&named), "{named}");
    assert_eq!(refused.more_violations, 5_000 - named);
    line.assert_well(victim).await;
}
