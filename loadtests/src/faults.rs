//! Faults under load: what can break is broken, one thing after the other, while people cast. Afterwards the voters' own
//! log of acknowledgements is compared with the database.

mod city;
mod crowd;
mod inject;
mod ledger;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use comitia_cli::process::Service;
use comitia_testkit::{Front, Installation, InstallationPlan, PostgresServer, ServicePlan, SmallDisk};
use tokio::time::{Instant, sleep};

use self::city::World;
use self::crowd::recovered;
use self::inject::{Fault, Injected};
use self::ledger::compare;
use self::verdict::{Outcome, Verdict};

/// A cast is well when it is settled within this time.
const WELL: Duration = Duration::from_secs(1);
/// The service must be well this long after a fault's end.
const RECOVERY: Duration = Duration::from_secs(10);
/// So long a recovery is waited for.
const GIVE_UP: Duration = Duration::from_secs(40);
/// How long people cast undisturbed before the first fault, and how long arrivals go on after the last.
const CALM: Duration = Duration::from_secs(4);
/// The disk of PostgreSQL, in megabytes.
const DISK: u64 = 1_024;
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
    /// Runs the faults. The exit code is 1 when something acknowledged is not as it was, or a recovery took too long.
    ///
    /// # Errors
    /// When a server or service does not start, or a fault cannot be brought about.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        eprintln!(
            "starting PostgreSQL, RabbitMQ, Redis, two gateways, three voting replicas and the other services"
        );
        // Held until the end: PostgreSQL lies on it.
        let disk = SmallDisk::mount(DISK);
        let mut world = World::new(self.start(disk.as_ref().ok()).await?, disk).await?;
        let arrivals = world.crowd.arrive(f64::from(self.rate));
        sleep(CALM).await;
        let mut verdict = Verdict::default();
        for fault in Fault::value_variants().iter().filter(|fault| self.runs(**fault)) {
            match self.bring_about(*fault, &mut world).await? {
                Ok(outcome) => verdict.outcomes.push(outcome),
                Err(why) => {
                    eprintln!("{:<20} SKIPPED: {why}", fault.name());
                    verdict.skipped.push((fault.name(), why));
                }
            }
        }
        sleep(CALM).await;
        world.crowd.stop();
        arrivals.await.context("the arrivals")?;
        let (voters, wrong) = world.crowd.take_log();
        verdict::write_log(&self.log, &voters)?;
        verdict.acknowledged = voters.iter().map(|voter| voter.acknowledged.len() as u64).sum();
        verdict.unexplained = wrong;
        eprintln!("{} casts acknowledged; closing the polls and comparing", verdict.acknowledged);
        verdict.findings = compare(&voters, &world.rows().await?, &world.turnout().await?);
        world.close(&voters, &mut verdict.findings).await?;
        verdict.write(&self.out)?;
        println!("{}", verdict.table());
        eprintln!(
            "{:.0} s in all; the findings are in {}, the voters' log in {}",
            started.elapsed().as_secs_f64(),
            self.out.display(),
            self.log.display()
        );
        let good = verdict.good(RECOVERY);
        world.stop().await?;
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn runs(&self, fault: Fault) -> bool {
        self.only.is_empty() || self.only.contains(&fault)
    }

    async fn start(&self, disk: Option<&SmallDisk>) -> anyhow::Result<Installation> {
        anyhow::ensure!(
            self.comitia.is_file(),
            "{} is missing: cargo build --release -p comitia",
            self.comitia.display()
        );
        let plan = InstallationPlan {
            program: self.comitia.canonicalize()?,
            services: Service::ALL
                .map(|service| ServicePlan {
                    name: service.name(),
                    migrations: service.migrations(),
                    replicas: match service {
                        Service::Gateway => 2,
                        Service::Voting => 3,
                        _ => 1,
                    },
                    front: match service {
                        Service::Voting => Front::EachProcess,
                        _ => Front::None,
                    },
                })
                .into(),
            environment: vec![("RUST_LOG".to_owned(), "warn".to_owned())],
            settings: Vec::new(),
        };
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
        let Injected { end, note } = match fault.bring_about(world).await? {
            Ok(injected) => injected,
            Err(why) => return Ok(Err(why)),
        };
        let during = world.crowd.acknowledged() - before;
        let lasted = end - began;
        let answers = world.all_services_answer(end + GIVE_UP).await;
        let recovery = loop {
            let now = Instant::now();
            let found = recovered(&world.crowd.samples(end), end, now, WELL);
            if found.is_some() || now > end + GIVE_UP {
                break found;
            }
            sleep(Duration::from_millis(100)).await;
        };
        let was_there = world.crowd.samples(began).iter().filter(|sample| sample.was_there).count();
        let recovered =
            recovery.zip(answers).map(|(casts, answers)| casts.max(answers.saturating_duration_since(end)));
        let outcome = Outcome { name: fault.name(), lasted, recovered, during, was_there, note };
        eprintln!("{}", outcome.line());
        Ok(Ok(outcome))
    }
}
