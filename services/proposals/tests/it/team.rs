use comitia_platform::auth::Role;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;

use crate::harness::{Harness, refusal};

#[tokio::test]
async fn a_hidden_proposal_shows_only_that_it_is_hidden_and_why() {
    let harness = Harness::start().await;
    let place = proto::Place { address: "Rynek".into(), latitude: 51.77, longitude: 19.45 };
    let request = proto::SubmitProposalRequest {
        place: Some(place),
        category: "green".into(),
        area_code: "baluty".into(),
        ..harness.submission()
    };
    let made = harness.submit(request).await.unwrap();
    let whole = harness.moderate(&made, true, " Names a person ").await.unwrap();
    assert_eq!((whole.hidden, whole.hidden_reason.as_str()), (true, "Names a person"));
    assert_eq!(harness.get_as_team(&made).await, whole);
    assert_eq!(whole.title, made.title);

    let seen = harness.get(&made).await.unwrap();
    let expected = proto::Proposal {
        title: String::new(),
        body: String::new(),
        area_code: String::new(),
        category: String::new(),
        place: None,
        author: String::new(),
        author_kind: proto::AuthorKind::Unspecified.into(),
        ..whole.clone()
    };
    assert_eq!(seen, expected);
    // Its author still reads what they wrote.
    let get = proto::GetProposalRequest { proposal_id: made.proposal_id.clone() };
    let own = harness.grpc.get_proposal(harness.ask(Role::Participant, "author", get)).await.unwrap();
    assert_eq!(own.into_inner().proposal.unwrap(), proto::Proposal { own: true, ..whole.clone() });

    assert_eq!(
        harness.moderate(&made, true, "Names a person").await.unwrap(),
        whole,
        "again changes nothing"
    );
    let shown = harness.moderate(&made, false, "The name was removed").await.unwrap();
    assert_eq!((shown.hidden, shown.hidden_reason.as_str()), (false, ""));
    assert_eq!(harness.get(&made).await.unwrap(), shown);

    let moderated = ("proposals.proposal.moderated".to_owned(), made.proposal_id.clone());
    assert_eq!(harness.events().await[1..], [moderated.clone(), moderated]);
    let decisions: Vec<(bool, String, String)> =
        sqlx::query_as("SELECT hidden, reason, moderator FROM proposals.moderations ORDER BY moderation_id")
            .fetch_all(&harness.admin)
            .await
            .unwrap();
    let decision = |hidden, reason: &str| (hidden, reason.to_owned(), "team".to_owned());
    assert_eq!(decisions, [decision(true, "Names a person"), decision(false, "The name was removed")]);
}

#[tokio::test]
async fn an_answer_replaces_the_one_before() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let examined = harness.answer(&made, ProposalState::Examined, "").await.unwrap();
    assert_eq!((examined.state(), examined.answer.as_str()), (ProposalState::Examined, ""));
    let accepted = harness.answer(&made, ProposalState::Accepted, "Good idea").await.unwrap();
    assert_eq!((accepted.state(), accepted.estimated_cost), (ProposalState::Accepted, 120_000));
    let rejected = harness.answer(&made, ProposalState::Rejected, "No room").await.unwrap();
    assert_eq!(harness.get(&made).await.unwrap(), rejected);
    assert!(examined.etag != accepted.etag && accepted.etag != rejected.etag);
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT payload FROM proposals.outbox WHERE routing_key = 'proposals.proposal.answered' ORDER BY sequence",
    )
    .fetch_all(&harness.admin)
    .await
    .unwrap();
    // The boolean field is last, and absent when it is false.
    let accepted: Vec<_> = payloads.iter().map(|payload| payload.ends_with(&[0x10, 1])).collect();
    assert_eq!(accepted, [false, true, false]);
}

#[tokio::test]
async fn every_rule_of_the_team_is_kept() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    for (state, answer, cost, field) in [
        (ProposalState::Unspecified, "Text", 0, "state"),
        (ProposalState::Submitted, "Text", 0, "state"),
        (ProposalState::Withdrawn, "Text", 0, "state"),
        (ProposalState::Accepted, " ", 0, "answer"),
        (ProposalState::Rejected, "", 0, "answer"),
        (ProposalState::Examined, &"x".repeat(20_001), 0, "answer"),
        (ProposalState::Accepted, "Text", -1, "estimated_cost"),
    ] {
        let request = proto::AnswerProposalRequest {
            proposal_id: made.proposal_id.clone(),
            state: state.into(),
            answer: answer.into(),
            estimated_cost: cost,
        };
        let refused = harness.grpc.answer_proposal(harness.ask(Role::Moderator, "team", request)).await;
        assert_eq!(refusal(refused), ("INVALID_ARGUMENT FIELD_INVALID".into(), vec![field.into()]));
    }
    for reason in ["", " ", &"x".repeat(1_001)] {
        assert_eq!(refusal(harness.moderate(&made, true, reason).await).1, ["reason"]);
        assert_eq!(refusal(harness.moderate(&made, false, reason).await).1, ["reason"]);
    }
    let nowhere = proto::Proposal { proposal_id: comitia_core::id::new().to_string(), ..made.clone() };
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    assert_eq!(refusal(harness.moderate(&nowhere, true, "Why").await).0, missing);
    assert_eq!(refusal(harness.answer(&nowhere, ProposalState::Accepted, "Yes").await).0, missing);
    assert_eq!(harness.get(&made).await.unwrap(), made, "what is refused changes nothing");
}
