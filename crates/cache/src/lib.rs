//! What services share for a short while: cached bytes, rate limits, and the fan-out of live counts to every
//! replica of the gateway. Nothing here is a system of record: all of it may be lost.
//!
//! [`Cache`] has two adapters with one contract (`tests/contract.rs` runs against both): [`Redis`] for services that
//! run apart, [`InProcess`] for embedded mode. Services use it through [`Resilient`], which says what happens
//! while Redis is away, so that no request fails because of it.

mod cache;
mod config;
mod gcra;
mod in_process;
mod line;
mod local;
mod messages;
mod pubsub;
mod redis;
mod resilient;

pub use cache::{Cache, CacheError, Decision, Messages, RateLimit};
pub use config::{CacheConfig, connect};
pub use in_process::InProcess;
pub use line::{Line, LineState, LineStep};
pub use local::LocalLimit;
pub use redis::Redis;
pub use resilient::Resilient;
