//! Electoral rolls.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A roll with its numbers of members and codes.
pub struct StoredRoll {
    /// Its id.
    pub roll_id: Uuid,
    /// Its title.
    pub title: String,
    /// How many members it has.
    pub member_count: i64,
    /// How many of them have an access code.
    pub access_code_count: i64,
    /// When it was created.
    pub create_time: DateTime<Utc>,
}

/// Adds a roll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    roll_id: Uuid,
    title: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.rolls (roll_id, organization_id, title, create_time) VALUES ($1, $2, $3, $4)",
        roll_id,
        organization,
        title,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A roll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, roll_id: Uuid) -> Result<Option<StoredRoll>, sqlx::Error> {
    sqlx::query_as!(
        StoredRoll,
        r#"SELECT roll_id, title, create_time,
                  (SELECT count(*) FROM identity.members m WHERE m.roll_id = r.roll_id AND m.leave_time IS NULL)
                      AS "member_count!",
                  (SELECT count(access_code_lookup) FROM identity.members m WHERE m.roll_id = r.roll_id
                      AND m.leave_time IS NULL) AS "access_code_count!"
           FROM identity.rolls r WHERE roll_id = $1"#,
        roll_id
    )
    .fetch_optional(connection)
    .await
}

/// Rolls before `before`, newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    before: Uuid,
    limit: i64,
) -> Result<Vec<StoredRoll>, sqlx::Error> {
    sqlx::query_as!(
        StoredRoll,
        r#"SELECT roll_id, title, create_time,
                  (SELECT count(*) FROM identity.members m WHERE m.roll_id = r.roll_id AND m.leave_time IS NULL)
                      AS "member_count!",
                  (SELECT count(access_code_lookup) FROM identity.members m WHERE m.roll_id = r.roll_id
                      AND m.leave_time IS NULL) AS "access_code_count!"
           FROM identity.rolls r WHERE roll_id < $1 ORDER BY roll_id DESC LIMIT $2"#,
        before,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Keeps other imports into a roll waiting until the transaction ends. Gives whether there is such a roll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection, roll_id: Uuid) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT roll_id FROM identity.rolls WHERE roll_id = $1 FOR NO KEY UPDATE",
        roll_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Whether a roll never had a member whose number must be known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn is_fresh(connection: &mut PgConnection, roll_id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM identity.members WHERE roll_id = $1)
              AND NOT EXISTS (SELECT FROM identity.erased_members WHERE roll_id = $1) AS "fresh!""#,
        roll_id
    )
    .fetch_one(connection)
    .await
}

/// The title of a roll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn title(connection: &mut PgConnection, roll_id: Uuid) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT title FROM identity.rolls WHERE roll_id = $1", roll_id)
        .fetch_optional(connection)
        .await
}
