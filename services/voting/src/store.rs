//! All SQL of voting. Functions work in the caller's transaction, unless they say that they stream.

pub mod ballots;
pub mod log;
pub mod paper;
pub mod polls;
pub mod tracking;
pub mod turnout;
pub mod withdrawals;

use sqlx::PgConnection;
use uuid::Uuid;

/// Takes the locks of polls shared with other writers of ballots, until the transaction ends: a close waits for them, and
/// they wait for a close. The intake takes them in [`ballots::accept`]. Always in the same order, against deadlocks.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_for_ballots(connection: &mut PgConnection, polls: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock_shared(key) FROM (
             SELECT DISTINCT voting.poll_lock(id) AS key FROM unnest($1::uuid[]) AS id ORDER BY key
         ) AS keys",
        polls
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the lock of a poll alone, until the transaction ends: no ballot is being written then.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_for_closing(connection: &mut PgConnection, poll: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(voting.poll_lock($1))", poll).execute(connection).await?;
    Ok(())
}
