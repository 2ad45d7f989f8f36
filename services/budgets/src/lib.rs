//! How much: budgets, projects, ballot and allocation rules, results, progress of funded projects.

pub mod app;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod grpc;
pub mod store;

use std::time::Duration;

use comitia_bus::{BusError, OutboxSignal};
use comitia_platform::Runtime;
use comitia_platform::database::{self, DatabaseConfig, DatabaseError, Migrations};
use comitia_platform::grpc::{AddressError, ServeError};
use comitia_platform::runtime::ServerConfig;
use comitia_platform::service::Service;
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::app::peers::Peers;
use crate::app::standing::{self, Standing};
use crate::app::{App, leftovers, votes};

pub use crate::consumers::subscriptions;

/// The name of the service, of its schema and of its section in the configuration.
const SERVICE: &str = "budgets";
/// How often what waits for voting is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(15);

/// The migrations of this service.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/budgets");

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// How long, in milliseconds, a process with its phases is remembered.
    #[serde(default = "default_phase_cache_ms")]
    pub phase_cache_ms: u64,
    /// After how many milliseconds a poll that voting did not confirm is tried again.
    #[serde(default = "default_poll_retry_ms")]
    pub poll_retry_ms: u64,
}

fn default_phase_cache_ms() -> u64 {
    2_000
}

fn default_poll_retry_ms() -> u64 {
    5_000
}

/// The service cannot start, or ended in failure.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database is away, or not migrated.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An endpoint is not an address.
    #[error("configuration: common.endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// The bus refused a queue.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The gRPC server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// The migrations of this service with its schema.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations { service: SERVICE, own: &MIGRATOR, repeatable: &[] }
}

/// Runs the service until the process stops.
///
/// # Errors
/// When it cannot start: the database is away or not migrated, or an address is not one.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let pool = database::connect(&config.database)?;
    let (lifecycle, stopping) = (&runtime.lifecycle, runtime.lifecycle.stopping());
    database::ready(&pool, &config.database, &migrations(), &stopping).await?;

    let outbox = OutboxSignal::new();
    let peers = Peers::connect(&runtime, Duration::from_millis(config.phase_cache_ms))?;
    let retry = Duration::from_millis(config.poll_retry_ms.max(10));
    let app = App::new(pool.clone(), runtime.clock.clone(), outbox.clone(), peers, retry);
    let polls = app.clone();
    lifecycle.spawn_every("budgets polls", retry, move || {
        let app = polls.clone();
        async move { votes::create_missing_polls(&app).await }
    });
    let waiting = app.clone();
    lifecycle.spawn_every("budgets leftovers", retry, move || {
        let app = waiting.clone();
        async move { leftovers::publish_waiting(&app).await }
    });
    let (measured, gauges) = (app.clone(), Standing::new());
    lifecycle.spawn_every("budgets standing", MEASURE_EVERY, move || {
        let (app, gauges) = (measured.clone(), gauges.clone());
        async move { standing::measure(&app, &gauges).await }
    });

    let consumers = consumers::start(&app, &*runtime.bus).await?;
    let service = Service { name: SERVICE, pool, outbox, consumers, routes: grpc::routes(app) };
    Ok(service.serve(listener, &runtime).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let config = r#"{"server": {"listen": "127.0.0.1:0"}, "database": {"url": "postgres://a@b/c"}}"#;
        let config: Config = serde_json::from_str(config).unwrap();
        assert_eq!((config.phase_cache_ms, config.poll_retry_ms), (2_000, 5_000));
        let wrong = r#"{"server": {"listen": "127.0.0.1:0"}, "database": {"url": "x"}, "phases": 1}"#;
        assert!(serde_json::from_str::<Config>(wrong).unwrap_err().to_string().contains("phases"));
    }
}
