//! Deletes data whose retention has ended.

use chrono::TimeDelta;
use comitia_platform::database::{self, Tenant};

use crate::app::revocations::kept;
use crate::app::{App, participants, requests};
use crate::error::Error;
use crate::store::{
    desk, email_codes, participants as accounts, passkeys, polls, reloads, replacements, residents,
    revocations, sessions,
};

/// How long a session that ended is kept, to answer questions about misuse.
pub const ENDED_SESSIONS: TimeDelta = TimeDelta::days(30);

/// When the rows of members' ended sessions are shuffled, after the day on which they ended: by then only time can have
/// ended them.
const SHUFFLED_AFTER: TimeDelta = TimeDelta::hours(2);

/// Deletes ended sessions and accounts whose owner never chose a name, and destroys the keys of polls whose retention is over: from then on nobody,
/// with any data, can tell whose a ballot was. Deletes who left a roll, once it is not voted with.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn run(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let ended = sessions::delete_ended(&mut transaction, now - ENDED_SESSIONS).await?;
    revocations::delete_old(&mut transaction, kept(app)).await?;
    let keys = polls::destroy_keys(&mut transaction, now - app.policy.poll_key).await?;
    polls::forget_paper_permits(&mut transaction).await?;
    reloads::delete_left(&mut transaction, None, now).await?;
    reloads::release_addresses(&mut transaction, now).await?;
    replacements::forget_erased(&mut transaction, now).await?;
    desk::forget_members(&mut transaction).await?;
    let today = now.date_naive();
    let unnamed = accounts::delete_unnamed(&mut transaction, today - participants::UNNAMED).await?;
    residents::delete_resolved(&mut transaction, today - participants::residents::RESOLVED).await?;
    residents::shuffle(&mut transaction, today).await?;
    desk::shuffle(&mut transaction, today).await?;
    let answers = requests::forget_secrets(&mut transaction).await?;
    sessions::shuffle_ended(&mut transaction, now - SHUFFLED_AFTER).await?;
    transaction.commit().await?;
    if ended + keys + answers + unnamed > 0 {
        tracing::info!(sessions = ended, poll_keys = keys, answers, unnamed_accounts = unnamed, "retention");
    }
    Ok(())
}

/// Deletes expired one-time codes and challenges, and visits that nobody confirmed: they reveal when somebody was there.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn codes(app: &App) -> Result<(), Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    email_codes::delete_expired(&mut transaction, app.clock.now()).await?;
    passkeys::delete_expired(&mut transaction, app.clock.now()).await?;
    desk::delete_expired(&mut transaction, app.clock.now()).await?;
    Ok(transaction.commit().await?)
}
