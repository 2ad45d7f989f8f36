//! Projects, their numbering, and how the funded ones come along.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use comitia_platform::validate::{self, Checks};
use uuid::Uuid;

use crate::domain::budget::LARGEST_AMOUNT;
use crate::error::Error;

/// The most projects that a budget has: what a poll takes as options.
pub const MOST_PROJECTS: usize = 10_000;
/// The most categories of a project.
const MOST_CATEGORIES: usize = 50;
/// References that a `.pb` file cannot say.
const RESERVED: [&str; 3] = ["META", "PROJECTS", "VOTES"];

/// How a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectStatus {
    /// The vote is not decided.
    Undecided,
    /// Not funded.
    NotFunded,
    /// Funded, not begun.
    Funded,
    /// Being planned.
    Planning,
    /// Being carried out.
    CarriedOut,
    /// Finished.
    Finished,
    /// Given up.
    GivenUp,
}

impl ProjectStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Undecided,
        Self::NotFunded,
        Self::Funded,
        Self::Planning,
        Self::CarriedOut,
        Self::Finished,
        Self::GivenUp,
    ];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::NotFunded => "not_funded",
            Self::Funded => "funded",
            Self::Planning => "planning",
            Self::CarriedOut => "carried_out",
            Self::Finished => "finished",
            Self::GivenUp => "given_up",
        }
    }

    /// The status that the database calls so.
    ///
    /// # Errors
    /// When there is no such status.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == name)
            .ok_or(Error::Corrupt("status of a project"))
    }

    /// Whether the project got the money.
    #[must_use]
    pub const fn is_funded(self) -> bool {
        !matches!(self, Self::Undecided | Self::NotFunded)
    }

    /// Whether a report may say it.
    #[must_use]
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Planning | Self::CarriedOut | Self::Finished | Self::GivenUp)
    }
}

/// A thing with a cost that the budget may fund.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// The budget.
    pub budget: Uuid,
    /// What ballots call it by; unique in the budget.
    pub reference: String,
    /// What its team says of it.
    pub values: ProjectValues,
    /// The proposal that it came from.
    pub proposal: Option<Uuid>,
    /// How it stands.
    pub status: ProjectStatus,
    /// What was reported, newest first.
    pub reports: Vec<Report>,
}

/// What the team says of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectValues {
    /// The title.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its cost, in minor units.
    pub cost: i64,
    /// Its categories.
    pub categories: Vec<String>,
    /// The address or name of the place.
    pub address: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Projects of one group exclude one another; empty for none.
    pub exclusion_group: String,
}

/// Checks a project to add or to change: its reference (empty: the next number, or unchanged) and values. `path` is
/// where it is in the request, such as `projects[3].`.
pub fn check(checks: &mut Checks, path: &str, reference: &str, values: &ProjectValues) {
    let field = |name: &str| format!("{path}{name}");
    if !reference.is_empty() {
        let reserved = RESERVED.iter().any(|word| reference.eq_ignore_ascii_case(word));
        checks.require(
            validate::is_reference(reference) && !reserved,
            field("reference"),
            "must be 1 to 64 letters, digits, or any of _ - . / and none of META, PROJECTS, VOTES",
        );
    }
    checks.text(field("title"), &values.title, 1, 500);
    checks.text(field("description"), &values.description, 0, 20_000);
    checks.require(
        (0..=LARGEST_AMOUNT).contains(&values.cost),
        field("cost"),
        format!(
            "must not be negative, and at most {LARGEST_AMOUNT} in the smallest unit of the budget's currency, such as cents"
        ),
    );
    checks.require(
        values.categories.len() <= MOST_CATEGORIES,
        field("categories"),
        format!("must be at most {MOST_CATEGORIES} categories"),
    );
    let mut seen = HashSet::new();
    for (i, category) in values.categories.iter().enumerate() {
        checks.text(field(&format!("categories[{i}]")), category, 1, 100);
        checks.require(seen.insert(category), field(&format!("categories[{i}]")), "must not be there twice");
    }
    checks.text(field("address"), &values.address, 0, 500);
    checks.require((-90.0..=90.0).contains(&values.latitude), field("latitude"), "must be -90 to 90 degrees");
    checks.require(
        (-180.0..=180.0).contains(&values.longitude),
        field("longitude"),
        "must be -180 to 180 degrees",
    );
    checks.text(field("exclusion_group"), &values.exclusion_group, 0, 100);
}

/// Gives references to new projects: their own, or the next free number for those without. `taken` are the references
/// that the budget has. Violations are named `projects[i].reference`.
///
/// # Errors
/// [`Error::ReferenceTaken`] for the first reference that is there already; `FIELD_INVALID` for one that the request
/// itself has twice.
pub fn number(wanted: &[String], taken: impl IntoIterator<Item = String>) -> Result<Vec<String>, Error> {
    let mut taken: HashSet<String> = taken.into_iter().collect();
    for (i, reference) in wanted.iter().enumerate() {
        if taken.contains(reference) {
            return Err(Error::ReferenceTaken { field: format!("projects[{i}].reference") });
        }
    }
    let mut checks = Checks::new();
    for (i, reference) in wanted.iter().enumerate().filter(|(_, reference)| !reference.is_empty()) {
        let new = taken.insert(reference.clone());
        checks.require(new, format!("projects[{i}].reference"), "must not be there twice");
    }
    checks.finish()?;
    let numbers: BTreeSet<u64> = taken.iter().filter_map(|reference| as_number(reference)).collect();
    let mut next = numbers.last().copied().unwrap_or(0);
    let given = wanted.iter().map(|reference| {
        if reference.is_empty() {
            next += 1;
            next.to_string()
        } else {
            reference.clone()
        }
    });
    Ok(given.collect())
}

/// The number that a reference is; those of more than 15 digits are names.
fn as_number(reference: &str) -> Option<u64> {
    let digits = reference.len() <= 15 && reference.bytes().all(|byte| byte.is_ascii_digit());
    if digits { reference.parse().ok() } else { None }
}

/// A report of how a funded project comes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: Uuid,
    /// How it stands.
    pub status: ProjectStatus,
    /// How much is done, in percent.
    pub percent_done: i32,
    /// What was spent so far, in minor units.
    pub spent: i64,
    /// What is to be said.
    pub note: String,
    /// When it was reported.
    pub time: DateTime<Utc>,
}

impl Report {
    /// Checks a report.
    ///
    /// # Errors
    /// `FIELD_INVALID` with every violation.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::new();
        checks.require(
            self.status.is_reported(),
            "status",
            "must be PLANNING, CARRIED_OUT, FINISHED or GIVEN_UP",
        );
        checks.require((0..=100).contains(&self.percent_done), "percent_done", "must be 0 to 100");
        checks.require(self.spent >= 0, "spent", "must not be negative");
        let least = usize::from(self.status == ProjectStatus::GivenUp);
        checks.text("note", &self.note, least, 5_000);
        Ok(checks.finish()?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use comitia_platform::{ApiError, Reason};
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn project(reference: &str, cost: i64) -> Project {
        Project {
            id: comitia_core::id::new(),
            budget: Uuid::nil(),
            reference: reference.into(),
            values: ProjectValues { title: format!("Project {reference}"), cost, ..Default::default() },
            proposal: None,
            status: ProjectStatus::Undecided,
            reports: Vec::new(),
        }
    }

    fn violations(reference: &str, values: &ProjectValues) -> Vec<String> {
        let mut checks = Checks::new();
        check(&mut checks, "projects[2].", reference, values);
        match checks.finish() {
            Ok(()) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }

    #[test]
    fn broken_values_name_their_field() {
        let good = project("a", 0).values;
        assert!(violations("", &good).is_empty());
        let cases = [
            ("a b", good.clone(), "reference"),
            ("Meta", good.clone(), "reference"),
            ("a", ProjectValues { title: String::new(), ..good.clone() }, "title"),
            ("a", ProjectValues { cost: -1, ..good.clone() }, "cost"),
            ("a", ProjectValues { cost: LARGEST_AMOUNT + 1, ..good.clone() }, "cost"),
            ("a", ProjectValues { categories: vec![String::new()], ..good.clone() }, "categories[0]"),
            (
                "a",
                ProjectValues { categories: vec!["x".into(), "x".into()], ..good.clone() },
                "categories[1]",
            ),
            ("a", ProjectValues { latitude: 90.5, ..good.clone() }, "latitude"),
            ("a", ProjectValues { longitude: f64::NAN, ..good }, "longitude"),
        ];
        for (reference, values, field) in cases {
            assert_eq!(violations(reference, &values), [format!("projects[2].{field}")]);
        }
    }

    #[test]
    fn numbers_go_on_after_the_highest() {
        let wanted = ["", "P-1", "", "3"].map(str::to_owned);
        let given = number(&wanted, ["7".to_owned(), "A9".to_owned(), "007".to_owned()]).unwrap();
        assert_eq!(given, ["8", "P-1", "9", "3"]);
    }

    #[test]
    fn a_reference_cannot_be_used_twice() {
        let error = ApiError::from(number(&["1".to_owned()], ["1".to_owned()]).unwrap_err());
        assert_eq!(error.reason, Reason::ResourceAlreadyExists);
        let error = ApiError::from(number(&["1".to_owned(), "1".to_owned()], []).unwrap_err());
        assert_eq!(
            (error.reason, error.violations[0].field.as_str()),
            (Reason::FieldInvalid, "projects[1].reference")
        );
    }

    #[test]
    fn giving_up_needs_a_word() {
        let report = || Report {
            id: Uuid::nil(),
            status: ProjectStatus::GivenUp,
            percent_done: 10,
            spent: 0,
            note: String::new(),
            time: DateTime::UNIX_EPOCH,
        };
        assert!(report().check().is_err());
        assert!(Report { note: "too dear".into(), ..report() }.check().is_ok());
        assert!(Report { status: ProjectStatus::Planning, ..report() }.check().is_ok());
        assert!(Report { status: ProjectStatus::Funded, note: "x".into(), ..report() }.check().is_err());
        assert!(Report { status: ProjectStatus::Planning, percent_done: 101, ..report() }.check().is_err());
    }

    proptest! {
        #[test]
        fn given_references_are_always_new_and_different(
            wanted in prop::collection::vec("[0-9A-C]{0,2}", 0..12),
            taken in prop::collection::hash_set("[0-9A-C]{1,2}", 0..12),
        ) {
            if let Ok(given) = number(&wanted, taken.clone()) {
                let different: HashSet<_> = given.iter().cloned().collect();
                prop_assert_eq!(different.len(), given.len());
                prop_assert!(different.is_disjoint(&taken));
            }
        }
    }
}
