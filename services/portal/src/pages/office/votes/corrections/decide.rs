//! A proposal of another officer: what it would do now, and whether it is done or dropped.

use axum::extract::Path;
use axum::response::Response;
use comitia_proto::voting::v1::{
    ConfirmCorrectionRequest, CorrectionProposal, DropCorrectionRequest, PreviewCorrectionRequest,
    PreviewCorrectionResponse,
};
use maud::{Markup, html};

use super::propose::why_not;
use super::{BUDGETERS, Page, ProposalPath};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::calls::count;
use crate::pages::corrections::{milestones, what, which};
use crate::pages::office::Officer;
use crate::pages::office::parts::done;
use crate::pages::parts as site;
use crate::ui::{Button, Field, FieldErrors, Tone, button, buttons, form_post, notice};
use crate::visit::PageResult;

/// The proposal, and what it would do now if it still can.
async fn proposal(
    page: &Page,
    id: &str,
) -> Result<(CorrectionProposal, Result<PreviewCorrectionResponse, &'static str>), PageError> {
    let proposals = page.proposals().await?;
    let one = proposals.into_iter().find(|one| one.proposal_id == id).ok_or(PageError::NotFound)?;
    let request = PreviewCorrectionRequest {
        poll_id: page.poll.poll_id.clone(),
        act: one.act,
        selection: one.selection.clone(),
        earlier_number: one.earlier_number,
    };
    let services = page.officer.services();
    let preview = match services.corrections().preview_correction(page.officer.request(request)).await {
        Ok(preview) => Ok(preview.into_inner()),
        Err(status) => {
            let error = PageError::from(status);
            Err(error.reason().and_then(why_not).ok_or(error)?)
        }
    };
    Ok((one, preview))
}

pub async fn ask(officer: Officer, Path((_, poll, id)): ProposalPath) -> PageResult {
    let page = Page::of(officer, &poll).await?;
    let (one, preview) = proposal(&page, &id).await?;
    Ok(show(&page, &one, &preview, &FieldErrors::new(), None))
}

pub async fn answer(officer: Officer, Path((_, poll, id)): ProposalPath, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let page = Page::of(officer, &poll).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let poll_id = page.poll.poll_id.clone();
    let mut corrections = officer.services().corrections();
    let (answer, word) = if form.get("step") == "drop" {
        let request = DropCorrectionRequest { poll_id, proposal_id: id.clone() };
        (corrections.drop_correction(officer.request(request)).await.map(|_| ()), "dropped")
    } else if form.get("sure") == "yes" {
        let request = ConfirmCorrectionRequest { poll_id, proposal_id: id.clone() };
        (corrections.confirm_correction(officer.request(request)).await.map(|_| ()), "confirmed")
    } else {
        let (one, preview) = proposal(&page, &id).await?;
        let mut errors = FieldErrors::new();
        errors.push("sure", t!(locale, "office-sure-missing"));
        return Ok(show(&page, &one, &preview, &errors, None));
    };
    match answer {
        Ok(()) => Ok(done(officer, &page.path(), word)),
        Err(status) => {
            let error = PageError::from(status);
            let key = error.reason().and_then(why_not).ok_or(error)?;
            let (one, preview) = proposal(&page, &id).await?;
            let said = notice(&locale, Tone::Error, None, html! { p { (locale.text(key)) } });
            Ok(show(&page, &one, &preview, &FieldErrors::new(), Some(said)))
        }
    }
}

fn show(
    page: &Page,
    one: &CorrectionProposal,
    preview: &Result<PreviewCorrectionResponse, &'static str>,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let (officer, locale) = (&page.officer, page.officer.locale);
    let here = officer.link(&format!("{}/{}", page.path(), one.proposal_id));
    let may = officer.has_any(BUDGETERS);
    let body = html! {
        @match preview {
            Ok(preview) => {
                @let effect = preview.effect.clone().unwrap_or_default();
                (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
                    p { (what(&locale, one.act(), one.earlier_number, count(effect.signature_count))) }
                    @if let Some(selection) = &one.selection { p { (which(&locale, selection, &page.districts)) } }
                    (milestones(&locale, &page.log, &effect))
                    p { (t!(locale, "office-corrections-now", count = count(preview.signature_count))) }
                    p { (t!(locale, "office-corrections-public")) }
                }))
            },
            Err(key) => (notice(&locale, Tone::Error, None, html! { p { (locale.text(key)) } })),
        }
        p { (t!(locale, "corrections-reason")) }
        blockquote { (site::written(&one.reason)) }
        @if one.own_proposal {
            (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-corrections-waits")) } }))
        } @else if may && preview.is_ok() {
            (form_post(&here, None, html! {
                (Field::new(&locale, "sure", t!(locale, "office-vote-sure"))
                    .error(errors.of("sure").map(str::to_owned)).checkbox(false))
                (buttons(button(Button::Danger, &t!(locale, "office-corrections-confirm"), None)))
            }))
        }
        @if may {
            (form_post(&here, None, html! {
                input type="hidden" name="step" value="drop";
                (buttons(button(Button::Quiet, &t!(locale, "office-corrections-drop"), None)))
            }))
        }
    };
    let title = page.in_short(one);
    page.behind(&title, &t!(locale, "office-corrections-proposal-lead"), errors, said, body)
}
