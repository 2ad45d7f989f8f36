//! Changing and withdrawing one's own proposal.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::proposals::v1::{Proposal, ProposalState, UpdateProposalRequest, WithdrawProposalRequest};
use http::StatusCode;
use maud::{Markup, html};

use super::draft::{self, BODY_MAX, Draft, TITLE_MAX};
use super::page::get;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls;
use crate::pages::parts::{self, trail};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Field, FieldErrors, Kind, Tone, button, button_link, buttons, error_summary, form_post, notice,
};
use crate::visit::{PageResult, Visit};

/// The proposal, if it is the person's own: to others there is no such page.
pub async fn own(visit: &Visit, slug: &Slug) -> Result<Proposal, PageError> {
    visit.signed_in()?;
    let proposal = get(visit, slug.id()).await?;
    if proposal.own { Ok(proposal) } else { Err(PageError::NotFound) }
}

pub fn page(visit: &Visit, proposal: &Proposal, status: StatusCode, title: &str, main: Markup) -> Response {
    let mine = t!(visit.locale, "proposals-mine");
    let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
    let way = [(mine.as_ref(), visit.link("/my-proposals")), (proposal.title.as_str(), path)];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let view = View {
        section: Section::Account,
        breadcrumbs: Some(trail(visit, &way, title)),
        private: true,
        error: status == StatusCode::UNPROCESSABLE_ENTITY,
        ..View::new(title, main)
    };
    visit.page(status, view)
}

pub async fn edit(visit: Visit, slug: Slug) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    if let Some(moved) = slug.moved(&visit, &proposal.title, |slug| format!("/proposals/{slug}/edit")) {
        return Ok(moved);
    }
    let process = calls::process(&visit, proposal.process_id.clone()).await?;
    if proposal.state() != ProposalState::Submitted || !parts::submission_open(&process, visit.now()) {
        return Ok(too_late(&visit, &proposal));
    }
    let draft = Draft { title: proposal.title.clone(), body: proposal.body.clone(), ..Draft::default() };
    Ok(form(&visit, &proposal, &draft, &FieldErrors::new(), None))
}

fn form(
    visit: &Visit,
    proposal: &Proposal,
    draft: &Draft,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let heading = t!(locale, "proposals-edit");
    let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
    let error = |name: &str| errors.of(name).map(str::to_owned);
    let conflict = said.is_some();
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = said { (said) }
        h1 { (heading) }
        (form_post(&format!("{path}/edit"), None, html! {
            input type="hidden" name="etag" value=(proposal.etag);
            (Field::new(&locale, "title", t!(locale, "proposals-mine-title"))
                .error(error("title"))
                .max_length(TITLE_MAX)
                .input(Kind::Text, &draft.title))
            (Field::new(&locale, "body", t!(locale, "proposals-body"))
                .error(error("body"))
                .max_length(BODY_MAX)
                .textarea(&draft.body, 16))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "proposals-save"), None))
                (button_link(Button::Quiet, &t!(locale, "proposals-cancel"), &path))
            }))
        }))
        p { a href=(super::files::path(visit, proposal)) { (t!(locale, "own-files-manage")) } }
    };
    let status = match (errors.is_empty(), conflict) {
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        (true, true) => StatusCode::CONFLICT,
        (true, false) => StatusCode::OK,
    };
    page(visit, proposal, status, &heading, main)
}

pub async fn save(visit: Visit, slug: Slug, sent: Form) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    let locale = visit.locale;
    let draft = Draft::of(&sent);
    let mut errors = FieldErrors::new();
    draft::title(&locale, &draft.title, &mut errors);
    draft::body(&locale, &draft.body, &mut errors);
    if !errors.is_empty() {
        // A conflict is still one when the errors are mended.
        let proposal = Proposal { etag: sent.text("etag").to_owned(), ..proposal };
        return Ok(form(&visit, &proposal, &draft, &errors, None));
    }
    let request = visit.request(UpdateProposalRequest {
        proposal_id: slug.id(),
        title: draft.title.clone(),
        body: draft.body.clone(),
        etag: sent.text("etag").to_owned(),
    });
    let error = match visit.services().proposals().update_proposal(request).await {
        Ok(answer) => {
            let changed = answer.into_inner().proposal.ok_or(PageError::NotFound)?;
            let path = parts::proposal_path(&visit, &changed.title, &changed.proposal_id);
            return Ok(Redirect::to(&format!("{path}?done=changed")).into_response());
        }
        Err(status) => PageError::from(status),
    };
    match error.reason() {
        Some(Reason::EtagMismatch) => {
            let said = notice(
                &locale,
                Tone::Warning,
                Some(&t!(locale, "proposals-conflict")),
                html! {
                    p { (t!(locale, "proposals-conflict-text")) }
                },
            );
            Ok(form(&visit, &proposal, &draft, &errors, Some(said)))
        }
        Some(Reason::ProposalStateInvalid | Reason::PhaseNotOpen) => Ok(too_late(&visit, &proposal)),
        _ => Err(error),
    }
}

/// It was answered, or the phase is over.
pub fn too_late(visit: &Visit, proposal: &Proposal) -> Response {
    let locale = visit.locale;
    let heading = t!(locale, "proposals-too-late");
    let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
    let main = html! {
        h1 { (heading) }
        p { (t!(locale, "proposals-own-fixed")) }
        p { (button_link(Button::Primary, &t!(locale, "proposals-see"), &path)) }
    };
    page(visit, proposal, StatusCode::CONFLICT, &heading, main)
}

pub async fn ask(visit: Visit, slug: Slug) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    if let Some(moved) = slug.moved(&visit, &proposal.title, |slug| format!("/proposals/{slug}/withdraw")) {
        return Ok(moved);
    }
    if !proposal.project_ids.is_empty() {
        return Ok(is_project(&visit, &proposal));
    }
    let locale = visit.locale;
    let heading = t!(locale, "proposals-withdraw-question");
    let path = parts::proposal_path(&visit, &proposal.title, &proposal.proposal_id);
    let main = html! {
        h1 { (heading) }
        p { strong { (parts::written(&proposal.title)) } }
        p { (t!(locale, "proposals-withdraw-text")) }
        (form_post(&format!("{path}/withdraw"), None, buttons(html! {
            (button(Button::Danger, &t!(locale, "proposals-withdraw"), None))
            (button_link(Button::Quiet, &t!(locale, "proposals-cancel"), &path))
        })))
    };
    Ok(page(&visit, &proposal, StatusCode::OK, &heading, main))
}

pub async fn withdraw(visit: Visit, slug: Slug, _: Form) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    let request = visit.request(WithdrawProposalRequest { proposal_id: slug.id() });
    match visit.services().proposals().withdraw_proposal(request).await.map_err(PageError::from) {
        Ok(_) => {
            let path = parts::proposal_path(&visit, &proposal.title, &proposal.proposal_id);
            Ok(Redirect::to(&format!("{path}?done=withdrawn")).into_response())
        }
        Err(error) if error.reason() == Some(Reason::ProposalStateInvalid) => {
            Ok(is_project(&visit, &proposal))
        }
        Err(error) => Err(error),
    }
}

/// What became a project is the city's to carry out.
fn is_project(visit: &Visit, proposal: &Proposal) -> Response {
    let locale = visit.locale;
    let heading = t!(locale, "proposals-withdraw-not");
    let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
    let main = html! {
        h1 { (heading) }
        p { (t!(locale, "proposals-withdraw-not-text")) }
        p { (button_link(Button::Primary, &t!(locale, "proposals-see"), &path)) }
    };
    page(visit, proposal, StatusCode::CONFLICT, &heading, main)
}
