//! Signing in and out.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_cache::RateLimit;
use comitia_platform::auth::{Caller, ISSUER, Role, SessionClaims};
use comitia_platform::validate;
use comitia_proto::identity::v1::Session;
use uuid::Uuid;

use crate::app::App;
use crate::app::attempts::{Attempts, limit};
use crate::domain::{access_code, member_csv, roles, secrets, tokens};
use crate::error::Error;
use crate::store::sessions::NewSession;
use crate::store::{email_codes, members, sessions, staff};

/// The services that may sign in.
const SERVICES: [&str; 6] = ["gateway", "identity", "spaces", "proposals", "budgets", "voting"];
/// How many attempts a one-time code has.
const EMAIL_CODE_ATTEMPTS: i32 = 5;
/// How long an operator's session lives; it cannot be refreshed.
const OPERATOR_SESSION: TimeDelta = TimeDelta::hours(1);

/// Refuses callers whose session was revoked or has ended, while its token is still good. Services' sessions are not
/// stored.
///
/// # Errors
/// `SessionRevoked`.
pub async fn require_live(app: &App, caller: &Caller) -> Result<(), Error> {
    if caller.has(Role::Service) {
        return Ok(());
    }
    let mut transaction = app.begin(caller.organization.unwrap_or_default()).await?;
    let live = sessions::is_live(&mut transaction, caller.session, app.clock.now()).await?;
    if live { Ok(()) } else { Err(Error::SessionRevoked) }
}

/// Signs a member in by the access code of their letter.
///
/// # Errors
/// `AccessCodeMistyped`, `CredentialsInvalid` (the same for an unknown number and a wrong code), `TooManyAttempts`.
pub async fn sign_in_with_access_code(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    member_number: &str,
    typed_code: &str,
) -> Result<Session, Error> {
    let code = access_code::normalise(typed_code).ok_or(Error::AccessCodeMistyped)?;
    let number_lookup = app.lookup.member_number(organization, member_number);
    let limits = Attempts::new(app, organization, address, &number_lookup);
    limits.check(app).await?;

    let opened = Opening::new(app, app.policy.participant_session);
    let code_lookup = app.lookup.access_code(organization, &code);
    let mut transaction = app.begin(organization).await?;
    let member = sessions::open_by_access_code(
        &mut transaction,
        &opened.row(organization),
        &number_lookup,
        &code_lookup,
    )
    .await?;
    let Some(member) = member else {
        drop(transaction);
        limits.failed(app).await;
        return Err(Error::CredentialsInvalid);
    };
    transaction.commit().await?;
    opened.session(app, organization, member, vec![Role::Participant])
}

/// Sends a one-time code to an address, if it is a staff member's or a roll member's. Neither the answer nor the time
/// that it takes tells: a code is kept for any address, and the mail is sent after the answer.
///
/// # Errors
/// `TooManyAttempts`, or a field error for what is no address.
pub async fn request_email_code(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    email: &str,
) -> Result<(), Error> {
    let email = valid_email(email)?;
    let lookup = app.lookup.email(organization, email);
    let hour = Duration::from_secs(3600);
    // The first limit is for one address asking for one mailbox, so that nobody can use up somebody else's; the
    // others keep a mailbox and the mail server from being flooded.
    let asker = [address.unwrap_or_default().as_bytes(), &[0], &lookup].concat();
    let emails = app.policy.emails_an_hour;
    limit(app, "email from to", &asker, RateLimit::new(emails, hour)).await?;
    limit(app, "email to", &lookup, RateLimit::new(emails.saturating_mul(5), hour)).await?;
    if let Some(address) = address {
        let per_address = RateLimit::new(emails.saturating_mul(20), hour);
        limit(app, "email from", address.as_bytes(), per_address).await?;
    }
    let code = tokens::email_code();
    let expire_time = app.clock.now() + app.policy.email_code;
    let code_lookup = app.lookup.email_code(organization, email, &code);
    let mut transaction = app.begin(organization).await?;
    let known = staff::by_email(&mut transaction, &lookup).await?.is_some()
        || members::by_email(&mut transaction, &lookup, app.clock.now()).await?.is_some();
    email_codes::put(&mut transaction, organization, &lookup, &code_lookup, expire_time, EMAIL_CODE_ATTEMPTS)
        .await?;
    transaction.commit().await?;
    if known {
        let (app, email) = (app.clone(), email.to_owned());
        comitia_core::task::spawn("one-time code", async move {
            if let Err(error) = app.mailer.send_code(&email, &code, app.policy.email_code).await {
                tracing::error!(%error, "a one-time code was not sent");
            }
        });
    }
    Ok(())
}

/// Signs in with a one-time code: as staff if the address is a staff member's, else as the roll member.
///
/// # Errors
/// `CredentialsInvalid` when the code is wrong, used, expired or out of attempts; `TooManyAttempts`.
pub async fn sign_in_with_email_code(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    email: &str,
    code: &str,
) -> Result<Session, Error> {
    let email = valid_email(email)?;
    let lookup = app.lookup.email(organization, email);
    let limits = Attempts::new(app, organization, address, &lookup);
    limits.check(app).await?;
    let given = app.lookup.email_code(organization, email, code.trim());

    let mut transaction = app.begin(organization).await?;
    let kept = email_codes::attempt(&mut transaction, &lookup, app.clock.now()).await?;
    if kept.as_deref() != Some(&given) {
        // The used attempt counts.
        transaction.commit().await?;
        limits.failed(app).await;
        return Err(Error::CredentialsInvalid);
    }
    email_codes::delete(&mut transaction, &lookup).await?;
    let session = if let Some((staff_member, names)) = staff::by_email(&mut transaction, &lookup).await? {
        let opened = Opening::new(app, app.policy.staff_session);
        sessions::open(&mut transaction, &opened.row(organization), None, Some(staff_member)).await?;
        opened.session(app, organization, staff_member, from_names(&names))?
    } else if let Some(member) = members::by_email(&mut transaction, &lookup, app.clock.now()).await? {
        let opened = Opening::new(app, app.policy.participant_session);
        sessions::open(&mut transaction, &opened.row(organization), Some(member), None).await?;
        opened.session(app, organization, member, vec![Role::Participant])?
    } else {
        transaction.commit().await?;
        return Err(Error::CredentialsInvalid);
    };
    transaction.commit().await?;
    Ok(session)
}

/// Signs the platform's operator in; with `organization`, also as its administrator and budget officer.
///
/// # Errors
/// `CredentialsInvalid`, also when the installation has no operator key; `TooManyAttempts`.
pub async fn sign_in_operator(
    app: &App,
    organization: Option<Uuid>,
    address: Option<&str>,
    key: &str,
) -> Result<Session, Error> {
    let limits = Attempts::new(app, Uuid::nil(), address, b"operator");
    limits.check_address(app).await?;
    if !secrets::is_one_of(key, &app.operator_keys) {
        limits.failed_address(app).await;
        return Err(Error::CredentialsInvalid);
    }
    let mut roles = vec![Role::Operator];
    if let Some(organization) = organization {
        roles.extend([Role::Administrator, Role::BudgetOfficer]);
        tracing::warn!(%organization, "the operator acts as administrator of an organization");
    }
    // Stored, so that it can be revoked, and so that there is a trace of it.
    let tenant = organization.unwrap_or_default();
    let opened = Opening::new(app, OPERATOR_SESSION);
    let mut transaction = app.begin(tenant).await?;
    let row = NewSession { refresh_sha256: None, ..opened.row(tenant) };
    sessions::open(&mut transaction, &row, None, None).await?;
    transaction.commit().await?;
    let token = Token { lifetime: OPERATOR_SESSION, session_end: opened.expire_time };
    signed(app, opened.session_id, "operator".to_owned(), organization, &roles, &token)
}

/// Signs another service of this installation in.
///
/// # Errors
/// `CredentialsInvalid`.
pub fn sign_in_service(app: &App, service: &str, key: &str) -> Result<Session, Error> {
    if !SERVICES.contains(&service) || !secrets::is_one_of(key, &app.service_keys) {
        return Err(Error::CredentialsInvalid);
    }
    let lifetime = app.policy.access_token;
    let token = Token { lifetime, session_end: app.clock.now() + lifetime };
    signed(app, comitia_core::id::new(), service.to_owned(), None, &[Role::Service], &token)
}

/// Exchanges a refresh token for new tokens. A token that was exchanged before revokes the session.
///
/// # Errors
/// `CredentialsInvalid` for what is no token of a live session, `SessionRevoked` for a token used twice.
pub async fn refresh(app: &App, organization: Uuid, refresh_token: &str) -> Result<Session, Error> {
    let (session_id, _) = refresh_token.split_once('.').ok_or(Error::CredentialsInvalid)?;
    let session_id = Uuid::try_parse(session_id).map_err(|_| Error::CredentialsInvalid)?;
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    let live =
        sessions::lock_live(&mut transaction, session_id, now).await?.ok_or(Error::CredentialsInvalid)?;
    if live.refresh_sha256 != Some(secrets::sha256(refresh_token)) {
        sessions::revoke(&mut transaction, session_id, now).await?;
        transaction.commit().await?;
        tracing::warn!(session = %session_id, "a refresh token was used twice or guessed; the session is revoked");
        return Err(Error::SessionRevoked);
    }
    let (person, roles) = match (live.member_id, live.staff_member_id) {
        (Some(member), _) => (member, vec![Role::Participant]),
        (None, Some(staff_member)) => (staff_member, from_names(&live.roles)),
        (None, None) => return Err(Error::CredentialsInvalid),
    };
    let mut opened = Opening::new(app, TimeDelta::zero());
    opened.session_id = session_id;
    opened.expire_time = live.expire_time;
    opened.renew();
    sessions::set_refresh(&mut transaction, session_id, &opened.refresh_sha256).await?;
    transaction.commit().await?;
    opened.session(app, organization, person, roles)
}

/// Ends the caller's session.
///
/// # Errors
/// What the database says.
pub async fn revoke(app: &App, caller: &Caller) -> Result<(), Error> {
    let mut transaction = app.begin(caller.organization.unwrap_or_default()).await?;
    sessions::revoke(&mut transaction, caller.session, app.clock.now()).await?;
    Ok(transaction.commit().await?)
}

fn valid_email(email: &str) -> Result<&str, Error> {
    let email = email.trim();
    if member_csv::is_email(email) {
        Ok(email)
    } else {
        Err(comitia_platform::ApiError::invalid_field("email", "must be an e-mail address").into())
    }
}

fn from_names(names: &[String]) -> Vec<Role> {
    names.iter().filter_map(|name| roles::from_name(name)).collect()
}

/// A session that is opened: its id, its refresh token and its end.
struct Opening {
    session_id: Uuid,
    refresh_token: String,
    refresh_sha256: Vec<u8>,
    create_time: chrono::DateTime<chrono::Utc>,
    expire_time: chrono::DateTime<chrono::Utc>,
}

impl Opening {
    fn new(app: &App, lifetime: TimeDelta) -> Self {
        let now = app.clock.now();
        let mut opening = Self {
            session_id: comitia_core::id::new(),
            refresh_token: String::new(),
            refresh_sha256: Vec::new(),
            create_time: now,
            expire_time: now + lifetime,
        };
        opening.renew();
        opening
    }

    /// A new refresh token. It begins with the session's id, so that a used one still tells whose it was.
    fn renew(&mut self) {
        self.refresh_token = format!("{}.{}", self.session_id.simple(), tokens::random());
        self.refresh_sha256 = secrets::sha256(&self.refresh_token);
    }

    fn row(&self, organization_id: Uuid) -> NewSession<'_> {
        NewSession {
            session_id: self.session_id,
            organization_id,
            refresh_sha256: Some(&self.refresh_sha256),
            create_time: self.create_time,
            expire_time: self.expire_time,
        }
    }

    fn session(
        self,
        app: &App,
        organization: Uuid,
        person: Uuid,
        roles: Vec<Role>,
    ) -> Result<Session, Error> {
        let subject = app.lookup.pseudonym(organization, person);
        let token = Token { lifetime: app.policy.access_token, session_end: self.expire_time };
        let mut session = signed(app, self.session_id, subject, Some(organization), &roles, &token)?;
        session.refresh_token = self.refresh_token;
        Ok(session)
    }
}

/// How long an access token lives, at most to the end of its session.
struct Token {
    lifetime: TimeDelta,
    session_end: chrono::DateTime<chrono::Utc>,
}

fn signed(
    app: &App,
    session_id: Uuid,
    subject: String,
    organization: Option<Uuid>,
    roles: &[Role],
    token: &Token,
) -> Result<Session, Error> {
    let now = app.clock.now();
    let token_end = (now + token.lifetime).min(token.session_end);
    let claims = SessionClaims {
        iss: ISSUER.to_owned(),
        sub: subject,
        org: organization,
        sid: session_id,
        roles: roles.iter().map(|role| roles::name(*role).to_owned()).collect(),
        iat: now.timestamp(),
        exp: token_end.timestamp(),
    };
    Ok(Session {
        access_token: app.keyring.signing()?.session(&claims)?,
        access_token_expire_time: Some(validate::timestamp(token_end)),
        refresh_token: String::new(),
        expire_time: Some(validate::timestamp(token.session_end)),
        roles: roles.iter().map(|role| *role as i32).collect(),
    })
}
