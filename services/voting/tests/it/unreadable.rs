//! Rows that this version cannot read are errors that name them, and no poll that does not exist.

use comitia_platform::ApiError;
use comitia_platform::error::chain;
use comitia_voting::app::{polls, turnout};
use comitia_voting::error::Error;

use crate::harness::{Bench, ORGANIZATION, reason};

fn named<T>(result: Result<T, Error>) -> String {
    chain(&ApiError::from(result.err().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_state_of_a_poll_is_an_error_that_names_table_column_and_row() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    // From here on its rules are in memory, so that a further cast comes to the ballots.
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    bench.database.drop_checks("voting.polls").await.unwrap();
    sqlx::query("UPDATE voting.polls SET state = 'ajar'").execute(&bench.admin).await.unwrap();

    let row = format!("voting.polls.state, row {poll}");
    let error = named(polls::get_poll(&replica.app, ORGANIZATION, poll).await);
    assert!(error.contains(&row), "{error}");
    let error = named(turnout::turnout_for_staff(&replica.app, ORGANIZATION, poll).await);
    assert!(error.contains(&row), "{error}");
    assert_eq!(reason(replica.vote(&bench, poll, 2, &["o1"]).await), "INTERNAL");
    // Another process has not read it before.
    assert_eq!(reason(bench.replica().vote(&bench, poll, 3, &["o1"]).await), "INTERNAL");
    assert_eq!(bench.recount(poll).await.values().sum::<i64>(), 1);
    replica.stop().await;
}
