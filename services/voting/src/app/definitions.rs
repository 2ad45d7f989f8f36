//! The polls' rules in memory. They are frozen with the poll, so a copy is never wrong; the state is not among them and
//! is read from the database by each batch.

use std::sync::Arc;
use std::time::Duration;

use comitia_platform::ApiError;
use comitia_platform::database::{self, Tenant};
use moka::future::Cache;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::CompiledPoll;
use crate::domain::poll::Period;
use crate::error::Error;
use crate::store;

/// Options of all polls in memory; the polls used last stay.
const MOST_OPTIONS: u64 = 1_000_000;
/// A poll that nobody asks for is forgotten after this time.
const IDLE: Duration = Duration::from_secs(3_600);

/// What casting needs to know of a poll.
#[derive(Debug)]
pub struct Definition {
    /// Its organization.
    pub organization_id: Uuid,
    /// When it opens and closes.
    pub period: Period,
    /// The rules for its ballots.
    pub rules: CompiledPoll,
    weight: u32,
}

/// The polls' rules in memory. Clones are one.
#[derive(Clone, Debug)]
pub struct Definitions {
    pool: PgPool,
    cache: Cache<Uuid, Arc<Definition>>,
}

impl Definitions {
    /// No poll yet; they are read when they are asked for.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let cache = Cache::builder()
            .max_capacity(MOST_OPTIONS)
            .weigher(|_, definition: &Arc<Definition>| definition.weight)
            .time_to_idle(IDLE)
            .build();
        Self { pool, cache }
    }

    /// The rules of a poll of this organization.
    ///
    /// # Errors
    /// [`Error::PollNotFound`], or what the database says.
    pub async fn get(&self, organization: Uuid, poll: Uuid) -> Result<Arc<Definition>, Error> {
        // Callers that come at the same moment share one read; so they share its error too.
        let read = async { self.read(poll).await.map(Arc::new) };
        let definition = self.cache.try_get_with(poll, read).await.map_err(|error| match &*error {
            Error::PollNotFound(id) => Error::PollNotFound(*id),
            Error::Corrupt(what) => Error::Corrupt(what.clone()),
            error => Error::Api(ApiError::unavailable(error.to_string())),
        })?;
        of_organization(definition, organization, poll)
    }

    /// The rules of a poll of this organization, when they are in memory.
    pub async fn known(&self, organization: Uuid, poll: Uuid) -> Option<Result<Arc<Definition>, Error>> {
        let definition = self.cache.get(&poll).await?;
        Some(of_organization(definition, organization, poll))
    }

    async fn read(&self, poll: Uuid) -> Result<Definition, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let row = store::polls::get(&mut transaction, poll).await?.ok_or(Error::PollNotFound(poll))?;
        transaction.commit().await?;
        let rules = CompiledPoll::new(&row.poll.specification.unwrap_or_default(), &row.poll.options)
            .map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Definition {
            organization_id: row.organization_id,
            period: row.period,
            rules,
            weight: u32::try_from(row.poll.options.len()).unwrap_or(u32::MAX).max(1),
        })
    }
}

fn of_organization(
    definition: Arc<Definition>,
    organization: Uuid,
    poll: Uuid,
) -> Result<Arc<Definition>, Error> {
    if definition.organization_id == organization { Ok(definition) } else { Err(Error::PollNotFound(poll)) }
}
