//! What an operator sees of the intake.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use tokio::sync::mpsc;

use super::batch::{Batch, Queued};

/// The intake's instruments.
#[derive(Clone, Debug)]
pub struct Metrics {
    wait: Histogram<f64>,
    size: Histogram<u64>,
    duration: Histogram<f64>,
    casts: Counter<u64>,
}

impl Metrics {
    /// On the global meter.
    pub fn new() -> Self {
        let meter = global::meter("comitia");
        let seconds = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        Self {
            wait: meter
                .f64_histogram("comitia.voting.intake.wait")
                .with_unit("s")
                .with_description("how long casts waited for their batch")
                .with_boundaries(seconds.clone())
                .build(),
            size: meter
                .u64_histogram("comitia.voting.intake.batch.size")
                .with_unit("{cast}")
                .with_description("how many casts a transaction wrote")
                .with_boundaries(vec![1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0])
                .build(),
            duration: meter
                .f64_histogram("comitia.voting.intake.batch.duration")
                .with_unit("s")
                .with_description("how long transactions of the intake took")
                .with_boundaries(seconds)
                .build(),
            casts: meter
                .u64_counter("comitia.voting.intake.casts")
                .with_unit("{cast}")
                .with_description("casts by what became of them")
                .build(),
        }
    }

    /// A batch was gathered.
    pub fn gathered(&self, batch: &Batch) {
        for wait in &batch.waits {
            self.wait.record(*wait, &[]);
        }
        if batch.expired > 0 {
            self.casts.add(batch.expired, &[KeyValue::new("outcome", "expired")]);
        }
    }

    /// A transaction was committed.
    pub fn written(&self, casts: usize, duration: Duration) {
        self.size.record(casts as u64, &[]);
        self.duration.record(duration.as_secs_f64(), &[]);
    }

    /// The casts of a batch had these outcomes.
    pub fn outcomes(&self, of: impl Iterator<Item = (&'static str, usize)>) {
        let mut sums = BTreeMap::new();
        for (name, casts) in of {
            *sums.entry(name).or_default() += casts;
        }
        for (name, casts) in sums {
            self.outcome(name, casts);
        }
    }

    /// Casts had this outcome.
    pub fn outcome(&self, name: &'static str, casts: usize) {
        self.casts.add(casts as u64, &[KeyValue::new("outcome", name)]);
    }
}

/// Shows how many casts wait in the queue.
pub fn observe_depth(queue: &mpsc::Sender<Queued>) {
    let queue = queue.downgrade();
    global::meter("comitia")
        .u64_observable_gauge("comitia.voting.intake.waiting")
        .with_unit("{cast}")
        .with_description("how many casts wait for their batch")
        .with_callback(move |observer| {
            let waiting = queue.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity());
            observer.observe(waiting as u64, &[]);
        })
        .build();
}
