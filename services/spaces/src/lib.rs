//! spaces: where and when. Organizations with their host names, processes with phases that open and close by the
//! clock, the components of a process, and areas.

pub mod app;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod grpc;
pub mod holders;
pub mod store;
pub mod uses;

use std::time::Duration;

use comitia_bus::{BusError, OutboxSignal};
use comitia_files::{ConfigError, FilesConfig, Intake, Store};
use comitia_platform::Runtime;
use comitia_platform::database::{self, DatabaseConfig, DatabaseError, Migrations};
use comitia_platform::grpc::{AddressError, ServeError};
use comitia_platform::runtime::ServerConfig;
use comitia_platform::service::Service;
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::app::App;
use crate::app::attachments::Files;
use crate::domain::attachment::{MAX_ATTACHMENTS, MAX_PROPOSAL_ATTACHMENTS};
use crate::holders::Holders;
use crate::uses::Users;

pub use crate::consumers::subscriptions;

/// The name of the service, of its schema and of its section in the configuration.
const SERVICE: &str = "spaces";
/// How often what is overdue is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(15);
/// How long it is remembered whether everybody may see the files of a proposal or a project.
const HOLDERS_KEPT: Duration = Duration::from_secs(2);
/// How often files that are due leave the store.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// The largest file of a proposal that may be configured: what the API takes for one.
const MAX_PROPOSAL_FILE: usize = 16_000_000;

/// The service's own migrations.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/spaces");

/// The `spaces` section of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// Milliseconds between two looks at the clock for phases that open or close.
    #[serde(default = "default_tick_ms")]
    pub tick_ms: u64,
    /// Where photos and documents are kept, and which are taken.
    #[serde(default)]
    pub files: FilesConfig,
    /// The most photos and documents of a process or of a project, 1 to 100.
    #[serde(default = "default_max_attachments")]
    pub max_attachments: u32,
    /// The most photos and documents of a proposal, 0 to 20.
    #[serde(default = "default_max_proposal_attachments")]
    pub max_proposal_attachments: u32,
    /// The largest photo or document of a proposal, in bytes, as it comes in.
    #[serde(default = "default_proposal_file_max_bytes")]
    pub proposal_file_max_bytes: usize,
}

fn default_max_proposal_attachments() -> u32 {
    5
}

fn default_proposal_file_max_bytes() -> usize {
    10 << 20
}

fn default_max_attachments() -> u32 {
    50
}

fn default_tick_ms() -> u64 {
    1_000
}

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration makes no sense.
    #[error("configuration: spaces.{0}")]
    Config(&'static str),
    /// The settings of files make no sense.
    #[error("configuration: spaces.{0}")]
    Files(#[from] ConfigError),
    /// An address of another service is not one.
    #[error("configuration: common.endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The bus refused the consumer.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// The migrations of the service's schema.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations { service: SERVICE, own: &MIGRATOR, repeatable: &[] }
}

/// What photos and documents are taken in by, and kept in.
///
/// # Errors
/// When a setting makes no sense.
pub fn files(config: &Config) -> Result<Files, StartError> {
    if !(1..=MAX_ATTACHMENTS).contains(&config.max_attachments) {
        return Err(StartError::Config("max_attachments: must be from 1 to 100"));
    }
    if config.max_proposal_attachments > MAX_PROPOSAL_ATTACHMENTS {
        return Err(StartError::Config("max_proposal_attachments: must be from 0 to 20"));
    }
    if !(1 << 10..=MAX_PROPOSAL_FILE).contains(&config.proposal_file_max_bytes) {
        return Err(StartError::Config("proposal_file_max_bytes: must be from 1024 to 16000000"));
    }
    Ok(Files {
        store: Store::new(&config.files)?,
        intake: Intake::new(&config.files)?,
        max_attachments: config.max_attachments,
        max_proposal_attachments: config.max_proposal_attachments,
        proposal_file_max_bytes: config.proposal_file_max_bytes,
    })
}

/// Runs the service on `listener` until the process stops.
///
/// # Errors
/// When the database is away at the start or does not fit this program, or the server fails.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    if config.tick_ms == 0 {
        return Err(StartError::Config("tick_ms: must not be 0"));
    }
    let files = files(&config)?;
    match (&files.store, &config.files.scanner) {
        (None, _) => tracing::info!("photos and documents are refused: spaces.files names no place for them"),
        (Some(_), None) => tracing::info!("files are not scanned for viruses: spaces.files names no scanner"),
        (Some(_), Some(_)) => {}
    }
    let pool = database::connect(&config.database)?;
    let (lifecycle, stopping) = (&runtime.lifecycle, runtime.lifecycle.stopping());
    database::ready(&pool, &config.database, &migrations(), &stopping).await?;

    let outbox = OutboxSignal::new();
    let users = Users::connect(&runtime)?;
    let holders = Holders::connect(&runtime, HOLDERS_KEPT)?;
    let app = App::new(pool.clone(), runtime.clock.clone(), outbox.clone(), (users, holders), files);
    let tick = Duration::from_millis(config.tick_ms);
    lifecycle.spawn("spaces clock", app::phases::run(app.clone(), tick, stopping));
    let (measured, overdue) = (app.clone(), app::phases::overdue_gauge());
    lifecycle.spawn_every("spaces overdue", MEASURE_EVERY, move || {
        let (app, overdue) = (measured.clone(), overdue.clone());
        async move { app::phases::measure(&app, &overdue).await }
    });
    let sweeping = app.clone();
    lifecycle.spawn_every("spaces files", SWEEP_EVERY, move || {
        let app = sweeping.clone();
        async move { app::attachments::leaving::sweep(&app).await }
    });
    let (measured, overdue) = (app.clone(), app::attachments::leaving::overdue_gauge());
    lifecycle.spawn_every("spaces overdue files", MEASURE_EVERY, move || {
        let (app, overdue) = (measured.clone(), overdue.clone());
        async move { app::attachments::leaving::measure(&app, &overdue).await }
    });

    let consumers = consumers::start(&app, &*runtime.bus).await?;
    let service = Service { name: SERVICE, pool, outbox, consumers, routes: grpc::routes(app) };
    Ok(service.serve(listener, &runtime).await?)
}
