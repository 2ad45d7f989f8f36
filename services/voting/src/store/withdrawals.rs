//! Signatures that were taken back.

use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ballot::SIGNATURE;
use crate::domain::{CastDigest, Nullifier};

/// A signature that was taken back.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// What is kept of the secret of the withdrawal.
    pub secret: CastDigest,
    /// What is kept of the secret of the signature.
    pub signed: CastDigest,
}

/// Takes a signature back, if there is one that was not: the withdrawal waits for the poll's log. The caller has the poll's lock, so
/// that the transaction has no number yet; it gets a later one than that of the signature, which it sees.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn withdraw(
    connection: &mut PgConnection,
    poll_id: Uuid,
    nullifier: &Nullifier,
    secret: &CastDigest,
    minute: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH signed AS (
             SELECT nullifier, cast_digest, district, paper FROM voting.ballots
             WHERE poll_id = $1 AND nullifier = $2 AND ballot = $3
         ), withdrawn AS (
             INSERT INTO voting.withdrawals (poll_id, nullifier, secret_digest)
             SELECT $1, nullifier, $4 FROM signed
             ON CONFLICT (poll_id, nullifier) DO NOTHING
             RETURNING nullifier
         )
         INSERT INTO voting.log_waiting (poll_id, transaction, nullifier, cast_digest, district, paper, minute, withdrawal)
         SELECT $1, pg_current_xact_id(), nullifier, cast_digest, district, paper, $5, true
         FROM signed JOIN withdrawn USING (nullifier)",
        poll_id,
        nullifier.as_bytes(),
        SIGNATURE,
        secret.as_bytes(),
        minute
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The withdrawal of somebody's signature.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn withdrawn(
    connection: &mut PgConnection,
    poll_id: Uuid,
    nullifier: &Nullifier,
) -> Result<Option<Withdrawn>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT w.secret_digest, b.cast_digest FROM voting.withdrawals w
         JOIN voting.ballots b ON b.poll_id = w.poll_id AND b.nullifier = w.nullifier
         WHERE w.poll_id = $1 AND w.nullifier = $2",
        poll_id,
        nullifier.as_bytes()
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let read = |bytes: &[u8], column| {
            CastDigest::from_slice(bytes)
                .ok_or_else(|| Unreadable::new("voting.withdrawals", column, poll_id))
        };
        Ok(Withdrawn {
            secret: read(&row.secret_digest, "secret_digest")?,
            signed: read(&row.cast_digest, "cast_digest")?,
        })
    })
    .transpose()
}
