//! Taking a signature back, where the sheet allows it.

use comitia_platform::database::{self, Tenant};
use comitia_transparency::sheet::withdrawal_key;
use uuid::Uuid;

use super::permit::{self, Channel};
use super::{App, sequencer};
use crate::domain::poll::{Door, door};
use crate::domain::{CastDigest, Nullifier};
use crate::error::Error;
use crate::store;

/// Takes the signature of the bearer of a permit back. Gives what the withdrawal is found by in the log. `secret` makes a call the same
/// one again; the secret of the signature is not needed, so that who has lost it can withdraw too.
///
/// # Errors
/// [`Error::WithdrawalNotAllowed`]; [`Error::NotSigned`]; [`Error::SignatureWithdrawn`] when another call has done it;
/// [`Error::PollPaused`], [`Error::PollNotOpen`], [`Error::PollClosed`], and those of the permit.
pub async fn withdraw_signature(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    token: &str,
    secret: &[u8],
) -> Result<[u8; 32], Error> {
    let arrival = app.clock.now();
    let permit = permit::permit_of_any_time(app, token, poll_id, Channel::Online, "permit").await?;
    if permit.desk {
        let rule = "must be the voter's own permit, not one from the desk";
        return Err(Error::PermitInvalid { field: "permit".to_owned(), rule });
    }
    if !app.definitions.get(organization, poll_id).await?.withdrawal_allowed {
        return Err(Error::WithdrawalNotAllowed);
    }
    let (nullifier, secret) = (&permit.nullifier, CastDigest::of(poll_id, secret));
    let mut transaction = app.begin(organization).await?;
    // As a cast does: a close and a pause wait for it, and the sequencer waits for what it writes.
    store::lock_for_ballots(&mut transaction, &[poll_id]).await?;
    let sheet = store::polls::sheet(&mut transaction, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
    let refusal = match door(sheet.state, sheet.period, arrival) {
        Door::NotOpen => Some(Error::PollNotOpen),
        Door::Closed => Some(Error::PollClosed),
        Door::Open if sheet.paused => Some(Error::PollPaused),
        Door::Open => permit.in_time(arrival, "permit").err(),
    };
    if refusal.is_none() {
        let minute = arrival.timestamp().div_euclid(60);
        store::withdrawals::withdraw(&mut transaction, poll_id, nullifier, &secret, minute).await?;
    }
    let withdrawn = store::withdrawals::withdrawn(&mut transaction, poll_id, nullifier).await?;
    transaction.commit().await?;
    match (withdrawn, refusal) {
        (Some(withdrawn), _) if withdrawn.secret == secret => {
            let identifier = sequencer::signature(poll_id, nullifier, &withdrawn.signed, &app.receipts);
            Ok(withdrawal_key(&identifier))
        }
        (_, Some(refusal)) => Err(refusal),
        (Some(_), None) => Err(Error::SignatureWithdrawn),
        (None, None) => Err(Error::NotSigned),
    }
}

/// Whether somebody has taken the signature back.
///
/// # Errors
/// When the database fails or cannot be reached.
pub(super) async fn is_withdrawn(app: &App, poll_id: Uuid, nullifier: &Nullifier) -> Result<bool, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let withdrawn = store::withdrawals::withdrawn(&mut transaction, poll_id, nullifier).await?;
    transaction.commit().await?;
    Ok(withdrawn.is_some())
}
