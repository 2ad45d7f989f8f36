//! A client that keeps its connections as browsers and proxies do, and never makes a request twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use comitia_platform::grpc::never_begun;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A request without an answer for this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a client speaks with gateways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One request after the other on a connection.
    Http1,
    /// Many at once.
    Http2,
}

/// A client with one connection, which those who share it use as the protocol allows.
#[derive(Debug)]
pub struct Client {
    front: SocketAddr,
    host: String,
    protocol: Protocol,
    open: Mutex<Option<Sender>>,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A request, as often as it is needed.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The session.
    pub token: Option<String>,
    /// JSON, or nothing.
    pub body: Option<Value>,
}

impl Call {
    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), token: None, body: None }
    }

    /// A write.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, path: path.into(), token: None, body: Some(body) }
    }

    /// The same, in a session.
    pub fn with_session(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }
}

impl Client {
    /// A client of `front`, for the organization of `host`, which connects when it is first used.
    pub fn new(front: SocketAddr, host: &str, protocol: Protocol) -> Arc<Self> {
        Arc::new(Self { front, host: host.to_owned(), protocol, open: Mutex::default() })
    }

    /// Makes a request and gives the JSON of its answer.
    ///
    /// # Errors
    /// When there is no answer, or one that is an error.
    pub async fn json(&self, call: &Call) -> anyhow::Result<Value> {
        let exchange = async {
            let response = self.begin(call).await?;
            let status = response.status();
            let body = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
            anyhow::Ok((status, body))
        };
        let (status, body) = timeout(PATIENCE, exchange).await.context("no answer in time")??;
        if !status.is_success() {
            bail!("{status} {}", String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).context("an answer that is not JSON")
    }

    /// Makes a request and gives its answer as soon as it begins.
    ///
    /// # Errors
    /// When there is none.
    pub async fn begin(&self, call: &Call) -> anyhow::Result<Response<Incoming>> {
        loop {
            let mut open = self.open.lock().await;
            let request = self.request(call)?;
            let answer = match self.ready(&mut open).await? {
                // The next one waits until this answer has begun.
                Sender::Http1(sender) => sender.send_request(request).await,
                Sender::Http2(sender) => {
                    let mut sender = sender.clone();
                    drop(open);
                    sender.send_request(request).await
                }
            };
            match answer {
                // It was never sent, or the gateway has said that it did not take it (GOAWAY): not yet a request.
                Err(error) if never_begun(&error) => {}
                answer => return answer.context("no answer"),
            }
        }
    }

    /// The connection; a new one where the last was closed.
    async fn ready<'o>(&self, open: &'o mut Option<Sender>) -> anyhow::Result<&'o mut Sender> {
        let usable = match open {
            Some(Sender::Http1(sender)) => sender.ready().await.is_ok(),
            Some(Sender::Http2(sender)) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            *open = Some(self.connect().await.context("no connection")?);
        }
        open.as_mut().context("no connection")
    }

    async fn connect(&self) -> anyhow::Result<Sender> {
        let stream = TcpStream::connect(self.front).await?;
        stream.set_nodelay(true)?;
        let io = TokioIo::new(stream);
        // A connection that breaks is seen by who waits for an answer.
        Ok(match self.protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await?;
                comitia_core::task::spawn("connection", async move { drop(connection.await) });
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                comitia_core::task::spawn("connection", async move { drop(connection.await) });
                Sender::Http2(sender)
            }
        })
    }

    fn request(&self, call: &Call) -> anyhow::Result<Request<Full<Bytes>>> {
        let uri = match self.protocol {
            Protocol::Http1 => call.path.clone(),
            Protocol::Http2 => format!("http://{}{}", self.host, call.path),
        };
        let mut request = Request::builder().method(&call.method).uri(uri);
        if self.protocol == Protocol::Http1 {
            request = request.header(header::HOST, &self.host);
        }
        if let Some(token) = &call.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match &call.body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Full::from(json.to_string())
            }
            None => Full::default(),
        };
        Ok(request.body(body)?)
    }
}
