//! What ID token and userinfo must say (OpenID Connect Core, sections 3.1.3.7, 3.1.3.8 and 5.3).

use aws_lc_rs::{constant_time, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::error::Refused;
use crate::jws::Claims;
use crate::request::Attempt;
use crate::settings::Settings;

/// How far the clocks of a provider and ours may be apart.
pub const SKEW: TimeDelta = TimeDelta::seconds(30);
/// The longest `sub` (section 2), in ASCII characters.
const LONGEST_SUBJECT: usize = 255;

/// Checks an ID token, whose signature is good, against the attempt that it must answer.
///
/// # Errors
/// The first check that fails.
pub fn id_token(
    claims: &Claims,
    settings: &Settings,
    attempt: &Attempt,
    access_token: &str,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    parties(claims, settings)?;
    let expires = time(claims, "exp").ok_or(Refused::Expired)?;
    if expires + SKEW <= now {
        return Err(Refused::Expired);
    }
    let issued = time(claims, "iat").ok_or(Refused::FromTheFuture)?;
    if issued > now + SKEW || time(claims, "nbf").is_some_and(|begins| begins > now + SKEW) {
        return Err(Refused::FromTheFuture);
    }
    if issued + SKEW < attempt.begun {
        return Err(Refused::Stale);
    }
    let nonce = text(claims, "nonce").ok_or(Refused::Nonce)?;
    constant_time::verify_slices_are_equal(nonce.as_bytes(), attempt.nonce.as_bytes())
        .map_err(|_| Refused::Nonce)?;
    subject(claims)?;
    if let Some(wanted) = &attempt.level {
        let given = text(claims, "acr").and_then(|acr| settings.rank(acr));
        if given.is_none() || given < settings.rank(wanted) {
            return Err(Refused::Level);
        }
    }
    match claims.get("at_hash") {
        Some(hash) if hash.as_str() != Some(&left_half(access_token)) => Err(Refused::AccessTokenHash),
        _ => Ok(()),
    }
}

/// Checks userinfo: it must be about the person of the ID token, and, when it is signed, from and for the same parties.
///
/// # Errors
/// The first check that fails.
pub fn userinfo(
    claims: &Claims,
    signed: bool,
    settings: &Settings,
    sub: &str,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    if signed {
        parties(claims, settings)?;
        if time(claims, "exp").is_some_and(|expires| expires + SKEW <= now) {
            return Err(Refused::Expired);
        }
    }
    constant_time::verify_slices_are_equal(subject(claims)?.as_bytes(), sub.as_bytes())
        .map_err(|_| Refused::UserinfoSubject)
}

/// `iss`, `aud` and `azp`.
fn parties(claims: &Claims, settings: &Settings) -> Result<(), Refused> {
    if text(claims, "iss") != Some(&settings.issuer) {
        return Err(Refused::Issuer);
    }
    let own = |value: &Value| value.as_str() == Some(&settings.client_id);
    let several = match claims.get("aud") {
        Some(Value::Array(audiences)) if audiences.iter().any(own) => audiences.len() > 1,
        Some(audience @ Value::String(_)) if own(audience) => false,
        _ => return Err(Refused::Audience),
    };
    match claims.get("azp") {
        Some(party) if !own(party) => Err(Refused::AuthorizedParty),
        None if several => Err(Refused::AuthorizedParty),
        _ => Ok(()),
    }
}

/// The person, in the words of the provider.
///
/// # Errors
/// When there is none.
pub fn subject(claims: &Claims) -> Result<&str, Refused> {
    let fits = |sub: &&str| (1..=LONGEST_SUBJECT).contains(&sub.len()) && sub.is_ascii();
    text(claims, "sub").filter(fits).ok_or(Refused::Subject)
}

/// A claim that is a text.
#[must_use]
pub fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A claim that is a time. Fractions of a second are cut off.
fn time(claims: &Claims, name: &str) -> Option<DateTime<Utc>> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "from_timestamp refuses what is too large")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    DateTime::from_timestamp(seconds, 0).filter(|time| time.timestamp() < i64::from(u32::MAX) * 8)
}

/// The left half of the SHA-256 of an access token: `at_hash` with ES256 and RS256.
fn left_half(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA256, access_token.as_bytes()).as_ref()[..16])
}
