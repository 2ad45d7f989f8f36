//! What the reader accepts, and how it refuses the rest.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_pabulib::{Election, OddBallots, ParseError, Section, Violation, VoteType, Warning};

const META: &str = "META\nkey;value\ndescription;A vote\ncountry;Poland\nunit;Town\ninstance;2025\nnum_projects;2\n\
    num_votes;2\nbudget;100\nvote_type;approval\nrule;greedy\ndate_begin;01.06.2025\ndate_end;2025\n";

fn file(meta: &str, projects: &str, votes: &str) -> String {
    format!("{meta}PROJECTS\n{projects}VOTES\n{votes}")
}

fn small() -> String {
    file(META, "project_id;cost\np1;60\np2;40\n", "voter_id;vote\nv1;p1,p2\nv2;p2\n")
}

fn refused(text: &str) -> ParseError {
    Election::read_with(text.as_bytes(), OddBallots::Refuse).unwrap_err()
}

#[test]
fn tolerates_what_real_files_contain() {
    let messy = format!(
        "\u{feff}{}",
        file(
            &META.replace("budget;100", " budget ; 1000,50 ").replace("vote_type;approval", "vote_type;cumulative"),
            "project_id; cost ;name;target;colour;selected\r\n\r\n 1 ;60.0;\"A; \"\"b\"\"\nc\" ; kids, all ;red;1\r\n2;40,25;\
             \"x\" y;;;\r\n",
            "voter_id;vote;points;age\nv1; 1 , 2 ; 0.5, 3 ;33\n\nv2;;;\n"
        )
        .replace("date_end;2025\n", "date_end;2025\nmax_sum_points;5\n;\n")
    );
    let election = Election::parse(messy.as_bytes()).unwrap();
    assert_eq!((election.scale(), election.budget, election.minor_per_unit()), (2, 100_050, 100));
    assert_eq!(election.vote_type, VoteType::Cumulative);
    let [a, b] = election.projects.as_slice() else { panic!() };
    assert_eq!((a.id.as_str(), a.cost, a.name.as_str()), ("1", 6000, "A; \"b\"\nc"));
    assert_eq!((a.beneficiaries.join("|").as_str(), a.selected), ("kids|all", Some(1)));
    assert_eq!(a.other, [("colour".to_owned(), "red".to_owned())]);
    assert_eq!((b.cost, b.name.as_str(), b.selected), (4025, "x y", None));
    let ballot = election.ballots.get(0).unwrap();
    assert_eq!(
        (ballot.choices, ballot.points, election.points_scale),
        ([0, 1].as_slice(), Some([5i64, 30].as_slice()), 1)
    );
    assert_eq!(ballot.age(), Some("33"));
    assert_eq!(election.ballots.get(1).unwrap().choices, [0u32; 0]);
    assert!(election.warnings.is_empty());
    let again = Election::parse(election.to_pb().unwrap().as_bytes()).unwrap();
    assert!(again.same_meaning(&election));
}

#[test]
fn counts_that_differ_are_warnings() {
    let text = small().replace("num_votes;2", "num_votes;3").replace("num_projects;2", "num_projects;1");
    let text = text
        .replace("project_id;cost", "project_id;cost;votes")
        .replace("p1;60", "p1;60;9")
        .replace("p2;40", "p2;40;2");
    assert_eq!(
        Election::parse(text.as_bytes()).unwrap().warnings,
        [
            Warning::ProjectCount { stated: 1, found: 2 },
            Warning::VoteCount { stated: 3, found: 2 },
            Warning::ProjectVotes { project: "p1".into(), stated: 9, found: 1 }
        ]
    );
}

#[test]
fn one_odd_ballot_does_not_cost_an_election() {
    let votes = "voter_id;vote\nv1;p1,p2,p1,p1\nv2;p2\nv3;p9\n;p1\nv2;p1\nv4;p1\n";
    let text = file(&META.replace("num_votes;2", "num_votes;6"), "project_id;cost\np1;60\np2;40\n", votes);
    let election = Election::parse(text.as_bytes()).unwrap();
    let ballots: Vec<_> = election.ballots.iter().map(|b| (b.voter_id, b.choices.to_vec())).collect();
    assert_eq!(ballots, [("v1", vec![0, 1]), ("v2", vec![1]), ("v4", vec![0])]);
    let warnings: Vec<String> = election.warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        warnings,
        [
            "line 20, vote: the project \"p1\" stands twice on the ballot; it counts once",
            "line 22, vote: the project \"p9\" is not in PROJECTS; the ballot is set aside and not counted",
            "line 23, voter_id: the value must not be empty; the ballot is set aside and not counted",
            "line 24, voter_id: the voter \"v2\" has two ballots; the ballot is set aside and not counted",
        ]
    );
    assert_eq!(refused(&text).to_string(), "line 20, vote: the project \"p1\" stands twice on the ballot");
    let one = small().replace("approval", "choose-1");
    assert_eq!(Election::parse(one.as_bytes()).unwrap().ballots.len(), 1);
}

#[test]
fn points_of_a_repeated_project_must_be_equal() {
    let meta = META.replace("approval", "cumulative\nmax_sum_points;9").replace("num_votes;2", "num_votes;5");
    let votes =
        "voter_id;vote;points\nv1;p1,p2,p1;3,1,3\nv2;p1,p2,p1;3,1,2\nv3;p1,p2;3\nv4;p1;x\nv5;p2;0.5\n";
    let text = file(&meta, "project_id;cost\np1;60\np2;40\n", votes);
    let election = Election::parse(text.as_bytes()).unwrap();
    let ballots: Vec<_> = election.ballots.iter().map(|b| (b.voter_id, b.points.unwrap().to_vec())).collect();
    assert_eq!(ballots, [("v1", vec![30, 10]), ("v5", vec![5])]);
    let set_aside = election.warnings.iter().filter(|w| matches!(w, Warning::SetAside(_))).count();
    assert_eq!((set_aside, election.warnings.len()), (3, 4));
}

#[test]
fn a_ballot_that_is_set_aside_leaves_the_points_of_others_alone() {
    let meta = META.replace("approval", "cumulative\nmax_sum_points;9");
    let votes = format!("voter_id;vote;points\nv1;p1;{}\nv2;p1;0.5\n", i64::MAX);
    let text = file(&meta, "project_id;cost\np1;60\np2;40\n", &votes);
    let election = Election::parse(text.as_bytes()).unwrap();
    assert_eq!((election.ballots.len(), election.points_scale), (1, 0));
    assert_eq!(election.ballots.get(0).unwrap().points, Some([i64::MAX].as_slice()));
}

#[test]
fn the_sentinel_cost_marks_withdrawn_projects() {
    let election = Election::parse(small().replace("p1;60", "p1;999999999.0").as_bytes()).unwrap();
    assert!(election.projects[0].withdrawn && !election.projects[1].withdrawn);
}

#[test]
fn refusals_name_line_column_and_rule() {
    let s = small();
    let text = |t: &str| t.to_owned();
    let cases: Vec<(String, u64, Option<&str>, Violation)> = vec![
        (String::new(), 1, None, Violation::MissingSection(Section::Meta)),
        (s.replace("META\n", ""), 1, None, Violation::MissingSection(Section::Meta)),
        (s.replace("PROJECTS\n", "XX\n"), 14, None, Violation::FieldCount { expected: 2, found: 1 }),
        (META.to_owned(), 13, None, Violation::MissingSection(Section::Projects)),
        (s.replace("VOTES\n", "META\n"), 18, None, Violation::MissingSection(Section::Votes)),
        (s.replace("key;value", "key;wert"), 2, None, Violation::MetaHeader),
        (s.replace("budget;100\n", ""), 1, Some("budget"), Violation::MissingKey),
        (s.replace("rule;greedy", "budget;5"), 11, Some("budget"), Violation::DuplicateKey),
        (
            s.replace("vote_type;approval", "vote_type;cumulative"),
            1,
            Some("max_sum_points"),
            Violation::MissingKey,
        ),
        (
            s.replace("approval", "apperoval"),
            10,
            Some("vote_type"),
            Violation::UnknownVoteType(text("apperoval")),
        ),
        (s.replace("budget;100", "budget;-1"), 9, Some("budget"), Violation::NegativeAmount(text("-1"))),
        (s.replace("num_votes;2", "num_votes;2.5"), 8, Some("num_votes"), Violation::BadCount(text("2.5"))),
        (s.replace("p1;60", "p1;-60"), 16, Some("cost"), Violation::NegativeAmount(text("-60"))),
        (s.replace("p1;60", "p1;6e1"), 16, Some("cost"), Violation::BadNumber(text("6e1"))),
        (s.replace("p1;60", "p1;"), 16, Some("cost"), Violation::Empty),
        (s.replace("p1;60", "p1;60;x"), 16, None, Violation::FieldCount { expected: 2, found: 3 }),
        (s.replace("p1;60", "p2;60"), 17, Some("project_id"), Violation::DuplicateProject(text("p2"))),
        (s.replace("id;cost", "id;price"), 15, Some("cost"), Violation::MissingColumn(Section::Projects)),
        (s.replace("id;cost", "id;cost;cost"), 15, Some("cost"), Violation::DuplicateColumn),
        (s.replace("v1;p1,p2", "v1;p1,p3"), 20, Some("vote"), Violation::UnknownProject(text("p3"))),
        (s.replace("v1;p1,p2", "v1;p1,p1"), 20, Some("vote"), Violation::RepeatedChoice(text("p1"))),
        (s.replace("v2;p2", "v1;p2"), 21, Some("voter_id"), Violation::DuplicateVoter(text("v1"))),
        (s.replace("approval", "choose-1"), 20, Some("vote"), Violation::MoreThanOneChoice(2)),
        (s.replace("v2;p2", "v2;\"p2"), 21, None, Violation::UnclosedQuote),
        (
            s.replace("p1;60", "p1;9999999999.9999999999"),
            16,
            Some("cost"),
            Violation::BadNumber(text("9999999999.9999999999")),
        ),
        (
            s.replace("p1;60", "p1;0.000000000000000001"),
            17,
            Some("cost"),
            Violation::AmountTooLarge(text("40")),
        ),
    ];
    for (input, line, column, rule) in cases {
        let error = refused(&input);
        assert_eq!((error.line, error.column.as_deref(), &error.rule), (line, column, &rule), "{error}");
    }
    let mut bytes = small().into_bytes();
    bytes[40] = 0xFF;
    assert_eq!(Election::parse(&bytes).unwrap_err().rule, Violation::NotUtf8);
    let cumulative = small().replace("approval", "cumulative\nmax_sum_points;3");
    assert_eq!(refused(&cumulative).rule, Violation::MissingColumn(Section::Votes));
    let cumulative = cumulative.replace("id;vote", "id;vote;points").replace("v1;p1,p2", "v1;p1,p2;3");
    assert_eq!(refused(&cumulative).rule, Violation::PointsLength { choices: 2, points: 1 });
    assert_eq!(
        refused(&s.replace("p1;60", "p1;-60")).to_string(),
        "line 16, cost: the amount -60 is negative"
    );
}
