//! PostgreSQL: one schema and one runtime role a service, row-level security between organizations.
//!
//! All SQL of a service names its schema (`voting.ballots`). Tables that every service has (`outbox`, `inbox`,
//! `requests`) are named without it and found through the `search_path` that the migrations give to the role.

mod disclosure;
mod failure;
mod metrics;
mod migrations;
mod repeatable;
mod scram;
mod startup;
mod stored;
mod time;
mod transaction;

use std::time::Duration;

use comitia_core::task;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr};
use tokio::time::Instant;
use uuid::Uuid;

pub use disclosure::{Disclosure, of_session as disclosures};
pub use failure::{Failure, retryable, unavailable};
pub use migrations::{Difference, Migrations, Newer, check, pending};
pub use repeatable::Repeatable;
pub use startup::{ready, wait};
pub use stored::Unreadable;
pub use time::clock;
pub use transaction::Transaction;

/// How a service reaches its database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://comitia_<service>:password@host:port/database`, the runtime role's.
    pub url: SecretString,
    /// The most connections that one process opens.
    #[serde(default = "default_max_connections")]
    pub max_connections: u32,
    /// How long a caller waits for a free connection.
    #[serde(default = "default_acquire_timeout_ms")]
    pub acquire_timeout_ms: u64,
    /// How long a server waits at its start for the database.
    #[serde(default = "default_startup_timeout_ms")]
    pub startup_timeout_ms: u64,
}

impl DatabaseConfig {
    /// The defaults, with this URL.
    #[must_use]
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            max_connections: default_max_connections(),
            acquire_timeout_ms: default_acquire_timeout_ms(),
            startup_timeout_ms: default_startup_timeout_ms(),
        }
    }
}

fn default_max_connections() -> u32 {
    16
}

fn default_acquire_timeout_ms() -> u64 {
    5_000
}

/// Less than what the chart gives a process to start (`startupSeconds`), so that the process itself says
/// why it gave up.
fn default_startup_timeout_ms() -> u64 {
    110_000
}

/// What goes wrong with a database as a whole. Queries keep their [`sqlx::Error`].
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not one.
    // The parser's own message for a password with a # is that the port is wrong.
    #[error(
        "the database URL must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, and in USER and PASSWORD each of # / ? @ : % \
         written as %23 %2F %3F %40 %3A %25"
    )]
    Url(#[source] sqlx::Error),
    /// The server could not be reached, or refused.
    #[error("the database of {service}: {source}")]
    Connection {
        /// Whose database.
        service: &'static str,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// A migration failed; what ran before it stays.
    #[error("migrating {service}: {source}")]
    Migration {
        /// Whose migration.
        service: &'static str,
        /// Which one, and why.
        source: sqlx::migrate::MigrateError,
    },
    /// A repeatable migration failed; what ran before it stays.
    #[error("migrating {service}: {name}: {source}")]
    Repeatable {
        /// Whose migration.
        service: &'static str,
        /// Its name.
        name: &'static str,
        /// The error of the database.
        source: sqlx::Error,
    },
    /// A repeatable migration does not say its version.
    #[error(
        "the repeatable migration {name} of {service} must begin with \"-- version \" and a whole number"
    )]
    NoVersion {
        /// Whose migration.
        service: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// Two migrations have the same version, so that their order would be undefined.
    #[error("two migrations of {service} have the version {version}")]
    DuplicateVersion {
        /// Whose migrations.
        service: &'static str,
        /// The version.
        version: i64,
    },
    /// Another process has been migrating this database for too long.
    #[error("migrating {service}: another process holds the migration lock of this database")]
    Locked {
        /// Who waited.
        service: &'static str,
    },
    /// The schema is not the one that this program was built for.
    #[error("the database of {service} does not fit this program: {}", list(.differences))]
    Differs {
        /// Whose database.
        service: &'static str,
        /// All differences.
        differences: Vec<Difference>,
    },
    /// The server would write ballots, nullifiers and personal data into its log.
    #[error(
        "the database server of {service} would write the values of statements, ballots and personal data among \
         them, into its log: {}; for the role comitia_{service} (`ALTER ROLE ... SET`, as a superuser) or for the whole \
         server, which needs a reload and no restart",
        list(.disclosures)
    )]
    Discloses {
        /// Whose database.
        service: &'static str,
        /// All settings that do it.
        disclosures: Vec<Disclosure>,
    },
}

fn list(all: &[impl ToString]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A pool that connects when it is first used, so that a server starts while its database is away. Metrics show it by
/// the name of its role.
///
/// # Errors
/// When the URL is not valid.
pub fn connect(config: &DatabaseConfig) -> Result<PgPool, DatabaseError> {
    let options = options(config)?;
    let role = options.get_username().to_owned();
    Ok(pool(config, options, &role))
}

/// As [`connect`], for one of several pools of a role: metrics show it by `name`.
///
/// # Errors
/// As [`connect`].
pub fn connect_named(config: &DatabaseConfig, name: &str) -> Result<PgPool, DatabaseError> {
    Ok(pool(config, options(config)?, name))
}

fn options(config: &DatabaseConfig) -> Result<PgConnectOptions, DatabaseError> {
    config.url.expose_secret().parse().map_err(DatabaseError::Url)
}

fn pool(config: &DatabaseConfig, options: PgConnectOptions, name: &str) -> PgPool {
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .connect_lazy_with(options);
    metrics::observe(&pool, name);
    pool
}

/// Whose rows a transaction works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    /// The rows of one organization.
    Organization(Uuid),
    /// The rows of all organizations: for relays, jobs, and writes that batch requests of several tenants.
    All,
}

impl Tenant {
    /// The value of `comitia.organization`.
    fn setting(self) -> String {
        match self {
            Self::Organization(id) => id.to_string(),
            Self::All => "*".to_owned(),
        }
    }
}

/// Begins a transaction that sees and writes only the rows of `tenant`, in one round trip. Safe to cancel: a dropped
/// future leaves no open transaction behind.
///
/// # Errors
/// When no connection is to be had.
pub async fn begin(pool: &PgPool, tenant: Tenant) -> Result<Transaction, sqlx::Error> {
    begin_with(pool, tenant, "BEGIN").await
}

/// As [`begin`], with a statement of its own, for example `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`.
///
/// # Errors
/// When no connection is to be had.
pub async fn begin_with(
    pool: &PgPool,
    tenant: Tenant,
    statement: &'static str,
) -> Result<Transaction, sqlx::Error> {
    let reads = statement.contains("READ ONLY");
    // A UUID's digits and `*` need no quoting.
    let statement = format!("{statement}; SET LOCAL comitia.organization = '{}'", tenant.setting());
    let started = Instant::now();
    let transaction = begin_whole(pool, statement).await;
    metrics::begun(pool, started.elapsed(), transaction.as_ref().map(drop));
    Ok(Transaction::new(transaction?, reads))
}

/// Sends `BEGIN` and waits for the answer in a task of its own. The driver counts a transaction only once the server
/// has confirmed it, so that a future dropped in between would return the connection with the transaction, and its tenant,
/// still open. Waiting for a connection stays with the caller, and ends when the caller is dropped.
async fn begin_whole(
    pool: &PgPool,
    statement: String,
) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
    let connection = pool.acquire().await?;
    let begin = sqlx::Transaction::begin(connection, Some(AssertSqlSafe(statement).into_sql_str()));
    // The task is never aborted: it fails only if it panics or the runtime ends.
    task::spawn("begin", begin).await.map_err(|_| sqlx::Error::WorkerCrashed)?
}

/// Whether `error` says that a row with this unique `constraint` exists already.
#[must_use]
pub fn is_unique_violation(error: &sqlx::Error, constraint: &str) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.is_unique_violation() && error.constraint() == Some(constraint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_needs_a_url_alone_and_refuses_unknown_keys() {
        let config: DatabaseConfig = serde_json::from_str(r#"{"url":"postgres://a@b/c"}"#).unwrap();
        assert_eq!(config.max_connections, 16);
        assert!(serde_json::from_str::<DatabaseConfig>(r#"{"url":"x","pool":3}"#).is_err());
        assert!(!format!("{config:?}").contains("postgres://"), "a secret was printed");
    }

    #[test]
    fn an_invalid_url_is_an_error_without_the_url() {
        for url in ["postgres://u:hidden@[/x", "postgres://u:hid#den@host/x", "postgres://u:hid/den@host/x"] {
            let error = connect(&DatabaseConfig::new(url.into())).unwrap_err().to_string();
            assert!(!error.contains("hid") && error.contains("# / ? @ : %"), "{error}");
        }
    }
}
