use chrono_tz::Tz;
use comitia_proto::voting::v1::{BallotSpecification, CategoryLimit, Choice, ExclusionGroup};

use super::*;
use crate::locale::Language;

fn poll(kind: BallotType, change: impl FnOnce(&mut BallotSpecification)) -> Poll {
    let mut specification = BallotSpecification {
        r#type: kind.into(),
        max_total_cost: if kind == BallotType::Knapsack { 60_000 } else { 0 },
        max_total_points: if kind == BallotType::Cumulative { 10 } else { 0 },
        ..BallotSpecification::default()
    };
    change(&mut specification);
    let option = |number: i64| PollOption {
        option_id: format!("o{number}"),
        title: format!("Project {number}"),
        cost: 10_000 * (number + 1),
        categories: vec![if number % 2 == 0 { "even" } else { "odd" }.to_owned()],
    };
    Poll { specification: Some(specification), options: (0..8).map(option).collect(), ..Poll::default() }
}

fn ballot(choices: &[(&str, u32)]) -> Ballot {
    let choice = |(id, points): &(&str, u32)| Choice { option_id: (*id).to_owned(), points: *points };
    Ballot { choices: choices.iter().map(choice).collect() }
}

/// What is said of a ballot, in English.
fn said(poll: &Poll, choices: &[(&str, u32)]) -> Vec<String> {
    let locale = Locale::new(Language::parse("en").unwrap(), Tz::UTC);
    let words = Words { locale, poll, currency: "EUR" };
    broken(poll, &ballot(choices)).iter().map(|broken| words.broken(broken)).collect()
}

#[test]
fn the_number_of_options_is_limited() {
    let poll = poll(BallotType::Approval, |s| (s.min_choices, s.max_choices) = (2, 3));
    assert_eq!(said(&poll, &[("o1", 0)]), ["You have chosen 1. Choose 2 to 3."]);
    assert_eq!(
        said(&poll, &[("o1", 0), ("o2", 0), ("o3", 0), ("o4", 0)]),
        ["You have chosen 4. Choose 2 to 3."]
    );
    assert!(said(&poll, &[("o1", 0), ("o2", 0)]).is_empty());
}

#[test]
fn choosing_one_is_choosing_exactly_one() {
    let poll = poll(BallotType::ChooseOne, |_| {});
    assert_eq!(said(&poll, &[]), ["You have chosen 0. Choose exactly 1."]);
    assert_eq!(said(&poll, &[("o1", 0), ("o2", 0)]), ["You have chosen 2. Choose exactly 1."]);
    assert!(said(&poll, &[("o1", 0)]).is_empty());
}

#[test]
fn a_knapsack_fits_the_budget() {
    let poll = poll(BallotType::Knapsack, |_| {});
    assert!(said(&poll, &[("o0", 0), ("o4", 0)]).is_empty());
    let over = said(&poll, &[("o0", 0), ("o5", 0)]);
    assert_eq!(over, ["Together they cost €700. All together may cost at most €600."]);
}

#[test]
fn points_are_limited_one_by_one_and_in_all() {
    let poll = poll(BallotType::Cumulative, |s| (s.max_points, s.min_total_points) = (6, 3));
    assert!(said(&poll, &[("o0", 6), ("o1", 4)]).is_empty());
    let each = said(&poll, &[("o0", 7)]);
    assert_eq!(each, ["“Project 0” has 7 points. Each one that you choose gets 1 to 6 points."]);
    assert_eq!(broken(&poll, &ballot(&[("o0", 7)]))[0].option, Some(0));
    assert_eq!(
        said(&poll, &[("o0", 6), ("o1", 5)]),
        ["You have given 11 points. Give 3 to 10 points in all."]
    );
    assert_eq!(said(&poll, &[("o0", 1)]), ["You have given 1 point. Give 3 to 10 points in all."]);
}

#[test]
fn a_score_may_be_zero() {
    let poll = poll(BallotType::Score, |s| s.max_points = 5);
    assert!(said(&poll, &[("o0", 0), ("o1", 5)]).is_empty());
    assert_eq!(said(&poll, &[("o0", 6)]).len(), 1);
}

#[test]
fn categories_and_groups_are_limited() {
    let poll = poll(BallotType::Approval, |s| {
        s.category_limits = vec![CategoryLimit {
            category: "even".into(),
            max_choices: 1,
            max_total_cost: 40_000,
            ..CategoryLimit::default()
        }];
        s.exclusion_groups = vec![ExclusionGroup { option_ids: vec!["o1".into(), "o3".into()] }];
    });
    assert!(said(&poll, &[("o2", 0), ("o1", 0), ("o5", 0)]).is_empty());
    assert_eq!(
        said(&poll, &[("o0", 0), ("o2", 0)]),
        ["You have chosen 2. In the category “even”: Choose at most 1."]
    );
    let cost = "Together they cost €500. In the category “even”: All together may cost at most €400.";
    assert_eq!(said(&poll, &[("o4", 0)]), [cost]);
    let group = "You have chosen 2. Choose at most one of these: Project 1; Project 3.";
    assert_eq!(said(&poll, &[("o1", 0), ("o3", 0)]), [group]);
}

#[test]
fn rules_that_limit_nothing_are_not_said() {
    assert!(rules(&poll(BallotType::Approval, |_| {})).is_empty());
    assert!(rules(&poll(BallotType::Score, |_| {})).is_empty());
    assert_eq!(rules(&poll(BallotType::Knapsack, |_| {})).len(), 1);
    // Cumulative ballots give at least one point to what they choose.
    assert_eq!(rules(&poll(BallotType::Cumulative, |_| {})).len(), 2);
}

#[test]
fn every_rule_has_its_words_in_every_language() {
    let poll = poll(BallotType::Cumulative, |_| {});
    let group = ["o1".to_owned(), "o3".to_owned()];
    for language in Language::all() {
        let words = Words { locale: Locale::new(language, Tz::UTC), poll: &poll, currency: "EUR" };
        for (min, max) in [(2, 0), (0, 5), (3, 3), (2, 5)] {
            let limits = Limits::new(min, max);
            for rule in [
                Rule::Choices(limits),
                Rule::Cost(limits),
                Rule::Points(limits),
                Rule::PointsEach(limits),
                Rule::CategoryChoices("even", limits),
                Rule::CategoryCost("even", limits),
                Rule::OneOf(&group),
            ] {
                let broken = Broken { rule, found: 1, option: None };
                let text = words.broken(&broken);
                assert!(!text.contains("vote-") && !text.contains('$'), "{text}");
            }
        }
    }
}

#[test]
fn an_amount_without_its_currency_is_still_a_number() {
    let poll = poll(BallotType::Knapsack, |_| {});
    let locale = Locale::new(Language::parse("en").unwrap(), Tz::UTC);
    assert_eq!(Words { locale, poll: &poll, currency: "" }.money(123_450), "1,234.50");
}
