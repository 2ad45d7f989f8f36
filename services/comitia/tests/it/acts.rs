//! The log of the organization: what the team does in every service, found by the auditor.

use std::time::Duration;

use comitia_cli::api::text;
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::replay::city;
use comitia_testkit::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::city::{HOST, Installation, assert_problem, problem};
use crate::cluster::{Cluster, OPERATOR_KEY};

const PATIENCE: Duration = Duration::from_secs(30);

/// The session of a new member of the team, who signs in by the code that came by e-mail.
async fn colleague(here: &Installation, email: &str, role: &str) -> String {
    let staff = json!({"email": email, "displayName": email, "roles": [role]});
    here.post("/v1/staff", staff).await.unwrap();
    here.api.post("/v1/sessions:requestEmailCode", None, &json!({"email": email})).await.unwrap();
    let code = wait_for("the e-mail", PATIENCE, async || {
        std::fs::read_dir(&here.embedded.mail).unwrap().find_map(|mail| {
            let mail = std::fs::read_to_string(mail.unwrap().path()).unwrap_or_default();
            let code = mail.split("sign in: ").nth(1)?.trim_start().get(..12)?.to_owned();
            mail.contains(email).then_some(code)
        })
    })
    .await;
    let body = json!({"email": email, "code": code});
    let answer = here.api.post("/v1/sessions:signInWithEmailCode", None, &body).await.unwrap();
    text(&answer, "/session/accessToken").unwrap()
}

async fn log(here: &Installation, auditor: &str, filter: &str) -> Vec<Value> {
    let path = format!("/v1/acts?pageSize=1000{filter}");
    let answer = here.api.get(&path, Some(auditor)).await.unwrap();
    answer["acts"].as_array().cloned().unwrap_or_default()
}

/// The methods of acts, without their packages.
fn methods(acts: &[Value]) -> Vec<&str> {
    acts.iter().filter_map(|act| act["method"].as_str()?.rsplit('/').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_the_auditor_finds_every_act_of_the_team_once() {
    let here = Installation::start(3, &[]).await;
    let api = &here.api;
    let auditor = colleague(&here, "audrey@example.org", "ROLE_AUDITOR").await;
    let moderator = colleague(&here, "mona@example.org", "ROLE_MODERATOR").await;
    let officer = colleague(&here, "olaf@example.org", "ROLE_BUDGET_OFFICER").await;
    wait_until("the set-up", PATIENCE, async || {
        methods(&log(&here, &auditor, "").await).iter().filter(|name| **name == "CreateStaffMember").count()
            == 3
    })
    .await;
    // spaces: a process, and its title. What was set up may come to the log later.
    let now = comitia_core::Clock::system().now();
    let since = format!("&fromTime={}", now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    let time = |hours: i64| (now + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let process = json!({"title": "Ideas", "requestId": "0192f0c1-0000-7000-8000-0000000000aa", "phases": [
        {"title": "Submit", "kind": "PHASE_KIND_SUBMISSION", "startTime": time(-1), "endTime": time(24)},
    ]});
    let created = here.post("/v1/processes", process.clone()).await.unwrap();
    // The same request again is the same act.
    here.post("/v1/processes", process).await.unwrap();
    let process = text(&created, "/process/processId").unwrap();
    let title = json!({"title": "New ideas"});
    api.patch(&format!("/v1/processes/{process}"), Some(&here.city.token), &title).await.unwrap();
    here.post(&format!("/v1/processes/{process}:publish"), json!({})).await.unwrap();

    // proposals: a moderator hides what a resident wrote.
    let resident = here.sign_in(1).await;
    let idea = json!({"title": "Something of my own", "body": "Benches in the shade of the old trees."});
    let path = format!("/v1/processes/{process}/proposals");
    let proposal = wait_for("the published process", PATIENCE, async || {
        api.post(&path, Some(&resident), &idea).await.ok()
    })
    .await;
    let proposal = text(&proposal, "/proposal/proposalId").unwrap();
    let hide = json!({"hidden": true, "reason": "Spam"});
    api.post(&format!("/v1/proposals/{proposal}:moderate"), Some(&moderator), &hide).await.unwrap();

    // identity: an administrator looks a member up, and corrects them.
    let poll = api.get(&format!("/v1/polls/{}", here.city.poll), None).await.unwrap();
    let roll = text(&poll, "/poll/eligibility/rollId").unwrap();
    here.post(&format!("/v1/rolls/{roll}/members:find"), json!({"text": "000002"})).await.unwrap();

    // budgets, and voting: an officer makes a budget, and closes the poll; a refused act is none.
    let budget = json!({
        "title": "Parks", "amount": "1000000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"}, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
    });
    api.post(&format!("/v1/processes/{process}/budgets"), Some(&officer), &budget).await.unwrap();
    let refused = problem(api.post("/v1/processes", Some(&officer), &json!({"title": "No"})).await);
    assert_problem(&refused, 403, "ROLE_MISSING", "");
    let close = json!({"reason": "The count begins"});
    api.post(&format!("/v1/polls/{}:close", here.city.poll), Some(&officer), &close).await.unwrap();

    let expected = [
        "ClosePoll",
        "CreateBudget",
        "FindMembers",
        "ModerateProposal",
        "PublishProcess",
        "UpdateProcess",
        "CreateProcess",
    ];
    wait_until("the acts", PATIENCE, async || log(&here, &auditor, &since).await.len() >= expected.len())
        .await;
    let acts = log(&here, &auditor, &since).await;
    assert_eq!(methods(&acts), expected);
    let [closed, _, found, hidden, _, updated, created, ..] = acts.as_slice() else { panic!("{acts:?}") };
    let change =
        |field: &str, before: &str, after: &str| json!({"field": field, "before": before, "after": after});
    assert_eq!(updated["changes"], json!([change("title", "Ideas", "New ideas")]));
    assert_eq!(updated["resource"], format!("processes/{process}"));
    assert_eq!(created["resource"], format!("processes/{process}"));
    assert_eq!(found["resource"], format!("rolls/{roll}/members"));
    assert_eq!(hidden["changes"][0], change("hidden", "false", "true"));
    assert_eq!(hidden["changes"][1], json!({"field": "reason", "after": "Spam"}));
    assert_eq!(closed["changes"], json!([{"field": "reason", "after": "The count begins"}]));

    // Who is one of the team, as the list of the team names them.
    let team = api.get("/v1/staff", Some(&auditor)).await.unwrap();
    let mona = team["staffMembers"].as_array().unwrap().iter().find(|one| one["email"] == "mona@example.org");
    let actor = mona.unwrap()["actor"].as_str().unwrap();
    assert_eq!(hidden["actor"], actor);
    assert_eq!(methods(&log(&here, &auditor, &format!("&actor={actor}")).await), ["ModerateProposal"]);
    assert_eq!(created["actor"], "operator");

    // Nothing of a member is in it, nor of what a resident wrote.
    let all = serde_json::to_string(&log(&here, &auditor, "").await).unwrap();
    for personal in
        ["000001", "000002", "Something of my own", "@example.org", here.city.codes["000001"].as_str()]
    {
        assert!(!all.contains(personal), "{personal} is in the log");
    }
    // A moderator does not read it.
    assert_problem(&problem(api.get("/v1/acts", Some(&moderator)).await), 403, "ROLE_MISSING", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_an_act_while_rabbitmq_is_down_is_in_the_log_once_it_is_back() {
    let mut cluster = Cluster::start(1).await;
    let api = cluster.api(HOST);
    let plan = seeded_city::plan(1, 1).unwrap();
    let now = comitia_core::Clock::system().now();
    let city = city::set_up(&api, OPERATOR_KEY, &plan, now, &|_| {}).await.unwrap();
    let told = async || {
        let path = "/v1/acts?method=comitia.identity.v1.StaffService/CreateStaffMember";
        let answer = api.get(path, Some(&city.token)).await.ok()?;
        Some(answer["acts"].as_array().map_or(0, Vec::len))
    };
    cluster.rabbit.kill();
    let staff = json!({"email": "ada@example.org", "displayName": "Ada", "roles": ["ROLE_AUDITOR"]});
    api.post("/v1/staff", Some(&city.token), &staff).await.unwrap();
    // A kill of the service that waits for the bus loses nothing either.
    cluster.kill_and_restart("identity-1");
    cluster.rabbit.restart().unwrap();
    wait_until("the act", Duration::from_secs(90), async || told().await == Some(1)).await;
}
