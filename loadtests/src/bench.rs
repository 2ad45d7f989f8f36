//! The benchmark: an installation of its own, one measure after the other, a table and a JSON file.

mod growth;
mod intake;
mod memory;
mod office;
mod overload;
mod pages;
mod reads;
mod signatures;
mod watchers;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use comitia_core::Clock;
use comitia_platform::auth::ORGANIZATION_HEADER;
use comitia_testkit::{Installation, InstallationPlan, PostgresServer};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use crate::casts::{Ballots, Caster, Door};
use crate::city::{City, PollPlan};
use crate::figures;
use crate::installation;
use crate::load::batch::BatchConnection;
use crate::load::grpc::GrpcConnection;
use crate::load::http::HttpConnection;
use crate::load::{self, Answer, Connection, Measured, rounded};
use crate::pgbench::Pgbench;
use crate::processes;

/// The host name of the organization that is measured.
const HOST: &str = "bench.example.org";
/// What the program is asked to do on its gRPC port.
const CAST: &str = "/comitia.voting.v1.BallotService/CastBallot";
/// Connections of the load generator and clients of pgbench.
const CONNECTIONS: usize = 64;
/// The ballots of every measure that does not say otherwise: 10 approvals of 50 options.
const APPROVALS: Ballots = Ballots { options: 50, choices: 10 };
/// The server as a careful operator would set it: everything durable; room for memory and log, so that no checkpoint
/// falls into one measure and not into the other. Its `synchronous_commit`, `fsync` and `full_page_writes` are on.
const POSTGRES: &[(&str, &str)] = &[
    ("max_connections", "300"),
    ("shared_buffers", "1GB"),
    ("min_wal_size", "3GB"),
    ("max_wal_size", "16GB"),
    ("checkpoint_timeout", "1h"),
    ("synchronous_commit", "on"),
];

/// Segments of the log that are there before the first measure, of 16 MB: more than is written before growth, whose
/// checkpoints see to the rest.
const SEGMENTS: i32 = 180;
const QUICK_SEGMENTS: i32 = 60;

/// Measures Comitia against PostgreSQL and nginx on this machine
#[derive(Args)]
pub struct Bench {
    /// The comitia program
    #[arg(long, default_value = "target/release/comitia")]
    comitia: PathBuf,
    /// The pgbench program
    #[arg(long, default_value = "pgbench")]
    pgbench: PathBuf,
    /// Only these measures
    #[arg(long, value_delimiter = ',', value_name = "KEY,...")]
    only: Vec<Key>,
    /// Shorter runs, and growth to 1 million rows instead of 10: about three minutes
    #[arg(long)]
    quick: bool,
    /// Where the figures go
    #[arg(long, default_value = "target/bench.json")]
    out: PathBuf,
    /// A .pb file whose projects the result page of the measure of pages has; 160 invented ones otherwise
    #[arg(long, value_name = "FILE")]
    election: Option<PathBuf>,
    /// More configuration of the services, such as voting.intake.max_batch=200
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

/// A measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Key {
    IntakeHttp,
    IntakeGrpc,
    IntakeSlowDisk,
    /// Latency at 80 % of capacity, and what becomes of casts at three times capacity.
    Overload,
    OneHotPetition,
    Growth,
    Read,
    Sse,
    /// Pages: to nginx, what one costs, the portal's memory, and readers beside voters.
    Pages,
    /// Signatures: one sheet, its public log, a crowd that signs twice, and the whole way.
    Signatures,
    /// The office: a long list of proposals, acts on many, a large roll, letters.
    Office,
    /// Memory and start time of each service.
    Rss,
}

impl Bench {
    /// Runs the measures.
    ///
    /// # Errors
    /// When a server or service does not start, or a measure cannot be made. A target that is missed is no error.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        raise_open_files()?;
        eprintln!("starting PostgreSQL, RabbitMQ, Redis and the services");
        let mut world = World::start(&self).await?;
        let mut figures = Vec::new();
        let at_rest = memory::at_rest(&world)?;
        for key in Key::value_variants().iter().filter(|key| self.only.is_empty() || self.only.contains(key))
        {
            let since = Instant::now();
            eprint!("{key:?} ... ");
            match key {
                Key::IntakeHttp => figures.push(intake::http(&mut world).await?),
                Key::IntakeGrpc => figures.push(intake::grpc(&mut world).await?),
                Key::IntakeSlowDisk => figures.push(intake::slow_disk(&mut world).await?),
                Key::Overload => figures.extend(overload::measure(&mut world).await?),
                Key::OneHotPetition => figures.push(intake::one_hot_petition(&mut world).await?),
                Key::Growth => figures.push(growth::measure(&mut world).await?),
                Key::Read => figures.push(reads::measure(&world).await?),
                Key::Sse => figures.push(watchers::measure(&world).await?),
                Key::Pages => {
                    figures.extend(pages::measure(&world, self.election.as_deref(), &at_rest).await?);
                }
                Key::Signatures => figures.extend(signatures::measure(&mut world, &self.comitia).await?),
                Key::Office => figures.extend(office::measure(&world).await?),
                Key::Rss => figures.extend(memory::measure(&mut world, &at_rest).await?),
            }
            eprintln!("{:.0} s", since.elapsed().as_secs_f64());
        }
        let machine = processes::machine()?;
        figures::write(&self.out, &machine, &figures)?;
        println!("{}", figures::table(&figures));
        eprintln!(
            "{machine}; {:.0} s in all; the figures with their details are in {}",
            started.elapsed().as_secs_f64(),
            self.out.display()
        );
        world.installation.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Ten thousand watchers are as many files, in the generator and in the gateway.
fn raise_open_files() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .context("raising the limit of open files")
}

/// What is measured, and what with.
struct World {
    installation: Installation,
    pool: PgPool,
    pgbench: Pgbench,
    city: City,
    caster: Caster,
    quick: bool,
    /// The rates seen, so that runs get as many casts as they need.
    rates: BTreeMap<(Door, usize), f64>,
}

impl World {
    async fn start(bench: &Bench) -> anyhow::Result<Self> {
        let plan = InstallationPlan {
            // As in a container with one processor: threads of one service do not get into each other's way, and no measure
            // depends on how many processors the machine has.
            environment: [("RUST_LOG", "warn"), ("TOKIO_WORKER_THREADS", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            // All watchers come from this one machine.
            settings: [
                vec![
                    "gateway.streams.max_per_address=20000".to_owned(),
                    // `comitia verify` reads a log by its address.
                    format!("gateway.default_organization_host={HOST}"),
                ],
                bench.settings.clone(),
            ]
            .concat(),
            ..installation::plan(&bench.comitia, installation::one_each)?
        };
        let installation = Installation::start(plan, PostgresServer::start_durable(POSTGRES).await?).await?;
        let pool = installation.database.admin_pool()?;
        reserve_log(&pool, if bench.quick { QUICK_SEGMENTS } else { SEGMENTS }).await?;
        let pgbench = Pgbench::new(&bench.pgbench, installation.postgres.url()).await?;
        let gateways = installation.addresses("gateway").join(",");
        let city = City::found(&gateways, HOST, Installation::OPERATOR_KEY).await?;
        let caster = Caster::new(&pool, HOST, city.organization).await?;
        Ok(Self { installation, pool, pgbench, city, caster, quick: bench.quick, rates: BTreeMap::new() })
    }

    /// How long a run is, in seconds: `full`, or less when it has to be quick.
    fn seconds(&self, full: u64) -> Duration {
        Duration::from_secs(if self.quick { (full / 3).max(2) } else { full })
    }

    /// How often what swings with the machine's speed is measured; the middle one counts.
    fn rounds(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// A new poll.
    async fn poll(&self, ballots: Ballots) -> anyhow::Result<Uuid> {
        let plan = PollPlan {
            title: "Bench",
            options: ballots.options,
            max_choices: ballots.choices,
            close_time: Clock::system().now() + TimeDelta::days(1),
            recast_allowed: true,
        };
        self.city.open_poll(&plan).await
    }

    fn address(&self, service: &str) -> anyhow::Result<SocketAddr> {
        let address = self.installation.addresses(service).into_iter().next();
        let address = address.with_context(|| format!("{service} does not run"))?;
        Ok(address.trim_start_matches("http://").parse()?)
    }

    /// Connections to a door. Over gRPC there are never more than 64: more callers share them.
    async fn connections(&self, door: Door, count: usize) -> anyhow::Result<Vec<Wire>> {
        let mut connections: Vec<Wire> = Vec::with_capacity(count);
        let organization = self.city.organization.to_string();
        for number in 0..count {
            let connection = match (door, connections.get(number % CONNECTIONS)) {
                (Door::Http, _) => Wire::Http(HttpConnection::open(self.address("gateway")?).await?),
                (Door::Grpc, Some(Wire::Grpc(open))) => Wire::Grpc(open.clone()),
                (Door::Batch, Some(Wire::Batch(open))) => Wire::Batch(open.clone()),
                (Door::Batch, _) => Wire::Batch(BatchConnection::open(self.address("voting")?).await?),
                (Door::Grpc, _) => {
                    let metadata = [(ORGANIZATION_HEADER, organization.as_str())];
                    Wire::Grpc(GrpcConnection::open(self.address("voting")?, CAST, &metadata).await?)
                }
            };
            connections.push(connection);
        }
        Ok(connections)
    }

    /// Casts over `connections` as fast as answers come, for `seconds` after a warm-up.
    async fn closed(&mut self, run: Closed<'_>) -> anyhow::Result<(Measured, Value)> {
        let warm_up = Duration::from_secs(1);
        let key = (run.door, run.connections);
        let rate = match self.rates.get(&key) {
            Some(rate) => *rate,
            None => {
                let casts = self.caster.casts(run.door, run.polls, run.ballots, 15_000)?;
                let connections = self.connections(run.door, run.connections).await?;
                load::closed(connections, &casts, Duration::from_millis(300), warm_up)
                    .await
                    .accepted_per_second()
            }
        };
        let count = rate.max(500.0) * 1.4 * (run.seconds + warm_up).as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let casts = self.caster.casts(run.door, run.polls, run.ballots, count as usize)?;
        let connections = self.connections(run.door, run.connections).await?;
        let before = self.cpu()?;
        let measured = load::closed(connections, &casts, warm_up, warm_up + run.seconds).await;
        let mut detail = measured.detail();
        detail["connections"] = json!(run.connections);
        detail["cpu_seconds_with_warm_up"] = self.cpu_since(&before)?;
        self.rates.insert(key, measured.accepted_per_second());
        anyhow::ensure!(!measured.accepted.is_empty(), "no cast was accepted: {:?}", measured.reasons);
        Ok((measured, detail))
    }

    /// Seconds of processor time of everything that takes part.
    fn cpu(&self) -> anyhow::Result<BTreeMap<String, f64>> {
        let mut used =
            BTreeMap::from([("generator".to_owned(), processes::cpu_seconds(std::process::id())?)]);
        for (name, pid) in self.installation.pids() {
            used.insert(name, processes::cpu_seconds(pid)?);
        }
        let postgres = self.installation.postgres.pid().context("PostgreSQL does not run")?;
        used.insert("postgres".to_owned(), processes::family_cpu_seconds(postgres)?);
        Ok(used)
    }

    fn cpu_since(&self, before: &BTreeMap<String, f64>) -> anyhow::Result<Value> {
        let used = self.cpu()?.into_iter().map(|(name, seconds)| {
            let used = rounded(seconds - before.get(&name).copied().unwrap_or(0.0));
            (name, used)
        });
        Ok(json!(used.filter(|(_, seconds)| *seconds > 0.01).collect::<BTreeMap<_, _>>()))
    }

    /// Lets voting and PostgreSQL run on some processors, the generator on others, and the gateway with the other services on
    /// yet others.
    fn pin(
        &self,
        gateway: Range<usize>,
        behind: Range<usize>,
        generator: Range<usize>,
    ) -> anyhow::Result<()> {
        processes::pin(std::process::id(), generator)?;
        for pid in self.installation.pids().into_values() {
            processes::pin(pid, gateway.clone())?;
        }
        for pid in self.behind_the_gateway()? {
            processes::pin(pid, behind.clone())?;
        }
        Ok(())
    }

    /// The processes of voting and PostgreSQL.
    fn behind_the_gateway(&self) -> anyhow::Result<Vec<u32>> {
        let postgres = self.installation.postgres.pid().context("PostgreSQL does not run")?;
        let pids = self.installation.pids().into_iter();
        let voting = pids.filter(|(name, _)| name.starts_with("voting")).map(|(_, pid)| pid);
        Ok(processes::family(postgres)?.into_iter().chain(voting).collect())
    }

    /// Changes a setting of PostgreSQL for everybody.
    async fn set(&self, settings: &[(&str, &str)]) -> anyhow::Result<()> {
        for (name, value) in settings {
            self.pool.execute(sqlx::AssertSqlSafe(format!("ALTER SYSTEM SET {name} = '{value}'"))).await?;
        }
        self.pool.execute("SELECT pg_reload_conf()").await?;
        let (name, value) = settings.last().copied().unwrap_or_default();
        let started = Instant::now();
        loop {
            let now: String = sqlx::query_scalar("SELECT setting FROM pg_settings WHERE name = $1")
                .bind(name)
                .fetch_one(&self.pool)
                .await?;
            if now == value {
                return Ok(());
            }
            anyhow::ensure!(started.elapsed() < Duration::from_secs(10), "PostgreSQL does not take {name}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Fills so many segments of the log, so that the server has them to use again, as one that has run for a while. A new server makes each
/// segment of 16 MB when the last is full, and commits meanwhile wait for the disk to take it: 60 to 100 ms.
async fn reserve_log(pool: &PgPool, segments: i32) -> anyhow::Result<()> {
    // A segment with nothing in it is not left.
    sqlx::query(
        "SELECT count(pg_logical_emit_message(false, 'bench', '')), count(pg_switch_wal())
         FROM generate_series(1, $1)",
    )
    .bind(segments)
    .execute(pool)
    .await?;
    pool.execute("CHECKPOINT").await?;
    Ok(())
}

/// Of several measurements the middle one by `of`, and what each gave in its order. There is at least one.
fn middle<T>(rounds: Vec<T>, of: impl Fn(&T) -> f64) -> anyhow::Result<(T, Vec<f64>)> {
    let all: Vec<f64> = rounds.iter().map(|round| rounded(of(round))).collect();
    let mut sorted = rounds;
    sorted.sort_by(|a, b| of(a).total_cmp(&of(b)));
    let place = sorted.len() / 2;
    anyhow::ensure!(place < sorted.len(), "nothing was measured");
    Ok((sorted.swap_remove(place), all))
}

/// A closed loop of casts.
struct Closed<'a> {
    door: Door,
    connections: usize,
    polls: &'a [Uuid],
    ballots: Ballots,
    seconds: Duration,
}

/// A connection of either kind.
enum Wire {
    Http(HttpConnection),
    Grpc(GrpcConnection),
    Batch(BatchConnection),
}

impl Connection for Wire {
    async fn call(&mut self, request: &Bytes) -> Answer {
        match self {
            Self::Http(connection) => connection.call(request).await,
            Self::Grpc(connection) => connection.call(request).await,
            Self::Batch(connection) => connection.call(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_counts_and_all_are_told() {
        let rounds = vec![("slow", 3.0), ("quick", 1.0), ("usual", 2.0)];
        let (round, all) = middle(rounds, |round| round.1).unwrap();
        assert_eq!((round.0, all), ("usual", vec![3.0, 1.0, 2.0]));
        assert_eq!(middle(vec![7.0], |round| *round).unwrap(), (7.0, vec![7.0]));
        assert!(middle(Vec::<f64>::new(), |round| *round).is_err());
    }
}
