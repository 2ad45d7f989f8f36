//! What callers see.

use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::proposals::v1 as proto;

use crate::app::batch::Outcome;
use crate::domain::proposal::Proposal;

/// A proposal as its author and the team see it.
pub(crate) fn whole(proposal: Proposal) -> proto::Proposal {
    let text = proposal.text.clone();
    let (author_kind, author_name, association) = proposal.speaker.columns();
    proto::Proposal {
        author_kind: author_kind.into(),
        author_name: author_name.to_owned(),
        title: text.title,
        body: text.body,
        area_code: text.area_code,
        category: text.category,
        place: text.place.map(|place| proto::Place {
            address: place.address,
            latitude: place.latitude,
            longitude: place.longitude,
        }),
        // Who writes for an association is the association's to know.
        author: if association.is_some() { String::new() } else { proposal.author.clone() },
        answer: proposal.answer.clone(),
        estimated_cost: proposal.estimated_cost,
        ..frame(&proposal)
    }
}

/// A proposal as everybody sees it: of a hidden one only that it is hidden, and why.
pub(crate) fn public(proposal: Proposal) -> proto::Proposal {
    if proposal.is_hidden() { frame(&proposal) } else { whole(proposal) }
}

/// A proposal without anything that somebody wrote in it.
fn frame(proposal: &Proposal) -> proto::Proposal {
    proto::Proposal {
        proposal_id: proposal.proposal_id.to_string(),
        process_id: proposal.process_id.to_string(),
        state: proposal.state.into(),
        hidden: proposal.is_hidden(),
        hidden_reason: proposal.hidden_reason.clone().unwrap_or_default(),
        project_ids: proposal.projects.iter().map(ToString::to_string).collect(),
        create_time: Some(timestamp(proposal.create_time)),
        update_time: Some(timestamp(proposal.update_time)),
        etag: proposal.etag(),
        ..Default::default()
    }
}

/// What became of proposals that were answered at once.
pub(super) fn answered(outcomes: Vec<Outcome>) -> proto::BatchAnswerProposalsResponse {
    let (outcomes, done_count, refused_count) = counted(outcomes);
    proto::BatchAnswerProposalsResponse { outcomes, done_count, refused_count }
}

/// What became of proposals that were hidden or shown at once.
pub(super) fn moderated(outcomes: Vec<Outcome>) -> proto::BatchModerateProposalsResponse {
    let (outcomes, done_count, refused_count) = counted(outcomes);
    proto::BatchModerateProposalsResponse { outcomes, done_count, refused_count }
}

/// The outcomes, how many are done, and how many are refused.
fn counted(outcomes: Vec<Outcome>) -> (Vec<proto::ProposalOutcome>, i32, i32) {
    let refused = outcomes.iter().filter(|(_, refused)| refused.is_some()).count();
    let done = outcomes.len() - refused;
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    (outcomes.into_iter().map(outcome).collect(), count(done), count(refused))
}

fn outcome((id, refused): Outcome) -> proto::ProposalOutcome {
    let proposal_id = id.to_string();
    match refused.map(ApiError::from) {
        None => proto::ProposalOutcome { proposal_id, ..proto::ProposalOutcome::default() },
        Some(error) => {
            proto::ProposalOutcome { proposal_id, reason: error.reason.into(), message: error.message }
        }
    }
}
