//! The sequencer against a real PostgreSQL: whatever commits, in whatever order and beside however many sequencers, stands in the
//! log once, where it first stood.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use comitia_platform::database::DatabaseConfig;
use comitia_proto::voting::v1::SignatureSheet;
use comitia_testkit::wait_until;
use comitia_transparency::Frontier;
use comitia_voting::app::sequencer::sequence;
use comitia_voting::store::ballots::{self, Cast};
use comitia_voting::store::log;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, Replica, nullifier, soon};
use crate::log::{fifty_and_spread, identifier_of, leaves, published, verify};

/// Turnout rows are locked until their transaction ends, so that each has its own.
static SHARD: AtomicI32 = AtomicI32::new(2_000);

/// A batch of the intake whose transaction goes on.
async fn batch(
    bench: &Bench,
    replica: &Replica,
    poll: Uuid,
    voters: std::ops::Range<u32>,
) -> Transaction<'static, Postgres> {
    let mut transaction = bench.admin.begin().await.unwrap();
    let casts: Vec<Cast> = voters.map(|voter| replica.signature(poll, voter).cast).collect();
    let shard = SHARD.fetch_add(1, Ordering::Relaxed);
    let casts: Vec<&Cast> = casts.iter().collect();
    ballots::accept(&mut transaction, &casts, shard, &[], bench.clock.now()).await.unwrap();
    transaction
}

async fn appends(replica: &Replica) -> u64 {
    sequence(&replica.app).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_still_be_preceded_waits() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let early = batch(&bench, &replica, poll, 0..3).await;
    batch(&bench, &replica, poll, 3..5).await.commit().await.unwrap();
    assert_eq!(appends(&replica).await, 0, "the first transaction may still commit");
    early.commit().await.unwrap();
    assert_eq!(appends(&replica).await, 5);
    // The order is that of the transactions, though the second one committed first.
    let (_, files) = published(&replica, poll).await;
    for (leaf, voter) in leaves(&files).iter().zip(0..5) {
        assert_eq!(leaf.identifier, identifier_of(&bench, &replica, poll, &nullifier(voter)).await);
    }
    verify(&bench, &replica, poll, &SignatureSheet::default(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_sign_here_holds_nobody_up() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let other = replica.open_sheet(SignatureSheet::default()).await;
    // A long transaction that writes, as of a service on the same server; and a batch of another poll.
    let mut long = bench.admin.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()").execute(&mut *long).await.unwrap();
    let of_other = batch(&bench, &replica, other, 0..3).await;
    replica.app.intake.cast(replica.signature(poll, 1), soon()).await.unwrap();
    assert_eq!(appends(&replica).await, 1);
    of_other.commit().await.unwrap();
    assert_eq!(appends(&replica).await, 3);
    verify(&bench, &replica, poll, &SignatureSheet::default(), &[]).await;
    verify(&bench, &replica, other, &SignatureSheet::default(), &[]).await;
    long.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_restored_from_another_server_is_appended_too() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    batch(&bench, &replica, poll, 0..3).await.commit().await.unwrap();
    // There, transactions had come further than here.
    sqlx::query("UPDATE voting.log_waiting SET transaction = '1000000000000'")
        .execute(&bench.admin)
        .await
        .unwrap();
    batch(&bench, &replica, poll, 3..5).await.commit().await.unwrap();
    assert_eq!(appends(&replica).await, 5);
    verify(&bench, &replica, poll, &SignatureSheet::default(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_has_one_sequencer_and_another_goes_on_when_it_dies() {
    let bench = Bench::new().await;
    let (one, two) = (bench.replica(), bench.replica());
    let poll = one.open_sheet(SignatureSheet::default()).await;
    batch(&bench, &one, poll, 0..10).await.commit().await.unwrap();
    // A sequencer that took the signatures and gets no further, as one whose machine is gone.
    let mut stuck = bench.admin.begin().await.unwrap();
    let process: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *stuck).await.unwrap();
    let due = log::due(&mut stuck).await.unwrap()[0];
    let head = log::lease(&mut stuck, poll).await.unwrap().unwrap();
    assert_eq!(log::take(&mut stuck, due, 10).await.unwrap().len(), 10);
    assert_eq!(appends(&two).await, 0, "the lease is another's");
    sqlx::query("SELECT pg_terminate_backend($1)").bind(process).execute(&bench.admin).await.unwrap();
    wait_until("the lease", Duration::from_secs(30), async || appends(&two).await == 10).await;
    // What the dead one had read does not hold any more.
    let mut late = bench.admin.begin().await.unwrap();
    assert!(!log::append(&mut late, &head, &log::Appended::default()).await.unwrap());
    drop(late);
    verify(&bench, &two, poll, &SignatureSheet::default(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequencer_that_stands_still_loses_its_lease() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let mut stuck = bench.admin.begin().await.unwrap();
    assert!(log::lease(&mut stuck, poll).await.unwrap().is_some());
    let limit: String = sqlx::query_scalar("SELECT current_setting('idle_in_transaction_session_timeout')")
        .fetch_one(&mut *stuck)
        .await
        .unwrap();
    assert_eq!(limit, "10s");
}

/// Two sequencers at once, while many batches commit.
#[tokio::test(flavor = "multi_thread")]
async fn two_sequencers_append_each_signature_once() {
    let bench = Bench::new().await;
    let (one, two) = (bench.replica(), bench.replica());
    let poll = one.open_sheet(fifty_and_spread()).await;
    let casting = async {
        for first in (0..600_u32).step_by(30) {
            let casts = (first..first + 30).map(|voter| {
                let replica = if voter.is_multiple_of(2) { &one } else { &two };
                replica.app.intake.cast(replica.signature(poll, voter), soon())
            });
            for outcome in futures_util::future::join_all(casts).await {
                outcome.unwrap();
            }
        }
    };
    let appending = async |replica: &Replica| {
        let mut seen = Vec::new();
        let mut size = 0;
        while size < 600 {
            sequence(&replica.app).await.unwrap();
            let head = published(replica, poll).await.0;
            size = head.size;
            seen.push(head);
        }
        seen
    };
    let ((), first, second) = tokio::join!(casting, appending(&one), appending(&two));
    let seen: Vec<_> = first.into_iter().chain(second).collect();
    verify(&bench, &one, poll, &fifty_and_spread(), &seen).await;
    let told = bench.events(poll).await;
    assert_eq!(told.iter().filter(|key| *key == "voting.milestone.reached").count(), 2);
}

/// A step of many that happen at the same time.
#[derive(Clone, Debug)]
enum Step {
    /// A transaction begins with so many signatures.
    Begin(u32),
    /// One of those that run commits.
    Commit(usize),
    /// One of them is rolled back.
    RollBack(usize),
    /// A sequencer looks, or both at once.
    Look(bool, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1..40_u32).prop_map(Step::Begin),
        3 => any::<usize>().prop_map(Step::Commit),
        1 => any::<usize>().prop_map(Step::RollBack),
        3 => any::<(bool, bool)>().prop_map(|(one, two)| Step::Look(one, two)),
    ];
    proptest::collection::vec(step, 5..40)
}

/// No leaf is lost, doubled or moved, whatever comes between what; and the log has the order of transactions.
#[tokio::test(flavor = "multi_thread")]
async fn every_interleaving_gives_one_log() {
    let mut bench = Bench::new().await;
    // A connection for each batch that runs, and some to look with.
    let config = DatabaseConfig { max_connections: 8, ..DatabaseConfig::new(bench.database.admin_url()) };
    bench.admin = comitia_platform::database::connect(&config).unwrap();
    let (one, two) = (bench.replica(), bench.replica());
    let mut runner = TestRunner::deterministic();
    for _ in 0..24 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let poll = one.open_sheet(fifty_and_spread()).await;
        let (mut running, mut committed, mut next, mut seen) = (Vec::new(), Vec::new(), 0, Vec::new());
        let commit = async |(transaction, voters): (Transaction<'static, Postgres>, std::ops::Range<u32>)| {
            transaction.commit().await.unwrap();
            voters
        };
        for step in &steps {
            match step {
                Step::Begin(count) if running.len() < 4 => {
                    let voters = next..next + count;
                    running.push((batch(&bench, &one, poll, voters.clone()).await, voters));
                    next += count;
                }
                Step::Commit(which) if !running.is_empty() => {
                    committed.push(commit(running.swap_remove(which % running.len())).await);
                }
                Step::RollBack(which) if !running.is_empty() => {
                    running.swap_remove(which % running.len()).0.rollback().await.unwrap();
                }
                Step::Look(first, second) => {
                    let look = async |replica: &Replica, looks: bool| {
                        if looks {
                            sequence(&replica.app).await.unwrap();
                        }
                    };
                    tokio::join!(look(&one, *first), look(&two, *second));
                    seen.push(published(&one, poll).await.0);
                }
                _ => {}
            }
        }
        for batch in running {
            committed.push(commit(batch).await);
        }
        appends(&one).await;
        verify(&bench, &one, poll, &fifty_and_spread(), &seen).await;
        // Transactions began in the order of their voters, and a batch's nullifiers are in that order, too.
        committed.sort_by_key(|voters| voters.start);
        let found = leaves(&published(&one, poll).await.1);
        for (leaf, voter) in found.iter().zip(committed.into_iter().flatten()) {
            assert_eq!(leaf.identifier, identifier_of(&bench, &one, poll, &nullifier(voter)).await);
        }
    }
}

/// The head of an empty log is signed from the first moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_begins_empty_and_signed() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let (head, files) = published(&replica, poll).await;
    assert_eq!((head.size, head.root, files.len()), (0, Frontier::default().root(), 0));
    assert_eq!(head.origin, format!("comitia.example/polls/{poll}"));
    let log = comitia_voting::app::log::describe(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(log.poll_id, poll.to_string());
}
