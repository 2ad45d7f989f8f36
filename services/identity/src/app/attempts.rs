//! Rate limits on sign-in attempts, by target *and* source: they throttle the source that guesses and nobody else, so that
//! attempts from one network never lock out the owner of a code in another. Caches hold keyed hashes, no addresses and no
//! numbers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_cache::RateLimit;
use uuid::Uuid;

use crate::app::App;
use crate::domain::asker::Asker;
use crate::error::Error;

/// How long wrong attempts are remembered.
pub const ATTEMPTS_WINDOW: Duration = Duration::from_secs(15 * 60);
/// How many askers of one IPv6 /48 may guess for one person as much as one asker may.
const ASKERS_A_SITE: u32 = 10;
/// How many guessers a process remembers.
const GUESSERS: u64 = 100_000;

/// Sources that guessed too often, and until when they are blocked. Kept in the process as well as in the cache, so that
/// limits hold while the cache is away.
pub type Guessers = moka::future::Cache<String, DateTime<Utc>>;

/// Nobody has guessed yet.
#[must_use]
pub fn guessers() -> Guessers {
    moka::future::Cache::builder().max_capacity(GUESSERS).time_to_live(ATTEMPTS_WINDOW).build()
}

/// Counts wrong attempts, by who is tried and who tries.
pub(crate) struct Attempts {
    /// The person with the asker, and with the asker's site; and how many wrong attempts each has.
    pairs: Vec<(String, u32)>,
    /// The asker, whoever is tried.
    asker: String,
}

impl Attempts {
    /// The attempts of an asker on `person` (a keyed hash) of an organization.
    pub(crate) fn new(app: &App, organization: Uuid, asker: &Asker, person: &[u8]) -> Self {
        let name = |purpose: &str, asker: &str, person: &[u8]| {
            let value = [organization.as_bytes(), asker.as_bytes(), &[0], person].concat();
            format!("identity:{purpose}:{}", app.lookup.cache_name(purpose, &value))
        };
        let allowed = app.policy.attempts_a_member;
        let mut pairs = vec![(name("attempts", &asker.network, person), allowed)];
        if let Some(site) = &asker.site {
            pairs.push((name("attempts-site", site, person), allowed.saturating_mul(ASKERS_A_SITE)));
        }
        Self { pairs, asker: name("attempts-from", &asker.network, &[]) }
    }

    /// Refuses an asker who has guessed too often for this person. Does not count: good sign-ins cost nothing, and
    /// asking while refused does not make it longer.
    pub(crate) async fn check(&self, app: &App) -> Result<(), Error> {
        for (pair, _) in &self.pairs {
            refuse_guesser(app, pair).await?;
        }
        Ok(())
    }

    /// Counts an attempt that went wrong, and says what to answer: that it was wrong, or that it was one too many.
    pub(crate) async fn failed(&self, app: &App) -> Error {
        let mut wait = None;
        for (key, allowed) in &self.pairs {
            wait = wait.max(count(app, key, *allowed).await);
        }
        wait = wait.max(count(app, &self.asker, app.policy.attempts_an_address).await);
        wait.map_or(Error::CredentialsInvalid, Error::TooManyAttempts)
    }
}

/// Counts one failure. The one that uses the limit up is answered as wrong, and remembered until the limit lets the
/// next one through; one beyond it gives how long to wait.
async fn count(app: &App, key: &str, allowed: u32) -> Option<Duration> {
    let decision = app.cache.allow(key, RateLimit::new(allowed, ATTEMPTS_WINDOW)).await;
    if decision.allowed && decision.remaining > 0 {
        return None;
    }
    let wait = if decision.allowed { ATTEMPTS_WINDOW / allowed.max(1) } else { decision.retry_after };
    let until = app.clock.now() + TimeDelta::from_std(wait).unwrap_or_default();
    app.guessers.insert(key.to_owned(), until).await;
    app.cache.set(&format!("{key}:blocked"), until.to_rfc3339().into(), wait).await;
    (!decision.allowed).then_some(wait)
}

/// Refuses a source that [`count`] has blocked, with the time left.
async fn refuse_guesser(app: &App, key: &str) -> Result<(), Error> {
    let shared = app.cache.get(&format!("{key}:blocked")).await;
    let shared = shared.and_then(|until| {
        std::str::from_utf8(&until).ok().and_then(|text| text.parse::<DateTime<Utc>>().ok())
    });
    let until = shared.max(app.guessers.get(key).await);
    let wait = until.and_then(|until| (until - app.clock.now()).to_std().ok()).unwrap_or_default();
    if wait.is_zero() { Ok(()) } else { Err(Error::TooManyAttempts(wait)) }
}

/// Counts one action under `purpose` and `value`, and refuses it when it is one too many.
pub(crate) async fn limit(app: &App, purpose: &str, value: &[u8], limit: RateLimit) -> Result<(), Error> {
    let decision =
        app.cache.allow(&format!("identity:{}", app.lookup.cache_name(purpose, value)), limit).await;
    if decision.allowed { Ok(()) } else { Err(Error::TooManyAttempts(decision.retry_after)) }
}
