//! `budgets.budgets`.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_proto::budgets::v1::{AllocationRule, BallotRule};
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::budget::{Budget, BudgetState, Terms};
use crate::error::Error;

struct Row {
    budget_id: Uuid,
    organization_id: Uuid,
    process_id: Uuid,
    title: String,
    area_code: String,
    amount: i64,
    currency: String,
    ballot_rule: Vec<u8>,
    allocation_rule: Vec<u8>,
    state: String,
    poll_id: Option<Uuid>,
    revision: i64,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
    leftover_budget_id: Option<Uuid>,
    sign_off_required: bool,
}

impl TryFrom<Row> for Budget {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let unreadable = |column| Unreadable::new("budgets.budgets", column, row.budget_id);
        let ballot_rule = BallotRule::decode(row.ballot_rule.as_slice());
        let allocation_rule = AllocationRule::decode(row.allocation_rule.as_slice());
        Ok(Self {
            id: row.budget_id,
            organization: row.organization_id,
            process: row.process_id,
            terms: Terms {
                title: row.title,
                area_code: row.area_code,
                amount: row.amount,
                currency: row.currency,
                ballot_rule: ballot_rule.map_err(|_| unreadable("ballot_rule"))?,
                allocation_rule: allocation_rule.map_err(|_| unreadable("allocation_rule"))?,
                leftover_budget: row.leftover_budget_id,
                sign_off_required: row.sign_off_required,
            },
            state: BudgetState::from_name(&row.state).map_err(|_| unreadable("state"))?,
            poll: row.poll_id,
            revision: row.revision,
            create_time: row.create_time,
            update_time: row.update_time,
        })
    }
}

/// Adds a budget.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, budget: &Budget) -> Result<(), Error> {
    let terms = &budget.terms;
    sqlx::query!(
        "INSERT INTO budgets.budgets (budget_id, organization_id, process_id, title, area_code, amount, currency,
             ballot_rule, allocation_rule, state, poll_id, revision, create_time, update_time, leftover_budget_id,
             sign_off_required)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        budget.id,
        budget.organization,
        budget.process,
        terms.title,
        terms.area_code,
        terms.amount,
        terms.currency,
        terms.ballot_rule.encode_to_vec(),
        terms.allocation_rule.encode_to_vec(),
        budget.state.name(),
        budget.poll,
        budget.revision,
        budget.create_time,
        budget.update_time,
        terms.leftover_budget,
        terms.sign_off_required
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what can change of a budget that is locked, as its next revision.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn save(
    connection: &mut PgConnection,
    budget: &mut Budget,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    budget.revision += 1;
    budget.update_time = now;
    sqlx::query!(
        "UPDATE budgets.budgets SET title = $2, amount = $3, ballot_rule = $4, allocation_rule = $5, state = $6,
             poll_id = $7, revision = $8, update_time = $9, leftover_budget_id = $10, sign_off_required = $11
         WHERE budget_id = $1",
        budget.id,
        budget.terms.title,
        budget.terms.amount,
        budget.terms.ballot_rule.encode_to_vec(),
        budget.terms.allocation_rule.encode_to_vec(),
        budget.state.name(),
        budget.poll,
        budget.revision,
        budget.update_time,
        budget.terms.leftover_budget,
        budget.terms.sign_off_required
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A budget.
///
/// # Errors
/// [`Error::BudgetUnknown`]; when the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, id: Uuid) -> Result<Budget, Error> {
    sqlx::query_as!(
        Row,
        "SELECT budget_id, organization_id, process_id, title, area_code, amount, currency, ballot_rule,
             allocation_rule, state, poll_id, revision, create_time, update_time, leftover_budget_id,
             sign_off_required
         FROM budgets.budgets WHERE budget_id = $1",
        id
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::BudgetUnknown(id))?
    .try_into()
}

/// A budget that nobody else changes, nor its projects, until the transaction ends.
///
/// # Errors
/// [`Error::BudgetUnknown`]; when the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<Budget, Error> {
    sqlx::query_as!(
        Row,
        "SELECT budget_id, organization_id, process_id, title, area_code, amount, currency, ballot_rule,
             allocation_rule, state, poll_id, revision, create_time, update_time, leftover_budget_id,
             sign_off_required
         FROM budgets.budgets WHERE budget_id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::BudgetUnknown(id))?
    .try_into()
}

/// The budget of a poll; nothing for a poll that is no budget's.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn of_poll(connection: &mut PgConnection, poll: Uuid) -> Result<Option<Budget>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT budget_id, organization_id, process_id, title, area_code, amount, currency, ballot_rule,
             allocation_rule, state, poll_id, revision, create_time, update_time, leftover_budget_id,
             sign_off_required
         FROM budgets.budgets WHERE poll_id = $1",
        poll
    )
    .fetch_optional(connection)
    .await?
    .map(Budget::try_from)
    .transpose()
}

/// The budgets of a process by title, after the one with this title and id, at most `limit`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    process: Uuid,
    after: Option<(String, Uuid)>,
    limit: i64,
) -> Result<Vec<Budget>, Error> {
    let (title, id) = after.unzip();
    sqlx::query_as!(
        Row,
        "SELECT budget_id, organization_id, process_id, title, area_code, amount, currency, ballot_rule,
             allocation_rule, state, poll_id, revision, create_time, update_time, leftover_budget_id,
             sign_off_required
         FROM budgets.budgets
         WHERE process_id = $1 AND ($2::text IS NULL OR (title, budget_id) > ($2, $3::uuid))
         ORDER BY title, budget_id LIMIT $4",
        process,
        title,
        id,
        limit
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Budget::try_from)
    .collect()
}

/// Since when the budget whose vote is over has waited that has waited longest for its result, other than for what other
/// budgets leave to it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn counting_since(connection: &mut PgConnection) -> Result<Option<DateTime<Utc>>, Error> {
    let since = sqlx::query_scalar!(
        "SELECT min(update_time) FROM budgets.budgets AS budget
         WHERE state = 'counting'
           AND NOT EXISTS (SELECT FROM budgets.waiting_results AS waiting WHERE waiting.budget_id = budget.budget_id)"
    )
    .fetch_one(connection)
    .await?;
    Ok(since)
}

/// How many budgets of an organization are for an area, or have a vote that names it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_in_area(
    connection: &mut PgConnection,
    organization: Uuid,
    area: &str,
) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
               SELECT budget_id FROM budgets.budgets WHERE organization_id = $1 AND area_code = $2
               UNION
               SELECT budget_id FROM budgets.schedules WHERE organization_id = $1 AND $2 = ANY (districts)) AS used"#,
        organization,
        area
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}
