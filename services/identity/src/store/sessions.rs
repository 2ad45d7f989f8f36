//! Sessions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A session to open.
pub struct NewSession<'a> {
    /// Its id.
    pub session_id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// The SHA-256 of its refresh token, if it has one.
    pub refresh_sha256: Option<&'a [u8]>,
    /// When it begins.
    pub create_time: DateTime<Utc>,
    /// When it ends for good.
    pub expire_time: DateTime<Utc>,
}

/// Opens a session for the member with one of these numbers and this access code, in one statement. Nothing when there is none. The
/// member is locked until the transaction ends, so that replacing the code finds the session and revokes it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open_by_access_code(
    connection: &mut PgConnection,
    new: &NewSession<'_>,
    member_number_lookups: &[Vec<u8>],
    access_code_lookup: &[u8],
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"INSERT INTO identity.sessions
               (session_id, organization_id, member_id, refresh_sha256, create_time, expire_time)
           SELECT $1, organization_id, member_id, $3, $4, $5 FROM identity.members
           WHERE organization_id = $2 AND member_number_lookup = ANY ($6) AND access_code_lookup = $7
           LIMIT 1
           FOR SHARE
           RETURNING member_id AS "member_id!""#,
        new.session_id,
        new.organization_id,
        new.refresh_sha256,
        new.create_time,
        new.expire_time,
        member_number_lookups,
        access_code_lookup
    )
    .fetch_optional(connection)
    .await
}

/// Opens a session for a person who is known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open(
    connection: &mut PgConnection,
    new: &NewSession<'_>,
    member_id: Option<Uuid>,
    staff_member_id: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.sessions
             (session_id, organization_id, member_id, staff_member_id, refresh_sha256, create_time, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.session_id,
        new.organization_id,
        member_id,
        staff_member_id,
        new.refresh_sha256,
        new.create_time,
        new.expire_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A session that lives.
pub struct LiveSession {
    /// Its member, if it is one's.
    pub member_id: Option<Uuid>,
    /// Its staff member, if it is one's.
    pub staff_member_id: Option<Uuid>,
    /// Its participant, if it is one's.
    pub participant_id: Option<Uuid>,
    /// The roles of the staff member.
    pub roles: Vec<String>,
    /// The SHA-256 of its refresh token, if it has one.
    pub refresh_sha256: Option<Vec<u8>>,
    /// When it ends for good.
    pub expire_time: DateTime<Utc>,
    /// Whether a second factor is asked of the staff member, and the session has not proved it.
    pub second_factor_pending: bool,
}

/// A session that is neither revoked nor expired, locked for an exchange of its refresh token.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_live(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<LiveSession>, sqlx::Error> {
    sqlx::query_as!(
        LiveSession,
        r#"SELECT s.member_id, s.staff_member_id, s.participant_id, coalesce(t.roles, '{}') AS "roles!",
                  s.refresh_sha256, s.expire_time,
                  t.staff_member_id IS NOT NULL AND NOT s.second_factor AND (
                      EXISTS (SELECT FROM identity.passkeys p WHERE p.staff_member_id = t.staff_member_id)
                      OR EXISTS (SELECT FROM identity.staff_sign_in WHERE second_factor_required)
                  ) AS "second_factor_pending!"
           FROM identity.sessions s LEFT JOIN identity.staff t USING (staff_member_id)
           WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2 FOR UPDATE OF s"#,
        session_id,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Whether a session is neither revoked nor expired.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn is_live(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.sessions
               WHERE session_id = $1 AND revoke_time IS NULL AND expire_time > $2) AS "live!""#,
        session_id,
        now
    )
    .fetch_one(connection)
    .await
}

/// Replaces the refresh token of a session.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_refresh(
    connection: &mut PgConnection,
    session_id: Uuid,
    refresh_sha256: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.sessions SET refresh_sha256 = $2 WHERE session_id = $1",
        session_id,
        refresh_sha256
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes a session.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.sessions SET revoke_time = $2 WHERE session_id = $1 AND revoke_time IS NULL",
        session_id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes all sessions of a member or of a staff member.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke_of(
    connection: &mut PgConnection,
    person: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.sessions SET revoke_time = $2
         WHERE (member_id = $1 OR staff_member_id = $1) AND revoke_time IS NULL",
        person,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When the sessions of a member began.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn start_times(
    connection: &mut PgConnection,
    member_id: Uuid,
) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT create_time FROM identity.sessions WHERE member_id = $1 ORDER BY create_time",
        member_id
    )
    .fetch_all(connection)
    .await
}

/// The member whose live session this is, with what decides where they may vote.
pub struct SessionMember {
    /// The keyed hash of their number.
    pub member_number_lookup: Vec<u8>,
    /// Their roll.
    pub roll_id: Uuid,
    /// Their district.
    pub district: String,
    /// Their birth date, sealed.
    pub birth_date: Option<Vec<u8>>,
    /// When they left the roll, if they did.
    pub leave_time: Option<DateTime<Utc>>,
}

/// The member whose live session this is, or as whom its participant is verified in this roll, with what decides where they
/// may vote.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn member_of(
    connection: &mut PgConnection,
    session_id: Uuid,
    roll_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<SessionMember>, sqlx::Error> {
    sqlx::query_as!(
        SessionMember,
        "SELECT m.member_number_lookup, m.roll_id, m.district, m.birth_date, m.leave_time
         FROM identity.sessions s
         LEFT JOIN identity.residences r ON r.participant_id = s.participant_id AND r.roll_id = $3
         JOIN identity.members m ON m.member_id = coalesce(s.member_id, r.member_id)
         WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2",
        session_id,
        now,
        roll_id
    )
    .fetch_optional(connection)
    .await
}

/// The id of the member whose live session this is.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn member_id_of(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT member_id FROM identity.sessions
         WHERE session_id = $1 AND revoke_time IS NULL AND expire_time > $2",
        session_id,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.flatten())
}

/// Writes sessions of members and participants that ended until `before` again, in an order that does not say when they
/// began, and without words for devices.
/// Gives how many.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn shuffle_ended(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "WITH gone AS (
             DELETE FROM identity.sessions
             WHERE (member_id IS NOT NULL OR participant_id IS NOT NULL) AND NOT shuffled AND expire_time <= $1
             RETURNING *)
         INSERT INTO identity.sessions (session_id, organization_id, member_id, participant_id, refresh_sha256,
             create_time, expire_time, revoke_time, shuffled)
         SELECT session_id, organization_id, member_id, participant_id, refresh_sha256, create_time, expire_time,
             revoke_time, true
         FROM gone ORDER BY session_id",
        before
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Deletes sessions that ended before `before`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_ended(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM identity.sessions WHERE expire_time < $1", before)
        .execute(connection)
        .await?
        .rows_affected())
}
