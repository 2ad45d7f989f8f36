//! Legal pages, and what search engines ask for.

use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;

use crate::city::{self, budget_path, furnish, process_path, project_path};
use crate::site::Site;

#[tokio::test]
async fn legal_pages_name_the_organization() {
    let site = Site::open().await;
    let pages = [
        ("/legal/terms", "Conditions d’utilisation", "Terms of use"),
        ("/legal/privacy", "90 jours après la fin du vote", "90 days after the end of the vote"),
        ("/legal/accessibility", "RGAA 4.1", "WCAG 2.2"),
        ("/help", "Comment voter ?", "How do I vote?"),
    ];
    for (path, french, english) in pages {
        let page = site.get(&format!("/fr{path}")).await;
        page.is(200).shows(&[french, "Ville de Lyon"]);
        assert!(page.header("cache-control").starts_with("public"), "{page:?}");
        assert_eq!(page.header("content-language"), "fr");
        site.get(&format!("/en{path}")).await.is(200).shows(&[english, "Ville de Lyon"]);
    }
}

#[tokio::test]
async fn robots_are_told_where_the_pages_are() {
    let site = Site::open().await;
    let robots = site.get("/robots.txt").await;
    robots.is(200).shows(&[
        "Disallow: /fr/votes",
        "Disallow: /en/account",
        "Sitemap: http://ville.example/sitemap.xml",
    ]);
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let index = site.get("/sitemap.xml").await;
    assert_eq!(index.header("content-type"), "application/xml; charset=utf-8");
    index
        .is(200)
        .shows(&["http://ville.example/sitemap/site.xml", &format!("/sitemap/{}.xml", city::PROCESS)]);
    site.get("/sitemap/site.xml")
        .await
        .is(200)
        .shows(&["<loc>http://ville.example/fr</loc>", "/en/legal/privacy"]);
    let process = site.get(&format!("/sitemap/{}.xml", city::PROCESS)).await;
    for path in [
        process_path(),
        budget_path(),
        project_path(),
        format!("{}/result", budget_path()),
        city::proposal_path(),
    ] {
        process.is(200).shows(&[
            &format!("<loc>http://ville.example/fr{path}</loc>"),
            &format!("<loc>http://ville.example/en{path}</loc>"),
        ]);
    }
    site.get("/sitemap/nothing.xml").await.is(404);
    site.get(&format!("/sitemap/{}.xml", city::POLL)).await.is(404);
}

#[tokio::test]
async fn nothing_inline_and_nothing_from_elsewhere() {
    let site = Site::open().await;
    let page = site.get("/fr/help").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn an_organization_says_it_in_its_own_words() {
    let site = Site::open().await;
    let text = |kind: OrganizationTextKind, body: &str| OrganizationText {
        kind: kind.into(),
        language: "fr".into(),
        body: body.into(),
    };
    let organization = Organization {
        display_name: "Ville de Lyon".into(),
        time_zone: "Europe/Paris".into(),
        languages: vec!["fr".into(), "en".into()],
        contact_email: "participer@ville.example".into(),
        texts: vec![
            text(OrganizationTextKind::Welcome, "Bienvenue **à tous**."),
            text(OrganizationTextKind::Privacy, "Notre politique."),
        ],
        ..Organization::default()
    };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    city::furnish_empty(&site);
    site.get("/fr").await.is(200).shows(&["Bienvenue <strong>à tous</strong>."]);
    // Where there is no text in the page's language, it is the first language's, and says so.
    site.get("/en").await.is(200).shows(&["lang=\"fr\"", "Bienvenue"]);
    // What the program keeps is true whatever the city writes.
    let page = site.get("/fr/legal/privacy").await;
    page.is(200).shows(&[
        "Notre politique.",
        "90 jours après la fin du vote",
        "mailto:participer@ville.example",
    ]);
    page.hides(&["Des cookies pour agir"]);
    site.get("/fr/legal/terms").await.is(200).shows(&["Qui tient ce site"]);
}
