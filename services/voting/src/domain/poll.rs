//! What a poll is, beside the rules for its ballots.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::Eligibility;
use uuid::Uuid;

/// Where a poll stands. It only ever moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PollState {
    /// It opens at its open_time.
    Scheduled,
    /// Ballots are accepted.
    Open,
    /// No ballot is accepted any more; the recount is running or was refused.
    Closed,
    /// The digest of the ballots is fixed.
    Sealed,
}

impl PollState {
    /// The state by the name that the database gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "scheduled" => Some(Self::Scheduled),
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            "sealed" => Some(Self::Sealed),
            _ => None,
        }
    }

    /// The name that the database gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Sealed => "sealed",
        }
    }
}

impl From<PollState> for comitia_proto::voting::v1::PollState {
    fn from(state: PollState) -> Self {
        match state {
            PollState::Scheduled => Self::Scheduled,
            PollState::Open => Self::Open,
            PollState::Closed => Self::Closed,
            PollState::Sealed => Self::Sealed,
        }
    }
}

/// When a poll opens and when it closes: the first moment at which it takes ballots, and the first at which it does not
/// any more.
pub type Period = (DateTime<Utc>, DateTime<Utc>);

/// Whether a poll takes a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It does.
    Open,
    /// Not yet.
    NotOpen,
    /// No longer.
    Closed,
}

/// Whether a poll in `state` takes a ballot that arrived at `arrival`. A poll that is due counts as open although the
/// clock job has not yet written so; one that was closed before its time is closed.
#[must_use]
pub fn door(state: PollState, period: Period, arrival: DateTime<Utc>) -> Door {
    let (open, close) = period;
    if matches!(state, PollState::Closed | PollState::Sealed) || arrival >= close {
        Door::Closed
    } else if arrival < open {
        Door::NotOpen
    } else {
        Door::Open
    }
}

/// Checks who may vote, for a poll to create.
pub fn check_eligibility(checks: &mut Checks, eligibility: &Eligibility) {
    checks.require(
        Uuid::parse_str(&eligibility.roll_id).is_ok(),
        "eligibility.roll_id",
        "must be the id of a roll, a UUID",
    );
    checks.require(eligibility.districts.len() <= 1_000, "eligibility.districts", "must be at most 1000");
    let mut seen = HashSet::new();
    for (index, district) in eligibility.districts.iter().enumerate().take(1_000) {
        let field = format!("eligibility.districts[{index}]");
        checks.text(field.clone(), district, 1, 100);
        checks.require(seen.insert(district), field, "must not be named twice");
    }
    checks.require(eligibility.minimum_age <= 150, "eligibility.minimum_age", "must be at most 150");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_keep_their_names() {
        for state in [PollState::Scheduled, PollState::Open, PollState::Closed, PollState::Sealed] {
            assert_eq!(PollState::from_name(state.name()), Some(state));
        }
        assert_eq!(PollState::from_name("ajar"), None);
    }

    #[test]
    fn the_door_opens_at_open_time_and_shuts_at_close_time() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let period = (at(10), at(20));
        for (state, second, expected) in [
            (PollState::Scheduled, 9, Door::NotOpen),
            (PollState::Scheduled, 10, Door::Open),
            (PollState::Open, 19, Door::Open),
            (PollState::Open, 20, Door::Closed),
            (PollState::Scheduled, 20, Door::Closed),
            (PollState::Closed, 15, Door::Closed),
            (PollState::Closed, 5, Door::Closed),
            (PollState::Sealed, 15, Door::Closed),
        ] {
            assert_eq!(door(state, period, at(second)), expected, "{state:?} at {second}");
        }
    }
}
