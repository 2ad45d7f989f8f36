//! The HTTP server: connections, the headers that every answer has, cross-origin rules, compression, draining.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use comitia_platform::lifecycle::Lifecycle;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::StartError;
use crate::answer::{Body, COMPRESS_FROM};
use crate::config::{Config, CorsConfig};
use crate::events;
use crate::gateway::{Gateway, Peer, REQUEST_ID};
use crate::transcode::IDEMPOTENCY_KEY;
use crate::waiting_room;

/// How long the head of a request may take, and a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Serves until `stopping`; requests in work are finished.
///
/// # Errors
/// When the configuration of origins is wrong.
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
        .layer(
            CompressionLayer::new()
                .gzip(true)
                .compress_when(SizeAbove::new(COMPRESS_FROM as u64).and(NotForContentType::SSE)),
        )
        .option_layer(cors(&config.cors)?)
        .service_fn(move |request: Request<Incoming>| {
            let gateway = own.clone();
            async move { Ok::<Response<Body>, Infallible>(gateway.answer(request).await) }
        });
    let behind = Behind { gateway, stack, draining: lifecycle.draining() };
    accept(listener, behind, config.max_connections, lifecycle.stopping()).await;
    Ok(())
}

/// What is behind each connection.
#[derive(Clone)]
struct Behind<S> {
    gateway: Arc<Gateway>,
    stack: S,
    draining: CancellationToken,
}

async fn accept<S, B>(
    listener: TcpListener,
    behind: Behind<S>,
    max_connections: usize,
    stopping: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    let connections = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, stream, peer) = tokio::select! {
            () = stopping.cancelled() => break,
            (permit, accepted) = accepted => match accepted {
                Ok((stream, peer)) => (permit, stream, peer),
                Err(error) => {
                    // Too many open files, or a connection that broke at once: the next may be better.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let connection = serve_one(&builder, stream, Peer(peer.ip()), behind.clone());
        let connection = graceful.watch(connection).map(move |result| {
            if let Err(error) = result {
                tracing::debug!(error = %error, "connection ended");
            }
            drop(permit);
        });
        // Not a block that waits for it, which would be twice as large, with thousands of connections open.
        comitia_core::task::spawn("http", connection);
    }
    drop(listener);
    graceful.shutdown().await;
}

fn serve_one<S, B>(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: Peer,
    behind: Behind<S>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>>
+ Send
+ 'static
+ use<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // Fails only on a connection that is broken already.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let Behind { gateway, stack, draining } = behind.clone();
        async move {
            let one_by_one = request.version() < Version::HTTP_2;
            let mut response = if let Some(ready) = gateway.ready(&request).await {
                ready.map(Either::Left)
            } else {
                request.extensions_mut().insert(peer);
                let head = request.method() == Method::HEAD;
                // Boxed, because a connection is as large as the largest answer in it could get, also while it only waits.
                let response = Box::pin(stack.oneshot(request)).await?;
                let response = if head { without_body(response) } else { response.map(Either::Left) };
                response.map(Either::Right)
            };
            // HTTP/1.1 has no other way to say, before it is too late, that the next request shall go elsewhere. A stream of
            // events may end because the process stops.
            if one_by_one && (draining.is_cancelled() || events::is_stream(response.headers())) {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}

/// The head of the answer to a GET.
fn without_body<B: http_body::Body>(response: Response<B>) -> Response<Either<B, Empty<B::Data>>> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Either::Right(Empty::new()))
}

/// The headers of every answer.
pub fn security_headers(hsts_seconds: u64) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    if hsts_seconds > 0
        && let Ok(value) = HeaderValue::from_str(&format!("max-age={hsts_seconds}; includeSubDomains"))
    {
        headers.push((header::STRICT_TRANSPORT_SECURITY, value));
    }
    headers
}

/// The cross-origin rules; none when no origin is allowed.
fn cors(config: &CorsConfig) -> Result<Option<CorsLayer>, StartError> {
    if config.allowed_origins.is_empty() {
        return Ok(None);
    }
    let origins = if config.allowed_origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        let origins = config
            .allowed_origins
            .iter()
            .map(|origin| origin.parse().map_err(|_| StartError::Origin(origin.clone())))
            .collect::<Result<Vec<HeaderValue>, _>>()?;
        AllowOrigin::list(origins)
    };
    let idempotency_key = HeaderName::from_static(IDEMPOTENCY_KEY);
    let traceparent = HeaderName::from_static("traceparent");
    Ok(Some(
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_NONE_MATCH,
                idempotency_key,
                traceparent,
                waiting_room::TICKET,
                waiting_room::PASS,
                REQUEST_ID,
            ])
            .expose_headers([
                header::ETAG,
                header::LINK,
                header::RETRY_AFTER,
                waiting_room::TICKET,
                waiting_room::PASS,
                REQUEST_ID,
            ])
            .max_age(Duration::from_secs(3600)),
    ))
}
