//! The source of a feed's events: a service's stream, opened again when it breaks.

use std::time::Duration;

use bytes::Bytes;
use comitia_platform::limit::jitter;
use comitia_platform::{ApiError, Reason};
use tokio::time::{Instant, Interval};
use tonic::Streaming;

use crate::http::error::{self, Error};
use crate::routes::Route;
use crate::transcode;
use crate::upstream::call;

/// The pause before a broken stream is opened again. Jitter spreads the gateways.
const PAUSE: Duration = Duration::from_millis(100);
/// Watchers get an error if the service is unreachable for longer.
pub const GIVE_UP: Duration = Duration::from_secs(30);

/// A service's stream that is opened again when it breaks.
pub struct Subscription<O> {
    /// Opens the stream.
    pub open: O,
    pub messages: Streaming<Bytes>,
    /// While the stream is broken: since when, and when to open it again.
    pub cut: Option<(Instant, Instant)>,
}

/// The events of one feed.
pub struct Source<O> {
    pub subscription: Subscription<O>,
    pub route: Route,
    pub trace_id: String,
    pub heartbeat: Interval,
    pub sent: u64,
}

/// The next item of a source.
pub enum Next {
    Event(Bytes),
    Comment,
    End(Bytes),
}

impl<O, F> Subscription<O>
where
    O: Fn() -> F + Send,
    F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send,
{
    /// The next message. If a replica stops, the stream is opened again and another replica
    /// continues.
    async fn message(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            while let Some((since, again)) = self.cut {
                tokio::time::sleep_until(again).await;
                match (self.open)().await {
                    Ok(messages) => (self.messages, self.cut) = (messages, None),
                    Err(error) if is_away(&error) && since.elapsed() < GIVE_UP => {
                        self.cut = Some((since, Instant::now() + jitter(PAUSE)));
                    }
                    Err(error) => return Err(error),
                }
            }
            match self.messages.message().await.map_err(|status| call::error(&status)) {
                Err(error) if is_away(&error) => {
                    let now = Instant::now();
                    self.cut = Some((now, now + jitter(PAUSE)));
                }
                message => return message,
            }
        }
    }
}

impl<O, F> Source<O>
where
    O: Fn() -> F + Send,
    F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
{
    pub async fn next(&mut self) -> Next {
        let message = tokio::select! {
            message = self.subscription.message() => message,
            _ = self.heartbeat.tick() => return Next::Comment,
        };
        self.heartbeat.reset();
        let json = match message {
            Ok(Some(message)) => transcode::response(&self.route, message),
            Ok(None) => return Next::End(Bytes::from_static(b"event: end\ndata: {}\n\n")),
            Err(error) => Err(Error::Upstream(error)),
        };
        match json {
            Ok(json) => {
                self.sent += 1;
                Next::Event(event(&format!("id: {}\ndata: ", self.sent), &json))
            }
            Err(error) => Next::End(event("event: error\ndata: ", &error::event(error, &self.trace_id))),
        }
    }
}

fn is_away(error: &ApiError) -> bool {
    error.reason == Reason::DependencyUnavailable
}

fn event(head: &str, json: &[u8]) -> Bytes {
    [head.as_bytes(), json, b"\n\n"].concat().into()
}
