//! Indexing again what an earlier version of this program indexed, or what was indexed in other languages.

use comitia_platform::database::{self, Tenant};
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::store;

/// How many proposals are indexed in one transaction.
const BATCH: i64 = 50;

/// Indexes everything anew that is outdated. Replicas share the work.
///
/// # Errors
/// When the database or spaces is away; what was indexed until then stays so.
pub async fn run(app: &App) -> Result<usize, Error> {
    let mut all = 0;
    loop {
        let mut transaction = database::begin(&app.pool, Tenant::All).await?;
        let organizations = store::words::outdated_organizations(&mut transaction).await?;
        drop(transaction);
        let mut indexed = 0;
        for organization in organizations {
            let dictionaries = app.organizations.dictionaries(organization).await?;
            let mut transaction = app.begin(organization).await?;
            indexed +=
                store::words::index_outdated(&mut transaction, organization, &dictionaries, BATCH).await?;
            transaction.commit().await?;
        }
        all += indexed;
        if indexed == 0 {
            if all > 0 {
                tracing::info!(proposals = all, "indexed for search again");
            }
            return Ok(all);
        }
    }
}

/// Notes that an organization was changed: [`run`] indexes its proposals anew if its languages are others.
///
/// # Errors
/// When the database or spaces is away.
pub async fn organization_updated(app: &App, organization: Uuid) -> Result<(), Error> {
    let dictionaries = app.organizations.dictionaries(organization).await?;
    let mut transaction = app.begin(organization).await?;
    store::words::outdate(&mut transaction, organization, &dictionaries).await?;
    Ok(transaction.commit().await?)
}
