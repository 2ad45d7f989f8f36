//! Photos and documents of processes, proposals and projects, as everybody sees them.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::common::v1::FileHead;
use comitia_proto::proposals::v1::Proposal;
use comitia_proto::spaces::v1::{
    Attachment, AttachmentKind, ListAttachmentsRequest, ListCoverPhotosRequest,
    ListProjectAttachmentsRequest, ListProposalAttachmentsRequest, ListProposalAttachmentsResponse, Process,
    ReadAttachmentFileRequest,
};
use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::PageError;
use crate::locale::{Locale, t};
use crate::pages::parts::{Asked, process_path};
use crate::pages::slugs;
use crate::visit::{PageResult, Visit};

/// How wide a photo is at first sight; browsers choose a better one by `srcset`.
const WIDTH: i32 = 960;
/// The most proposals whose first photos are asked for at once.
const COVERS: usize = 50;
/// What was sent has no right of the site, here neither.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

pub fn routes() -> Router {
    Router::new().route("/processes/{slug}/files/{attachment}/file", get(file))
}

/// The width that a photo is asked for in; 0 is the greatest.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    pub width: i32,
}

/// The photos and documents of a process, in their order.
pub async fn of_process(visit: &Visit, process_id: String) -> Result<Vec<Attachment>, PageError> {
    let request = visit.request(ListAttachmentsRequest { process_id });
    let answer = visit.services().attachments().list_attachments(request).await?;
    Ok(answer.into_inner().attachments)
}

/// The photos and documents of a proposal, in their order, and what the team has removed, if the person who looks is told. None for
/// a person who may not see them.
pub async fn of_proposal(
    visit: &Visit,
    proposal_id: String,
) -> Result<ListProposalAttachmentsResponse, PageError> {
    let request = visit.request(ListProposalAttachmentsRequest { proposal_id });
    match visit.services().attachments().list_proposal_attachments(request).await.map_err(PageError::from) {
        Ok(answer) => Ok(answer.into_inner()),
        Err(error) if error.reason() == Some(Reason::ResourceNotFound) => Ok(Default::default()),
        Err(error) => Err(error),
    }
}

/// The photos and documents of a project and its reports, in their order.
pub async fn of_project(visit: &Visit, project_id: String) -> Result<Vec<Attachment>, PageError> {
    let request = visit.request(ListProjectAttachmentsRequest { project_id });
    let answer = visit.services().attachments().list_project_attachments(request).await?;
    Ok(answer.into_inner().attachments)
}

/// The first photo of each of these proposals, by the proposal; at most that many are asked for.
pub async fn covers(visit: &Visit, proposals: &[Proposal]) -> Result<HashMap<String, Attachment>, PageError> {
    let proposal_ids: Vec<_> = proposals
        .iter()
        .filter(|proposal| !proposal.hidden)
        .take(COVERS)
        .map(|proposal| proposal.proposal_id.clone())
        .collect();
    if proposal_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let request = visit.request(ListCoverPhotosRequest { proposal_ids });
    let answer = visit.services().attachments().list_cover_photos(request).await?.into_inner();
    Ok(answer.attachments.into_iter().map(|photo| (photo.proposal_id.clone(), photo)).collect())
}

/// Where files are read.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// By everybody, from the API.
    Api,
    /// From below a page, by those whose session or preview opens it.
    Page(&'a str),
}

impl Source<'_> {
    /// Where the file of an attachment is; of a photo in one width.
    pub fn address(self, attachment: &Attachment, width: Option<i32>) -> String {
        let query = width.map(|width| format!("?width={width}")).unwrap_or_default();
        let id = &attachment.attachment_id;
        match self {
            Self::Api => format!("/v1/attachments/{id}/file{query}"),
            Self::Page(path) => format!("{path}/{id}/file{query}"),
        }
    }
}

/// Where the files are of a process that is not published, and of what is in it: at an address of the site, where the session of the
/// team and the preview are known.
pub fn unpublished(visit: &Visit, process: &Process) -> Option<String> {
    (!process.published).then(|| format!("{}/files", process_path(visit, process)))
}

/// Photos and documents below headings of their own.
pub fn sections(visit: &Visit, from: Source<'_>, attachments: &[&Attachment]) -> Markup {
    let locale = visit.locale;
    let (photos, documents) = (photos(from, attachments), documents(visit, from, attachments));
    html! {
        @if let Some(photos) = photos {
            section aria-labelledby="photos" { h2 #photos { (t!(locale, "files-photos")) } (photos) }
        }
        @if let Some(documents) = documents {
            section aria-labelledby="documents" { h2 #documents { (t!(locale, "files-documents")) } (documents) }
        }
    }
}

/// Photos and documents below a heading that is there.
pub fn beside(visit: &Visit, from: Source<'_>, attachments: &[&Attachment]) -> Markup {
    html! {
        @if let Some(photos) = photos(from, attachments) { (photos) }
        @if let Some(documents) = documents(visit, from, attachments) { (documents) }
    }
}

fn photos(from: Source<'_>, attachments: &[&Attachment]) -> Option<Markup> {
    let shown = |one: &&&Attachment| one.kind() == AttachmentKind::Photo && !one.renditions.is_empty();
    let photos: Vec<_> = attachments.iter().filter(shown).collect();
    (!photos.is_empty()).then(|| html! { div .photos { @for one in photos { (photo(from, one)) } } })
}

/// A photo as a card has it, in its smallest width.
pub fn cover(photo: &Attachment) -> Option<Markup> {
    let smallest = photo.renditions.first()?;
    Some(html! {
        img src=(Source::Api.address(photo, Some(smallest.width))) width=(smallest.width) height=(smallest.height)
            loading="lazy" alt=(photo.alternative_text);
    })
}

fn photo(from: Source<'_>, attachment: &Attachment) -> Markup {
    let renditions = &attachment.renditions;
    let first = renditions.iter().rev().find(|each| each.width <= WIDTH).or_else(|| renditions.first());
    let mut choice = String::new();
    for each in renditions {
        let comma = if choice.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(choice, "{comma}{} {}w", from.address(attachment, Some(each.width)), each.width);
    }
    html! {
        @if let Some(first) = first {
            figure {
                img src=(from.address(attachment, Some(first.width))) srcset=(choice)
                    sizes="(min-width: 48rem) 30rem, 100vw" width=(first.width) height=(first.height)
                    loading="lazy" alt=(attachment.alternative_text);
                figcaption dir="auto" { (attachment.title) }
            }
        }
    }
}

/// Documents, each with what it is and how large.
fn documents(visit: &Visit, from: Source<'_>, attachments: &[&Attachment]) -> Option<Markup> {
    let documents: Vec<_> = attachments.iter().filter(|one| one.kind() == AttachmentKind::Document).collect();
    let list = |documents: Vec<&&Attachment>| {
        html! {
            ul .files {
                @for document in documents {
                    li {
                        a href=(from.address(document, None)) { bdi { (document.title) } }
                        " " span .hint { (kind_and_size(&visit.locale, document)) }
                    }
                }
            }
        }
    };
    (!documents.is_empty()).then(|| list(documents))
}

/// What a file is, and how large: "PDF, 1.2 MB".
pub fn kind_and_size(locale: &Locale, attachment: &Attachment) -> String {
    let kind = match attachment.media_type.as_str() {
        "image/jpeg" => t!(locale, "files-kind-photo"),
        "application/pdf" => t!(locale, "files-kind-pdf"),
        "application/vnd.oasis.opendocument.text" => t!(locale, "files-kind-text"),
        "application/vnd.oasis.opendocument.spreadsheet" => t!(locale, "files-kind-table"),
        "application/vnd.oasis.opendocument.presentation" => t!(locale, "files-kind-slides"),
        _ => t!(locale, "files-kind-other"),
    };
    t!(locale, "files-kind-and-size", kind = &*kind, size = size(locale, attachment.byte_count))
}

/// A size as people say it.
pub fn size(locale: &Locale, bytes: i64) -> String {
    if bytes >= 1_000_000 {
        let tenths = (bytes + 50_000) / 100_000;
        return t!(locale, "files-size-mega", size = locale.decimal(tenths, 1));
    }
    let kilo = u64::try_from((bytes + 500) / 1_000).unwrap_or_default().max(1);
    t!(locale, "files-size-kilo", size = locale.number(kilo))
}

async fn file(
    visit: Visit,
    Path((_, _, attachment_id)): Path<(String, String, String)>,
    Asked(asked): Asked<Wanted>,
) -> PageResult {
    send(&visit, attachment_id, asked.width).await
}

/// The file of an attachment, to who may see it.
pub async fn send(visit: &Visit, attachment_id: String, width: i32) -> PageResult {
    let request = visit.request(ReadAttachmentFileRequest { attachment_id, width });
    let mut parts = visit.services().attachments().read_attachment_file(request).await?.into_inner();
    let head = parts.message().await?.and_then(|part| part.head).ok_or(PageError::NotFound)?;
    let body = Body::from_stream(parts.map(|part| part.map(|part| part.content)));
    Ok(served(&head, body))
}

/// The whole file of an attachment, of `most` bytes at the most.
///
/// # Errors
/// When there is none, it is larger, or spaces is away.
pub async fn bytes(
    visit: &Visit,
    attachment_id: String,
    width: i32,
    most: usize,
) -> Result<Vec<u8>, PageError> {
    let request = visit.request(ReadAttachmentFileRequest { attachment_id, width });
    let mut parts = visit.services().attachments().read_attachment_file(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = parts.message().await? {
        bytes.extend_from_slice(&part.content);
        if bytes.len() > most {
            return Err(PageError::NotFound);
        }
    }
    Ok(bytes)
}

fn served(head: &FileHead, body: Body) -> Response {
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    let shown = head.inline && head.media_type == "image/jpeg";
    // Of the name there is what every browser takes; of some scripts that is nothing.
    let (stem, extension) = head.name.rsplit_once('.').unwrap_or((&head.name, "bin"));
    let stem = Some(slugs::plain(stem)).filter(|stem| !stem.is_empty());
    let name = format!("{}.{extension}", stem.as_deref().unwrap_or("file"));
    let disposition = format!("{}; filename=\"{name}\"", if shown { "inline" } else { "attachment" });
    for (header, value) in [
        (header::CONTENT_TYPE, head.media_type.as_str()),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(header, value);
        }
    }
    response
}
