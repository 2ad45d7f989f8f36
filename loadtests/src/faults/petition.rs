//! A petition under the faults: people sign it, some take the signature back, and afterwards its public log has each act once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{SecondsFormat, TimeDelta};
use comitia_cli::api::{Api, Failure, number, text};
use comitia_cli::replay::cast_secret;
use comitia_core::{Clock, random, task};
use comitia_transparency::sheet::{Leaf, identifier};
use comitia_transparency::tile::{Kind, Tile, entries};
use comitia_transparency::tracking::TrackingCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::ledger::Findings;
use crate::casts::Caster;
use crate::city::{City, district};

/// Between two people who sign.
const PACE: Duration = Duration::from_millis(50);
/// Every so many people take the signature back.
const WITHDRAWS: u64 = 5;
/// Who was refused asks again after this long, and gives up after that long.
const AGAIN: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(90);
/// An acknowledged act is in the log after this long at the latest, once everything is well.
const SOON: Duration = Duration::from_secs(10);

/// A petition that people sign.
pub struct Petition {
    poll: Uuid,
    api: Api,
    gateway: String,
    caster: Caster,
    over: AtomicBool,
    acts: Mutex<Acts>,
}

/// What was acknowledged.
#[derive(Default)]
struct Acts {
    /// The entries that receipts lead to.
    signed: BTreeSet<[u8; 32]>,
    /// What withdrawals are found by.
    withdrawn: BTreeSet<[u8; 32]>,
    /// Who gave up, and why.
    given_up: Vec<String>,
}

impl Petition {
    /// Opens a petition that signatures may be taken back from.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open(
        city: &City,
        gateways: &[String],
        caster: Caster,
        lasts: TimeDelta,
    ) -> anyhow::Result<Self> {
        let now = Clock::system().now();
        let time = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let body = json!({
            "pollId": comitia_core::id::new(),
            "title": "Faults",
            "openTime": time(now - TimeDelta::minutes(1)),
            "closeTime": time(now + lasts),
            "eligibility": {"rollId": city.roll},
            "specification": {"type": "BALLOT_TYPE_SIGNATURE"},
            "signatureSheet": {
                "publishesDistricts": true,
                "withdrawalAllowed": true,
                "milestones": [
                    {"milestoneId": "many", "minSignatures": "100"},
                    {"milestoneId": "spread", "minDistricts": 5, "minInEachDistrict": "5"},
                ],
            },
        });
        let created = city.api.post("/v1/polls", Some(city.token()), &body).await.context("the petition")?;
        let poll = text(&created, "/poll/pollId")?.parse()?;
        let api = Api::new(&gateways.join(","), city.api.host(), PATIENCE)?;
        let gateway = gateways.first().context("no gateway")?.clone();
        Ok(Self { poll, api, gateway, caster, over: AtomicBool::new(false), acts: Mutex::default() })
    }

    /// Lets people sign until [`Petition::stop`]; ends when each of them has an answer.
    pub fn signing(self: &Arc<Self>) -> JoinHandle<()> {
        let petition = Arc::clone(self);
        task::spawn("the petition", async move {
            let (mut people, next) = (Vec::new(), AtomicU64::new(0));
            while !petition.over.load(Ordering::Relaxed) {
                let (petition, person) = (Arc::clone(&petition), next.fetch_add(1, Ordering::Relaxed));
                people.push(task::spawn("a signer", async move { petition.person(person).await }));
                sleep(PACE).await;
            }
            for person in people {
                if let Err(error) = person.await {
                    eprintln!("a signer failed: {error}");
                }
            }
        })
    }

    /// Nobody comes any more.
    pub fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    async fn person(&self, number: u64) {
        if let Err(why) = self.whole_way(number).await {
            self.acts().given_up.push(format!("a signer gave up: {why:#}"));
        }
    }

    async fn whole_way(&self, number: u64) -> anyhow::Result<()> {
        let nullifier = random::bytes::<32>();
        let place = usize::try_from(number).unwrap_or(0);
        let permit = self.caster.permit(self.poll, &nullifier, district(place))?;
        let signature = json!({"permit": permit, "ballot": {}, "castSecret": cast_secret()});
        let receipt = self.until_answered("ballots", &signature).await?;
        let code = text(&receipt, "/receipt/trackingCode")?;
        let code = TrackingCode::parse(&code).context("a receipt")?;
        self.acts().signed.insert(identifier(self.poll.as_bytes(), &code.0));
        if number.is_multiple_of(WITHDRAWS) {
            let withdrawal = json!({"permit": permit, "castSecret": cast_secret()});
            let answer = self.until_answered("signatures:withdraw", &withdrawal).await?;
            let found_by = hex::decode(text(&answer, "/logIdentifier")?)?;
            let found_by =
                found_by.try_into().map_err(|_| anyhow::anyhow!("a withdrawal has no identifier"))?;
            self.acts().withdrawn.insert(found_by);
        }
        Ok(())
    }

    /// The same call until there is an answer.
    async fn until_answered(&self, what: &str, body: &Value) -> anyhow::Result<Value> {
        let (begun, path) = (Instant::now(), format!("/v1/polls/{}/{what}", self.poll));
        loop {
            match self.api.post(&path, None, body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) if begun.elapsed() > PATIENCE => return Err(failure.into()),
                Err(Failure::Refused(_) | Failure::Unreachable(_)) => sleep(AGAIN).await,
            }
        }
    }

    /// Compares what was acknowledged with the public log, which `comitia verify` checks.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn compare(&self, comitia: &Path, findings: &mut Findings) -> anyhow::Result<String> {
        let acts = std::mem::take(&mut *self.acts());
        self.whole_log(acts.signed.len() + acts.withdrawn.len()).await?;
        let folder = tempfile::tempdir()?;
        let files = folder.path().join("log");
        let output = Command::new(comitia)
            .args([
                "verify",
                &format!("{}/v1/polls/{}/log", self.gateway, self.poll),
                "--format",
                "json",
                "--save",
            ])
            .arg(&files)
            .output()
            .context("comitia verify")?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        for altered in report["altered"].as_array().into_iter().flatten() {
            findings.altered(format!("the petition's log: {altered}"));
        }
        let found = keys(&files, number(&report, "/size")?.unsigned_abs())?;
        let missing = acts.signed.union(&acts.withdrawn).filter(|key| !found.contains(*key)).count();
        if missing > 0 {
            findings.lost(format!("{missing} acts of the petition are not in its log"));
        }
        for why in &acts.given_up {
            findings.altered(why.clone());
        }
        Ok(format!(
            "petition: {} signed and {} took it back; comitia verify: {} entries, {} count",
            acts.signed.len(),
            acts.withdrawn.len(),
            report["size"],
            report["published"]
        ))
    }

    /// Waits until the head that everybody reads has as many entries: the counts know a leaf first, and caches keep a head
    /// for a second.
    async fn whole_log(&self, acts: usize) -> anyhow::Result<()> {
        let head = format!("{}/v1/polls/{}/log/checkpoint", self.gateway, self.poll);
        let begun = Instant::now();
        loop {
            let head = reqwest::get(&head).await?.text().await?;
            let entries = head.lines().nth(1).and_then(|size| size.parse::<usize>().ok()).unwrap_or(0);
            // What had no answer may be there too.
            if entries >= acts || begun.elapsed() > SOON {
                return Ok(());
            }
            sleep(AGAIN).await;
        }
    }

    fn acts(&self) -> std::sync::MutexGuard<'_, Acts> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the entries of a log in a folder are found by.
fn keys(folder: &Path, size: u64) -> anyhow::Result<BTreeSet<[u8; 32]>> {
    let mut keys = BTreeSet::new();
    for tile in Tile::all(size).filter(|tile| tile.kind == Kind::Entries) {
        let bundle = std::fs::read(folder.join(tile.to_string()))?;
        for entry in entries(&bundle).context("a bundle of the log")? {
            keys.insert(Leaf::decode(entry).context("an entry of the log")?.key());
        }
    }
    ensure!(keys.len() as u64 == size, "the log has an entry twice");
    Ok(keys)
}
