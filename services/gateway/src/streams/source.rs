//! The source of a feed's events: a service's stream, opened again when it breaks.

use std::time::Duration;

use bytes::Bytes;
use comitia_platform::limit::jitter;
use comitia_platform::{ApiError, Reason};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
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
    /// While the stream is broken.
    pub cut: Option<Cut>,
}

/// A stream that is being opened again.
pub struct Cut {
    since: Instant,
    /// Kept here because a heartbeat drops the future that awaits it; the call goes on.
    opening: BoxFuture<'static, Result<Streaming<Bytes>, ApiError>>,
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
    O: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
{
    /// The next message. If a replica stops, the stream is opened again and another replica
    /// continues.
    async fn message(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            while let Some(cut) = &mut self.cut {
                let since = cut.since;
                match cut.opening.as_mut().await {
                    Ok(messages) => (self.messages, self.cut) = (messages, None),
                    Err(error) if is_away(&error) && since.elapsed() < GIVE_UP => self.open_again(since),
                    Err(error) => return Err(error),
                }
            }
            match self.messages.message().await.map_err(|status| call::error(&status)) {
                Err(error) if is_away(&error) => self.open_again(Instant::now()),
                message => return message,
            }
        }
    }

    /// Opens the stream after a pause; it has been broken `since`.
    fn open_again(&mut self, since: Instant) {
        let (open, again) = (self.open.clone(), Instant::now() + jitter(PAUSE));
        let opening = async move {
            tokio::time::sleep_until(again).await;
            open().await
        };
        self.cut = Some(Cut { since, opening: opening.boxed() });
    }
}

impl<O, F> Source<O>
where
    O: Fn() -> F + Clone + Send + 'static,
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    fn messages(bytes: &'static [u8]) -> Streaming<Bytes> {
        let body = http_body_util::Full::new(Bytes::from_static(bytes));
        Streaming::new_request(call::RawCodec, body, None, None)
    }

    #[tokio::test(start_paused = true)]
    async fn heartbeats_while_a_stream_is_opened_again_make_no_further_call() {
        let (calls, ready) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let open = {
            let (calls, ready) = (calls.clone(), ready.clone());
            move || {
                let (calls, ready) = (calls.clone(), ready.clone());
                async move {
                    calls.fetch_add(1, Ordering::SeqCst);
                    ready.notified().await;
                    Ok(messages(&[0; 5]))
                }
            }
        };
        let mut subscription = Subscription { open, messages: messages(&[]), cut: None };
        subscription.open_again(Instant::now());
        for _heartbeat in 0..3 {
            let waited = tokio::time::timeout(Duration::from_secs(1), subscription.message()).await;
            assert!(waited.is_err());
        }
        ready.notify_one();
        assert_eq!(subscription.message().await.unwrap(), Some(Bytes::new()));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
