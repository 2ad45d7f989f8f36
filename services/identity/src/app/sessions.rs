//! Signing in and out.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use comitia_platform::auth::{Caller, ISSUER, Role, SessionClaims};
use comitia_platform::validate;
use comitia_proto::identity::v1::Session;
use uuid::Uuid;

use crate::app::App;
use crate::app::attempts::Attempts;
use crate::app::sign_ins;
use crate::domain::asker::Asker;
use crate::domain::{access_code, roles, secrets, tokens};
use crate::error::Error;
use crate::store::sessions::NewSession;
use crate::store::{sessions, staff};

/// How long an operator's session lives; it cannot be refreshed.
pub(crate) const OPERATOR_SESSION: TimeDelta = TimeDelta::hours(1);

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

/// Signs a member in by the access code of their letter. The code has 74 random bits, so that guessing is hopeless at
/// any pace and no number of wrong codes keeps the right one out: wrong ones are counted, and answered with a limit.
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
    let number_lookups = app.lookup.member_numbers(organization, member_number);
    let opened = Opening::participant(app);
    let code_lookup = app.lookup.access_code(organization, &code);
    let mut transaction = app.begin(organization).await?;
    let member = sessions::open_by_access_code(
        &mut transaction,
        &opened.row(organization),
        &number_lookups,
        &code_lookup,
    )
    .await?;
    let Some(member) = member else {
        drop(transaction);
        let tried = app.lookup.member_number(organization, member_number);
        let attempts = Attempts::new(app, organization, &Asker::new(address), &tried);
        return Err(attempts.failed(app).await);
    };
    let session = opened.session_id;
    sign_ins::count(app, &mut transaction, organization, member, session, sign_ins::BY_CODE).await?;
    transaction.commit().await?;
    opened.session(app, organization, member, vec![Role::Participant])
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
    let attempts = Attempts::new(app, Uuid::nil(), &Asker::new(address), b"operator");
    attempts.check(app).await?;
    if !secrets::is_one_of(key, &app.operator_keys) {
        return Err(attempts.failed(app).await);
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

/// Signs another service of this installation in, by a key that is its own.
///
/// # Errors
/// `CredentialsInvalid`.
pub fn sign_in_service(app: &App, service: &str, key: &str) -> Result<Session, Error> {
    let own = app.service_keys.iter().filter(|(name, _)| *name == service);
    let own: Vec<_> = own.map(|(_, key)| key.clone()).collect();
    if !secrets::is_one_of(key, &own) {
        return Err(Error::CredentialsInvalid);
    }
    let lifetime = app.policy.access_token;
    let token = Token { lifetime, session_end: app.clock.now() + lifetime };
    signed(app, comitia_core::id::new(), service.to_owned(), None, &[Role::Service], &token)
}

/// Exchanges a refresh token for new tokens. A token that was issued and exchanged before revokes the session; one that was
/// never issued does nothing.
///
/// # Errors
/// `CredentialsInvalid` for what is no token of a live session, `SessionRevoked` for a token used twice.
pub async fn refresh(app: &App, organization: Uuid, refresh_token: &str) -> Result<Session, Error> {
    // Session ids are not secret: a token that was not issued here must not revoke the session that it names.
    let issued = tokens::refresh_session(&app.lookup, refresh_token);
    let (session_id, session_end) = issued.ok_or(Error::CredentialsInvalid)?;
    let now = app.clock.now();
    if session_end <= now {
        return Err(Error::CredentialsInvalid);
    }
    let mut transaction = app.begin(organization).await?;
    let live =
        sessions::lock_live(&mut transaction, session_id, now).await?.ok_or(Error::CredentialsInvalid)?;
    if live.refresh_sha256 != Some(secrets::sha256(refresh_token)) {
        sessions::revoke(&mut transaction, session_id, now).await?;
        transaction.commit().await?;
        tracing::warn!(session = %session_id, "a refresh token was used twice; the session is revoked");
        return Err(Error::SessionRevoked);
    }
    let (person, roles) = match (live.member_id.or(live.participant_id), live.staff_member_id) {
        (Some(person), _) => (person, vec![Role::Participant]),
        (None, Some(staff_member)) if live.second_factor_pending => {
            (staff_member, vec![Role::SecondFactorPending])
        }
        (None, Some(staff_member)) => (staff_member, staff::roles_of(&live.roles, staff_member)?),
        (None, None) => return Err(Error::CredentialsInvalid),
    };
    let mut opened = Opening::new(app, TimeDelta::zero());
    opened.session_id = session_id;
    opened.expire_time = session_end;
    opened.renew(app);
    sessions::set_refresh(&mut transaction, session_id, &opened.refresh_sha256).await?;
    transaction.commit().await?;
    opened.session(app, organization, person, roles)
}

/// Ends the caller's session.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke(app: &App, caller: &Caller) -> Result<(), Error> {
    let mut transaction = app.begin(caller.organization.unwrap_or_default()).await?;
    sessions::revoke(&mut transaction, caller.session, app.clock.now()).await?;
    Ok(transaction.commit().await?)
}

/// A session that is opened: its id, its refresh token and its end.
pub(super) struct Opening {
    session_id: Uuid,
    refresh_token: String,
    refresh_sha256: Vec<u8>,
    create_time: DateTime<Utc>,
    expire_time: DateTime<Utc>,
}

impl Opening {
    /// A participant's session. Its id does not say when it began.
    pub(super) fn participant(app: &App) -> Self {
        let mut opening = Self::new(app, app.policy.participant_session);
        opening.session_id = comitia_core::id::random();
        opening.renew(app);
        opening
    }

    pub(super) fn new(app: &App, lifetime: TimeDelta) -> Self {
        let now = app.clock.now();
        let mut opening = Self {
            session_id: comitia_core::id::new(),
            refresh_token: String::new(),
            refresh_sha256: Vec::new(),
            create_time: now,
            expire_time: (now + lifetime).trunc_subsecs(0),
        };
        opening.renew(app);
        opening
    }

    /// A new refresh token. It begins with the session's id, so that a used one still tells whose it was.
    fn renew(&mut self, app: &App) {
        self.refresh_token = tokens::refresh(&app.lookup, self.session_id, self.expire_time);
        self.refresh_sha256 = secrets::sha256(&self.refresh_token);
    }

    /// The session's id.
    pub(super) const fn id(&self) -> Uuid {
        self.session_id
    }

    pub(super) fn row(&self, organization_id: Uuid) -> NewSession<'_> {
        NewSession {
            session_id: self.session_id,
            organization_id,
            refresh_sha256: Some(&self.refresh_sha256),
            create_time: self.create_time,
            expire_time: self.expire_time,
        }
    }

    pub(super) fn session(
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
    session_end: DateTime<Utc>,
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
        registration_pending: false,
    })
}
