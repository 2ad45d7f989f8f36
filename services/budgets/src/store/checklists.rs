//! `budgets.checklists`, `budgets.checklist_items` and `budgets.sign_offs`.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::checklist::{Change, Checklist, Item, ItemState, SignOff, Word};
use crate::domain::poll::Schedule;
use crate::error::Error;

/// How many sign-offs are read that ceased to count.
const WITHDRAWN: i64 = 10;

struct Row {
    revision: i64,
    roll_id: Option<Uuid>,
    open_time: Option<DateTime<Utc>>,
    close_time: Option<DateTime<Utc>>,
    districts: Option<Vec<String>>,
    minimum_age: Option<i64>,
    paper_close_time: Option<DateTime<Utc>>,
}

impl Row {
    fn plan(self) -> Option<Schedule> {
        Some(Schedule {
            roll: self.roll_id?,
            open_time: self.open_time?,
            close_time: self.close_time?,
            districts: self.districts?,
            minimum_age: self.minimum_age?,
            paper_close_time: self.paper_close_time,
        })
    }
}

/// The checklist of a budget; one without anything in it where nobody has begun.
///
/// # Errors
/// When a row cannot be read, or the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, budget: Uuid) -> Result<Checklist, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT revision, roll_id, open_time, close_time, districts, minimum_age, paper_close_time
         FROM budgets.checklists WHERE budget_id = $1",
        budget
    )
    .fetch_optional(&mut *connection)
    .await?;
    let words = words(connection, budget).await?;
    let sign_offs = sign_offs(connection, budget).await?;
    let revision = row.as_ref().map_or(0, |row| row.revision);
    Ok(Checklist { budget, revision, plan: row.and_then(Row::plan), words, sign_offs })
}

async fn words(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<Word>, Error> {
    let unreadable = |column| Unreadable::new("budgets.checklist_items", column, budget);
    let rows = sqlx::query!(
        "SELECT item, state, note, changed_by, change_time FROM budgets.checklist_items WHERE budget_id = $1",
        budget
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Word {
                item: Item::from_name(&row.item).ok_or_else(|| unreadable("item"))?,
                state: ItemState::from_name(&row.state).ok_or_else(|| unreadable("state"))?,
                note: row.note,
                by: row.changed_by,
                time: row.change_time,
            })
        })
        .collect()
}

/// What counts first, then the last ones that ceased to count.
async fn sign_offs(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<SignOff>, Error> {
    let rows = sqlx::query!(
        "SELECT sign_off_id, signed_by, sign_time, withdraw_time, withdrawn_for FROM budgets.sign_offs
         WHERE budget_id = $1
         ORDER BY withdraw_time IS NOT NULL, withdraw_time DESC, sign_time, sign_off_id LIMIT $2",
        budget,
        WITHDRAWN + 2
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let change = row.withdrawn_for.as_deref().map(Change::from_name);
            let unreadable = || Unreadable::new("budgets.sign_offs", "withdrawn_for", row.sign_off_id);
            let withdrawn = match (row.withdraw_time, change) {
                (Some(time), Some(change)) => Some((time, change.ok_or_else(unreadable)?)),
                _ => None,
            };
            Ok(SignOff { by: row.signed_by, time: row.sign_time, withdrawn })
        })
        .collect()
}

/// Writes the plan of a budget that is locked.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn plan(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    plan: &Schedule,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.checklists (budget_id, organization_id, revision, roll_id, open_time, close_time,
             districts, minimum_age, paper_close_time)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (budget_id) DO UPDATE SET roll_id = $3, open_time = $4, close_time = $5, districts = $6,
             minimum_age = $7, paper_close_time = $8",
        budget,
        organization,
        plan.roll,
        plan.open_time,
        plan.close_time,
        &plan.districts,
        plan.minimum_age,
        plan.paper_close_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what is said of an item of a budget that is locked.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn say(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    word: &Word,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.checklists (budget_id, organization_id, revision) VALUES ($1, $2, 1)
         ON CONFLICT DO NOTHING",
        budget,
        organization
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO budgets.checklist_items (budget_id, item, organization_id, state, note, changed_by, change_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (budget_id, item) DO UPDATE SET state = $4, note = $5, changed_by = $6, change_time = $7",
        budget,
        word.item.name(),
        organization,
        word.state.name(),
        word.note,
        word.by,
        word.time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds the sign-off of somebody whose earlier ones no longer count.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn sign(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    sign_off: &SignOff,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.sign_offs (sign_off_id, budget_id, organization_id, signed_by, sign_time)
         VALUES ($1, $2, $3, $4, $5)",
        comitia_core::id::new(),
        budget,
        organization,
        sign_off.by,
        sign_off.time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the sign-offs of a budget that is locked away, because what they are for has changed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn withdraw(
    connection: &mut PgConnection,
    budget: Uuid,
    change: Change,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!("UPDATE budgets.checklists SET revision = revision + 1 WHERE budget_id = $1", budget)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "UPDATE budgets.sign_offs SET withdraw_time = $2, withdrawn_for = $3
         WHERE budget_id = $1 AND withdraw_time IS NULL",
        budget,
        now,
        change.name()
    )
    .execute(connection)
    .await?;
    Ok(())
}
