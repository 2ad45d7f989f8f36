//! The rules of a ballot: in words, and whether a ballot keeps them. Voting has the last word; what is said here is said before
//! somebody has cast in vain.

use std::collections::HashMap;

use comitia_proto::voting::v1::{Ballot, BallotType, Poll, PollOption};

use super::entry::{Marks, marks, poll_kind};
use crate::locale::{Locale, t};

/// More titles of a group than this are not read.
const TITLES_NAMED: usize = 10;

/// A smallest and a largest value; 0 is none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub min: i128,
    pub max: i128,
}

impl Limits {
    fn new(min: impl Into<i128>, max: impl Into<i128>) -> Self {
        Self { min: min.into(), max: max.into() }
    }

    const fn limit(self) -> bool {
        self.min > 0 || self.max > 0
    }

    /// Whether a value keeps both.
    pub const fn hold(self, value: i128) -> bool {
        value >= self.min && (self.max == 0 || value <= self.max)
    }
}

/// A rule that a ballot of a poll must keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule<'p> {
    /// How many options.
    Choices(Limits),
    /// What they cost in all.
    Cost(Limits),
    /// Points for one option.
    PointsEach(Limits),
    /// Points in all.
    Points(Limits),
    /// How many options of a category.
    CategoryChoices(&'p str, Limits),
    /// What the options of a category cost.
    CategoryCost(&'p str, Limits),
    /// One of these options at the most.
    OneOf(&'p [String]),
}

/// A rule that a ballot breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken<'p> {
    /// The rule.
    pub rule: Rule<'p>,
    /// What the ballot has instead: a number, points or money.
    pub found: i128,
    /// The one option that it is about, by its position.
    pub option: Option<usize>,
}

/// What is on a ballot, in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub choices: i128,
    pub cost: i128,
    pub points: i128,
}

/// The rules of a poll that limit something.
pub fn rules(poll: &Poll) -> Vec<Rule<'_>> {
    let Some(specification) = &poll.specification else { return Vec::new() };
    let kind = poll_kind(poll);
    let mut rules = vec![Rule::Choices(match kind {
        BallotType::ChooseOne => Limits::new(1, 1),
        _ => Limits::new(specification.min_choices, specification.max_choices),
    })];
    rules.push(Rule::Cost(Limits::new(specification.min_total_cost, specification.max_total_cost)));
    if marks(poll) == Marks::Points {
        let least = match kind {
            BallotType::Cumulative => specification.min_points.max(1),
            _ => specification.min_points,
        };
        rules.push(Rule::Points(Limits::new(specification.min_total_points, specification.max_total_points)));
        rules.push(Rule::PointsEach(Limits::new(least, specification.max_points)));
    }
    for limit in &specification.category_limits {
        rules.push(Rule::CategoryChoices(&limit.category, Limits::new(limit.min_choices, limit.max_choices)));
        rules.push(Rule::CategoryCost(
            &limit.category,
            Limits::new(limit.min_total_cost, limit.max_total_cost),
        ));
    }
    rules.extend(specification.exclusion_groups.iter().map(|group| Rule::OneOf(&group.option_ids)));
    rules.retain(Rule::limits);
    rules
}

impl Rule<'_> {
    fn limits(&self) -> bool {
        match self {
            Rule::Choices(limits)
            | Rule::Cost(limits)
            | Rule::PointsEach(limits)
            | Rule::Points(limits)
            | Rule::CategoryChoices(_, limits)
            | Rule::CategoryCost(_, limits) => limits.limit(),
            Rule::OneOf(_) => true,
        }
    }
}

/// What is on a ballot, in all.
pub fn totals(poll: &Poll, ballot: &Ballot) -> Totals {
    sum(chosen(poll, ballot).iter().map(|(_, option, points)| (*option, *points)))
}

fn sum<'p>(options: impl Iterator<Item = (&'p PollOption, u32)>) -> Totals {
    options.fold(Totals::default(), |sum, (option, points)| Totals {
        choices: sum.choices + 1,
        cost: sum.cost + i128::from(option.cost),
        points: sum.points + i128::from(points),
    })
}

/// The options of a ballot, with their positions in the poll and their points.
fn chosen<'p>(poll: &'p Poll, ballot: &Ballot) -> Vec<(usize, &'p PollOption, u32)> {
    let index: HashMap<&str, usize> =
        poll.options.iter().enumerate().map(|(number, option)| (option.option_id.as_str(), number)).collect();
    let choices = ballot.choices.iter();
    choices
        .filter_map(|choice| {
            let position = *index.get(choice.option_id.as_str())?;
            Some((position, poll.options.get(position)?, choice.points))
        })
        .collect()
}

/// The rules that a ballot breaks.
pub fn broken<'p>(poll: &'p Poll, ballot: &Ballot) -> Vec<Broken<'p>> {
    let chosen = chosen(poll, ballot);
    let totals = totals(poll, ballot);
    let of = |category: &str| {
        let in_it =
            chosen.iter().filter(|(_, option, _)| option.categories.iter().any(|name| name == category));
        sum(in_it.map(|(_, option, points)| (*option, *points)))
    };
    let mut broken = Vec::new();
    for rule in rules(poll) {
        let (limits, found) = match &rule {
            Rule::Choices(limits) => (*limits, totals.choices),
            Rule::Cost(limits) => (*limits, totals.cost),
            Rule::Points(limits) => (*limits, totals.points),
            Rule::CategoryChoices(category, limits) => (*limits, of(category).choices),
            Rule::CategoryCost(category, limits) => (*limits, of(category).cost),
            Rule::OneOf(group) => {
                let of_it = chosen.iter().filter(|(_, option, _)| group.contains(&option.option_id));
                (Limits::new(0, 1), sum(of_it.map(|(_, option, points)| (*option, *points))).choices)
            }
            Rule::PointsEach(limits) => {
                for &(position, _, points) in
                    chosen.iter().filter(|(.., points)| !limits.hold((*points).into()))
                {
                    broken.push(Broken { rule: rule.clone(), found: points.into(), option: Some(position) });
                }
                continue;
            }
        };
        if !limits.hold(found) {
            broken.push(Broken { rule, found, option: None });
        }
    }
    broken
}

/// How rules are said to one reader.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub locale: Locale,
    pub poll: &'a Poll,
    /// The currency of costs; empty when it is not known.
    pub currency: &'a str,
}

impl Words<'_> {
    /// What voters do.
    pub fn how(&self) -> String {
        let locale = self.locale;
        match poll_kind(self.poll) {
            BallotType::Ranking => t!(locale, "vote-how-ranking").into_owned(),
            BallotType::Score => t!(locale, "vote-how-score").into_owned(),
            BallotType::Cumulative => t!(locale, "vote-how-points").into_owned(),
            BallotType::ChooseOne => t!(locale, "vote-how-one").into_owned(),
            BallotType::Knapsack | BallotType::Approval | BallotType::Signature | BallotType::Unspecified => {
                t!(locale, "vote-how-choose").into_owned()
            }
        }
    }

    /// A rule in a sentence.
    pub fn rule(&self, rule: &Rule<'_>) -> String {
        let locale = self.locale;
        match rule {
            Rule::Choices(limits) => self.choices(*limits),
            Rule::Cost(limits) => self.cost(*limits),
            Rule::PointsEach(limits) => self.points_each(*limits),
            Rule::Points(limits) => self.points(*limits),
            Rule::CategoryChoices(category, limits) => {
                t!(locale, "vote-rule-category", category = *category, rule = self.choices(*limits))
            }
            Rule::CategoryCost(category, limits) => {
                t!(locale, "vote-rule-category", category = *category, rule = self.cost(*limits))
            }
            Rule::OneOf(group) => t!(locale, "vote-rule-one-of", titles = self.titles(group)),
        }
    }

    /// A rule that is broken: what there is, then the rule.
    pub fn broken(&self, broken: &Broken<'_>) -> String {
        let locale = self.locale;
        let rule = self.rule(&broken.rule);
        let found = match broken.rule {
            Rule::Choices(_) | Rule::CategoryChoices(..) | Rule::OneOf(_) => {
                t!(locale, "vote-broken-choices", count = count(broken.found))
            }
            Rule::Cost(_) | Rule::CategoryCost(..) => {
                t!(locale, "vote-broken-cost", cost = self.money(broken.found))
            }
            Rule::Points(_) => t!(locale, "vote-broken-points", count = count(broken.found)),
            Rule::PointsEach(_) => {
                let title = broken.option.and_then(|option| self.poll.options.get(option));
                let title = title.map_or("", |option| &option.title);
                t!(locale, "vote-broken-points-each", title = title, count = count(broken.found))
            }
        };
        format!("{found} {rule}")
    }

    /// An amount of money; without its currency when that is not known.
    pub fn money(&self, amount: i128) -> String {
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        if self.currency.is_empty() {
            self.locale.decimal(amount, 2)
        } else {
            self.locale.money(amount, self.currency)
        }
    }

    /// A number of things.
    pub fn number(&self, value: i128) -> String {
        self.locale.number(count(value))
    }

    fn choices(&self, limits: Limits) -> String {
        let (locale, min, max) = (self.locale, count(limits.min), count(limits.max));
        match (limits.min, limits.max) {
            (_, 0) => t!(locale, "vote-rule-choices-min", min = min),
            (0, _) => t!(locale, "vote-rule-choices-max", max = max),
            (least, most) if least == most => t!(locale, "vote-rule-choices-exact", count = min),
            _ => t!(locale, "vote-rule-choices-between", min = min, max = max),
        }
    }

    fn cost(&self, limits: Limits) -> String {
        let (locale, min, max) = (self.locale, self.money(limits.min), self.money(limits.max));
        match (limits.min, limits.max) {
            (_, 0) => t!(locale, "vote-rule-cost-min", min = min),
            (0, _) => t!(locale, "vote-rule-cost-max", max = max),
            _ => t!(locale, "vote-rule-cost-between", min = min, max = max),
        }
    }

    fn points(&self, limits: Limits) -> String {
        let (locale, min, max) = (self.locale, count(limits.min), count(limits.max));
        match (limits.min, limits.max) {
            (_, 0) => t!(locale, "vote-rule-points-min", min = min),
            (0, _) => t!(locale, "vote-rule-points-max", max = max),
            (least, most) if least == most => t!(locale, "vote-rule-points-exact", count = min),
            _ => t!(locale, "vote-rule-points-between", min = min, max = max),
        }
    }

    fn points_each(&self, limits: Limits) -> String {
        let (locale, min, max) = (self.locale, count(limits.min), count(limits.max));
        match limits.max {
            0 => t!(locale, "vote-rule-points-each-min", min = min),
            _ => t!(locale, "vote-rule-points-each", min = min, max = max),
        }
    }

    fn titles(&self, group: &[String]) -> String {
        let titles = self.poll.options.iter().filter(|option| group.contains(&option.option_id));
        let named: Vec<_> = titles.map(|option| option.title.as_str()).take(TITLES_NAMED).collect();
        let more = if group.len() > named.len() { "; …" } else { "" };
        format!("{}{more}", named.join("; "))
    }
}

fn count(value: i128) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
