//! Writes: bodies, idempotency keys, what travels with a call.

use reqwest::Method;
use serde_json::json;

use crate::double::{CITY, OTHER};
use crate::{Door, json};

#[tokio::test]
async fn a_body_and_its_path_become_one_message() {
    let door = Door::open().await;
    let response = door
        .post(
            "/v1/polls",
            json!({
                "title": "Vote",
                "openTime": "2026-06-01T08:00:00Z",
                "eligibility": {"roll_id": "7", "districts": ["A", "B"]},
                "options": [{"optionId": "p1", "cost": "9007199254740993"}],
            }),
        )
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "private, no-store");
    let poll = json(response).await;
    assert_eq!(poll["poll"]["openTime"], "2026-06-01T08:00:00Z");
    assert_eq!(poll["poll"]["eligibility"]["districts"], json!(["A", "B"]));
    assert_eq!(poll["poll"]["options"][0]["cost"], "9007199254740993", "no digit is lost");
}

#[tokio::test]
async fn a_ballot_travels_with_its_permit_alone() {
    let door = Door::open().await;
    let response = door
        .request(Method::POST, "/v1/polls/7/ballots")
        .bearer_auth("the voter's session")
        .header("cookie", "who=me")
        .header("x-forwarded-for", "203.0.113.9")
        .header("comitia-organization", OTHER)
        .json(&json!({"permit": "permit", "ballot": {}}))
        .send()
        .await
        .unwrap();
    let receipt = json(response).await;
    assert_eq!(receipt["receipt"]["trackingCode"], "permit");
    assert_eq!(receipt["receipt"]["pollId"], "7");
    let metadata = &door.double.calls("CastBallot")[0];
    assert_eq!(metadata["comitia-organization"], CITY);
    for name in ["authorization", "cookie", "comitia-client-address", "x-forwarded-for", "x-request-id"] {
        assert!(!metadata.contains_key(name), "{name}");
    }
    assert!(metadata.contains_key("grpc-timeout"), "the deadline is passed on");
}

#[tokio::test]
async fn an_idempotency_key_becomes_the_request_id() {
    let door = Door::open().await;
    let id = async |key: &str, body: serde_json::Value| {
        let request = door.request(Method::POST, "/v1/organizations").header("idempotency-key", key);
        let response = request.json(&body).send().await.unwrap();
        json(response).await["organization"]["organizationId"].as_str().unwrap().to_owned()
    };
    let uuid = "0192f0c1-2b3c-7def-8123-456789abcdef";
    assert_eq!(id(uuid, json!({})).await, uuid);
    assert_eq!(id("key", json!({"requestId": uuid})).await, uuid);
    let made = id("order 66", json!({})).await;
    assert_eq!(made, id("order 66", json!({})).await);
    assert_ne!(made, id("order 67", json!({})).await);
    assert_eq!(made.len(), 36);
}

#[tokio::test]
async fn the_proxys_word_counts_only_when_it_is_trusted() {
    let sign_in = async |door: &Door| {
        let request = door.request(Method::POST, "/v1/sessions:signInWithAccessCode");
        let request = request.header("x-forwarded-for", "203.0.113.9").json(&json!({"memberNumber": "1"}));
        assert_eq!(request.send().await.unwrap().status(), 200);
        door.double.calls("SignInWithAccessCode")[0]["comitia-client-address"].to_str().unwrap().to_owned()
    };
    assert_eq!(sign_in(&Door::open().await).await, "127.0.0.1");
    let trusting =
        Door::open_with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    assert_eq!(sign_in(&trusting).await, "203.0.113.9");
}

#[tokio::test]
async fn other_sites_may_call_only_where_they_are_allowed() {
    let preflight = async |door: &Door, origin: &str| {
        door.request(Method::OPTIONS, "/v1/polls/7/ballots")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send()
            .await
            .unwrap()
    };
    let allowed = "https://vote.example";
    let door = Door::open_with(|config| config.cors.allowed_origins = vec![allowed.into()]).await;
    let response = preflight(&door, allowed).await;
    assert_eq!(response.headers()["access-control-allow-origin"], allowed);
    assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    let headers = response.headers()["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    assert!(headers.contains("idempotency-key") && headers.contains("authorization"), "{headers}");
    assert!(
        !preflight(&door, "https://evil.example").await.headers().contains_key("access-control-allow-origin")
    );
    let read = door.request(Method::GET, "/v1/polls/7").header("origin", allowed).send().await.unwrap();
    assert_eq!(read.headers()["access-control-allow-origin"], allowed);
    assert_eq!(read.headers()["x-content-type-options"], "nosniff");

    let closed = Door::open().await;
    let response = preflight(&closed, allowed).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["allow"], "OPTIONS, POST");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_wrong_origin_is_named_at_the_start() {
    let door = Door::open_with(|config| config.cors.allowed_origins = vec!["https://a\nb".into()]).await;
    let error = door.server.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("allowed_origins"), "{error}");
}
