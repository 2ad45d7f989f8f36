//! Photos and documents of processes and projects.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{GetProjectRequest, GetProjectResponse, ProgressReport, Project};
use comitia_proto::common::v1::{FileHead, Role};
use comitia_proto::spaces::v1::*;

use super::{administrator, office};
use crate::city::{PROCESS, PROJECT, attachments, process_path, project_path, projects};

const PHOTO: &str = "0192f0c1-0000-7000-8000-0000000000f1";
const DOCUMENT: &str = "0192f0c1-0000-7000-8000-0000000000f2";

fn path() -> String {
    format!("/fr/office{}/files", process_path())
}

fn new() -> String {
    format!("{}/new", path())
}

async fn furnished(roles: &[Role]) -> crate::site::Site {
    let site = office(roles).await;
    site.double.give::<ListAttachmentsRequest, _>(ListAttachmentsResponse { attachments: attachments() });
    site
}

#[tokio::test]
async fn an_empty_page_says_what_to_do_and_shows_its_form_to_administrators() {
    let site = administrator().await;
    site.get(&path()).await.is(200).shows(&["Ajoutez une photo du lieu", "/files/new\""]);
    let form = site.get(&new()).await;
    form.is(200).shows(&["multipart/form-data", "name=\"alternative_text\"", "accept=\".jpg"]);
    site.get(&path().replace("/files", "")).await.is(200).shows(&["Gérer les photos et les documents"]);
    let site = office(&[Role::Auditor]).await;
    site.get(&path()).await.is(200).hides(&["/files/new\""]);
    // The gateway asks for the form before it reads a file.
    site.get(&new()).await.is(403);
    site.upload(&new(), &[("kind", "photo")], "a.jpg", b"x").await.is(403);
}

#[tokio::test]
async fn the_list_names_kind_and_size_and_shows_the_photo_with_its_words() {
    let site = furnished(&[Role::Administrator]).await;
    site.get(&path()).await.is(200).shows(&[
        "photo, 340\u{a0}ko",
        "PDF, 1,2\u{a0}Mo",
        "alt=\"Un quai sans arbres\"",
        &format!("/files/{PHOTO}/file?width=480"),
        &format!("/files/{DOCUMENT}/remove"),
        "Règlement &lt;b&gt;",
    ]);
    let site = furnished(&[Role::Moderator]).await;
    site.get(&path()).await.is(200).hides(&["/remove", "Modifier"]);
}

#[tokio::test]
async fn a_file_is_sent_once_with_its_words() {
    let site = administrator().await;
    site.double.give::<AddAttachmentRequest, _>(AddAttachmentResponse::default());
    let id = site.get(&new()).await.hidden("request_id");
    let fields = [
        ("request_id", id.as_str()),
        ("kind", "photo"),
        ("title", "Le quai"),
        ("alternative_text", "Un quai sans arbres"),
    ];
    let page = site.upload(&new(), &fields, "IMG_1.JPG", b"\xff\xd8\xff").await;
    page.is(303);
    assert!(page.header("location").ends_with("/files?done=added"), "{page:?}");
    let (request, _) = site.double.calls::<AddAttachmentRequest>().pop().unwrap();
    assert_eq!(
        request,
        AddAttachmentRequest {
            process_id: PROCESS.into(),
            kind: AttachmentKind::Photo.into(),
            title: "Le quai".into(),
            alternative_text: "Un quai sans arbres".into(),
            file: b"\xff\xd8\xff".to_vec(),
            request_id: id,
        }
    );
    // Whoever describes a document is not refused for it.
    let fields = [("kind", "document"), ("title", "Règlement"), ("alternative_text", "Le règlement")];
    site.upload(&new(), &fields, "a.pdf", b"%PDF-1.4").await.is(303);
    let (request, _) = site.double.calls::<AddAttachmentRequest>().pop().unwrap();
    assert_eq!((request.kind(), request.alternative_text.as_str()), (AttachmentKind::Document, ""));
}

#[tokio::test]
async fn each_refusal_stands_at_its_field_and_keeps_what_was_typed() {
    let site = administrator().await;
    let fields = [("kind", "document"), ("title", "Règlement")];
    site.upload(&new(), &[("title", "Règlement")], "a.pdf", b"").await.is(422).shows(&[
        "href=\"#kind",
        "href=\"#file\"",
        "value=\"Règlement\"",
    ]);
    for (reason, text) in [
        (Reason::FileTooLarge, "trop volumineux"),
        (Reason::FileKindRefused, "pas un document PDF"),
        (Reason::FileDamaged, "endommagé ou incomplet"),
        (Reason::PhotoTooManyPixels, "trop de pixels"),
        (Reason::FileInfected, "L’antivirus a trouvé"),
    ] {
        site.double.on(move |_: &AddAttachmentRequest| -> Result<AddAttachmentResponse, _> {
            let error = ApiError::new(ErrorCode::InvalidArgument, reason, "no");
            Err(error.with_violation("file", "must be good").into())
        });
        let page = site.upload(&new(), &fields, "a.pdf", b"%PDF-").await;
        page.is(422).shows(&[text, "href=\"#file\"", "value=\"Règlement\"", "value=\"document\" checked"]);
    }
    for (reason, text) in [
        (Reason::TooManyAttachments, "Supprimez-en un d’abord"),
        (Reason::FilesNotConfigured, "pas d’espace pour les fichiers"),
    ] {
        site.double.on(move |_: &AddAttachmentRequest| -> Result<AddAttachmentResponse, _> {
            Err(ApiError::precondition(reason, "no").into())
        });
        site.upload(&new(), &fields, "a.pdf", b"%PDF-").await.shows(&[text, "value=\"Règlement\""]);
    }
    site.double.on(|_: &AddAttachmentRequest| -> Result<AddAttachmentResponse, _> {
        let error = ApiError::invalid_field("title", "must have 1 to 200 characters");
        Err(error.with_violation("alternative_text", "must have 1 to 500 characters").into())
    });
    let page = site.upload(&new(), &[("kind", "photo")], "a.jpg", b"\xff").await;
    page.is(422).shows(&["href=\"#title\"", "href=\"#alternative_text\""]);
}

#[tokio::test]
async fn words_and_place_are_changed() {
    let site = furnished(&[Role::Administrator]).await;
    site.double.give::<UpdateAttachmentRequest, _>(UpdateAttachmentResponse::default());
    let photo = format!("{}/{PHOTO}", path());
    site.get(&photo).await.is(200).shows(&["Un quai sans arbres", "value=\"1\" selected", "value=\"2\""]);
    site.get(&format!("{}/{DOCUMENT}", path())).await.is(200).hides(&["name=\"alternative_text\""]);
    let fields = [("title", "Quai"), ("alternative_text", "Vide"), ("position", "2")];
    site.post(&photo, &fields).await.is(303);
    let (request, _) = site.double.calls::<UpdateAttachmentRequest>().pop().unwrap();
    assert_eq!(
        (request.title.as_str(), request.alternative_text.as_str(), request.position),
        ("Quai", "Vide", 2)
    );
    site.double.on(|_: &UpdateAttachmentRequest| -> Result<UpdateAttachmentResponse, _> {
        Err(ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "changed").into())
    });
    site.post(&photo, &fields).await.shows(&["value=\"Quai\"", "notice"]);
    site.double.give::<UpdateAttachmentRequest, _>(UpdateAttachmentResponse::default());
    site.post(&photo, &[("title", "Quai"), ("position", "1")]).await.is(303);
    assert_eq!(site.double.calls::<UpdateAttachmentRequest>().pop().unwrap().0.position, 0);
    site.double.on(|_: &UpdateAttachmentRequest| -> Result<UpdateAttachmentResponse, _> {
        Err(ApiError::invalid_field("alternative_text", "must say what the photo shows").into())
    });
    let page = site.post(&photo, &[("title", "Quai"), ("alternative_text", "")]).await;
    page.is(422).shows(&["href=\"#alternative_text\"", "value=\"Quai\""]);
    site.get(&format!("{}/0192f0c1-0000-7000-8000-0000000000f9", path())).await.is(404);
}

#[tokio::test]
async fn removing_asks_once() {
    let site = furnished(&[Role::Administrator]).await;
    site.double.give::<RemoveAttachmentRequest, _>(RemoveAttachmentResponse::default());
    let remove = format!("{}/{DOCUMENT}/remove", path());
    site.get(&remove).await.is(200).shows(&["disparaît de la page", "name=\"sure\""]);
    site.post(&remove, &[]).await.is(422).shows(&["Cochez la case"]);
    assert_eq!(site.double.calls::<RemoveAttachmentRequest>().len(), 0);
    let page = site.post(&remove, &[("sure", "yes")]).await;
    page.is(303);
    assert!(page.header("location").ends_with("?done=removed"), "{page:?}");
    assert_eq!(site.double.calls::<RemoveAttachmentRequest>()[0].0.attachment_id, DOCUMENT);
}

#[tokio::test]
async fn staff_read_the_file_of_a_draft_without_any_right_of_the_site() {
    let site = furnished(&[Role::Auditor]).await;
    site.double.on(|request: &ReadAttachmentFileRequest| {
        let photo = request.attachment_id == PHOTO;
        let head = FileHead {
            media_type: if photo { "image/jpeg" } else { "application/pdf" }.into(),
            name: if photo { "Quai.jpg" } else { "Règlement \"2026\".pdf" }.into(),
            byte_count: 5,
            inline: photo,
            immutable: false,
        };
        Ok(ReadAttachmentFileResponse { head: Some(head), content: b"bytes".to_vec() })
    });
    let page = site.get(&format!("{}/{PHOTO}/file?width=480", path())).await;
    page.is(200);
    assert_eq!((page.header("content-type"), page.text.as_str()), ("image/jpeg", "bytes"));
    assert_eq!(site.double.calls::<ReadAttachmentFileRequest>()[0].0.width, 480);
    assert_eq!(page.header("content-disposition"), "inline; filename=\"quai.jpg\"");
    let page = site.get(&format!("{}/{DOCUMENT}/file", path())).await;
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"reglement-2026.pdf\"");
    assert!(page.header("content-security-policy").starts_with("sandbox"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_budget_officer_sends_a_photo_of_the_works_with_a_report() {
    let report_id = "0192f0c1-0000-7000-8000-0000000000e1";
    let site = office(&[Role::BudgetOfficer]).await;
    let report = ProgressReport {
        report_time: Some(comitia_platform::validate::timestamp(crate::site::now())),
        report_id: report_id.into(),
        ..ProgressReport::default()
    };
    let project = Project { progress_reports: vec![report], ..projects().remove(0) };
    site.double.give::<GetProjectRequest, _>(GetProjectResponse { project: Some(project) });
    let [mut photo, document] = <[Attachment; 2]>::try_from(attachments()).unwrap();
    photo.report_id = report_id.into();
    site.double.give::<ListProjectAttachmentsRequest, _>(ListProjectAttachmentsResponse {
        attachments: vec![photo, document],
    });
    let path = format!("/fr/office{}/files", project_path());
    site.get(&path).await.is(200).shows(&["Avec le compte rendu du", "/files/new\"", "photo, 340\u{a0}ko"]);
    let new = format!("{path}/new");
    site.get(&new).await.is(200).shows(&["name=\"report\"", report_id]);
    site.double.give::<AddProjectAttachmentRequest, _>(AddProjectAttachmentResponse::default());
    let fields = [
        ("kind", "photo"),
        ("title", "Le chantier"),
        ("alternative_text", "Une grue"),
        ("report", report_id),
    ];
    let page = site.upload(&new, &fields, "a.jpg", b"\xff\xd8\xff").await;
    assert_eq!(page.header("location"), format!("{path}?done=added"));
    let (request, _) = site.double.calls::<AddProjectAttachmentRequest>().pop().unwrap();
    assert_eq!((request.project_id.as_str(), request.report_id.as_str()), (PROJECT, report_id));
    assert_eq!((request.title.as_str(), request.file.len()), ("Le chantier", 3));
    site.double.on(|_: &AddProjectAttachmentRequest| -> Result<AddProjectAttachmentResponse, _> {
        Err(ApiError::precondition(Reason::TooManyAttachments, "no").into())
    });
    site.upload(&new, &fields, "a.jpg", b"\xff").await.shows(&["Ce projet a autant de photos"]);
    // Processes are set up by administrators alone.
    site.get(&self::new()).await.is(403);
}
