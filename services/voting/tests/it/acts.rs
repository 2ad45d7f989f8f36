//! What is done to a poll while it is open.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::common::v1::Role;
use comitia_proto::voting::v1::{Ballot, Poll, PollActKind, PollState, Receipt, SignatureSheet};
use comitia_testkit::service;
use comitia_voting::app::acts::{self, Act};
use comitia_voting::app::intake::Outcome;
use comitia_voting::app::{cast, clock, close, polls};
use comitia_voting::error::Error;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, officer, reason, soon};

async fn sign(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32) -> Result<Receipt, ApiError> {
    let permit = bench.permit(poll, voter, "north", false);
    let nothing = Ballot::default();
    let signed = cast::cast_ballot(&replica.app, ORGANIZATION, poll, permit, &nothing, &DEVICE, soon());
    signed.await.map_err(ApiError::from)
}

async fn refused(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32) -> &'static str {
    sign(bench, replica, poll, voter).await.err().map_or("", |error| error.reason_name())
}

async fn pause(replica: &Replica, poll_id: Uuid, reason: &str) -> Result<Poll, Error> {
    let officer = &officer("owner");
    acts::pause_poll(&replica.app, Act { organization: ORGANIZATION, poll_id, officer, reason }).await
}

async fn resume(replica: &Replica, poll_id: Uuid, reason: &str) -> Result<Poll, Error> {
    let officer = &officer("owner");
    acts::resume_poll(&replica.app, Act { organization: ORGANIZATION, poll_id, officer, reason }).await
}

async fn extend(replica: &Replica, poll_id: Uuid, to: DateTime<Utc>) -> Result<Poll, Error> {
    let (officer, reason) = (&officer("owner"), "a strike of the post");
    acts::extend_poll(&replica.app, Act { organization: ORGANIZATION, poll_id, officer, reason }, to).await
}

#[tokio::test]
async fn nobody_signs_a_paused_sheet_and_who_has_signed_keeps_the_receipt() {
    let bench = Bench::new().await;
    let (replica, other) = (bench.replica(), bench.replica());
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let receipt = sign(&bench, &replica, poll, 1).await.unwrap();
    assert_eq!(refused(&bench, &other, poll, 2).await, "");

    let paused = pause(&replica, poll, "somebody signs with stolen names").await.unwrap();
    assert!(paused.paused);
    for replica in [&replica, &other] {
        assert_eq!(refused(&bench, replica, poll, 3).await, "POLL_PAUSED");
    }
    // An answer that was lost is given again: that is the same act.
    assert_eq!(sign(&bench, &other, poll, 1).await.unwrap(), receipt);
    // Once more changes nothing.
    assert_eq!(pause(&other, poll, "again").await.unwrap().history.len(), 1);

    let resumed = resume(&other, poll, "it was a test").await.unwrap();
    assert!(!resumed.paused);
    assert_eq!(refused(&bench, &replica, poll, 3).await, "");
    let history: Vec<_> = resumed.history.iter().map(|act| (act.kind(), act.reason.as_str())).collect();
    assert_eq!(
        history,
        [(PollActKind::Paused, "somebody signs with stolen names"), (PollActKind::Resumed, "it was a test")]
    );
    let told = bench.events(poll).await;
    let acts =
        told.iter().filter(|key| ["voting.poll.paused", "voting.poll.resumed"].contains(&key.as_str()));
    assert_eq!(acts.count(), 2);
}

/// The pause waits for the signatures that are being stored, and none is stored after it.
#[tokio::test(flavor = "multi_thread")]
async fn no_signature_slips_in_after_a_pause() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica()];
    let poll = replicas[0].open_sheet(SignatureSheet::default()).await;
    let signing = async |replica: &Replica, voters: std::ops::Range<u32>| {
        let mut stored = 0;
        for voter in voters {
            match replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap() {
                Outcome::Counts(_) => stored += 1,
                Outcome::Paused => {}
                other => panic!("{other:?}"),
            }
        }
        stored
    };
    let pausing = async {
        while bench.stored(poll).await.len() < 20 {}
        pause(&replicas[0], poll, "stop").await.unwrap();
        bench.stored(poll).await.len()
    };
    let (one, two, at_pause) =
        tokio::join!(signing(&replicas[0], 0..200), signing(&replicas[1], 200..400), pausing);
    assert_eq!(one + two, at_pause, "every receipt is of before the pause");
    assert_eq!(bench.stored(poll).await.len(), at_pause, "and nothing came after it");
    assert!(at_pause < 400, "the pause came while people signed");
}

#[tokio::test]
async fn an_extended_sheet_is_signed_beyond_its_first_close_at_every_replica() {
    let bench = Bench::new().await;
    let (replica, other) = (bench.replica(), bench.replica());
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let first = bench.clock.now() + TimeDelta::hours(1);
    // The other one has the rules in its memory, with the first close.
    assert_eq!(refused(&bench, &other, poll, 1).await, "");
    let before = polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap();

    assert_eq!(reason(extend(&replica, poll, first - TimeDelta::minutes(1)).await), "FIELD_INVALID");
    let extended = extend(&replica, poll, first + TimeDelta::hours(2)).await.unwrap();
    assert_eq!(extended.close_time, Some(timestamp(first + TimeDelta::hours(2))));
    let act = &extended.history[0];
    assert_eq!((act.kind(), act.previous_close_time), (PollActKind::Extended, Some(timestamp(first))));
    let seconds = |poll: &Poll| poll.paper_close_time.unwrap().seconds;
    assert_eq!(seconds(&extended) - seconds(&before), 7_200, "paper has as long as before");

    bench.clock.advance(TimeDelta::minutes(90));
    for (voter, replica) in [(2, &replica), (3, &other)] {
        assert_eq!(refused(&bench, replica, poll, voter).await, "");
    }
    // The request that created it is the same still.
    let period = (first - TimeDelta::hours(1), first);
    let created = polls::create_poll(&other.app, ORGANIZATION, poll, period, before).await.unwrap();
    assert_eq!(created.close_time, extended.close_time);

    bench.clock.advance(TimeDelta::minutes(90));
    for replica in [&replica, &other] {
        assert_eq!(refused(&bench, replica, poll, 4).await, "POLL_CLOSED");
    }
    assert_eq!(reason(extend(&replica, poll, first + TimeDelta::days(2)).await), "POLL_CLOSED");
}

/// A vote of a budget is extended by budgets alone; ballots, paper and seal follow.
#[tokio::test]
async fn a_vote_that_its_service_extends_takes_ballots_beyond_its_first_close_at_every_replica() {
    let bench = Bench::new().await;
    let (replica, other) = (bench.replica(), bench.replica());
    let poll_id = replica.open_poll(true).await;
    let first = bench.clock.now() + TimeDelta::hours(1);
    other.vote(&bench, poll_id, 1, &["o1"]).await.unwrap();
    let budgets = &service::caller(None, Role::Service, "budgets");
    let act = Act { organization: ORGANIZATION, poll_id, officer: budgets, reason: "the site was away" };
    let later = first + TimeDelta::hours(2);
    assert_eq!(reason(extend(&replica, poll_id, later).await), "POLL_NO_SHEET");
    let extended = acts::extend_poll(&replica.app, act, later).await.unwrap();
    assert_eq!(acts::extend_poll(&other.app, act, later).await.unwrap().history.len(), 1);
    assert_eq!(extended.paper_close_time, Some(timestamp(later)));
    let public = polls::get_poll(&other.app, ORGANIZATION, poll_id).await.unwrap();
    let told = &public.history[0];
    assert_eq!((told.kind(), told.reason.as_str()), (PollActKind::Extended, "the site was away"));
    assert_eq!((told.previous_close_time, told.close_time), (Some(timestamp(first)), Some(timestamp(later))));
    assert!(bench.events(poll_id).await.iter().any(|key| key == "voting.poll.extended"));
    assert_eq!(reason(acts::extend_poll(&replica.app, act, first).await), "FIELD_INVALID");

    bench.clock.advance(TimeDelta::minutes(90));
    clock::tick(&replica.app, TimeDelta::zero()).await.unwrap();
    other.vote(&bench, poll_id, 1, &["o2"]).await.unwrap();
    replica.vote(&bench, poll_id, 2, &["o3"]).await.unwrap();

    bench.clock.advance(TimeDelta::minutes(90));
    for replica in [&replica, &other] {
        assert_eq!(reason(replica.vote(&bench, poll_id, 3, &["o1"]).await), "POLL_CLOSED");
    }
    assert_eq!(reason(acts::extend_poll(&other.app, act, later + TimeDelta::days(1)).await), "POLL_CLOSED");
    clock::tick(&replica.app, TimeDelta::zero()).await.unwrap();
    let sealed = polls::get_poll(&replica.app, ORGANIZATION, poll_id).await.unwrap();
    assert_eq!((sealed.state(), sealed.history.len()), (PollState::Sealed, 1));
}

#[tokio::test]
async fn what_is_over_or_about_to_be_is_not_extended() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let close = bench.clock.now() + TimeDelta::hours(1);
    bench.clock.advance(TimeDelta::minutes(59) + TimeDelta::seconds(1));
    assert_eq!(reason(extend(&replica, poll, close + TimeDelta::hours(1)).await), "POLL_STATE_INVALID");

    let vote = replica.open_poll(false).await;
    for refused in [
        pause(&replica, vote, "why").await,
        resume(&replica, vote, "why").await,
        extend(&replica, vote, close + TimeDelta::days(1)).await,
    ] {
        assert_eq!(reason(refused), "POLL_NO_SHEET");
    }
    let unknown = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00cc);
    assert_eq!(reason(pause(&replica, unknown, "why").await), "RESOURCE_NOT_FOUND");
    let now = bench.clock.now();
    let to_come = replica.poll((now + TimeDelta::hours(1), now + TimeDelta::hours(2)), false).await;
    assert_eq!(reason(pause(&replica, to_come, "why").await), "POLL_NO_SHEET");
}

#[tokio::test]
async fn an_early_close_stands_in_the_history_and_ends_a_pause() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    sign(&bench, &replica, poll, 1).await.unwrap();
    pause(&replica, poll, "the petition is examined").await.unwrap();
    let closed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("owner"), poll, "its authors ask for it")
            .await
            .unwrap();
    assert!(!closed.paused);
    let kinds: Vec<_> = closed.history.iter().map(|act| act.kind()).collect();
    assert_eq!(kinds, [PollActKind::Paused, PollActKind::Closed]);
    assert_eq!(closed.history[1].reason, "its authors ask for it");
    assert_eq!(refused(&bench, &replica, poll, 2).await, "POLL_CLOSED");
    assert_eq!(reason(resume(&replica, poll, "too late").await), "POLL_CLOSED");
}

/// Nobody rewrites what was done, not even the service's own role.
#[tokio::test]
async fn the_history_of_a_sheet_stays() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    pause(&replica, poll, "why").await.unwrap();
    // Of a vote that is none of signatures, the closing time is fixed.
    replica.open_poll(false).await;
    for statement in [
        "UPDATE voting.polls SET close_time = close_time + interval '1 hour', first_close_time = close_time WHERE NOT has_log",
        "UPDATE voting.poll_acts SET reason = 'another'",
        "DELETE FROM voting.poll_acts",
        "UPDATE voting.polls SET close_time = close_time - interval '1 minute'",
        "UPDATE voting.polls SET paper_close_time = close_time + interval '9 days'",
    ] {
        let mut transaction = replica.app.pool.begin().await.unwrap();
        sqlx::query("SELECT set_config('comitia.organization', '*', true)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        assert!(sqlx::query(statement).execute(&mut *transaction).await.is_err(), "{statement}");
    }
}
