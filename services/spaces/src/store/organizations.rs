//! Organizations and their host names.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::organization::Organization;

/// Writes a new organization without its host names.
pub async fn insert(connection: &mut PgConnection, new: &Organization) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.organizations (organization_id, display_name, time_zone, create_time)
         VALUES ($1, $2, $3, $4)",
        new.organization_id,
        new.display_name,
        new.time_zone,
        new.create_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives host names to an organization, as far as nobody has them. Gives those that it got.
pub async fn claim_host_names(
    connection: &mut PgConnection,
    organization: Uuid,
    names: &[String],
) -> sqlx::Result<Vec<String>> {
    // In the order of the names, so that two who claim the same ones do not wait for each other.
    sqlx::query_scalar!(
        "INSERT INTO spaces.host_names (host_name, organization_id, position)
         SELECT name, $1, place::smallint
         FROM UNNEST($2::text[]) WITH ORDINALITY AS claimed (name, place)
         ORDER BY name
         ON CONFLICT (host_name) DO NOTHING
         RETURNING host_name",
        organization,
        names
    )
    .fetch_all(connection)
    .await
}

/// The organization with this id.
pub async fn get(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<Option<Organization>> {
    sqlx::query_as!(
        Organization,
        r#"SELECT organization_id, display_name, time_zone, create_time,
                  ARRAY(SELECT host_name FROM spaces.host_names AS name
                        WHERE name.organization_id = organization.organization_id
                        ORDER BY position) AS "host_names!"
           FROM spaces.organizations AS organization
           WHERE organization_id = $1"#,
        organization
    )
    .fetch_optional(connection)
    .await
}

/// The id of the organization that a host name leads to.
pub async fn find(connection: &mut PgConnection, host_name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("SELECT organization_id FROM spaces.host_names WHERE host_name = $1", host_name)
        .fetch_optional(connection)
        .await
}

/// Whether the organization exists; if so, whoever asks next waits for the end of this transaction.
pub async fn lock(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT organization_id FROM spaces.organizations WHERE organization_id = $1 FOR NO KEY UPDATE",
        organization
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}
