//! The use cases of proposals: one function each, one transaction each.

pub mod authors;
pub mod batch;
pub mod indexing;
pub mod names;
pub mod projects;
pub mod readers;
pub mod team;

use comitia_bus::OutboxSignal;
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant, Transaction};
use comitia_platform::visibility::Processes;
use sqlx::PgConnection;
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::domain::proposal::Proposal;
use crate::error::Error;
use crate::identity::Authors;
use crate::spaces::Organizations;
use crate::store;

/// What the use cases work with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) pool: PgPool,
    clock: Clock,
    outbox: OutboxSignal,
    processes: Processes,
    organizations: Organizations,
    authors: Authors,
}

impl App {
    /// The use cases on this database. `outbox` wakes the relay.
    #[must_use]
    pub fn new(
        pool: PgPool,
        clock: Clock,
        outbox: OutboxSignal,
        (processes, organizations): (Processes, Organizations),
        authors: Authors,
    ) -> Self {
        Self { pool, clock, outbox, processes, organizations, authors }
    }

    /// A transaction of an organization.
    async fn begin(&self, organization: Uuid) -> sqlx::Result<Transaction> {
        database::begin(&self.pool, Tenant::Organization(organization)).await
    }
}

async fn lock(connection: &mut PgConnection, proposal: Uuid) -> Result<Proposal, Error> {
    store::proposals::lock(connection, proposal).await?.ok_or(Error::NotFound(proposal))
}
