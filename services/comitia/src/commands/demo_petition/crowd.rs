//! The people who sign, each on the whole way: to the provider, back with a permit, and the signature.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use serde_json::json;

use super::provider::{self, Browser};
use crate::api::{Api, text};
use crate::replay::cast_secret;

/// How many people sign at the same time.
const AT_ONCE: usize = 64;
/// How often one person begins again.
const ATTEMPTS: usize = 3;
/// Reasons that are kept for the report.
const REASONS: usize = 20;

/// People at a sheet.
pub struct Crowd<'a> {
    /// The way into the installation.
    pub api: &'a Api,
    /// Their browsers.
    pub browser: &'a Browser,
    /// The sheet.
    pub poll: &'a str,
}

/// What came of it.
#[derive(Default)]
pub struct Signed {
    /// How many have a receipt.
    pub count: u64,
    /// The receipt of the last of them.
    pub receipt: Option<String>,
    /// Why the first others have none.
    pub refused: Vec<String>,
    /// Receipts by the second in which they came.
    pub by_second: Vec<u64>,
    /// From the first person to the last receipt.
    pub time: Duration,
}

impl Signed {
    /// Whole ways a second.
    pub fn pace(&self) -> f64 {
        self.count as f64 / self.time.as_secs_f64().max(0.001)
    }
}

impl Crowd<'_> {
    /// Lets these people sign, until all have or the time is over.
    ///
    /// # Errors
    /// When the installation or the provider cannot be reached.
    pub async fn sign(
        &self,
        people: Range<u64>,
        time: Option<Duration>,
        progress: &ProgressBar,
    ) -> anyhow::Result<Signed> {
        let (started, next) = (Instant::now(), AtomicU64::new(people.start));
        let (signed, all) = (Mutex::new(Signed::default()), people.end - people.start);
        let one_after_the_other = async || -> anyhow::Result<()> {
            while time.is_none_or(|time| started.elapsed() < time) {
                let person = next.fetch_add(1, Ordering::Relaxed);
                if person >= people.end {
                    break;
                }
                let receipt = self.person(person).await;
                let mut signed = signed.lock().unwrap_or_else(PoisonError::into_inner);
                match receipt {
                    Ok(receipt) => signed.add(receipt, started.elapsed()),
                    Err(why) if signed.refused.len() < REASONS => {
                        signed.refused.push(format!("person {person}: {why:#}"));
                    }
                    Err(_) => {}
                }
                progress.inc(1);
                let done = progress.position();
                if progress.is_hidden() && time.is_none() && done * 10 / all != (done - 1) * 10 / all {
                    eprintln!("  {done} of {all} people");
                }
            }
            Ok(())
        };
        try_join_all((0..AT_ONCE).map(|_| one_after_the_other())).await?;
        let mut signed = signed.into_inner().unwrap_or_else(PoisonError::into_inner);
        signed.time = started.elapsed();
        Ok(signed)
    }

    /// One person, who begins again when something between browser, provider and installation fails.
    async fn person(&self, person: u64) -> anyhow::Result<String> {
        // The same act with the same secret: beginning again signs nothing twice.
        let secret = cast_secret();
        let mut attempt = 1;
        loop {
            match self.whole_way(person, &secret).await {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn whole_way(&self, person: u64, secret: &str) -> anyhow::Result<String> {
        let path = format!("/v1/polls/{}/providers/{}:beginSignIn", self.poll, provider::ID);
        let begun =
            self.api.post(&path, None, &json!({"language": "fr"})).await.context("begin the sign-in")?;
        let address = text(&begun, "/authorizationUrl")?;
        let query = self.browser.sign_in(&address, person).await?;
        let back = json!({"sealedSignIn": text(&begun, "/sealedSignIn")?, "callbackQuery": query});
        let permit = self.api.post("/v1/providerSignIns:complete", None, &back).await;
        let permit = text(&permit.context("complete the sign-in")?, "/permit")?;
        let signature = json!({"permit": permit, "ballot": {}, "castSecret": secret});
        let path = format!("/v1/polls/{}/ballots", self.poll);
        let answer = self.api.post(&path, None, &signature).await.context("sign")?;
        text(&answer, "/receipt/trackingCode")
    }
}

impl Signed {
    fn add(&mut self, receipt: String, at: Duration) {
        self.count += 1;
        let second = usize::try_from(at.as_secs()).unwrap_or(usize::MAX - 1);
        if self.by_second.len() <= second {
            self.by_second.resize(second + 1, 0);
        }
        if let Some(count) = self.by_second.get_mut(second) {
            *count += 1;
        }
        self.receipt = Some(receipt);
    }
}
