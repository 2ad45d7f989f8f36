//! The measurements of the bus.

use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};

/// The instruments of one adapter. Made after the meter provider is set.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    published: Counter<u64>,
    delivered: Counter<u64>,
    retried: Counter<u64>,
    dead_lettered: Counter<u64>,
    handling: Histogram<f64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("comitia");
        Self {
            published: meter
                .u64_counter("comitia_bus_published")
                .with_description("Events published, by what the bus answered")
                .build(),
            delivered: meter
                .u64_counter("comitia_bus_delivered")
                .with_description("Events handed to a handler, by outcome")
                .build(),
            retried: meter
                .u64_counter("comitia_bus_retried")
                .with_description("Events put aside for a later attempt")
                .build(),
            dead_lettered: meter
                .u64_counter("comitia_bus_dead_lettered")
                .with_description("Events given up")
                .build(),
            handling: meter
                .f64_histogram("comitia_bus_handling")
                .with_unit("s")
                .with_description("Time in the handler")
                .build(),
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

/// The backlog of an outbox.
#[derive(Clone, Debug)]
pub(crate) struct Backlog {
    pending: Gauge<u64>,
    oldest: Gauge<f64>,
    service: [KeyValue; 1],
}

impl Backlog {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("comitia");
        Self {
            pending: meter
                .u64_gauge("comitia_outbox_pending")
                .with_description("Events written and not yet taken by the bus")
                .build(),
            oldest: meter
                .f64_gauge("comitia_outbox_oldest_seconds")
                .with_description("Age of the oldest event not yet taken by the bus")
                .build(),
            service: [KeyValue::new("service", service.to_owned())],
        }
    }

    pub(crate) fn record(&self, pending: u64, oldest_seconds: f64) {
        self.pending.record(pending, &self.service);
        self.oldest.record(oldest_seconds, &self.service);
    }
}
