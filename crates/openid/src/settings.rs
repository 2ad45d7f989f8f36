//! What is configured of a provider.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Url;
use secrecy::SecretString;

use crate::jwe::DecryptionKey;

/// A provider, and what this installation is registered as there.
pub struct Settings {
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    /// The client's id.
    pub client_id: String,
    /// How the client shows who it is at the token endpoint.
    pub authentication: Authentication,
    /// Where the browser comes back to, exactly as registered.
    pub redirect_uri: String,
    /// Where the browser comes back to after it signed out at the provider.
    pub post_logout_redirect_uri: Option<String>,
    /// Whether the request carries PKCE (S256). FranceConnect v2 refuses parameters that it does not list.
    pub pkce: bool,
    /// The values of `acr`, the lowest first; empty where the provider has none.
    pub levels: Vec<String>,
    /// Whether userinfo may come unsigned, over TLS alone.
    pub plain_userinfo: bool,
    /// Opens ID token and userinfo, which must then be encrypted.
    pub decryption: Option<DecryptionKey>,
    /// How long one call to the provider may take.
    pub timeout: Duration,
}

/// How a client shows who it is (OpenID Connect Core, section 9).
pub enum Authentication {
    /// `client_secret_post`.
    SecretPost(SecretString),
    /// `private_key_jwt`.
    PrivateKey {
        /// The id of the key, as the provider knows it.
        kid: Option<String>,
        /// ES256 or RS256.
        algorithm: Algorithm,
        /// The key.
        key: EncodingKey,
    },
}

impl Authentication {
    /// `private_key_jwt` with a key in PEM (PKCS #8): ES256 for one of P-256, RS256 for one of RSA.
    ///
    /// # Errors
    /// When the text holds neither.
    pub fn private_key(kid: Option<String>, pem: &[u8]) -> Result<Self, SettingsError> {
        let (algorithm, key) = EncodingKey::from_ec_pem(pem)
            .map(|key| (Algorithm::ES256, key))
            .or_else(|_| EncodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key)))
            .map_err(|_| SettingsError("client_key", "must be a private key of P-256 or RSA in PEM"))?;
        Ok(Self::PrivateKey { kid, algorithm, key })
    }

    /// Its name in `token_endpoint_auth_methods_supported`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SecretPost(_) => "client_secret_post",
            Self::PrivateKey { .. } => "private_key_jwt",
        }
    }
}

/// A setting that cannot be used: its name, and the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} {1}")]
pub struct SettingsError(pub &'static str, pub &'static str);

impl Settings {
    /// Checks what no type says.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        if address(&self.issuer).is_none_or(|url| url.query().is_some()) {
            return Err(SettingsError("issuer", "must be an https address without a query"));
        }
        if self.client_id.is_empty() {
            return Err(SettingsError("client_id", "must not be empty"));
        }
        if address(&self.redirect_uri).is_none() {
            return Err(SettingsError("redirect_uri", "must be an https address"));
        }
        if self.post_logout_redirect_uri.as_deref().is_some_and(|uri| address(uri).is_none()) {
            return Err(SettingsError("post_logout_redirect_uri", "must be an https address"));
        }
        if self.levels.iter().any(|name| name.is_empty() || name.contains(' ')) {
            return Err(SettingsError("levels", "must be words without spaces"));
        }
        Ok(())
    }

    /// How high a level is; nothing for one that is not the provider's.
    #[must_use]
    pub fn rank(&self, level: &str) -> Option<usize> {
        self.levels.iter().position(|known| known == level)
    }
}

/// An https address without user and fragment; http only on this machine itself, for development and tests.
#[must_use]
pub fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let safe = match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (safe && bare).then_some(url)
}
