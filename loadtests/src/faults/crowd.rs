//! The voters: so many casts a second, whatever the answers do. Whoever gets no answer asks again until there is one, as
//! people do, and at another gateway.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use comitia_cli::api::{Problem, number, text};
use comitia_cli::replay::cast_secret;
use comitia_core::random;
use reqwest::header;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::ledger::{Acknowledgement, Voter, approval};
use crate::casts::Caster;
use crate::city::{district, option};

/// How many options the polls have, and the most that a ballot approves.
pub const OPTIONS: usize = 40;
pub const CHOICES: usize = 10;
/// So few districts that each has enough voters to be published by itself, in the shortest run too: the seal is
/// over what is published.
const DISTRICTS: usize = 3;
/// A request without an answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who was refused comes again after this long at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Who got no answer comes again after this long.
const SOON: Duration = Duration::from_millis(100);

/// A poll of the run.
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    /// Its id.
    pub id: Uuid,
    /// Whether the last ballot counts, or the first.
    pub recast_allowed: bool,
}

/// A cast that somebody wanted to make.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When.
    pub due: Instant,
    /// When it was settled: acknowledged, or refused for good as it should be.
    pub settled: Option<Instant>,
    /// Whether it had to be asked for again.
    pub again: bool,
}

/// Somebody who has not voted yet.
pub struct Newcomer {
    /// Their place in the log.
    pub voter: usize,
    /// What they cast with.
    pub permit: String,
    /// The places of the options that they approve.
    pub options: Vec<usize>,
}

/// All voters.
pub struct Crowd {
    http: reqwest::Client,
    gateways: Vec<String>,
    host: String,
    caster: Caster,
    polls: Vec<Poll>,
    state: Mutex<State>,
    turn: AtomicUsize,
    stopped: AtomicBool,
}

#[derive(Default)]
struct State {
    voters: Vec<Voter>,
    busy: Vec<bool>,
    samples: Vec<Sample>,
    /// How often a cast was not taken at once, by what was said instead.
    refusals: BTreeMap<String, u64>,
    /// Refusals that no fault explains, and casts that had no answer to the end.
    wrong: Vec<String>,
}

/// What a gateway said.
enum Answer {
    Receipt(Acknowledgement),
    AlreadyCast,
    Later(Duration),
    Wrong(String),
}

impl Crowd {
    /// Voters of these polls.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(
        gateways: Vec<String>,
        host: &str,
        caster: Caster,
        polls: Vec<Poll>,
    ) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(1))
            .tcp_nodelay(true)
            .build()
            .context("an HTTP client")?;
        let (state, turn, stopped) = (Mutex::default(), AtomicUsize::new(0), AtomicBool::new(false));
        Ok(Arc::new(Self { http, gateways, host: host.to_owned(), caster, polls, state, turn, stopped }))
    }

    /// Lets `rate` casts a second begin, until [`Crowd::stop`].
    pub fn arrive(self: &Arc<Self>, rate: f64) -> JoinHandle<()> {
        let crowd = self.clone();
        comitia_core::task::spawn("arrivals", async move {
            let start = Instant::now();
            let mut casts = Vec::new();
            for number in 0_u32.. {
                let due = start + Duration::from_secs_f64(f64::from(number) / rate);
                sleep_until(due).await;
                if crowd.stopped.load(Ordering::Relaxed) {
                    break;
                }
                casts.push(comitia_core::task::spawn("cast", crowd.clone().cast(due)));
            }
            // Whoever came gets an answer.
            for cast in casts {
                let _ = cast.await;
            }
        })
    }

    /// Lets nobody come any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The casts that were due since `since`.
    pub fn samples(&self, since: Instant) -> Vec<Sample> {
        self.state().samples.iter().filter(|sample| sample.due >= since).copied().collect()
    }

    /// How many acknowledgements there were.
    pub fn acknowledged(&self) -> usize {
        self.state().voters.iter().map(|voter| voter.acknowledged.len()).sum()
    }

    /// How often a cast was not taken at once since this was asked last, by what was said instead.
    pub fn take_refusals(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.state().refusals)
    }

    /// The log, and the refusals that no fault explains. Empties both.
    pub fn take_log(&self) -> (Vec<Voter>, Vec<String>) {
        let mut state = self.state();
        (std::mem::take(&mut state.voters), std::mem::take(&mut state.wrong))
    }

    async fn cast(self: Arc<Self>, due: Instant) {
        let place = {
            let mut state = self.state();
            state.samples.push(Sample { due, settled: None, again: false });
            state.samples.len() - 1
        };
        let Some((voter, options, secret)) = self.choose() else { return };
        let (ballot, settled) = (approval(&options), self.ask_until_settled(voter, &options, &secret).await);
        let mut state = self.state();
        state.busy[voter] = false;
        state.voters[voter].asked = settled.is_none().then_some(ballot);
        match settled {
            Some((receipt, again)) => {
                state.voters[voter].acknowledged.extend(receipt);
                state.samples[place] = Sample { due, settled: Some(Instant::now()), again };
            }
            None => state.wrong.push("no answer until the end of the run".to_owned()),
        }
    }

    /// Who casts what, with which secret: mostly somebody new; some change their ballot, some ask for the same again.
    fn choose(&self) -> Option<(usize, Vec<usize>, String)> {
        let [kind, which, many, ..] = random::bytes::<8>();
        let earlier = (kind < 80).then(|| self.earlier(which, kind < 16)).flatten();
        if let Some(found) = earlier {
            return Some(found);
        }
        let poll = self.polls[usize::from(which) % self.polls.len()].id;
        match self.enter(poll, usize::from(many)) {
            Ok(Newcomer { voter, options, .. }) => Some((voter, options, cast_secret())),
            Err(error) => {
                self.state().wrong.push(format!("no permit: {error:#}"));
                None
            }
        }
    }

    /// Somebody new, who is in the log from now on.
    fn enter(&self, poll: Uuid, place: usize) -> anyhow::Result<Newcomer> {
        let (nullifier, district) = (random::bytes::<32>(), district(place % DISTRICTS));
        let permit = self.caster.permit(poll, &nullifier, district.clone())?;
        let options = draw();
        let (asked, acknowledged) = (Some(approval(&options)), Vec::new());
        let voter = Voter { poll, nullifier, district, permit: permit.clone(), acknowledged, asked };
        let mut state = self.state();
        state.voters.push(voter);
        state.busy.push(true);
        Ok(Newcomer { voter: state.voters.len() - 1, permit, options })
    }

    /// A poll in which the last ballot counts.
    pub fn poll_with_changes(&self) -> Option<Uuid> {
        self.polls.iter().find(|poll| poll.recast_allowed).map(|poll| poll.id)
    }

    /// Somebody new who casts by the pages, and only once.
    ///
    /// # Errors
    /// When the permit cannot be signed.
    pub fn newcomer(&self, poll: Uuid) -> anyhow::Result<Newcomer> {
        let [place] = random::bytes::<1>();
        self.enter(poll, usize::from(place))
    }

    /// A page has acknowledged a newcomer's ballot. They stay busy: nobody else changes it.
    pub fn acknowledged_on_a_page(&self, voter: usize, tracking_code: String) {
        let mut state = self.state();
        let voter = &mut state.voters[voter];
        let Some(ballot) = voter.asked.take() else { return };
        voter.acknowledged.push(Acknowledgement {
            ballot,
            tracking_code,
            revision: 1,
            secret: String::new(),
        });
    }

    /// A voter who has voted before: with the same cast, or with another one.
    fn earlier(&self, which: u8, same: bool) -> Option<(usize, Vec<usize>, String)> {
        let mut state = self.state();
        // One of the last, so that a change may fall into the fault in which the ballot came.
        let voter = state.voters.len().checked_sub(1 + 4 * usize::from(which))?;
        if state.busy[voter] {
            return None;
        }
        let last = state.voters[voter].acknowledged.last()?.clone();
        let (options, secret) = match same {
            true => (last.ballot[2..].iter().map(|place| usize::from(*place)).collect(), last.secret),
            false => (draw(), cast_secret()),
        };
        state.busy[voter] = true;
        state.voters[voter].asked = Some(approval(&options));
        Some((voter, options, secret))
    }

    /// The receipt, or nothing if the poll allows no change; and whether it had to be asked for more than once. Nothing
    /// at all when the run is over.
    async fn ask_until_settled(
        &self,
        voter: usize,
        options: &[usize],
        secret: &str,
    ) -> Option<(Option<Acknowledgement>, bool)> {
        let (poll, permit, voted) = {
            let state = self.state();
            let voter = &state.voters[voter];
            (voter.poll, voter.permit.clone(), !voter.acknowledged.is_empty())
        };
        let choices: Vec<_> = options.iter().map(|place| json!({"optionId": option(*place)})).collect();
        let body =
            json!({"permit": permit, "ballot": {"choices": choices}, "castSecret": secret}).to_string();
        let frozen = self.polls.iter().any(|known| known.id == poll && !known.recast_allowed);
        let mut end = None;
        for attempt in 0_u32.. {
            let wait = match self.ask(poll, &body, &approval(options), secret).await {
                Answer::Receipt(receipt) => return Some((Some(receipt), attempt > 0)),
                Answer::AlreadyCast if frozen && voted => return Some((None, false)),
                Answer::AlreadyCast => {
                    self.state().wrong.push("refused as already cast".to_owned());
                    LONGEST_WAIT
                }
                Answer::Later(wait) => wait,
                Answer::Wrong(what) => {
                    self.state().wrong.push(what);
                    LONGEST_WAIT
                }
            };
            if self.stopped.load(Ordering::Relaxed) {
                let end = *end.get_or_insert_with(|| Instant::now() + 2 * PATIENCE);
                if Instant::now() > end {
                    break;
                }
            }
            sleep(wait).await;
        }
        None
    }

    async fn ask(&self, poll: Uuid, body: &str, ballot: &[u8], secret: &str) -> Answer {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let gateway = &self.gateways[turn % self.gateways.len()];
        let request = self
            .http
            .post(format!("{gateway}/v1/polls/{poll}/ballots"))
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned());
        let Ok(response) = request.send().await else { return self.no_answer() };
        let (status, wait) = (response.status(), retry_after(response.headers()));
        let Ok(bytes) = response.bytes().await else { return self.no_answer() };
        if status.is_success() {
            return match receipt(&bytes, ballot, secret) {
                Ok(receipt) => Answer::Receipt(receipt),
                Err(error) => Answer::Wrong(format!("a receipt that is none: {error:#}")),
            };
        }
        let problem: Problem = serde_json::from_slice(&bytes).unwrap_or_default();
        if problem.reason != "BALLOT_ALREADY_CAST" {
            self.note_refusal(format!("{} {}", status.as_u16(), problem.reason));
        }
        match (status.as_u16(), problem.reason.as_str()) {
            (_, "BALLOT_ALREADY_CAST") => Answer::AlreadyCast,
            (429 | 502 | 503 | 504, _) => Answer::Later(wait.unwrap_or(SOON).min(LONGEST_WAIT)),
            (status, reason) => Answer::Wrong(format!("{status} {reason} {}", problem.detail)),
        }
    }

    fn no_answer(&self) -> Answer {
        self.note_refusal("no answer".to_owned());
        Answer::Later(SOON)
    }

    fn note_refusal(&self, what: String) {
        *self.state().refusals.entry(what).or_default() += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some options, each once.
fn draw() -> Vec<usize> {
    let [count, first, step, ..] = random::bytes::<8>();
    // Steps that are prime to the number of options meet none twice.
    let step = [1, 3, 7, 9, 11, 13, 17, 19][usize::from(step) % 8];
    (0..=usize::from(count) % CHOICES).map(|place| (usize::from(first) + place * step) % OPTIONS).collect()
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn receipt(answer: &[u8], ballot: &[u8], secret: &str) -> anyhow::Result<Acknowledgement> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(Acknowledgement {
        ballot: ballot.to_vec(),
        tracking_code: text(&answer, "/receipt/trackingCode")?,
        revision: i32::try_from(number(&answer, "/receipt/revision")?)?,
        secret: secret.to_owned(),
    })
}

/// How long after `end` every cast was settled within `well` again: all but one in a hundred of those that were due in one
/// second. Nothing when that was never so, as far as is known at `now`.
pub fn recovered(samples: &[Sample], end: Instant, now: Instant, well: Duration) -> Option<Duration> {
    let (step, window) = (Duration::from_millis(100), Duration::from_secs(1));
    let mut from = end;
    while from + window + well <= now {
        let due: Vec<_> =
            samples.iter().filter(|sample| sample.due >= from && sample.due < from + window).collect();
        let late = |sample: &&&Sample| sample.settled.is_none_or(|settled| settled > sample.due + well);
        if !due.is_empty() && due.iter().filter(late).count() * 100 <= due.len() {
            return Some(from - end);
        }
        from += step;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ballots_differ_and_name_an_option_once() {
        let ballots: HashSet<Vec<usize>> = (0..50).map(|_| draw()).collect();
        assert!(ballots.len() > 20);
        for ballot in ballots {
            assert_eq!(ballot.iter().collect::<HashSet<_>>().len(), ballot.len());
            assert!((1..=CHOICES).contains(&ballot.len()) && ballot.iter().all(|place| *place < OPTIONS));
        }
    }

    #[test]
    fn recovery_is_when_casts_are_settled_soon_again() {
        let end = Instant::now();
        let ms = Duration::from_millis;
        // Ten a second for six seconds; those of the first two and a half are settled late or never.
        let samples: Vec<_> = (0..60_u64)
            .map(|number| {
                let due = end + ms(number * 100);
                let settled = match number {
                    0..10 => None,
                    10..25 => Some(due + ms(3_000)),
                    _ => Some(due + ms(20)),
                };
                Sample { due, settled, again: false }
            })
            .collect();
        let now = end + ms(6_000);
        assert_eq!(recovered(&samples, end, now, ms(1_000)), Some(ms(2_500)));
        assert_eq!(recovered(&samples, end, end + ms(4_000), ms(1_000)), None, "too early to tell");
        assert_eq!(recovered(&[], end, now, ms(1_000)), None);
    }
}
