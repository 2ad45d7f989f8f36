//! How a poll ends: closed and sealed, or called off.

use chrono::{DateTime, Utc};
use comitia_proto::voting::v1::Turnout;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{state, unreadable};
use crate::domain::poll::{self, Ending};

/// How a poll has ended at `now`, if it has, with its organization; nothing when there is no such poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn ending(
    connection: &mut PgConnection,
    poll_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Option<Ending>)>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT organization_id, state, open_time, close_time, early_close_time FROM voting.polls WHERE id = $1",
        poll_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let (state, period) = (state(&row.state, poll_id)?, (row.open_time, row.close_time));
        Ok((row.organization_id, poll::ending(state, period, row.early_close_time, now)))
    })
    .transpose()
}

/// Closes a poll that is not closed, and keeps `time` if that is before its time. Gives whether it did.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn close(
    connection: &mut PgConnection,
    poll_id: Uuid,
    reason: Option<&str>,
    time: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let closed = sqlx::query!(
        "UPDATE voting.polls SET state = 'closed', close_reason = $2,
                early_close_time = CASE WHEN $3 < close_time THEN $3 END
         WHERE id = $1 AND state IN ('scheduled', 'open')",
        poll_id,
        reason,
        time
    )
    .execute(connection)
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Cancels a poll that has not opened. Gives whether it did.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn cancel(
    connection: &mut PgConnection,
    poll_id: Uuid,
    officer: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let cancelled = sqlx::query!(
        "UPDATE voting.polls SET state = 'cancelled', call_off_officer = $2, call_off_reason = $3
         WHERE id = $1 AND state = 'scheduled'",
        poll_id,
        officer,
        reason
    )
    .execute(connection)
    .await?;
    Ok(cancelled.rows_affected() == 1)
}

/// Who proposes to annul a poll, and why.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn annulment(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let row =
        sqlx::query!("SELECT call_off_officer, call_off_reason FROM voting.polls WHERE id = $1", poll_id)
            .fetch_optional(connection)
            .await?;
    Ok(row.and_then(|row| row.call_off_officer.zip(row.call_off_reason)))
}

/// Keeps that somebody proposes to annul a poll, in place of an earlier proposal.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn propose_annulment(
    connection: &mut PgConnection,
    poll_id: Uuid,
    officer: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.polls SET call_off_officer = $2, call_off_reason = $3 WHERE id = $1",
        poll_id,
        officer,
        reason
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Annuls a poll that has opened and is not sealed, and keeps `time` if that is before its time and it was not closed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn annul(
    connection: &mut PgConnection,
    poll_id: Uuid,
    officer: &str,
    time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.polls SET state = 'annulled', annul_second_officer = $2, seal_refusal = NULL,
                early_close_time = CASE WHEN state <> 'closed' AND $3 < close_time THEN $3 ELSE early_close_time END
         WHERE id = $1 AND state IN ('scheduled', 'open', 'closed')",
        poll_id,
        officer,
        time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the row of a closed poll for sealing. With `skip`, one that another replica is sealing is left to it. Gives
/// whether the poll is closed (and not sealed) and ours.
///
/// # Errors
/// When the database fails or cannot be reached; [`comitia_platform::database::retryable`] when another replica has just sealed it.
pub async fn take_for_sealing(
    connection: &mut PgConnection,
    poll_id: Uuid,
    skip: bool,
) -> Result<bool, sqlx::Error> {
    let found = if skip {
        sqlx::query_scalar!(
            "SELECT id FROM voting.polls WHERE id = $1 AND state = 'closed' FOR UPDATE SKIP LOCKED",
            poll_id
        )
        .fetch_optional(connection)
        .await?
    } else {
        sqlx::query_scalar!(
            "SELECT id FROM voting.polls WHERE id = $1 AND state = 'closed' FOR UPDATE",
            poll_id
        )
        .fetch_optional(connection)
        .await?
    };
    Ok(found.is_some())
}

/// What a poll is sealed with.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The digest of the ballots as they are published.
    pub digest: Vec<u8>,
    /// The digest of the ballots in their exact districts, which is not shown.
    pub inner_digest: Vec<u8>,
    /// No smaller group of ballots is published.
    pub smallest_group: i64,
    /// The published turnout.
    pub turnout: Turnout,
}

/// Seals a closed poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn seal(
    connection: &mut PgConnection,
    poll_id: Uuid,
    sealing: &Sealing,
    time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.polls SET state = 'sealed', seal_digest = $2, seal_time = $3, seal_refusal = NULL,
                inner_digest = $4, smallest_group = $5, sealed_turnout = $6
         WHERE id = $1 AND state = 'closed'",
        poll_id,
        sealing.digest,
        time,
        sealing.inner_digest,
        sealing.smallest_group,
        sealing.turnout.encode_to_vec()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The published turnout of a sealed poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn sealed_turnout(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<Turnout>, sqlx::Error> {
    let bytes = sqlx::query_scalar!("SELECT sealed_turnout FROM voting.polls WHERE id = $1", poll_id)
        .fetch_optional(connection)
        .await?;
    let turnout = bytes.flatten().map(|bytes| Turnout::decode(bytes.as_slice()));
    turnout.transpose().map_err(|_| unreadable("sealed_turnout", poll_id))
}

/// The smallest group that is published of a sealed poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn smallest_group(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<i64>, sqlx::Error> {
    let found = sqlx::query_scalar!("SELECT smallest_group FROM voting.polls WHERE id = $1", poll_id)
        .fetch_optional(connection)
        .await?;
    Ok(found.flatten())
}

/// Keeps why a poll could not be sealed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn refuse_seal(
    connection: &mut PgConnection,
    poll_id: Uuid,
    refusal: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.polls SET seal_refusal = $2 WHERE id = $1 AND state = 'closed'",
        poll_id,
        refusal
    )
    .execute(connection)
    .await?;
    Ok(())
}
