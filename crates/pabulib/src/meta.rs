//! The META section.

use std::fmt;

use crate::decimal::Decimal;

/// The kind of ballot an election uses (closed list of the format).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoteType {
    /// A set of projects; a knapsack vote is stored as approval with `max_sum_cost`.
    Approval,
    /// Projects in order, best first.
    Ordinal,
    /// Points shared out among projects, at most `max_sum_points` in all.
    Cumulative,
    /// A score for each project named, `default_score` for the others.
    Scoring,
    /// Exactly one project.
    ChooseOne,
}

impl VoteType {
    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Ordinal => "ordinal",
            Self::Cumulative => "cumulative",
            Self::Scoring => "scoring",
            Self::ChooseOne => "choose-1",
        }
    }

    /// The type that files name so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Approval, Self::Ordinal, Self::Cumulative, Self::Scoring, Self::ChooseOne]
            .into_iter()
            .find(|t| t.name() == name)
    }

    /// Does a ballot of this type carry points?
    #[must_use]
    pub const fn has_points(self) -> bool {
        matches!(self, Self::Cumulative | Self::Scoring)
    }
}

impl fmt::Display for VoteType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Keys that every file must have; `budget`, `num_projects`, `num_votes` and `vote_type` are fields of
/// [`crate::Election`] as well.
pub(crate) const OBLIGATORY: [&str; 11] = [
    "description",
    "country",
    "unit",
    "instance",
    "num_projects",
    "num_votes",
    "budget",
    "vote_type",
    "rule",
    "date_begin",
    "date_end",
];

/// Keys whose value is a decimal number.
pub(crate) const NUMBERS: [&str; 9] = [
    "min_sum_cost",
    "max_sum_cost",
    "min_points",
    "max_points",
    "min_sum_points",
    "max_sum_points",
    "default_score",
    "min_project_score_threshold",
    "min_project_cost",
];

/// Keys whose value is a whole number.
pub(crate) const COUNTS: [&str; 4] = ["num_projects", "num_votes", "min_length", "max_length"];

/// The official order of the keys (`META_FIELDS_ORDER` of pabulib-checker 1.0.8); the writer keeps to it.
pub(crate) const ORDER: [&str; 39] = [
    "description",
    "country",
    "unit",
    "district",
    "subunit",
    "instance",
    "num_projects",
    "num_votes",
    "budget",
    "vote_type",
    "rule",
    "date_begin",
    "date_end",
    "min_length",
    "max_length",
    "min_sum_cost",
    "max_sum_cost",
    "min_points",
    "max_points",
    "min_sum_points",
    "max_sum_points",
    "default_score",
    "min_project_cost",
    "max_project_cost",
    "min_project_score_threshold",
    "neighborhoods",
    "subdistricts",
    "categories",
    "edition",
    "language",
    "currency",
    "fully_funded",
    "experimental",
    "comment",
    "acknowledgments",
    "leftover_budget",
    "budget_per_category",
    "budget_per_neighborhood",
    "min_length_per_category",
];

/// What a new election must say about itself; see [`crate::Election::new`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// One sentence.
    pub description: String,
    /// The country's name in English.
    pub country: String,
    /// The city or institution.
    pub unit: String,
    /// The edition or year.
    pub instance: String,
    /// The rule's name in the closed list of the format, for example `greedy` or `equalshares/add1`.
    pub rule: String,
    /// First day, `dd.mm.yyyy` or `yyyy`.
    pub date_begin: String,
    /// Last day, `dd.mm.yyyy` or `yyyy`.
    pub date_end: String,
}

/// The keys and values of META in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    entries: Vec<(String, String)>,
}

impl Meta {
    /// An empty META.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The value of a key, if the key is there and its value is not empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// Sets a key, in place if it is there already.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into().trim().to_owned();
        match self.entries.iter_mut().find(|(k, _)| k == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.to_owned(), value)),
        }
    }

    /// Adds a key that is not there yet. Files may have any number of keys: no search.
    pub(crate) fn push(&mut self, key: String, value: &str) {
        self.entries.push((key, value.to_owned()));
    }

    /// Adds a remark to the comment, with the next number: `#1: ...`.
    pub fn add_comment(&mut self, remark: &str) {
        let before = self.comment().unwrap_or_default();
        let number = |part: &&str| {
            part.split_once(':').is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let next = before.split('#').skip(1).filter(number).count() + 1;
        let comment = format!("{before} #{next}: {remark}");
        self.set("comment", comment);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|(k, _)| k != key);
    }

    /// A value as an exact number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<Decimal> {
        self.get(key).and_then(Decimal::parse)
    }

    /// A value as a whole number of 0 or more.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u64> {
        count(self.get(key)?)
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key) == Some("1")
    }

    /// A list value; `[]` and single quotes round it, as some files have, are dropped.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<&str> {
        let text = self.get(key).unwrap_or_default();
        let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        text.split(',').map(|item| item.trim().trim_matches('\'').trim()).filter(|i| !i.is_empty()).collect()
    }
}

pub(crate) fn count(text: &str) -> Option<u64> {
    let number = Decimal::parse(text).filter(|d| d.scale() == 0)?;
    u64::try_from(number.mantissa()).ok()
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident: $kind:ident -> $type:ty;)*) => {
        impl Meta {
            $($(#[$doc])* #[must_use] pub fn $name(&self) -> $type { self.$kind(stringify!($name)) })*
        }
    };
}

accessors! {
    /// One sentence about the election.
    description: get -> Option<&str>;
    /// The country.
    country: get -> Option<&str>;
    /// The city or institution.
    unit: get -> Option<&str>;
    /// The part of the unit.
    subunit: get -> Option<&str>;
    /// The district.
    district: get -> Option<&str>;
    /// The edition or year.
    instance: get -> Option<&str>;
    /// The number of the edition.
    edition: get -> Option<&str>;
    /// The language of the texts, ISO 639.
    language: get -> Option<&str>;
    /// The currency, ISO 4217.
    currency: get -> Option<&str>;
    /// The rule's name.
    rule: get -> Option<&str>;
    /// First day of the vote.
    date_begin: get -> Option<&str>;
    /// Last day of the vote.
    date_end: get -> Option<&str>;
    /// Remarks, `#1: ...`.
    comment: get -> Option<&str>;
    /// What positions score in an ordinal vote; Borda if absent.
    scoring_fn: get -> Option<&str>;
    /// How many projects the file says it has.
    num_projects: count -> Option<u64>;
    /// How many ballots the file says it has.
    num_votes: count -> Option<u64>;
    /// Fewest projects on a ballot.
    min_length: count -> Option<u64>;
    /// Most projects on a ballot.
    max_length: count -> Option<u64>;
    /// Least total cost of a ballot, in currency units.
    min_sum_cost: number -> Option<Decimal>;
    /// Greatest total cost of a ballot (knapsack votes), in currency units.
    max_sum_cost: number -> Option<Decimal>;
    /// Fewest points for a project.
    min_points: number -> Option<Decimal>;
    /// Most points for a project.
    max_points: number -> Option<Decimal>;
    /// Fewest points on a ballot.
    min_sum_points: number -> Option<Decimal>;
    /// Most points on a ballot.
    max_sum_points: number -> Option<Decimal>;
    /// The score of a project that a scoring ballot does not name.
    default_score: number -> Option<Decimal>;
    /// The votes or score below which no project is funded; applies to every greedy rule.
    min_project_score_threshold: number -> Option<Decimal>;
    /// Were all projects affordable together?
    fully_funded: flag -> bool;
    /// Is it an experiment rather than an election?
    experimental: flag -> bool;
    /// The categories of the projects.
    categories: list -> Vec<&str>;
    /// The neighbourhoods of the projects.
    neighborhoods: list -> Vec<&str>;
    /// An amount for each category, in the order of `categories`.
    budget_per_category: list -> Vec<&str>;
    /// An amount for each neighbourhood, in the order of `neighborhoods`.
    budget_per_neighborhood: list -> Vec<&str>;
}
