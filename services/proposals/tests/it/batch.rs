//! One decision on many proposals.

use comitia_platform::auth::Role;
use comitia_proto::common::v1::ErrorReason;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use tonic::Status;

use crate::harness::{Harness, refusal};

async fn answer(
    harness: &Harness,
    ids: &[String],
    answer: &str,
    request_id: &str,
) -> Result<proto::BatchAnswerProposalsResponse, Status> {
    let request = proto::BatchAnswerProposalsRequest {
        proposal_ids: ids.to_vec(),
        state: ProposalState::Rejected.into(),
        answer: answer.into(),
        request_id: request_id.into(),
    };
    let answer = harness.grpc.batch_answer_proposals(harness.ask(Role::Moderator, "team", request)).await;
    Ok(answer?.into_inner())
}

async fn moderate(
    harness: &Harness,
    ids: &[String],
    hidden: bool,
) -> Result<proto::BatchModerateProposalsResponse, Status> {
    let request = proto::BatchModerateProposalsRequest {
        proposal_ids: ids.to_vec(),
        hidden,
        reason: " Spam ".into(),
        request_id: String::new(),
    };
    let answer = harness.grpc.batch_moderate_proposals(harness.ask(Role::Moderator, "team", request)).await;
    Ok(answer?.into_inner())
}

async fn several(harness: &Harness, count: usize) -> (Vec<proto::Proposal>, Vec<String>) {
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(harness.proposal().await);
    }
    let ids = made.iter().map(|proposal| proposal.proposal_id.clone()).collect();
    (made, ids)
}

#[tokio::test]
async fn one_answer_to_many_is_as_many_answers() {
    let harness = Harness::start().await;
    let (made, mut ids) = several(&harness, 4).await;
    harness.answer(&made[0], ProposalState::Accepted, "Good idea").await.unwrap();
    harness.withdraw("author", &made[1]).await.unwrap();
    let nowhere = comitia_core::id::new().to_string();
    ids.push(nowhere.clone());
    let before = harness.events().await.len();
    let id = comitia_core::id::new().to_string();
    let done = answer(&harness, &ids, " No room ", &id).await.unwrap();
    assert_eq!((done.done_count, done.refused_count), (3, 2));
    let named: Vec<_> = done.outcomes.iter().map(|outcome| outcome.proposal_id.clone()).collect();
    assert_eq!(named, ids, "in the order of the request");
    let reasons: Vec<_> = done.outcomes.iter().map(proto::ProposalOutcome::reason).collect();
    let none = ErrorReason::Unspecified;
    let [withdrawn, unknown] = [ErrorReason::ProposalStateInvalid, ErrorReason::ResourceNotFound];
    assert_eq!(reasons, [none, withdrawn, none, none, unknown]);
    assert_eq!(done.outcomes[1].message, "the proposal was withdrawn");

    for (place, cost) in [(0, 120_000), (2, 0), (3, 0)] {
        let now = harness.get(&made[place]).await.unwrap();
        assert_eq!((now.state(), now.answer.as_str()), (ProposalState::Rejected, "No room"));
        assert_eq!(now.estimated_cost, cost, "an estimate stays");
        assert_ne!(now.etag, made[place].etag);
    }
    assert_eq!(harness.get(&made[1]).await.unwrap().state(), ProposalState::Withdrawn);
    let answered = |place: usize| ("proposals.proposal.answered".to_owned(), ids[place].clone());
    let events = harness.events().await;
    assert_eq!(events[before..], [answered(0), answered(2), answered(3)]);

    assert_eq!(answer(&harness, &ids, " No room ", &id).await.unwrap(), done, "the same request again");
    let other = answer(&harness, &ids, "Not now", &id).await;
    assert_eq!(refusal(other).0, "ALREADY_EXISTS REQUEST_ID_REUSED");
    // Who has the answer already is done, and nothing is told of it again.
    let again = answer(&harness, &ids, "No room", "").await.unwrap();
    assert_eq!((again.done_count, again.refused_count), (3, 2));
    assert_eq!(harness.events().await.len(), events.len());
}

#[tokio::test]
async fn many_are_hidden_and_shown_again_for_one_reason() {
    let harness = Harness::start().await;
    let (made, ids) = several(&harness, 3).await;
    harness.moderate(&made[2], true, "Spam").await.unwrap();
    let hidden = moderate(&harness, &ids, true).await.unwrap();
    assert_eq!((hidden.done_count, hidden.refused_count), (3, 0));
    for proposal in &made {
        let now = harness.get_as_team(proposal).await;
        assert_eq!((now.hidden, now.hidden_reason.as_str()), (true, "Spam"));
    }
    moderate(&harness, &ids, false).await.unwrap();
    assert!(!harness.get(&made[0]).await.unwrap().hidden);
    let decisions = "SELECT proposal_id::text, hidden, moderator FROM proposals.moderations
                     WHERE reason = 'Spam' ORDER BY create_time, proposal_id";
    let decisions: Vec<(String, bool, String)> =
        sqlx::query_as(decisions).fetch_all(&harness.admin).await.unwrap();
    assert_eq!(decisions.len(), 6, "one for each that changed, and the one before: {decisions:?}");
    assert!(decisions.iter().all(|(_, _, moderator)| moderator == "team"));
    let events = harness.events().await;
    let moderated = events.iter().filter(|(key, _)| key == "proposals.proposal.moderated").count();
    assert_eq!(moderated, 6);
}

#[tokio::test]
async fn every_rule_of_a_batch_is_kept() {
    let harness = Harness::start().await;
    let (made, ids) = several(&harness, 1).await;
    let invalid = |fields: &[&str]| {
        let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        ("INVALID_ARGUMENT FIELD_INVALID".to_owned(), fields)
    };
    let twice = [ids[0].clone(), "no id".into(), ids[0].clone()];
    let faults = invalid(&["proposal_ids[1]", "proposal_ids[2]"]);
    assert_eq!(refusal(answer(&harness, &twice, "No", "").await), faults);
    assert_eq!(refusal(moderate(&harness, &twice, true).await), faults);
    let many: Vec<_> = (0..5_001).map(|_| comitia_core::id::new().to_string()).collect();
    for ids in [&[][..], &many] {
        assert_eq!(refusal(answer(&harness, ids, "No", "").await), invalid(&["proposal_ids"]));
    }
    assert_eq!(refusal(answer(&harness, &ids, " ", "").await), invalid(&["answer"]));
    let unknown = answer(&harness, &many[..5_000], "No", "").await.unwrap();
    assert_eq!((unknown.done_count, unknown.refused_count), (0, 5_000));
    assert_eq!(harness.get(&made[0]).await.unwrap(), made[0], "what is refused changes nothing");
}

#[tokio::test]
async fn two_batches_over_the_same_proposals_do_not_stop_each_other() {
    let harness = Harness::start().await;
    let (made, ids) = several(&harness, 8).await;
    let turned: Vec<_> = ids.iter().rev().cloned().collect();
    let (one, other) =
        tokio::join!(answer(&harness, &ids, "One", ""), answer(&harness, &turned, "Other", ""));
    assert_eq!((one.unwrap().done_count, other.unwrap().done_count), (8, 8));
    let last = harness.get(&made[0]).await.unwrap().answer;
    for proposal in &made {
        assert_eq!(harness.get(proposal).await.unwrap().answer, last, "a batch is done as a whole");
    }
}
