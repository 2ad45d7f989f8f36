//! The desk: two officers let a member who is there vote on a device that stands there. What the voter gets is a permit, never a
//! session, and its ballot replaces no other.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use comitia_cache::RateLimit;
use comitia_platform::auth::Caller;
use comitia_platform::{page, validate};
use comitia_proto::identity::v1::{
    ConfirmDeskVisitRequest, ConfirmDeskVisitResponse, CountDeskVisitsResponse, DeskDay, DeskVisit,
    ListDeskVisitsResponse, OpenDeskVisitRequest, OpenDeskVisitResponse, RedeemDeskCodeResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::attempts::{self, Attempts};
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::participants;
use crate::app::permits;
use crate::app::replacements::officer;
use crate::app::requests::{self, CONFIRM_VISIT};
use crate::domain::access_code;
use crate::domain::asker::Asker;
use crate::domain::replacement::{Asked, may_approve};
use crate::error::Error;
use crate::store::desk::{self, NewVisit, StoredVisit};
use crate::store::members;

const LIST: &str = "identity.ListDeskVisits";
const OPEN: &str = "identity.OpenDeskVisit";
/// How long a visit waits for a second person.
const WAITS: TimeDelta = TimeDelta::minutes(15);
/// How long the code of a visit is good.
const CODE: TimeDelta = TimeDelta::minutes(10);
/// How long the voter has at the device.
const PERMIT: TimeDelta = TimeDelta::minutes(15);
/// How many visits an officer opens: one each minute is more than anybody checks documents.
const VISITS: RateLimit = RateLimit::new(60, Duration::from_secs(3600));

/// Opens a visit, which waits for a second person.
///
/// # Errors
/// `PollUnknown`, `PollNotOpen`, `PollClosed`, `PollPaused`, `BasisDiffers`, `MemberUnknown`, `NotEligible`, `SessionRevoked`,
/// `TooManyAttempts`, a used request id.
pub async fn open(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    poll_id: Uuid,
    request: &OpenDeskVisitRequest,
) -> Result<OpenDeskVisitResponse, Error> {
    let idempotent = requests::idempotent(app, organization, caller, OPEN, &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    let earlier: Option<OpenDeskVisitResponse> = idempotent.earlier(&mut transaction).await?;
    if let Some(kept) = earlier.and_then(|earlier| earlier.visit) {
        let id = validate::uuid("visit_id", &kept.visit_id)?;
        let stored = desk::lock(&mut transaction, id).await?.ok_or(Error::VisitUnknown)?;
        return Ok(OpenDeskVisitResponse { visit: Some(encode(app, stored)?) });
    }
    let poll = permits::open_poll(app, organization, poll_id).await?;
    let roll = poll.poll.roll().ok_or(Error::BasisDiffers)?;
    let lookups = app.lookup.member_numbers(organization, &request.member_number);
    let member = members::by_number(&mut transaction, roll, &lookups).await?.ok_or(Error::MemberUnknown)?;
    let voter = desk::voter(&mut transaction, member.member_id).await?.ok_or(Error::MemberUnknown)?;
    permits::district_of(app, &poll, &voter)?;
    let officer = officer(app, &mut transaction, caller).await?;
    let who = [organization.as_bytes(), officer.person.as_slice()].concat();
    attempts::limit(app, "desk-visits", &who, VISITS).await?;
    let now = app.clock.now();
    let visit_id = comitia_core::id::random();
    let new = NewVisit {
        visit_id,
        organization_id: organization,
        poll_id,
        member_id: member.member_id,
        officer: &officer,
        open_time: now,
        expire_time: now + WAITS,
    };
    desk::insert(&mut transaction, &new).await?;
    // Only the id is kept for the same request again: answers are kept in the clear.
    let kept = DeskVisit { visit_id: visit_id.to_string(), ..DeskVisit::default() };
    idempotent.keep(&mut transaction, &OpenDeskVisitResponse { visit: Some(kept) }).await?;
    let stored = desk::lock(&mut transaction, visit_id).await?.ok_or(Error::VisitUnknown)?;
    transaction.commit().await?;
    Ok(OpenDeskVisitResponse { visit: Some(encode(app, stored)?) })
}

/// Confirms a visit, and gives the code for the device at the desk.
///
/// # Errors
/// `VisitUnknown`, `VisitNotPending`, `SecondPersonRequired`, `SessionRevoked`, those of the poll, `NotEligible`, a used request id.
pub async fn confirm(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    visit_id: Uuid,
    request: &ConfirmDeskVisitRequest,
) -> Result<ConfirmDeskVisitResponse, Error> {
    let id = &request.request_id;
    let idempotent = requests::idempotent(app, organization, caller, CONFIRM_VISIT, id, request)?;
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = requests::earlier_secret(app, &idempotent, &mut transaction).await? {
        return Ok(earlier);
    }
    let stored = desk::lock(&mut transaction, visit_id).await?.ok_or(Error::VisitUnknown)?;
    let (Some(open_time), Some(member_id)) = (stored.open_time, stored.member_id) else {
        return Err(Error::VisitNotPending);
    };
    if stored.expire_time.is_none_or(|expires| expires <= now) {
        return Err(Error::VisitNotPending);
    }
    let officer = officer(app, &mut transaction, caller).await?;
    let asked = Asked { person: stored.opened_by_person.clone(), request_time: open_time };
    if !may_approve(&asked, &officer) {
        return Err(Error::SecondPersonRequired);
    }
    let poll = permits::open_poll(app, organization, stored.poll_id).await?;
    let voter = desk::voter(&mut transaction, member_id).await?.ok_or(Error::VisitNotPending)?;
    permits::district_of(app, &poll, &voter)?;
    let member = members::get(&mut transaction, member_id).await?.ok_or(Error::VisitNotPending)?;
    let desk_code = access_code::generate();
    let lookup = code_lookup(app, organization, &desk_code)?;
    let expire_time = poll.poll.close_time.min(now + CODE);
    desk::confirm(&mut transaction, &stored, &officer, &lookup, now.date_naive(), expire_time).await?;
    let response =
        ConfirmDeskVisitResponse { desk_code, expire_time: Some(validate::timestamp(expire_time)) };
    requests::keep_secret(app, &idempotent, &mut transaction, &response).await?;
    transaction.commit().await?;
    tell(app, member.email.as_deref())?;
    Ok(response)
}

fn code_lookup(app: &App, organization: Uuid, typed: &str) -> Result<Vec<u8>, Error> {
    let code = access_code::normalise(typed).ok_or(Error::DeskCodeMistyped)?;
    Ok(app.lookup.desk_code(organization, &code))
}

/// Tells a member who votes at the desk, where there is an address.
fn tell(app: &App, email: Option<&[u8]>) -> Result<(), Error> {
    let Some(email) = email.map(|sealed| app.data_keys.open_text(EMAIL, sealed)).transpose()? else {
        return Ok(());
    };
    let app = app.clone();
    comitia_core::task::spawn("desk visit", async move {
        if let Err(error) = app.mailer.send_desk_visit(&email).await {
            tracing::error!(%error, "a member was not told of their visit at the desk");
        }
    });
    Ok(())
}

/// Exchanges the code of a visit for its permit. The code has 74 random bits: guessing is hopeless at any pace, and wrong codes keep
/// no right one out.
///
/// # Errors
/// `DeskCodeMistyped`, `CredentialsInvalid`, `TooManyAttempts`, those of the poll, `NotEligible`.
pub async fn redeem(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    typed: &str,
) -> Result<RedeemDeskCodeResponse, Error> {
    let lookup = code_lookup(app, organization, typed)?;
    let mut transaction = app.begin(organization).await?;
    let visit = desk::redeem(&mut transaction, &lookup, app.clock.now()).await?;
    let Some((poll_id, member_id)) = visit else {
        drop(transaction);
        return Err(Attempts::new(app, organization, &Asker::new(address), b"desk").failed(app).await);
    };
    let poll = permits::open_poll(app, organization, poll_id).await?;
    let voter = desk::voter(&mut transaction, member_id).await?.ok_or(Error::CredentialsInvalid)?;
    let issued = permits::of_visitor(app, &poll, &voter, PERMIT)?;
    transaction.commit().await?;
    Ok(RedeemDeskCodeResponse {
        poll_id: poll_id.to_string(),
        permit: issued.permit,
        expire_time: Some(validate::timestamp(issued.expire_time)),
        district: issued.district,
    })
}

/// A page of visits, newest first.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListDeskVisitsResponse, Error> {
    let size = page::size(page_size)?;
    let last = (NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(), Uuid::max());
    let before = page::cursor(LIST, page_token, day_and_id)?.unwrap_or(last);
    let mut transaction = app.begin(organization).await?;
    let mut found = desk::list(&mut transaction, before, size + 1).await?;
    let next_page_token =
        page::cut(&mut found, size, LIST, |visit| format!("{} {}", visit.day, visit.visit_id));
    let visits = found.into_iter().map(|stored| encode(app, stored)).collect::<Result<_, _>>()?;
    Ok(ListDeskVisitsResponse { visits, next_page_token })
}

fn day_and_id(cursor: &str) -> Option<(NaiveDate, Uuid)> {
    let (day, id) = cursor.split_once(' ')?;
    Some((day.parse().ok()?, page::id(id)?))
}

/// How many visits were confirmed for a poll.
///
/// # Errors
/// `PollUnknown`.
pub async fn count(app: &App, organization: Uuid, poll_id: Uuid) -> Result<CountDeskVisitsResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    require_poll(&mut transaction, poll_id).await?;
    let days = desk::count(&mut transaction, poll_id).await?;
    Ok(CountDeskVisitsResponse {
        visit_count: days.iter().map(|(_, count)| count).sum(),
        days: days
            .into_iter()
            .map(|(day, visit_count)| DeskDay { day: day.to_string(), visit_count })
            .collect(),
    })
}

async fn require_poll(connection: &mut PgConnection, poll_id: Uuid) -> Result<(), Error> {
    crate::store::polls::get(connection, poll_id).await?.map(drop).ok_or(Error::PollUnknown)
}

fn encode(app: &App, stored: StoredVisit) -> Result<DeskVisit, Error> {
    let number = stored.member_number.map(|sealed| app.data_keys.open_text(MEMBER_NUMBER, &sealed));
    let waits = stored.confirmed_by.is_none();
    Ok(DeskVisit {
        visit_id: stored.visit_id.to_string(),
        poll_id: stored.poll_id.to_string(),
        member_number: number.transpose()?.unwrap_or_default(),
        opened_by: stored.opened_by,
        confirmed_by: stored.confirmed_by.unwrap_or_default(),
        day: Some(participants::day(stored.day)),
        expire_time: stored.expire_time.filter(|_| waits).map(validate::timestamp),
    })
}
