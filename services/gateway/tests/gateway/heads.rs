//! Heads of requests and answers, and the shared connection to a service: one caller's fault hurts
//! no other caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, Version};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::double::{CITY, Double};
use crate::{Door, header, json, runtime};

/// A gateway in front of the real voting server.
async fn open() -> Door {
    let double = Double::start().await;
    let voting = double.serve_voting(runtime(&double.address, &double.address)).await;
    Door::open_before(double, &voting, |config| {
        config.share_answers = false;
        config.rate_limits.enabled = false;
    })
    .await
}

/// A cast and a read on the same connection succeed, although `attack` runs while they wait at the
/// gate.
async fn assert_others_end_well(door: &Door, attack: impl Future<Output = ()>) {
    let requests = [
        door.request(Method::POST, "/v1/polls/gated/ballots").json(&json!({"permit": "p"})),
        door.request(Method::GET, "/v1/polls/gated"),
    ];
    let others = requests.map(|request| {
        comitia_core::task::spawn("other", async move { request.send().await.unwrap().status() })
    });
    comitia_testkit::wait_until("the others", std::time::Duration::from_secs(10), async || {
        door.double.gated(CITY) == 1 && door.double.calls("GetPoll").iter().any(is_read_of_other)
    })
    .await;
    attack.await;
    for _ in 0..5 {
        let cast = door.post("/v1/polls/7/ballots", json!({"permit": "p"})).await;
        assert_eq!(cast.status(), 200);
    }
    assert_eq!(
        (door.double.calls("CastBallot").len(), door.double.gated(CITY)),
        (6, 1),
        "none was sent again"
    );
    door.double.open_gate();
    for other in others {
        assert_eq!(other.await.unwrap(), 200);
    }
}

fn is_read_of_other(metadata: &http::HeaderMap) -> bool {
    !metadata.contains_key("authorization")
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_at_the_edge() {
    let door = open().await;
    let http2 = Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    assert_others_end_well(&door, async {
        for (kibibytes, explained) in [(5, true), (20, true), (60, true), (70, false), (200, false)] {
            for (client, version) in [(&door.client, Version::HTTP_11), (&http2, Version::HTTP_2)] {
                let request = client.get(format!("{}/v1/polls?page_size=7", door.url));
                let response = request.bearer_auth("x".repeat(kibibytes * 1024)).send().await.unwrap();
                let case = format!("{kibibytes} KiB, {version:?}");
                assert_eq!((response.status().as_u16(), response.version()), (431, version), "{case}");
                if explained {
                    assert_eq!(json(response).await["violations"][0]["field"], "authorization", "{case}");
                }
            }
        }
        assert!(door.double.calls("ListPolls").is_empty());
    })
    .await;
}

#[tokio::test]
async fn other_headers_that_go_on_have_bounds_too() {
    let door = open().await;
    for (name, bytes) in [("traceparent", 300), ("tracestate", 2_000), ("cookie", 9_000)] {
        let request = door.request(Method::GET, "/v1/polls/7").header(name, "x".repeat(bytes));
        let problem = json(request.send().await.unwrap()).await;
        assert_eq!(
            (&problem["status"], &problem["reason"], &problem["violations"][0]["field"]),
            (&json!(431), &json!("HEADERS_TOO_LARGE"), &json!(name))
        );
    }
    let session = door.request(Method::GET, "/v1/polls/7").bearer_auth("x".repeat(4_000));
    assert_eq!(session.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn thousands_of_violations_reach_their_caller_and_nobody_else() {
    let door = open().await;
    assert_others_end_well(&door, async {
        for _ in 0..10 {
            let request = door.request(Method::GET, "/v1/polls/crowded").bearer_auth("session");
            let problem = json(request.send().await.unwrap()).await;
            assert_eq!((&problem["status"], &problem["reason"]), (&json!(400), &json!("FIELD_INVALID")));
            let named = problem["violations"].as_array().unwrap().len();
            assert!((30..=50).contains(&named), "{named}");
            assert_eq!(problem["more_violations"], 3_000 - named);
            assert!(problem["detail"].as_str().unwrap().ends_with(" more violations)"), "{problem}");
        }
    })
    .await;
    let cast = json(door.post("/v1/polls/crowded/ballots", json!({"permit": "p"})).await).await;
    assert_eq!((&cast["status"], &cast["reason"]), (&json!(400), &json!("FIELD_INVALID")));
    assert!(cast["more_violations"].as_u64().unwrap() > 2_900, "{cast}");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let door = open().await;
    let ask = async |hosts: &str| {
        let address = door.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /v1/polls/7 HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    assert!(ask("host: city.example\r\n").await.starts_with("HTTP/1.1 200 "));
    for hosts in
        ["", "host: city.example\r\nhost: other.example\r\n", "host: city.example\r\nhost: city.example\r\n"]
    {
        let answer = ask(hosts).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("FIELD_INVALID"), "{answer}");
    }
}

/// A service that resets every stream, or the whole connection, with ENHANCE_YOUR_CALM. Its address
/// and the number of calls.
async fn breaking(whole: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let counted = came.clone();
    comitia_core::task::spawn("breaking", async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = counted.clone();
            comitia_core::task::spawn("connection", async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, mut respond))) = connection.accept().await {
                    // The starting gateway probes the health service, which is not counted.
                    if request.uri().path().starts_with("/grpc.health.") {
                        respond.send_reset(h2::Reason::REFUSED_STREAM);
                        continue;
                    }
                    counted.fetch_add(1, Ordering::SeqCst);
                    if whole {
                        connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM);
                    } else {
                        respond.send_reset(h2::Reason::ENHANCE_YOUR_CALM);
                    }
                }
            });
        }
    });
    (address, came)
}

#[tokio::test]
async fn a_broken_connection_is_unknown_and_never_overload() {
    for whole in [false, true] {
        let (voting, came) = breaking(whole).await;
        let door = Door::open_before(Double::start().await, &voting, |_| {}).await;
        let assert_unknown = async |response: reqwest::Response, tried: usize| {
            assert_eq!(header(&response, "retry-after"), "1");
            let problem: Value = json(response).await;
            assert_eq!(
                (&problem["status"], &problem["reason"]),
                (&json!(503), &json!("DEPENDENCY_UNAVAILABLE")),
                "{whole}"
            );
            assert_eq!(came.swap(0, Ordering::SeqCst), tried, "{whole}");
        };
        // Repeatable calls are retried, others are not.
        assert_unknown(door.post("/v1/polls/7/ballots", json!({"permit": "p"})).await, 3).await;
        assert_unknown(door.get("/v1/polls/7").await, 3).await;
        assert_unknown(door.post("/v1/polls", json!({"title": "t"})).await, 1).await;
    }
}
