//! Whether a vote can close later.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::PollState;

use crate::error::Error;

/// A vote is not extended when it closes sooner than this, because what has closed does not open again.
const TOO_SOON: TimeDelta = TimeDelta::minutes(1);

/// How a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: PollState,
    /// When it closes.
    pub close_time: DateTime<Utc>,
}

/// Refuses another closing time for a vote that is not open, or closes too soon, or closes later anyway.
///
/// # Errors
/// `POLL_NOT_OPEN`, `POLL_CLOSED`, `POLL_STATE_INVALID`, or `FIELD_INVALID` for the time.
pub fn check(vote: &Standing, close_time: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Error> {
    let refused = |reason, text: &str| Err(ApiError::precondition(reason, text).into());
    match vote.state {
        PollState::Unspecified | PollState::Scheduled => {
            refused(Reason::PollNotOpen, "the vote has not opened; it can be called off and scheduled anew")
        }
        PollState::Open if now >= vote.close_time => refused(Reason::PollClosed, "the vote is closed"),
        PollState::Open if now + TOO_SOON > vote.close_time => refused(
            Reason::PollStateInvalid,
            "the vote closes within a minute; what has closed does not open again, so it is not extended any more",
        ),
        PollState::Open if close_time <= vote.close_time => {
            Err(ApiError::invalid_field("close_time", "must be later than the vote closes now").into())
        }
        PollState::Open => Ok(()),
        PollState::Closed
        | PollState::Sealed
        | PollState::WaitingForPaper
        | PollState::Cancelled
        | PollState::Annulled => refused(Reason::PollClosed, "the vote is over, and does not open again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_vote_closes_later_and_not_in_its_last_minute() {
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let reason = |state, now, close| {
            let vote = Standing { state, close_time: at(60) };
            check(&vote, at(close), at(now)).err().map(|error| ApiError::from(error).reason_name())
        };
        assert_eq!(reason(PollState::Open, 10, 61), None);
        assert_eq!(reason(PollState::Open, 59, 61), None);
        let last = Standing { state: PollState::Open, close_time: at(60) };
        let error = check(&last, at(90), at(59) + TimeDelta::seconds(1)).unwrap_err();
        assert_eq!(ApiError::from(error).reason_name(), "POLL_STATE_INVALID");
        assert_eq!(reason(PollState::Open, 60, 90), Some("POLL_CLOSED"));
        assert_eq!(reason(PollState::Open, 10, 60), Some("FIELD_INVALID"));
        assert_eq!(reason(PollState::Open, 10, 30), Some("FIELD_INVALID"));
        assert_eq!(reason(PollState::Scheduled, 10, 90), Some("POLL_NOT_OPEN"));
        for over in [PollState::Closed, PollState::WaitingForPaper, PollState::Sealed, PollState::Annulled] {
            assert_eq!(reason(over, 10, 90), Some("POLL_CLOSED"));
        }
    }
}
