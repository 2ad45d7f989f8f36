//! What every service deletes by age: kept answers to request ids, and the inbox.

use std::time::Duration;

use comitia_bus::inbox;
use sqlx::PgPool;

use crate::database::{self, Tenant};
use crate::idempotency;
use crate::runtime::Runtime;

/// The pause between two runs.
const EVERY: Duration = Duration::from_secs(3600);
/// How long the answer to a request id is kept.
pub const ANSWERS: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the inbox is kept; no event takes that long to arrive.
const EVENTS: Duration = Duration::from_secs(40 * 24 * 3600);

/// Deletes within a minute and then once an hour, until the process stops, what is too old in the schema that `pool` works in.
pub fn spawn(runtime: &Runtime, pool: PgPool, service: &'static str) {
    runtime.lifecycle.spawn_soon_and_every("retention", EVERY, move || {
        let pool = pool.clone();
        async move {
            let (answers, events) = run(&pool).await?;
            if answers + events > 0 {
                tracing::info!(service, answers, events, "retention");
            }
            Ok::<(), sqlx::Error>(())
        }
    });
}

/// Deletes what is too old, and gives how many answers and how many events that were.
///
/// # Errors
/// When the database fails or cannot be reached; nothing is deleted then.
pub async fn run(pool: &PgPool) -> Result<(u64, u64), sqlx::Error> {
    let mut transaction = database::begin(pool, Tenant::All).await?;
    let answers = idempotency::forget(&mut transaction, ANSWERS).await?;
    let events = inbox::purge(&mut transaction, EVENTS).await?;
    transaction.commit().await?;
    Ok((answers, events))
}
