//! Inputs as cities and analysts send them, one line each: what is read, what is repaired, and what is refused by name.

use std::path::Path;

use comitia_cli::api::text;
use serde_json::{Value, json};

use crate::city::{HOST, Installation, assert_problem};
use crate::commands::comitia;

/// What `comitia tally` makes of an input.
enum Right {
    /// Funds these projects, and warns of this (empty: of nothing).
    Funds(&'static [&'static str], &'static str),
    /// Prints this.
    Prints(&'static str),
    /// Refuses the input with this.
    Refuses(&'static str),
}

use Right::{Funds, Prints, Refuses};

/// Three projects for 100, and five voters.
const PROJECTS: &str = "project_id;cost\na;60\nb;50\nc;40\n";
const VOTES: &str = "voter_id;vote\n1;a\n2;a,b\n3;b\n4;b,c\n5;a\n";

/// A file with these keys in place of the usual ones.
fn file(keys: &[(&str, &str)], projects: &str, votes: &str) -> String {
    let mut meta = vec![
        ("description", "d".to_owned()),
        ("country", "Poland".to_owned()),
        ("unit", "Testtown".to_owned()),
        ("instance", "2026".to_owned()),
        ("num_projects", (projects.lines().count() - 1).to_string()),
        ("num_votes", (votes.lines().count() - 1).to_string()),
        ("budget", "100".to_owned()),
        ("vote_type", "approval".to_owned()),
        ("rule", "greedy".to_owned()),
        ("date_begin", "01.10.2026".to_owned()),
        ("date_end", "15.10.2026".to_owned()),
    ];
    for (key, value) in keys {
        meta.retain(|(known, _)| known != key);
        meta.push((key, (*value).to_owned()));
    }
    let lines: String = meta.iter().map(|(key, value)| format!("{key};{value}\n")).collect();
    format!("META\nkey;value\n{lines}PROJECTS\n{projects}VOTES\n{votes}")
}

fn usual(keys: &[(&str, &str)]) -> String {
    file(keys, PROJECTS, VOTES)
}

fn voted(votes: &str) -> String {
    file(&[], PROJECTS, &format!("voter_id;vote\n{votes}"))
}

fn costs(costs: [&str; 3]) -> String {
    let [a, b, c] = costs;
    file(&[], &format!("project_id;cost\na;{a}\nb;{b}\nc;{c}\n"), VOTES)
}

type Input = (&'static str, String, &'static [&'static str], Right);

/// How files are written.
fn written() -> Vec<Input> {
    let quoted = |name: &str| format!("project_id;cost;name\na;60;{name}\nb;50;B\nc;40;C\n");
    let named = |name: &str| file(&[], &quoted(name), VOTES);
    vec![
        ("as it should be", usual(&[]), &[], Funds(&["b", "c"], "")),
        (
            "from Windows",
            format!("\u{feff}{}", usual(&[]).replace('\n', "\r\n")),
            &[],
            Funds(&["b", "c"], ""),
        ),
        ("a decimal comma", usual(&[("budget", "100,50")]), &[], Funds(&["b", "c"], "")),
        (
            "thousands apart",
            usual(&[("budget", "1 000")]),
            &[],
            Refuses("\"1 000\" is not a number such as 1500"),
        ),
        (
            "too many digits",
            usual(&[("budget", "99999999999999999999")]),
            &[],
            Refuses("18 digits at the most"),
        ),
        (
            "a negative cost",
            costs(["-60", "50", "40"]),
            &[],
            Refuses("line 16, cost: the amount -60 is negative"),
        ),
        ("a letter for a digit", costs(["6O", "50", "40"]), &[], Refuses("\"6O\" is not a number")),
        (
            "a project twice",
            file(&[], "project_id;cost\na;60\na;50\n", "voter_id;vote\n1;a\n"),
            &[],
            Refuses("the project \"a\" is listed twice"),
        ),
        (
            "a key twice",
            usual(&[]).replace("budget;100\n", "budget;100\nbudget;7\n"),
            &[],
            Refuses("given twice"),
        ),
        ("no budget", usual(&[]).replace("budget;100\n", ""), &[], Refuses("budget: this key is obligatory")),
        ("no votes section", usual(&[]).replace("VOTES\n", ""), &[], Refuses("")),
        ("an empty file", String::new(), &[], Refuses("the section META is missing")),
        ("a type that is none", usual(&[("vote_type", "lottery")]), &[], Refuses("is not one of approval")),
        (
            "a short row",
            voted("1;a\n2\n"),
            &[],
            Refuses("line 22: the header has 2 fields, and this row has 1"),
        ),
        (
            "an open quote",
            voted("1;a\n2;\"a\n3;b\n"),
            &[],
            Refuses("line 22: a quoted field that starts here"),
        ),
        ("a separator in a name", named("\"A; or B\""), &[], Funds(&["b", "c"], "")),
        ("a formula for a name", named("=1+1"), &["--format", "csv"], Prints("a,'=1+1,60,")),
        ("markup for a name", named("<b>A</b>"), &["--format", "html"], Prints("&lt;b&gt;A&lt;/b&gt;")),
        (
            "another count of votes",
            usual(&[("num_votes", "7")]),
            &[],
            Funds(&["b", "c"], "num_votes 7, VOTES lists 5"),
        ),
    ]
}

/// What ballots say.
fn voted_oddly() -> Vec<Input> {
    let points =
        |votes: &str| file(&[("vote_type", "scoring")], PROJECTS, &format!("voter_id;vote;points\n{votes}"));
    vec![
        ("a project twice on a ballot", voted("1;a\n2;a\n3;b,b\n"), &[], Funds(&["a"], "it counts once")),
        (
            "the same, strictly",
            voted("1;a\n2;a\n3;b,b\n"),
            &["--strict"],
            Refuses("stands twice on the ballot"),
        ),
        (
            "a project that there is not",
            voted("1;a\n2;z\n3;b\n"),
            &[],
            Funds(&["b"], "\"z\" is not in PROJECTS"),
        ),
        ("a voter twice", voted("1;a\n1;b\n3;b\n"), &[], Funds(&["b"], "has two ballots")),
        ("a blank ballot", voted("1;\n2;a\n"), &[], Funds(&["a"], "")),
        ("nobody voted", voted(""), &[], Funds(&[], "")),
        (
            "two choices of one",
            file(&[("vote_type", "choose-1")], PROJECTS, "voter_id;vote\n1;a,b\n2;a\n"),
            &[],
            Funds(&["a"], "a choose-1 ballot names 2 projects"),
        ),
        ("a letter for points", points("1;a;x\n2;a;3\n"), &[], Funds(&["a"], "\"x\" is not a number")),
        ("points below zero", points("1;a;-3\n2;b;1\n"), &[], Funds(&["b"], "")),
        (
            "points that are missing",
            points("1;a,b;3\n2;a;3\n"),
            &[],
            Funds(&["a"], "2 projects are named but 1"),
        ),
    ]
}

/// What rules have to decide.
fn decided() -> Vec<Input> {
    let tie = || file(&[("budget", "60")], PROJECTS, "voter_id;vote\n1;a\n2;b\n");
    let groups = "project_id;cost;exclusion_group\na;60;x\nb;30;x\nc;10;\n";
    let hoods = "project_id;cost;neighborhood\na;60;n\nb;50;n\nc;40;s\n";
    let envelopes = [("neighborhoods", "n,s"), ("budget_per_neighborhood", "60,40")];
    let threshold = usual(&[("min_project_score_threshold", "3")]);
    vec![
        ("dearer than the budget", costs(["600", "50", "40"]), &[], Funds(&["b", "c"], "")),
        ("for nothing", costs(["0", "50", "60"]), &[], Funds(&["a", "b"], "")),
        (
            "for nothing, wanted by nobody",
            file(&[], "project_id;cost\na;0\nb;50\n", "voter_id;vote\n1;b\n"),
            &[],
            Funds(&["b"], ""),
        ),
        ("withdrawn", costs(["999999999", "50", "40"]), &[], Funds(&["b", "c"], "")),
        ("below the threshold", threshold, &[], Funds(&["b"], "")),
        ("a group that excludes", file(&[], groups, VOTES), &[], Funds(&["b", "c"], "")),
        ("envelopes of neighbourhoods", file(&envelopes, hoods, VOTES), &[], Funds(&["b", "c"], "")),
        ("a tie by cost", tie(), &[], Funds(&["b"], "")),
        ("a tie by cost, the other way", tie(), &["--ties", "highest-cost,id"], Funds(&["a"], "")),
        ("a chain that leaves ties", tie(), &["--ties", "most-votes"], Refuses("end it with \"id\"")),
        ("stopping", usual(&[]), &["--rule", "greedy-no-skip"], Funds(&["b"], "")),
        ("the last one in part", usual(&[]), &["--part-from-percent", "10"], Funds(&["a", "b", "c"], "")),
        ("too small a part", usual(&[]), &["--part-from-percent", "17"], Funds(&["b", "c"], "")),
        (
            "stopping, and the last one in part",
            usual(&[]),
            &["--rule", "greedy-no-skip", "--part-from-percent", "80"],
            Prints("with 50 of its cost of 60"),
        ),
        (
            "in part by equal shares",
            usual(&[]),
            &["--rule", "equal-shares", "--part-from-percent", "10"],
            Refuses("--part-from-percent is for greedy rules, but the rule is equal-shares"),
        ),
        ("all of it in part", usual(&[]), &["--part-from-percent", "100"], Refuses("is not in 1..100")),
        ("a rule that is none", usual(&[("rule", "lottery")]), &[], Refuses("names no rule that can be run")),
        (
            "the city's own rule",
            usual(&[("rule", "greedy-custom")]),
            &[],
            Funds(&["b", "c"], "the greedy rule takes its"),
        ),
        (
            "a parameter of another rule",
            usual(&[]),
            &["--completion", "add1u"],
            Refuses("add --rule equal-shares"),
        ),
        ("equal shares", usual(&[]), &["--rule", "equal-shares"], Funds(&["b"], "")),
        ("Phragmén", usual(&[]), &["--rule", "phragmen"], Funds(&["b"], "")),
        (
            "Phragmén with ranks",
            usual(&[("vote_type", "ordinal")]),
            &["--rule", "phragmen"],
            Refuses("the rule phragmen needs approval ballots"),
        ),
    ]
}

/// What went wrong, if anything did.
fn misfit((name, text, arguments, right): &Input, folder: &Path) -> Option<String> {
    let path = folder.join("input.pb");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    let mut all = vec!["tally", path.as_str()];
    all.extend(*arguments);
    if matches!(right, Funds(..)) {
        all.extend(["--format", "json"]);
    }
    let output = comitia(&all);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let good = match right {
        Funds(projects, warning) => {
            let count: Value = serde_json::from_str(&out).unwrap_or_default();
            let warned = if warning.is_empty() { err.is_empty() } else { err.contains(warning) };
            output.status.success() && count["selected"] == json!(projects) && warned
        }
        Prints(part) => output.status.success() && out.contains(part),
        Refuses(part) => !output.status.success() && out.is_empty() && err.contains(part),
    };
    let (name, code) = (name, output.status.code());
    (!good).then(|| format!("{name}: {code:?}\n{}\n{err}", out.chars().take(2_000).collect::<String>()))
}

#[test]
fn journey_files_of_elections_are_counted_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let inputs: Vec<Input> = written().into_iter().chain(voted_oddly()).chain(decided()).collect();
    assert!(inputs.len() >= 40, "{}", inputs.len());
    let misfits: Vec<String> = inputs.iter().filter_map(|input| misfit(input, folder.path())).collect();
    assert!(misfits.is_empty(), "{} of {}:\n{}", misfits.len(), inputs.len(), misfits.join("\n"));
}

/// The files in which something went wrong once, where they are.
#[test]
fn journey_files_that_were_found_are_counted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/found");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    }
    for (name, arguments, funded, warning) in [
        ("ballot-repeats-a-project.pb", &[][..], &["a"][..], "line 23, vote: the project \"b\" stands twice"),
        (
            "completion-greedy.pb",
            &["--rule", "equal-shares", "--completion", "greedy"],
            &["a", "c", "d", "e"],
            "",
        ),
        ("date-iso.pb", &[], &["p0", "p2"], ""),
        ("dearer-than-budget.pb", &[], &["W2"], ""),
        ("zero-cost-greedy.pb", &[], &["p0", "p2"], ""),
    ] {
        let path = folder.join(name).display().to_string();
        let mut all = vec!["tally", path.as_str(), "--format", "json"];
        all.extend(arguments);
        let output = comitia(&all);
        let err = String::from_utf8_lossy(&output.stderr);
        let count: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert_eq!(count["selected"], json!(funded), "{name}: {err}");
        assert!(err.contains(warning), "{name}: {err}");
    }
}

/// An answer as it comes: status, media type and text.
async fn answer(
    here: &Installation,
    method: &str,
    path: &str,
    kind: &str,
    body: Vec<u8>,
) -> (u16, String, String) {
    let request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", here.embedded.url))
        .header("host", HOST)
        .bearer_auth(&here.city.token);
    let answer = request.header("content-type", kind).body(body).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

type Roll = (&'static str, Vec<u8>, Result<(u32, u32), u16>, &'static str);

/// Rolls as offices send them: how many members are taken, how many lines are rejected, and what is said; or the refusal.
#[tokio::test(flavor = "multi_thread")]
async fn journey_rolls_are_taken_or_refused_by_line_and_come_back_as_they_are() {
    let here = Installation::start(1, &[]).await;
    let csv = "member_number,district,birth_date,email\n";
    let rows = |rows: &str| format!("{csv}{rows}").into_bytes();
    let inputs: Vec<Roll> = vec![
        ("as it should be", rows("1,north,1990-01-31,a@example.org\n"), Ok((1, 0)), ""),
        ("numbers with zeros", rows("007,,,\n0070,,,\n"), Ok((2, 0)), ""),
        ("an apostrophe", rows("'008,,,\n"), Ok((1, 0)), "spreadsheet's mark"),
        ("a formula", rows("=1+1,,,\n9,,,\n"), Ok((1, 1)), "must be a number and not a formula"),
        ("a shortened number", rows("1.23E+11,,,\n"), Ok((0, 1)), "shortened by a spreadsheet"),
        ("a date with the day first", rows("1,,31.01.1990,\n"), Ok((1, 0)), "is read with the day first"),
        (
            "a date with the month first",
            rows("1,,01/31/1990,\n"),
            Ok((0, 1)),
            "must be a date with the day first",
        ),
        ("a day that there was not", rows("1,,1990-02-30,\n"), Ok((0, 1)), "must be a date, YYYY-MM-DD"),
        ("born on 29 February", rows("1,,2008-02-29,\n"), Ok((1, 0)), ""),
        ("an address without a name", rows("1,,,@example.org\n"), Ok((0, 1)), "must be an e-mail address"),
        (
            "one address for two",
            rows("1,,,a@example.org\n2,,,A@Example.org\n"),
            Ok((2, 0)),
            "is that of line",
        ),
        ("one number for two", rows("1z,,,\n1Z,,,\n"), Ok((1, 1)), "is on line"),
        ("a district with a space", rows("1,Old town,,\n"), Ok((0, 1)), "must be 1 to 64 letters"),
        ("an open quote", rows("1,,,\n2,\"north,,\n3,,,\n"), Ok((2, 1)), "quotation mark"),
        ("a broken character", rows("1\u{fffd},,,\n"), Ok((0, 1)), "another encoding"),
        ("another column", b"member_number,name\n1,Ada\n".to_vec(), Err(400), "must have no names but"),
        (
            "a column twice",
            b"member_number,district,District\n1,a,b\n".to_vec(),
            Err(400),
            "each column once",
        ),
        ("no header", b"1,north\n2,south\n".to_vec(), Err(400), "member_number"),
        ("nothing", b" ".to_vec(), Err(400), "the file is empty"),
        ("a workbook", b"PK\x03\x04rest".to_vec(), Err(400), "is a workbook of a spreadsheet"),
        ("Windows-1252", b"member_number\n1\xe9\n".to_vec(), Err(400), "Windows-1252"),
    ];
    for (name, file, right, said) in inputs {
        let roll = here.post("/v1/rolls", json!({"title": name})).await.unwrap();
        let roll = format!("/v1/rolls/{}", text(&roll, "/roll/rollId").unwrap());
        let path = format!("{roll}/members:import?partial=true");
        let (status, _, body) = answer(&here, "POST", &path, "text/csv", file).await;
        let answered: Value = serde_json::from_str(&body).unwrap();
        match right {
            Ok((imported, rejected)) => {
                assert_eq!(status, 200, "{name}: {body}");
                let counts = (&answered["importedCount"], &answered["rejectedCount"]);
                assert_eq!(
                    counts,
                    (&json!(imported.to_string()), &json!(rejected.to_string())),
                    "{name}: {body}"
                );
            }
            Err(refused) => assert_eq!(status, refused, "{name}: {body}"),
        }
        assert!(body.contains(said), "{name}: {body}");
    }

    // A roll comes back as the file that it was, without codes, and who took it is noted.
    let roll = here.post("/v1/rolls", json!({"title": "Register"})).await.unwrap();
    let roll = format!("/v1/rolls/{}", text(&roll, "/roll/rollId").unwrap());
    let lines: String = (0..2_500).map(|n| format!("{n:05},north,1990-01-31,p{n}@example.org\n")).collect();
    answer(&here, "POST", &format!("{roll}/members:import"), "text/csv", rows(&lines)).await;
    here.post(&format!("{roll}/accessCodes:generate"), json!({"pageSize": 10_000})).await.unwrap();
    let erase = format!("{roll}/members/00007");
    assert_eq!(answer(&here, "DELETE", &erase, "application/json", Vec::new()).await.0, 200);
    let (status, kind, file) =
        answer(&here, "GET", &format!("{roll}/members:export"), "text/csv", Vec::new()).await;
    assert_eq!((status, kind.as_str()), (200, "text/csv; charset=utf-8"), "{file}");
    let mut exported: Vec<&str> = file.lines().collect();
    assert_eq!(exported.remove(0), csv.trim_end());
    exported.sort_unstable();
    let wanted: Vec<&str> = lines.lines().filter(|line| !line.starts_with("00007")).collect();
    assert_eq!(exported, wanted);
    let changes = here.api.get(&format!("{roll}/changes"), Some(&here.city.token)).await.unwrap();
    let kinds: Vec<_> =
        changes["changes"].as_array().unwrap().iter().map(|change| change["kind"].clone()).collect();
    let noted =
        ["EXPORT", "ERASURE", "ACCESS_CODES", "IMPORT"].map(|kind| format!("ROLL_CHANGE_KIND_{kind}"));
    assert_eq!(kinds, noted);
    let resident = here.sign_in(1).await;
    for token in [None, Some(resident.as_str())] {
        assert!(here.api.get(&format!("{roll}/members:export"), token).await.is_err());
    }
    let none = format!("/v1/rolls/{}/members:export", comitia_core::id::new());
    let (status, kind, _) = answer(&here, "GET", &none, "text/csv", Vec::new()).await;
    assert_eq!((status, kind.as_str()), (404, "application/problem+json"));
}

/// Budgets as officers enter them: what is refused, and how it is said.
#[tokio::test(flavor = "multi_thread")]
async fn journey_budgets_are_refused_by_field_with_amounts_as_people_write_them() {
    let here = Installation::start(1, &[]).await;
    let budget = here.api.get(&format!("/v1/budgets/{}", here.city.budget), None).await.unwrap();
    let process = text(&budget, "/budget/processId").unwrap();
    let good = json!({
        "title": "Trees", "amount": "100000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_KNAPSACK"}, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
    });
    let path = format!("/v1/processes/{process}/budgets");
    for (change, reason, field, said) in [
        (json!({"amount": "0"}), "FIELD_INVALID", "amount", "at most 11258999068426.24 EUR"),
        (
            json!({"amount": "0", "currency": "JPY"}),
            "FIELD_INVALID",
            "amount",
            "at most 1125899906842624 JPY",
        ),
        (json!({"amount": "-1"}), "FIELD_INVALID", "amount", "so that 150000 is 1500.00 EUR"),
        (json!({"currency": "Euro"}), "FIELD_INVALID", "currency", "such as EUR"),
        (json!({"areaCode": "nowhere"}), "FIELD_INVALID", "area_code", "must be the code of an area"),
        (
            json!({"ballotRule": {"type": "BALLOT_TYPE_KNAPSACK", "minBudgetPercent": 50, "maxTotalCost": "40000"}}),
            "FIELD_INVALID",
            "ballot_rule.max_total_cost",
            "must not be less than 500.00 EUR",
        ),
        (
            json!({"allocationRule": {"kind": "RULE_KIND_GREEDY", "partFromPercent": 100}}),
            "FIELD_INVALID",
            "allocation_rule.part_from_percent",
            "1 to 99 percent",
        ),
        (
            json!({"allocationRule": {"kind": "RULE_KIND_PHRAGMEN", "partFromPercent": 50}}),
            "RULE_NOT_APPLICABLE",
            "allocation_rule.part_from_percent",
            "is only for the greedy rules",
        ),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let problem = here.refused(&path, None, body).await;
        assert_problem(&problem, 400, reason, field);
        let rule = &problem.violations[0].rule;
        assert!(rule.contains(said), "{change}: {rule}");
    }
    let amount = here.refused(&path, None, json!({"title": "Trees", "amount": "1000,00"})).await;
    assert!(amount.violations[0].rule.contains("must be a whole number, such as 1500"), "{amount:?}");
}
