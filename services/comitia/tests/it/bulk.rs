//! Large imports and acts on many things: whatever is killed in the middle, nothing is half done, and the same request again has one
//! outcome.

use std::time::Duration;

use comitia_cli::api::{Api, text};
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::replay::city::{self, City, request_id};
use comitia_testkit::wait_until;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::city::HOST;
use crate::cluster::{Cluster, OPERATOR_KEY};

const PATIENCE: Duration = Duration::from_secs(90);
const MEMBERS: usize = 20_000;
const PROPOSALS: usize = 40;

async fn start() -> (Cluster, Api, City, PgPool) {
    let cluster = Cluster::start(1).await;
    let api = cluster.api(HOST);
    let plan = seeded_city::plan(1, 1).unwrap();
    let now = comitia_core::Clock::system().now();
    let city = city::set_up(&api, OPERATOR_KEY, &plan, now, &|_| {}).await.unwrap();
    let admin = cluster.database.admin_pool().unwrap();
    (cluster, api, city, admin)
}

/// Sends a roll whose second half waits for `goes_on`; the answer, if one comes.
async fn import(
    gateway: &str,
    city: &City,
    (roll, key): (&str, &str),
    goes_on: tokio::sync::oneshot::Receiver<()>,
) -> Option<Value> {
    let mut lines = "member_number,email\n".to_owned();
    for member in 0..MEMBERS {
        lines.push_str(&format!("{member},voter{member}@example.org\n"));
    }
    let (first, second) = lines.split_at(lines.len() * 3 / 4);
    let (first, second) = (first.to_owned(), second.to_owned());
    let rest = async {
        let _ = goes_on.await;
        Ok::<_, std::io::Error>(second)
    };
    let body = futures_util::stream::iter([Ok(first)]);
    let body = futures_util::StreamExt::chain(body, futures_util::stream::once(rest));
    let answer = reqwest::Client::new()
        .post(format!("{}/v1/rolls/{roll}/members:import", gateway.trim_end_matches('/')))
        .header("host", HOST)
        .header("content-type", "text/csv")
        .header("idempotency-key", key)
        .bearer_auth(&city.token)
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .ok()?;
    if !answer.status().is_success() {
        return None;
    }
    answer.json().await.ok()
}

fn at_once() -> tokio::sync::oneshot::Receiver<()> {
    tokio::sync::oneshot::channel().1
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_kill_9_of_identity_in_the_middle_of_an_import_leaves_nothing_of_it() {
    let (mut cluster, api, city, admin) = start().await;
    let roll = api.post("/v1/rolls", Some(&city.token), &json!({"title": "Roll"})).await.unwrap();
    let roll = text(&roll, "/roll/rollId").unwrap();
    let members = async || {
        let answer = api.get(&format!("/v1/rolls/{roll}"), Some(&city.token)).await.unwrap();
        text(&answer, "/roll/memberCount").unwrap()
    };
    let (gateway, key) = (cluster.addresses("gateway").remove(0), request_id());
    let (go_on, goes_on) = tokio::sync::oneshot::channel();
    let (answer, ()) = tokio::join!(import(&gateway, &city, (&roll, &key), goes_on), async {
        wait_until("lines of the import", PATIENCE, async || {
            let locks =
                "SELECT EXISTS (SELECT FROM pg_locks lock JOIN pg_class class ON class.oid = lock.relation
                                        WHERE class.relname = 'members' AND lock.mode = 'RowExclusiveLock')";
            sqlx::query_scalar::<_, bool>(locks).fetch_one(&admin).await.unwrap()
        })
        .await;
        cluster.kill_and_restart("identity-1");
        let _ = go_on.send(());
    });
    assert_eq!(answer, None, "an import that was killed is no success");
    assert_eq!(members().await, "0");

    let first = import(&gateway, &city, (&roll, &key), at_once()).await.unwrap();
    assert_eq!(first["importedCount"], MEMBERS.to_string());
    let again = import(&gateway, &city, (&roll, &key), at_once()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(members().await, MEMBERS.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_kill_9_of_proposals_in_the_middle_of_many_answers_answers_none() {
    let (mut cluster, api, city, admin) = start().await;
    let token = Some(city.token.as_str());
    let now = comitia_core::Clock::system().now();
    let time = |hours: i64| (now + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let phase = json!({
        "title": "Ideas", "kind": "PHASE_KIND_SUBMISSION", "startTime": time(-1), "endTime": time(24),
    });
    let process = json!({"title": "Ideas", "phases": [phase], "requestId": request_id()});
    let process =
        text(&api.post("/v1/processes", token, &process).await.unwrap(), "/process/processId").unwrap();
    api.post(&format!("/v1/processes/{process}:publish"), token, &json!({})).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..PROPOSALS {
        let body = json!({
            "title": format!("Bench {number}"), "body": "In the shade of the old trees.", "requestId": request_id(),
        });
        let path = format!("/v1/processes/{process}/proposals");
        let made = comitia_testkit::wait_for("the published process", PATIENCE, async || {
            api.post(&path, token, &body).await.ok()
        })
        .await;
        ids.push(text(&made, "/proposal/proposalId").unwrap());
    }
    let answered = async || {
        let path = format!("/v1/processes/{process}/proposals?state=PROPOSAL_STATE_REJECTED&pageSize=1000");
        api.get(&path, token).await.unwrap()["proposals"].as_array().map_or(0, Vec::len)
    };
    let body = json!({
        "proposalIds": ids, "state": "PROPOSAL_STATE_REJECTED", "answer": "No room.", "requestId": request_id(),
    });
    // Somebody else holds one of them, so that the batch has begun and cannot end.
    let mut holder = admin.begin().await.unwrap();
    sqlx::query("SELECT FROM proposals.proposals WHERE proposal_id = $1::uuid FOR UPDATE")
        .bind(ids.last().unwrap())
        .execute(&mut *holder)
        .await
        .unwrap();
    let call = async { api.post("/v1/proposals:batchAnswer", token, &body).await };
    let (answer, ()) = tokio::join!(call, async {
        wait_until("the batch at the lock", PATIENCE, async || {
            let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)";
            sqlx::query_scalar::<_, bool>(waits).fetch_one(&admin).await.unwrap()
        })
        .await;
        cluster.kill_and_restart("proposals-1");
        holder.rollback().await.unwrap();
    });
    // The client of the test repeats what failed; either way there is one outcome.
    let first = match answer {
        Ok(answer) => answer,
        Err(_) => api.post("/v1/proposals:batchAnswer", token, &body).await.unwrap(),
    };
    assert_eq!((&first["doneCount"], &first["refusedCount"]), (&json!(PROPOSALS), &json!(0)));
    assert_eq!(api.post("/v1/proposals:batchAnswer", token, &body).await.unwrap(), first);
    assert_eq!(answered().await, PROPOSALS);
    // Each has one line in the log, with what changed.
    let method = "comitia.proposals.v1.ProposalService/BatchAnswerProposals";
    let acts = async || {
        let answer = api.get(&format!("/v1/acts?pageSize=1000&method={method}"), token).await.unwrap();
        answer["acts"].as_array().cloned().unwrap_or_default()
    };
    wait_until("a line for each", PATIENCE, async || acts().await.len() >= PROPOSALS).await;
    let acts = acts().await;
    let mut told: Vec<_> = acts.iter().map(|act| act["resource"].as_str().unwrap().to_owned()).collect();
    told.sort();
    let mut expected: Vec<_> = ids.iter().map(|id| format!("proposals/{id}")).collect();
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(acts[0]["changes"][1], json!({"field": "answer", "after": "No room."}));
}
