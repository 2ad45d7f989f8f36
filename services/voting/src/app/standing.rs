//! What an operator sees of the polls.

use chrono::TimeDelta;
use comitia_platform::database::{self, Tenant};
use opentelemetry::metrics::Gauge;
use opentelemetry::{KeyValue, global};

use super::App;
use crate::error::Error;
use crate::store;

/// A poll that has not opened or closed this long after its time is overdue.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// Seconds of a minute.
const MINUTE: i64 = 60;

/// The gauge that [`measure_polls`] sets. Every replica sets it to the same values.
#[must_use]
pub fn polls_gauge() -> Gauge<u64> {
    global::meter("comitia")
        .u64_gauge("comitia.voting.polls")
        .with_description(
            "Polls by standing: open, overdue to open or close, closed and unsealed, waiting for paper (and too long), \
             refused a seal",
        )
        .build()
}

/// The gauge that [`measure_logs`] sets. Every replica sets it to the same value.
#[must_use]
pub fn logs_gauge() -> Gauge<u64> {
    global::meter("comitia")
        .u64_gauge("comitia.voting.log.oldest")
        .with_unit("s")
        .with_description(
            "Since when the oldest signature waits for its public log, counted from the end of the minute in which it was accepted",
        )
        .build()
}

/// Measures how far the public logs are behind: at most a minute less than they are.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn measure_logs(app: &App, oldest: &Gauge<u64>) -> Result<(), Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let minute = store::log::oldest_waiting(&mut transaction).await?;
    transaction.commit().await?;
    let since = minute.map_or(0, |minute| app.clock.now().timestamp() - (minute + 1) * MINUTE);
    oldest.record(u64::try_from(since).unwrap_or(0), &[]);
    Ok(())
}

/// Counts the polls that are not over.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn measure_polls(app: &App, polls: &Gauge<u64>) -> Result<(), Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let count = store::polls::count(&mut transaction, app.clock.now() - LATE, app.clock.now()).await?;
    transaction.commit().await?;
    let standings = [
        ("open", count.open),
        ("overdue", count.overdue),
        ("unsealed", count.unsealed),
        ("waiting_for_paper", count.waiting_for_paper),
        ("paper_overdue", count.paper_overdue),
        ("refused", count.refused),
    ];
    for (standing, count) in standings {
        polls.record(u64::try_from(count).unwrap_or(0), &[KeyValue::new("standing", standing)]);
    }
    Ok(())
}
