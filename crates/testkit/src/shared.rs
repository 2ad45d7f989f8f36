//! The servers that tests share: those of `with-services`, or one for this process.

use anyhow::Context;
use comitia_core::environment;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::{PostgresServer, RabbitMqServer, RedisServer};

/// Names the superuser's URL of a PostgreSQL for tests. Roles and databases are made in it.
pub const POSTGRES_URL: &str = "COMITIA_TEST_POSTGRES_URL";
/// Names the URL of a RabbitMQ for tests.
pub const AMQP_URL: &str = "COMITIA_TEST_AMQP_URL";
/// Names the URL of a Redis for tests.
pub const REDIS_URL: &str = "COMITIA_TEST_REDIS_URL";

// Statics are never dropped: these servers end with the process (their death signal).
static POSTGRES: OnceCell<PostgresServer> = OnceCell::const_new();
static BROKER: OnceCell<RabbitMqServer> = OnceCell::const_new();
static REDIS: OnceCell<RedisServer> = OnceCell::const_new();

fn given(name: &str) -> Option<String> {
    environment::variable(name).filter(|url| !url.is_empty())
}

/// The superuser's URL of the PostgreSQL that tests share.
///
/// # Errors
/// When there is none and none can be started.
pub async fn test_postgres_url() -> anyhow::Result<SecretString> {
    if let Some(url) = given(POSTGRES_URL) {
        return Ok(url.into());
    }
    Ok(POSTGRES.get_or_try_init(PostgresServer::start).await.context(POSTGRES_URL)?.url().clone())
}

/// The URL of the RabbitMQ that tests share; a test names its exchanges and queues for itself.
///
/// # Errors
/// When there is none and none can be started.
pub async fn test_amqp_url() -> anyhow::Result<String> {
    if let Some(url) = given(AMQP_URL) {
        return Ok(url);
    }
    Ok(BROKER.get_or_try_init(RabbitMqServer::start).await.context(AMQP_URL)?.url().to_owned())
}

/// The URL of the Redis that tests share; a test prefixes its keys.
///
/// # Errors
/// When there is none and none can be started.
pub async fn test_redis_url() -> anyhow::Result<String> {
    if let Some(url) = given(REDIS_URL) {
        return Ok(url);
    }
    Ok(REDIS.get_or_try_init(RedisServer::start).await.context(REDIS_URL)?.url().to_owned())
}
