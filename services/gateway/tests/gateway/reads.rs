//! Reads: JSON, caching, compression, the gateway's own documents.

use comitia_testkit::wait_until;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

use crate::double::{CITY, OTHER};
use crate::{Door, header, json};

#[tokio::test]
async fn a_read_becomes_a_call_and_the_answer_json() {
    let door = Door::open().await;
    let response = door.get("/v1/polls/7").await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
    let poll = json(response).await;
    assert_eq!(poll["poll"]["title"], "The vote");
    assert_eq!(poll["poll"]["state"], "POLL_STATE_OPEN");
    assert_eq!(poll["poll"]["recastAllowed"], false);
    let list = json(door.get("/v1/polls?pageSize=7").await).await;
    assert_eq!(list, json!({"polls": [], "nextPageToken": "size 7"}));
    door.close().await;
}

#[tokio::test]
async fn every_answer_has_security_headers_and_a_request_id() {
    let door = Door::open_with(|config| config.hsts_seconds = 600).await;
    for path in ["/v1/polls/7", "/v1/nothing", "/openapi.json", "/v1"] {
        let response = door.request(Method::GET, path).header("x-request-id", "mine-1").send().await.unwrap();
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "x-frame-options"), "DENY");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert!(header(&response, "content-security-policy").starts_with("default-src 'none'"));
        assert!(header(&response, "strict-transport-security").starts_with("max-age=600"));
        assert_eq!(header(&response, "x-request-id"), "mine-1");
    }
    assert!(!header(&door.get("/v1").await, "x-request-id").is_empty());
}

#[tokio::test]
async fn a_public_read_can_be_asked_for_again_by_its_tag() {
    let door = Door::open().await;
    let response = door.get("/v1/polls/7").await;
    let tag = header(&response, "etag");
    assert!(tag.starts_with('"') && tag.len() == 66, "{tag}");
    assert_eq!(
        header(&response, "cache-control"),
        "public, max-age=0, s-maxage=2, stale-while-revalidate=2, stale-if-error=600"
    );
    assert!(header(&response, "vary").contains("Authorization"));
    let again = door.request(Method::GET, "/v1/polls/7").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(header(&again, "etag"), tag);
    assert!(again.bytes().await.unwrap().is_empty());
    let changed =
        door.request(Method::GET, "/v1/polls/8").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn what_a_session_reads_is_for_it_alone() {
    let door = Door::open().await;
    let read = || door.request(Method::GET, "/v1/polls/changing").bearer_auth("token").send();
    let (first, second) = (read().await.unwrap(), read().await.unwrap());
    assert_eq!(header(&first, "cache-control"), "private, no-store");
    assert_eq!(header(&first, "etag"), "");
    assert_ne!(json(first).await, json(second).await, "a shared answer");
    let metadata = &door.double.calls("GetPoll")[0];
    assert_eq!(metadata["authorization"], "Bearer token");
    assert_eq!(metadata["comitia-organization"], CITY);
    assert_eq!(metadata["comitia-client-address"], "127.0.0.1");
}

#[tokio::test]
async fn equal_public_reads_at_once_are_one_call() {
    let door = Door::open().await;
    let reads: Vec<_> = (0..20)
        .map(|_| {
            let request = door.request(Method::GET, "/v1/polls/gated");
            comitia_core::task::spawn("read", async move { request.send().await.unwrap().status() })
        })
        .collect();
    wait_until("the call", Duration::from_secs(10), async || !door.double.calls("GetPoll").is_empty()).await;
    door.double.open_gate();
    for read in reads {
        assert_eq!(read.await.unwrap(), 200);
    }
    assert_eq!(door.double.calls("GetPoll").len(), 1);
}

#[tokio::test]
async fn a_shared_answer_is_one_organizations() {
    let door = Door::open().await;
    let of = async |host: &str| {
        let url = format!("{}/v1/organization", door.url);
        let response = door.client.get(url).header("host", host).send().await.unwrap();
        json(response).await["organization"]["organizationId"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("city.example").await, CITY);
    assert_eq!(of("other.example").await, OTHER);
    assert_eq!(of("CITY.example:8080").await, CITY);
}

#[tokio::test]
async fn sharing_can_be_switched_off() {
    let door = Door::open_with(|config| config.share_answers = false).await;
    let first = json(door.get("/v1/polls/changing").await).await;
    assert_ne!(first, json(door.get("/v1/polls/changing").await).await);
}

#[tokio::test]
async fn long_answers_are_compressed() {
    let door = Door::open().await;
    let request = |path: &str| door.request(Method::GET, path).header("accept-encoding", "gzip").send();
    let response = request("/v1/polls/long").await.unwrap();
    assert_eq!(header(&response, "content-encoding"), "gzip");
    assert!(header(&response, "etag").starts_with("W/\""));
    assert!(header(&response, "vary").to_lowercase().contains("accept-encoding"));
    assert!(response.bytes().await.unwrap().len() < 1000);
    let response = request("/v1/polls/7").await.unwrap();
    assert_eq!(header(&response, "content-encoding"), "");
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let door = Door::open().await;
    let get = door.get("/v1/polls/7").await;
    let head = door.request(Method::HEAD, "/v1/polls/7").send().await.unwrap();
    assert_eq!(head.status(), 200);
    for name in ["etag", "content-length", "content-type"] {
        assert_eq!(header(&head, name), header(&get, name), "{name}");
        assert_ne!(header(&head, name), "", "{name}");
    }
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_gateway_describes_itself() {
    let door = Door::open().await;
    let url = format!("{}/openapi.json", door.url);
    let response = door.client.get(&url).header("host", "nobody.example").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_ne!(header(&response, "etag"), "");
    let document = json(response).await;
    assert_eq!(document, comitia_gateway::openapi().unwrap());
    assert_eq!(document["openapi"], "3.1.1");
    let welcome = json(door.get("/v1").await).await;
    assert_eq!(welcome["openapi"], "/openapi.json");
    assert_eq!(door.request(Method::POST, "/v1").send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_trace_goes_on_behind_the_door() {
    // Without telemetry the problem's trace id is the request's id.
    let door = Door::open().await;
    let response =
        door.request(Method::GET, "/v1/nothing").header("x-request-id", "mine-2").send().await.unwrap();
    assert_eq!(json(response).await["trace_id"], "mine-2");
}

#[tokio::test]
async fn a_host_name_is_asked_for_once() {
    let door = Door::open().await;
    for poll in 0..10 {
        assert_eq!(door.get(&format!("/v1/polls/{poll}")).await.status(), 200);
    }
    assert_eq!(door.double.resolved(), 1);
}

#[tokio::test]
async fn a_rush_on_one_page_is_one_call_however_it_is_asked_for() {
    let door = Door::open().await;
    let first = door.get("/v1/polls/changing").await;
    let (tag, length) = (header(&first, "etag"), header(&first, "content-length"));
    let names: Vec<_> = first.headers().keys().map(|name| name.to_string()).collect();
    let title = json(first).await;
    for _ in 0..3 {
        let again = door
            .request(Method::GET, "/v1/polls/changing")
            .header("x-request-id", "mine")
            .send()
            .await
            .unwrap();
        assert_eq!((header(&again, "etag"), header(&again, "content-length")), (tag.clone(), length.clone()));
        for name in &names {
            assert!(again.headers().contains_key(name), "{name}");
        }
        assert_eq!(header(&again, "x-request-id"), "mine");
        assert_eq!(json(again).await, title);
        let head = door.request(Method::HEAD, "/v1/polls/changing").send().await.unwrap();
        assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, length.clone()));
        assert!(head.bytes().await.unwrap().is_empty());
        let unchanged = door
            .request(Method::GET, "/v1/polls/changing")
            .header("if-none-match", &tag)
            .send()
            .await
            .unwrap();
        assert_eq!((unchanged.status().as_u16(), header(&unchanged, "etag")), (304, tag.clone()));
    }
    assert_eq!(door.double.calls("GetPoll").len(), 1);
    // A page of another origin may read it only with CORS headers, so it takes the slow path to the
    // same answer.
    let elsewhere =
        door.request(Method::GET, "/v1/polls/changing").header("origin", "https://a.example").send().await;
    assert_eq!(json(elsewhere.unwrap()).await, title);
    assert_eq!(door.double.calls("GetPoll").len(), 1);
}

#[tokio::test]
async fn a_gateway_that_drains_answers_and_sends_its_callers_elsewhere() {
    let door = Door::open().await;
    let before = door.get("/v1/polls/7").await;
    assert_eq!((before.status().as_u16(), header(&before, "connection").as_str()), (200, ""));
    door.runtime.lifecycle.drain();
    for path in ["/v1/polls/7", "/v1/polls/7", "/v1/polls/8", "/v1/polls/missing"] {
        let answer = door.get(path).await;
        assert_eq!(header(&answer, "connection"), "close", "{path}: {}", answer.status());
    }
    door.close().await;
}
