//! The log of the organization.

use chrono::TimeDelta;
use comitia_bus::{Bus, Event, InProcess, PublishResult};
use comitia_core::Clock;
use comitia_platform::validate::timestamp;
use comitia_proto::events::v1::ActRecorded;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::act_service_server::ActService;
use uuid::Uuid;

use crate::harness::{Harness, administrator, refusal, start};

const METHOD: &str = "comitia.spaces.v1.ProcessService/UpdateProcess";

/// The event of an act, so many hours after the start.
fn act(harness: &Harness, city: Uuid, actor: &str, method: &str, hours: i64, value: &str) -> Event {
    let change = proto::ActChange { field: "title".into(), before: None, after: Some(value.into()) };
    let message = ActRecorded {
        actor: actor.into(),
        method: method.into(),
        resource: "processes/1".into(),
        changes: vec![change],
    };
    let event = Event::new(&harness.clock, "budgets.act.recorded", Some(city), actor, &message);
    Event { time: start() + TimeDelta::hours(hours), ..event }
}

async fn deliver(harness: &Harness, events: &[Event]) {
    let bus = InProcess::new(Clock::system());
    for subscription in comitia_spaces::subscriptions() {
        bus.declare(&subscription).await.unwrap();
    }
    let consumers = comitia_spaces::consumers::start(&harness.app, &bus).await.unwrap();
    for result in bus.publish(events).await.unwrap() {
        let PublishResult::Held(settled) = result else { panic!("{result:?}") };
        settled.await;
    }
    for consumer in consumers {
        consumer.stop().await;
    }
}

async fn list(harness: &Harness, city: Uuid, request: proto::ListActsRequest) -> proto::ListActsResponse {
    harness.grpc.list_acts(administrator(city, request)).await.unwrap().into_inner()
}

fn values(answer: &proto::ListActsResponse) -> Vec<&str> {
    answer.acts.iter().map(|act| act.changes[0].after()).collect()
}

#[tokio::test]
async fn an_act_is_in_the_log_once_and_can_be_found() {
    let harness = Harness::start().await;
    let (city, other) = (harness.organization().await, harness.organization().await);
    let events = [
        act(&harness, city, "ada", METHOD, 0, "One"),
        act(&harness, city, "ben", METHOD, 1, "Two"),
        act(&harness, city, "ada", "comitia.budgets.v1.BudgetService/UpdateBudget", 2, "Three"),
        act(&harness, other, "eve", METHOD, 2, "Elsewhere"),
    ];
    deliver(&harness, &events).await;
    deliver(&harness, &events[..2]).await;

    let all = list(&harness, city, Default::default()).await;
    assert_eq!(values(&all), ["Three", "Two", "One"]);
    assert_eq!(all.acts[2].act_id, events[0].id.to_string());
    assert_eq!(all.acts[2].changes[0].before, None);
    assert_eq!(values(&list(&harness, other, Default::default()).await), ["Elsewhere"]);

    let by = |actor: &str, method: &str, resource: &str, text: &str| proto::ListActsRequest {
        actor: actor.into(),
        method: method.into(),
        resource: resource.into(),
        text: text.into(),
        ..Default::default()
    };
    assert_eq!(values(&list(&harness, city, by("ada", "", "", "")).await), ["Three", "One"]);
    assert_eq!(values(&list(&harness, city, by("", METHOD, "", "")).await), ["Two", "One"]);
    assert_eq!(values(&list(&harness, city, by("", "", "processes/", "tWo")).await), ["Two"]);
    assert!(list(&harness, city, by("", "", "process", "")).await.acts.is_empty());
    // A text is found from the beginning of its longest word on.
    assert_eq!(values(&list(&harness, city, by("", "", "", "thr")).await), ["Three"]);
    assert_eq!(values(&list(&harness, city, by("", "", "", "1 TITLE")).await), ["Three", "Two", "One"]);
    assert!(list(&harness, city, by("", "", "", "hree")).await.acts.is_empty());
    assert!(list(&harness, city, by("", "", "", "title One Two")).await.acts.is_empty());
    assert!(list(&harness, city, by("", "", "", "elsewhere")).await.acts.is_empty());
    let between = proto::ListActsRequest {
        from_time: Some(timestamp(start() + TimeDelta::hours(1))),
        to_time: Some(timestamp(start() + TimeDelta::hours(2))),
        ..Default::default()
    };
    assert_eq!(values(&list(&harness, city, between).await), ["Two"]);
}

#[tokio::test]
async fn pages_follow_one_another_and_a_token_fits_its_filters_alone() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let events = ["1", "2", "3", "4", "5"].map(|name| act(&harness, city, "ada", METHOD, 0, name));
    deliver(&harness, &events).await;
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = proto::ListActsRequest { page_size: 2, page_token, ..Default::default() };
        let page = list(&harness, city, request).await;
        seen.extend(values(&page).into_iter().map(str::to_owned));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        let page_token = page_token.clone();
        let request = proto::ListActsRequest { actor: "ada".into(), page_token, ..Default::default() };
        let refused = refusal(harness.grpc.list_acts(administrator(city, request)).await);
        assert_eq!(refused.0, "INVALID_ARGUMENT PAGE_TOKEN_INVALID");
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1"]);
    let request = proto::ListActsRequest { text: "x".repeat(201), ..Default::default() };
    let refused = refusal(harness.grpc.list_acts(administrator(city, request)).await);
    assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec!["text".into()]));
}

#[tokio::test]
async fn the_service_can_neither_change_nor_remove_an_act() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    deliver(&harness, &[act(&harness, city, "ada", METHOD, 0, "One")]).await;
    for statement in [
        "UPDATE spaces.acts SET actor = 'eve'",
        "DELETE FROM spaces.acts",
        "TRUNCATE spaces.acts",
        "DELETE FROM spaces.act_words",
    ] {
        let refused = sqlx::query(statement).execute(&harness.pool).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code()).unwrap_or_default();
        assert_eq!(code, "42501", "{statement}");
    }
    // A transaction that does not say whose rows it works on sees none.
    let count = "SELECT count(*) FROM spaces.acts";
    let seen: i64 = sqlx::query_scalar(count).fetch_one(&harness.pool).await.unwrap();
    assert_eq!(seen, 0);
}
