//! `budgets.schedules`: votes, and whether voting has their polls.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_proto::voting::v1::CreatePollRequest;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::poll::Schedule;
use crate::error::Error;

/// A scheduled vote.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The budget.
    pub budget: Uuid,
    /// The tenant.
    pub organization: Uuid,
    /// Its poll.
    pub poll: Uuid,
    /// When and for whom it is.
    pub schedule: Schedule,
    /// What voting is asked to create.
    pub request: CreatePollRequest,
    /// Whether voting has the poll.
    pub confirmed: bool,
}

struct Row {
    budget_id: Uuid,
    organization_id: Uuid,
    poll_id: Uuid,
    roll_id: Uuid,
    open_time: DateTime<Utc>,
    close_time: DateTime<Utc>,
    districts: Vec<String>,
    minimum_age: i64,
    poll: Vec<u8>,
    confirm_time: Option<DateTime<Utc>>,
    paper_close_time: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Scheduled {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let request = CreatePollRequest::decode(row.poll.as_slice());
        Ok(Self {
            budget: row.budget_id,
            organization: row.organization_id,
            poll: row.poll_id,
            schedule: Schedule {
                roll: row.roll_id,
                open_time: row.open_time,
                close_time: row.close_time,
                districts: row.districts,
                minimum_age: row.minimum_age,
                paper_close_time: row.paper_close_time,
            },
            request: request.map_err(|_| Unreadable::new("budgets.schedules", "poll", row.poll_id))?,
            confirmed: row.confirm_time.is_some(),
        })
    }
}

/// Adds a vote. The job tries to create its poll from `next_attempt` on.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    scheduled: &Scheduled,
    next_attempt: DateTime<Utc>,
) -> Result<(), Error> {
    let schedule = &scheduled.schedule;
    sqlx::query!(
        "INSERT INTO budgets.schedules (budget_id, organization_id, poll_id, roll_id, open_time, close_time,
             districts, minimum_age, poll, next_attempt_time, paper_close_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        scheduled.budget,
        scheduled.organization,
        scheduled.poll,
        schedule.roll,
        schedule.open_time,
        schedule.close_time,
        &schedule.districts,
        schedule.minimum_age,
        scheduled.request.encode_to_vec(),
        next_attempt,
        schedule.paper_close_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The vote of a budget.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_budget(connection: &mut PgConnection, budget: Uuid) -> Result<Option<Scheduled>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT budget_id, organization_id, poll_id, roll_id, open_time, close_time, districts, minimum_age, poll,
             confirm_time, paper_close_time
         FROM budgets.schedules WHERE budget_id = $1",
        budget
    )
    .fetch_optional(connection)
    .await?
    .map(Scheduled::try_from)
    .transpose()
}

/// Notes that voting has the poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn confirm(connection: &mut PgConnection, poll: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE budgets.schedules SET confirm_time = $2 WHERE poll_id = $1 AND confirm_time IS NULL",
        poll,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a vote whose poll voting does not have, and says whether there was one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_unconfirmed(connection: &mut PgConnection, poll: Uuid) -> Result<bool, Error> {
    let deleted =
        sqlx::query!("DELETE FROM budgets.schedules WHERE poll_id = $1 AND confirm_time IS NULL", poll)
            .execute(connection)
            .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Removes a vote that was called off.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(connection: &mut PgConnection, poll: Uuid) -> Result<(), Error> {
    sqlx::query!("DELETE FROM budgets.schedules WHERE poll_id = $1", poll).execute(connection).await?;
    Ok(())
}

/// Takes some of the votes that are due for another attempt to create their polls; another replica, or the next look,
/// takes them again from `next_attempt` on.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn take_due(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    next_attempt: DateTime<Utc>,
) -> Result<Vec<Scheduled>, Error> {
    sqlx::query_as!(
        Row,
        "UPDATE budgets.schedules SET next_attempt_time = $2
         WHERE budget_id IN (SELECT budget_id FROM budgets.schedules
                             WHERE confirm_time IS NULL AND next_attempt_time <= $1
                             ORDER BY next_attempt_time LIMIT 20 FOR UPDATE SKIP LOCKED)
         RETURNING budget_id, organization_id, poll_id, roll_id, open_time, close_time, districts, minimum_age, poll,
             confirm_time, paper_close_time",
        now,
        next_attempt
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Scheduled::try_from)
    .collect()
}

/// How many votes voting has not confirmed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn unconfirmed(connection: &mut PgConnection) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM budgets.schedules WHERE confirm_time IS NULL"#
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}
