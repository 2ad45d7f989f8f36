//! Which person of a provider has which account, and which providers an organization lets vouch for accounts.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

/// A provider that is linked to an account.
pub struct StoredLink {
    /// The provider's id.
    pub provider: String,
    /// The day on which it was linked.
    pub link_day: NaiveDate,
}

/// A link to keep.
pub struct NewLink<'a> {
    /// The organization.
    pub organization: Uuid,
    /// The account.
    pub participant_id: Uuid,
    /// The provider's id.
    pub provider: &'a str,
    /// The keyed hash of the provider's name for the person.
    pub identity_lookup: &'a [u8],
    /// Today.
    pub day: NaiveDate,
}

/// Links an identity to an account, unless the identity has one already or the account has another identity of the provider.
/// Gives whether it was linked now.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, new: &NewLink<'_>) -> Result<bool, sqlx::Error> {
    let added = sqlx::query!(
        "INSERT INTO identity.provider_links
             (provider_link_id, organization_id, participant_id, provider, identity_lookup, link_day)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        comitia_core::id::random(),
        new.organization,
        new.participant_id,
        new.provider,
        new.identity_lookup,
        new.day
    )
    .execute(connection)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// The account that has this identity.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn holder(
    connection: &mut PgConnection,
    identity_lookup: &[u8],
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT participant_id FROM identity.provider_links WHERE identity_lookup = $1",
        identity_lookup
    )
    .fetch_optional(connection)
    .await
}

/// The providers that are linked to an account, in the order of their ids.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_participant(
    connection: &mut PgConnection,
    participant_id: Uuid,
) -> Result<Vec<StoredLink>, sqlx::Error> {
    sqlx::query_as!(
        StoredLink,
        "SELECT provider, link_day FROM identity.provider_links WHERE participant_id = $1 ORDER BY provider",
        participant_id
    )
    .fetch_all(connection)
    .await
}

/// Takes a provider from an account. Gives whether it was linked.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(
    connection: &mut PgConnection,
    participant_id: Uuid,
    provider: &str,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "DELETE FROM identity.provider_links WHERE participant_id = $1 AND provider = $2",
        participant_id,
        provider
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// The ids of the providers that the organization lets vouch for accounts, in order.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn allowed(connection: &mut PgConnection, organization: Uuid) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT provider FROM identity.account_providers WHERE organization_id = $1 ORDER BY provider",
        organization
    )
    .fetch_all(connection)
    .await
}

/// Lets these providers vouch for accounts, and no others.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn allow(
    connection: &mut PgConnection,
    organization: Uuid,
    providers: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM identity.account_providers WHERE organization_id = $1 AND provider <> ALL ($2)",
        organization,
        providers
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO identity.account_providers (organization_id, provider)
         SELECT $1, given FROM unnest($2::text[]) AS given ON CONFLICT DO NOTHING",
        organization,
        providers
    )
    .execute(connection)
    .await?;
    Ok(())
}
