//! The tokens that identity signs: sessions and permits, JWTs with EdDSA (RFC 8037).

use aws_lc_rs::constant_time;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use comitia_platform::auth::{PERMIT_TYPE, PermitClaims, SESSION_TYPE, SessionClaims};
use comitia_proto::identity::v1::JsonWebKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::identifier;
use crate::domain::secrets::LookupKey;

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The private key is not one.
    #[error("the signing key is damaged")]
    Key,
    /// Signing failed.
    #[error("signing: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// A key that signs.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    key: EncodingKey,
}

/// A new key pair: id, private key (PKCS #8), public key (the `x` of its JSON Web Key).
pub struct NewKey {
    /// The id: the first 8 bytes of the public key, base64url.
    pub kid: String,
    /// PKCS #8, DER.
    pub private_key: Vec<u8>,
    /// base64url.
    pub public_key: String,
}

impl NewKey {
    /// A new Ed25519 key pair.
    ///
    /// # Errors
    /// When the library cannot make one.
    pub fn generate() -> Result<Self, TokenError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| TokenError::Key)?;
        let private_key = pair.to_pkcs8().map_err(|_| TokenError::Key)?.as_ref().to_vec();
        let public = pair.public_key().as_ref();
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(&public[..8]),
            private_key,
            public_key: URL_SAFE_NO_PAD.encode(public),
        })
    }
}

impl SigningKey {
    /// The key with this id and private key (PKCS #8).
    #[must_use]
    pub fn new(kid: String, private_key: &[u8]) -> Self {
        Self { kid, key: EncodingKey::from_ed_der(private_key) }
    }

    /// The signed access token of a session.
    ///
    /// # Errors
    /// When signing fails.
    pub fn session(&self, claims: &SessionClaims) -> Result<String, TokenError> {
        self.sign(SESSION_TYPE, claims)
    }

    /// The signed permit.
    ///
    /// # Errors
    /// When signing fails.
    pub fn permit(&self, claims: &PermitClaims) -> Result<String, TokenError> {
        self.sign(PERMIT_TYPE, claims)
    }

    fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, TokenError> {
        let header = Header {
            typ: Some(typ.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?)
    }
}

/// A public key as the key set shows it.
#[must_use]
pub fn json_web_key(kid: String, public_key: String) -> JsonWebKey {
    JsonWebKey {
        kty: "OKP".into(),
        crv: "Ed25519".into(),
        x: public_key,
        kid,
        alg: "EdDSA".into(),
        r#use: "sig".into(),
    }
}

/// A new refresh token of a session: its id, its end, 256 random bits, and a MAC over all of them, by which
/// [`refresh_session`] knows what was ever issued without looking anything up. The end is in the token because the row of a
/// participant's session keeps only the day.
#[must_use]
pub fn refresh(key: &LookupKey, session: Uuid, end: DateTime<Utc>) -> String {
    let random = URL_SAFE_NO_PAD.encode(comitia_core::random::bytes::<32>());
    let signed = format!("{}.{random}", end.timestamp());
    let mac = URL_SAFE_NO_PAD.encode(key.refresh_token(session, &signed));
    format!("{}.{signed}.{mac}", session.simple())
}

/// The session that a refresh token was issued for, now or earlier, and its end; nothing for what was never issued.
#[must_use]
pub fn refresh_session(key: &LookupKey, token: &str) -> Option<(Uuid, DateTime<Utc>)> {
    let (session, rest) = token.split_once('.')?;
    let (signed, mac) = rest.rsplit_once('.')?;
    let session = Uuid::try_parse(session).ok()?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    constant_time::verify_slices_are_equal(&mac, &key.refresh_token(session, signed)).ok()?;
    let (end, _) = signed.split_once('.')?;
    Some((session, DateTime::from_timestamp(end.parse().ok()?, 0)?))
}

/// How many digits a one-time code has.
const EMAIL_CODE_DIGITS: usize = 12;

/// Twelve random digits.
#[must_use]
pub fn email_code() -> String {
    let mut code = String::with_capacity(EMAIL_CODE_DIGITS);
    while code.len() < EMAIL_CODE_DIGITS {
        for byte in comitia_core::random::bytes::<16>() {
            // 250 is 25 times 10: what is above would make some digits more likely than others.
            if byte < 250 && code.len() < EMAIL_CODE_DIGITS {
                code.push(char::from(b'0' + byte % 10));
            }
        }
    }
    code
}

/// A one-time code without the spaces and hyphens that people put between its digits, whatever digits their keyboard has.
#[must_use]
pub fn normalise_email_code(typed: &str) -> String {
    identifier::fold(typed).replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_time_code_has_twelve_digits() {
        let codes: std::collections::HashSet<_> = (0..1_000).map(|_| email_code()).collect();
        assert_eq!(codes.len(), 1_000);
        for code in codes {
            assert!(code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
            let typed = format!(" {}-{} {}", &code[..4], &code[4..8], &code[8..]);
            assert_eq!(normalise_email_code(&typed), code);
            let arabic =
                code.chars().map(|c| char::from_u32(u32::from(c) + 0x630).unwrap()).collect::<String>();
            assert_eq!(normalise_email_code(&format!("\u{200f}{arabic}\u{a0}")), code);
        }
    }

    #[test]
    fn a_refresh_token_is_known_only_if_it_was_issued() {
        let key = |byte: u8| {
            let text = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
            LookupKey::new(&text.into()).unwrap()
        };
        let (session, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let end = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let token = refresh(&key(1), session, end);
        assert_eq!(refresh_session(&key(1), &token), Some((session, end)));
        assert_ne!(token, refresh(&key(1), session, end));
        assert_eq!(refresh_session(&key(2), &token), None);
        let (_, secret) = token.split_once('.').unwrap();
        let (random, mac) = secret.rsplit_once('.').unwrap();
        let later = random.replace("1800000000", "1900000000");
        for guess in [
            format!("{}.{secret}", other.simple()),
            format!("{}.{random}", session.simple()),
            format!("{}.{random}.", session.simple()),
            format!("{}.", session.simple()),
            format!("{}.{later}.{mac}", session.simple()),
            format!("{}.x{secret}", session.simple()),
            format!("{token}A"),
            session.to_string(),
            String::new(),
        ] {
            assert_eq!(refresh_session(&key(1), &guess), None, "{guess}");
        }
    }
}
