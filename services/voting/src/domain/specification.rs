//! The rules for the ballots of a poll: checked when the poll is created, and compiled once for checking ballots.

use std::collections::{HashMap, HashSet};

use comitia_platform::currency;
use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::{BallotSpecification, BallotType, PollOption};

/// The most options that a poll may have.
pub const MAX_OPTIONS: usize = 10_000;
/// The most options that a ballot may name: what the gateway takes in one (`Ballot.choices` in the proto).
pub const MAX_CHOICES: u32 = 1_000;
/// The most categories of an option, category limits and exclusion groups.
const MAX_LIST: usize = 1_000;

/// The rules of one poll, ready to check ballots with: options are numbers, and each knows the limits that it counts in.
#[derive(Debug)]
pub struct CompiledPoll {
    pub(super) kind: BallotType,
    pub(super) choices: Limits<u64>,
    pub(super) points: Limits<u64>,
    pub(super) total_points: Limits<u64>,
    pub(super) total_cost: Limits<i128>,
    pub(super) options: Vec<CompiledOption>,
    pub(super) index: HashMap<Box<str>, u32>,
    pub(super) categories: Vec<CompiledCategory>,
    pub(super) group_count: usize,
    /// The currency of costs; empty when it was not said.
    pub(super) currency: Box<str>,
}

#[derive(Debug)]
pub(super) struct CompiledOption {
    pub id: Box<str>,
    pub cost: i64,
    /// The category limits that it counts in.
    pub categories: Vec<usize>,
    /// The exclusion groups that it is in.
    pub groups: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct CompiledCategory {
    pub name: Box<str>,
    pub choices: Limits<u64>,
    pub cost: Limits<i128>,
}

/// A smallest and a largest value; 0 is none of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<T> {
    pub min: T,
    pub max: T,
}

impl<T: Copy + PartialOrd + Default> Limits<T> {
    fn new(min: impl Into<T>, max: impl Into<T>) -> Self {
        Self { min: min.into(), max: max.into() }
    }

    /// Whether `value` keeps both.
    pub fn hold(&self, value: T) -> bool {
        value >= self.min && (self.max == T::default() || value <= self.max)
    }
}

/// The options with the categories that have limits, and the exclusion groups they are in, by their places.
fn compile_options(specification: &BallotSpecification, options: &[PollOption]) -> Vec<CompiledOption> {
    let limited: HashMap<&str, usize> = specification
        .category_limits
        .iter()
        .enumerate()
        .map(|(number, limit)| (limit.category.as_str(), number))
        .collect();
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, group) in specification.exclusion_groups.iter().enumerate() {
        for option in &group.option_ids {
            groups.entry(option).or_default().push(number);
        }
    }
    let compiled = options.iter().map(|option| CompiledOption {
        id: option.option_id.as_str().into(),
        cost: option.cost,
        categories: option.categories.iter().filter_map(|name| limited.get(name.as_str()).copied()).collect(),
        groups: groups.remove(option.option_id.as_str()).unwrap_or_default(),
    });
    compiled.collect()
}

impl CompiledPoll {
    /// Compiles the rules of a poll that was created, so that they are known to be good.
    ///
    /// # Errors
    /// When the type of the ballots is unknown to this version of the service.
    pub fn new(specification: &BallotSpecification, options: &[PollOption]) -> Result<Self, UnknownType> {
        let kind = match specification.r#type() {
            BallotType::Unspecified => return Err(UnknownType(specification.r#type)),
            kind => kind,
        };
        let index: HashMap<Box<str>, u32> = (0_u32..)
            .zip(options)
            .map(|(number, option)| (option.option_id.as_str().into(), number))
            .collect();
        let categories = specification
            .category_limits
            .iter()
            .map(|limit| CompiledCategory {
                name: limit.category.as_str().into(),
                choices: Limits::new(limit.min_choices, limit.max_choices),
                cost: Limits::new(limit.min_total_cost, limit.max_total_cost),
            })
            .collect();
        let smallest_points = match kind {
            BallotType::Cumulative => specification.min_points.max(1),
            _ => specification.min_points,
        };
        Ok(Self {
            kind,
            choices: match kind {
                BallotType::ChooseOne => Limits::new(1_u32, 1_u32),
                _ => Limits::new(specification.min_choices, specification.max_choices),
            },
            points: Limits::new(smallest_points, specification.max_points),
            total_points: Limits::new(specification.min_total_points, specification.max_total_points),
            total_cost: Limits::new(specification.min_total_cost, specification.max_total_cost),
            options: compile_options(specification, options),
            index,
            categories,
            group_count: specification.exclusion_groups.len(),
            currency: specification.currency.as_str().into(),
        })
    }

    /// Whether ballots have points.
    #[must_use]
    pub fn has_points(&self) -> bool {
        has_points(self.kind)
    }
}

/// The type of a poll's ballots is none that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("ballot type {0} is unknown")]
pub struct UnknownType(i32);

fn has_points(kind: BallotType) -> bool {
    matches!(kind, BallotType::Cumulative | BallotType::Score)
}

/// Checks the rules of a poll to create: that each is sound, that they do not contradict one another, and that a
/// ballot can keep them all.
pub fn check(checks: &mut Checks, specification: &BallotSpecification, options: &[PollOption]) {
    if specification.r#type() == BallotType::Signature {
        return check_signature(checks, specification, options);
    }
    let known = check_options(checks, options);
    check_limits(checks, specification, options);
    check_points(checks, specification);
    check_categories(checks, specification, options);
    check_groups(checks, specification, &known);
    checks.require(
        specification.currency.is_empty() || currency::is_code(&specification.currency),
        "specification.currency",
        "must be an ISO 4217 code, three capital letters such as EUR, or empty",
    );
}

/// A signature is the one thing that can be said: there is nothing to choose from, and nothing to limit.
fn check_signature(checks: &mut Checks, specification: &BallotSpecification, options: &[PollOption]) {
    checks.require(options.is_empty(), "options", "must be empty in a poll of signatures");
    let plain = BallotSpecification { r#type: specification.r#type, ..Default::default() };
    checks.require(
        *specification == plain,
        "specification",
        "must have no limits, groups or currency in a poll of signatures",
    );
}

fn check_options<'a>(checks: &mut Checks, options: &'a [PollOption]) -> HashSet<&'a str> {
    checks.require(
        (1..=MAX_OPTIONS).contains(&options.len()),
        "options",
        format!("must be 1 to {MAX_OPTIONS} options"),
    );
    let mut known = HashSet::new();
    for (index, option) in options.iter().enumerate().take(MAX_OPTIONS) {
        let field = |name: &str| format!("options[{index}].{name}");
        checks.reference(field("option_id"), &option.option_id);
        checks.require(
            known.insert(option.option_id.as_str()),
            field("option_id"),
            "must be unique in the poll",
        );
        checks.text(field("title"), &option.title, 1, 500);
        checks.require(option.cost >= 0, field("cost"), "must not be negative");
        let mut categories = HashSet::new();
        for category in &option.categories {
            checks.text(field("categories"), category, 1, 100);
            checks.require(
                categories.insert(category),
                field("categories"),
                "must not name a category twice",
            );
        }
    }
    known
}

fn check_limits(checks: &mut Checks, specification: &BallotSpecification, options: &[PollOption]) {
    let field = |name: &str| format!("specification.{name}");
    let kind = specification.r#type();
    checks.require(kind != BallotType::Unspecified, field("type"), "must be one of the types of ballots");
    checks.require(
        u64::from(specification.min_choices) <= options.len() as u64,
        field("min_choices"),
        "must not be more than there are options",
    );
    checks.require(
        specification.min_choices <= MAX_CHOICES,
        field("min_choices"),
        format!("must be at most {MAX_CHOICES}, as many as a ballot can name"),
    );
    ordered(
        checks,
        (&field("min_choices"), u64::from(specification.min_choices)),
        (&field("max_choices"), u64::from(specification.max_choices)),
    );
    if kind == BallotType::ChooseOne {
        for (name, value) in
            [("min_choices", specification.min_choices), ("max_choices", specification.max_choices)]
        {
            checks.require(
                value <= 1,
                field(name),
                "must be 1: a ballot of this type chooses exactly one option",
            );
        }
    }
    check_costs(checks, "specification", (specification.min_total_cost, specification.max_total_cost));
    checks.require(
        i128::from(specification.min_total_cost) <= cost_of(options),
        field("min_total_cost"),
        "must not be more than all options cost",
    );
    checks.require(
        kind != BallotType::Knapsack || specification.max_total_cost > 0,
        field("max_total_cost"),
        "must be more than 0 for knapsack ballots",
    );
}

fn check_points(checks: &mut Checks, specification: &BallotSpecification) {
    let field = |name: &str| format!("specification.{name}");
    if !has_points(specification.r#type()) {
        for (name, value) in [
            ("min_points", specification.min_points),
            ("max_points", specification.max_points),
            ("min_total_points", specification.min_total_points),
            ("max_total_points", specification.max_total_points),
        ] {
            checks.require(value == 0, field(name), "must be 0 for a type of ballot without points");
        }
        return;
    }
    ordered(
        checks,
        (&field("min_points"), u64::from(specification.min_points)),
        (&field("max_points"), u64::from(specification.max_points)),
    );
    ordered(
        checks,
        (&field("min_total_points"), u64::from(specification.min_total_points)),
        (&field("max_total_points"), u64::from(specification.max_total_points)),
    );
    let (min, max, total) = (
        u64::from(specification.min_points),
        u64::from(specification.max_points),
        u64::from(specification.max_total_points),
    );
    if specification.r#type() == BallotType::Cumulative {
        checks.require(total > 0, field("max_total_points"), "must be more than 0 for cumulative ballots");
    }
    if total > 0 {
        // Points of the fewest options that a ballot may choose.
        let least = min.max(u64::from(specification.r#type() == BallotType::Cumulative));
        checks.require(
            least.saturating_mul(u64::from(specification.min_choices).max(1)) <= total,
            field("max_total_points"),
            "must be enough for min_choices options with min_points points each",
        );
    }
    let choices = u64::from(specification.max_choices);
    if max > 0 && choices > 0 {
        checks.require(
            u64::from(specification.min_total_points) <= max.saturating_mul(choices),
            field("min_total_points"),
            "must be reachable with max_choices options of max_points points each",
        );
    }
}

fn check_categories(checks: &mut Checks, specification: &BallotSpecification, options: &[PollOption]) {
    let limits = &specification.category_limits;
    checks.require(
        limits.len() <= MAX_LIST,
        "specification.category_limits",
        format!("must be at most {MAX_LIST} limits"),
    );
    let mut by_category: HashMap<&str, (u64, i128)> = HashMap::new();
    for option in options.iter().take(MAX_OPTIONS) {
        for category in &option.categories {
            let sums = by_category.entry(category).or_default();
            sums.0 += 1;
            sums.1 += i128::from(option.cost);
        }
    }
    let mut seen = HashSet::new();
    for (index, limit) in limits.iter().enumerate().take(MAX_LIST) {
        let path = format!("specification.category_limits[{index}]");
        let field = |name: &str| format!("{path}.{name}");
        checks.text(field("category"), &limit.category, 1, 100);
        checks.require(seen.insert(limit.category.as_str()), field("category"), "must not be limited twice");
        ordered(
            checks,
            (&field("min_choices"), u64::from(limit.min_choices)),
            (&field("max_choices"), u64::from(limit.max_choices)),
        );
        check_costs(checks, &path, (limit.min_total_cost, limit.max_total_cost));
        let (count, cost) = by_category.get(limit.category.as_str()).copied().unwrap_or_default();
        checks.require(
            u64::from(limit.min_choices) <= count,
            field("min_choices"),
            "must not be more than the category has options",
        );
        checks.require(
            i128::from(limit.min_total_cost) <= cost,
            field("min_total_cost"),
            "must not be more than the options of the category cost",
        );
    }
}

fn check_groups(checks: &mut Checks, specification: &BallotSpecification, known: &HashSet<&str>) {
    let groups = &specification.exclusion_groups;
    checks.require(
        groups.len() <= MAX_LIST,
        "specification.exclusion_groups",
        format!("must be at most {MAX_LIST} groups"),
    );
    for (index, group) in groups.iter().enumerate().take(MAX_LIST) {
        let field = format!("specification.exclusion_groups[{index}].option_ids");
        let distinct: HashSet<&str> = group.option_ids.iter().map(String::as_str).collect();
        checks.require(distinct.len() >= 2, field.clone(), "must be at least two options");
        checks.require(
            distinct.len() == group.option_ids.len(),
            field.clone(),
            "must not name an option twice",
        );
        checks.require(distinct.is_subset(known), field, "must be options of the poll");
    }
}

fn check_costs(checks: &mut Checks, path: &str, (min, max): (i64, i64)) {
    checks.require(min >= 0, format!("{path}.min_total_cost"), "must not be negative");
    checks.require(max >= 0, format!("{path}.max_total_cost"), "must not be negative");
    checks.require(
        max <= 0 || min <= max,
        format!("{path}.min_total_cost"),
        "must not be more than max_total_cost",
    );
}

fn ordered(checks: &mut Checks, min: (&str, u64), max: (&str, u64)) {
    let name = max.0.rsplit('.').next().unwrap_or(max.0);
    checks.require(max.1 == 0 || min.1 <= max.1, min.0, format!("must not be more than {name}"));
}

fn cost_of(options: &[PollOption]) -> i128 {
    options.iter().map(|option| i128::from(option.cost)).sum()
}

#[cfg(test)]
#[path = "specification_tests.rs"]
mod tests;
