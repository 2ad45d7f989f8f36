//! The server side: one layer around every service.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_http::HeaderExtractor;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::{Router, TcpIncoming};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::acts::{self, Act};
use crate::auth::{self, Verifier};
use crate::error::ApiError;
use crate::grpc::call::{Metrics, call_span, deadline_passed};
use crate::grpc::discovery::AddressError;
use crate::grpc::pages::PageLayer;
use crate::grpc::{DEADLINE, DEFAULT_DEADLINE, MAX_GIVEN_UP, heads, parse_timeout};
use crate::runtime::Runtime;

/// Not traced: every process calls it several times a second, which would drown all other traces.
const NOT_TRACED: &str = "/comitia.identity.v1.RevocationService/ListRevocations";

/// A gRPC server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The transport failed.
    #[error("gRPC server: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The descriptors cannot be offered for reflection.
    #[error("gRPC reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Identity's address is not one.
    #[error("endpoints: {0}")]
    Endpoint(#[from] AddressError),
}

/// Serves `routes` on `listener` as `service` (its name in configuration, such as `voting`; `grpc.health.v1` answers
/// for it and for the empty name) until the process stops; calls in flight are finished. With TLS, callers have to show a
/// certificate of the installation. Follows the list of revoked sessions, unless the process does already.
///
/// # Errors
/// When the transport fails, or identity's address is not one.
pub async fn serve(
    service: &'static str,
    listener: TcpListener,
    routes: Routes,
    runtime: &Runtime,
) -> Result<(), ServeError> {
    runtime.follow_revocations(service)?;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(comitia_proto::DESCRIPTOR_SET)
        .build_v1()?;
    let server = builder().layer(CallLayer::new(runtime.verifier.clone())).add_routes(routes);
    run(service, listener, server.add_service(reflection), runtime).await
}

/// Serves the pages of `service` on `listener` to the gateway, over the connections that gRPC has: the same health, TLS,
/// limits of heads, and shutdown. Each request continues its caller's trace and has its deadline; a panic fails that request only.
///
/// # Errors
/// When the transport fails.
pub async fn serve_pages(
    service: &'static str,
    listener: TcpListener,
    pages: axum::Router,
    runtime: &Runtime,
) -> Result<(), ServeError> {
    let server = builder().add_routes(Routes::from(pages.layer(PageLayer::new())));
    run(service, listener, server, runtime).await
}

fn builder() -> tonic::transport::Server {
    tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_header_list_size(heads::TAKEN)
        .http2_max_pending_accept_reset_streams(Some(MAX_GIVEN_UP))
        .http2_max_local_error_reset_streams(None)
        .max_connection_age(Duration::from_secs(600))
        .max_connection_age_grace(Duration::from_secs(60))
}

async fn run<L>(
    service: &'static str,
    listener: TcpListener,
    server: Router<L>,
    runtime: &Runtime,
) -> Result<(), ServeError>
where
    L: Layer<Routes> + Clone,
    L::Service: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    <L::Service as Service<Request<Body>>>::Future: Send,
    <L::Service as Service<Request<Body>>>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let (reporter, health_service) = tonic_health::server::health_reporter();
    reporter.set_service_status(service, tonic_health::ServingStatus::Serving).await;
    runtime.health.report_to(service.to_owned(), reporter);
    runtime.health.set_ready(service, true);
    let stopping = runtime.lifecycle.stopping();
    let stopped = async move { stopping.cancelled().await };
    let server = server.add_service(health_service);
    match runtime.tls.clone() {
        Some(tls) => server.serve_with_incoming_shutdown(tls.accept(listener), stopped).await?,
        None => {
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            server.serve_with_incoming_shutdown(incoming, stopped).await?;
        }
    }
    Ok(())
}

#[derive(Clone)]
struct CallLayer {
    verifier: Verifier,
    metrics: Metrics,
    methods: Arc<Methods>,
}

/// The methods by their names in metrics: made once, and a caller cannot invent one.
struct Methods {
    known: HashMap<String, KeyValue>,
    unknown: KeyValue,
}

impl Methods {
    fn new() -> Self {
        let name = |name: &str| KeyValue::new("rpc.method", Arc::<str>::from(name));
        let known = comitia_proto::methods()
            .map(|method| {
                let path = comitia_proto::path(&method);
                let name = name(&path);
                (path, name)
            })
            .collect();
        Self { known, unknown: name("unknown") }
    }

    fn name(&self, path: &str) -> KeyValue {
        self.known.get(path).unwrap_or(&self.unknown).clone()
    }
}

impl CallLayer {
    fn new(verifier: Verifier) -> Self {
        Self { verifier, methods: Arc::new(Methods::new()), metrics: Metrics::new() }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService { inner, layer: self.clone() }
    }
}

#[derive(Clone)]
struct CallService<S> {
    inner: S,
    layer: CallLayer,
}

impl<S> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let CallLayer { verifier, metrics, methods } = self.layer.clone();
        let path = request.uri().path().to_owned();
        // Health and reflection are not Comitia's methods: they tell nothing and have no policy.
        if path.starts_with("/grpc.") {
            return Box::pin(inner.call(request));
        }
        let (span, traced) = match path.as_str() {
            NOT_TRACED => (tracing::Span::none(), false),
            _ => call_span(&path, &HeaderExtractor(request.headers())),
        };
        let outer = span.clone();
        Box::pin(
            async move {
                let started = Instant::now();
                let method = methods.name(&path);
                let _in_flight = metrics.begin(method.clone());
                let response = match auth::authorise(&verifier, &path, request.headers()).await {
                    Err(error) => refuse(error),
                    Ok(context) => {
                        let act = Act::of(&path, &context, verifier.clock());
                        if let Some(act) = &act {
                            request = request.map(|body| act.hear(body));
                        }
                        request.extensions_mut().insert(context);
                        let deadline = request
                            .headers()
                            .get("grpc-timeout")
                            .and_then(|value| parse_timeout(value.to_str().ok()?))
                            .unwrap_or(DEFAULT_DEADLINE);
                        let call = DEADLINE.scope(
                            Instant::now() + deadline,
                            AssertUnwindSafe(acts::during(act, inner.call(request))).catch_unwind(),
                        );
                        match tokio::time::timeout(deadline, call).await {
                            Err(_) => refuse(deadline_passed()),
                            Ok(Ok(response)) => response?,
                            Ok(Err(_)) => refuse(metrics.panicked(&method)),
                        }
                    }
                };
                let status = response
                    .headers()
                    .get("grpc-status")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|value| value.parse::<i32>().ok())
                    .unwrap_or(0);
                if traced {
                    outer.record("rpc.grpc.status_code", status);
                }
                metrics.record(method, status, started.elapsed());
                Ok(heads::bounded(response))
            }
            .instrument(span),
        )
    }
}

fn refuse(error: ApiError) -> Response<Body> {
    tonic::Status::from(error).into_http()
}
