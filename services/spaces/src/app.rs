//! The use cases of spaces: one function each, one transaction each.

pub mod acts;
pub mod areas;
pub mod attachments;
pub mod host_names;
pub mod organizations;
pub mod outlines;
pub mod phases;
pub mod previews;
pub mod processes;
pub mod votes;

use comitia_bus::OutboxSignal;
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant, Transaction};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::app::attachments::Files;
use crate::holders::Holders;
use crate::uses::Users;

/// What the use cases work with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    outbox: OutboxSignal,
    users: Users,
    holders: Holders,
    files: Files,
}

impl App {
    /// The use cases on this database. `outbox` wakes the relay.
    #[must_use]
    pub fn new(
        pool: PgPool,
        clock: Clock,
        outbox: OutboxSignal,
        (users, holders): (Users, Holders),
        files: Files,
    ) -> Self {
        Self { pool, clock, outbox, users, holders, files }
    }

    /// A transaction of an organization that reads one state of the database.
    async fn reading(&self, organization: Uuid) -> sqlx::Result<Transaction> {
        let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        database::begin_with(&self.pool, Tenant::Organization(organization), statement).await
    }

    /// A transaction of an organization that writes.
    async fn writing(&self, organization: Uuid) -> sqlx::Result<Transaction> {
        database::begin(&self.pool, Tenant::Organization(organization)).await
    }

    /// A transaction over all organizations.
    async fn everywhere(&self) -> sqlx::Result<Transaction> {
        database::begin(&self.pool, Tenant::All).await
    }
}
