//! When a process takes proposals.

use chrono::{DateTime, Utc};

/// What a process says about submitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Whether the process is published.
    pub published: bool,
    /// The start of each submission phase and the first moment after it.
    pub phases: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Why a process takes no proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is not published.
    NotPublished,
    /// No submission phase is open.
    NoPhaseOpen,
}

impl Submission {
    /// Whether proposals may be submitted and changed at `now`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Closed> {
        if !self.published {
            return Err(Closed::NotPublished);
        }
        let open = self.phases.iter().any(|&(start, end)| start <= now && now < end);
        if open { Ok(()) } else { Err(Closed::NoPhaseOpen) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn a_phase_has_its_first_moment_and_not_its_last() {
        let submission = Submission { published: true, phases: vec![(at(1), at(3)), (at(5), at(6))] };
        let open: Vec<_> = (0..8).filter(|hour| submission.check(at(*hour)).is_ok()).collect();
        assert_eq!(open, [1, 2, 5]);
        assert_eq!(submission.check(at(4)), Err(Closed::NoPhaseOpen));
    }

    #[test]
    fn an_unpublished_process_takes_nothing() {
        let submission = Submission { published: false, phases: vec![(at(1), at(3))] };
        assert_eq!(submission.check(at(2)), Err(Closed::NotPublished));
    }
}
