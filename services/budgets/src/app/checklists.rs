//! What is made sure of before a vote is scheduled: planned, checked off, and signed off by two people.

use comitia_platform::ApiError;
use comitia_platform::validate::Checks;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::votes::{self, Only};
use crate::app::{App, budgets};
use crate::domain::budget::Budget;
use crate::domain::checklist::{Change, Checklist, Item, ItemState, LONGEST_NOTE, SignOff, Word};
use crate::domain::poll::Schedule;
use crate::error::Error;
use crate::store;

/// Reads the checklist of a budget.
///
/// # Errors
/// When the budget does not exist.
pub async fn checklist(app: &App, organization: Uuid, budget: Uuid) -> Result<Checklist, Error> {
    budgets::budget(app, organization, budget).await?;
    let mut transaction = app.begin(organization).await?;
    store::checklists::get(&mut transaction, budget).await
}

/// Says when and for whom the vote is to be. Another plan than before takes the sign-offs away.
///
/// # Errors
/// When the budget is frozen; what [`votes::schedule_vote`] would refuse.
pub async fn plan_vote(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    plan: Schedule,
) -> Result<Checklist, Error> {
    votes::schedule_vote(app, organization, budget, plan.clone(), Only::Validate).await?;
    let mut transaction = app.begin(organization).await?;
    let found = lock_draft(&mut transaction, budget).await?;
    let plan = plan.for_area(&found.terms.area_code);
    let before = store::checklists::get(&mut transaction, budget).await?;
    if before.plan.as_ref() == Some(&plan) {
        return Ok(before);
    }
    store::checklists::plan(&mut transaction, organization, budget, &plan).await?;
    store::checklists::withdraw(&mut transaction, budget, Change::Plan, app.clock.now()).await?;
    let after = store::checklists::get(&mut transaction, budget).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Says something of an item. A change takes the sign-offs away.
///
/// # Errors
/// When the budget is frozen, or the note breaks a rule.
pub async fn check_item(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    (item, state, note): (Item, ItemState, String),
    by: &str,
) -> Result<Checklist, Error> {
    let note = note.trim().to_owned();
    let mut checks = Checks::new();
    let least = usize::from(state == ItemState::NotNeeded);
    checks.text("note", &note, least, LONGEST_NOTE);
    checks.finish()?;
    let mut transaction = app.begin(organization).await?;
    lock_draft(&mut transaction, budget).await?;
    let before = store::checklists::get(&mut transaction, budget).await?;
    let same = before.word(item).is_some_and(|word| word.state == state && word.note == note);
    if same {
        return Ok(before);
    }
    let now = app.clock.now();
    let word = Word { item, state, note, by: by.to_owned(), time: now };
    store::checklists::say(&mut transaction, organization, budget, &word).await?;
    store::checklists::withdraw(&mut transaction, budget, Change::Items, now).await?;
    let after = store::checklists::get(&mut transaction, budget).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Signs off what was read with `etag`.
///
/// # Errors
/// When the budget is frozen; what [`Checklist::check_sign_off`] and [`votes::schedule_vote`] refuse.
pub async fn sign_off(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    by: &str,
    etag: &str,
) -> Result<Checklist, Error> {
    let seen = checklist(app, organization, budget).await?;
    seen.check_sign_off(by, etag)?;
    if let Some(plan) = seen.plan {
        votes::schedule_vote(app, organization, budget, plan, Only::Validate).await?;
    }
    let mut transaction = app.begin(organization).await?;
    lock_draft(&mut transaction, budget).await?;
    store::checklists::get(&mut transaction, budget).await?.check_sign_off(by, etag)?;
    let sign_off = SignOff { by: by.to_owned(), time: app.clock.now(), withdrawn: None };
    store::checklists::sign(&mut transaction, organization, budget, &sign_off).await?;
    let after = store::checklists::get(&mut transaction, budget).await?;
    transaction.commit().await?;
    tracing::info!(%budget, people = after.signers().count(), "a vote was signed off");
    Ok(after)
}

/// Refuses the vote of a locked budget that asks for a sign-off and is not signed off for this schedule.
pub(super) async fn check_signed(
    connection: &mut PgConnection,
    budget: &Budget,
    schedule: &Schedule,
) -> Result<(), Error> {
    if !budget.terms.sign_off_required {
        return Ok(());
    }
    store::checklists::get(connection, budget.id).await?.check_schedule(schedule)
}

/// A budget that is locked and not frozen.
async fn lock_draft(connection: &mut PgConnection, budget: Uuid) -> Result<Budget, Error> {
    let found = store::budgets::lock(connection, budget).await?;
    found.require_draft()?;
    Ok(found)
}

/// A message that has to be there.
pub(crate) fn missing(field: &str) -> Error {
    ApiError::invalid_field(field, "must be given").into()
}
