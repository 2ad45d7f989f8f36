//! The vote of a budget: when and for whom it is, and the poll that voting makes of it.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::validate::{Checks, is_code, timestamp};
use comitia_proto::identity::v1::CountElectorsRequest;
use comitia_proto::spaces::v1::{Phase, PhaseKind};
use comitia_proto::voting::v1::{CreatePollRequest, Eligibility, EligibilityBasis, PollOption};
use uuid::Uuid;

use crate::domain::ballot_rule;
use crate::domain::budget::Budget;
use crate::domain::electorate::Areas;
use crate::domain::project::Project;
use crate::error::Error;

/// The highest minimum age.
const HIGHEST_AGE: i64 = 150;
/// How long after the close paper ballots can be entered at most.
const LONGEST_PAPER_PERIOD: TimeDelta = TimeDelta::days(60);
/// The most districts.
const MOST_DISTRICTS: usize = 1_000;

/// When and for whom a vote is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The electoral roll.
    pub roll: Uuid,
    /// When the vote opens.
    pub open_time: DateTime<Utc>,
    /// When it closes.
    pub close_time: DateTime<Utc>,
    /// Only members of these districts, sorted; all when empty.
    pub districts: Vec<String>,
    /// Only members who are at least this old.
    pub minimum_age: i64,
    /// Until when paper ballots can be entered; voting decides when it is not said.
    pub paper_close_time: Option<DateTime<Utc>>,
}

impl Schedule {
    /// The same schedule with its districts in order, and for the budget's area when none are given.
    #[must_use]
    pub fn for_area(mut self, area_code: &str) -> Self {
        if self.districts.is_empty() && !area_code.is_empty() {
            self.districts.push(area_code.to_owned());
        }
        self.districts.sort_unstable();
        self
    }

    /// For whom the vote is: the members of all areas that its districts stand for, of an organization in `time_zone`.
    #[must_use]
    pub fn whom(&self, areas: &Areas, time_zone: &str) -> CountElectorsRequest {
        CountElectorsRequest {
            roll_id: self.roll.to_string(),
            districts: areas.all_within(&self.districts),
            minimum_age: u32::try_from(self.minimum_age).unwrap_or(u32::MAX),
            open_time: Some(timestamp(self.open_time)),
            time_zone: time_zone.to_owned(),
        }
    }

    /// Checks the fields by themselves.
    ///
    /// # Errors
    /// `FIELD_INVALID` with every violation.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::new();
        checks.require(self.close_time > self.open_time, "close_time", "must be after open_time");
        checks.require(
            self.districts.len() <= MOST_DISTRICTS,
            "districts",
            format!("must be at most {MOST_DISTRICTS} districts"),
        );
        let mut seen = HashSet::new();
        for (i, district) in self.districts.iter().enumerate() {
            let field = format!("districts[{i}]");
            checks.require(
                is_code(district),
                field.clone(),
                "must be 1 to 64 letters, digits, or any of _ - .",
            );
            checks.require(seen.insert(district), field, "must not be there twice");
        }
        checks.require(
            (0..=HIGHEST_AGE).contains(&self.minimum_age),
            "minimum_age",
            format!("must be 0 to {HIGHEST_AGE}"),
        );
        let latest = self.close_time + LONGEST_PAPER_PERIOD;
        checks.require(
            self.paper_close_time.is_none_or(|time| time >= self.close_time && time <= latest),
            "paper_close_time",
            "must not be before close_time, nor more than 60 days after it",
        );
        Ok(checks.finish()?)
    }

    /// Refuses a vote that would be over before it begins.
    ///
    /// # Errors
    /// `FIELD_INVALID` when it closes before `now`.
    pub fn check_future(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let mut checks = Checks::new();
        checks.require(self.close_time > now, "close_time", "must be in the future");
        Ok(checks.finish()?)
    }

    /// Refuses a vote that is not inside one vote phase.
    ///
    /// # Errors
    /// [`Error::PhaseNotOpen`], which names the time that is outside.
    pub fn check_phase(&self, phases: &[Phase]) -> Result<(), Error> {
        let mut opens_in_one = false;
        for phase in phases.iter().filter(|phase| phase.kind() == PhaseKind::Vote) {
            let (Some(start), Some(end)) = (time(phase.start_time.as_ref()), time(phase.end_time.as_ref()))
            else {
                return Err(Error::Corrupt("times of a phase"));
            };
            if start <= self.open_time && self.open_time < end {
                if self.close_time <= end {
                    return Ok(());
                }
                opens_in_one = true;
            }
        }
        Err(if opens_in_one {
            Error::PhaseNotOpen {
                field: "close_time",
                rule: "must be inside the vote phase in which the vote opens",
            }
        } else {
            Error::PhaseNotOpen { field: "open_time", rule: "must be inside a vote phase of the process" }
        })
    }
}

fn time(value: Option<&prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    value.and_then(|time| DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?))
}

/// The poll of a budget's vote, for those who were counted.
///
/// # Errors
/// [`Error::RuleNotApplicable`] when no ballot of the projects can keep the budget's ballot rule.
pub fn poll(
    id: Uuid,
    budget: &Budget,
    projects: &[Project],
    schedule: &Schedule,
    whom: CountElectorsRequest,
) -> Result<CreatePollRequest, Error> {
    let money = (budget.terms.amount, budget.terms.currency.as_str());
    let specification = ballot_rule::compile(&budget.terms.ballot_rule, money, projects)?;
    let options = projects.iter().map(|project| PollOption {
        option_id: project.reference.clone(),
        title: project.values.title.clone(),
        cost: project.values.cost,
        categories: project.values.categories.clone(),
    });
    Ok(CreatePollRequest {
        poll_id: id.to_string(),
        title: budget.terms.title.clone(),
        open_time: Some(timestamp(schedule.open_time)),
        close_time: Some(timestamp(schedule.close_time)),
        paper_close_time: schedule.paper_close_time.map(timestamp),
        eligibility: Some(Eligibility {
            roll_id: whom.roll_id,
            districts: whom.districts,
            minimum_age: whom.minimum_age,
            time_zone: whom.time_zone,
            basis: EligibilityBasis::Roll.into(),
            ..Eligibility::default()
        }),
        specification: Some(specification),
        options: options.collect(),
        recast_allowed: budget.terms.ballot_rule.recast_allowed,
        signature_sheet: None,
    })
}

#[cfg(test)]
mod tests {
    use comitia_platform::{ApiError, Reason};

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + hour * 3600, 0).unwrap()
    }

    fn schedule(open: i64, close: i64) -> Schedule {
        Schedule {
            roll: Uuid::nil(),
            open_time: at(open),
            close_time: at(close),
            districts: Vec::new(),
            minimum_age: 0,
            paper_close_time: None,
        }
    }

    fn phase(kind: PhaseKind, start: i64, end: i64) -> Phase {
        Phase {
            kind: kind.into(),
            start_time: Some(timestamp(at(start))),
            end_time: Some(timestamp(at(end))),
            ..Default::default()
        }
    }

    #[test]
    fn a_vote_is_inside_one_vote_phase() {
        let phases = [
            phase(PhaseKind::Submission, 0, 10),
            phase(PhaseKind::Vote, 10, 20),
            phase(PhaseKind::Vote, 20, 30),
        ];
        schedule(10, 20).check_phase(&phases).unwrap();
        schedule(21, 22).check_phase(&phases).unwrap();
        for (open, close, field) in
            [(9, 12, "open_time"), (12, 21, "close_time"), (30, 31, "open_time"), (1, 2, "open_time")]
        {
            let error = ApiError::from(schedule(open, close).check_phase(&phases).unwrap_err());
            assert_eq!((error.reason, error.violations[0].field.as_str()), (Reason::PhaseNotOpen, field));
        }
    }

    #[test]
    fn broken_fields_are_named() {
        let bad = Schedule {
            districts: vec!["a".into(), "a".into(), "ż".into()],
            minimum_age: 200,
            paper_close_time: Some(at(4)),
            ..schedule(5, 5)
        };
        let fields: Vec<_> =
            ApiError::from(bad.check().unwrap_err()).violations.into_iter().map(|v| v.field).collect();
        assert_eq!(fields, ["close_time", "districts[1]", "districts[2]", "minimum_age", "paper_close_time"]);
        assert!(schedule(1, 2).check_future(at(2)).is_err());
        assert!(schedule(1, 2).check_future(at(1)).is_ok());
    }

    #[test]
    fn a_budget_for_an_area_is_for_its_people() {
        assert_eq!(schedule(1, 2).for_area("north").districts, ["north"]);
        let two = Schedule { districts: vec!["west".into(), "east".into()], ..schedule(1, 2) };
        assert_eq!(two.for_area("north").districts, ["east", "west"]);
        assert!(schedule(1, 2).for_area("").districts.is_empty());
    }
}
