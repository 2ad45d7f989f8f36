//! Visits at the desk.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::replacement::Officer;
use crate::store::sessions::SessionMember;

/// A visit as stored.
pub struct StoredVisit {
    /// Its id.
    pub visit_id: Uuid,
    /// The poll.
    pub poll_id: Uuid,
    /// The member; nothing once they are erased, or the poll's key is destroyed.
    pub member_id: Option<Uuid>,
    /// The member's number, sealed.
    pub member_number: Option<Vec<u8>>,
    /// Who opened it.
    pub opened_by: String,
    /// The person who did.
    pub opened_by_person: Vec<u8>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// The day.
    pub day: NaiveDate,
    /// When it was opened, while nobody has confirmed it.
    pub open_time: Option<DateTime<Utc>>,
    /// Until when it can be confirmed, or its code used.
    pub expire_time: Option<DateTime<Utc>>,
}

/// A visit to open.
pub struct NewVisit<'a> {
    /// Its id.
    pub visit_id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// The poll.
    pub poll_id: Uuid,
    /// The member.
    pub member_id: Uuid,
    /// Who opens it.
    pub officer: &'a Officer,
    /// When.
    pub open_time: DateTime<Utc>,
    /// Until when it can be confirmed.
    pub expire_time: DateTime<Utc>,
}

/// Adds a visit that waits for a second person.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, new: &NewVisit<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.desk_visits (visit_id, organization_id, poll_id, member_id, opened_by, opened_by_person, day,
             open_time, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.visit_id,
        new.organization_id,
        new.poll_id,
        new.member_id,
        new.officer.name,
        new.officer.person,
        new.open_time.date_naive(),
        new.open_time,
        new.expire_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A visit, locked against another confirmation at the same time.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection, visit_id: Uuid) -> Result<Option<StoredVisit>, sqlx::Error> {
    sqlx::query_as!(
        StoredVisit,
        r#"SELECT v.visit_id, v.poll_id, v.member_id, m.member_number AS "member_number?", v.opened_by, v.opened_by_person,
                  v.confirmed_by, v.day, v.open_time, v.expire_time
           FROM identity.desk_visits v LEFT JOIN identity.members m USING (member_id)
           WHERE v.visit_id = $1 FOR UPDATE OF v"#,
        visit_id
    )
    .fetch_optional(connection)
    .await
}

/// Visits before this day and id, newest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    before: (NaiveDate, Uuid),
    limit: i64,
) -> Result<Vec<StoredVisit>, sqlx::Error> {
    sqlx::query_as!(
        StoredVisit,
        r#"SELECT v.visit_id, v.poll_id, v.member_id, m.member_number AS "member_number?", v.opened_by, v.opened_by_person,
                  v.confirmed_by, v.day, v.open_time, v.expire_time
           FROM identity.desk_visits v LEFT JOIN identity.members m USING (member_id)
           WHERE (v.day, v.visit_id) < ($1, $2) ORDER BY v.day DESC, v.visit_id DESC LIMIT $3"#,
        before.0,
        before.1,
        limit
    )
    .fetch_all(connection)
    .await
}

/// What decides where a member may vote.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn voter(
    connection: &mut PgConnection,
    member_id: Uuid,
) -> Result<Option<SessionMember>, sqlx::Error> {
    sqlx::query_as!(
        SessionMember,
        "SELECT member_number_lookup, roll_id, district, birth_date, leave_time
         FROM identity.members WHERE member_id = $1",
        member_id
    )
    .fetch_optional(connection)
    .await
}

/// Notes who confirmed a visit, and the code that is given for it. Other visits of the same member for the same poll end: those
/// that wait go, and codes that were not used are good no longer.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn confirm(
    connection: &mut PgConnection,
    visit: &StoredVisit,
    officer: &Officer,
    code_lookup: &[u8],
    day: NaiveDate,
    expire_time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM identity.desk_visits
         WHERE member_id = $1 AND poll_id = $2 AND visit_id <> $3 AND confirmed_by IS NULL",
        visit.member_id,
        visit.poll_id,
        visit.visit_id
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE identity.desk_visits SET code_lookup = NULL, expire_time = NULL
         WHERE member_id = $1 AND poll_id = $2 AND code_lookup IS NOT NULL",
        visit.member_id,
        visit.poll_id
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE identity.desk_visits
         SET confirmed_by = $2, confirmed_by_person = $3, code_lookup = $4, day = $5, expire_time = $6, open_time = NULL
         WHERE visit_id = $1",
        visit.visit_id,
        officer.name,
        officer.person,
        code_lookup,
        day,
        expire_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses a code, which is then good no longer: the poll and the member that it is for.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn redeem(
    connection: &mut PgConnection,
    code_lookup: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Uuid)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"UPDATE identity.desk_visits SET code_lookup = NULL, expire_time = NULL
           WHERE code_lookup = $1 AND expire_time > $2 AND member_id IS NOT NULL
           RETURNING poll_id, member_id AS "member_id!""#,
        code_lookup,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.poll_id, row.member_id)))
}

/// How many visits were confirmed for a poll, by day.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Vec<(NaiveDate, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT day, count(*) AS "count!" FROM identity.desk_visits
           WHERE poll_id = $1 AND confirmed_by IS NOT NULL GROUP BY day ORDER BY day"#,
        poll_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.day, row.count)).collect())
}

/// The confirmed visits of a member: for which poll, and on which day.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_member(
    connection: &mut PgConnection,
    member_id: Uuid,
) -> Result<Vec<(Uuid, NaiveDate)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT poll_id, day FROM identity.desk_visits
         WHERE member_id = $1 AND confirmed_by IS NOT NULL ORDER BY day, visit_id",
        member_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.poll_id, row.day)).collect())
}

/// Deletes visits that nobody confirmed in time, and what is kept of codes that were not used.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_expired(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.desk_visits WHERE expire_time <= $1 AND confirmed_by IS NULL", now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "UPDATE identity.desk_visits SET code_lookup = NULL, expire_time = NULL WHERE expire_time <= $1",
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets whose visits for polls were whose key is destroyed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_members(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "UPDATE identity.desk_visits v SET member_id = NULL FROM identity.polls p
         WHERE p.poll_id = v.poll_id AND p.poll_key IS NULL AND v.member_id IS NOT NULL"
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Moves the rows of visits before today, so that their order does not say in which order people came.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn shuffle(connection: &mut PgConnection, today: NaiveDate) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "WITH gone AS (DELETE FROM identity.desk_visits
                       WHERE NOT shuffled AND day < $1 AND expire_time IS NULL RETURNING *)
         INSERT INTO identity.desk_visits (visit_id, organization_id, poll_id, member_id, opened_by, opened_by_person,
             confirmed_by, confirmed_by_person, day, shuffled)
         SELECT visit_id, organization_id, poll_id, member_id, opened_by, opened_by_person, confirmed_by,
                confirmed_by_person, day, true
         FROM gone ORDER BY visit_id",
        today
    )
    .execute(connection)
    .await?
    .rows_affected())
}
