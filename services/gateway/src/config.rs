//! The `gateway` section of the configuration.

mod organization;
mod waiting_room;

use std::time::Duration;

use comitia_cache::RateLimit;
use comitia_platform::config;
use comitia_platform::limit::LimitConfig;
use comitia_platform::runtime::ServerConfig;
use ipnet::IpNet;
use serde::Deserialize;

pub use self::organization::{OrganizationLimit, OrganizationLimits, OrganizationOverride};
pub use self::waiting_room::{WaitingRoomConfig, WaitingRoomMode};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP listener.
    pub server: ServerConfig,
    /// The largest request body in bytes, where a method's policy sets no other limit.
    #[serde(default = "body_limit_bytes")]
    pub body_limit_bytes: usize,
    /// The maximum size in bytes of all request bodies held at once. Ballots are refused last. A
    /// byte of a body takes up to four while it is parsed and sent on.
    #[serde(default = "body_budget_bytes")]
    pub body_budget_bytes: usize,
    /// Which web sites may call the API from a browser.
    #[serde(default)]
    pub cors: CorsConfig,
    /// The proxies in front of the gateway, as networks such as `10.0.0.0/8`. `X-Forwarded-For` is
    /// trusted only from them.
    #[serde(default, deserialize_with = "config::list")]
    pub trusted_proxies: Vec<IpNet>,
    /// Rate limits by client address.
    #[serde(default)]
    pub rate_limits: RateLimits,
    /// Limits by organization.
    #[serde(default)]
    pub organization_limits: OrganizationLimits,
    /// The timeout of a request in milliseconds, including all calls that it causes, for methods
    /// whose policy gives no other.
    #[serde(default = "request_timeout_ms")]
    pub request_timeout_ms: u64,
    /// The maximum number of requests in flight. Beyond it requests are refused with `OVERLOADED`:
    /// writes from seven eighths of it, reads from three quarters, exports from half. Organizations
    /// share it, and so do the clients of an organization.
    #[serde(default = "max_in_flight")]
    pub max_in_flight: usize,
    /// The target latency of a call to a service, in milliseconds. If more than one call in ten is
    /// slower, fewer run at once and requests are refused earlier, in the same order.
    #[serde(default = "latency_target_ms")]
    pub latency_target_ms: u64,
    /// The maximum number of open connections. When it is reached, a new connection evicts an idle
    /// one of the client with the most.
    #[serde(default = "max_connections")]
    pub max_connections: usize,
    /// Milliseconds after which an idle connection is closed. A proxy in front should close its
    /// idle connections sooner.
    #[serde(default = "connection_idle_ms")]
    pub connection_idle_ms: u64,
    /// The maximum time in milliseconds that a starting gateway waits for the first answer of each
    /// service before it is ready anyway. It must be less than the orchestrator's startup limit.
    #[serde(default = "first_answers_ms")]
    pub first_answers_ms: u64,
    /// Event streams.
    #[serde(default)]
    pub streams: StreamConfig,
    /// The waiting room before sign-in.
    #[serde(default)]
    pub waiting_room: WaitingRoomConfig,
    /// The host name of the organization that answers on all unknown host names. For installations
    /// with one organization.
    #[serde(default)]
    pub default_organization_host: Option<String>,
    /// Whether equal public reads share an answer for up to two seconds.
    #[serde(default = "yes")]
    pub share_answers: bool,
    /// The `max-age` of `Strict-Transport-Security` in seconds. 0 omits the header.
    #[serde(default)]
    pub hsts_seconds: u64,
}

/// Cross-origin requests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// The origins that may call, such as `https://vote.example.org`. `*` allows all; an empty list
    /// allows none.
    #[serde(deserialize_with = "config::list")]
    pub allowed_origins: Vec<String>,
}

/// Rate limits by client address. An IPv6 address counts with its whole /64.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Off for load tests.
    pub enabled: bool,
    /// Attempts to sign in.
    pub sign_in: Limit,
    /// Ballots, receipts and permits.
    pub vote: Limit,
    /// Reads.
    pub read: Limit,
    /// Writes.
    pub write: Limit,
}

/// A rate limit: a burst that refills evenly.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many requests may come at once.
    pub burst: u32,
    /// In how many seconds the burst refills.
    pub per_seconds: u64,
}

impl Limit {
    const fn new(burst: u32, per_seconds: u64) -> Self {
        Self { burst, per_seconds }
    }
}

impl From<Limit> for RateLimit {
    fn from(limit: Limit) -> Self {
        Self::new(limit.burst.max(1), Duration::from_secs(limit.per_seconds.max(1)))
    }
}

impl Default for RateLimits {
    /// Generous: a town hall, a school or a mobile operator may share one address.
    fn default() -> Self {
        Self {
            enabled: true,
            sign_in: Limit::new(300, 60),
            vote: Limit::new(2_000, 60),
            read: Limit::new(6_000, 60),
            write: Limit::new(600, 60),
        }
    }
}

/// Event streams.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamConfig {
    /// The maximum number per client address.
    pub max_per_address: u32,
    /// The maximum number in all. An organization may have at most twice as many as stay free: two
    /// thirds if it is alone.
    pub max_total: u32,
    /// Milliseconds without an event after which a heartbeat is sent.
    pub heartbeat_ms: u64,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self { max_per_address: 200, max_total: 20_000, heartbeat_ms: 15_000 }
    }
}

/// The minimum number of calls to a service at once, however slow it gets.
const MIN_CALLS: usize = 32;

impl Config {
    /// The bounds of calls to one service at once.
    pub(crate) fn upstream_limit(&self) -> LimitConfig {
        LimitConfig {
            least: MIN_CALLS.min(self.max_in_flight),
            most: self.max_in_flight,
            target_ms: self.latency_target_ms,
        }
    }

    pub(crate) fn first_answers(&self) -> Duration {
        Duration::from_millis(self.first_answers_ms)
    }

    /// A configuration with all defaults.
    #[must_use]
    pub fn new(server: ServerConfig) -> Self {
        Self {
            server,
            body_limit_bytes: body_limit_bytes(),
            body_budget_bytes: body_budget_bytes(),
            cors: CorsConfig::default(),
            trusted_proxies: Vec::new(),
            rate_limits: RateLimits::default(),
            organization_limits: OrganizationLimits::default(),
            request_timeout_ms: request_timeout_ms(),
            max_in_flight: max_in_flight(),
            latency_target_ms: latency_target_ms(),
            max_connections: max_connections(),
            connection_idle_ms: connection_idle_ms(),
            first_answers_ms: first_answers_ms(),
            streams: StreamConfig::default(),
            waiting_room: WaitingRoomConfig::default(),
            default_organization_host: None,
            share_answers: true,
            hsts_seconds: 0,
        }
    }
}

const fn body_limit_bytes() -> usize {
    1 << 20
}

const fn body_budget_bytes() -> usize {
    64 << 20
}

const fn request_timeout_ms() -> u64 {
    30_000
}

const fn max_in_flight() -> usize {
    8_192
}

const fn latency_target_ms() -> u64 {
    100
}

const fn max_connections() -> usize {
    16_384
}

const fn connection_idle_ms() -> u64 {
    60_000
}

const fn first_answers_ms() -> u64 {
    60_000
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_enough_and_a_wrong_key_is_named() {
        let read = |json: &str| serde_json::from_str::<Config>(json).map_err(|error| error.to_string());
        let config = read(r#"{"server": {"listen": "127.0.0.1:8080"}}"#).unwrap();
        assert_eq!(config.body_limit_bytes, 1_048_576);
        assert!(config.rate_limits.enabled && config.share_answers);
        let wrong = r#"{"server": {"listen": "127.0.0.1:8080"}, "rate_limits": {"votes": {}}}"#;
        assert!(read(wrong).unwrap_err().contains("votes"));
        let wrong = r#"{"server": {"listen": "127.0.0.1:8080"}, "trusted_proxies": ["10.0.0.0/99"]}"#;
        assert!(read(wrong).is_err());
    }
}
