//! Votes that need their phase.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::phase::Vote;

/// Until when the vote of this poll holds its phase.
pub async fn held_until(connection: &mut PgConnection, poll: Uuid) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("SELECT close_time FROM spaces.votes WHERE poll_id = $1", poll)
        .fetch_optional(connection)
        .await
}

/// Writes a vote, or that it closes later.
pub async fn hold(
    connection: &mut PgConnection,
    organization: Uuid,
    process: Uuid,
    vote: &Vote,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.votes (poll_id, organization_id, process_id, open_time, close_time)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (poll_id) DO UPDATE SET close_time = excluded.close_time",
        vote.poll,
        organization,
        process,
        vote.open_time,
        vote.close_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The votes of a process that are not over at `now`, by their opening.
pub async fn of(connection: &mut PgConnection, process: Uuid, now: DateTime<Utc>) -> sqlx::Result<Vec<Vote>> {
    sqlx::query_as!(
        Vote,
        "SELECT poll_id AS poll, open_time, close_time FROM spaces.votes
         WHERE process_id = $1 AND close_time > $2
         ORDER BY open_time, poll_id",
        process,
        now
    )
    .fetch_all(connection)
    .await
}

/// Forgets a vote.
pub async fn delete(connection: &mut PgConnection, poll: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM spaces.votes WHERE poll_id = $1", poll).execute(connection).await?;
    Ok(())
}
