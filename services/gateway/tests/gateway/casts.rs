//! Casts are batched.

use std::time::Duration;

use comitia_testkit::wait_until;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::double::{CITY, OTHER};
use crate::{Door, json};

/// Casts in a poll; the status, and what the answer says.
async fn cast(door: &Door, poll: &str, permit: &str) -> (u16, Value) {
    let request = door.request(Method::POST, &format!("/v1/polls/{poll}/ballots"));
    let response = request.json(&json!({"permit": permit, "ballot": {}})).send().await.unwrap();
    (response.status().as_u16(), json(response).await)
}

#[tokio::test]
async fn casts_that_come_together_go_together_and_each_has_its_own_answer() {
    let door = Door::open().await;
    // The first request resolves the organization for the others.
    cast(&door, "7", "first").await;
    let polls = ["7", "missing", "8", "closed", "invalid", "busy"];
    let casts = (0..60).map(async |number: usize| {
        let poll = polls[number % polls.len()];
        let permit = format!("permit-{number}");
        let (status, answer) = cast(&door, poll, &permit).await;
        match poll {
            "missing" => assert_eq!((status, &answer["reason"]), (404, &json!("RESOURCE_NOT_FOUND"))),
            "closed" => assert_eq!((status, &answer["reason"]), (409, &json!("POLL_CLOSED"))),
            "invalid" => assert_eq!((status, &answer["reason"]), (400, &json!("BALLOT_INVALID"))),
            "busy" => assert_eq!((status, &answer["reason"]), (429, &json!("OVERLOADED"))),
            _ => {
                let receipt = &answer["receipt"];
                assert_eq!((status, &receipt["trackingCode"]), (200, &json!(permit)));
                assert_eq!(receipt["pollId"], poll);
            }
        }
    });
    join_all(casts).await;
    assert_eq!(door.double.calls("CastBallot").len(), 61);
    let calls = door.double.calls("BatchCastBallots");
    assert!(calls.len() < 61, "{} calls for 61 casts", calls.len());
    assert!(calls.iter().all(|metadata| !metadata.contains_key("comitia-organization")));
    let of_the_city = |metadata: &http::HeaderMap| metadata["comitia-organization"] == CITY;
    assert!(door.double.calls("CastBallot").iter().all(of_the_city));
}

#[tokio::test]
async fn a_cast_that_takes_long_holds_nobody_up() {
    let door = Door::open().await;
    let slow = async {
        let answer = cast(&door, "gated", "slow").await;
        (answer.0, door.double.calls("CastBallot").len())
    };
    let others = async {
        wait_until("the slow one", Duration::from_secs(10), async || {
            door.double.gated(CITY) + door.double.gated(OTHER) == 1
        })
        .await;
        for number in 0..5 {
            assert_eq!(cast(&door, "7", &number.to_string()).await.0, 200);
        }
        door.double.open_gate();
    };
    let ((status, casts), ()) = tokio::join!(slow, others);
    assert_eq!((status, casts), (200, 6));
}
