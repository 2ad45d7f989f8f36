//! The will: polls, ballots, receipts, turnout, sealing and paper ballots.
//!
//! Nothing that was acknowledged is lost or counted twice, whatever fails: see [`app::intake`] for how ballots are
//! written, [`app::close`] for how a poll ends, and [`domain::seal`] for what anyone can check.

pub mod app;
pub mod domain;
pub mod error;
pub mod grpc;
pub mod store;

use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::{OutboxSignal, Subscription};
use comitia_cache::Resilient;
use comitia_platform::Runtime;
use comitia_platform::database::{self, DatabaseConfig, DatabaseError, Migrations, Repeatable};
use comitia_platform::grpc::ServeError;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::runtime::ServerConfig;
use comitia_platform::service::Service;
use secrecy::SecretString;
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::app::definitions::Definitions;
use crate::app::endings::Endings;
use crate::app::intake::{Intake, IntakeConfig};
use crate::app::turnout::Turnouts;
use crate::app::{App, clock, paper, sequencer, standing};
use crate::domain::log_keys::LogKeysError;
use crate::domain::{LogKeys, ReceiptKey, small_cells};

/// The name of the service, of its schema and of its section in the configuration.
const SERVICE: &str = "voting";
/// How often polls are counted by their standing.
const MEASURE_EVERY: Duration = Duration::from_secs(15);

/// How often forms of paper batches that never ended are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// The migrations of this service.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/voting");

/// Migrations that run again when they change.
const REPEATABLE: &[Repeatable] = &[Repeatable {
    name: "accept_ballots",
    sql: include_str!("../../../migrations/voting/repeatable/accept_ballots.sql"),
}];

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// How casts are gathered.
    #[serde(default)]
    pub intake: IntakeConfig,
    /// The key of tracking codes and of the order of a voter's casts: 32 bytes, base64. All replicas have the same one,
    /// and it stays: with a new key the receipts that people hold are not found, and a changed ballot may seem to come
    /// before the first.
    pub receipt_key: SecretString,
    /// The key that signs the checkpoints of public logs (Ed25519): 32 bytes, base64. All replicas have the same one.
    pub log_key: SecretString,
    /// Earlier log keys, which go on signing beside it, until whoever checks logs trusts the present one.
    #[serde(default, deserialize_with = "comitia_platform::config::list")]
    pub previous_log_keys: Vec<SecretString>,
    /// What the names of new public logs begin with, such as the host name of the installation: `NAME/polls/ID`. Logs that are
    /// there keep theirs.
    #[serde(default = "default_log_name")]
    pub log_name: String,
    /// Milliseconds between two looks of the sequencer, which appends signatures to their logs.
    #[serde(default = "default_sequencer_ms")]
    pub sequencer_ms: u32,
    /// Milliseconds after a poll's close_time until it is closed: casts that arrived in time are written by then.
    #[serde(default = "default_closing_grace_ms")]
    pub closing_grace_ms: u32,
    /// Milliseconds between two looks of the clock job, which opens and closes polls.
    #[serde(default = "default_tick_ms")]
    pub tick_ms: u32,
    /// No district or channel with fewer ballots than this is published by itself, nor anything from which it could be
    /// worked out. Fixed for a poll when it is sealed; at least 3.
    #[serde(default = "default_smallest_group")]
    pub smallest_group: u32,
}

fn default_log_name() -> String {
    "comitia".to_owned()
}

fn default_sequencer_ms() -> u32 {
    250
}

fn default_smallest_group() -> u32 {
    5
}

fn default_closing_grace_ms() -> u32 {
    2_000
}

fn default_tick_ms() -> u32 {
    500
}

/// The service cannot start, or ended in failure.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database is away, or not migrated.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The receipt key is not one.
    #[error("voting.receipt_key must be 32 bytes in base64")]
    ReceiptKey,
    /// The keys or the name of logs are none.
    #[error(transparent)]
    LogKeys(#[from] LogKeysError),
    /// The gRPC server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// The migrations of this service with its schema.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations { service: SERVICE, own: &MIGRATOR, repeatable: REPEATABLE }
}

/// The queues that this service consumes: none, it only tells.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    Vec::new()
}

/// Runs the service until the process stops.
///
/// # Errors
/// When it cannot start: the database is away or not migrated, or a key is not one.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let receipts = ReceiptKey::from_base64(&config.receipt_key).ok_or(StartError::ReceiptKey)?;
    let log_keys = LogKeys::new(&config.log_name, &config.log_key, &config.previous_log_keys)?;
    let pool = database::connect(&DatabaseConfig {
        max_connections: connections_beside_intake(&config),
        ..config.database.clone()
    })?;
    let (lifecycle, stopping) = (&runtime.lifecycle, runtime.lifecycle.stopping());
    database::ready(&pool, &config.database, &migrations(), &stopping).await?;

    let clock = database::clock(&pool, &runtime.clock, lifecycle)
        .await
        .map_err(|source| DatabaseError::Connection { service: SERVICE, source })?;
    let outbox = OutboxSignal::new();
    let cache = Resilient::new(runtime.cache.clone(), clock.clone());
    let turnouts = Turnouts::new(pool.clone(), clock.clone(), cache);
    let intake = Intake::start(&config.intake, &pool.connect_options(), &clock, &turnouts, lifecycle);
    lifecycle.spawn("voting turnout signals", turnouts.clone().tell(stopping.clone()));
    let app = App {
        definitions: Definitions::new(pool.clone()),
        endings: Endings::new(pool.clone(), clock.clone()),
        pool: pool.clone(),
        clock,
        outbox: outbox.clone(),
        verifier: runtime.verifier.clone(),
        receipts,
        log_keys,
        intake,
        turnouts,
        smallest_group: i64::from(config.smallest_group).max(small_cells::LEAST),
    };
    start_jobs(&app, &config, lifecycle);

    let routes = grpc::routes(app, stopping);
    let service = Service { name: SERVICE, pool, outbox, consumers: Vec::new(), routes };
    Ok(service.serve(listener, &runtime).await?)
}

fn start_jobs(app: &App, config: &Config, lifecycle: &Lifecycle) {
    let tick = Duration::from_millis(u64::from(config.tick_ms.max(10)));
    let grace = TimeDelta::milliseconds(i64::from(config.closing_grace_ms));
    lifecycle.spawn("voting clock", clock::run(app.clone(), tick, grace, lifecycle.stopping()));
    let look = Duration::from_millis(u64::from(config.sequencer_ms.max(10)));
    lifecycle.spawn("voting sequencer", sequencer::run(app.clone(), look, lifecycle.stopping()));
    let (measured, polls, logs) = (app.clone(), standing::polls_gauge(), standing::logs_gauge());
    lifecycle.spawn_every("voting standing", MEASURE_EVERY, move || {
        let (app, polls, logs) = (measured.clone(), polls.clone(), logs.clone());
        async move {
            standing::measure_polls(&app, &polls).await?;
            standing::measure_logs(&app, &logs).await
        }
    });
    let forgetful = app.clone();
    lifecycle.spawn_soon_and_every("voting paper forms", FORGET_EVERY, move || {
        let app = forgetful.clone();
        async move { paper::forget_paper_forms(&app).await }
    });
}

/// Each lane of the intake has a connection of its own, however many read. Together they are not more than the configuration
/// says, unless it says too few to work with.
fn connections_beside_intake(config: &Config) -> u32 {
    let lanes = u32::try_from(config.intake.max_in_flight_batches.max(1)).unwrap_or(u32::MAX);
    config.database.max_connections.saturating_sub(lanes).max(4)
}
