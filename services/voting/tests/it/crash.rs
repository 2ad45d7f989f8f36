//! PostgreSQL is killed while ballots are cast: what was acknowledged is there once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use comitia_proto::voting::v1::PollState;
use comitia_testkit::{PostgresServer, TestDatabase, wait_for, wait_until};
use comitia_voting::app::close;
use comitia_voting::app::intake::{IntakeConfig, Outcome};

use crate::harness::{Bench, ORGANIZATION, nullifier, officer, soon};

const VOTERS: u32 = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_death_of_the_database() {
    let server = Arc::new(PostgresServer::start().await.unwrap());
    let database = TestDatabase::create_on(&server, &[comitia_voting::migrations()]).await.unwrap();
    let bench = Bench::on(database);
    let config = IntakeConfig { max_batch: 25, batch_timeout_ms: 3_000, ..Default::default() };
    let replica = bench.replica_with(&config);
    let poll = replica.open_poll(false).await;

    let acknowledged = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(tokio::sync::Semaphore::new(200));
    let casts: Vec<_> = (0..VOTERS)
        .map(|voter| {
            let (intake, cast) = (replica.app.intake.clone(), replica.cast(poll, voter, 1, "north"));
            let (acknowledged, failed, gate) = (acknowledged.clone(), failed.clone(), gate.clone());
            comitia_core::task::spawn("test", async move {
                let _turn = gate.acquire().await.unwrap();
                // As a client does: again until there is an answer, whatever became of the cast before.
                let mut attempts = 0;
                loop {
                    match intake.cast(cast.clone(), soon()).await {
                        Ok(Outcome::Counts(stored)) => {
                            acknowledged.fetch_add(1, Ordering::SeqCst);
                            return (voter, stored, attempts);
                        }
                        Ok(other) => panic!("{other:?}"),
                        Err(_) => {
                            attempts += 1;
                            failed.fetch_add(1, Ordering::SeqCst);
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
            })
        })
        .collect();

    for share in [500, 1_500] {
        wait_until("ballots", Duration::from_secs(30), async || acknowledged.load(Ordering::SeqCst) >= share)
            .await;
        let before = failed.load(Ordering::SeqCst);
        server.kill();
        wait_until("casts that fail", Duration::from_secs(30), async || {
            failed.load(Ordering::SeqCst) > before
        })
        .await;
        let restarted = server.clone();
        tokio::task::spawn_blocking(move || restarted.restart()).await.unwrap().unwrap();
    }
    let mut receipts = BTreeMap::new();
    let mut again = 0;
    for cast in casts {
        let (voter, stored, attempts) = cast.await.unwrap();
        receipts.insert(nullifier(voter).as_bytes().to_vec(), stored);
        again += usize::from(attempts > 0);
    }
    assert!(again > 0, "some casts had to be sent again");

    let stored = wait_for("the database", Duration::from_secs(10), async || {
        let rows: Vec<(Vec<u8>, i32)> =
            sqlx::query_as("SELECT nullifier, revision FROM voting.ballots WHERE poll_id = $1")
                .bind(poll)
                .fetch_all(&bench.admin)
                .await
                .ok()?;
        Some(rows)
    })
    .await;
    assert_eq!(stored.len(), VOTERS as usize);
    for (voter, revision) in stored {
        assert_eq!(revision, receipts[&voter].revision);
    }
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
    let sealed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "enough").await.unwrap();
    assert_eq!(sealed.state(), PollState::Sealed);
}
