//! The use cases: one function each, one transaction each. Calls to other services come before the transaction.

pub mod budgets;
pub mod checklists;
pub mod extensions;
pub mod imports;
pub mod leftovers;
pub mod peers;
pub mod progress;
pub mod projects;
pub mod results;
pub mod standing;
pub mod votes;

use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::{Event, OutboxSignal};
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant, Transaction};
use prost::Message;
use sqlx::PgPool;
use uuid::Uuid;

use crate::app::peers::Peers;
use crate::error::Error;

/// What the use cases work with.
#[derive(Clone)]
pub struct App {
    pub(crate) pool: PgPool,
    clock: Clock,
    outbox: OutboxSignal,
    peers: Peers,
    poll_retry: TimeDelta,
}

impl App {
    /// The use cases on `pool`; a poll that voting does not have yet is tried again after `poll_retry`.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock, outbox: OutboxSignal, peers: Peers, poll_retry: Duration) -> Self {
        let poll_retry = TimeDelta::from_std(poll_retry).unwrap_or(TimeDelta::MAX);
        Self { pool, clock, outbox, peers, poll_retry }
    }

    async fn begin(&self, organization: Uuid) -> Result<Transaction, Error> {
        Ok(database::begin(&self.pool, Tenant::Organization(organization)).await?)
    }

    /// For events and jobs, which come from all tenants.
    async fn begin_all(&self) -> Result<Transaction, Error> {
        Ok(database::begin(&self.pool, Tenant::All).await?)
    }

    fn event(&self, routing_key: &str, organization: Uuid, subject: Uuid, message: &impl Message) -> Event {
        Event::new(&self.clock, routing_key, Some(organization), subject.to_string(), message)
    }
}
