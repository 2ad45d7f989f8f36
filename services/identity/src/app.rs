//! The use cases: one function a use case, one transaction.

pub mod attempts;
pub mod changes;
pub mod desk;
pub mod electors;
pub mod email_codes;
pub mod exports;
pub mod imports;
pub mod keys;
mod members;
pub mod participants;
pub mod passkeys;
pub mod permits;
pub mod personal_data;
pub mod providers;
pub mod reload;
pub mod replacements;
mod requests;
pub mod retention;
pub mod revocations;
pub mod rolls;
pub mod search;
pub mod sessions;
pub mod sign_ins;
pub mod staff;

use std::sync::Arc;

use chrono::TimeDelta;
use comitia_bus::OutboxSignal;
use comitia_cache::Resilient;
use comitia_core::Clock;
use comitia_platform::auth::revocations::Revocations;
use comitia_platform::database::{self, Tenant, Transaction};
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

use crate::app::attempts::Guessers;
use crate::app::keys::Keyring;
use crate::app::permits::PollCache;
use crate::app::providers::Providers;
use crate::domain::secrets::{DataKeys, LookupKey};
use crate::error::Error;
use crate::mail::Mailer;

/// What the use cases need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// The parts of [`App`].
pub struct Inner {
    /// The database, as this service's role.
    pub pool: PgPool,
    /// The time.
    pub clock: Clock,
    /// Rate limits.
    pub cache: Resilient,
    /// Sources that guessed too often.
    pub guessers: Guessers,
    /// Encryption at rest.
    pub data_keys: DataKeys,
    /// Keyed hashes.
    pub lookup: LookupKey,
    /// Who vouches for people.
    pub providers: Providers,
    /// Keys that sign.
    pub keyring: Keyring,
    /// Revoked sessions, as the database has them.
    pub revocations: Revocations,
    /// Polls with their keys, as long as they are used.
    pub polls: PollCache,
    /// Wakes the relay after a commit with events.
    pub outbox: OutboxSignal,
    /// E-mail.
    pub mailer: Mailer,
    /// What the operator signs in with: the present key, and an earlier one; none when nobody may.
    pub operator_keys: Vec<SecretString>,
    /// What each service signs in with: the present key, and an earlier one.
    pub service_keys: Vec<(&'static str, SecretString)>,
    /// How long things last, and how often they may be tried.
    pub policy: Policy,
}

/// How long things last, and how often they may be tried.
#[derive(Clone, Debug)]
pub struct Policy {
    /// An access token.
    pub access_token: TimeDelta,
    /// A staff member's session.
    pub staff_session: TimeDelta,
    /// A participant's session.
    pub participant_session: TimeDelta,
    /// A permit.
    pub permit: TimeDelta,
    /// A paper permit.
    pub paper_permit: TimeDelta,
    /// A one-time code.
    pub email_code: TimeDelta,
    /// From the close of a poll to the destruction of its key.
    pub poll_key: TimeDelta,
    /// No figure of participation is about fewer people.
    pub smallest_group: i64,
    /// How many wrong codes for one person may come from one asker in a quarter of an hour.
    pub attempts_a_member: u32,
    /// How many wrong codes may come from one asker in a quarter of an hour: a town hall shares an address.
    pub attempts_an_address: u32,
    /// How many codes one asker may have sent to one e-mail address an hour.
    pub emails_an_hour: u32,
    /// How many permits an hour one address may have in a poll that is open to anyone.
    pub open_permits_an_address: u32,
}

impl App {
    /// The use cases over these parts.
    #[must_use]
    pub fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// A transaction on the rows of one organization.
    async fn begin(&self, organization: Uuid) -> Result<Transaction, Error> {
        Ok(database::begin(&self.pool, Tenant::Organization(organization)).await?)
    }
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}
