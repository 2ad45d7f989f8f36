//! A database password that is changed in the middle of a vote, as `docs/operations/rotate-keys.md` says.

use std::time::Duration;

use comitia_testkit::wait_until;
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Executor};

use crate::cluster::Cluster;
use crate::journeys::{assert_complete, expected};

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn journey_a_database_password_is_changed_in_the_middle_of_a_vote() {
    let mut cluster = Cluster::start(2).await;
    let (progress, vote) = cluster.vote(12, 600);
    wait_until("ballots", PATIENCE, async || progress.position() >= 100 || vote.is_finished()).await;
    assert!(!vote.is_finished(), "the vote ended before the password was changed");

    // A second login that becomes the service's role.
    let admin = cluster.database.admin_pool().unwrap();
    let database: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&admin).await.unwrap();
    for statement in [
        "CREATE ROLE comitia_voting_b LOGIN PASSWORD 'the-next-one' IN ROLE comitia_voting".to_owned(),
        "ALTER ROLE comitia_voting_b SET role TO comitia_voting".to_owned(),
        format!("ALTER ROLE comitia_voting_b IN DATABASE {database} SET search_path TO voting"),
    ] {
        admin.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let mut url: reqwest::Url = cluster.database.url("voting").expose_secret().parse().unwrap();
    url.set_username("comitia_voting_b").unwrap();
    url.set_password(Some("the-next-one")).unwrap();

    // One replica after the other, as a Deployment restarts its pods.
    for name in ["voting-1", "voting-2"] {
        assert_eq!(cluster.terminate(name).await, Some(0), "{}", cluster.log_end(name));
        let environment = [("COMITIA__VOTING__DATABASE__URL", url.to_string())];
        cluster.start_again(name, &environment).unwrap();
        cluster.process_ready(name).await.unwrap();
    }
    admin.execute("ALTER ROLE comitia_voting NOLOGIN").await.unwrap();
    let of_the_old: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE usename = 'comitia_voting'")
            .fetch_one(&admin)
            .await
            .unwrap();
    assert_eq!(of_the_old, 0, "somebody still uses the old password");

    let report = vote.await.unwrap().unwrap();
    assert_complete(&report, 600);
    assert_eq!(report.selected, expected(12, 600));
}
