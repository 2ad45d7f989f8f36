//! `comitia demo-petition`: a petition that a crowd signs, on this machine, from the provider to the proof.

mod crowd;
mod proof;
pub mod provider;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use comitia_core::Clock;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use self::crowd::{Crowd, Signed};
use self::provider::{Browser, Provider};
use crate::api::{Api, number, text};
use crate::commands::verify::Verify;
use crate::commands::{exit, port, whole};
use crate::configuration::Overrides;
use crate::embedded::{Embedded, Settings};
use crate::replay::city::{create_organization, request_id, sign_in};
use crate::replay::{progress_bar, say};
use crate::terminal::grouped;

/// How many people there are, at the most, when nobody says.
const PEOPLE: u64 = 100_000;
/// How long the pace of this machine is measured before that.
const REHEARSAL: Duration = Duration::from_secs(5);
/// How long signing may take when nobody says how many people there are.
const SIGNING: Duration = Duration::from_secs(240);
/// How long to wait for what takes a moment.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the crowd signs.
const FRENCH: &str = "Un arbre rafraîchit la rue, retient la pluie et abrite les oiseaux.\n\n\
    Nous demandons un tilleul dans chaque rue de la ville, avant 2030.";
const ENGLISH: &str = "A tree cools the street, holds the rain and shelters birds.\n\n\
    We ask for a lime tree in every street of the city, before 2030.";
/// The milestone of the sheet.
const MILESTONE: &str = "threshold";

/// Let a crowd sign one petition, and prove what came of it
///
/// Starts everything on this machine, and beside it an OpenID provider that vouches for people who are made up. Each person goes the
/// whole way through the gateway: to the provider, back with its answer, a permit, a signature, a receipt. Then the public log is
/// checked as anybody can check it, and one signature is proved by its receipt.
///
/// Each run makes a new organization in the data folder; nothing of an earlier run is in the way.
#[derive(Args)]
pub struct DemoPetition {
    /// How many people sign; without it as many as this machine serves in four minutes, 100000 at the most
    #[arg(long, value_name = "NUMBER", value_parser = whole::<u64>)]
    people: Option<u64>,
    /// The data folder
    #[arg(long, value_name = "FOLDER", default_value = ".data/demo")]
    data: PathBuf,
    /// The gateway's port; 0 lets the system choose
    #[arg(long, default_value_t = 0, value_parser = port)]
    port: u16,
    /// Keep running afterwards, to look around
    #[arg(long)]
    stay: bool,
    #[command(flatten)]
    overrides: Overrides,
}

/// A petition that was signed, and what is left to show.
struct Outcome {
    poll: String,
    people: u64,
    signed: Signed,
    /// From the last receipt until every signature was in the log.
    lag: Duration,
    counted: i64,
    proof: String,
    /// What `comitia verify` exits with.
    verified: bool,
}

impl DemoPetition {
    /// Runs the demonstration.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        ensure!(self.people != Some(0), "--people: must be above 0");
        let progress = progress_bar();
        say(&progress, "starting the provider, PostgreSQL and all services");
        let provider = Provider::start(Clock::system()).await?;
        let host = format!("demo-{}.localhost", comitia_core::id::new().simple());
        let mut overrides = provider.registration();
        // The address of the log works without the host name, as not every system knows names that end with `.localhost`.
        overrides.push(("gateway.default_organization_host".to_owned(), host.clone()));
        overrides.extend(self.overrides.values.iter().cloned());
        let settings = Settings {
            data: &self.data,
            port: self.port,
            admin_port: 0,
            unlimited: true,
            log: "warn",
            overrides: &overrides,
        };
        let embedded = Embedded::start(&settings).await?;
        let (url, lifecycle, key) =
            (embedded.url.clone(), embedded.process.lifecycle(), embedded.secrets.operator_key.clone());
        let api = Api::new(&url, &host, PATIENCE)?;
        let run = embedded.run();
        tokio::pin!(run);
        let outcome = tokio::select! {
            outcome = demonstrate(&api, &url, &key, self.people, &progress) => outcome,
            _ = &mut run => bail!("interrupted"),
        };
        progress.finish_and_clear();
        if let Ok(outcome) = &outcome {
            print_outcome(outcome);
            print_next(outcome, &url, &host, &self.data, self.stay);
        }
        if !self.stay || outcome.is_err() {
            lifecycle.stop();
        }
        let well = run.await?;
        let outcome = outcome?;
        let complete = outcome.signed.count == outcome.people
            && u64::try_from(outcome.counted).is_ok_and(|counted| counted == outcome.people);
        Ok(exit(well && outcome.verified && complete))
    }
}

async fn demonstrate(
    api: &Api,
    url: &str,
    operator_key: &str,
    people: Option<u64>,
    progress: &ProgressBar,
) -> anyhow::Result<Outcome> {
    say(progress, "creating the organization");
    create_organization(api, operator_key, "Demo: petitions", &[api.host()]).await?;
    let token = sign_in(api, operator_key, true).await?;
    let browser = Browser::new()?;
    let people = match people {
        Some(people) => people,
        None => rehearse(api, &token, &browser, progress).await?,
    };
    let poll = open_sheet(api, &token, threshold(people)).await?;
    say(progress, "signing");
    progress.set_length(people);
    progress.set_position(0);
    let signed = sign_and_watch(api, &browser, &poll, people, progress).await?;
    finish(api, url, poll, people, signed, progress).await
}

/// Lets all people sign, and says when the threshold is reached.
async fn sign_and_watch(
    api: &Api,
    browser: &Browser,
    poll: &str,
    people: u64,
    progress: &ProgressBar,
) -> anyhow::Result<Signed> {
    let (threshold, begun) = (threshold(people), Instant::now());
    let crowd = Crowd { api, browser, poll };
    let reached = async || -> anyhow::Result<()> {
        let reached = threshold_reached(api, poll).await?;
        progress.suspend(|| print_threshold(&reached, threshold, begun.elapsed()));
        Ok(())
    };
    let signing = crowd.sign(0..people, None, progress);
    tokio::pin!(signing);
    tokio::select! {
        seen = reached() => {
            seen?;
            signing.await
        }
        signed = &mut signing => {
            let signed = signed?;
            if signed.count >= threshold {
                reached().await?;
            }
            Ok(signed)
        }
    }
}

/// The threshold of a petition for so many people: half of them.
fn threshold(people: u64) -> u64 {
    people.div_ceil(2)
}

/// Measures the whole way on a sheet of its own. Gives how many people this machine serves in the time that a demonstration may take.
async fn rehearse(api: &Api, token: &str, browser: &Browser, progress: &ProgressBar) -> anyhow::Result<u64> {
    say(progress, "measuring the pace of this machine");
    let poll = open_sheet(api, token, 1).await?;
    let crowd = Crowd { api, browser, poll: &poll };
    let signed = crowd.sign(0..u64::MAX, Some(REHEARSAL), progress).await?;
    let why = signed.refused.first().map_or("no answer in time", String::as_str);
    ensure!(signed.count > 0, "nobody could sign: {why}");
    let people = fitting(signed.count, signed.time);
    let pace = format!("{:.0}", signed.pace());
    progress.suspend(|| {
        eprintln!(
            "One second here is {pace} whole ways: provider, permit, signature, receipt. {} people sign{}.",
            grouped(&people.to_string()),
            if people < PEOPLE { "; with --people as many as you like" } else { "" }
        );
    });
    Ok(people)
}

/// How many people sign in the time for it at this pace, in hundreds.
fn fitting(count: u64, time: Duration) -> u64 {
    let milliseconds = time.as_millis().max(1);
    let people = u128::from(count) * SIGNING.as_millis() / milliseconds / 100 * 100;
    u64::try_from(people).unwrap_or(PEOPLE).clamp(100, PEOPLE)
}

/// Opens a sheet for adults whom the provider vouches for, and waits until one can sign in for it.
async fn open_sheet(api: &Api, token: &str, threshold: u64) -> anyhow::Result<String> {
    let now = Clock::system().now();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let body = json!({
        "pollId": request_id(),
        "title": "A lime tree for every street",
        "openTime": time(now - TimeDelta::minutes(1)),
        "closeTime": time(now + TimeDelta::days(180)),
        "eligibility": {
            "basis": "ELIGIBILITY_BASIS_PROVIDERS", "providers": [provider::ID], "providerLevel": provider::LEVEL,
            "minimumAge": 18, "timeZone": "Europe/Paris",
        },
        "specification": {"type": "BALLOT_TYPE_SIGNATURE"},
        "signatureSheet": {
            "milestones": [{"milestoneId": MILESTONE, "minSignatures": threshold.to_string()}],
            "texts": [
                {"language": "fr", "body": FRENCH},
                {"language": "en", "body": ENGLISH},
            ],
        },
    });
    let created = api.post("/v1/polls", Some(token), &body).await.context("creating the sheet")?;
    let poll = text(&created, "/poll/pollId")?;
    let started = Instant::now();
    loop {
        let known = api.get(&format!("/v1/polls/{poll}/providers"), None).await;
        match known {
            Ok(answer) if answer.pointer("/providers/0").is_some() => return Ok(poll),
            Err(failure) if started.elapsed() > PATIENCE => {
                return Err(failure).context("the sheet's providers");
            }
            Ok(_) if started.elapsed() > PATIENCE => bail!("no provider vouches for people on the sheet"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Waits until the log says that the threshold is reached, and gives what it says.
async fn threshold_reached(api: &Api, poll: &str) -> anyhow::Result<Value> {
    let mut last = Instant::now();
    loop {
        match api.get(&format!("/v1/polls/{poll}/log"), None).await {
            Ok(answer) => {
                last = Instant::now();
                if let Some(reached) = answer.pointer("/log/milestones/0/reached") {
                    return Ok(reached.clone());
                }
            }
            Err(failure) if last.elapsed() > PATIENCE => return Err(failure).context("the log"),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Waits for the log, has it checked, and proves one signature.
async fn finish(
    api: &Api,
    url: &str,
    poll: String,
    people: u64,
    signed: Signed,
    progress: &ProgressBar,
) -> anyhow::Result<Outcome> {
    say(progress, "waiting for the log");
    let (counted, lag) = whole_log(api, &poll, signed.count).await?;
    let receipt = signed.receipt.clone().context("nobody has a receipt")?;
    let proof = proof::prove(api, &poll, &receipt).await?;
    progress.finish_and_clear();
    let log = format!("{url}/v1/polls/{poll}/log");
    println!("\ncomitia verify {log} --receipt {receipt}");
    let verified = Verify::of(log, receipt).run().await? == ExitCode::SUCCESS;
    Ok(Outcome { poll, people, signed, lag, counted, proof, verified })
}

/// Waits until every signature with a receipt is in the log. Gives how many are, and how long it took.
async fn whole_log(api: &Api, poll: &str, signed: u64) -> anyhow::Result<(i64, Duration)> {
    let started = Instant::now();
    loop {
        let counts = api.get(&format!("/v1/polls/{poll}/log/counts"), None).await.context("the counts")?;
        let counted = number(&counts, "/counts/signatureCount").unwrap_or(0);
        if u64::try_from(counted).is_ok_and(|counted| counted >= signed) || started.elapsed() > PATIENCE {
            return Ok((counted, started.elapsed()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn print_threshold(reached: &Value, threshold: u64, after: Duration) {
    let leaf = number(reached, "/leafIndex").unwrap_or(0);
    println!(
        "Threshold    {} signatures: reached with leaf {} of the log (from 0), in the minute {}; seen {:.1} s after the first",
        grouped(&threshold.to_string()),
        grouped(&leaf.to_string()),
        reached["reachTime"].as_str().unwrap_or_default(),
        after.as_secs_f64()
    );
}

fn print_outcome(outcome: &Outcome) {
    let signed = &outcome.signed;
    println!();
    println!(
        "People       {} signed of {}; {} signatures in the log, the last {:.1} s after its receipt",
        grouped(&signed.count.to_string()),
        grouped(&outcome.people.to_string()),
        grouped(&outcome.counted.to_string()),
        outcome.lag.as_secs_f64()
    );
    println!(
        "Pace         {:.0} whole ways a second for {:.1} s, with people, provider, services and database on this machine",
        signed.pace(),
        signed.time.as_secs_f64()
    );
    println!("By time      {}", curve(&signed.by_second, 60));
    println!("Proof        {}", outcome.proof);
    for refusal in &signed.refused {
        println!("Refused      {refusal}");
    }
    println!();
}

fn print_next(outcome: &Outcome, url: &str, host: &str, data: &Path, stay: bool) {
    println!("Where to look next");
    let page = |port: &str| format!("http://{host}:{port}/fr/votes/{}", outcome.poll.replace('-', ""));
    let log = format!("{url}/v1/polls/{}/log", outcome.poll);
    if stay {
        let port = url.rsplit(':').next().unwrap_or_default();
        println!("  the petition:     {}", page(port));
        println!("  the counts:       curl {log}/counts");
        println!("  check it again:   comitia verify {log}");
        println!("  stop:             Ctrl-C");
    } else {
        println!("  the petition:     comitia dev --no-city --data {}", data.display());
        println!("                    and then {}", page("8080"));
        println!("  look around:      comitia demo-petition --stay, then the addresses that it prints");
        println!("  data and logs:    {}", data.display());
    }
}

/// Numbers as a row of bars, at most `width` of them.
fn curve(numbers: &[u64], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let each = numbers.len().div_ceil(width.max(1)).max(1);
    let sums: Vec<u64> =
        numbers.chunks(each).map(|chunk| chunk.iter().sum::<u64>() / chunk.len() as u64).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let bar = |sum: &u64| BARS[usize::try_from(sum * 7 / most).unwrap_or(0).min(7)];
    sums.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_people_as_fit_into_the_time() {
        let seconds = Duration::from_secs;
        assert_eq!(fitting(500, seconds(5)), 24_000);
        assert_eq!(fitting(5_000, seconds(5)), 100_000, "never more than are announced");
        assert_eq!(fitting(1, seconds(5)), 100);
    }

    #[test]
    fn a_curve_fits_its_line() {
        assert_eq!(curve(&[], 10), "");
        assert_eq!(curve(&[0, 7, 14], 10), "▁▄█");
        assert_eq!(curve(&[1; 100], 60).chars().count(), 50);
    }
}
