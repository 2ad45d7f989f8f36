//! Which rule counts: what META says, and what is chosen instead.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use comitia_allocation::{
    Completion, EqualSharesRule, Rule, Satisfaction, Start, Stop, Ties, pabulib::min_score,
    pabulib::rule_from_comment, pabulib::rule_from_meta,
};
use comitia_pabulib::{Decimal, Election};
use serde::{Deserialize, Deserializer, de};

use crate::error::Error;

/// A rule and its parameters, as they are chosen; what is `None` is as the file says, else as written here. As JSON:
/// `{"rule": "equal-shares", "completion": "add1u", "increment": "0.5", "ties": "lot:SEED,id"}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
pub struct Choice {
    /// The rule; without it, the one that META names
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "RULE",
        value_parser = crate::cli::one_of::<Rule>(&crate::cli::RULES)))]
    pub rule: Option<Rule>,
    /// Equal shares: what a voter gets from a funded project [default: cost]
    #[cfg_attr(feature = "cli", arg(long, value_name = "WHAT",
        value_parser = crate::cli::one_of::<Satisfaction>(&crate::cli::SATISFACTIONS)))]
    pub satisfaction: Option<Satisfaction>,
    /// Equal shares: what happens with the money that is left [default: add1]
    #[cfg_attr(feature = "cli", arg(long, value_name = "HOW",
        value_parser = crate::cli::one_of::<Completion>(&crate::cli::COMPLETIONS)))]
    pub completion: Option<Completion>,
    /// Add1: by how much a voter's share grows in each run, in currency units [default: 1]
    #[serde(deserialize_with = "increment")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", value_parser = crate::cli::amount))]
    pub increment: Option<Decimal>,
    /// Equal shares: what a voter's share starts from [default: exact]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHARE",
        value_parser = crate::cli::one_of::<Start>(&crate::cli::STARTS)))]
    pub start: Option<Start>,
    /// Add1: when shares stop growing [default: overspend]
    #[cfg_attr(feature = "cli", arg(long, value_name = "WHEN",
        value_parser = crate::cli::one_of::<Stop>(&crate::cli::STOPS)))]
    pub stop: Option<Stop>,
    /// Greedy rules: what is left in the end goes to the first project that did not fit, if it is at least so many percent
    /// of its cost (1 to 99) [default: every project is funded whole or not at all]
    #[cfg_attr(feature = "cli", arg(long, value_name = "PERCENT",
        value_parser = clap::value_parser!(u32).range(1..100)))]
    pub part_from_percent: Option<u32>,
    /// How ties are broken, tried in order: most-votes, lowest-cost, highest-cost, lot:SEED, id
    /// [default: as the file's comment says, else most-votes,lowest-cost,id]
    #[cfg_attr(feature = "cli", arg(long, value_name = "CHAIN"))]
    pub ties: Option<Ties>,
}

/// An amount above 0.
pub(crate) fn amount(text: &str) -> Option<Decimal> {
    Decimal::parse(text).filter(|n| n.mantissa() > 0)
}

fn named<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let name: Option<String> = Option::deserialize(deserializer)?;
    name.map(|name| name.parse().map_err(de::Error::custom)).transpose()
}

fn increment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let fault = || de::Error::custom("the increment must be the text of an amount above 0, such as \"0.5\"");
    text.map(|text| amount(&text).ok_or_else(fault)).transpose()
}

/// Who chose the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// META.
    Meta,
    /// The [`Choice`].
    Option,
    /// META names this, which is no rule that can be run; greedy takes its place.
    Replaced(String),
}

/// The rule that META names; greedy if it names none that can be run. `comitia replay` does the same.
///
/// # Errors
/// When META names a rule that there is not, or states a minimum that cannot be used.
pub fn of_meta(election: &Election) -> Result<(Rule, Origin), comitia_allocation::Error> {
    let named = election.meta.rule().unwrap_or("unknown").trim();
    if named == "unknown"
        && let Some(rule) = rule_from_comment(election)?
    {
        return Ok((rule, Origin::Meta));
    }
    if matches!(named, "unknown" | "greedy-custom") {
        return Ok((with_threshold(Rule::default(), election)?, Origin::Replaced(named.to_owned())));
    }
    Ok((rule_from_meta(election)?, Origin::Meta))
}

/// META's minimum applies to every greedy rule.
fn with_threshold(mut rule: Rule, election: &Election) -> Result<Rule, comitia_allocation::Error> {
    if let Rule::Greedy(greedy) = &mut rule {
        greedy.min_score = min_score(election)?;
    }
    Ok(rule)
}

impl Choice {
    /// The rule for an election.
    ///
    /// # Errors
    /// When the choice contradicts the rule or the file's amounts, or META cannot be used.
    pub fn of(&self, election: &Election) -> Result<(Rule, Origin), Error> {
        let (mut rule, origin) = match self.rule {
            Some(rule) => (with_threshold(rule, election)?, Origin::Option),
            None => of_meta(election)?,
        };
        if let Rule::Greedy(greedy) = &mut rule {
            greedy.part_from_percent = self.part_from_percent.or(greedy.part_from_percent);
        } else if self.part_from_percent.is_some() {
            return Err(Error::NotGreedy { rule: rule.name() });
        }
        match &mut rule {
            Rule::EqualShares(shares) => self.change(shares, election)?,
            other => {
                if let Some((option, _)) = self.parameters().into_iter().find(|(_, given)| given.is_some()) {
                    return Err(Error::NotAParameter { option, rule: other.name() });
                }
            }
        }
        Ok((rule, origin))
    }

    fn change(&self, rule: &mut EqualSharesRule, election: &Election) -> Result<(), Error> {
        rule.satisfaction = self.satisfaction.unwrap_or(rule.satisfaction);
        rule.completion = self.completion.unwrap_or(rule.completion);
        rule.start = self.start.unwrap_or(rule.start);
        rule.stop = self.stop.unwrap_or(rule.stop);
        if let Some(increment) = self.increment {
            let minor = increment.at_scale(election.money_scale).and_then(|minor| u64::try_from(minor).ok());
            rule.increment = Some(minor.ok_or(Error::Increment(increment))?);
        }
        if !matches!(rule.completion, Completion::Add1 | Completion::Add1u) {
            let given = [("increment", self.increment.is_some()), ("stop", self.stop.is_some())];
            if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
                return Err(Error::NotForCompletion { option, completion: rule.completion });
            }
        }
        Ok(())
    }

    /// Does the file alone decide?
    pub(crate) fn is_of_file(&self) -> bool {
        self.rule.is_none()
            && self.ties.is_none()
            && self.part_from_percent.is_none()
            && self.parameters().into_iter().all(|(_, given)| given.is_none())
    }

    /// The parameters of equal shares as options, where given.
    fn parameters(&self) -> [(&'static str, Option<String>); 5] {
        [
            ("satisfaction", self.satisfaction.map(|value| value.to_string())),
            ("completion", self.completion.map(|value| value.to_string())),
            ("increment", self.increment.map(|value| value.to_string())),
            ("start", self.start.map(|value| value.to_string())),
            ("stop", self.stop.map(|value| value.to_string())),
        ]
    }

    /// The command line that counts the same again.
    #[must_use]
    pub fn command(&self, file: &Path) -> String {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut command = format!("comitia tally {}", quoted(&name));
        let options = [
            ("rule", self.rule.map(|rule| rule.to_string())),
            ("part-from-percent", self.part_from_percent.map(|percent| percent.to_string())),
            ("ties", self.ties.as_ref().map(Ties::to_string)),
        ];
        for (option, given) in options.into_iter().chain(self.parameters()) {
            if let Some(value) = given {
                command.push_str(&format!(" --{option} {}", quoted(&value)));
            }
        }
        command
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:/+=@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
