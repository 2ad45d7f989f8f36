//! How many people signed in, and how many letters came back.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What of a member is counted.
pub struct Counted {
    /// Their roll.
    pub roll_id: Uuid,
    /// Their district.
    pub district: String,
    /// Their birth date, sealed.
    pub birth_date: Option<Vec<u8>>,
}

/// What of a member is counted.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn member(connection: &mut PgConnection, member_id: Uuid) -> Result<Counted, sqlx::Error> {
    sqlx::query_as!(
        Counted,
        "SELECT roll_id, district, birth_date FROM identity.members WHERE member_id = $1",
        member_id
    )
    .fetch_one(connection)
    .await
}

/// The polls of a roll that are open, or open later on this day, in which the member has not been counted: those on whose first
/// day or since then they have no other session.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn uncounted(
    connection: &mut PgConnection,
    roll_id: Uuid,
    member_id: Uuid,
    session_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT poll_id FROM identity.polls AS poll
         WHERE roll_id = $1 AND close_time > $4 AND date_trunc('day', open_time, 'UTC') <= $4
           AND NOT EXISTS (SELECT FROM identity.sessions AS other
                           WHERE other.member_id = $2 AND other.session_id <> $3
                             AND other.create_time >= date_trunc('day', poll.open_time, 'UTC'))",
        roll_id,
        member_id,
        session_id,
        now
    )
    .fetch_all(connection)
    .await
}

/// A sign-in to count.
pub struct SignIn<'a> {
    /// The organization.
    pub organization_id: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// The day.
    pub day: NaiveDate,
    /// `ACCESS_CODE` or `EMAIL`.
    pub way: &'a str,
    /// Which of several rows is written.
    pub shard: i16,
    /// The district, in lower case.
    pub district: &'a str,
    /// The polls in which it is the first, and the age band in each.
    pub polls: &'a [(Uuid, i16)],
}

/// Counts a sign-in. The rows stay locked until the transaction ends, so this is the last thing that it does.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add(connection: &mut PgConnection, sign_in: &SignIn<'_>) -> Result<(), sqlx::Error> {
    let (polls, ages): (Vec<_>, Vec<_>) = sign_in.polls.iter().copied().unzip();
    sqlx::query!(
        "WITH day AS (
             INSERT INTO identity.sign_in_days AS old (organization_id, roll_id, day, way, shard, sign_in_count)
             VALUES ($1, $2, $3, $4, $5, 1)
             ON CONFLICT (roll_id, day, way, shard) DO UPDATE SET sign_in_count = old.sign_in_count + 1)
         INSERT INTO identity.sign_in_groups AS old (organization_id, poll_id, district, age_from, shard, person_count)
         SELECT $1, poll_id, $6, age_from, $5, 1 FROM unnest($7::uuid[], $8::smallint[]) AS first (poll_id, age_from)
         ORDER BY poll_id
         ON CONFLICT (poll_id, district, age_from, shard) DO UPDATE SET person_count = old.person_count + 1",
        sign_in.organization_id,
        sign_in.roll_id,
        sign_in.day,
        sign_in.way,
        sign_in.shard,
        sign_in.district,
        &polls,
        &ages
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many people signed in for a poll, by district and age band.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_poll(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Vec<(String, i32, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT district, age_from, sum(person_count)::bigint AS "count!" FROM identity.sign_in_groups
           WHERE poll_id = $1 GROUP BY district, age_from"#,
        poll_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.district, i32::from(row.age_from), row.count)).collect())
}

/// What happened with a roll on a day.
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// `ACCESS_CODE`, `EMAIL`, `LETTER` or `RETURNED`.
    pub what: String,
    /// How often.
    pub count: i64,
}

/// What happened with a roll, by day: sign-ins, codes for letters, and letters that came back. Newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn days(connection: &mut PgConnection, roll_id: Uuid, limit: i64) -> Result<Vec<Day>, sqlx::Error> {
    sqlx::query_as!(
        Day,
        r#"WITH figures AS (
               SELECT day, way AS what, sign_in_count AS count FROM identity.sign_in_days WHERE roll_id = $1
               UNION ALL
               SELECT (change_time AT TIME ZONE 'UTC')::date, 'LETTER', added_count
               FROM identity.roll_changes WHERE roll_id = $1 AND kind = 'ACCESS_CODES'
               UNION ALL
               SELECT day, 'RETURNED', letter_count FROM identity.returned_letters WHERE roll_id = $1)
           SELECT day AS "day!", what AS "what!", sum(count)::bigint AS "count!" FROM figures
           WHERE day IN (SELECT DISTINCT day FROM figures ORDER BY day DESC LIMIT $2)
           GROUP BY day, what ORDER BY day DESC, what"#,
        roll_id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Sums over all days: sign-ins by code and by e-mail, codes that were made, and how many batches of them.
pub struct Sums {
    /// Sign-ins by access code.
    pub by_code: i64,
    /// Sign-ins by e-mail.
    pub by_email: i64,
    /// Access codes that were made.
    pub letters: i64,
    /// In so many batches.
    pub batches: i64,
}

/// Sums over all days of a roll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn sums(connection: &mut PgConnection, roll_id: Uuid) -> Result<Sums, sqlx::Error> {
    sqlx::query_as!(
        Sums,
        r#"SELECT
               coalesce((SELECT sum(sign_in_count)::bigint FROM identity.sign_in_days
                         WHERE roll_id = $1 AND way = 'ACCESS_CODE'), 0) AS "by_code!",
               coalesce((SELECT sum(sign_in_count)::bigint FROM identity.sign_in_days
                         WHERE roll_id = $1 AND way = 'EMAIL'), 0) AS "by_email!",
               coalesce(sum(added_count)::bigint, 0) AS "letters!", count(*) AS "batches!"
           FROM identity.roll_changes WHERE roll_id = $1 AND kind = 'ACCESS_CODES'"#,
        roll_id
    )
    .fetch_one(connection)
    .await
}

/// Letters that came back.
pub struct Returned<'a> {
    /// The id of the entry.
    pub id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// The day on which they were noted.
    pub day: NaiveDate,
    /// Where to, in lower case.
    pub district: &'a str,
    /// How many.
    pub count: i64,
    /// Who noted it.
    pub officer: &'a str,
}

/// Notes letters that came back.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert_returned(
    connection: &mut PgConnection,
    returned: &Returned<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.returned_letters
             (returned_letters_id, organization_id, roll_id, day, district, letter_count, officer)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        returned.id,
        returned.organization_id,
        returned.roll_id,
        returned.day,
        returned.district,
        returned.count,
        returned.officer
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many letters of a roll came back, by district.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn returned_by_district(
    connection: &mut PgConnection,
    roll_id: Uuid,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT district, sum(letter_count)::bigint AS "count!" FROM identity.returned_letters
           WHERE roll_id = $1 GROUP BY district ORDER BY district"#,
        roll_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.district, row.count)).collect())
}
