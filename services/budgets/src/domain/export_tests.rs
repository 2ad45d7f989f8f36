use comitia_proto::budgets::v1::{AllocationRule, BallotRule, Completion, RuleKind, TieBreak};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::count::tests::{budget, group};
use crate::domain::project::tests::project;

fn file(ballots: BallotRule, rule: AllocationRule, projects: &[Project], groups: &[BallotGroup]) -> String {
    let mut budget = budget(100_050, ballots, rule);
    budget.terms.title = "Green\ncity; \"2026\"".into();
    let schedule = Schedule {
        roll: Uuid::nil(),
        open_time: DateTime::from_timestamp(1_780_000_000, 0).unwrap(),
        close_time: DateTime::from_timestamp(1_781_000_000, 0).unwrap(),
        districts: Vec::new(),
        minimum_age: 0,
        paper_close_time: None,
    };
    let specification = ballot_rule::compile(
        &budget.terms.ballot_rule,
        (budget.terms.amount, &budget.terms.currency),
        projects,
    )
    .unwrap();
    let decision = count::decide(&budget, &[], projects, groups).unwrap();
    let poll = Uuid::from_u128(7);
    let whom = schedule.whom(&crate::domain::electorate::Areas::default(), "UTC");
    let request = crate::domain::poll::poll(poll, &budget, projects, &schedule, whom).unwrap();
    let sealed = Sealed {
        poll: poll.to_string(),
        digest: seal::digest(&request, groups).unwrap(),
        smallest_group: 5,
        blank_papers: 2,
        invalid_papers: 1,
    };
    let place = Place { unit: "City of Łódź".into(), country: "PL".into(), zone: chrono_tz::Tz::UTC };
    write(&Vote {
        place: &place,
        budget: &budget,
        leftovers: &[],
        projects,
        schedule: &schedule,
        close_time: schedule.close_time,
        specification: &specification,
        ballots: groups,
        decision: &decision,
        sealed: &sealed,
    })
    .unwrap()
}

/// What an auditor finds who has the file alone.
fn checked(file: &str) -> comitia_recount::Check {
    let election = Election::parse(file.as_bytes()).unwrap();
    comitia_recount::Count::new(election, &comitia_recount::Choice::default()).unwrap().seal
}

#[test]
fn an_altered_file_is_found_out() {
    let mut projects = [project("a", 60_000), project("b", 50_000), project("c", 40_000)];
    for (project, title) in projects.iter_mut().zip(["Trees; \"old\"  ones", "Benches", "Paths"]) {
        project.values.title = title.into();
    }
    let mut groups = vec![group(&[("a", 0), ("c", 0)], 6), group(&[("b", 0)], 8), group(&[], 5)];
    groups[0].district = "north".into();
    groups[1].district = "*".into();
    groups[1].any_channel = true;
    groups[2].district = "north".into();
    groups[2].paper = true;
    let ballots = BallotRule { r#type: BallotType::Approval.into(), ..Default::default() };
    let text = file(ballots, rule(RuleKind::Greedy), &projects, &groups);
    assert!(matches!(checked(&text), comitia_recount::Check::Verified(_)), "{:?}\n{text}", checked(&text));
    assert!(text.contains("smallest_group=5"), "{text}");
    assert!(text.contains("blank_papers=2 invalid_papers=1"), "{text}");
    let (head, votes) = text.split_once("VOTES").unwrap();
    let in_votes = |from: &str, to: &str| format!("{head}VOTES{}", votes.replacen(from, to, 1));
    for (what, altered) in [
        ("a choice", in_votes(";b", ";c")),
        ("a district", in_votes("north", "south")),
        ("a channel", in_votes("internet", "paper")),
        ("a title", text.replacen("Benches", "Paths", 1)),
        ("a cost", text.replacen(";500;", ";501;", 1)),
        ("the budget", text.replacen("budget;1000.5", "budget;1000", 1)),
        ("the rule", text.replacen("rule;greedy", "rule;greedy-no-skip", 1)),
        ("the poll", text.replacen("poll=00000000", "poll=00000001", 1)),
    ] {
        assert_ne!(altered, text, "{what}\n{text}");
        let check = checked(&altered);
        assert!(matches!(check, comitia_recount::Check::Altered(_)), "{what}: {check:?}\n{altered}");
    }
    // Who changes the statement too is found out by the seal that the poll shows.
    let seal = |digest: &str| checked(&text).and_seal(digest);
    assert!(matches!(seal("00"), comitia_recount::Check::Altered(_)));
    let comitia_recount::Check::Verified(stated) = checked(&text) else { panic!("verified above") };
    assert!(matches!(seal(&stated.digest.to_uppercase()), comitia_recount::Check::Verified(_)));
}

fn rule(kind: RuleKind) -> AllocationRule {
    AllocationRule { kind: kind.into(), ..Default::default() }
}

/// The file of every kind of ballot, read and counted again by what it says alone, funds the same projects.
#[test]
fn a_file_counts_to_the_same_result() {
    let mut projects = [project("a", 60_000), project("b", 50_000), project("c", 40_000)];
    projects[0].values.categories = vec!["parks, gardens".into(), "streets".into()];
    projects[1].values.latitude = 51.75;
    let groups = |points: bool| {
        let p = |n| if points { n } else { 0 };
        let mut groups = vec![
            group(&[("a", p(3)), ("c", p(1))], 3),
            group(&[("b", p(4)), ("a", p(1))], 4),
            group(&[("c", p(2))], 2),
        ];
        groups[1].district = "baluty".into();
        groups[2].paper = true;
        groups
    };
    let one = vec![group(&[("a", 0)], 3), group(&[("c", 0)], 2), group(&[("b", 0)], 1)];
    let types = [
        (BallotType::Approval, "approval", groups(false)),
        (BallotType::Knapsack, "approval", groups(false)),
        (BallotType::Cumulative, "cumulative", groups(true)),
        (BallotType::Score, "scoring", groups(true)),
        (BallotType::Ranking, "ordinal", groups(false)),
        (BallotType::ChooseOne, "choose-1", one),
    ];
    for (ballot, name, groups) in types {
        for kind in [RuleKind::Greedy, RuleKind::GreedyNoSkip, RuleKind::EqualShares] {
            let ballots = BallotRule {
                r#type: ballot.into(),
                max_total_points: if ballot == BallotType::Cumulative { 5 } else { 0 },
                ..Default::default()
            };
            let text = file(ballots, rule(kind), &projects, &groups);
            let election = Election::parse(text.as_bytes()).unwrap();
            assert_eq!(election.vote_type.name(), name);
            assert_eq!(election.meta.number("budget").unwrap().to_string(), "1000.5");
            let votes: i64 = groups.iter().map(|group| group.count).sum();
            assert_eq!(election.meta.num_votes(), u64::try_from(votes).ok());
            assert_eq!(election.meta.unit(), Some("City of Łódź"));
            assert_eq!(election.meta.description(), Some("Green city; \"2026\""));
            let stated: Vec<_> = election.projects.iter().map(|project| project.votes.unwrap()).collect();
            assert_eq!(election.count_votes(), stated);
            let outcome = comitia_allocation::run(
                &comitia_allocation::pabulib::instance(&election).unwrap(),
                &comitia_allocation::pabulib::rule_from_meta(&election).unwrap(),
                &comitia_allocation::Ties::default(),
            )
            .unwrap();
            let selected = election.projects.iter().filter(|project| project.selected == Some(1));
            let selected: Vec<_> = selected.map(|project| project.id.clone()).collect();
            assert_eq!(outcome.selected, selected, "{ballot:?} {kind:?}\n{text}");
        }
    }
}

#[test]
fn a_name_is_given_only_to_the_rule_that_has_it() {
    let projects = [project("a", 1)];
    let ballots = || BallotRule { r#type: BallotType::Approval.into(), ..Default::default() };
    let name = |rule: AllocationRule| {
        let text = file(ballots(), rule, &projects, &[]);
        Election::parse(text.as_bytes()).unwrap().meta.rule().unwrap().to_owned()
    };
    let shares = rule(RuleKind::EqualShares);
    assert_eq!(name(shares.clone()), "equalshares/add1");
    assert_eq!(name(AllocationRule { increment: 100, ..shares.clone() }), "equalshares/add1");
    assert_eq!(name(AllocationRule { increment: 1, ..shares.clone() }), "unknown");
    assert_eq!(name(AllocationRule { completion: Completion::Add1u.into(), ..shares.clone() }), "unknown");
    assert_eq!(name(AllocationRule { comparison: true, ..shares }), "equalshares/add1-comparison");
    assert_eq!(name(rule(RuleKind::GreedyThreshold)), "greedy-threshold");
}

#[test]
fn days_are_those_of_the_organization_and_the_close_is_not_one_of_them() {
    let day = |zone: &str, time: &str, last: bool| {
        let (zone, time) = (zone.parse().unwrap(), time.parse().unwrap());
        let day = if last { last_day(zone, time) } else { first_day(zone, time) };
        day.format("%d.%m.%Y").to_string()
    };
    assert_eq!(day("Europe/Warsaw", "2026-12-31T23:00:00Z", false), "01.01.2027");
    assert_eq!(day("Europe/Warsaw", "2026-12-31T23:00:00Z", true), "31.12.2026");
    assert_eq!(day("Europe/Warsaw", "2026-12-31T23:00:01Z", true), "01.01.2027");
    assert_eq!(day("America/Bogota", "2026-11-29T01:00:00Z", false), "28.11.2026");
    assert_eq!(day("Asia/Tokyo", "2026-11-29T15:00:00Z", true), "29.11.2026");
    // The night on which clocks go forward begins an hour earlier by UTC than the one after it.
    assert_eq!(day("Europe/Berlin", "2026-03-28T23:00:00Z", true), "28.03.2026");
    assert_eq!(day("Europe/Berlin", "2026-03-29T22:00:00Z", true), "29.03.2026");
}

#[test]
fn a_file_name_is_plain() {
    let time = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let utc = chrono_tz::Tz::UTC;
    assert_eq!(file_name("Łódź: Green & blue!", time, utc, "pb"), "d-green-blue-2026.pb");
    assert_eq!(file_name("Ж", time, utc, "csv"), "budget-2026.csv");
    // The year is the organization's at New Year.
    let eve = "2026-12-31T22:30:00Z".parse().unwrap();
    for (zone, year) in [("America/Bogota", 2026), ("UTC", 2026), ("Europe/Helsinki", 2027)] {
        assert_eq!(
            file_name("Trees", eve, zone.parse().unwrap(), "pb"),
            format!("trees-{year}.pb"),
            "{zone}"
        );
    }
}

#[test]
fn exclusion_groups_stay_as_different_as_they_are() {
    let mut projects = ["a", "b", "c", "d", "e"].map(|reference| project(reference, 1));
    for (project, group) in projects.iter_mut().zip(["the site", "the\nsite", "", " ", "the site"]) {
        project.values.exclusion_group = group.into();
    }
    let ballots = BallotRule { r#type: BallotType::Approval.into(), ..Default::default() };
    let text = file(ballots, rule(RuleKind::Greedy), &projects, &[]);
    let election = Election::parse(text.as_bytes()).unwrap();
    let groups: Vec<_> = election.projects.iter().map(pabulib::exclusion_group).collect();
    assert_eq!(groups, [Some("the site"), Some("the site*"), None, Some("*"), Some("the site")]);
    assert_eq!(election.meta.rule(), Some("greedy-exclusive"));
}

/// A ballot rule, an allocation rule, projects as cost and group, ballots as projects in order with points and a weight.
type Case = (BallotRule, AllocationRule, Vec<(i64, u8)>, Vec<(Vec<(u8, u32)>, i64)>);

fn cases() -> impl Strategy<Value = Case> {
    let ballots = (1i32..=6, 0u32..5).prop_map(|(kind, max_choices)| BallotRule {
        r#type: kind,
        max_choices: if kind == i32::from(BallotType::ChooseOne) { 0 } else { max_choices },
        max_total_points: if kind == i32::from(BallotType::Cumulative) { 100 } else { 0 },
        ..Default::default()
    });
    let ties = (Just(vec![1i32, 2, 3, 4]).prop_shuffle(), 0usize..=4, "[a-z0-9 ,;#:%\"ł]{1,12}");
    let points = prop::collection::vec(1u32..20, 0..4);
    let rules = (1i32..=5, 0i64..3, 0i32..=4, any::<bool>(), ties, points).prop_map(
        |(kind, min_score, completion, comparison, (mut ties, length, seed), mut rank_points)| {
            ties.truncate(length);
            rank_points.sort_unstable_by(|a, b| b.cmp(a));
            let shares = kind == i32::from(RuleKind::EqualShares);
            AllocationRule {
                kind,
                min_score,
                completion: if shares { completion } else { 0 },
                comparison: shares && comparison,
                lot_seed: if ties.contains(&TieBreak::Lot.into()) { seed } else { String::new() },
                ties,
                rank_points,
                ..Default::default()
            }
        },
    );
    // Costs in steps and few voters: many ties.
    let projects = prop::collection::vec(((1i64..9).prop_map(|n| n * 10_050), 0u8..4), 1..6);
    let choices = (Just(vec![0u8, 1, 2, 3, 4]).prop_shuffle(), 0usize..=5, prop::array::uniform5(1u32..5))
        .prop_map(|(order, length, points)| order.into_iter().zip(points).take(length).collect());
    (ballots, rules, projects, prop::collection::vec((choices, 1i64..4), 0..8))
}

/// Equal ballots in one group, as voting gives them.
fn together(kind: BallotType, groups: Vec<BallotGroup>) -> Vec<BallotGroup> {
    let mut together: Vec<BallotGroup> = Vec::new();
    for mut group in groups {
        if kind != BallotType::Ranking {
            group.ballot.as_mut().unwrap().choices.sort_by(|a, b| a.option_id.cmp(&b.option_id));
        }
        match together.iter_mut().find(|other| other.ballot == group.ballot) {
            Some(other) => other.count += group.count,
            None => together.push(group),
        }
    }
    together
}

proptest! {
    /// What the file says gives the same trace, whatever the ballots, exclusion groups, rank points and tie-breaks; and
    /// the rule that it names is the one that decided.
    #[test]
    fn recounting_the_file_gives_the_same_trace((ballots, mut allocation, costs, cast) in cases()) {
        let mut projects = Vec::new();
        for (i, (cost, group)) in costs.iter().enumerate() {
            let mut project = project(&format!("p{i}"), *cost);
            project.values.exclusion_group = if *group < 2 { format!("site {group}") } else { String::new() };
            projects.push(project);
        }
        let kind = ballots.r#type();
        if kind != BallotType::Ranking {
            allocation.rank_points.clear();
        }
        let most = match (kind, ballots.max_choices) {
            (BallotType::ChooseOne, _) => 1,
            (_, 0) => projects.len(),
            (_, most) => most as usize,
        };
        let groups: Vec<_> = cast
            .iter()
            .map(|(choices, count)| {
                let known = choices.iter().filter(|(i, _)| usize::from(*i) < projects.len()).take(most);
                let points = |points| if ballot_rule::has_points(kind) { points } else { 0 };
                let choices: Vec<_> = known
                    .map(|(i, given)| (projects[usize::from(*i)].reference.as_str(), points(*given)))
                    .collect();
                group(&choices, *count)
            })
            .filter(|group| kind != BallotType::ChooseOne || !group.ballot.as_ref().unwrap().choices.is_empty())
            .collect();
        let groups = together(kind, groups);

        let text = file(ballots.clone(), allocation.clone(), &projects, &groups);
        let decision =
            count::decide(&budget(100_050, ballots, allocation.clone()), &[], &projects, &groups).unwrap();
        let election = Election::parse(text.as_bytes()).unwrap();
        prop_assert!(matches!(comitia_recount::Check::of(&election), comitia_recount::Check::Verified(_)), "{}", text);
        let instance = pabulib::instance(&election).unwrap();
        let ties = pabulib::ties_from_meta(&election).unwrap().unwrap();
        let decided = allocation_rule::engine_rule(&allocation);
        let outcome = comitia_allocation::run(&instance, &decided, &ties).unwrap();
        prop_assert_eq!(&outcome.trace_sha256, &decision.trace_sha256, "{}", text);
        let named = pabulib::rule_from_meta(&election).unwrap();
        prop_assert!(named == decided || named.name() == "greedy-exclusive", "{}", text);
        let again = comitia_allocation::run(&instance, &named, &ties).unwrap();
        prop_assert_eq!(again.selected, outcome.selected, "{}", text);
    }
}
