//! Photos and documents of a process, as everybody sees them.

use std::fmt::Write as _;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use comitia_proto::common::v1::FileHead;
use comitia_proto::spaces::v1::{
    Attachment, AttachmentKind, ListAttachmentsRequest, Process, ReadAttachmentFileRequest,
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

/// Where the file of an attachment is; of a photo in one width. What is not published has an address of the site, where the session
/// of the team and the preview are known.
fn address(visit: &Visit, process: &Process, attachment: &Attachment, width: Option<i32>) -> String {
    let query = width.map(|width| format!("?width={width}")).unwrap_or_default();
    if process.published {
        return format!("/v1/attachments/{}/file{query}", attachment.attachment_id);
    }
    format!("{}/files/{}/file{query}", process_path(visit, process), attachment.attachment_id)
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

/// The photos of a process.
pub fn photos(visit: &Visit, process: &Process, attachments: &[Attachment]) -> Markup {
    let photos: Vec<_> = attachments
        .iter()
        .filter(|one| one.kind() == AttachmentKind::Photo && !one.renditions.is_empty())
        .collect();
    html! {
        @if !photos.is_empty() {
            section aria-labelledby="photos" {
                h2 #photos { (t!(visit.locale, "files-photos")) }
                div .photos {
                    @for attachment in photos { (photo(visit, process, attachment)) }
                }
            }
        }
    }
}

fn photo(visit: &Visit, process: &Process, attachment: &Attachment) -> Markup {
    let renditions = &attachment.renditions;
    let first = renditions.iter().rev().find(|each| each.width <= WIDTH).or_else(|| renditions.first());
    let mut choice = String::new();
    for each in renditions {
        let comma = if choice.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(
            choice,
            "{comma}{} {}w",
            address(visit, process, attachment, Some(each.width)),
            each.width
        );
    }
    html! {
        @if let Some(first) = first {
            figure {
                img src=(address(visit, process, attachment, Some(first.width))) srcset=(choice)
                    sizes="(min-width: 48rem) 30rem, 100vw" width=(first.width) height=(first.height)
                    loading="lazy" alt=(attachment.alternative_text);
                figcaption dir="auto" { (attachment.title) }
            }
        }
    }
}

/// The documents of a process, each with what it is and how large.
pub fn documents(visit: &Visit, process: &Process, attachments: &[Attachment]) -> Markup {
    let locale = visit.locale;
    let documents: Vec<_> = attachments.iter().filter(|one| one.kind() == AttachmentKind::Document).collect();
    html! {
        @if !documents.is_empty() {
            section aria-labelledby="documents" {
                h2 #documents { (t!(locale, "files-documents")) }
                ul .files {
                    @for document in documents {
                        li {
                            a href=(address(visit, process, document, None)) { bdi { (document.title) } }
                            " " span .hint { (kind_and_size(&locale, document)) }
                        }
                    }
                }
            }
        }
    }
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
