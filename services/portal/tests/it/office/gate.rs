//! Who gets in, and what each role finds.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{CreateStaffMemberRequest, GetOwnStaffMemberRequest};
use reqwest::Method;

use super::{administrator, office};
use crate::site::Site;

/// The pages that one looks at, and whether administrator, moderator, budget officer and auditor may.
fn pages() -> Vec<(String, [bool; 4])> {
    let process = format!("/fr/office{}", crate::city::process_path());
    let roll = super::roll_path();
    let person = format!("/fr/office/staff/{}", super::OTHER);
    let case = format!("/fr/office/residents/{}", super::CASE);
    let association = format!("/fr/office/associations/{}", super::ASSOCIATION);
    let everybody = [true; 4];
    let alone = [true, false, false, false];
    vec![
        ("/fr/office".into(), everybody),
        ("/fr/office/me".into(), everybody),
        ("/fr/office/me/passkeys".into(), everybody),
        ("/fr/office/me/passkeys/new".into(), everybody),
        (format!("/fr/office/me/passkeys/{}", super::passkeys::ID), everybody),
        (format!("/fr/office/me/passkeys/{}/remove", super::passkeys::ID), everybody),
        ("/fr/office/organization/sign-in".into(), alone),
        (format!("{person}/passkeys"), alone),
        ("/fr/office/organization".into(), everybody),
        ("/fr/office/organization/profile".into(), alone),
        ("/fr/office/organization/colour".into(), alone),
        ("/fr/office/organization/texts/terms".into(), alone),
        ("/fr/office/staff".into(), [true, false, false, true]),
        ("/fr/office/staff/new".into(), alone),
        ("/fr/office/log".into(), [true, false, false, true]),
        (person.clone(), alone),
        (format!("{person}/remove"), alone),
        ("/fr/office/areas".into(), everybody),
        ("/fr/office/areas/new".into(), alone),
        ("/fr/office/areas/file".into(), alone),
        ("/fr/office/areas/change/quais".into(), alone),
        ("/fr/office/areas/remove/quais".into(), alone),
        ("/fr/office/processes".into(), everybody),
        ("/fr/office/processes/new".into(), alone),
        (process.clone(), everybody),
        (format!("{process}/text"), alone),
        (format!("{process}/phases"), alone),
        (format!("{process}/publish"), alone),
        ("/fr/office/rolls".into(), [true, false, true, true]),
        ("/fr/office/rolls/new".into(), alone),
        ("/fr/office/rolls/replacements".into(), [true, false, false, true]),
        (roll.clone(), [true, false, true, true]),
        (format!("{roll}/file"), alone),
        (format!("{roll}/members"), alone),
        (format!("{roll}/codes"), alone),
        (format!("{roll}/copy"), alone),
        ("/fr/office/residents".into(), alone),
        ("/fr/office/residents?show=all".into(), alone),
        (case.clone(), alone),
        (format!("{case}/keep"), alone),
        (format!("{case}/move"), alone),
        ("/fr/office/associations".into(), [true, true, false, false]),
        ("/fr/office/associations/new".into(), alone),
        (association.clone(), alone),
        (format!("{association}/name"), alone),
        (format!("{association}/delete"), alone),
        (format!("{association}/members/{}/remove", super::WRITER), alone),
    ]
}

#[tokio::test]
async fn each_role_sees_its_pages_and_no_others() {
    let roles = [Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor];
    for (place, role) in roles.into_iter().enumerate() {
        let site = office(&[role]).await;
        for (path, may) in pages() {
            let page = site.get(&path).await;
            let wanted = if may[place] { 200 } else { 403 };
            assert_eq!(page.status.as_u16(), wanted, "{role:?} {path}: {}", page.text);
            assert!(page.header("cache-control").ends_with("no-store"), "{path}");
            if !may[place] {
                page.shows(&["réservée à d’autres rôles", "Administrateur"]);
            }
        }
    }
}

#[tokio::test]
async fn every_page_is_there_in_english_too() {
    let site = administrator().await;
    for (path, _) in pages() {
        site.get(&path.replacen("/fr/", "/en/", 1)).await.is(200);
    }
}

#[tokio::test]
async fn strangers_sign_in_first_and_participants_stay_out() {
    let site = Site::open().await;
    let page = site.get("/fr/office/rolls").await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/sign-in?return=%2Ffr%2Foffice%2Frolls");
    assert_eq!(page.header("cache-control"), "private, no-store");
    let site = Site::signed_in().await;
    site.get("/fr/office").await.is(403).shows(&["Administrateur", "Auditeur"]);
}

#[tokio::test]
async fn the_office_says_who_one_is_and_shows_what_a_role_may_open() {
    let site = office(&[Role::Moderator]).await;
    let page = site.get("/fr/office").await;
    page.is(200).shows(&["Amélie · Modérateur", "/fr/sign-out", "Retour au site public"]);
    page.hides(&["/fr/office/rolls", "/fr/office/staff"]);
    let site = administrator().await;
    site.get("/fr/office").await.is(200).shows(&[
        "Amélie · Administrateur",
        "« Budget 2026 » n’est pas publiée",
        "Créez les codes de « Habitants 2026 »",
        "1 200 membres n’ont pas encore de code",
        "1 compte en conflit attend votre décision",
        "Donnez une adresse de contact",
        "Rédigez les pages légales",
    ]);
    site.get("/fr/account").await.is(200).shows(&["/fr/office"]);
}

#[tokio::test]
async fn the_office_goes_on_while_identity_is_away() {
    let site = administrator().await;
    site.double.on(|_: &GetOwnStaffMemberRequest| {
        Err::<comitia_proto::identity::v1::GetOwnStaffMemberResponse, _>(tonic::Status::unavailable("away"))
    });
    site.get("/fr/office/areas").await.is(200).shows(&["Administrateur", "Les Quais"]);
}

#[tokio::test]
async fn a_form_outlives_its_session() {
    let mut site = administrator().await;
    site.sign_out();
    let fields = [("name", "Chloé \"C\""), ("email", "c@ville.example"), ("roles", "auditor")];
    let page = site.post("/fr/office/staff/new", &fields).await;
    page.is(401).shows(&["Rien de ce que vous avez saisi n’est perdu", "/fr/sign-in/email"]);
    assert_eq!(page.hidden("name"), "Chloé &quot;C&quot;");
    assert_eq!(page.header("cache-control"), "no-store");

    // A session that identity has ended meanwhile is over, too.
    let site = administrator().await;
    site.double.on(|_: &GetOwnStaffMemberRequest| {
        let ended =
            ApiError::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, "the session has ended");
        Err::<comitia_proto::identity::v1::GetOwnStaffMemberResponse, _>(ended.into())
    });
    site.post("/fr/office/staff/new", &fields).await.is(401).shows(&["auditor"]);
    assert!(site.double.calls::<CreateStaffMemberRequest>().is_empty());
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let site = administrator().await;
    let request = site
        .request(Method::POST, "/fr/office/staff/new")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body("name=Eve&email=e%40e.example&roles=administrator");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 403);
    assert!(site.double.calls::<CreateStaffMemberRequest>().is_empty());
}
