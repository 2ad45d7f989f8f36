//! Replacements of access codes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::replacement::Officer;

/// A replacement as stored.
pub struct StoredReplacement {
    /// Its id.
    pub replacement_id: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// The member; nothing once they are erased.
    pub member_id: Option<Uuid>,
    /// The member's number, sealed.
    pub member_number: Option<Vec<u8>>,
    /// Who asked.
    pub requested_by: String,
    /// The person who asked.
    pub requested_by_person: Vec<u8>,
    /// When.
    pub request_time: DateTime<Utc>,
    /// Until when it can be approved.
    pub expire_time: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approve_time: Option<DateTime<Utc>>,
}

/// What is asked for members of a roll.
pub struct NewReplacements<'a> {
    /// The organization.
    pub organization: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// Ids, one for each member.
    pub ids: &'a [Uuid],
    /// The members.
    pub members: &'a [Uuid],
    /// Who asks.
    pub officer: &'a Officer,
    /// When.
    pub request_time: DateTime<Utc>,
    /// Until when they can be approved.
    pub expire_time: DateTime<Utc>,
}

/// Adds replacements that wait for approval.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, new: &NewReplacements<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.access_code_replacements (organization_id, roll_id, requested_by, requested_by_person,
             request_time, expire_time, replacement_id, member_id)
         SELECT $1, $2, $3, $4, $5, $6, * FROM UNNEST($7::uuid[], $8::uuid[])",
        new.organization,
        new.roll_id,
        new.officer.name,
        new.officer.person,
        new.request_time,
        new.expire_time,
        new.ids,
        new.members
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A replacement, locked against another approval at the same time.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(
    connection: &mut PgConnection,
    replacement_id: Uuid,
) -> Result<Option<StoredReplacement>, sqlx::Error> {
    sqlx::query_as!(
        StoredReplacement,
        r#"SELECT r.replacement_id, r.roll_id, r.member_id, m.member_number AS "member_number?", r.requested_by,
                  r.requested_by_person, r.request_time, r.expire_time, r.approved_by, r.approve_time
           FROM identity.access_code_replacements r LEFT JOIN identity.members m USING (member_id)
           WHERE r.replacement_id = $1 FOR UPDATE OF r"#,
        replacement_id
    )
    .fetch_optional(connection)
    .await
}

/// Replacements before `before`, newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    before: Uuid,
    limit: i64,
) -> Result<Vec<StoredReplacement>, sqlx::Error> {
    sqlx::query_as!(
        StoredReplacement,
        r#"SELECT r.replacement_id, r.roll_id, r.member_id, m.member_number AS "member_number?", r.requested_by,
                  r.requested_by_person, r.request_time, r.expire_time, r.approved_by, r.approve_time
           FROM identity.access_code_replacements r LEFT JOIN identity.members m USING (member_id)
           WHERE r.replacement_id < $1 ORDER BY r.replacement_id DESC LIMIT $2"#,
        before,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Notes who approved a replacement. Others that wait for the same member go: they are answered with it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn approve(
    connection: &mut PgConnection,
    replacement_id: Uuid,
    member_id: Uuid,
    officer: &Officer,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.access_code_replacements
         SET approved_by = $2, approved_by_person = $3, approve_time = $4 WHERE replacement_id = $1",
        replacement_id,
        officer.name,
        officer.person,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM identity.access_code_replacements WHERE member_id = $1 AND approve_time IS NULL",
        member_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many replacements for members of a poll's roll were approved from its creation to its close. Nothing when the
/// poll is not known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT (SELECT count(*) FROM identity.access_code_replacements r
                   WHERE r.roll_id = p.roll_id AND r.approve_time >= p.create_time
                       AND r.approve_time < p.close_time) AS "count!"
           FROM identity.polls p WHERE p.poll_id = $1"#,
        poll_id
    )
    .fetch_optional(connection)
    .await
}

/// Holds members of a roll who were added again under a number that was erased from it, and gives those that were not
/// held before.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn hold_added_again(
    connection: &mut PgConnection,
    roll_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE identity.members m SET held = true FROM identity.erased_members e
         WHERE e.roll_id = $1 AND m.roll_id = e.roll_id AND m.member_number_lookup = e.member_number_lookup
             AND NOT m.held AND m.access_code_lookup IS NULL
         RETURNING m.member_id",
        roll_id
    )
    .fetch_all(connection)
    .await
}

/// Which of these numbers were erased from a roll while it was voted with.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn erased(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT member_number_lookup FROM identity.erased_members
         WHERE roll_id = $1 AND member_number_lookup = ANY ($2)",
        roll_id,
        number_lookups
    )
    .fetch_all(connection)
    .await
}

/// A member whose code two people replaced is held no longer, and neither is their e-mail address.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn release(connection: &mut PgConnection, member_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.members SET held = false, address_held = false
         WHERE member_id = $1 AND (held OR address_held)",
        member_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes what is remembered of erased members of rolls that no poll votes with any more.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_erased(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM identity.erased_members e
         WHERE NOT EXISTS (SELECT FROM identity.polls p WHERE p.roll_id = e.roll_id AND p.close_time > $1)",
        now
    )
    .execute(connection)
    .await?
    .rows_affected())
}
