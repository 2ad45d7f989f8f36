//! Participants: registering, names, terms, languages.
//!
//! Anybody may try any address, so that nothing tells whether it has an account: asking for a code does the same work and gives the
//! same answer for every address, and only who has the code, and so the mailbox, is told more.

pub mod associations;
pub mod faults;
pub mod links;
pub mod own_sessions;
pub mod providers;
pub mod residents;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use comitia_bus::{Event, outbox};
use comitia_platform::auth::{Caller, Role};
use comitia_platform::validate::{self, Checks};
use comitia_proto::events::v1::{AuthorErased, AuthorRenamed};
use comitia_proto::identity::v1::{
    Account, CompleteRegistrationRequest, Device, GetAuthorResponse, RegisterRequest, Residence, Session,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::attempts::Attempts;
use crate::app::email_codes::valid;
use crate::app::members::MEMBER_NUMBER;
use crate::app::sessions::Opening;
use crate::domain::asker::Asker;
use crate::domain::{display_name, email, tokens};
use crate::error::Error;
use crate::store::own_sessions::DeviceNumbers;
use crate::store::participants::{self as store, Participation, StoredParticipant};
use crate::store::{associations as store_of_associations, email_codes, members, residents as residences};
use faults::Fault;

/// How sealed columns of participants say what they are.
pub(crate) const EMAIL: &str = "participants.email";
pub(crate) const DISPLAY_NAME: &str = "participants.display_name";
/// How long an account without a name is kept.
pub const UNNAMED: TimeDelta = TimeDelta::days(30);

/// Registers with a one-time code, or signs in to the account that the address has. The same request again is answered
/// again while the code lives, so that a lost answer costs no second code and makes no second account.
///
/// # Errors
/// `CredentialsInvalid`, `TooManyAttempts`; [`Fault::RegistrationClosed`], which only who has a good code is told.
pub async fn register(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    request: &RegisterRequest,
) -> Result<Session, Error> {
    let typed = valid(&request.email)?;
    let request_id = validate::optional_uuid("request_id", &request.request_id)?;
    let lookup = app.lookup.email(organization, &typed);
    let attempts = Attempts::new(app, organization, &Asker::new(address), &lookup);
    attempts.check(app).await?;
    let code = app.lookup.email_code(&lookup, &tokens::normalise_email_code(&request.code));
    let used_by = request_id.map(|_| app.lookup.request(request));

    let mut transaction = app.begin(organization).await?;
    let now = app.clock.now();
    if !email_codes::take_for(&mut transaction, &lookup, &code, used_by.as_deref(), now).await? {
        email_codes::tried(&mut transaction, &lookup).await?;
        transaction.commit().await?;
        return Err(attempts.failed(app).await);
    }
    let participation = store::participation(&mut transaction, organization).await?;
    let known = store::lock_by_email(&mut transaction, &lookup).await?;
    let participant = match known {
        Some(participant) => participant,
        None if participation.registration_open => {
            let new = new(app, organization, Some(&typed), &request.language)?;
            store::insert(&mut transaction, organization, &new, Some(&lookup)).await?;
            // Somebody with the other code of the address may have been faster.
            store::lock_by_email(&mut transaction, &lookup).await?.ok_or(Error::CredentialsInvalid)?
        }
        None => return Err(Fault::RegistrationClosed.into()),
    };
    let device = device(request.device.as_ref());
    let session = open(app, &mut transaction, organization, &participant, &participation, device).await?;
    transaction.commit().await?;
    Ok(session)
}

/// An account that nobody has chosen a name for yet.
pub(crate) fn new(
    app: &App,
    organization: Uuid,
    typed: Option<&str>,
    language: &str,
) -> Result<StoredParticipant, Error> {
    let participant_id = comitia_core::id::random();
    let email = typed.map(|typed| app.data_keys.seal_text(EMAIL, &email::clean(typed))).transpose()?;
    Ok(StoredParticipant {
        participant_id,
        email,
        author: app.lookup.pseudonym(organization, participant_id),
        display_name: None,
        language: checked_language("language", language)?,
        create_day: today(app),
        age_declaration_day: None,
        terms_version: 0,
    })
}

/// Opens a session of a participant.
pub(crate) async fn open(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &StoredParticipant,
    participation: &Participation,
    device: DeviceNumbers,
) -> Result<Session, Error> {
    let opened = Opening::participant(app);
    let id = participant.participant_id;
    crate::store::own_sessions::open(connection, &opened.row(organization), id, device).await?;
    let mut session = opened.session(app, organization, id, vec![Role::Participant])?;
    session.registration_pending = !is_complete(participant, participation);
    Ok(session)
}

/// The words for a device as numbers; what this version does not know is not known.
pub(crate) fn device(given: Option<&Device>) -> DeviceNumbers {
    let small = |number: i32| i16::try_from(number).unwrap_or_default();
    given.map_or_else(DeviceNumbers::default, |device| DeviceNumbers {
        kind: small(device.kind().into()),
        browser: small(device.browser().into()),
    })
}

fn is_complete(participant: &StoredParticipant, participation: &Participation) -> bool {
    participant.display_name.is_some() && participant.terms_version >= participation.terms_version
}

/// The caller's account.
///
/// # Errors
/// [`Fault::AccountMissing`], `SessionRevoked`.
pub async fn get(app: &App, organization: Uuid, caller: &Caller) -> Result<Account, Error> {
    let mut transaction = app.begin(organization).await?;
    let participant = store::of_session(&mut transaction, caller.session, app.clock.now()).await?;
    let participant = participant.ok_or(Fault::AccountMissing)?;
    describe(app, &mut transaction, organization, &participant).await
}

/// Takes what is needed to write: a name, the present terms, and that the person is old enough.
///
/// # Errors
/// Rules of the fields, [`Fault::TermsChanged`], [`Fault::AccountMissing`].
pub async fn complete(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    request: &CompleteRegistrationRequest,
) -> Result<Account, Error> {
    let name = display_name::check(&request.display_name);
    let mut transaction = app.begin(organization).await?;
    let mut participant = own(app, &mut transaction, caller).await?;
    let mut checks = Checks::new();
    if let Err(fault) = name {
        checks.require(false, "display_name", fault.rule());
    }
    let old_enough = request.fifteen_or_older || participant.age_declaration_day.is_some();
    checks.require(old_enough, "fifteen_or_older", "must be true: nobody younger registers");
    checks.finish()?;
    let language = checked_language("language", &request.language)?;
    accept_terms(app, &mut transaction, organization, &mut participant, request.accepted_terms_version)
        .await?;
    participant.age_declaration_day = participant.age_declaration_day.or_else(|| Some(today(app)));
    if !language.is_empty() {
        participant.language = language;
    }
    rename(app, &mut transaction, organization, &mut participant, &name.unwrap_or_default()).await?;
    store::update(&mut transaction, &participant).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(account)
}

/// Accepts the present terms, after they have changed.
///
/// # Errors
/// [`Fault::TermsChanged`], [`Fault::AccountMissing`].
pub async fn accept(app: &App, organization: Uuid, caller: &Caller, version: i32) -> Result<Account, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut participant = own(app, &mut transaction, caller).await?;
    accept_terms(app, &mut transaction, organization, &mut participant, version).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    transaction.commit().await?;
    Ok(account)
}

/// What a participant changes of the account; what is not given stays.
#[derive(Debug, Default)]
pub struct Change {
    /// The name.
    pub display_name: Option<String>,
    /// The language.
    pub language: Option<String>,
}

/// Changes the caller's name or language.
///
/// # Errors
/// Rules of the fields, [`Fault::RegistrationIncomplete`] before a name was first chosen, [`Fault::AccountMissing`].
pub async fn update(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    change: Change,
) -> Result<Account, Error> {
    let name = change.display_name.as_deref().map(display_name::check).transpose();
    let mut checks = Checks::new();
    if let Err(fault) = name {
        checks.require(false, "account.display_name", fault.rule());
    }
    checks.finish()?;
    let language = change.language.as_deref().map(|code| checked_language("account.language", code));
    let mut transaction = app.begin(organization).await?;
    let mut participant = own(app, &mut transaction, caller).await?;
    if let Some(language) = language.transpose()? {
        participant.language = language;
    }
    if let Some(name) = name.ok().flatten() {
        if participant.display_name.is_none() {
            return Err(Fault::RegistrationIncomplete.into());
        }
        rename(app, &mut transaction, organization, &mut participant, &name).await?;
    }
    store::update(&mut transaction, &participant).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(account)
}

/// How an author is shown.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn author(
    app: &App,
    organization: Uuid,
    author: &str,
    association: Option<Uuid>,
) -> Result<GetAuthorResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut answer = GetAuthorResponse::default();
    let mut writes_for = Vec::new();
    if let Some(participant) = store::by_author(&mut transaction, organization, author).await? {
        let participation = store::participation(&mut transaction, organization).await?;
        answer.has_account = true;
        answer.complete = is_complete(&participant, &participation);
        answer.display_name = name_of(app, participant.display_name.as_deref())?;
        if let Some(lookup) = address_lookup(app, organization, &participant)? {
            writes_for = store_of_associations::of_address(&mut transaction, &lookup).await?;
        }
    }
    if let Some(id) = association {
        let known = store_of_associations::get(&mut transaction, id).await?;
        answer.display_name = known.map(|association| association.display_name).unwrap_or_default();
        answer.writes_for_association = writes_for.iter().any(|association| association.association_id == id);
    }
    Ok(answer)
}

/// A participant's address; empty for none.
pub(crate) fn address(app: &App, participant: &StoredParticipant) -> Result<String, Error> {
    let sealed = participant.email.as_deref();
    Ok(sealed.map(|sealed| app.data_keys.open_text(EMAIL, sealed)).transpose()?.unwrap_or_default())
}

/// The keyed hash of a participant's address.
pub(crate) fn address_lookup(
    app: &App,
    organization: Uuid,
    participant: &StoredParticipant,
) -> Result<Option<Vec<u8>>, Error> {
    let address = address(app, participant)?;
    Ok((!address.is_empty()).then(|| app.lookup.email(organization, &address)))
}

/// The caller's account, locked against changes.
pub(crate) async fn own(
    app: &App,
    connection: &mut PgConnection,
    caller: &Caller,
) -> Result<StoredParticipant, Error> {
    let participant = store::lock_of_session(connection, caller.session, app.clock.now()).await?;
    Ok(participant.ok_or(Fault::AccountMissing)?)
}

/// The day (UTC): more is not kept of what participants do.
pub(crate) fn today(app: &App) -> NaiveDate {
    app.clock.now().date_naive()
}

/// A day as messages have it.
pub(crate) fn day(day: NaiveDate) -> prost_types::Timestamp {
    validate::timestamp(day.and_time(NaiveTime::MIN).and_utc())
}

pub(crate) fn name_of(app: &App, sealed: Option<&[u8]>) -> Result<String, Error> {
    let name = sealed.map(|sealed| app.data_keys.open_text(DISPLAY_NAME, sealed)).transpose()?;
    Ok(name.unwrap_or_default())
}

/// The event by which everybody forgets who an author was.
pub(crate) async fn tell_erased(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    person: Uuid,
) -> Result<(), Error> {
    let author = app.lookup.pseudonym(organization, person);
    let erased = AuthorErased { author: author.clone() };
    let event = Event::new(&app.clock, "identity.author.erased", Some(organization), author, &erased);
    Ok(outbox::append(connection, &[event]).await?)
}

async fn rename(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &mut StoredParticipant,
    name: &str,
) -> Result<(), Error> {
    if name_of(app, participant.display_name.as_deref())? == name {
        return Ok(());
    }
    participant.display_name = Some(app.data_keys.seal_text(DISPLAY_NAME, name)?);
    let author = participant.author.clone();
    let renamed = AuthorRenamed { author: author.clone(), association_id: String::new() };
    let event = Event::new(&app.clock, "identity.author.renamed", Some(organization), author, &renamed);
    Ok(outbox::append(connection, &[event]).await?)
}

async fn accept_terms(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &mut StoredParticipant,
    version: i32,
) -> Result<(), Error> {
    let present = store::participation(connection, organization).await?.terms_version;
    // spaces may have told its readers of a version that its event has not brought here yet: that is newer, and so good.
    if version < present {
        return Err(Fault::TermsChanged.into());
    }
    participant.terms_version = participant.terms_version.max(version);
    Ok(store::accept(connection, organization, participant.participant_id, version, today(app)).await?)
}

pub(crate) async fn describe(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant: &StoredParticipant,
) -> Result<Account, Error> {
    let participation = store::participation(connection, organization).await?;
    let residences = residences::list(connection, participant.participant_id).await?;
    let (mut in_roll, mut associations) = (Vec::new(), Vec::new());
    if let Some(lookup) = address_lookup(app, organization, participant)? {
        in_roll = members::by_email(connection, &lookup, None, app.clock.now()).await?;
        associations = store_of_associations::of_address(connection, &lookup).await?;
    }
    let roll_has_email = match in_roll.as_slice() {
        [member] => residences.iter().all(|residence| residence.member_id != member.member_id),
        _ => false,
    };
    let associations = associations.into_iter().map(associations::encode).collect();
    let residences = residences.into_iter().map(|stored| {
        Ok(Residence {
            roll_title: stored.roll_title,
            member_number: app.data_keys.open_text(MEMBER_NUMBER, &stored.member_number)?,
            district: stored.district,
            verify_time: Some(day(stored.verify_day)),
        })
    });
    Ok(Account {
        display_name: name_of(app, participant.display_name.as_deref())?,
        email: address(app, participant)?,
        language: participant.language.clone(),
        complete: is_complete(participant, &participation),
        terms_version: participation.terms_version,
        accepted_terms_version: participant.terms_version,
        residences: residences.collect::<Result<_, Error>>()?,
        case_open: crate::store::residents::has_open_case(connection, participant.participant_id).await?,
        roll_has_email,
        associations,
        linked_providers: links::of(app, connection, organization, participant.participant_id).await?,
        age_known: participant.age_declaration_day.is_some(),
    })
}

fn checked_language(field: &str, code: &str) -> Result<String, Error> {
    let known = code.is_empty()
        || ((2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase()));
    let mut checks = Checks::new();
    checks.require(known, field, "must be a language code such as fr, or empty");
    checks.finish()?;
    Ok(code.to_owned())
}
