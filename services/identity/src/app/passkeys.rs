//! Passkeys of staff: the second factor after the code that comes by e-mail.
//!
//! A session without it has one role, that of being pending, and gets nowhere: services judge by roles. Proving the factor ends
//! that session and opens another, so that nothing that was known of the first is worth anything in the second.

pub mod faults;
pub mod owned;

use std::time::Duration;

use chrono::TimeDelta;
use comitia_cache::RateLimit;
use comitia_platform::acts;
use comitia_platform::auth::{Caller, Role};
use comitia_platform::database::is_unique_violation;
use comitia_proto::identity::v1::{
    BeginPasskeyRegistrationResponse, BeginPasskeyVerificationResponse, RegisterPasskeyResponse,
    VerifyPasskeyResponse,
};
use comitia_proto::identity::v1::{Passkey, Session};
use comitia_webauthn::{
    Assertion, CreationOptions, Known, Refused, Registered, Registration, RequestOptions, Site,
    creation_options, request_options,
};
use sqlx::PgConnection;
use uuid::Uuid;

use self::faults::{Fault, MAX_PASSKEYS};
use crate::app::App;
use crate::app::attempts::{Attempts, limit};
use crate::app::sessions::Opening;
use crate::app::staff::{DISPLAY_NAME, EMAIL};
use crate::domain::asker::Asker;
use crate::error::Error;
use crate::mail::PasskeyNews;
use crate::store::passkeys::{self, Holder, NewChallenge, StoredPasskey};
use crate::store::{sessions, staff};

/// The associated data of sealed names of passkeys.
const LABEL: &str = "passkeys.label";
/// How long a challenge is good.
const CHALLENGE_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// How many challenges of a session are good at a time: it may be open in several tabs.
const CHALLENGES: i64 = 5;
/// How many challenges an hour a staff member gets from one asker.
const CHALLENGES_AN_HOUR: RateLimit = RateLimit::new(120, Duration::from_secs(3600));

/// A call by staff, and where it came to.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The organization.
    pub organization: Uuid,
    /// Who calls.
    pub caller: &'a Caller,
    /// The host name that the call came to.
    pub host: Option<&'a str>,
    /// The address that it came from.
    pub address: Option<&'a str>,
}

impl Call<'_> {
    fn site(&self) -> Result<Site, Fault> {
        self.host.and_then(Site::at).ok_or(Fault::ImpossibleHere)
    }

    fn is_pending(&self) -> bool {
        self.caller.has(Role::SecondFactorPending)
    }

    async fn holder(&self, app: &App, connection: &mut PgConnection) -> Result<Holder, Error> {
        let holder = passkeys::lock_holder(connection, self.caller.session, app.clock.now()).await?;
        // The operator who acts as administrator has no passkeys.
        holder.ok_or(if self.caller.has(Role::Operator) {
            Error::StaffUnknown
        } else {
            Error::SessionRevoked
        })
    }

    /// A new challenge of this session.
    async fn challenge(
        &self,
        app: &App,
        connection: &mut PgConnection,
        registers: bool,
    ) -> Result<[u8; 32], Error> {
        let challenge = comitia_core::random::bytes::<32>();
        let new = NewChallenge {
            organization: self.organization,
            session: self.caller.session,
            challenge: &challenge,
            registers,
            expire_time: app.clock.now() + CHALLENGE_LIFETIME,
        };
        passkeys::add_challenge(connection, &new, CHALLENGES).await?;
        Ok(challenge)
    }

    /// Takes the challenge that an answer names. It is used up whatever becomes of the answer.
    async fn take(&self, app: &App, challenge: &[u8], registers: bool) -> Result<(), Error> {
        // Using it up is no act: what comes of it may be one.
        acts::unrecorded(self.use_up(app, challenge, registers)).await
    }

    async fn use_up(&self, app: &App, challenge: &[u8], registers: bool) -> Result<(), Error> {
        let mut transaction = app.begin(self.organization).await?;
        let (session, now) = (self.caller.session, app.clock.now());
        let good = passkeys::take_challenge(&mut transaction, session, challenge, registers, now).await?;
        transaction.commit().await?;
        if good { Ok(()) } else { Err(Fault::ChallengeUnknown.into()) }
    }

    /// Opens the session that takes the place of the caller's.
    async fn promote(
        &self,
        app: &App,
        connection: &mut PgConnection,
        holder: &Holder,
    ) -> Result<Session, Error> {
        let opened = Opening::new(app, app.policy.staff_session);
        let row = opened.row(self.organization);
        sessions::open(connection, &row, None, Some(holder.staff_member_id)).await?;
        passkeys::proved(connection, row.session_id).await?;
        sessions::revoke(connection, self.caller.session, app.clock.now()).await?;
        let roles = staff::roles_of(&holder.roles, holder.staff_member_id)?;
        opened.session(app, self.organization, holder.staff_member_id, roles)
    }

    fn attempts(&self, app: &App, holder: &Holder) -> Attempts {
        let person = [b"passkey".as_slice(), holder.staff_member_id.as_bytes()].concat();
        Attempts::new(app, self.organization, &Asker::new(self.address), &person)
    }

    async fn limit(&self, app: &App, holder: &Holder) -> Result<(), Error> {
        let asker = Asker::new(self.address);
        let pair = [asker.network.as_bytes(), &[0], holder.staff_member_id.as_bytes()].concat();
        limit(app, "passkey challenges", &pair, CHALLENGES_AN_HOUR).await
    }
}

/// Who may register a passkey, beside the ones that they have.
fn may_register(call: &Call<'_>, has: usize) -> Result<(), Fault> {
    if call.is_pending() && has > 0 {
        return Err(Fault::SecondFactorRequired);
    }
    if has < MAX_PASSKEYS { Ok(()) } else { Err(Fault::TooMany) }
}

/// Begins the registration of a passkey.
///
/// # Errors
/// `StaffUnknown`, `TooManyAttempts`, and what [`Fault`] says.
pub async fn begin_registration(
    app: &App,
    call: Call<'_>,
) -> Result<BeginPasskeyRegistrationResponse, Error> {
    let site = call.site()?;
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let own = passkeys::of(&mut transaction, holder.staff_member_id).await?;
    may_register(&call, own.len())?;
    call.limit(app, &holder).await?;
    let challenge = call.challenge(app, &mut transaction, true).await?;
    transaction.commit().await?;
    let options = creation_options(&CreationOptions {
        site: &site,
        challenge: &challenge,
        user_handle: holder.staff_member_id.as_bytes(),
        name: &app.data_keys.open_text(EMAIL, &holder.email)?,
        display_name: &app.data_keys.open_text(DISPLAY_NAME, &holder.display_name)?,
        known: &ids(&own, &site),
    });
    Ok(BeginPasskeyRegistrationResponse { options_json: options.to_string() })
}

/// Registers a passkey. A session without a second factor has proved one with it; others of the same person end.
///
/// # Errors
/// As [`begin_registration`].
pub async fn register(
    app: &App,
    call: Call<'_>,
    credential: &str,
    label: &str,
) -> Result<RegisterPasskeyResponse, Error> {
    let site = call.site()?;
    let answer = Registration::read(credential).map_err(refused)?;
    call.take(app, answer.challenge(), true).await?;
    let registered = answer.verify(&site, answer.challenge()).map_err(refused)?;

    let now = app.clock.now();
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let own = passkeys::of(&mut transaction, holder.staff_member_id).await?;
    may_register(&call, own.len())?;
    let new = stored(app, &site, registered, label)?;
    acts::about("passkeys", new.passkey_id);
    passkeys::insert(&mut transaction, call.organization, holder.staff_member_id, &new).await.map_err(
        |error| match is_unique_violation(&error, "passkeys_credential") {
            true => Fault::Registered.into(),
            false => Error::from(error),
        },
    )?;
    let mut session = None;
    if !holder.second_factor {
        session = Some(call.promote(app, &mut transaction, &holder).await?);
        passkeys::revoke_without(&mut transaction, Some(holder.staff_member_id), now).await?;
    }
    transaction.commit().await?;
    tell(app, &holder.email, PasskeyNews::Added)?;
    Ok(RegisterPasskeyResponse { passkey: Some(encode(app, &new)?), session })
}

fn stored(app: &App, site: &Site, new: Registered, label: &str) -> Result<StoredPasskey, Error> {
    Ok(StoredPasskey {
        passkey_id: comitia_core::id::new(),
        domain: site.domain().to_owned(),
        credential_id: new.credential_id,
        public_key: new.public_key,
        sign_count: i64::from(new.sign_count),
        backup_eligible: new.backup_eligible,
        label: app.data_keys.seal_text(LABEL, label.trim())?,
        create_date: app.clock.now().date_naive(),
    })
}

/// Begins to prove the second factor.
///
/// # Errors
/// As [`begin_registration`].
pub async fn begin_verification(
    app: &App,
    call: Call<'_>,
) -> Result<BeginPasskeyVerificationResponse, Error> {
    let site = call.site()?;
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let own = passkeys::of(&mut transaction, holder.staff_member_id).await?;
    let mut domains: Vec<_> = own.iter().map(|passkey| passkey.domain.clone()).collect();
    domains.sort_unstable();
    domains.dedup();
    let known = ids(&own, &site);
    if known.is_empty() {
        return Ok(BeginPasskeyVerificationResponse { options_json: String::new(), domains });
    }
    call.limit(app, &holder).await?;
    let challenge = call.challenge(app, &mut transaction, false).await?;
    transaction.commit().await?;
    let options = request_options(&RequestOptions { site: &site, challenge: &challenge, known: &known });
    Ok(BeginPasskeyVerificationResponse { options_json: options.to_string(), domains })
}

/// Proves the second factor: the session ends, and one with the caller's roles takes its place.
///
/// # Errors
/// As [`begin_registration`].
pub async fn verify(app: &App, call: Call<'_>, credential: &str) -> Result<VerifyPasskeyResponse, Error> {
    let site = call.site()?;
    let attempts = {
        let mut transaction = app.begin(call.organization).await?;
        let holder = call.holder(app, &mut transaction).await?;
        call.attempts(app, &holder)
    };
    attempts.check(app).await?;
    let answer = match Assertion::read(credential) {
        Ok(answer) => answer,
        Err(why) => return Err(wrong(app, &attempts, why).await),
    };
    call.take(app, answer.challenge(), false).await?;

    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let own = passkeys::of(&mut transaction, holder.staff_member_id).await?;
    let found = own
        .iter()
        .find(|passkey| passkey.credential_id == answer.credential_id() && passkey.domain == site.domain());
    let checked = match found {
        Some(passkey) => check(&site, &answer, &holder, passkey).map(|count| (passkey.passkey_id, count)),
        None => Err(Refused::Credential),
    };
    let (passkey, count) = match checked {
        Ok(checked) => checked,
        Err(why) => {
            drop(transaction);
            return Err(wrong(app, &attempts, why).await);
        }
    };
    passkeys::signed(&mut transaction, passkey, i64::from(count)).await?;
    let session = call.promote(app, &mut transaction, &holder).await?;
    transaction.commit().await?;
    Ok(VerifyPasskeyResponse { session: Some(session) })
}

fn check(site: &Site, answer: &Assertion, holder: &Holder, passkey: &StoredPasskey) -> Result<u32, Refused> {
    let known = Known {
        credential_id: &passkey.credential_id,
        public_key: &passkey.public_key,
        // Beyond what a counter can say, none goes up.
        sign_count: u32::try_from(passkey.sign_count).unwrap_or(u32::MAX),
        backup_eligible: passkey.backup_eligible,
        user_handle: holder.staff_member_id.as_bytes(),
    };
    answer.verify(site, answer.challenge(), &known)
}

/// Counts an answer that is not believed.
async fn wrong(app: &App, attempts: &Attempts, why: Refused) -> Error {
    match attempts.failed(app).await {
        error @ Error::TooManyAttempts(_) => error,
        _ => refused(why),
    }
}

/// Which check failed is for those who run the installation.
fn refused(why: Refused) -> Error {
    tracing::warn!(%why, "the answer of a passkey is refused");
    Fault::Refused.into()
}

/// The ids of the credentials that work at a site.
fn ids(own: &[StoredPasskey], site: &Site) -> Vec<Vec<u8>> {
    let here = own.iter().filter(|passkey| passkey.domain == site.domain());
    here.map(|passkey| passkey.credential_id.clone()).collect()
}

fn encode(app: &App, passkey: &StoredPasskey) -> Result<Passkey, Error> {
    Ok(Passkey {
        passkey_id: passkey.passkey_id.to_string(),
        label: app.data_keys.open_text(LABEL, &passkey.label)?,
        create_date: passkey.create_date.to_string(),
        domain: passkey.domain.clone(),
    })
}

/// Tells a staff member what became of their passkeys, whoever did it.
fn tell(app: &App, email: &[u8], news: PasskeyNews) -> Result<(), Error> {
    let email = app.data_keys.open_text(EMAIL, email)?;
    let app = app.clone();
    comitia_core::task::spawn("news of passkeys", async move {
        if let Err(error) = app.mailer.send_passkey_news(&email, news).await {
            tracing::error!(%error, "a staff member was not told of their passkeys");
        }
    });
    Ok(())
}
