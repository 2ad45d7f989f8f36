use comitia_proto::voting::v1::{CategoryLimit, ExclusionGroup};

use super::*;

fn options() -> Vec<PollOption> {
    (0..5)
        .map(|number| PollOption {
            option_id: format!("o{number}"),
            title: format!("Option {number}"),
            cost: 100 * (number + 1),
            categories: vec![if number < 3 { "green" } else { "sport" }.to_owned()],
        })
        .collect()
}

fn specification(kind: BallotType) -> BallotSpecification {
    BallotSpecification {
        r#type: kind.into(),
        max_total_cost: if kind == BallotType::Knapsack { 500 } else { 0 },
        max_total_points: if kind == BallotType::Cumulative { 10 } else { 0 },
        ..Default::default()
    }
}

/// The fields that break rules.
fn broken(specification: &BallotSpecification, options: &[PollOption]) -> Vec<String> {
    let mut checks = Checks::new();
    check(&mut checks, specification, options);
    match checks.finish() {
        Ok(()) => Vec::new(),
        Err(error) => error.violations.into_iter().map(|violation| violation.field).collect(),
    }
}

const KINDS: [BallotType; 6] = [
    BallotType::Approval,
    BallotType::Knapsack,
    BallotType::Cumulative,
    BallotType::Ranking,
    BallotType::ChooseOne,
    BallotType::Score,
];

#[test]
fn the_plain_specification_of_every_type_is_good() {
    for kind in KINDS {
        assert_eq!(broken(&specification(kind), &options()), [""; 0], "{kind:?}");
    }
}

#[test]
fn a_specification_names_what_is_wrong_with_it() {
    type Change = fn(&mut BallotSpecification);
    let cases: [(BallotType, Change, &str); 19] = [
        (BallotType::Unspecified, |_| {}, "type"),
        (BallotType::Knapsack, |s| s.max_total_cost = 0, "max_total_cost"),
        (BallotType::Cumulative, |s| s.max_total_points = 0, "max_total_points"),
        (BallotType::Approval, |s| s.min_choices = 6, "min_choices"),
        (BallotType::Approval, |s| (s.min_choices, s.max_choices) = (3, 2), "min_choices"),
        (BallotType::ChooseOne, |s| s.max_choices = 2, "max_choices"),
        (BallotType::Approval, |s| s.max_points = 1, "max_points"),
        (BallotType::Ranking, |s| s.min_total_points = 1, "min_total_points"),
        (BallotType::Score, |s| (s.min_points, s.max_points) = (5, 4), "min_points"),
        (BallotType::Cumulative, |s| s.min_total_points = 11, "min_total_points"),
        (BallotType::Cumulative, |s| (s.min_choices, s.min_points) = (3, 4), "max_total_points"),
        (
            BallotType::Cumulative,
            |s| (s.max_choices, s.max_points, s.min_total_points) = (2, 4, 9),
            "min_total_points",
        ),
        (BallotType::Knapsack, |s| s.min_total_cost = -1, "min_total_cost"),
        (BallotType::Knapsack, |s| s.max_total_cost = -1, "max_total_cost"),
        (BallotType::Knapsack, |s| s.min_total_cost = 501, "min_total_cost"),
        (BallotType::Approval, |s| s.min_total_cost = 1501, "min_total_cost"),
        (
            BallotType::Approval,
            |s| {
                s.category_limits =
                    vec![CategoryLimit { category: "sport".into(), min_choices: 3, ..Default::default() }]
            },
            "category_limits[0].min_choices",
        ),
        (
            BallotType::Approval,
            |s| s.category_limits = vec![CategoryLimit { category: "sport".into(), ..Default::default() }; 2],
            "category_limits[1].category",
        ),
        (
            BallotType::Approval,
            |s| {
                s.exclusion_groups = vec![ExclusionGroup { option_ids: vec!["o1".into(), "nowhere".into()] }];
            },
            "exclusion_groups[0].option_ids",
        ),
    ];
    for (kind, change, field) in cases {
        let mut specification = specification(kind);
        change(&mut specification);
        let found = broken(&specification, &options());
        assert!(found.contains(&format!("specification.{field}")), "{kind:?} {field}: {found:?}");
    }
}

#[test]
fn a_group_needs_two_different_options() {
    for ids in [vec!["o1"], vec!["o1", "o1"]] {
        let group = ExclusionGroup { option_ids: ids.into_iter().map(str::to_owned).collect() };
        let mut specification = specification(BallotType::Approval);
        specification.exclusion_groups = vec![group];
        assert!(!broken(&specification, &options()).is_empty());
    }
}

#[test]
fn options_are_unique_and_cost_something_or_nothing() {
    let good = specification(BallotType::Approval);
    assert_eq!(broken(&good, &[]), ["options"]);
    let mut twice = options();
    twice[4].option_id = "o0".into();
    assert_eq!(broken(&good, &twice), ["options[4].option_id"]);
    let mut negative = options();
    negative[2].cost = -1;
    assert_eq!(broken(&good, &negative), ["options[2].cost"]);
    let mut strange = options();
    strange[1].option_id = "a b".into();
    assert_eq!(broken(&good, &strange), ["options[1].option_id"]);
    let many = |count: usize| {
        (0..count)
            .map(|number| PollOption {
                option_id: number.to_string(),
                title: "x".into(),
                ..Default::default()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(broken(&good, &many(MAX_OPTIONS)), [""; 0]);
    let demanding = |min_choices| BallotSpecification { min_choices, ..good.clone() };
    assert_eq!(broken(&demanding(MAX_CHOICES), &many(MAX_OPTIONS)), [""; 0]);
    assert_eq!(broken(&demanding(MAX_CHOICES + 1), &many(MAX_OPTIONS)), ["specification.min_choices"]);
    let ballot = comitia_proto::descriptors().get_message_by_name("comitia.voting.v1.Ballot").unwrap();
    let choices = ballot.get_field_by_name("choices").unwrap();
    assert_eq!(comitia_proto::max_items(&choices), MAX_CHOICES, "the gateway takes as many");
    assert_eq!(broken(&good, &many(MAX_OPTIONS + 1)), ["options"]);
}

#[test]
fn signatures_have_neither_options_nor_limits() {
    let plain = specification(BallotType::Signature);
    assert_eq!(broken(&plain, &[]), [""; 0]);
    assert_eq!(broken(&plain, &options()), ["options"]);
    for limited in [
        BallotSpecification { max_choices: 1, ..plain.clone() },
        BallotSpecification { max_total_points: 1, ..plain.clone() },
        BallotSpecification { currency: "EUR".into(), ..plain },
    ] {
        assert_eq!(broken(&limited, &[]), ["specification"]);
    }
}
