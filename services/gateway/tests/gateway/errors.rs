//! Errors: each has its status, its reason and what a caller can do about it.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::double::{CITY, Double, session};
use crate::{Door, header, json};

async fn problem(response: Response) -> (u16, Value) {
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let status = response.status().as_u16();
    let problem = json(response).await;
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:comitia:problem:{}", problem["reason"].as_str().unwrap()));
    assert!(!problem["trace_id"].as_str().unwrap().is_empty());
    (status, problem)
}

async fn reason(response: Response) -> (u16, String) {
    let (status, problem) = problem(response).await;
    (status, problem["reason"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_a_service_refuses_reaches_the_client() {
    let door = Door::open().await;
    let cast = async |poll: &str| {
        problem(door.post(&format!("/v1/polls/{poll}/ballots"), json!({"permit": "p"})).await).await
    };
    let (status, refused) = cast("closed").await;
    assert_eq!(
        (status, &refused["reason"], &refused["code"]),
        (409, &json!("POLL_CLOSED"), &json!("FAILED_PRECONDITION"))
    );
    assert_eq!(refused["detail"], "the poll has closed");
    let (status, refused) = cast("invalid").await;
    assert_eq!((status, &refused["reason"]), (400, &json!("BALLOT_INVALID")));
    assert_eq!(
        refused["violations"],
        json!([{"field": "ballot.choices[2].option_id", "rule": "must not be there"}])
    );
    let (status, refused) = cast("missing").await;
    assert_eq!((status, &refused["reason"]), (404, &json!("RESOURCE_NOT_FOUND")));
    let (status, refused) = cast("defect").await;
    assert_eq!(
        (status, &refused["reason"], &refused["detail"]),
        (500, &json!("INTERNAL"), &json!("internal error"))
    );
    let response = door.post("/v1/polls/foreign/ballots", json!({})).await;
    assert_eq!(header(&response, "www-authenticate"), "Bearer");
    assert_eq!(reason(response).await, (401, "SESSION_EXPIRED".into()));
    let response = door.post("/v1/polls/busy/ballots", json!({})).await;
    assert_eq!(header(&response, "retry-after"), "2");
    let (status, refused) = problem(response).await;
    assert_eq!((status, &refused["retry_after"]), (429, &json!(2)));
}

#[tokio::test]
async fn refused_reads_are_not_kept() {
    let door = Door::open().await;
    for _ in 0..2 {
        assert_eq!(reason(door.get("/v1/polls/missing").await).await, (404, "RESOURCE_NOT_FOUND".into()));
    }
    assert_eq!(door.double.calls("GetPoll").len(), 2);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let door = Door::open().await;
    for path in
        ["/v1/nothing", "/v1/polls/7:frobnicate", "/v1/polls/", "/comitia.voting.v1.PollService/GetPoll"]
    {
        assert_eq!(reason(door.get(path).await).await, (404, "ROUTE_UNKNOWN".into()), "{path}");
    }
    let response = door.request(Method::DELETE, "/v1/polls/7").send().await.unwrap();
    assert_eq!(header(&response, "allow"), "GET, HEAD, OPTIONS");
    assert_eq!(reason(response).await, (405, "ROUTE_UNKNOWN".into()));
    assert_eq!(reason(door.get("/v1/polls/7:close").await).await.0, 405);
}

#[tokio::test]
async fn a_bad_body_names_the_field() {
    let door = Door::open().await;
    let (status, refused) = problem(door.post("/v1/polls", json!({"eligibility": {"role": 1}})).await).await;
    assert_eq!((status, &refused["reason"]), (400, &json!("BODY_MALFORMED")));
    assert_eq!(
        refused["violations"],
        json!([{"field": "eligibility.role", "rule": "is not a field of this request"}])
    );
    let send = async |kind: &str, body: &'static str| {
        let request = door.request(Method::POST, "/v1/polls").header("content-type", kind).body(body);
        problem(request.send().await.unwrap()).await
    };
    let (status, refused) = send("application/json", "{\"title\":").await;
    assert_eq!(
        (status, &refused["reason"], &refused["violations"][0]["field"]),
        (400, &json!("BODY_MALFORMED"), &json!("body"))
    );
    let (status, refused) = send("text/plain", "{}").await;
    assert_eq!((status, &refused["violations"][0]["field"]), (415, &json!("content-type")));
    let (status, refused) = problem(door.get("/v1/polls?page_size=many").await).await;
    assert_eq!((status, &refused["reason"]), (400, &json!("FIELD_INVALID")));
    assert_eq!(refused["violations"][0]["field"], "page_size");
    let (_, refused) = problem(door.get("/v1/polls?pagesize=1").await).await;
    assert_eq!(refused["violations"][0]["field"], "pagesize");
    assert!(door.double.calls("CreatePoll").is_empty() && door.double.calls("ListPolls").is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_not() {
    let door = Door::open_with(|config| config.body_limit_bytes = 1000).await;
    let long = json!({"title": "a".repeat(2000)});
    assert_eq!(reason(door.post("/v1/polls", long.clone()).await).await, (413, "BODY_TOO_LARGE".into()));
    let chunks = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>("a".repeat(100))));
    let request = door.request(Method::POST, "/v1/polls").bearer_auth(session(CITY, &["ADMINISTRATOR"]));
    let request = request.header("content-type", "application/json");
    let response = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(reason(response).await, (413, "BODY_TOO_LARGE".into()));
    // A method's own limit wins: importing a roll takes more than the general limit.
    let import = door.request(Method::POST, "/v1/rolls/7/members:import");
    let import =
        import.bearer_auth(session(CITY, &["ADMINISTRATOR"])).json(&json!({"csv": "a".repeat(2000)}));
    assert_eq!(
        reason(import.send().await.unwrap()).await.0,
        501,
        "it reached the service, which does not have it in this test"
    );
}

#[tokio::test]
async fn a_host_name_of_nobody_has_only_what_belongs_to_nobody() {
    let door = Door::open().await;
    let at = |method: Method, path: &str| {
        door.client.request(method, format!("{}{path}", door.url)).header("host", "nobody.example")
    };
    for path in ["/v1/polls", "/v1/organization", "/v1/polls/7"] {
        let response = at(Method::GET, path).send().await.unwrap();
        assert_eq!(reason(response).await, (404, "ORGANIZATION_UNKNOWN".into()), "{path}");
    }
    assert_eq!(door.double.resolved(), 1, "what is unknown is remembered for a moment");
    let keys = at(Method::GET, "/.well-known/jwks.json").send().await.unwrap();
    assert_eq!(json(keys).await["keys"][0]["kid"], "k1");
    let session = at(Method::POST, "/v1/sessions:signInOperator").json(&json!({})).send().await.unwrap();
    assert_eq!(session.status(), 200);
    let created =
        at(Method::POST, "/v1/organizations").bearer_auth("operator").json(&json!({})).send().await.unwrap();
    assert_eq!(created.status(), 200);
    assert!(!door.double.calls("CreateOrganization")[0].contains_key("comitia-organization"));
}

#[tokio::test]
async fn an_organization_is_there_at_once_for_who_creates_it() {
    let door = Door::open().await;
    let at = |method: Method, path: &str| {
        door.client.request(method, format!("{}{path}", door.url)).header("host", "new.example")
    };
    // An earlier look-up, so that the gateway has cached the name as nobody's.
    let early = at(Method::GET, "/v1/polls").send().await.unwrap();
    assert_eq!(reason(early).await, (404, "ORGANIZATION_UNKNOWN".into()));
    at(Method::POST, "/v1/organizations").bearer_auth("operator").json(&json!({})).send().await.unwrap();
    let session = at(Method::POST, "/v1/sessions:signInOperator").json(&json!({})).send().await.unwrap();
    assert_eq!(session.status(), 200);
    let calls = door.double.calls("SignInOperator");
    assert!(
        calls[0].contains_key("comitia-organization"),
        "the administrator signs in to the new organization"
    );
}

#[tokio::test]
async fn a_session_asks_again_for_a_host_name_of_nobody() {
    let door = Door::open().await;
    let read = |token: Option<&str>| {
        let request = door.client.get(format!("{}/v1/polls", door.url)).header("host", "new.example");
        token.iter().fold(request, |request, token| request.bearer_auth(token)).send()
    };
    assert_eq!(read(None).await.unwrap().status(), 404);
    let create = door.client.post(format!("{}/v1/organizations", door.url)).header("host", "city.example");
    create.bearer_auth("operator").json(&json!({})).send().await.unwrap();
    assert_eq!(read(Some("administrator")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_installation_with_one_organization_answers_on_any_host_name() {
    let door = Door::open_with(|config| config.default_organization_host = Some("city.example".into())).await;
    let response = door.client.get(format!("{}/v1/polls/7", door.url)).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn the_default_organization_does_not_stand_in_for_one_that_was_just_created() {
    let door =
        Door::open_with(|config| config.default_organization_host = Some("other.example".into())).await;
    let at = |method: Method, path: &str| {
        door.client.request(method, format!("{}{path}", door.url)).header("host", "new.example")
    };
    // Both are cached: that the name is nobody's, and the default organization.
    assert_eq!(at(Method::GET, "/v1/polls").send().await.unwrap().status(), 200);
    let default = door.double.calls("ListPolls")[0]["comitia-organization"].clone();
    at(Method::POST, "/v1/organizations").bearer_auth("operator").json(&json!({})).send().await.unwrap();
    let session = at(Method::POST, "/v1/sessions:signInOperator").json(&json!({})).send().await.unwrap();
    assert_eq!(session.status(), 200);
    let signed_in = door.double.calls("SignInOperator")[0]["comitia-organization"].clone();
    assert_ne!(signed_in, default, "the operator signs in to the new organization");
}

#[tokio::test]
async fn a_service_that_takes_too_long_is_given_up() {
    let door = Door::open_with(|config| config.request_timeout_ms = 200).await;
    assert_eq!(reason(door.get("/v1/polls/slow").await).await, (504, "DEADLINE_EXCEEDED".into()));
}

#[tokio::test]
async fn a_service_that_is_away_can_be_asked_again() {
    // A port that nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let door = Door::open_before(Double::start().await, &away, |_| {}).await;
    let response = door.post("/v1/polls/7/ballots", json!({})).await;
    assert_eq!(header(&response, "retry-after"), "1");
    assert_eq!(reason(response).await, (503, "DEPENDENCY_UNAVAILABLE".into()));
    assert_eq!(reason(door.get("/v1/polls/7").await).await, (503, "DEPENDENCY_UNAVAILABLE".into()));
}

#[tokio::test]
async fn a_service_whose_connection_breaks_can_be_asked_again() {
    // Accepts the connection and closes it, as a killed process does.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let breaking = format!("http://{}", listener.local_addr().unwrap());
    comitia_core::task::spawn("breaking", async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let door = Door::open_before(Double::start().await, &breaking, |_| {}).await;
    let response = door.post("/v1/polls/7/ballots", json!({})).await;
    assert_eq!(reason(response).await, (503, "DEPENDENCY_UNAVAILABLE".into()));
}

/// Two addresses: a server that accepts and closes connections, and no server.
async fn gone() -> [String; 2] {
    let breaking = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = [&breaking, &away].map(|listener| format!("http://{}", listener.local_addr().unwrap()));
    comitia_core::task::spawn("breaking", async move {
        while let Ok((stream, _)) = breaking.accept().await {
            drop(stream);
        }
    });
    addresses
}

#[tokio::test]
async fn a_replica_that_has_gone_costs_no_ballot_and_no_read() {
    for gone in gone().await {
        let double = Double::start().await;
        let replicas = format!("{gone},{}", double.address);
        let door = Door::open_before(double, &replicas, |_| {}).await;
        for _ in 0..40 {
            let cast = door.post("/v1/polls/7/ballots", json!({"permit": "p", "ballot": {}})).await;
            assert_eq!(cast.status(), 200);
            let read = door.request(Method::GET, "/v1/polls/7").bearer_auth("session").send().await.unwrap();
            assert_eq!(read.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_end() {
    let door = Door::open().await;
    let request = door.request(Method::GET, "/v1/polls/gated");
    let reading = comitia_core::task::spawn("read", async move { request.send().await.unwrap().status() });
    comitia_testkit::wait_until("the call", Duration::from_secs(10), async || {
        !door.double.calls("GetPoll").is_empty()
    })
    .await;
    door.runtime.lifecycle.stop();
    door.double.open_gate();
    assert_eq!(reading.await.unwrap(), 200);
    door.close().await;
}
