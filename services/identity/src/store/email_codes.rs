//! One-time codes by e-mail. An address may have several at a time: a request never ends a code that was sent before.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A code that is good for a while.
pub struct LiveCode {
    /// The code, sealed, so that it can be sent again.
    pub code: Vec<u8>,
    /// When it expires.
    pub expire_time: DateTime<Utc>,
}

/// The newest live code of an address. Requests for one address wait for each other from here on, so that those that
/// come at once are given one code.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_newest(
    connection: &mut PgConnection,
    email_lookup: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<LiveCode>, sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))", email_lookup)
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query_as!(
        LiveCode,
        "SELECT code, expire_time FROM identity.one_time_codes
         WHERE email_lookup = $1 AND expire_time > $2 AND attempts_left > 0 AND used_by IS NULL
         ORDER BY expire_time DESC LIMIT 1",
        email_lookup,
        now
    )
    .fetch_optional(connection)
    .await
}

/// A code to keep.
pub struct NewCode<'a> {
    /// The organization.
    pub organization: Uuid,
    /// The keyed hash of the address.
    pub email_lookup: &'a [u8],
    /// The keyed hash of the code.
    pub code_lookup: &'a [u8],
    /// The code, sealed.
    pub code: &'a [u8],
    /// When it expires.
    pub expire_time: DateTime<Utc>,
    /// How many wrong codes may be tried while it lives, by all together.
    pub attempts: i32,
}

/// Keeps a code beside the earlier ones for the same address.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn put(connection: &mut PgConnection, new: &NewCode<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.one_time_codes
             (organization_id, email_lookup, code_lookup, code, expire_time, attempts_left)
         VALUES ($1, $2, $3, $4, $5, $6)",
        new.organization,
        new.email_lookup,
        new.code_lookup,
        new.code,
        new.expire_time,
        new.attempts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses a code up, and gives whether it was good.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn take(
    connection: &mut PgConnection,
    email_lookup: &[u8],
    code_lookup: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "DELETE FROM identity.one_time_codes
         WHERE email_lookup = $1 AND code_lookup = $2 AND expire_time > $3 AND attempts_left > 0 AND used_by IS NULL",
        email_lookup,
        code_lookup,
        now
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Uses a code up for a request that may come again while the code lives, and gives whether it was good: not used by another
/// request. Without a request it is used up for good.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn take_for(
    connection: &mut PgConnection,
    email_lookup: &[u8],
    code_lookup: &[u8],
    request: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let Some(request) = request else { return take(connection, email_lookup, code_lookup, now).await };
    let used = sqlx::query!(
        "UPDATE identity.one_time_codes SET used_by = $4
         WHERE email_lookup = $1 AND code_lookup = $2 AND expire_time > $3 AND attempts_left > 0
             AND (used_by IS NULL OR used_by = $4)",
        email_lookup,
        code_lookup,
        now,
        request
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() > 0)
}

/// A wrong code was tried: each code of the address has one attempt less.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn tried(connection: &mut PgConnection, email_lookup: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.one_time_codes SET attempts_left = attempts_left - 1 WHERE email_lookup = $1",
        email_lookup
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes codes that expired.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_expired(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM identity.one_time_codes WHERE expire_time <= $1", now)
        .execute(connection)
        .await?
        .rows_affected())
}
