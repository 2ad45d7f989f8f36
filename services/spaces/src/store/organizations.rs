//! Organizations and their host names.

use comitia_proto::spaces::v1::OrganizationTextKind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kind, number};
use crate::domain::organization::Organization;
use crate::domain::profile::{Profile, Text, TextKind};

/// Writes a new organization without its host names.
pub async fn insert(connection: &mut PgConnection, new: &Organization) -> sqlx::Result<()> {
    let profile = &new.profile;
    sqlx::query!(
        "INSERT INTO spaces.organizations (organization_id, display_name, time_zone, create_time, languages, country,
                                           contact_email, brand_color, revision, registration_open,
                                           terms_version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.organization_id,
        new.display_name,
        new.time_zone,
        new.create_time,
        &profile.languages,
        profile.country,
        profile.contact_email,
        profile.brand_color,
        new.revision,
        new.registration_open,
        new.terms_version
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes an organization's new values.
pub async fn update(connection: &mut PgConnection, changed: &Organization) -> sqlx::Result<()> {
    let profile = &changed.profile;
    sqlx::query!(
        "UPDATE spaces.organizations
         SET display_name = $2, time_zone = $3, languages = $4, country = $5, contact_email = $6, brand_color = $7,
             revision = $8, registration_open = $9, terms_version = $10, canonical_host_name = $11
         WHERE organization_id = $1",
        changed.organization_id,
        changed.display_name,
        changed.time_zone,
        &profile.languages,
        profile.country,
        profile.contact_email,
        profile.brand_color,
        changed.revision,
        changed.registration_open,
        changed.terms_version,
        changed.canonical_host_name
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The texts of an organization.
pub async fn texts(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<Vec<Text>> {
    let rows = sqlx::query!(
        "SELECT kind, language, body FROM spaces.organization_texts
         WHERE organization_id = $1 ORDER BY kind, language",
        organization
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind: OrganizationTextKind = kind(row.kind, "spaces.organization_texts", organization)?;
            Ok(Text { kind: TextKind(number(kind)), language: row.language, body: row.body })
        })
        .collect()
}

/// Makes these the texts of an organization.
pub async fn write_texts(
    connection: &mut PgConnection,
    organization: Uuid,
    texts: &[Text],
) -> sqlx::Result<()> {
    let kinds: Vec<i16> = texts.iter().map(|text| text.kind.0).collect();
    let languages: Vec<String> = texts.iter().map(|text| text.language.clone()).collect();
    let bodies: Vec<String> = texts.iter().map(|text| text.body.clone()).collect();
    sqlx::query!("DELETE FROM spaces.organization_texts WHERE organization_id = $1", organization)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "INSERT INTO spaces.organization_texts (organization_id, kind, language, body)
         SELECT $1, kind, language, body
         FROM UNNEST($2::smallint[], $3::text[], $4::text[]) AS given (kind, language, body)",
        organization,
        &kinds,
        &languages,
        &bodies
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

/// Takes all host names from an organization.
pub async fn release_host_names(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM spaces.host_names WHERE organization_id = $1", organization)
        .execute(connection)
        .await?;
    Ok(())
}

/// The organization with this id.
pub async fn get(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<Option<Organization>> {
    let row = sqlx::query!(
        r#"SELECT organization_id, display_name, time_zone, create_time, languages, country, contact_email, brand_color,
                  revision, registration_open, terms_version, canonical_host_name,
                  ARRAY(SELECT host_name FROM spaces.host_names AS name
                        WHERE name.organization_id = organization.organization_id
                        ORDER BY position) AS "host_names!"
           FROM spaces.organizations AS organization
           WHERE organization_id = $1"#,
        organization
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Organization {
        organization_id: row.organization_id,
        display_name: row.display_name,
        host_names: row.host_names,
        canonical_host_name: row.canonical_host_name,
        time_zone: row.time_zone,
        create_time: row.create_time,
        profile: Profile {
            languages: row.languages,
            country: row.country,
            contact_email: row.contact_email,
            brand_color: row.brand_color,
        },
        revision: row.revision,
        registration_open: row.registration_open,
        terms_version: row.terms_version,
    }))
}

/// The id of the organization that a host name leads to.
pub async fn find(connection: &mut PgConnection, host_name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("SELECT organization_id FROM spaces.host_names WHERE host_name = $1", host_name)
        .fetch_optional(connection)
        .await
}

/// Whether the organization exists; if so, locks it until the end of this transaction.
pub async fn lock(connection: &mut PgConnection, organization: Uuid) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT organization_id FROM spaces.organizations WHERE organization_id = $1 FOR NO KEY UPDATE",
        organization
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}
