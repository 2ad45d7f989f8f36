use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::OutboxSignal;
use comitia_platform::auth::{Context, Role};
use comitia_platform::visibility::Processes;
use comitia_proposals::app::App;
use comitia_proposals::grpc::Api;
use comitia_proposals::spaces::Organizations;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use comitia_proto::spaces::v1::{PhaseKind, Process};
use tonic::Request;

use crate::harness::{Harness, refusal, runtime, start};

fn update(proposal: &proto::Proposal) -> proto::UpdateProposalRequest {
    proto::UpdateProposalRequest {
        proposal_id: proposal.proposal_id.clone(),
        title: "Fewer cars".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_submitted_proposal_can_be_read() {
    let harness = Harness::start().await;
    let request = proto::SubmitProposalRequest {
        title: " More trees ".into(),
        area_code: "baluty".into(),
        category: "green".into(),
        place: Some(proto::Place { address: "Rynek".into(), latitude: 51.77, longitude: 19.45 }),
        ..harness.submission()
    };
    let made = harness.submit(request.clone()).await.unwrap();
    assert_eq!(made.title, "More trees");
    assert_eq!((made.author.as_str(), made.state()), ("author", ProposalState::Submitted));
    assert_eq!(
        (&made.area_code, &made.category, &made.place),
        (&request.area_code, &request.category, &request.place)
    );
    assert_eq!(harness.get(&made).await.unwrap(), made);
    assert_eq!(harness.events().await, [("proposals.proposal.submitted".to_owned(), made.proposal_id)]);

    let unknown = proto::GetProposalRequest { proposal_id: comitia_core::id::new().to_string() };
    let refused = harness.grpc.get_proposal(harness.anybody(unknown)).await;
    assert_eq!(refusal(refused).0, "NOT_FOUND RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn proposals_are_taken_while_a_submission_phase_is_open() {
    let harness = Harness::start().await;
    let hour = TimeDelta::hours(1);
    let micro = TimeDelta::microseconds(1);
    let phases = [
        (0, 1, PhaseKind::Information),
        (1, 2, PhaseKind::Submission),
        (2, 3, PhaseKind::Vote),
        (4, 5, PhaseKind::Submission),
    ];
    harness.spaces.put(harness.city, harness.process_with(&phases));
    let closed = "FAILED_PRECONDITION PHASE_NOT_OPEN".to_owned();
    for (time, open) in [
        (start() + hour - micro, false),
        (start() + hour, true),
        (start() + hour * 2 - micro, true),
        (start() + hour * 2, false),
        (start() + hour * 3, false),
        (start() + hour * 4, true),
        (start() + hour * 5, false),
    ] {
        harness.clock.set(time);
        let submitted = harness.submit(harness.submission()).await;
        if open {
            assert!(submitted.is_ok(), "{time}: {submitted:?}");
        } else {
            assert_eq!(refusal(submitted), (closed.clone(), vec!["process_id".to_owned()]), "{time}");
        }
    }
    assert_eq!(harness.events().await.len(), 3);
}

#[tokio::test]
async fn the_process_must_exist_and_be_published() {
    let harness = Harness::start().await;
    let open = harness.process_with(&[(0, 1, PhaseKind::Submission)]);
    harness.spaces.put(harness.city, Process { published: false, ..open });
    let refused = refusal(harness.submit(harness.submission()).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PROCESS_NOT_PUBLISHED");
    let elsewhere = proto::SubmitProposalRequest {
        process_id: comitia_core::id::new().to_string(),
        ..harness.submission()
    };
    let refused = refusal(harness.submit(elsewhere).await);
    assert_eq!(refused, ("NOT_FOUND RESOURCE_NOT_FOUND".into(), vec!["process_id".into()]));
    assert_eq!(harness.events().await, []);
}

#[tokio::test]
async fn without_spaces_nothing_is_submitted_and_what_was_is_answered() {
    let harness = Harness::start().await;
    let request = proto::SubmitProposalRequest {
        request_id: comitia_core::id::new().to_string(),
        ..harness.submission()
    };
    let made = harness.submit(request.clone()).await.unwrap();

    // The same database, and nobody where spaces should be.
    let away = runtime(&harness.clock, "http://127.0.0.1:1");
    let (client, me) = (
        away.connect(&away.endpoints.spaces).unwrap(),
        harness.runtime.service_identity("proposals").unwrap(),
    );
    let spaces = (
        Processes::new(client.clone(), me.clone(), Duration::ZERO),
        Organizations::new(client, me, Duration::ZERO),
    );
    let authors = crate::harness::authors(&harness.runtime);
    let app = App::new(harness.pool.clone(), harness.clock.clone(), OutboxSignal::new(), spaces, authors);
    let grpc = Api::new(app);
    let refused = grpc.submit_proposal(harness.ask(Role::Participant, "author", harness.submission())).await;
    assert_eq!(refusal(refused).0, "UNAVAILABLE DEPENDENCY_UNAVAILABLE");
    let again = grpc.submit_proposal(harness.ask(Role::Participant, "author", request)).await.unwrap();
    assert_eq!(again.into_inner().proposal.unwrap(), made);
    assert_eq!(harness.events().await.len(), 1);
}

#[tokio::test]
async fn what_spaces_says_is_kept_and_the_clock_is_not() {
    let harness = Harness::keeping(Duration::from_secs(3600)).await;
    for _ in 0..3 {
        harness.proposal().await;
    }
    assert_eq!(harness.spaces.questions(), 1);
    harness.clock.advance(TimeDelta::hours(1));
    let refused = refusal(harness.submit(harness.submission()).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PHASE_NOT_OPEN");
    assert_eq!(harness.spaces.questions(), 1);
}

#[tokio::test]
async fn the_same_request_again_submits_nothing_twice() {
    let harness = Harness::start().await;
    let request = proto::SubmitProposalRequest {
        request_id: comitia_core::id::new().to_string(),
        ..harness.submission()
    };
    let (first, second) = tokio::join!(harness.submit(request.clone()), harness.submit(request.clone()));
    let first = first.unwrap();
    assert_eq!(second.unwrap(), first);
    // Also when the phase has closed meanwhile.
    harness.clock.advance(TimeDelta::days(1));
    assert_eq!(harness.submit(request.clone()).await.unwrap(), first);
    assert_eq!(harness.events().await.len(), 1);
    let other = proto::SubmitProposalRequest { title: "Another".into(), ..request };
    let refused = refusal(harness.submit(other).await);
    assert_eq!(refused, ("ALREADY_EXISTS REQUEST_ID_REUSED".into(), vec!["request_id".into()]));
}

#[tokio::test]
async fn every_rule_of_a_proposal_is_kept() {
    type Change = fn(&mut proto::SubmitProposalRequest);
    let harness = Harness::start().await;
    let place = |latitude, longitude| proto::Place { address: String::new(), latitude, longitude };
    let off_globe = [place(90.5, 0.0), place(f64::NAN, 0.0)];
    let cases: [(Change, &str); 14] = [
        (|request| request.process_id = "none".into(), "process_id"),
        (|request| request.title = "four".into(), "title"),
        (|request| request.title = "x".repeat(151), "title"),
        (|request| request.title = " four ".into(), "title"),
        (|request| request.body = "fourteen chars".into(), "body"),
        (|request| request.body = "x".repeat(20_001), "body"),
        (|request| request.body = "a null \0 in the text".into(), "body"),
        (|request| request.area_code = "no code".into(), "area_code"),
        (|request| request.area_code = "nowhere".into(), "area_code"),
        (|request| request.category = "x".repeat(101), "category"),
        (|request| request.request_id = "none".into(), "request_id"),
        (
            |request| {
                let address = "x".repeat(301);
                request.place = Some(proto::Place { address, latitude: 0.0, longitude: 0.0 });
            },
            "place.address",
        ),
        (
            |request| {
                request.place =
                    Some(proto::Place { address: String::new(), latitude: 0.0, longitude: -180.5 });
            },
            "place.longitude",
        ),
        (
            |request| {
                request.place =
                    Some(proto::Place { address: String::new(), latitude: f64::INFINITY, longitude: 0.0 });
            },
            "place.latitude",
        ),
    ];
    for (change, field) in cases {
        let mut request = harness.submission();
        change(&mut request);
        let refused = refusal(harness.submit(request).await);
        assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec![field.into()]));
    }
    for place in off_globe {
        let request = proto::SubmitProposalRequest { place: Some(place), ..harness.submission() };
        assert_eq!(refusal(harness.submit(request).await).1, ["place.latitude"]);
    }
    // The limits themselves are good.
    for (title, body) in [("fives", "fifteen letters".to_owned()), (&"ł".repeat(150), "ł".repeat(20_000))] {
        let request = proto::SubmitProposalRequest { title: title.into(), body, ..harness.submission() };
        harness.submit(request).await.unwrap();
    }
    let mut nobody = Request::new(harness.submission());
    nobody.extensions_mut().insert(Context::new(Some(harness.city), None, None));
    assert_eq!(refusal(harness.grpc.submit_proposal(nobody).await).0, "UNAUTHENTICATED SESSION_INVALID");
}

#[tokio::test]
async fn authors_change_what_is_open_and_unanswered() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    harness.clock.advance(TimeDelta::minutes(1));
    let changed = harness.rewrite("author", update(&made)).await.unwrap();
    assert_eq!((changed.title.as_str(), &changed.body), ("Fewer cars", &made.body));
    assert!(changed.etag != made.etag && changed.update_time != made.update_time);
    assert_eq!(harness.get(&made).await.unwrap(), changed);
    let nothing = proto::UpdateProposalRequest { title: String::new(), ..update(&made) };
    assert_eq!(harness.rewrite("author", nothing).await.unwrap(), changed);

    let refused = refusal(harness.rewrite("somebody", update(&made)).await);
    assert_eq!(refused.0, "PERMISSION_DENIED NOT_THE_AUTHOR");
    let old = proto::UpdateProposalRequest { etag: made.etag.clone(), ..update(&made) };
    assert_eq!(
        refusal(harness.rewrite("author", old).await),
        ("ABORTED ETAG_MISMATCH".into(), vec!["etag".into()])
    );
    for (bad, field) in [
        (proto::UpdateProposalRequest { title: "four".into(), ..update(&made) }, "title"),
        (proto::UpdateProposalRequest { body: "short".into(), ..update(&made) }, "body"),
        (proto::UpdateProposalRequest { proposal_id: "x".into(), ..update(&made) }, "proposal_id"),
    ] {
        assert_eq!(refusal(harness.rewrite("author", bad).await).1, [field]);
    }
    let unknown =
        proto::UpdateProposalRequest { proposal_id: comitia_core::id::new().to_string(), ..update(&made) };
    assert_eq!(refusal(harness.rewrite("author", unknown).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");

    let answered = harness.proposal().await;
    harness.answer(&answered, ProposalState::Examined, "").await.unwrap();
    let refused = refusal(harness.rewrite("author", update(&answered)).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PROPOSAL_STATE_INVALID");

    harness.clock.advance(TimeDelta::hours(1));
    let refused = refusal(harness.rewrite("author", update(&made)).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PHASE_NOT_OPEN");
    assert_eq!(harness.get(&made).await.unwrap(), changed, "what is refused changes nothing");
}

#[tokio::test]
async fn authors_withdraw_their_own() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    assert_eq!(refusal(harness.withdraw("somebody", &made).await).0, "PERMISSION_DENIED NOT_THE_AUTHOR");
    // Long after the phase, and answered.
    harness.clock.advance(TimeDelta::days(30));
    harness.answer(&made, ProposalState::Accepted, "Good idea").await.unwrap();
    let withdrawn = harness.withdraw("author", &made).await.unwrap();
    assert_eq!(withdrawn.state(), ProposalState::Withdrawn);
    assert_eq!(harness.withdraw("author", &made).await.unwrap(), withdrawn, "again changes nothing");
    harness.clock.set(start());
    let refused = refusal(harness.rewrite("author", update(&made)).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PROPOSAL_STATE_INVALID");
    let refused = refusal(harness.answer(&made, ProposalState::Accepted, "Good idea").await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PROPOSAL_STATE_INVALID");
}

#[tokio::test]
async fn authors_find_their_own_proposals_and_nobody_elses() {
    let harness = Harness::start().await;
    let first = harness.proposal().await;
    let second = harness.proposal().await;
    let other = harness.submission();
    harness.grpc.submit_proposal(harness.ask(Role::Participant, "somebody else", other)).await.unwrap();
    harness.moderate(&first, true, "spam").await.unwrap();
    harness.withdraw("author", &second).await.unwrap();

    let own = async |author: &str, page_size: i32, page_token: String| {
        let request = proto::ListMyProposalsRequest { page_size, page_token };
        let answer = harness.grpc.list_my_proposals(harness.ask(Role::Participant, author, request)).await;
        answer.unwrap().into_inner()
    };
    let all = own("author", 0, String::new()).await.proposals;
    let ids: Vec<_> = all.iter().map(|proposal| proposal.proposal_id.as_str()).collect();
    assert_eq!(ids, [second.proposal_id.as_str(), first.proposal_id.as_str()]);
    // The author reads what moderation hides from everybody else.
    assert!(all.iter().all(|proposal| proposal.own && proposal.title == "More trees"));
    assert!(all[1].hidden && all[1].hidden_reason == "spam");

    let page = own("author", 1, String::new()).await;
    assert_eq!(page.proposals[0].proposal_id, second.proposal_id);
    let page = own("author", 1, page.next_page_token).await;
    assert_eq!((page.proposals[0].proposal_id.as_str(), page.next_page_token.as_str()), (ids[1], ""));
    assert!(own("stranger", 0, String::new()).await.proposals.is_empty());
    assert!(
        harness
            .grpc
            .list_my_proposals(harness.anybody(proto::ListMyProposalsRequest::default()))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn only_authors_and_the_team_read_a_hidden_proposal() {
    let harness = Harness::start().await;
    let proposal = harness.proposal().await;
    harness.moderate(&proposal, true, "spam").await.unwrap();
    let read = async |subject: &str| {
        let request = proto::GetProposalRequest { proposal_id: proposal.proposal_id.clone() };
        let answer =
            harness.grpc.get_proposal(harness.ask(Role::Participant, subject, request)).await.unwrap();
        answer.into_inner().proposal.unwrap()
    };
    let own = read("author").await;
    assert!(own.own && own.title == "More trees" && own.hidden_reason == "spam");
    let others = read("somebody else").await;
    assert!(!others.own && others.title.is_empty() && others.hidden_reason == "spam");
    assert!(!harness.get(&proposal).await.unwrap().own);
}
