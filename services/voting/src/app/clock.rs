//! The clock job: opens and closes polls when their time has come, and seals what was left unsealed. Every replica runs
//! it; locks keep two from doing the same work. Opening and closing cannot be undone: when this machine's clock and the
//! database's differ, one of them is wrong, and nothing is opened or closed.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::outbox;
use comitia_platform::database::{self, Tenant};
use comitia_proto::events::v1::PollOpened;
use tokio_util::sync::CancellationToken;

use super::{App, close, poll_event};
use crate::error::Error;
use crate::store::polls;

/// Clocks that differ by more cannot both be right.
const APART: TimeDelta = TimeDelta::seconds(30);

/// Looks again after `every`, until `stop`. `grace` is how long after its close_time a poll stays open for casts that arrived
/// in time and are still being written.
pub async fn run(app: App, every: Duration, grace: TimeDelta, stop: CancellationToken) {
    loop {
        if let Err(error) = tick(&app, grace).await {
            tracing::warn!(%error, "the clock job will look again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Does what is due now.
///
/// # Errors
/// When the database fails or cannot be reached; what is not done is done at the next look.
pub async fn tick(app: &App, grace: TimeDelta) -> Result<(), Error> {
    if app.clock.ahead_of_system().abs() <= APART {
        open_and_close_due(app, grace).await?;
    }
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let unsealed = polls::to_seal(&mut transaction).await?;
    transaction.commit().await?;
    for poll in unsealed {
        if let Err(error) = close::seal(app, poll.organization_id, poll.poll_id, true).await {
            tracing::error!(poll = %poll.poll_id, %error, "the poll could not be sealed; the next look tries again");
        }
    }
    Ok(())
}

async fn open_and_close_due(app: &App, grace: TimeDelta) -> Result<(), Error> {
    while open_due(app).await? > 0 {}
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let due = polls::to_close(&mut transaction, app.clock.now() - grace).await?;
    transaction.commit().await?;
    // A poll that cannot be closed does not block the others.
    for poll in due {
        if let Err(error) = close::close(app, poll.organization_id, poll.poll_id, None).await {
            tracing::error!(poll = %poll.poll_id, %error, "the poll could not be closed; the next look tries again");
        }
    }
    Ok(())
}

async fn open_due(app: &App) -> Result<usize, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let opened = polls::open_due(&mut transaction, app.clock.now()).await?;
    let events: Vec<_> = opened
        .iter()
        .map(|poll| {
            let event = PollOpened { poll_id: poll.poll_id.to_string() };
            poll_event(&app.clock, "voting.poll.opened", poll.organization_id, poll.poll_id, &event)
        })
        .collect();
    outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    for poll in &opened {
        tracing::info!(poll = %poll.poll_id, "poll opened");
    }
    if !opened.is_empty() {
        app.outbox.wake();
    }
    Ok(opened.len())
}
