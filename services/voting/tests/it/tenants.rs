//! No row crosses organizations, and the runtime role may do no more than it must.

use comitia_voting::app::{cast, close, paper, polls, turnout};
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, approve, officer, poll, reason, soon};

const STRANGERS: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00bb);

#[tokio::test]
async fn another_organizations_poll_does_not_exist() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let app = &replica.app;
    let id = replica.open_poll(false).await;
    let permit = bench.permit(id, 1, "north", false);
    let ballot = approve(&["o1"]);
    assert_eq!(reason(polls::get_poll(app, STRANGERS, id).await), "RESOURCE_NOT_FOUND");
    assert_eq!(
        reason(cast::cast_ballot(app, STRANGERS, id, permit.clone(), &ballot, &DEVICE, soon()).await),
        "RESOURCE_NOT_FOUND"
    );
    assert_eq!(reason(cast::get_receipt(app, STRANGERS, id, &permit, &DEVICE).await), "RESOURCE_NOT_FOUND");
    assert_eq!(
        reason(close::close_poll(app, STRANGERS, &officer("closer"), id, "x").await),
        "RESOURCE_NOT_FOUND"
    );
    assert_eq!(reason(turnout::turnout(app, STRANGERS, id).await), "RESOURCE_NOT_FOUND");
    assert_eq!(reason(close::require_sealed(app, STRANGERS, id).await), "RESOURCE_NOT_FOUND");
    let batch = Uuid::from_u128(1);
    let officer = officer("ann");
    assert_eq!(
        reason(paper::commit_paper_batch(app, STRANGERS, &officer, id, batch).await),
        "RESOURCE_NOT_FOUND"
    );
    assert!(polls::list_polls(app, STRANGERS, 0, "").await.unwrap().polls.is_empty());
    // Nor can its id be used for another poll, or be found out to be one's own.
    let period = (bench.clock.now(), bench.clock.now() + chrono::TimeDelta::hours(1));
    let taken = polls::create_poll(app, STRANGERS, id, period, poll(id, period, false)).await;
    assert_eq!(reason(taken), "RESOURCE_ALREADY_EXISTS");
    assert!(cast::cast_ballot(app, ORGANIZATION, id, permit, &ballot, &DEVICE, soon()).await.is_ok());
}

#[tokio::test]
async fn the_runtime_role_can_neither_delete_ballots_nor_thaw_a_poll() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    for statement in [
        "DELETE FROM voting.ballots",
        "TRUNCATE voting.ballots",
        "UPDATE voting.ballots SET paper = true",
        "UPDATE voting.ballots SET nullifier = nullifier",
        "DELETE FROM voting.ballots_00",
        "SELECT * FROM voting.ballots_00",
        "DELETE FROM voting.polls",
        "UPDATE voting.polls SET definition = ''",
        "UPDATE voting.polls SET open_time = open_time",
        "DELETE FROM voting.turnout",
    ] {
        let error = sqlx::raw_sql(statement).execute(&replica.app.pool).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
    assert_eq!(bench.stored(poll).await.len(), 1);
}

#[tokio::test]
async fn a_migration_that_parts_ballots_anew_leaves_alone_what_has_ballots() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    let migration = include_str!("../../../../migrations/voting/20261128000100_four_partitions.sql");
    let admin = bench.database.admin_pool().unwrap();
    sqlx::raw_sql(migration).execute(&admin).await.unwrap();
    assert_eq!(bench.stored(poll).await.len(), 1);
}
