use chrono::DateTime;
use comitia_platform::{ApiError, Reason};
use uuid::Uuid;

use super::*;
use crate::domain::budget::tests::terms;
use crate::domain::project::tests::project;

fn areas() -> Areas {
    let area = |code: &str, parent: &str| Area {
        code: code.into(),
        parent_code: parent.into(),
        ..Default::default()
    };
    Areas::new(vec![
        area("centre-1", "centre"),
        area("centre-2", "centre"),
        area("centre-2-a", "centre-2"),
        area("centre", ""),
        area("north", ""),
    ])
}

fn schedule(districts: &[&str], minimum_age: i64) -> Schedule {
    Schedule {
        roll: Uuid::nil(),
        open_time: DateTime::UNIX_EPOCH,
        close_time: DateTime::UNIX_EPOCH,
        districts: districts.iter().map(|code| (*code).to_owned()).collect(),
        minimum_age,
        paper_close_time: None,
    }
}

fn roll(counts: &[(&str, i64, i64, i64)]) -> Vec<DistrictElectors> {
    let counts = counts.iter().map(|(district, members, electors, without)| DistrictElectors {
        district: (*district).into(),
        member_count: *members,
        elector_count: *electors,
        without_birth_date_count: *without,
    });
    counts.collect()
}

fn named(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

#[test]
fn an_area_stands_for_all_that_is_part_of_it() {
    let areas = areas();
    assert_eq!(areas.all_within(&named(&["centre"])), ["centre", "centre-1", "centre-2", "centre-2-a"]);
    assert_eq!(areas.all_within(&named(&["centre-2", "west"])), ["centre-2", "centre-2-a", "west"]);
    let circle = Areas::new(vec![
        Area { code: "a".into(), parent_code: "b".into(), ..Default::default() },
        Area { code: "b".into(), parent_code: "a".into(), ..Default::default() },
    ]);
    assert_eq!(circle.all_within(&named(&["a"])), ["a", "b"]);
}

#[test]
fn a_vote_without_voters_is_refused_and_says_why() {
    let areas = areas();
    for (schedule, roll, reason, field, words) in [
        (schedule(&[], 0), roll(&[]), Reason::NobodyEligible, "roll_id", "it has none"),
        (schedule(&[], 16), roll(&[("", 3, 0, 3)]), Reason::NobodyEligible, "minimum_age", "no birth dates"),
        (
            schedule(&["north"], 0),
            roll(&[("south", 3, 0, 0)]),
            Reason::NobodyEligible,
            "districts",
            "members live in south",
        ),
        (
            schedule(&["north"], 99),
            roll(&[("north", 3, 0, 1)]),
            Reason::NobodyEligible,
            "minimum_age",
            "99 years old",
        ),
        (
            schedule(&["north", "nroth"], 0),
            roll(&[("north", 3, 3, 0)]),
            Reason::FieldInvalid,
            "districts",
            "nroth is neither",
        ),
    ] {
        let electorate = Electorate { schedule: &schedule, areas: &areas, districts: &roll };
        let error = ApiError::from(electorate.check().unwrap_err());
        assert_eq!((error.reason, error.violations[0].field.as_str()), (reason, field));
        assert!(error.violations[0].rule.contains(words), "{}", error.violations[0].rule);
    }
    // Who lives in a part may vote, and a district of the roll need not be an area.
    for (districts, found) in [(["centre"], "centre-2-a"), (["west"], "west")] {
        let (schedule, roll) = (schedule(&districts, 0), roll(&[(found, 3, 3, 0)]));
        Electorate { schedule: &schedule, areas: &areas, districts: &roll }.check().unwrap();
    }
}

#[test]
fn what_looks_wrong_is_said() {
    let areas = areas();
    let schedule = schedule(&["centre", "north"], 16);
    let roll = roll(&[("", 4, 0, 0), ("centre-1", 9, 7, 2), ("west", 1, 0, 0)]);
    let electorate = Electorate { schedule: &schedule, areas: &areas, districts: &roll };
    electorate.check().unwrap();
    let projects = [project("a", 100_001), project("b", 100_000), project("c", 0)];
    let warnings = electorate.warnings(&terms(), &projects);
    let texts: Vec<_> = warnings.iter().map(|warning| warning.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "1 district of the roll without an area: west",
            "1 district of the vote without anybody who may vote: north",
            "4 members of the roll without a district: they cannot vote",
            "2 members of the roll without a birth date: they cannot vote, because there is a minimum age",
            "1 project dearer than the 1000.00 EUR that the budget has of its own: a",
            "1 project without a cost, funded by any vote that reaches the rule's threshold: c",
        ]
    );
    assert_eq!((warnings[0].count, warnings[0].examples.as_slice()), (1, &["west".to_owned()][..]));
}

#[test]
fn an_ordinary_vote_has_no_warnings() {
    let schedule = schedule(&[], 0);
    for (areas, roll) in [
        (areas(), roll(&[("centre", 5, 5, 0), ("north", 5, 5, 0)])),
        (Areas::default(), roll(&[("", 5, 5, 0)])),
        (Areas::default(), roll(&[("d1", 5, 5, 0), ("d2", 5, 5, 0)])),
    ] {
        let electorate = Electorate { schedule: &schedule, areas: &areas, districts: &roll };
        assert!(electorate.warnings(&terms(), &[project("a", 1)]).is_empty());
    }
}
