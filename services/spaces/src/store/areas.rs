//! Areas.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::area::Area;

/// Writes a new area. Gives whether its code was free.
pub async fn insert(connection: &mut PgConnection, organization: Uuid, new: &Area) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO spaces.areas (organization_id, code, title, parent_code)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, code) DO NOTHING",
        organization,
        new.code,
        new.title,
        new.parent
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// An area's name; nothing when there is no such area.
pub async fn title(
    connection: &mut PgConnection,
    organization: Uuid,
    code: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT title FROM spaces.areas WHERE organization_id = $1 AND code = $2",
        organization,
        code
    )
    .fetch_optional(connection)
    .await
}

/// Changes an area. Gives whether it exists.
pub async fn update(connection: &mut PgConnection, organization: Uuid, area: &Area) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE spaces.areas SET title = $3, parent_code = $4 WHERE organization_id = $1 AND code = $2",
        organization,
        area.code,
        area.title,
        area.parent
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Removes an area. Gives whether it existed.
pub async fn delete(connection: &mut PgConnection, organization: Uuid, code: &str) -> sqlx::Result<bool> {
    let deleted =
        sqlx::query!("DELETE FROM spaces.areas WHERE organization_id = $1 AND code = $2", organization, code)
            .execute(connection)
            .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Whether any area is part of this one.
pub async fn has_areas(connection: &mut PgConnection, organization: Uuid, code: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM spaces.areas
                          WHERE organization_id = $1 AND parent_code = $2) AS "exists!""#,
        organization,
        code
    )
    .fetch_one(connection)
    .await
}

/// The area with this code and everything that it is part of; nothing when there is no such area.
pub async fn ancestry(
    connection: &mut PgConnection,
    organization: Uuid,
    code: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"WITH RECURSIVE ancestry AS (
               SELECT code, parent_code FROM spaces.areas WHERE organization_id = $1 AND code = $2
               UNION
               SELECT area.code, area.parent_code
               FROM spaces.areas AS area
               JOIN ancestry ON area.code = ancestry.parent_code
               WHERE area.organization_id = $1)
           SELECT code AS "code!" FROM ancestry"#,
        organization,
        code
    )
    .fetch_all(connection)
    .await
}

/// Areas by code, from the one after `after`.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Area>> {
    sqlx::query_as!(
        Area,
        "SELECT code, title, parent_code AS parent
         FROM spaces.areas
         WHERE organization_id = $1 AND code > $2
         ORDER BY code
         LIMIT $3",
        organization,
        after.unwrap_or_default(),
        limit
    )
    .fetch_all(connection)
    .await
}
