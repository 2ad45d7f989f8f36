//! Areas, one by one and from a file.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;

use super::{administrator, office};

#[tokio::test]
async fn areas_are_listed_and_an_empty_list_says_what_to_do() {
    let site = administrator().await;
    site.get("/fr/office/areas").await.is(200).shows(&[
        "Les Quais",
        "Centre &lt;b&gt;",
        "2 quartiers",
        "/fr/office/areas/change/quais",
        "Importer un fichier",
    ]);
    site.double.give::<ListAreasRequest, _>(ListAreasResponse::default());
    site.get("/fr/office/areas").await.is(200).shows(&["Aucun quartier pour l’instant", "Créer un quartier"]);
    site.get("/fr/office").await.shows(&["Créez vos quartiers"]);
    let site = office(&[Role::Moderator]).await;
    site.get("/fr/office/areas").await.is(200).hides(&["Créer un quartier", "/change/"]);
}

#[tokio::test]
async fn an_area_is_created_changed_and_removed() {
    let site = administrator().await;
    site.double.on(|request: &CreateAreaRequest| match request.code.as_str() {
        "centre" => Err(ApiError::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, "taken")
            .with_violation("code", "must not be another area's code")
            .into()),
        "é" => Err(ApiError::invalid_field("code", "must be 1 to 64 letters").into()),
        _ => Ok(CreateAreaResponse::default()),
    });
    let typed = |code| [("title", "Nord & Sud"), ("code", code), ("parent", "centre")];
    site.post("/fr/office/areas/new", &typed("é")).await.is(422).shows(&[
        "lettres sans accent",
        "value=\"Nord &amp; Sud\"",
        "value=\"centre\" selected",
    ]);
    site.post("/fr/office/areas/new", &typed("centre")).await.is(422).shows(&["Un quartier a déjà ce code"]);
    let page = site.post("/fr/office/areas/new", &typed("nord")).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/office/areas?done=created");

    site.double.give::<UpdateAreaRequest, _>(UpdateAreaResponse::default());
    site.get("/fr/office/areas/change/quais").await.is(200).shows(&["value=\"Les Quais\""]);
    site.post("/fr/office/areas/change/quais", &[("title", "Quais"), ("parent", "")]).await.is(303);
    let (request, _) = site.double.calls::<UpdateAreaRequest>().pop().unwrap();
    assert_eq!((request.code.as_str(), request.title.as_str()), ("quais", "Quais"));

    let path = "/fr/office/areas/remove/quais";
    site.post(path, &[]).await.is(422);
    site.double.on(|_: &DeleteAreaRequest| {
        Err::<DeleteAreaResponse, _>(ApiError::precondition(Reason::AreaInUse, "in use").into())
    });
    site.post(path, &[("sure", "yes")]).await.is(409).shows(&["Ce quartier sert encore"]);
    site.double.give::<DeleteAreaRequest, _>(DeleteAreaResponse {});
    site.post(path, &[("sure", "yes")]).await.is(303);
}

#[tokio::test]
async fn a_file_is_shown_first_and_created_whole() {
    let site = administrator().await;
    site.double.give::<BatchCreateAreasRequest, _>(BatchCreateAreasResponse::default());
    let file = "code;nom;fait partie de\nnord;Quartier « Nord »;\nport;Le Port;nord\n";
    let page = site.upload("/fr/office/areas/file", &[], "quartiers.csv", file.as_bytes()).await;
    page.is(200).shows(&["Rien n’est encore créé", "Quartier « Nord »", "Créer 2 quartiers"]);
    let (asked, _) = site.double.calls::<BatchCreateAreasRequest>().pop().unwrap();
    assert!(asked.validate_only);
    let fields = [
        ("code", "nord"),
        ("title", "Quartier « Nord »"),
        ("parent", ""),
        ("code", "port"),
        ("title", "Le Port"),
        ("parent", "nord"),
    ];
    site.post("/fr/office/areas/import", &fields).await.is(303);
    let (done, _) = site.double.calls::<BatchCreateAreasRequest>().pop().unwrap();
    assert!(!done.validate_only);
    assert_eq!((done.areas.len(), done.areas[1].parent_code.as_str()), (2, "nord"));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_has_its_line() {
    let site = administrator().await;
    site.double.on(|_: &BatchCreateAreasRequest| {
        let error = ApiError::new(ErrorCode::InvalidArgument, Reason::FieldInvalid, "wrong")
            .with_violation("areas[1].code", "must not be another area's code")
            .with_violation("areas[2].parent_code", "must be the code of an area");
        Err::<BatchCreateAreasResponse, _>(error.into())
    });
    let file = b"code,name,part of\nnord,Nord,\n\ncentre,Centre,\nport,Port,sud\n";
    let page = site.upload("/fr/office/areas/file", &[], "a.csv", file).await;
    page.is(422).shows(&["Rien n’a été créé", ">4<", "Un quartier a déjà ce code", ">5<", "Fait partie de"]);
    site.upload("/fr/office/areas/file", &[], "a.csv", b"").await.is(422).shows(&["Choisissez un fichier"]);
    site.upload("/fr/office/areas/file", &[], "a.csv", b"PK\x03\x04").await.is(422).shows(&["CSV UTF-8"]);
    site.upload("/fr/office/areas/file", &[], "a.csv", b"a;b\n1;2\n")
        .await
        .is(422)
        .shows(&["« code » et « nom »"]);
    let large = vec![b'a'; 300 * 1024];
    site.upload("/fr/office/areas/file", &[], "a.csv", &large).await.is(422).shows(&["Répartissez-les"]);
    let too_large = vec![b'a'; 11 * 1024 * 1024];
    site.upload("/fr/office/areas/file", &[], "a.csv", &too_large).await.is(400);
}
