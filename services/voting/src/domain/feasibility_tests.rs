use comitia_proto::voting::v1::{Ballot, BallotType, CategoryLimit, Choice, ExclusionGroup};
use proptest::prelude::*;

use super::*;

fn option(number: usize, cost: i64, categories: &[&str]) -> PollOption {
    PollOption {
        option_id: format!("o{number}"),
        title: "x".into(),
        cost,
        categories: categories.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn options(costs: &[i64]) -> Vec<PollOption> {
    costs.iter().enumerate().map(|(number, cost)| option(number, *cost, &[])).collect()
}

fn rules(kind: BallotType) -> BallotSpecification {
    BallotSpecification { r#type: kind.into(), ..Default::default() }
}

fn fields(specification: &BallotSpecification, options: &[PollOption]) -> Vec<(String, String)> {
    match check(specification, options) {
        Ok(()) => Vec::new(),
        Err(violations) => {
            violations.into_iter().map(|violation| (violation.field, violation.rule)).collect()
        }
    }
}

#[test]
fn votes_that_cannot_work_are_refused_and_say_why() {
    let knapsack =
        BallotSpecification { max_total_cost: 100_000, min_choices: 1, ..rules(BallotType::Knapsack) };
    let [(field, rule)] = fields(&knapsack, &options(&[150_000, 200_000])).try_into().unwrap();
    assert_eq!(field, "specification");
    assert!(rule.ends_with("without max_total_cost there would be one"), "{rule}");

    let two = BallotSpecification { max_total_cost: 1_000, min_choices: 2, ..rules(BallotType::Knapsack) };
    assert!(fields(&two, &options(&[600, 600]))[0].1.contains("without max_total_cost"));

    let minima = |name: &str| CategoryLimit { category: name.into(), min_choices: 2, ..Default::default() };
    let categories = BallotSpecification {
        max_choices: 3,
        category_limits: vec![minima("green"), minima("sport")],
        ..rules(BallotType::Approval)
    };
    let four: Vec<_> = (0..4).map(|n| option(n, 1, &[if n < 2 { "green" } else { "sport" }])).collect();
    assert!(fields(&categories, &four)[0].1.contains("without max_choices"));

    let group = ExclusionGroup { option_ids: vec!["o0".into(), "o1".into()] };
    let excluded =
        BallotSpecification { min_choices: 2, exclusion_groups: vec![group], ..rules(BallotType::Approval) };
    assert!(fields(&excluded, &options(&[1, 1]))[0].1.contains("without min_choices"));
}

#[test]
fn an_option_that_no_ballot_can_have_is_named() {
    let knapsack = BallotSpecification { max_total_cost: 1_000, ..rules(BallotType::Knapsack) };
    let [(field, rule)] = fields(&knapsack, &options(&[600, 1_500, 300])).try_into().unwrap();
    assert_eq!(field, "options[1]");
    assert!(rule.contains("\"o1\""), "{rule}");
}

#[test]
fn points_bound_how_many_are_chosen() {
    let cumulative = BallotSpecification {
        min_points: 4,
        max_points: 5,
        min_total_points: 10,
        max_total_points: 11,
        ..rules(BallotType::Cumulative)
    };
    assert!(check(&cumulative, &options(&[1, 1])).is_ok());
    assert!(check(&cumulative, &options(&[1])).is_err(), "one option takes 5 points at most");
    let three = BallotSpecification { min_choices: 3, ..cumulative };
    assert!(check(&three, &options(&[1, 1, 1])).is_err(), "three options take 12 points at least");
}

#[test]
fn a_large_poll_is_decided_at_once() {
    let many = options(&(1..=10_000).collect::<Vec<_>>());
    let specification = BallotSpecification {
        min_choices: 3_000,
        min_total_cost: 20_000_000,
        max_total_cost: 30_000_000,
        ..rules(BallotType::Knapsack)
    };
    assert!(check(&specification, &many).is_ok());
}

/// Whether voting would accept the ballot with these options.
fn accepted(poll: &CompiledPoll, subset: u32, count: usize) -> bool {
    let choices = (0..count)
        .filter(|number| subset & (1 << number) != 0)
        .map(|number| Choice { option_id: format!("o{number}"), points: 0 });
    poll.accept(&Ballot { choices: choices.collect() }, "ballot").is_ok()
}

proptest! {
    #[test]
    fn the_search_agrees_with_trying_every_ballot(
        costs in prop::collection::vec(0_i64..8, 1..7),
        in_categories in prop::collection::vec(0_u8..4, 6),
        counts in (0_u32..4, 0_u32..5),
        cost in (0_i64..12, 0_i64..20),
        limits in prop::array::uniform2((0_u32..3, 0_u32..3, 0_i64..8, 0_i64..12)),
        excluded in prop::collection::vec(0_usize..6, 0..4),
    ) {
        let names = ["a", "b"];
        let items: Vec<_> = costs.iter().zip(&in_categories).enumerate().map(|(number, (cost, set))| {
            let set: Vec<_> = (0..2).filter(|bit| set & (1 << bit) != 0).map(|bit| names[bit]).collect();
            option(number, *cost, &set)
        }).collect();
        let mut excluded: Vec<_> = excluded.into_iter().filter(|number| *number < items.len()).collect();
        excluded.sort_unstable();
        excluded.dedup();
        let specification = BallotSpecification {
            min_choices: counts.0,
            max_choices: counts.1,
            min_total_cost: cost.0,
            max_total_cost: cost.1,
            category_limits: names.iter().zip(limits).map(|(name, limit)| CategoryLimit {
                category: (*name).to_owned(),
                min_choices: limit.0,
                max_choices: limit.1,
                min_total_cost: limit.2,
                max_total_cost: limit.3,
            }).collect(),
            exclusion_groups: if excluded.len() < 2 { Vec::new() } else {
                vec![ExclusionGroup { option_ids: excluded.iter().map(|number| format!("o{number}")).collect() }]
            },
            ..rules(BallotType::Approval)
        };
        let poll = CompiledPoll::new(&specification, &items).unwrap();
        let good: Vec<u32> =
            (0..1_u32 << items.len()).filter(|subset| accepted(&poll, *subset, items.len())).collect();
        let found = fields(&specification, &items);
        if good.is_empty() {
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(&found[0].0, "specification");
        } else {
            let all = good.iter().fold(0, |all, subset| all | subset);
            let missing: Vec<_> = (0..items.len())
                .filter(|number| all & (1 << number) == 0)
                .map(|number| format!("options[{number}]"))
                .collect();
            let found: Vec<_> = found.into_iter().map(|(field, _)| field).collect();
            prop_assert_eq!(found, missing);
        }
    }
}
