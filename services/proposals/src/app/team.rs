//! What the process's team does.

use comitia_bus::{Event, outbox};
use comitia_platform::acts;
use comitia_proto::events::v1::{ProposalAnswered, ProposalModerated};
use comitia_proto::proposals::v1::ProposalState;
use uuid::Uuid;

use crate::app::{App, lock};
use crate::domain::proposal::Proposal;
use crate::error::Error;
use crate::store;

/// Hides a proposal or shows it again. A decision that is in force already changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn moderate(
    app: &App,
    organization: Uuid,
    proposal: Uuid,
    hidden: bool,
    reason: &str,
    moderator: &str,
) -> Result<Proposal, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut proposal = lock(&mut transaction, proposal).await?;
    let before = proposal.hidden_reason.clone();
    if !proposal.moderate(hidden.then(|| reason.to_owned()), app.clock.now()) {
        transaction.rollback().await?;
        return Ok(proposal);
    }
    acts::changed("hidden", before.is_some(), hidden);
    acts::changed("reason", before.unwrap_or_default(), reason);
    store::proposals::update(&mut transaction, &proposal).await?;
    store::proposals::insert_moderation(&mut transaction, organization, &proposal, reason, moderator).await?;
    let id = proposal.proposal_id;
    let moderated = ProposalModerated { proposal_id: id.to_string(), hidden };
    let event = Event::new(&app.clock, "proposals.proposal.moderated", Some(organization), id, &moderated);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(proposal)
}

/// Answers a proposal, in the place of any answer before.
///
/// # Errors
/// [`Error::NotFound`], [`Error::State`] when it was withdrawn.
pub async fn answer(
    app: &App,
    organization: Uuid,
    proposal: Uuid,
    state: ProposalState,
    answer: String,
    estimated_cost: i64,
) -> Result<Proposal, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut proposal = lock(&mut transaction, proposal).await?;
    let before = proposal.clone();
    proposal.answer(state, answer, estimated_cost, app.clock.now())?;
    acts::changed("state", before.state.as_str_name(), proposal.state.as_str_name());
    acts::changed("answer", &before.answer, &proposal.answer);
    acts::changed("estimated_cost", before.estimated_cost, proposal.estimated_cost);
    store::proposals::update(&mut transaction, &proposal).await?;
    let id = proposal.proposal_id;
    let accepted = state == ProposalState::Accepted;
    let answered = ProposalAnswered { proposal_id: id.to_string(), accepted };
    let event = Event::new(&app.clock, "proposals.proposal.answered", Some(organization), id, &answered);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(proposal)
}
