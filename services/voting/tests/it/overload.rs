//! More casts than the database takes, up to none at all: everybody is answered, and it ends by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use comitia_core::ErrorCode;
use comitia_platform::ApiError;
use comitia_testkit::{PostgresServer, TestDatabase, wait_until};
use comitia_voting::app::cast;
use comitia_voting::app::intake::IntakeConfig;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, approve, soon};

const VOTERS: u32 = 1_000;
const CAPACITY: usize = 200;
const PATIENCE: Duration = Duration::from_secs(20);

fn vote(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32) -> JoinHandle<Result<(), ApiError>> {
    let (app, permit) = (replica.app.clone(), bench.permit(poll, voter, "north", false));
    comitia_core::task::spawn("test", async move {
        let receipt =
            cast::cast_ballot(&app, ORGANIZATION, poll, permit, &approve(&["o1"]), &DEVICE, soon()).await;
        receipt.map(drop).map_err(ApiError::from)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_stands_still_callers_are_refused_politely_and_then_it_goes_on() {
    let server = Arc::new(PostgresServer::start().await.unwrap());
    let database = TestDatabase::create_on(&server, &[comitia_voting::migrations()]).await.unwrap();
    let bench = Bench::on(database);
    let config = IntakeConfig { queue_capacity: CAPACITY, batch_timeout_ms: 2_000, ..Default::default() };
    let replica = bench.replica_with(&config);
    let poll = replica.open_poll(false).await;
    vote(&bench, &replica, poll, 0).await.unwrap().unwrap();

    server.freeze();
    let mut casts: Vec<_> = (1..=VOTERS).map(|voter| vote(&bench, &replica, poll, voter)).collect();
    // Those for whom there is no room are answered although the database does not say a word.
    wait_until("the refusals", PATIENCE, async || {
        casts.iter().filter(|cast| cast.is_finished()).count() >= VOTERS as usize - CAPACITY
    })
    .await;
    let mut pauses = BTreeSet::new();
    let mut waiting = Vec::new();
    for cast in casts.drain(..) {
        if !cast.is_finished() {
            waiting.push(cast);
            continue;
        }
        let error = cast.await.unwrap().unwrap_err();
        if error.code == ErrorCode::ResourceExhausted {
            assert_eq!(error.reason_name(), "OVERLOADED");
            let pause = error.retry_after.unwrap();
            assert!(pause >= Duration::from_millis(500) && pause <= Duration::from_secs(4), "{pause:?}");
            pauses.insert(pause);
        } else {
            assert_eq!(error.code, ErrorCode::Unavailable, "a batch that was given up: {error}");
            assert!(error.retry_after.is_some());
        }
    }
    assert!(pauses.len() > 100, "they do not come back together: {}", pauses.len());

    server.thaw();
    // Whoever was let in has an answer too, and either is true.
    for cast in waiting {
        if let Err(error) = cast.await.unwrap() {
            assert!(matches!(error.code, ErrorCode::Unavailable | ErrorCode::ResourceExhausted), "{error}");
        }
    }
    // Clients that come again get through, without anybody's help.
    let mut missing: Vec<u32> = (1..=VOTERS).collect();
    wait_until("everybody's ballot", PATIENCE, async || {
        let mut refused = Vec::new();
        for group in missing.chunks(50) {
            let casts: Vec<_> = group.iter().map(|voter| vote(&bench, &replica, poll, *voter)).collect();
            for (voter, cast) in group.iter().zip(casts) {
                if cast.await.unwrap().is_err() {
                    refused.push(*voter);
                }
            }
        }
        missing = refused;
        missing.is_empty()
    })
    .await;
    assert_eq!(bench.stored(poll).await.len(), VOTERS as usize + 1);
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
}

/// A caller that goes away before its cast is written takes it along; one that goes later does not.
#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_written() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let poll = replica.open_poll(false).await;
    let mut lock = bench.admin.acquire().await.unwrap().detach();
    sqlx::raw_sql("BEGIN").execute(&mut lock).await.unwrap();
    comitia_voting::store::lock_for_closing(&mut lock, poll).await.unwrap();

    let in_the_batch = vote(&bench, &replica, poll, 1);
    wait_until("its batch", PATIENCE, async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()",
        )
        .fetch_one(&bench.admin)
        .await
        .unwrap();
        waiting > 0
    })
    .await;
    let intake = &replica.app.intake;
    let mut in_the_queue = Box::pin(intake.cast(replica.cast(poll, 2, 1, "north"), soon()));
    assert!(futures_util::poll!(&mut in_the_queue).is_pending());
    in_the_batch.abort();
    drop(in_the_queue);
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    intake.cast(replica.cast(poll, 3, 1, "north"), soon()).await.unwrap();
    let voters: Vec<u8> = bench.stored(poll).await.into_keys().map(|nullifier| nullifier[3]).collect();
    assert_eq!(voters, [1, 3]);
}
