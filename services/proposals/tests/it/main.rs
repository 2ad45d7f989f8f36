//! proposals against a real PostgreSQL, called as gRPC calls it, with a stand-in for spaces and identity.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod authors;
mod batch;
mod double;
mod harness;
mod lists;
mod names;
mod projects;
mod served;
mod team;
mod tenants;
mod unreadable;
mod visibility;
