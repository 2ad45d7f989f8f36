//! The use cases: one function each, and one transaction. What must be asked of other services is asked before it.

mod budgets;
mod imports;
mod leftovers;
mod peers;
mod progress;
mod projects;
mod results;
mod standing;
mod votes;

use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::{Event, OutboxSignal};
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant};
use prost::Message;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

pub use budgets::{BudgetChange, NewBudget, cursor as budget_cursor, from_cursor as budget_from_cursor};
pub use peers::Peers;
pub use projects::NewProject;
pub use standing::Standing;
pub use votes::{Only, ScheduledVote};

use crate::error::Error;

/// What the use cases work with.
#[derive(Clone)]
pub struct App {
    pool: PgPool,
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

    async fn begin(&self, organization: Uuid) -> Result<Transaction<'static, Postgres>, Error> {
        Ok(database::begin(&self.pool, Tenant::Organization(organization)).await?)
    }

    /// For events and jobs, which come from all tenants.
    async fn begin_all(&self) -> Result<Transaction<'static, Postgres>, Error> {
        Ok(database::begin(&self.pool, Tenant::All).await?)
    }

    fn event(&self, routing_key: &str, organization: Uuid, subject: Uuid, message: &impl Message) -> Event {
        Event::new(&self.clock, routing_key, Some(organization), subject.to_string(), message)
    }
}
