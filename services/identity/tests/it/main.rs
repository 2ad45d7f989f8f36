//! identity against a real PostgreSQL: its use cases, and as gRPC calls it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod grpc;
mod jobs;
mod rolls;
mod rotation;
mod served;
mod use_cases;
mod world;
