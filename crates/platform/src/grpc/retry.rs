//! Retries of calls that a server has certainly not started.
//!
//! A server that drains says so (GOAWAY) while clients go on sending; calls that it has not accepted by then are never
//! processed. They are safe to retry on the next connection. A call that a server may have started is not retried here:
//! only the caller knows whether that is harmless.

use std::error::Error;

use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, ServiceExt};

/// The most attempts: the next server may drain as well.
const AGAIN: usize = 3;

/// Makes a call on a `channel` that is ready. One of a single message is made again as long as no server has begun with it; what
/// was sent of a stream is held nowhere.
pub(super) async fn call(
    mut channel: Channel,
    request: Request<Body>,
) -> Result<Response<Body>, tonic::transport::Error> {
    let (head, body) = request.into_parts();
    let message = match Sent::of(body) {
        Sent::Message(message) => message,
        Sent::Stream(body) => return channel.call(Request::from_parts(head, body)).await,
    };
    let body = || Body::new(Full::new(message.clone()));
    for _ in 0..AGAIN {
        match channel.call(Request::from_parts(head.clone(), body())).await {
            Err(error) if never_begun(&error) => channel.ready().await?,
            answer => return answer,
        };
    }
    channel.call(Request::from_parts(head, body())).await
}

/// What a call sends.
enum Sent {
    Message(Bytes),
    Stream(Body),
}

impl Sent {
    /// One message is encoded into one frame, without waiting for anything.
    fn of(mut body: Body) -> Self {
        let first = match body.frame().now_or_never() {
            None => return Self::Stream(body),
            Some(None) => return Self::Message(Bytes::new()),
            Some(Some(first)) => first,
        };
        let second = body.frame().now_or_never();
        match (first.map(Frame::into_data), second) {
            (Ok(Ok(message)), Some(None)) => Self::Message(message),
            (Ok(Ok(data)), second) => Self::Stream(with_beginning(Ok(Frame::data(data)), second, body)),
            (Ok(Err(first)), second) => Self::Stream(with_beginning(Ok(first), second, body)),
            (Err(status), second) => Self::Stream(with_beginning(Err(status), second, body)),
        }
    }
}

type Piece = Result<Frame<Bytes>, Status>;

/// A body whose first frames were taken out already; the second one may not be there yet.
fn with_beginning(first: Piece, second: Option<Option<Piece>>, rest: Body) -> Body {
    let frames = [Some(first), second.flatten()].into_iter().flatten();
    Body::new(StreamBody::new(stream::iter(frames).chain(BodyStream::new(rest))))
}

/// Whether the server has certainly not begun with a request that failed so.
pub fn never_begun(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            // It still waited to be sent when the connection closed.
            return true;
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            // RFC 9113, 8.7: the stream was refused, or its number is above the last one that a graceful GOAWAY names.
            let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            let left_out = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
            return error.is_remote() && (refused || left_out);
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use comitia_testkit::{TcpSwitch, wait_until};
    use tokio::net::TcpListener;
    use tokio_stream::wrappers::TcpListenerStream;
    use tokio_util::sync::CancellationToken;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;

    use super::*;
    use crate::grpc::{self, Client};

    /// A server that refuses the first streams for these reasons and answers the next, and the number of streams that came.
    async fn refusing(reasons: Vec<h2::Reason>) -> (Client, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = grpc::connect(&format!("http://{}", listener.local_addr().unwrap()), None).unwrap();
        let came = Arc::new(AtomicUsize::new(0));
        let counted = came.clone();
        comitia_core::task::spawn("refusing", async move {
            let mut connection = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                match reasons.get(counted.fetch_add(1, Ordering::SeqCst)) {
                    Some(reason) => respond.send_reset(*reason),
                    None => drop(respond.send_response(Response::new(()), true).unwrap()),
                }
            }
        });
        (client, came)
    }

    async fn ask(client: Client) -> bool {
        let request = Request::post("http://service/a.B/C").body(Body::new(Full::from("message"))).unwrap();
        client.oneshot(request).await.is_ok()
    }

    #[tokio::test]
    async fn what_was_refused_is_asked_again_and_what_may_have_begun_is_not() {
        const REFUSED: h2::Reason = h2::Reason::REFUSED_STREAM;
        for (reasons, good, times) in [
            (vec![REFUSED], true, 2),
            (vec![REFUSED; 3], true, 4),
            (vec![REFUSED; 9], false, 4),
            (vec![h2::Reason::INTERNAL_ERROR], false, 1),
            (vec![h2::Reason::CANCEL], false, 1),
        ] {
            let (client, came) = refusing(reasons.clone()).await;
            assert_eq!(ask(client).await, good, "{reasons:?}");
            assert_eq!(came.load(Ordering::SeqCst), times, "{reasons:?}");
        }
    }

    #[tokio::test]
    async fn a_stream_is_handed_on_while_it_comes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = grpc::connect(&format!("http://{}", listener.local_addr().unwrap()), None).unwrap();
        let (came, mut pieces) = tokio::sync::mpsc::unbounded_channel();
        comitia_core::task::spawn("taking", async move {
            let mut connection = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let came = came.clone();
                comitia_core::task::spawn("pieces", async move {
                    let mut body = request.into_body();
                    while let Some(Ok(piece)) = body.data().await {
                        came.send(piece).unwrap();
                    }
                    drop(respond.send_response(Response::new(()), true).unwrap());
                });
            }
        });
        let (send, receive) = tokio::sync::mpsc::unbounded_channel();
        let frames = tokio_stream::wrappers::UnboundedReceiverStream::new(receive);
        let frames = frames.map(|piece| Ok::<_, Status>(Frame::data(Bytes::from_static(piece))));
        let request = Request::post("http://service/a.B/C").body(Body::new(StreamBody::new(frames))).unwrap();
        send.send(b"one".as_slice()).unwrap();
        send.send(b"two".as_slice()).unwrap();
        let call = comitia_core::task::spawn("call", client.oneshot(request));
        let mut text = Vec::new();
        while text.len() < 6 {
            text.extend_from_slice(&pieces.recv().await.unwrap());
        }
        send.send(b"three".as_slice()).unwrap();
        while text.len() < 11 {
            text.extend_from_slice(&pieces.recv().await.unwrap());
        }
        drop(send);
        assert_eq!(text, b"onetwothree");
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn servers_that_drain_one_after_the_other_cost_no_call() {
        let switch = TcpSwitch::start(Vec::new()).await.unwrap();
        let client = grpc::connect(&format!("http://{}", switch.address()), None).unwrap();
        let (made, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut callers = Vec::new();
        let mut last: Option<CancellationToken> = None;
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            switch.set_targets(vec![listener.local_addr().unwrap()]);
            let stop = CancellationToken::new();
            let server =
                tonic::transport::Server::builder().add_service(tonic_health::server::health_reporter().1);
            let stopping = stop.clone();
            comitia_core::task::spawn("server", async move {
                let stopping = async move { stopping.cancelled().await };
                server
                    .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stopping)
                    .await
                    .unwrap();
            });
            if let Some(last) = last.replace(stop) {
                last.cancel();
            }
            if callers.is_empty() {
                for _ in 0..16 {
                    let (client, made, over) = (client.clone(), made.clone(), over.clone());
                    callers.push(comitia_core::task::spawn("caller", async move {
                        while !over.load(Ordering::SeqCst) {
                            let mut health = HealthClient::new(client.clone());
                            health.check(HealthCheckRequest::default()).await.unwrap();
                            made.fetch_add(1, Ordering::SeqCst);
                        }
                    }));
                }
            }
            let before = made.load(Ordering::SeqCst);
            wait_until("calls", Duration::from_secs(20), async || {
                made.load(Ordering::SeqCst) > before + 200
                    || callers.iter().any(|caller| caller.is_finished())
            })
            .await;
        }
        over.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
    }
}
