//! Participants, what they accepted, and what the organization lets them do.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What an organization says of registering.
#[derive(Clone, Debug)]
pub struct Participation {
    /// Whether people may register.
    pub registration_open: bool,
    /// The present version of its terms.
    pub terms_version: i32,
    /// The time zone of its calendar.
    pub time_zone: String,
}

/// What an organization says of registering. One that has said nothing yet lets nobody.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn participation(
    connection: &mut PgConnection,
    organization: Uuid,
) -> Result<Participation, sqlx::Error> {
    let found = sqlx::query_as!(
        Participation,
        "SELECT registration_open, terms_version, time_zone FROM identity.participation WHERE organization_id = $1",
        organization
    )
    .fetch_optional(connection)
    .await?;
    let nothing =
        || Participation { registration_open: false, terms_version: 1, time_zone: "UTC".to_owned() };
    Ok(found.unwrap_or_else(nothing))
}

/// Keeps what an organization says of registering, unless something newer is kept.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_participation(
    connection: &mut PgConnection,
    organization: Uuid,
    now: &Participation,
    revision: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.participation AS kept (organization_id, registration_open, terms_version, revision, time_zone)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id) DO UPDATE
         SET registration_open = excluded.registration_open, terms_version = excluded.terms_version,
             revision = excluded.revision, time_zone = excluded.time_zone
         WHERE kept.revision < excluded.revision",
        organization,
        now.registration_open,
        now.terms_version,
        revision,
        now.time_zone
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A participant as stored.
pub struct StoredParticipant {
    /// Their id.
    pub participant_id: Uuid,
    /// Their e-mail address, sealed; nothing for who came from a provider and gave none.
    pub email: Option<Vec<u8>>,
    /// Their pseudonym.
    pub author: String,
    /// Their name, sealed; nothing until it is chosen.
    pub display_name: Option<Vec<u8>>,
    /// The language that they read; empty when it is not known.
    pub language: String,
    /// The day on which they registered.
    pub create_day: NaiveDate,
    /// The day on which they declared to be old enough, or a provider vouched for it.
    pub age_declaration_day: Option<NaiveDate>,
    /// The last version of the terms that they accepted; 0 for none.
    pub terms_version: i32,
}

/// Adds a participant, unless the address has one. Gives whether it was added.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    new: &StoredParticipant,
    email_lookup: Option<&[u8]>,
) -> Result<bool, sqlx::Error> {
    let added = sqlx::query!(
        "INSERT INTO identity.participants
             (participant_id, organization_id, email, email_lookup, author, language, create_day, age_declaration_day)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT ON CONSTRAINT participants_email DO NOTHING",
        new.participant_id,
        organization,
        new.email.as_deref(),
        email_lookup,
        new.author,
        new.language,
        new.create_day,
        new.age_declaration_day
    )
    .execute(connection)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// The columns of [`StoredParticipant`], of those for whom `$condition` holds.
macro_rules! participant {
    ($connection:expr, $condition:literal, $($value:expr),+) => {
        sqlx::query_as!(
            StoredParticipant,
            r#"SELECT participant_id, email, author, display_name, language, create_day, age_declaration_day,
                      coalesce((SELECT max(a.terms_version) FROM identity.terms_acceptances a
                                WHERE a.participant_id = p.participant_id), 0) AS "terms_version!"
               FROM identity.participants p "# + $condition,
            $($value),+
        )
        .fetch_optional($connection)
        .await
    };
}

/// The participant with this e-mail address, who is not erased until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_by_email(
    connection: &mut PgConnection,
    email_lookup: &[u8],
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(connection, "WHERE email_lookup = $1 FOR SHARE OF p", email_lookup)
}

/// The participant who has this identity at a provider, who is not erased until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_by_identity(
    connection: &mut PgConnection,
    identity_lookup: &[u8],
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(
        connection,
        "WHERE participant_id = (SELECT l.participant_id FROM identity.provider_links l WHERE l.identity_lookup = $1)
         FOR SHARE OF p",
        identity_lookup
    )
}

/// The participant whose live session this is, locked against changes.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_of_session(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(
        connection,
        "WHERE participant_id = (SELECT s.participant_id FROM identity.sessions s
                                 WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2)
         FOR UPDATE OF p",
        session_id,
        now
    )
}

/// The participant whose live session this is.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_session(
    connection: &mut PgConnection,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(
        connection,
        "WHERE participant_id = (SELECT s.participant_id FROM identity.sessions s
                                 WHERE s.session_id = $1 AND s.revoke_time IS NULL AND s.expire_time > $2)",
        session_id,
        now
    )
}

/// The participant with this pseudonym.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn by_author(
    connection: &mut PgConnection,
    organization: Uuid,
    author: &str,
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(connection, "WHERE organization_id = $1 AND author = $2", organization, author)
}

/// The participant with this id.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    participant_id: Uuid,
) -> Result<Option<StoredParticipant>, sqlx::Error> {
    participant!(connection, "WHERE participant_id = $1", participant_id)
}

/// Writes what a participant chose: name, language, and when they declared to be old enough.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn update(connection: &mut PgConnection, changed: &StoredParticipant) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.participants SET display_name = $2, language = $3, age_declaration_day = $4
         WHERE participant_id = $1",
        changed.participant_id,
        changed.display_name,
        changed.language,
        changed.age_declaration_day
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a participant accepted a version of the terms; once.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn accept(
    connection: &mut PgConnection,
    organization: Uuid,
    participant_id: Uuid,
    terms_version: i32,
    day: NaiveDate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.terms_acceptances (participant_id, organization_id, terms_version, accept_day)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        participant_id,
        organization,
        terms_version,
        day
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Versions of the terms that a participant accepted, and when.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn acceptances(
    connection: &mut PgConnection,
    participant_id: Uuid,
) -> Result<Vec<(i32, NaiveDate)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT terms_version, accept_day FROM identity.terms_acceptances
         WHERE participant_id = $1 ORDER BY terms_version",
        participant_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.terms_version, row.accept_day)).collect())
}

/// Deletes a participant, with sessions, acceptances, residences and cases.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(connection: &mut PgConnection, participant_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.participants WHERE participant_id = $1", participant_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes those who registered before `day` and never chose a name.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_unnamed(connection: &mut PgConnection, day: NaiveDate) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM identity.participants WHERE display_name IS NULL AND create_day < $1", day)
        .execute(connection)
        .await?
        .rows_affected())
}
