//! Replacing a member's access code takes two people: whoever holds the code can vote as the member.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a replacement waits for approval.
pub const WAITS: TimeDelta = TimeDelta::days(14);

/// Somebody of the staff, as the one who asks or the one who approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The staff member's id, or "operator".
    pub name: String,
    /// What stays the same when somebody is removed and added again: the keyed hash of their e-mail address.
    pub person: Vec<u8>,
    /// Since when they are on the staff.
    pub since: DateTime<Utc>,
}

/// A replacement that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The person who asked.
    pub person: Vec<u8>,
    /// When.
    pub request_time: DateTime<Utc>,
}

/// Whether `officer` may approve what was asked: another person, who was on the staff before somebody could add them
/// for the purpose.
#[must_use]
pub fn may_approve(asked: &Asked, officer: &Officer) -> bool {
    officer.person != asked.person && officer.since <= asked.request_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_person_approves_who_was_there_before() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let officer =
            |person: &[u8], since| Officer { name: "any".into(), person: person.to_vec(), since: at(since) };
        let asked = Asked { person: b"ada".to_vec(), request_time: at(10) };
        assert!(may_approve(&asked, &officer(b"bob", 10)));
        assert!(!may_approve(&asked, &officer(b"ada", 0)), "the one who asked");
        assert!(!may_approve(&asked, &officer(b"bob", 11)), "added after it was asked for");
    }
}
