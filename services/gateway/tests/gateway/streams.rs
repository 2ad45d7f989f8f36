//! Server-sent events.

use std::time::Duration;

use comitia_testkit::wait_until;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{Door, header, json};

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads events until the text contains `end`.
async fn read_to(response: &mut Response, text: &mut String, end: &str) {
    while !text.contains(end) {
        let chunk =
            tokio::time::timeout(PATIENCE, response.chunk()).await.expect("an event in time").unwrap();
        text.push_str(
            std::str::from_utf8(&chunk.unwrap_or_else(|| panic!("ended before {end:?}: {text}"))).unwrap(),
        );
    }
}

fn data(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|json| serde_json::from_str(json).unwrap())
        .collect()
}

#[tokio::test]
async fn each_message_is_an_event() {
    let door = Door::open().await;
    let response = door.get("/v1/polls/ending/turnout:watch").await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "text/event-stream");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "connection"), "close", "nothing comes after the end of a stream");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("retry: 3000\n\nid: 1\ndata: {"), "{text}");
    assert!(text.contains("\n\nid: 2\ndata: {"), "{text}");
    assert!(text.ends_with("event: end\ndata: {}\n\n"), "{text}");
    let events = data(&text);
    assert_eq!(events[0]["turnout"]["ballotCount"], "1");
    assert_eq!(events[1]["turnout"]["ballotCount"], "2");
    assert_eq!(events[1]["turnout"]["pollId"], "ending");
}

#[tokio::test]
async fn an_error_before_the_first_event_is_an_answer_and_one_later_an_event() {
    let door = Door::open().await;
    let refused = door.get("/v1/polls/missing/turnout:watch").await;
    assert_eq!(refused.status(), 404);
    assert_eq!(json(refused).await["reason"], "RESOURCE_NOT_FOUND");
    let text = door.get("/v1/polls/failing/turnout:watch").await.text().await.unwrap();
    assert!(text.contains("event: error\ndata: {"), "{text}");
    let events = data(&text);
    assert_eq!((&events[2]["reason"], &events[2]["status"]), (&json!("POLL_CLOSED"), &json!(409)));
}

#[tokio::test]
async fn watchers_notice_nothing_of_a_replica_that_stops() {
    let door = Door::open_with(|config| config.streams.heartbeat_ms = 30).await;
    let mut response = door.get("/v1/polls/moving/turnout:watch").await;
    let mut text = String::new();
    read_to(&mut response, &mut text, "id: 4\n").await;
    assert!(!text.contains("event: "), "{text}");
    assert_eq!(door.double.calls("WatchTurnout").len(), 2);
    wait_until("one call", PATIENCE, async || door.double.open_streams() == 1).await;
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let door = Door::open_with(|config| config.streams.heartbeat_ms = 30).await;
    let mut response = door.get("/v1/polls/7/turnout:watch").await;
    let mut text = String::new();
    read_to(&mut response, &mut text, ": heartbeat\n\n: heartbeat\n\n").await;
    assert_eq!(data(&text).len(), 2);
}

#[tokio::test]
async fn a_stream_outlives_the_time_for_a_request() {
    let door = Door::open_with(|config| {
        config.request_timeout_ms = 100;
        config.streams.heartbeat_ms = 60;
    })
    .await;
    let mut response = door.get("/v1/polls/7/turnout:watch").await;
    let mut text = String::new();
    read_to(&mut response, &mut text, &": heartbeat\n\n".repeat(4)).await;
    assert!(!text.contains("event: error"), "{text}");
}

#[tokio::test]
async fn streams_of_one_address_are_limited_until_one_ends() {
    let door = Door::open_with(|config| config.streams.max_per_address = 2).await;
    let first = door.get("/v1/polls/7/turnout:watch").await;
    let _second = door.get("/v1/polls/7/turnout:watch").await;
    let refused = door.get("/v1/polls/7/turnout:watch").await;
    assert_eq!(refused.status(), 429);
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((5..=20).contains(&seconds), "{seconds}");
    assert_eq!(json(refused).await["reason"], "RATE_LIMITED");
    drop(first);
    wait_until("the slot of the stream that ended", PATIENCE, async || {
        door.get("/v1/polls/7/turnout:watch").await.status() == 200
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_call_behind() {
    let door = Door::open().await;
    let mut response = door.get("/v1/polls/7/turnout:watch").await;
    read_to(&mut response, &mut String::new(), "id: 2").await;
    assert_eq!(door.double.open_streams(), 1);
    drop(response);
    wait_until("the end of the call", PATIENCE, async || door.double.open_streams() == 0).await;
}

#[tokio::test]
async fn streams_end_when_the_process_stops() {
    let door = Door::open().await;
    let mut response = door.get("/v1/polls/7/turnout:watch").await;
    let mut text = String::new();
    read_to(&mut response, &mut text, "id: 2").await;
    door.runtime.lifecycle.stop();
    let end = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("an end in time");
    assert!(!matches!(end, Ok(Some(_))), "{end:?}");
    tokio::time::timeout(PATIENCE, door.close()).await.expect("the gateway ends");
}

#[tokio::test]
async fn all_who_watch_a_poll_share_one_call() {
    let door = Door::open().await;
    let mut watchers = Vec::new();
    for _ in 0..30 {
        let mut response = door.get("/v1/polls/7/turnout:watch").await;
        // The first watcher sees both events, a later one the newest.
        read_to(&mut response, &mut String::new(), "id: 2").await;
        watchers.push(response);
    }
    assert_eq!((door.double.calls("WatchTurnout").len(), door.double.open_streams()), (1, 1));
    let other = door.get("/v1/polls/8/turnout:watch").await;
    assert_eq!(other.status(), 200);
    let url = format!("{}/v1/polls/7/turnout:watch", door.url);
    let elsewhere = door.client.get(&url).header("host", "other.example").send().await.unwrap();
    assert_eq!(elsewhere.status(), 200);
    let with_session =
        door.request(reqwest::Method::GET, "/v1/polls/7/turnout:watch").bearer_auth("token").send().await;
    assert_eq!(with_session.unwrap().status(), 200);
    assert_eq!(
        door.double.calls("WatchTurnout").len(),
        4,
        "another poll, organization and caller are others"
    );
    drop((other, elsewhere, watchers.split_off(1)));
    wait_until("the others to be gone", PATIENCE, async || door.double.open_streams() == 1).await;
    drop(watchers);
    wait_until("the end of the call", PATIENCE, async || door.double.open_streams() == 0).await;
    let mut again = door.get("/v1/polls/7/turnout:watch").await;
    read_to(&mut again, &mut String::new(), "id: 2").await;
}
