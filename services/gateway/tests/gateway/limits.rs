//! Rate limits and overload.

use std::time::Duration;

use comitia_gateway::Limit;
use comitia_testkit::wait_until;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{Door, header, json};

const SCARCE: Limit = Limit { burst: 2, per_seconds: 600 };

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let door = Door::open_with(|config| {
        config.rate_limits.sign_in = SCARCE;
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let sign_in = async |address: &str| {
        let request = door.request(Method::POST, "/v1/sessions:signInWithAccessCode");
        request.header("x-forwarded-for", address).json(&json!({})).send().await.unwrap()
    };
    assert_eq!(sign_in("203.0.113.1").await.status(), 200);
    assert_eq!(sign_in("203.0.113.1").await.status(), 200);
    let refused = sign_in("203.0.113.1").await;
    assert_eq!(refused.status(), 429);
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    let problem = json(refused).await;
    assert_eq!((&problem["reason"], &problem["retry_after"]), (&json!("RATE_LIMITED"), &json!(seconds)));
    assert_eq!(sign_in("203.0.113.2").await.status(), 200, "another address");
    assert_eq!(door.get("/v1/polls/7").await.status(), 200, "another class");
    assert_eq!(door.double.calls("SignInWithAccessCode").len(), 3);
}

#[tokio::test]
async fn limits_can_be_switched_off() {
    let door = Door::open_with(|config| {
        config.rate_limits.vote = SCARCE;
        config.rate_limits.enabled = false;
    })
    .await;
    for _ in 0..10 {
        assert_eq!(door.post("/v1/polls/7/ballots", json!({})).await.status(), 200);
    }
}

#[tokio::test]
async fn when_it_gets_too_much_reads_give_way_to_votes() {
    let door = Door::open_with(|config| {
        config.max_in_flight = 4;
        config.share_answers = false;
    })
    .await;
    let reads: Vec<_> = (0..3)
        .map(|_| {
            let request = door.request(Method::GET, "/v1/polls/gated");
            comitia_core::task::spawn("read", async move { request.send().await.unwrap().status() })
        })
        .collect();
    wait_until("three calls", Duration::from_secs(10), async || door.double.calls("GetPoll").len() == 3)
        .await;
    let refused = door.get("/v1/polls/7").await;
    assert_eq!(refused.status(), 429);
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=4).contains(&seconds), "{seconds}");
    assert_eq!(json(refused).await["reason"], "OVERLOADED");
    assert_eq!(door.post("/v1/polls/7/ballots", json!({})).await.status(), 200);
    door.double.open_gate();
    for read in reads {
        assert_eq!(read.await.unwrap(), 200);
    }
    assert_eq!(door.get("/v1/polls/7").await.status(), 200);
}

/// The answers to eight casts that are in flight.
async fn eight_in_flight(door: &Door, cast: impl Fn() -> RequestBuilder) -> Vec<JoinHandle<StatusCode>> {
    let waiting = (0..8).map(|_| {
        let request = cast();
        comitia_core::task::spawn("cast", async move { request.send().await.unwrap().status() })
    });
    let waiting = waiting.collect();
    wait_until("eight calls", Duration::from_secs(10), async || door.double.calls("CastBallot").len() == 8)
        .await;
    waiting
}

#[tokio::test]
async fn a_service_that_stands_still_costs_callers_no_time_and_comes_back_by_itself() {
    let door = Door::open_with(|config| config.max_in_flight = 8).await;
    let cast = |poll: &str| {
        door.request(Method::POST, &format!("/v1/polls/{poll}/ballots")).json(&json!({"permit": "p"}))
    };
    let waiting = eight_in_flight(&door, || cast("gated")).await;
    for number in 0..20 {
        // Browsers send the origin of a page with every POST, even to its own server.
        let cast =
            if number % 2 == 0 { cast("7") } else { cast("7").header("origin", "https://own.example") };
        let refused = cast.send().await.unwrap();
        assert_eq!(refused.status(), 429);
        assert!((1..=4).contains(&header(&refused, "retry-after").parse::<u64>().unwrap()));
        assert_ne!(header(&refused, "x-request-id"), "");
        assert_eq!(json(refused).await["reason"], "OVERLOADED");
    }
    assert_eq!(door.double.calls("CastBallot").len(), 8, "those refused cost the service nothing");
    door.double.open_gate();
    for cast in waiting {
        assert_eq!(cast.await.unwrap(), 200, "whoever was let in has an answer");
    }
    assert_eq!(cast("7").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn pages_of_other_origins_can_read_that_they_are_refused() {
    let allowed = "https://city.example";
    let door = Door::open_with(|config| {
        config.max_in_flight = 8;
        config.cors.allowed_origins = vec![allowed.into()];
    })
    .await;
    let cast = |poll: &str| {
        let path = format!("/v1/polls/{poll}/ballots");
        door.request(Method::POST, &path).header("origin", allowed).json(&json!({"permit": "p"}))
    };
    let waiting = eight_in_flight(&door, || cast("gated")).await;
    let refused = cast("7").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "access-control-allow-origin"), allowed);
    assert!(header(&refused, "access-control-expose-headers").contains("retry-after"));
    door.double.open_gate();
    for cast in waiting {
        assert_eq!(cast.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_service_that_refuses_is_asked_for_less() {
    let door = Door::open().await;
    let cast = async |poll: &str| door.post(&format!("/v1/polls/{poll}/ballots"), json!({})).await;
    // The gateway passes on the service's refusal and its `Retry-After`.
    let refused = cast("busy").await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after").as_str()), (429, "2"));
    assert_eq!(cast("7").await.status(), 200, "one refusal is no reason to stop");
}
