//! Areas, what is said in them in every language, and the money that one leaves to another.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_cli::api::text;
use comitia_testkit::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::city::{HOST, Installation, assert_problem, problem};

const PATIENCE: Duration = Duration::from_secs(30);

fn time(minutes: i64) -> String {
    (comitia_core::Clock::system().now() + TimeDelta::minutes(minutes)).to_rfc3339()
}

/// A published process with a phase that is open.
async fn process(here: &Installation, kind: &str) -> String {
    let process = json!({"title": "Districts", "phases": [
        {"title": "Now", "kind": kind, "startTime": time(-60), "endTime": time(6_000)},
    ]});
    let process = text(&here.post("/v1/processes", process).await.unwrap(), "/process/processId").unwrap();
    here.post(&format!("/v1/processes/{process}:publish"), json!({})).await.unwrap();
    process
}

/// A roll, and the access codes of its members in the order of the lines.
async fn roll(here: &Installation, csv: &str) -> (String, Value) {
    let roll = here.post("/v1/rolls", json!({"title": "Districts"})).await.unwrap();
    let roll = text(&roll, "/roll/rollId").unwrap();
    if !csv.is_empty() {
        here.post(&format!("/v1/rolls/{roll}/members:import"), json!({"csv": csv})).await.unwrap();
    }
    let codes = here.post(&format!("/v1/rolls/{roll}/accessCodes:generate"), json!({})).await.unwrap();
    (roll, codes)
}

async fn budget(here: &Installation, process: &str, title: &str, more: Value) -> String {
    let mut body = json!({
        "title": title, "amount": "100000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"}, "allocationRule": {"kind": "RULE_KIND_PHRAGMEN"},
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let budget = here.post(&format!("/v1/processes/{process}/budgets"), body).await.unwrap();
    text(&budget, "/budget/budgetId").unwrap()
}

async fn projects(here: &Installation, budget: &str, projects: &[(&str, &str)]) {
    let projects: Vec<_> = projects
        .iter()
        .map(|(reference, cost)| json!({"reference": reference, "title": reference, "cost": cost}))
        .collect();
    here.post(&format!("/v1/budgets/{budget}/projects:batchCreate"), json!({"projects": projects}))
        .await
        .unwrap();
}

fn schedule(roll: &str) -> Value {
    json!({"rollId": roll, "openTime": time(-1), "closeTime": time(5_000)})
}

/// The session of a member by the code of a letter.
async fn sign_in(here: &Installation, codes: &Value, member: &str) -> String {
    let codes = codes["accessCodes"].as_array().unwrap();
    let code = codes.iter().find(|code| code["memberNumber"] == member).unwrap();
    let body = json!({"memberNumber": member, "accessCode": code["accessCode"]});
    let answer = here.api.post("/v1/sessions:signInWithAccessCode", None, &body).await.unwrap();
    text(&answer, "/session/accessToken").unwrap()
}

/// What the API says to a DELETE by the administrator.
async fn delete(here: &Installation, path: &str) -> (u16, Value) {
    let client = reqwest::Client::new();
    let request = client.delete(format!("{}{path}", here.embedded.url)).header("host", HOST);
    let answer = request.bearer_auth(&here.city.token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_who_lives_in_a_part_of_an_area_votes_for_the_area() {
    let here = Installation::start(1, &[]).await;
    for (code, parent) in [("Centre", ""), ("centre-1", "CENTRE")] {
        here.post("/v1/areas", json!({"code": code, "title": code, "parentCode": parent})).await.unwrap();
    }
    let again = here.refused("/v1/areas", None, json!({"code": "CENTRE-1", "title": "x"})).await;
    assert_problem(&again, 409, "RESOURCE_ALREADY_EXISTS", "code");

    let (roll_id, codes) =
        roll(&here, "member_number,district\n900001,Centre-1\n900002,west\n900003,\n").await;
    let process = process(&here, "PHASE_KIND_VOTE").await;
    let budget = budget(&here, &process, "Centre", json!({"areaCode": "centre"})).await;
    projects(&here, &budget, &[("A", "60000"), ("B", "150000")]).await;
    let path = format!("/v1/budgets/{budget}:scheduleVote");

    let (empty, _) = roll(&here, "").await;
    assert_problem(&here.refused(&path, None, schedule(&empty)).await, 409, "NOBODY_ELIGIBLE", "roll_id");
    let mut old = schedule(&roll_id);
    old["minimumAge"] = json!(16);
    assert_problem(&here.refused(&path, None, old).await, 409, "NOBODY_ELIGIBLE", "minimum_age");
    let mut strange = schedule(&roll_id);
    strange["districts"] = json!(["centre", "cemtre"]);
    assert_problem(&here.refused(&path, None, strange).await, 400, "FIELD_INVALID", "districts");

    let vote = here.post(&path, schedule(&roll_id)).await.unwrap();
    assert_eq!(vote["electorCount"], "1", "{vote}");
    assert_eq!(vote["electors"], json!([{"district": "centre-1", "electorCount": "1"}]));
    let warnings: Vec<_> = vote["warnings"].as_array().unwrap().iter().map(|w| &w["kind"]).collect();
    assert_eq!(
        warnings,
        [
            "VOTE_WARNING_KIND_DISTRICT_WITHOUT_AREA",
            "VOTE_WARNING_KIND_MEMBERS_WITHOUT_DISTRICT",
            "VOTE_WARNING_KIND_PROJECT_DEARER_THAN_BUDGET"
        ],
        "{vote}"
    );
    let poll = text(&vote, "/budget/pollId").unwrap();
    let permits = format!("/v1/polls/{poll}/permits");
    let inside = sign_in(&here, &codes, "900001").await;
    let permit = here.api.post(&permits, Some(&inside), &json!({})).await.unwrap();
    assert_eq!(permit["district"], "centre-1", "{permit}");
    let outside = sign_in(&here, &codes, "900002").await;
    let refused = problem(here.api.post(&permits, Some(&outside), &json!({})).await);
    assert_problem(&refused, 403, "NOT_ELIGIBLE", "");

    let (status, said) = delete(&here, "/v1/areas/Centre-1").await;
    assert_eq!((status, &said["reason"]), (409, &json!("AREA_IN_USE")), "{said}");
    assert!(said["detail"].as_str().unwrap().contains("1 member of a roll"), "{said}");
    here.post("/v1/areas", json!({"code": "south", "title": "South"})).await.unwrap();
    let (status, said) = delete(&here, "/v1/areas/SOUTH").await;
    assert_eq!(status, 200, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_proposals_are_found_in_every_form_and_script() {
    let here = Installation::start(1, &[]).await;
    let process = process(&here, "PHASE_KIND_SUBMISSION").await;
    let path = format!("/v1/processes/{process}/proposals");
    let resident = here.sign_in(1).await;
    let ideas = [
        ("More trees", "Lime trees along every street."),
        ("Des écoles plantées", "Végétaliser les cours des écoles."),
        ("在公园种更多的树", "我们希望在城市公园里种植更多的树木和花草。"),
        ("ปลูกต้นไม้ในสวน", "ปลูกต้นไม้เพิ่มในสวนสาธารณะของเมือง"),
        ("زراعة الأشجار", "نريد زراعة المزيد من الأشجار في حديقة المدينة."),
    ];
    let first = json!({"title": ideas[0].0, "body": ideas[0].1});
    wait_for("the published process", PATIENCE, async || {
        here.api.post(&path, Some(&resident), &first).await.ok()
    })
    .await;
    for (title, body) in &ideas[1..] {
        here.api.post(&path, Some(&resident), &json!({"title": title, "body": body})).await.unwrap();
    }
    for (query, title) in [
        ("tree", ideas[0].0),
        ("the%20street", ideas[0].0),
        ("ecole", ideas[1].0),
        ("planter", ideas[1].0),
        ("%E5%9F%8E%E5%B8%82%E5%85%AC%E5%9B%AD", ideas[2].0),
        ("%E0%B8%95%E0%B9%89%E0%B8%99%E0%B9%84%E0%B8%A1%E0%B9%89", ideas[3].0),
        ("%D8%A7%D8%B4%D8%AC%D8%A7%D8%B1", ideas[4].0),
    ] {
        let found = here.api.get(&format!("{path}?query={query}"), Some(&resident)).await.unwrap();
        let titles: Vec<_> =
            found["proposals"].as_array().into_iter().flatten().map(|proposal| &proposal["title"]).collect();
        assert_eq!(titles, [title], "{query}");
    }
    for query in ["%25", "%F0%9F%8C%B3", "!%26"] {
        let refused = problem(here.api.get(&format!("{path}?query={query}"), Some(&resident)).await);
        assert_problem(&refused, 400, "FIELD_INVALID", "query");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_a_district_leaves_to_the_city_what_it_does_not_spend() {
    let here = Installation::start(1, &[]).await;
    let (roll_id, codes) = roll(&here, "member_number\n900001\n").await;
    let process = process(&here, "PHASE_KIND_VOTE").await;
    let city = budget(&here, &process, "City", json!({})).await;
    let district = budget(&here, &process, "District", json!({"leftoverBudgetId": city})).await;
    projects(&here, &district, &[("A", "69975"), ("B", "30026")]).await;
    projects(&here, &city, &[("C", "130025")]).await;
    let mut polls = Vec::new();
    for (budget, options) in [(&city, ["C"]), (&district, ["A"])] {
        let vote =
            here.post(&format!("/v1/budgets/{budget}:scheduleVote"), schedule(&roll_id)).await.unwrap();
        let poll = text(&vote, "/budget/pollId").unwrap();
        let session = sign_in(&here, &codes, "900001").await;
        let permit = here.api.post(&format!("/v1/polls/{poll}/permits"), Some(&session), &json!({})).await;
        here.cast(&poll, &text(&permit.unwrap(), "/permit").unwrap(), &options).await.unwrap();
        polls.push(poll);
    }
    // The city's vote is over first, and waits.
    for poll in &polls {
        here.post(&format!("/v1/polls/{poll}:close"), json!({"reason": "test"})).await.unwrap();
    }
    let result = format!("/v1/budgets/{city}/result");
    wait_until("the result", PATIENCE, async || here.api.get(&result, None).await.is_ok()).await;
    let result = here.api.get(&result, None).await.unwrap()["result"].clone();
    assert_eq!((&result["amount"], &result["spent"]), (&json!("130025"), &json!("130025")), "{result}");
    assert_eq!(result["leftovers"][0]["budgetId"], json!(district));
    assert!(result["rule"].as_str().unwrap().contains("Phragmén"), "{result}");

    let export = format!("/v1/budgets/{city}/result:export");
    let file = here.api.get(&export, None).await.unwrap();
    let election = comitia_pabulib::Election::parse(text(&file, "/content").unwrap().as_bytes()).unwrap();
    let count = comitia_recount::Count::new(election, &comitia_recount::Choice::default()).unwrap();
    assert!(matches!(count.seal, comitia_recount::Check::Verified(_)), "{:?}", count.seal);
    assert_eq!(count.outcome.selected, ["C"]);
    let table = here.api.get(&format!("{export}?format=EXPORT_FORMAT_CSV"), None).await.unwrap();
    let table = text(&table, "/content").unwrap();
    assert!(table.contains("1,C,C,1300.25,EUR,1,1,yes,"), "{table}");
}
