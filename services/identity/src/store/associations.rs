//! Associations, and who writes for them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// An association as stored.
pub struct StoredAssociation {
    /// Its id.
    pub association_id: Uuid,
    /// Its name.
    pub display_name: String,
    /// When it was added.
    pub create_time: DateTime<Utc>,
}

/// Adds an association.
///
/// # Errors
/// A violation of `associations_name` when another has the name; other errors of the database.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    new: &StoredAssociation,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.associations (association_id, organization_id, display_name, create_time)
         VALUES ($1, $2, $3, $4)",
        new.association_id,
        organization,
        new.display_name,
        new.create_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Associations after `after`, in the order of their ids.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StoredAssociation>, sqlx::Error> {
    sqlx::query_as!(
        StoredAssociation,
        "SELECT association_id, display_name, create_time FROM identity.associations
         WHERE organization_id = $1 AND association_id > $2 ORDER BY association_id LIMIT $3",
        organization,
        after,
        limit
    )
    .fetch_all(connection)
    .await
}

/// An association.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    association: Uuid,
) -> Result<Option<StoredAssociation>, sqlx::Error> {
    sqlx::query_as!(
        StoredAssociation,
        "SELECT association_id, display_name, create_time FROM identity.associations WHERE association_id = $1",
        association
    )
    .fetch_optional(connection)
    .await
}

/// Gives an association another name; gives whether there is one.
///
/// # Errors
/// As [`insert`].
pub async fn rename(
    connection: &mut PgConnection,
    association: Uuid,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let renamed = sqlx::query!(
        "UPDATE identity.associations SET display_name = $2 WHERE association_id = $1",
        association,
        name
    )
    .execute(connection)
    .await?;
    Ok(renamed.rows_affected() > 0)
}

/// Deletes an association with its members; gives whether there was one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(connection: &mut PgConnection, association: Uuid) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!("DELETE FROM identity.associations WHERE association_id = $1", association)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Adds a member, unless the address is one's.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add_member(
    connection: &mut PgConnection,
    organization: Uuid,
    association: Uuid,
    email: &[u8],
    email_lookup: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.association_members
             (association_member_id, organization_id, association_id, email, email_lookup)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT association_members_email DO NOTHING",
        comitia_core::id::random(),
        organization,
        association,
        email,
        email_lookup
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ids and sealed addresses of members.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn members(
    connection: &mut PgConnection,
    association: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT association_member_id, email FROM identity.association_members
         WHERE association_id = $1 ORDER BY association_member_id LIMIT $2",
        association,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.association_member_id, row.email)).collect())
}

/// Removes a member; gives whether there was one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn remove_member(
    connection: &mut PgConnection,
    association: Uuid,
    member: Uuid,
) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        "DELETE FROM identity.association_members WHERE association_id = $1 AND association_member_id = $2",
        association,
        member
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// The associations that whoever has this address writes for.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_address(
    connection: &mut PgConnection,
    email_lookup: &[u8],
) -> Result<Vec<StoredAssociation>, sqlx::Error> {
    sqlx::query_as!(
        StoredAssociation,
        "SELECT a.association_id, a.display_name, a.create_time
         FROM identity.association_members m JOIN identity.associations a USING (association_id)
         WHERE m.email_lookup = $1 ORDER BY a.display_name",
        email_lookup
    )
    .fetch_all(connection)
    .await
}

/// Forgets that an address writes for associations.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_address(connection: &mut PgConnection, email_lookup: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.association_members WHERE email_lookup = $1", email_lookup)
        .execute(connection)
        .await?;
    Ok(())
}
