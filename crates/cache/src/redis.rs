//! The cache on Redis (or Valkey).

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError, Script, TlsCertificates};

use crate::pubsub::PubSub;
use crate::{Cache, CacheError, Decision, Line, LineState, LineStep, Messages, RateLimit, gcra, line};

/// The timeout of a command: a later answer is of no use to a request that waits for it.
const TIMEOUT: Duration = Duration::from_millis(500);

/// GCRA in one step, by the server's time: replicas whose clocks differ see one limit.
const RESERVE: &str = r"
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local per, interval, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
local next = math.max(tat, now) + interval
local excess = next - now - per
if excess > longest then
  return {0, 0, excess - longest}
end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
return {1, math.max(math.floor(-excess / interval), 0), math.max(excess, 0)}
";

/// A cache on Redis. It connects on first use, reconnects when the connection is lost, and fails fast while Redis is
/// away.
#[derive(Clone, Debug)]
pub struct Redis {
    connection: ConnectionManager,
    reserve: Script,
    line: Script,
    pubsub: PubSub,
}

impl From<RedisError> for CacheError {
    fn from(error: RedisError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Redis {
    /// A cache at `url` (`redis://user:password@host:port/database`, or `rediss://...`, whose certificate has to be of a
    /// CA of the system's). Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`CacheError::Invalid`] when `url` is no Redis address.
    pub fn connect(url: &str) -> Result<Self, CacheError> {
        // The message of the client may quote the address, and that holds a password.
        let invalid =
            |_| CacheError::Invalid("the address of the cache is not redis://... or rediss://...".to_owned());
        Self::through(Client::open(url).map_err(invalid)?)
    }

    /// As [`Redis::connect`], at a `rediss://` address whose certificate has to be of this CA (PEM).
    ///
    /// # Errors
    /// [`CacheError::Invalid`] when `url` is no such address, or `ca` not PEM.
    pub fn connect_with_ca(url: &str, ca: Vec<u8>) -> Result<Self, CacheError> {
        let invalid = |_| {
            CacheError::Invalid("cache.ca_file needs an address rediss://... and certificates".to_owned())
        };
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca) };
        Self::through(Client::build_with_tls(url, certificates).map_err(invalid)?)
    }

    fn through(client: Client) -> Result<Self, CacheError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client.clone(), config)?,
            reserve: Script::new(RESERVE),
            line: Script::new(line::STEP),
            pubsub: PubSub::start(client),
        })
    }

    async fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, CacheError> {
        Ok(command.query_async(&mut self.connection.clone()).await?)
    }
}

/// Whole milliseconds, at least one: Redis refuses zero.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX.unsigned_abs() / 2)
}

#[async_trait]
impl Cache for Redis {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let value: Option<Vec<u8>> = self.query(redis::cmd("GET").arg(key)).await?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        self.query(redis::cmd("SET").arg(key).arg(&value[..]).arg("PX").arg(millis(ttl))).await
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        self.query(redis::cmd("UNLINK").arg(key)).await
    }

    async fn reserve(&self, key: &str, limit: RateLimit, longest: Duration) -> Result<Decision, CacheError> {
        let (per, interval) = gcra::periods(limit);
        let mut connection = self.connection.clone();
        let (allowed, remaining, retry_after): (i64, i64, i64) = self
            .reserve
            .key(format!("{key}:limit"))
            .arg(per)
            .arg(interval)
            .arg(gcra::micros(longest))
            .invoke_async(&mut connection)
            .await?;
        Ok(gcra::answer(allowed == 1, remaining, retry_after))
    }

    async fn line(&self, key: &str, step: &LineStep, ttl: Duration) -> Result<LineState, CacheError> {
        let mut call = self.line.key(format!("{key}:line"));
        call.arg(step.member).arg(step.frontier).arg(step.admit).arg(step.until).arg(step.when_empty);
        call.arg(millis(ttl));
        for (second, people) in &step.arrivals {
            call.arg(*second).arg(*people);
        }
        let (begun, (frontier, admitted, admitted_in_all, members), waiting): (String, _, Vec<(i64, u32)>) =
            call.invoke_async(&mut self.connection.clone()).await?;
        let begun = begun
            .split_once(':')
            .and_then(|(member, time)| Some((member.parse().ok()?, time.parse().ok()?)))
            .ok_or_else(|| CacheError::Unavailable("the line in the cache is not one".to_owned()))?;
        let line = Line::new(frontier, waiting.into_iter().collect());
        Ok(LineState { line, admitted, admitted_in_all, begun, members })
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        self.query(redis::cmd("PUBLISH").arg(channel).arg(&message[..])).await
    }

    async fn subscribe(&self, channel: &str) -> Result<Messages, CacheError> {
        self.pubsub.listen(channel).await
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.query(&redis::cmd("PING")).await
    }
}
