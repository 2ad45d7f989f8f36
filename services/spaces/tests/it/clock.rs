use chrono::TimeDelta;
use comitia_platform::telemetry::Telemetry;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use comitia_spaces::app::phases::{announce, measure, overdue_gauge};

use crate::harness::{Harness, administrator};

fn key(what: &str, phase: &proto::Phase) -> (String, String) {
    (format!("spaces.phase.{what}"), phase.phase_id.clone())
}

async fn phase_events(harness: &Harness) -> Vec<(String, String)> {
    harness.events().await.into_iter().filter(|(key, _)| key.starts_with("spaces.phase.")).collect()
}

#[tokio::test]
async fn phases_open_and_close_once_each() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(1, 2), (2, 3)]).await;
    let [first, second] = made.phases.as_slice() else { panic!("two phases") };
    harness.publish(city, &made).await;

    let hour = TimeDelta::hours(1);
    harness.clock.advance(hour - TimeDelta::seconds(1));
    assert_eq!(announce(&harness.app).await.unwrap(), 0);
    harness.clock.advance(TimeDelta::seconds(1));
    assert_eq!(announce(&harness.app).await.unwrap(), 1);
    assert_eq!(announce(&harness.app).await.unwrap(), 0);
    harness.clock.advance(hour);
    assert_eq!(announce(&harness.app).await.unwrap(), 2);
    harness.clock.advance(hour);
    assert_eq!(announce(&harness.app).await.unwrap(), 1);
    assert_eq!(
        phase_events(&harness).await,
        [key("opened", first), key("closed", first), key("opened", second), key("closed", second)]
    );
}

#[tokio::test]
async fn what_happened_during_a_downtime_is_announced_in_order() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    // More than one transaction looks after.
    let mut made = Vec::new();
    for _ in 0..60 {
        let process = harness.process(city, &[(1, 2), (2, 3)]).await;
        made.push(harness.publish(city, &process).await);
    }
    harness.clock.advance(TimeDelta::days(1));
    assert_eq!(announce(&harness.app).await.unwrap(), 240);
    let events = phase_events(&harness).await;
    for process in made {
        let [first, second] = process.phases.as_slice() else { panic!("two phases") };
        let own: Vec<_> = events
            .iter()
            .filter(|(_, phase)| process.phases.iter().any(|own| own.phase_id == *phase))
            .cloned()
            .collect();
        assert_eq!(
            own,
            [key("opened", first), key("closed", first), key("opened", second), key("closed", second)]
        );
    }
}

#[tokio::test]
async fn replicas_together_announce_once() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    for _ in 0..20 {
        let process = harness.process(city, &[(1, 2)]).await;
        harness.publish(city, &process).await;
    }
    harness.clock.advance(TimeDelta::days(1));
    let looks = tokio::join!(
        announce(&harness.app),
        announce(&harness.app),
        announce(&harness.app),
        announce(&harness.app)
    );
    let count: usize = [looks.0, looks.1, looks.2, looks.3].into_iter().map(Result::unwrap).sum();
    assert_eq!(count, 40);
    let mut events = phase_events(&harness).await;
    events.sort();
    events.dedup();
    assert_eq!(events.len(), 40);
}

#[tokio::test]
async fn an_unpublished_process_announces_nothing() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(1, 2)]).await;
    harness.clock.advance(TimeDelta::minutes(90));
    assert_eq!(announce(&harness.app).await.unwrap(), 0);
    harness.publish(city, &made).await;
    assert_eq!(announce(&harness.app).await.unwrap(), 1);
}

#[tokio::test]
async fn a_moved_phase_is_not_announced_again_and_a_removed_one_closes() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(0, 2)]).await;
    harness.publish(city, &made).await;
    assert_eq!(announce(&harness.app).await.unwrap(), 1);

    let mut moved = made.phases[0].clone();
    moved.start_time = crate::harness::phase(1, 2).start_time;
    let update = async |phases: Vec<proto::Phase>| {
        let process = proto::Process { phases, etag: String::new(), ..made.clone() };
        let paths = vec!["phases".to_owned()];
        let update_mask = Some(prost_types::FieldMask { paths });
        let request =
            proto::UpdateProcessRequest { process: Some(process), update_mask, ..Default::default() };
        harness.grpc.update_process(administrator(city, request)).await.unwrap();
    };
    update(vec![moved]).await;
    harness.clock.advance(TimeDelta::hours(1));
    assert_eq!(announce(&harness.app).await.unwrap(), 0);
    update(vec![]).await;
    let phase = &made.phases[0];
    assert_eq!(phase_events(&harness).await, [key("opened", phase), key("closed", phase)]);
    harness.clock.advance(TimeDelta::hours(9));
    assert_eq!(announce(&harness.app).await.unwrap(), 0);
}

/// The one test with telemetry, which is the process'.
#[tokio::test]
async fn metrics_count_what_is_overdue() {
    let telemetry = Telemetry::start("test", "off").unwrap();
    let overdue = overdue_gauge();
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[(1, 2), (3, 4)]).await;
    harness.publish(city, &process).await;
    // A draft announces nothing, whatever the time.
    harness.process(city, &[(1, 2)]).await;
    let shown = async || {
        measure(&harness.app, &overdue).await.unwrap();
        let text = telemetry.prometheus_text();
        let series = text.lines().find(|line| line.starts_with("comitia_spaces_phases_overdue{")).unwrap();
        series.rsplit_once(' ').unwrap().1.to_owned()
    };
    harness.clock.advance(TimeDelta::hours(1) + TimeDelta::seconds(59));
    assert_eq!(shown().await, "0");
    harness.clock.advance(TimeDelta::seconds(1));
    assert_eq!(shown().await, "1");
    harness.clock.advance(TimeDelta::hours(1));
    assert_eq!(shown().await, "2");
    announce(&harness.app).await.unwrap();
    assert_eq!(shown().await, "0");
}
