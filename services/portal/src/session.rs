//! Sessions of people who look at pages: a cookie that holds identity's tokens, sealed, so that neither script nor log can
//! read them, and no server has to remember anybody.
//!
//! A refresh token is good once, and used twice it ends the session. Two tabs that come back after ten minutes bring the
//! same one at the same time: the first exchanges it, and the others get what it got. Replicas meet in the cache; while that is
//! away, those of one replica still share.

mod at_provider;
mod keep;
mod preview;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use comitia_cache::{RateLimit, Resilient};
use comitia_core::Clock;
use comitia_platform::{Runtime, validate};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{self as proto, RefreshSessionRequest};
use http::{HeaderMap, HeaderValue, StatusCode};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::cookie;
use crate::error::PageError;
use crate::services::{Services, for_organization};

pub use self::at_provider::{Attempt, Newcomer, SignOut};
pub use self::keep::KEPT_FOR;
pub use self::preview::Preview;

/// The cookie that a session is in.
const COOKIE: &str = "session";
/// New tokens are asked for so long before the old ones expire, in seconds.
const RENEW_BEFORE: i64 = 30;
/// How long those who bring a token that was just exchanged get what it was exchanged for.
const EXCHANGED_FOR: Duration = Duration::from_secs(60);
/// How long to wait for another replica's exchange, and how often to look.
const WAIT: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const NONCE_BYTES: usize = 12;

/// A session, as the portal needs it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    access_token: String,
    /// When the access token expires, in seconds since the epoch.
    access_expires: i64,
    refresh_token: String,
    /// When the session ends for good.
    expires: i64,
    roles: Vec<i32>,
}

impl Session {
    /// What the session entitles to.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&(role as i32))
    }

    /// Whether it is of somebody who works for the organization.
    pub fn is_staff(&self) -> bool {
        [Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor]
            .into_iter()
            .any(|role| self.has(role))
    }

    /// The value of the Authorization header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token)
    }
}

impl TryFrom<proto::Session> for Session {
    type Error = PageError;

    fn try_from(session: proto::Session) -> Result<Self, PageError> {
        let seconds = |field, time| Ok::<_, PageError>(validate::time(field, time)?.timestamp());
        Ok(Self {
            access_expires: seconds("access_token_expire_time", session.access_token_expire_time.as_ref())?,
            expires: seconds("expire_time", session.expire_time.as_ref())?,
            access_token: session.access_token,
            refresh_token: session.refresh_token,
            roles: session.roles,
        })
    }
}

/// What became of the session that a request brought.
#[derive(Default)]
pub struct Found {
    /// The session, if there is one.
    pub session: Option<Session>,
    /// The cookie to set, when it changed.
    pub cookie: Option<HeaderValue>,
}

/// What sessions are sealed and opened with.
pub struct Keys {
    present: RandomizedNonceKey,
    /// Opens what it sealed, while keys are changed.
    previous: Option<RandomizedNonceKey>,
}

impl Keys {
    /// Keys made from the portal's service key, and from another one that it had or will have.
    pub fn new(service_key: &SecretString, previous: Option<&SecretString>) -> Self {
        Self { present: key(service_key), previous: previous.map(key) }
    }

    /// Seals bytes in a context; without it they cannot be opened.
    fn seal(&self, context: &[u8], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = self.present.seal_in_place_append_tag(Aad::from(context), &mut bytes).ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        Some(sealed)
    }

    /// What was sealed in a context, if it was by one of the keys.
    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        std::iter::once(&self.present).chain(&self.previous).find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut bytes = sealed.to_vec();
            let opened = key.open_in_place(nonce, Aad::from(context), &mut bytes).ok()?;
            Some(opened.to_vec())
        })
    }
}

fn key(service_key: &SecretString) -> RandomizedNonceKey {
    let master = hmac::Key::new(hmac::HMAC_SHA256, service_key.expose_secret().as_bytes());
    let key = hmac::sign(&master, b"comitia.portal.session.v1");
    // Fails for keys of another length alone.
    #[allow(clippy::expect_used)]
    RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).expect("a key of 32 bytes")
}

/// Seals, opens and renews sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    keys: Arc<Keys>,
    secure: bool,
    cache: Resilient,
    clock: Clock,
    services: Services,
    /// Exchanges of this replica, by the digest of the token.
    exchanged: Cache<[u8; 32], Session>,
}

impl Sessions {
    /// Sessions under these keys.
    pub fn new(keys: Keys, secure: bool, runtime: &Runtime, services: Services) -> Self {
        Self {
            keys: Arc::new(keys),
            secure,
            cache: Resilient::new(runtime.cache.clone(), runtime.clock.clone()),
            clock: runtime.clock.clone(),
            services,
            exchanged: Cache::builder().max_capacity(100_000).time_to_live(EXCHANGED_FOR).build(),
        }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether people come over HTTPS.
    pub fn are_secure(&self) -> bool {
        self.secure
    }

    /// The session that a request brought, with new tokens where the old ones have run out.
    ///
    /// # Errors
    /// When the tokens have run out and identity is away.
    pub async fn find(&self, organization: Uuid, headers: &HeaderMap) -> Result<Found, PageError> {
        let Some(sealed) = cookie::given(headers, self.secure, COOKIE) else { return Ok(Found::default()) };
        let now = self.now().timestamp();
        let session = self.open(organization, sealed).filter(|session| session.expires > now);
        let Some(session) = session else { return Ok(Found { session: None, cookie: Some(self.end()) }) };
        if session.access_expires > now + RENEW_BEFORE {
            return Ok(Found { session: Some(session), cookie: None });
        }
        match self.renew(organization, &session).await {
            Ok(renewed) => {
                let cookie = self.begin(organization, &renewed);
                Ok(Found { session: Some(renewed), cookie: Some(cookie) })
            }
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
                Ok(Found { session: None, cookie: Some(self.end()) })
            }
            Err(_) if session.access_expires > now => Ok(Found { session: Some(session), cookie: None }),
            Err(error) => Err(error),
        }
    }

    /// The cookie of a session that begins, or goes on with new tokens.
    pub fn begin(&self, organization: Uuid, session: &Session) -> HeaderValue {
        let left = TimeDelta::seconds(session.expires) - TimeDelta::seconds(self.now().timestamp());
        self.cookie(&self.seal(organization, session), left.num_seconds().max(0))
    }

    /// The cookie that takes the session away.
    pub fn end(&self) -> HeaderValue {
        self.cookie("", 0)
    }

    fn cookie(&self, value: &str, seconds: i64) -> HeaderValue {
        cookie::set(self.secure, COOKIE, value, Some(seconds))
    }

    fn seal(&self, organization: Uuid, session: &Session) -> String {
        let bytes = serde_json::to_vec(session).unwrap_or_default();
        // Without a cookie nobody is signed in.
        self.keys
            .seal(organization.as_bytes(), bytes)
            .map_or_else(String::new, |sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// A cookie of another organization, another key, or a forged one opens nothing.
    fn open(&self, organization: Uuid, sealed: &str) -> Option<Session> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let opened = self.keys.open(organization.as_bytes(), &sealed)?;
        serde_json::from_slice(&opened).ok()
    }

    async fn renew(&self, organization: Uuid, session: &Session) -> Result<Session, PageError> {
        let digest: [u8; 32] = Sha256::digest(&session.refresh_token).into();
        let exchange = self.exchange(organization, session, digest);
        self.exchanged.try_get_with(digest, exchange).await.map_err(|error: Arc<PageError>| (*error).clone())
    }

    async fn exchange(
        &self,
        organization: Uuid,
        session: &Session,
        digest: [u8; 32],
    ) -> Result<Session, PageError> {
        let name = hex::encode(digest);
        let (kept, lock) = (format!("portal:session:{name}"), format!("portal:renews:{name}"));
        let once = RateLimit::new(1, EXCHANGED_FOR);
        let first = self.cache.allow(&lock, once).await.allowed;
        let mut looked = Duration::ZERO;
        loop {
            let sealed = self.cache.get(&kept).await;
            let found = sealed.and_then(|sealed| self.open(organization, std::str::from_utf8(&sealed).ok()?));
            if let Some(renewed) = found {
                return Ok(renewed);
            }
            // Another replica is at it, unless it died with the token in its hands.
            if first || looked >= WAIT {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            looked += LOOK_EVERY;
        }
        let request = RefreshSessionRequest { refresh_token: session.refresh_token.clone() };
        let answer = self.services.sign_in().refresh_session(for_organization(organization, request)).await?;
        let renewed = answer.into_inner().session.ok_or(PageError::SignInFirst)?;
        let renewed = Session::try_from(renewed)?;
        let sealed = self.seal(organization, &renewed);
        self.cache.set(&kept, sealed.into_bytes().into(), EXCHANGED_FOR).await;
        Ok(renewed)
    }
}
