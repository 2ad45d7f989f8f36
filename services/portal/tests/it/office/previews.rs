//! Links to the preview of a process.

use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;

use super::{administrator, office};
use crate::city::{PROCESS, process, process_path};
use crate::site::now;

const LINK: &str = "0192f0c1-0000-7000-8000-0000000000a1";
const CODE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

fn path() -> String {
    format!("/fr/office{}/preview", process_path())
}

fn link(title: &str) -> PreviewLink {
    PreviewLink {
        preview_link_id: LINK.into(),
        process_id: PROCESS.into(),
        title: title.into(),
        create_time: Some(timestamp(now())),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::days(14))),
    }
}

#[tokio::test]
async fn a_link_is_made_for_some_days_and_shown_once() {
    let site = administrator().await;
    site.get(&format!("/fr/office{}", process_path())).await.is(200).shows(&["Partager un aperçu"]);
    let empty = site.get(&path()).await;
    empty.is(200).shows(&["Aucun lien pour l’instant", "name=\"days\" value=\"14\""]);
    site.double.give::<CreatePreviewLinkRequest, _>(CreatePreviewLinkResponse {
        link: Some(link("Comité <b>")),
        code: CODE.into(),
    });
    site.double
        .give::<ListPreviewLinksRequest, _>(ListPreviewLinksResponse { links: vec![link("Comité <b>")] });
    let made = site.post(&path(), &[("title", "Comité <b>"), ("days", "14")]).await;
    made.is(200).shows(&[
        &format!("http://ville.example/fr/preview#{CODE}"),
        "Il ne sera plus affiché",
        "24 juin 2026",
        "Comité &lt;b&gt;",
    ]);
    assert_eq!(made.header("cache-control"), "private, no-store");
    let (request, _) = site.double.calls::<CreatePreviewLinkRequest>().pop().unwrap();
    let asked =
        CreatePreviewLinkRequest { process_id: PROCESS.into(), title: "Comité <b>".into(), days: 14 };
    assert_eq!(request, asked);
    site.get(&path()).await.is(200).shows(&["Comité &lt;b&gt;", "/revoke"]).hides(&[CODE]);
}

#[tokio::test]
async fn what_is_typed_wrong_or_refused_is_said() {
    let site = administrator().await;
    for days in ["", "0", "91", "x"] {
        let page = site.post(&path(), &[("title", "Comité"), ("days", days)]).await;
        page.is(422).shows(&["href=\"#days\"", "value=\"Comité\""]);
    }
    let long = "x".repeat(101);
    site.post(&path(), &[("title", &long), ("days", "1")]).await.is(422).shows(&["href=\"#title\""]);
    assert!(site.double.calls::<CreatePreviewLinkRequest>().is_empty());
    for (reason, text) in [
        (Reason::TooManyPreviewLinks, "déjà 20 liens"),
        (Reason::ProcessPublished, "n’a plus besoin d’aperçu"),
    ] {
        site.double.on(move |_: &CreatePreviewLinkRequest| -> Result<CreatePreviewLinkResponse, _> {
            Err(ApiError::precondition(reason, "no").into())
        });
        site.post(&path(), &[("days", "14")]).await.is(200).shows(&[text]);
    }
}

#[tokio::test]
async fn a_link_is_revoked_after_a_question() {
    let site = administrator().await;
    site.double.give::<ListPreviewLinksRequest, _>(ListPreviewLinksResponse { links: vec![link("")] });
    site.double.give::<RevokePreviewLinkRequest, _>(RevokePreviewLinkResponse {});
    let ask = format!("{}/{LINK}/revoke", path());
    site.get(&ask).await.is(200).shows(&["Lien du 10 juin 2026", "ne peut pas être rétabli"]);
    site.post(&ask, &[]).await.is(422).shows(&["href=\"#sure\""]);
    assert!(site.double.calls::<RevokePreviewLinkRequest>().is_empty());
    let done = site.post(&ask, &[("sure", "yes")]).await;
    assert_eq!(done.header("location"), format!("{}?done=revoked", path()));
    let (request, _) = site.double.calls::<RevokePreviewLinkRequest>().pop().unwrap();
    assert_eq!(request.preview_link_id, LINK);
    site.get(&format!("{}/{PROCESS}/revoke", path())).await.is(404);
}

#[tokio::test]
async fn staff_see_links_administrators_make_them_and_what_is_published_needs_none() {
    let site = office(&[Role::Moderator]).await;
    site.double.give::<ListPreviewLinksRequest, _>(ListPreviewLinksResponse { links: vec![link("Élus")] });
    site.get(&path()).await.is(200).shows(&["Élus"]).hides(&["name=\"days\"", "/revoke"]);
    site.post(&path(), &[("days", "14")]).await.is(403);
    site.get(&format!("{}/{LINK}/revoke", path())).await.is(403);
    let site = administrator().await;
    let published = process(PhaseKind::Submission);
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(published) });
    site.get(&path()).await.is(200).shows(&["n’a plus besoin d’aperçu"]).hides(&["name=\"days\""]);
    site.get(&format!("/fr/office{}", process_path())).await.hides(&["Partager un aperçu"]);
}
