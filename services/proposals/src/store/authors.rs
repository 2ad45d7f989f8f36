//! The authors of proposals.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whoever submits as this author, and whoever forgets them, wait for each other from here on.
pub async fn lock(connection: &mut PgConnection, author: &str) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", author)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Whether the author is erased.
pub async fn is_erased(connection: &mut PgConnection, author: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM proposals.erased_authors WHERE author = $1) AS "erased!""#,
        author
    )
    .fetch_one(connection)
    .await
}

/// Shows another name with an author's own proposals. Gives how many.
pub async fn rename(
    connection: &mut PgConnection,
    author: &str,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    Ok(sqlx::query!(
        "UPDATE proposals.proposals SET author_name = $2, revision = revision + 1, update_time = $3
         WHERE author = $1 AND author_kind = 1 AND author_name <> $2",
        author,
        name,
        now
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Shows another name with the proposals of an association. Gives how many.
pub async fn rename_association(
    connection: &mut PgConnection,
    association: Uuid,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    Ok(sqlx::query!(
        "UPDATE proposals.proposals SET author_name = $2, revision = revision + 1, update_time = $3
         WHERE association_id = $1 AND author_name <> $2",
        association,
        name,
        now
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Forgets an author: their proposals are nobody's, and answers that are kept for their requests are gone. What they wrote for an
/// association stays the association's.
pub async fn erase(
    connection: &mut PgConnection,
    organization: Uuid,
    author: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO proposals.erased_authors (organization_id, author) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        organization,
        author
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE proposals.proposals
         SET author = '', author_name = CASE author_kind WHEN 2 THEN author_name ELSE '' END,
             revision = revision + 1, update_time = $2
         WHERE author = $1",
        author,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("DELETE FROM requests WHERE caller = $1", author).execute(connection).await?;
    Ok(())
}
