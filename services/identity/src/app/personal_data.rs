//! People's rights over their data: export and erasure (GDPR articles 15 and 17).

use comitia_platform::auth::Caller;
use comitia_platform::validate;
use comitia_proto::identity::v1::{OwnDeskVisit, PersonalData, TermsAcceptance};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::changes::noted;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::participants::{self, own_sessions, tell_erased};
use crate::app::permits::BIRTH_DATE;
use crate::error::Error;
use crate::store::members::{self, StoredMember};
use crate::store::participants::{self as accounts, StoredParticipant};
use crate::store::roll_changes::{self, NewChange};
use crate::store::{associations, desk, residents, rolls, sessions};

/// All that is kept about the member of a roll with this number.
///
/// # Errors
/// `MemberUnknown`.
pub async fn export(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    number: &str,
) -> Result<PersonalData, Error> {
    let mut transaction = app.begin(organization).await?;
    let lookups = app.lookup.member_numbers(organization, number);
    let member =
        members::by_number(&mut transaction, roll_id, &lookups).await?.ok_or(Error::MemberUnknown)?;
    let described = describe(app, &mut transaction, member).await?;
    // That it was read is in the log of the organization.
    transaction.commit().await?;
    Ok(described)
}

/// Erases the member of a roll with this number, and notes who did; not whose entry it was, which is erased too. An
/// account that is verified as the member stays, without that.
///
/// # Errors
/// `MemberUnknown`, `SessionRevoked`.
pub async fn erase(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    number: &str,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let lookups = app.lookup.member_numbers(organization, number);
    let member =
        members::by_number(&mut transaction, roll_id, &lookups).await?.ok_or(Error::MemberUnknown)?;
    erase_member(app, &mut transaction, organization, member.member_id).await?;
    let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
    let change = NewChange { kind: "ERASURE", counts: [0, 0, 1], ..noted.change() };
    roll_changes::insert(&mut transaction, &change).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(())
}

/// All that is kept about the caller.
///
/// # Errors
/// `SessionRevoked`.
pub async fn export_own(app: &App, organization: Uuid, caller: &Caller) -> Result<PersonalData, Error> {
    let mut transaction = app.begin(organization).await?;
    let account = accounts::of_session(&mut transaction, caller.session, app.clock.now()).await?;
    if let Some(participant) = account {
        return describe_account(app, &mut transaction, organization, caller, participant).await;
    }
    let member_id = own_id(app, &mut transaction, caller).await?;
    let member = members::get(&mut transaction, member_id).await?.ok_or(Error::MemberUnknown)?;
    describe(app, &mut transaction, member).await
}

/// Erases the caller: their account, with `roll_entries_too` also the members that it is verified as; or, without an account,
/// the member. What they wrote stays, and is nobody's.
///
/// # Errors
/// `SessionRevoked`.
pub async fn erase_own(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_entries_too: bool,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let account = accounts::lock_of_session(&mut transaction, caller.session, app.clock.now()).await?;
    if let Some(participant) = account {
        let id = participant.participant_id;
        let residences = residents::list(&mut transaction, id).await?;
        for residence in residences.iter().filter(|_| roll_entries_too) {
            erase_member(app, &mut transaction, organization, residence.member_id).await?;
        }
        if let Some(lookup) = participants::address_lookup(app, organization, &participant)? {
            associations::forget_address(&mut transaction, &lookup).await?;
        }
        accounts::delete(&mut transaction, id).await?;
        tell_erased(app, &mut transaction, organization, id).await?;
    } else {
        let member_id = own_id(app, &mut transaction, caller).await?;
        erase_member(app, &mut transaction, organization, member_id).await?;
    }
    transaction.commit().await?;
    app.outbox.wake();
    Ok(())
}

async fn erase_member(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    member_id: Uuid,
) -> Result<(), Error> {
    members::delete(connection, member_id, app.clock.now()).await?;
    tell_erased(app, connection, organization, member_id).await
}

async fn own_id(app: &App, connection: &mut PgConnection, caller: &Caller) -> Result<Uuid, Error> {
    sessions::member_id_of(connection, caller.session, app.clock.now()).await?.ok_or(Error::SessionRevoked)
}

async fn describe_account(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    caller: &Caller,
    participant: StoredParticipant,
) -> Result<PersonalData, Error> {
    let id = participant.participant_id;
    let mut roll_entries = Vec::new();
    for residence in residents::list(connection, id).await? {
        if let Some(member) = members::get(connection, residence.member_id).await? {
            roll_entries.push(describe(app, connection, member).await?);
        }
    }
    let account = participants::describe(app, connection, organization, &participant).await?;
    let sessions = own_sessions::of(app, connection, id, caller).await?;
    let acceptances = accounts::acceptances(connection, id).await?;
    Ok(PersonalData {
        email: account.email.clone(),
        create_time: Some(participants::day(participant.create_day)),
        session_start_times: sessions.iter().filter_map(|session| session.start_time).collect(),
        associations: account.associations.iter().map(|one| one.display_name.clone()).collect(),
        account: Some(account),
        sessions,
        terms_acceptances: acceptances
            .into_iter()
            .map(|(terms_version, day)| TermsAcceptance {
                terms_version,
                accept_time: Some(participants::day(day)),
            })
            .collect(),
        age_declaration_time: participant.age_declaration_day.map(participants::day),
        roll_entries,
        ..PersonalData::default()
    })
}

async fn describe(
    app: &App,
    connection: &mut PgConnection,
    member: StoredMember,
) -> Result<PersonalData, Error> {
    let open = |column: &str, sealed: Option<&[u8]>| -> Result<String, Error> {
        Ok(sealed.map(|sealed| app.data_keys.open_text(column, sealed)).transpose()?.unwrap_or_default())
    };
    let starts = sessions::start_times(connection, member.member_id).await?;
    Ok(PersonalData {
        roll_title: rolls::title(connection, member.roll_id).await?.unwrap_or_default(),
        member_number: open(MEMBER_NUMBER, Some(&member.member_number))?,
        district: member.district,
        birth_date: open(BIRTH_DATE, member.birth_date.as_deref())?,
        email: open(EMAIL, member.email.as_deref())?,
        create_time: Some(validate::timestamp(member.create_time)),
        session_start_times: starts.into_iter().map(validate::timestamp).collect(),
        desk_visits: desk::of_member(connection, member.member_id)
            .await?
            .into_iter()
            .map(|(poll_id, day)| OwnDeskVisit {
                poll_id: poll_id.to_string(),
                day: Some(participants::day(day)),
            })
            .collect(),
        ..PersonalData::default()
    })
}
