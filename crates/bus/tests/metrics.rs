//! What an operator sees of the bus, by the names that alerts and dashboards use. One test: telemetry is the process'.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod common;

use std::sync::Arc;

use comitia_bus::{HandlerError, OutboxSignal, RabbitMq, Relay, outbox};
use comitia_core::{Clock, task};
use comitia_platform::database::{self, Migrations, Tenant};
use comitia_platform::telemetry::Telemetry;
use comitia_testkit::{RabbitMqServer, TestDatabase, wait_until};
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;

use common::{Bench, PATIENCE, Seen};

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const SERVICE: Migrations = Migrations { service: "voting", own: &NO_MIGRATIONS, repeatable: &[] };

/// The value of the first series with this name and these labels.
fn value(telemetry: &Telemetry, name: &str, labels: &[&str]) -> Option<f64> {
    let text = telemetry.prometheus_text();
    let series = text.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    })?;
    series.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_metrics_tell_what_waits_what_was_given_up_and_that_the_broker_is_away() {
    let telemetry = Telemetry::start("test", "off").unwrap();
    let broker = RabbitMqServer::start().await.unwrap();
    let bus = RabbitMq::connect(broker.url(), Clock::system(), "metrics").unwrap();
    bus.wait_until_up().await;
    let bench = Bench::new(Arc::new(bus));
    let seen = Seen::default();
    let subscription = bench.subscription("measured");
    let queue = format!(r#"queue="{}""#, subscription.queue);
    let handle = seen.answering(|event| match event.subject.as_str() {
        "bad" => Err(HandlerError::permanent("ill")),
        _ => Ok(()),
    });
    let consumer = bench.bus.subscribe(subscription, handle).await.unwrap();
    consumer.ready().await;

    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = database.pool("voting").unwrap();
    let append = async |subjects: &[&str]| {
        let mut transaction = database::begin(&pool, Tenant::All).await.unwrap();
        let events: Vec<_> = subjects.iter().map(|subject| bench.event("poll.closed", *subject)).collect();
        outbox::append(&mut transaction, &events).await.unwrap();
        transaction.commit().await.unwrap();
    };
    append(&["1", "2", "bad"]).await;
    let stop = CancellationToken::new();
    let relay = Relay::new(pool.clone(), OutboxSignal::new(), "voting");
    let relay = task::spawn("relay", relay.run(Arc::clone(&bench.bus), stop.clone()));

    let value = |name: &str, labels: &[&str]| value(&telemetry, name, labels);
    let own = |label| [queue.as_str(), label];
    wait_until("the dead letter to be measured", PATIENCE, async || {
        value("comitia_bus_queue_messages", &own(r#"kind="dead""#)) == Some(1.0)
            && value("comitia_outbox_pending", &[r#"service="voting""#]) == Some(0.0)
    })
    .await;
    assert_eq!(value("comitia_bus_queue_messages", &own(r#"kind="work""#)), Some(0.0));
    assert_eq!(value("comitia_bus_queue_messages", &own(r#"kind="retry""#)), Some(0.0));
    assert_eq!(value("comitia_bus_delivered_total", &own(r#"outcome="ok""#)), Some(2.0));
    assert_eq!(value("comitia_bus_dead_lettered_total", &[&queue]), Some(1.0));
    assert_eq!(value("comitia_bus_lag_seconds_count", &[&queue]), Some(3.0));
    assert_eq!(value("comitia_bus_up", &[]), Some(1.0));

    broker.kill();
    append(&["3"]).await;
    wait_until("the loss to be measured", PATIENCE, async || {
        value("comitia_bus_up", &[]) == Some(0.0)
            && value("comitia_outbox_pending", &[r#"service="voting""#]) == Some(1.0)
            && value("comitia_outbox_oldest_seconds", &[r#"service="voting""#]) > Some(0.0)
            && value("comitia_outbox_failures_total", &[r#"cause="bus""#]) > Some(0.0)
    })
    .await;
    broker.restart().unwrap();
    wait_until("the return to be measured", PATIENCE, async || {
        value("comitia_bus_up", &[]) == Some(1.0)
            && value("comitia_outbox_pending", &[r#"service="voting""#]) == Some(0.0)
            && value("comitia_bus_lag_seconds_count", &[&queue]) == Some(4.0)
    })
    .await;
    stop.cancel();
    relay.await.unwrap();
    consumer.stop().await;
}
