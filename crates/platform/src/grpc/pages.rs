//! What surrounds a request for a page: its span, metrics by route, a deadline, and a panic that fails that request only.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};

use axum::extract::MatchedPath;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::Instrument;

use crate::grpc::call::call_span;
use crate::grpc::{DEADLINE, DEFAULT_DEADLINE, parse_timeout};

type Body = axum::body::Body;

/// The layer around each page.
#[derive(Clone)]
pub struct PageLayer {
    duration: Histogram<f64>,
}

impl PageLayer {
    /// On the global meter.
    pub fn new() -> Self {
        let duration = global::meter("comitia")
            .f64_histogram("comitia.portal.page.duration")
            .with_unit("s")
            .with_description("how long pages took, by route and status")
            .with_boundaries(vec![
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            ])
            .build();
        Self { duration }
    }
}

impl<S> Layer<S> for PageLayer {
    type Service = PageService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PageService { inner, layer: self.clone() }
    }
}

#[derive(Clone)]
pub struct PageService<S> {
    inner: S,
    layer: PageLayer,
}

impl<S> Service<Request<Body>> for PageService<S>
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

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let duration = self.layer.duration.clone();
        // The pattern and not the path, which has unbounded cardinality and may hold ids.
        let route =
            request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
        let (span, _) = call_span(&route, &HeaderExtractor(request.headers()));
        let deadline = request
            .headers()
            .get("grpc-timeout")
            .and_then(|value| parse_timeout(value.to_str().ok()?))
            .unwrap_or(DEFAULT_DEADLINE);
        Box::pin(
            async move {
                let started = Instant::now();
                let page = AssertUnwindSafe(inner.call(request)).catch_unwind();
                let page = DEADLINE.scope(started + deadline, page);
                let response = match tokio::time::timeout(deadline, page).await {
                    Ok(Ok(response)) => response?,
                    Ok(Err(_)) => empty(StatusCode::INTERNAL_SERVER_ERROR),
                    Err(_) => empty(StatusCode::GATEWAY_TIMEOUT),
                };
                let status =
                    KeyValue::new("http.response.status_code", i64::from(response.status().as_u16()));
                duration
                    .record(started.elapsed().as_secs_f64(), &[KeyValue::new("http.route", route), status]);
                Ok(response)
            }
            .instrument(span),
        )
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
