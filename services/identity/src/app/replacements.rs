//! Replacing access codes: one person of the staff asks, another one approves.

use comitia_platform::auth::{Caller, Role};
use comitia_platform::{page, validate};
use comitia_proto::identity::v1::{
    AccessCode, AccessCodeReplacement, ApproveAccessCodeReplacementRequest,
    ApproveAccessCodeReplacementResponse, ListAccessCodeReplacementsResponse, ReplaceAccessCodeRequest,
    ReplaceAccessCodeResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::requests::{self, APPROVE_REPLACEMENT};
use crate::app::rolls::new_code;
use crate::domain::replacement::{Asked, Officer, WAITS, may_approve};
use crate::error::Error;
use crate::store::replacements::{self, NewReplacements, StoredReplacement};
use crate::store::{members, residents, sessions, staff};

const LIST: &str = "identity.ListAccessCodeReplacements";
const REPLACE: &str = "identity.ReplaceAccessCode";
/// The operator of the installation. It counts as one person, whoever holds the key.
const OPERATOR: &str = "operator";

/// Asks to replace one member's access code.
///
/// # Errors
/// `MemberUnknown`, `SessionRevoked`, a used request id.
pub async fn request(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    request: &ReplaceAccessCodeRequest,
) -> Result<ReplaceAccessCodeResponse, Error> {
    let idempotent = requests::idempotent(app, organization, caller, REPLACE, &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    let earlier: Option<ReplaceAccessCodeResponse> = idempotent.earlier(&mut transaction).await?;
    if let Some(kept) = earlier.and_then(|earlier| earlier.replacement) {
        let id = validate::uuid("replacement_id", &kept.replacement_id)?;
        let stored = replacements::lock(&mut transaction, id).await?.ok_or(Error::ReplacementUnknown)?;
        return Ok(ReplaceAccessCodeResponse { replacement: Some(encode(app, stored)?) });
    }
    let lookups = app.lookup.member_numbers(organization, &request.member_number);
    let member =
        members::by_number(&mut transaction, roll_id, &lookups).await?.ok_or(Error::MemberUnknown)?;
    let officer = officer(app, &mut transaction, caller).await?;
    let id = comitia_core::id::new();
    insert(app, &mut transaction, organization, roll_id, &officer, &[(id, member.member_id)]).await?;
    // Only the id is kept for the same request again: answers are kept in the clear.
    let kept = AccessCodeReplacement { replacement_id: id.to_string(), ..Default::default() };
    idempotent.keep(&mut transaction, &ReplaceAccessCodeResponse { replacement: Some(kept) }).await?;
    let stored = replacements::lock(&mut transaction, id).await?.ok_or(Error::ReplacementUnknown)?;
    transaction.commit().await?;
    tracing::warn!(%organization, roll = %roll_id, replacement = %id, "an access code is to be replaced");
    Ok(ReplaceAccessCodeResponse { replacement: Some(encode(app, stored)?) })
}

/// Members who were added again under numbers that were erased from a roll that is voted with wait for approval, as if
/// the one who added them had asked to replace their codes.
pub(crate) async fn hold_added_again(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
) -> Result<(), Error> {
    let held = replacements::hold_added_again(connection, roll_id).await?;
    if held.is_empty() {
        return Ok(());
    }
    let officer = officer(app, connection, caller).await?;
    let new: Vec<_> = held.into_iter().map(|member| (comitia_core::id::new(), member)).collect();
    insert(app, connection, organization, roll_id, &officer, &new).await?;
    tracing::warn!(%organization, roll = %roll_id, count = new.len(), "erased members were added again and wait");
    Ok(())
}

async fn insert(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    roll_id: Uuid,
    officer: &Officer,
    new: &[(Uuid, Uuid)],
) -> Result<(), Error> {
    let (ids, members): (Vec<_>, Vec<_>) = new.iter().copied().unzip();
    let now = app.clock.now();
    let new = NewReplacements {
        organization,
        roll_id,
        ids: &ids,
        members: &members,
        officer,
        request_time: now,
        expire_time: now + WAITS,
    };
    Ok(replacements::insert(connection, &new).await?)
}

/// Approves a replacement: the member's code and sessions end, and the approver is given the new code.
///
/// # Errors
/// `ReplacementUnknown`, `ReplacementNotPending`, `SecondPersonRequired`, `SessionRevoked`, a used request id.
pub async fn approve(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    replacement_id: Uuid,
    request: &ApproveAccessCodeReplacementRequest,
) -> Result<ApproveAccessCodeReplacementResponse, Error> {
    let method = APPROVE_REPLACEMENT;
    let idempotent = requests::idempotent(app, organization, caller, method, &request.request_id, request)?;
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = requests::earlier_secret(app, &idempotent, &mut transaction).await? {
        return Ok(earlier);
    }
    let stored =
        replacements::lock(&mut transaction, replacement_id).await?.ok_or(Error::ReplacementUnknown)?;
    if stored.approve_time.is_some() || stored.expire_time <= now {
        return Err(Error::ReplacementNotPending);
    }
    let officer = officer(app, &mut transaction, caller).await?;
    let asked = Asked { person: stored.requested_by_person, request_time: stored.request_time };
    if !may_approve(&asked, &officer) {
        return Err(Error::SecondPersonRequired);
    }
    let member_id = stored.member_id.ok_or(Error::ReplacementNotPending)?;
    let member = members::get(&mut transaction, member_id).await?.ok_or(Error::ReplacementNotPending)?;
    let (code, lookup) = new_code(app, organization);
    members::set_access_codes(&mut transaction, &[member_id], &[lookup]).await?;
    sessions::revoke_of(&mut transaction, member_id, now).await?;
    // Whoever had the earlier code may have verified an account with it.
    residents::part(&mut transaction, &[member_id], false, None).await?;
    replacements::release(&mut transaction, member_id).await?;
    replacements::approve(&mut transaction, replacement_id, member_id, &officer, now).await?;
    let member_number = app.data_keys.open_text(MEMBER_NUMBER, &member.member_number)?;
    let access_code = AccessCode { member_number, access_code: code };
    let response = ApproveAccessCodeReplacementResponse { access_code: Some(access_code) };
    requests::keep_secret(app, &idempotent, &mut transaction, &response).await?;
    transaction.commit().await?;
    tracing::warn!(%organization, roll = %stored.roll_id, replacement = %replacement_id, "an access code was replaced");
    tell(app, member.email.as_deref())?;
    Ok(response)
}

/// Tells a member whose code was replaced, where there is an address.
fn tell(app: &App, email: Option<&[u8]>) -> Result<(), Error> {
    let Some(email) = email.map(|sealed| app.data_keys.open_text(EMAIL, sealed)).transpose()? else {
        return Ok(());
    };
    let app = app.clone();
    comitia_core::task::spawn("replaced access code", async move {
        if let Err(error) = app.mailer.send_code_replaced(&email).await {
            tracing::error!(%error, "a member was not told that their access code was replaced");
        }
    });
    Ok(())
}

/// A page of replacements, newest first.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListAccessCodeReplacementsResponse, Error> {
    let size = page::size(page_size)?;
    let before = page::cursor(LIST, page_token, page::id)?.unwrap_or(Uuid::max());
    let mut transaction = app.begin(organization).await?;
    let mut found = replacements::list(&mut transaction, before, size + 1).await?;
    let next_page_token =
        page::cut(&mut found, size, LIST, |replacement| replacement.replacement_id.to_string());
    let replacements = found.into_iter().map(|stored| encode(app, stored)).collect::<Result<_, _>>()?;
    Ok(ListAccessCodeReplacementsResponse { replacements, next_page_token })
}

/// How many codes of members of a poll's roll were replaced, from its creation to its close.
///
/// # Errors
/// `PollUnknown`.
pub async fn count(app: &App, organization: Uuid, poll_id: Uuid) -> Result<i64, Error> {
    let mut transaction = app.begin(organization).await?;
    replacements::count(&mut transaction, poll_id).await?.ok_or(Error::PollUnknown)
}

/// The caller as one of the two people of a replacement.
pub(crate) async fn officer(
    app: &App,
    connection: &mut PgConnection,
    caller: &Caller,
) -> Result<Officer, Error> {
    if caller.has(Role::Operator) {
        let person = OPERATOR.as_bytes().to_vec();
        return Ok(Officer { name: OPERATOR.to_owned(), person, since: chrono::DateTime::UNIX_EPOCH });
    }
    staff::of_session(connection, caller.session, app.clock.now()).await?.ok_or(Error::SessionRevoked)
}

fn encode(app: &App, stored: StoredReplacement) -> Result<AccessCodeReplacement, Error> {
    let member_number = stored.member_number.map(|sealed| app.data_keys.open_text(MEMBER_NUMBER, &sealed));
    Ok(AccessCodeReplacement {
        replacement_id: stored.replacement_id.to_string(),
        roll_id: stored.roll_id.to_string(),
        member_number: member_number.transpose()?.unwrap_or_default(),
        requested_by: stored.requested_by,
        request_time: Some(validate::timestamp(stored.request_time)),
        expire_time: Some(validate::timestamp(stored.expire_time)),
        approved_by: stored.approved_by.unwrap_or_default(),
        approve_time: stored.approve_time.map(validate::timestamp),
    })
}
