//! Bad input gets a clear error with a stable reason that names field and rule, and changes nothing.

use std::time::Duration;

use comitia_cli::api::{Api, text};
use comitia_cli::replay::city;
use comitia_testkit::wait_until;
use serde_json::{Value, json};

use crate::city::{Installation, assert_problem, problem};

#[tokio::test(flavor = "multi_thread")]
async fn journey_bad_ballots_are_refused_and_change_nothing() {
    let here = Installation::start(6, &[]).await;
    let poll = here.city.poll.clone();
    let permit = here.permit(1, &poll).await;

    let unknown = here.ballot_refused(&poll, &permit, &["1", "999"]).await;
    assert_problem(&unknown, 400, "OPTION_UNKNOWN", "ballot.choices[1].option_id");
    let twice = here.ballot_refused(&poll, &permit, &["1", "1"]).await;
    assert_problem(&twice, 400, "BALLOT_INVALID", "ballot.choices[1].option_id");
    let nothing = here.ballot_refused(&poll, &permit, &[]).await;
    assert_problem(&nothing, 400, "BALLOT_INVALID", "ballot.choices");
    let many = here.ballot_refused(&poll, &permit, &["1", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
    assert_problem(&many, 400, "BALLOT_INVALID", "ballot.choices");
    let mut forged = permit.clone();
    forged.replace_range(forged.len() - 4.., "AAAA");
    let forged = here.ballot_refused(&poll, &forged, &["1"]).await;
    assert_problem(&forged, 403, "PERMIT_INVALID", "permit");
    let none = here.ballot_refused(&poll, "", &["1"]).await;
    assert_problem(&none, 403, "PERMIT_INVALID", "permit");
    assert_eq!(here.turnout(&poll).await["ballotCount"], "0");

    here.cast(&poll, &permit, &["1", "2"]).await.unwrap();
    let second = here.ballot_refused(&poll, &permit, &["3"]).await;
    assert_problem(&second, 409, "BALLOT_ALREADY_CAST", "");
    let first = here.cast(&poll, &permit, &["1", "2"]).await.unwrap();
    let again = here.cast(&poll, &permit, &["2", "1"]).await.unwrap();
    assert_eq!(first, again, "the same cast gives the same receipt");
    // Whoever has the permit and not the device gets one answer, whether they guess right or wrong.
    for guess in [["1", "2"], ["1", "3"], ["4", "5"]] {
        let stranger = here.cast_with(&poll, &permit, "////////////////////////////////", &guess).await;
        let (stranger, other) = (problem(stranger), &second);
        assert_eq!((&stranger.reason, &stranger.detail), (&other.reason, &other.detail));
        assert_eq!((stranger.status, stranger.violations.len()), (other.status, 0));
    }
    for secret in ["", "AAAA"] {
        let short = problem(here.cast_with(&poll, &permit, secret, &["1"]).await);
        assert_problem(&short, 400, "FIELD_INVALID", "cast_secret");
    }
    let code = text(&first, "/receipt/trackingCode").unwrap();
    let tracked = here.api.get(&format!("/v1/polls/{poll}/trackingCodes/{code}"), None).await.unwrap();
    let counted = json!({"state": "TRACKED_STATE_COUNTED", "revision": 1, "latestRevision": 1});
    assert_eq!(tracked, counted);
    assert_eq!(here.turnout(&poll).await["ballotCount"], "1");

    let late = here.permit(2, &poll).await;
    let shown = here.post(&format!("/v1/polls/{poll}:close"), json!({"reason": "test"})).await.unwrap();
    late_casts_are_told_when_it_closed(&here, &shown, &late).await;
    assert_eq!(
        here.cast(&poll, &permit, &["1", "2"]).await.unwrap(),
        first,
        "a lost answer can be had again"
    );
    let list = here.api.get(&format!("/v1/polls/{poll}/trackingCodes"), None).await.unwrap();
    assert_eq!(list, json!({"trackingCodes": [code], "nextPageToken": ""}));
    wait_until("the result", Duration::from_secs(30), async || {
        here.api.get(&format!("/v1/budgets/{}/result", here.city.budget), None).await.is_ok()
    })
    .await;
    let result = here.api.get(&format!("/v1/budgets/{}/result", here.city.budget), None).await.unwrap();
    assert_eq!(result["result"]["ballotCount"], "1");
    let no_permit = here.sign_in(3).await;
    let closed = here.refused(&format!("/v1/polls/{poll}/permits"), Some(&no_permit), json!({})).await;
    assert_problem(&closed, 409, "POLL_CLOSED", "");
}

/// Of a poll that a person closed, whatever the permit and the ballot.
async fn late_casts_are_told_when_it_closed(here: &Installation, shown: &Value, permit: &str) {
    let poll = text(shown, "/poll/pollId").unwrap();
    let (time, scheduled) = (&shown["poll"]["closeTime"], &shown["poll"]["scheduledCloseTime"]);
    assert!(time.as_str().unwrap() < scheduled.as_str().unwrap(), "{shown}");
    let said = format!("the poll closed at {}", time.as_str().unwrap());
    let mut forged = permit.to_owned();
    forged.replace_range(forged.len() - 4.., "AAAA");
    for (permit, option) in [(permit, "1"), (permit, "999"), (&forged, "1"), ("none", "1"), ("", "1")] {
        let closed = here.ballot_refused(&poll, permit, &[option]).await;
        assert_problem(&closed, 409, "POLL_CLOSED", "");
        assert_eq!(closed.detail, said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_a_knapsack_stays_in_its_budget_and_permits_in_their_poll() {
    let here = Installation::start(3, &[]).await;
    let poll = knapsack_poll(&here).await;
    let permit = here.permit(1, &poll).await;
    let over = here.ballot_refused(&poll, &permit, &["A", "B"]).await;
    assert_problem(&over, 400, "BALLOT_INVALID", "ballot.choices");
    assert_eq!(over.violations[0].rule, "must cost at most 100.00 EUR in all, and costs 110.00 EUR");
    let foreign = here.permit(1, &here.city.poll).await;
    let other = here.ballot_refused(&poll, &foreign, &["A"]).await;
    assert_problem(&other, 403, "PERMIT_FOR_ANOTHER_POLL", "permit");
    assert_eq!(here.turnout(&poll).await["ballotCount"], "0");
    here.cast(&poll, &permit, &["A"]).await.unwrap();
    here.cast(&poll, &permit, &["B"]).await.unwrap();
    assert_eq!(here.turnout(&poll).await["ballotCount"], "1", "a changed ballot counts once");
}

/// The poll of a second budget of the same residents: 100 to spend, projects A (60) and B (50), ballots can be changed.
async fn knapsack_poll(here: &Installation) -> String {
    let budget = here.api.get(&format!("/v1/budgets/{}", here.city.budget), None).await.unwrap();
    let process = text(&budget, "/budget/processId").unwrap();
    let poll = here.api.get(&format!("/v1/polls/{}", here.city.poll), None).await.unwrap();
    let roll = text(&poll, "/poll/eligibility/rollId").unwrap();
    let body = json!({
        "title": "Knapsack", "amount": "10000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_KNAPSACK", "recastAllowed": true},
        "allocationRule": {"kind": "RULE_KIND_GREEDY"},
    });
    let budget = here.post(&format!("/v1/processes/{process}/budgets"), body).await.unwrap();
    let budget = text(&budget, "/budget/budgetId").unwrap();
    let negative = json!({"projects": [{"reference": "A", "title": "A", "cost": "-1"}]});
    let path = format!("/v1/budgets/{budget}/projects:batchCreate");
    let negative = here.refused(&path, None, negative).await;
    assert_problem(&negative, 400, "FIELD_INVALID", "projects[0].cost");
    let projects = json!({"projects": [
        {"reference": "A", "title": "A", "cost": "6000"},
        {"reference": "B", "title": "B", "cost": "5000"},
    ]});
    here.post(&path, projects).await.unwrap();
    let vote = json!({
        "rollId": roll,
        "openTime": poll["poll"]["openTime"],
        "closeTime": poll["poll"]["closeTime"],
    });
    let frozen = here.post(&format!("/v1/budgets/{budget}:scheduleVote"), vote).await.unwrap();
    let late = json!({"projects": [{"reference": "C", "title": "C", "cost": "1"}]});
    let late = here.refused(&path, None, late).await;
    assert_problem(&late, 409, "BUDGET_FROZEN", "");
    text(&frozen, "/budget/pollId").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_an_expired_permit_is_refused() {
    let here = Installation::start(1, &[("identity.permit_seconds", "1")]).await;
    let poll = here.city.poll.clone();
    let permit = here.permit(1, &poll).await;
    let receipt = format!("/v1/polls/{poll}/receipts:get");
    wait_until("the permit to expire", Duration::from_secs(30), async || {
        let body = json!({"permit": permit, "castSecret": crate::city::DEVICE});
        problem(here.api.post(&receipt, None, &body).await).reason == "PERMIT_EXPIRED"
    })
    .await;
    let expired = here.ballot_refused(&poll, &permit, &["1"]).await;
    assert_problem(&expired, 403, "PERMIT_EXPIRED", "permit");
    assert_eq!(here.turnout(&poll).await["ballotCount"], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_callers_are_known_or_refused() {
    let here = Installation::start(2, &[]).await;
    let process = json!({"title": "Process", "phases": []});
    let nobody = problem(here.api.post("/v1/processes", None, &process).await);
    assert_problem(&nobody, 401, "SESSION_INVALID", "");
    let resident = here.sign_in(1).await;
    let role = here.refused("/v1/processes", Some(&resident), process.clone()).await;
    assert_problem(&role, 403, "ROLE_MISSING", "");

    let key = here.embedded.secrets.operator_key.clone();
    let elsewhere = Api::new(&here.embedded.url, "elsewhere.example.org", Duration::from_secs(5)).unwrap();
    let unknown = problem(elsewhere.get("/v1/organization", None).await);
    assert_problem(&unknown, 404, "ORGANIZATION_UNKNOWN", "");
    city::create_organization(&elsewhere, &key, "Elsewhere", &["elsewhere.example.org"]).await.unwrap();
    wait_until("the new organization", Duration::from_secs(10), async || {
        elsewhere.get("/v1/organization", None).await.is_ok()
    })
    .await;
    let foreign = problem(elsewhere.post("/v1/processes", Some(&here.city.token), &process).await);
    assert_problem(&foreign, 403, "ORGANIZATION_MISMATCH", "");
    let token = city::sign_in(&elsewhere, &key, true).await.unwrap();
    let hidden = problem(elsewhere.get(&format!("/v1/budgets/{}", here.city.budget), Some(&token)).await);
    assert_problem(&hidden, 404, "RESOURCE_NOT_FOUND", "");
    let poll = problem(elsewhere.get(&format!("/v1/polls/{}", here.city.poll), Some(&token)).await);
    assert_problem(&poll, 404, "RESOURCE_NOT_FOUND", "");

    let wrong = json!({"memberNumber": "000001", "accessCode": here.city.codes["000002"]});
    let wrong = problem(here.api.post("/v1/sessions:signInWithAccessCode", None, &wrong).await);
    assert_problem(&wrong, 401, "CREDENTIALS_INVALID", "");
    let typo = json!({"memberNumber": "000001", "accessCode": "AAAA-AAAA-AAAA-AAAB"});
    let typo = problem(here.api.post("/v1/sessions:signInWithAccessCode", None, &typo).await);
    assert_problem(&typo, 400, "FIELD_INVALID", "access_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_bad_set_ups_are_refused_whole() {
    let here = Installation::start(1, &[]).await;
    let backwards = json!({"title": "Process", "phases": [{
        "title": "Vote", "kind": "PHASE_KIND_VOTE",
        "startTime": "2027-06-02T08:00:00Z", "endTime": "2027-06-01T08:00:00Z",
    }]});
    let backwards = here.refused("/v1/processes", None, backwards).await;
    assert_problem(&backwards, 400, "PHASE_DATES_INVALID", "phases[0].end_time");
    let processes = here.api.get("/v1/processes", Some(&here.city.token)).await.unwrap();
    assert_eq!(processes["processes"].as_array().unwrap().len(), 1);

    let roll = here.post("/v1/rolls", json!({"title": "Second"})).await.unwrap();
    let roll = text(&roll, "/roll/rollId").unwrap();
    let csv = json!({"csv": "member_number,birth_date\n1,1990-01-01\n2,yesterday\n"});
    let csv = here.refused(&format!("/v1/rolls/{roll}/members:import"), None, csv).await;
    assert_problem(&csv, 400, "CSV_INVALID", "csv line 3, column birth_date");
    let roll = here.api.get(&format!("/v1/rolls/{roll}"), Some(&here.city.token)).await.unwrap();
    assert_eq!(roll["roll"]["memberCount"], "0");

    let large = json!({"title": "x".repeat(3 << 20)});
    let large = here.refused("/v1/rolls", None, large).await;
    assert_problem(&large, 413, "BODY_TOO_LARGE", "");
    let unknown = here.refused("/v1/rolls", None, json!({"titel": "Roll"})).await;
    assert_eq!((unknown.status, unknown.reason.as_str()), (400, "BODY_MALFORMED"), "{unknown:?}");
    assert!(unknown.detail.contains("titel"), "{unknown:?}");

    let budget = here.api.get(&format!("/v1/budgets/{}", here.city.budget), None).await.unwrap();
    let process = text(&budget, "/budget/processId").unwrap();
    let proposal = json!({"title": "A proposal in the vote", "body": "It is too late to propose anything."});
    let phase = here.refused(&format!("/v1/processes/{process}/proposals"), None, proposal).await;
    assert_problem(&phase, 409, "PHASE_NOT_OPEN", "process_id");

    let id = city::request_id();
    let first = here.post("/v1/rolls", json!({"title": "Once", "requestId": id})).await.unwrap();
    let again = here.post("/v1/rolls", json!({"title": "Once", "requestId": id})).await.unwrap();
    assert_eq!(first, again);
    let reused = here.refused("/v1/rolls", None, json!({"title": "Other", "requestId": id})).await;
    assert_problem(&reused, 409, "REQUEST_ID_REUSED", "request_id");
    let rolls = here.api.get("/v1/rolls", Some(&here.city.token)).await.unwrap();
    let titles: Vec<_> =
        rolls["rolls"].as_array().unwrap().iter().map(|roll: &Value| &roll["title"]).collect();
    assert_eq!(titles.iter().filter(|title| **title == "Once").count(), 1, "{titles:?}");
}
