//! What an operator sees of votes between budgets and voting.

use opentelemetry::global;
use opentelemetry::metrics::Gauge;

use crate::app::App;
use crate::error::Error;
use crate::store;

/// The gauges that [`measure`] sets. Every replica sets them to the same values.
#[derive(Clone, Debug)]
pub struct Standing {
    counting: Gauge<f64>,
    unconfirmed: Gauge<u64>,
}

impl Standing {
    /// The gauges. Made after telemetry has started.
    #[must_use]
    pub fn new() -> Self {
        let meter = global::meter("comitia");
        Self {
            counting: meter
                .f64_gauge("comitia.budgets.counting.oldest")
                .with_unit("s")
                .with_description(
                    "Since when the vote is over that has waited longest for its result; 0 for none",
                )
                .build(),
            unconfirmed: meter
                .u64_gauge("comitia.budgets.polls.unconfirmed")
                .with_description("Scheduled votes whose poll voting has not confirmed")
                .build(),
        }
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::new()
    }
}

/// Measures what waits for voting.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn measure(app: &App, standing: &Standing) -> Result<(), Error> {
    let mut transaction = app.begin_all().await?;
    let since = store::budgets::counting_since(&mut transaction).await?;
    let unconfirmed = store::schedules::unconfirmed(&mut transaction).await?;
    transaction.commit().await?;
    let age = since.map_or(0.0, |since| (app.clock.now() - since).as_seconds_f64());
    standing.counting.record(age, &[]);
    standing.unconfirmed.record(u64::try_from(unconfirmed).unwrap_or(0), &[]);
    Ok(())
}
