//! Organizations share a gateway fairly.

use std::time::Duration;

use comitia_gateway::OrganizationLimit;
use comitia_testkit::{wait_for, wait_until};
use reqwest::{Method, Response};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::double::{CITY, OTHER};
use crate::{Door, header, json};

const PATIENCE: Duration = Duration::from_secs(10);
/// The maximum number of calls to a service.
const PLACES: usize = 32;

impl Door {
    async fn open_with_few_places() -> Self {
        let door = Self::open_with(|config| config.max_in_flight = PLACES).await;
        // Both organizations are known.
        for host in ["city.example", "other.example"] {
            assert_eq!(door.cast(host, "7").await.status(), 200);
        }
        door
    }

    /// A cast for the organization of a host name. It ends when the double opens the gate.
    fn cast(
        &self,
        host: &'static str,
        poll: &str,
    ) -> impl Future<Output = Response> + Send + 'static + use<> {
        let url = format!("{}/v1/polls/{poll}/ballots", self.url);
        let request = self.client.post(url).header("host", host).json(&json!({"permit": "p"}));
        async move { request.send().await.unwrap() }
    }

    fn spawn_casts(&self, host: &'static str, count: usize) -> Vec<JoinHandle<u16>> {
        let cast = |_| {
            let cast = self.cast(host, "gated");
            comitia_core::task::spawn("cast", async move { cast.await.status().as_u16() })
        };
        (0..count).map(cast).collect()
    }

    /// How many casts of an organization have come to the service.
    fn casts_of(&self, organization: &str) -> usize {
        let of = |metadata: &&http::HeaderMap| metadata["comitia-organization"] == organization;
        self.double.calls("CastBallot").iter().filter(of).count()
    }
}

async fn statuses(casts: Vec<JoinHandle<u16>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for cast in casts {
        statuses.push(cast.await.unwrap());
    }
    statuses
}

#[tokio::test]
async fn the_rush_of_one_city_leaves_another_its_vote() {
    let door = Door::open_with_few_places().await;
    // Twenty times the capacity, and no call ends.
    let rush = door.spawn_casts("city.example", 20 * PLACES);
    let refused = async || rush.iter().filter(|cast| cast.is_finished()).count() == 19 * PLACES;
    wait_until("the house is full", PATIENCE, refused).await;
    assert_eq!(door.casts_of(CITY), PLACES + 1, "alone, it has every place");
    for _ in 0..50 {
        assert_eq!(door.cast("other.example", "7").await.status(), 200);
        let refused = door.cast("city.example", "7").await;
        assert_eq!(refused.status(), 429);
        assert!((1..=4).contains(&header(&refused, "retry-after").parse::<u64>().unwrap()));
        assert_eq!(json(refused).await["reason"], "OVERLOADED");
    }
    door.double.open_gate();
    let statuses = statuses(rush).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        PLACES,
        "who was let in has an answer"
    );
    assert_eq!(door.cast("city.example", "7").await.status(), 200);
}

#[tokio::test]
async fn two_cities_that_rush_get_half_each() {
    let door = Door::open_with_few_places().await;
    let first = door.spawn_casts("city.example", 3 * PLACES);
    wait_until("the house is full", PATIENCE, async || door.casts_of(CITY) == PLACES + 1).await;
    // Both organizations keep sending, and calls end one by one.
    let mut casts = first;
    let share = wait_for("equal shares", PATIENCE, async || {
        door.double.open_gate_for(1);
        casts.extend(door.spawn_casts("other.example", 2));
        casts.extend(door.spawn_casts("city.example", 2));
        let ended = casts.extract_if(.., |cast| cast.is_finished()).collect();
        assert!(statuses(ended).await.iter().all(|status| matches!(status, 200 | 429)));
        let (own, other) = (door.double.gated(CITY), door.double.gated(OTHER));
        (own.abs_diff(other) <= 8).then_some((own, other))
    });
    let (own, other) = share.await;
    assert!((PLACES - 8..=PLACES * 9 / 8).contains(&(own + other)), "{own} and {other}");
    door.double.open_gate();
    assert!(statuses(casts).await.iter().all(|status| matches!(status, 200 | 429)));
}

#[tokio::test]
async fn a_ceiling_of_requests_a_second_holds_for_each_organization() {
    let door = Door::open_with(|config| {
        config.organization_limits.each = OrganizationLimit { sign_in: 3, ..OrganizationLimit::default() };
    })
    .await;
    let sign_in = async |host: &str| {
        let request = door.client.post(format!("{}/v1/sessions:signInWithAccessCode", door.url));
        request.header("host", host).json(&json!({})).send().await.unwrap()
    };
    for host in ["city.example", "other.example"] {
        let refused = wait_for("a refusal", PATIENCE, async || {
            let answer = sign_in(host).await;
            (answer.status() == 429).then_some(answer)
        })
        .await;
        assert!((1..=4).contains(&header(&refused, "retry-after").parse::<u64>().unwrap()));
        let problem = json(refused).await;
        assert_eq!(problem["reason"], "RATE_LIMITED");
        assert!(problem["detail"].as_str().unwrap().contains("organization"), "{problem}");
    }
    let cast = door.request(Method::POST, "/v1/polls/7/ballots").json(&json!({}));
    assert_eq!(cast.send().await.unwrap().status(), 200, "another class");
}

#[tokio::test]
async fn one_citys_watchers_leave_room_for_anothers() {
    let door = Door::open_with(|config| config.streams.max_total = 6).await;
    let watch = async |host: &str| {
        let request = door.client.get(format!("{}/v1/polls/7/turnout:watch", door.url));
        request.header("host", host).send().await.unwrap()
    };
    let mut watchers = Vec::new();
    for _ in 0..4 {
        let watcher = watch("city.example").await;
        assert_eq!(watcher.status(), 200);
        watchers.push(watcher);
    }
    let refused = watch("city.example").await;
    assert_eq!(
        (refused.status().as_u16(), json(refused).await["reason"].as_str()),
        (429, Some("RATE_LIMITED"))
    );
    assert_eq!(watch("other.example").await.status(), 200);
}
