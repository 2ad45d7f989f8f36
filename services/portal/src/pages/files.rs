//! Photos and documents of a process, as everybody sees them.

use std::fmt::Write as _;

use comitia_proto::spaces::v1::{Attachment, AttachmentKind, ListAttachmentsRequest, Process};
use maud::{Markup, html};

use crate::error::PageError;
use crate::locale::{Locale, t};
use crate::pages::office::processes;
use crate::visit::Visit;

/// How wide a photo is at first sight; browsers choose a better one by `srcset`.
const WIDTH: i32 = 960;

/// The photos and documents of a process, in their order.
pub async fn of_process(visit: &Visit, process_id: String) -> Result<Vec<Attachment>, PageError> {
    let request = visit.request(ListAttachmentsRequest { process_id });
    let answer = visit.services().attachments().list_attachments(request).await?;
    Ok(answer.into_inner().attachments)
}

/// Where the file of an attachment is; of a photo in one width. What is not published is read with the session of the office.
fn address(visit: &Visit, process: &Process, attachment: &Attachment, width: Option<i32>) -> String {
    let query = width.map(|width| format!("?width={width}")).unwrap_or_default();
    if process.published {
        return format!("/v1/attachments/{}/file{query}", attachment.attachment_id);
    }
    visit.link(&format!("{}/files/{}/file{query}", processes::path(process), attachment.attachment_id))
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
fn size(locale: &Locale, bytes: i64) -> String {
    if bytes >= 1_000_000 {
        let tenths = (bytes + 50_000) / 100_000;
        return t!(locale, "files-size-mega", size = locale.decimal(tenths, 1));
    }
    let kilo = u64::try_from((bytes + 500) / 1_000).unwrap_or_default().max(1);
    t!(locale, "files-size-kilo", size = locale.number(kilo))
}
