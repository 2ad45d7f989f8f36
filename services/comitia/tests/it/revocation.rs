//! Rights that are taken away are gone in every service, whatever else is away.

use std::time::Duration;

use comitia_cli::api::{Api, Problem, text};
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::replay::city::{self, City};
use comitia_core::Clock;
use comitia_testkit::{Front, wait_for, wait_until};
use serde_json::{Value, json};

use crate::city::problem;
use crate::cluster::{Cluster, OPERATOR_KEY};

const HOST: &str = "seedville.example.org";
/// A second is what is promised, on a machine that has time.
const SOON: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);
/// What no service has, so that a call that is let in changes nothing.
const NOTHING: &str = "0192a000-0000-7000-8000-000000000000";

/// A call of each service that this role may make and that finds nothing.
fn calls(role: &str) -> Vec<(String, Value)> {
    let close = (format!("/v1/polls/{NOTHING}:close"), json!({"reason": "test"}));
    let publish = (format!("/v1/processes/{NOTHING}:publish"), json!({}));
    let answer = json!({"state": "PROPOSAL_STATE_EXAMINED", "answer": "Thank you."});
    let answer = (format!("/v1/proposals/{NOTHING}:answer"), answer);
    let idea = json!({"title": "Benches", "body": "Benches in the shade of the old trees."});
    let idea = (format!("/v1/processes/{NOTHING}/proposals"), idea);
    let schedule =
        json!({"rollId": NOTHING, "openTime": "2030-01-01T00:00:00Z", "closeTime": "2030-02-01T00:00:00Z"});
    let schedule = (format!("/v1/budgets/{NOTHING}:scheduleVote"), schedule);
    let code = (format!("/v1/rolls/{NOTHING}/members/1:replaceAccessCode"), json!({}));
    match role {
        "participant" => vec![idea, ("/v1/me:export".into(), Value::Null)],
        "operator" => {
            // There is one with this host name.
            let again = json!({"displayName": "Seedville", "hostNames": [HOST]});
            vec![("/v1/organizations".into(), again)]
        }
        _ => vec![close, publish, answer, schedule, code],
    }
}

struct Here {
    cluster: Cluster,
    api: Api,
    city: City,
}

impl Here {
    async fn start() -> Self {
        let settings = ["common.revocations.stale_ms=2000"];
        let cluster = Cluster::start_behind(Front::None, 1, &[], &settings).await;
        let plan = seeded_city::plan(1, 3).unwrap();
        let patient = cluster.api(HOST);
        let city = city::set_up(&patient, OPERATOR_KEY, &plan, Clock::system().now(), &|_| {}).await.unwrap();
        // Tries nothing again.
        let api = Api::new(&cluster.gateways(), HOST, Duration::ZERO).unwrap();
        Self { cluster, api, city }
    }

    /// Anything that the clients of tests have no word for.
    async fn change(&self, method: &str, path: &str, body: Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = request.request(method, format!("{}{path}", self.cluster.gateways()));
        let request = request.header("host", HOST).bearer_auth(&self.city.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// A new administrator: id and session.
    async fn administrator(&self, email: &str) -> (String, String) {
        let staff = json!({"email": email, "displayName": email, "roles": ["ROLE_ADMINISTRATOR"]});
        let answer = self.api.post("/v1/staff", Some(&self.city.token), &staff).await.unwrap();
        let id = text(&answer, "/staffMember/staffMemberId").unwrap();
        self.api.post("/v1/sessions:requestEmailCode", None, &json!({"email": email})).await.unwrap();
        let code = wait_for("the e-mail", PATIENCE, async || {
            std::fs::read_dir(self.cluster.mail()).unwrap().find_map(|mail| {
                let mail = std::fs::read_to_string(mail.unwrap().path()).unwrap_or_default();
                let code = mail.split("sign in: ").nth(1)?.trim_start().get(..12)?.to_owned();
                mail.contains(email).then_some(code)
            })
        })
        .await;
        let body = json!({"email": email, "code": code});
        let answer = self.api.post("/v1/sessions:signInWithEmailCode", None, &body).await.unwrap();
        (id, text(&answer, "/session/accessToken").unwrap())
    }

    async fn resident(&self, number: &str) -> String {
        let body = json!({"memberNumber": number, "accessCode": self.city.codes[number]});
        let answer = self.api.post("/v1/sessions:signInWithAccessCode", None, &body).await.unwrap();
        text(&answer, "/session/accessToken").unwrap()
    }

    async fn permit(&self, session: &str) -> String {
        let path = format!("/v1/polls/{}/permits", self.city.poll);
        let answer = wait_for("the permit", PATIENCE, async || {
            self.api.post(&path, Some(session), &json!({})).await.ok()
        });
        text(&answer.await, "/permit").unwrap()
    }

    /// What the services say to a caller's calls.
    async fn answers(&self, role: &str, token: &str) -> Vec<Problem> {
        let mut answers = Vec::new();
        for (path, body) in calls(role) {
            let answer = if body.is_null() {
                self.api.get(&path, Some(token)).await
            } else {
                self.api.post(&path, Some(token), &body).await
            };
            answers.push(answer.map_or_else(|failure| problem(Err(failure)), |_| Problem::default()));
        }
        answers
    }

    /// Waits until every service gives the caller this answer.
    async fn refused(&self, role: &str, token: &str, status: u16, reason: &str) {
        let given = |problem: &Problem| problem.status == status && problem.reason == reason;
        wait_until(&format!("{reason} for the {role} in every service"), SOON, async || {
            self.answers(role, token).await.iter().all(given)
        })
        .await;
    }

    /// Fails if a service refuses the caller for want of rights or knowledge.
    async fn let_in(&self, role: &str, token: &str) {
        for answer in self.answers(role, token).await {
            assert!(![401, 403, 503].contains(&answer.status), "{role}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_rights_that_are_taken_away_are_gone_in_every_service() {
    let mut here = Here::start().await;
    let (ada_id, ada) = here.administrator("ada@example.org").await;
    let (ben_id, ben) = here.administrator("ben@example.org").await;
    // One has to stay.
    here.administrator("eve@example.org").await;
    let (resident, voter) = (here.resident("000001").await, here.resident("000002").await);
    let permit = here.permit(&voter).await;
    let operator = city::sign_in(&here.api, OPERATOR_KEY, false).await.unwrap();
    for (role, token) in [
        ("administrator", &ada),
        ("administrator", &ben),
        ("participant", &resident),
        ("operator", &operator),
    ] {
        here.let_in(role, token).await;
    }

    // It comes neither by the bus nor by the cache.
    here.cluster.rabbit.kill();
    here.cluster.redis.kill();
    here.change("DELETE", &format!("/v1/staff/{ada_id}"), Value::Null).await;
    here.refused("administrator", &ada, 401, "SESSION_REVOKED").await;
    here.change("PATCH", &format!("/v1/staff/{ben_id}"), json!({"roles": ["ROLE_AUDITOR"]})).await;
    here.refused("administrator", &ben, 401, "SESSION_REVOKED").await;
    here.api.post("/v1/me:erase", Some(&resident), &json!({})).await.unwrap();
    here.refused("participant", &resident, 401, "SESSION_REVOKED").await;
    here.api.post("/v1/sessions:revoke", Some(&operator), &json!({})).await.unwrap();
    here.refused("operator", &operator, 401, "SESSION_REVOKED").await;

    let poll = format!("/v1/polls/{}", here.city.poll);
    let close = here.api.post(&format!("{poll}:close"), Some(&ada), &json!({"reason": "mine"})).await;
    assert_eq!(problem(close).reason, "SESSION_REVOKED");
    // To a public method, who was somebody is anybody.
    let read = here.api.get(&poll, Some(&ada)).await.unwrap();
    assert_eq!(read["poll"]["state"], "POLL_STATE_OPEN", "{read}");
    here.let_in("administrator", &here.city.token).await;

    // Without identity nobody knows who is still staff. People vote on.
    here.cluster.kill("identity-1").unwrap();
    let staff = here.city.token.clone();
    wait_until("staff are refused", SOON, async || {
        let mut answers = here.answers("administrator", &staff).await;
        // The last one is identity's own.
        answers.pop();
        answers.iter().all(|answer| answer.status == 503 && answer.reason == "DEPENDENCY_UNAVAILABLE")
    })
    .await;
    let idea = &here.answers("participant", &voter).await[0];
    assert_eq!((idea.status, idea.reason.as_str()), (404, "RESOURCE_NOT_FOUND"), "{idea:?}");
    let choices = json!([{"optionId": "1"}]);
    let ballot =
        json!({"permit": permit, "ballot": {"choices": choices}, "castSecret": "AAECAwQFBgcICQoLDA0ODw=="});
    here.api.post(&format!("{poll}/ballots"), None, &ballot).await.unwrap();

    here.cluster.rabbit.restart().unwrap();
    here.cluster.redis.restart().unwrap();
    here.cluster.start_again("identity-1", &[]).unwrap();
    here.cluster.process_ready("identity-1").await.unwrap();
    wait_until("staff are let in", PATIENCE, async || {
        let answers = here.answers("administrator", &staff).await;
        answers.iter().all(|answer| ![401, 403, 503].contains(&answer.status))
    })
    .await;
    here.refused("administrator", &ada, 401, "SESSION_REVOKED").await;
}
