use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::proposals::v1::ListProposalsRequest;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;
use tonic::Status;

use crate::city::{self, furnish, furnish_empty, phase};
use crate::site::Site;

#[tokio::test]
async fn the_address_without_a_language_leads_to_the_readers() {
    let site = Site::open().await;
    let there = async |language: &str| {
        let request = site.request(reqwest::Method::GET, "/").header("accept-language", language);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(there("fr-CH, en;q=0.5").await, "/fr");
    assert_eq!(there("en").await, "/en");
    site.get("/xx").await.is(404);
    site.get("/xx/processes").await.is(404);
}

#[tokio::test]
async fn a_city_where_nothing_is_yet_says_so() {
    let site = Site::open().await;
    furnish_empty(&site);
    site.get("/fr")
        .await
        .is(200)
        .shows(&["Participez : Ville de Lyon", "Rien n’est en cours pour le moment"]);
    site.get("/en").await.is(200).shows(&["Nothing is under way at the moment"]);
    site.get("/fr/processes").await.is(200).shows(&["Il n’y a pas encore de démarche"]);
}

#[tokio::test]
async fn what_is_open_comes_first_and_votes_before_all() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let page = site.get("/fr").await;
    page.is(200).shows(&[
        "Un vote est ouvert",
        "Fin du vote : 11 juin 2026 à minuit",
        "Voter maintenant",
        "Choisissez les projets que vous voulez voir réalisés.",
        &format!("href=\"/fr{}\"", city::process_path()),
    ]);
    page.hides(&["Ce qui a été décidé</h2>", "Bientôt"]);
    assert!(page.header("cache-control").starts_with("public"), "{page:?}");
    site.get("/en").await.is(200).shows(&["A vote is open", "Vote now", "midnight on 11 June 2026"]);
}

#[tokio::test]
async fn what_is_coming_says_when_and_what_was_decided_has_its_result() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let coming = Process {
        process_id: city::PROPOSAL.into(),
        title: "À venir".into(),
        phases: vec![phase("Dépôt", PhaseKind::Submission, 48, 96)],
        ..city::process(PhaseKind::Submission)
    };
    let processes = vec![coming, city::process(PhaseKind::Execution)];
    site.double.give::<ListProcessesRequest, _>(ListProcessesResponse { processes, ..Default::default() });
    let page = site.get("/fr").await;
    page.is(200).shows(&[
        "Bientôt",
        "Dépôt : à partir du 12 juin 2026",
        "Ce qui a été décidé",
        &format!("/fr{}/result", city::budget_path()),
        "Enveloppe : 10 000 €",
    ]);
    page.hides(&["Un vote est ouvert"]);
}

#[tokio::test]
async fn somebody_who_has_signed_in_gets_a_page_of_their_own() {
    let site = Site::signed_in().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let page = site.get("/fr").await;
    page.is(200).shows(&["Mon compte", "Se déconnecter"]);
    assert_eq!(page.header("cache-control"), "private, no-store");
    let calls = site.double.calls::<ListProcessesRequest>();
    assert_eq!(calls[0].1["authorization"], "Bearer the-access-token");
}

#[tokio::test]
async fn a_service_that_is_away_is_a_page_that_says_so() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.double.on(|_: &ListProcessesRequest| Err::<ListProcessesResponse, _>(Status::unavailable("gone")));
    let page = site.get("/fr").await;
    page.is(503).shows(&["momentanément indisponible"]).hides(&["gone"]);
    assert_eq!(page.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn the_search_looks_into_everything() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Frozen, PollState::Open);
    let page = site.get("/fr/search").await;
    page.is(200).shows(&["Que cherchez-vous ?"]).hides(&["résultat"]);
    assert!(site.double.calls::<ListProposalsRequest>().is_empty());
    let page = site.get("/fr/search?q=ECLUSE").await;
    page.is(200).shows(&["Écluse", "&lt;b&gt;Arbres&lt;/b&gt;", "value=\"ECLUSE\"", "noindex"]);
    page.hides(&["حديقة"]);
    assert_eq!(site.double.calls::<ListProposalsRequest>()[0].0.query, "ECLUSE");
    site.get("/fr/search?q=budget").await.is(200).shows(&["Budget 2026", "2 résultats"]);
    site.double
        .give::<ListProposalsRequest, _>(comitia_proto::proposals::v1::ListProposalsResponse::default());
    site.get("/en/search?q=%3Cmarquee%3E").await.is(200).shows(&["Nothing was found for “&lt;marquee&gt;”"]);
    // Everybody's searches share what is public, and nobody's session asks for it.
    let listed = site.double.calls::<comitia_proto::budgets::v1::ListProjectsRequest>();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].1.get("authorization").is_none());
    // What asks for no word, or is no query, asks for nothing.
    site.get("/en/search?q=%20!!").await.is(200).hides(&["Nothing was found"]);
    site.get("/en/search?q=a&q=b").await.is(200);
}
