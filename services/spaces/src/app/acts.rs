//! The log of the organization.

use comitia_platform::ApiError;
use uuid::Uuid;

use crate::app::App;
use crate::domain::act::{Act, Asked};
use crate::domain::act_csv;
use crate::error::Error;
use crate::store;

/// How many acts a part of a file has.
const PART: i64 = 1_000;

/// Adds an act to the log. Once it is there, nothing more happens.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn record(app: &App, organization: Uuid, act: &Act) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    store::acts::insert(&mut transaction, organization, act).await?;
    Ok(transaction.commit().await?)
}

/// At most `limit` acts, newest first, from the one before `before`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    app: &App,
    organization: Uuid,
    asked: &Asked,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Act>, Error> {
    let mut transaction = app.reading(organization).await?;
    let acts = store::acts::list(&mut transaction, organization, asked, before, limit).await?;
    transaction.commit().await?;
    Ok(acts)
}

/// The lines of the acts after `after`, and the last of them; nothing behind the last one. The first part has the header and comes
/// of an empty log too.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn part(
    app: &App,
    organization: Uuid,
    asked: &Asked,
    after: Option<Uuid>,
) -> Result<Option<(Uuid, Vec<u8>)>, Error> {
    let acts = list(app, organization, asked, after, PART).await?;
    let last = match (acts.last(), after) {
        (Some(last), _) => last.act_id,
        // Nothing comes after the least id.
        (None, None) => Uuid::nil(),
        (None, Some(_)) => return Ok(None),
    };
    let lines = act_csv::lines(&acts, after.is_none()).map_err(ApiError::internal)?;
    Ok(Some((last, lines)))
}
