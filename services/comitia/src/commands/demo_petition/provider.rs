//! A provider for the demonstration, which vouches for people who are made up.
//!
//! It speaks what a real one does: discovery, a redirect with a code that is good once, tokens and userinfo signed with ES256. It listens
//! on this machine alone, knows one client, and is gone with the command.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_core::{Clock, random, task};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// Its id in the installation.
pub const ID: &str = "demo";
/// The level that it vouches with.
pub const LEVEL: &str = "eidas1";
/// Where browsers are sent back to. Nobody listens there: the demonstration reads what the redirect says.
const REDIRECT: &str = "http://localhost/sign-in/back";
const CLIENT: &str = "comitia-demo";
const KEY_ID: &str = "demo-1";
/// The cookie of a browser that is signed in here. It says who the person is.
const COOKIE: &str = "person=";
/// How long a token is good.
const LIFETIME: Duration = Duration::from_secs(60);

/// A provider that listens.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    secret: String,
    /// Whoever has it could make the names of all people.
    pairwise: [u8; 32],
    key: EncodingKey,
    jwk: Value,
    clock: Clock,
    codes: Mutex<HashMap<String, Granted>>,
    tokens: Mutex<HashMap<String, u64>>,
}

/// What a code stands for.
struct Granted {
    person: u64,
    nonce: String,
}

#[derive(Deserialize)]
struct Ask {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    acr_values: String,
    state: String,
    nonce: String,
}

#[derive(Deserialize)]
struct Redeem {
    grant_type: String,
    code: String,
    redirect_uri: String,
    client_id: String,
    client_secret: String,
}

impl Provider {
    /// Listens on this machine.
    ///
    /// # Errors
    /// When no port is free, or no key can be made.
    pub async fn start(clock: Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the provider has no port")?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let no_key = |_| anyhow::anyhow!("the provider has no key");
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(no_key)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref())
            .map_err(|_| anyhow::anyhow!("the provider cannot read its key"))?;
        let (_, point) = pair.public_key().as_ref().split_at(1);
        let (x, y) = point.split_at(point.len() / 2);
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        });
        let inner = Inner {
            issuer,
            secret: word(),
            pairwise: random::bytes(),
            key: EncodingKey::from_ec_der(pkcs8.as_ref()),
            jwk,
            clock,
            codes: Mutex::default(),
            tokens: Mutex::default(),
        };
        let provider = Self { inner: Arc::new(inner) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/jwks", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(redeem))
            .route("/userinfo", get(tell))
            .with_state(provider.clone());
        task::spawn("the provider of the demonstration", async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the provider of the demonstration ended");
            }
        });
        Ok(provider)
    }

    /// How an installation is registered here, as configuration. It is FranceConnect's way: userinfo is signed, and there is no PKCE.
    #[must_use]
    pub fn registration(&self) -> Vec<(String, String)> {
        [
            ("display_name", "Demo"),
            ("issuer", self.inner.issuer.as_str()),
            ("client_id", CLIENT),
            ("client_secret", self.inner.secret.as_str()),
            ("redirect_uri", REDIRECT),
            ("profile", "identified"),
            ("levels", LEVEL),
            ("minimum_level", LEVEL),
            ("pkce", "false"),
            // One machine does everything at once here.
            ("timeout_ms", "20000"),
        ]
        .map(|(key, value)| (format!("identity.providers.{ID}.{key}"), value.to_owned()))
        .to_vec()
    }

    /// Signs claims about a person.
    fn sign(&self, person: u64, more: &Value) -> Result<String, StatusCode> {
        let now = self.inner.clock.now().timestamp();
        let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let mut claims = json!({
            "iss": self.inner.issuer, "aud": CLIENT, "sub": self.name(person), "iat": now, "exp": now + lifetime,
        });
        if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
            claims.extend(more.clone());
        }
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.inner.key).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What the client knows a person by.
    #[must_use]
    pub fn name(&self, person: u64) -> String {
        let digest = Sha256::new_with_prefix(self.inner.pairwise).chain_update(person.to_be_bytes());
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}

/// A word that nobody guesses.
fn word() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    let issuer = &provider.inner.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "userinfo_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    Json(json!({ "keys": [provider.inner.jwk] }))
}

/// The page of a provider at which the browser is signed in: it is sent back at once.
async fn authorize(
    State(provider): State<Provider>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Result<Redirect, StatusCode> {
    let registered = ask.response_type == "code"
        && ask.client_id == CLIENT
        && ask.redirect_uri == REDIRECT
        && ask.acr_values == LEVEL
        && ask.scope.split(' ').any(|scope| scope == "openid")
        && ask.state.len() >= 32
        && ask.nonce.len() >= 32;
    if !registered {
        return Err(StatusCode::BAD_REQUEST);
    }
    let cookie = headers.get(header::COOKIE).and_then(|cookie| cookie.to_str().ok()?.strip_prefix(COOKIE));
    let person = cookie.and_then(|person| person.parse().ok()).ok_or(StatusCode::UNAUTHORIZED)?;
    let code = word();
    locked(&provider.inner.codes).insert(code.clone(), Granted { person, nonce: ask.nonce });
    let answer = [("code", &code), ("state", &ask.state), ("iss", &provider.inner.issuer)];
    let back = Url::parse_with_params(REDIRECT, answer).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Redirect::to(back.as_str()))
}

/// A code for tokens, once.
async fn redeem(State(provider): State<Provider>, Form(form): Form<Redeem>) -> Result<Json<Value>, Response> {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if form.client_id != CLIENT || form.client_secret != provider.inner.secret {
        return Err(refused("invalid_client"));
    }
    if form.grant_type != "authorization_code" || form.redirect_uri != REDIRECT {
        return Err(refused("invalid_request"));
    }
    let granted = locked(&provider.inner.codes).remove(&form.code).ok_or_else(|| refused("invalid_grant"))?;
    let id_token = provider
        .sign(granted.person, &json!({ "nonce": granted.nonce, "acr": LEVEL }))
        .map_err(IntoResponse::into_response)?;
    let access_token = word();
    locked(&provider.inner.tokens).insert(access_token.clone(), granted.person);
    Ok(Json(json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME.as_secs(), "id_token": id_token,
    })))
}

/// Who the bearer of a token is, once.
async fn tell(State(provider): State<Provider>, headers: HeaderMap) -> Result<Response, StatusCode> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
    let person = locked(&provider.inner.tokens).remove(token).ok_or(StatusCode::UNAUTHORIZED)?;
    let born = format!("{}-05-17", 1940 + person % 60);
    let body = provider.sign(person, &json!({ "birthdate": born }))?;
    Ok(([(header::CONTENT_TYPE, "application/jwt")], body).into_response())
}

/// The browser of a person who is signed in at the provider.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
}

impl Browser {
    /// A browser that shows where it is sent instead of going there.
    ///
    /// # Errors
    /// When there can be none.
    pub fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .context("cannot make a browser")?;
        Ok(Self { http })
    }

    /// Goes to the provider as this person. Gives the query that the provider sends back.
    ///
    /// # Errors
    /// When the provider sends nobody back.
    pub async fn sign_in(&self, address: &str, person: u64) -> anyhow::Result<String> {
        let request = self.http.get(address).header(header::COOKIE, format!("{COOKIE}{person}"));
        let answer = request.send().await.context("the provider does not answer")?;
        let back = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let back = back.with_context(|| format!("the provider sends nobody back: {}", answer.status()))?;
        let query = Url::parse(back).context("the provider's redirect")?.query().map(str::to_owned);
        query.context("the provider's redirect says nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn provider() -> (Provider, String) {
        // The one TLS provider of the process; installing it twice is harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let provider = Provider::start(Clock::system()).await.unwrap();
        let (state, nonce) = ("s".repeat(40), "n".repeat(40));
        let ask = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("scope", "openid birthdate"),
            ("acr_values", LEVEL),
            ("state", state.as_str()),
            ("nonce", nonce.as_str()),
        ];
        let url = Url::parse_with_params(&format!("{}/authorize", provider.inner.issuer), ask).unwrap();
        (provider, url.into())
    }

    async fn redeem(provider: &Provider, code: &str, secret: &str) -> (StatusCode, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", CLIENT),
            ("client_secret", secret),
        ];
        let url = Url::parse_with_params("http://localhost", form).unwrap();
        let request = reqwest::Client::new()
            .post(format!("{}/token", provider.inner.issuer))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(url.query().unwrap().to_owned());
        let answer = request.send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_for_the_client_alone() {
        let (provider, address) = provider().await;
        let query = Browser::new().unwrap().sign_in(&address, 7).await.unwrap();
        let back = Url::parse(&format!("http://localhost/?{query}")).unwrap();
        let (_, code) = back.query_pairs().find(|(name, _)| name == "code").unwrap();
        let (status, answer) = redeem(&provider, &code, "another secret").await;
        assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_client")));
        let (status, answer) = redeem(&provider, &code, &provider.inner.secret).await;
        assert_eq!((status, answer["id_token"].is_string()), (StatusCode::OK, true));
        let (status, answer) = redeem(&provider, &code, &provider.inner.secret).await;
        assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    }

    #[tokio::test]
    async fn nobody_is_sent_back_elsewhere() {
        let (_provider, address) = provider().await;
        let browser = Browser::new().unwrap();
        for wrong in [
            address.replace("localhost", "elsewhere.example"),
            address.replace(CLIENT, "somebody"),
            address.replace(&"n".repeat(40), "short"),
        ] {
            assert!(browser.sign_in(&wrong, 7).await.is_err(), "{wrong}");
        }
        assert!(browser.sign_in(&address, 7).await.is_ok());
    }

    #[tokio::test]
    async fn a_person_has_one_name() {
        let (provider, _) = provider().await;
        assert_eq!(provider.name(7), provider.name(7));
        assert_ne!(provider.name(7), provider.name(8));
    }
}
