//! What a consumer has already done, so that an event that arrives twice has its effect once.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

/// Whether `consumer` (the name of its queue, say) sees this event for the first time. Call it in the transaction
/// of the effect and do nothing when it says no: the answer commits or rolls back with that transaction. A concurrent
/// second delivery waits for the first one's transaction.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn first_time(
    connection: &mut PgConnection,
    consumer: &str,
    event_id: Uuid,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        consumer,
        event_id
    )
    .execute(connection)
    .await?
    .rows_affected();
    Ok(inserted == 1)
}

/// Deletes entries older than `age` and returns their number. `age` must exceed the time that an event can take to
/// arrive: a month is plenty. (A dead letter may be older; it has no row, since its effect never committed.)
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn purge(connection: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM inbox WHERE received_at < now() - make_interval(secs => $1)",
        age.as_secs_f64()
    )
    .execute(connection)
    .await?
    .rows_affected())
}
