//! The waiting room over HTTP.

use std::time::Duration;

use comitia_gateway::{Config, WaitingRoomMode};
use comitia_testkit::{wait_for, wait_until};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{Door, header, json};

const PATIENCE: Duration = Duration::from_secs(20);

fn always(config: &mut Config) {
    config.waiting_room.mode = WaitingRoomMode::Always;
    config.waiting_room.pass_uses = 2;
}

/// One person is admitted per second.
fn narrow(config: &mut Config) {
    config.waiting_room.admit_ceiling = 1;
    config.waiting_room.admit_floor = 1;
}

async fn sign_in(door: &Door, name: &str, token: &str) -> Response {
    let request = door.request(Method::POST, "/v1/sessions:signInWithAccessCode");
    request.header(name, token).json(&json!({"memberNumber": "1"})).send().await.unwrap()
}

async fn look(door: &Door, path: &str, ticket: &str) -> Response {
    door.request(Method::GET, path).header("comitia-ticket", ticket).send().await.unwrap()
}

/// Waits until the turn of a ticket has come; its pass.
async fn pass(door: &Door, ticket: &str) -> String {
    wait_for("the turn", PATIENCE, async || {
        let standing = json(look(door, "/v1/waitingRoom", ticket).await).await;
        (standing["state"] == "ADMITTED").then(|| standing["pass"].as_str().unwrap().to_owned())
    })
    .await
}

#[tokio::test]
async fn who_signs_in_waits_and_who_does_not_goes_on() {
    let door = Door::open_with(always).await;
    let refused = door.post("/v1/sessions:signInWithAccessCode", json!({"memberNumber": "1"})).await;
    assert_eq!(
        (refused.status().as_u16(), header(&refused, "content-type")),
        (429, "application/problem+json".into())
    );
    assert!(header(&refused, "retry-after").parse::<u64>().unwrap() >= 1);
    let link = header(&refused, "link");
    assert!(
        link.contains("</v1/waitingRoom>")
            && link.contains("</waiting-room>; rel=\"related\"; type=\"text/html\"")
    );
    let problem = json(refused).await;
    assert_eq!(
        (&problem["reason"], &problem["waiting_room"]),
        (&json!("WAITING_ROOM"), &json!("/v1/waitingRoom"))
    );
    assert_eq!(problem["waiting_room_page"], "/waiting-room");
    for path in ["/v1/sessions:requestEmailCode", "/v1/sessions:signInWithEmailCode"] {
        assert_eq!(json(door.post(path, json!({})).await).await["reason"], "WAITING_ROOM", "{path}");
    }
    assert!(door.double.calls("SignInWithAccessCode").is_empty(), "identity hears nothing of it");
    assert_eq!(door.get("/v1/polls/7").await.status(), 200);
    assert_eq!(door.post("/v1/polls/7/ballots", json!({})).await.status(), 200);
    assert_eq!(door.post("/v1/sessions:signInOperator", json!({})).await.status(), 200);
    assert!(
        json(door.post("/v1/polls/missing/ballots", json!({})).await).await.get("waiting_room").is_none()
    );
}

#[tokio::test]
async fn a_ticket_becomes_a_pass_that_is_good_a_few_times() {
    let door = Door::open_with(always).await;
    let taken = door.get("/v1/waitingRoom").await;
    assert_eq!(
        (taken.status().as_u16(), header(&taken, "cache-control").as_str()),
        (200, "private, no-store")
    );
    assert_eq!(header(&taken, "etag"), "");
    let cookie = header(&taken, "set-cookie");
    let ticket = header(&taken, "comitia-ticket");
    assert!(
        cookie
            .starts_with(&format!("comitia-ticket={ticket}; Path=/; Max-Age=21600; HttpOnly; SameSite=Lax"))
    );
    let standing = json(taken).await;
    assert_eq!((&standing["state"], &standing["position"]), (&json!("WAITING"), &json!(1)));
    assert_eq!(standing["ticket"], ticket);
    assert!(standing["estimateSeconds"].is_u64() && standing["checkAfterSeconds"].as_u64().unwrap() >= 2);
    let pass = pass(&door, &ticket).await;
    let by_cookie = door
        .request(Method::GET, "/v1/waitingRoom")
        .header("cookie", format!("a=b; comitia-ticket={ticket}"));
    assert_eq!(json(by_cookie.send().await.unwrap()).await["pass"], pass, "the same by cookie");
    assert_eq!(sign_in(&door, "comitia-pass", &pass).await.status(), 200);
    assert_eq!(sign_in(&door, "cookie", &format!("comitia-pass={pass}")).await.status(), 200);
    assert_eq!(json(sign_in(&door, "comitia-pass", &pass).await).await["reason"], "WAITING_ROOM", "used up");
    for metadata in door.double.calls("SignInWithAccessCode") {
        assert!(!metadata.contains_key("comitia-pass") && !metadata.contains_key("cookie"));
    }
}

#[tokio::test]
async fn the_room_opens_by_itself_and_a_ticket_alone_signs_in_when_its_turn_has_come() {
    let door = Door::open_with(narrow).await;
    assert_eq!(sign_in(&door, "comitia-ticket", "none").await.status(), 200);
    let ticket = wait_for("the room to open", PATIENCE, async || {
        let refused = sign_in(&door, "comitia-ticket", "none").await;
        let taken = door.get("/v1/waitingRoom").await;
        (refused.status() == 429 && header(&taken, "comitia-pass").is_empty())
            .then(|| header(&taken, "comitia-ticket"))
    })
    .await;
    wait_until("the turn", PATIENCE, async || {
        sign_in(&door, "comitia-ticket", &ticket).await.status() == 200
    })
    .await;
}

#[tokio::test]
async fn switched_off_nobody_waits() {
    let door = Door::open_with(|config| {
        narrow(config);
        config.waiting_room.mode = WaitingRoomMode::Off;
    })
    .await;
    for _ in 0..5 {
        assert_eq!(sign_in(&door, "comitia-ticket", "none").await.status(), 200);
    }
    assert_eq!(json(door.get("/v1/waitingRoom").await).await, json!({"state": "NOT_NEEDED", "waiting": 0}));
}

#[tokio::test]
async fn a_watcher_hears_of_the_place_until_the_turn_has_come() {
    let door = Door::open_with(always).await;
    let response = door.get("/v1/waitingRoom:watch").await;
    assert_eq!(header(&response, "content-type"), "text/event-stream");
    let ticket = header(&response, "comitia-ticket");
    let text = tokio::time::timeout(PATIENCE, response.text()).await.expect("an end in time").unwrap();
    assert!(text.starts_with("retry: 3000\n\nid: 1\ndata: {"), "{text}");
    assert!(text.ends_with("event: end\ndata: {}\n\n"), "{text}");
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|json| serde_json::from_str(json).unwrap())
        .collect();
    assert_eq!((&events[0]["state"], &events[0]["ticket"]), (&json!("WAITING"), &json!(ticket)));
    let last = &events[events.len() - 2];
    assert_eq!(last["state"], "ADMITTED");
    assert_eq!(sign_in(&door, "comitia-pass", last["pass"].as_str().unwrap()).await.status(), 200);
    let again = door.get(&format!("/v1/waitingRoom:watch?ticket={ticket}")).await;
    assert!(again.text().await.unwrap().contains("\"state\":\"ADMITTED\""), "by the parameter");
}

#[tokio::test]
async fn watchers_are_limited_like_other_streams() {
    let door = Door::open_with(|config| {
        always(config);
        config.streams.max_per_address = 1;
    })
    .await;
    let _first = door.get("/v1/waitingRoom:watch").await;
    assert_eq!(json(door.get("/v1/waitingRoom:watch").await).await["reason"], "RATE_LIMITED");
    assert_eq!(door.get("/v1/waitingRoom").await.status(), 200);
}

#[tokio::test]
async fn the_page_updates_itself_without_a_script_and_can_be_stopped() {
    let door = Door::open_with(always).await;
    let page = async |path: &str, ticket: &str, language: &str| {
        let request = door.request(Method::GET, path).header("accept-language", language);
        request.header("cookie", format!("comitia-ticket={ticket}")).send().await.unwrap()
    };
    let first = page("/waiting-room?return=/polls/7", "none", "fr-CA, en;q=0.5").await;
    assert_eq!(header(&first, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&first, "content-language"), "fr");
    assert!(header(&first, "refresh").parse::<u64>().unwrap() >= 2);
    assert!(header(&first, "vary").contains("Accept-Language"));
    let policy = header(&first, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let ticket = header(&first, "comitia-ticket");
    let html = first.text().await.unwrap();
    assert!(html.contains("<html lang=\"fr\">") && html.contains("Votre place dans la file"), "{html}");
    let by_hand = page("/waiting-room?update=byHand", &ticket, "en").await;
    assert_eq!(header(&by_hand, "refresh"), "");
    assert!(by_hand.text().await.unwrap().contains("Update now"));
    pass(&door, &ticket).await;
    let turn = page("/waiting-room?return=/polls/7", &ticket, "en").await;
    assert_eq!(header(&turn, "refresh"), "");
    assert!(header(&turn, "set-cookie").contains("comitia-pass="));
    let html = turn.text().await.unwrap();
    assert!(html.contains("It is your turn") && html.contains("href=\"/polls/7\""), "{html}");
    let elsewhere = page("/waiting-room?return=//evil.example", &ticket, "en").await.text().await.unwrap();
    assert!(!elsewhere.contains("evil.example"));
}

#[tokio::test]
async fn looking_at_the_head_takes_no_ticket_and_nobody_else_has_a_room() {
    let door = Door::open_with(always).await;
    let head = door.request(Method::HEAD, "/v1/waitingRoom").send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "set-cookie").as_str()), (200, ""));
    let first = json(door.get("/v1/waitingRoom").await).await;
    assert_eq!(first["position"], 1, "the head had none");
    assert_eq!(door.request(Method::POST, "/v1/waitingRoom").send().await.unwrap().status(), 405);
    let url = format!("{}/v1/waitingRoom", door.url);
    let nobody = door.client.get(url).header("host", "nobody.example").send().await.unwrap();
    assert_eq!(json(nobody).await["reason"], "ORGANIZATION_UNKNOWN");
    let document = json(door.get("/openapi.json").await).await;
    assert!(document["paths"]["/v1/waitingRoom"]["get"]["responses"]["200"].is_object());
}

#[tokio::test]
async fn cookies_are_for_encrypted_connections_where_the_site_says_so() {
    let door = Door::open_with(|config| {
        always(config);
        config.hsts_seconds = 600;
    })
    .await;
    assert!(header(&door.get("/v1/waitingRoom").await, "set-cookie").ends_with("; Secure"));
}
