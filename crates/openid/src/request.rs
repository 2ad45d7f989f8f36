//! The request that a browser carries to the provider, and what its answer is held against.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::discovery::Metadata;
use crate::settings::Settings;

/// What is asked of the provider.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The lowest `acr` that will do; nothing where none is asked for.
    pub level: Option<String>,
    /// The scopes beside `openid`. Without any, the scope is exactly `openid`: the anonymous profile, in which only `sub` comes.
    pub scopes: Vec<String>,
    /// The language of the provider's pages.
    pub language: Option<String>,
    /// Whether the person must sign in anew, whoever is signed in at the provider (`prompt=login`).
    pub anew: bool,
}

/// A sign-in under way. The browser keeps it, sealed by the caller; no server does.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// The issuer that it was begun at.
    pub issuer: String,
    /// 43 random characters, which come back with the answer.
    pub state: String,
    /// 43 random characters, which come back in the ID token.
    pub nonce: String,
    /// The secret of PKCE.
    pub verifier: Option<String>,
    /// The level that was asked for.
    pub level: Option<String>,
    /// Whether claims were asked for.
    pub claims: bool,
    /// When it began.
    pub begun: DateTime<Utc>,
}

impl Attempt {
    /// A new sign-in, which begins now.
    #[must_use]
    pub fn new(settings: &Settings, ask: &Ask, now: DateTime<Utc>) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            state: random(),
            nonce: random(),
            verifier: settings.pkce.then(random),
            level: ask.level.clone(),
            claims: !ask.scopes.is_empty(),
            begun: now,
        }
    }
}

/// 256 random bits: 43 characters.
pub(crate) fn random() -> String {
    URL_SAFE_NO_PAD.encode(comitia_core::random::bytes::<32>())
}

/// Where the browser goes to sign in (OpenID Connect Core, section 3.1.2.1).
#[must_use]
pub fn authorization_url(metadata: &Metadata, settings: &Settings, ask: &Ask, attempt: &Attempt) -> Url {
    let scopes: Vec<_> = std::iter::once("openid").chain(ask.scopes.iter().map(String::as_str)).collect();
    let mut url = metadata.authorization_endpoint.clone();
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", &settings.redirect_uri)
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", &attempt.state)
        .append_pair("nonce", &attempt.nonce);
    if let Some(level) = &attempt.level {
        query.append_pair("acr_values", level);
    }
    if let Some(language) = &ask.language {
        query.append_pair("ui_locales", language);
    }
    if ask.anew {
        query.append_pair("prompt", "login");
    }
    if let Some(verifier) = &attempt.verifier {
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
    }
    drop(query);
    url
}

/// Where the browser goes to sign out (OpenID Connect RP-Initiated Logout 1.0); nothing where the provider has no such page.
#[must_use]
pub fn logout_url(metadata: &Metadata, settings: &Settings, id_token: &str, state: &str) -> Option<Url> {
    let mut url = metadata.end_session_endpoint.clone()?;
    let mut query = url.query_pairs_mut();
    query.append_pair("id_token_hint", id_token);
    if let Some(uri) = &settings.post_logout_redirect_uri {
        query.append_pair("post_logout_redirect_uri", uri).append_pair("state", state);
    }
    drop(query);
    Some(url)
}
