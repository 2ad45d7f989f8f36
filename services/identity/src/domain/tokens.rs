//! The tokens that identity signs: sessions and permits, JWTs with EdDSA (RFC 8037).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_platform::auth::{PERMIT_TYPE, PermitClaims, SESSION_TYPE, SessionClaims};
use comitia_proto::identity::v1::JsonWebKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

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

/// A new random token of 256 bits, base64url.
#[must_use]
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(comitia_core::random::bytes::<32>())
}

/// Eight random digits.
#[must_use]
pub fn email_code() -> String {
    loop {
        let number = u64::from_be_bytes(comitia_core::random::bytes::<8>());
        // The largest multiple of 10^8: above it, some codes would be more likely than others.
        if number < u64::MAX - u64::MAX % 100_000_000 {
            return format!("{:08}", number % 100_000_000);
        }
    }
}
