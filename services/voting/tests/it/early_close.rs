//! A poll that a person closes before its time: everybody who comes later is told when.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_voting::app::{cast, close, polls};
use comitia_voting::domain::poll::Period;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, approve, officer, poll as poll_of, reason, soon};

/// A poll that was closed ten minutes after it opened, and its period.
async fn closed(bench: &Bench, replica: &Replica) -> (Uuid, Period) {
    let now = bench.clock.now();
    let period = (now, now + TimeDelta::hours(1));
    let poll = replica.poll(period, true).await;
    replica.vote(bench, poll, 1, &["o1"]).await.unwrap();
    bench.clock.advance(TimeDelta::minutes(10) + TimeDelta::microseconds(250_999));
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "the hall is flooded")
        .await
        .unwrap();
    (poll, period)
}

#[tokio::test]
async fn the_poll_shows_when_it_closed_and_when_it_was_to_close() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let (poll, period) = closed(&bench, &replica).await;
    let shown = polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap();
    let moment = period.0 + TimeDelta::minutes(10) + TimeDelta::milliseconds(250);
    assert_eq!(shown.close_time, Some(timestamp(moment)));
    assert_eq!(shown.scheduled_close_time, Some(timestamp(period.1)));
    let listed = polls::list_polls(&replica.app, ORGANIZATION, 10, "").await.unwrap();
    assert_eq!(listed.polls[0].close_time, shown.close_time);

    // The same request to create it is the same still.
    let again = polls::create_poll(&replica.app, ORGANIZATION, poll, period, poll_of(poll, period, true))
        .await
        .unwrap();
    assert_eq!(again.close_time, shown.close_time);
    let longer = (period.0, period.1 + TimeDelta::hours(1));
    let other =
        polls::create_poll(&replica.app, ORGANIZATION, poll, longer, poll_of(poll, longer, true)).await;
    assert_eq!(reason(other), "RESOURCE_ALREADY_EXISTS");

    // Closed again after its time, it keeps the moment; one that the clock closed has none.
    bench.clock.advance(TimeDelta::hours(2));
    let again =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "again").await.unwrap();
    assert_eq!(again.close_time, shown.close_time);
    let other = replica.open_poll(false).await;
    bench.clock.advance(TimeDelta::hours(1));
    let other = close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), other, "at its time")
        .await
        .unwrap();
    assert_eq!((other.close_time, other.scheduled_close_time), (Some(timestamp(bench.clock.now())), None));
}

#[tokio::test]
async fn a_late_cast_is_told_when_the_poll_closed_whatever_its_permit_and_ballot() {
    let bench = Bench::new().await;
    // The other one has not the poll in its memory, as after a new start.
    let (replica, other) = (bench.replica(), bench.replica());
    let elsewhere = replica.open_poll(true).await;
    let mut expired = bench.claims(elsewhere, 2, "north", false);
    let (poll, _) = closed(&bench, &replica).await;
    (expired.poll, expired.exp) = (poll, bench.clock.now().timestamp());
    let good = bench.permit(poll, 2, "north", false);
    let mut forged = good.clone();
    forged.replace_range(forged.len() - 4.., "AAAA");
    let permits = [
        (good.as_str(), "o1"),
        (&good, "nowhere"),
        (&forged, "o1"),
        (&forged, "nowhere"),
        (&bench.signer.permit(&expired), "o1"),
        (&bench.permit(elsewhere, 2, "north", false), "o1"),
        (&bench.permit(poll, 2, "north", true), "o1"),
        ("no permit at all", "o1"),
        ("", "o1"),
    ];
    for (place, (permit, option)) in permits.iter().enumerate() {
        for replica in [&other, &replica] {
            let refused = replica.vote_with(permit, poll, &DEVICE, &[option]).await.unwrap_err();
            assert_eq!(refused.reason_name(), "POLL_CLOSED", "{place}");
            assert_eq!(refused.message, "the poll closed at 2026-09-21T14:23:20.250Z", "{place}");
            assert!(refused.violations.is_empty(), "{place}");
        }
    }
    // Whose answer was lost gets it.
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();

    // In an open poll a bad permit is a bad permit, and another organization is told nothing.
    for (organization, poll) in [(ORGANIZATION, elsewhere), (Uuid::from_u128(9), poll)] {
        let ballot = approve(&["o1"]);
        let cast =
            cast::cast_ballot(&replica.app, organization, poll, "none".into(), &ballot, &DEVICE, soon());
        assert_eq!(reason(cast.await), "PERMIT_INVALID");
    }
}

/// The table of polls is locked, so that whoever looks has to wait.
#[tokio::test(flavor = "multi_thread")]
async fn many_without_a_permit_hardly_make_voting_look() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let mut lock = bench.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE voting.polls").execute(&mut *lock).await.unwrap();
    let (tell, mut answers) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..20 {
        let (app, tell) = (replica.app.clone(), tell.clone());
        comitia_core::task::spawn("stranger", async move {
            let ballot = approve(&["o1"]);
            let cast = cast::cast_ballot(&app, ORGANIZATION, poll, "none".into(), &ballot, &DEVICE, soon());
            let refused = cast.await.map_err(ApiError::from);
            tell.send(refused.unwrap_err().reason_name()).unwrap();
        });
    }
    // Two look; the others are answered meanwhile.
    for _ in 0..18 {
        assert_eq!(answers.recv().await, Some("PERMIT_INVALID"));
    }
    assert!(answers.try_recv().is_err());
    lock.rollback().await.unwrap();
    for _ in 0..2 {
        assert_eq!(answers.recv().await, Some("PERMIT_INVALID"));
    }
}
