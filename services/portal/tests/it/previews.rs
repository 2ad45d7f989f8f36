//! The preview of a process that is not published, as people with a link see it.

use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::FileHead;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;

use crate::city::{PROCESS, attachments, furnish, process, process_path, project_path};
use crate::site::{Site, now};

const CODE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/// A city whose process is not published, and shown to who has the code.
async fn unpublished() -> Site {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Unspecified);
    let draft = Process { published: false, ..process(PhaseKind::Submission) };
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(draft) });
    site.double.give::<ListAttachmentsRequest, _>(ListAttachmentsResponse { attachments: attachments() });
    site.double.on(|asked: &OpenPreviewRequest| {
        if asked.code != CODE {
            let error = ApiError::new(ErrorCode::NotFound, Reason::PreviewCodeInvalid, "no such link");
            return Err(error.into());
        }
        Ok(OpenPreviewResponse {
            process_id: PROCESS.into(),
            title: "Budget 2026".into(),
            expire_time: Some(timestamp(now() + chrono::TimeDelta::days(14))),
        })
    });
    site
}

async fn opened() -> Site {
    let mut site = unpublished().await;
    let page = site.post("/fr/preview", &[("code", CODE)]).await;
    page.is(303);
    site.keep_cookie(&page);
    site
}

#[tokio::test]
async fn a_link_opens_the_preview_and_its_code_is_in_no_address_and_no_page() {
    let site = unpublished().await;
    let form = site.get("/fr/preview").await;
    form.is(200).shows(&["Aperçu d’une démarche", "name=\"code\"", "js-preview", "noindex"]);
    assert_eq!(form.header("cache-control"), "private, no-store");
    // The code alone, or the whole link that it came in.
    for given in [CODE.to_owned(), format!("https://ville.example/fr/preview#{CODE}")] {
        let page = site.post("/fr/preview", &[("code", &given)]).await;
        page.is(303);
        assert_eq!(page.header("location"), format!("/fr{}", process_path()));
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with("preview=") && cookie.contains("HttpOnly"), "{cookie}");
        assert!(cookie.contains("Max-Age=1209600") && !cookie.contains(CODE), "{cookie}");
    }
    let wrong = site.post("/fr/preview", &[("code", "ffff")]).await;
    wrong.is(422).shows(&["href=\"#code\"", "il a expiré"]).hides(&["ffff"]);
    site.post("/fr/preview", &[("code", " ")]).await.is(422).shows(&["Saisissez le code"]);
    site.double.on(|_: &OpenPreviewRequest| -> Result<OpenPreviewResponse, _> {
        Err(ApiError::unavailable("spaces is away").into())
    });
    site.post("/fr/preview", &[("code", CODE)]).await.is(503);
}

#[tokio::test]
async fn every_page_is_marked_kept_by_nobody_and_brings_the_code_to_the_services() {
    let site = opened().await;
    let page = site.get(&format!("/fr{}", process_path())).await;
    page.is(200).shows(&["Aperçu", "Quitter l’aperçu", "pas encore publiée", "24 juin 2026", "noindex"]);
    page.hides(&["Seule l’équipe voit cette page", "/proposals/new", CODE, "rel=\"canonical\""]);
    assert_eq!(page.header("cache-control"), "private, no-store");
    let (_, metadata) = site.double.calls::<GetProcessRequest>().pop().unwrap();
    assert_eq!(metadata["comitia-preview"], CODE);
    assert!(metadata.get("authorization").is_none());
    // A page that everybody sees is nobody else's either while the preview is open.
    let home = site.get("/en/help").await;
    home.is(200).shows(&["Leave the preview", "noindex"]);
    assert_eq!(home.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn nothing_is_sent_from_a_preview() {
    let site = opened().await;
    let proposals = format!("/fr{}/proposals", process_path());
    site.get(&proposals).await.is(200).shows(&["Quitter l’aperçu"]).hides(&["/proposals/new\""]);
    let closed = site.get(&format!("{proposals}/new")).await;
    closed.is(200).shows(&["Le dépôt de propositions n’est pas ouvert"]);
}

#[tokio::test]
async fn photos_come_through_the_site_with_the_code() {
    let site = opened().await;
    let photo = format!("/fr{}/files/{}/file", process_path(), attachments()[0].attachment_id);
    site.get(&format!("/fr{}", process_path())).await.shows(&[&format!("src=\"{photo}?width=")]);
    site.double.give::<ReadAttachmentFileRequest, _>(ReadAttachmentFileResponse {
        head: Some(FileHead {
            media_type: "image/jpeg".into(),
            name: "Quai.jpg".into(),
            inline: true,
            ..FileHead::default()
        }),
        content: b"jpeg".to_vec(),
    });
    let file = site.get(&format!("{photo}?width=480")).await;
    file.is(200);
    assert_eq!(file.text, "jpeg");
    assert_eq!(file.header("cache-control"), "private, no-store");
    assert!(file.header("content-security-policy").starts_with("sandbox"));
    let (request, metadata) = site.double.calls::<ReadAttachmentFileRequest>().pop().unwrap();
    assert_eq!((request.width, metadata["comitia-preview"].to_str().unwrap()), (480, CODE));
}

#[tokio::test]
async fn photos_of_a_project_come_by_the_process_that_is_previewed() {
    let site = opened().await;
    let [photo, document] = <[Attachment; 2]>::try_from(attachments()).unwrap();
    let path = |one: &Attachment| format!("/fr{}/files/{}/file", process_path(), one.attachment_id);
    let shown = [format!("src=\"{}?width=", path(&photo)), format!("href=\"{}\"", path(&document))];
    site.double.give::<ListProjectAttachmentsRequest, _>(ListProjectAttachmentsResponse {
        attachments: vec![photo, document],
    });
    let page = site.get(&format!("/fr{}", project_path())).await;
    page.is(200).shows(&shown.each_ref().map(String::as_str)).hides(&["/v1/attachments"]);
    let (_, metadata) = site.double.calls::<ListProjectAttachmentsRequest>().pop().unwrap();
    assert_eq!(metadata["comitia-preview"], CODE);
}

#[tokio::test]
async fn a_preview_ends_by_itself_and_can_be_left() {
    let mut site = opened().await;
    let left = site.post("/fr/preview/leave", &[]).await;
    left.is(303);
    assert!(
        left.header("set-cookie").starts_with("preview=; ")
            && left.header("set-cookie").contains("Max-Age=0")
    );
    site.clock.advance(chrono::TimeDelta::days(14));
    let after = site.get(&format!("/fr{}", process_path())).await;
    after.hides(&["Quitter l’aperçu"]);
    let (_, metadata) = site.double.calls::<GetProcessRequest>().pop().unwrap();
    assert!(metadata.get("comitia-preview").is_none());
    site.sign_out();
    let page = site.get("/fr/help").await;
    page.hides(&["Quitter l’aperçu"]);
    assert!(page.header("cache-control").starts_with("public"));
}

#[tokio::test]
async fn who_reads_on_after_the_link_was_revoked_is_told() {
    let site = opened().await;
    site.double.on(|_: &GetProcessRequest| -> Result<GetProcessResponse, _> {
        Err(ApiError::not_found("process").into())
    });
    // Something else that is not there is not there, preview or not.
    let page = site.get(&format!("/fr{}", process_path())).await;
    page.is(404).shows(&["Quitter l’aperçu"]).hides(&["L’aperçu est terminé"]);
    site.double.on(|_: &OpenPreviewRequest| -> Result<OpenPreviewResponse, _> {
        Err(ApiError::new(ErrorCode::NotFound, Reason::PreviewCodeInvalid, "no such link").into())
    });
    let page = site.get(&format!("/fr{}", process_path())).await;
    page.is(404).shows(&["L’aperçu est terminé"]).hides(&["Quitter l’aperçu"]);
    assert!(page.header("set-cookie").starts_with("preview=; "), "{page:?}");
}

#[tokio::test]
async fn the_booth_knows_of_no_preview() {
    let site = opened().await;
    let page = site.get("/fr/votes/0192f0c1-0000-7000-8000-00000000000f/check").await;
    page.hides(&["Quitter l’aperçu"]);
    site.post("/fr/votes/0192f0c1-0000-7000-8000-00000000000f/check", &[]).await.hides(&["Quitter l’aperçu"]);
}
