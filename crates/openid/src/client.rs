//! The HTTP calls of a sign-in.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::Clock;
use jsonwebtoken::Header;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Mutex;

use crate::answer::{self, Tokens};
use crate::circuit::{Circuit, PAUSE};
use crate::claims;
use crate::discovery::{self, Metadata};
use crate::error::{Error, Refused};
use crate::jws::{self, Claims, Keys};
use crate::request::{self, Ask, Attempt};
use crate::settings::{Authentication, Settings, SettingsError};

/// No answer of a provider is larger.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How long discovery and keys are believed.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Keys are not asked for more often than this because a token names an unknown one.
const BETWEEN_KEYS: TimeDelta = TimeDelta::seconds(30);
/// How long a client assertion is good.
const ASSERTION: TimeDelta = TimeDelta::seconds(60);

/// A provider, with what is known of it. Share it: it remembers discovery and keys.
pub struct Client {
    settings: Settings,
    http: reqwest::Client,
    clock: Clock,
    circuit: Circuit,
    known: RwLock<Option<Known>>,
    fetching: Mutex<()>,
}

#[derive(Clone)]
struct Known {
    metadata: Arc<Metadata>,
    keys: Arc<Keys>,
    fetched: DateTime<Utc>,
}

/// What a provider vouches for. Gone when it is dropped; nothing of it is shown by `Debug`.
pub struct Vouched {
    /// Who: the provider's pseudonym of the person for this client.
    pub subject: SecretString,
    /// How well the provider knows: `acr`.
    pub level: Option<String>,
    /// What the provider says of the person; empty in the anonymous profile.
    pub claims: Claims,
    /// What to sign out with at the provider.
    pub id_token: SecretString,
}

impl std::fmt::Debug for Vouched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Vouched").field("level", &self.level).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of this provider. Asks nothing yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SettingsError> {
        settings.check()?;
        // A redirect would take the client's secret to an address that discovery does not name.
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(settings.timeout).build();
        let http = http.map_err(|_| SettingsError("timeout", "no HTTP client can be made"))?;
        let (circuit, known, fetching) = (Circuit::default(), RwLock::default(), Mutex::default());
        Ok(Self { settings, http, clock, circuit, known, fetching })
    }

    /// What is configured.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins a sign-in: where the browser goes, and what it must bring back sealed.
    ///
    /// # Errors
    /// When the provider is away, or its discovery document is refused.
    pub async fn begin(&self, ask: &Ask) -> Result<(Url, Attempt), Error> {
        let known = self.known().await?;
        let attempt = Attempt::new(&self.settings, ask, self.clock.now());
        Ok((request::authorization_url(&known.metadata, &self.settings, ask, &attempt), attempt))
    }

    /// Ends a sign-in with the query that the browser brought back: redeems the code and checks what comes.
    ///
    /// # Errors
    /// When a check fails, the provider says no, or is away.
    pub async fn complete(&self, attempt: &Attempt, query: &str) -> Result<Vouched, Error> {
        let known = self.known().await?;
        let (issuer, response_iss) = (&self.settings.issuer, known.metadata.response_iss);
        let code = answer::code(query, attempt, issuer, response_iss, self.clock.now())?;
        let (tokens, id_token) = self.redeem(&known.metadata, attempt, &code).await?;
        let access_token = tokens.access_token.expose_secret();
        let token = self.decrypted(id_token.expose_secret())?;
        let id = self.verified(&known, &token).await?;
        claims::id_token(&id, &self.settings, attempt, access_token, self.clock.now())?;
        let subject = claims::subject(&id)?;
        let claims =
            if attempt.claims { self.userinfo(&known, access_token, subject).await? } else { Claims::new() };
        let level = claims::text(&id, "acr").map(ToOwned::to_owned);
        Ok(Vouched { subject: subject.into(), level, claims, id_token: token.into() })
    }

    /// Where the browser signs out at the provider; nothing where that cannot be done.
    ///
    /// # Errors
    /// When the provider is away.
    pub async fn logout_url(&self, id_token: &SecretString, state: &str) -> Result<Option<Url>, Error> {
        let known = self.known().await?;
        Ok(request::logout_url(&known.metadata, &self.settings, id_token.expose_secret(), state))
    }

    async fn redeem(
        &self,
        metadata: &Metadata,
        attempt: &Attempt,
        code: &SecretString,
    ) -> Result<(Tokens, SecretString), Error> {
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.expose_secret().to_owned()),
            ("redirect_uri", self.settings.redirect_uri.clone()),
            ("client_id", self.settings.client_id.clone()),
        ]);
        if let Some(verifier) = &attempt.verifier {
            form.insert("code_verifier", verifier.clone());
        }
        match &self.settings.authentication {
            Authentication::SecretPost(secret) => {
                form.insert("client_secret", secret.expose_secret().to_owned());
            }
            Authentication::PrivateKey { kid, algorithm, key } => {
                let header = Header { kid: kid.clone(), ..Header::new(*algorithm) };
                let claims = self.assertion(metadata);
                let signed =
                    jsonwebtoken::encode(&header, &claims, key).map_err(|_| Refused::ClientRefused)?;
                form.insert("client_assertion", signed);
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form.insert("client_assertion_type", kind.to_owned());
            }
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(metadata.token_endpoint.clone()).body(body);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.ask(request.header(ACCEPT, "application/json")).await?;
        if answer.status != StatusCode::OK {
            return Err(answer::refusal(&answer.body).into());
        }
        Ok(Tokens::read(&answer.body)?)
    }

    /// The claims of `private_key_jwt` (OpenID Connect Core, section 9).
    fn assertion(&self, metadata: &Metadata) -> serde_json::Value {
        let now = self.clock.now();
        json!({
            "iss": self.settings.client_id,
            "sub": self.settings.client_id,
            "aud": metadata.token_endpoint.as_str(),
            "jti": request::random(),
            "iat": now.timestamp(),
            "exp": (now + ASSERTION).timestamp(),
        })
    }

    async fn userinfo(&self, known: &Known, access_token: &str, sub: &str) -> Result<Claims, Error> {
        let endpoint = known.metadata.userinfo_endpoint.clone().ok_or(Refused::Unsupported)?;
        let answer = self.ask(self.http.get(endpoint).bearer_auth(access_token)).await?;
        if answer.status != StatusCode::OK {
            return Err(Refused::AnswerMalformed.into());
        }
        let signed = answer.content_type.starts_with("application/jwt");
        let claims = if signed {
            let token = std::str::from_utf8(&answer.body).map_err(|_| Refused::TokenMalformed)?;
            self.verified(known, &self.decrypted(token.trim())?).await?
        } else if self.settings.plain_userinfo && self.settings.decryption.is_none() {
            serde_json::from_slice(&answer.body).map_err(|_| Refused::AnswerMalformed)?
        } else {
            return Err(Refused::UserinfoUnsigned.into());
        };
        claims::userinfo(&claims, signed, &self.settings, sub, self.clock.now())?;
        Ok(claims)
    }

    fn decrypted(&self, token: &str) -> Result<String, Refused> {
        self.settings.decryption.as_ref().map_or_else(|| Ok(token.to_owned()), |key| key.open(token))
    }

    /// The claims of a signed token. For a key that is not known, the keys are asked for again.
    async fn verified(&self, known: &Known, token: &str) -> Result<Claims, Error> {
        match jws::verify(token, &known.keys) {
            Err(Refused::KeyUnknown) => {
                let newer = self.fetch(BETWEEN_KEYS).await?;
                Ok(jws::verify(token, &newer.keys)?)
            }
            verified => Ok(verified?),
        }
    }

    async fn known(&self) -> Result<Known, Error> {
        let now = self.clock.now();
        if let Some(known) = self.present().filter(|known| now - known.fetched < FRESH) {
            return Ok(known);
        }
        let fetched = self.fetch(FRESH).await;
        // What was believed an hour ago is better than nothing while the provider's documents are away.
        match (fetched, self.present()) {
            (Err(Error::Away(_)), Some(known)) => Ok(known),
            (fetched, _) => fetched,
        }
    }

    fn present(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Discovery and keys, asked for unless that was done a moment ago: by one caller, for which the others wait.
    async fn fetch(&self, age: TimeDelta) -> Result<Known, Error> {
        let _one = self.fetching.lock().await;
        let now = self.clock.now();
        if let Some(known) = self.present().filter(|known| now - known.fetched < age) {
            return Ok(known);
        }
        let document = self.document(&discovery::location(&self.settings.issuer)).await?;
        let metadata = Arc::new(Metadata::read(&document, &self.settings)?);
        let keys = Arc::new(Keys::read(&self.document(metadata.jwks_uri.as_str()).await?)?);
        let known = Known { metadata, keys, fetched: now };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    async fn document(&self, address: &str) -> Result<Vec<u8>, Error> {
        let answer = self.ask(self.http.get(address).header(ACCEPT, "application/json")).await?;
        // A document that is not where it was is a provider that is away, not one that lies.
        if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(Error::Away(PAUSE)) }
    }

    /// Makes a call, unless the circuit is open.
    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Error> {
        self.circuit.enter(self.clock.now()).map_err(Error::Away)?;
        match receive(request).await {
            Some(answer) => {
                self.circuit.succeeded();
                Ok(answer)
            }
            None => {
                self.circuit.failed(self.clock.now());
                Err(Error::Away(PAUSE))
            }
        }
    }
}

struct Answer {
    status: StatusCode,
    content_type: String,
    body: Vec<u8>,
}

/// The answer to a request; nothing when there is none in time, or when it says that the provider is broken.
async fn receive(request: RequestBuilder) -> Option<Answer> {
    let mut response = request.send().await.ok()?;
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return None;
        }
    }
    Some(Answer { status, content_type, body })
}
