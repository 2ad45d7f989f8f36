//! Server-sent events: a stream of messages as `text/event-stream`.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use crate::answer::{Body, BodyError};
use crate::error::{self, Error};
use crate::limits::StreamGuard;
use crate::routes::Route;
use crate::{transcode, upstream};

/// A stream on its way to a client.
struct Events {
    messages: Streaming<Bytes>,
    route: Route,
    heartbeat: Interval,
    stopping: CancellationToken,
    trace_id: String,
    sent: u64,
    stage: Stage,
    _slot: StreamGuard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Run,
    End,
}

/// The answer that is the stream: each message is an event with its number as `id`, a comment goes out whenever
/// `heartbeat` passes without one, an error is an `error` event with problem details, the regular end is an `end`
/// event. When the process stops the stream just ends, and clients connect again elsewhere.
pub fn respond(
    messages: Streaming<Bytes>,
    route: &Route,
    slot: StreamGuard,
    heartbeat: Duration,
    stopping: CancellationToken,
    trace_id: &str,
) -> Response<Body> {
    let heartbeat = heartbeat.max(Duration::from_millis(10));
    let mut heartbeat = tokio::time::interval_at(Instant::now() + heartbeat, heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = Events {
        messages,
        route: route.clone(),
        heartbeat,
        stopping,
        trace_id: trace_id.to_owned(),
        sent: 0,
        stage: Stage::Begin,
        _slot: slot,
    };
    let frames = stream::unfold(events, |mut events| async move {
        let text = events.next().await?;
        Some((Ok::<_, BodyError>(Frame::data(Bytes::from(text))), events))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Asks proxies such as nginx not to hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Events {
    async fn next(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            Stage::Begin => {
                self.stage = Stage::Run;
                return Some(b"retry: 3000\n\n".to_vec());
            }
            Stage::Run => {}
            Stage::End => return None,
        }
        let message = tokio::select! {
            biased;
            () = self.stopping.cancelled() => return None,
            message = self.messages.message() => message,
            _ = self.heartbeat.tick() => return Some(b": heartbeat\n\n".to_vec()),
        };
        self.heartbeat.reset();
        let json = match message {
            Ok(Some(message)) => transcode::response(&self.route, message),
            Ok(None) => {
                self.stage = Stage::End;
                return Some(b"event: end\ndata: {}\n\n".to_vec());
            }
            Err(status) => Err(Error::Upstream(upstream::error(&status))),
        };
        let (name, json) = match json {
            Ok(json) => {
                self.sent += 1;
                (format!("id: {}\ndata: ", self.sent), json)
            }
            Err(error) => {
                self.stage = Stage::End;
                ("event: error\ndata: ".to_owned(), error::event(error, &self.trace_id))
            }
        };
        let mut text = name.into_bytes();
        text.extend_from_slice(&json);
        text.extend_from_slice(b"\n\n");
        Some(text)
    }
}
