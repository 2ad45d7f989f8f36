//! The service through gRPC and the bus, on a real PostgreSQL, with doubles of the services that it asks.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod budgets;
mod checklists;
mod doubles;
mod extensions;
mod leftovers;
mod projects;
mod repeated;
mod results;
mod standing;
mod unreadable;
mod visibility;
mod votes;
mod world;
