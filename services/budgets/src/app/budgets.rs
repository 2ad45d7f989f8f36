//! Creating, reading and changing budgets.

use comitia_platform::auth::Viewer;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::{acts, page};
use comitia_proto::acts::written;
use comitia_proto::budgets::v1::{AllocationRule, BallotRule};
use prost::Message;
use uuid::Uuid;

use crate::app::{App, leftovers};
use crate::domain::budget::{Budget, BudgetState, Terms};
use crate::domain::checklist::Change;
use crate::error::Error;
use crate::store;

/// A budget to create.
#[derive(Clone, Debug)]
pub struct NewBudget {
    /// The process.
    pub process: Uuid,
    /// What it is about and how it is decided.
    pub terms: Terms,
}

/// New values of a budget; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct BudgetChange {
    /// The title.
    pub title: Option<String>,
    /// How much money, in minor units.
    pub amount: Option<i64>,
    /// What voters do.
    pub ballot_rule: Option<BallotRule>,
    /// What decides.
    pub allocation_rule: Option<AllocationRule>,
    /// The budget that gets what this one does not spend; `Some(None)`: it stays.
    pub leftover_budget: Option<Option<Uuid>>,
    /// Two people sign its checklist off from now on.
    pub require_sign_off: bool,
    /// The etag that the budget must have.
    pub etag: Option<String>,
}

/// Creates a budget; `answer` makes the answer that a repetition of the request gets too.
///
/// # Errors
/// When the terms break a rule, or the process does not exist.
pub async fn create_budget<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    new: NewBudget,
    answer: impl FnOnce(&Budget) -> R + Send,
) -> Result<R, Error> {
    new.terms.check()?;
    app.peers.process(organization, new.process).await?;
    app.peers.check_area(organization, &new.terms.area_code).await?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let now = app.clock.now();
    let budget = Budget {
        id: comitia_core::id::new(),
        organization,
        process: new.process,
        terms: new.terms,
        state: BudgetState::Draft,
        poll: None,
        revision: 1,
        create_time: now,
        update_time: now,
    };
    acts::about("budgets", budget.id);
    tell_changes(None, &budget.terms);
    leftovers::check_target(&mut transaction, &budget).await?;
    store::budgets::insert(&mut transaction, &budget).await?;
    let response = answer(&budget);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// Reads a budget.
///
/// # Errors
/// When it does not exist.
pub async fn budget(app: &App, organization: Uuid, id: Uuid) -> Result<Budget, Error> {
    let mut transaction = app.begin(organization).await?;
    store::budgets::get(&mut transaction, id).await
}

/// Reads a budget for somebody: the public sees it once its process is published.
///
/// # Errors
/// When it does not exist, for this caller; when spaces is away.
pub async fn visible_budget(
    app: &App,
    organization: Uuid,
    id: Uuid,
    viewer: Viewer,
) -> Result<Budget, Error> {
    let budget = budget(app, organization, id).await?;
    if app.peers.visible(organization, budget.process, viewer).await? {
        Ok(budget)
    } else {
        Err(Error::BudgetUnknown(id))
    }
}

/// Reads the budget of a poll for somebody, as [`visible_budget`] does.
///
/// # Errors
/// When no budget of the organization has the poll, for this caller; when spaces is away.
pub async fn budget_of_poll(
    app: &App,
    organization: Uuid,
    poll: Uuid,
    viewer: Viewer,
) -> Result<Budget, Error> {
    let mut transaction = app.begin(organization).await?;
    let budget = store::budgets::of_poll(&mut transaction, poll).await?;
    drop(transaction);
    let budget = budget.ok_or(Error::PollHasNoBudget(poll))?;
    if app.peers.visible(organization, budget.process, viewer).await? {
        Ok(budget)
    } else {
        Err(Error::PollHasNoBudget(poll))
    }
}

/// The budgets of a process by title, after a title and id of the cursor, at most `limit`; `viewer` as in
/// [`visible_budget`].
///
/// # Errors
/// When the database fails or cannot be reached; when spaces is away.
pub async fn budgets(
    app: &App,
    organization: Uuid,
    process: Uuid,
    viewer: Viewer,
    after: Option<(String, Uuid)>,
    limit: i64,
) -> Result<Vec<Budget>, Error> {
    if !app.peers.visible(organization, process, viewer).await? {
        return Ok(Vec::new());
    }
    let mut transaction = app.begin(organization).await?;
    store::budgets::list(&mut transaction, process, after, limit).await
}

/// How many budgets of the organization are for an area, or have a vote that names it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_in_area(app: &App, organization: Uuid, area: &str) -> Result<i64, Error> {
    let mut transaction = app.begin(organization).await?;
    store::budgets::count_in_area(&mut transaction, organization, area).await
}

/// Changes a budget that is not frozen.
///
/// # Errors
/// When it is frozen, was changed meanwhile, or its new terms break a rule.
pub async fn update_budget(
    app: &App,
    organization: Uuid,
    id: Uuid,
    change: BudgetChange,
) -> Result<Budget, Error> {
    let mut transaction = app.begin(organization).await?;
    if change.leftover_budget.is_some() {
        // Before the budget itself, so that two changes do not wait for each other.
        let process = store::budgets::get(&mut transaction, id).await?.process;
        store::leftovers::lock(&mut transaction, process).await?;
    }
    let mut budget = store::budgets::lock(&mut transaction, id).await?;
    if change.etag.is_some_and(|etag| etag != budget.etag()) {
        return Err(Error::EtagMismatch);
    }
    budget.require_draft()?;
    let terms = budget.terms.clone();
    budget.terms = Terms {
        title: change.title.unwrap_or_else(|| terms.title.clone()),
        amount: change.amount.unwrap_or(terms.amount),
        ballot_rule: change.ballot_rule.unwrap_or_else(|| terms.ballot_rule.clone()),
        allocation_rule: change.allocation_rule.unwrap_or_else(|| terms.allocation_rule.clone()),
        leftover_budget: change.leftover_budget.unwrap_or(terms.leftover_budget),
        sign_off_required: terms.sign_off_required || change.require_sign_off,
        ..terms.clone()
    };
    budget.terms.check()?;
    if change.leftover_budget.is_some() {
        leftovers::check_target(&mut transaction, &budget).await?;
    }
    tell_changes(Some(&terms), &budget.terms);
    let now = app.clock.now();
    if budget.terms != terms {
        store::checklists::withdraw(&mut transaction, budget.id, Change::Terms, now).await?;
    }
    store::budgets::save(&mut transaction, &mut budget, now).await?;
    transaction.commit().await?;
    Ok(budget)
}

/// Says what is another value now, for the log of the organization; of a new budget, what it has.
fn tell_changes(was: Option<&Terms>, is: &Terms) {
    let changed = |field: &str, value: fn(&Terms) -> String| {
        acts::changed(field, was.map(value).unwrap_or_default(), value(is));
    };
    changed("title", |terms| terms.title.clone());
    changed("amount", |terms| format!("{} {}", terms.amount, terms.currency));
    changed("area_code", |terms| terms.area_code.clone());
    changed("ballot_rule", |terms| written("comitia.budgets.v1.BallotRule", &terms.ballot_rule));
    changed("allocation_rule", |terms| written("comitia.budgets.v1.AllocationRule", &terms.allocation_rule));
    changed("leftover_budget_id", |terms| terms.leftover_budget.map(|id| id.to_string()).unwrap_or_default());
    changed("sign_off_required", |terms| terms.sign_off_required.to_string());
}

/// The cursor after a budget in a list.
#[must_use]
pub fn cursor(budget: &Budget) -> String {
    format!("{} {}", budget.id, budget.terms.title)
}

/// What a cursor that [`cursor`] made says.
#[must_use]
pub fn from_cursor(cursor: &str) -> Option<(String, Uuid)> {
    let (id, title) = cursor.split_once(' ')?;
    Some((title.to_owned(), page::id(id)?))
}
