//! Photos and documents of one's own proposal: sent, described, taken back.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::proposals::v1::{Proposal, ProposalState};
use comitia_proto::spaces::v1::{
    AddProposalAttachmentRequest, Attachment, AttachmentKind, ListProposalAttachmentsResponse,
    RemoveAttachmentRequest, UpdateAttachmentRequest,
};
use http::StatusCode;
use maud::{Markup, html};

use super::change::{own, page};
use super::enclosed;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls;
use crate::pages::files::{Wanted, kind_and_size, of_proposal, send};
use crate::pages::office::files::KINDS;
use crate::pages::office::parts::{new_request_id, refused, request_id};
use crate::pages::office::upload::{BODY_BYTES, Upload};
use crate::pages::parts::{self, Asked};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Tone, button, button_link, buttons, error_summary, form_file,
    form_post, notice,
};
use crate::visit::{PageResult, Visit};

pub const TITLE_MAX: u32 = 200;
pub const ALTERNATIVE_MAX: u32 = 500;

pub fn routes() -> Router {
    Router::new()
        .route("/proposals/{slug}/files/new", get(choose).post(add))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .route("/proposals/{slug}/files", get(list))
        .route("/proposals/{slug}/files/{attachment}", get(edit).post(save))
        .route("/proposals/{slug}/files/{attachment}/remove", get(ask_remove).post(remove))
        .route("/proposals/{slug}/files/{attachment}/file", get(file))
}

/// Where the files of a proposal are.
pub fn path(visit: &Visit, proposal: &Proposal) -> String {
    format!("{}/files", parts::proposal_path(visit, &proposal.title, &proposal.proposal_id))
}

/// Whether files may still be added, and their words changed.
async fn is_open(visit: &Visit, proposal: &Proposal) -> Result<bool, PageError> {
    let process = calls::process(visit, proposal.process_id.clone()).await?;
    Ok(proposal.state() == ProposalState::Submitted && parts::submission_open(&process, visit.now()))
}

fn done(visit: &Visit, proposal: &Proposal, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", path(visit, proposal))).into_response()
}

#[derive(Debug, Default, serde::Deserialize)]
struct Query {
    #[serde(default)]
    done: String,
}

/// What was not taken of a proposal that was just sent.
#[derive(Debug, Default, serde::Deserialize)]
struct Refused {
    #[serde(default)]
    refused: String,
}

async fn list(visit: Visit, slug: Slug, Asked(asked): Asked<Query>) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    let (found, open) = tokio::try_join!(of_proposal(&visit, slug.id()), is_open(&visit, &proposal))?;
    let locale = visit.locale;
    let title = t!(locale, "own-files");
    let said = match asked.done.as_str() {
        "added" => Some(key!("own-files-added")),
        "saved" => Some(key!("own-files-saved")),
        "removed" => Some(key!("own-files-removed")),
        _ => None,
    };
    let here = path(&visit, &proposal);
    let back = parts::proposal_path(&visit, &proposal.title, &proposal.proposal_id);
    let main = html! {
        @if let Some(said) = said {
            (notice(&locale, Tone::Success, None, html! { p { (locale.text(said)) } }))
        }
        h1 { (title) }
        p { (t!(locale, "own-files-lead")) }
        (taken_away(&visit, &found))
        @if found.attachments.is_empty() {
            p { (t!(locale, "own-files-none")) }
        } @else {
            ul .files { @for one in &found.attachments { (row(&visit, &here, one, open)) } }
        }
        @if !open { p { (t!(locale, "own-files-fixed")) } }
        (buttons(html! {
            @if open { (button_link(Button::Primary, &t!(locale, "own-files-add"), &format!("{here}/new"))) }
            (button_link(if open { Button::Quiet } else { Button::Primary }, &t!(locale, "own-files-back"), &back))
        }))
    };
    Ok(page(&visit, &proposal, StatusCode::OK, &title, main))
}

/// What the team has removed, and why.
pub fn taken_away(visit: &Visit, found: &ListProposalAttachmentsResponse) -> Markup {
    let locale = visit.locale;
    html! {
        @if !found.removed.is_empty() {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "own-files-taken")), html! {
                ul {
                    @for one in &found.removed {
                        li { (t!(locale, "own-files-taken-one", title = &one.title)) " " (parts::written(&one.reason)) }
                    }
                }
            }))
        }
    }
}

fn row(visit: &Visit, here: &str, attachment: &Attachment, open: bool) -> Markup {
    let locale = visit.locale;
    let one = format!("{here}/{}", attachment.attachment_id);
    html! {
        li {
            a href=(format!("{one}/file")) { bdi { (attachment.title) } }
            " " span .hint { (kind_and_size(&locale, attachment)) }
            @if let Some(smallest) = attachment.renditions.first() {
                br;
                img .thumbnail src=(format!("{one}/file?width={}", smallest.width)) width=(smallest.width)
                    height=(smallest.height) loading="lazy" alt=(attachment.alternative_text);
            }
            br;
            @if open {
                a href=(one) { (t!(locale, "own-files-change")) span .unseen { " " (attachment.title) } }
                " · "
            }
            a href=(format!("{one}/remove")) { (t!(locale, "own-files-remove")) span .unseen { " " (attachment.title) } }
        }
    }
}

/// The form is not shown to whom nothing can be taken from: the gateway reads no file of theirs.
async fn choose(visit: Visit, slug: Slug, Asked(asked): Asked<Refused>) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    if !is_open(&visit, &proposal).await? {
        return Ok(super::change::too_late(&visit, &proposal));
    }
    let locale = visit.locale;
    let said = enclosed::why(&locale, &asked.refused).map(|why| {
        notice(&locale, Tone::Warning, Some(&t!(locale, "own-files-not-enclosed")), html! { p { (why) } })
    });
    let mut page = add_page(&visit, &proposal, &Form::from(Vec::new()), &FieldErrors::new(), said);
    // The page is what was asked for, whatever it says of a file before.
    *page.status_mut() = StatusCode::OK;
    Ok(page)
}

/// The form; what was chosen as a file cannot be given back, and everything else is.
fn add_page(
    visit: &Visit,
    proposal: &Proposal,
    typed: &Form,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "own-files-add");
    let (photo, document) = (t!(locale, "office-files-kind-photo"), t!(locale, "office-files-kind-document"));
    let (photo_hint, document_hint) =
        (t!(locale, "office-files-kind-photo-hint"), t!(locale, "office-files-kind-document-hint"));
    let choices = [
        Choice::new("photo", &photo).hint(&photo_hint),
        Choice::new("document", &document).hint(&document_hint),
    ];
    let chosen = Some(typed.get("kind")).filter(|kind| !kind.is_empty());
    let here = path(visit, proposal);
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "own-files-add-lead")) }
        (form_file(&format!("{here}/new"), html! {
            input type="hidden" name="request_id" value=(new_request_id());
            (Field::new(&locale, "kind", t!(locale, "office-files-kind")).error(errors.of("kind")).radios(chosen, &choices))
            (Field::new(&locale, "file", t!(locale, "office-files-file"))
                .hint(t!(locale, "own-files-file-hint")).error(errors.of("file")).file(KINDS))
            (words(visit, typed.get("title"), Some(typed.get("alternative_text")), errors, true))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-files-send"), None))
                (button_link(Button::Quiet, &t!(locale, "proposals-cancel"), &here))
            }))
        }))
    };
    page(visit, proposal, status(errors, said.is_some()), &title, main)
}

fn status(errors: &FieldErrors, conflict: bool) -> StatusCode {
    match (errors.is_empty(), conflict) {
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        (true, true) => StatusCode::CONFLICT,
        (true, false) => StatusCode::OK,
    }
}

/// The fields for the words of an attachment; a document is called by its title alone.
fn words(visit: &Visit, title: &str, alternative: Option<&str>, errors: &FieldErrors, new: bool) -> Markup {
    let locale = visit.locale;
    let hint =
        if new { t!(locale, "office-files-alt-hint-new") } else { t!(locale, "office-files-alt-hint") };
    html! {
        (Field::new(&locale, "title", t!(locale, "office-files-title"))
            .hint(t!(locale, "own-files-title-hint")).error(errors.of("title"))
            .max_length(TITLE_MAX).input(Kind::Text, title))
        @if let Some(alternative) = alternative {
            (Field::new(&locale, "alternative_text", t!(locale, "office-files-alt"))
                .hint(hint).error(errors.of("alternative_text"))
                .max_length(ALTERNATIVE_MAX).textarea(alternative, 3))
        }
    }
}

async fn add(visit: Visit, slug: Slug, upload: Upload) -> PageResult {
    let proposal = own(&visit, &slug).await?;
    let locale = visit.locale;
    let Upload { form, file, .. } = upload;
    let kind = match form.get("kind") {
        "photo" => AttachmentKind::Photo,
        "document" => AttachmentKind::Document,
        _ => AttachmentKind::Unspecified,
    };
    let mut errors = FieldErrors::new();
    if kind == AttachmentKind::Unspecified {
        errors.push("kind", t!(locale, "office-files-kind-missing"));
    }
    if file.is_empty() {
        errors.push("file", t!(locale, "office-file-missing"));
    }
    if !errors.is_empty() {
        return Ok(add_page(&visit, &proposal, &form, &errors, None));
    }
    let photo = kind == AttachmentKind::Photo;
    let request = AddProposalAttachmentRequest {
        proposal_id: slug.id(),
        kind: kind.into(),
        title: form.text("title").to_owned(),
        // A document is called by its title.
        alternative_text: if photo { form.text("alternative_text").to_owned() } else { String::new() },
        file: file.into(),
        request_id: request_id(&form),
    };
    let added = visit.services().attachments().add_proposal_attachment(visit.request(request)).await;
    let Err(error) = added.map_err(PageError::from) else { return Ok(done(&visit, &proposal, "added")) };
    if error.reason() == Some(Reason::AttachmentsClosed) {
        return Ok(super::change::too_late(&visit, &proposal));
    }
    let (errors, said) = not_taken(&visit, error, photo)?;
    Ok(add_page(&visit, &proposal, &form, &errors, said))
}

/// Why a file was not taken, in the words of the page: by its field, or above everything.
fn not_taken(
    visit: &Visit,
    error: PageError,
    photo: bool,
) -> Result<(FieldErrors, Option<Markup>), PageError> {
    let locale = visit.locale;
    let file = match error.reason() {
        Some(Reason::FileTooLarge) => Some(t!(locale, "office-files-too-large")),
        Some(Reason::FileKindRefused) if photo => Some(t!(locale, "office-files-no-photo")),
        Some(Reason::FileKindRefused) => Some(t!(locale, "office-files-no-document")),
        Some(Reason::FileDamaged) => Some(t!(locale, "office-files-damaged")),
        Some(Reason::PhotoTooManyPixels) => Some(t!(locale, "office-files-pixels")),
        Some(Reason::FileInfected) => Some(t!(locale, "own-files-infected")),
        _ => None,
    };
    if let Some(text) = file {
        let mut errors = FieldErrors::new();
        errors.push("file", text);
        return Ok((errors, None));
    }
    let above = match error.reason() {
        Some(Reason::TooManyAttachments) => Some(t!(locale, "own-files-too-many")),
        Some(Reason::FilesNotConfigured) => Some(t!(locale, "own-files-not-configured")),
        _ => None,
    };
    match above {
        Some(text) => {
            let said = notice(&locale, Tone::Error, None, html! { p { (text) } });
            Ok((FieldErrors::new(), Some(said)))
        }
        None => Ok((word_faults(visit, error)?, None)),
    }
}

fn word_faults(visit: &Visit, error: PageError) -> Result<FieldErrors, PageError> {
    let locale = visit.locale;
    refused(
        error,
        &[
            ("title", "title", &t!(locale, "office-files-title-wrong")),
            ("alternative_text", "alternative_text", &t!(locale, "office-files-alt-wrong")),
        ],
    )
}

type Named = Path<(String, String, String)>;

/// The proposal, and the one of its files that an address names.
async fn named(visit: &Visit, slug: &Slug, id: &str) -> Result<(Proposal, Attachment), PageError> {
    let proposal = own(visit, slug).await?;
    let found = of_proposal(visit, slug.id()).await?.attachments;
    let one = found.into_iter().find(|one| one.attachment_id == id).ok_or(PageError::NotFound)?;
    Ok((proposal, one))
}

async fn edit(visit: Visit, slug: Slug, Path((_, _, id)): Named) -> PageResult {
    let (proposal, attachment) = named(&visit, &slug, &id).await?;
    if !is_open(&visit, &proposal).await? {
        return Ok(super::change::too_late(&visit, &proposal));
    }
    Ok(edit_page(&visit, &proposal, &attachment, &FieldErrors::new(), None))
}

/// `attachment` has the words as they were typed.
fn edit_page(
    visit: &Visit,
    proposal: &Proposal,
    attachment: &Attachment,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "own-files-edit");
    let here = path(visit, proposal);
    let photo = attachment.kind() == AttachmentKind::Photo;
    let alternative = photo.then_some(attachment.alternative_text.as_str());
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        (form_post(&format!("{here}/{}", attachment.attachment_id), None, html! {
            input type="hidden" name="etag" value=(attachment.etag);
            (words(visit, &attachment.title, alternative, errors, false))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "proposals-save"), None))
                (button_link(Button::Quiet, &t!(locale, "proposals-cancel"), &here))
            }))
        }))
    };
    page(visit, proposal, status(errors, said.is_some()), &title, main)
}

async fn save(visit: Visit, slug: Slug, Path((_, _, id)): Named, form: Form) -> PageResult {
    let (proposal, known) = named(&visit, &slug, &id).await?;
    let request = UpdateAttachmentRequest {
        attachment_id: id,
        title: form.text("title").to_owned(),
        alternative_text: form.text("alternative_text").to_owned(),
        position: 0,
        etag: form.text("etag").to_owned(),
    };
    let typed = Attachment {
        title: request.title.clone(),
        alternative_text: request.alternative_text.clone(),
        ..known
    };
    let saved = visit.services().attachments().update_attachment(visit.request(request)).await;
    let Err(error) = saved.map_err(PageError::from) else { return Ok(done(&visit, &proposal, "saved")) };
    match error.reason() {
        Some(Reason::AttachmentsClosed) => Ok(super::change::too_late(&visit, &proposal)),
        Some(Reason::EtagMismatch) => {
            let locale = visit.locale;
            let heading = t!(locale, "proposals-conflict");
            let text = html! { p { (t!(locale, "proposals-conflict-text")) } };
            let said = notice(&locale, Tone::Warning, Some(&heading), text);
            Ok(edit_page(&visit, &proposal, &typed, &FieldErrors::new(), Some(said)))
        }
        _ => {
            let errors = word_faults(&visit, error)?;
            Ok(edit_page(&visit, &proposal, &typed, &errors, None))
        }
    }
}

async fn ask_remove(visit: Visit, slug: Slug, Path((_, _, id)): Named) -> PageResult {
    let (proposal, attachment) = named(&visit, &slug, &id).await?;
    let locale = visit.locale;
    let title = t!(locale, "own-files-remove-title", title = &attachment.title);
    let here = path(&visit, &proposal);
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "own-files-remove-text")) }
        (form_post(&format!("{here}/{id}/remove"), None, buttons(html! {
            (button(Button::Danger, &t!(locale, "own-files-remove-do"), None))
            (button_link(Button::Quiet, &t!(locale, "proposals-cancel"), &here))
        })))
    };
    Ok(page(&visit, &proposal, StatusCode::OK, &title, main))
}

async fn remove(visit: Visit, slug: Slug, Path((_, _, id)): Named, _: Form) -> PageResult {
    let (proposal, _) = named(&visit, &slug, &id).await?;
    let request = RemoveAttachmentRequest { attachment_id: id, reason: String::new() };
    visit.services().attachments().remove_attachment(visit.request(request)).await?;
    Ok(done(&visit, &proposal, "removed"))
}

/// The file, to its author: that of a hidden proposal has no public address.
async fn file(visit: Visit, slug: Slug, Path((_, _, id)): Named, Asked(asked): Asked<Wanted>) -> PageResult {
    let (_, attachment) = named(&visit, &slug, &id).await?;
    send(&visit, attachment.attachment_id, asked.width).await
}
