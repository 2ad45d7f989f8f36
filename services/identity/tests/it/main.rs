//! identity against a real PostgreSQL: its use cases, and as gRPC calls it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod account_providers;
mod attempts;
mod days;
mod desk;
mod electors;
mod grpc;
mod imports;
mod jobs;
mod office;
mod participants;
mod passkeys;
mod providers;
mod registers;
mod replacements;
mod residents;
mod revocations;
mod rolls;
mod rotation;
mod served;
mod sign_ins;
mod unreadable;
mod use_cases;
mod world;
