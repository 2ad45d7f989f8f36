//! Which rule counts: what META says, and what the options change.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, ensure};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use comitia_allocation::{
    Completion, EqualSharesRule, Rule, Satisfaction, Start, Stop, Ties, pabulib::min_score,
    pabulib::rule_from_comment, pabulib::rule_from_meta,
};
use comitia_pabulib::{Decimal, Election};

/// The options that choose a rule and its parameters.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Choice {
    /// The rule; without it, the one that META names
    #[arg(long, value_name = "RULE", value_parser = one_of::<Rule>(&RULES))]
    pub rule: Option<Rule>,
    /// Equal shares: what a voter gets from a funded project [default: cost]
    #[arg(long, value_name = "WHAT", value_parser = one_of::<Satisfaction>(&SATISFACTIONS))]
    pub satisfaction: Option<Satisfaction>,
    /// Equal shares: what happens with the money that is left [default: add1]
    #[arg(long, value_name = "HOW", value_parser = one_of::<Completion>(&COMPLETIONS))]
    pub completion: Option<Completion>,
    /// Add1: by how much a voter's share grows in each run, in currency units [default: 1]
    #[arg(long, value_name = "N", value_parser = amount)]
    pub increment: Option<Decimal>,
    /// Equal shares: what a voter's share starts from [default: exact]
    #[arg(long, value_name = "SHARE", value_parser = one_of::<Start>(&STARTS))]
    pub start: Option<Start>,
    /// Add1: when shares stop growing [default: overspend]
    #[arg(long, value_name = "WHEN", value_parser = one_of::<Stop>(&STOPS))]
    pub stop: Option<Stop>,
    /// How ties are broken, tried in order: most-votes, lowest-cost, highest-cost, lot:SEED, id
    /// [default: as the file's comment says, else most-votes,lowest-cost,id]
    #[arg(long, value_name = "CHAIN")]
    pub ties: Option<Ties>,
}

type Named = (&'static str, &'static str);

const RULES: [Named; 6] = [
    ("greedy", "most votes first; what does not fit is passed over"),
    ("greedy-no-skip", "most votes first; stops at the first project that does not fit"),
    ("greedy-threshold", "like greedy, for projects that reach META's minimum"),
    ("greedy-exclusive", "like greedy; of projects that exclude each other only the best"),
    ("equal-shares", "Method of Equal Shares: every voter has an equal part of the budget"),
    ("phragmen", "sequential Phragmén: every voter earns money at the same pace"),
];
const SATISFACTIONS: [Named; 2] = [
    ("cost", "the project's cost, as the cities that use the rule chose"),
    ("cardinality", "the same from each project"),
];
const COMPLETIONS: [Named; 4] = [
    ("none", "it stays unspent"),
    ("greedy", "it goes to the projects with most votes that fit"),
    ("add1", "shares grow until the result would cost more than the budget"),
    ("add1u", "add1, then greedy"),
];
const STARTS: [Named; 2] =
    [("exact", "budget / voters"), ("integral", "budget / voters without what follows the point")];
const STOPS: [Named; 2] = [
    ("overspend", "before the result costs more than the budget"),
    ("exhaustive", "also as soon as no other project fits into the budget"),
];

/// A parser of names, with a line of help for each.
fn one_of<T>(names: &'static [Named]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: FromStr<Err = comitia_allocation::Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names.iter().map(|(name, help)| PossibleValue::new(*name).help(*help)))
        .try_map(|name| name.parse::<T>())
}

fn amount(text: &str) -> Result<Decimal, String> {
    Decimal::parse(text).filter(|n| n.mantissa() > 0).ok_or_else(|| "is not an amount above 0".to_owned())
}

/// Who chose the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// META.
    Meta,
    /// The option --rule.
    Option,
    /// META names this, which is no rule that can be run; greedy takes its place.
    Replaced(String),
}

/// The rule that META names; greedy if it names none that can be run. `comitia replay` does the same.
pub(super) fn of_meta(election: &Election) -> Result<(Rule, Origin), comitia_allocation::Error> {
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
    pub fn of(&self, election: &Election) -> anyhow::Result<(Rule, Origin)> {
        let (mut rule, origin) = match self.rule {
            Some(rule) => (with_threshold(rule, election)?, Origin::Option),
            None => of_meta(election)?,
        };
        match &mut rule {
            Rule::EqualShares(shares) => self.change(shares, election)?,
            other => {
                for (option, given) in self.parameters() {
                    ensure!(
                        given.is_none(),
                        "--{option} is a parameter of equal-shares, but the rule is {other}; add --rule equal-shares"
                    );
                }
            }
        }
        Ok((rule, origin))
    }

    fn change(&self, rule: &mut EqualSharesRule, election: &Election) -> anyhow::Result<()> {
        rule.satisfaction = self.satisfaction.unwrap_or(rule.satisfaction);
        rule.completion = self.completion.unwrap_or(rule.completion);
        rule.start = self.start.unwrap_or(rule.start);
        rule.stop = self.stop.unwrap_or(rule.stop);
        if let Some(increment) = self.increment {
            let minor = increment.at_scale(election.money_scale).and_then(|minor| u64::try_from(minor).ok());
            rule.increment = Some(minor.with_context(|| {
                format!(
                    "--increment {increment} has more decimals than the amounts of this file, or is too large"
                )
            })?);
        }
        if !matches!(rule.completion, Completion::Add1 | Completion::Add1u) {
            for (option, given) in [("increment", self.increment.is_some()), ("stop", self.stop.is_some())] {
                ensure!(
                    !given,
                    "--{option} is for --completion add1 or add1u, but the completion is {}",
                    rule.completion
                );
            }
        }
        Ok(())
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
    pub fn command(&self, file: &Path) -> String {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut command = format!("comitia tally {}", quoted(&name));
        let options = [
            ("rule", self.rule.map(|rule| rule.to_string())),
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
