//! Round trips and hostile input.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_pabulib::{Ballots, Election, Heading, Project, VoteType};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "[a-zżółć\";,\n\r']{0,10}"].prop_map(|s| s.trim().to_owned())
}

fn vote_type() -> impl Strategy<Value = VoteType> {
    prop_oneof![
        Just(VoteType::Approval),
        Just(VoteType::Ordinal),
        Just(VoteType::Cumulative),
        Just(VoteType::Scoring),
        Just(VoteType::ChooseOne)
    ]
}

prop_compose! {
    fn project(n: usize)(cost in 0u64..10_000_000, name in text(), selected in proptest::option::of(0u8..4),
        category in proptest::collection::vec("[a-z][a-z ;\"]{0,5}[a-z]", 0..3), votes in proptest::option::of(0u64..99),
        district in proptest::option::of("[a-z]{1,5}"), extra in text()) -> Project
    {
        let other = if extra.is_empty() { Vec::new() } else { vec![("colour".to_owned(), extra)] };
        Project { id: format!("p/{n}"), cost, name, selected, votes, district, categories: category, other, ..Project::default() }
    }
}

prop_compose! {
    fn election()(kind in vote_type(), budget in 0u64..10_000_000, scale in 0u32..4, points_scale in 0u32..3, m in 1usize..6)
        (projects in (0..m).map(project).collect::<Vec<_>>(),
         votes in proptest::collection::vec((proptest::sample::subsequence((0..m).collect::<Vec<_>>(), 0..=m).prop_shuffle(),
            proptest::collection::vec(-500i64..500, m), text()), 0..8),
         comment in text(), kind in Just(kind), budget in Just(budget), scale in Just(scale), points_scale in Just(points_scale))
        -> Election
    {
        let heading = Heading {
            description: "d".into(), country: "c".into(), unit: "u".into(), instance: "i".into(),
            rule: "greedy".into(), date_begin: "2025".into(), date_end: "2025".into(),
        };
        let mut election = Election::new(heading, kind, budget, scale);
        election.meta.set("comment", comment);
        election.meta.set("max_sum_points", "9");
        election.points_scale = points_scale;
        election.projects = projects;
        election.ballots = Ballots::new(kind.has_points(), &["neighborhood", "age"]);
        for (i, (choices, points, cell)) in votes.iter().enumerate() {
            let keep = if kind == VoteType::ChooseOne { choices.len().min(1) } else { choices.len() };
            let choices: Vec<u32> = choices[..keep].iter().map(|&c| u32::try_from(c).unwrap()).collect();
            let points = if kind.has_points() { &points[..keep] } else { &[] };
            election.ballots.push(&format!("v{i}"), &choices, points, &[cell, "40"]).unwrap();
        }
        election
    }
}

const EDITS: &[&[u8]] = &[
    b"\"",
    b";",
    b"\n",
    b",",
    b"\xff",
    b"-",
    b"9999999999999999999",
    b".000000000000000001",
    b"VOTES\n",
    b"\r\n\r\n",
    b"",
];

proptest! {
    #[test]
    fn writing_and_reading_is_the_identity_on_meaning(election in election()) {
        let text = election.to_pb().unwrap();
        let again = Election::parse(text.as_bytes()).unwrap();
        prop_assert!(again.same_meaning(&election), "{text}");
        prop_assert_eq!(again.to_pb().unwrap(), text);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Election::parse(&bytes);
    }

    #[test]
    fn mutated_files_never_panic(
        election in election(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), proptest::sample::select(EDITS), 0usize..9), 1..6),
    ) {
        let mut bytes = election.to_pb().unwrap().into_bytes();
        for (at, insert, remove) in edits {
            let start = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (start + remove).min(bytes.len());
            bytes.splice(start..end, insert.iter().copied());
        }
        if let Ok(election) = Election::parse(&bytes)
            && let Ok(text) = election.to_pb()
        {
            prop_assert!(Election::parse(text.as_bytes()).unwrap().same_meaning(&election), "{}", text);
        }
    }
}

/// Files of some megabytes that are laid out to make a careless reader or writer take a time that grows with the square
/// of their size: minutes, which is more than the runner of tests gives them.
#[test]
fn hostile_files_take_linear_time() {
    const MANY: usize = 300_000;
    let head = "META\nkey;value\ndescription;d\ncountry;c\nunit;u\ninstance;i\nnum_projects;1\nnum_votes;1\nbudget;9\n\
        vote_type;approval\nrule;greedy\ndate_begin;2025\ndate_end;2025\n";
    let numbered = |prefix: &str, between: &str| {
        (0..MANY).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(between)
    };
    let again = |text: String| {
        let election = Election::parse(text.as_bytes()).unwrap();
        let written = election.to_pb().unwrap();
        assert!(Election::parse(written.as_bytes()).unwrap().same_meaning(&election));
    };
    let unclosed = format!("META\nkey;value\ndescription;\"{}", "x\n".repeat(2 * MANY));
    assert!(Election::parse(unclosed.as_bytes()).is_err());
    let (projects, votes) = ("PROJECTS\nproject_id;cost\np;1\n", "VOTES\nvoter_id;vote\nv;p\n");
    again(format!("{head}{};x\n{projects}{votes}", numbered("key", ";x\n")));
    let columns = numbered("column", ";");
    let cells = ";1".repeat(MANY);
    again(format!("{head}PROJECTS\nproject_id;cost;{columns}\np;1{cells}\nq;1{cells}\n{votes}"));
    again(format!("{head}{projects}VOTES\nvoter_id;vote;{columns}\nv;p{cells}\nw;p{cells}\n"));
    again(format!(
        "{head}PROJECTS\nproject_id;cost\n{};1\nVOTES\nvoter_id;vote\nv;{}\n",
        numbered("p", ";1\n"),
        numbered("p", ",")
    ));
    again(format!("{head}{projects}VOTES\nvoter_id;vote\n{};p\n", numbered("v", ";p\n")));
}
