//! One-time codes by e-mail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Keeps a code, in the place of an earlier one for the same address.
///
/// # Errors
/// What the database says.
pub async fn put(
    connection: &mut PgConnection,
    organization: Uuid,
    email_lookup: &[u8],
    code_lookup: &[u8],
    expire_time: DateTime<Utc>,
    attempts: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.email_codes (organization_id, email_lookup, code_lookup, expire_time, attempts_left)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id, email_lookup) DO UPDATE
         SET code_lookup = EXCLUDED.code_lookup, expire_time = EXCLUDED.expire_time,
             attempts_left = EXCLUDED.attempts_left",
        organization,
        email_lookup,
        code_lookup,
        expire_time,
        attempts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses one attempt of a code that is still good, and gives what it is compared with.
///
/// # Errors
/// What the database says.
pub async fn attempt(
    connection: &mut PgConnection,
    email_lookup: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE identity.email_codes SET attempts_left = attempts_left - 1
         WHERE email_lookup = $1 AND expire_time > $2 AND attempts_left > 0 RETURNING code_lookup",
        email_lookup,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Deletes a code that was used.
///
/// # Errors
/// What the database says.
pub async fn delete(connection: &mut PgConnection, email_lookup: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.email_codes WHERE email_lookup = $1", email_lookup)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes codes that expired.
///
/// # Errors
/// What the database says.
pub async fn delete_expired(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM identity.email_codes WHERE expire_time < $1", now)
        .execute(connection)
        .await?
        .rows_affected())
}
