//! What a browser keeps of signing in to an account at a provider: the way there and back, who has come back and has no account
//! yet, and where to sign out. Each is sealed in a cookie of its own, and good in one organization.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sessions;
use crate::cookie;

const ATTEMPT: &str = "with";
const NEWCOMER: &str = "newcomer";
const SIGN_OUT: &str = "sign-out";
/// Browsers keep no larger cookie.
const LARGEST: usize = 3_800;

/// A sign-in that is under way in this browser.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// The language that it was begun in: the address that the provider knows has one for all.
    pub language: String,
    /// The provider's id.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Whether it links the provider to the account of the session.
    pub links: bool,
    /// Where to go back to.
    pub back: String,
    /// What identity sealed.
    pub sealed: String,
}

/// Somebody whom a provider has vouched for, and who has no account yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct Newcomer {
    /// The provider's id.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Where to go back to.
    pub back: String,
    /// What identity sealed.
    pub sealed: String,
}

/// Where to sign out at the provider that the person signed in at.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignOut {
    /// The provider's name.
    pub name: String,
    /// The address, with the provider's token.
    pub url: String,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    expires: i64,
    value: T,
}

impl Sessions {
    /// The sign-in that is under way in this browser.
    pub fn attempt(&self, organization: Uuid, headers: &HeaderMap) -> Option<Attempt> {
        self.kept_sealed(ATTEMPT, organization, headers)
    }

    /// The cookie that keeps it until then.
    pub fn keep_attempt(&self, organization: Uuid, attempt: &Attempt, until: DateTime<Utc>) -> HeaderValue {
        self.keep_sealed(ATTEMPT, organization, attempt, until)
    }

    /// The cookie that takes it away.
    pub fn end_attempt(&self) -> HeaderValue {
        cookie::set(self.secure, ATTEMPT, "", Some(0))
    }

    /// Who has come back from a provider and has no account yet.
    pub fn newcomer(&self, organization: Uuid, headers: &HeaderMap) -> Option<Newcomer> {
        self.kept_sealed(NEWCOMER, organization, headers)
    }

    /// The cookie that keeps them until then.
    pub fn keep_newcomer(&self, organization: Uuid, one: &Newcomer, until: DateTime<Utc>) -> HeaderValue {
        self.keep_sealed(NEWCOMER, organization, one, until)
    }

    /// The cookie that takes them away.
    pub fn end_newcomer(&self) -> HeaderValue {
        cookie::set(self.secure, NEWCOMER, "", Some(0))
    }

    /// Where to sign out.
    pub fn sign_out_at(&self, organization: Uuid, headers: &HeaderMap) -> Option<SignOut> {
        self.kept_sealed(SIGN_OUT, organization, headers)
    }

    /// The cookie that keeps it until then.
    pub fn keep_sign_out(&self, organization: Uuid, one: &SignOut, until: DateTime<Utc>) -> HeaderValue {
        self.keep_sealed(SIGN_OUT, organization, one, until)
    }

    /// The cookie that takes it away.
    pub fn end_sign_out(&self) -> HeaderValue {
        cookie::set(self.secure, SIGN_OUT, "", Some(0))
    }

    fn keep_sealed<T: Serialize>(
        &self,
        name: &str,
        organization: Uuid,
        value: &T,
        until: DateTime<Utc>,
    ) -> HeaderValue {
        let kept = Kept { expires: until.timestamp(), value };
        let bytes = serde_json::to_vec(&kept).unwrap_or_default();
        let sealed = self.keys.seal(&context(name, organization), bytes);
        let value = sealed.map_or_else(String::new, |sealed| URL_SAFE_NO_PAD.encode(sealed));
        if value.len() > LARGEST {
            return cookie::set(self.secure, name, "", Some(0));
        }
        let seconds = until.timestamp() - self.now().timestamp();
        cookie::set(self.secure, name, &value, Some(seconds.max(0)))
    }

    fn kept_sealed<T: DeserializeOwned>(
        &self,
        name: &str,
        organization: Uuid,
        headers: &HeaderMap,
    ) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie::given(headers, self.secure, name)?).ok()?;
        let opened = self.keys.open(&context(name, organization), &sealed)?;
        let kept: Kept<T> = serde_json::from_slice(&opened).ok()?;
        (kept.expires > self.now().timestamp()).then_some(kept.value)
    }
}

/// One cookie does not pass for another.
fn context(name: &str, organization: Uuid) -> Vec<u8> {
    [name.as_bytes(), b" at a provider ", organization.as_bytes()].concat()
}
