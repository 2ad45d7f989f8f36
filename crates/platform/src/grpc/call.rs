//! What surrounds a call: a span, metrics and a deadline. Also for each of several calls in one batch.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use comitia_core::ErrorCode;
use futures_util::FutureExt;
use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{TraceContextExt, TraceId};
use opentelemetry::{KeyValue, global};
use tokio::time::Instant;
use tonic::Status;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::error::{ApiError, Reason};
use crate::grpc::DEADLINE;

/// The header with the caller's trace (W3C Trace Context).
const TRACE_PARENT: &str = "traceparent";

/// A method whose calls arrive batched in a call of another method. Each runs as if it had come alone.
#[derive(Clone, Debug)]
pub struct PartMethod {
    path: &'static str,
    name: KeyValue,
    metrics: Metrics,
}

impl PartMethod {
    /// The method with this gRPC path.
    #[must_use]
    pub fn new(path: &'static str) -> Self {
        Self { path, name: KeyValue::new("rpc.method", path), metrics: Metrics::new() }
    }

    /// Runs a call: its span continues the trace of its caller (`traceparent`; empty for none), it is counted and timed as a
    /// call of its method, it ends at its deadline, and a panic fails that call only.
    ///
    /// # Errors
    /// Errors of the call; `DEADLINE_EXCEEDED`.
    pub async fn run<T>(
        &self,
        traceparent: &str,
        deadline: Instant,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let started = Instant::now();
        let (span, traced) = call_span(self.path, &TraceParent(traceparent));
        let _in_flight = self.metrics.begin(self.name.clone());
        let call = DEADLINE.scope(deadline, AssertUnwindSafe(call).catch_unwind()).instrument(span.clone());
        let answer = match tokio::time::timeout_at(deadline, call).await {
            Err(_) => Err(deadline_passed().into()),
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.metrics.panicked(&self.name).into()),
        };
        let status = answer.as_ref().map_or_else(|status| status.code() as i32, |_| 0);
        if traced {
            span.record("rpc.grpc.status_code", status);
        }
        self.metrics.record(self.name.clone(), status, started.elapsed());
        answer
    }
}

/// What an operator sees of calls.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    panics: Counter<u64>,
}

impl Metrics {
    /// On the global meter.
    pub(super) fn new() -> Self {
        let meter = global::meter("comitia");
        Self {
            duration: meter
                .f64_histogram("rpc.server.call.duration")
                .with_unit("s")
                .with_description("how long calls took, by method and status")
                .with_boundaries(vec![
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
                    30.0,
                ])
                .build(),
            in_flight: meter.i64_up_down_counter("rpc.server.active_calls").build(),
            panics: meter.u64_counter("rpc.server.panics").build(),
        }
    }

    /// Counts a call as in flight until the guard is dropped.
    pub(super) fn begin(&self, method: KeyValue) -> InFlight {
        self.in_flight.add(1, std::slice::from_ref(&method));
        InFlight { counter: self.in_flight.clone(), method }
    }

    /// The error of a call that panicked.
    pub(super) fn panicked(&self, method: &KeyValue) -> ApiError {
        self.panics.add(1, std::slice::from_ref(method));
        ApiError::internal("the handler panicked")
    }

    /// A call ended with this gRPC status.
    pub(super) fn record(&self, method: KeyValue, status: i32, took: Duration) {
        let status = KeyValue::new("rpc.response.status_code", i64::from(status));
        self.duration.record(took.as_secs_f64(), &[method, status]);
    }
}

/// A call that is in flight.
pub(super) struct InFlight {
    counter: UpDownCounter<i64>,
    method: KeyValue,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.counter.add(-1, std::slice::from_ref(&self.method));
    }
}

/// The error of a call whose time is over.
pub(super) fn deadline_passed() -> ApiError {
    ApiError::new(
        ErrorCode::DeadlineExceeded,
        Reason::DeadlineExceeded,
        "it took too long and was given up; try again",
    )
}

/// The span of a call that continues the trace in `carrier`, and whether it is sampled: attributes for traces alone are not
/// computed otherwise.
pub(super) fn call_span(path: &str, carrier: &dyn Extractor) -> (Span, bool) {
    let span = tracing::info_span!(
        "rpc",
        otel.name = path.trim_start_matches('/'),
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.grpc.status_code = tracing::field::Empty,
        trace_id = tracing::field::Empty,
    );
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(carrier));
    // Fails only when no OpenTelemetry layer is installed; then there is no trace to continue.
    let _ = span.set_parent(parent);
    let id = span.context().span().span_context().trace_id();
    let traced = id != TraceId::INVALID;
    if traced {
        span.record("trace_id", id.to_string());
    }
    (span, traced)
}

/// The present trace as `traceparent` says it; empty when there is none.
#[must_use]
pub fn traceparent() -> String {
    let mut carrier = HashMap::new();
    let trace = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&trace, &mut carrier));
    carrier.remove(TRACE_PARENT).unwrap_or_default()
}

/// A `traceparent` alone.
struct TraceParent<'a>(&'a str);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key.eq_ignore_ascii_case(TRACE_PARENT) && !self.0.is_empty()).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACE_PARENT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, tonic::Code> {
        let deadline = Instant::now() + Duration::from_secs(1);
        let method = PartMethod::new("/comitia.voting.v1.BallotService/CastBallot");
        method.run("", deadline, call).await.map_err(|status| status.code())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_among_others_ends_as_one_alone() {
        assert_eq!(run(async { Ok(crate::grpc::remaining()) }).await, Ok(Some(Duration::from_secs(1))));
        let refused = run::<()>(async { Err(Status::not_found("no poll")) });
        assert_eq!(refused.await, Err(tonic::Code::NotFound));
        assert_eq!(run::<()>(std::future::pending()).await, Err(tonic::Code::DeadlineExceeded));
        assert_eq!(run::<()>(async { panic!("a defect") }).await, Err(tonic::Code::Internal));
    }

    #[test]
    fn a_trace_goes_through_its_text() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(TraceParent(text).get("traceparent"), Some(text));
        assert_eq!(TraceParent("").get("traceparent"), None);
        assert_eq!(traceparent(), "");
    }
}
