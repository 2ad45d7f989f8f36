//! The names in a [`crate::Choice`] as a command line's help lists them.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use comitia_pabulib::Decimal;

type Named = (&'static str, &'static str);

pub(crate) const RULES: [Named; 6] = [
    ("greedy", "most votes first; what does not fit is passed over"),
    ("greedy-no-skip", "most votes first; stops at the first project that does not fit"),
    ("greedy-threshold", "like greedy, for projects that reach META's minimum"),
    ("greedy-exclusive", "like greedy; of projects that exclude each other only the best"),
    ("equal-shares", "Method of Equal Shares: every voter has an equal part of the budget"),
    ("phragmen", "sequential Phragmén: every voter earns money at the same pace"),
];
pub(crate) const SATISFACTIONS: [Named; 2] = [
    ("cost", "the project's cost, as the cities that use the rule chose"),
    ("cardinality", "the same from each project"),
];
pub(crate) const COMPLETIONS: [Named; 4] = [
    ("none", "it stays unspent"),
    ("greedy", "it goes to the projects with most votes that fit"),
    ("add1", "shares grow until the result would cost more than the budget"),
    ("add1u", "add1, then greedy"),
];
pub(crate) const STARTS: [Named; 2] =
    [("exact", "budget / voters"), ("integral", "budget / voters without what follows the point")];
pub(crate) const STOPS: [Named; 2] = [
    ("overspend", "before the result costs more than the budget"),
    ("exhaustive", "also as soon as no other project fits into the budget"),
];

/// A parser of names, with a line of help for each.
pub(crate) fn one_of<T>(names: &'static [Named]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: FromStr<Err = comitia_allocation::Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names.iter().map(|(name, help)| PossibleValue::new(*name).help(*help)))
        .try_map(|name| name.parse::<T>())
}

/// A parser of the names of rules.
#[must_use]
pub fn rules() -> impl TypedValueParser<Value = comitia_allocation::Rule> {
    one_of(&RULES)
}

pub(crate) fn amount(text: &str) -> Result<Decimal, String> {
    crate::choice::amount(text).ok_or_else(|| "is not an amount above 0".to_owned())
}
