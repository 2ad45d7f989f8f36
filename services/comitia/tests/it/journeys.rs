//! A city's participatory budget from end to end.

use comitia_cli::commands::demo::seeded_city;
use comitia_cli::replay::Report;

use crate::cluster::Cluster;

/// What the rule gives for the seeded city, computed without any server.
pub fn expected(seed: u64, residents: u32) -> Vec<String> {
    let election = seeded_city::election(seed, residents).unwrap();
    comitia_cli::commands::tally::selected(&election, None).unwrap()
}

/// Every ballot was acknowledged and counted, once.
pub fn assert_complete(report: &Report, residents: u32) {
    assert_eq!(report.refused, Vec::<String>::new());
    assert_eq!(report.sent, residents as usize);
    assert_eq!(report.acknowledged, residents as usize);
    assert_eq!(report.counted, i64::from(residents));
    assert_eq!(report.turnout["ballotCount"], residents.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_six_processes_give_the_result_of_the_rule() {
    let mut cluster = Cluster::start(1).await;
    let plan = seeded_city::plan(7, 400).unwrap();
    let report = cluster.replay("seedville.example.org", plan, 16).await;
    assert_complete(&report, 400);
    assert_eq!(report.selected, expected(7, 400));

    // Each process drains and ends well when it is told to.
    for name in ["gateway-1", "voting-1", "budgets-1", "proposals-1", "spaces-1", "identity-1"] {
        assert_eq!(cluster.terminate(name).await, Some(0), "{name}: {}", cluster.log_end(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_two_replicas_count_as_one() {
    let cluster = Cluster::start(2).await;
    assert_eq!(cluster.gateways().split(',').count(), 2);
    let report = cluster.replay("seedville.example.org", seeded_city::plan(8, 400).unwrap(), 16).await;
    assert_complete(&report, 400);
    assert_eq!(report.selected, expected(8, 400));
}
