//! What an event says about itself.

use std::sync::{Arc, Mutex, Once};

use comitia_bus::{Event, handler};
use comitia_core::Clock;
use comitia_testkit::{wait_for, wait_until};
use opentelemetry::trace::{TraceContextExt, TraceId, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::common::{Bench, PATIENCE, Seen};

pub async fn everything_about_an_event_arrives(bench: Bench) {
    let seen = Seen::default();
    let consumer = bench.bus.subscribe(bench.subscription("whole"), seen.handler()).await.unwrap();
    consumer.ready().await;
    let event = |subject| bench.event("poll.closed", subject);
    let mut events = [event("poll é 1"), event(""), event("large")];
    events[1].organization_id = None;
    events[1].payload = Vec::new().into();
    // Larger than what goes over a connection in one piece.
    events[2].payload = (0..200_000_u32).map(|place| place.to_le_bytes()[0]).collect::<Vec<_>>().into();
    bench.bus.publish(&events).await.unwrap();
    wait_until("all events", PATIENCE, async || seen.count() == events.len()).await;
    for event in &events {
        let arrived = seen.events().into_iter().find(|arrived| arrived.id == event.id).unwrap();
        // With telemetry set up by another test of the process, the publishing span stands in for the given one.
        let expected = Event {
            trace_parent: arrived.trace_parent.clone(),
            trace_state: arrived.trace_state.clone(),
            ..event.clone()
        };
        assert_eq!(arrived, expected);
    }
}

/// Spans get W3C contexts from here on, in the whole process.
fn record_spans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let subscriber =
            tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

pub async fn the_trace_goes_on_in_the_handler(bench: Bench) {
    record_spans();
    let seen: Arc<Mutex<Option<(Event, TraceId)>>> = Arc::default();
    let handle = handler({
        let seen = Arc::clone(&seen);
        move |event| {
            let seen = Arc::clone(&seen);
            async move {
                let trace = tracing::Span::current().context().span().span_context().trace_id();
                *seen.lock().unwrap() = Some((event, trace));
                Ok(())
            }
        }
    });
    let consumer = bench.bus.subscribe(bench.subscription("traced"), handle).await.unwrap();
    consumer.ready().await;
    let span = tracing::info_span!("use case");
    let mut event = async { Event::new(&Clock::system(), bench.name("poll.closed"), None, "poll", &()) }
        .instrument(span.clone())
        .await;
    event.trace_state = Some("vendor=value".to_owned());
    let parent = event.trace_parent.clone().expect("the event carries the current span");
    bench.bus.publish(&[event]).await.unwrap();
    let (arrived, trace) = wait_for("the event", PATIENCE, async || seen.lock().unwrap().take()).await;
    let expected = span.context().span().span_context().trace_id();
    assert_eq!(trace, expected);
    assert!(parent.contains(&expected.to_string()));
    let arrived_parent = arrived.trace_parent.unwrap();
    assert!(arrived_parent.contains(&expected.to_string()));
    assert_ne!(arrived_parent, parent, "publishing is a span between the two");
    assert_eq!(arrived.trace_state.as_deref(), Some("vendor=value"));
}
