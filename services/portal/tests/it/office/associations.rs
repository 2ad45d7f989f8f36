//! Verified associations and who writes for them.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;

use super::{ASSOCIATION, WRITER, administrator, association, office};

fn path(rest: &str) -> String {
    format!("/fr/office/associations/{ASSOCIATION}{rest}")
}

#[tokio::test]
async fn the_list_leads_those_on_who_may_change_it() {
    let site = administrator().await;
    site.get("/fr/office/associations").await.is(200).shows(&[
        "Les Amis &lt;du&gt; parc",
        "Ajouter une association",
        ASSOCIATION,
    ]);
    let site = office(&[Role::Moderator]).await;
    site.get("/fr/office/associations").await.is(200).shows(&["Les Amis"]).hides(&[ASSOCIATION, "Ajouter"]);
    let site = administrator().await;
    site.double.give::<ListAssociationsRequest, _>(ListAssociationsResponse::default());
    site.get("/fr/office/associations").await.is(200).shows(&["Aucune association pour l’instant"]);
}

#[tokio::test]
async fn an_association_is_added_and_renamed() {
    let site = administrator().await;
    let made = CreateAssociationResponse { association: Some(association()) };
    site.double.give::<CreateAssociationRequest, _>(made);
    let page = site.post("/fr/office/associations/new", &[("name", " Les Amis ")]).await;
    page.is(303);
    assert_eq!(page.header("location"), path("?done=created"));
    let (request, metadata) = site.double.calls::<CreateAssociationRequest>().pop().unwrap();
    assert_eq!(request.display_name, "Les Amis");
    assert_eq!(metadata["authorization"], "Bearer the-staff-token");

    site.double.on(|_: &CreateAssociationRequest| {
        let wrong = ApiError::invalid_field("display_name", "must be 2 to 60 characters");
        Err::<CreateAssociationResponse, _>(wrong.into())
    });
    site.post("/fr/office/associations/new", &[("name", "@")]).await.is(422).shows(&[
        "de 2 à 60 caractères",
        "href=\"#name\"",
        "value=\"@\"",
    ]);
    site.double.on(|_: &RenameAssociationRequest| {
        let taken = ApiError::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, "taken");
        Err::<RenameAssociationResponse, _>(taken.into())
    });
    site.get(&path("/name")).await.is(200).shows(&["value=\"Les Amis &lt;du&gt; parc\""]);
    site.post(&path("/name"), &[("name", "Autre")]).await.is(422).shows(&["porte déjà ce nom"]);
    site.double.give::<RenameAssociationRequest, _>(RenameAssociationResponse::default());
    site.post(&path("/name"), &[("name", "Autre")]).await.is(303);
    site.get("/fr/office/associations/0192f0c1-0000-7000-8000-00000000ffff").await.is(404);
}

#[tokio::test]
async fn people_write_for_it_until_they_are_removed() {
    let site = administrator().await;
    site.get(&path("")).await.is(200).shows(&["w@parc.example", &format!("/members/{WRITER}/remove")]);
    site.double.on(|_: &AddAssociationMemberRequest| {
        let wrong = ApiError::invalid_field("email", "must be an address");
        Err::<AddAssociationMemberResponse, _>(wrong.into())
    });
    site.post(&path("/members"), &[("email", "nobody")]).await.is(422).shows(&[
        "nom@exemple.fr",
        "href=\"#email\"",
        "value=\"nobody\"",
        "w@parc.example",
    ]);
    site.double.give::<AddAssociationMemberRequest, _>(AddAssociationMemberResponse {});
    site.post(&path("/members"), &[("email", "n@parc.example")]).await.is(303);
    let (request, _) = site.double.calls::<AddAssociationMemberRequest>().pop().unwrap();
    assert_eq!((request.association_id.as_str(), request.email.as_str()), (ASSOCIATION, "n@parc.example"));
    site.get(&path("/members")).await.is(303);

    site.double.give::<RemoveAssociationMemberRequest, _>(RemoveAssociationMemberResponse {});
    let remove = path(&format!("/members/{WRITER}/remove"));
    site.get(&remove).await.is(200).shows(&["Retirer w@parc.example"]);
    site.post(&remove, &[]).await.is(422).shows(&["href=\"#sure\""]);
    assert!(site.double.calls::<RemoveAssociationMemberRequest>().is_empty());
    site.post(&remove, &[("sure", "yes")]).await.is(303);
    assert_eq!(site.double.calls::<RemoveAssociationMemberRequest>()[0].0.association_member_id, WRITER);
    site.get(&path(&format!("/members/{ASSOCIATION}/remove"))).await.is(404);
}

#[tokio::test]
async fn deleting_asks_first() {
    let site = administrator().await;
    site.double.give::<DeleteAssociationRequest, _>(DeleteAssociationResponse {});
    site.get(&path("/delete")).await.is(200).shows(&["reste publié sous ce nom"]);
    site.post(&path("/delete"), &[]).await.is(422).shows(&["href=\"#sure\""]);
    assert!(site.double.calls::<DeleteAssociationRequest>().is_empty());
    let page = site.post(&path("/delete"), &[("sure", "yes")]).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/office/associations?done=deleted");
}
