//! Staff members.

use chrono::{DateTime, Utc};
use comitia_platform::auth::Role;
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::replacement::Officer;
use crate::domain::roles;

/// A staff member as stored.
pub struct StoredStaff {
    /// Their id.
    pub staff_member_id: Uuid,
    /// Their e-mail address, sealed.
    pub email: Vec<u8>,
    /// Their name, sealed.
    pub display_name: Vec<u8>,
    /// The names of their roles.
    pub roles: Vec<String>,
    /// When they were added.
    pub create_time: DateTime<Utc>,
}

/// Adds a staff member.
///
/// # Errors
/// A violation of `staff_email` when the address is taken; what the database says.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    staff: &StoredStaff,
    email_lookup: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.staff
             (staff_member_id, organization_id, email, email_lookup, display_name, roles, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        staff.staff_member_id,
        organization,
        staff.email,
        email_lookup,
        staff.display_name,
        &staff.roles,
        staff.create_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Staff members after `after`, in the order of their ids.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StoredStaff>, sqlx::Error> {
    sqlx::query_as!(
        StoredStaff,
        "SELECT staff_member_id, email, display_name, roles, create_time FROM identity.staff
         WHERE staff_member_id > $1 ORDER BY staff_member_id LIMIT $2",
        after,
        limit
    )
    .fetch_all(connection)
    .await
}

/// A staff member by id.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    staff_member_id: Uuid,
) -> Result<Option<StoredStaff>, sqlx::Error> {
    sqlx::query_as!(
        StoredStaff,
        "SELECT staff_member_id, email, display_name, roles, create_time FROM identity.staff
         WHERE staff_member_id = $1",
        staff_member_id
    )
    .fetch_optional(connection)
    .await
}

/// Replaces the roles of a staff member.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_roles(
    connection: &mut PgConnection,
    staff_member_id: Uuid,
    roles: &[String],
) -> Result<Option<StoredStaff>, sqlx::Error> {
    sqlx::query_as!(
        StoredStaff,
        "UPDATE identity.staff SET roles = $2 WHERE staff_member_id = $1
         RETURNING staff_member_id, email, display_name, roles, create_time",
        staff_member_id,
        roles
    )
    .fetch_optional(connection)
    .await
}

/// Removes a staff member; their sessions go with them. Gives whether there was one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(connection: &mut PgConnection, staff_member_id: Uuid) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!("DELETE FROM identity.staff WHERE staff_member_id = $1", staff_member_id)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// How many administrators the organization has. Locks them, so that two cannot remove each other at once.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_administrators(connection: &mut PgConnection) -> Result<usize, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT staff_member_id FROM identity.staff WHERE 'ADMINISTRATOR' = ANY (roles)
         ORDER BY staff_member_id FOR UPDATE"
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.len())
}

/// The staff member whose live session this is, as one of two people.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_session(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Officer>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT t.staff_member_id, t.email_lookup, t.create_time
         FROM identity.sessions s JOIN identity.staff t USING (staff_member_id)
         WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2",
        session_id,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Officer {
        name: row.staff_member_id.to_string(),
        person: row.email_lookup,
        since: row.create_time,
    }))
}

/// The staff member with this e-mail address.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn by_email(
    connection: &mut PgConnection,
    email_lookup: &[u8],
) -> Result<Option<StoredStaff>, sqlx::Error> {
    sqlx::query_as!(
        StoredStaff,
        "SELECT staff_member_id, email, display_name, roles, create_time FROM identity.staff
         WHERE email_lookup = $1",
        email_lookup
    )
    .fetch_optional(connection)
    .await
}

/// As [`by_email`], locked until the transaction ends: a session that is opened with these roles is there when new ones are
/// given, and is revoked with the others.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_by_email(
    connection: &mut PgConnection,
    email_lookup: &[u8],
) -> Result<Option<StoredStaff>, sqlx::Error> {
    sqlx::query_as!(
        StoredStaff,
        "SELECT staff_member_id, email, display_name, roles, create_time FROM identity.staff
         WHERE email_lookup = $1 FOR SHARE",
        email_lookup
    )
    .fetch_optional(connection)
    .await
}

/// The roles that the row of a staff member names.
///
/// # Errors
/// When one of them is unknown.
pub fn roles_of(names: &[String], staff_member: Uuid) -> Result<Vec<Role>, Unreadable> {
    let known = names.iter().map(|name| roles::from_name(name)).collect::<Option<_>>();
    known.ok_or_else(|| Unreadable::new("identity.staff", "roles", staff_member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_unknown_is_an_error_which_does_not_repeat_it() {
        assert_eq!(roles_of(&["AUDITOR".into()], Uuid::nil()), Ok(vec![Role::Auditor]));
        let unknown = roles_of(&["AUDITOR".into(), "JESTER".into()], Uuid::nil());
        let unknown = unknown.unwrap_err().to_string();
        assert!(unknown.contains("identity.staff.roles") && !unknown.contains("JESTER"), "{unknown}");
    }
}
