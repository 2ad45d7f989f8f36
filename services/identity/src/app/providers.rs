//! Permits for people whom a provider vouches for, and for browser sessions. Nothing of either is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use comitia_cache::RateLimit;
use comitia_core::Clock;
pub use comitia_openid::answer::LONGEST_ATTEMPT;
use comitia_openid::{Ask, Client, SettingsError, claims};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::app::permits::{self, Issued};
use crate::app::{App, attempts};
use crate::domain::asker::Asker;
use crate::domain::eligibility::{self, Basis, Ineligible, Poll};
use crate::domain::providers::{self, Pending, ProviderConfig};
use crate::error::Error;

/// The associated data of sealed sign-ins.
const SIGN_IN: &str = "provider sign-in";
/// What addresses have a limit of permits in.
const OPEN_PERMITS: Duration = Duration::from_secs(3600);

/// A provider of the configuration cannot be used: its id, and the setting with its rule.
#[derive(Debug, thiserror::Error)]
#[error("configuration: identity.providers.{0}.{1}")]
pub struct ProviderError(String, SettingsError);

/// A provider that people sign in at.
pub struct Provider {
    /// What is configured.
    pub config: ProviderConfig,
    pub(crate) client: Client,
}

/// The providers by their ids.
pub type Providers = BTreeMap<String, Provider>;

/// The providers of a configuration. None is asked anything yet.
///
/// # Errors
/// When one cannot be used.
pub fn connect(
    configs: &BTreeMap<String, ProviderConfig>,
    clock: &Clock,
) -> Result<Providers, ProviderError> {
    let mut providers = Providers::new();
    for (id, config) in configs {
        if configs.values().any(|other| share_client(other, config)) {
            return Err(ProviderError(id.clone(), SHARED_CLIENT));
        }
        let client = config.settings(id).and_then(|settings| Client::new(settings, clock.clone()));
        let client = client.map_err(|error| ProviderError(id.clone(), error))?;
        providers.insert(id.clone(), Provider { config: config.clone(), client });
    }
    Ok(providers)
}

/// A client of both would be told one name of a person, and who holds the keys could tell whose account signed.
const SHARED_CLIENT: SettingsError =
    SettingsError("client_id", "must not be one for accounts and one for polls: register two clients");

/// Whether one is for polls and one for accounts, by the same client.
fn share_client(one: &ProviderConfig, other: &ProviderConfig) -> bool {
    one.accounts != other.accounts && (&one.issuer, &one.client_id) == (&other.issuer, &other.client_id)
}

/// A sign-in that has begun.
pub struct Begun {
    /// Where the browser goes.
    pub authorization_url: String,
    /// What it keeps.
    pub sealed: String,
    /// Until when it must be back.
    pub expire_time: DateTime<Utc>,
}

/// A sign-in that ended with a permit.
pub struct Completed {
    /// The poll.
    pub poll: Uuid,
    /// The permit.
    pub issued: Issued,
    /// Where the browser signs out at the provider.
    pub sign_out_url: String,
}

/// The providers that may vouch for people in a poll, with their ids.
///
/// # Errors
/// `PollUnknown`, or `PollClosed` once its key is destroyed.
pub async fn list(app: &App, organization: Uuid, poll: Uuid) -> Result<Vec<(&str, &Provider)>, Error> {
    let poll = permits::poll(app, organization, poll).await?;
    let may = |(id, provider): &(&String, &Provider)| {
        provider.config.level_for(id, &poll.poll).is_some() && provider.config.says_enough(&poll.poll)
    };
    Ok(app.providers.iter().filter(may).map(|(id, provider)| (id.as_str(), provider)).collect())
}

/// Begins a sign-in for a poll that is open.
///
/// # Errors
/// `PollUnknown`, `PollNotOpen`, `PollClosed`, `BasisDiffers`, `ProviderUnknown`, `NotEligible` when the age would stay unknown, or
/// `Provider` when it is away.
pub async fn begin(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    id: &str,
    language: &str,
) -> Result<Begun, Error> {
    let poll = permits::open_poll(app, organization, poll_id).await?;
    let (provider, level) = provider(app, &poll.poll, id)?;
    let mut scopes = Vec::new();
    if !provider.config.says_enough(&poll.poll) {
        return Err(Error::NotEligible(Ineligible::AgeNotVouched));
    }
    if provider.config.asks_birth_date(&poll.poll) {
        scopes.push(provider.config.birth_date_scope.clone());
    }
    let language = (!language.is_empty()).then(|| language.to_owned());
    let ask = Ask { level, scopes, language, anew: false };
    let (url, attempt) = provider.client.begin(&ask).await.map_err(|error| refused(id, error))?;
    let expire_time = attempt.begun + LONGEST_ATTEMPT;
    let pending = Pending { organization, poll: poll_id, provider: id.to_owned(), attempt };
    let plain = serde_json::to_vec(&pending).map_err(comitia_platform::ApiError::internal)?;
    let sealed = URL_SAFE_NO_PAD.encode(app.data_keys.seal(SIGN_IN, &plain)?);
    Ok(Begun { authorization_url: url.into(), sealed, expire_time })
}

/// Ends a sign-in with what the browser brought back. The provider's name for the person is gone when this returns.
///
/// # Errors
/// As [`begin`]; `SignInUnknown` for what was not sealed here, `Provider` when its answer is refused, `NotEligible`.
pub async fn complete(
    app: &App,
    organization: Uuid,
    sealed: &str,
    callback_query: &str,
) -> Result<Completed, Error> {
    let pending = unseal(app, sealed).filter(|pending| pending.organization == organization);
    let pending = pending.ok_or(Error::SignInUnknown)?;
    let poll = permits::open_poll(app, organization, pending.poll).await?;
    let (provider, level) = provider(app, &poll.poll, &pending.provider)?;
    if pending.attempt.level != level || pending.attempt.claims != provider.config.asks_birth_date(&poll.poll)
    {
        // The configuration has changed meanwhile.
        return Err(Error::SignInUnknown);
    }
    let vouched = provider.client.complete(&pending.attempt, callback_query).await;
    let vouched = vouched.map_err(|error| refused(&pending.provider, error))?;
    if pending.attempt.claims {
        let birth_date = claims::text(&vouched.claims, "birthdate").and_then(providers::birth_date);
        let birth_date = birth_date.ok_or(Error::NotEligible(Ineligible::AgeNotVouched))?;
        if !eligibility::is_old_enough(&poll.poll, birth_date) {
            return Err(Error::NotEligible(Ineligible::TooYoung));
        }
    }
    let subject = providers::subject(&pending.provider, vouched.subject.expose_secret());
    let issued = permits::of_subject(app, &poll, &subject)?;
    let sign_out = provider.client.logout_url(&vouched.id_token, &pending.attempt.state).await;
    // The permit is made: a provider that goes away now takes nothing from it.
    let sign_out_url = sign_out.ok().flatten().map(String::from).unwrap_or_default();
    Ok(Completed { poll: pending.poll, issued, sign_out_url })
}

/// Issues the permit of a browser session in a poll that is open to anyone.
///
/// # Errors
/// `PollUnknown`, `PollNotOpen`, `PollClosed`, `BasisDiffers`; `TooManyAttempts` from one network.
pub async fn issue_open(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    poll_id: Uuid,
    browser_secret: &str,
) -> Result<Issued, Error> {
    let poll = permits::open_poll(app, organization, poll_id).await?;
    if poll.poll.basis != Basis::Anyone {
        return Err(Error::BasisDiffers);
    }
    let asker = Asker::new(address);
    let value = [poll_id.as_bytes(), asker.network.as_bytes()].concat();
    let limit = RateLimit::new(app.policy.open_permits_an_address, OPEN_PERMITS);
    attempts::limit(app, "open permits", &value, limit).await?;
    permits::of_subject(app, &poll, &providers::browser_subject(browser_secret))
}

fn provider<'a>(app: &'a App, poll: &Poll, id: &str) -> Result<(&'a Provider, Option<String>), Error> {
    if !matches!(poll.basis, Basis::Providers { .. }) {
        return Err(Error::BasisDiffers);
    }
    let provider = app.providers.get(id).ok_or(Error::ProviderUnknown)?;
    let level = provider.config.level_for(id, poll).ok_or(Error::ProviderUnknown)?;
    Ok((provider, level))
}

fn unseal(app: &App, sealed: &str) -> Option<Pending> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    serde_json::from_slice(&app.data_keys.open(SIGN_IN, &sealed).ok()?).ok()
}

/// Says in the log which check failed: that names a rule and no person. Many of one kind are an attack or a misconfiguration.
pub(crate) fn refused(provider: &str, error: comitia_openid::Error) -> Error {
    tracing::warn!(provider, %error, "a sign-in at a provider failed");
    Error::Provider(error)
}
