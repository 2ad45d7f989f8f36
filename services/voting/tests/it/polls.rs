//! Creating, reading and listing polls; who may cast what.

use chrono::TimeDelta;
use comitia_proto::voting::v1::PollState;
use comitia_testkit::service::Signer;
use comitia_voting::app::permit::Channel;
use comitia_voting::app::{cast, clock, permit, polls};
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, approve, named, poll, reason, soon};

#[tokio::test]
async fn the_same_request_gives_the_same_poll() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let now = bench.clock.now();
    let period = (now + TimeDelta::minutes(5), now + TimeDelta::minutes(10));
    let id = comitia_core::id::new();
    let create = async |period, recast| {
        polls::create_poll(&replica.app, ORGANIZATION, id, period, poll(id, period, recast)).await
    };
    let created = create(period, true).await.unwrap();
    assert_eq!(created.state(), PollState::Scheduled);
    assert_eq!(create(period, true).await.unwrap(), created);
    assert_eq!(named(create(period, false).await).unwrap_err(), "RESOURCE_ALREADY_EXISTS");
    let longer = (period.0, period.1 + TimeDelta::seconds(1));
    assert_eq!(named(create(longer, true).await).unwrap_err(), "RESOURCE_ALREADY_EXISTS");
    // Also after it has opened, and closed.
    bench.clock.advance(TimeDelta::minutes(20));
    clock::tick(&replica.app, TimeDelta::zero()).await.unwrap();
    assert_eq!(create(period, true).await.unwrap().state(), PollState::Sealed);
    assert_eq!(bench.events(id).await.iter().filter(|key| *key == "voting.poll.created").count(), 1);
    let read = polls::get_poll(&replica.app, ORGANIZATION, id).await.unwrap();
    assert_eq!(
        (read.options, read.specification, read.eligibility),
        (created.options, created.specification, created.eligibility)
    );
}

#[tokio::test]
async fn equal_requests_at_once_make_one_poll() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica()];
    let now = bench.clock.now();
    let period = (now, now + TimeDelta::minutes(10));
    let id = comitia_core::id::new();
    let creations = (0..8).map(|number: usize| {
        polls::create_poll(&replicas[number % 2].app, ORGANIZATION, id, period, poll(id, period, true))
    });
    for created in futures_util::future::join_all(creations).await {
        assert_eq!(created.unwrap().state(), PollState::Open);
    }
    assert_eq!(bench.events(id).await, ["voting.poll.created", "voting.poll.opened"]);
}

#[tokio::test]
async fn a_poll_that_is_over_is_not_created() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let now = bench.clock.now();
    let period = (now - TimeDelta::minutes(10), now);
    let id = comitia_core::id::new();
    let refused = polls::create_poll(&replica.app, ORGANIZATION, id, period, poll(id, period, true)).await;
    assert_eq!(named(refused).unwrap_err(), "FIELD_INVALID");
}

#[tokio::test]
async fn polls_are_listed_newest_first_in_pages_without_their_options() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(replica.open_poll(false).await.to_string());
        // Two of them at the same moment: the id decides.
        if created.len() != 2 {
            bench.clock.advance(TimeDelta::seconds(1));
        }
    }
    created.reverse();
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let page = polls::list_polls(&replica.app, ORGANIZATION, 2, &token).await.unwrap();
        assert!(page.polls.len() <= 2);
        for poll in page.polls {
            assert!(poll.options.is_empty() && poll.specification.is_none());
            assert!(poll.eligibility.is_some());
            listed.push(poll.poll_id);
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, created);
    assert_eq!(reason(polls::list_polls(&replica.app, ORGANIZATION, 2, "AAAA").await), "PAGE_TOKEN_INVALID");
    // Anybody can make a token: what PostgreSQL would choke on is refused as any other wrong one.
    let scope = format!("voting.polls:{ORGANIZATION}");
    for odd in [
        "",
        "now",
        "1 2",
        &format!("{} {ORGANIZATION}", i64::MIN),
        &format!("-90000000000000000 {ORGANIZATION}"),
    ] {
        let forged = comitia_platform::page::token(&scope, odd);
        assert_eq!(
            reason(polls::list_polls(&replica.app, ORGANIZATION, 2, &forged).await),
            "PAGE_TOKEN_INVALID",
            "{odd}"
        );
    }
}

#[tokio::test]
async fn permits_decide_who_may_cast() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let other = replica.open_poll(false).await;
    let cast = async |permit: &str| {
        let (permit, ballot) = (permit.to_owned(), approve(&["o1"]));
        let cast = cast::cast_ballot(&replica.app, ORGANIZATION, poll, permit, &ballot, &DEVICE, soon());
        named(cast.await).map(|_| ())
    };
    assert_eq!(cast(&bench.permit(other, 1, "north", false)).await, Err("PERMIT_FOR_ANOTHER_POLL"));
    assert_eq!(cast(&bench.permit(poll, 1, "north", true)).await, Err("PERMIT_INVALID"));
    let mut claims = bench.claims(poll, 1, "north", false);
    assert_eq!(cast(&Signer::new("key").permit(&claims)).await, Err("PERMIT_INVALID"), "a forged signature");
    assert_eq!(cast(&Signer::new("other").permit(&claims)).await, Err("PERMIT_INVALID"), "an unknown key");
    assert_eq!(cast("").await, Err("PERMIT_INVALID"));
    assert_eq!(cast(&bench.signer.session("x", Some(ORGANIZATION), &[])).await, Err("PERMIT_INVALID"));
    claims.exp = bench.clock.now().timestamp();
    assert_eq!(cast(&bench.signer.permit(&claims)).await, Err("PERMIT_EXPIRED"));
    assert!(bench.stored(poll).await.is_empty(), "nothing was changed");
    assert_eq!(cast(&bench.permit(poll, 1, "north", false)).await, Ok(()));
    let nowhere = Uuid::from_u128(3);
    let permit = bench.permit(nowhere, 1, "north", false);
    let refused = replica.vote_with(&permit, nowhere, &DEVICE, &["o1"]).await;
    assert_eq!(reason(refused), "RESOURCE_NOT_FOUND");
    assert!(permit::permit(&replica.app, &permit, nowhere, Channel::Online, "permit").await.is_ok());
}

#[tokio::test]
async fn a_ballot_that_breaks_a_rule_changes_nothing() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    for (options, expected) in [
        (&["o9"][..], "OPTION_UNKNOWN"),
        (&["o1", "o1"], "BALLOT_INVALID"),
        (&["o1", "o2", "o3", "o4"], "BALLOT_INVALID"),
    ] {
        let error = replica.vote(&bench, poll, 1, options).await.unwrap_err();
        assert_eq!(error.reason_name(), expected);
        assert!(error.violations[0].field.starts_with("ballot.choices"));
    }
    assert!(bench.stored(poll).await.is_empty());
    assert!(bench.counters(poll).await.is_empty());
}
