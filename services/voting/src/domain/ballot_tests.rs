use comitia_proto::voting::v1::{BallotSpecification, CategoryLimit, ExclusionGroup, PollOption};
use proptest::prelude::*;

use super::*;

const KINDS: [BallotType; 6] = [
    BallotType::Approval,
    BallotType::Knapsack,
    BallotType::Cumulative,
    BallotType::Ranking,
    BallotType::ChooseOne,
    BallotType::Score,
];

fn options(count: i64) -> Vec<PollOption> {
    (0..count)
        .map(|number| PollOption {
            option_id: format!("o{number}"),
            title: "x".into(),
            cost: 100 * (number + 1),
            categories: vec![if number % 2 == 0 { "even" } else { "odd" }.to_owned()],
        })
        .collect()
}

fn poll(kind: BallotType, change: impl FnOnce(&mut BallotSpecification)) -> CompiledPoll {
    let mut specification = BallotSpecification {
        r#type: kind.into(),
        max_total_cost: if kind == BallotType::Knapsack { 600 } else { 0 },
        max_total_points: if kind == BallotType::Cumulative { 10 } else { 0 },
        ..Default::default()
    };
    change(&mut specification);
    CompiledPoll::new(&specification, &options(8)).unwrap()
}

fn ballot(choices: &[(&str, u32)]) -> Ballot {
    Ballot {
        choices: choices
            .iter()
            .map(|(option, points)| Choice { option_id: (*option).to_owned(), points: *points })
            .collect(),
    }
}

fn plain(options: &[&str]) -> Ballot {
    ballot(&options.iter().map(|option| (*option, 0)).collect::<Vec<_>>())
}

/// Asserts that the ballot is refused with exactly this field and a rule that has this text.
fn refused(poll: &CompiledPoll, ballot: &Ballot, field: &str, rule: &str) {
    let refusal = poll.accept(ballot, "ballot").unwrap_err();
    assert_eq!(refusal.violations.len(), 1, "{refusal:?}");
    assert_eq!(refusal.violations[0].field, field);
    assert!(refusal.violations[0].rule.contains(rule), "{refusal:?}");
}

#[test]
fn an_unknown_option_is_named() {
    let poll = poll(BallotType::Approval, |_| {});
    let refusal = poll.accept(&plain(&["o1", "o9"]), "ballot").unwrap_err();
    assert!(refusal.option_unknown);
    assert_eq!(refusal.violations[0].field, "ballot.choices[1].option_id");
    let refusal = poll.accept(&plain(&["nowhere"]), "forms[3].ballot").unwrap_err();
    assert_eq!(refusal.violations[0].field, "forms[3].ballot.choices[0].option_id");
}

#[test]
fn an_option_is_chosen_once() {
    for kind in KINDS {
        let poll = poll(kind, |_| {});
        let twice = ballot(&[("o1", u32::from(poll.has_points())); 2]);
        refused(&poll, &twice, "ballot.choices[1].option_id", "twice");
    }
}

#[test]
fn the_number_of_options_is_limited() {
    let poll = poll(BallotType::Approval, |s| (s.min_choices, s.max_choices) = (2, 3));
    refused(&poll, &plain(&["o1"]), "ballot.choices", "2 to 3 options");
    refused(&poll, &plain(&["o1", "o2", "o3", "o4"]), "ballot.choices", "2 to 3 options");
    assert!(poll.accept(&plain(&["o1", "o2"]), "ballot").is_ok());
}

#[test]
fn a_blank_ballot_is_good_where_no_option_is_obligatory() {
    assert_eq!(poll(BallotType::Approval, |_| {}).accept(&Ballot::default(), "ballot").unwrap(), [1, 1]);
    let poll = poll(BallotType::Approval, |s| s.min_choices = 1);
    refused(&poll, &Ballot::default(), "ballot.choices", "at least 1");
}

#[test]
fn choosing_one_is_choosing_exactly_one() {
    let poll = poll(BallotType::ChooseOne, |_| {});
    assert!(poll.accept(&plain(&["o3"]), "ballot").is_ok());
    refused(&poll, &Ballot::default(), "ballot.choices", "exactly 1");
    refused(&poll, &plain(&["o3", "o4"]), "ballot.choices", "exactly 1");
}

#[test]
fn a_knapsack_fits_the_budget() {
    let poll = poll(BallotType::Knapsack, |s| s.min_total_cost = 300);
    assert!(poll.accept(&plain(&["o0", "o4"]), "ballot").is_ok());
    refused(&poll, &plain(&["o0", "o5"]), "ballot.choices", "must cost 300 to 600 in all, and costs 700");
    refused(&poll, &plain(&["o1"]), "ballot.choices", "costs 200");
}

#[test]
fn amounts_are_said_as_people_write_them() {
    let knapsack = |currency: &str, min, max| {
        poll(BallotType::Knapsack, |s| {
            (s.min_total_cost, s.max_total_cost, s.currency) = (min, max, currency.to_owned());
            s.category_limits = vec![CategoryLimit {
                category: "even".into(),
                max_total_cost: 400,
                max_choices: 1,
                ..Default::default()
            }];
        })
    };
    let all = plain(&["o1", "o5"]);
    for (currency, min, max, rule) in [
        ("EUR", 0, 700, "must cost at most 7.00 EUR in all, and costs 8.00 EUR"),
        ("EUR", 300, 700, "must cost 3.00 EUR to 7.00 EUR in all, and costs 8.00 EUR"),
        ("PLN", 700, 700, "must cost exactly 7.00 PLN in all, and costs 8.00 PLN"),
        ("JPY", 0, 700, "must cost at most 700 JPY in all, and costs 800 JPY"),
        ("KWD", 0, 700, "must cost at most 0.700 KWD in all, and costs 0.800 KWD"),
    ] {
        refused(&knapsack(currency, min, max), &all, "ballot.choices", rule);
    }
    let refusal = knapsack("EUR", 0, 0).accept(&plain(&["o0", "o4"]), "ballot").unwrap_err();
    let rules: Vec<&str> = refusal.violations.iter().map(|violation| violation.rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "must choose at most 1 options of the category \"even\", and chooses 2",
            "must cost at most 4.00 EUR in the category \"even\", and costs 6.00 EUR",
        ]
    );
}

#[test]
fn points_are_limited_one_by_one_and_in_all() {
    let poll = poll(BallotType::Cumulative, |s| (s.max_points, s.min_total_points) = (6, 3));
    assert!(poll.accept(&ballot(&[("o0", 6), ("o1", 4)]), "ballot").is_ok());
    refused(&poll, &ballot(&[("o0", 0), ("o1", 4)]), "ballot.choices[0].points", "1 to 6 points");
    refused(&poll, &ballot(&[("o0", 7)]), "ballot.choices[0].points", "1 to 6 points");
    refused(&poll, &ballot(&[("o0", 6), ("o1", 5)]), "ballot.choices", "3 to 10 points");
    refused(&poll, &ballot(&[("o0", 2)]), "ballot.choices", "3 to 10 points");
}

#[test]
fn a_score_may_be_zero_and_sums_do_not_overflow() {
    let poll = poll(BallotType::Score, |s| s.max_total_points = u32::MAX);
    assert!(poll.accept(&ballot(&[("o0", 0), ("o1", 5)]), "ballot").is_ok());
    refused(&poll, &ballot(&[("o0", u32::MAX), ("o1", u32::MAX)]), "ballot.choices", "points in all");
}

#[test]
fn points_belong_to_ballots_with_points() {
    for kind in [BallotType::Approval, BallotType::Knapsack, BallotType::Ranking, BallotType::ChooseOne] {
        refused(&poll(kind, |_| {}), &ballot(&[("o0", 1)]), "ballot.choices[0].points", "without points");
    }
}

#[test]
fn categories_are_limited() {
    let poll = poll(BallotType::Approval, |s| {
        s.category_limits = vec![
            CategoryLimit { category: "even".into(), max_choices: 1, ..Default::default() },
            CategoryLimit {
                category: "odd".into(),
                min_total_cost: 200,
                max_total_cost: 600,
                ..Default::default()
            },
        ];
    });
    assert!(poll.accept(&plain(&["o0", "o1", "o3"]), "ballot").is_ok());
    refused(
        &poll,
        &plain(&["o0", "o2", "o1"]),
        "ballot.choices",
        "at most 1 options of the category \"even\"",
    );
    refused(&poll, &plain(&["o3", "o5"]), "ballot.choices", "category \"odd\", and costs 1000");
    refused(&poll, &plain(&["o0"]), "ballot.choices", "costs 0");
}

#[test]
fn options_of_a_group_exclude_one_another() {
    let poll = poll(BallotType::Approval, |s| {
        s.exclusion_groups = vec![ExclusionGroup { option_ids: vec!["o1".into(), "o4".into(), "o6".into()] }];
    });
    assert!(poll.accept(&plain(&["o1", "o2"]), "ballot").is_ok());
    refused(&poll, &plain(&["o6", "o1"]), "ballot.choices", "o1, o4, o6");
}

#[test]
fn only_a_ranking_keeps_its_order() {
    let (one, other) = (plain(&["o3", "o1"]), plain(&["o1", "o3"]));
    for kind in [BallotType::Approval, BallotType::Knapsack] {
        let poll = poll(kind, |_| {});
        assert_eq!(poll.accept(&one, "ballot").unwrap(), poll.accept(&other, "ballot").unwrap());
    }
    let ranking = poll(BallotType::Ranking, |_| {});
    assert_ne!(ranking.accept(&one, "ballot").unwrap(), ranking.accept(&other, "ballot").unwrap());
    assert_eq!(ranking.decode(&ranking.accept(&one, "ballot").unwrap()).unwrap(), one);
}

#[test]
fn bytes_of_another_type_or_form_are_no_ballot() {
    let poll = poll(BallotType::Approval, |_| {});
    for bytes in
        [&[][..], &[1], &[2, 1], &[1, 2, 0], &[1, 1, 8], &[1, 1, 3, 1], &[1, 1, 0x81, 0], &[1, 1, 0x80]]
    {
        assert_eq!(poll.decode(bytes), Err(NotABallot), "{bytes:?}");
    }
    assert!(poll.decode(&[1, 1, 1, 3]).is_ok());
}

fn any_kind() -> impl Strategy<Value = BallotType> {
    proptest::sample::select(&KINDS[..])
}

fn any_specification() -> impl Strategy<Value = BallotSpecification> {
    (any_kind(), 0..4_u32, 0..9_u32, 0..3_u32, 0..9_u32, 0..9_u32, 0..30_u32, 0..900_i64, 0..3000_i64)
        .prop_map(
            |(
                kind,
                min_choices,
                max_choices,
                min_points,
                max_points,
                min_total,
                max_total,
                min_cost,
                max_cost,
            )| {
                BallotSpecification {
                    r#type: kind.into(),
                    min_choices,
                    max_choices,
                    min_points,
                    max_points,
                    min_total_points: min_total,
                    max_total_points: max_total,
                    min_total_cost: min_cost,
                    max_total_cost: max_cost,
                    category_limits: vec![CategoryLimit {
                        category: "odd".into(),
                        max_choices,
                        ..Default::default()
                    }],
                    exclusion_groups: vec![ExclusionGroup { option_ids: vec!["o1".into(), "o2".into()] }],
                    currency: "EUR".into(),
                }
            },
        )
}

/// A ballot of existing options without repetition, with points where the type has them.
fn good_ballot(kind: BallotType) -> impl Strategy<Value = Ballot> {
    let points = matches!(kind, BallotType::Cumulative | BallotType::Score);
    let numbers: Vec<u32> = (0..8).collect();
    let most = if kind == BallotType::ChooseOne { 1..=1 } else { 0..=8 };
    (proptest::sample::subsequence(numbers, most).prop_shuffle(), proptest::collection::vec(1..300_u32, 8))
        .prop_map(move |(numbers, values)| Ballot {
            choices: numbers
                .into_iter()
                .zip(values)
                .map(|(number, value)| Choice {
                    option_id: format!("o{number}"),
                    points: if points { value } else { 0 },
                })
                .collect(),
        })
}

proptest! {
    #[test]
    fn an_accepted_ballot_survives_its_encoding(
        (kind, ballot) in any_kind().prop_flat_map(|kind| (Just(kind), good_ballot(kind)))
    ) {
        let poll = poll(kind, |s| (s.max_total_cost, s.max_total_points) = (0, 0));
        let bytes = poll.accept(&ballot, "ballot").unwrap();
        let decoded = poll.decode(&bytes).unwrap();
        prop_assert_eq!(poll.accept(&decoded, "ballot").unwrap(), bytes);
        let mut expected = ballot.choices;
        if kind != BallotType::Ranking {
            expected.sort_by(|a, b| a.option_id.cmp(&b.option_id));
        }
        prop_assert_eq!(decoded.choices, expected);
    }

    #[test]
    fn equal_ballots_are_equal_bytes_whatever_the_order_of_choices(
        (kind, ballot, turn) in any_kind().prop_flat_map(|kind| (Just(kind), good_ballot(kind), 0..8_usize))
    ) {
        prop_assume!(kind != BallotType::Ranking);
        let poll = poll(kind, |s| (s.max_total_cost, s.max_total_points) = (0, 0));
        let mut turned = ballot.clone();
        if !turned.choices.is_empty() {
            let by = turn % turned.choices.len();
            turned.choices.rotate_left(by);
        }
        prop_assert_eq!(poll.accept(&ballot, "b").unwrap(), poll.accept(&turned, "b").unwrap());
    }

    #[test]
    fn checking_never_panics_and_what_it_accepts_keeps_the_limits(
        specification in any_specification(),
        choices in proptest::collection::vec((0..10_u32, 0..40_u32), 0..10),
    ) {
        let poll = CompiledPoll::new(&specification, &options(8)).unwrap();
        let ballot = Ballot {
            choices: choices
                .into_iter()
                .map(|(number, points)| Choice { option_id: format!("o{number}"), points })
                .collect(),
        };
        match poll.accept(&ballot, "ballot") {
            Err(refusal) => prop_assert!(!refusal.violations.is_empty()),
            Ok(bytes) => {
                let count = ballot.choices.len() as u64;
                prop_assert!(poll.choices.hold(count));
                let cost: i64 = ballot
                    .choices
                    .iter()
                    .map(|choice| 100 * (choice.option_id[1..].parse::<i64>().unwrap() + 1))
                    .sum();
                prop_assert!(cost >= specification.min_total_cost);
                prop_assert!(specification.max_total_cost == 0 || cost <= specification.max_total_cost);
                let both = ["o1", "o2"].iter().all(|id| ballot.choices.iter().any(|c| c.option_id == **id));
                prop_assert!(!both, "the options exclude one another");
                prop_assert!(poll.decode(&bytes).is_ok());
            }
        }
    }

    #[test]
    fn decoding_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..30), kind in any_kind()) {
        let poll = poll(kind, |_| {});
        if let Ok(ballot) = poll.decode(&bytes) {
            prop_assert_eq!(poll.accept(&ballot, "ballot").unwrap(), bytes);
        }
    }

    #[test]
    fn varints_survive(value in any::<u32>()) {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, value);
        prop_assert_eq!(take_varint(&mut &bytes[..]), Ok(value));
    }
}

#[test]
fn a_signature_is_one_ballot_and_chooses_nothing() {
    let specification = BallotSpecification { r#type: BallotType::Signature.into(), ..Default::default() };
    let sheet = CompiledPoll::new(&specification, &[]).unwrap();
    assert_eq!(sheet.accept(&Ballot::default(), "ballot").unwrap(), SIGNATURE);
    assert_eq!(sheet.decode(SIGNATURE).unwrap(), Ballot::default());
    refused(&sheet, &plain(&["o1"]), "ballot.choices", "must be empty");
    for bytes in [&[1, 7, 0][..], &[1, 1], &[1], &[0, 1]] {
        assert!(sheet.decode(bytes).is_err(), "{bytes:?}");
    }
}
