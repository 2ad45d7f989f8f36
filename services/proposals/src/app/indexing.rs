//! Indexing again what an earlier version of this program indexed.

use comitia_platform::database::{self, Tenant};

use crate::app::App;
use crate::error::Error;
use crate::store;

/// How many proposals are indexed in one transaction.
const BATCH: i64 = 50;

/// Indexes everything anew that is outdated. Replicas share the work.
///
/// # Errors
/// When the database fails or cannot be reached; what was indexed until then stays so.
pub async fn run(app: &App) -> Result<usize, Error> {
    let mut all = 0;
    loop {
        let mut transaction = database::begin(&app.pool, Tenant::All).await?;
        let indexed = store::words::index_outdated(&mut transaction, BATCH).await?;
        transaction.commit().await?;
        all += indexed;
        if indexed == 0 {
            if all > 0 {
                tracing::info!(proposals = all, "indexed for search again");
            }
            return Ok(all);
        }
    }
}
