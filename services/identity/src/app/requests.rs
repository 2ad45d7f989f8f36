//! Requests with a request id. A request is stored as a keyed hash, because many name a person who could be guessed from a
//! plain one; answers with secrets are stored sealed, for a day.

use std::time::Duration;

use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::idempotency::{self, Idempotent};
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;

/// The associated data of sealed answers.
const ANSWER: &str = "requests.response";
/// How long an answer with secrets is kept, with the hour by which times of requests are rounded.
const SECRETS: Duration = Duration::from_secs(25 * 3600);
/// The methods whose answers are the only copy of a secret.
const SECRET_METHODS: [&str; 3] = [GENERATE_ACCESS_CODES, APPROVE_REPLACEMENT, CONFIRM_VISIT];
/// `RollService.GenerateAccessCodes`.
pub(crate) const GENERATE_ACCESS_CODES: &str = "identity.GenerateAccessCodes";
/// `RollService.ApproveAccessCodeReplacement`.
pub(crate) const APPROVE_REPLACEMENT: &str = "identity.ApproveAccessCodeReplacement";

/// `DeskService.ConfirmDeskVisit`.
pub(crate) const CONFIRM_VISIT: &str = "identity.ConfirmDeskVisit";

/// A request of `method`, by the caller's own `request_id`.
pub(crate) fn idempotent(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    method: &'static str,
    request_id: &str,
    request: &impl Message,
) -> Result<Idempotent, Error> {
    idempotent_by(organization, caller, method, request_id, app.lookup.request(request))
}

/// As [`idempotent`], by the keyed hash of the request.
pub(crate) fn idempotent_by(
    organization: Uuid,
    caller: &Caller,
    method: &'static str,
    request_id: &str,
    digest: Vec<u8>,
) -> Result<Idempotent, Error> {
    Ok(Idempotent::new(organization, caller, method, request_id, &digest)?)
}

/// The answer with secrets that was given the first time, if it was ([`Idempotent::earlier`]).
pub(crate) async fn earlier_secret<R: Message + Default>(
    app: &App,
    idempotent: &Idempotent,
    connection: &mut PgConnection,
) -> Result<Option<R>, Error> {
    let Some(sealed) = idempotent.earlier::<Vec<u8>>(connection).await? else { return Ok(None) };
    let plain = app.data_keys.open(ANSWER, &sealed)?;
    Ok(Some(R::decode(plain.as_slice()).map_err(ApiError::internal)?))
}

/// Keeps an answer with secrets, sealed.
pub(crate) async fn keep_secret(
    app: &App,
    idempotent: &Idempotent,
    connection: &mut PgConnection,
    response: &impl Message,
) -> Result<(), Error> {
    let sealed = app.data_keys.seal(ANSWER, &response.encode_to_vec())?;
    Ok(idempotent.keep(connection, &sealed).await?)
}

/// Deletes answers with secrets that were given a day ago.
pub(crate) async fn forget_secrets(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let mut forgotten = 0;
    for method in SECRET_METHODS {
        forgotten += idempotency::forget_answers_of(connection, method, SECRETS).await?;
    }
    Ok(forgotten)
}
