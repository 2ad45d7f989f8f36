//! What everybody does.

use uuid::Uuid;

use crate::app::App;
use crate::domain::proposal::{Filter, Proposal};
use crate::error::Error;
use crate::store;

/// The proposal with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, organization: Uuid, proposal: Uuid) -> Result<Proposal, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = store::proposals::get(&mut transaction, proposal).await?;
    transaction.commit().await?;
    found.ok_or(Error::NotFound(proposal))
}

/// At most `limit` proposals of a process, newest first, from the one before `before`.
///
/// # Errors
/// What the database says.
pub async fn list(
    app: &App,
    organization: Uuid,
    process: Uuid,
    filter: &Filter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = store::proposals::list(&mut transaction, process, filter, before, limit).await?;
    transaction.commit().await?;
    Ok(found)
}
