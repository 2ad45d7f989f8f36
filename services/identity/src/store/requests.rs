//! Answers that are kept for equal requests.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Forgets the answers that were given before `before`.
///
/// # Errors
/// What the database says.
pub async fn delete_before(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM requests WHERE create_time < $1", before)
        .execute(connection)
        .await?
        .rows_affected())
}
