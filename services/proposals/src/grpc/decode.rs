//! Checks of requests.

use std::collections::HashSet;

use comitia_platform::ApiError;
use comitia_platform::validate::{self, Checks};
use comitia_proto::proposals::v1::{
    AnswerProposalRequest, BatchAnswerProposalsRequest, BatchModerateProposalsRequest, ListProposalsRequest,
    ProposalState, SubmitProposalRequest, UpdateProposalRequest,
};
use uuid::Uuid;

use crate::app::authors::Rewriting;
use crate::domain::proposal::{Filter, Place, Text};
use crate::domain::words::Words;

const CATEGORY_MAX: usize = 100;
const QUERY_MAX: usize = 200;
/// The most proposals that one call is about.
const BATCH_MAX: usize = 5_000;

fn title(checks: &mut Checks, title: &str) {
    checks.text("title", title, 5, 150);
}

fn body(checks: &mut Checks, body: &str) {
    checks.text("body", body, 15, 20_000);
}

fn area_and_category(checks: &mut Checks, area_code: &str, category: &str) {
    if !area_code.is_empty() {
        checks.code("area_code", area_code);
    }
    checks.text("category", category, 0, CATEGORY_MAX);
}

pub(super) fn text(message: SubmitProposalRequest) -> Result<Text, ApiError> {
    let mut checks = Checks::new();
    title(&mut checks, &message.title);
    body(&mut checks, &message.body);
    area_and_category(&mut checks, &message.area_code, &message.category);
    let place = message.place.map(|place| Place {
        address: place.address.trim().to_owned(),
        latitude: place.latitude,
        longitude: place.longitude,
    });
    if let Some(place) = &place {
        checks
            .text("place.address", &place.address, 0, 300)
            .require(place.has_latitude(), "place.latitude", "must be from -90 to 90 degrees")
            .require(place.has_longitude(), "place.longitude", "must be from -180 to 180 degrees");
    }
    checks.finish()?;
    Ok(Text {
        title: message.title.trim().to_owned(),
        body: message.body.trim().to_owned(),
        area_code: validate::area_code(&message.area_code),
        category: message.category.trim().to_owned(),
        place,
    })
}

pub(super) fn rewriting(message: UpdateProposalRequest) -> Result<Rewriting, ApiError> {
    let mut checks = Checks::new();
    if !message.title.is_empty() {
        title(&mut checks, &message.title);
    }
    if !message.body.is_empty() {
        body(&mut checks, &message.body);
    }
    checks.finish()?;
    let set = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(Rewriting { title: set(message.title), body: set(message.body), etag: message.etag })
}

pub(super) fn filter(message: &ListProposalsRequest, hidden: bool) -> Result<Filter, ApiError> {
    let mut checks = Checks::new();
    let state = ProposalState::try_from(message.state);
    checks.require(state.is_ok(), "state", "must be a state of proposals");
    area_and_category(&mut checks, &message.area_code, &message.category);
    checks.text("query", &message.query, 0, QUERY_MAX);
    let words = Some(Words::of(&message.query)).filter(|_| !message.query.trim().is_empty());
    let tells = words.as_ref().is_none_or(|words| !words.is_empty());
    checks.require(tells, "query", "must have a letter or a digit");
    checks.finish()?;
    let set = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(Filter {
        state: state.ok().filter(|state| *state != ProposalState::Unspecified),
        area_code: set(&validate::area_code(&message.area_code)),
        category: set(&message.category),
        words,
        hidden,
    })
}

/// The state that an answer gives.
pub(super) fn answer(message: &AnswerProposalRequest) -> Result<ProposalState, ApiError> {
    let mut checks = Checks::new();
    let state = answer_text(&mut checks, message.state, &message.answer);
    checks.require(message.estimated_cost >= 0, "estimated_cost", "must not be negative");
    checks.finish()?;
    Ok(state)
}

fn answer_text(checks: &mut Checks, state: i32, answer: &str) -> ProposalState {
    let state = ProposalState::try_from(state).unwrap_or_default();
    let answered =
        matches!(state, ProposalState::Examined | ProposalState::Accepted | ProposalState::Rejected);
    let shortest = usize::from(state != ProposalState::Examined);
    checks
        .require(answered, "state", "must be EXAMINED, ACCEPTED or REJECTED")
        .text("answer", answer, shortest, 20_000);
    state
}

/// The proposals that one answer is for, and the state that it gives.
pub(super) fn answers(message: &BatchAnswerProposalsRequest) -> Result<(Vec<Uuid>, ProposalState), ApiError> {
    let mut checks = Checks::new();
    let ids = batch(&mut checks, &message.proposal_ids);
    let state = answer_text(&mut checks, message.state, &message.answer);
    checks.finish()?;
    Ok((ids, state))
}

/// The proposals that one decision of a moderator is for.
pub(super) fn moderations(message: &BatchModerateProposalsRequest) -> Result<Vec<Uuid>, ApiError> {
    let mut checks = Checks::new();
    let ids = batch(&mut checks, &message.proposal_ids);
    checks.text("reason", &message.reason, 1, 1_000);
    checks.finish()?;
    Ok(ids)
}

/// Proposals that something is done to at once.
fn batch(checks: &mut Checks, proposals: &[String]) -> Vec<Uuid> {
    let few = (1..=BATCH_MAX).contains(&proposals.len());
    checks.require(few, "proposal_ids", "must have 1 to 5000 items");
    let mut seen = HashSet::new();
    let mut ids = Vec::new();
    for (place, id) in proposals.iter().enumerate().take(BATCH_MAX) {
        let field = || format!("proposal_ids[{place}]");
        match Uuid::try_parse(id) {
            Ok(id) if seen.insert(id) => ids.push(id),
            Ok(_) => {
                checks.require(false, field(), "must not be there twice");
            }
            Err(_) => {
                checks.require(false, field(), "must be a UUID");
            }
        }
    }
    ids
}
