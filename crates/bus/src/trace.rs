//! W3C trace context between tracing spans and events.

use std::collections::HashMap;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::Event;

const TRACE_PARENT: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";

/// `traceparent` and `tracestate` of `span`; nothing when no telemetry is set up.
pub(crate) fn context_of(span: &Span) -> (Option<String>, Option<String>) {
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&span.context(), &mut carrier));
    (carrier.remove(TRACE_PARENT), carrier.remove(TRACE_STATE).filter(|state| !state.is_empty()))
}

/// The context that `event` carries.
fn context_from(event: &Event) -> Option<Context> {
    let mut carrier = HashMap::from([(TRACE_PARENT.to_owned(), event.trace_parent.clone()?)]);
    if let Some(state) = &event.trace_state {
        carrier.insert(TRACE_STATE.to_owned(), state.clone());
    }
    let context = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    context.span().span_context().is_valid().then_some(context)
}

fn continue_trace(span: &Span, event: &Event) {
    if let Some(context) = context_from(event) {
        // Fails only for a span that nobody records.
        let _ = span.set_parent(context);
    }
}

/// The span in which `event` is published, in the trace of the operation that caused the event, and the event as it
/// goes out: with that span as the parent of what consumers do.
pub(crate) fn publish(event: &Event, system: &'static str) -> (Span, Event) {
    let span = tracing::info_span!(
        parent: None,
        "publish",
        otel.name = format!("publish {}", event.routing_key),
        otel.kind = "producer",
        messaging.system = system,
        messaging.operation.r#type = "send",
        messaging.destination.name = "comitia.events",
        messaging.message.id = %event.id,
    );
    continue_trace(&span, event);
    let mut event = event.clone();
    if let (Some(parent), state) = context_of(&span) {
        event.trace_parent = Some(parent);
        event.trace_state = state.or(event.trace_state);
    }
    (span, event)
}

/// The span in which `queue` handles `event`.
pub(crate) fn process(event: &Event, queue: &str, system: &'static str, attempt: u32) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "process",
        otel.name = format!("process {queue}"),
        otel.kind = "consumer",
        otel.status_code = tracing::field::Empty,
        messaging.system = system,
        messaging.operation.r#type = "process",
        messaging.destination.name = queue,
        messaging.message.id = %event.id,
        messaging.rabbitmq.destination.routing_key = event.routing_key,
        comitia.attempt = attempt,
    );
    continue_trace(&span, event);
    span
}
