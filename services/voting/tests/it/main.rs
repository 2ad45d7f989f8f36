//! voting against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod closing;
mod crash;
mod harness;
mod intake;
mod late;
mod overload;
mod paper;
mod polls;
mod served;
mod standing;
mod tenants;
