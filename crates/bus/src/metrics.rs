//! The measurements of the bus.

use std::time::Duration;

use chrono::{DateTime, Utc};
use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};

/// How often consumers measure what their queue holds.
pub(crate) const MEASURE_EVERY: Duration = Duration::from_secs(5);

/// The instruments of one adapter. Made after the meter provider is set.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    published: Counter<u64>,
    delivered: Counter<u64>,
    retried: Counter<u64>,
    dead_lettered: Counter<u64>,
    handling: Histogram<f64>,
    lag: Histogram<f64>,
    messages: Gauge<u64>,
}

/// How many messages of a subscription wait, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Depth {
    /// For a consumer.
    pub work: u64,
    /// For the time of their next attempt.
    pub retry: u64,
    /// For a person: they were given up.
    pub dead: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("comitia");
        Self {
            published: meter
                .u64_counter("comitia.bus.published")
                .with_description("Events published, by what the bus answered")
                .build(),
            delivered: meter
                .u64_counter("comitia.bus.delivered")
                .with_description("Events handed to a handler, by outcome")
                .build(),
            retried: meter
                .u64_counter("comitia.bus.retried")
                .with_description("Events put aside for a later attempt")
                .build(),
            dead_lettered: meter
                .u64_counter("comitia.bus.dead_lettered")
                .with_description("Events given up")
                .build(),
            handling: meter
                .f64_histogram("comitia.bus.handling")
                .with_unit("s")
                .with_description("Time in the handler")
                .build(),
            lag: meter
                .f64_histogram("comitia.bus.lag")
                .with_unit("s")
                .with_description(
                    "Age of events when a handler first had them: outbox, bus and queue together",
                )
                .with_boundaries(vec![
                    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 300.0, 1800.0,
                ])
                .build(),
            messages: meter
                .u64_gauge("comitia.bus.queue.messages")
                .with_description("Messages that wait in a queue: work, retry or dead")
                .build(),
        }
    }

    /// A handler is about to have an event of this time for the first time.
    pub(crate) fn arrived(&self, queue: &str, time: DateTime<Utc>, now: DateTime<Utc>) {
        let age = (now - time).to_std().unwrap_or_default();
        self.lag.record(age.as_secs_f64(), &[KeyValue::new("queue", queue.to_owned())]);
    }

    /// The depth of a queue. Every replica that consumes it reports the same.
    pub(crate) fn depth(&self, queue: &str, depth: Depth) {
        for (kind, messages) in [("work", depth.work), ("retry", depth.retry), ("dead", depth.dead)] {
            let attributes = [KeyValue::new("queue", queue.to_owned()), KeyValue::new("kind", kind)];
            self.messages.record(messages, &attributes);
        }
    }

    pub(crate) fn published(&self, routing_key: &str, result: &'static str) {
        self.published
            .add(1, &[KeyValue::new("routing_key", routing_key.to_owned()), KeyValue::new("result", result)]);
    }

    pub(crate) fn delivered(&self, queue: &str, outcome: &'static str, time: Duration) {
        let attributes = [KeyValue::new("queue", queue.to_owned()), KeyValue::new("outcome", outcome)];
        self.delivered.add(1, &attributes);
        self.handling.record(time.as_secs_f64(), &attributes);
    }

    pub(crate) fn retried(&self, queue: &str) {
        self.retried.add(1, &[KeyValue::new("queue", queue.to_owned())]);
    }

    pub(crate) fn dead_lettered(&self, queue: &str) {
        self.dead_lettered.add(1, &[KeyValue::new("queue", queue.to_owned())]);
    }
}

/// Shows whether this process can publish.
pub(crate) fn observe_up(is_up: impl Fn() -> bool + Send + Sync + 'static) {
    global::meter("comitia")
        .u64_observable_gauge("comitia.bus.up")
        .with_description("Whether the broker takes events of this process: 1 or 0")
        .with_callback(move |observer| observer.observe(u64::from(is_up()), &[]))
        .build();
}

/// The backlog of an outbox.
#[derive(Clone, Debug)]
pub(crate) struct Backlog {
    pending: Gauge<u64>,
    oldest: Gauge<f64>,
    failures: Counter<u64>,
    service: KeyValue,
}

impl Backlog {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("comitia");
        Self {
            pending: meter
                .u64_gauge("comitia.outbox.pending")
                .with_description("Events written and not yet taken by the bus")
                .build(),
            oldest: meter
                .f64_gauge("comitia.outbox.oldest")
                .with_unit("s")
                .with_description("Age of the oldest event not yet taken by the bus")
                .build(),
            failures: meter
                .u64_counter("comitia.outbox.failures")
                .with_description("Attempts to bring events to the bus that failed, by what failed")
                .build(),
            service: KeyValue::new("service", service.to_owned()),
        }
    }

    pub(crate) fn record(&self, pending: u64, oldest_seconds: f64) {
        self.pending.record(pending, std::slice::from_ref(&self.service));
        self.oldest.record(oldest_seconds, std::slice::from_ref(&self.service));
    }

    /// An attempt failed because of `cause`: `database`, `bus`, or `rejected` events.
    pub(crate) fn failed(&self, cause: &'static str) {
        self.failures.add(1, &[self.service.clone(), KeyValue::new("cause", cause)]);
    }
}
