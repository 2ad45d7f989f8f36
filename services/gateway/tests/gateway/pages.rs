//! Pages, with a double for the portal.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use comitia_core::Clock;
use comitia_gateway::WaitingRoomMode;
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

use crate::double::{CITY, Double};
use crate::{Door, header, runtime_with};

/// What the portal received: path with query, headers, body.
type Seen = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// A gateway in front of a portal.
async fn open(configure: impl FnOnce(&mut comitia_gateway::Config)) -> (Door, Seen) {
    let double = Double::start().await;
    let cache = Arc::new(comitia_cache::InProcess::new(Clock::system()));
    let mut runtime = runtime_with(cache, &double.address, &double.address);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    runtime.endpoints.portal = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let (noted, served) = (seen.clone(), runtime.clone());
    let pages = axum::Router::new().fallback(move |request: Request| answer(noted.clone(), request));
    comitia_core::task::spawn("portal", async move {
        comitia_platform::grpc::serve_pages("portal", listener, pages, &served).await.unwrap();
    });
    let mut door = Door::open_for(runtime, double, configure).await;
    door.client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    (door, seen)
}

async fn answer(seen: Seen, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = head.uri.path_and_query().unwrap().to_string();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push((path.clone(), head.headers, String::from_utf8(body.to_vec()).unwrap()));
        seen.len()
    };
    if path.starts_with("/fr/panics") {
        panic!("a page fails");
    }
    let mut response = format!("<p>{number} {}</p>", "long ".repeat(500)).into_response();
    let control =
        if path.starts_with("/fr/public") { "public, max-age=0, s-maxage=2" } else { "private, no-store" };
    let headers = response.headers_mut();
    headers.insert("content-type", "text/html; charset=utf-8".parse().unwrap());
    headers.insert("cache-control", control.parse().unwrap());
    headers.insert("content-security-policy", "default-src 'self'".parse().unwrap());
    headers.insert("referrer-policy", "same-origin".parse().unwrap());
    if path == "/fr/sets" {
        headers.insert("set-cookie", "session=new; Path=/".parse().unwrap());
    }
    response
}

fn paths(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(path, ..)| path.clone()).collect()
}

#[tokio::test]
async fn a_page_comes_from_the_portal_with_its_own_headers() {
    let (door, seen) = open(|config| config.hsts_seconds = 600).await;
    let response =
        door.request(Method::GET, "/fr/sets?a=b").header("cookie", "session=1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-security-policy"), "default-src 'self'");
    assert_eq!(header(&response, "referrer-policy"), "same-origin");
    assert_eq!(header(&response, "x-frame-options"), "DENY");
    assert!(header(&response, "strict-transport-security").starts_with("max-age=600"));
    let (path, headers, _) = seen.lock().unwrap()[0].clone();
    assert_eq!(path, "/fr/sets?a=b");
    assert_eq!(headers["comitia-organization"], CITY);
    assert_eq!(headers["comitia-host"], "city.example");
    assert_eq!(headers["comitia-client-address"], "127.0.0.1");
    assert_eq!(headers["cookie"], "session=1");
    assert!(headers.contains_key("grpc-timeout") && !headers.contains_key("authorization"));
    let response = door.get("/fr/sets").await;
    assert_eq!(header(&response, "set-cookie"), "session=new; Path=/");
    door.close().await;
}

#[tokio::test]
async fn public_pages_are_made_once_and_compressed_once() {
    let (door, seen) = open(|_| {}).await;
    let get = || door.request(Method::GET, "/fr/public").header("accept-encoding", "gzip");
    let first = get().send().await.unwrap();
    assert_eq!(header(&first, "content-encoding"), "gzip");
    assert_eq!(header(&first, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&first, "cache-control"), "public, max-age=0, s-maxage=2");
    let tag = header(&first, "etag");
    for _ in 0..3 {
        assert_eq!(get().send().await.unwrap().status(), 200);
    }
    let again = get().header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(paths(&seen).len(), 1);
    // A request with a session gets a page of its own.
    get().header("cookie", "a=b; session=1").send().await.unwrap();
    assert_eq!(paths(&seen).len(), 2);
    // A page that is not public is never cached.
    for _ in 0..2 {
        door.get("/fr/private").await;
    }
    assert_eq!(paths(&seen).len(), 4);
    door.close().await;
}

#[tokio::test]
async fn a_ballot_comes_without_session_and_address() {
    let (door, seen) = open(|_| {}).await;
    let cast = door
        .request(Method::POST, "/fr/votes/7/cast")
        .header("cookie", "session=1")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("permit=p&choice=1");
    assert_eq!(cast.send().await.unwrap().status(), 200);
    let (_, headers, body) = seen.lock().unwrap()[0].clone();
    assert_eq!(body, "permit=p&choice=1");
    for name in ["cookie", "comitia-client-address", "x-forwarded-for"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    door.close().await;
}

#[tokio::test]
async fn what_cannot_be_shown_is_a_page_too() {
    let (door, seen) = open(|_| {}).await;
    let json = door.request(Method::POST, "/fr/proposals").json(&1).send().await.unwrap();
    assert_eq!(json.status(), 415);
    assert_eq!(header(&json, "content-type"), "text/html; charset=utf-8");
    let long = "a".repeat(300_000);
    let large = door
        .request(Method::POST, "/fr/proposals")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(long)
        .send()
        .await
        .unwrap();
    assert_eq!(large.status(), 413);
    assert_eq!(door.request(Method::DELETE, "/fr").send().await.unwrap().status(), 405);
    let unknown = door.client.get(format!("{}/fr", door.url)).header("host", "nowhere.example").send().await;
    let unknown = unknown.unwrap();
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.unwrap().contains("aucune organisation"));
    assert!(paths(&seen).is_empty(), "nothing of this reached the portal");
    assert_eq!(door.get("/fr/panics").await.status(), 500);
    door.close().await;
}

#[tokio::test]
async fn a_portal_that_is_away_is_a_page_that_says_so() {
    let double = Double::start().await;
    let cache = Arc::new(comitia_cache::InProcess::new(Clock::system()));
    let mut runtime = runtime_with(cache, &double.address, &double.address);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    runtime.endpoints.portal = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let door = Door::open_for(runtime, double, |_| {}).await;
    let sent = door
        .request(Method::POST, "/fr/votes/7/cast")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("permit=p")
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 503);
    let text = sent.text().await.unwrap();
    assert!(text.contains("momentanément indisponible") && text.contains("une seule fois"), "{text}");
    assert_eq!(door.get("/v1/polls/7").await.status(), 200, "the API goes on");
    door.close().await;
}

#[tokio::test]
async fn signing_in_by_a_page_waits_its_turn() {
    let (door, seen) = open(|config| config.waiting_room.mode = WaitingRoomMode::Always).await;
    for method in [Method::GET, Method::POST] {
        let response = door.request(method, "/fr/sign-in/letter").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER.as_u16());
        assert_eq!(header(&response, "location"), "/waiting-room?return=%2Ffr%2Fsign%2Din%2Fletter");
    }
    assert!(paths(&seen).is_empty());
    assert_eq!(door.get("/fr").await.status(), 200, "reading does not wait");
    door.close().await;
}

#[tokio::test]
async fn the_way_to_a_provider_waits_its_turn_and_the_way_back_does_not() {
    let (door, seen) = open(|config| config.waiting_room.mode = WaitingRoomMode::Always).await;
    let there = door.get("/fr/sign-in/provider/franceconnect/7").await;
    assert_eq!(there.status(), StatusCode::SEE_OTHER.as_u16());
    let back = "/waiting-room?return=%2Ffr%2Fsign%2Din%2Fprovider%2Ffranceconnect%2F7";
    assert_eq!(header(&there, "location"), back);
    assert!(paths(&seen).is_empty());

    let request = door.request(Method::GET, "/fr/sign-in/provider?code=a");
    let cookies = "session=a; at-provider=fr.b; browser=c";
    assert_eq!(request.header("cookie", cookies).send().await.unwrap().status(), 200);
    let (path, headers, _) = seen.lock().unwrap().remove(0);
    assert_eq!(path, "/fr/sign-in/provider?code=a");
    assert_eq!(headers["cookie"], "at-provider=fr.b");
    assert!(!headers.contains_key("comitia-client-address"));
    door.close().await;
}
