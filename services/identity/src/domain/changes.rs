//! Changes of a roll: what of a member differs, and what has to wait until a vote is over.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::domain::eligibility::{self, Ineligible, Poll, Voter};

/// What a roll says of a member besides their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Their district; empty for none.
    pub district: String,
    /// Their birth date.
    pub birth_date: Option<NaiveDate>,
    /// Their e-mail address.
    pub email: Option<String>,
}

impl Entry {
    fn voter(&self, poll: &Poll) -> Voter {
        Voter {
            roll_id: poll.roll().unwrap_or_default(),
            district: eligibility::district_of_ballot(poll, &self.district),
            birth_date: self.birth_date,
        }
    }
}

/// The columns in which two entries differ.
#[must_use]
pub fn differing(before: &Entry, after: &Entry) -> Vec<&'static str> {
    [
        ("district", before.district != after.district),
        ("birth_date", before.birth_date != after.birth_date),
        ("email", before.email != after.email),
    ]
    .into_iter()
    .filter_map(|(column, differs)| differs.then_some(column))
    .collect()
}

/// Whether a change may be made while these polls are open. What gives somebody a right that the roll withheld by mistake
/// may: they have not voted. What takes it away, or moves ballots to another district, may not: a ballot that was cast stays,
/// and one nullifier would have two districts.
///
/// # Errors
/// The column and why it has to wait.
pub fn may_change(open: &[Poll], before: &Entry, after: &Entry) -> Result<(), (&'static str, &'static str)> {
    for poll in open {
        let (old, new) = (before.voter(poll), after.voter(poll));
        if eligibility::check(poll, &old).is_err() {
            continue;
        }
        if old.district != new.district {
            return Err((
                "district",
                "must stay until the vote is over that is open: it is where the ballot counts",
            ));
        }
        if eligibility::check(poll, &new).is_err() {
            let rule =
                "must stay until the vote is over that is open: it decides whether the member may vote";
            return Err(("birth_date", rule));
        }
    }
    Ok(())
}

/// Whether somebody may still vote who left the roll then: in polls that had opened.
///
/// # Errors
/// Why not.
pub fn may_vote_after_leaving(poll: &Poll, leave_time: Option<DateTime<Utc>>) -> Result<(), Ineligible> {
    match leave_time {
        Some(left) if left < poll.open_time => Err(Ineligible::Left),
        _ => Ok(()),
    }
}

/// What loading a register again does to a member of the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The line of the file.
    pub line: u64,
    /// The member.
    pub member_id: Uuid,
    /// The columns; "left" for somebody who left and is back.
    pub fields: Vec<&'static str>,
    /// What the roll will say.
    pub after: Entry,
    /// Whether the address has to wait until it signs anybody in.
    pub hold_address: bool,
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::domain::eligibility::Basis;

    fn poll(districts: &[&str], minimum_age: i32) -> Poll {
        Poll {
            poll_id: Uuid::nil(),
            organization_id: Uuid::nil(),
            basis: Basis::Roll(Uuid::from_u128(1)),
            districts: districts.iter().map(|&district| district.to_owned()).collect(),
            minimum_age,
            time_zone: Tz::UTC,
            open_time: "2026-06-15T08:00:00Z".parse().unwrap(),
            close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
            paper_close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
        }
    }

    fn entry(district: &str, birth_date: &str) -> Entry {
        Entry { district: district.into(), birth_date: birth_date.parse().ok(), email: None }
    }

    #[test]
    fn what_an_open_vote_rests_on_stays() {
        let (adult, child) = ("1990-01-01", "2015-01-01");
        for (districts, age, before, after, column) in [
            // Where ballots count.
            (&[][..], 0, entry("north", ""), entry("south", ""), Some("district")),
            (&["north", "south"], 0, entry("north", ""), entry("south", ""), Some("district")),
            (&["north"], 0, entry("north", ""), entry("south", ""), Some("district")),
            (&["North"], 0, entry("north", ""), entry("north", adult), None),
            // A right that was withheld by mistake.
            (&["north"], 0, entry("south", ""), entry("north", ""), None),
            (&["north"], 0, entry("south", ""), entry("west", ""), None),
            (&[], 16, entry("north", child), entry("north", adult), None),
            (&[], 16, entry("north", ""), entry("south", adult), None),
            // A right that somebody has.
            (&[], 16, entry("north", adult), entry("north", child), Some("birth_date")),
            (&[], 16, entry("north", adult), entry("north", ""), Some("birth_date")),
            (&[], 16, entry("north", adult), entry("north", "1991-01-01"), None),
        ] {
            let refused = may_change(&[poll(districts, age)], &before, &after).err().map(|refused| refused.0);
            assert_eq!(refused, column, "{districts:?} {age} {before:?} {after:?}");
            assert_eq!(may_change(&[], &before, &after), Ok(()), "no vote is open");
        }
    }

    #[test]
    fn who_leaves_keeps_what_had_opened() {
        let poll = poll(&[], 0);
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(may_vote_after_leaving(&poll, None), Ok(()));
        assert_eq!(may_vote_after_leaving(&poll, at("2026-06-15T08:00:00Z")), Ok(()));
        assert!(may_vote_after_leaving(&poll, at("2026-06-15T07:59:59Z")).is_err());
    }

    #[test]
    fn what_differs_is_named() {
        let before = Entry { email: Some("a@example.org".into()), ..entry("north", "1990-01-01") };
        assert!(differing(&before, &before).is_empty());
        assert_eq!(differing(&before, &Entry::default()), ["district", "birth_date", "email"]);
    }
}
