//! What everybody does.

use comitia_platform::auth::Viewer;
use uuid::Uuid;

use crate::app::App;
use crate::domain::proposal::{Filter, Proposal};
use crate::error::Error;
use crate::store;

/// The proposal with this id; before its process is published, `viewer` decides.
///
/// # Errors
/// [`Error::NotFound`]; `DEPENDENCY_UNAVAILABLE` when spaces is away, which says whether the process is.
pub async fn get(app: &App, organization: Uuid, proposal: Uuid, viewer: Viewer) -> Result<Proposal, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = store::proposals::get(&mut transaction, proposal).await?;
    transaction.commit().await?;
    let found = found.ok_or(Error::NotFound(proposal))?;
    if app.processes.visible(organization, found.process_id, viewer).await? {
        Ok(found)
    } else {
        Err(Error::NotFound(proposal))
    }
}

/// At most `limit` proposals of a process, newest first, from the one before `before`. A process that is
/// not published has none for the public; `viewer` as in [`get`].
///
/// # Errors
/// When the database fails or cannot be reached; as in [`get`].
pub async fn list(
    app: &App,
    organization: Uuid,
    process: Uuid,
    viewer: Viewer,
    filter: &Filter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    if !app.processes.visible(organization, process, viewer).await? {
        return Ok(Vec::new());
    }
    let searched = match &filter.words {
        Some(words) => Some((words, app.organizations.known_dictionaries(organization).await?)),
        None => None,
    };
    let mut transaction = app.begin(organization).await?;
    let query = match searched {
        Some((words, dictionaries)) => {
            words.query(&store::words::stems(&mut transaction, words, &dictionaries).await?)
        }
        None => None,
    };
    let found =
        store::proposals::list(&mut transaction, process, filter, query.as_deref(), before, limit).await?;
    transaction.commit().await?;
    Ok(found)
}

/// At most `limit` proposals of an author, newest first, from the one before `before`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn own(
    app: &App,
    organization: Uuid,
    author: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = store::proposals::list_of_author(&mut transaction, author, before, limit).await?;
    transaction.commit().await?;
    Ok(found)
}

/// How many proposals of the organization are for an area.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_in_area(app: &App, organization: Uuid, area: &str) -> Result<i64, Error> {
    let mut transaction = app.begin(organization).await?;
    Ok(store::proposals::count_in_area(&mut transaction, organization, area).await?)
}
