//! What is deleted when its time is over.

use chrono::TimeDelta;
use comitia_platform::database::{self, Tenant};

use crate::app::App;
use crate::error::Error;
use crate::store::{email_codes, polls, sessions};

/// How long a session that ended is kept, to answer questions about misuse.
const ENDED_SESSIONS: TimeDelta = TimeDelta::days(30);

/// Deletes ended sessions and expired codes, and destroys the keys of polls whose retention is over: from then on nobody,
/// with any data, can tell whose a ballot was.
///
/// # Errors
/// What the database says.
pub async fn run(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let ended = sessions::delete_ended(&mut transaction, now - ENDED_SESSIONS).await?;
    let codes = email_codes::delete_expired(&mut transaction, now).await?;
    let keys = polls::destroy_keys(&mut transaction, now - app.policy.poll_key).await?;
    polls::forget_paper_permits(&mut transaction).await?;
    transaction.commit().await?;
    if ended + codes + keys > 0 {
        tracing::info!(sessions = ended, email_codes = codes, poll_keys = keys, "retention");
    }
    Ok(())
}
