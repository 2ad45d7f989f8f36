//! Checking ballots, and their canonical bytes.
//!
//! Equal ballots are equal bytes: version (1), type (the number of the enum), then each choice as a varint with the
//! position of its option among the poll's frozen options, followed by a varint with its points where ballots have
//! points. Choices are in ascending order of their options, in ranking ballots in the order of preference. Varints are
//! those of protobuf (LEB128), in their shortest form.

use comitia_platform::currency;
use comitia_platform::error::Violation;
use comitia_proto::voting::v1::{Ballot, BallotType, Choice};

use super::CompiledPoll;
use super::specification::Limits;

/// The version of the encoding.
const VERSION: u8 = 1;
/// The canonical bytes of a signature, the one ballot that its type has.
pub const SIGNATURE: &[u8] = &[VERSION, 7];
/// A ballot with more violations than this names only the first of them.
const MAX_VIOLATIONS: usize = 20;

/// Why a ballot is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotRefusal {
    /// Whether it names an option that the poll does not have.
    pub option_unknown: bool,
    /// Fields and rules.
    pub violations: Vec<Violation>,
}

impl BallotRefusal {
    fn invalid(field: String, rule: String) -> Self {
        Self { option_unknown: false, violations: vec![Violation { field, rule }] }
    }
}

/// Stored bytes are not a ballot of this poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a ballot of this poll")]
pub struct NotABallot;

#[derive(Clone, Copy)]
struct Chosen {
    option: u32,
    points: u32,
}

impl CompiledPoll {
    /// Checks a ballot against all rules and gives its canonical bytes. `field` is its path in the request.
    ///
    /// # Errors
    /// [`BallotRefusal`] with every rule that it breaks.
    pub fn accept(&self, ballot: &Ballot, field: &str) -> Result<Vec<u8>, BallotRefusal> {
        if self.kind == BallotType::Signature && !ballot.choices.is_empty() {
            return Err(BallotRefusal::invalid(
                format!("{field}.choices"),
                "must be empty: a signature chooses nothing".to_owned(),
            ));
        }
        if ballot.choices.len() > self.options.len() {
            return Err(BallotRefusal::invalid(
                format!("{field}.choices"),
                format!("must name each of the {} options of the poll at most once", self.options.len()),
            ));
        }
        let mut violations = Vec::new();
        let mut option_unknown = false;
        let mut chosen = Vec::with_capacity(ballot.choices.len());
        for (position, choice) in ballot.choices.iter().enumerate() {
            if violations.len() >= MAX_VIOLATIONS {
                break;
            }
            match self.index.get(choice.option_id.as_str()) {
                Some(option) => chosen.push(Chosen { option: *option, points: choice.points }),
                None => {
                    option_unknown = true;
                    violations.push(Violation {
                        field: format!("{field}.choices[{position}].option_id"),
                        rule: "must be an option of the poll".to_owned(),
                    });
                }
            }
            if let Some(rule) = self.points_rule(choice.points) {
                violations.push(Violation { field: format!("{field}.choices[{position}].points"), rule });
            }
        }
        if violations.is_empty() {
            self.check_repetition(&chosen, field, &mut violations);
        }
        if violations.is_empty() {
            self.check_totals(&chosen, &format!("{field}.choices"), &mut violations);
        }
        if violations.is_empty() {
            Ok(self.encode(chosen))
        } else {
            Err(BallotRefusal { option_unknown, violations })
        }
    }

    /// The rule that the points of one choice break.
    fn points_rule(&self, points: u32) -> Option<String> {
        if !self.has_points() {
            return (points != 0).then(|| "must be 0 in a ballot without points".to_owned());
        }
        if self.points.hold(u64::from(points)) {
            return None;
        }
        Some(format!("must be {} points", count(self.points)))
    }

    fn check_repetition(&self, chosen: &[Chosen], field: &str, violations: &mut Vec<Violation>) {
        let mut seen = vec![false; self.options.len()];
        for (position, choice) in chosen.iter().enumerate() {
            let Some(seen) = seen.get_mut(choice.option as usize) else { continue };
            if std::mem::replace(seen, true) && violations.len() < MAX_VIOLATIONS {
                violations.push(Violation {
                    field: format!("{field}.choices[{position}].option_id"),
                    rule: "must not be chosen twice".to_owned(),
                });
            }
        }
    }

    fn check_totals(&self, chosen: &[Chosen], field: &str, violations: &mut Vec<Violation>) {
        let mut refuse = |rule: String| {
            if violations.len() < MAX_VIOLATIONS {
                violations.push(Violation { field: field.to_owned(), rule });
            }
        };
        self.check_counts(chosen, &mut refuse);
        let totals = self.totals(chosen);
        if !self.total_cost.hold(totals.cost) {
            refuse(format!(
                "must cost {} in all, and costs {}",
                self.range(self.total_cost),
                self.money(totals.cost)
            ));
        }
        self.check_categories(&totals, &mut refuse);
        self.check_groups(&totals, &mut refuse);
    }

    /// How many options, and how many points in all.
    fn check_counts(&self, chosen: &[Chosen], refuse: &mut impl FnMut(String)) {
        let chosen_count = chosen.len() as u64;
        if !self.choices.hold(chosen_count) {
            refuse(format!("must choose {} options, and chooses {chosen_count}", count(self.choices)));
        }
        if self.has_points() {
            let total: u64 = chosen.iter().map(|choice| u64::from(choice.points)).sum();
            if !self.total_points.hold(total) {
                refuse(format!("must give {} points in all, and gives {total}", count(self.total_points)));
            }
        }
    }

    fn totals(&self, chosen: &[Chosen]) -> Totals {
        let mut totals = Totals {
            cost: 0,
            by_category: vec![(0, 0); self.categories.len()],
            by_group: vec![0; self.group_count],
        };
        for option in chosen.iter().filter_map(|choice| self.options.get(choice.option as usize)) {
            totals.cost += i128::from(option.cost);
            for category in &option.categories {
                totals.by_category[*category].0 += 1;
                totals.by_category[*category].1 += i128::from(option.cost);
            }
            for group in &option.groups {
                totals.by_group[*group] += 1;
            }
        }
        totals
    }

    /// How many options of each category, and what they cost.
    fn check_categories(&self, totals: &Totals, refuse: &mut impl FnMut(String)) {
        for (limit, &(chosen_count, cost)) in self.categories.iter().zip(&totals.by_category) {
            if !limit.choices.hold(chosen_count) {
                refuse(format!(
                    "must choose {} options of the category \"{}\", and chooses {chosen_count}",
                    count(limit.choices),
                    limit.name
                ));
            }
            if !limit.cost.hold(cost) {
                refuse(format!(
                    "must cost {} in the category \"{}\", and costs {}",
                    self.range(limit.cost),
                    limit.name,
                    self.money(cost)
                ));
            }
        }
    }

    /// One option at most of those that exclude each other.
    fn check_groups(&self, totals: &Totals, refuse: &mut impl FnMut(String)) {
        for (group, &chosen_count) in totals.by_group.iter().enumerate() {
            if chosen_count > 1 {
                let members: Vec<&str> = self
                    .options
                    .iter()
                    .filter(|o| o.groups.contains(&group))
                    .map(|o| &*o.id)
                    .take(10)
                    .collect();
                refuse(format!("must choose at most one of the options {}", members.join(", ")));
            }
        }
    }

    /// A cost as people write it; its number alone when the poll was created without a currency.
    fn money(&self, cost: i128) -> String {
        let minor = i64::try_from(cost).unwrap_or(i64::MAX);
        if self.currency.is_empty() { minor.to_string() } else { currency::text(minor, &self.currency) }
    }

    fn range(&self, limits: Limits<i128>) -> String {
        amount(
            (limits.min > 0).then(|| self.money(limits.min)),
            (limits.max > 0).then(|| self.money(limits.max)),
        )
    }

    fn encode(&self, mut chosen: Vec<Chosen>) -> Vec<u8> {
        if self.kind != BallotType::Ranking {
            chosen.sort_unstable_by_key(|choice| choice.option);
        }
        let mut bytes = Vec::with_capacity(2 + 2 * chosen.len());
        bytes.push(VERSION);
        bytes.push(kind_byte(self.kind));
        for choice in chosen {
            push_varint(&mut bytes, choice.option);
            if self.has_points() {
                push_varint(&mut bytes, choice.points);
            }
        }
        bytes
    }

    /// The ballot that canonical bytes stand for.
    ///
    /// # Errors
    /// When the bytes are not the canonical encoding of a ballot that keeps this poll's rules.
    pub fn decode(&self, bytes: &[u8]) -> Result<Ballot, NotABallot> {
        let Some((&[VERSION, kind], mut rest)) = bytes.split_first_chunk::<2>() else {
            return Err(NotABallot);
        };
        if kind != kind_byte(self.kind) {
            return Err(NotABallot);
        }
        let mut choices = Vec::new();
        while !rest.is_empty() {
            let option = take_varint(&mut rest)?;
            let points = if self.has_points() { take_varint(&mut rest)? } else { 0 };
            let option = self.options.get(option as usize).ok_or(NotABallot)?;
            choices.push(Choice { option_id: option.id.to_string(), points });
        }
        let ballot = Ballot { choices };
        // Only what a voter could have cast, and only in its one form.
        match self.accept(&ballot, "ballot") {
            Ok(canonical) if canonical == bytes => Ok(ballot),
            _ => Err(NotABallot),
        }
    }
}

fn kind_byte(kind: BallotType) -> u8 {
    match kind {
        BallotType::Unspecified => 0,
        BallotType::Approval => 1,
        BallotType::Knapsack => 2,
        BallotType::Cumulative => 3,
        BallotType::Ranking => 4,
        BallotType::ChooseOne => 5,
        BallotType::Score => 6,
        BallotType::Signature => 7,
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take_varint(bytes: &mut &[u8]) -> Result<u32, NotABallot> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let (first, rest) = bytes.split_first().ok_or(NotABallot)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return u32::try_from(value).map_err(|_| NotABallot);
        }
    }
    Err(NotABallot)
}

/// "at least 2", "at most 5", "2 to 5", "exactly 1"; without a limit there is nothing to say.
fn amount(min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (Some(min), Some(max)) if min == max => format!("exactly {min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (None, None) => "any number of".to_owned(),
    }
}

fn count(limits: Limits<u64>) -> String {
    let number = |limit: u64| (limit > 0).then(|| limit.to_string());
    amount(number(limits.min), number(limits.max))
}

/// What the options of a ballot come to.
struct Totals {
    cost: i128,
    /// How many of each category, and their cost.
    by_category: Vec<(u64, i128)>,
    /// How many of each group whose options exclude each other.
    by_group: Vec<u64>,
}

#[cfg(test)]
#[path = "ballot_tests.rs"]
mod tests;
