//! Cases of residents: two accounts that claim one member of a roll.

use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::*;

use super::{CASE, administrator, resident_case};
use crate::site::Site;

fn path(rest: &str) -> String {
    format!("/fr/office/residents/{CASE}{rest}")
}

fn give(site: &Site, case: ResidentCase) {
    site.double.give::<GetResidentCaseRequest, _>(GetResidentCaseResponse { case: Some(case) });
}

#[tokio::test]
async fn open_cases_are_listed_and_decided_ones_on_demand() {
    let site = administrator().await;
    site.get("/fr/office/residents").await.is(200).shows(&[
        "Numéro 0042",
        "Habitants 2026",
        "À décider",
        "?show=all",
    ]);
    assert!(!site.double.calls::<ListResidentCasesRequest>().pop().unwrap().0.show_resolved);
    site.double.on(|_: &ListResidentCasesRequest| {
        let cases = vec![resident_case(CaseDecision::Move)];
        Ok(ListResidentCasesResponse { cases, next_page_token: "next".into() })
    });
    site.get("/fr/office/residents?show=all")
        .await
        .is(200)
        .shows(&["Donné au compte demandeur", "?show=all&amp;page_token=next"]);
    let (request, metadata) = site.double.calls::<ListResidentCasesRequest>().pop().unwrap();
    assert!(request.show_resolved);
    assert_eq!(metadata["authorization"], "Bearer the-staff-token");
    site.double.give::<ListResidentCasesRequest, _>(ListResidentCasesResponse::default());
    site.get("/fr/office/residents").await.is(200).shows(&["Aucun conflit"]);
}

#[tokio::test]
async fn a_case_shows_both_accounts_and_what_to_do() {
    let site = administrator().await;
    site.get(&path("")).await.is(200).shows(&[
        "Zoë &lt;b&gt;",
        "mailto:holder@ville.example",
        "Pas encore de nom",
        "mailto:claimant@ville.example",
        "Écrivez aux deux adresses",
        "/keep",
        "/move",
    ]);
    assert!(site.double.calls::<ListResidentCasesRequest>().is_empty());
    for nothing in ["0192f0c1-0000-7000-8000-00000000ffff", "nothing"] {
        site.get(&format!("/fr/office/residents/{nothing}")).await.is(404);
    }
    // Decided, it says by whom; an account that is gone cannot be given anything.
    give(&site, resident_case(CaseDecision::Keep));
    site.get(&path("")).await.is(200).shows(&["Laissé au premier compte", "Bilal"]).hides(&["/move"]);
    site.get(&path("/move")).await.is(409).shows(&["décidé entre-temps"]);
    let erased = ResidentCase { claimant: None, ..resident_case(CaseDecision::Unspecified) };
    give(&site, erased);
    site.get(&path("")).await.is(200).shows(&["Aucun : le compte est effacé"]).hides(&["/move\""]);
    let unlinked = ResidentCase { holder: None, ..resident_case(CaseDecision::Unspecified) };
    give(&site, unlinked);
    site.get(&path("")).await.is(200).shows(&["Clore le cas sans relier", "/move\""]);
}

#[tokio::test]
async fn a_decision_is_asked_for_and_made_once() {
    let site = administrator().await;
    site.double.give::<ResolveResidentCaseRequest, _>(ResolveResidentCaseResponse::default());
    for (act, decision, title) in [
        ("/keep", CaseDecision::Keep, "Laisser cette personne au compte"),
        ("/move", CaseDecision::Move, "Donner cette personne au compte demandeur"),
    ] {
        let before = site.double.calls::<ResolveResidentCaseRequest>().len();
        site.get(&path(act)).await.is(200).shows(&[title, "ne compte qu’une fois"]);
        site.post(&path(act), &[]).await.is(422).shows(&["href=\"#sure\""]);
        assert_eq!(site.double.calls::<ResolveResidentCaseRequest>().len(), before);
        site.post(&path(act), &[("sure", "yes")]).await.is(303);
        let (request, _) = site.double.calls::<ResolveResidentCaseRequest>().pop().unwrap();
        assert_eq!((request.case_id.as_str(), request.decision()), (CASE, decision));
    }
    site.get("/fr/office/residents?done=moved").await.shows(&["reliée au compte demandeur"]);
    for (reason, text) in [
        (Reason::CaseNotOpen, "décidé entre-temps"),
        (Reason::AlreadyVerified, "déjà relié à une autre personne"),
    ] {
        site.double.on(move |_: &ResolveResidentCaseRequest| {
            Err::<ResolveResidentCaseResponse, _>(ApiError::precondition(reason, "no").into())
        });
        site.post(&path("/move"), &[("sure", "yes")]).await.is(409).shows(&[text]);
    }
}
