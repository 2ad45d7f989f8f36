//! A provider's keys, a sign-in under way, and the tokens that would answer it.

use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use comitia_openid::error::Refused;
use comitia_openid::jws::{self, Claims, Keys};
use comitia_openid::{Ask, Attempt, Authentication, Settings, claims};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://provider.example/api/v2";
pub const CLIENT: &str = "comitia";
pub const ACCESS_TOKEN: &str = "an-access-token";
pub const SUBJECT: &str = "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2v1";

/// What a text says in base64url.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// PKCS #8 as PEM.
pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// A key of a provider.
pub struct Signer {
    pub kid: &'static str,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
    pub pem: String,
    /// The public half, as a key set has it.
    pub jwk: Value,
}

impl Signer {
    pub fn es256(kid: &'static str) -> Self {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        });
        let pem = pem(document.as_ref());
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
        Self { kid, algorithm: Algorithm::ES256, key, pem, jwk }
    }

    pub fn rs256(kid: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public = pair.public_key();
        let jwk = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": encoded(public.modulus().big_endian_without_leading_zero()),
            "e": encoded(public.exponent().big_endian_without_leading_zero()),
        });
        let pem = pem(der.as_ref());
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self { kid, algorithm: Algorithm::RS256, key, pem, jwk }
    }

    pub fn sign(&self, claims: &Claims) -> String {
        self.sign_as(&Header { kid: Some(self.kid.to_owned()), ..Header::new(self.algorithm) }, claims)
    }

    pub fn sign_as(&self, header: &Header, claims: &Claims) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

/// A key set of these.
pub fn key_set(signers: &[&Signer]) -> Keys {
    let keys: Vec<_> = signers.iter().map(|signer| &signer.jwk).collect();
    Keys::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// How this installation is registered at [`ISSUER`].
pub fn settings() -> Settings {
    Settings {
        issuer: ISSUER.into(),
        client_id: CLIENT.into(),
        authentication: Authentication::SecretPost("a secret of the client".into()),
        redirect_uri: "https://vote.example.org/sign-in/back".into(),
        post_logout_redirect_uri: Some("https://vote.example.org/signed-out".into()),
        pkce: false,
        levels: ["eidas1", "eidas2", "eidas3"].map(Into::into).to_vec(),
        plain_userinfo: false,
        decryption: None,
        timeout: Duration::from_secs(5),
    }
}

/// The scopes of the identified profile.
pub fn identified() -> Vec<String> {
    ["given_name", "family_name", "birthdate", "email"].map(Into::into).to_vec()
}

/// A sign-in under way, and the provider's key.
pub struct World {
    pub settings: Settings,
    pub attempt: Attempt,
    pub now: DateTime<Utc>,
    pub signer: Signer,
    pub keys: Keys,
}

impl World {
    pub fn new() -> Self {
        let (settings, begun) = (settings(), "2026-11-30T10:00:00Z".parse().unwrap());
        let ask = Ask { level: Some("eidas2".into()), scopes: identified(), language: None, anew: false };
        let attempt = Attempt::new(&settings, &ask, begun);
        let signer = Signer::es256("key 1");
        let keys = key_set(&[&signer]);
        Self { settings, attempt, now: begun + TimeDelta::seconds(20), signer, keys }
    }

    /// The claims that are right.
    pub fn claims(&self) -> Claims {
        let claims = json!({
            "iss": ISSUER, "sub": SUBJECT, "aud": CLIENT, "nonce": self.attempt.nonce, "acr": "eidas2",
            "iat": self.now.timestamp(), "exp": (self.now + TimeDelta::seconds(60)).timestamp(),
        });
        claims.as_object().unwrap().clone()
    }

    /// Has this token checked as the ID token.
    pub fn verify(&self, token: &str) -> Result<(), Refused> {
        let claims = jws::verify(token, &self.keys)?;
        claims::id_token(&claims, &self.settings, &self.attempt, ACCESS_TOKEN, self.now)
    }

    /// Has a signed ID token checked in which these claims are others; null takes one away.
    pub fn with(&self, changes: Value) -> Result<(), Refused> {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        self.verify(&self.signer.sign(&claims))
    }

    /// `seconds` from now, as tokens write it.
    pub fn at(&self, seconds: i64) -> i64 {
        (self.now + TimeDelta::seconds(seconds)).timestamp()
    }
}
