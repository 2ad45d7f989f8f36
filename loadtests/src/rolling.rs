//! A rolling upgrade under load: each process of every service is replaced as a Deployment would do it, while people vote,
//! read and watch. Not one request may fail.

mod client;
mod load;
mod roll;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use clap::Args;
use comitia_cli::api::text;
use comitia_cli::process::Service;
use comitia_core::Clock;
use comitia_testkit::{Front, Installation, InstallationPlan, PostgresServer};
use serde_json::{Value, json};
use tokio::time::Instant;

use self::load::{Load, OPTIONS};
use self::roll::{Kubelet, Rolled};
use crate::casts::Caster;
use crate::city::{City, PollPlan};
use crate::installation;
use crate::load::rounded;
use crate::processes;

/// The host name of the organization.
const HOST: &str = "rolling.example.org";
/// Members who sign in and go the whole way.
const MEMBERS: usize = 2_000;
/// How many processes each service has, as in the chart.
const REPLICAS: usize = 2;
/// Durable, as in production.
const POSTGRES: &[(&str, &str)] =
    &[("max_connections", "400"), ("shared_buffers", "256MB"), ("fsync", "on"), ("synchronous_commit", "on")];

/// Replaces every process under load, one after the other, and counts the requests that fail
#[derive(Args)]
pub struct Rolling {
    /// So many requests at least: services are rolled again until there were as many
    #[arg(long, default_value_t = 100_000)]
    requests: u64,
    /// People who act all the time, with each of HTTP/1.1 and HTTP/2
    #[arg(long, default_value_t = 8)]
    people: usize,
    /// Watchers of the turnout, with each of HTTP/1.1 and HTTP/2
    #[arg(long, default_value_t = 8)]
    watchers: usize,
    /// Milliseconds between SIGTERM and taking nothing new (`common.lifecycle.drain_delay_ms`; 10000 in the chart)
    #[arg(long, default_value_t = 2_000)]
    drain_delay_ms: u64,
    /// Milliseconds after SIGTERM until nobody is sent to the process any more
    #[arg(long, default_value_t = 1_000)]
    endpoints_lag_ms: u64,
    /// Milliseconds after its start during which a new gateway reaches no service (a network plugin that opens the way late)
    #[arg(long, default_value_t = 0)]
    network_lag_ms: u64,
    /// Seconds after SIGTERM until SIGKILL
    #[arg(long, default_value_t = 20)]
    grace_seconds: u64,
    /// The comitia program
    #[arg(long, default_value = "target/release/comitia")]
    comitia: PathBuf,
    /// Where the findings go
    #[arg(long, default_value = "target/rolling.json")]
    out: PathBuf,
}

impl Rolling {
    /// Runs it. The exit code is 1 when a request failed, a process had to be killed, or a ballot is not where its receipt says.
    ///
    /// # Errors
    /// When a server or service does not start.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        eprintln!("starting PostgreSQL, RabbitMQ, Redis, and two processes of each service");
        let mut installation = self.start().await?;
        let load = people(&installation).await?;
        let tasks = load.begin(self.people, self.watchers);
        let kubelet = Kubelet {
            endpoints_lag: Duration::from_millis(self.endpoints_lag_ms),
            grace: Duration::from_secs(self.grace_seconds),
            network_lag: Duration::from_millis(self.network_lag_ms),
        };
        let (started, mut rolled, mut ways) = (Instant::now(), Vec::new(), Vec::new());
        let requests = || load.tally().requests.load(Ordering::Relaxed);
        while rolled.is_empty() || requests() < self.requests {
            for service in Service::ALL {
                for name in installation.replicas(service.name()) {
                    let (roll, way) = kubelet.replace(&mut installation, service.name(), &name).await?;
                    ways.push(way);
                    let failed = load.tally().failed.load(Ordering::Relaxed);
                    eprintln!("{roll}; {} requests, {failed} failed", requests());
                    rolled.push(roll);
                }
            }
        }
        load.stop();
        for task in tasks {
            task.await.context("somebody")?;
        }
        let took = started.elapsed().as_secs_f64();
        let pool = installation.database.admin_pool()?;
        let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM voting.ballots").fetch_one(&pool).await?;
        let findings = findings(&load, &rolled, stored, took)?;
        std::fs::write(&self.out, serde_json::to_string_pretty(&findings)? + "\n")
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        println!("{findings:#}");
        installation.stop().await?;
        let clean = rolled.iter().all(Rolled::clean);
        let good = findings["failed"] == 0 && findings["acknowledged"] == findings["stored"] && clean;
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn start(&self) -> anyhow::Result<Installation> {
        let plan = InstallationPlan {
            settings: vec![
                format!("common.lifecycle.drain_delay_ms={}", self.drain_delay_ms),
                // Its refusals are no failures, and would have to be told from them.
                "gateway.waiting_room.mode=off".to_owned(),
            ],
            ..installation::plan(&self.comitia, |_| (REPLICAS, Front::Service))?
        };
        Installation::start(plan, PostgresServer::start_durable(POSTGRES).await?).await
    }
}

/// A city with a vote, and its people.
async fn people(installation: &Installation) -> anyhow::Result<std::sync::Arc<Load>> {
    let front = installation.switches("gateway").first().context("the front of the gateways")?.address();
    let city = City::found(&format!("http://{front}"), HOST, Installation::OPERATOR_KEY).await?;
    let numbers: Vec<_> = (0..MEMBERS).map(|number| format!("{number:05}")).collect();
    city.import(&numbers).await?;
    let members = city.access_codes().await?;
    let poll = city
        .open_poll(&PollPlan {
            title: "Rolling",
            options: OPTIONS,
            max_choices: 10,
            close_time: Clock::system().now() + TimeDelta::hours(2),
            recast_allowed: true,
        })
        .await?;
    city.first_permit(poll, members.first().context("no members")?).await?;
    let (now, token) = (Clock::system().now(), Some(city.token()));
    let phase = json!({
        "title": "Vote",
        "kind": "PHASE_KIND_VOTE",
        "startTime": now - TimeDelta::hours(1),
        "endTime": now + TimeDelta::hours(2),
    });
    let process = json!({"title": "Rolling", "phases": [phase], "requestId": comitia_core::id::new()});
    let process = city.api.post("/v1/processes", token, &process).await.context("the process")?;
    let process = text(&process, "/process/processId")?;
    let publish = format!("/v1/processes/{process}:publish");
    city.api.post(&publish, token, &json!({})).await.context("publishing the process")?;
    let caster = Caster::new(&installation.database.admin_pool()?, HOST, city.organization).await?;
    Ok(Load::new(HOST, front, &city, caster, poll, &process, members))
}

fn findings(load: &Load, rolled: &[Rolled], stored: i64, took: f64) -> anyhow::Result<Value> {
    let tally = load.tally();
    let acknowledged = tally.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len();
    let failures = tally.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(json!({
        "machine": processes::machine()?,
        "requests": tally.requests.load(Ordering::Relaxed),
        "failed": tally.failed.load(Ordering::Relaxed),
        "failures": failures,
        "acknowledged": acknowledged,
        "stored": stored,
        "streams_resumed": tally.resumed.load(Ordering::Relaxed),
        "seconds": rounded(took),
        "services": rolled.iter().map(Rolled::json).collect::<Vec<_>>(),
    }))
}
