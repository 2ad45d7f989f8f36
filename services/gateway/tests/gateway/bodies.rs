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

/// A file of this many bytes, which comes in pieces of 64 KiB.
fn in_pieces(bytes: usize) -> (Vec<u8>, reqwest::Body) {
    let file: Vec<u8> = (0..bytes).map(|byte| b'a' + u8::try_from(byte % 23).unwrap()).collect();
    let pieces: Vec<_> = file.chunks(1 << 16).map(<[u8]>::to_vec).collect();
    let pieces = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    (file, reqwest::Body::wrap_stream(pieces))
}

#[tokio::test]
async fn a_file_is_handed_on_while_it_comes_and_takes_nothing_of_the_budget() {
    let door = Door::open_with(|config| config.body_budget_bytes = 100_000).await;
    let (file, body) = in_pieces(3 << 20);
    let request = door.request(Method::POST, "/v1/rolls/7/members:import?partial=true");
    let request = request.bearer_auth(session(CITY, &["ADMINISTRATOR"]));
    let request = request.header("content-type", "text/csv; charset=windows-1252");
    let key = "0192f0c1-2b3c-7def-8123-456789abcdef";
    let response = request.header("idempotency-key", key).body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer = json(response).await;
    assert_eq!((&answer["importedCount"], &answer["lineCount"]), (&json!("7"), &json!("0")));
    let (import, came, whole) = door.double.uploads().remove(0);
    assert!(came == file && whole);
    assert_eq!((import.roll_id.as_str(), import.partial), ("7", true));
    assert_eq!((import.encoding.as_str(), import.request_id.as_str()), ("windows-1252", key));
    assert!(import.file.is_empty() && import.csv.is_empty());
    // What a service learns of its caller is as with every call.
    assert!(door.double.calls("UploadMembers")[0].contains_key("authorization"));
}

#[tokio::test]
async fn a_file_that_does_not_arrive_as_a_whole_has_no_end() {
    let door = Door::open().await;
    let administrator = session(CITY, &["ADMINISTRATOR"]);
    let mut stream = TcpStream::connect(door.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST {IMPORT} HTTP/1.1\r\nhost: city.example\r\ncontent-type: text/csv\r\ncontent-length: 300000\r\n\
         authorization: Bearer {administrator}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[b'a'; 100_000]).await.unwrap();
    wait_until("what was sent", Duration::from_secs(10), async || {
        door.double.uploads().first().is_some_and(|(_, came, _)| came.len() == 100_000)
    })
    .await;
    drop(stream);
    // The next upload shows that the gateway goes on.
    let (_, body) = in_pieces(1 << 10);
    let request = door.request(Method::POST, IMPORT).bearer_auth(&administrator);
    let answer = request.header("content-type", "text/csv").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let uploads = door.double.uploads();
    assert_eq!((uploads[0].1.len(), uploads[0].2), (100_000, false), "it looks whole");
    assert!(uploads[1].2);
}

#[tokio::test]
async fn who_may_not_send_a_file_sends_none_and_no_file_is_too_large() {
    let door = Door::open().await;
    let send = async |token: &str, bytes: usize| {
        let request = door.request(Method::POST, IMPORT).bearer_auth(token);
        let response = request.header("content-type", "text/csv").body(in_pieces(bytes).1).send().await;
        let response = response.unwrap();
        (response.status().as_u16(), json(response).await["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send("no token", 10).await, (401, "SESSION_INVALID".to_owned()));
    assert_eq!(send(&session(CITY, &["MODERATOR"]), 10).await, (403, "ROLE_MISSING".to_owned()));
    assert!(door.double.uploads().is_empty());
    let administrator = session(CITY, &["ADMINISTRATOR"]);
    assert_eq!(send(&administrator, (32 << 20) + 1).await, (413, "BODY_TOO_LARGE".to_owned()));
    assert!(!door.double.uploads()[0].2, "it has no end");
}

#[tokio::test]
async fn a_method_with_a_time_of_its_own_has_it() {
    let door = Door::open_with(|config| config.request_timeout_ms = 200).await;
    let request = door.request(Method::POST, "/v1/rolls/slow/members:import");
    let request = request.bearer_auth(session(CITY, &["ADMINISTRATOR"]));
    let response =
        request.header("content-type", "text/csv").body("member_number\n1\n").send().await.unwrap();
    assert_eq!(response.status(), 200, "it takes twice the time of calls in general");
    assert_eq!(door.get("/v1/polls/slow").await.status(), 504);
}
