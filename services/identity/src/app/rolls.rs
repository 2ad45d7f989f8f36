//! Electoral rolls and their access codes.

use std::collections::{HashMap, HashSet};

use comitia_platform::auth::Caller;
use comitia_platform::{acts, page, validate};
use comitia_proto::identity::v1::{
    AccessCode, CreateRollRequest, CreateRollResponse, GenerateAccessCodesRequest,
    GenerateAccessCodesResponse, ListRollsResponse, Roll,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::changes::{counts, noted};
use crate::app::members::MEMBER_NUMBER;
use crate::app::requests::GENERATE_ACCESS_CODES;
use crate::app::{App, requests};
use crate::domain::access_code;
use crate::error::Error;
use crate::store::members;
use crate::store::roll_changes::{self, NewChange};
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
    acts::about("rolls", roll_id);
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

/// Makes access codes for members that have none, at most `limit` or those who are named, gives them, and notes who made how
/// many. They can be read this once, and by the same request again for a day.
///
/// # Errors
/// `RollUnknown`, `SessionRevoked`, a used request id.
pub async fn generate_access_codes(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    limit: i64,
    request: &GenerateAccessCodesRequest,
) -> Result<GenerateAccessCodesResponse, Error> {
    if request.validate_only {
        return would_generate(app, organization, roll_id, limit, request).await;
    }
    let method = GENERATE_ACCESS_CODES;
    let idempotent = requests::idempotent(app, organization, caller, method, &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = requests::earlier_secret(app, &idempotent, &mut transaction).await? {
        return Ok(earlier);
    }
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let without = without_code(app, &mut transaction, organization, roll_id, limit, request).await?;
    let (mut ids, mut lookups, mut access_codes) = (Vec::new(), Vec::new(), Vec::new());
    for (member_id, member_number) in without {
        let (access_code, lookup) = new_code(app, organization);
        ids.push(member_id);
        lookups.push(lookup);
        access_codes.push(AccessCode { member_number, access_code });
    }
    members::set_access_codes(&mut transaction, &ids, &lookups).await?;
    if !ids.is_empty() {
        let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
        let change = NewChange { kind: "ACCESS_CODES", counts: counts(ids.len(), 0, 0), ..noted.change() };
        roll_changes::insert(&mut transaction, &change).await?;
    }
    let remaining = members::count_without_code(&mut transaction, roll_id).await?;
    let response = GenerateAccessCodesResponse { access_codes, remaining };
    requests::keep_secret(app, &idempotent, &mut transaction, &response).await?;
    transaction.commit().await?;
    tracing::warn!(%organization, roll = %roll_id, count = ids.len(), "access codes were made");
    Ok(response)
}

/// Who would be given a code.
async fn would_generate(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    limit: i64,
    request: &GenerateAccessCodesRequest,
) -> Result<GenerateAccessCodesResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let without = without_code(app, &mut transaction, organization, roll_id, limit, request).await?;
    let remaining = members::count_without_code(&mut transaction, roll_id).await?;
    let without = without.into_iter();
    let access_codes =
        without.map(|(_, member_number)| AccessCode { member_number, ..AccessCode::default() }).collect();
    Ok(GenerateAccessCodesResponse { access_codes, remaining })
}

/// Members without a code who can be given one, locked, with the number that the answer names them by.
async fn without_code(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    roll_id: Uuid,
    limit: i64,
    request: &GenerateAccessCodesRequest,
) -> Result<Vec<(Uuid, String)>, Error> {
    if request.member_numbers.is_empty() {
        let found = members::lock_without_code(connection, roll_id, limit).await?;
        let open = |member: members::WithoutCode| -> Result<(Uuid, String), Error> {
            Ok((member.member_id, app.data_keys.open_text(MEMBER_NUMBER, &member.member_number)?))
        };
        return found.into_iter().map(open).collect();
    }
    let asked: Vec<_> = request
        .member_numbers
        .iter()
        .map(|number| (number, app.lookup.member_numbers(organization, number)))
        .collect();
    let lookups: Vec<_> = asked.iter().flat_map(|(_, forms)| forms.iter().cloned()).collect();
    let found = members::lock_without_code_among(connection, roll_id, &lookups).await?;
    let found: HashMap<_, _> = found.into_iter().collect();
    // A member who is named twice is given one code.
    let mut taken = HashSet::new();
    let of = |(number, forms): (&String, Vec<Vec<u8>>)| {
        let member_id = *forms.iter().find_map(|form| found.get(form))?;
        taken.insert(member_id).then(|| (member_id, number.clone()))
    };
    Ok(asked.into_iter().filter_map(of).collect())
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
