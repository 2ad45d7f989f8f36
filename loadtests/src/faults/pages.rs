//! A replica of the portal goes while people read pages and cast by forms, as browsers without script do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_cli::api::{Api, text};
use comitia_core::random;
use reqwest::{Client, StatusCode, header, redirect};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::city::World;
use super::crowd::{Crowd, Newcomer};
use super::inject::{Injected, Sign};
use crate::city::option;

/// The replica that is killed; another one stays.
const KILLED: &str = "portal-1";
const READERS: usize = 8;
const CASTERS: usize = 4;
/// How long pages are read and ballots cast before the kill, and after the replica is back.
const BEFORE_AND_AFTER: Duration = Duration::from_secs(2);
/// Who was not served comes again after this long.
const SOON: Duration = Duration::from_millis(100);
/// So often somebody asks for one page or one receipt before they give up.
const ATTEMPTS: usize = 100;

/// Kills a replica while pages are used, and starts it again.
///
/// # Errors
/// When the replica cannot be started again.
pub async fn kill(world: &mut World, away: Duration) -> anyhow::Result<Injected> {
    let visitors = Visitors::new(world)?;
    let tasks = visitors.come();
    sleep(BEFORE_AND_AFTER).await;
    world.installation.kill(KILLED)?;
    sleep(away).await;
    let end = Instant::now();
    world.installation.start_again(KILLED, &[])?;
    world.installation.process_ready(KILLED).await?;
    sleep(BEFORE_AND_AFTER).await;
    visitors.stopped.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.context("a visitor of pages")?;
    }
    let missing = visitors.missing_receipts(world).await?;
    let seen = std::mem::take(&mut *visitors.seen());
    let mut harm = seen.harm;
    harm.extend(missing);
    if seen.receipts.is_empty() || seen.pages == 0 {
        harm.push("no page was read, or no ballot cast".to_owned());
    }
    let note = format!(
        "{} pages read, {} ballots cast by forms, asked again: {:?}",
        seen.pages,
        seen.receipts.len(),
        seen.again
    );
    Ok(Injected { end, sign: Sign::Seen(true), note, harm })
}

/// People with browsers.
struct Visitors {
    http: Client,
    gateways: Vec<String>,
    host: String,
    crowd: Arc<Crowd>,
    poll: Uuid,
    seen: Mutex<Seen>,
    stopped: AtomicBool,
}

/// What they saw.
#[derive(Default)]
struct Seen {
    pages: usize,
    /// Tracking codes of ballots that were acknowledged by a page.
    receipts: Vec<String>,
    /// How often something was not served at once, by what came instead.
    again: BTreeMap<String, usize>,
    harm: Vec<String>,
}

/// What came of a request.
enum Came {
    Page(StatusCode, Option<String>),
    /// The gateway, or the portal, asks to come again.
    Later,
    Wrong(String),
}

impl Visitors {
    fn new(world: &World) -> anyhow::Result<Arc<Self>> {
        let http = Client::builder()
            .timeout(Duration::from_secs(15))
            .redirect(redirect::Policy::none())
            .build()
            .context("an HTTP client")?;
        Ok(Arc::new(Self {
            http,
            gateways: world.installation.addresses("gateway"),
            host: world.host().to_owned(),
            crowd: world.crowd.clone(),
            poll: world.crowd.poll_with_changes().context("a poll that lets people change their minds")?,
            seen: Mutex::default(),
            stopped: AtomicBool::new(false),
        }))
    }

    fn come(self: &Arc<Self>) -> Vec<tokio::task::JoinHandle<()>> {
        let readers =
            (0..READERS).map(|number| comitia_core::task::spawn("reader", self.clone().read(number)));
        let casters =
            (0..CASTERS).map(|number| comitia_core::task::spawn("caster", self.clone().vote(number)));
        readers.chain(casters).collect()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(self: Arc<Self>, number: usize) {
        let poll = self.poll;
        let paths = ["/fr", "/en/votes", "/fr/help", "/en/processes"].map(str::to_owned);
        let paths: Vec<_> = paths.into_iter().chain([format!("/fr/receipts/{poll}")]).collect();
        let mut turn = number;
        while !self.stopped.load(Ordering::Relaxed) {
            let path = &paths[turn % paths.len()];
            // What is not shared is made by the portal each time.
            let url = format!("{}{path}?reader={number}-{turn}", self.gateways[turn % self.gateways.len()]);
            turn += 1;
            match self.ask(self.http.get(url)).await {
                Came::Page(StatusCode::OK, _) => self.seen().pages += 1,
                Came::Page(status, _) => self.seen().harm.push(format!("{path}: {status}")),
                Came::Later => sleep(SOON).await,
                Came::Wrong(what) => self.seen().harm.push(format!("{path}: {what}")),
            }
        }
    }

    async fn vote(self: Arc<Self>, number: usize) {
        let mut turn = number;
        while !self.stopped.load(Ordering::Relaxed) {
            let newcomer = match self.crowd.newcomer(self.poll) {
                Ok(newcomer) => newcomer,
                Err(error) => return self.seen().harm.push(format!("no permit: {error:#}")),
            };
            if let Some(code) = self.cast(&newcomer, &mut turn).await {
                self.crowd.acknowledged_on_a_page(newcomer.voter, code.clone());
                self.seen().receipts.push(code);
            }
        }
    }

    /// Sends the form of a ballot until its receipt comes, as whoever reads "send it again" does. Gives the tracking code.
    async fn cast(&self, newcomer: &Newcomer, turn: &mut usize) -> Option<String> {
        let secret = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        // Permit, secret and ids are made of letters that need no encoding.
        let choices: String =
            newcomer.options.iter().map(|place| format!("&choice={}", option(*place))).collect();
        let form = format!("permit={}&secret={secret}{choices}", newcomer.permit);
        for _ in 0..ATTEMPTS {
            let gateway = &self.gateways[*turn % self.gateways.len()];
            *turn += 1;
            let request = self.http.post(format!("{gateway}/fr/votes/{}/cast", self.poll));
            let request =
                request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone());
            match self.ask(request).await {
                Came::Page(StatusCode::SEE_OTHER, Some(to)) => {
                    let code = to.split_once("/receipt?code=").map(|(_, code)| code.to_owned());
                    if code.is_none() {
                        self.seen().harm.push(format!("a cast leads to {to}"));
                    }
                    return code;
                }
                Came::Later => sleep(SOON).await,
                Came::Page(status, _) => {
                    self.seen().harm.push(format!("a cast is answered with {status}"));
                    return None;
                }
                Came::Wrong(what) => {
                    self.seen().harm.push(format!("a cast: {what}"));
                    return None;
                }
            }
        }
        self.seen().harm.push(format!("a cast was not taken in {ATTEMPTS} attempts"));
        None
    }

    /// Sends a request. What asks to come again says when; another answer of 500 and more is nobody's to get.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Came {
        let Ok(response) = request.header(header::HOST, &self.host).send().await else {
            return self.later("no answer".to_owned());
        };
        let status = response.status();
        let head =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (to, wait) = (head(header::LOCATION), head(header::RETRY_AFTER));
        match status.as_u16() {
            429 | 502 | 503 | 504 if wait.is_some() => self.later(status.as_u16().to_string()),
            500.. => Came::Wrong(status.to_string()),
            _ => match response.bytes().await {
                Ok(_) => Came::Page(status, to),
                Err(_) => self.later("half an answer".to_owned()),
            },
        }
    }

    fn later(&self, what: String) -> Came {
        *self.seen().again.entry(what).or_default() += 1;
        Came::Later
    }

    /// Every receipt is found: its ballot counts.
    async fn missing_receipts(&self, world: &World) -> anyhow::Result<Vec<String>> {
        let gateway = self.gateways.first().context("no gateway")?;
        let api = Api::new(gateway, world.host(), Duration::from_secs(10))?;
        let codes = self.seen().receipts.clone();
        let mut missing = Vec::new();
        for code in codes {
            let path = format!("/v1/polls/{}/trackingCodes/{code}", self.poll);
            let state = match api.get(&path, None).await {
                Ok(found) => text(&found, "/state")?,
                Err(failure) => failure.to_string(),
            };
            if state != "TRACKED_STATE_COUNTED" {
                missing.push(format!("a receipt is not found: {state}"));
            }
        }
        Ok(missing)
    }
}
