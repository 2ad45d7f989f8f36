//! Photos and documents of proposals: their author's, and what everybody sees of them.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::FileHead;
use comitia_proto::identity::v1::{ExportOwnDataRequest, ExportOwnDataResponse};
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;

use crate::city::{PROPOSAL, attachments, furnish, process_path, proposal, proposal_path};
use crate::site::Site;

const PHOTO: &str = "0192f0c1-0000-7000-8000-0000000000f1";
const DOCUMENT: &str = "0192f0c1-0000-7000-8000-0000000000f2";

fn path() -> String {
    format!("/fr{}/files", proposal_path())
}

fn sent() -> Vec<Attachment> {
    let of_proposal = |one| Attachment { process_id: String::new(), proposal_id: PROPOSAL.into(), ..one };
    attachments().into_iter().map(of_proposal).collect()
}

/// A proposal with files, of the person who looks, in this phase.
async fn own(kind: PhaseKind, change: impl FnOnce(&mut Proposal)) -> Site {
    let site = Site::signed_in().await;
    furnish(&site, kind, BudgetState::Draft, PollState::Scheduled);
    let mut proposal = Proposal { own: true, ..proposal() };
    change(&mut proposal);
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(proposal) });
    site.double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse {
        attachments: sent(),
        removed: Vec::new(),
    });
    site
}

#[tokio::test]
async fn everybody_sees_the_files_of_a_proposal_and_its_first_photo_in_the_list() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    site.get(&format!("/fr{}", proposal_path())).await.is(200).hides(&["id=\"photos\"", "id=\"documents\""]);
    site.double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse {
        attachments: sent(),
        removed: Vec::new(),
    });
    site.get(&format!("/fr{}", proposal_path())).await.is(200).shows(&[
        &format!("src=\"/v1/attachments/{PHOTO}/file?width=960\""),
        "alt=\"Un quai sans arbres\"",
        &format!("href=\"/v1/attachments/{DOCUMENT}/file\""),
        "Règlement &lt;b&gt;",
    ]);
    let list = format!("/fr{}/proposals", process_path());
    site.get(&list).await.is(200).hides(&["card-picture"]);
    let cover = ListCoverPhotosResponse { attachments: sent()[..1].to_vec() };
    site.double.give::<ListCoverPhotosRequest, _>(cover);
    site.get(&list)
        .await
        .is(200)
        .shows(&[&format!("/v1/attachments/{PHOTO}/file?width=480"), "card-picture"]);
    let asked = site.double.calls::<ListCoverPhotosRequest>().pop().unwrap().0;
    assert_eq!(asked.proposal_ids, [PROPOSAL]);
}

#[tokio::test]
async fn an_author_sends_a_photo_once_with_its_words() {
    let site = own(PhaseKind::Submission, |_| {}).await;
    site.get(&format!("/fr{}?done=sent", proposal_path())).await.is(200).shows(&["/files/new\""]);
    let new = format!("{}/new", path());
    site.double.give::<AddProposalAttachmentRequest, _>(AddProposalAttachmentResponse::default());
    let form = site.get(&new).await;
    form.is(200).shows(&["multipart/form-data", "name=\"alternative_text\"", "accept=\".jpg"]);
    let id = form.hidden("request_id");
    let fields = [
        ("request_id", id.as_str()),
        ("kind", "photo"),
        ("title", "Le quai"),
        ("alternative_text", "Un quai sans arbres"),
    ];
    let page = site.upload(&new, &fields, "IMG_1.JPG", b"\xff\xd8\xff").await;
    assert_eq!(page.header("location"), format!("{}?done=added", path()));
    let (request, _) = site.double.calls::<AddProposalAttachmentRequest>().pop().unwrap();
    assert_eq!(
        request,
        AddProposalAttachmentRequest {
            proposal_id: PROPOSAL.into(),
            kind: AttachmentKind::Photo.into(),
            title: "Le quai".into(),
            alternative_text: "Un quai sans arbres".into(),
            file: b"\xff\xd8\xff".to_vec(),
            request_id: id,
        }
    );
    site.get(page.header("location")).await.is(200).shows(&["Le fichier est ajouté", "photo, 340\u{a0}ko"]);
}

#[tokio::test]
async fn nobody_is_shown_the_form_for_somebody_elses_proposal_or_one_that_is_closed() {
    let others = own(PhaseKind::Submission, |proposal| proposal.own = false).await;
    let over = own(PhaseKind::Vote, |_| {}).await;
    let answered =
        own(PhaseKind::Submission, |proposal| proposal.state = ProposalState::Examined.into()).await;
    for rest in ["", "/new", &format!("/{PHOTO}"), &format!("/{PHOTO}/remove"), &format!("/{PHOTO}/file")] {
        others.get(&format!("{}{rest}", path())).await.is(404);
    }
    for site in [over, answered] {
        // The gateway asks for the form before it reads a file.
        site.get(&format!("{}/new", path())).await.is(409);
        site.get(&format!("{}/{PHOTO}", path())).await.is(409);
        site.get(&path()).await.is(200).shows(&["toujours supprimer", "/remove"]).hides(&["/files/new\""]);
    }
}

#[tokio::test]
async fn each_refusal_stands_at_its_field_and_keeps_what_was_typed() {
    let site = own(PhaseKind::Submission, |_| {}).await;
    let new = format!("{}/new", path());
    let fields = [("kind", "photo"), ("title", "Le quai"), ("alternative_text", "Vide")];
    site.upload(&new, &[("title", "Le quai")], "a.jpg", b"").await.is(422).shows(&[
        "href=\"#kind",
        "href=\"#file\"",
        "value=\"Le quai\"",
    ]);
    for (reason, text) in [
        (Reason::FileTooLarge, "trop volumineux"),
        (Reason::FileKindRefused, "pas une photo en JPEG"),
        (Reason::FileDamaged, "endommagé ou incomplet"),
        (Reason::PhotoTooManyPixels, "trop de pixels"),
        (Reason::FileInfected, "L’antivirus a trouvé"),
    ] {
        site.double.on(move |_: &AddProposalAttachmentRequest| -> Result<AddProposalAttachmentResponse, _> {
            let error = ApiError::new(ErrorCode::InvalidArgument, reason, "no");
            Err(error.with_violation("file", "must be good").into())
        });
        let page = site.upload(&new, &fields, "a.jpg", b"\xff").await;
        page.is(422).shows(&[text, "href=\"#file\"", "value=\"Le quai\"", "value=\"photo\" checked"]);
    }
    for (reason, text) in [
        (Reason::TooManyAttachments, "Supprimez-en un d’abord"),
        (Reason::FilesNotConfigured, "ne reçoit pas de fichiers"),
        (Reason::AttachmentsClosed, "ne peut plus être modifiée"),
    ] {
        site.double.on(move |_: &AddProposalAttachmentRequest| -> Result<AddProposalAttachmentResponse, _> {
            Err(ApiError::precondition(reason, "no").into())
        });
        site.upload(&new, &fields, "a.jpg", b"\xff").await.is(409).shows(&[text]);
    }
}

#[tokio::test]
async fn words_are_changed_and_files_are_taken_back() {
    let site = own(PhaseKind::Submission, |_| {}).await;
    let photo = format!("{}/{PHOTO}", path());
    site.get(&photo).await.is(200).shows(&["Un quai sans arbres", "name=\"etag\""]);
    site.get(&format!("{}/{DOCUMENT}", path())).await.is(200).hides(&["name=\"alternative_text\""]);
    site.double.give::<UpdateAttachmentRequest, _>(UpdateAttachmentResponse::default());
    let fields = [("etag", "e1"), ("title", "Quai"), ("alternative_text", "Vide")];
    site.post(&photo, &fields).await.is(303);
    let (request, _) = site.double.calls::<UpdateAttachmentRequest>().pop().unwrap();
    assert_eq!((request.etag.as_str(), request.title.as_str(), request.position), ("e1", "Quai", 0));
    site.double.on(|_: &UpdateAttachmentRequest| -> Result<UpdateAttachmentResponse, _> {
        Err(ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "changed").into())
    });
    site.post(&photo, &fields).await.is(409).shows(&["value=\"Quai\""]);

    site.double.give::<RemoveAttachmentRequest, _>(RemoveAttachmentResponse::default());
    site.get(&format!("{photo}/remove")).await.is(200).shows(&["Supprimer «\u{a0}Le quai\u{a0}»"]);
    let page = site.post(&format!("{photo}/remove"), &[]).await;
    assert_eq!(page.header("location"), format!("{}?done=removed", path()));
    assert_eq!(site.double.calls::<RemoveAttachmentRequest>()[0].0.attachment_id, PHOTO);
}

#[tokio::test]
async fn of_a_hidden_proposal_its_author_sees_the_files_with_their_session_and_why_one_is_gone() {
    let site = own(PhaseKind::Submission, |proposal| {
        (proposal.hidden, proposal.hidden_reason) = (true, "Publicité".into());
    })
    .await;
    let removed = vec![RemovedAttachment {
        title: "La foule".into(),
        reason: "On reconnaît des enfants".into(),
        remove_time: None,
    }];
    site.double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse {
        attachments: sent(),
        removed,
    });
    let told = ["La foule", "On reconnaît des enfants"];
    let page = site.get(&format!("/fr{}", proposal_path())).await;
    page.is(200)
        .shows(&told)
        .shows(&[&format!("{}/{PHOTO}/file?width=960", path())])
        .hides(&["/v1/attachments"]);
    site.get(&path()).await.is(200).shows(&told);
    site.double.on(|request: &ReadAttachmentFileRequest| {
        assert_eq!((request.attachment_id.as_str(), request.width), (PHOTO, 480));
        let head = FileHead {
            media_type: "image/jpeg".into(),
            name: "Quai.jpg".into(),
            byte_count: 5,
            inline: true,
            immutable: false,
        };
        Ok(ReadAttachmentFileResponse { head: Some(head), content: b"bytes".to_vec() })
    });
    let file = site.get(&format!("{}/{PHOTO}/file?width=480", path())).await;
    file.is(200);
    assert_eq!((file.header("content-type"), file.text.as_str()), ("image/jpeg", "bytes"));
    assert!(file.header("content-security-policy").starts_with("sandbox"));
    // A file of another proposal is none of this one.
    site.get(&format!("{}/0192f0c1-0000-7000-8000-0000000000f9/file", path())).await.is(404);
}

#[tokio::test]
async fn what_a_person_sent_is_among_what_is_kept_about_them() {
    let site = own(PhaseKind::Submission, |_| {}).await;
    site.double.give::<ExportOwnDataRequest, _>(ExportOwnDataResponse::default());
    site.double.give::<ListMyAttachmentsRequest, _>(ListMyAttachmentsResponse {
        attachments: sent(),
        next_page_token: String::new(),
    });
    site.get("/fr/account/data")
        .await
        .is(200)
        .shows(&["Photos et documents que vous avez envoyés", "Le quai"]);
    let file = site.get("/fr/account/data.json").await;
    let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(json["attachments"][0]["attachmentId"], PHOTO);
    assert_eq!(json["attachments"][0]["proposalId"], PROPOSAL);
}
