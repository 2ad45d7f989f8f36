//! Votes hold the phase that they take place in.

use chrono::TimeDelta;
use comitia_bus::{Bus, Event, InProcess, PublishResult};
use comitia_core::Clock;
use comitia_platform::auth::Role;
use comitia_platform::validate::timestamp;
use comitia_proto::events::v1::PollClosed;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use prost_types::FieldMask;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, phase, refusal, start, with_role};

/// A phase for voting from and to these hours after the start.
fn vote_phase(start_hour: i64, end_hour: i64) -> proto::Phase {
    proto::Phase { kind: proto::PhaseKind::Vote.into(), ..phase(start_hour, end_hour) }
}

async fn process(harness: &Harness, city: Uuid) -> proto::Process {
    let request = proto::CreateProcessRequest {
        title: "Budget".into(),
        phases: vec![phase(0, 10), vote_phase(10, 20)],
        ..Default::default()
    };
    harness.grpc.create_process(administrator(city, request)).await.unwrap().into_inner().process.unwrap()
}

async fn hold(
    harness: &Harness,
    city: Uuid,
    process: &proto::Process,
    poll: Uuid,
    hours: (i64, i64),
) -> Result<(), Status> {
    let request = proto::HoldVotePhaseRequest {
        process_id: process.process_id.clone(),
        poll_id: poll.to_string(),
        open_time: Some(timestamp(start() + TimeDelta::hours(hours.0))),
        close_time: Some(timestamp(start() + TimeDelta::hours(hours.1))),
    };
    harness.grpc.hold_vote_phase(with_role(Role::Service, city, request)).await.map(drop)
}

async fn set_phases(
    harness: &Harness,
    city: Uuid,
    process: &proto::Process,
    phases: Vec<proto::Phase>,
) -> Result<proto::Process, Status> {
    let process = proto::Process { process_id: process.process_id.clone(), phases, ..Default::default() };
    let update_mask = Some(FieldMask { paths: vec!["phases".into()] });
    let request = proto::UpdateProcessRequest { process: Some(process), update_mask, ..Default::default() };
    let answer = harness.grpc.update_process(administrator(city, request)).await?;
    Ok(answer.into_inner().process.unwrap())
}

#[tokio::test]
async fn only_a_published_process_gets_a_vote_and_only_inside_a_vote_phase() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = process(&harness, city).await;
    let poll = comitia_core::id::new();
    let refused = refusal(hold(&harness, city, &process, poll, (12, 18)).await);
    assert_eq!(refused, ("FAILED_PRECONDITION PROCESS_NOT_PUBLISHED".into(), vec!["process_id".into()]));
    harness.publish(city, &process).await;
    for outside in [(2, 8), (8, 12), (18, 21)] {
        let refused = refusal(hold(&harness, city, &process, poll, outside).await);
        assert_eq!(refused.0, "FAILED_PRECONDITION PHASE_NOT_OPEN", "{outside:?}");
    }
    let other = harness.organization().await;
    assert_eq!(
        refusal(hold(&harness, other, &process, poll, (12, 18)).await).0,
        "NOT_FOUND RESOURCE_NOT_FOUND"
    );
    for _ in 0..2 {
        hold(&harness, city, &process, poll, (10, 20)).await.unwrap();
    }
}

#[tokio::test]
async fn a_phase_with_a_vote_cannot_be_moved_away_from_under_it() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = process(&harness, city).await;
    harness.publish(city, &process).await;
    let poll = comitia_core::id::new();
    hold(&harness, city, &process, poll, (12, 18)).await.unwrap();

    for phases in [
        vec![],
        vec![vote_phase(13, 20)],
        vec![vote_phase(10, 17)],
        vec![vote_phase(10, 15), vote_phase(15, 20)],
        vec![phase(10, 20)],
    ] {
        let refused = refusal(set_phases(&harness, city, &process, phases.clone()).await);
        let expected = ("FAILED_PRECONDITION PHASE_HAS_VOTE".to_owned(), vec!["process.phases".to_owned()]);
        assert_eq!(refused, expected, "{phases:?}");
    }
    // It may be longer, and have other phases around it.
    set_phases(&harness, city, &process, vec![phase(0, 5), vote_phase(5, 18)]).await.unwrap();

    // Once the vote is over, it may go.
    harness.clock.advance(TimeDelta::hours(18));
    set_phases(&harness, city, &process, vec![]).await.unwrap();
}

#[tokio::test]
async fn a_vote_that_closes_later_holds_its_phase_for_longer() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = process(&harness, city).await;
    harness.publish(city, &process).await;
    let poll = comitia_core::id::new();
    hold(&harness, city, &process, poll, (12, 15)).await.unwrap();
    let outside = refusal(hold(&harness, city, &process, poll, (12, 21)).await);
    assert_eq!(outside.0, "FAILED_PRECONDITION PHASE_NOT_OPEN");
    // The refused one holds nothing.
    set_phases(&harness, city, &process, vec![vote_phase(10, 18)]).await.unwrap();
    hold(&harness, city, &process, poll, (12, 18)).await.unwrap();
    // What asks for less, such as an earlier request again, takes nothing away.
    hold(&harness, city, &process, poll, (12, 15)).await.unwrap();
    let shorter = refusal(set_phases(&harness, city, &process, vec![vote_phase(10, 17)]).await);
    assert_eq!(shorter.0, "FAILED_PRECONDITION PHASE_HAS_VOTE");
    harness.clock.advance(TimeDelta::hours(16));
    assert!(set_phases(&harness, city, &process, vec![vote_phase(10, 17)]).await.is_err());
}

#[tokio::test]
async fn moved_dates_of_a_published_process_are_public_with_their_reason() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let created = process(&harness, city).await;
    let mut phases = created.phases.clone();
    let moved = |process: &proto::Process, phases: &[proto::Phase], reason: &str| {
        let process = proto::Process {
            process_id: process.process_id.clone(),
            phases: phases.to_vec(),
            ..Default::default()
        };
        let update_mask = Some(FieldMask { paths: vec!["phases".into()] });
        let reason = reason.to_owned();
        harness.grpc.update_process(administrator(
            city,
            proto::UpdateProcessRequest { process: Some(process), update_mask, reason },
        ))
    };
    let at = |hour| Some(timestamp(start() + TimeDelta::hours(hour)));
    // Before anybody can see it, nobody has to be told.
    phases[1].end_time = at(22);
    let draft = moved(&created, &phases, "unseen").await.unwrap().into_inner().process.unwrap();
    assert!(draft.phase_moves.is_empty());
    harness.publish(city, &created).await;
    phases[1].title = "Le vote".into();
    let renamed = moved(&created, &phases, "").await.unwrap().into_inner().process.unwrap();
    assert!(renamed.phase_moves.is_empty());
    phases[1].end_time = at(30);
    moved(&created, &phases, " a strike of the post ").await.unwrap();
    let long = refusal(moved(&created, &phases, &"x".repeat(1_001)).await);
    assert_eq!(long.1, ["reason"]);
    phases[0].start_time = at(-2);
    let answered = moved(&created, &phases, "").await.unwrap().into_inner().process.unwrap();
    let request = proto::GetProcessRequest { process_id: created.process_id.clone() };
    let read = harness.grpc.get_process(crate::harness::anybody(city, request)).await.unwrap();
    let public = read.into_inner().process.unwrap();
    assert_eq!(answered.phase_moves, public.phase_moves);
    let [newest, first] = public.phase_moves.as_slice() else { panic!("{public:?}") };
    assert_eq!((newest.start_time, newest.reason.as_str()), (at(-2), ""));
    assert_eq!((first.title.as_str(), first.reason.as_str()), ("Le vote", "a strike of the post"));
    assert_eq!((first.previous_end_time, first.end_time), (at(22), at(30)));
}

#[tokio::test]
async fn a_vote_that_does_not_take_place_or_closes_early_lets_its_phase_go() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = process(&harness, city).await;
    harness.publish(city, &process).await;
    let [refused, closed, cancelled] = [(); 3].map(|()| comitia_core::id::new());
    for poll in [refused, closed, cancelled] {
        hold(&harness, city, &process, poll, (12, 18)).await.unwrap();
    }
    let request = proto::ReleaseVotePhaseRequest { poll_id: refused.to_string() };
    for _ in 0..2 {
        let request = with_role(Role::Service, city, request.clone());
        harness.grpc.release_vote_phase(request).await.unwrap();
    }
    assert!(
        set_phases(&harness, city, &process, vec![]).await.is_err(),
        "the other votes have lost their phase"
    );

    let bus = InProcess::new(Clock::system());
    for subscription in comitia_spaces::subscriptions() {
        bus.declare(&subscription).await.unwrap();
    }
    let consumers = comitia_spaces::consumers::start(&harness.app, &bus).await.unwrap();
    let ends = [("voting.poll.closed", closed), ("voting.poll.cancelled", cancelled)];
    let events = ends.map(|(key, poll)| {
        // Both events have the poll's id alone.
        let message = PollClosed { poll_id: poll.to_string() };
        Event::new(&harness.clock, key, Some(city), poll.to_string(), &message)
    });
    for result in bus.publish(&events).await.unwrap() {
        let PublishResult::Held(settled) = result else { panic!("{result:?}") };
        settled.await;
    }
    for consumer in consumers {
        consumer.stop().await;
    }
    set_phases(&harness, city, &process, vec![]).await.unwrap();
}
