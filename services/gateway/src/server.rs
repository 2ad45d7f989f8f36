//! The HTTP server: listener, connections, layers, draining.

mod connection;
mod cors;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use comitia_platform::lifecycle::Lifecycle;
use http::{HeaderValue, Method, Request, Response, Version, header};
use http_body::{Frame, SizeHint};
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use pin_project_lite::pin_project;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use self::connection::Protocols;
use crate::admission::connections::{Connection, Connections, Phase, PhaseGuard};
use crate::config::Config;
use crate::gateway::{Gateway, StartError};
use crate::http::answer::{Body, COMPRESS_FROM};
use crate::http::headers::security_headers;
use crate::streams::events;

/// Serves until the process stops. Requests in flight are finished.
///
/// # Errors
/// [`StartError::Origin`]
pub async fn run(
    config: &Config,
    gateway: Arc<Gateway>,
    listener: TcpListener,
    lifecycle: &Lifecycle,
) -> Result<(), StartError> {
    let headers = security_headers(config.hsts_seconds);
    let own = gateway.clone();
    let stack = ServiceBuilder::new()
        .map_response(move |mut response: Response<_>| {
            for (name, value) in &headers {
                response.headers_mut().entry(name).or_insert_with(|| value.clone());
            }
            response
        })
        .layer(CompressionLayer::new().gzip(true).compress_when(
            SizeAbove::new(COMPRESS_FROM as u64).and(NotForContentType::SSE).and(NotForContentType::IMAGES),
        ))
        .option_layer(cors::layer(&config.cors)?)
        .service_fn(move |request: Request<Incoming>| {
            let gateway = own.clone();
            async move { Ok::<Response<Body>, Infallible>(gateway.answer(request).await) }
        });
    let clients = gateway.clients.clone();
    let connections = Connections::new(config.max_connections, config.trusted_proxies.clone(), clients);
    let idle = Duration::from_millis(config.connection_idle_ms);
    let behind = Behind { gateway, stack, draining: lifecycle.draining() };
    accept(listener, behind, &connections, idle, lifecycle.stopping()).await;
    Ok(())
}

/// What every connection shares.
#[derive(Clone)]
struct Behind<S> {
    gateway: Arc<Gateway>,
    stack: S,
    draining: CancellationToken,
}

async fn accept<S, B>(
    listener: TcpListener,
    behind: Behind<S>,
    connections: &Arc<Connections>,
    idle: Duration,
    stopping: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let protocols = Arc::new(Protocols::new());
    let tasks = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or a connection that broke at once. The next one may
                    // succeed.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Close the connection. If it had to wait for a place, nobody could say for how long.
        let Some(admitted) = connections.admit(peer.ip()) else { continue };
        // Fails only if the connection is already broken.
        let _ = stream.set_nodelay(true);
        let (behind, connection) = (behind.clone(), admitted.connection.clone());
        // Box the request's future: otherwise every idle connection would hold room for it.
        let service =
            service_fn(move |request| Box::pin(answer(request, connection.clone(), behind.clone())));
        let protocols = protocols.clone();
        let serve = async move { protocols.serve(stream, service, &admitted.connection, idle).await };
        comitia_core::task::spawn("http", tasks.track_future(serve));
    }
    drop(listener);
    connections.end();
    tasks.close();
    tasks.wait().await;
}

async fn answer<S, B>(
    mut request: Request<Incoming>,
    connection: Arc<Connection>,
    behind: Behind<S>,
) -> Result<Response<Counted<Either<Full<Bytes>, Either<B, Empty<Bytes>>>>>, Infallible>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
{
    let one_by_one = request.version() < Version::HTTP_2;
    let _request = connection.enter(Phase::Request);
    let mut response = if let Some(ready) = behind.gateway.ready(&request).await {
        ready.map(Either::Left)
    } else {
        request.extensions_mut().insert(connection.clone());
        let head = request.method() == Method::HEAD;
        // Box the slow path: the fast path needs none of it.
        let response = Box::pin(behind.stack.oneshot(request)).await?;
        let response = if head { without_body(response) } else { response.map(Either::Left) };
        response.map(Either::Right)
    };
    // HTTP/1.1 can redirect the client to another replica only in advance, by closing. An event
    // stream may end because the process stops.
    if one_by_one && (behind.draining.is_cancelled() || events::is_stream(response.headers())) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let answering = connection.enter(Phase::Answer);
    Ok(response.map(|body| Counted { body, _answering: answering }))
}

pin_project! {
    /// A body that marks its connection as busy until it is read.
    struct Counted<B> {
        #[pin]
        body: B,
        _answering: PhaseGuard,
    }
}

impl<B: http_body::Body> http_body::Body for Counted<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answer to HEAD: that to GET, without its body.
fn without_body<B: http_body::Body>(response: Response<B>) -> Response<Either<B, Empty<B::Data>>> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Either::Right(Empty::new()))
}
