//! Sessions that were revoked while their access tokens could still be good. A trigger on `identity.sessions` writes them.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A session that was revoked.
pub struct StoredRevocation {
    /// The session.
    pub session_id: Uuid,
    /// The end of the hour in which it was, by the database's clock.
    pub revoke_time: DateTime<Utc>,
    /// When it would have ended by itself.
    pub session_expire_time: DateTime<Utc>,
    /// The number of the transaction that revoked it.
    pub transaction_id: i64,
}

/// The number below which every transaction has ended. What is read after it, is complete below it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn watermark(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "watermark!""#)
        .fetch_one(pool)
        .await
}

/// The revocations of `kept` that transactions from `since` on have made.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn since(pool: &PgPool, since: i64, kept: TimeDelta) -> Result<Vec<StoredRevocation>, sqlx::Error> {
    sqlx::query_as!(
        StoredRevocation,
        r#"SELECT session_id, revoke_time, session_expire_time, transaction_id::text::bigint AS "transaction_id!"
           FROM identity.revocations
           WHERE transaction_id >= ($1::bigint)::text::xid8 AND revoke_time > now() - make_interval(secs => $2)"#,
        since,
        kept.as_seconds_f64()
    )
    .fetch_all(pool)
    .await
}

/// Deletes revocations that are older than `kept`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_old(connection: &mut PgConnection, kept: TimeDelta) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM identity.revocations WHERE revoke_time < now() - make_interval(secs => $1)",
        kept.as_seconds_f64()
    )
    .execute(connection)
    .await?
    .rows_affected())
}
