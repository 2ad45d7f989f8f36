//! A participant's sessions: which there are, and ending one.

use comitia_platform::auth::Caller;
use comitia_platform::validate;
use comitia_proto::identity::v1::{Device, OwnSession};
use sqlx::PgConnection;
use uuid::Uuid;

use super::faults::Fault;
use super::own;
use crate::app::App;
use crate::error::Error;
use crate::store::own_sessions as store;

/// The sessions of the caller's account that live, the caller's own first.
///
/// # Errors
/// [`Fault::AccountMissing`].
pub async fn list(app: &App, organization: Uuid, caller: &Caller) -> Result<Vec<OwnSession>, Error> {
    let mut transaction = app.begin(organization).await?;
    let participant = own(app, &mut transaction, caller).await?;
    of(app, &mut transaction, participant.participant_id, caller).await
}

/// The same of an account that is known.
pub(crate) async fn of(
    app: &App,
    connection: &mut PgConnection,
    participant_id: Uuid,
    caller: &Caller,
) -> Result<Vec<OwnSession>, Error> {
    let mut sessions = store::list(connection, participant_id, app.clock.now()).await?;
    sessions.sort_by_key(|session| session.session_id != caller.session);
    let sessions = sessions.into_iter().map(|stored| OwnSession {
        session_id: stored.session_id.to_string(),
        start_time: Some(validate::timestamp(stored.create_time)),
        device: Some(Device { kind: stored.device_kind.into(), browser: stored.device_browser.into() }),
        present: stored.session_id == caller.session,
    });
    Ok(sessions.collect())
}

/// Ends one of them.
///
/// # Errors
/// [`Fault::AccountMissing`], [`Fault::SessionUnknown`].
pub async fn end(app: &App, organization: Uuid, caller: &Caller, session: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let participant = own(app, &mut transaction, caller).await?;
    if !store::end(&mut transaction, participant.participant_id, session, app.clock.now()).await? {
        return Err(Fault::SessionUnknown.into());
    }
    Ok(transaction.commit().await?)
}
