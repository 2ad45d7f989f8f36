//! How a poll ends: by the clock or by a person, sealed or refused.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_proto::voting::v1::PollState;
use comitia_seal::{Channel, SEVERAL, Seal};
use comitia_voting::app::intake::{IntakeConfig, Outcome};
use comitia_voting::app::{cast, clock, close, polls};

use crate::harness::{Bench, DEVICE, ORGANIZATION, nullifier, officer, reason, soon};

const GRACE: TimeDelta = TimeDelta::seconds(2);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_close_is_sealed_and_nothing_else() {
    let bench = Bench::new().await;
    let config = IntakeConfig { max_batch: 16, ..Default::default() };
    let replicas = [bench.replica_with(&config), bench.replica_with(&config)];
    let poll = replicas[0].open_poll(false).await;
    let closer = bench.replica();
    let casts: Vec<_> = (0..2_000)
        .map(|voter| {
            let replica = &replicas[(voter % 2) as usize];
            let (intake, cast) = (replica.app.intake.clone(), replica.cast(poll, voter, 1, "north"));
            comitia_core::task::spawn(
                "test",
                async move { (voter, intake.cast(cast, soon()).await.unwrap()) },
            )
        })
        .collect();
    comitia_testkit::wait_until("the first ballots", Duration::from_secs(20), async || {
        !bench.stored(poll).await.is_empty()
    })
    .await;
    let sealed =
        close::close_poll(&closer.app, ORGANIZATION, &officer("closer"), poll, "enough").await.unwrap();
    assert_eq!(sealed.state(), PollState::Sealed);
    // What is stored now is what was sealed.
    let at_seal = bench.stored(poll).await;
    let mut acknowledged = Vec::new();
    for cast in casts {
        let (voter, outcome) = cast.await.unwrap();
        match outcome {
            Outcome::Counts(_) => acknowledged.push(nullifier(voter).as_bytes().to_vec()),
            Outcome::Closed => {}
            other => panic!("{other:?}"),
        }
    }
    acknowledged.sort();
    assert_eq!(acknowledged, at_seal.keys().cloned().collect::<Vec<_>>());
    assert_eq!(bench.stored(poll).await, at_seal, "no ballot slipped in after the seal");
    let total = u64::try_from(acknowledged.len()).unwrap();
    let options = sealed.options.iter();
    let options = options.map(|option| (option.option_id.as_str(), 100, option.title.as_str()));
    let mut seal = Seal::new(&poll.to_string(), 1, options);
    if total < 5 {
        seal.add(&[1, 1, 1], SEVERAL, Channel::Any, total);
    } else {
        seal.add(&[1, 1, 1], "north", Channel::Online, total);
    }
    assert_eq!(sealed.seal_digest, hex::encode(seal.finish()));
    let keys = bench.events(poll).await;
    assert_eq!(keys[keys.len() - 2..], ["voting.poll.closed", "voting.poll.sealed"]);
}

#[tokio::test]
async fn polls_open_and_close_by_the_clock_once() {
    let bench = Bench::new().await;
    let (one, other) = (bench.replica(), bench.replica());
    let now = bench.clock.now();
    let poll = one.poll((now + TimeDelta::minutes(5), now + TimeDelta::minutes(10)), false).await;
    let state = async || polls::get_poll(&one.app, ORGANIZATION, poll).await.unwrap().state();
    let tick = async || {
        let (first, second) =
            tokio::join!(Box::pin(clock::tick(&one.app, GRACE)), Box::pin(clock::tick(&other.app, GRACE)));
        first.and(second).unwrap();
    };
    tick().await;
    assert_eq!(state().await, PollState::Scheduled);
    assert_eq!(reason(one.vote(&bench, poll, 1, &["o1"]).await), "POLL_NOT_OPEN");
    bench.clock.advance(TimeDelta::minutes(5));
    // Due is open, before any job has written so.
    one.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    assert_eq!(state().await, PollState::Scheduled);
    tick().await;
    assert_eq!(state().await, PollState::Open);
    bench.clock.advance(TimeDelta::minutes(5));
    tick().await;
    assert_eq!(state().await, PollState::Open, "the grace is not over");
    assert_eq!(reason(one.vote(&bench, poll, 2, &["o1"]).await), "POLL_CLOSED");
    bench.clock.advance(GRACE);
    tick().await;
    tick().await;
    assert_eq!(state().await, PollState::Sealed);
    assert_eq!(
        bench.events(poll).await,
        [
            "voting.poll.created",
            "voting.ballots.accepted",
            "voting.poll.opened",
            "voting.poll.closed",
            "voting.poll.sealed"
        ]
    );
}

#[tokio::test]
async fn a_cast_that_arrived_in_time_counts_within_the_grace() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let now = bench.clock.now();
    let poll = replica.poll((now, now + TimeDelta::minutes(1)), false).await;
    let (in_time, in_time_too) = (replica.cast(poll, 1, 1, "north"), replica.cast(poll, 2, 1, "north"));
    bench.clock.advance(TimeDelta::seconds(61));
    let late = replica.cast(poll, 3, 1, "north");
    let intake = &replica.app.intake;
    assert!(matches!(intake.cast(in_time, soon()).await.unwrap(), Outcome::Counts(_)));
    assert_eq!(intake.cast(late, soon()).await.unwrap(), Outcome::Closed);
    bench.clock.advance(TimeDelta::seconds(1));
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(intake.cast(in_time_too, soon()).await.unwrap(), Outcome::Closed);
    assert_eq!(bench.stored(poll).await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_after_the_close() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let receipt = replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "early").await.unwrap();
    assert_eq!(replica.vote(&bench, poll, 1, &["o1"]).await.unwrap(), receipt);
    assert_eq!(reason(replica.vote(&bench, poll, 1, &["o2"]).await), "POLL_CLOSED");
    bench.clock.advance(TimeDelta::hours(2));
    assert_eq!(replica.vote(&bench, poll, 1, &["o1"]).await.unwrap(), receipt);
    assert_eq!(reason(replica.vote(&bench, poll, 1, &["o2"]).await), "POLL_CLOSED");
    assert_eq!(reason(replica.vote(&bench, poll, 2, &["o1"]).await), "POLL_CLOSED");
    assert_eq!(reason(replica.vote(&bench, poll, 2, &["nowhere"]).await), "POLL_CLOSED");
    let permit = bench.permit(poll, 1, "north", false);
    assert_eq!(cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await.unwrap(), receipt);
    let permit = bench.permit(poll, 2, "north", false);
    assert_eq!(
        reason(cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await),
        "BALLOT_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_seal_is_refused_loudly_and_made_once_the_cause_is_mended() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    for voter in 0..5 {
        replica.vote(&bench, poll, voter, &["o1"]).await.unwrap();
    }
    sqlx::query(
        "UPDATE voting.turnout SET ballot_count = ballot_count + 1 WHERE ctid IN
                 (SELECT ctid FROM voting.turnout WHERE poll_id = $1 LIMIT 1)",
    )
    .bind(poll)
    .execute(&bench.admin)
    .await
    .unwrap();
    let error = ApiError::from(
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "early").await.unwrap_err(),
    );
    assert_eq!(error.reason_name(), "RECOUNT_MISMATCH");
    assert!(error.message.contains("5 ballots and the counters say 6"), "{}", error.message);
    let closed = polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((closed.state(), closed.seal_digest.as_str()), (PollState::Closed, ""));
    assert!(closed.seal_refusal.contains("counters say 6"));
    assert_eq!(reason(close::require_sealed(&replica.app, ORGANIZATION, poll).await), "POLL_STATE_INVALID");
    // The clock leaves it to people.
    clock::tick(&replica.app, GRACE).await.unwrap();
    let refusals = bench.events(poll).await.iter().filter(|key| *key == "voting.poll.seal_refused").count();
    assert_eq!(refusals, 1);

    sqlx::query(
        "UPDATE voting.turnout SET ballot_count = ballot_count - 1 WHERE ctid IN
                 (SELECT ctid FROM voting.turnout WHERE poll_id = $1 ORDER BY ballot_count DESC LIMIT 1)",
    )
    .bind(poll)
    .execute(&bench.admin)
    .await
    .unwrap();
    let sealed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "mended").await.unwrap();
    assert_eq!((sealed.state(), sealed.seal_refusal.as_str()), (PollState::Sealed, ""));
    let again =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "again").await.unwrap();
    assert_eq!(again, sealed);
    let sealings = bench.events(poll).await.iter().filter(|key| *key == "voting.poll.sealed").count();
    assert_eq!(sealings, 1);
}

#[tokio::test]
async fn a_ballot_that_nobody_could_have_cast_is_not_sealed() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    sqlx::query("UPDATE voting.ballots SET ballot = '\\x010109' WHERE poll_id = $1")
        .bind(poll)
        .execute(&bench.admin)
        .await
        .unwrap();
    assert_eq!(
        reason(close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "early").await),
        "RECOUNT_MISMATCH"
    );
}

#[tokio::test]
async fn replicas_that_seal_at_once_seal_once() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica(), bench.replica()];
    let poll = replicas[0].open_poll(false).await;
    replicas[0].vote(&bench, poll, 1, &["o1"]).await.unwrap();
    close::close(&replicas[0].app, ORGANIZATION, poll, None).await.unwrap();
    let seals = replicas.iter().map(|replica| close::seal(&replica.app, ORGANIZATION, poll, false));
    let seals: Vec<close::Seal> =
        futures_util::future::join_all(seals).await.into_iter().map(|seal| seal.unwrap()).collect();
    assert_eq!(seals.iter().filter(|seal| **seal == close::Seal::Sealed).count(), 1, "{seals:?}");
    let sealings = bench.events(poll).await.iter().filter(|key| *key == "voting.poll.sealed").count();
    assert_eq!(sealings, 1);
}

#[tokio::test]
async fn a_poll_that_a_crash_left_unsealed_is_sealed_by_the_clock() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    close::close(&replica.app, ORGANIZATION, poll, None).await.unwrap();
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap().state(), PollState::Sealed);
}
