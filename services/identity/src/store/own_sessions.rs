//! Sessions of participants, as their owners see and end them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::sessions::NewSession;

/// The numbers of the kind of device and of its browser.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceNumbers {
    /// `comitia.identity.v1.DeviceKind`.
    pub kind: i16,
    /// `comitia.identity.v1.DeviceBrowser`.
    pub browser: i16,
}

/// Opens a session of a participant.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open(
    connection: &mut PgConnection,
    new: &NewSession<'_>,
    participant_id: Uuid,
    device: DeviceNumbers,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.sessions (session_id, organization_id, participant_id, refresh_sha256, create_time,
             expire_time, device_kind, device_browser)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.session_id,
        new.organization_id,
        participant_id,
        new.refresh_sha256,
        new.create_time,
        new.expire_time,
        device.kind,
        device.browser
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The participant of a session, whether or not it still lives.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn participant_of(
    connection: &mut PgConnection,
    session_id: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    let found =
        sqlx::query_scalar!("SELECT participant_id FROM identity.sessions WHERE session_id = $1", session_id)
            .fetch_optional(connection)
            .await?;
    Ok(found.flatten())
}

/// A session of an account that lives.
pub struct StoredSession {
    /// Its id.
    pub session_id: Uuid,
    /// The day on which it began.
    pub create_time: DateTime<Utc>,
    /// What it was begun with.
    pub device_kind: i16,
    /// Its browser.
    pub device_browser: i16,
}

/// The sessions of an account that live, the newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    participant_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<StoredSession>, sqlx::Error> {
    sqlx::query_as!(
        StoredSession,
        "SELECT session_id, create_time, device_kind, device_browser FROM identity.sessions
         WHERE participant_id = $1 AND revoke_time IS NULL AND expire_time > $2
         ORDER BY create_time DESC, session_id",
        participant_id,
        now
    )
    .fetch_all(connection)
    .await
}

/// Ends a session of an account; gives whether it is one of them.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn end(
    connection: &mut PgConnection,
    participant_id: Uuid,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query!(
        "UPDATE identity.sessions SET revoke_time = coalesce(revoke_time, $3)
         WHERE session_id = $2 AND participant_id = $1",
        participant_id,
        session_id,
        now
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() > 0)
}
