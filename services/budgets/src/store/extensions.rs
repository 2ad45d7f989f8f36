//! Votes that close later than they were scheduled to.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;

/// That a vote is to close later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its id.
    pub extension_id: Uuid,
    /// When the vote is to close.
    pub close_time: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// Whether somebody else than who proposed it has to do it.
    pub by_two: bool,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub propose_time: DateTime<Utc>,
    /// When it was done, if it was.
    pub done_time: Option<DateTime<Utc>>,
}

/// What is proposed for a poll and not done.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn proposed(connection: &mut PgConnection, poll: Uuid) -> Result<Option<Extension>, Error> {
    Ok(sqlx::query_as!(
        Extension,
        "SELECT extension_id, close_time, reason, by_two, proposed_by, propose_time, done_time
         FROM budgets.vote_extensions WHERE poll_id = $1 AND done_time IS NULL",
        poll
    )
    .fetch_optional(connection)
    .await?)
}

/// What was done for a poll, to close then.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn done(
    connection: &mut PgConnection,
    poll: Uuid,
    close_time: DateTime<Utc>,
) -> Result<Option<Extension>, Error> {
    Ok(sqlx::query_as!(
        Extension,
        "SELECT extension_id, close_time, reason, by_two, proposed_by, propose_time, done_time
         FROM budgets.vote_extensions WHERE poll_id = $1 AND close_time = $2 AND done_time IS NOT NULL",
        poll,
        close_time
    )
    .fetch_optional(connection)
    .await?)
}

/// Writes a proposal, in place of the one that there is.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn propose(
    connection: &mut PgConnection,
    organization: Uuid,
    (budget, poll): (Uuid, Uuid),
    extension: &Extension,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.vote_extensions (extension_id, budget_id, organization_id, poll_id, close_time, reason,
             by_two, proposed_by, propose_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (poll_id) WHERE done_time IS NULL DO UPDATE
         SET extension_id = excluded.extension_id, close_time = excluded.close_time, reason = excluded.reason,
             by_two = excluded.by_two, proposed_by = excluded.proposed_by, propose_time = excluded.propose_time",
        extension.extension_id,
        budget,
        organization,
        poll,
        extension.close_time,
        extension.reason,
        extension.by_two,
        extension.proposed_by,
        extension.propose_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that it is done. Gives whether it was not before.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn finish(
    connection: &mut PgConnection,
    extension: Uuid,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let updated = sqlx::query!(
        "UPDATE budgets.vote_extensions SET done_by = $2, done_time = $3
         WHERE extension_id = $1 AND done_time IS NULL",
        extension,
        by,
        now
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}
