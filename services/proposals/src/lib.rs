//! proposals: what is said. Proposals of participants, their search, moderation and answers, and the projects that
//! they became.

pub mod app;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod grpc;
pub mod identity;
pub mod spaces;
pub mod store;

use std::time::Duration;

use comitia_bus::{BusError, OutboxSignal};
use comitia_platform::Runtime;
use comitia_platform::database::{self, DatabaseConfig, DatabaseError, Migrations};
use comitia_platform::grpc::{AddressError, ServeError};
use comitia_platform::runtime::ServerConfig;
use comitia_platform::service::Service;
use comitia_platform::visibility::Processes;
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::app::App;
use crate::identity::Authors;
use crate::spaces::Organizations;

pub use crate::consumers::subscriptions;

/// The name of the service, of its schema and of its section in the configuration.
const SERVICE: &str = "proposals";
/// How often the service looks for what an earlier version indexed; one may still be running beside it.
const INDEX_EVERY: Duration = Duration::from_secs(60);

/// The service's own migrations.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/proposals");

/// The `proposals` section of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// Milliseconds for which what spaces says of a process's phases is kept.
    #[serde(default = "default_phase_cache_ms")]
    pub phase_cache_ms: u64,
}

fn default_phase_cache_ms() -> u64 {
    2_000
}

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address of another service is not one.
    #[error("configuration: common.endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The bus refused a queue.
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

/// Runs the service on `listener` until the process stops.
///
/// # Errors
/// When the database is away at the start or does not fit this program, or the server fails.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let pool = database::connect(&config.database)?;
    let (lifecycle, stopping) = (&runtime.lifecycle, runtime.lifecycle.stopping());
    database::ready(&pool, &config.database, &migrations(), &stopping).await?;

    let outbox = OutboxSignal::new();
    let (client, me) = (runtime.connect(&runtime.endpoints.spaces)?, runtime.service_identity(SERVICE)?);
    let authors = Authors::new(runtime.connect(&runtime.endpoints.identity)?, me.clone());
    let keep = Duration::from_millis(config.phase_cache_ms);
    let spaces = (Processes::new(client.clone(), me.clone(), keep), Organizations::new(client, me, keep));
    let app = App::new(pool.clone(), runtime.clock.clone(), outbox.clone(), spaces, authors);
    let indexed = app.clone();
    lifecycle.spawn_every("proposals indexing", INDEX_EVERY, move || {
        let app = indexed.clone();
        async move { app::indexing::run(&app).await }
    });

    let consumers = consumers::start(&app, &*runtime.bus).await?;
    let service = Service { name: SERVICE, pool, outbox, consumers, routes: grpc::routes(app) };
    Ok(service.serve(listener, &runtime).await?)
}
