//! Limits on attempts. Caches hold keyed hashes, no addresses and no numbers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_cache::RateLimit;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;

/// How long wrong attempts are remembered.
const ATTEMPTS_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Counts wrong attempts, by who is tried and by where they come from.
pub(crate) struct Attempts {
    person: String,
    address: Option<String>,
}

impl Attempts {
    /// The attempts on `person` (a keyed hash) of an organization, from a client's address.
    pub(crate) fn new(app: &App, organization: Uuid, address: Option<&str>, person: &[u8]) -> Self {
        let name = |purpose: &str, value: &[u8]| {
            format!(
                "identity:{purpose}:{}",
                app.lookup.cache_name(purpose, &[organization.as_bytes(), value].concat())
            )
        };
        Self {
            person: name("attempts", person),
            address: address.map(|address| name("attempts-from", address.as_bytes())),
        }
    }

    /// Refuses when too many attempts went wrong already. Does not count: good sign-ins cost nothing.
    pub(crate) async fn check(&self, app: &App) -> Result<(), Error> {
        refuse_blocked(app, &self.person).await?;
        self.check_address(app).await
    }

    /// As [`Attempts::check`], by address alone.
    pub(crate) async fn check_address(&self, app: &App) -> Result<(), Error> {
        match &self.address {
            Some(address) => refuse_blocked(app, address).await,
            None => Ok(()),
        }
    }

    /// Counts an attempt that went wrong.
    pub(crate) async fn failed(&self, app: &App) {
        count(app, &self.person, app.policy.attempts_a_member).await;
        self.failed_address(app).await;
    }

    /// As [`Attempts::failed`], for the address alone.
    pub(crate) async fn failed_address(&self, app: &App) {
        if let Some(address) = &self.address {
            count(app, address, app.policy.attempts_an_address).await;
        }
    }
}

/// Counts one failure; the one that uses the limit up blocks until the limit lets the next one through.
async fn count(app: &App, key: &str, allowed: u32) {
    let decision = app.cache.allow(key, RateLimit::new(allowed, ATTEMPTS_WINDOW)).await;
    if !decision.allowed || decision.remaining == 0 {
        let wait = if decision.retry_after.is_zero() {
            ATTEMPTS_WINDOW / allowed.max(1)
        } else {
            decision.retry_after
        };
        let until = app.clock.now() + TimeDelta::from_std(wait).unwrap_or_default();
        app.cache.set(&format!("{key}:blocked"), until.to_rfc3339().into(), wait).await;
    }
}

/// Refuses while [`count`] has blocked `key`, and tells for how long.
async fn refuse_blocked(app: &App, key: &str) -> Result<(), Error> {
    let Some(until) = app.cache.get(&format!("{key}:blocked")).await else { return Ok(()) };
    let until = std::str::from_utf8(&until).ok().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let wait = until.and_then(|until| (until - app.clock.now()).to_std().ok());
    Err(Error::TooManyAttempts(wait.unwrap_or(Duration::from_secs(1))))
}

/// Counts one action under `purpose` and `value`, and refuses it when it is one too many.
pub(crate) async fn limit(app: &App, purpose: &str, value: &[u8], limit: RateLimit) -> Result<(), Error> {
    let decision =
        app.cache.allow(&format!("identity:{}", app.lookup.cache_name(purpose, value)), limit).await;
    if decision.allowed { Ok(()) } else { Err(Error::TooManyAttempts(decision.retry_after)) }
}
