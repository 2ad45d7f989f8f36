//! What budgets leave to one another, and results that wait for it.

use comitia_platform::database::Unreadable;
use comitia_proto::events::v1::PollSealed;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::budget::BudgetState;
use crate::domain::result::Leftover;
use crate::error::Error;

/// Notes what was left to a budget whose result is published.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    leftovers: &[Leftover],
) -> Result<(), Error> {
    let from: Vec<_> = leftovers.iter().map(|leftover| leftover.budget).collect();
    let titles: Vec<_> = leftovers.iter().map(|leftover| leftover.title.clone()).collect();
    let amounts: Vec<_> = leftovers.iter().map(|leftover| leftover.amount).collect();
    sqlx::query!(
        "INSERT INTO budgets.leftovers (budget_id, organization_id, position, from_budget_id, title, amount)
         SELECT $1, $2, place - 1, from_budget_id, title, amount
         FROM UNNEST($3::uuid[], $4::text[], $5::bigint[])
              WITH ORDINALITY AS leftover (from_budget_id, title, amount, place)",
        budget,
        organization,
        &from,
        &titles,
        &amounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What was left to a budget whose result is published.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_result(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<Leftover>, Error> {
    Ok(sqlx::query_as!(
        Leftover,
        "SELECT from_budget_id AS budget, title, amount FROM budgets.leftovers WHERE budget_id = $1 ORDER BY position",
        budget
    )
    .fetch_all(connection)
    .await?)
}

/// A budget that leaves to another what it does not spend.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its id.
    pub budget: Uuid,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: BudgetState,
    /// What it left, once it is decided.
    pub left: Option<i64>,
}

/// The budgets that leave to this one what they do not spend, by title.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn sources(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<Source>, Error> {
    let rows = sqlx::query!(
        r#"SELECT budget.budget_id, budget.title, budget.state, result.amount - result.spent AS left_over
           FROM budgets.budgets AS budget LEFT JOIN budgets.results AS result USING (budget_id)
           WHERE budget.leftover_budget_id = $1
           ORDER BY budget.title, budget.budget_id"#,
        budget
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Source {
                budget: row.budget_id,
                title: row.title,
                state: BudgetState::from_name(&row.state)
                    .map_err(|_| Unreadable::new("budgets.budgets", "state", row.budget_id))?,
                left: row.left_over,
            })
        })
        .collect()
}

/// Whether `budget` gets the leftover of `from`, by whatever way.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn leads_to(connection: &mut PgConnection, from: Uuid, budget: Uuid) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"WITH RECURSIVE way AS (
               SELECT budget_id, leftover_budget_id FROM budgets.budgets WHERE budget_id = $1
               UNION
               SELECT next.budget_id, next.leftover_budget_id
               FROM budgets.budgets AS next JOIN way ON next.budget_id = way.leftover_budget_id)
           SELECT EXISTS (SELECT FROM way WHERE budget_id = $2) AS "exists!""#,
        from,
        budget
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Lets only one change at a time say where the leftovers of a process go, so that two together make no circle.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection, process: Uuid) -> Result<(), Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 220))", process)
        .execute(connection)
        .await?;
    Ok(())
}

/// A sealed poll whose result waits for what other budgets leave.
pub struct Waiting {
    /// The event that said so.
    pub event: Uuid,
    /// The poll.
    pub poll: Uuid,
    /// What was said of it.
    pub sealed: PollSealed,
}

/// Notes that the result of a budget waits.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn wait(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    waiting: &Waiting,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.waiting_results (budget_id, organization_id, poll_id, event_id, sealed)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (budget_id) DO NOTHING",
        budget,
        organization,
        waiting.poll,
        waiting.event,
        waiting.sealed.encode_to_vec()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets that a result waited.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn stop_waiting(connection: &mut PgConnection, budget: Uuid) -> Result<(), Error> {
    sqlx::query!("DELETE FROM budgets.waiting_results WHERE budget_id = $1", budget)
        .execute(connection)
        .await?;
    Ok(())
}

/// Some of the results that need not wait any longer.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn ready(connection: &mut PgConnection) -> Result<Vec<Waiting>, Error> {
    let rows = sqlx::query!(
        "SELECT event_id, poll_id, sealed FROM budgets.waiting_results AS waiting
         WHERE NOT EXISTS (SELECT FROM budgets.budgets AS source
                           WHERE source.leftover_budget_id = waiting.budget_id
                             AND source.state IN ('frozen', 'counting'))
         ORDER BY budget_id LIMIT 20"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let sealed = PollSealed::decode(row.sealed.as_slice())
                .map_err(|_| Unreadable::new("budgets.waiting_results", "sealed", row.poll_id))?;
            Ok(Waiting { event: row.event_id, poll: row.poll_id, sealed })
        })
        .collect()
}
