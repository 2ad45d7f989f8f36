//! One trace runs through everything that a call sets off.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use comitia_cli::commands::demo::seeded_city;
use comitia_testkit::{TraceReceiver, wait_for};

use crate::cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn journey_one_trace_runs_through_gateway_voting_outbox_rabbitmq_and_budgets() {
    let receiver = TraceReceiver::start().await.unwrap();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()),
        ("OTEL_METRICS_EXPORTER", "none".to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned()),
    ];
    let cluster = Cluster::start_with(1, &environment).await;
    cluster.replay("seedville.example.org", seeded_city::plan(3, 5).unwrap(), 2).await;

    // Closing the poll: gateway, voting, its outbox, RabbitMQ, and the consumer in budgets. (The seal may be the clock job's.)
    let spans = wait_for("a trace through all of them", Duration::from_secs(60), async || {
        let mut traces: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for received in receiver.spans() {
            traces
                .entry(received.trace_id())
                .or_default()
                .push((received.service.clone(), received.span.name.clone()));
        }
        traces.into_values().find(|spans| {
            let services: HashSet<_> = spans.iter().map(|(service, _)| service.as_str()).collect();
            let has = |service: &str, name: &str| spans.iter().any(|(s, n)| s == service && n.contains(name));
            services.contains("comitia-gateway")
                && has("comitia-voting", "ClosePoll")
                && has("comitia-voting", "publish voting.poll.closed")
                && has("comitia-budgets", "process budgets.closings")
        })
    })
    .await;
    assert!(spans.len() >= 4, "{spans:?}");
}
