//! Server-sent events: a watcher of a feed as `text/event-stream`.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use crate::admission::limits::StreamGuard;
use crate::http::answer::{Body, BodyError};
use crate::streams::feeds::Watcher;

/// How long a client waits before it reconnects, as the protocol writes it.
const RETRY: &[u8] = b"retry: 3000\n\n";

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

pub fn is_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM)
}

/// Streams the events of a watcher.
///
/// Each message is an event with its number as `id`. A comment is sent as a heartbeat. An error is
/// an `error` event with problem details, and the regular end is an `end` event. When the process
/// stops, the stream just ends and clients reconnect elsewhere.
pub fn respond(watcher: Watcher, slot: StreamGuard) -> Response<Body> {
    let events = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((event, watcher))
    });
    send(events, slot)
}

/// Streams encoded events.
pub fn send(events: impl Stream<Item = Bytes> + Send + 'static, slot: StreamGuard) -> Response<Body> {
    let begin = stream::once(std::future::ready(Bytes::from_static(RETRY)));
    let frames = begin.chain(events).map(move |event| {
        let _ = &slot;
        Ok::<_, BodyError>(Frame::data(event))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Asks proxies such as nginx not to buffer.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
