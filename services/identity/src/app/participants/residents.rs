//! Accounts that are verified as members of rolls: one resident, one account. Where two accounts claim one member, people
//! decide, because it may be somebody's forgotten account or somebody's stolen letter.

use chrono::TimeDelta;
use comitia_platform::auth::Caller;
use comitia_platform::page;
use comitia_proto::identity::v1::{
    CaseAccount, CaseDecision, ListResidentCasesResponse, ResidentCase, VerificationOutcome,
    VerifyResidentRequest, VerifyResidentResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::faults::Fault;
use super::{EMAIL, address_lookup, day, describe, name_of, own, today};
use crate::app::App;
use crate::app::attempts::Attempts;
use crate::app::members::MEMBER_NUMBER;
use crate::app::replacements::officer;
use crate::domain::access_code;
use crate::domain::asker::Asker;
use crate::error::Error;
use crate::store::participants::StoredParticipant;
use crate::store::residents::{self as store, Claimed, NewResidence, StoredCase};
use crate::store::{members, participants};

const LIST: &str = "identity.ListResidentCases";
/// How long a decided case is kept, to answer those who ask about it.
pub const RESOLVED: TimeDelta = TimeDelta::days(90);

/// Verifies the caller's account as a member of a roll, by their letter or by the address that both have.
///
/// # Errors
/// `AccessCodeMistyped`, `CredentialsInvalid`, `TooManyAttempts`; [`Fault::AlreadyVerified`],
/// [`Fault::RollEntryUnknown`], [`Fault::AccountMissing`].
pub async fn verify(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    address: Option<&str>,
    request: &VerifyResidentRequest,
) -> Result<VerifyResidentResponse, Error> {
    let by_address = request.member_number.is_empty() && request.access_code.is_empty();
    let mut transaction = app.begin(organization).await?;
    let participant = own(app, &mut transaction, caller).await?;
    let claimed = if by_address {
        by_roll(app, &mut transaction, organization, &participant).await?
    } else {
        let code = access_code::normalise(&request.access_code).ok_or(Error::AccessCodeMistyped)?;
        let numbers = app.lookup.member_numbers(organization, &request.member_number);
        let code = app.lookup.access_code(organization, &code);
        let found = store::lock_by_access_code(&mut transaction, organization, &numbers, &code).await?;
        let Some(claimed) = found else {
            drop(transaction);
            let tried = app.lookup.member_number(organization, &request.member_number);
            return Err(Attempts::new(app, organization, &Asker::new(address), &tried).failed(app).await);
        };
        claimed
    };
    let outcome = claim(app, &mut transaction, organization, &participant, claimed, by_address).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    transaction.commit().await?;
    if outcome == VerificationOutcome::CaseOpened {
        tracing::warn!(%organization, roll = %claimed.roll_id, "two accounts claim one member; the team decides");
    }
    Ok(VerifyResidentResponse { outcome: outcome.into(), account: Some(account) })
}

/// The one member who has the account's address, in the roll that is voted with or else the newest.
async fn by_roll(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &StoredParticipant,
) -> Result<Claimed, Error> {
    let lookup = address_lookup(app, organization, participant)?.ok_or(Fault::RollEntryUnknown)?;
    let found = members::by_email(connection, &lookup, None, app.clock.now()).await?;
    let [member] = found.as_slice() else { return Err(Fault::RollEntryUnknown.into()) };
    // Whoever corrects the roll meanwhile waits, and parts the two then.
    if !members::lock_address(connection, member.member_id, &lookup).await? {
        return Err(Fault::RollEntryUnknown.into());
    }
    Ok(Claimed { member_id: member.member_id, roll_id: member.roll_id })
}

async fn claim(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &StoredParticipant,
    claimed: Claimed,
    by_address: bool,
) -> Result<VerificationOutcome, Error> {
    let participant_id = participant.participant_id;
    let new = NewResidence { organization, participant_id, claimed, day: today(app), by_address };
    store::insert(connection, &new).await?;
    if store::holder(connection, claimed.member_id).await? == Some(participant_id) {
        return Ok(VerificationOutcome::Verified);
    }
    if store::member_in_roll(connection, participant_id, claimed.roll_id).await?.is_some() {
        return Err(Fault::AlreadyVerified.into());
    }
    store::open_case(connection, organization, participant_id, claimed, today(app)).await?;
    Ok(VerificationOutcome::CaseOpened)
}

/// A page of cases.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
    resolved_too: bool,
) -> Result<ListResidentCasesResponse, Error> {
    let size = page::size(page_size)?;
    let scope = format!("{LIST} {resolved_too}");
    let after = page::cursor(&scope, page_token, page::id)?.unwrap_or_default();
    let mut transaction = app.begin(organization).await?;
    let mut found = store::cases(&mut transaction, after, resolved_too, size + 1).await?;
    let next_page_token = page::cut(&mut found, size, &scope, |case| case.case_id.to_string());
    let cases = found.into_iter().map(|stored| encode(app, stored)).collect::<Result<_, _>>()?;
    Ok(ListResidentCasesResponse { cases, next_page_token })
}

/// A case.
///
/// # Errors
/// [`Fault::CaseUnknown`].
pub async fn get(app: &App, organization: Uuid, case_id: Uuid) -> Result<ResidentCase, Error> {
    let mut transaction = app.begin(organization).await?;
    let stored = store::case(&mut transaction, case_id).await?.ok_or(Fault::CaseUnknown)?;
    encode(app, stored)
}

/// Decides a case. The same decision again changes nothing.
///
/// # Errors
/// [`Fault::CaseUnknown`], [`Fault::CaseNotOpen`], [`Fault::AlreadyVerified`], `SessionRevoked`.
pub async fn resolve(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    case_id: Uuid,
    decision: CaseDecision,
) -> Result<ResidentCase, Error> {
    let mut transaction = app.begin(organization).await?;
    let stored = store::lock_case(&mut transaction, case_id).await?.ok_or(Fault::CaseUnknown)?;
    let number = i16::try_from(i32::from(decision)).unwrap_or_default();
    if stored.decision == number {
        return encode(app, stored);
    }
    if stored.decision != 0 {
        return Err(Fault::CaseNotOpen.into());
    }
    let officer = officer(app, &mut transaction, caller).await?;
    if decision == CaseDecision::Move {
        let claimed = Claimed { member_id: stored.member_id, roll_id: stored.roll_id };
        let claimant =
            participants::get(&mut transaction, stored.claimant_id).await?.ok_or(Fault::CaseUnknown)?;
        let holder = store::holder(&mut transaction, stored.member_id).await?;
        if holder != Some(stored.claimant_id) {
            store::part(&mut transaction, &[stored.member_id], false, Some(case_id)).await?;
        }
        let outcome = claim(app, &mut transaction, organization, &claimant, claimed, false).await?;
        if outcome != VerificationOutcome::Verified {
            return Err(Fault::CaseNotOpen.into());
        }
    }
    store::resolve(&mut transaction, case_id, number, &officer.name, today(app)).await?;
    let stored = store::lock_case(&mut transaction, case_id).await?.ok_or(Fault::CaseUnknown)?;
    transaction.commit().await?;
    tracing::warn!(%organization, case = %case_id, ?decision, "the team decided whose account a member is");
    encode(app, stored)
}

fn encode(app: &App, stored: StoredCase) -> Result<ResidentCase, Error> {
    let account = |email: Option<&[u8]>, name: Option<&[u8]>| {
        let email = email.map(|email| app.data_keys.open_text(EMAIL, email)).transpose()?;
        Ok::<_, Error>(CaseAccount { display_name: name_of(app, name)?, email: email.unwrap_or_default() })
    };
    let holder =
        stored.holder_id.map(|_| account(stored.holder_email.as_deref(), stored.holder_name.as_deref()));
    Ok(ResidentCase {
        case_id: stored.case_id.to_string(),
        roll_id: stored.roll_id.to_string(),
        member_number: app.data_keys.open_text(MEMBER_NUMBER, &stored.member_number)?,
        claimant: Some(account(stored.claimant_email.as_deref(), stored.claimant_name.as_deref())?),
        holder: holder.transpose()?,
        open_time: Some(day(stored.open_day)),
        decision: stored.decision.into(),
        resolved_by: stored.resolved_by.unwrap_or_default(),
        resolve_time: stored.resolve_day.map(day),
    })
}
