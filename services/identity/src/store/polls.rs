//! What identity knows of polls, and their keys.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::eligibility::{Basis, Poll};

/// Keeps a poll with its sealed key, unless it is known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    poll: &Poll,
    poll_key: &[u8],
    create_time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let none: &[String] = &[];
    let (basis, providers, level) = match &poll.basis {
        Basis::Roll(_) => ("ROLL", none, ""),
        Basis::Participants => ("PARTICIPANTS", none, ""),
        Basis::Providers { providers, level } => ("PROVIDERS", providers.as_slice(), level.as_str()),
        Basis::Anyone => ("ANYONE", none, ""),
    };
    sqlx::query!(
        "INSERT INTO identity.polls
             (poll_id, organization_id, roll_id, districts, minimum_age, open_time, close_time, poll_key, time_zone,
              create_time, paper_close_time, basis, providers, provider_level)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (poll_id) DO NOTHING",
        poll.poll_id,
        poll.organization_id,
        poll.roll(),
        &poll.districts,
        poll.minimum_age,
        poll.open_time,
        poll.close_time,
        poll_key,
        poll.time_zone.name(),
        create_time,
        poll.paper_close_time,
        basis,
        providers,
        level
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A poll as stored.
struct PollRow {
    poll_id: Uuid,
    organization_id: Uuid,
    roll_id: Option<Uuid>,
    districts: Vec<String>,
    minimum_age: i32,
    open_time: DateTime<Utc>,
    close_time: DateTime<Utc>,
    poll_key: Option<Vec<u8>>,
    time_zone: String,
    paper_close_time: DateTime<Utc>,
    basis: String,
    providers: Vec<String>,
    provider_level: String,
}

impl PollRow {
    fn read(self) -> Result<(Poll, Option<Vec<u8>>), Unreadable> {
        let time_zone = self.time_zone.parse();
        let basis = match (self.basis.as_str(), self.roll_id) {
            ("ROLL", Some(roll)) => Basis::Roll(roll),
            ("PARTICIPANTS", _) => Basis::Participants,
            ("PROVIDERS", _) => Basis::Providers { providers: self.providers, level: self.provider_level },
            ("ANYONE", _) => Basis::Anyone,
            _ => return Err(Unreadable::new("identity.polls", "basis", self.poll_id)),
        };
        let poll = Poll {
            poll_id: self.poll_id,
            organization_id: self.organization_id,
            basis,
            districts: self.districts,
            minimum_age: self.minimum_age,
            time_zone: time_zone.map_err(|_| Unreadable::new("identity.polls", "time_zone", self.poll_id))?,
            open_time: self.open_time,
            close_time: self.close_time,
            paper_close_time: self.paper_close_time,
        };
        Ok((poll, self.poll_key))
    }
}

/// A poll and its sealed key; nothing as the key once it is destroyed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<(Poll, Option<Vec<u8>>)>, sqlx::Error> {
    let row = sqlx::query_as!(
        PollRow,
        r#"SELECT poll_id, organization_id, roll_id, districts, minimum_age, open_time, close_time, poll_key, time_zone,
                  coalesce(paper_close_time, close_time) AS "paper_close_time!", basis, providers, provider_level
           FROM identity.polls WHERE poll_id = $1"#,
        poll_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(PollRow::read).transpose()?)
}

/// The polls of a roll that are to come, open, or whose paper ballots are still entered. Not those that were called off
/// before they opened.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn unfinished(
    connection: &mut PgConnection,
    roll_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<Poll>, sqlx::Error> {
    let rows = sqlx::query_as!(
        PollRow,
        r#"SELECT poll_id, organization_id, roll_id, districts, minimum_age, open_time, close_time, poll_key, time_zone,
                  coalesce(paper_close_time, close_time) AS "paper_close_time!", basis, providers, provider_level
           FROM identity.polls
           WHERE roll_id = $1 AND close_time > open_time
               AND greatest(close_time, coalesce(paper_close_time, close_time)) > $2"#,
        roll_id,
        now
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Ok(row.read()?.0)).collect()
}

/// Whether a poll is paused.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn is_paused(connection: &mut PgConnection, poll_id: Uuid) -> Result<bool, sqlx::Error> {
    let paused = sqlx::query_scalar!("SELECT paused FROM identity.polls WHERE poll_id = $1", poll_id);
    Ok(paused.fetch_optional(connection).await?.unwrap_or(false))
}

/// A poll was paused or resumed by its act of this number. A later act that is known stands. Gives whether the poll is known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_paused(
    connection: &mut PgConnection,
    poll_id: Uuid,
    act: i32,
    paused: bool,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "UPDATE identity.polls SET paused = CASE WHEN last_act < $2 THEN $3 ELSE paused END, last_act = greatest(last_act, $2)
         WHERE poll_id = $1",
        poll_id,
        act,
        paused
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// A poll closes later, unless it has ended meanwhile. Gives whether it is known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn extend(
    connection: &mut PgConnection,
    poll_id: Uuid,
    close_time: DateTime<Utc>,
    paper_close_time: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "UPDATE identity.polls
         SET close_time = CASE WHEN ended THEN close_time ELSE greatest(close_time, $2) END,
             paper_close_time = CASE WHEN ended THEN paper_close_time ELSE greatest(paper_close_time, $3) END
         WHERE poll_id = $1",
        poll_id,
        close_time,
        paper_close_time
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// A poll closed at `time`, if that is earlier than planned. Gives whether the poll is known.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn close(
    connection: &mut PgConnection,
    poll_id: Uuid,
    time: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "UPDATE identity.polls SET close_time = least(close_time, $2), ended = true WHERE poll_id = $1",
        poll_id,
        time
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Destroys the keys of polls that closed before `before`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn destroy_keys(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "UPDATE identity.polls SET poll_key = NULL WHERE close_time < $1 AND poll_key IS NOT NULL",
        before
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Deletes the notes of whose paper permits officers asked for, of polls whose key is destroyed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_paper_permits(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM identity.paper_permits l USING identity.polls p
         WHERE p.poll_id = l.poll_id AND p.poll_key IS NULL"
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Notes that an officer was given a member's paper permit.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn log_paper_permits(
    connection: &mut PgConnection,
    organization: Uuid,
    poll_id: Uuid,
    officer: &str,
    ids: &[Uuid],
    number_lookups: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.paper_permits
             (organization_id, poll_id, officer, issue_time, paper_permit_id, member_number_lookup)
         SELECT $1, $2, $3, $4, id, lookup FROM UNNEST($5::uuid[], $6::bytea[]) AS n (id, lookup) ORDER BY id",
        organization,
        poll_id,
        officer,
        now,
        ids,
        number_lookups
    )
    .execute(connection)
    .await?;
    Ok(())
}
