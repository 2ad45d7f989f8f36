//! The one door each to clock, ids, randomness, environment and spawning, and the error codes that all
//! services share. Nothing else in the workspace may call `Utc::now`, `Uuid::now_v7`, `tokio::spawn`,
//! `std::env::var` or the system's random source (clippy.toml keeps it so): tests can then hold time still
//! and a reader knows where to look.

mod clock;
pub mod environment;
mod error_code;
pub mod id;
pub mod random;
pub mod task;

pub use clock::Clock;
pub use error_code::ErrorCode;
