//! What the public sees of the proposals of a process that is not published: nothing.

use std::time::Duration;

use comitia_platform::auth::{Context, Role};
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use comitia_proto::spaces::v1::PhaseKind;
use tonic::Request;

use crate::double::PREVIEW_CODE;
use crate::harness::{Harness, refusal};

#[tokio::test]
async fn proposals_are_public_when_their_process_is() {
    let harness = Harness::start().await;
    let proposal = harness.proposal().await;
    // As if it had come in otherwise: another replica, which has never seen the process published.
    let harness = harness.another(Duration::ZERO);
    let phases = [(0, 1, PhaseKind::Submission)];
    let process = harness.process_with(&phases);
    harness.spaces.put(harness.city, comitia_proto::spaces::v1::Process { published: false, ..process });

    let list = proto::ListProposalsRequest { process_id: harness.process.to_string(), ..Default::default() };
    let listed = async |role: Option<Role>| {
        let request = match role {
            Some(role) => harness.ask(role, "somebody", list.clone()),
            None => harness.anybody(list.clone()),
        };
        harness.grpc.list_proposals(request).await.unwrap().into_inner().proposals.len()
    };
    assert_eq!(refusal(harness.get(&proposal).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");
    for (role, sees) in
        [(None, 0), (Some(Role::Participant), 0), (Some(Role::Moderator), 1), (Some(Role::Service), 1)]
    {
        assert_eq!(listed(role).await, sees, "{role:?}");
    }
    assert_eq!(harness.get_as_team(&proposal).await.proposal_id, proposal.proposal_id);
    for (code, sees) in [(PREVIEW_CODE, 1), ("another code", 0)] {
        let context = Context::new(Some(harness.city), None, None).with_preview(Some(code));
        let mut request = Request::new(list.clone());
        request.extensions_mut().insert(context);
        let listed = harness.grpc.list_proposals(request).await.unwrap().into_inner();
        assert_eq!(listed.proposals.len(), sees, "{code}");
    }

    harness.spaces.put(harness.city, harness.process_with(&phases));
    assert!(harness.get(&proposal).await.is_ok());
    assert_eq!(listed(None).await, 1);
    // It stays published: spaces is not asked again.
    let asked = harness.spaces.questions();
    assert_eq!(listed(None).await, 1);
    assert_eq!(harness.spaces.questions(), asked);
}

#[tokio::test]
async fn spaces_learns_who_may_see_files_and_who_may_add_some() {
    let harness = Harness::keeping(Duration::ZERO).await;
    let proposal = harness.proposal().await;
    let files = async |author: &str| {
        let message = proto::CheckProposalFilesRequest {
            proposal_ids: vec![proposal.proposal_id.clone(), comitia_core::id::new().to_string()],
            author: author.into(),
        };
        let request = harness.ask(Role::Service, "spaces", message);
        let answer = harness.grpc.check_proposal_files(request).await.unwrap().into_inner().proposals;
        assert_eq!(answer.len(), 1, "what does not exist is left out");
        (answer[0].public, answer[0].own, answer[0].open)
    };
    assert_eq!(files("").await, (true, false, false));
    assert_eq!(files("somebody").await, (true, false, false));
    assert_eq!(files("author").await, (true, true, true));
    harness.moderate(&proposal, true, "Advertising").await.unwrap();
    assert_eq!(files("author").await, (false, true, true));
    harness.moderate(&proposal, false, "A mistake").await.unwrap();
    let published = harness.process_with(&[(0, 1, PhaseKind::Submission)]);
    harness
        .spaces
        .put(harness.city, comitia_proto::spaces::v1::Process { phases: Vec::new(), ..published.clone() });
    assert_eq!(files("author").await, (true, true, false), "no submission phase is open");
    harness.spaces.put(harness.city, published);
    assert_eq!(files("author").await, (true, true, true));
    harness.answer(&proposal, proto::ProposalState::Examined, "").await.unwrap();
    assert_eq!(files("author").await, (true, true, false), "it was answered");
}
