//! Proposals: the list of a process, each with its answer, submitting one, and one's own.

mod change;
mod draft;
mod enclosed;
mod files;
mod list;
mod mine;
mod page;
mod submission;

use std::collections::HashMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use comitia_proto::proposals::v1::{AuthorKind, Proposal};
use comitia_proto::spaces::v1::Attachment;
use maud::Markup;

use crate::locale::t;
use crate::pages::calls::Areas;
use crate::pages::files::cover;
use crate::pages::office::upload::BODY_BYTES;
use crate::pages::parts::{self, excerpt};
use crate::ui::{Card, Marker, cards as ui_cards};
use crate::visit::Visit;

/// The pages of proposals.
pub fn routes() -> Router {
    Router::new()
        .route("/processes/{slug}/proposals", get(list::show))
        .route("/processes/{slug}/proposals/new", get(submission::begin).post(submission::go_on))
        .merge(
            Router::new()
                .route(
                    "/processes/{slug}/proposals/new/send",
                    get(submission::before_files).post(submission::go_on_with_files),
                )
                .layer(DefaultBodyLimit::max(BODY_BYTES)),
        )
        .route("/proposals/{slug}", get(page::show))
        .route("/proposals/{slug}/edit", get(change::edit).post(change::save))
        .route("/proposals/{slug}/withdraw", get(change::ask).post(change::withdraw))
        .route("/my-proposals", get(mine::show))
        .merge(files::routes())
}

/// Proposals as cards, with the photos that are known of them; those that moderation hides have no title to show.
pub fn cards(
    visit: &Visit,
    proposals: &[Proposal],
    areas: &Areas,
    photos: &HashMap<String, Attachment>,
    level: u8,
) -> Markup {
    let locale = visit.locale;
    let shown: Vec<_> = proposals
        .iter()
        .map(|proposal| {
            let title = title(visit, proposal);
            let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
            let mut facts = Vec::new();
            if !proposal.author_name.is_empty() || proposal.author_kind() == AuthorKind::Institution {
                facts.push(author(visit, proposal));
            }
            if !proposal.area_code.is_empty() {
                facts.push(areas.title(&proposal.area_code).to_owned());
            }
            if !proposal.category.is_empty() {
                facts.push(proposal.category.clone());
            }
            (proposal, title, path, excerpt(&proposal.body, 160), facts)
        })
        .collect();
    let facts: Vec<Vec<&str>> =
        shown.iter().map(|(.., facts)| facts.iter().map(String::as_str).collect()).collect();
    let list: Vec<_> = shown
        .iter()
        .zip(&facts)
        .map(|((proposal, title, path, text, _), facts)| Card {
            picture: photos.get(&proposal.proposal_id).and_then(cover),
            title,
            path,
            tag: Some(parts::proposal_tag(&locale, proposal.state())),
            text: text.as_deref(),
            facts,
        })
        .collect();
    ui_cards(level, &list)
}

/// Where a proposal would be, as a map shows it; none without a point on it.
fn point(visit: &Visit, proposal: &Proposal) -> Option<Marker> {
    let place = proposal.place.as_ref()?;
    Some(Marker {
        title: title(visit, proposal),
        path: parts::proposal_path(visit, &proposal.title, &proposal.proposal_id),
        address: place.address.clone(),
        position: Marker::at(place.latitude, place.longitude)?,
    })
}

/// Who speaks in a proposal, as people are told.
fn author(visit: &Visit, proposal: &Proposal) -> String {
    let locale = visit.locale;
    match proposal.author_kind() {
        AuthorKind::Institution => visit.organization.display_name.clone(),
        AuthorKind::Association => {
            t!(locale, "proposals-author-association", name = &proposal.author_name)
        }
        AuthorKind::Person | AuthorKind::Unspecified if proposal.author_name.is_empty() => {
            t!(locale, "proposals-author-nameless").into_owned()
        }
        AuthorKind::Person | AuthorKind::Unspecified => proposal.author_name.clone(),
    }
}

/// The title of a proposal, or what stands in its place.
fn title(visit: &Visit, proposal: &Proposal) -> String {
    if proposal.title.is_empty() {
        t!(visit.locale, "proposals-hidden-title").into_owned()
    } else {
        proposal.title.clone()
    }
}
