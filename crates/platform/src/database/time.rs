//! The database's time. Replicas that share a database share its clock, so that a machine with a wrong clock does no harm.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::Clock;
use sqlx::PgPool;

use crate::lifecycle::Lifecycle;

/// How often the database is asked.
const EVERY: Duration = Duration::from_secs(1);
/// A slower answer is too imprecise to be used.
const PROMPT: Duration = Duration::from_millis(250);
/// A larger difference between the clocks is logged.
const APART: TimeDelta = TimeDelta::seconds(5);

/// A clock that goes as the database's, asked for once a second until the process stops; in between, and while the database is
/// away, it goes on by itself and does not jump. A test's clock stays the test's.
///
/// # Errors
/// When the database cannot be asked the first time.
pub async fn clock(pool: &PgPool, machine: &Clock, lifecycle: &Lifecycle) -> Result<Clock, sqlx::Error> {
    let clock = machine.carried_on();
    follow(pool, &clock).await?;
    let (pool, following) = (pool.clone(), clock.clone());
    lifecycle.spawn_every("database time", EVERY, move || {
        let (pool, clock) = (pool.clone(), following.clone());
        async move { follow(&pool, &clock).await }
    });
    Ok(clock)
}

async fn follow(pool: &PgPool, clock: &Clock) -> Result<(), sqlx::Error> {
    // Without the time that it takes to get one.
    let mut connection = pool.acquire().await?;
    let asked = Instant::now();
    let told: DateTime<Utc> =
        sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut *connection).await?;
    let took = asked.elapsed();
    if took <= PROMPT {
        clock.set(told + took / 2);
    }
    let ahead = clock.ahead_of_system();
    if ahead.abs() > APART {
        tracing::error!(
            seconds = ahead.num_seconds(),
            "this machine's clock and the database's differ; the database's counts"
        );
    }
    Ok(())
}
