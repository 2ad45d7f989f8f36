//! Signing in with one-time codes by e-mail.
//!
//! Anybody may ask for a code for any address, so that a request must take nothing from the owner of the mailbox: codes
//! that were sent stay good, a code that has half of its life before it is sent again instead of another one, and where
//! a mailbox has had enough mail the code that it has already is still the one to use.
//!
//! A code has twelve digits. One asker has a few guesses (`Attempts`), all together have `ATTEMPTS` a code, and an
//! address has two codes at a time at the most: whatever is spent on it, a code is guessed with a probability below 2
//! × 10⁴ / 10¹², one in fifty million. Using the guesses up, so that a code is refused, takes a thousand networks; the
//! next code has as many again.

use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use comitia_cache::RateLimit;
use comitia_platform::ApiError;
use comitia_platform::auth::Role;
use comitia_proto::identity::v1::Session;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::attempts::{Attempts, limit};
use crate::app::members::EMAIL;
use crate::app::participants::faults::Fault;
use crate::app::participants::{address as address_of, open as open_account};
use crate::app::sessions::Opening;
use crate::app::sign_ins;
use crate::app::staff::EMAIL as STAFF_EMAIL;
use crate::domain::asker::Asker;
use crate::domain::{email, tokens};
use crate::error::Error;
use crate::store::email_codes::NewCode;
use crate::store::own_sessions::DeviceNumbers;
use crate::store::{email_codes, members, participants, passkeys, sessions, staff};

/// How many wrong codes all together may try while a code lives.
const ATTEMPTS: i32 = 10_000;
/// How sealed codes say what they are.
const CODE: &str = "one_time_codes.code";
/// How many mails a mailbox gets an hour, and one asker causes, in multiples of what one asker may send to one mailbox.
const MAILS_TO: u32 = 5;
const MAILS_FROM: u32 = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// Sends a one-time code to an address, if it is a staff member's, a participant's or a roll member's: to the address as
/// it is stored, whatever was typed; with `register`, to any. Neither the answer nor its timing reveals whether the
/// address is known: a code is stored for any address, and the mail is sent after the answer.
///
/// # Errors
/// `TooManyAttempts`, or a field error for what is no address.
pub async fn request(app: &App, organization: Uuid, address: Option<&str>, typed: &str) -> Result<(), Error> {
    request_for(app, organization, address, typed, Purpose::default()).await
}

/// What somebody wants a code for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Purpose<'a> {
    /// To register, if the address has no account.
    pub register: bool,
    /// The language that they read.
    pub language: &'a str,
}

/// As [`request`], for somebody who may want to register.
///
/// # Errors
/// As [`request`], and that registration is closed, which everybody may know.
pub async fn request_for(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    typed: &str,
    purpose: Purpose<'_>,
) -> Result<(), Error> {
    let typed = valid(typed)?;
    let lookup = app.lookup.email(organization, &typed);
    if purpose.register {
        let mut transaction = app.begin(organization).await?;
        if !participants::participation(&mut transaction, organization).await?.registration_open {
            return Err(Fault::RegistrationClosed.into());
        }
    }
    limit_asker(app, &Asker::new(address), &lookup).await?;
    let to_mailbox = RateLimit::new(app.policy.emails_an_hour.saturating_mul(MAILS_TO), HOUR);
    let had_enough = limit(app, "email to", &lookup, to_mailbox).await.is_err();

    let mut transaction = app.begin(organization).await?;
    let (code, expire_time, new) = live_code(app, &mut transaction, organization, &lookup).await?;
    let stored = stored_address(app, &mut transaction, &lookup).await?;
    transaction.commit().await?;
    let to = stored.or_else(|| purpose.register.then(|| Address::new(typed)));
    // A new code is always sent: the owner's mailbox has a good one, however many others asked.
    if let Some(mut to) = to.filter(|_| new || !had_enough) {
        let app = app.clone();
        if to.language.is_empty() {
            purpose.language.clone_into(&mut to.language);
        }
        comitia_core::task::spawn("one-time code", async move {
            let life = expire_time - app.clock.now();
            let sent = app.mailer.send_code(&to.email, &code, life, to.shared, &to.language).await;
            if let Err(error) = sent {
                tracing::error!(%error, "a one-time code was not sent");
            }
        });
    }
    Ok(())
}

/// Refuses an asker who has asked too often, for this mailbox or for all of them. What one asker does uses up nothing
/// of another's.
async fn limit_asker(app: &App, asker: &Asker, email_lookup: &[u8]) -> Result<(), Error> {
    let emails = app.policy.emails_an_hour;
    let of = |network: &str| [network.as_bytes(), &[0], email_lookup].concat();
    limit(app, "email from to", &of(&asker.network), RateLimit::new(emails, HOUR)).await?;
    if let Some(site) = &asker.site {
        let a_site = RateLimit::new(emails.saturating_mul(MAILS_TO), HOUR);
        limit(app, "email from to", &of(site), a_site).await?;
    }
    let an_asker = RateLimit::new(emails.saturating_mul(MAILS_FROM), HOUR);
    limit(app, "email from", asker.network.as_bytes(), an_asker).await
}

/// The code to send, when it expires, and whether it is new: the newest one while half of its life is before it, else
/// another one beside it.
async fn live_code(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    email_lookup: &[u8],
) -> Result<(String, DateTime<Utc>, bool), Error> {
    let now = app.clock.now();
    let newest = email_codes::lock_newest(connection, email_lookup, now).await?;
    if let Some(newest) = newest
        && newest.expire_time - now >= app.policy.email_code / 2
    {
        return Ok((app.data_keys.open_text(CODE, &newest.code)?, newest.expire_time, false));
    }
    let code = tokens::email_code();
    // Cut to the minute, so that the row reveals less about when somebody signs in.
    let minute = TimeDelta::minutes(1);
    let expire_time = (now + app.policy.email_code + minute).duration_trunc(minute).unwrap_or(now);
    let new = NewCode {
        organization,
        email_lookup,
        code_lookup: &app.lookup.email_code(email_lookup, &code),
        code: &app.data_keys.seal_text(CODE, &code)?,
        expire_time,
        attempts: ATTEMPTS,
    };
    email_codes::put(connection, &new).await?;
    Ok((code, expire_time, true))
}

/// Where a code is sent.
struct Address {
    email: String,
    /// Whether several members have it.
    shared: bool,
    /// The language that its owner reads; empty when it is not known.
    language: String,
}

impl Address {
    fn new(email: String) -> Self {
        Self { email, shared: false, language: String::new() }
    }
}

/// The address with this look-up, as it is stored. All are asked for in any case, so that the time tells nothing.
async fn stored_address(
    app: &App,
    connection: &mut PgConnection,
    lookup: &[u8],
) -> Result<Option<Address>, Error> {
    let staff = staff::by_email(connection, lookup).await?;
    let participant = participants::lock_by_email(connection, lookup).await?;
    let members = members::by_email(connection, lookup, None, app.clock.now()).await?;
    let shared = members.len() > 1;
    let language = participant.as_ref().map(|found| found.language.clone()).unwrap_or_default();
    let of_member = members.into_iter().find_map(|member| member.email);
    let email = match (staff, participant, of_member) {
        (Some(staff), ..) => app.data_keys.open_text(STAFF_EMAIL, &staff.email)?,
        (None, Some(participant), _) => address_of(app, &participant)?,
        (None, None, Some(sealed)) => app.data_keys.open_text(EMAIL, &sealed)?,
        (None, None, None) => return Ok(None),
    };
    Ok(Some(Address { email, shared, language }))
}

/// As whom somebody signs in whose address is several people's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whose<'a> {
    /// As the member with this number, if it is not empty.
    pub member_number: &'a str,
    /// As a member, though the address is a staff member's or a participant's too.
    pub as_member: bool,
    /// What they sign in with; kept of participants' sessions.
    pub device: DeviceNumbers,
}

/// Signs in with a one-time code: as staff if the address is a staff member's, else as the participant whose it is, else as
/// the roll member.
///
/// # Errors
/// As [`sign_in_as`].
pub async fn sign_in(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    typed: &str,
    code: &str,
) -> Result<Session, Error> {
    sign_in_as(app, organization, address, typed, code, Whose::default()).await
}

/// Signs in with a one-time code, as the person of its address who is meant. Only somebody with the code learns that there
/// are several; it stays valid then.
///
/// # Errors
/// `CredentialsInvalid` when the code is wrong, used, expired or out of attempts, or nobody with the address is meant;
/// `SeveralPeople` when the number of the member has to be given; `TooManyAttempts`.
pub async fn sign_in_as(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    typed: &str,
    code: &str,
    whose: Whose<'_>,
) -> Result<Session, Error> {
    let lookup = app.lookup.email(organization, &valid(typed)?);
    let attempts = Attempts::new(app, organization, &Asker::new(address), &lookup);
    attempts.check(app).await?;
    let given = app.lookup.email_code(&lookup, &tokens::normalise_email_code(code));

    let mut transaction = app.begin(organization).await?;
    let good = email_codes::take(&mut transaction, &lookup, &given, app.clock.now()).await?;
    let session = if good { open(app, &mut transaction, organization, &lookup, whose).await? } else { None };
    if let Some(session) = session {
        transaction.commit().await?;
        return Ok(session);
    }
    // A good code with another's number is a wrong one, and is not used up.
    drop(transaction);
    let mut transaction = app.begin(organization).await?;
    email_codes::tried(&mut transaction, &lookup).await?;
    transaction.commit().await?;
    Err(attempts.failed(app).await)
}

/// Opens the session of the person who is meant; `None` when the address is not that of such a person.
async fn open(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    lookup: &[u8],
    whose: Whose<'_>,
) -> Result<Option<Session>, Error> {
    let number = whose.member_number.trim();
    if number.is_empty()
        && !whose.as_member
        && let Some(staff) = staff::lock_by_email(connection, lookup).await?
    {
        let opened = Opening::new(app, app.policy.staff_session);
        let id = staff.staff_member_id;
        sessions::open(connection, &opened.row(organization), None, Some(id)).await?;
        let roles = match passkeys::is_asked_of(connection, id).await? {
            true => vec![Role::SecondFactorPending],
            false => staff::roles_of(&staff.roles, id)?,
        };
        return Ok(Some(opened.session(app, organization, id, roles)?));
    }
    if number.is_empty()
        && !whose.as_member
        && let Some(participant) = participants::lock_by_email(connection, lookup).await?
    {
        let participation = participants::participation(connection, organization).await?;
        let opened =
            open_account(app, connection, organization, &participant, &participation, whose.device).await?;
        return Ok(Some(opened));
    }
    let numbers = (!number.is_empty()).then(|| app.lookup.member_numbers(organization, number));
    let found = members::by_email(connection, lookup, numbers.as_deref(), app.clock.now()).await?;
    let id = match found.as_slice() {
        [] => return Ok(None),
        [member] => member.member_id,
        _ => return Err(Error::SeveralPeople),
    };
    if !members::lock_address(connection, id, lookup).await? {
        return Ok(None);
    }
    let opened = Opening::participant(app);
    sessions::open(connection, &opened.row(organization), Some(id), None).await?;
    sign_ins::count(app, connection, organization, id, opened.id(), sign_ins::BY_EMAIL).await?;
    Ok(Some(opened.session(app, organization, id, vec![Role::Participant])?))
}

pub(crate) fn valid(typed: &str) -> Result<String, Error> {
    let typed = email::clean(typed);
    if email::is_email(&typed) {
        Ok(typed)
    } else {
        Err(ApiError::invalid_field("email", "must be an e-mail address").into())
    }
}
