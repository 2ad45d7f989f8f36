//! Members who change, leave and come back.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What members become, column by column.
#[derive(Default)]
pub struct Changes {
    /// The members.
    pub member_ids: Vec<Uuid>,
    /// Districts.
    pub districts: Vec<String>,
    /// Birth dates, sealed.
    pub birth_dates: Vec<Option<Vec<u8>>>,
    /// E-mail addresses, sealed.
    pub emails: Vec<Option<Vec<u8>>>,
    /// Keyed hashes of the addresses.
    pub email_lookups: Vec<Option<Vec<u8>>>,
    /// Whether the address has to wait until it signs anybody in.
    pub address_held: Vec<bool>,
    /// Whether they had left and are back.
    pub back: Vec<bool>,
}

/// Changes members.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn update(connection: &mut PgConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.members m
         SET district = n.district, birth_date = n.birth_date, email = n.email, email_lookup = n.email_lookup,
             address_held = m.address_held OR n.address_held,
             leave_time = CASE WHEN n.back THEN NULL ELSE m.leave_time END
         FROM UNNEST($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bool[],
                     $7::bool[])
             AS n (member_id, district, birth_date, email, email_lookup, address_held, back)
         WHERE m.member_id = n.member_id",
        &changes.member_ids,
        &changes.districts,
        &changes.birth_dates as &[Option<Vec<u8>>],
        &changes.emails as &[Option<Vec<u8>>],
        &changes.email_lookups as &[Option<Vec<u8>>],
        &changes.address_held,
        &changes.back
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the sessions of members.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke_sessions(
    connection: &mut PgConnection,
    member_ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.sessions SET revoke_time = $2 WHERE member_id = ANY ($1) AND revoke_time IS NULL",
        member_ids,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Somebody whom a register no longer has.
pub struct Leaver {
    /// The member.
    pub member_id: Uuid,
    /// Their number, sealed.
    pub member_number: Vec<u8>,
}

/// The members of a roll besides these, in the order of their ids, who have not left before.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn others(
    connection: &mut PgConnection,
    roll_id: Uuid,
    member_ids: &[Uuid],
) -> Result<Vec<Leaver>, sqlx::Error> {
    sqlx::query_as!(
        Leaver,
        "SELECT m.member_id, m.member_number FROM identity.members m
         WHERE m.roll_id = $1 AND m.leave_time IS NULL
             AND NOT EXISTS (SELECT FROM UNNEST($2::uuid[]) AS n (member_id) WHERE n.member_id = m.member_id)
         ORDER BY m.member_id",
        roll_id,
        member_ids
    )
    .fetch_all(connection)
    .await
}

/// Members leave. They are deleted with [`delete_left`].
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn leave(
    connection: &mut PgConnection,
    member_ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE identity.members SET leave_time = $2 WHERE member_id = ANY ($1)", member_ids, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes who left, where no vote is to come or open and no paper of one is left to enter; of one roll, or of all. Notes
/// of their paper permits tell no longer whose they were. Gives how many.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_left(
    connection: &mut PgConnection,
    roll_id: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"WITH gone AS (
               DELETE FROM identity.members m
               WHERE m.leave_time IS NOT NULL AND ($1::uuid IS NULL OR m.roll_id = $1)
                   AND NOT EXISTS (SELECT FROM identity.polls p
                                   WHERE p.roll_id = m.roll_id AND p.close_time > p.open_time
                                       AND greatest(p.close_time, coalesce(p.paper_close_time, p.close_time)) > $2)
               RETURNING m.member_number_lookup, m.roll_id),
           forgotten AS (
               UPDATE identity.paper_permits l SET member_number_lookup = NULL
               FROM gone g JOIN identity.polls p USING (roll_id)
               WHERE l.poll_id = p.poll_id AND l.member_number_lookup = g.member_number_lookup)
           SELECT count(*) AS "count!" FROM gone"#,
        roll_id,
        now
    )
    .fetch_one(connection)
    .await
}

/// Addresses that were changed during votes sign in again, where no vote is to come or open.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn release_addresses(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.members m SET address_held = false
         WHERE m.address_held
             AND NOT EXISTS (SELECT FROM identity.polls p WHERE p.roll_id = m.roll_id AND p.close_time > $1)",
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
