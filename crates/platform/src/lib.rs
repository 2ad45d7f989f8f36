//! What every service stands on, so that a service is only its own rules: typed configuration, telemetry,
//! lifecycle with graceful drain, health, the gRPC server and its clients, TLS between them, the caller of a request, the log of
//! what staff did, one error model, the database with its tenants, idempotent requests, page tokens, what the public may see, and what is
//! forgotten by age.

pub mod acts;
pub mod address;
pub mod auth;
pub mod config;
pub mod currency;
pub mod database;
pub mod error;
pub mod fairness;
pub mod grpc;
pub mod health;
pub mod idempotency;
pub mod lifecycle;
pub mod limit;
pub mod page;
pub mod retention;
pub mod runtime;
pub mod service;
pub mod telemetry;
pub mod tls;
pub mod validate;
pub mod visibility;

pub use error::{ApiError, Reason};
pub use runtime::Runtime;
