//! What the clock does: phases open and close.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use comitia_bus::{Event, outbox};
use comitia_core::Clock;
use comitia_platform::acts;
use comitia_platform::error::chain;
use comitia_proto::events::v1::{PhaseClosed, PhaseOpened};
use opentelemetry::global;
use opentelemetry::metrics::Gauge;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::domain::phase::{Change, Phase, due};
use crate::error::Error;
use crate::store;

/// Processes that one transaction looks after.
const BATCH: i64 = 50;
/// An announcement that is missing this long after its time is overdue.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// The gauge that [`measure`] sets.
#[must_use]
pub fn overdue_gauge() -> Gauge<u64> {
    global::meter("comitia")
        .u64_gauge("comitia.spaces.phases.overdue")
        .with_description("Openings and closings of phases that were due a minute ago and are not announced")
        .build()
}

/// Measures what the clock job has left undone.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn measure(app: &App, overdue: &Gauge<u64>) -> Result<(), Error> {
    let mut transaction = app.everywhere().await?;
    let count = store::phases::overdue(&mut transaction, app.clock.now() - LATE).await?;
    transaction.commit().await?;
    overdue.record(u64::try_from(count).unwrap_or(0), &[]);
    Ok(())
}

/// Announces every `tick` what has become due, until `stop`.
pub async fn run(app: App, tick: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match announce(&app).await {
            Ok(count) => {
                if count > 0 {
                    tracing::info!(count, "phases opened or closed");
                }
                failing = false;
            }
            // Once, and not every tick while the database is away.
            Err(error) if !failing => {
                tracing::warn!(error = chain(&error), "phases could not be looked after; trying again");
                failing = true;
            }
            Err(error) => tracing::debug!(error = chain(&error), "phases could still not be looked after"),
        }
    }
}

/// Announces the phases of published processes that have opened or closed since the last look, each once, whichever
/// replica looks and however late. Gives how many announcements there were.
///
/// # Errors
/// When the database fails or cannot be reached; nothing of the failed batch is announced then.
pub async fn announce(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let (announced, full) = announce_batch(app).await?;
        count += announced;
        if !full {
            return Ok(count);
        }
    }
}

/// Gives how many announcements there were, and whether there may be more processes.
async fn announce_batch(app: &App) -> Result<(usize, bool), Error> {
    let now = app.clock.now();
    let mut transaction = app.everywhere().await?;
    let processes = store::phases::lock_due(&mut transaction, now, BATCH).await?;
    if processes.is_empty() {
        return Ok((0, false));
    }
    let ids: Vec<_> = processes.iter().map(|process| process.process_id).collect();
    // Read under the lock: what another replica announced meanwhile is not due any more.
    let phases = store::phases::of(&mut transaction, &ids).await?;
    let mut announcements = Vec::new();
    for process in &processes {
        for announcement in due(phases.get(&process.process_id).map_or(&[][..], Vec::as_slice), now) {
            announcements.push((announcement, process));
        }
    }
    announcements.sort_by_key(|(announcement, _)| *announcement);
    let of = |change| -> Vec<Uuid> {
        announcements.iter().filter(|(a, _)| a.change == change).map(|(a, _)| a.phase_id).collect()
    };
    let (opened, closed) = (of(Change::Opened), of(Change::Closed));
    store::phases::mark_announced(&mut transaction, &opened, &closed, now).await?;
    let events: Vec<_> = announcements
        .iter()
        .map(|(a, process)| {
            event(&app.clock, process.organization_id, process.process_id, a.phase_id, a.change)
        })
        .collect();
    outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok((events.len(), i64::try_from(processes.len()).is_ok_and(|length| length == BATCH)))
}

/// Says what is different in the phases of a process, for the log. A phase is named by the title that it has, or had.
pub(crate) fn tell_changes(before: &[Phase], after: &[Phase]) {
    let was = |phase: &Phase| before.iter().find(|other| other.phase_id == phase.phase_id);
    let gone = before.iter().filter(|phase| after.iter().all(|other| other.phase_id != phase.phase_id));
    let now = after.iter().map(|phase| (was(phase), Some(phase)));
    for (was, is) in now.chain(gone.map(|phase| (Some(phase), None))) {
        let Some(named) = is.or(was) else { continue };
        let changed = |field: &str, value: fn(&Phase) -> String| {
            let [was, is] = [was, is].map(|phase| phase.map(value).unwrap_or_default());
            acts::changed(&format!("phases[{}].{field}", named.title), was, is);
        };
        changed("title", |phase| phase.title.clone());
        changed("kind", |phase| phase.kind.as_str_name().to_owned());
        changed("start_time", |phase| written(phase.start_time));
        changed("end_time", |phase| written(phase.end_time));
    }
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The event that says that a phase opened or closed.
pub(crate) fn event(clock: &Clock, organization: Uuid, process: Uuid, phase: Uuid, change: Change) -> Event {
    let (process_id, phase_id) = (process.to_string(), phase.to_string());
    match change {
        Change::Opened => {
            let message = PhaseOpened { process_id, phase_id };
            Event::new(clock, "spaces.phase.opened", Some(organization), phase, &message)
        }
        Change::Closed => {
            let message = PhaseClosed { process_id, phase_id };
            Event::new(clock, "spaces.phase.closed", Some(organization), phase, &message)
        }
    }
}
