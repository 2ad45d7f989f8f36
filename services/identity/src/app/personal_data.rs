//! People's rights over their data: export and erasure (GDPR articles 15 and 17).

use comitia_platform::auth::Caller;
use comitia_platform::validate;
use comitia_proto::identity::v1::PersonalData;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::changes::noted;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::error::Error;
use crate::store::members::{self, StoredMember};
use crate::store::roll_changes::{self, NewChange};
use crate::store::{rolls, sessions};

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
    describe(app, &mut transaction, member).await
}

/// Erases the member of a roll with this number, and notes who did; not whose entry it was, which is erased too.
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
    members::delete(&mut transaction, member.member_id, app.clock.now()).await?;
    let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
    let change = NewChange { kind: "ERASURE", counts: [0, 0, 1], ..noted.change() };
    roll_changes::insert(&mut transaction, &change).await?;
    Ok(transaction.commit().await?)
}

/// All that is kept about the caller.
///
/// # Errors
/// `SessionRevoked`.
pub async fn export_own(app: &App, organization: Uuid, caller: &Caller) -> Result<PersonalData, Error> {
    let mut transaction = app.begin(organization).await?;
    let member_id = own_id(app, &mut transaction, caller).await?;
    let member = members::get(&mut transaction, member_id).await?.ok_or(Error::MemberUnknown)?;
    describe(app, &mut transaction, member).await
}

/// Erases the caller.
///
/// # Errors
/// `SessionRevoked`.
pub async fn erase_own(app: &App, organization: Uuid, caller: &Caller) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let member_id = own_id(app, &mut transaction, caller).await?;
    members::delete(&mut transaction, member_id, app.clock.now()).await?;
    Ok(transaction.commit().await?)
}

async fn own_id(app: &App, connection: &mut PgConnection, caller: &Caller) -> Result<Uuid, Error> {
    sessions::member_id_of(connection, caller.session, app.clock.now()).await?.ok_or(Error::SessionRevoked)
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
    })
}
