//! The languages of a site are those that its organization has chosen.

use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;
use reqwest::Method;

use crate::city;
use crate::site::Site;

async fn site_in(languages: &[&str]) -> Site {
    let site = Site::open().await;
    let organization = Organization {
        display_name: "Ville de Lyon".into(),
        time_zone: "Europe/Paris".into(),
        languages: languages.iter().map(|code| (*code).to_owned()).collect(),
        ..Organization::default()
    };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    city::furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site
}

async fn root(site: &Site, accepted: &str) -> String {
    let request = site.request(Method::GET, "/").header("accept-language", accepted);
    request.send().await.unwrap().headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_site_in_one_language_offers_no_other() {
    let site = site_in(&["fr"]).await;
    let page = site.get("/fr/help").await;
    page.is(200).hides(&["hreflang=\"en\"", "English"]);
    assert_eq!(root(&site, "en").await, "/fr");
    site.get("/sitemap/site.xml").await.is(200).shows(&["/fr/help"]).hides(&["/en"]);
    site.get("/robots.txt").await.is(200).hides(&["/en/"]);
}

#[tokio::test]
async fn a_page_in_a_language_that_the_site_does_not_have_leads_to_its_first() {
    let site = site_in(&["fr"]).await;
    let page = site.get("/en/search?q=banc").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/fr/search?q=banc"));
    assert_eq!(site.get("/en").await.header("location"), "/fr");
    // A form is not sent on, and what is no language has no pages.
    site.post("/en/sign-in/letter", &[("number", "1")]).await.is(404);
    site.get("/de/help").await.is(404);
}

#[tokio::test]
async fn the_first_language_is_that_of_whoever_wishes_for_none() {
    let site = site_in(&["fr", "en"]).await;
    assert_eq!((root(&site, "de").await, root(&site, "en").await), ("/fr".into(), "/en".into()));
    let site = site_in(&["en", "fr"]).await;
    assert_eq!((root(&site, "de").await, root(&site, "fr").await), ("/en".into(), "/fr".into()));
    site.get("/en/help").await.is(200).shows(&["hreflang=\"fr\""]);
}

#[tokio::test]
async fn languages_that_the_pages_do_not_speak_are_none() {
    let site = site_in(&["br"]).await;
    site.get("/fr/help").await.is(200).shows(&["hreflang=\"en\""]);
}
