//! The load: voters from sign-in to receipt, casts, reads of every service, and watchers.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use comitia_cli::api::text;
use comitia_core::random;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::client::{Call, Client, Protocol};
use crate::casts::Caster;
use crate::city::{City, district, option};

/// How many options the poll has.
pub const OPTIONS: usize = 40;
/// Of so many failures the texts are kept.
const SHOWN: usize = 30;
/// People who use one HTTP/2 connection.
const AT_ONCE: usize = 8;
/// A watcher sees the turnout at once, and then a change, or a sign of life, within this time.
const SILENCE: Duration = Duration::from_secs(30);

/// What people do, until they are told to stop.
pub struct Load {
    host: String,
    front: SocketAddr,
    caster: Caster,
    poll: Uuid,
    members: Vec<(String, String)>,
    /// How many members have gone the whole way.
    voted: AtomicUsize,
    reads: Vec<Call>,
    stopped: AtomicBool,
    tally: Tally,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests that were made.
    pub requests: AtomicU64,
    /// Those without the answer that they should have had.
    pub failed: AtomicU64,
    /// Event streams that ended as a draining gateway ends them, and were opened again.
    pub resumed: AtomicU64,
    /// What failures said.
    pub failures: Mutex<Vec<String>>,
    /// Who has a receipt: nullifiers of casts, numbers of members who went the whole way.
    pub acknowledged: Mutex<HashSet<Vec<u8>>>,
}

impl Tally {
    fn count(&self, what: &str, result: anyhow::Result<()>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = result {
            self.failed.fetch_add(1, Ordering::Relaxed);
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            if failures.len() < SHOWN {
                failures.push(format!("{what}: {error:#}"));
            }
        }
    }

    fn acknowledge(&self, voter: Vec<u8>) {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).insert(voter);
    }
}

impl Load {
    /// People of a city, who use the gateways behind `front`.
    pub fn new(
        host: &str,
        front: SocketAddr,
        city: &City,
        caster: Caster,
        poll: Uuid,
        process: &str,
        members: Vec<(String, String)>,
    ) -> Arc<Self> {
        // With a session, so that the answer comes from the service and not from a copy; the last is everybody's.
        let mut reads: Vec<_> = [
            format!("/v1/rolls/{}", city.roll),
            format!("/v1/processes/{process}"),
            format!("/v1/processes/{process}/proposals"),
            format!("/v1/processes/{process}/budgets"),
            format!("/v1/polls/{poll}/turnout"),
        ]
        .map(|path| Call::get(path).with_session(city.token()))
        .into();
        reads.push(Call::get(format!("/v1/polls/{poll}")));
        Arc::new(Self {
            host: host.to_owned(),
            front,
            caster,
            poll,
            members,
            voted: AtomicUsize::new(0),
            reads,
            stopped: AtomicBool::new(false),
            tally: Tally::default(),
        })
    }

    /// What came of it so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Lets `people` come with each protocol, and `watchers`.
    pub fn begin(self: &Arc<Self>, people: usize, watchers: usize) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let mut client = Client::new(self.front, &self.host, protocol);
            for person in 0..people {
                if protocol == Protocol::Http1 || person % AT_ONCE == 0 {
                    client = Client::new(self.front, &self.host, protocol);
                }
                tasks.push(comitia_core::task::spawn("person", self.clone().act(client.clone(), person)));
            }
            for _ in 0..watchers {
                let client = Client::new(self.front, &self.host, protocol);
                tasks.push(comitia_core::task::spawn("watcher", self.clone().watch(client)));
            }
        }
        tasks
    }

    /// Lets everybody go once their request is answered.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }

    /// Of sixteen people ten cast, five read, and one goes the whole way.
    async fn act(self: Arc<Self>, client: Arc<Client>, person: usize) {
        for turn in person.. {
            if !self.goes_on() {
                return;
            }
            match turn % 16 {
                0 => self.vote(&client, turn).await,
                1..=5 => {
                    let read = &self.reads[turn % self.reads.len()];
                    self.tally.count(&read.path, client.json(read).await.map(drop));
                }
                _ => self.cast(&client, turn).await,
            }
        }
    }

    /// A cast with a permit that is already there.
    async fn cast(&self, client: &Client, turn: usize) {
        let nullifier = random::bytes::<32>();
        let cast = async {
            let permit = self.caster.permit(self.poll, &nullifier, district(turn))?;
            let answer = client.json(&self.ballot(&permit, turn)).await?;
            text(&answer, "/receipt/trackingCode")?;
            anyhow::Ok(())
        };
        let result = cast.await;
        if result.is_ok() {
            self.tally.acknowledge(nullifier.to_vec());
        }
        self.tally.count("cast", result);
    }

    /// The whole way: signs in, opens the poll, casts, and asks for the receipt.
    async fn vote(&self, client: &Client, turn: usize) {
        // In turn: of two ballots that one member casts at the same time, one may be refused.
        let place = self.voted.fetch_add(1, Ordering::Relaxed) % self.members.len();
        let (number, code) = &self.members[place];
        let sign_in = Call::post(
            "/v1/sessions:signInWithAccessCode",
            json!({"memberNumber": number, "accessCode": code}),
        );
        let session = self.step("sign-in", client, &sign_in, "/session/accessToken").await;
        let Some(token) = session else { return };
        let permit = Call::post(format!("/v1/polls/{}/permits", self.poll), json!({})).with_session(&token);
        let Some(permit) = self.step("permit", client, &permit, "/permit").await else { return };
        let ballot = self.ballot(&permit, turn);
        let receipt = self.step("cast with a permit", client, &ballot, "/receipt/trackingCode").await;
        if receipt.is_some() {
            self.tally.acknowledge(number.clone().into_bytes());
        }
    }

    async fn step(&self, what: &str, client: &Client, call: &Call, wanted: &str) -> Option<String> {
        let answer = client.json(call).await.and_then(|answer| text(&answer, wanted));
        match answer {
            Ok(found) => {
                self.tally.count(what, Ok(()));
                Some(found)
            }
            Err(error) => {
                self.tally.count(what, Err(error));
                None
            }
        }
    }

    fn ballot(&self, permit: &str, turn: usize) -> Call {
        let choices: Vec<_> =
            (0..5).map(|place| json!({"optionId": option((turn + place * 7) % OPTIONS)})).collect();
        let secret = comitia_cli::replay::cast_secret();
        let body = json!({"permit": permit, "ballot": {"choices": choices}, "castSecret": secret});
        Call::post(format!("/v1/polls/{}/ballots", self.poll), body)
    }

    /// Watches the turnout. A stream that a gateway ends because it stops is opened again, as browsers do.
    async fn watch(self: Arc<Self>, client: Arc<Client>) {
        let watch = Call::get(format!("/v1/polls/{}/turnout:watch", self.poll));
        while self.goes_on() {
            let watched = self.watch_once(&client, &watch).await;
            if watched.is_ok() && self.goes_on() {
                self.tally.resumed.fetch_add(1, Ordering::Relaxed);
            }
            self.tally.count("watch", watched);
        }
    }

    /// Watches until the stream ends, which must not be as if the poll were over, nor before the turnout was seen.
    async fn watch_once(&self, client: &Client, watch: &Call) -> anyhow::Result<()> {
        let response = client.begin(watch).await?;
        ensure!(response.status().is_success(), "{}", response.status());
        let (mut body, mut events, mut text) = (response.into_body(), 0, String::new());
        while self.goes_on() {
            let frame = tokio::time::timeout(SILENCE, body.frame()).await.context("no sign of life")?;
            let Some(frame) = frame else {
                ensure!(events > 0, "a stream without an event");
                return Ok(());
            };
            let Ok(data) = frame.context("cut in the middle")?.into_data() else { continue };
            text.push_str(std::str::from_utf8(&data)?);
            while let Some((event, rest)) = text.split_once("\n\n") {
                ensure!(!event.contains("event: "), "{event}");
                if let Some(json) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    let turnout: Value = serde_json::from_str(json)?;
                    let count = turnout.pointer("/turnout/ballotCount").and_then(Value::as_str);
                    count.context("an event without a count")?;
                    events += 1;
                }
                text = rest.to_owned();
            }
        }
        Ok(())
    }
}
