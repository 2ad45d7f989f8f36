//! Of CSV in and out, and of two rules side by side.

use std::path::Path;

use clap::Parser;
use comitia_pabulib::{Election, OddBallots};
use comitia_recount::Choice;
use serde_json::{Value, json};

use super::count::{Compared, Count};
use super::{Format, Tally, compare, csv, folder};

/// One project that many want and that costs everything, and two that a few want.
const FILE: &str = "META\nkey;value\ndescription;d\ncountry;c\nunit;u\ninstance;2026\nnum_projects;3\nnum_votes;7\n\
    budget;100\nvote_type;approval\nrule;greedy\ndate_begin;2026\ndate_end;2026\ncurrency;EUR\nPROJECTS\n\
    project_id;cost;name;selected\n1;100;Hall;1\n2;40;=Trees;0\n3;40;\"Swing, red\";0\nVOTES\nvoter_id;vote\n\
    1;1\n2;1\n3;1\n4;2\n5;2\n6;3\n7;3\n";

fn election() -> Election {
    Election::parse(FILE.as_bytes()).unwrap()
}

#[test]
fn a_result_is_written_for_spreadsheets() {
    let count = Count::new(election(), &Choice::default()).unwrap();
    let text = csv::page(&count).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "project_id,name,cost,votes,score,funded,round,reason,granted");
    assert!(lines[1].starts_with("1,Hall,100,3,3,1,1,"), "{}", lines[1]);
    // No spreadsheet takes a name for a formula.
    assert!(lines[2].starts_with("2,'=Trees,40,2,2,0,,"), "{}", lines[2]);
    assert!(lines[3].starts_with("3,\"Swing, red\",40,2,2,0,,"), "{}", lines[3]);
    assert_eq!(lines.len(), 4);
    for (text, shown) in [("-5", "-5"), ("-x", "'-x"), ("@a", "'@a"), ("a=b", "a=b"), ("", "")] {
        assert_eq!(csv::cell(text), shown);
    }
}

#[test]
fn a_folder_is_one_line_a_file() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("a.pb"), FILE).unwrap();
    std::fs::write(place.path().join("b.pb"), "META\n").unwrap();
    let (text, well) =
        folder::tally(place.path(), &Choice::default(), OddBallots::Mend, Format::Csv).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(!well);
    assert_eq!(lines[0], "file,rule,rule_replaced,projects,funded,budget,cost,agrees,altered,error");
    assert_eq!(lines[1], "a,greedy,0,3,1,100,100,1,,");
    assert!(lines[2].starts_with("b,,,,,,,,,"), "{}", lines[2]);
}

#[test]
fn two_rules_stand_side_by_side() {
    let other = "equal-shares".parse().unwrap();
    let compared = Compared::new(election(), &Choice::default(), other).unwrap();
    let page = compare::page(&compared);
    for line in [
        "Funded projects                  1                                  2",
        "Spent                            100 EUR                            80 EUR",
        "Voters with a funded project     3 of 7 (42.8 %)                    4 of 7 (57.1 %)",
        "Only by greedy: 1; only by equal-shares: 2, 3",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let result: Value = serde_json::from_str(&compare::json(&compared).unwrap()).unwrap();
    assert_eq!((&result["only_first"], &result["only_second"]), (&json!(["1"]), &json!(["2", "3"])));
    assert_eq!(result["rules"][1]["rule"], "equal-shares");
    assert_eq!(result["rules"][1]["voters_with_funded"], 4);
    let lines = csv::compared(&compared).unwrap();
    assert!(
        lines.starts_with("project_id,name,cost,funded_greedy,funded_equal-shares\r\n1,Hall,100,1,0\r\n")
    );

    let same = Compared::new(election(), &Choice::default(), "greedy".parse().unwrap()).unwrap();
    assert!(compare::page(&same).contains("Both rules fund the same projects."));
}

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    tally: Tally,
}

/// The tables and options, as they are typed; gives the election or what is wrong.
fn tables(projects: &str, votes: &[u8], options: &[&str]) -> Result<Election, String> {
    let place = tempfile::tempdir().unwrap();
    let (projects_file, votes_file) = (place.path().join("projects.csv"), place.path().join("votes.csv"));
    std::fs::write(&projects_file, projects).unwrap();
    std::fs::write(&votes_file, votes).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut words = vec!["tally".to_owned(), path(&votes_file), "--projects".into(), path(&projects_file)];
    words.extend(options.iter().map(|&word| word.to_owned()));
    let command = Command::try_parse_from(words).map_err(|error| error.to_string())?;
    let shown = |error: anyhow::Error| format!("{error:#}").replace(&format!("{}/", path(place.path())), "");
    command.tally.election().map_err(shown)
}

const PROJECTS: &str = "Project_ID,cost,name\n1,100.50,Hall\n2,40,Trees\n";

#[test]
fn tables_of_projects_and_votes_are_counted() {
    let semicolons = b"voter_id;vote\na;1,2\nb;2\n\nc;2\n";
    let commas = "\u{feff}voter_id,vote\r\na,\"1,2\"\r\nb,2\r\nc,2\r\n".as_bytes();
    for votes in [&semicolons[..], commas, b"voter_id\tvote\na\t1,2\nb\t2\nc\t2\n"] {
        let election = tables(PROJECTS, votes, &["--budget", "100.50", "--currency", "EUR"]).unwrap();
        assert!(election.warnings.is_empty(), "{:?}", election.warnings);
        assert_eq!(election.meta.currency(), Some("EUR"));
        let count = Count::new(election, &Choice::default()).unwrap();
        assert_eq!((count.outcome.selected.clone(), count.outcome.summary.voters), (vec!["2".to_owned()], 3));
    }
    let points = b"voter_id;vote;points\na;1,2;3,1\n";
    let election = tables(PROJECTS, points, &["--budget", "500"]).unwrap();
    assert!(election.vote_type.has_points());
}

#[test]
fn what_is_wrong_with_a_table_is_said_with_its_own_line() {
    let votes = b"voter_id;vote\na;1\n";
    let budget = &["--budget", "100"][..];
    let refused =
        |projects: &str, votes: &[u8], options: &[&str]| tables(projects, votes, options).unwrap_err();
    for (said, error) in [
        (
            "projects.csv: line 3, cost: \"4O\" is not a number such as 1500 or 1500.50, without spaces and with 18 digits at the most",
            refused("project_id,cost\n1,2\n2,4O\n", votes, budget),
        ),
        (
            "projects.csv: the column \"cost\" is missing; the header is \"project_id, price\"",
            refused("project_id,price\n1,2\n", votes, budget),
        ),
        (
            "projects.csv: line 2 must have 2 fields as the header has, and has 1",
            refused("project_id,cost\n1\n", votes, budget),
        ),
        ("votes.csv: is empty: a header is missing", refused(PROJECTS, b"", budget)),
        (
            "votes.csv: line 2 is not UTF-8; save it as \"CSV UTF-8\"",
            refused(PROJECTS, b"voter_id;vote\n\xe9;1\n", budget),
        ),
        (
            "votes.csv: is written in UTF-16; save it as \"CSV UTF-8\"",
            refused(PROJECTS, &[0xff, 0xfe, 65, 0], budget),
        ),
        (
            "votes.csv: line 4, vote: the project \"9\" is not in PROJECTS",
            refused(PROJECTS, b"voter_id;vote\n\na;1\nb;9\n", &["--budget", "100", "--strict"]),
        ),
        (
            "must be an amount above 0, such as 1000 or 1000.50, and not \"a lot\"",
            refused(PROJECTS, votes, &["--budget", "a lot"]),
        ),
        ("--budget", refused(PROJECTS, votes, &[])),
    ] {
        assert!(error.contains(said), "{said}\n{error}");
    }
    // What is set aside is named by its own line too.
    let election = tables(PROJECTS, b"voter_id;vote\n\na;1\nb;9\n", budget).unwrap();
    assert!(election.warnings[0].to_string().starts_with("line 4, vote:"), "{}", election.warnings[0]);
}
