//! The rules and their parameters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

macro_rules! names {
    ($type:ident, $expected:literal, $($variant:ident = $name:literal),+) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $name),+ })
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self, Error> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(Error::UnknownName { name: name.to_owned(), expected: $expected }),
                }
            }
        }
    };
}

/// Which greedy rule (format page of Pabulib; they are different rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GreedyKind {
    /// `greedy`: best first, what does not fit is skipped.
    #[default]
    Skip,
    /// `greedy-no-skip`: stop at the first project that does not fit.
    NoSkip,
    /// `greedy-threshold`: like `greedy`, with a minimum score.
    Threshold,
    /// `greedy-exclusive`: like `greedy`; of projects that exclude each other the best is taken. (Exclusion groups are a
    /// constraint of the instance and hold under every rule; this name says that the rule relies on them.)
    Exclusive,
}

names!(
    GreedyKind,
    "skip, no-skip, threshold, exclusive",
    Skip = "skip",
    NoSkip = "no-skip",
    Threshold = "threshold",
    Exclusive = "exclusive"
);

/// What a greedy rule sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GreedyOrder {
    /// The sum of scores; on approval ballots the number of votes. What cities call "by votes" or "by points".
    #[default]
    Score,
    /// The number of ballots that name the project, whatever its score on them.
    Votes,
    /// The sum of scores for each unit of money.
    ScorePerCost,
}

names!(
    GreedyOrder,
    "score, votes, score-per-cost",
    Score = "score",
    Votes = "votes",
    ScorePerCost = "score-per-cost"
);

/// A greedy rule with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct GreedyRule {
    /// Which greedy rule.
    pub kind: GreedyKind,
    /// What it sorts by.
    pub order: GreedyOrder,
    /// The least score (votes, if sorted by votes) a project needs; applies to every greedy rule that states one.
    pub min_score: Option<i64>,
    /// What is left in the end goes to the first project that did not fit, if it is at least so many percent of its cost (1
    /// to 99); without it, every project is funded whole or not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_from_percent: Option<u32>,
}

/// What a voter gets from a funded project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Satisfaction {
    /// The project's cost times the voter's score for it (1 if approved): what the cities that use the rule chose.
    #[default]
    Cost,
    /// The voter's score for it (1 if approved), whatever the cost.
    Cardinality,
}

names!(Satisfaction, "cost, cardinality", Cost = "cost", Cardinality = "cardinality");

/// What happens with the money that equal shares leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Nothing.
    None,
    /// The rest goes to the projects with the greatest score that fit.
    Greedy,
    /// Shares grow until the outcome would cost more than the budget.
    #[default]
    Add1,
    /// Add1, then the rest as in `greedy`.
    Add1u,
}

names!(
    Completion,
    "none, greedy, add1, add1u",
    None = "none",
    Greedy = "greedy",
    Add1 = "add1",
    Add1u = "add1u"
);

/// What a voter's share starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Budget / voters, an exact fraction.
    #[default]
    Exact,
    /// Budget / voters, rounded down to whole currency units.
    Integral,
}

names!(Start, "exact, integral", Exact = "exact", Integral = "integral");

/// When Add1 stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// When the next run would cost more than the budget (reproduces the real elections in Pabulib).
    #[default]
    Overspend,
    /// As before, and as soon as no further project fits into the budget.
    Exhaustive,
}

names!(Stop, "overspend, exhaustive", Overspend = "overspend", Exhaustive = "exhaustive");

/// The comparison step: the greedy outcome is taken instead if more voters prefer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// No comparison.
    #[default]
    None,
    /// A voter prefers the outcome with the greater sum of scores (number of approved projects).
    Satisfaction,
    /// A voter prefers the outcome that funds at least one of their projects.
    ExclusionRatio,
}

names!(
    Comparison,
    "none, satisfaction, exclusion-ratio",
    None = "none",
    Satisfaction = "satisfaction",
    ExclusionRatio = "exclusion-ratio"
);

/// The Method of Equal Shares with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct EqualSharesRule {
    /// What a voter gets from a funded project.
    pub satisfaction: Satisfaction,
    /// What happens with the money left.
    pub completion: Completion,
    /// By how many minor units a share grows in each run of Add1; by default one currency unit.
    pub increment: Option<u64>,
    /// What a share starts from.
    pub start: Start,
    /// When Add1 stops.
    pub stop: Stop,
    /// The comparison step.
    pub comparison: Comparison,
    /// The least score a project needs.
    pub min_score: Option<i64>,
}

/// Sequential Phragmén.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct PhragmenRule {
    /// The least score a project needs.
    pub min_score: Option<i64>,
}

/// A rule with its parameters. As JSON: `{"name":"equal-shares","satisfaction":"cost",...}`; what is left out has
/// its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Rule {
    /// The greedy family.
    Greedy(GreedyRule),
    /// The Method of Equal Shares.
    EqualShares(EqualSharesRule),
    /// Sequential Phragmén.
    Phragmen(PhragmenRule),
}

impl Default for Rule {
    fn default() -> Self {
        Self::Greedy(GreedyRule::default())
    }
}

/// The names of the rules.
pub const RULE_NAMES: [&str; 6] =
    ["greedy", "greedy-no-skip", "greedy-threshold", "greedy-exclusive", "equal-shares", "phragmen"];

impl Rule {
    /// The rule's name, one of [`RULE_NAMES`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Greedy(rule) => match rule.kind {
                GreedyKind::Skip => "greedy",
                GreedyKind::NoSkip => "greedy-no-skip",
                GreedyKind::Threshold => "greedy-threshold",
                GreedyKind::Exclusive => "greedy-exclusive",
            },
            Self::EqualShares(_) => "equal-shares",
            Self::Phragmen(_) => "phragmen",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rule {
    type Err = Error;

    /// The rule of that name with default parameters.
    fn from_str(name: &str) -> Result<Self, Error> {
        let greedy = |kind| Ok(Self::Greedy(GreedyRule { kind, ..GreedyRule::default() }));
        match name {
            "greedy" => greedy(GreedyKind::Skip),
            "greedy-no-skip" => greedy(GreedyKind::NoSkip),
            "greedy-threshold" => greedy(GreedyKind::Threshold),
            "greedy-exclusive" => greedy(GreedyKind::Exclusive),
            "equal-shares" => Ok(Self::EqualShares(EqualSharesRule::default())),
            "phragmen" => Ok(Self::Phragmen(PhragmenRule::default())),
            _ => Err(Error::UnknownName {
                name: name.to_owned(),
                expected: "greedy, greedy-no-skip, greedy-threshold, greedy-exclusive, equal-shares, phragmen",
            }),
        }
    }
}
