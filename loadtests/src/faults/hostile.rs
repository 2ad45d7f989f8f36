//! A hostile neighbour: somebody attacks through the public door, as anybody may, while the people of
//! another organization sign in and cast. They must not notice.

use std::collections::BTreeMap;
use std::iter::{once, repeat_n};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use comitia_testkit::Installation;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::city::World;
use super::inject::{Injected, Sign};
use crate::city::City;
use crate::processes;

/// The attacker's organization.
const HOST: &str = "hostile.example.org";
/// Where the attacker calls from; everybody else calls from 127.0.0.1.
const FROM: [u8; 4] = [127, 0, 0, 2];
/// An attacker's request without an answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most memory that a gateway may ever take, in megabytes: what the chart gives it.
const MEMORY: f64 = 512.0;
/// Sign-ins a second of the people who are not to notice.
const SIGN_INS: Duration = Duration::from_millis(250);
/// What an attacker may be told: that the request is wrong, its sender unknown, or its head or body too large.
const REFUSALS: [u16; 4] = [400, 401, 413, 431];

/// What the neighbour does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Tokens of 70 to 200 KB, without a session, 75 a second.
    Headers,
    /// An administrator's polls with 300 faulty options and lists of 200 faulty projects, so that there is
    /// much to say against them.
    Violations,
    /// Bodies of 120 MiB and bodies of millions of empty objects, without a session.
    Bodies,
}

/// How often what was answered; the key is a status, or what happened instead.
type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

fn count(counts: &Counts, what: String) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
}

fn taken(counts: &Counts) -> BTreeMap<String, u64> {
    std::mem::take(&mut *counts.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Attacks for a while.
///
/// # Errors
/// When the attacker's organization cannot be made.
pub async fn attack(world: &mut World, attack: Attack, lasts: Duration) -> anyhow::Result<Injected> {
    let gateways = world.installation.addresses("gateway");
    let token = match attack {
        Attack::Violations => Some(world.neighbour().await?),
        Attack::Headers | Attack::Bodies => None,
    };
    let stopped = Arc::new(AtomicBool::new(false));
    let (answers, signed_in) = (Counts::default(), Counts::default());
    world.crowd.take_refusals();
    let people = sign_ins(world, &stopped, &signed_in)?;
    let mut attackers = Vec::new();
    for gateway in &gateways {
        let address: SocketAddr =
            gateway.trim_start_matches("http://").parse().context("a gateway's address")?;
        let attacker =
            Attacker { address, token: token.clone(), stopped: stopped.clone(), answers: answers.clone() };
        attackers.extend(attacker.start(attack, gateways.len()));
    }
    sleep(lasts).await;
    stopped.store(true, Ordering::Relaxed);
    let end = Instant::now();
    for task in attackers.into_iter().chain([people]) {
        task.await.context("an attacker")?;
    }
    let (answers, signed_in, refused) = (taken(&answers), taken(&signed_in), world.crowd.take_refusals());
    let harm = harm(&answers, &signed_in, &refused, memory(&world.installation)?);
    let total: u64 = answers.values().sum();
    let note = format!("{total} attacks: {}", words(&answers));
    Ok(Injected { end, sign: Sign::Seen(total > 0), note, harm })
}

/// What an attack did that it must not.
fn harm(
    answers: &BTreeMap<String, u64>,
    signed_in: &BTreeMap<String, u64>,
    refused_casts: &BTreeMap<String, u64>,
    memory: f64,
) -> Vec<String> {
    let mut harm = Vec::new();
    if !refused_casts.is_empty() {
        harm.push(format!("casts of others were refused: {}", words(refused_casts)));
    }
    let not_200 = without(signed_in, |status| status == "200");
    if !not_200.is_empty() {
        harm.push(format!("sign-ins of others were refused: {}", words(&not_200)));
    }
    if signed_in.is_empty() {
        harm.push("nobody tried to sign in".to_owned());
    }
    // A gateway that has said no may hang up on what is still coming.
    let strange = without(answers, |what| {
        what == HUNG_UP || what.parse().is_ok_and(|status: u16| REFUSALS.contains(&status))
    });
    if !strange.is_empty() {
        harm.push(format!("the attacker was told {}", words(&strange)));
    }
    if memory > MEMORY {
        harm.push(format!("a gateway took {memory:.0} MB, and may take {MEMORY:.0}"));
    }
    harm
}

fn without(counts: &BTreeMap<String, u64>, fine: impl Fn(&str) -> bool) -> BTreeMap<String, u64> {
    counts.iter().filter(|(what, _)| !fine(what)).map(|(what, count)| (what.clone(), *count)).collect()
}

fn words(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(what, count)| format!("{count} x {what}")).collect::<Vec<_>>().join(", ")
}

/// The most memory that any gateway has had so far, in megabytes.
fn memory(installation: &Installation) -> anyhow::Result<f64> {
    let mut most = 0.0_f64;
    for (name, pid) in installation.pids() {
        if name.starts_with("gateway") {
            most = most.max(processes::memory_megabytes(pid)?.1);
        }
    }
    Ok(most)
}

/// People of the other organization who sign in meanwhile, each attempt once.
fn sign_ins(world: &World, stopped: &Arc<AtomicBool>, counts: &Counts) -> anyhow::Result<JoinHandle<()>> {
    let http = reqwest::Client::builder().timeout(PATIENCE).build().context("an HTTP client")?;
    let (stopped, counts) = (stopped.clone(), counts.clone());
    let (gateways, host) = (world.installation.addresses("gateway"), world.host());
    let codes = world.codes.clone();
    Ok(comitia_core::task::spawn("people who sign in", async move {
        let mut ticks = interval(SIGN_INS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for (turn, (number, code)) in codes.iter().cycle().enumerate() {
            ticks.tick().await;
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let gateway = &gateways[turn % gateways.len()];
            let request = http
                .post(format!("{gateway}/v1/sessions:signInWithAccessCode"))
                .header(reqwest::header::HOST, host)
                .json(&json!({"memberNumber": number, "accessCode": code}));
            let answer = request.send().await;
            let what = answer.map_or_else(|_| "no answer".to_owned(), |it| it.status().as_u16().to_string());
            count(&counts, what);
        }
    }))
}

/// The connection broke before there was an answer.
const HUNG_UP: &str = "hung up";

/// Calls one gateway.
#[derive(Clone)]
struct Attacker {
    address: SocketAddr,
    token: Option<String>,
    stopped: Arc<AtomicBool>,
    answers: Counts,
}

impl Attacker {
    /// Starts its share of an attack, which `gateways` gateways share.
    fn start(&self, attack: Attack, gateways: usize) -> Vec<JoinHandle<()>> {
        let share = u32::try_from(gateways).unwrap_or(1);
        match attack {
            Attack::Headers => {
                let requests = (0..14_usize).map(|size| large_token(70_000 + size * 10_000)).collect();
                vec![self.clone().pace(requests, Duration::from_secs(1) * share / 75)]
            }
            Attack::Violations => {
                let requests = vec![self.faulty_poll(), self.faulty_projects()];
                vec![self.clone().pace(requests, Duration::from_millis(100) * share)]
            }
            Attack::Bodies => {
                let import = format!("/v1/rolls/{}/members:import", Uuid::nil());
                let projects = format!("/v1/budgets/{}/projects:batchCreate", Uuid::nil());
                let large = 120 * 1024 * 1024;
                let text = || Arc::new(Body::new(&import, "{\"csv\":\"", "a", "\"}", large));
                let empty =
                    Arc::new(Body::new(&projects, "{\"projects\":[", "{},", "{}]}", 16 * 1024 * 1024));
                [text(), text(), empty].into_iter().map(|body| self.clone().again(body)).collect()
            }
        }
    }

    /// Sends these requests in turn, one each `every`, without waiting for answers.
    fn pace(self, requests: Vec<Vec<u8>>, every: Duration) -> JoinHandle<()> {
        comitia_core::task::spawn("attack", async move {
            let requests: Vec<Arc<Vec<u8>>> = requests.into_iter().map(Arc::new).collect();
            let (mut ticks, mut sent) = (interval(every), Vec::new());
            for request in requests.iter().cycle() {
                ticks.tick().await;
                if self.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (attacker, request) = (self.clone(), request.clone());
                sent.push(comitia_core::task::spawn("attack", async move {
                    let what = attacker.ask([request.as_slice()]).await;
                    count(&attacker.answers, what);
                }));
            }
            for one in sent {
                let _ = one.await;
            }
        })
    }

    /// Sends this body again and again.
    fn again(self, body: Arc<Body>) -> JoinHandle<()> {
        comitia_core::task::spawn("attack", async move {
            while !self.stopped.load(Ordering::Relaxed) {
                let what = self.ask(body.parts()).await;
                count(&self.answers, what);
                // Who is refused at once does not come back without a pause.
                sleep(Duration::from_millis(20)).await;
            }
        })
    }

    /// The status of the answer to a request in these parts, or what came instead.
    async fn ask<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]> + Send) -> String {
        let asked = timeout(PATIENCE, async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((FROM, 0)))?;
            let mut connection = socket.connect(self.address).await?;
            // It may say no before all has been sent, and hang up.
            let sent = send(&mut connection, parts).await;
            let mut head = [0; 12];
            match connection.read_exact(&mut head).await {
                Ok(_) => Ok(String::from_utf8_lossy(&head[9..]).into_owned()),
                Err(error) => sent.and(Err(error)),
            }
        });
        match asked.await {
            Ok(Ok(status)) => status,
            Ok(Err(_)) => HUNG_UP.to_owned(),
            Err(_) => "no answer".to_owned(),
        }
    }

    fn faulty_poll(&self) -> Vec<u8> {
        let fault = "no id ".repeat(20);
        let options: Vec<_> = (0..300).map(|_| json!({"optionId": fault, "title": "", "cost": -1})).collect();
        self.post("/v1/polls", &json!({"title": "", "options": options}))
    }

    fn faulty_projects(&self) -> Vec<u8> {
        let fault = "no reference ".repeat(20);
        let projects: Vec<_> =
            (0..200).map(|_| json!({"reference": fault, "title": "", "cost": -1})).collect();
        let path = format!("/v1/budgets/{}/projects:batchCreate", comitia_core::id::new());
        self.post(&path, &json!({"projects": projects}))
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> Vec<u8> {
        let (body, token) = (body.to_string(), self.token.as_deref().unwrap_or_default());
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

fn large_token(bytes: usize) -> Vec<u8> {
    let token = "a".repeat(bytes);
    format!(
        "GET /v1/polls?pageSize=7 HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    )
    .into_bytes()
}

/// A large body that is mostly one thing again and again.
struct Body {
    head: String,
    part: String,
    tail: &'static str,
    parts: usize,
}

impl Body {
    fn new(path: &str, start: &str, again: &str, tail: &'static str, bytes: usize) -> Self {
        let part = again.repeat(64 * 1024 / again.len());
        let parts = bytes / part.len();
        let length = start.len() + parts * part.len() + tail.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{start}"
        );
        Self { head, part, tail, parts }
    }

    fn parts(&self) -> impl Iterator<Item = &[u8]> + Send {
        let (head, tail) = (self.head.as_bytes(), self.tail.as_bytes());
        once(head).chain(repeat_n(self.part.as_bytes(), self.parts)).chain(once(tail))
    }
}

async fn send<'a>(
    connection: &mut TcpStream,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> std::io::Result<()> {
    for part in parts {
        connection.write_all(part).await?;
    }
    Ok(())
}

/// Makes the organization of the attacker; gives its administrator's token.
///
/// # Errors
/// When the API refuses.
pub async fn found(gateways: &[String]) -> anyhow::Result<String> {
    let city = City::found(&gateways.join(","), HOST, Installation::OPERATOR_KEY).await?;
    Ok(city.token().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect()
    }

    #[test]
    fn an_attack_that_nobody_notices_does_no_harm() {
        let refused = counts(&[("401", 3), ("413", 1), ("431", 9), (HUNG_UP, 2)]);
        assert!(harm(&refused, &counts(&[("200", 5)]), &counts(&[]), 300.0).is_empty());
    }

    #[test]
    fn every_harm_is_named() {
        let well = counts(&[("200", 5)]);
        for (answers, signed_in, casts, memory) in [
            (counts(&[("500", 1)]), well.clone(), counts(&[]), 300.0),
            (counts(&[("429", 1)]), well.clone(), counts(&[]), 300.0),
            (counts(&[("200", 1)]), well.clone(), counts(&[]), 300.0),
            (counts(&[("no answer", 1)]), well.clone(), counts(&[]), 300.0),
            (counts(&[("401", 1)]), counts(&[("200", 4), ("503", 1)]), counts(&[]), 300.0),
            (counts(&[("401", 1)]), counts(&[]), counts(&[]), 300.0),
            (counts(&[("401", 1)]), well.clone(), counts(&[("429 OVERLOADED", 184)]), 300.0),
            (counts(&[("401", 1)]), well, counts(&[]), 513.0),
        ] {
            assert_eq!(
                harm(&answers, &signed_in, &casts, memory).len(),
                1,
                "{answers:?} {signed_in:?} {casts:?}"
            );
        }
    }

    #[test]
    fn bodies_are_as_long_as_they_say() {
        let body = Body::new("/v1/x", "{\"projects\":[", "{},", "{}]}", 1024 * 1024);
        let sent = String::from_utf8(body.parts().collect::<Vec<_>>().concat()).unwrap();
        let (head, sent) = sent.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", sent.len())), "{head}");
        assert!(serde_json::from_str::<serde_json::Value>(sent).is_ok());
    }
}
