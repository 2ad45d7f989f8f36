//! Retries of calls that a server has certainly not started.
//!
//! A server that drains says so (GOAWAY) while clients go on sending; calls that it has not accepted by then are never
//! processed. They are safe to retry on the next connection. A call that a server may have started is not retried here:
//! only the caller knows whether that is harmless.

use std::error::Error;

use futures_util::{FutureExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Collected, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, ServiceExt};

/// The most attempts: the next server may drain as well.
const AGAIN: usize = 3;

/// Makes a call of one message on a `channel` that is ready, and makes it again as long as no server has begun with it.
pub(super) async fn call(
    mut channel: Channel,
    request: Request<Body>,
) -> Result<Response<Body>, tonic::transport::Error> {
    let (head, body) = request.into_parts();
    // One message is encoded without waiting for anything.
    let message =
        body.collect().now_or_never().unwrap_or_else(|| Err(Status::internal("more than a message")));
    let message = message.map(Collected::to_bytes);
    let body = || match &message {
        Ok(message) => Body::new(Full::new(message.clone())),
        Err(status) => Body::new(StreamBody::new(stream::iter([Err::<Frame<Bytes>, _>(status.clone())]))),
    };
    for _ in 0..AGAIN {
        match channel.call(Request::from_parts(head.clone(), body())).await {
            Err(error) if never_begun(&error) => channel.ready().await?,
            answer => return answer,
        };
    }
    channel.call(Request::from_parts(head, body())).await
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
