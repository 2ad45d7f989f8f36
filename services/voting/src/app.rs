//! The use cases: one function each, one transaction.

pub mod acts;
pub mod call_off;
pub mod cast;
pub mod clock;
pub mod close;
pub mod corrections;
pub mod definitions;
pub mod endings;
pub mod intake;
pub mod log;
pub mod paper;
pub mod permit;
pub mod polls;
pub mod sequencer;
pub mod standing;
pub mod tracking;
pub mod turnout;
pub mod withdraw;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use comitia_bus::{Event, OutboxSignal};
use comitia_core::Clock;
use comitia_platform::auth::Verifier;
use comitia_platform::database::{self, Tenant, Transaction};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::poll::Period;
use crate::domain::{LogKeys, ReceiptKey};
use crate::error::Error;
use definitions::Definitions;
use endings::Endings;
use intake::Intake;
use turnout::Turnouts;

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub pool: PgPool,
    /// The time.
    pub clock: Clock,
    /// Wakes the relay.
    pub outbox: OutboxSignal,
    /// Verifies permits.
    pub verifier: Verifier,
    /// Makes tracking codes.
    pub receipts: ReceiptKey,
    /// Sign the heads of public logs.
    pub log_keys: LogKeys,
    /// The polls' rules.
    pub definitions: Definitions,
    /// Which polls are over.
    pub endings: Endings,
    /// Writes casts.
    pub intake: Intake,
    /// The turnout and its changes.
    pub turnouts: Turnouts,
    /// No smaller group of ballots of one district or channel is published.
    pub smallest_group: i64,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// A transaction on the rows of one organization.
    pub(crate) async fn begin(&self, organization: Uuid) -> Result<Transaction, Error> {
        Ok(database::begin(&self.pool, Tenant::Organization(organization)).await?)
    }
}

/// The time at which a poll ends now. Before its close_time it is cut to milliseconds, because it is shown.
fn moment(clock: &Clock, period: Period) -> DateTime<Utc> {
    let now = clock.now();
    if now < period.1 { now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now) } else { now }
}

/// An event about a poll.
fn poll_event(
    clock: &Clock,
    routing_key: &'static str,
    organization: Uuid,
    poll: Uuid,
    message: &impl prost::Message,
) -> Event {
    Event::new(clock, routing_key, Some(organization), poll.to_string(), message)
}
