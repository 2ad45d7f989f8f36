//! When a starting gateway is ready.

use std::time::Duration;

use comitia_testkit::wait_until;
use tokio::net::TcpListener;

use crate::Door;
use crate::double::Double;

const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway whose voting accepts connections and answers nothing, and voting's address.
async fn before_a_late_network(first_answers_ms: u64) -> (Door, TcpListener) {
    let late = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let voting = format!("http://{}", late.local_addr().unwrap());
    let double = Double::start().await;
    let door = Door::open_before(double, &voting, |config| config.first_answers_ms = first_answers_ms).await;
    (door, late)
}

/// Lets `count` connections break.
async fn refuse(late: &TcpListener, count: usize) {
    for _ in 0..count {
        drop(late.accept().await.unwrap());
    }
}

#[tokio::test]
async fn the_gateway_is_ready_once_every_service_has_answered() {
    let (door, late) = before_a_late_network(600_000).await;
    refuse(&late, 3).await;
    assert_eq!(door.runtime.health.not_ready(), ["gateway"], "voting has not answered");
    assert_eq!(door.get("/v1/organization").await.status(), 200, "who comes all the same is served");
    door.double.serve_at(late);
    wait_until("readiness", PATIENCE, async || door.runtime.health.not_ready().is_empty()).await;
    door.close().await;
}

#[tokio::test]
async fn a_service_that_stays_away_does_not_keep_the_door_shut() {
    let (door, late) = before_a_late_network(200).await;
    refuse(&late, 1).await;
    wait_until("readiness", PATIENCE, async || door.runtime.health.not_ready().is_empty()).await;
    door.close().await;
}

#[tokio::test]
async fn a_gateway_that_stops_is_not_ready_any_more() {
    let (door, late) = before_a_late_network(600_000).await;
    refuse(&late, 1).await;
    let health = door.runtime.health.clone();
    door.close().await;
    assert!(!health.not_ready().is_empty());
}
