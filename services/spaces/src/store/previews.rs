//! Links to processes that are not published.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::preview::PreviewLink;

/// Writes a new link.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    link: &PreviewLink,
    digest: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.preview_links
             (preview_link_id, organization_id, process_id, title, code_digest, create_time, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        link.preview_link_id,
        organization,
        link.process_id,
        link.title,
        digest,
        link.create_time,
        link.expire_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The links of a process that have not expired, the newest first.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    process: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<PreviewLink>> {
    sqlx::query_as!(
        PreviewLink,
        "SELECT preview_link_id, process_id, title, create_time, expire_time
         FROM spaces.preview_links
         WHERE organization_id = $1 AND process_id = $2 AND expire_time > $3
         ORDER BY preview_link_id DESC",
        organization,
        process,
        now
    )
    .fetch_all(connection)
    .await
}

/// Removes a link. Gives the process that it was of.
pub async fn delete(connection: &mut PgConnection, link: Uuid) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "DELETE FROM spaces.preview_links WHERE preview_link_id = $1 RETURNING process_id",
        link
    )
    .fetch_optional(connection)
    .await
}

/// Removes the links of an organization that have expired.
pub async fn delete_expired(
    connection: &mut PgConnection,
    organization: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM spaces.preview_links WHERE organization_id = $1 AND expire_time <= $2",
        organization,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The link with the code of this digest, unless it has expired.
pub async fn of_code(
    connection: &mut PgConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<PreviewLink>> {
    sqlx::query_as!(
        PreviewLink,
        "SELECT preview_link_id, process_id, title, create_time, expire_time
         FROM spaces.preview_links
         WHERE code_digest = $1 AND expire_time > $2",
        digest,
        now
    )
    .fetch_optional(connection)
    .await
}
