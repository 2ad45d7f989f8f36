//! Photos and documents of proposals and projects, which other services keep.

use std::io::Cursor;

use comitia_bus::Event;
use comitia_platform::auth::Role;
use comitia_proto::events::v1::{AuthorErased, ProjectDeleted};
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::AttachmentKind;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use comitia_spaces::app::attachments::leaving::sweep;
use comitia_spaces::consumers::left;
use comitia_testkit::service::{self, called};
use futures_util::TryStreamExt;
use image::{DynamicImage, ImageFormat};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody, refusal, with_code, with_role};
use crate::users::{CODE, Proposal};

const MISSING: &str = "NOT_FOUND RESOURCE_NOT_FOUND";
const OPEN: Proposal = Proposal { public: true, author: "ada", open: true };

fn photo() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(600, 300).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn pdf() -> Vec<u8> {
    b"%PDF-1.4\ntrailer<<>>\n%%EOF\n".to_vec()
}

/// A participant.
fn participant<T>(city: Uuid, subject: &str, message: T) -> Request<T> {
    called(Some(city), Some(service::caller(Some(city), Role::Participant, subject)), message)
}

fn a_photo(proposal: Uuid) -> proto::AddProposalAttachmentRequest {
    proto::AddProposalAttachmentRequest {
        proposal_id: proposal.to_string(),
        kind: AttachmentKind::Photo.into(),
        title: "The quay".into(),
        alternative_text: "A quay without trees".into(),
        file: photo(),
        ..Default::default()
    }
}

fn a_document(proposal: Uuid) -> proto::AddProposalAttachmentRequest {
    proto::AddProposalAttachmentRequest {
        proposal_id: proposal.to_string(),
        kind: AttachmentKind::Document.into(),
        title: "The plan".into(),
        file: pdf(),
        ..Default::default()
    }
}

async fn send(
    harness: &Harness,
    city: Uuid,
    subject: &str,
    request: proto::AddProposalAttachmentRequest,
) -> Result<proto::Attachment, Status> {
    let answer = harness.grpc.add_proposal_attachment(participant(city, subject, request)).await?;
    Ok(answer.into_inner().attachment.unwrap())
}

async fn listed(
    harness: &Harness,
    request: Request<proto::ListProposalAttachmentsRequest>,
) -> Result<proto::ListProposalAttachmentsResponse, Status> {
    Ok(harness.grpc.list_proposal_attachments(request).await?.into_inner())
}

fn of(proposal: Uuid) -> proto::ListProposalAttachmentsRequest {
    proto::ListProposalAttachmentsRequest { proposal_id: proposal.to_string() }
}

fn file_of(attachment: &proto::Attachment) -> proto::ReadAttachmentFileRequest {
    proto::ReadAttachmentFileRequest { attachment_id: attachment.attachment_id.clone(), width: 0 }
}

/// Whether caches may keep the file, if it is sent.
async fn read(harness: &Harness, request: Request<proto::ReadAttachmentFileRequest>) -> Result<bool, Status> {
    let mut parts = harness.grpc.read_attachment_file(request).await?.into_inner();
    Ok(parts.try_next().await?.unwrap().head.unwrap().immutable)
}

fn removal(attachment: &proto::Attachment, reason: &str) -> proto::RemoveAttachmentRequest {
    let attachment_id = attachment.attachment_id.clone();
    proto::RemoveAttachmentRequest { attachment_id, reason: reason.into() }
}

fn words(attachment: &proto::Attachment, title: &str) -> proto::UpdateAttachmentRequest {
    proto::UpdateAttachmentRequest {
        attachment_id: attachment.attachment_id.clone(),
        title: title.into(),
        alternative_text: attachment.alternative_text.clone(),
        position: 0,
        etag: attachment.etag.clone(),
    }
}

async fn city(harness: &Harness) -> (Uuid, Uuid) {
    let proposal = comitia_core::id::new();
    harness.uses.put_proposal(proposal, OPEN);
    (harness.organization().await, proposal)
}

#[tokio::test]
async fn an_author_adds_to_their_own_proposal_and_nobody_else_does() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let sent = send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    assert_eq!(
        (sent.proposal_id.clone(), sent.process_id.as_str(), sent.position),
        (proposal.to_string(), "", 1)
    );
    let denied = "PERMISSION_DENIED NOT_THE_AUTHOR";
    assert_eq!(refusal(send(&harness, city, "eve", a_photo(proposal)).await).0, denied);
    assert_eq!(refusal(send(&harness, city, "", a_photo(proposal)).await).0, denied);
    // Staff do not put words or photos into somebody's mouth.
    let by_staff = harness.grpc.add_proposal_attachment(administrator(city, a_photo(proposal))).await;
    assert_eq!(refusal(by_staff).0, denied);
    let changed = harness.grpc.update_attachment(administrator(city, words(&sent, "Pier"))).await;
    assert_eq!(refusal(changed).0, denied);
    let changed =
        harness.grpc.update_attachment(participant(city, "ada", words(&sent, "Pier"))).await.unwrap();
    assert_eq!(changed.into_inner().attachment.unwrap().title, "Pier");
    let elsewhere = comitia_core::id::new();
    assert_eq!(refusal(send(&harness, city, "ada", a_photo(elsewhere)).await).0, MISSING);
}

#[tokio::test]
async fn once_it_is_answered_files_are_taken_back_and_no_longer_added() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let sent = send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    harness.uses.put_proposal(proposal, Proposal { open: false, ..OPEN });
    let closed = "FAILED_PRECONDITION ATTACHMENTS_CLOSED";
    assert_eq!(refusal(send(&harness, city, "ada", a_document(proposal)).await).0, closed);
    let changed = harness.grpc.update_attachment(participant(city, "ada", words(&sent, "Pier"))).await;
    assert_eq!(refusal(changed).0, closed);
    harness.grpc.remove_attachment(participant(city, "ada", removal(&sent, ""))).await.unwrap();
    let left = listed(&harness, anybody(city, of(proposal))).await.unwrap();
    assert!(left.attachments.is_empty() && left.removed.is_empty());
}

#[tokio::test]
async fn a_participant_sends_less_than_the_team() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let large = proto::AddProposalAttachmentRequest { file: vec![b' '; 100_001], ..a_document(proposal) };
    let refused = refusal(send(&harness, city, "ada", large).await);
    assert_eq!((refused.0.as_str(), refused.1), ("INVALID_ARGUMENT FILE_TOO_LARGE", vec!["file".to_owned()]));
    for file in
        [&b"\x7fELF\x02\x01\x01"[..], b"", &photo()[..100], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
    {
        let request = proto::AddProposalAttachmentRequest { file: file.into(), ..a_photo(proposal) };
        assert_eq!(refusal(send(&harness, city, "ada", request).await).1, ["file"]);
    }
    let wordless = proto::AddProposalAttachmentRequest { alternative_text: " ".into(), ..a_photo(proposal) };
    assert_eq!(refusal(send(&harness, city, "ada", wordless).await).1, ["alternative_text"]);
    for _ in 0..2 {
        send(&harness, city, "ada", a_document(proposal)).await.unwrap();
    }
    let refused = refusal(send(&harness, city, "ada", a_document(proposal)).await);
    assert_eq!(
        (refused.0.as_str(), refused.1),
        ("FAILED_PRECONDITION TOO_MANY_ATTACHMENTS", vec!["proposal_id".to_owned()])
    );
}

#[tokio::test]
async fn what_is_hidden_with_its_proposal_is_served_to_its_author_and_staff() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let sent = send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    // It may be hidden tomorrow: no cache keeps it.
    assert!(!read(&harness, anybody(city, file_of(&sent))).await.unwrap());
    harness.uses.put_proposal(proposal, Proposal { public: false, ..OPEN });
    assert_eq!(refusal(read(&harness, anybody(city, file_of(&sent))).await).0, MISSING);
    assert_eq!(refusal(read(&harness, participant(city, "eve", file_of(&sent))).await).0, MISSING);
    assert_eq!(refusal(listed(&harness, anybody(city, of(proposal))).await).0, MISSING);
    read(&harness, participant(city, "ada", file_of(&sent))).await.unwrap();
    read(&harness, with_role(Role::Auditor, city, file_of(&sent))).await.unwrap();
    assert_eq!(listed(&harness, participant(city, "ada", of(proposal))).await.unwrap().attachments, [sent]);
}

#[tokio::test]
async fn moderators_remove_with_a_reason_that_the_author_is_told() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let sent = send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    let second = send(&harness, city, "ada", a_document(proposal)).await.unwrap();
    let by = |role, reason| with_role(role, city, removal(&sent, reason));
    let denied = refusal(harness.grpc.remove_attachment(by(Role::BudgetOfficer, "Faces")).await);
    assert_eq!(denied.0, "PERMISSION_DENIED NOT_THE_AUTHOR");
    let others = participant(city, "eve", removal(&sent, "I do not like it"));
    assert_eq!(refusal(harness.grpc.remove_attachment(others).await).0, "PERMISSION_DENIED NOT_THE_AUTHOR");
    assert_eq!(refusal(harness.grpc.remove_attachment(by(Role::Moderator, " ")).await).1, ["reason"]);
    harness.grpc.remove_attachment(by(Role::Moderator, "Faces of children")).await.unwrap();
    let seen = listed(&harness, anybody(city, of(proposal))).await.unwrap();
    assert!(seen.removed.is_empty());
    assert_eq!(seen.attachments, [proto::Attachment { position: 1, ..second }]);
    for request in [participant(city, "ada", of(proposal)), with_role(Role::Auditor, city, of(proposal))] {
        let told = listed(&harness, request).await.unwrap().removed;
        assert_eq!((told[0].title.as_str(), told[0].reason.as_str()), ("The quay", "Faces of children"));
    }
    assert_eq!(sweep(&harness.app).await.unwrap(), 1);
}

#[tokio::test]
async fn the_first_photo_of_each_proposal_is_its_cover() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let (hidden, bare) = (comitia_core::id::new(), comitia_core::id::new());
    for id in [hidden, bare] {
        harness.uses.put_proposal(id, OPEN);
    }
    send(&harness, city, "ada", a_document(proposal)).await.unwrap();
    let cover = send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    send(&harness, city, "ada", a_photo(hidden)).await.unwrap();
    send(&harness, city, "ada", a_document(bare)).await.unwrap();
    harness.uses.put_proposal(hidden, Proposal { public: false, ..OPEN });
    let proposal_ids = [proposal, hidden, bare, comitia_core::id::new()].map(|id| id.to_string()).to_vec();
    let request = proto::ListCoverPhotosRequest { proposal_ids };
    // Even staff get what everybody may see: lists are shared.
    for request in [anybody(city, request.clone()), administrator(city, request)] {
        let found = harness.grpc.list_cover_photos(request).await.unwrap().into_inner();
        assert_eq!(found.attachments, std::slice::from_ref(&cover));
    }
    let many = proto::ListCoverPhotosRequest { proposal_ids: vec![proposal.to_string(); 51] };
    assert_eq!(refusal(harness.grpc.list_cover_photos(anybody(city, many)).await).1, ["proposal_ids"]);
}

#[tokio::test]
async fn what_somebody_sent_is_theirs_to_see_and_goes_with_their_account() {
    let harness = Harness::start().await;
    let (city, proposal) = city(&harness).await;
    let second = comitia_core::id::new();
    harness.uses.put_proposal(second, OPEN);
    let others = comitia_core::id::new();
    harness.uses.put_proposal(others, Proposal { author: "eve", ..OPEN });
    send(&harness, city, "ada", a_photo(proposal)).await.unwrap();
    let removed = send(&harness, city, "ada", a_document(proposal)).await.unwrap();
    send(&harness, city, "ada", a_document(second)).await.unwrap();
    let kept = send(&harness, city, "eve", a_document(others)).await.unwrap();
    let mine = async |page_size, page_token: String| {
        let request = proto::ListMyAttachmentsRequest { page_size, page_token };
        harness.grpc.list_my_attachments(participant(city, "ada", request)).await.unwrap().into_inner()
    };
    let page = mine(2, String::new()).await;
    assert_eq!(page.attachments.len(), 2);
    assert_eq!(mine(2, page.next_page_token).await.attachments.len(), 1);
    harness.grpc.remove_attachment(administrator(city, removal(&removed, "A name in it"))).await.unwrap();

    let erased = AuthorErased { author: "ada".into() };
    let event = Event::new(&harness.clock, "identity.author.erased", Some(city), "ada", &erased);
    // Events come at least once.
    for _ in 0..2 {
        left(&harness.app, &event).await.unwrap();
    }
    assert!(mine(50, String::new()).await.attachments.is_empty());
    let told = listed(&harness, administrator(city, of(proposal))).await.unwrap();
    assert!(told.attachments.is_empty() && told.removed.is_empty());
    assert_eq!(sweep(&harness.app).await.unwrap(), 3);
    read(&harness, anybody(city, file_of(&kept))).await.unwrap();
    // What was in flight meanwhile comes to nothing.
    let late = send(&harness, city, "ada", a_document(second)).await;
    assert_eq!(refusal(late).0, "UNAUTHENTICATED SESSION_REVOKED");
}

fn for_project(project: Uuid, report: Option<Uuid>) -> proto::AddProjectAttachmentRequest {
    proto::AddProjectAttachmentRequest {
        project_id: project.to_string(),
        kind: AttachmentKind::Photo.into(),
        title: "The site".into(),
        alternative_text: "A digger on the quay".into(),
        file: photo(),
        report_id: report.map(|id| id.to_string()).unwrap_or_default(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_project_and_its_reports_have_photos_until_the_project_is_deleted() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let (project, report) = (comitia_core::id::new(), comitia_core::id::new());
    harness.uses.put_project(project, false, false);
    let add = async |role, report| {
        let request = with_role(role, city, for_project(project, report));
        Ok::<_, Status>(harness.grpc.add_project_attachment(request).await?.into_inner().attachment.unwrap())
    };
    let first = add(Role::BudgetOfficer, None).await.unwrap();
    assert_eq!((first.project_id.clone(), first.report_id.as_str()), (project.to_string(), ""));
    assert_eq!(refusal(add(Role::BudgetOfficer, Some(report)).await).1, ["report_id"]);
    harness.uses.put_project(project, false, true);
    let second = add(Role::Administrator, Some(report)).await.unwrap();
    assert_eq!((second.report_id.clone(), second.position), (report.to_string(), 2));
    assert_eq!(refusal(add(Role::Moderator, None).await).0, "PERMISSION_DENIED ROLE_MISSING");
    let by_moderator = with_role(Role::Moderator, city, removal(&first, "Because"));
    assert_eq!(
        refusal(harness.grpc.remove_attachment(by_moderator).await).0,
        "PERMISSION_DENIED ROLE_MISSING"
    );

    let list = |project: Uuid| proto::ListProjectAttachmentsRequest { project_id: project.to_string() };
    for (code, seen) in [("another code", false), (CODE, true)] {
        let listed = harness.grpc.list_project_attachments(with_code(city, code, list(project))).await;
        let file = read(&harness, with_code(city, code, file_of(&first))).await;
        if seen {
            // No cache keeps what a preview shows.
            assert_eq!((listed.unwrap().into_inner().attachments.len(), file.unwrap()), (2, false));
        } else {
            assert_eq!((refusal(listed).0.as_str(), refusal(file).0.as_str()), (MISSING, MISSING));
        }
    }
    assert_eq!(refusal(harness.grpc.list_project_attachments(anybody(city, list(project))).await).0, MISSING);
    assert_eq!(refusal(read(&harness, anybody(city, file_of(&first))).await).0, MISSING);
    harness.uses.put_project(project, true, true);
    let found =
        harness.grpc.list_project_attachments(anybody(city, list(project))).await.unwrap().into_inner();
    assert_eq!(found.attachments, [first.clone(), second]);
    assert!(read(&harness, anybody(city, file_of(&first))).await.unwrap());

    let deleted = ProjectDeleted { project_id: project.to_string(), ..Default::default() };
    let event = Event::new(&harness.clock, "budgets.project.deleted", Some(city), project, &deleted);
    left(&harness.app, &event).await.unwrap();
    assert_eq!(sweep(&harness.app).await.unwrap(), 2);
    assert_eq!(refusal(read(&harness, anybody(city, file_of(&first))).await).0, MISSING);
}

#[tokio::test]
async fn an_organization_has_one_logo_that_everybody_sees() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let set = async |role, alternative_text: &str, file: &[u8]| {
        let request = proto::SetLogoRequest {
            alternative_text: alternative_text.into(),
            file: file.into(),
            ..Default::default()
        };
        let answer = harness.grpc.set_logo(with_role(role, city, request)).await?;
        Ok::<_, Status>(answer.into_inner().attachment.unwrap())
    };
    let logo = async || {
        let request = anybody(city, proto::GetOrganizationRequest {});
        harness.grpc.get_organization(request).await.unwrap().into_inner().organization.unwrap().logo
    };
    assert_eq!(logo().await, None);
    let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>";
    assert_eq!(refusal(set(Role::Administrator, "Arms", svg).await).0, "INVALID_ARGUMENT FILE_KIND_REFUSED");
    assert_eq!(refusal(set(Role::Administrator, " ", &photo()).await).1, ["alternative_text"]);
    assert_eq!(refusal(set(Role::Moderator, "Arms", &photo()).await).0, "PERMISSION_DENIED ROLE_MISSING");
    let first = set(Role::Administrator, "Arms", &photo()).await.unwrap();
    assert_eq!(logo().await, Some(first.clone()));
    assert!(read(&harness, anybody(city, file_of(&first))).await.unwrap());
    let second = set(Role::Administrator, "New arms", &photo()).await.unwrap();
    assert_eq!(logo().await, Some(second.clone()));
    assert_eq!(refusal(read(&harness, anybody(city, file_of(&first))).await).0, MISSING);
    assert_eq!(sweep(&harness.app).await.unwrap(), 1);
    harness.grpc.remove_attachment(administrator(city, removal(&second, ""))).await.unwrap();
    assert_eq!(logo().await, None);
}
