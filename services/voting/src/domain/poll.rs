//! What a poll is, beside the rules for its ballots.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::{Eligibility, EligibilityBasis};
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
    /// It was called off before it opened.
    Cancelled,
    /// It was ended without a result.
    Annulled,
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
            "cancelled" => Some(Self::Cancelled),
            "annulled" => Some(Self::Annulled),
            _ => None,
        }
    }

    /// Whether it takes no ballots any more, whatever the time.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Open)
    }

    /// The name that the database gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Sealed => "sealed",
            Self::Cancelled => "cancelled",
            Self::Annulled => "annulled",
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
            PollState::Cancelled => Self::Cancelled,
            PollState::Annulled => Self::Annulled,
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
    if state.is_over() || arrival >= close {
        Door::Closed
    } else if arrival < open {
        Door::NotOpen
    } else {
        Door::Open
    }
}

/// How a poll has ended for those who vote online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It takes no ballots since this moment; nothing for a poll that was closed early before its moment was kept.
    Closed(Option<DateTime<Utc>>),
    /// It was called off before it opened.
    Cancelled,
}

/// How a poll in `state` has ended at `now`, if it has; `early` is when people ended it before its time.
#[must_use]
pub fn ending(
    state: PollState,
    period: Period,
    early: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<Ending> {
    match state {
        PollState::Cancelled => Some(Ending::Cancelled),
        _ if early.is_some() => Some(Ending::Closed(early)),
        _ if now >= period.1 => Some(Ending::Closed(Some(period.1))),
        _ => state.is_over().then_some(Ending::Closed(None)),
    }
}

/// How long after the close paper ballots can be entered when the poll does not say.
const PAPER_PERIOD: TimeDelta = TimeDelta::days(3);
/// How long after the close paper ballots can be entered at most.
const LONGEST_PAPER_PERIOD: TimeDelta = TimeDelta::days(60);

/// Until when the paper batches of a poll can be entered, for a poll to create.
pub fn paper_close(checks: &mut Checks, close: DateTime<Utc>, asked: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let paper_close = asked.unwrap_or(close + PAPER_PERIOD);
    checks.require(
        paper_close >= close && paper_close <= close + LONGEST_PAPER_PERIOD,
        "paper_close_time",
        "must not be before close_time, nor more than 60 days after it",
    );
    paper_close
}

/// Whether the paper batches of a poll can be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperDoor {
    /// They can.
    Open,
    /// The poll has not opened.
    NotOpen,
    /// The time for it has passed.
    DeadlinePassed,
    /// The poll is sealed.
    Closed,
}

/// Whether the batches of a poll in `state` that were opened in time can be entered and committed at `now`. An online
/// close ends nothing here: what was handed in before it counts.
#[must_use]
pub fn paper_door(
    state: PollState,
    open: DateTime<Utc>,
    paper_close: DateTime<Utc>,
    now: DateTime<Utc>,
) -> PaperDoor {
    if state.is_over() && state != PollState::Closed {
        PaperDoor::Closed
    } else if now < open {
        PaperDoor::NotOpen
    } else if now >= paper_close {
        PaperDoor::DeadlinePassed
    } else {
        PaperDoor::Open
    }
}

/// The most districts that a poll is for: an area stands for everything that is part of it.
const MOST_DISTRICTS: usize = 10_000;
/// The most providers that may vouch for people in a poll.
const MOST_PROVIDERS: usize = 20;

/// Checks who may vote, for a poll to create.
pub fn check_eligibility(checks: &mut Checks, eligibility: &Eligibility) {
    check_basis(checks, eligibility);
    let few = eligibility.districts.len() <= MOST_DISTRICTS;
    checks.require(few, "eligibility.districts", format!("must be at most {MOST_DISTRICTS} districts"));
    let mut seen = HashSet::new();
    for (index, district) in eligibility.districts.iter().enumerate().take(MOST_DISTRICTS) {
        let field = format!("eligibility.districts[{index}]");
        checks.text(field.clone(), district, 1, 100);
        checks.require(seen.insert(district), field, "must not be named twice");
    }
    checks.require(eligibility.minimum_age <= 150, "eligibility.minimum_age", "must be at most 150");
    let zone = eligibility.time_zone.as_str();
    checks.require(
        if zone.is_empty() { eligibility.minimum_age == 0 } else { zone.parse::<chrono_tz::Tz>().is_ok() },
        "eligibility.time_zone",
        "must be the IANA name of a time zone, and be there with a minimum age",
    );
}

/// Checks what goes with which basis.
fn check_basis(checks: &mut Checks, eligibility: &Eligibility) {
    let basis = EligibilityBasis::try_from(eligibility.basis);
    checks.require(basis.is_ok(), "eligibility.basis", "must be a known basis");
    let basis = basis.unwrap_or_default();
    if matches!(basis, EligibilityBasis::Unspecified | EligibilityBasis::Roll) {
        let roll = Uuid::parse_str(&eligibility.roll_id).is_ok();
        checks.require(roll, "eligibility.roll_id", "must be the id of a roll, a UUID");
    } else {
        let (roll, districts) = (&eligibility.roll_id, &eligibility.districts);
        checks.require(roll.is_empty(), "eligibility.roll_id", "must be empty with another basis");
        checks.require(districts.is_empty(), "eligibility.districts", "must be empty without a roll");
    }
    let providers = basis == EligibilityBasis::Providers;
    checks.require(
        providers != eligibility.providers.is_empty() && eligibility.providers.len() <= MOST_PROVIDERS,
        "eligibility.providers",
        format!("must be 1 to {MOST_PROVIDERS} providers with their basis, and none with another"),
    );
    let known = eligibility.providers.iter().all(|id| {
        let rest = id.strip_prefix(|first: char| first.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        rest.is_some_and(|rest| rest.len() < 40 && rest.chars().all(fits))
    });
    checks.require(known, "eligibility.providers", "must be ids of providers, such as franceconnect");
    let level = &eligibility.provider_level;
    let may_have_level = level.is_empty() || (providers && level.len() <= 200 && !level.contains(' '));
    checks.require(
        may_have_level,
        "eligibility.provider_level",
        "must be one word, with the basis of providers",
    );
    let aged = matches!(basis, EligibilityBasis::Participants | EligibilityBasis::Anyone);
    checks.require(
        !aged || eligibility.minimum_age == 0,
        "eligibility.minimum_age",
        "must be 0 where nobody vouches for an age",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_keep_their_names() {
        use PollState::{Annulled, Cancelled, Closed, Open, Scheduled, Sealed};
        for state in [Scheduled, Open, Closed, Sealed, Cancelled, Annulled] {
            assert_eq!(PollState::from_name(state.name()), Some(state));
        }
        assert_eq!(PollState::from_name("ajar"), None);
    }

    #[test]
    fn paper_is_entered_from_the_opening_to_its_own_deadline_or_the_seal() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (state, second, expected) in [
            (PollState::Scheduled, 9, PaperDoor::NotOpen),
            (PollState::Open, 10, PaperDoor::Open),
            (PollState::Closed, 25, PaperDoor::Open),
            (PollState::Closed, 30, PaperDoor::DeadlinePassed),
            (PollState::Sealed, 25, PaperDoor::Closed),
            (PollState::Annulled, 25, PaperDoor::Closed),
        ] {
            assert_eq!(paper_door(state, at(10), at(30), at(second)), expected, "{state:?} at {second}");
        }
    }

    #[test]
    fn the_deadline_for_paper_is_near_the_close() {
        let at = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        let of = |asked: Option<i64>| {
            let mut checks = Checks::new();
            let time = paper_close(&mut checks, at(100), asked.map(at));
            checks.finish().map(|()| time).ok()
        };
        assert_eq!(of(None), Some(at(103)));
        assert_eq!(of(Some(100)), Some(at(100)));
        assert_eq!(of(Some(160)), Some(at(160)));
        assert_eq!((of(Some(99)), of(Some(161))), (None, None));
    }

    #[test]
    fn a_minimum_age_needs_a_time_zone() {
        let faults = |minimum_age, time_zone: &str| {
            let mut checks = Checks::new();
            let eligibility = Eligibility {
                roll_id: Uuid::nil().to_string(),
                minimum_age,
                time_zone: time_zone.into(),
                ..Default::default()
            };
            check_eligibility(&mut checks, &eligibility);
            checks.finish().err().map(|error| error.violations[0].field.clone())
        };
        for (minimum_age, time_zone, good) in
            [(0, "", true), (16, "Europe/Warsaw", true), (16, "", false), (0, "Europe/Lodz", false)]
        {
            let expected = (!good).then(|| "eligibility.time_zone".to_owned());
            assert_eq!(faults(minimum_age, time_zone), expected, "{minimum_age} {time_zone}");
        }
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
            (PollState::Cancelled, 15, Door::Closed),
            (PollState::Annulled, 15, Door::Closed),
        ] {
            assert_eq!(door(state, period, at(second)), expected, "{state:?} at {second}");
        }
    }

    #[test]
    fn a_poll_has_ended_when_its_time_is_over_or_people_ended_it() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let period = (at(10), at(20));
        let closed = |second: i64| Some(Ending::Closed(Some(at(second))));
        for (state, early, now, expected) in [
            (PollState::Scheduled, None, 5, None),
            (PollState::Open, None, 19, None),
            (PollState::Open, None, 20, closed(20)),
            (PollState::Closed, None, 25, closed(20)),
            (PollState::Closed, Some(15), 16, closed(15)),
            (PollState::Sealed, Some(15), 25, closed(15)),
            (PollState::Annulled, Some(15), 25, closed(15)),
            (PollState::Sealed, None, 16, Some(Ending::Closed(None))),
            (PollState::Cancelled, None, 5, Some(Ending::Cancelled)),
            (PollState::Cancelled, None, 25, Some(Ending::Cancelled)),
        ] {
            assert_eq!(ending(state, period, early.map(at), at(now)), expected, "{state:?} at {now}");
        }
    }

    #[test]
    fn each_basis_has_its_own_fields() {
        let roll = || Eligibility { roll_id: Uuid::nil().to_string(), ..Default::default() };
        let of = |basis: EligibilityBasis| Eligibility { basis: basis.into(), ..Default::default() };
        let providers = |ids: &[&str]| Eligibility {
            providers: ids.iter().map(|&id| id.to_owned()).collect(),
            ..of(EligibilityBasis::Providers)
        };
        let aged = |eligibility| Eligibility { minimum_age: 18, time_zone: "UTC".into(), ..eligibility };
        let level = |eligibility| Eligibility { provider_level: "eidas2".into(), ..eligibility };
        for (eligibility, field) in [
            (roll(), None),
            (of(EligibilityBasis::Participants), None),
            (of(EligibilityBasis::Anyone), None),
            (aged(level(providers(&["franceconnect", "city_2"]))), None),
            (Eligibility::default(), Some("roll_id")),
            (of(EligibilityBasis::Roll), Some("roll_id")),
            (Eligibility { basis: 5, ..roll() }, Some("basis")),
            (Eligibility { basis: EligibilityBasis::Anyone.into(), ..roll() }, Some("roll_id")),
            (Eligibility { districts: vec!["a".into()], ..providers(&["a"]) }, Some("districts")),
            (providers(&[]), Some("providers")),
            (providers(&["A"]), Some("providers")),
            (providers(&["a b"]), Some("providers")),
            (Eligibility { providers: vec!["a".into()], ..roll() }, Some("providers")),
            (level(roll()), Some("provider_level")),
            (aged(of(EligibilityBasis::Anyone)), Some("minimum_age")),
            (aged(of(EligibilityBasis::Participants)), Some("minimum_age")),
        ] {
            let mut checks = Checks::new();
            check_eligibility(&mut checks, &eligibility);
            let found = checks.finish().err().map(|error| error.violations[0].field.clone());
            assert_eq!(found, field.map(|field| format!("eligibility.{field}")), "{eligibility:?}");
        }
    }
}
