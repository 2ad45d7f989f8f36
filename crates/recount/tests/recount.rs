//! What a page or an auditor's script gets: text in, text out.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_recount::{Choice, Error, recount};
use serde_json::{Value, json};

const FILE: &str = "META\nkey;value\ndescription;d\ncountry;Poland\nunit;u\ninstance;2025\nnum_projects;4\n\
    num_votes;5\nbudget;100.50\nvote_type;approval\nrule;greedy\ndate_begin;2025\ndate_end;2025\ncurrency;PLN\n\
    PROJECTS\nproject_id;cost\n10;60.50\n2;40\n3;50\n4;10\nVOTES\nvoter_id;vote\n1;10,2\n2;10,2\n3;10,3\n4;3\n5;4\n";

fn counted(choice: &str) -> Value {
    serde_json::from_str(&recount(FILE.as_bytes(), choice).unwrap()).unwrap()
}

#[test]
fn without_a_choice_the_file_decides() {
    let result = counted("");
    assert_eq!(result, counted(" {} "));
    let keys: Vec<&String> = result.as_object().unwrap().keys().collect();
    let expected = [
        "rule",
        "parameters",
        "budget",
        "cost",
        "selected",
        "rounds",
        "rejected",
        "ties",
        "trace_sha256",
        "seal",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&result["rule"], &result["selected"]), (&json!("greedy"), &json!(["10", "2"])));
    assert_eq!((&result["budget"], &result["cost"]), (&json!("100.5"), &json!("100.5")));
    assert!(recount(FILE.as_bytes(), "").unwrap().ends_with("}\n"));
}

#[test]
fn a_choice_has_the_options_of_the_command_line() {
    let choice = r#"{"rule":"equal-shares","satisfaction":"cardinality","completion":"add1u","increment":"0.5",
        "start":"integral","stop":"exhaustive","ties":"lot:a seed,id"}"#;
    let parameters = &counted(choice)["parameters"];
    for (key, value) in [
        ("satisfaction", "cardinality"),
        ("completion", "add1u"),
        ("increment", "0.5"),
        ("start", "integral"),
        ("stop", "exhaustive"),
        ("ties", "lot:a seed,id"),
    ] {
        assert_eq!(parameters[key], value, "{key}");
    }
    let choice: Choice = serde_json::from_str(choice).unwrap();
    assert_eq!(
        choice.command("x/a b.pb".as_ref()),
        "comitia tally 'a b.pb' --rule equal-shares --ties 'lot:a seed,id' --satisfaction cardinality \
         --completion add1u --increment 0.5 --start integral --stop exhaustive"
    );
    assert_ne!(counted(r#"{"rule":"phragmen"}"#)["trace_sha256"], counted("")["trace_sha256"]);
}

#[test]
fn what_cannot_be_counted_is_refused_with_its_reason() {
    let refused = |file: &str, choice: &str| recount(file.as_bytes(), choice).unwrap_err();
    assert!(matches!(refused("META\n", ""), Error::File(_)));
    for (choice, reason) in [
        ("{", "the choice of a rule: EOF"),
        (r#"{"rules":"greedy"}"#, "unknown field `rules`"),
        (r#"{"rule":"dictator"}"#, "\"dictator\" is not one of greedy"),
        (r#"{"increment":"-1"}"#, "must be the text of an amount above 0"),
        (r#"{"increment":1}"#, "invalid type: integer"),
        (r#"{"ties":"mood"}"#, "\"mood\" is not one of"),
        (r#"{"stop":"overspend"}"#, "--stop is a parameter of equal-shares, but the rule is greedy"),
        (
            r#"{"rule":"equal-shares","completion":"none","increment":"1"}"#,
            "--increment is for --completion add1",
        ),
        (r#"{"rule":"equal-shares","increment":"0.005"}"#, "more decimals than the amounts of this file"),
        (r#"{"ties":"lowest-cost"}"#, ""),
    ] {
        match recount(FILE.as_bytes(), choice) {
            Err(error) => assert!(error.to_string().contains(reason), "{choice}: {error}"),
            Ok(_) => assert!(reason.is_empty(), "{choice}"),
        }
    }
    assert!(matches!(refused(&FILE.replace("rule;greedy", "rule;majority"), ""), Error::Rule(_)));
}
