//! Bodies: who may send a large one, how large, and how many bytes at once.

use std::time::Duration;

use comitia_testkit::wait_until;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::double::{CITY, OTHER, session};
use crate::{Door, header, json};

const IMPORT: &str = "/v1/rolls/7/members:import";

/// Sends the head of a request whose body never comes; the answer's status and reason.
async fn head_alone(
    door: &Door,
    path: &str,
    host: &str,
    length: usize,
    token: Option<&str>,
) -> (u16, String) {
    let mut stream = TcpStream::connect(door.url.trim_start_matches("http://")).await.unwrap();
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         {authorization}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: Value = serde_json::from_str(body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, problem["reason"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_comes_unless_its_sender_may_send_it() {
    let door = Door::open().await;
    let participant = session(CITY, &["PARTICIPANT"]);
    let elsewhere = session(OTHER, &["ADMINISTRATOR"]);
    for (token, refused) in [
        (None, (401, "SESSION_INVALID")),
        (Some("no token"), (401, "SESSION_INVALID")),
        (Some(participant.as_str()), (403, "ROLE_MISSING")),
        (Some(elsewhere.as_str()), (403, "ORGANIZATION_MISMATCH")),
    ] {
        for (path, length) in [(IMPORT, 30 << 20), (IMPORT, 65 << 10), ("/v1/polls", 1 << 20)] {
            let answer = head_alone(&door, path, "city.example", length, token).await;
            assert_eq!(answer, (refused.0, refused.1.to_owned()), "{path} with {length} bytes, {token:?}");
        }
    }
    // Nor is a body read for an unknown host name, or above the limit.
    let answer = head_alone(&door, "/v1/polls", "nobody.example", 100, None).await;
    assert_eq!(answer, (404, "ORGANIZATION_UNKNOWN".to_owned()));
    for path in ["/v1/polls/7/ballots", "/v1/sessions:signInWithAccessCode", "/v1/polls/7/permits"] {
        let answer = head_alone(&door, path, "city.example", 200 << 10, None).await;
        assert_eq!(answer, (413, "BODY_TOO_LARGE".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn who_may_send_a_large_body_can() {
    let door = Door::open().await;
    let import = async |token: &str, chunked: bool| {
        let body = json!({"csv": "a".repeat(2 << 20)}).to_string();
        let request = door.request(Method::POST, IMPORT).bearer_auth(token);
        let request = request.header("content-type", "application/json");
        let request = if chunked {
            let pieces: Vec<_> = body.as_bytes().chunks(1 << 16).map(<[u8]>::to_vec).collect();
            let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
            request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))
        } else {
            request.body(body)
        };
        request.send().await.unwrap().status().as_u16()
    };
    let administrator = session(CITY, &["ADMINISTRATOR"]);
    for chunked in [false, true] {
        assert_eq!(
            import(&administrator, chunked).await,
            501,
            "it reached the service, which the double lacks"
        );
    }
    assert_eq!(import(&session(CITY, &["MODERATOR"]), true).await, 403, "a length that is not declared");
}

#[tokio::test]
async fn a_list_without_end_reaches_no_service() {
    let door = Door::open().await;
    let refused = async |path: &str, body: String| {
        let request = door.request(Method::POST, path).bearer_auth(session(CITY, &["BUDGET_OFFICER"]));
        let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let status = response.status().as_u16();
        let problem = json(response).await;
        (status, problem["violations"][0].clone())
    };
    let many = |count: usize| vec!["{}"; count].join(",");
    let projects = "/v1/budgets/7/projects:batchCreate";
    let answer = refused(projects, format!("{{\"projects\":[{}]}}", many(1_000_000))).await;
    assert_eq!(answer, (400, json!({"field": "projects", "rule": "must have at most 10000 items"})));
    let answer =
        refused("/v1/polls/7/ballots", format!("{{\"ballot\":{{\"choices\":[{}]}}}}", many(1001))).await;
    assert_eq!(answer, (400, json!({"field": "ballot.choices", "rule": "must have at most 1000 items"})));
    let answer = refused("/v1/polls", "[".repeat(50_000)).await;
    assert_eq!(answer.1["rule"], "must not be nested deeper than 32 levels");
    let answer = refused("/v1/polls", json!({"title": null}).to_string()).await;
    assert_eq!(answer, (400, json!({"field": "title", "rule": "must not be null: leave it out instead"})));
    assert!(door.double.calls("CastBallot").is_empty() && door.double.calls("CreatePoll").is_empty());
    // The largest ballot fits.
    let choice = format!("{{\"optionId\": \"{}\", \"points\": 4294967295}}", "a".repeat(64));
    let choices = vec![choice; 1000].join(", ");
    let body = format!("{{\"permit\": \"{}\", \"ballot\": {{\"choices\": [{choices}]}}}}", "p".repeat(1000));
    let request =
        door.request(Method::POST, "/v1/polls/7/ballots").header("content-type", "application/json");
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn ballots_have_room_when_the_budget_of_bytes_is_spent() {
    let door = Door::open_with(|config| config.body_budget_bytes = 8_000).await;
    let cast = |poll: &str, bytes: usize| {
        let request = door.request(Method::POST, &format!("/v1/polls/{poll}/ballots"));
        request.json(&json!({"permit": "p".repeat(bytes)})).send()
    };
    let held = comitia_core::task::spawn("held", cast("gated", 6_000));
    wait_until("the cast", Duration::from_secs(10), async || door.double.gated(CITY) == 1).await;
    let create = async || door.post("/v1/polls", json!({"title": "a".repeat(1_500)})).await;
    let refused = create().await;
    assert!(!header(&refused, "retry-after").is_empty());
    assert_eq!(refused.status(), 429);
    assert_eq!(json(refused).await["reason"], "OVERLOADED");
    assert_eq!(cast("7", 500).await.unwrap().status(), 200);
    assert_eq!(cast("7", 3_000).await.unwrap().status(), 429, "no more than there is");
    door.double.open_gate();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(create().await.status(), 200);
}
