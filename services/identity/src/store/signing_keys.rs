//! Signing keys. They are the installation's, not an organization's.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A key pair as it is stored.
pub struct StoredKey {
    /// Its id.
    pub kid: String,
    /// The private key, sealed.
    pub private_key: Vec<u8>,
    /// The `x` of the public key.
    pub public_key: String,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// From when on nothing is signed with it.
    pub retire_time: Option<DateTime<Utc>>,
}

/// Keeps other replicas from making keys until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('identity.signing_keys', 0))")
        .execute(connection)
        .await?;
    Ok(())
}

/// The keys that sign or whose tokens may still live, newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    retired_since: DateTime<Utc>,
) -> Result<Vec<StoredKey>, sqlx::Error> {
    sqlx::query_as!(
        StoredKey,
        "SELECT kid, private_key, public_key, create_time, retire_time FROM identity.signing_keys
         WHERE retire_time IS NULL OR retire_time > $1 ORDER BY create_time DESC, kid",
        retired_since
    )
    .fetch_all(connection)
    .await
}

/// Adds a key.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    kid: &str,
    private_key: &[u8],
    public_key: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.signing_keys (kid, private_key, public_key, create_time) VALUES ($1, $2, $3, $4)",
        kid,
        private_key,
        public_key,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Destroys all keys but `kept`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_others(connection: &mut PgConnection, kept: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.signing_keys WHERE kid <> $1", kept).execute(connection).await?;
    Ok(())
}

/// Retires the keys that sign, except `kept`, from `time` on.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn retire_others(
    connection: &mut PgConnection,
    kept: &str,
    time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.signing_keys SET retire_time = $2 WHERE retire_time IS NULL AND kid <> $1",
        kept,
        time
    )
    .execute(connection)
    .await?;
    Ok(())
}
