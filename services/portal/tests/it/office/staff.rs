//! The team.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;
use tonic::Status;

use super::{OTHER, administrator, office};

fn last() -> Status {
    ApiError::precondition(Reason::FieldInvalid, "the last one")
        .with_violation("roles", "must leave the organization an administrator")
        .into()
}

#[tokio::test]
async fn the_list_shows_people_and_what_roles_do() {
    let site = administrator().await;
    let page = site.get("/fr/office/staff").await;
    page.is(200).shows(&[
        "Amélie",
        "(vous)",
        "bilal@ville.example",
        "saisit les bulletins papier",
        "Ajouter quelqu’un",
    ]);
    // An auditor reads.
    let site = office(&[Role::Auditor]).await;
    site.get("/fr/office/staff").await.is(200).shows(&["Bilal"]).hides(&["Ajouter quelqu’un", "Retirer"]);
}

#[tokio::test]
async fn somebody_is_added_once() {
    let site = administrator().await;
    site.double.give::<CreateStaffMemberRequest, _>(CreateStaffMemberResponse::default());
    let form = site.get("/fr/office/staff/new").await;
    let id = form.hidden("request_id");
    let wrong = site.post("/fr/office/staff/new", &[("request_id", &id), ("name", "Chloé")]).await;
    wrong.is(422).shows(&[
        "href=\"#email\"",
        "href=\"#roles\"",
        "value=\"Chloé\"",
        "Choisissez au moins un rôle",
    ]);
    assert_eq!(wrong.hidden("request_id"), id);
    let fields = [
        ("request_id", id.as_str()),
        ("name", "Chloé"),
        ("email", "c@ville.example"),
        ("roles", "auditor"),
        ("roles", "moderator"),
    ];
    let page = site.post("/fr/office/staff/new", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/office/staff?done=added");
    let (request, metadata) = site.double.calls::<CreateStaffMemberRequest>().pop().unwrap();
    assert_eq!(request.roles, [Role::Moderator as i32, Role::Auditor as i32]);
    assert_eq!((request.request_id, request.display_name.as_str()), (id.clone(), "Chloé"));
    assert_eq!(metadata["authorization"], "Bearer the-staff-token");
    site.get("/fr/office/staff?done=added").await.shows(&["fait partie de l’équipe"]);

    site.double.on(|_: &CreateStaffMemberRequest| {
        let taken = ApiError::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, "taken");
        Err::<CreateStaffMemberResponse, _>(taken.into())
    });
    site.post("/fr/office/staff/new", &fields)
        .await
        .is(422)
        .shows(&["a déjà cette adresse", "href=\"#email\""]);
}

#[tokio::test]
async fn roles_change_and_the_last_administrator_stays() {
    let site = administrator().await;
    let path = format!("/fr/office/staff/{OTHER}");
    site.get(&path).await.is(200).shows(&["Rôles de Bilal", "value=\"administrator\" checked"]);
    site.post(&path, &[]).await.is(422).shows(&["Choisissez au moins un rôle"]);
    site.double.on(|_: &UpdateStaffMemberRequest| Err::<UpdateStaffMemberResponse, _>(last()));
    site.post(&path, &[("roles", "auditor")])
        .await
        .is(422)
        .shows(&["Il doit rester au moins un administrateur"]);
    site.double.give::<UpdateStaffMemberRequest, _>(UpdateStaffMemberResponse::default());
    site.post(&path, &[("roles", "auditor")]).await.is(303);
    let (request, _) = site.double.calls::<UpdateStaffMemberRequest>().pop().unwrap();
    assert_eq!((request.staff_member_id.as_str(), request.roles), (OTHER, vec![Role::Auditor as i32]));
    site.get("/fr/office/staff/0192f0c1-0000-7000-8000-00000000ffff").await.is(404);
}

#[tokio::test]
async fn removing_asks_first() {
    let site = administrator().await;
    site.double.give::<DeleteStaffMemberRequest, _>(DeleteStaffMemberResponse {});
    let path = format!("/fr/office/staff/{OTHER}/remove");
    site.get(&path).await.is(200).shows(&["Retirer Bilal de l’équipe", "Ses sessions prennent fin"]);
    site.post(&path, &[]).await.is(422).shows(&["Cochez la case", "href=\"#sure\""]);
    assert!(site.double.calls::<DeleteStaffMemberRequest>().is_empty());
    site.post(&path, &[("sure", "yes")]).await.is(303);
    assert_eq!(site.double.calls::<DeleteStaffMemberRequest>().len(), 1);
    site.double.on(|_: &DeleteStaffMemberRequest| Err::<DeleteStaffMemberResponse, _>(last()));
    site.post(&path, &[("sure", "yes")]).await.is(409).shows(&["Il doit rester au moins un administrateur"]);
}
