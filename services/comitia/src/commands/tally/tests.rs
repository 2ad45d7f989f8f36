//! Of the whole command.

use std::path::Path;

use comitia_allocation::{Completion, Rule, Satisfaction};
use comitia_pabulib::{Decimal, Election, OddBallots};
use comitia_recount::{Choice, Origin};
use serde_json::json;

use super::count::{Agreement, Count};
use super::{Format, folder, html, irresolute, pb, selected, table};

fn text(rule: &str, more: &str) -> String {
    format!(
        "META\nkey;value\ndescription;A <b>small</b> vote & more\ncountry;Poland\nunit;u\ninstance;2025\nnum_projects;4\n\
         num_votes;5\nbudget;100.50\nvote_type;approval\nrule;{rule}\ndate_begin;2025\ndate_end;2025\ncurrency;PLN\n{more}\
         PROJECTS\nproject_id;cost;name;selected\n10;60.50;<script>alert(1)</script>;1\n2;40;Trees;1\n3;50;\"Swing; \u{1b}[2J\";0\n\
         4;10;Bench;0\nVOTES\nvoter_id;vote\n1;10,2\n2;10,2\n3;10,3\n4;3\n5;4\n"
    )
}

fn count(rule: &str, more: &str, choice: &Choice) -> anyhow::Result<Count> {
    Count::new(Election::parse(text(rule, more).as_bytes())?, choice)
}

fn parsed(text: Result<String, comitia_recount::Error>) -> serde_json::Value {
    serde_json::from_str(&text.unwrap()).unwrap()
}

fn choice(rule: Option<&str>) -> Choice {
    Choice { rule: rule.map(|name| name.parse().unwrap()), ..Choice::default() }
}

#[test]
fn json_has_its_keys_and_exact_amounts() {
    let count = count("greedy", "min_project_score_threshold;2\n", &Choice::default()).unwrap();
    let result = parsed(count.json());
    let again: serde_json::Value = serde_json::from_str(&result.to_string()).unwrap();
    assert_eq!(again, result);
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
    assert_eq!(result["seal"], serde_json::Value::Null, "the file states none");
    assert_eq!(result["rule"], "greedy");
    assert_eq!(result["parameters"]["min-score"], 2);
    assert_eq!(result["parameters"]["ties"], "most-votes,lowest-cost,id");
    assert_eq!((&result["budget"], &result["cost"]), (&json!("100.5"), &json!("100.5")));
    assert_eq!(result["selected"], json!(["10", "2"]));
    assert_eq!(result["rounds"][0]["cost"], "60.5");
    assert_eq!(result["rejected"][1]["why"], "below-threshold");
    assert_eq!(result["ties"][0]["chosen"], "2");
    assert_eq!(result["rounds"], count.outcome.trace()["rounds"]);
    assert_eq!(result["trace_sha256"], count.outcome.trace_sha256);

    let shares = self::count("greedy", "", &choice(Some("equal-shares"))).unwrap();
    let result = parsed(shares.json());
    assert_eq!(result["parameters"]["increment"], "1");
    assert!(result["rounds"][0]["price"].as_str().unwrap().contains('/'));
}

#[test]
fn options_override_meta() {
    let of = |rule: &str, choice: &Choice| {
        choice.of(&Election::parse(text(rule, "min_project_score_threshold;3\n").as_bytes()).unwrap())
    };
    let (rule, origin) = of("equalshares/add1-comparison", &choice(Some("greedy-no-skip"))).unwrap();
    let Rule::Greedy(greedy) = rule else { panic!() };
    assert_eq!((rule.name(), greedy.min_score, origin), ("greedy-no-skip", Some(3), Origin::Option));

    let other = Choice {
        satisfaction: Some(Satisfaction::Cardinality),
        completion: Some(Completion::Add1u),
        increment: Decimal::parse("0.5"),
        ..Choice::default()
    };
    let (rule, origin) = of("equalshares", &other).unwrap();
    let Rule::EqualShares(shares) = rule else { panic!() };
    assert_eq!((shares.satisfaction, shares.completion), (Satisfaction::Cardinality, Completion::Add1u));
    assert_eq!((shares.increment, shares.min_score, origin), (Some(5), None, Origin::Meta));

    let refused = |rule: &str, choice: &Choice| of(rule, choice).unwrap_err().to_string();
    assert!(refused("greedy", &other).contains("--satisfaction is a parameter of equal-shares"));
    let increment = Choice { increment: Decimal::parse("0.5"), ..Choice::default() };
    assert!(refused("equalshares", &increment).contains("--increment is for --completion add1"));
    let fine = Choice { increment: Decimal::parse("0.05"), ..Choice::default() };
    assert!(refused("equalshares/add1", &fine).contains("more decimals"));
    assert!(refused("majority", &Choice::default()).contains("majority"));
    assert_eq!(
        Choice { ties: Some("lot:a b,id".parse().unwrap()), ..other }.command(Path::new("/x/a b.pb")),
        "comitia tally 'a b.pb' --ties 'lot:a b,id' --satisfaction cardinality --completion add1u --increment 0.5"
    );
}

#[test]
fn rules_that_cannot_be_run_are_replaced_by_greedy_and_the_result_says_so() {
    for named in ["unknown", "greedy-custom"] {
        let count = count(named, "", &Choice::default()).unwrap();
        assert_eq!(count.outcome.rule.name(), "greedy");
        assert_eq!(count.origin, Origin::Replaced(named.to_owned()));
        assert!(
            table::page(&count)
                .contains(&format!("greedy (the file names \"{named}\", which cannot be run)"))
        );
        assert!(html::page(&count, "").contains("the greedy rule takes its place"));
        assert_eq!(selected(&count.election, None).unwrap(), ["10", "2"]);
        let plan = crate::replay::plan::Plan::new(count.0.election).unwrap();
        assert_eq!(plan.replaced_rule.as_deref(), Some(named));
    }
    for (named, minimum) in [("greedy", json!("2")), ("equalshares", json!(null))] {
        let count = count(named, "min_project_score_threshold;2\n", &Choice::default()).unwrap();
        let ours = parsed(count.json())["parameters"]["min-score"].as_u64();
        let plan = crate::replay::plan::Plan::new(count.0.election).unwrap();
        assert_eq!(plan.budget["allocationRule"]["minScore"], minimum);
        assert_eq!(ours.map(|n| n.to_string()), minimum.as_str().map(str::to_owned));
    }
    let count = count("greedy", "", &Choice::default()).unwrap();
    assert_eq!(selected(&count.election, Some("greedy-no-skip".parse().unwrap())).unwrap(), ["10", "2"]);
}

#[test]
fn the_table_names_rule_and_ties_and_cannot_command_the_terminal() {
    let page = table::page(&count("greedy", "", &Choice::default()).unwrap());
    assert!(page.contains("greedy (as the file says)"), "{page}");
    assert!(page.contains("most-votes, then lowest-cost, then id (the default)"), "{page}");
    assert!(page.contains("In round 2 the projects 2, 3 were equal; 2 was taken: it costs less."), "{page}");
    assert!(page.contains("agrees with the file's own"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn the_chain_of_the_file_breaks_ties_unless_an_option_says_another() {
    let more = "comment;#1: x #2: tie_breaking=highest-cost,id\n";
    let other = Choice { ties: Some("lowest-cost,id".parse().unwrap()), ..Choice::default() };
    let file = count("greedy", more, &Choice::default()).unwrap();
    assert_eq!(file.outcome.ties_rule.to_string(), "highest-cost,id");
    let page = table::page(&file);
    assert!(page.contains("highest-cost, then id (as the file says)"), "{page}");
    assert!(page.contains("3 was taken: it costs more."), "{page}");
    assert_eq!(selected(&file.election, None).unwrap(), file.outcome.selected);
    let option = count("greedy", more, &other).unwrap();
    assert!(table::page(&option).contains("lowest-cost, then id\n"));
    let again = Election::parse(pb::file(option).unwrap().as_bytes()).unwrap();
    let again = Count::new(again, &Choice::default()).unwrap();
    assert_eq!(
        (again.outcome.ties_rule.to_string(), again.ties_of_file),
        ("lowest-cost,id".to_owned(), true)
    );
    assert!(count("greedy", "comment;#1: tie_breaking=mood\n", &Choice::default()).is_err());
}

#[test]
fn html_escapes_markup_and_needs_nothing_else() {
    let page =
        html::page(&count("greedy", "language;pl\n", &Choice::default()).unwrap(), "comitia tally '<x>'");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<x>"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("width:100%") && page.contains("lang=\"pl\""));
    assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("));
}

#[test]
fn pb_carries_the_result_and_the_rule_that_counted() {
    let write = |rule: &str, choice: &Choice| {
        let file = pb::file(count(rule, "", choice).unwrap()).unwrap();
        let election = Election::parse(file.as_bytes()).unwrap();
        let ids = election.projects.iter().filter(|p| p.selected == Some(1)).map(|p| p.id.clone());
        let mut ids: Vec<String> = ids.collect();
        ids.sort_unstable();
        (election, ids)
    };
    let (election, ids) = write("unknown", &Choice::default());
    assert_eq!((election.meta.rule(), ids), (Some("greedy"), vec!["10".to_owned(), "2".to_owned()]));
    let counted = Count::new(election, &Choice::default()).unwrap();
    assert_eq!(counted.agreement(), Agreement::Agrees);

    let unnamed = text("greedy", "").replace("Trees", "");
    let unnamed = Count::new(Election::parse(unnamed.as_bytes()).unwrap(), &Choice::default()).unwrap();
    assert!(pb::file(unnamed).unwrap().contains("\n2;40;2;1\n"));

    let (election, _) = write("greedy", &choice(Some("equal-shares")));
    assert_eq!(election.meta.rule(), Some("equalshares/add1"));
    let (election, _) = write("equalshares/add1-comparison", &Choice::default());
    assert_eq!(election.meta.rule(), Some("equalshares/add1-comparison"));
    let (election, _) = write("greedy", &choice(Some("phragmen")));
    assert_eq!(election.meta.rule(), Some("unknown"));
    assert_eq!(election.meta.comment(), Some("#1: rule=phragmen"));
    let again = Count::new(election, &Choice::default()).unwrap();
    assert_eq!((again.outcome.rule.name(), again.agreement()), ("phragmen", Agreement::Agrees));
}

#[test]
fn decimal_points_are_shown_as_they_were_given() {
    let text = text("greedy", "max_sum_points;10\nmin_project_score_threshold;1.5\n")
        .replace("vote_type;approval", "vote_type;cumulative")
        .replace(
            "voter_id;vote\n1;10,2\n2;10,2\n3;10,3\n4;3\n5;4\n",
            "voter_id;vote;points\n1;10,2;2.5,0.5\n2;10;1\n",
        );
    let count = Count::new(Election::parse(text.as_bytes()).unwrap(), &Choice::default()).unwrap();
    let page = table::page(&count);
    assert!(page.contains("it was next with 3.5 points from 2 voters"), "{page}");
    assert!(page.contains("It received 0.5 points, which is below the minimum of 1.5."), "{page}");
    assert_eq!(parsed(count.json())["parameters"]["points-decimals"], 1);
}

#[test]
fn a_folder_is_counted_with_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("good.pb", &text("greedy", ""));
    write("none.pb", &text("unknown", "").replace("Trees;1", "Trees;2"));
    let (page, well) =
        folder::tally(folder.path(), &Choice::default(), OddBallots::Mend, Format::Table).unwrap();
    assert!(well && page.contains("2 counted, 0 failed") && page.contains("greedy *"), "{page}");
    write("wrong.pb", "META\nkey;value\nbudget;much\n");
    write("read.me", "no election");
    let (text, well) =
        folder::tally(folder.path(), &Choice::default(), OddBallots::Mend, Format::Json).unwrap();
    assert!(!well);
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&summary["counted"], &summary["failed"]), (&json!(2), &json!(1)));
    assert_eq!(summary["files"][0]["agrees"], true);
    assert_eq!(summary["files"][1]["agrees"], json!(null));
    assert!(summary["files"][2]["error"].as_str().unwrap().starts_with("line "), "{text}");
    assert!(folder::tally(folder.path(), &Choice::default(), OddBallots::Mend, Format::Html).is_err());
    let empty = tempfile::tempdir().unwrap();
    assert!(folder::tally(empty.path(), &Choice::default(), OddBallots::Mend, Format::Table).is_err());
}

#[test]
fn real_files_agree_with_their_official_result() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pabulib");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let (text, well) = folder::tally(&folder, &Choice::default(), OddBallots::Mend, Format::Json).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(well && summary["agree"].as_u64() > Some(20), "{text}");
    for file in summary["files"].as_array().unwrap() {
        assert!(file["rule_replaced"] == true || file["agrees"] != false, "{file}");
    }
}

#[test]
fn every_way_to_break_ties_is_listed() {
    // 10, 2 and 3 have two votes each: whichever comes first, either 10 and 2 fit, or 2, 3 and then 4.
    let text = text("greedy", "").replace("3;10,3\n", "3;3\n");
    let count = Count::new(Election::parse(text.as_bytes()).unwrap(), &Choice::default()).unwrap();
    let all = irresolute(&count.instance, &count.outcome.rule, 10).unwrap();
    let result = parsed(count.outcomes_json(&all));
    let expected = json!([
        {"selected": ["10", "2"], "cost": "100.5"},
        {"selected": ["2", "3", "4"], "cost": "100"},
    ]);
    assert_eq!((&result["complete"], &result["outcomes"]), (&json!(true), &expected));
    assert_eq!(result["parameters"].get("ties"), None);
    let page = table::outcomes(&count, &all);
    assert!(page.contains("2 outcomes, depending on how ties are broken"), "{page}");
    assert!(page.contains("In all       2\n"), "{page}");
    assert!(page.contains("100 PLN: and 3, 4\n"), "{page}");
    let all = irresolute(&count.instance, &count.outcome.rule, 1).unwrap();
    assert!(table::outcomes(&count, &all).contains("1 outcome and perhaps more"));
}
