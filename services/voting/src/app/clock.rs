//! The clock job: opens and closes polls when their time has come, and seals what was left unsealed. Every replica runs
//! it; none does another's work twice. A poll that is opened or closed stays so: where this machine's clock and the
//! database's differ, nothing is done, because one of them is wrong.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::outbox;
use comitia_platform::database::{self, Tenant};
use comitia_proto::events::v1::PollOpened;
use tokio_util::sync::CancellationToken;

use super::{App, poll_event};
use crate::error::Error;
use crate::store::polls;

/// Clocks that differ by more cannot both be right.
const APART: TimeDelta = TimeDelta::seconds(30);

impl App {
    /// Looks every `tick` until `stop`. `grace` is how long after its close_time a poll stays open for casts that arrived
    /// in time and are still being written.
    pub async fn run_clock(self, tick: Duration, grace: TimeDelta, stop: CancellationToken) {
        loop {
            if let Err(error) = self.tick(grace).await {
                tracing::warn!(%error, "the clock job will look again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(tick) => {}
            }
        }
    }

    /// Does what is due now.
    ///
    /// # Errors
    /// When the database fails or cannot be reached; what is not done is done at the next look.
    pub async fn tick(&self, grace: TimeDelta) -> Result<(), Error> {
        if self.clock.ahead_of_system().abs() <= APART {
            self.open_and_close_due(grace).await?;
        }
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let unsealed = polls::to_seal(&mut transaction).await?;
        transaction.commit().await?;
        for poll in unsealed {
            if let Err(error) = self.seal(poll.organization_id, poll.poll_id, true).await {
                tracing::error!(poll = %poll.poll_id, %error, "the poll could not be sealed; the next look tries again");
            }
        }
        Ok(())
    }

    async fn open_and_close_due(&self, grace: TimeDelta) -> Result<(), Error> {
        while self.open_due().await? > 0 {}
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let due = polls::to_close(&mut transaction, self.clock.now() - grace).await?;
        transaction.commit().await?;
        // One poll that cannot be closed or sealed does not keep the others from it.
        for poll in due {
            if let Err(error) = self.close(poll.organization_id, poll.poll_id, None).await {
                tracing::error!(poll = %poll.poll_id, %error, "the poll could not be closed; the next look tries again");
            }
        }
        Ok(())
    }

    async fn open_due(&self) -> Result<usize, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let opened = polls::open_due(&mut transaction, self.clock.now()).await?;
        let events: Vec<_> = opened
            .iter()
            .map(|poll| {
                let event = PollOpened { poll_id: poll.poll_id.to_string() };
                poll_event(&self.clock, "voting.poll.opened", poll.organization_id, poll.poll_id, &event)
            })
            .collect();
        outbox::append(&mut transaction, &events).await?;
        transaction.commit().await?;
        for poll in &opened {
            tracing::info!(poll = %poll.poll_id, "poll opened");
        }
        if !opened.is_empty() {
            self.outbox.wake();
        }
        Ok(opened.len())
    }
}
