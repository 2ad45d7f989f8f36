//! A cache of the polls that are over. A poll never reopens, so that a copy is never stale: no poll is extended in its last minute.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::Clock;
use comitia_platform::database::{self, Tenant};
use moka::future::Cache;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::domain::poll::Ending;
use crate::error::Error;
use crate::store;

/// Polls in memory; those that were asked for last stay.
const MOST: u64 = 100_000;
/// How long callers without a permit are told from the cache that a poll is not over.
const FRESH: Duration = Duration::from_secs(1);
/// How many callers without a permit may cause a read at once.
const STRANGERS: usize = 2;

/// Which polls are over. Clones are one.
#[derive(Clone, Debug)]
pub struct Endings {
    pool: PgPool,
    clock: Clock,
    /// The polls that are over, each with its organization.
    over: Cache<Uuid, (Uuid, Ending)>,
    /// The polls that were not over a moment ago.
    not_over: Cache<Uuid, ()>,
    strangers: Arc<Semaphore>,
}

impl Endings {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock) -> Self {
        let not_over = Cache::builder().max_capacity(MOST).time_to_live(FRESH).build();
        let strangers = Arc::new(Semaphore::new(STRANGERS));
        Self { pool, clock, over: Cache::new(MOST), not_over, strangers }
    }

    /// How a poll of this organization has ended, if it has.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn get(&self, organization: Uuid, poll: Uuid) -> Result<Option<Ending>, Error> {
        if let Some((owner, ending)) = self.over.get(&poll).await {
            return Ok((owner == organization).then_some(ending));
        }
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let standing = store::polls::ending(&mut transaction, poll, self.clock.now()).await?;
        transaction.commit().await?;
        let Some((owner, ending)) = standing else { return Ok(None) };
        if let Some(ending) = ending {
            self.over.insert(poll, (owner, ending)).await;
        }
        Ok(ending.filter(|_| owner == organization))
    }

    /// [`Endings::get`] for callers without a permit. However many of them come, they cause few reads: beyond that, and when the
    /// read fails, the answer is unknown.
    pub async fn for_stranger(&self, organization: Uuid, poll: Uuid) -> Option<Ending> {
        if let Some((owner, ending)) = self.over.get(&poll).await {
            return (owner == organization).then_some(ending);
        }
        if self.not_over.contains_key(&poll) {
            return None;
        }
        let _place = self.strangers.try_acquire().ok()?;
        match self.get(organization, poll).await {
            Ok(None) => {
                self.not_over.insert(poll, ()).await;
                None
            }
            Ok(ending) => ending,
            Err(error) => {
                tracing::warn!(%error, "whether a poll is over could not be read");
                None
            }
        }
    }

    /// That this process has ended a poll, so that strangers are told at once.
    pub async fn changed(&self, poll: Uuid) {
        self.not_over.invalidate(&poll).await;
    }
}
