//! Casting a ballot, and the receipt of the ballot that counts.

use std::time::Duration;

use comitia_platform::auth::permit_invalid;
use comitia_platform::database::{self, Tenant};
use comitia_platform::limit::jitter;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{Ballot, Receipt};
use tokio::time::Instant;
use uuid::Uuid;

use super::App;
use super::intake::{Outcome, UncheckedCast};
use super::permit::{Channel, Permit};
use crate::domain::PollState;
use crate::domain::poll::{Door, door};
use crate::error::Error;
use crate::store::ballots::{self, Cast, Present, Stored};

impl App {
    /// Casts a ballot. The answer comes once the ballot is durably stored; a caller that gets no answer until `deadline`
    /// may cast it again.
    ///
    /// # Errors
    /// Whatever keeps the ballot from counting; then it does not count, save that after [`Error::NotAcknowledged`] it
    /// may, and the same cast again gives its receipt.
    pub async fn cast_ballot(
        &self,
        organization: Uuid,
        poll_id: Uuid,
        token: String,
        ballot: &Ballot,
        deadline: Instant,
    ) -> Result<Receipt, Error> {
        let arrival = self.clock.now();
        let slot = self.intake.enter()?;
        let (permit, signature) = self.unchecked_permit(token, poll_id).await?;
        let definition = match self.definitions.known(organization, poll_id).await {
            Some(definition) => definition?,
            // Who has no permit cannot make voting look for polls.
            None if !signature.is_valid() => return Err(Error::Api(permit_invalid())),
            // What is rare is boxed: a cast in work has the size of what it may ever do.
            None => Box::pin(self.definitions.get(organization, poll_id)).await?,
        };
        let accepted = definition.rules.accept(ballot, "ballot");
        let bytes = match door(PollState::Open, definition.period, arrival) {
            Door::Open => accepted?,
            Door::NotOpen => return Err(Error::PollNotOpen),
            Door::Closed if !signature.is_valid() => return Err(Error::Api(permit_invalid())),
            Door::Closed => {
                let bytes = accepted.map_err(|_| Error::PollClosed)?;
                return Box::pin(self.late(poll_id, &permit, &bytes)).await;
            }
        };
        let cast = Cast {
            poll_id,
            organization_id: organization,
            nullifier: permit.nullifier,
            ballot: bytes.clone(),
            district: permit.district.clone(),
            arrival,
        };
        let outcome = self.intake.cast(UncheckedCast { cast, signature }, deadline).await;
        slot.done(matches!(
            outcome,
            Err(Error::Overloaded(_) | Error::DeadlinePassed | Error::NotAcknowledged(_))
        ));
        match outcome? {
            Outcome::Counts(stored) => Ok(self.receipt(poll_id, &permit, &bytes, stored)),
            Outcome::AlreadyCast => Err(Error::AlreadyCast),
            // Sent again it is the later one, if it is still wanted.
            Outcome::Overtaken => Err(Error::NotAcknowledged(jitter(Duration::from_millis(500)))),
            Outcome::OnPaper => Err(Error::VotedOnPaper),
            Outcome::Closed => Err(Error::PollClosed),
            Outcome::PollGone => Err(Error::PollNotFound(poll_id)),
        }
    }

    /// A cast after the poll's time. One whose answer was lost before gets its receipt; nothing new is stored.
    async fn late(&self, poll_id: Uuid, permit: &Permit, bytes: &[u8]) -> Result<Receipt, Error> {
        match self.present(poll_id, permit).await? {
            Some(present) if !present.paper && present.ballot == bytes => {
                Ok(self.receipt(poll_id, permit, bytes, present.stored))
            }
            _ => Err(Error::PollClosed),
        }
    }

    /// The receipt of the ballot that counts for the bearer of a permit, online or on paper.
    ///
    /// # Errors
    /// [`Error::BallotNotFound`] when there is none.
    pub async fn get_receipt(
        &self,
        organization: Uuid,
        poll_id: Uuid,
        token: &str,
    ) -> Result<Receipt, Error> {
        let permit = self.permit(token, poll_id, Channel::Online, "permit").await?;
        self.definitions.get(organization, poll_id).await?;
        let present = self.present(poll_id, &permit).await?.ok_or(Error::BallotNotFound)?;
        Ok(self.receipt(poll_id, &permit, &present.ballot, present.stored))
    }

    async fn present(&self, poll_id: Uuid, permit: &Permit) -> Result<Option<Present>, Error> {
        let mut transaction = database::begin(&self.pool, Tenant::All).await?;
        let present = ballots::present(&mut transaction, &[(poll_id, permit.nullifier)]).await?;
        transaction.commit().await?;
        Ok(present.into_iter().next().flatten())
    }

    fn receipt(&self, poll_id: Uuid, permit: &Permit, ballot: &[u8], stored: Stored) -> Receipt {
        Receipt {
            poll_id: poll_id.to_string(),
            tracking_code: self.receipts.tracking_code(poll_id, &permit.nullifier, ballot),
            accept_time: Some(timestamp(stored.accept_time)),
            revision: u32::try_from(stored.revision).unwrap_or(0),
        }
    }
}
