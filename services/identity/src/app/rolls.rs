//! Electoral rolls and their access codes.

use std::collections::HashSet;

use comitia_bus::{Event, outbox};
use comitia_platform::auth::Caller;
use comitia_platform::{page, validate};
use comitia_proto::events::v1::RollImported;
use comitia_proto::identity::v1::{
    AccessCode, BadLine, CreateRollRequest, CreateRollResponse, GenerateAccessCodesRequest,
    GenerateAccessCodesResponse, ImportMembersRequest, ImportMembersResponse, ListRollsResponse, Roll,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::app::requests::GENERATE_ACCESS_CODES;
use crate::app::{App, replacements, requests};
use crate::domain::access_code;
use crate::domain::member_csv::{self, NewMember};
use crate::error::Error;
use crate::store::members::{self, NewMembers};
use crate::store::rolls::{self, StoredRoll};

/// How many members go into one statement.
const CHUNK: usize = 5_000;
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

/// Imports members from CSV: all, or with `partial` the good lines.
///
/// # Errors
/// `RollUnknown`; `Csv` with every bad line, and nothing is imported.
pub async fn import(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    request: &ImportMembersRequest,
) -> Result<ImportMembersResponse, Error> {
    let idempotent = requests::idempotent(
        app,
        organization,
        caller,
        "identity.ImportMembers",
        &request.request_id,
        request,
    )?;
    let now = app.clock.now();
    let csv = request.csv.clone();
    let parsing = tokio::task::spawn_blocking(move || member_csv::parse(&csv, now.date_naive()));
    let mut parsed = parsing.await.map_err(comitia_platform::ApiError::internal)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if !rolls::lock(&mut transaction, roll_id).await? {
        return Err(Error::RollUnknown);
    }
    refuse_existing(app, organization, roll_id, &mut parsed, &mut transaction).await?;
    if !parsed.bad.is_empty() && !request.partial {
        return Err(Error::Csv(parsed.bad));
    }
    let mut imported = 0;
    for chunk in parsed.members.chunks(CHUNK) {
        let rows = seal(app, organization, chunk)?;
        imported += members::insert(&mut transaction, organization, roll_id, &rows, now).await?;
    }
    replacements::hold_added_again(app, &mut transaction, organization, caller, roll_id).await?;
    let imported_count = i64::try_from(imported).unwrap_or(i64::MAX);
    let fact = RollImported { roll_id: roll_id.to_string(), imported_count };
    let event =
        Event::new(&app.clock, "identity.roll.imported", Some(organization), roll_id.to_string(), &fact);
    outbox::append(&mut transaction, &[event]).await?;
    let response = ImportMembersResponse {
        imported_count,
        bad_lines: parsed
            .bad
            .iter()
            .map(|bad| BadLine {
                line: i64::try_from(bad.line).unwrap_or(i64::MAX),
                column: bad.column.to_owned(),
                rule: bad.rule.to_owned(),
            })
            .collect(),
    };
    idempotent.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.signal.wake();
    Ok(response)
}

/// Makes bad lines of the members that the roll has already.
async fn refuse_existing(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    parsed: &mut member_csv::Parsed,
    connection: &mut PgConnection,
) -> Result<(), Error> {
    let mut known = HashSet::new();
    for chunk in parsed.members.chunks(CHUNK) {
        let lookups: Vec<_> = chunk
            .iter()
            .map(|member| app.lookup.member_number(organization, &member.member_number))
            .collect();
        known.extend(members::existing(connection, roll_id, &lookups).await?);
    }
    if known.is_empty() {
        return Ok(());
    }
    let bad = &mut parsed.bad;
    parsed.members.retain(|member| {
        let new = !known.contains(&app.lookup.member_number(organization, &member.member_number));
        if !new {
            bad.push(member_csv::BadLine {
                line: member.line,
                column: "member_number",
                rule: "must not be in the roll already",
            });
        }
        new
    });
    bad.sort_by_key(|bad| bad.line);
    Ok(())
}

fn seal(app: &App, organization: Uuid, chunk: &[NewMember]) -> Result<NewMembers, Error> {
    let mut rows = NewMembers::default();
    for member in chunk {
        rows.member_ids.push(comitia_core::id::new());
        rows.numbers.push(app.data_keys.seal_text(MEMBER_NUMBER, &member.member_number)?);
        rows.number_lookups.push(app.lookup.member_number(organization, &member.member_number));
        rows.districts.push(member.district.clone());
        let birth_date = member.birth_date.map(|date| app.data_keys.seal_text(BIRTH_DATE, &date.to_string()));
        rows.birth_dates.push(birth_date.transpose()?);
        let email = member.email.as_deref();
        rows.emails.push(email.map(|email| app.data_keys.seal_text(EMAIL, email)).transpose()?);
        rows.email_lookups.push(email.map(|email| app.lookup.email(organization, email)));
    }
    Ok(rows)
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
