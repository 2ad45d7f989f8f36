//! The span and the metrics of a request. Routes are named by their templates, without ids,
//! queries, bodies or tokens.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::metrics::{Histogram, UpDownCounter};
use opentelemetry::trace::{TraceContextExt, TraceId};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// OpenTelemetry's semantic conventions for HTTP servers.
#[derive(Clone, Debug)]
pub struct Metrics {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

impl Metrics {
    pub fn new() -> Self {
        let meter = global::meter("comitia");
        Self {
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("how long requests took, by route and status")
                .with_boundaries(vec![
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
                ])
                .build(),
            active: meter.i64_up_down_counter("http.server.active_requests").build(),
        }
    }

    /// Counts a request as active until the guard is dropped.
    pub fn begin(&self, method: &Method) -> Active {
        let method = KeyValue::new("http.request.method", method_name(method));
        self.active.add(1, std::slice::from_ref(&method));
        Active { counter: self.active.clone(), method }
    }

    /// Records an answered request.
    pub fn record(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        self.record_as(&Self::attributes(method, route, status), took);
    }

    /// The attributes of an answered request, for many of the same kind.
    pub fn attributes(method: &Method, route: &str, status: StatusCode) -> [KeyValue; 3] {
        [
            KeyValue::new("http.request.method", method_name(method)),
            // Shared, so that recording does not copy it.
            KeyValue::new("http.route", Arc::<str>::from(route)),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ]
    }

    /// Records an answered request with these [`Metrics::attributes`].
    pub fn record_as(&self, attributes: &[KeyValue], took: Duration) {
        self.duration.record(took.as_secs_f64(), attributes);
    }
}

/// Guard of an active request.
#[derive(Debug)]
pub struct Active {
    counter: UpDownCounter<i64>,
    method: KeyValue,
}

impl Drop for Active {
    fn drop(&mut self) {
        self.counter.add(-1, std::slice::from_ref(&self.method));
    }
}

/// Methods that clients invent create no metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The span of a request. Continues the caller's trace.
pub fn span(method: &Method, route: &str, headers: &HeaderMap, request_id: &str) -> Span {
    let method = method_name(method);
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id,
        trace_id = request_id,
    );
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(headers)));
    // Fails only when no OpenTelemetry layer is installed; then there is no trace to continue.
    let _ = span.set_parent(parent);
    span
}

/// The trace id of a span, if it is traced.
pub fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let id = context.span().span_context().trace_id();
    if id == TraceId::INVALID {
        return None;
    }
    let id = id.to_string();
    span.record("trace_id", id.as_str());
    Some(id)
}
