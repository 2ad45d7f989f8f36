//! Replays an election through the public API: every voter signs in with the code from their letter, gets a permit and
//! casts their ballot; then the vote is closed and the result awaited.

pub mod city;
pub mod plan;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comitia_core::Clock;
use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::api::{Api, Failure, number, text};
use crate::replay::city::City;
use crate::replay::plan::Plan;

/// Why a replay is slower than the installation.
const LIMITED: &str = "note: every voter of a replay comes from one address, and the gateway limits how many requests one \
    address or organization may send (RATE_LIMITED), so that this runs at the pace of those limits. Where nobody else \
    votes, COMITIA__GATEWAY__RATE_LIMITS__ENABLED=false at the gateway lifts them; see docs/operations/scale.md";

/// How to replay.
pub struct Settings {
    /// How many voters vote at the same time.
    pub voters: usize,
    /// How long to wait for the result, and to try again while the API is away.
    pub patience: Duration,
}

/// What came of a replay.
pub struct Report {
    /// Ballots sent.
    pub sent: usize,
    /// Ballots that the API said were stored.
    pub acknowledged: usize,
    /// Ballots in the result.
    pub counted: i64,
    /// References of the funded projects, sorted.
    pub selected: Vec<String>,
    /// From the first sign-in to the last receipt, seconds.
    pub voting_seconds: f64,
    /// In all, seconds.
    pub seconds: f64,
    /// The result as the API gives it.
    pub result: Value,
    /// The turnout as the API gives it.
    pub turnout: Value,
    /// The budget.
    pub budget: String,
    /// The first ballots that were refused, with the reason.
    pub refused: Vec<String>,
}

/// Replays `plan` through `api`.
///
/// # Errors
/// When the API refuses a step of the set-up, or gives no result in time. Refused ballots are in the report.
pub async fn replay(
    api: &Api,
    operator_key: &str,
    plan: Plan,
    settings: &Settings,
    progress: &ProgressBar,
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let step = |text: &str| say(progress, text);
    let city = city::set_up(api, operator_key, &plan, Clock::system().now(), &step).await?;

    step("voting");
    progress.set_length(plan.ballot_count() as u64);
    let voting = Instant::now();
    let (acknowledged, refused, plan) = vote(api, &city, plan, settings.voters, progress).await?;
    let voting_seconds = voting.elapsed().as_secs_f64();

    step("closing the vote, recounting, computing the result");
    let closed = api
        .post(
            &format!("/v1/polls/{}:close", city.poll),
            Some(&city.token),
            &json!({"reason": "every voter has voted"}),
        )
        .await
        .context("closing the vote")?;
    let state = text(&closed, "/poll/state")?;
    anyhow::ensure!(
        state == "POLL_STATE_SEALED",
        "the poll was closed and not sealed: {}",
        closed["poll"]["sealRefusal"]
    );
    let result = await_result(api, &city.budget, settings.patience).await?;
    let turnout =
        api.get(&format!("/v1/polls/{}/turnout", city.poll), None).await.context("reading the turnout")?;

    let mut selected = Vec::new();
    for outcome in result.pointer("/outcomes").and_then(Value::as_array).into_iter().flatten() {
        if outcome["funded"].as_bool() == Some(true) {
            selected.push(text(outcome, "/reference")?);
        }
    }
    selected.sort_unstable();
    Ok(Report {
        sent: plan.ballot_count(),
        acknowledged,
        counted: number(&result, "/ballotCount")?,
        selected,
        voting_seconds,
        seconds: started.elapsed().as_secs_f64(),
        result,
        turnout: turnout["turnout"].clone(),
        budget: city.budget,
        refused,
    })
}

/// Lets every voter vote, `voters` at a time. Gives how many ballots were acknowledged and why the first others were not.
async fn vote(
    api: &Api,
    city: &City,
    plan: Plan,
    voters: usize,
    progress: &ProgressBar,
) -> anyhow::Result<(usize, Vec<String>, Plan)> {
    let next = AtomicUsize::new(0);
    let (acknowledged, told) = (AtomicUsize::new(0), AtomicBool::new(false));
    let refused = std::sync::Mutex::new(Vec::new());
    let one_after_the_other = async || -> anyhow::Result<()> {
        loop {
            let voter = next.fetch_add(1, Ordering::Relaxed);
            if voter >= plan.ballot_count() {
                return Ok(());
            }
            match one_voter(api, city, &plan, voter).await {
                Ok(()) => {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Err(Failure::Refused(problem)) => {
                    let mut refused = refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if refused.len() < 20 {
                        refused.push(format!("voter {}: {}", voter + 1, Failure::Refused(problem)));
                    }
                }
                Err(failure) => return Err(failure).context("voting"),
            }
            progress.inc(1);
            if api.was_limited() && !told.swap(true, Ordering::Relaxed) {
                note(progress, LIMITED);
            }
            let (done, all) = (progress.position(), plan.ballot_count() as u64);
            if progress.is_hidden() && done * 10 / all.max(1) != (done - 1) * 10 / all.max(1) {
                eprintln!("  {done} of {all} ballots");
            }
        }
    };
    try_join_all((0..voters.max(1)).map(|_| one_after_the_other())).await?;
    let refused = refused.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok((acknowledged.into_inner(), refused, plan))
}

/// One voter: sign in with the code from the letter, get the permit, cast the ballot.
async fn one_voter(api: &Api, city: &City, plan: &Plan, voter: usize) -> Result<(), Failure> {
    let member = plan.member_number(voter);
    let unexpected = |error: anyhow::Error| Failure::Unreachable(format!("{error:#}"));
    let code = city.codes.get(member).map_or("", String::as_str);
    let session = api
        .post("/v1/sessions:signInWithAccessCode", None, &json!({"memberNumber": member, "accessCode": code}))
        .await?;
    let token = text(&session, "/session/accessToken").map_err(unexpected)?;
    let permit = api.post(&format!("/v1/polls/{}/permits", city.poll), Some(&token), &json!({})).await?;
    let permit = text(&permit, "/permit").map_err(unexpected)?;
    // A call that is made again has the same secret, so that it is the same cast.
    let ballot = json!({"permit": permit, "ballot": plan.ballot(voter), "castSecret": cast_secret()});
    let receipt = api.post(&format!("/v1/polls/{}/ballots", city.poll), None, &ballot).await?;
    text(&receipt, "/receipt/trackingCode").map_err(unexpected)?;
    Ok(())
}

/// What a voter's device draws for a cast and sends with it.
pub fn cast_secret() -> String {
    STANDARD.encode(comitia_core::random::bytes::<16>())
}

/// Waits until the result is published.
async fn await_result(api: &Api, budget: &str, patience: Duration) -> anyhow::Result<Value> {
    let started = Instant::now();
    loop {
        match api.get(&format!("/v1/budgets/{budget}/result"), None).await {
            Ok(answer) => return Ok(answer["result"].clone()),
            Err(Failure::Refused(problem))
                if problem.reason == "RESULT_NOT_READY" && started.elapsed() < patience =>
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(failure) => return Err(failure).context("waiting for the result"),
        }
    }
}

/// Says what goes on: beside the bar, or as a line where there is no terminal.
pub fn say(progress: &ProgressBar, text: &str) {
    if progress.is_hidden() {
        eprintln!("{text}");
    }
    progress.set_message(text.to_owned());
}

/// Says something that is to stay on the screen.
fn note(progress: &ProgressBar, text: &str) {
    progress.suspend(|| eprintln!("{text}"));
}

/// A progress bar on the terminal's standard error; invisible elsewhere.
pub fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {human_pos}/{human_len} {per_sec:12} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Reads a `.pb` file into a plan.
///
/// # Errors
/// When the file cannot be read; the text says line, column and rule.
pub fn read_plan(file: &std::path::Path) -> anyhow::Result<Plan> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let election = comitia_pabulib::Election::parse(&bytes).with_context(|| file.display().to_string())?;
    Plan::new(election).with_context(|| file.display().to_string())
}
