//! A batch that the database gets late: it stood still, or the replica that sent it died, while the voter went on elsewhere.

use chrono::TimeDelta;
use comitia_voting::app::intake::Outcome;
use sqlx::PgConnection;

use crate::harness::{Bench, nullifier, soon};

/// The voter's ballot: which one, and its number.
async fn stored(bench: &Bench, poll: uuid::Uuid) -> (u8, i32) {
    let (ballot, revision) = bench.stored(poll).await[nullifier(1).as_bytes()].clone();
    (ballot[2], revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_earlier_does_not_replace_what_was_acknowledged_since() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let early = replica.cast(poll, 1, 1, "north");
    bench.clock.advance(TimeDelta::seconds(1));
    let later = replica.cast(poll, 1, 2, "north");
    let outcome = replica.app.intake.cast(later.clone(), soon()).await.unwrap();
    assert!(matches!(outcome, Outcome::Counts(stored) if stored.revision == 1), "{outcome:?}");

    let outcome = replica.app.intake.cast(early, soon()).await.unwrap();
    assert_eq!(outcome, Outcome::Overtaken);
    assert_eq!(stored(&bench, poll).await, (2, 1));

    // Asked for once more, it is the last one.
    bench.clock.advance(TimeDelta::seconds(1));
    let again = replica.app.intake.cast(replica.cast(poll, 1, 1, "north"), soon()).await.unwrap();
    assert!(matches!(again, Outcome::Counts(stored) if stored.revision == 2), "{again:?}");
    assert_eq!(stored(&bench, poll).await, (1, 2));
}

/// The whole way: the batch of a dead replica waits in PostgreSQL for a row, and commits when everybody has gone on.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_outlives_its_replica_changes_nothing_that_came_after() {
    let bench = Bench::new().await;
    let (dying, living) = (bench.replica(), bench.replica());
    let poll = dying.open_poll(true).await;
    let first = dying.app.intake.cast(dying.cast(poll, 1, 0, "north"), soon()).await.unwrap();
    assert!(matches!(first, Outcome::Counts(_)));
    bench.clock.advance(TimeDelta::seconds(1));
    let early = dying.cast(poll, 1, 1, "north");
    bench.clock.advance(TimeDelta::seconds(1));
    let later = living.cast(poll, 1, 2, "north");

    // Somebody holds the voter's row, so that both wait for it, the later one in front.
    let mut holder = bench.admin.begin().await.unwrap();
    sqlx::query("UPDATE voting.ballots SET revision = revision WHERE poll_id = $1")
        .bind(poll)
        .execute(&mut *holder)
        .await
        .unwrap();
    let (slow, fast) = (dying.app.intake.clone(), living.app.intake.clone());
    let later = comitia_core::task::spawn("later", async move { fast.cast(later, soon()).await });
    waiting(&bench, 1).await;
    let early = comitia_core::task::spawn("early", async move { slow.cast(early, soon()).await });
    waiting(&bench, 2).await;
    holder.commit().await.unwrap();
    assert!(matches!(later.await.unwrap(), Ok(Outcome::Counts(_))));
    // PostgreSQL may let either of them go first; the later one is the one that counts.
    let early = early.await.unwrap();
    assert!(matches!(early, Ok(Outcome::Overtaken | Outcome::Counts(_))), "{early:?}");
    assert_eq!(stored(&bench, poll).await.0, 2);
}

/// Waits until so many statements wait for a lock.
async fn waiting(bench: &Bench, count: i64) {
    let mut connection = bench.admin.acquire().await.unwrap();
    comitia_testkit::wait_until("statements that wait", std::time::Duration::from_secs(20), async || {
        locked(&mut connection).await == count
    })
    .await;
}

async fn locked(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}
