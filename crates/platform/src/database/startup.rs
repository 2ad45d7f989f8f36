//! A server that starts before its database waits for it.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{DatabaseConfig, DatabaseError, Migrations, Newer, check};

/// Between two attempts; doubled each time until it is [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Waits until the database takes a connection ([`wait`]), then checks that its schema fits this program. A newer
/// schema is allowed: during a rolling update it is already there.
///
/// # Errors
/// As [`wait`] and [`check`].
pub async fn ready(
    pool: &PgPool,
    config: &DatabaseConfig,
    migrations: &Migrations,
    stopping: &CancellationToken,
) -> Result<(), DatabaseError> {
    wait(pool, config, migrations.service, stopping).await?;
    check(pool, migrations, Newer::Allow).await
}

/// Waits until the database of `service` takes a connection, for `startup_timeout_ms` at the most or until
/// `stopping`. What is in the way is logged when it changes, whatever it is: a role that migrations are
/// about to make may not exist yet.
///
/// # Errors
/// What was in the way at the last attempt.
pub async fn wait(
    pool: &PgPool,
    config: &DatabaseConfig,
    service: &'static str,
    stopping: &CancellationToken,
) -> Result<(), DatabaseError> {
    let deadline = Instant::now() + Duration::from_millis(config.startup_timeout_ms);
    let options = pool.connect_options();
    let (mut pause, mut said) = (FIRST_PAUSE, String::new());
    // The pool would only report a timeout, and hide the cause.
    while let Err(source) = attempt(&options).await {
        if stopping.is_cancelled() || Instant::now() + pause > deadline {
            return Err(DatabaseError::Connection { service, source });
        }
        let cause = source.to_string();
        if cause != said {
            tracing::warn!(service, %cause, "the database takes no connection; waiting for it");
            said = cause;
        }
        stopping.run_until_cancelled(sleep(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if !said.is_empty() {
        tracing::info!(service, "the database is there");
    }
    Ok(())
}

async fn attempt(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let attempt = async {
        let connection: PgConnection = options.connect().await?;
        connection.close().await
    };
    let late = |_| {
        let text = "no answer to an attempt to connect";
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, text)))
    };
    timeout(ATTEMPT, attempt).await.unwrap_or_else(late)
}
