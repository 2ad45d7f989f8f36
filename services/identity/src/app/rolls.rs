//! Electoral rolls and their access codes.

use comitia_platform::auth::Caller;
use comitia_platform::{page, validate};
use comitia_proto::identity::v1::{
    AccessCode, CreateRollRequest, CreateRollResponse, GenerateAccessCodesRequest,
    GenerateAccessCodesResponse, ListRollsResponse, Roll,
};
use uuid::Uuid;

use crate::app::members::MEMBER_NUMBER;
use crate::app::requests::GENERATE_ACCESS_CODES;
use crate::app::{App, requests};
use crate::domain::access_code;
use crate::error::Error;
use crate::store::members;
use crate::store::rolls::{self, StoredRoll};

const LIST: &str = "identity.ListRolls";

/// Creates an empty roll.
///
/// # Errors
/// A used request id, or what the database says.
pub async fn create(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    request: &CreateRollRequest,
) -> Result<CreateRollResponse, Error> {
    let idempotent =
        requests::idempotent(app, organization, caller, "identity.CreateRoll", &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let (roll_id, now) = (comitia_core::id::new(), app.clock.now());
    let title = request.title.trim();
    rolls::insert(&mut transaction, organization, roll_id, title, now).await?;
    let roll = StoredRoll {
        roll_id,
        title: title.to_owned(),
        member_count: 0,
        access_code_count: 0,
        create_time: now,
    };
    let response = CreateRollResponse { roll: Some(encode(roll)) };
    idempotent.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// A roll.
///
/// # Errors
/// `RollUnknown`.
pub async fn get(app: &App, organization: Uuid, roll_id: Uuid) -> Result<Roll, Error> {
    let mut transaction = app.begin(organization).await?;
    Ok(encode(rolls::get(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?))
}

/// A page of rolls, newest first.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListRollsResponse, Error> {
    let size = page::size(page_size)?;
    let before = page::cursor(LIST, page_token, page::id)?.unwrap_or(Uuid::max());
    let mut transaction = app.begin(organization).await?;
    let mut found = rolls::list(&mut transaction, before, size + 1).await?;
    let next_page_token = page::cut(&mut found, size, LIST, |roll| roll.roll_id.to_string());
    Ok(ListRollsResponse { rolls: found.into_iter().map(encode).collect(), next_page_token })
}

/// Makes access codes for members that have none, at most `limit`, and gives them. They can be read this once, and by
/// the same request again for a day.
///
/// # Errors
/// `RollUnknown`, a used request id.
pub async fn generate_access_codes(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    limit: i64,
    request: &GenerateAccessCodesRequest,
) -> Result<GenerateAccessCodesResponse, Error> {
    let method = GENERATE_ACCESS_CODES;
    let idempotent = requests::idempotent(app, organization, caller, method, &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = requests::earlier_secret(app, &idempotent, &mut transaction).await? {
        return Ok(earlier);
    }
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let without = members::lock_without_code(&mut transaction, roll_id, limit).await?;
    let (mut ids, mut lookups, mut access_codes) = (Vec::new(), Vec::new(), Vec::new());
    for member in without {
        let (code, lookup) = new_code(app, organization);
        ids.push(member.member_id);
        lookups.push(lookup);
        access_codes.push(AccessCode {
            member_number: app.data_keys.open_text(MEMBER_NUMBER, &member.member_number)?,
            access_code: code,
        });
    }
    members::set_access_codes(&mut transaction, &ids, &lookups).await?;
    let remaining = members::count_without_code(&mut transaction, roll_id).await?;
    let response = GenerateAccessCodesResponse { access_codes, remaining };
    requests::keep_secret(app, &idempotent, &mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// A new access code and its keyed hash.
pub(crate) fn new_code(app: &App, organization: Uuid) -> (String, Vec<u8>) {
    let code = access_code::generate();
    let lookup = app.lookup.access_code(organization, &code.replace('-', ""));
    (code, lookup)
}

fn encode(roll: StoredRoll) -> Roll {
    Roll {
        roll_id: roll.roll_id.to_string(),
        title: roll.title,
        member_count: roll.member_count,
        access_code_count: roll.access_code_count,
        create_time: Some(validate::timestamp(roll.create_time)),
    }
}
