//! What an operator sees of the pools (OpenTelemetry's semantic conventions for database clients).

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use sqlx::PgPool;

const POOL: &str = "db.client.connection.pool.name";

/// Shows how many connections `pool` has, how many of them are in use, and how many it may have. A pool is measured
/// as long as the process lives.
pub(super) fn observe(pool: &PgPool, name: &str) {
    let meter = global::meter("comitia");
    let max = pool.options().get_max_connections();
    let named = KeyValue::new(POOL, name.to_owned());
    meter
        .u64_observable_gauge("db.client.connection.max")
        .with_description("Connections that the pool may have")
        .with_callback({
            let named = named.clone();
            move |observer| observer.observe(u64::from(max), std::slice::from_ref(&named))
        })
        .build();
    let pool = pool.clone();
    meter
        .u64_observable_gauge("db.client.connection.count")
        .with_description("Connections of the pool, by state: idle or used")
        .with_callback(move |observer| {
            let (all, idle) = (u64::from(pool.size()), pool.num_idle() as u64);
            for (state, count) in [("idle", idle), ("used", all.saturating_sub(idle))] {
                let state = KeyValue::new("db.client.connection.state", state);
                observer.observe(count, &[named.clone(), state]);
            }
        })
        .build();
}

struct Begins {
    duration: Histogram<f64>,
    timeouts: Counter<u64>,
}

/// Made at the first transaction, by when telemetry has started.
static BEGINS: LazyLock<Begins> = LazyLock::new(|| {
    let meter = global::meter("comitia");
    Begins {
        duration: meter
            .f64_histogram("comitia.database.begin.duration")
            .with_unit("s")
            .with_description("How long callers waited for a connection and the beginning of a transaction")
            .with_boundaries(vec![
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
            ])
            .build(),
        timeouts: meter
            .u64_counter("db.client.connection.timeouts")
            .with_description("Callers that had no connection in time")
            .build(),
    }
});

/// A transaction was begun, or could not be, after `waited`.
pub(super) fn begun(pool: &PgPool, waited: Duration, result: Result<(), &sqlx::Error>) {
    match result {
        Ok(()) => BEGINS.duration.record(waited.as_secs_f64(), &[]),
        Err(sqlx::Error::PoolTimedOut) => {
            let role = pool.connect_options().get_username().to_owned();
            BEGINS.timeouts.add(1, &[KeyValue::new(POOL, role)]);
        }
        Err(_) => {}
    }
}
