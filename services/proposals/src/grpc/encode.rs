//! What callers see.

use comitia_platform::validate::timestamp;
use comitia_proto::proposals::v1 as proto;

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
