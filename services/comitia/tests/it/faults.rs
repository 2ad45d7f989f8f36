//! What is acknowledged is there once, whatever fails.

use std::time::Duration;

use comitia_testkit::wait_until;

use crate::cluster::Cluster;
use crate::journeys::{assert_complete, expected};

const RESIDENTS: u32 = 1_200;

#[tokio::test(flavor = "multi_thread")]
async fn fault_kill_9_of_voting_postgres_and_rabbitmq_in_the_middle_of_a_vote() {
    let mut cluster = Cluster::start(1).await;
    let (progress, vote) = cluster.vote(9, RESIDENTS);
    let reached = async |ballots: u64| {
        wait_until(&format!("{ballots} ballots"), Duration::from_secs(120), async || {
            assert!(!vote.is_finished(), "the vote ended before the fault");
            progress.position() >= ballots
        })
        .await;
    };
    reached(150).await;
    cluster.kill_and_restart("voting-1");
    reached(400).await;
    cluster.postgres.kill();
    cluster.postgres.restart().unwrap();
    reached(650).await;
    cluster.rabbit.kill();
    reached(800).await;
    cluster.rabbit.restart().unwrap();
    reached(900).await;
    cluster.kill_and_restart("voting-1");
    cluster.kill_and_restart("gateway-1");
    reached(1_000).await;
    cluster.kill_and_restart("identity-1");
    cluster.kill_and_restart("budgets-1");

    let report = vote.await.unwrap().unwrap();
    assert_complete(&report, RESIDENTS);
    assert_eq!(report.selected, expected(9, RESIDENTS));
}
