//! Signed tokens (RFC 7515, RFC 7519): ES256 and RS256, with a key that the provider publishes for signing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Refused;

/// The claims of a token.
pub type Claims = Map<String, Value>;

/// The keys that a provider signs with.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Keys {
    /// Reads a key set (RFC 7517). Keys that are not for signatures, or of a kind that is not used here, are passed over.
    ///
    /// # Errors
    /// When it is no key set.
    pub fn read(document: &[u8]) -> Result<Self, Refused> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(document).map_err(|_| Refused::AnswerMalformed)?;
        let usable = |value: Value| {
            let jwk: Jwk = serde_json::from_value(value).ok()?;
            let algorithm = match &jwk.algorithm {
                AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                    Algorithm::ES256
                }
                AlgorithmParameters::RSA(_) => Algorithm::RS256,
                _ => return None,
            };
            let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
            let named = jwk.common.key_algorithm.map(|name| name.to_string());
            if !for_signatures || named.is_some_and(|name| name != format!("{algorithm:?}")) {
                return None;
            }
            let key = DecodingKey::from_jwk(&jwk).ok()?;
            Some(Key { kid: jwk.common.key_id, algorithm, key })
        };
        Ok(Self(set.keys.into_iter().filter_map(usable).collect()))
    }

    /// The key of a token: by its id, or the only one of its kind when the token names none.
    fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithm == algorithm && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// The claims of a token whose signature is the provider's. Keys that the token itself brings are not looked at.
///
/// # Errors
/// When it is not signed, or not with one of `keys`.
pub fn verify(token: &str, keys: &Keys) -> Result<Claims, Refused> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::TokenMalformed);
    };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| Refused::TokenMalformed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| Refused::TokenMalformed)?;
    let algorithm = match header.alg.as_str() {
        "ES256" => Algorithm::ES256,
        "RS256" => Algorithm::RS256,
        none if none.eq_ignore_ascii_case("none") => return Err(Refused::Unsigned),
        _ => return Err(Refused::Algorithm),
    };
    if header.crit.is_some() {
        return Err(Refused::CriticalHeader);
    }
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(Refused::TokenKind);
    }
    let key = keys.find(header.kid.as_deref(), algorithm).ok_or(Refused::KeyUnknown)?;
    // The clock of this library is the machine's: times and audience are checked in `claims`.
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(token, &key.key, &validation);
    decoded.map(|data| data.claims).map_err(|_| Refused::Signature)
}
