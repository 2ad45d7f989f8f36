//! A cache of the polls' rules. They are frozen with the poll, so that a copy is never stale; only the closing time of a signature sheet
//! may become later, and whoever finds one closed asks again ([`Definitions::changed`]). The poll's state is not cached: each batch
//! reads it from the database.

use std::sync::Arc;
use std::time::Duration;

use comitia_platform::ApiError;
use comitia_platform::database::{self, Failure, Tenant, Unreadable};
use moka::future::Cache;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::poll::Period;
use crate::domain::{CompiledPoll, sheet, sheet_text};
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
    /// Whether a signature may be taken back.
    pub withdrawal_allowed: bool,
    /// What one signs, for a sheet that has a text.
    pub text: Option<SignedText>,
    /// The rules for its ballots.
    pub rules: CompiledPoll,
    weight: u32,
}

/// What one signs.
#[derive(Debug)]
pub struct SignedText {
    /// The bytes.
    pub written: String,
    /// Their SHA-256, hexadecimal.
    pub digest: String,
}

/// The polls' rules in memory. Clones are one.
#[derive(Clone, Debug)]
pub struct Definitions {
    pool: PgPool,
    cache: Cache<Uuid, Arc<Definition>>,
}

impl Definitions {
    /// An empty cache; polls are read on demand.
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
        // Single-flight: concurrent callers share one read, and its error.
        let read = async { self.read(poll).await.map(Arc::new) };
        let definition = self.cache.try_get_with(poll, read).await.map_err(|error| match &*error {
            Error::PollNotFound(id) => Error::PollNotFound(*id),
            Error::Unreadable(what) => Error::Unreadable(what.clone()),
            Error::Database(error) if Failure::of(error) == Failure::Permanent => {
                Error::Api(ApiError::internal(error.to_string()))
            }
            error => Error::Api(ApiError::unavailable(error.to_string())),
        })?;
        of_organization(definition, organization, poll)
    }

    /// The rules of a poll of this organization, when they are in memory.
    pub async fn known(&self, organization: Uuid, poll: Uuid) -> Option<Result<Arc<Definition>, Error>> {
        let definition = self.cache.get(&poll).await?;
        Some(of_organization(definition, organization, poll))
    }

    /// That a poll closes later than it was to: the copy of this process is dropped.
    pub async fn changed(&self, poll: Uuid) {
        self.cache.invalidate(&poll).await;
    }

    async fn read(&self, poll: Uuid) -> Result<Definition, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let row = store::polls::get(&mut transaction, poll).await?.ok_or(Error::PollNotFound(poll))?;
        transaction.commit().await?;
        let is_sheet = sheet::is_sheet(&row.poll);
        let sheet = row.poll.signature_sheet.as_ref().filter(|_| is_sheet);
        let withdrawal_allowed = sheet.is_some_and(|sheet| sheet.withdrawal_allowed);
        let text = sheet.and_then(|sheet| sheet_text::written(&row.poll.title, sheet)).map(|written| {
            let digest = sheet_text::digest(&written);
            SignedText { written, digest }
        });
        let rules = CompiledPoll::new(&row.poll.specification.unwrap_or_default(), &row.poll.options)
            .map_err(|_| Unreadable::new("voting.polls", "definition", poll))?;
        Ok(Definition {
            organization_id: row.organization_id,
            period: row.period,
            withdrawal_allowed,
            weight: weight(row.poll.options.len(), text.as_ref()),
            text,
            rules,
        })
    }
}

/// What a poll takes of the memory, in options. A text takes as much as options of a hundred bytes.
fn weight(options: usize, text: Option<&SignedText>) -> u32 {
    let text = text.map_or(0, |text| text.written.len() / 100);
    u32::try_from(options + text).unwrap_or(u32::MAX).max(1)
}

fn of_organization(
    definition: Arc<Definition>,
    organization: Uuid,
    poll: Uuid,
) -> Result<Arc<Definition>, Error> {
    if definition.organization_id == organization { Ok(definition) } else { Err(Error::PollNotFound(poll)) }
}
