//! How many people have voted, now and from then on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use comitia_cache::{Messages, Resilient};
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant};
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{DistrictTurnout, Turnout};
use futures_util::{Stream, StreamExt, stream};
use moka::future::Cache;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::App;
use crate::domain::seal::Counts;
use crate::error::Error;
use crate::store;

/// The least time between two turnouts of a watch.
const PACE: Duration = Duration::from_secs(1);
/// How often a watch looks although nothing woke it: signals may be lost.
const LOOK: Duration = Duration::from_secs(2);
/// The least time between two signals of this process about changes.
const SIGNAL_PACE: Duration = Duration::from_millis(200);
/// Watches of one poll share what is this young.
const SHARED: Duration = Duration::from_millis(250);

/// The turnout and its changes. Clones are one.
#[derive(Clone, Debug)]
pub struct Turnouts {
    pool: PgPool,
    clock: Clock,
    cache: Resilient,
    young: Cache<Uuid, Arc<Turnout>>,
    changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    polls: Mutex<HashSet<Uuid>>,
    notify: Notify,
}

impl Turnouts {
    /// Reads from `pool` and tells changes through `cache`.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock, cache: Resilient) -> Self {
        let young = Cache::builder().max_capacity(10_000).time_to_live(SHARED).build();
        Self { pool, clock, cache, young, changes: Arc::default() }
    }

    /// The turnout of a poll has changed, and that is committed.
    pub fn changed(&self, poll: Uuid) {
        self.changes.polls.lock().unwrap_or_else(PoisonError::into_inner).insert(poll);
        self.changes.notify.notify_one();
    }

    /// Tells all replicas of changes, a few times a second at the most, until `stop`.
    pub async fn tell(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.changes.notify.notified() => {}
            }
            let polls =
                std::mem::take(&mut *self.changes.polls.lock().unwrap_or_else(PoisonError::into_inner));
            for poll in polls {
                self.cache.publish(&channel(poll), Bytes::new()).await;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SIGNAL_PACE) => {}
            }
        }
    }

    /// The turnout as the counters say.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn read(&self, poll: Uuid) -> Result<Turnout, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let counts = store::turnout::counters(&mut transaction, poll).await?;
        transaction.commit().await?;
        Ok(Turnout { read_time: Some(timestamp(self.clock.now())), ..turnout(poll, &counts) })
    }

    /// The turnout, at most a moment old: however many watch a poll, it is read a few times a second.
    async fn shared(&self, poll: Uuid) -> Option<Arc<Turnout>> {
        let read = async { self.read(poll).await.map(Arc::new) };
        match self.young.try_get_with(poll, read).await {
            Ok(turnout) => Some(turnout),
            Err(error) => {
                tracing::debug!(%error, "a watch goes on without the turnout");
                None
            }
        }
    }
}

impl App {
    /// The turnout of a poll.
    ///
    /// # Errors
    /// [`Error::PollNotFound`].
    pub async fn turnout(&self, organization: Uuid, poll: Uuid) -> Result<Turnout, Error> {
        self.definitions.get(organization, poll).await?;
        self.turnouts.read(poll).await
    }

    /// The turnout of a poll now, then each time that it changes, once a second at the most, until `stop`.
    ///
    /// # Errors
    /// [`Error::PollNotFound`].
    pub async fn watch_turnout(
        &self,
        organization: Uuid,
        poll: Uuid,
        stop: CancellationToken,
    ) -> Result<impl Stream<Item = Turnout> + Send + 'static, Error> {
        self.definitions.get(organization, poll).await?;
        // Listening comes before reading, so that no change falls between.
        let signals = self.turnouts.cache.subscribe(&channel(poll)).await;
        let first = self.turnouts.read(poll).await?;
        let watch = Watch {
            turnouts: self.turnouts.clone(),
            poll,
            stop,
            signals,
            shown: first.clone(),
            since: Instant::now(),
            patience: LOOK,
        };
        let changes = stream::unfold(watch, async |mut watch| Some((watch.next().await?, watch)));
        Ok(stream::once(std::future::ready(first)).chain(changes))
    }
}

struct Watch {
    turnouts: Turnouts,
    poll: Uuid,
    stop: CancellationToken,
    signals: Messages,
    shown: Turnout,
    since: Instant,
    /// How long it waits for the next signal before it looks by itself.
    patience: Duration,
}

impl Watch {
    /// The next turnout that differs from the one shown last; nothing when the process stops.
    async fn next(&mut self) -> Option<Turnout> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                // What is shared may be older than the change: then the next look finds it.
                _ = self.signals.next() => self.patience = SHARED,
                () = tokio::time::sleep(self.patience) => self.patience = LOOK,
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.since + PACE) => {}
            }
            let Some(turnout) = self.turnouts.shared(self.poll).await else { continue };
            if turnout.districts != self.shown.districts {
                self.shown = (*turnout).clone();
                self.since = Instant::now();
                return Some(self.shown.clone());
            }
        }
    }
}

fn channel(poll: Uuid) -> String {
    format!("voting:turnout:{poll}")
}

/// Counts as callers see them.
fn turnout(poll: Uuid, counts: &Counts) -> Turnout {
    let mut districts: Vec<DistrictTurnout> = Vec::new();
    for ((district, paper), count) in counts {
        // Counts are in the order of districts.
        if districts.last().is_none_or(|last| last.district != *district) {
            districts.push(DistrictTurnout { district: district.clone(), ..Default::default() });
        }
        if let Some(last) = districts.last_mut() {
            *(if *paper { &mut last.paper_count } else { &mut last.online_count }) += count;
        }
    }
    Turnout { poll_id: poll.to_string(), ballot_count: counts.values().sum(), districts, read_time: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_district_come_together() {
        let counts = Counts::from([
            (("north".to_owned(), false), 3),
            (("north".to_owned(), true), 1),
            (("south".to_owned(), true), 2),
        ]);
        let turnout = turnout(Uuid::nil(), &counts);
        let shown: Vec<_> =
            turnout.districts.iter().map(|d| (d.district.as_str(), d.online_count, d.paper_count)).collect();
        assert_eq!(shown, [("north", 3, 1), ("south", 0, 2)]);
        assert_eq!(turnout.ballot_count, 6);
    }
}
