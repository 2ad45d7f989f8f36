//! Calling a vote off: cancelled before it opens, annulled by two after that, and never with a result.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{Poll, PollState};
use comitia_voting::app::{call_off, clock, close, polls};
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, Replica, officer, reason};

const GRACE: TimeDelta = TimeDelta::seconds(2);

async fn cancel(replica: &Replica, poll: Uuid) -> Result<Poll, ApiError> {
    Ok(call_off::cancel_poll(
        &replica.app,
        ORGANIZATION,
        &officer("ann"),
        poll,
        "the council has changed the list",
    )
    .await?)
}

async fn annul(replica: &Replica, subject: &str, poll: Uuid, why: &str) -> Result<Poll, ApiError> {
    Ok(call_off::annul_poll(&replica.app, ORGANIZATION, &officer(subject), poll, why).await?)
}

#[tokio::test]
async fn a_vote_is_cancelled_before_it_opens_and_not_after() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let later = bench.clock.now() + TimeDelta::days(3);
    let poll = replica.poll((later, later + TimeDelta::days(1)), false).await;
    assert_eq!(reason(annul(&replica, "ann", poll, "a mistake").await), "POLL_NOT_OPEN");
    let cancelled = cancel(&replica, poll).await.unwrap();
    assert_eq!(cancelled.state(), PollState::Cancelled);
    assert_eq!(cancelled.call_off_reason, "the council has changed the list");
    assert_eq!(cancel(&replica, poll).await.unwrap(), cancelled, "once is enough");

    // It neither opens nor closes, and nothing is sealed.
    bench.clock.advance(TimeDelta::days(3));
    clock::tick(&replica.app, GRACE).await.unwrap();
    let refused = replica.vote(&bench, poll, 1, &["o1"]).await.unwrap_err();
    assert_eq!(refused.reason_name(), "POLL_CLOSED");
    assert_eq!(refused.message, "the poll was cancelled before it opened");
    bench.clock.advance(TimeDelta::days(2));
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(
        polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap().state(),
        PollState::Cancelled
    );
    assert_eq!(bench.events(poll).await, ["voting.poll.created", "voting.poll.cancelled"]);

    let open = replica.open_poll(false).await;
    assert_eq!(reason(cancel(&replica, open).await), "POLL_HAS_OPENED");
}

#[tokio::test]
async fn an_open_vote_is_annulled_by_two_and_has_no_result() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    assert_eq!(reason(annul(&replica, "ann", poll, "").await), "FIELD_INVALID");
    let proposed = annul(&replica, "ann", poll, "letters went to the wrong people").await.unwrap();
    assert_eq!(proposed.state(), PollState::Open);
    assert_eq!(reason(annul(&replica, "ann", poll, "").await), "SECOND_OFFICER_REQUIRED");
    replica.vote(&bench, poll, 2, &["o1"]).await.unwrap();
    let annulled = annul(&replica, "bob", poll, "").await.unwrap();
    assert_eq!(annulled.state(), PollState::Annulled);
    assert_eq!(annulled.call_off_reason, "letters went to the wrong people");
    let refused = replica.vote(&bench, poll, 3, &["o1"]).await.unwrap_err();
    assert_eq!(refused.reason_name(), "POLL_CLOSED");
    assert_eq!(refused.message, "the poll closed at 2026-09-21T14:13:20Z");
    assert_eq!(annulled.close_time, Some(timestamp(bench.clock.now())));
    bench.clock.advance(TimeDelta::hours(2));
    clock::tick(&replica.app, GRACE).await.unwrap();
    let after =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "what now").await.unwrap();
    assert_eq!((after.state(), after.seal_digest.as_str()), (PollState::Annulled, ""));
    let keys = bench.events(poll).await;
    assert_eq!(keys[keys.len() - 2..], ["voting.poll.closed", "voting.poll.annulled"]);

    let sealed = replica.open_poll(false).await;
    annul(&replica, "ann", sealed, "too late").await.unwrap();
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), sealed, "enough").await.unwrap();
    assert_eq!(reason(annul(&replica, "bob", sealed, "").await), "POLL_STATE_INVALID");
}
