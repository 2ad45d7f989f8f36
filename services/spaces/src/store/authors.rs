//! Who has sent photos and documents, and is gone.

use sqlx::PgConnection;
use uuid::Uuid;

/// Whoever sends as this author, and whoever forgets them, wait for each other from here on.
pub async fn lock(connection: &mut PgConnection, author: &str) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", author)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Whether the author is erased.
pub async fn is_erased(connection: &mut PgConnection, author: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM spaces.erased_authors WHERE author = $1) AS "erased!""#,
        author
    )
    .fetch_one(connection)
    .await
}

/// Forgets an author: the reasons that they were given, and the answers that are kept for their requests. From now on nothing is
/// taken from them.
pub async fn erase(connection: &mut PgConnection, organization: Uuid, author: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.erased_authors (organization_id, author) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        organization,
        author
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("DELETE FROM spaces.removed_attachments WHERE owner = $1", author)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM requests WHERE caller = $1", author).execute(connection).await?;
    Ok(())
}
