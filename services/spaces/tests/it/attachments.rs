//! Photos and documents of processes, with their files in a folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use comitia_platform::auth::Role;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::AttachmentKind;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_spaces::app::attachments::leaving::{count_overdue, sweep};
use futures_util::TryStreamExt;
use image::{DynamicImage, ImageFormat};
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody, refusal, with_role};

fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn pdf() -> Vec<u8> {
    b"%PDF-1.4\ntrailer<<>>\n%%EOF\n".to_vec()
}

fn a_photo(process: &proto::Process, title: &str) -> proto::AddAttachmentRequest {
    proto::AddAttachmentRequest {
        process_id: process.process_id.clone(),
        kind: AttachmentKind::Photo.into(),
        title: title.into(),
        alternative_text: "The quay in the morning".into(),
        file: photo(700, 350),
        ..Default::default()
    }
}

fn a_document(process: &proto::Process, title: &str) -> proto::AddAttachmentRequest {
    proto::AddAttachmentRequest {
        process_id: process.process_id.clone(),
        kind: AttachmentKind::Document.into(),
        title: title.into(),
        file: pdf(),
        ..Default::default()
    }
}

async fn add(
    harness: &Harness,
    city: Uuid,
    request: proto::AddAttachmentRequest,
) -> Result<proto::Attachment, Status> {
    let answer = harness.grpc.add_attachment(administrator(city, request)).await?;
    Ok(answer.into_inner().attachment.unwrap())
}

async fn titles(harness: &Harness, city: Uuid, process: &proto::Process) -> Vec<(i32, String)> {
    let request = proto::ListAttachmentsRequest { process_id: process.process_id.clone() };
    let answer = harness.grpc.list_attachments(administrator(city, request)).await.unwrap();
    answer.into_inner().attachments.into_iter().map(|each| (each.position, each.title)).collect()
}

async fn update(
    harness: &Harness,
    city: Uuid,
    attachment: &proto::Attachment,
    alternative_text: &str,
    position: i32,
) -> Result<proto::Attachment, Status> {
    let request = proto::UpdateAttachmentRequest {
        attachment_id: attachment.attachment_id.clone(),
        title: attachment.title.clone(),
        alternative_text: alternative_text.into(),
        position,
        etag: String::new(),
    };
    let answer = harness.grpc.update_attachment(administrator(city, request)).await?;
    Ok(answer.into_inner().attachment.unwrap())
}

async fn remove(harness: &Harness, city: Uuid, attachment: &proto::Attachment) -> Result<(), Status> {
    let attachment_id = attachment.attachment_id.clone();
    let request = proto::RemoveAttachmentRequest { attachment_id, ..Default::default() };
    harness.grpc.remove_attachment(administrator(city, request)).await?;
    Ok(())
}

/// The head and the bytes of a file, as anybody gets them.
async fn read(
    harness: &Harness,
    city: Uuid,
    attachment: &proto::Attachment,
    width: i32,
) -> Result<(comitia_proto::common::v1::FileHead, Vec<u8>), Status> {
    let attachment_id = attachment.attachment_id.clone();
    let request = anybody(city, proto::ReadAttachmentFileRequest { attachment_id, width });
    let mut parts = harness.grpc.read_attachment_file(request).await?.into_inner();
    let head = parts.try_next().await?.unwrap().head.unwrap();
    let parts: Vec<_> = parts.try_collect().await?;
    Ok((head, parts.into_iter().flat_map(|part| part.content).collect()))
}

/// Every file in the store.
fn stored(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { stored(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_photo_and_a_document_are_added_and_read() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let added = add(&harness, city, a_photo(&process, " Quay ")).await.unwrap();
    assert_eq!((added.title.as_str(), added.media_type.as_str(), added.position), ("Quay", "image/jpeg", 1));
    let sizes: Vec<_> = added.renditions.iter().map(|each| (each.width, each.height)).collect();
    assert_eq!(sizes, [(480, 240), (700, 350)]);
    let document = add(&harness, city, a_document(&process, "Règlement")).await.unwrap();
    assert_eq!((document.position, document.byte_count), (2, pdf().len() as i64));

    // Nobody but staff sees them before the process is published.
    for attachment in [&added, &document] {
        assert_eq!(refusal(read(&harness, city, attachment, 0).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");
    }
    let request = proto::ListAttachmentsRequest { process_id: process.process_id.clone() };
    let listed = harness.grpc.list_attachments(anybody(city, request.clone())).await;
    assert_eq!(refusal(listed).0, "NOT_FOUND RESOURCE_NOT_FOUND");

    harness.publish(city, &process).await;
    let listed = harness.grpc.list_attachments(anybody(city, request)).await.unwrap().into_inner();
    assert_eq!(listed.attachments, [added.clone(), document.clone()]);
    let (head, bytes) = read(&harness, city, &document, 0).await.unwrap();
    assert_eq!(bytes, pdf());
    assert_eq!((head.media_type.as_str(), head.name.as_str()), ("application/pdf", "Règlement.pdf"));
    assert!(!head.inline && head.immutable);
    let (head, bytes) = read(&harness, city, &added, 480).await.unwrap();
    assert!(head.inline && head.byte_count == bytes.len() as i64);
    let pixels = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (480, 240));
    assert_eq!(refusal(read(&harness, city, &added, 481).await).1, ["width"]);
    assert_eq!(refusal(read(&harness, city, &document, 480).await).1, ["width"]);
}

#[tokio::test]
async fn another_organization_finds_nothing_of_them() {
    let harness = Harness::start().await;
    let (city, other) = (harness.organization().await, harness.organization().await);
    let process = harness.process(city, &[]).await;
    let added = add(&harness, city, a_document(&process, "Rules")).await.unwrap();
    harness.publish(city, &process).await;
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    assert_eq!(refusal(read(&harness, other, &added, 0).await).0, missing);
    assert_eq!(refusal(remove(&harness, other, &added).await).0, missing);
    assert_eq!(refusal(update(&harness, other, &added, "", 1).await).0, missing);
    assert_eq!(refusal(add(&harness, other, a_document(&process, "Theirs")).await).0, missing);
    read(&harness, city, &added, 0).await.unwrap();
}

#[tokio::test]
async fn each_refusal_says_which_field_and_leaves_nothing() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let refused = async |request: proto::AddAttachmentRequest| refusal(add(&harness, city, request).await);
    let with = |file: &[u8]| proto::AddAttachmentRequest { file: file.into(), ..a_photo(&process, "Photo") };

    let kind = refused(with(b"\x7fELF\x02\x01\x01")).await;
    assert_eq!((kind.0.as_str(), kind.1), ("INVALID_ARGUMENT FILE_KIND_REFUSED", vec!["file".to_owned()]));
    assert_eq!(refused(with(b"")).await.0, "INVALID_ARGUMENT FILE_DAMAGED");
    assert_eq!(refused(with(&photo(300, 200)[..200])).await.0, "INVALID_ARGUMENT FILE_DAMAGED");
    assert_eq!(refused(with(&pdf())).await.0, "INVALID_ARGUMENT FILE_KIND_REFUSED");
    let large =
        proto::AddAttachmentRequest { file: vec![b' '; (20 << 20) + 1], ..a_document(&process, "Large") };
    assert_eq!(refused(large).await.0, "INVALID_ARGUMENT FILE_TOO_LARGE");
    let wordless = proto::AddAttachmentRequest {
        alternative_text: " ".into(),
        title: String::new(),
        ..a_photo(&process, "")
    };
    assert_eq!(refused(wordless).await.1, ["title", "alternative_text"]);
    let told =
        proto::AddAttachmentRequest { alternative_text: "Rules".into(), ..a_document(&process, "Rules") };
    assert_eq!(refused(told).await.1, ["alternative_text"]);
    let kindless = proto::AddAttachmentRequest { kind: 0, ..a_document(&process, "Rules") };
    assert_eq!(refused(kindless).await.1, ["kind"]);
    let nowhere =
        proto::AddAttachmentRequest { process_id: Uuid::nil().to_string(), ..a_document(&process, "Rules") };
    assert_eq!(refused(nowhere).await.0, "NOT_FOUND RESOURCE_NOT_FOUND");
    assert_eq!(stored(harness.folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn the_same_request_again_adds_nothing_twice() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let request_id = comitia_core::id::new().to_string();
    let request = proto::AddAttachmentRequest { request_id, ..a_document(&process, "Rules") };
    let first = add(&harness, city, request.clone()).await.unwrap();
    assert_eq!(add(&harness, city, request).await.unwrap(), first);
    assert_eq!(stored(harness.folder.path()).len(), 1);
}

#[tokio::test]
async fn they_are_put_in_order_and_renamed() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let first = add(&harness, city, a_document(&process, "One")).await.unwrap();
    let second = add(&harness, city, a_photo(&process, "Two")).await.unwrap();
    add(&harness, city, a_document(&process, "Three")).await.unwrap();
    let order = async || titles(&harness, city, &process).await;
    let of = |titles: [&str; 3]| {
        titles.iter().zip(1..).map(|(title, at)| (at, (*title).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(order().await, of(["One", "Two", "Three"]));
    assert_eq!(update(&harness, city, &first, "", 900).await.unwrap().position, 3);
    assert_eq!(order().await, of(["Two", "Three", "One"]));
    update(&harness, city, &first, "", 2).await.unwrap();
    assert_eq!(order().await, of(["Two", "One", "Three"]));
    let renamed = proto::Attachment { title: "The quay".into(), ..second.clone() };
    let changed = update(&harness, city, &renamed, "By night", 0).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.alternative_text.as_str()), ("The quay", "By night"));
    assert_eq!(changed.position, 1);
    assert_eq!(refusal(update(&harness, city, &second, "", 0).await).1, ["alternative_text"]);
    assert_eq!(refusal(update(&harness, city, &first, "Rules", 0).await).1, ["alternative_text"]);
    assert_eq!(refusal(update(&harness, city, &first, "", -1).await).1, ["position"]);
    remove(&harness, city, &second).await.unwrap();
    assert_eq!(order().await, [(1, "One".to_owned()), (2, "Three".to_owned())]);
}

#[tokio::test]
async fn a_removed_file_leaves_the_store_whichever_replica_removed_it() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let kept = add(&harness, city, a_document(&process, "Kept")).await.unwrap();
    let gone = add(&harness, city, a_photo(&process, "Gone")).await.unwrap();
    harness.publish(city, &process).await;
    remove(&harness, city, &gone).await.unwrap();
    assert_eq!(refusal(read(&harness, city, &gone, 0).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");
    assert_eq!(refusal(remove(&harness, city, &gone).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");
    assert_eq!(stored(harness.folder.path()).len(), 3);
    // Another replica, which knows of it from the database alone.
    assert_eq!(sweep(&harness.app).await.unwrap(), 1);
    assert_eq!(stored(harness.folder.path()).len(), 1);
    assert_eq!(sweep(&harness.app).await.unwrap(), 0);
    read(&harness, city, &kept, 0).await.unwrap();
}

#[tokio::test]
async fn what_a_dead_replica_left_behind_is_removed_and_what_is_there_is_not() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let kept = add(&harness, city, a_document(&process, "Kept")).await.unwrap();
    harness.publish(city, &process).await;
    // A replica that died between the file and the attachment.
    let orphan = comitia_core::id::new();
    let name = format!("{city}/{orphan}/document");
    let path = harness.folder.path().join(&name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, pdf()).unwrap();
    sqlx::query("INSERT INTO spaces.file_removals (attachment_id, organization_id, names, due_time) VALUES ($1, $2, ARRAY[$3], $4)")
        .bind(orphan)
        .bind(city)
        .bind(&name)
        .bind(harness.clock.now() + TimeDelta::hours(1))
        .execute(&harness.admin)
        .await
        .unwrap();
    assert_eq!(sweep(&harness.app).await.unwrap(), 0);
    assert!(path.exists());
    harness.clock.advance(TimeDelta::hours(2));
    assert_eq!(sweep(&harness.app).await.unwrap(), 1);
    assert!(!path.exists());
    read(&harness, city, &kept, 0).await.unwrap();
}

#[tokio::test]
async fn a_process_has_as_many_as_is_configured() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    for number in 0..4 {
        add(&harness, city, a_document(&process, &format!("Document {number}"))).await.unwrap();
    }
    let refused = refusal(add(&harness, city, a_document(&process, "One more")).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION TOO_MANY_ATTACHMENTS");
    assert_eq!(stored(harness.folder.path()).len(), 4);
}

#[tokio::test]
async fn a_store_that_is_away_keeps_no_row_and_no_removal_is_forgotten() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let gone = add(&harness, city, a_document(&process, "Gone")).await.unwrap();
    remove(&harness, city, &gone).await.unwrap();
    // In place of the folder of the organization there is a file.
    let folder = harness.folder.path().join(city.to_string());
    let aside = harness.folder.path().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "").unwrap();
    let refused = refusal(add(&harness, city, a_document(&process, "Rules")).await);
    assert_eq!(refused.0, "UNAVAILABLE DEPENDENCY_UNAVAILABLE");
    assert!(titles(&harness, city, &process).await.is_empty());
    sweep(&harness.app).await.unwrap_err();
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    assert_eq!(sweep(&harness.app).await.unwrap(), 0);
    // What failed once is tried again later, and counts from then on as overdue however often it is put off.
    assert_eq!(count_overdue(&harness.app).await.unwrap(), 0);
    harness.clock.advance(TimeDelta::hours(2));
    assert_eq!(count_overdue(&harness.app).await.unwrap(), 2);
    // What was removed, and what could not be added.
    assert_eq!(sweep(&harness.app).await.unwrap(), 2);
    assert_eq!(stored(harness.folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn words_that_somebody_else_changed_are_not_overwritten() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let read = add(&harness, city, a_photo(&process, "Quay")).await.unwrap();
    let with = |etag: &str, title: &str| proto::UpdateAttachmentRequest {
        attachment_id: read.attachment_id.clone(),
        title: title.into(),
        alternative_text: read.alternative_text.clone(),
        position: 0,
        etag: etag.into(),
    };
    let update = async |request| harness.grpc.update_attachment(administrator(city, request)).await;
    let first = update(with(&read.etag, "Pier")).await.unwrap().into_inner().attachment.unwrap();
    assert_ne!(first.etag, read.etag);
    let refused = refusal(update(with(&read.etag, "Bank")).await);
    assert_eq!((refused.0.as_str(), refused.1), ("ABORTED ETAG_MISMATCH", vec!["etag".to_owned()]));
    update(with(&first.etag, "Bank")).await.unwrap();
}

#[tokio::test]
async fn staff_of_any_role_read_a_draft() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let added = add(&harness, city, a_photo(&process, "Quay")).await.unwrap();
    for role in [Role::Moderator, Role::BudgetOfficer, Role::Auditor] {
        let request =
            proto::ReadAttachmentFileRequest { attachment_id: added.attachment_id.clone(), width: 0 };
        let mut parts =
            harness.grpc.read_attachment_file(with_role(role, city, request)).await.unwrap().into_inner();
        let head = parts.try_next().await.unwrap().unwrap().head.unwrap();
        // It is for staff alone, so no cache keeps it.
        assert!(!head.immutable);
    }
}
