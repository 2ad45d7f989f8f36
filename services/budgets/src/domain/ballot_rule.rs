//! What voters do: is a ballot rule possible, does it fit the projects, and how voting is told of it.

use std::collections::{BTreeMap, HashSet};

use comitia_allocation::MAX_SCORE;
use comitia_platform::currency;
use comitia_platform::validate::Checks;
use comitia_proto::budgets::v1::BallotRule;
use comitia_proto::voting::v1::{BallotSpecification, BallotType, CategoryLimit, ExclusionGroup};

use crate::domain::budget::{LARGEST_AMOUNT, at_most};
use crate::domain::project::Project;
use crate::error::Error;

/// The most points that a ballot can give to one project: what the counting engine counts.
const MOST_POINTS: u32 = 1 << 30;
const _: () = assert!(MOST_POINTS as i64 == MAX_SCORE);
/// The most projects that a ballot can name.
const MOST_CHOICES: u32 = 1_000;
/// The most limits for categories.
const MOST_CATEGORY_LIMITS: usize = 100;

/// Checks a rule by itself, for a budget of `amount` in `currency`.
pub fn check(checks: &mut Checks, rule: &BallotRule, amount: i64, currency: &str) {
    let field = |name: &str| format!("ballot_rule.{name}");
    let ballot = rule.r#type();
    checks.require(ballot != BallotType::Unspecified, field("type"), "must say what a ballot expresses");
    checks.require(
        ballot != BallotType::Signature,
        field("type"),
        "must be a type of ballots that choose projects; SIGNATURE has none",
    );
    checks.require(
        rule.min_choices <= MOST_CHOICES,
        field("min_choices"),
        format!("must be at most {MOST_CHOICES}, as many as a ballot can name"),
    );
    between(checks, &field("max_choices"), "min_choices", rule.min_choices.into(), rule.max_choices.into());
    if ballot == BallotType::ChooseOne {
        checks.require(rule.min_choices <= 1, field("min_choices"), "must be 0 or 1 for CHOOSE_ONE");
        checks.require(rule.max_choices <= 1, field("max_choices"), "must be 0 or 1 for CHOOSE_ONE");
    }
    check_points(checks, rule, ballot);
    if ballot == BallotType::Knapsack {
        checks.require(rule.min_budget_percent <= 100, field("min_budget_percent"), "must be 0 to 100");
    } else {
        checks.require(rule.min_budget_percent == 0, field("min_budget_percent"), "is only for KNAPSACK");
    }
    checks.require(
        (0..=LARGEST_AMOUNT).contains(&rule.max_total_cost),
        field("max_total_cost"),
        format!("must not be negative, and {}", at_most(currency)),
    );
    let least = min_total_cost(rule, amount);
    checks.require(
        rule.max_total_cost <= 0 || rule.max_total_cost >= least,
        field("max_total_cost"),
        format!(
            "must not be less than {}, which is min_budget_percent of the budget",
            currency::text(least, currency)
        ),
    );
    check_categories(checks, &rule.category_limits);
}

fn between(checks: &mut Checks, field: &str, least: &str, min: i64, max: i64) {
    checks.require(max == 0 || min <= max, field, format!("must not be less than {least}"));
}

fn check_points(checks: &mut Checks, rule: &BallotRule, ballot: BallotType) {
    let limits = [
        ("min_points", rule.min_points),
        ("max_points", rule.max_points),
        ("min_total_points", rule.min_total_points),
        ("max_total_points", rule.max_total_points),
    ];
    for (name, value) in limits {
        let field = format!("ballot_rule.{name}");
        if has_points(ballot) {
            checks.require(value <= MOST_POINTS, field, format!("must be at most {MOST_POINTS}"));
        } else {
            checks.require(value == 0, field, "is only for CUMULATIVE and SCORE");
        }
    }
    if !has_points(ballot) {
        return;
    }
    let field = |name: &str| format!("ballot_rule.{name}");
    between(checks, &field("max_points"), "min_points", rule.min_points.into(), rule.max_points.into());
    let (least, most) = (i64::from(rule.min_total_points), i64::from(rule.max_total_points));
    between(checks, &field("max_total_points"), "min_total_points", least, most);
    if ballot == BallotType::Cumulative {
        checks.require(most > 0, field("max_total_points"), "must be more than 0 for CUMULATIVE");
    }
    // Each chosen project takes at least min_points (cumulative: 1).
    let each = i64::from(rule.min_points.max(u32::from(ballot == BallotType::Cumulative)));
    let least_taken = each.saturating_mul(rule.min_choices.into());
    checks.require(
        most == 0 || least_taken <= most,
        field("max_total_points"),
        "must be enough for min_choices projects with min_points each",
    );
    if rule.max_choices > 0 && rule.max_points > 0 {
        let most_given = i64::from(rule.max_choices).saturating_mul(rule.max_points.into());
        checks.require(
            least <= most_given,
            field("min_total_points"),
            "must be reachable with max_choices projects of max_points each",
        );
    }
}

fn check_categories(checks: &mut Checks, limits: &[CategoryLimit]) {
    checks.require(
        limits.len() <= MOST_CATEGORY_LIMITS,
        "ballot_rule.category_limits",
        format!("must be at most {MOST_CATEGORY_LIMITS} limits"),
    );
    let mut seen = HashSet::new();
    for (i, limit) in limits.iter().enumerate() {
        let field = |name: &str| format!("ballot_rule.category_limits[{i}].{name}");
        checks.text(field("category"), &limit.category, 1, 100);
        checks.require(seen.insert(&limit.category), field("category"), "must not have two limits");
        between(
            checks,
            &field("max_choices"),
            "min_choices",
            limit.min_choices.into(),
            limit.max_choices.into(),
        );
        checks.require(limit.min_total_cost >= 0, field("min_total_cost"), "must not be negative");
        checks.require(limit.max_total_cost >= 0, field("max_total_cost"), "must not be negative");
        between(
            checks,
            &field("max_total_cost"),
            "min_total_cost",
            limit.min_total_cost,
            limit.max_total_cost,
        );
    }
}

/// Whether ballots of this type give points.
#[must_use]
pub fn has_points(ballot: BallotType) -> bool {
    matches!(ballot, BallotType::Cumulative | BallotType::Score)
}

/// The least total cost of a ballot: its share of the budget, rounded up.
fn min_total_cost(rule: &BallotRule, amount: i64) -> i64 {
    let share = i128::from(amount) * i128::from(rule.min_budget_percent);
    i64::try_from((share + 99) / 100).unwrap_or(i64::MAX)
}

/// The rule as voting enforces it, for these projects and this money.
///
/// # Errors
/// [`Error::RuleNotApplicable`] when no ballot of these projects can keep the rule.
pub fn compile(
    rule: &BallotRule,
    (amount, currency): (i64, &str),
    projects: &[Project],
) -> Result<BallotSpecification, Error> {
    let least_cost = min_total_cost(rule, amount);
    check_projects(rule, (least_cost, currency), projects)?;
    check_category_projects(rule, projects)?;
    let ballot = rule.r#type();
    let choose_one = ballot == BallotType::ChooseOne;
    Ok(BallotSpecification {
        r#type: rule.r#type,
        min_choices: if choose_one { 1 } else { rule.min_choices },
        max_choices: if choose_one { 1 } else { rule.max_choices },
        min_points: rule.min_points,
        max_points: match (ballot, rule.max_points) {
            // Scores have no total that would hold them within what can be counted.
            (BallotType::Score, 0) => MOST_POINTS,
            (_, points) => points,
        },
        min_total_points: rule.min_total_points,
        max_total_points: rule.max_total_points,
        min_total_cost: least_cost,
        max_total_cost: match (ballot, rule.max_total_cost) {
            (BallotType::Knapsack, 0) => amount,
            (_, cost) => cost,
        },
        category_limits: rule.category_limits.clone(),
        exclusion_groups: exclusion_groups(projects),
        currency: currency.to_owned(),
    })
}

/// There have to be enough projects, and expensive enough ones, for a ballot to keep the rule.
fn check_projects(
    rule: &BallotRule,
    (least_cost, currency): (i64, &str),
    projects: &[Project],
) -> Result<(), Error> {
    if projects.is_empty() {
        return Err(Error::not_applicable("budget_id", "the budget has no projects to vote on"));
    }
    if rule.min_choices as usize > projects.len() {
        return Err(Error::not_applicable(
            "ballot_rule.min_choices",
            format!("a ballot cannot have {} projects of {}", rule.min_choices, projects.len()),
        ));
    }
    let all: i128 = projects.iter().map(|project| i128::from(project.values.cost)).sum();
    if i128::from(least_cost) > all {
        return Err(Error::not_applicable(
            "ballot_rule.min_budget_percent",
            format!(
                "a ballot has to cost {} at least, and all projects together cost {}",
                currency::text(least_cost, currency),
                currency::text(i64::try_from(all).unwrap_or(i64::MAX), currency)
            ),
        ));
    }
    Ok(())
}

/// The same for the limits of each category.
fn check_category_projects(rule: &BallotRule, projects: &[Project]) -> Result<(), Error> {
    for (i, limit) in rule.category_limits.iter().enumerate() {
        let costs: Vec<_> = projects
            .iter()
            .filter(|project| project.values.categories.contains(&limit.category))
            .map(|project| i128::from(project.values.cost))
            .collect();
        let reachable = (limit.min_choices as usize) <= costs.len()
            && i128::from(limit.min_total_cost) <= costs.iter().sum::<i128>();
        if costs.is_empty() || !reachable {
            return Err(Error::not_applicable(
                format!("ballot_rule.category_limits[{i}]"),
                format!(
                    "the {} projects of the category {} are too few, or too cheap, for its limits",
                    costs.len(),
                    limit.category
                ),
            ));
        }
    }
    Ok(())
}

/// The groups that exclude something: those of at least two projects, in the order of their names.
fn exclusion_groups(projects: &[Project]) -> Vec<ExclusionGroup> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for project in projects.iter().filter(|project| !project.values.exclusion_group.is_empty()) {
        groups.entry(&project.values.exclusion_group).or_default().push(project.reference.clone());
    }
    groups.into_values().filter(|ids| ids.len() > 1).map(|option_ids| ExclusionGroup { option_ids }).collect()
}

#[cfg(test)]
mod tests {
    use comitia_platform::{ApiError, Reason};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::project::tests::project;

    fn violations(rule: &BallotRule) -> Vec<String> {
        let mut checks = Checks::new();
        check(&mut checks, rule, 1_000, "EUR");
        match checks.finish() {
            Ok(()) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }

    fn rule(ballot: BallotType) -> BallotRule {
        BallotRule { r#type: ballot.into(), ..Default::default() }
    }

    #[test]
    fn inconsistent_rules_name_their_field() {
        let approval = rule(BallotType::Approval);
        let cases = [
            (BallotRule::default(), "ballot_rule.type"),
            (BallotRule { r#type: 99, ..approval.clone() }, "ballot_rule.type"),
            (BallotRule { min_choices: 4, max_choices: 3, ..approval.clone() }, "ballot_rule.max_choices"),
            (BallotRule { max_choices: 2, ..rule(BallotType::ChooseOne) }, "ballot_rule.max_choices"),
            (BallotRule { max_points: 2, ..approval.clone() }, "ballot_rule.max_points"),
            (rule(BallotType::Cumulative), "ballot_rule.max_total_points"),
            (
                BallotRule { max_total_points: 5, min_choices: 6, ..rule(BallotType::Cumulative) },
                "ballot_rule.max_total_points",
            ),
            (BallotRule { min_budget_percent: 50, ..approval.clone() }, "ballot_rule.min_budget_percent"),
            (
                BallotRule { min_budget_percent: 101, ..rule(BallotType::Knapsack) },
                "ballot_rule.min_budget_percent",
            ),
            (
                BallotRule { min_budget_percent: 50, max_total_cost: 499, ..rule(BallotType::Knapsack) },
                "ballot_rule.max_total_cost",
            ),
            (BallotRule { max_total_cost: -1, ..approval.clone() }, "ballot_rule.max_total_cost"),
            (
                BallotRule { category_limits: vec![CategoryLimit::default()], ..approval },
                "ballot_rule.category_limits[0].category",
            ),
            (BallotRule { max_points: u32::MAX, ..rule(BallotType::Score) }, "ballot_rule.max_points"),
            (
                BallotRule { max_points: 2, max_choices: 3, min_total_points: 7, ..rule(BallotType::Score) },
                "ballot_rule.min_total_points",
            ),
        ];
        for (rule, field) in cases {
            assert_eq!(violations(&rule), [field], "{rule:?}");
        }
    }

    #[test]
    fn a_knapsack_is_filled_from_its_share_of_the_budget_to_the_whole() {
        let rule = BallotRule { min_budget_percent: 33, ..rule(BallotType::Knapsack) };
        assert!(violations(&rule).is_empty());
        let compiled = compile(&rule, (1_001, "EUR"), &[project("a", 700), project("b", 700)]).unwrap();
        // 33 percent of 1,001 is 330.33: a ballot of 330 would be less.
        assert_eq!((compiled.min_total_cost, compiled.max_total_cost), (331, 1_001));
    }

    #[test]
    fn one_is_exactly_one() {
        let compiled = compile(&rule(BallotType::ChooseOne), (10, "EUR"), &[project("a", 1)]).unwrap();
        assert_eq!((compiled.min_choices, compiled.max_choices), (1, 1));
    }

    #[test]
    fn only_groups_of_two_exclude() {
        let group = |reference: &str, name: &str| {
            let mut project = project(reference, 1);
            project.values.exclusion_group = name.into();
            project
        };
        let projects = [group("a", "site"), group("b", ""), group("c", "site"), group("d", "alone")];
        let compiled = compile(&rule(BallotType::Approval), (10, "EUR"), &projects).unwrap();
        assert_eq!(compiled.exclusion_groups, [ExclusionGroup { option_ids: vec!["a".into(), "c".into()] }]);
    }

    #[test]
    fn a_rule_that_no_ballot_can_keep_is_not_applicable() {
        let limit = CategoryLimit { category: "parks".into(), max_choices: 1, ..Default::default() };
        let cases = [
            (rule(BallotType::Approval), vec![]),
            (BallotRule { min_choices: 3, ..rule(BallotType::Approval) }, vec![project("a", 1)]),
            (BallotRule { min_budget_percent: 50, ..rule(BallotType::Knapsack) }, vec![project("a", 49)]),
            (
                BallotRule { category_limits: vec![limit], ..rule(BallotType::Approval) },
                vec![project("a", 1)],
            ),
        ];
        for (rule, projects) in cases {
            let error = ApiError::from(compile(&rule, (100, "EUR"), &projects).unwrap_err());
            assert_eq!(error.reason, Reason::RuleNotApplicable, "{rule:?}");
            assert!(!error.violations.is_empty());
        }
    }

    proptest! {
        #[test]
        fn the_least_cost_is_the_smallest_that_reaches_the_share(
            amount in 1..=LARGEST_AMOUNT, percent in 0u32..=100,
        ) {
            let rule = BallotRule { min_budget_percent: percent, ..rule(BallotType::Knapsack) };
            let least = i128::from(min_total_cost(&rule, amount));
            let share = i128::from(amount) * i128::from(percent);
            prop_assert!(least * 100 >= share);
            prop_assert!(least == 0 || (least - 1) * 100 < share);
        }

        #[test]
        fn checking_never_panics(
            ballot in -1i32..9, numbers in prop::array::uniform7(any::<u32>()), cost in any::<i64>(),
            amount in any::<i64>(),
        ) {
            let [a, b, c, d, e, f, g] = numbers;
            let rule = BallotRule {
                r#type: ballot, min_choices: a, max_choices: b, min_points: c, max_points: d,
                min_total_points: e, max_total_points: f, min_budget_percent: g, max_total_cost: cost,
                ..Default::default()
            };
            let mut checks = Checks::new();
            check(&mut checks, &rule, amount, "EUR");
        }
    }
}
