//! What budgets do not spend goes to others of their process, where they say so. A budget that others leave something to is
//! decided after all of them whose votes are scheduled by then, so that what it has is known to the cent.

use comitia_platform::validate::Checks;
use comitia_proto::events::v1::PollSealed;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{App, results};
use crate::domain::budget::{Budget, BudgetState};
use crate::domain::result::Leftover;
use crate::error::Error;
use crate::store;
use crate::store::leftovers::{Source, Waiting};

/// What these budgets left; nothing as long as one of them is voted on or counted. Budgets without a scheduled vote and
/// those whose vote was annulled leave nothing.
pub(super) fn leftovers(sources: Vec<Source>) -> Option<Vec<Leftover>> {
    let open = |source: &Source| matches!(source.state, BudgetState::Frozen | BudgetState::Counting);
    if sources.iter().any(open) {
        return None;
    }
    let left = sources.into_iter().filter_map(|source| {
        Some(Leftover { budget: source.budget, title: source.title, amount: source.left? })
    });
    Some(left.collect())
}

/// Refuses a budget to leave something to that cannot get it: one of another process or currency, one whose vote is
/// scheduled, or one that leaves its own to this budget.
pub(super) async fn check_target(connection: &mut PgConnection, budget: &Budget) -> Result<(), Error> {
    let Some(target) = budget.terms.leftover_budget else { return Ok(()) };
    store::leftovers::lock(connection, budget.process).await?;
    let found = match store::budgets::lock(connection, target).await {
        Err(Error::BudgetUnknown(_)) => None,
        found => Some(found?),
    };
    let fits = found.as_ref().is_some_and(|found| {
        found.process == budget.process
            && found.terms.currency == budget.terms.currency
            && found.id != budget.id
    });
    let mut checks = Checks::new();
    let field = "leftover_budget_id";
    checks.require(fits, field, "must be another budget of the same process and currency");
    if fits {
        let circle = store::leftovers::leads_to(connection, target, budget.id).await?;
        checks.require(!circle, field, "must not be a budget whose own leftover comes to this one");
        let draft = found.is_some_and(|found| found.state == BudgetState::Draft);
        checks.require(draft || circle, field, "must be a budget whose vote is not scheduled yet");
    }
    Ok(checks.finish()?)
}

/// Refuses the vote of a budget whose leftover would come too late. Until the transaction ends, the other budget is not
/// decided.
pub(super) async fn check_in_time(connection: &mut PgConnection, budget: &Budget) -> Result<(), Error> {
    let Some(target) = budget.terms.leftover_budget else { return Ok(()) };
    let target = store::budgets::lock(connection, target).await?;
    if matches!(target.state, BudgetState::Draft | BudgetState::Frozen) {
        Ok(())
    } else {
        Err(Error::LeftoverTooLate(target.id))
    }
}

/// Keeps a sealed poll until the others are decided.
pub(super) async fn wait_for_leftovers(
    app: &App,
    budget: &Budget,
    event: Uuid,
    sealed: &PollSealed,
    poll: Uuid,
) -> Result<(), Error> {
    let mut transaction = app.begin(budget.organization).await?;
    let waiting = Waiting { event, poll, sealed: sealed.clone() };
    store::leftovers::wait(&mut transaction, budget.organization, budget.id, &waiting).await?;
    transaction.commit().await?;
    tracing::info!(budget = %budget.id, %poll, "the result waits for what other budgets leave");
    Ok(())
}

/// Publishes results that waited for what others left, once these are decided. Gives how many it tried.
///
/// # Errors
/// When the database fails or cannot be reached; what fails for one poll is logged, and tried again later.
pub async fn publish_waiting(app: &App) -> Result<usize, Error> {
    let mut transaction = app.begin_all().await?;
    let ready = store::leftovers::ready(&mut transaction).await?;
    drop(transaction);
    for Waiting { event, poll, sealed } in &ready {
        if let Err(error) = results::publish_result(app, *event, sealed, *poll).await {
            tracing::warn!(%poll, %error, "a result that waited is not published");
        }
    }
    Ok(ready.len())
}
