//! What a browser keeps on its way to a permit: the sealed sign-in at a provider, or the secret of its own session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::cookie;
use crate::locale::Language;
use crate::visit::Visit;

/// The gateway knows this name: it sends no other cookie to where providers send browsers back.
const AT_PROVIDER: &str = "at-provider";
const BROWSER: &str = "browser";
/// The bytes of a browser's secret.
const SECRET_BYTES: usize = 32;

/// A sign-in at a provider that is under way in this browser.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The language that it was begun in: the address that the provider knows has one for all.
    pub language: Language,
    /// What it is for. The permit says it again, and is believed.
    pub poll: Uuid,
    /// At which provider.
    pub provider: String,
    /// What identity sealed.
    pub sealed: String,
}

impl Attempt {
    /// The cookie that keeps it until it has expired.
    pub fn keep(&self, visit: &Visit, expires: DateTime<Utc>) -> HeaderValue {
        let value =
            format!("{}.{}.{}.{}", self.language.code(), self.poll.simple(), self.provider, self.sealed);
        let seconds = (expires - visit.now()).num_seconds().max(0);
        cookie::set(visit.sessions().are_secure(), AT_PROVIDER, &value, Some(seconds))
    }

    /// The one of this browser.
    pub fn of(visit: &Visit, headers: &HeaderMap) -> Option<Self> {
        Self::parse(cookie::given(headers, visit.sessions().are_secure(), AT_PROVIDER)?)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(4, '.');
        Some(Self {
            language: Language::parse(parts.next()?)?,
            poll: Uuid::parse_str(parts.next()?).ok()?,
            provider: parts.next()?.to_owned(),
            sealed: parts.next()?.to_owned(),
        })
    }
}

/// The cookie that takes a sign-in away.
pub fn end(visit: &Visit) -> HeaderValue {
    cookie::set(visit.sessions().are_secure(), AT_PROVIDER, "", Some(0))
}

/// The secret of this browser's session, and the cookie that begins it where there was none.
pub fn browser_secret(visit: &Visit, headers: &HeaderMap) -> (String, Option<HeaderValue>) {
    let secure = visit.sessions().are_secure();
    let known = cookie::given(headers, secure, BROWSER).filter(|secret| is_secret(secret));
    if let Some(secret) = known {
        return (secret.to_owned(), None);
    }
    let secret = URL_SAFE_NO_PAD.encode(comitia_core::random::bytes::<SECRET_BYTES>());
    let cookie = cookie::set(secure, BROWSER, &secret, None);
    (secret, Some(cookie))
}

fn is_secret(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == SECRET_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_read_as_it_was_kept() {
        let value = "fr.0192f0c1000070008000000000000001.franceconnect.a_b-c";
        let attempt = Attempt::parse(value).unwrap();
        assert_eq!((attempt.language.code(), attempt.provider.as_str()), ("fr", "franceconnect"));
        assert_eq!(attempt.sealed, "a_b-c");
        for none in [
            "",
            "fr",
            "fr.x.y.z",
            "xx.0192f0c1000070008000000000000001.a.b",
            "fr.0192f0c1000070008000000000000001.a",
        ] {
            assert_eq!(Attempt::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_secret_has_its_length() {
        assert!(is_secret(&URL_SAFE_NO_PAD.encode([7; 32])));
        assert!(!is_secret("short") && !is_secret(&URL_SAFE_NO_PAD.encode([7; 33])));
    }
}
