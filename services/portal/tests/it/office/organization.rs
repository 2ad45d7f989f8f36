//! What the site says of the organization.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::spaces::v1::*;

use super::{administrator, organization};

const PROFILE: &str = "/fr/office/organization/profile";

fn typed(name: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("etag", "o1"),
        ("name", name),
        ("languages", "en"),
        ("languages", "fr"),
        ("first", "fr"),
        ("country", "fr"),
        ("zone", "Europe/Paris"),
        ("contact", "participer@ville.example"),
    ]
}

#[tokio::test]
async fn the_page_shows_what_is_there_and_what_is_missing() {
    let site = administrator().await;
    let text = |kind: OrganizationTextKind, language: &str| OrganizationText {
        kind: kind.into(),
        language: language.into(),
        body: "## Règles".into(),
    };
    let organization =
        Organization { texts: vec![text(OrganizationTextKind::Terms, "fr")], ..organization() };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    site.get("/fr/office/organization").await.is(200).shows(&[
        "Ville de Lyon",
        "Europe/Paris",
        "Rédigé : Français",
        "À rédiger",
        "/fr/office/organization/texts/privacy",
    ]);
}

#[tokio::test]
async fn the_profile_is_checked_and_saved_with_its_tag() {
    let site = administrator().await;
    site.get(PROFILE).await.is(200).shows(&["value=\"Ville de Lyon\"", "value=\"fr\" checked"]);
    let mut wrong = typed("");
    wrong[5] = ("country", "France");
    wrong[6] = ("zone", "Paris");
    site.post(PROFILE, &wrong).await.is(422).shows(&[
        "href=\"#name\"",
        "href=\"#country\"",
        "Indian/Reunion",
    ]);
    assert!(site.double.calls::<UpdateOrganizationRequest>().is_empty());

    site.double.give::<UpdateOrganizationRequest, _>(UpdateOrganizationResponse::default());
    site.post(PROFILE, &typed("Lyon")).await.is(303);
    let (request, _) = site.double.calls::<UpdateOrganizationRequest>().pop().unwrap();
    let sent = request.organization.unwrap();
    assert_eq!(sent.languages, ["fr", "en"]);
    assert_eq!((sent.country.as_str(), sent.etag.as_str()), ("FR", "o1"));
    assert!(!sent.registration_open);
    let mask = request.update_mask.unwrap().paths;
    assert_eq!(
        mask,
        ["display_name", "time_zone", "languages", "country", "contact_email", "registration_open"]
    );
}

#[tokio::test]
async fn a_change_by_somebody_else_loses_nothing() {
    let site = administrator().await;
    site.double.on(|_: &UpdateOrganizationRequest| {
        let error = ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "changed");
        Err::<UpdateOrganizationResponse, _>(error.into())
    });
    let now = Organization { etag: "o2".into(), ..organization() };
    site.double.give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(now) });
    let page = site.post(PROFILE, &typed("Lyon la Grande")).await;
    page.shows(&["modifié cette page entre-temps", "value=\"Lyon la Grande\""]);
    assert_eq!(page.hidden("etag"), "o2");
}

#[tokio::test]
async fn a_colour_nobody_can_read_names_one_that_works() {
    let site = administrator().await;
    let path = "/fr/office/organization/colour";
    let refuse = |rule: &'static str| {
        move |_: &UpdateOrganizationRequest| {
            let error = ApiError::invalid_field("organization.brand_color", rule);
            Err::<UpdateOrganizationResponse, _>(error.into())
        }
    };
    let contrast =
        "must have a contrast of 4.5 to 1 or more to white, so that everybody can read it; #7a6a00 does";
    site.double.on(refuse(contrast));
    site.post(path, &[("colour", "ffe000"), ("etag", "o1")])
        .await
        .is(422)
        .shows(&["#7a6a00", "value=\"#ffe000\""]);
    site.double.on(refuse("must be a colour"));
    site.post(path, &[("colour", "bleu")]).await.is(422).shows(&["Saisissez un dièse"]);
    site.double.give::<UpdateOrganizationRequest, _>(UpdateOrganizationResponse::default());
    site.post(path, &[("colour", "#1A4D8F")]).await.is(303);
    let (request, _) = site.double.calls::<UpdateOrganizationRequest>().pop().unwrap();
    assert_eq!(request.organization.unwrap().brand_color, "#1a4d8f");
}

#[tokio::test]
async fn a_text_is_saved_in_its_languages_and_the_others_stay() {
    let site = administrator().await;
    let welcome = OrganizationText {
        kind: OrganizationTextKind::Welcome.into(),
        language: "fr".into(),
        body: "Bienvenue".into(),
    };
    let organization = Organization { texts: vec![welcome.clone()], ..organization() };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    let path = "/fr/office/organization/texts/terms";
    site.get(path).await.is(200).shows(&["Texte : Français", "Texte : English"]);
    let long = "é".repeat(20_001);
    site.post(path, &[("body-fr", &long)]).await.is(422).shows(&["20 001 caractères", "href=\"#body-fr\""]);
    site.double.give::<UpdateOrganizationRequest, _>(UpdateOrganizationResponse::default());
    site.post(path, &[("body-fr", "Un\r\nDeux"), ("body-en", ""), ("etag", "o1")]).await.is(303);
    let (request, _) = site.double.calls::<UpdateOrganizationRequest>().pop().unwrap();
    let texts = request.organization.unwrap().texts;
    assert_eq!(texts.len(), 2);
    assert!(texts.contains(&welcome) && texts[1].body == "Un\nDeux");
    site.get("/fr/office/organization/texts/unknown").await.is(404);
}
