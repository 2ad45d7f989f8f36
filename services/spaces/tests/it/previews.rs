//! Previews of processes that are not published.

use chrono::TimeDelta;
use comitia_platform::auth::{Role, preview_digest};
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_proto::spaces::v1::preview_service_server::PreviewService;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use comitia_testkit::service;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody, refusal, with_code, with_role};

async fn link(
    harness: &Harness,
    city: Uuid,
    process: &proto::Process,
    days: i32,
) -> Result<(proto::PreviewLink, String), Status> {
    let request = proto::CreatePreviewLinkRequest {
        process_id: process.process_id.clone(),
        title: " The steering group ".into(),
        days,
    };
    let answer = harness.grpc.create_preview_link(administrator(city, request)).await?.into_inner();
    Ok((answer.link.unwrap(), answer.code))
}

async fn seen(
    harness: &Harness,
    city: Uuid,
    code: &str,
    process: &proto::Process,
) -> Result<proto::Process, Status> {
    let request = proto::GetProcessRequest { process_id: process.process_id.clone() };
    let answer = harness.grpc.get_process(with_code(city, code, request)).await?;
    Ok(answer.into_inner().process.unwrap())
}

async fn checked(harness: &Harness, city: Uuid, code: &str, process: &proto::Process) -> bool {
    let request = proto::CheckPreviewRequest {
        process_id: process.process_id.clone(),
        code_digest: preview_digest(code).to_vec(),
    };
    let request = with_role(Role::Service, city, request);
    harness.grpc.check_preview(request).await.unwrap().into_inner().shown
}

async fn opened(harness: &Harness, city: Uuid, code: &str) -> Result<proto::OpenPreviewResponse, Status> {
    let request = proto::OpenPreviewRequest { code: code.into() };
    Ok(harness.grpc.open_preview(anybody(city, request)).await?.into_inner())
}

async fn listed(harness: &Harness, city: Uuid, process: &proto::Process) -> Vec<proto::PreviewLink> {
    let request = proto::ListPreviewLinksRequest { process_id: process.process_id.clone() };
    let request = with_role(Role::Auditor, city, request);
    harness.grpc.list_preview_links(request).await.unwrap().into_inner().links
}

async fn revoke(harness: &Harness, city: Uuid, link: &proto::PreviewLink) {
    let request = proto::RevokePreviewLinkRequest { preview_link_id: link.preview_link_id.clone() };
    harness.grpc.revoke_preview_link(administrator(city, request)).await.unwrap();
}

fn gone() -> (String, Vec<String>) {
    ("NOT_FOUND RESOURCE_NOT_FOUND".into(), vec![])
}

#[tokio::test]
async fn a_code_shows_its_process_and_no_other() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let (process, other) = (harness.process(city, &[(1, 2)]).await, harness.process(city, &[]).await);
    let (made, code) = link(&harness, city, &process, 0).await.unwrap();
    assert_eq!(made.title, "The steering group");

    assert_eq!(refusal(harness.get(city, &process).await), gone());
    assert_eq!(seen(&harness, city, &code, &process).await.unwrap().phases.len(), 1);
    assert_eq!(refusal(seen(&harness, city, &code, &other).await), gone());
    assert_eq!(refusal(seen(&harness, city, &made.preview_link_id, &process).await), gone());
    let elsewhere = harness.organization().await;
    assert_eq!(refusal(seen(&harness, elsewhere, &code, &process).await), gone());

    assert!(checked(&harness, city, &code, &process).await);
    assert!(!checked(&harness, city, &code, &other).await);
    assert!(!checked(&harness, city, "another code", &process).await);
    assert!(!checked(&harness, elsewhere, &code, &process).await);

    let opening = opened(&harness, city, &format!(" {}\n", code.to_uppercase())).await.unwrap();
    assert_eq!((opening.process_id, opening.title), (process.process_id.clone(), process.title.clone()));
    assert_eq!(opening.expire_time, made.expire_time);
    // The list of processes is for everybody, and stays as it is.
    let list = with_code(city, &code, proto::ListProcessesRequest::default());
    assert!(harness.grpc.list_processes(list).await.unwrap().into_inner().processes.is_empty());
}

#[tokio::test]
async fn photos_and_documents_are_part_of_the_preview() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let request = proto::AddAttachmentRequest {
        process_id: process.process_id.clone(),
        kind: proto::AttachmentKind::Document.into(),
        title: "Rules".into(),
        file: b"%PDF-1.4\ntrailer<<>>\n%%EOF\n".to_vec(),
        ..Default::default()
    };
    let added = harness.grpc.add_attachment(administrator(city, request)).await.unwrap();
    let attachment_id = added.into_inner().attachment.unwrap().attachment_id;
    let (_, code) = link(&harness, city, &process, 1).await.unwrap();
    let list = || proto::ListAttachmentsRequest { process_id: process.process_id.clone() };
    let found = harness.grpc.list_attachments(with_code(city, &code, list())).await.unwrap();
    assert_eq!(found.into_inner().attachments.len(), 1);
    assert_eq!(refusal(harness.grpc.list_attachments(with_code(city, "no code", list())).await), gone());
    let file = || proto::ReadAttachmentFileRequest { attachment_id: attachment_id.clone(), width: 0 };
    assert!(harness.grpc.read_attachment_file(with_code(city, &code, file())).await.is_ok());
    assert!(harness.grpc.read_attachment_file(with_code(city, "no code", file())).await.is_err());
    assert!(harness.grpc.read_attachment_file(anybody(city, file())).await.is_err());
}

#[tokio::test]
async fn a_link_expires_and_can_be_revoked() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let (short, short_code) = link(&harness, city, &process, 1).await.unwrap();
    let (long, long_code) = link(&harness, city, &process, 0).await.unwrap();
    assert_eq!(listed(&harness, city, &process).await, [long.clone(), short]);

    harness.clock.advance(TimeDelta::days(1) - TimeDelta::seconds(1));
    assert!(seen(&harness, city, &short_code, &process).await.is_ok());
    harness.clock.advance(TimeDelta::seconds(1));
    assert_eq!(refusal(seen(&harness, city, &short_code, &process).await), gone());
    assert!(!checked(&harness, city, &short_code, &process).await);
    let invalid = ("NOT_FOUND PREVIEW_CODE_INVALID".to_owned(), vec![]);
    assert_eq!(refusal(opened(&harness, city, &short_code).await), invalid);
    assert_eq!(listed(&harness, city, &process).await, std::slice::from_ref(&long));

    assert!(seen(&harness, city, &long_code, &process).await.is_ok());
    revoke(&harness, city, &long).await;
    revoke(&harness, city, &long).await;
    assert_eq!(refusal(seen(&harness, city, &long_code, &process).await), gone());
    for code in [long_code.as_str(), "", &"a".repeat(10_000)] {
        assert_eq!(refusal(opened(&harness, city, code).await), invalid);
    }
    assert!(listed(&harness, city, &process).await.is_empty());
}

#[tokio::test]
async fn nobody_reads_a_code_in_the_database() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    let (_, code) = link(&harness, city, &process, 0).await.unwrap();
    for table in ["spaces.preview_links", "spaces.outbox", "spaces.requests"] {
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT row_to_json(kept)::text FROM {table} AS kept"
        )))
        .fetch_all(&harness.admin)
        .await
        .unwrap();
        assert!(rows.iter().all(|row| !row.contains(&code)), "{table}");
    }
}

#[tokio::test]
async fn what_is_published_needs_no_link_and_there_are_not_too_many() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[]).await;
    for days in [-1, 91] {
        let refused = ("INVALID_ARGUMENT FIELD_INVALID".to_owned(), vec!["days".to_owned()]);
        assert_eq!(refusal(link(&harness, city, &process, days).await), refused);
    }
    let (_, code) = link(&harness, city, &process, 1).await.unwrap();
    for _ in 1..20 {
        link(&harness, city, &process, 2).await.unwrap();
    }
    let field = vec!["process_id".to_owned()];
    let refused = ("FAILED_PRECONDITION TOO_MANY_PREVIEW_LINKS".to_owned(), field.clone());
    assert_eq!(refusal(link(&harness, city, &process, 2).await), refused);
    // One that has expired makes place for another.
    harness.clock.advance(TimeDelta::days(1));
    link(&harness, city, &process, 2).await.unwrap();

    harness.publish(city, &process).await;
    let refused = ("FAILED_PRECONDITION PROCESS_PUBLISHED".to_owned(), field);
    assert_eq!(refusal(link(&harness, city, &process, 2).await), refused);
    assert!(seen(&harness, city, &code, &process).await.is_ok(), "everybody sees it now");

    let unknown = proto::Process { process_id: comitia_core::id::new().to_string(), ..process };
    assert_eq!(refusal(link(&harness, city, &unknown, 2).await), gone());
    let request = proto::ListPreviewLinksRequest { process_id: unknown.process_id };
    assert_eq!(refusal(harness.grpc.list_preview_links(administrator(city, request)).await), gone());
    assert_eq!(service::refusal(opened(&harness, city, "x").await).0, "NOT_FOUND PREVIEW_CODE_INVALID");
}
