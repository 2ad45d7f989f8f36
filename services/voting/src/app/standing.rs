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
