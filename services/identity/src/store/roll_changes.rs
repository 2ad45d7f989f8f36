//! What the team did to rolls.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A change to note.
pub struct NewChange<'a> {
    /// Its id.
    pub change_id: Uuid,
    /// The organization.
    pub organization: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// `IMPORT`, `CORRECTION`, `RELOAD`, `ERASURE`, `EXPORT` or `ACCESS_CODES`.
    pub kind: &'a str,
    /// Who.
    pub officer: &'a str,
    /// When.
    pub change_time: DateTime<Utc>,
    /// Whose entry was corrected.
    pub member_id: Option<Uuid>,
    /// In which columns.
    pub fields: &'a [String],
    /// How many members were added, changed and left.
    pub counts: [i64; 3],
}

/// Notes a change.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, new: &NewChange<'_>) -> Result<(), sqlx::Error> {
    let [added, changed, left] = new.counts;
    sqlx::query!(
        "INSERT INTO identity.roll_changes (change_id, organization_id, roll_id, kind, officer, change_time, member_id,
             fields, added_count, changed_count, left_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.change_id,
        new.organization,
        new.roll_id,
        new.kind,
        new.officer,
        new.change_time,
        new.member_id,
        new.fields,
        added,
        changed,
        left
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A change as noted.
pub struct StoredChange {
    /// Its id.
    pub change_id: Uuid,
    /// `IMPORT`, `CORRECTION`, `RELOAD`, `ERASURE`, `EXPORT` or `ACCESS_CODES`.
    pub kind: String,
    /// Who.
    pub officer: String,
    /// When.
    pub change_time: DateTime<Utc>,
    /// Whose entry was corrected, sealed; nothing once they are erased.
    pub member_number: Option<Vec<u8>>,
    /// In which columns.
    pub fields: Vec<String>,
    /// How many members were added.
    pub added_count: i64,
    /// How many were changed.
    pub changed_count: i64,
    /// How many left.
    pub left_count: i64,
}

/// Changes of a roll before `before`, newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    roll_id: Uuid,
    before: Uuid,
    limit: i64,
) -> Result<Vec<StoredChange>, sqlx::Error> {
    sqlx::query_as!(
        StoredChange,
        r#"SELECT c.change_id, c.kind, c.officer, c.change_time, m.member_number AS "member_number?", c.fields,
                  c.added_count, c.changed_count, c.left_count
           FROM identity.roll_changes c LEFT JOIN identity.members m USING (member_id)
           WHERE c.roll_id = $1 AND c.change_id < $2 ORDER BY c.change_id DESC LIMIT $3"#,
        roll_id,
        before,
        limit
    )
    .fetch_all(connection)
    .await
}
