//! The organization's logo.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;

use super::{administrator, office};
use crate::city::{attachments, furnish};
use crate::site::{CITY, HOST, Site};

pub const PATH: &str = "/fr/office/organization/logo";

/// An organization with a logo.
pub fn give_logo(site: &Site) {
    let organization = Organization {
        organization_id: CITY.into(),
        display_name: "Ville de Lyon".into(),
        host_names: vec![HOST.into()],
        time_zone: "Europe/Paris".into(),
        logo: Some(Attachment { process_id: String::new(), ..attachments().remove(0) }),
        ..Organization::default()
    };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
}

#[tokio::test]
async fn the_logo_is_at_the_top_of_each_page_with_its_words() {
    let site = Site::open().await;
    give_logo(&site);
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let page = site.get("/fr/help").await;
    page.is(200).shows(&[
        "src=\"/v1/attachments/0192f0c1-0000-7000-8000-0000000000f1/file?width=480\"",
        "alt=\"Un quai sans arbres\"",
        "width=\"480\"",
    ]);
}

#[tokio::test]
async fn a_logo_is_sent_once_with_its_words_and_removed() {
    let site = administrator().await;
    site.get("/fr/office/organization").await.is(200).shows(&["/office/organization/logo\""]);
    let form = site.get(PATH).await;
    form.is(200).shows(&["multipart/form-data", "Pas de SVG"]).hides(&["logo/remove"]);
    site.upload(PATH, &[], "", b"").await.is(422).shows(&["href=\"#file\"", "href=\"#alternative_text\""]);
    site.double.give::<SetLogoRequest, _>(SetLogoResponse::default());
    let id = form.hidden("request_id");
    let fields = [("request_id", id.as_str()), ("alternative_text", "Deux saules")];
    let page = site.upload(PATH, &fields, "logo.png", b"\x89PNG").await;
    assert_eq!(page.header("location"), "/fr/office/organization?done=saved");
    let (request, _) = site.double.calls::<SetLogoRequest>().pop().unwrap();
    assert_eq!(
        (request.alternative_text.as_str(), request.request_id.as_str()),
        ("Deux saules", id.as_str())
    );
    site.double.on(|_: &SetLogoRequest| -> Result<SetLogoResponse, _> {
        let error = ApiError::new(ErrorCode::InvalidArgument, Reason::FileKindRefused, "no");
        Err(error.with_violation("file", "must be good").into())
    });
    let page = site.upload(PATH, &fields, "logo.svg", b"<svg/>").await;
    page.is(422).shows(&["Exportez le logo en PNG", "Deux saules"]);

    give_logo(&site);
    site.double.give::<RemoveAttachmentRequest, _>(RemoveAttachmentResponse::default());
    let remove = format!("{PATH}/remove");
    site.get(PATH).await.is(200).shows(&["Un quai sans arbres", "logo/remove"]);
    site.post(&remove, &[]).await.is(422).shows(&["Cochez la case"]);
    site.post(&remove, &[("sure", "yes")]).await.is(303);
    let (request, _) = site.double.calls::<RemoveAttachmentRequest>().pop().unwrap();
    assert_eq!(request.attachment_id, attachments()[0].attachment_id);
    let site = office(&[Role::Moderator]).await;
    site.get(PATH).await.is(403);
}
