//! Passkeys of staff, challenges, and whether a second factor is asked for.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The staff member of a session.
pub struct Holder {
    /// Their id.
    pub staff_member_id: Uuid,
    /// Their e-mail address, sealed.
    pub email: Vec<u8>,
    /// Their name, sealed.
    pub display_name: Vec<u8>,
    /// The names of their roles.
    pub roles: Vec<String>,
    /// Whether the session has proved the second factor.
    pub second_factor: bool,
}

/// The staff member whose live session this is. Both are locked until the transaction ends, so that what is decided by their
/// passkeys holds until it is done.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_holder(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Holder>, sqlx::Error> {
    sqlx::query_as!(
        Holder,
        "SELECT t.staff_member_id, t.email, t.display_name, t.roles, s.second_factor
         FROM identity.sessions s JOIN identity.staff t USING (staff_member_id)
         WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2
         FOR NO KEY UPDATE OF t, s",
        session_id,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Whether a second factor is asked of a staff member: the organization asks for it, or they have a passkey.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn is_asked_of(connection: &mut PgConnection, staff_member_id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT (EXISTS (SELECT FROM identity.passkeys WHERE staff_member_id = $1)
                   OR EXISTS (SELECT FROM identity.staff_sign_in WHERE second_factor_required)) AS "asked!""#,
        staff_member_id
    )
    .fetch_one(connection)
    .await
}

/// Whether the organization asks its staff for a second factor.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn is_required(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.staff_sign_in WHERE second_factor_required) AS "required!""#
    )
    .fetch_one(connection)
    .await
}

/// Sets whether the organization asks its staff for a second factor. The staff are locked, so that nobody signs in meanwhile by the
/// earlier rule.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_required(
    connection: &mut PgConnection,
    organization: Uuid,
    required: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT FROM identity.staff ORDER BY staff_member_id FOR NO KEY UPDATE")
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "INSERT INTO identity.staff_sign_in (organization_id, second_factor_required) VALUES ($1, $2)
         ON CONFLICT (organization_id) DO UPDATE SET second_factor_required = $2",
        organization,
        required
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends sessions of staff without a second factor: of one staff member, or of all.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke_without(
    connection: &mut PgConnection,
    staff_member_id: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.sessions SET revoke_time = $2
         WHERE staff_member_id IS NOT NULL AND ($1::uuid IS NULL OR staff_member_id = $1)
             AND NOT second_factor AND revoke_time IS NULL",
        staff_member_id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a session has proved the second factor.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn proved(connection: &mut PgConnection, session_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE identity.sessions SET second_factor = true WHERE session_id = $1", session_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// A challenge to give.
pub struct NewChallenge<'a> {
    /// The organization.
    pub organization: Uuid,
    /// Who is asked.
    pub session: Uuid,
    /// Random bytes.
    pub challenge: &'a [u8],
    /// Whether the answer registers a passkey.
    pub registers: bool,
    /// Until when it is good.
    pub expire_time: DateTime<Utc>,
}

/// Adds a challenge; of a session, the newest `kept` stay.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add_challenge(
    connection: &mut PgConnection,
    new: &NewChallenge<'_>,
    kept: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM identity.passkey_challenges WHERE challenge IN (
             SELECT challenge FROM identity.passkey_challenges WHERE session_id = $1
             ORDER BY expire_time DESC, challenge OFFSET $2)",
        new.session,
        kept - 1
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO identity.passkey_challenges (challenge, organization_id, session_id, registers, expire_time)
         VALUES ($1, $2, $3, $4, $5)",
        new.challenge,
        new.organization,
        new.session,
        new.registers,
        new.expire_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a challenge that this session was given. Gives whether it was there and is good; it is not there again.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn take_challenge(
    connection: &mut PgConnection,
    session: Uuid,
    challenge: &[u8],
    registers: bool,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let expire_time = sqlx::query_scalar!(
        "DELETE FROM identity.passkey_challenges WHERE challenge = $1 AND session_id = $2 AND registers = $3
         RETURNING expire_time",
        challenge,
        session,
        registers
    )
    .fetch_optional(connection)
    .await?;
    Ok(expire_time.is_some_and(|expire_time| expire_time > now))
}

/// Deletes challenges that are too old.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_expired(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.passkey_challenges WHERE expire_time <= $1", now)
        .execute(connection)
        .await?;
    Ok(())
}

/// A passkey as stored.
pub struct StoredPasskey {
    /// Its id.
    pub passkey_id: Uuid,
    /// The domain that it works at.
    pub domain: String,
    /// The id of its credential.
    pub credential_id: Vec<u8>,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// How often it has signed.
    pub sign_count: i64,
    /// Whether its owner may have copies of it.
    pub backup_eligible: bool,
    /// What its owner calls it, sealed.
    pub label: Vec<u8>,
    /// The day on which it was registered.
    pub create_date: NaiveDate,
}

/// Adds a passkey.
///
/// # Errors
/// A violation of `passkeys_credential` when it is registered already; otherwise the database's error.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    staff_member_id: Uuid,
    new: &StoredPasskey,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.passkeys (passkey_id, organization_id, staff_member_id, domain, credential_id,
             public_key, sign_count, backup_eligible, label, create_date)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.passkey_id,
        organization,
        staff_member_id,
        new.domain,
        new.credential_id,
        new.public_key,
        new.sign_count,
        new.backup_eligible,
        new.label,
        new.create_date
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The passkeys of a staff member, oldest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of(
    connection: &mut PgConnection,
    staff_member_id: Uuid,
) -> Result<Vec<StoredPasskey>, sqlx::Error> {
    sqlx::query_as!(
        StoredPasskey,
        "SELECT passkey_id, domain, credential_id, public_key, sign_count, backup_eligible, label, create_date
         FROM identity.passkeys WHERE staff_member_id = $1 ORDER BY passkey_id",
        staff_member_id
    )
    .fetch_all(connection)
    .await
}

/// How many passkeys staff have, by their ids; who has none is not there.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn counts(
    connection: &mut PgConnection,
    staff_member_ids: &[Uuid],
) -> Result<HashMap<Uuid, i32>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT staff_member_id, count(*)::int AS "count!" FROM identity.passkeys
           WHERE staff_member_id = ANY ($1) GROUP BY staff_member_id"#,
        staff_member_ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.staff_member_id, row.count)).collect())
}

/// Notes how often a passkey has signed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn signed(
    connection: &mut PgConnection,
    passkey_id: Uuid,
    sign_count: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.passkeys SET sign_count = $2 WHERE passkey_id = $1",
        passkey_id,
        sign_count
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a passkey of a staff member another name. Gives it back, if there is one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn rename(
    connection: &mut PgConnection,
    staff_member_id: Uuid,
    passkey_id: Uuid,
    label: &[u8],
) -> Result<Option<StoredPasskey>, sqlx::Error> {
    sqlx::query_as!(
        StoredPasskey,
        "UPDATE identity.passkeys SET label = $3 WHERE passkey_id = $2 AND staff_member_id = $1
         RETURNING passkey_id, domain, credential_id, public_key, sign_count, backup_eligible, label, create_date",
        staff_member_id,
        passkey_id,
        label
    )
    .fetch_optional(connection)
    .await
}

/// Removes one passkey of a staff member, or all. Gives how many.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(
    connection: &mut PgConnection,
    staff_member_id: Uuid,
    passkey_id: Option<Uuid>,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM identity.passkeys
         WHERE staff_member_id = $1 AND ($2::uuid IS NULL OR passkey_id = $2)",
        staff_member_id,
        passkey_id
    )
    .execute(connection)
    .await?
    .rows_affected())
}
