//! A client of the public HTTP API, as an integrator would write one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

/// The headers with a place in the waiting room, and with the right to sign in.
const TICKET: &str = "comitia-ticket";
const PASS: &str = "comitia-pass";

/// What the gateway says when a call fails (RFC 9457).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The stable reason.
    pub reason: String,
    /// A sentence.
    pub detail: String,
    /// The fields that break rules.
    pub violations: Vec<Violation>,
    /// The trace to look for in logs.
    pub trace_id: String,
}

/// A field that breaks a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Violation {
    /// Its path in the request.
    pub field: String,
    /// The rule.
    pub rule: String,
}

/// A call that failed for good.
#[derive(Debug)]
pub enum Failure {
    /// The API refused it.
    Refused(Problem),
    /// No answer could be had in time.
    Unreachable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(problem) => write!(f, "{} {}: {}", problem.status, problem.reason, problem.detail),
            Self::Unreachable(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// A client of one gateway (or several replicas of it) and one organization. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    gateways: Vec<String>,
    turn: Arc<AtomicUsize>,
    host: String,
    /// How long to try again while the API is away or asks to wait.
    patience: Duration,
    /// Whether a limit on what one caller may ask has held it up.
    limited: Arc<AtomicBool>,
}

impl Api {
    /// A client of `gateways` (base URLs, separated by commas; each call takes the next) that asks for the
    /// organization of `host`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(gateways: &str, host: &str, patience: Duration) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(120))
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            .build()
            .context("cannot make an HTTP client")?;
        let gateways = gateways.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        let (turn, limited) = (Arc::default(), Arc::default());
        Ok(Self { http, gateways, turn, host: host.to_owned(), patience, limited })
    }

    /// The host name of the organization.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a call had to wait because the gateway limits what one address or organization may ask.
    pub fn was_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    /// A client of each gateway alone.
    pub fn each_gateway(&self) -> impl Iterator<Item = Self> + '_ {
        self.gateways.iter().map(|gateway| Self { gateways: vec![gateway.clone()], ..self.clone() })
    }

    /// POSTs `body` to `path`.
    ///
    /// # Errors
    /// When the API refuses it, or no answer can be had within the client's patience.
    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, token, Some(body)).await
    }

    /// PATCHes `path`.
    ///
    /// # Errors
    /// As [`Api::post`].
    pub async fn patch(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value, Failure> {
        self.call(Method::PATCH, path, token, Some(body)).await
    }

    /// GETs `path`.
    ///
    /// # Errors
    /// As [`Api::post`].
    pub async fn get(&self, path: &str, token: Option<&str>) -> Result<Value, Failure> {
        self.call(Method::GET, path, token, None).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let started = Instant::now();
        let mut place = None;
        loop {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let gateway = &self.gateways[turn % self.gateways.len()];
            let mut request = self
                .http
                .request(method.clone(), format!("{gateway}{path}"))
                .header(header::HOST, &self.host);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some((name, token)) = &place {
                request = request.header(*name, token);
            }
            let (failure, mut wait) = match answer(request).await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            // Who holds a ticket keeps it; a pass that is refused is over.
            let placed = matches!(&place, Some((TICKET, _)));
            if !placed && matches!(&failure, Failure::Refused(problem) if problem.waits()) {
                (place, wait) = self.take_place(gateway).await?;
            }
            if matches!(&failure, Failure::Refused(problem) if problem.reason == "RATE_LIMITED") {
                self.limited.store(true, Ordering::Relaxed);
            }
            // Only what may be better later is tried again; every call of this client may be repeated.
            let Some(wait) = wait else { return Err(failure) };
            if started.elapsed() + wait > self.patience {
                return Err(failure);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a ticket for the waiting room: the header to repeat the call with, and when to.
    async fn take_place(
        &self,
        gateway: &str,
    ) -> Result<(Option<(&'static str, String)>, Option<Duration>), Failure> {
        let room = self.http.get(format!("{gateway}/v1/waitingRoom")).header(header::HOST, &self.host);
        let standing = match answer(room).await {
            Ok(standing) => standing,
            Err((_, Some(wait))) => return Ok((None, Some(wait))),
            Err((failure, None)) => return Err(failure),
        };
        let token = |name: &str| standing.get(name).and_then(Value::as_str).map(str::to_owned);
        let place = token("pass").map(|pass| (PASS, pass));
        let place = place.or_else(|| token("ticket").map(|ticket| (TICKET, ticket)));
        let seconds = standing.get("checkAfterSeconds").and_then(Value::as_u64).unwrap_or(0);
        Ok((place, Some(Duration::from_secs(seconds))))
    }
}

impl Problem {
    /// Whether the caller is to wait in the waiting room.
    fn waits(&self) -> bool {
        self.reason == "WAITING_ROOM"
    }
}

/// Sends a request. A failure comes with the time after which to try again, if that makes sense.
async fn answer(request: reqwest::RequestBuilder) -> Result<Value, (Failure, Option<Duration>)> {
    let soon = Some(Duration::from_millis(200));
    let unreachable = |error: reqwest::Error| {
        let mut text = error.without_url().to_string();
        text.insert_str(0, "no answer from the gateway: ");
        (Failure::Unreachable(text), soon)
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let bytes = response.bytes().await.map_err(unreachable)?;
    if status.is_success() {
        return serde_json::from_slice(&bytes)
            .map_err(|error| (Failure::Unreachable(format!("the answer is not JSON: {error}")), None));
    }
    let problem: Problem = serde_json::from_slice(&bytes).unwrap_or_else(|_| Problem {
        status: status.as_u16(),
        detail: String::from_utf8_lossy(&bytes).chars().take(200).collect(),
        ..Problem::default()
    });
    let passing = matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    ) || status == StatusCode::TOO_MANY_REQUESTS;
    let wait = match retry_after {
        // As long as the waiting room says: asking more often moves no line.
        Some(wait) if problem.waits() => Some(wait),
        Some(wait) => Some(wait.min(Duration::from_secs(2))),
        None if passing => soon,
        None => None,
    };
    Err((Failure::Refused(problem), wait))
}

/// The text at a JSON pointer of an answer.
///
/// # Errors
/// When the answer has none.
pub fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("the gateway's answer has no {pointer}"))
}

/// The number at a JSON pointer of an answer; proto writes 64-bit numbers as texts.
///
/// # Errors
/// When the answer has none.
pub fn number(value: &Value, pointer: &str) -> anyhow::Result<i64> {
    let found = value.pointer(pointer).with_context(|| format!("the gateway's answer has no {pointer}"))?;
    found
        .as_i64()
        .or_else(|| found.as_str()?.parse().ok())
        .with_context(|| format!("{pointer} in the gateway's answer is no number"))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A gateway that gives these answers, one a connection.
    async fn gateway(answers: &'static [(&'static str, &'static str)]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        comitia_core::task::spawn("gateway", async move {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                assert_ne!(stream.read(&mut request).await.unwrap(), 0);
                let head =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
                let answer = format!("{head}retry-after: 0\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        format!("http://{address}")
    }

    const FINE: (&str, &str) = ("200 OK", "{}");
    const BUSY: (&str, &str) = ("429 Too Many Requests", r#"{"status": 429, "reason": "OVERLOADED"}"#);
    const LIMITED: (&str, &str) = ("429 Too Many Requests", r#"{"status": 429, "reason": "RATE_LIMITED"}"#);

    #[tokio::test]
    async fn a_limit_is_waited_for_and_remembered() {
        let gateway = gateway(&[BUSY, FINE, LIMITED, FINE]).await;
        let api = Api::new(&gateway, "city.example", Duration::from_secs(20)).unwrap();
        api.get("/v1/polls", None).await.unwrap();
        assert!(!api.was_limited());
        api.get("/v1/polls", None).await.unwrap();
        assert!(api.was_limited());
    }
}
