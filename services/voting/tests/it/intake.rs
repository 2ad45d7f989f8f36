//! Group commit: one ballot a voter, whoever casts it where and when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use comitia_proto::events::v1::BallotsAccepted;
use comitia_testkit::wait_until;
use comitia_voting::app::intake::{IntakeConfig, Outcome};
use futures_util::future::join_all;
use prost::Message;
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, named, nullifier, soon};

const PATIENCE: Duration = Duration::from_secs(20);

/// Takes the lock that closing takes, so that batches wait until the transaction ends.
async fn hold(bench: &Bench, poll: Uuid) -> PgConnection {
    let mut connection = bench.admin.acquire().await.unwrap().detach();
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
    comitia_voting::store::lock_for_closing(&mut connection, poll).await.unwrap();
    connection
}

async fn release(mut connection: PgConnection) {
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Waits until `count` transactions wait for the lock that [`hold`] took.
async fn waiting(bench: &Bench, count: i64) {
    wait_until("batches that wait for the lock", PATIENCE, async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()",
        )
        .fetch_one(&bench.admin)
        .await
        .unwrap();
        waiting >= count
    })
    .await;
}

#[tokio::test]
async fn two_replicas_take_one_ballot_of_a_voter() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica()];
    let poll = replicas[0].open_poll(false).await;
    let casts = (0..40_u8).map(|number| {
        let replica = &replicas[usize::from(number % 2)];
        replica.app.intake.cast(replica.cast(poll, 7, number % 4, "north"), soon())
    });
    let outcomes: Vec<Outcome> = join_all(casts).await.into_iter().map(|outcome| outcome.unwrap()).collect();
    let stored = bench.stored(poll).await;
    assert_eq!(stored.len(), 1);
    let (ballot, revision) = stored.values().next().unwrap();
    assert_eq!(*revision, 1);
    for (number, outcome) in outcomes.iter().enumerate() {
        let same = ballot[2] == u8::try_from(number % 4).unwrap();
        assert_eq!(matches!(outcome, Outcome::Counts(_)), same, "cast {number}: {outcome:?}");
        assert_eq!(matches!(outcome, Outcome::AlreadyCast), !same, "cast {number}: {outcome:?}");
    }
    assert_eq!(bench.counters(poll).await.values().sum::<i64>(), 1);
}

#[tokio::test]
async fn the_last_vote_counts_where_the_poll_allows_it() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let mut codes = Vec::new();
    for (options, revision) in [(&["o1"][..], 1), (&["o2"], 2), (&["o2"], 2), (&["o1"], 3)] {
        bench.clock.advance(chrono::TimeDelta::seconds(1));
        let receipt = replica.vote(&bench, poll, 7, options).await.unwrap();
        assert_eq!(receipt.revision, revision);
        codes.push(receipt.tracking_code);
    }
    assert_eq!(codes[1], codes[2], "the same cast again gives the same receipt");
    assert_ne!(codes[0], codes[3], "the code is that of the cast, not of the ballot");
    assert_ne!(codes[0], codes[1]);
    assert_eq!(bench.counters(poll).await.values().sum::<i64>(), 1);
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
}

#[tokio::test]
async fn without_recast_the_first_ballot_stays() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let first = replica.vote(&bench, poll, 7, &["o1", "o2"]).await.unwrap();
    bench.clock.advance(chrono::TimeDelta::seconds(5));
    assert_eq!(replica.vote(&bench, poll, 7, &["o2", "o1"]).await.unwrap(), first);
    let error = replica.vote(&bench, poll, 7, &["o3"]).await.unwrap_err();
    assert_eq!(error.reason_name(), "BALLOT_ALREADY_CAST");
    assert_eq!(bench.stored(poll).await.len(), 1);
}

#[tokio::test]
async fn what_waits_together_is_written_together_and_in_order() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let poll = replica.open_poll(true).await;
    let lock = hold(&bench, poll).await;
    let intake = &replica.app.intake;
    // The first cast's batch waits for the lock; the others gather behind it.
    let casts = async {
        let mut casts = vec![Box::pin(intake.cast(replica.cast(poll, 1, 0, "north"), soon()))];
        assert!(futures_util::poll!(&mut casts[0]).is_pending());
        waiting(&bench, 1).await;
        for (voter, ballot) in [(2, 1), (2, 1), (2, 2), (3, 1), (2, 1)] {
            casts.push(Box::pin(intake.cast(replica.cast(poll, voter, ballot, "north"), soon())));
            assert!(futures_util::poll!(casts.last_mut().unwrap()).is_pending());
        }
        release(lock).await;
        join_all(casts).await
    };
    let revisions: Vec<i32> = casts
        .await
        .into_iter()
        .map(|outcome| match outcome.unwrap() {
            Outcome::Counts(stored) => stored.revision,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(revisions, [1, 1, 1, 2, 1, 3]);
    assert_eq!(bench.stored(poll).await[nullifier(2).as_bytes()], (vec![1, 1, 1], 3));
    // Batches: the first cast; voters 2 and 3; the first change; the second change.
    let accepted = bench.events(poll).await.iter().filter(|key| *key == "voting.ballots.accepted").count();
    assert_eq!(accepted, 4);
}

#[tokio::test]
async fn a_cast_whose_deadline_passes_in_the_queue_is_not_stored() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let poll = replica.open_poll(false).await;
    let lock = hold(&bench, poll).await;
    let intake = replica.app.intake.clone();
    let first = comitia_core::task::spawn("test", {
        let (intake, cast) = (intake.clone(), replica.cast(poll, 1, 0, "north"));
        async move { intake.cast(cast, soon()).await }
    });
    waiting(&bench, 1).await;
    let late =
        intake.cast(replica.cast(poll, 2, 0, "north"), Instant::now() + Duration::from_millis(30)).await;
    assert_eq!(named(late), Err("DEADLINE_EXCEEDED"));
    release(lock).await;
    assert!(matches!(first.await.unwrap().unwrap(), Outcome::Counts(_)));
    // One behind it in the queue is stored, so that the late one was looked at.
    assert!(matches!(
        intake.cast(replica.cast(poll, 3, 0, "north"), soon()).await.unwrap(),
        Outcome::Counts(_)
    ));
    let stored: Vec<_> = bench.stored(poll).await.into_keys().collect();
    assert_eq!(stored, [nullifier(1).as_bytes().to_vec(), nullifier(3).as_bytes().to_vec()]);
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
    let bench = Bench::new().await;
    let config = IntakeConfig { max_in_flight_batches: 1, queue_capacity: 2, ..Default::default() };
    let replica = bench.replica_with(&config);
    let poll = replica.open_poll(false).await;
    let lock = hold(&bench, poll).await;
    let intake = replica.app.intake.clone();
    let mut casts = vec![Box::pin(intake.cast(replica.cast(poll, 1, 0, "north"), soon()))];
    assert!(futures_util::poll!(&mut casts[0]).is_pending());
    waiting(&bench, 1).await;
    for voter in [2, 3] {
        casts.push(Box::pin(intake.cast(replica.cast(poll, voter, 0, "north"), soon())));
        assert!(futures_util::poll!(casts.last_mut().unwrap()).is_pending());
    }
    let refused = intake.cast(replica.cast(poll, 4, 0, "north"), soon()).await.unwrap_err();
    let refused = comitia_platform::ApiError::from(refused);
    assert_eq!(refused.reason_name(), "OVERLOADED");
    assert_eq!(refused.code, comitia_core::ErrorCode::ResourceExhausted);
    assert!(refused.retry_after.unwrap() >= Duration::from_millis(500));
    release(lock).await;
    for outcome in join_all(casts).await {
        assert!(matches!(outcome.unwrap(), Outcome::Counts(_)));
    }
    assert_eq!(bench.stored(poll).await.len(), 3);
}

#[tokio::test]
async fn what_waits_at_the_stop_is_written() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_batch: 20, ..Default::default() });
    let poll = replica.open_poll(false).await;
    let lock = hold(&bench, poll).await;
    let casts: Vec<_> = (0..300)
        .map(|voter| {
            let (intake, cast) = (replica.app.intake.clone(), replica.cast(poll, voter, 0, "north"));
            comitia_core::task::spawn("test", async move { intake.cast(cast, soon()).await })
        })
        .collect();
    waiting(&bench, 4).await;
    let stop = comitia_core::task::spawn("test", replica.stop());
    release(lock).await;
    for cast in casts {
        assert!(matches!(cast.await.unwrap().unwrap(), Outcome::Counts(_)));
    }
    stop.await.unwrap();
    assert_eq!(bench.stored(poll).await.len(), 300);
}

#[tokio::test]
async fn a_cast_that_cannot_be_stored_does_not_take_others_with_it() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let poll = replica.open_poll(false).await;
    let lock = hold(&bench, poll).await;
    let intake = &replica.app.intake;
    let mut casts = vec![Box::pin(intake.cast(replica.cast(poll, 0, 0, "north"), soon()))];
    assert!(futures_util::poll!(&mut casts[0]).is_pending());
    waiting(&bench, 1).await;
    for voter in 1..10 {
        // PostgreSQL has no text with a NUL in it.
        let district = if voter == 4 { "no\0rth" } else { "north" };
        casts.push(Box::pin(intake.cast(replica.cast(poll, voter, 0, district), soon())));
        assert!(futures_util::poll!(casts.last_mut().unwrap()).is_pending());
    }
    release(lock).await;
    for (voter, outcome) in join_all(casts).await.into_iter().enumerate() {
        match named(outcome) {
            Ok(outcome) => assert!(matches!(outcome, Outcome::Counts(_)) && voter != 4),
            Err(reason) => assert_eq!((voter, reason), (4, "INTERNAL")),
        }
    }
    assert_eq!(bench.stored(poll).await.len(), 9);
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
}

/// The same cast three times: in one batch, in two batches of one replica, and in those of two replicas that write at the
/// same moment. One ballot, and one receipt for all.
#[tokio::test]
async fn the_same_cast_gives_the_same_receipt_wherever_it_is_written() {
    let bench = Bench::new().await;
    let config = IntakeConfig { max_in_flight_batches: 1, ..Default::default() };
    let replicas = [bench.replica_with(&config), bench.replica_with(&config)];
    let poll = replicas[0].open_poll(false).await;
    let lock = hold(&bench, poll).await;
    let (first, second) = (&replicas[0], &replicas[1]);
    let mut casts = vec![Box::pin(first.app.intake.cast(first.cast(poll, 7, 1, "north"), soon()))];
    assert!(futures_util::poll!(&mut casts[0]).is_pending());
    waiting(&bench, 1).await;
    // Behind the batch that waits for the lock: two callers in the next batch of this replica, one in the other's.
    bench.clock.advance(chrono::TimeDelta::seconds(1));
    for replica in [first, first, second] {
        casts.push(Box::pin(replica.app.intake.cast(replica.cast(poll, 7, 1, "north"), soon())));
        assert!(futures_util::poll!(casts.last_mut().unwrap()).is_pending());
    }
    waiting(&bench, 2).await;
    release(lock).await;
    let outcomes: Vec<_> = join_all(casts).await.into_iter().map(|outcome| outcome.unwrap()).collect();
    let counts = |outcome: &Outcome, known: bool| matches!(outcome, Outcome::Counts(stored) if stored.revision == 1 && stored.repeated == known);
    let (stored, known): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| counts(outcome, false));
    assert_eq!((stored.len(), known.len()), (1, 3), "{outcomes:?}");
    assert!(known.iter().all(|outcome| counts(outcome, true)), "{outcomes:?}");
    assert_eq!(bench.stored(poll).await.len(), 1);
    assert_eq!(bench.counters(poll).await.values().sum::<i64>(), 1);
    // The same ballot, as voters cast it.
    let permit = bench.permit(poll, 7, "north", false);
    let receipts = [
        first.vote_with(&permit, poll, &[1; 16], &["o1"]).await.unwrap(),
        second.vote_with(&permit, poll, &[1; 16], &["o1"]).await.unwrap(),
    ];
    assert_eq!(receipts[0], receipts[1]);
}

#[tokio::test]
async fn each_batch_tells_how_many_voters_each_poll_has_got() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let (large, small) = (replica.open_poll(true).await, replica.open_poll(true).await);
    let lock = hold(&bench, large).await;
    let intake = &replica.app.intake;
    let mut casts = vec![Box::pin(intake.cast(replica.cast(large, 0, 0, "north"), soon()))];
    assert!(futures_util::poll!(&mut casts[0]).is_pending());
    waiting(&bench, 1).await;
    // More than one byte of protobuf can count, and one that only changes a ballot.
    let voters = (1..=300).map(|voter| (large, voter, 0)).chain([(small, 1, 0), (large, 0, 1)]);
    for (poll, voter, ballot) in voters {
        casts.push(Box::pin(intake.cast(replica.cast(poll, voter, ballot, "north"), soon())));
        assert!(futures_util::poll!(casts.last_mut().unwrap()).is_pending());
    }
    release(lock).await;
    for outcome in join_all(casts).await {
        assert!(matches!(outcome.unwrap(), Outcome::Counts(_)));
    }
    assert!(matches!(
        intake.cast(replica.cast(small, 1, 2, "north"), soon()).await.unwrap(),
        Outcome::Counts(stored) if stored.revision == 2
    ));
    let rows: Vec<(String, Uuid, Vec<u8>)> = sqlx::query_as(
        "SELECT subject, organization_id, payload FROM voting.outbox
         WHERE routing_key = 'voting.ballots.accepted' ORDER BY sequence",
    )
    .fetch_all(&bench.admin)
    .await
    .unwrap();
    let mut told: HashMap<Uuid, Vec<i64>> = HashMap::new();
    for (subject, organization, payload) in rows {
        let event = BallotsAccepted::decode(payload.as_slice()).unwrap();
        assert_eq!((event.poll_id.as_str(), organization), (subject.as_str(), ORGANIZATION));
        told.entry(subject.parse().unwrap()).or_default().push(event.added);
    }
    assert_eq!(told, HashMap::from([(large, vec![1, 300]), (small, vec![1, 0])]));
}

#[tokio::test]
async fn replicas_of_the_previous_release_still_find_their_function() {
    let bench = Bench::new().await;
    let rows = sqlx::query(
        "SELECT place FROM voting.accept_ballots('{}'::uuid[], '{}'::bytea[], '{}'::bytea[], '{}'::bytea[],
             '{}'::text[], '{}'::timestamptz[], '{}'::bigint[], 0, '{}'::uuid[], '{}'::uuid[], '{}'::uuid[],
             '{}'::bytea[], now())",
    )
    .fetch_all(&bench.admin)
    .await
    .unwrap();
    assert!(rows.is_empty());
}

#[tokio::test]
async fn a_lane_goes_on_when_its_connection_was_cut() {
    let bench = Bench::new().await;
    let replica = bench.replica_with(&IntakeConfig { max_in_flight_batches: 1, ..Default::default() });
    let poll = replica.open_poll(false).await;
    let cast =
        async |voter| replica.app.intake.cast(replica.cast(poll, voter, 0, "north"), soon()).await.unwrap();
    assert!(matches!(cast(1).await, Outcome::Counts(_)));
    let cut: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%accept_ballots%' AND pid <> pg_backend_pid()",
    )
    .fetch_one(&bench.admin)
    .await
    .unwrap();
    assert_eq!(cut, 1);
    assert!(matches!(cast(2).await, Outcome::Counts(_)), "nobody notices");
    assert_eq!(bench.stored(poll).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_the_recount_whatever_is_cast_where() {
    let bench = Bench::new().await;
    let config = IntakeConfig { max_batch: 37, ..Default::default() };
    let replicas = Arc::new([bench.replica_with(&config), bench.replica_with(&config)]);
    let mut polls = Vec::new();
    for recast in [false, true, true] {
        polls.push((replicas[0].open_poll(recast).await, recast));
    }
    let seed = u64::from_be_bytes(comitia_core::random::bytes());
    println!("seed {seed}");
    let mut state = seed | 1;
    let mut random = move |below: u64| {
        // xorshift64: enough to mix, and the seed is printed.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let casts: Vec<_> = (0..4_000)
        .map(|_| {
            let (poll, recast) = polls[usize::try_from(random(3)).unwrap()];
            let voter = u32::try_from(random(250)).unwrap();
            let ballot = u8::try_from(random(3)).unwrap();
            let replica = usize::try_from(random(2)).unwrap();
            let district = ["north", "south", ""][(voter % 3) as usize];
            let replicas = replicas.clone();
            let task = comitia_core::task::spawn("test", async move {
                let replica = &replicas[replica];
                replica.app.intake.cast(replica.cast(poll, voter, ballot, district), soon()).await.unwrap()
            });
            (poll, recast, voter, ballot, task)
        })
        .collect();
    let mut counted: HashMap<(Uuid, u32), Vec<u8>> = HashMap::new();
    for (poll, recast, voter, ballot, task) in casts {
        match task.await.unwrap() {
            Outcome::Counts(_) => counted.entry((poll, voter)).or_default().push(ballot),
            Outcome::AlreadyCast => assert!(!recast),
            other => panic!("{other:?}"),
        }
    }
    for (poll, recast) in polls {
        let recount = bench.recount(poll).await;
        assert_eq!(recount, bench.counters(poll).await);
        let stored = bench.stored(poll).await;
        let voters: BTreeMap<Vec<u8>, &Vec<u8>> = counted
            .iter()
            .filter(|((of, _), _)| *of == poll)
            .map(|((_, voter), ballots)| (nullifier(*voter).as_bytes().to_vec(), ballots))
            .collect();
        assert_eq!(stored.keys().collect::<Vec<_>>(), voters.keys().collect::<Vec<_>>());
        for (voter, (ballot, revision)) in &stored {
            assert!(voters[voter].contains(&ballot[2]), "an acknowledged ballot is stored");
            if !recast {
                assert_eq!(*revision, 1);
                assert!(voters[voter].iter().all(|acknowledged| *acknowledged == ballot[2]));
            }
        }
        let turnout = replicas[0].app.turnouts.read(poll).await.unwrap();
        assert_eq!(usize::try_from(turnout.ballot_count).unwrap(), stored.len());
    }
}
