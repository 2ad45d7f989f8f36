//! Faults under load: what can break is broken, one thing after the other, while people cast. Afterwards the voters' own
//! log of acknowledgements is compared with the database.

mod city;
mod crowd;
mod hostile;
mod inject;
mod ledger;
mod pages;
mod petition;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use comitia_cli::process::Service;
use comitia_testkit::{Front, Installation, PostgresServer, SmallDisk};
use tokio::time::{Instant, sleep};

use self::city::{Spoiled, World};
use self::crowd::{Sample, recovered};
use self::inject::{Fault, Injected, Sign, Times};
use self::ledger::compare;
use self::verdict::{Judgement, Outcome, Verdict};
use crate::installation;

/// A cast is well when it is settled within this time.
const WELL: Duration = Duration::from_secs(1);
/// An undisturbed cast is settled within this time.
const SOON: Duration = Duration::from_millis(250);
/// The service must be well this long after a fault's end.
const RECOVERY: Duration = Duration::from_secs(10);
/// So long a recovery is waited for.
const GIVE_UP: Duration = Duration::from_secs(40);
/// How long people cast undisturbed before the first fault, and how long arrivals go on after the last.
const CALM: Duration = Duration::from_secs(4);
/// The disk of PostgreSQL, in megabytes, and how much more each round takes.
const DISK: u64 = 1_024;
const ROUND: u64 = 128;
/// Durable, and small enough for its disk.
const POSTGRES: &[(&str, &str)] = &[
    ("max_connections", "300"),
    ("shared_buffers", "128MB"),
    ("max_wal_size", "256MB"),
    ("fsync", "on"),
    ("synchronous_commit", "on"),
];

/// Breaks one thing after the other under load, and checks that nothing acknowledged is lost
#[derive(Args)]
pub struct Faults {
    /// Only these faults, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    only: Vec<Fault>,
    /// Casts a second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// How many times all of them, one round after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Each as short as can be
    #[arg(long)]
    short: bool,
    /// Spoils a ballot before the comparison, which has to find it
    #[arg(long, value_name = "HOW")]
    spoil: Option<Spoiled>,
    /// The comitia program
    #[arg(long, default_value = "target/release/comitia")]
    comitia: PathBuf,
    /// Where the findings go
    #[arg(long, default_value = "target/faults.json")]
    out: PathBuf,
    /// Where the voters' log of acknowledgements goes
    #[arg(long, default_value = "target/faults-acknowledged.csv")]
    log: PathBuf,
}

impl Faults {
    /// Runs the faults. The exit code is 1 when something acknowledged is not as it was, a recovery took too long or voters were
    /// refused without a reason, and 3 when that is not so but not every fault was brought about.
    ///
    /// # Errors
    /// When a server or service does not start, or a fault cannot be brought about.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        eprintln!(
            "starting PostgreSQL, RabbitMQ, Redis, two gateways, two portals, three voting replicas and the other services"
        );
        // Held until the end: PostgreSQL lies on it.
        let disk = SmallDisk::mount(DISK + ROUND * u64::from(self.rounds));
        let installation = self.start(disk.as_ref().ok()).await?;
        let mut world = World::new(installation, disk, self.rounds).await?;
        let arrivals = world.crowd.arrive(f64::from(self.rate));
        let signing = world.petition.signing();
        sleep(CALM).await;
        let mut verdict = Verdict::default();
        for round in 1..=self.rounds {
            if self.rounds > 1 {
                eprintln!("round {round} of {}", self.rounds);
            }
            for fault in Fault::value_variants().iter().filter(|fault| self.runs(**fault)) {
                match self.bring_about(*fault, &mut world).await? {
                    Ok(outcome) => verdict.outcomes.push(outcome),
                    Err(why) => {
                        eprintln!("{:<20} SKIPPED: {why}", fault.name());
                        verdict.skipped.push((fault.name(), why));
                    }
                }
            }
        }
        sleep(CALM).await;
        world.crowd.stop();
        world.petition.stop();
        arrivals.await.context("the arrivals")?;
        signing.await.context("the petition")?;
        let (voters, wrong) = world.crowd.take_log();
        verdict::write_log(&self.log, &voters)?;
        verdict.acknowledged = voters.iter().map(|voter| voter.acknowledged.len() as u64).sum();
        verdict.unexplained = wrong;
        verdict.unexplained.extend(verdict.outcomes.iter().flat_map(Outcome::harms));
        if let Some(how) = self.spoil {
            world.spoil(how).await?;
        }
        eprintln!("{} casts acknowledged; closing the polls and comparing", verdict.acknowledged);
        let rows = world.rows().await?;
        verdict.findings = compare(&voters, &rows, &world.turnout().await?);
        eprintln!("{}", world.petition.compare(&self.comitia, &mut verdict.findings).await?);
        world.close(&voters, &rows, &mut verdict.findings).await?;
        verdict.write(&self.out, RECOVERY)?;
        println!("{}", verdict.table(RECOVERY));
        eprintln!(
            "{:.0} s in all; the findings are in {}, the voters' log in {}",
            started.elapsed().as_secs_f64(),
            self.out.display(),
            self.log.display()
        );
        world.stop().await?;
        Ok(match verdict.judgement(RECOVERY) {
            Judgement::Good => ExitCode::SUCCESS,
            Judgement::Bad => ExitCode::FAILURE,
            Judgement::Incomplete => ExitCode::from(3),
        })
    }

    fn runs(&self, fault: Fault) -> bool {
        self.only.is_empty() || self.only.contains(&fault)
    }

    async fn start(&self, disk: Option<&SmallDisk>) -> anyhow::Result<Installation> {
        let mut plan = installation::plan(&self.comitia, |service| match service {
            Service::Gateway | Service::Portal => (2, Front::None),
            Service::Voting => (3, Front::EachProcess),
            _ => (1, Front::None),
        })?;
        // `comitia verify` asks by the gateway's address.
        plan.settings.push(format!("gateway.default_organization_host={}", city::HOST));
        let postgres = match disk {
            Some(disk) => PostgresServer::start_durable_in(disk.path(), POSTGRES).await?,
            None => PostgresServer::start_durable(POSTGRES).await?,
        };
        Installation::start(plan, postgres).await
    }

    /// Brings a fault about and measures how long the recovery takes. An inner error says why this machine cannot have it.
    async fn bring_about(&self, fault: Fault, world: &mut World) -> anyhow::Result<Result<Outcome, String>> {
        let began = Instant::now();
        let before = world.crowd.acknowledged();
        let times = if self.short { Times::SHORT } else { Times::LONG };
        let Injected { end, sign, mut note, harm } = match fault.bring_about(world, times).await? {
            Ok(injected) => injected,
            Err(why) => return Ok(Err(why)),
        };
        let during = world.crowd.acknowledged() - before;
        let lasted = end - began;
        let answer = world.all_services_answer(end + GIVE_UP).await;
        let flow = world.events_flow(end + GIVE_UP).await;
        let recovery = loop {
            let now = Instant::now();
            let found = recovered(&world.crowd.samples(end), end, now, WELL);
            if found.is_some() || now > end + GIVE_UP {
                break found;
            }
            sleep(Duration::from_millis(100)).await;
        };
        let samples = world.crowd.samples(began);
        let again = samples.iter().filter(|sample| sample.settled.is_some() && sample.again).count();
        let recovered = recovery
            .zip(answer)
            .zip(flow)
            .map(|((casts, answer), flow)| casts.max(answer.max(flow).saturating_duration_since(end)));
        if recovered.is_none_or(|took| took > RECOVERY / 2) {
            let after = |when: Option<Instant>| when.map(|when| when.saturating_duration_since(end));
            note.push_str(&format!(
                " casts {recovery:.1?}, answers {:.1?}, events {:.1?}",
                after(answer),
                after(flow)
            ));
        }
        let showed = match sign {
            Sign::Seen(seen) => seen,
            Sign::LateCasts => samples.iter().any(|sample| late(sample, began, end)),
        };
        let outcome = Outcome { name: fault.name(), lasted, recovered, during, again, showed, note, harm };
        eprintln!("{}", outcome.line());
        fault.mend(world).await?;
        Ok(Ok(outcome))
    }
}

/// Whether a cast that was due between `began` and `end` was not settled soon.
fn late(sample: &Sample, began: Instant, end: Instant) -> bool {
    let within = sample.due >= began && sample.due < end;
    within && sample.settled.is_none_or(|settled| settled > sample.due + SOON)
}
