//! Budgets and their states.

use chrono::{DateTime, Utc};
use comitia_allocation::MAX_AMOUNT;
use comitia_platform::currency;
use comitia_platform::validate::{self, Checks};
use comitia_proto::budgets::v1::{AllocationRule, BallotRule};
use uuid::Uuid;

use crate::domain::{allocation_rule, ballot_rule};
use crate::error::Error;

/// The largest amount or cost, in minor units: what the counting engine counts.
pub const LARGEST_AMOUNT: i64 = MAX_AMOUNT.cast_signed();

/// Where a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetState {
    /// Projects and rules can be changed.
    Draft,
    /// Projects and rules are frozen; the vote is scheduled or open.
    Frozen,
    /// The vote is closed; the result is being computed.
    Counting,
    /// The result is public.
    Decided,
    /// The vote was annulled; there is no result.
    Annulled,
}

impl BudgetState {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Frozen => "frozen",
            Self::Counting => "counting",
            Self::Decided => "decided",
            Self::Annulled => "annulled",
        }
    }

    /// The state that the database calls so.
    ///
    /// # Errors
    /// When there is no such state.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        [Self::Draft, Self::Frozen, Self::Counting, Self::Decided, Self::Annulled]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(Error::Corrupt("state of a budget"))
    }
}

/// An envelope of money with its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub organization: Uuid,
    /// The process that it belongs to.
    pub process: Uuid,
    /// What it is about and how it is decided.
    pub terms: Terms,
    /// Where it stands.
    pub state: BudgetState,
    /// Its poll, once frozen.
    pub poll: Option<Uuid>,
    /// How often it was changed, from 1.
    pub revision: i64,
    /// When it was created.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

impl Budget {
    /// What changes whenever the budget does.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("{:x}", self.revision)
    }

    /// Refuses a budget whose vote was scheduled.
    ///
    /// # Errors
    /// [`Error::Frozen`].
    pub fn require_draft(&self) -> Result<(), Error> {
        if self.state == BudgetState::Draft { Ok(()) } else { Err(Error::Frozen(self.id)) }
    }
}

/// The largest amount in words, and how amounts are given, for whoever typed one in another way.
#[must_use]
pub fn at_most(code: &str) -> String {
    let (most, example) = (currency::text(LARGEST_AMOUNT, code), currency::text(150_000, code));
    format!(
        "at most {most}; amounts are given in the smallest unit of the currency, so that 150000 is {example}"
    )
}

/// What a budget is about and how it is decided: all that its team sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The title.
    pub title: String,
    /// The area that it is for; empty for the whole city.
    pub area_code: String,
    /// How much money, in minor units.
    pub amount: i64,
    /// The currency, ISO 4217.
    pub currency: String,
    /// What voters do.
    pub ballot_rule: BallotRule,
    /// What decides.
    pub allocation_rule: AllocationRule,
    /// The budget that gets what this one does not spend.
    pub leftover_budget: Option<Uuid>,
    /// Whether two people sign its checklist off before its vote is scheduled.
    pub sign_off_required: bool,
}

impl Terms {
    /// Checks everything, the rules with one another included.
    ///
    /// # Errors
    /// `FIELD_INVALID` with every violation, or [`Error::RuleNotApplicable`] when each rule is good and they do not
    /// fit together.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::new();
        checks.text("title", &self.title, 1, 200);
        if !self.area_code.is_empty() {
            checks.require(
                validate::is_code(&self.area_code),
                "area_code",
                "must be empty or 1 to 64 letters, digits, or any of _ - .",
            );
        }
        checks.require(
            (1..=LARGEST_AMOUNT).contains(&self.amount),
            "amount",
            format!("must be more than 0, and {}", at_most(&self.currency)),
        );
        checks.require(
            currency::is_code(&self.currency),
            "currency",
            "must be an ISO 4217 code: three capital letters, such as EUR",
        );
        ballot_rule::check(&mut checks, &self.ballot_rule, self.amount, &self.currency);
        allocation_rule::check(&mut checks, &self.allocation_rule, &self.currency);
        checks.finish()?;
        allocation_rule::fits(&self.allocation_rule, &self.ballot_rule)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use comitia_platform::ApiError;
    use comitia_proto::budgets::v1::RuleKind;
    use comitia_proto::voting::v1::BallotType;

    use super::*;

    pub(crate) fn terms() -> Terms {
        Terms {
            title: "Green city".into(),
            area_code: String::new(),
            amount: 100_000,
            currency: "EUR".into(),
            ballot_rule: BallotRule {
                r#type: BallotType::Approval.into(),
                max_choices: 3,
                ..Default::default()
            },
            allocation_rule: AllocationRule { kind: RuleKind::Greedy.into(), ..Default::default() },
            leftover_budget: None,
            sign_off_required: false,
        }
    }

    #[test]
    fn good_terms_pass() {
        terms().check().unwrap();
    }

    #[test]
    fn every_broken_field_is_named() {
        let bad = Terms {
            title: " ".into(),
            area_code: "a b".into(),
            amount: 0,
            currency: "eur".into(),
            ..terms()
        };
        let error = ApiError::from(bad.check().unwrap_err());
        let fields: Vec<_> = error.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["title", "area_code", "amount", "currency"]);
        let large = Terms { amount: LARGEST_AMOUNT + 1, ..terms() };
        assert!(large.check().is_err());
        assert!(Terms { amount: -1, ..terms() }.check().is_err());
    }

    #[test]
    fn states_keep_their_names() {
        use BudgetState::{Annulled, Counting, Decided, Draft, Frozen};
        for state in [Draft, Frozen, Counting, Decided, Annulled] {
            assert_eq!(BudgetState::from_name(state.name()).unwrap(), state);
        }
        assert!(BudgetState::from_name("open").is_err());
    }
}
