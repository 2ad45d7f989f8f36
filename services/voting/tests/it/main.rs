//! voting against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acts;
mod call_off;
mod closing;
mod corrections;
mod crash;
mod desk;
mod early_close;
mod harness;
mod intake;
mod late;
mod log;
mod overload;
mod paper;
mod paper_deadline;
mod polls;
mod secrets;
mod sequencer;
mod served;
mod server_log;
mod small_cells;
mod standing;
mod tenants;
mod unreadable;
mod withdrawals;
