//! Who may vote in a poll.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

/// What identity knows of a poll.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The poll.
    pub poll_id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// What the right to act in it rests on.
    pub basis: Basis,
    /// Only members of these districts; all when empty.
    pub districts: Vec<String>,
    /// Only members who are at least this old on the day on which the poll opens.
    pub minimum_age: i32,
    /// Whose calendar says which day that is.
    pub time_zone: Tz,
    /// When it opens.
    pub open_time: DateTime<Utc>,
    /// When it closes.
    pub close_time: DateTime<Utc>,
    /// Until when paper ballots can be entered.
    pub paper_close_time: DateTime<Utc>,
}

/// What the right to act in a poll rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The members of this electoral roll.
    Roll(Uuid),
    /// Whoever has an account.
    Participants,
    /// Whoever a provider vouches for.
    Providers {
        /// The ids of the providers that may.
        providers: Vec<String>,
        /// The lowest level, in the providers' words; what is configured, when empty.
        level: String,
    },
    /// Anyone, once a browser session.
    Anyone,
}

impl Poll {
    /// The electoral roll, if the poll has one.
    #[must_use]
    pub const fn roll(&self) -> Option<Uuid> {
        match self.basis {
            Basis::Roll(roll) => Some(roll),
            _ => None,
        }
    }
}

/// What of a member decides whether they may vote.
#[derive(Clone, Debug)]
pub struct Voter {
    /// The roll that they are in.
    pub roll_id: Uuid,
    /// Their district.
    pub district: String,
    /// Their birth date, if the roll has it.
    pub birth_date: Option<NaiveDate>,
}

/// Whether a poll is for this district. Codes are compared without case.
#[must_use]
pub fn takes_district(poll: &Poll, district: &str) -> bool {
    poll.districts.is_empty() || named(poll, district).is_some()
}

/// The district of a ballot: as the poll names it, if it does.
#[must_use]
pub fn district_of_ballot(poll: &Poll, district: &str) -> String {
    named(poll, district).unwrap_or(district).to_owned()
}

fn named<'a>(poll: &'a Poll, district: &str) -> Option<&'a str> {
    poll.districts.iter().map(String::as_str).find(|named| named.eq_ignore_ascii_case(district))
}

/// Whether somebody who was born then is old enough on the day on which the poll opens.
#[must_use]
pub fn is_old_enough(poll: &Poll, birth_date: NaiveDate) -> bool {
    age_at_opening(poll, birth_date) >= poll.minimum_age
}

/// How old somebody is on the day on which the poll opens.
#[must_use]
pub fn age_at_opening(poll: &Poll, birth_date: NaiveDate) -> i32 {
    age(birth_date, poll.open_time.with_timezone(&poll.time_zone).date_naive())
}

/// Why a member may not vote in a poll. For people, without personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// The poll is for another roll.
    #[error("is not in the electoral roll of this poll")]
    OtherRoll,
    /// The member left the roll before the poll opened.
    #[error("left the electoral roll before this poll opened")]
    Left,
    /// The poll is for other districts.
    #[error("lives in a district that does not vote in this poll")]
    OtherDistrict,
    /// Nobody knows how old the member is.
    #[error("has no birth date in the electoral roll, and this poll has a minimum age")]
    AgeUnknown,
    /// No provider says how old the person is.
    #[error("comes with no birth date from the provider, and this poll has a minimum age")]
    AgeNotVouched,
    /// The member is too young.
    #[error("is younger than the minimum age of this poll")]
    TooYoung,
}

impl Ineligible {
    /// What of poll or member it is about, for programs that say it in other words.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::OtherRoll | Self::Left => "eligibility.roll_id",
            Self::OtherDistrict => "eligibility.districts",
            Self::AgeUnknown | Self::AgeNotVouched => "member.birth_date",
            Self::TooYoung => "eligibility.minimum_age",
        }
    }
}

/// Whether a member may vote in a poll.
///
/// # Errors
/// The rule that the member does not meet.
pub fn check(poll: &Poll, voter: &Voter) -> Result<(), Ineligible> {
    if poll.roll() != Some(voter.roll_id) {
        return Err(Ineligible::OtherRoll);
    }
    if !takes_district(poll, &voter.district) {
        return Err(Ineligible::OtherDistrict);
    }
    if poll.minimum_age > 0 {
        let birth_date = voter.birth_date.ok_or(Ineligible::AgeUnknown)?;
        if !is_old_enough(poll, birth_date) {
            return Err(Ineligible::TooYoung);
        }
    }
    Ok(())
}

/// Completed years. Who is born on 29 February completes a year on 1 March of other years: on 28 February it is over
/// only when the day is, as most laws count.
pub(crate) fn age(birth_date: NaiveDate, day: NaiveDate) -> i32 {
    let had_birthday = (day.month(), day.day()) >= (birth_date.month(), birth_date.day());
    day.year() - birth_date.year() - i32::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn age_counts_birthdays() {
        assert_eq!(age(date("2010-06-15"), date("2026-06-14")), 15);
        assert_eq!(age(date("2010-06-15"), date("2026-06-15")), 16);
        assert_eq!(age(date("2008-02-29"), date("2026-02-28")), 17);
        assert_eq!(age(date("2008-02-29"), date("2026-03-01")), 18);
    }

    #[test]
    fn each_rule_refuses() {
        let poll = Poll {
            poll_id: Uuid::nil(),
            organization_id: Uuid::nil(),
            basis: Basis::Roll(Uuid::from_u128(1)),
            districts: vec!["north".into()],
            minimum_age: 16,
            time_zone: Tz::UTC,
            open_time: "2026-06-15T08:00:00Z".parse().unwrap(),
            close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
            paper_close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
        };
        let voter = Voter {
            roll_id: Uuid::from_u128(1),
            district: "north".into(),
            birth_date: Some(date("2010-06-15")),
        };
        assert_eq!(check(&poll, &voter), Ok(()));
        for (voter, refusal) in [
            (Voter { roll_id: Uuid::nil(), ..voter.clone() }, Ineligible::OtherRoll),
            (Voter { district: "south".into(), ..voter.clone() }, Ineligible::OtherDistrict),
            (Voter { birth_date: None, ..voter.clone() }, Ineligible::AgeUnknown),
            (Voter { birth_date: Some(date("2010-06-16")), ..voter }, Ineligible::TooYoung),
        ] {
            assert_eq!(check(&poll, &voter), Err(refusal));
        }
        let north = Voter {
            district: "North".into(),
            roll_id: Uuid::from_u128(1),
            birth_date: Some(date("2010-06-15")),
        };
        assert_eq!(check(&poll, &north), Ok(()));
        assert_eq!(district_of_ballot(&poll, "North"), "north", "one district has one name on ballots");
    }

    #[test]
    fn the_day_is_that_of_the_organization() {
        let may = |zone: &str, open_time: &str, birth_date: &str| {
            let poll = Poll {
                poll_id: Uuid::nil(),
                organization_id: Uuid::nil(),
                basis: Basis::Roll(Uuid::nil()),
                districts: Vec::new(),
                minimum_age: 16,
                time_zone: zone.parse().unwrap(),
                open_time: open_time.parse().unwrap(),
                close_time: "2030-01-01T00:00:00Z".parse().unwrap(),
                paper_close_time: "2030-01-01T00:00:00Z".parse().unwrap(),
            };
            let birth_date = Some(date(birth_date));
            check(&poll, &Voter { roll_id: Uuid::nil(), district: String::new(), birth_date }).is_ok()
        };
        for (zone, open_time, birth_date, expected) in [
            // The 16th birthday in Tokyo, the day before in UTC.
            ("Asia/Tokyo", "2026-11-30T00:00:00+09:00", "2010-11-30", true),
            ("UTC", "2026-11-30T00:00:00+09:00", "2010-11-30", false),
            // The evening before the birthday in Bogota, the birthday in UTC.
            ("America/Bogota", "2026-11-28T20:00:00-05:00", "2010-11-29", false),
            ("UTC", "2026-11-28T20:00:00-05:00", "2010-11-29", true),
            // Born on 29 February.
            ("Europe/Paris", "2028-02-29T00:00:00+01:00", "2012-02-29", true),
            ("Europe/Paris", "2028-02-28T23:59:59+01:00", "2012-02-29", false),
            // No 29 February in 2027: 1 March, in the time of the place.
            ("Europe/Paris", "2027-02-28T23:30:00+01:00", "2011-02-28", true),
            ("Europe/Paris", "2027-03-01T00:00:00+01:00", "2008-02-29", true),
            // Midnight in summer time and in winter time.
            ("Europe/Warsaw", "2026-06-15T00:00:00+02:00", "2010-06-15", true),
            ("Europe/Warsaw", "2026-06-14T23:59:59+02:00", "2010-06-15", false),
            ("Europe/Warsaw", "2026-10-25T00:00:00+02:00", "2010-10-25", true),
            ("Europe/Warsaw", "2026-10-25T23:59:59+01:00", "2010-10-26", false),
            ("Europe/Warsaw", "2026-12-15T00:00:00+01:00", "2010-12-15", true),
            // A day that begins at one o'clock.
            ("America/Asuncion", "2023-10-01T04:00:00Z", "2007-10-01", true),
        ] {
            assert_eq!(may(zone, open_time, birth_date), expected, "{zone} {open_time} {birth_date}");
        }
    }
}
