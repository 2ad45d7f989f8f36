//! One trace runs through everything that a call sets off.

use std::collections::HashMap;
use std::time::Duration;

use comitia_cli::commands::demo::seeded_city;
use comitia_testkit::{TraceReceiver, wait_for};

use crate::cluster::Cluster;

/// Waits for one trace that has a span of each of these services with each of these words in its name.
async fn trace_through(receiver: &TraceReceiver, steps: &[(&str, &str)]) {
    let what = format!("a trace through {steps:?}");
    wait_for(&what, Duration::from_secs(60), async || {
        let mut traces: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for received in receiver.spans() {
            traces.entry(received.trace_id()).or_default().push((received.service, received.span.name));
        }
        traces.into_values().find(|spans| {
            steps
                .iter()
                .all(|(service, words)| spans.iter().any(|(by, name)| by == service && name.contains(words)))
        })
    })
    .await;
}

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
    let closing = [
        ("comitia-gateway", ""),
        ("comitia-voting", "ClosePoll"),
        ("comitia-voting", "publish voting.poll.closed"),
        ("comitia-budgets", "process budgets.closings"),
    ];
    trace_through(&receiver, &closing).await;
    // Casts go to voting together, each in the trace of its own request.
    trace_through(
        &receiver,
        &[("comitia-gateway", "/ballots"), ("comitia-voting", "BallotService/CastBallot")],
    )
    .await;
}
