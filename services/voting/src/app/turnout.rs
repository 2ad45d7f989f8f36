//! The turnout, and a stream of its changes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use comitia_cache::{Messages, Resilient};
use comitia_core::Clock;
use comitia_platform::database::{self, Tenant};
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{DistrictTurnout, Turnout};
use comitia_seal::Channel;
use futures_util::{Stream, StreamExt, stream};
use moka::future::Cache;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::App;
use crate::domain::PollState;
use crate::domain::small_cells::{Group, Grouping};
use crate::error::Error;
use crate::store;
use crate::store::ballots::Cells;

/// The minimum time between two messages of a stream.
const PACE: Duration = Duration::from_secs(1);
/// How often a stream reads the turnout without a signal: signals may be lost.
const LOOK: Duration = Duration::from_secs(2);
/// The minimum time between two signals of this process.
const SIGNAL_PACE: Duration = Duration::from_millis(200);
/// How long streams of one poll share a turnout.
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

    /// Signals changes to all replicas, at most a few times a second, until `stop`.
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

    /// The turnout that everybody may see: the number of all, and once the poll is sealed its published groups.
    /// Successive counts by district of an open poll would show when single voters voted, and where.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn read(&self, poll: Uuid) -> Result<Turnout, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let sealed = store::polls::sealed_turnout(&mut transaction, poll).await?;
        let shown = match sealed {
            Some(sealed) => sealed,
            None => {
                let ballot_count = store::turnout::total(&mut transaction, poll).await?;
                Turnout { poll_id: poll.to_string(), ballot_count, ..Default::default() }
            }
        };
        transaction.commit().await?;
        Ok(Turnout { read_time: Some(timestamp(self.clock.now())), ..shown })
    }

    /// The turnout as the counters say, with exact districts.
    async fn exact(&self, poll: Uuid) -> Result<Turnout, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let counts = store::turnout::counters(&mut transaction, poll).await?;
        transaction.commit().await?;
        let exact = |(cell, count): (&(String, bool), &i64)| ((cell.0.clone(), Channel::of(cell.1)), *count);
        Ok(Turnout {
            poll_id: poll.to_string(),
            ballot_count: counts.values().sum(),
            districts: districts(counts.iter().map(exact)),
            read_time: Some(timestamp(self.clock.now())),
            ..Default::default()
        })
    }

    /// The turnout, coalesced: however many streams watch a poll, it is read a few times a second.
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

/// The turnout of a poll.
///
/// # Errors
/// [`Error::PollNotFound`].
pub async fn turnout(app: &App, organization: Uuid, poll: Uuid) -> Result<Turnout, Error> {
    app.definitions.get(organization, poll).await?;
    app.turnouts.read(poll).await
}

/// The turnout of a poll for those who run it: once it is closed, with exact districts.
///
/// # Errors
/// [`Error::PollNotFound`].
pub async fn turnout_for_staff(app: &App, organization: Uuid, poll: Uuid) -> Result<Turnout, Error> {
    let mut transaction = app.begin(organization).await?;
    let standing = store::polls::standing(&mut transaction, poll).await?;
    transaction.commit().await?;
    match standing {
        None => Err(Error::PollNotFound(poll)),
        Some((PollState::Closed | PollState::Sealed, _)) => app.turnouts.exact(poll).await,
        Some(_) => app.turnouts.read(poll).await,
    }
}

/// The turnout of a poll now, then each time that it changes, once a second at the most, until `stop`.
///
/// # Errors
/// [`Error::PollNotFound`].
pub async fn watch_turnout(
    app: &App,
    organization: Uuid,
    poll: Uuid,
    stop: CancellationToken,
) -> Result<impl Stream<Item = Turnout> + Send + 'static, Error> {
    app.definitions.get(organization, poll).await?;
    // Subscribe before reading, so that no change is missed in between.
    let signals = app.turnouts.cache.subscribe(&channel(poll)).await;
    let first = app.turnouts.read(poll).await?;
    let watch = Watch {
        turnouts: app.turnouts.clone(),
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
            let shown = |turnout: &Turnout| (turnout.ballot_count, turnout.districts.clone());
            if shown(&turnout) != shown(&self.shown) {
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

/// What is published of the ballots of a sealed poll.
pub(super) fn published(poll: Uuid, grouping: &Grouping, cells: &Cells, smallest_group: i64) -> Turnout {
    Turnout {
        poll_id: poll.to_string(),
        ballot_count: cells.all.values().sum(),
        districts: districts(grouping.published(&cells.choosing)),
        read_time: None,
        blank_paper_count: cells.void.blank,
        invalid_paper_count: cells.void.invalid,
        smallest_group,
    }
}

/// Counts as callers see them; they come in the order of districts.
fn districts(counts: impl IntoIterator<Item = (Group, i64)>) -> Vec<DistrictTurnout> {
    let mut districts: Vec<DistrictTurnout> = Vec::new();
    for ((district, channel), count) in counts {
        if districts.last().is_none_or(|last| last.district != district) {
            districts.push(DistrictTurnout { district, ..Default::default() });
        }
        if let Some(last) = districts.last_mut() {
            *match channel {
                Channel::Online => &mut last.online_count,
                Channel::Paper => &mut last.paper_count,
                Channel::Any => &mut last.any_channel_count,
            } += count;
        }
    }
    districts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::paper::Void;
    use crate::domain::seal::Counts;

    #[test]
    fn what_is_published_adds_up_and_shows_no_small_district() {
        let choosing = Counts::from([
            (("east".to_owned(), false), 2),
            (("north".to_owned(), false), 30),
            (("north".to_owned(), true), 7),
            (("south".to_owned(), true), 6),
            (("west".to_owned(), true), 50),
            (("west".to_owned(), false), 1),
        ]);
        let mut all = choosing.clone();
        *all.entry(("south".to_owned(), true)).or_default() += 3;
        let cells = Cells { all, choosing, void: Void { blank: 1, invalid: 2 } };
        let turnout = published(Uuid::nil(), &Grouping::new(&cells.choosing, 5), &cells, 5);
        let shown: Vec<_> = turnout
            .districts
            .iter()
            .map(|d| (d.district.as_str(), d.online_count, d.paper_count, d.any_channel_count))
            .collect();
        assert_eq!(shown, [("*", 0, 0, 8), ("north", 30, 7, 0), ("west", 0, 0, 51)]);
        assert_eq!(
            (turnout.ballot_count, turnout.blank_paper_count, turnout.invalid_paper_count),
            (99, 1, 2)
        );
    }
}
