//! What a person sees of themselves, takes along, and erases.

use comitia_platform::validate::timestamp;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    EraseOwnDataRequest, EraseOwnDataResponse, ExportOwnDataRequest, ExportOwnDataResponse, PersonalData,
    Session, SignInWithEmailCodeRequest, SignInWithEmailCodeResponse,
};

use crate::site::{Site, now};

fn data() -> ExportOwnDataResponse {
    ExportOwnDataResponse {
        personal_data: Some(PersonalData {
            roll_title: "Liste 2026".into(),
            member_number: "A-1".into(),
            district: "c1".into(),
            birth_date: "1980-02-01".into(),
            email: String::new(),
            create_time: Some(timestamp(now())),
            session_start_times: vec![timestamp(now())],
            ..PersonalData::default()
        }),
    }
}

#[tokio::test]
async fn a_person_sees_all_that_is_kept() {
    let site = Site::signed_in().await;
    site.double.give::<ExportOwnDataRequest, _>(data());
    let page = site.get("/fr/account").await;
    page.is(200).shows(&[
        "Liste 2026",
        "A-1",
        "c1",
        "1er février 1980",
        "10 juin 2026",
        "Non renseigné",
        "/fr/account/data.json",
    ]);
    assert_eq!(page.header("cache-control"), "private, no-store");
    let (_, metadata) = site.double.calls::<ExportOwnDataRequest>().pop().unwrap();
    assert_eq!(metadata["authorization"], "Bearer the-access-token");

    let file = site.get("/fr/account/data.json").await;
    file.is(200);
    assert!(file.header("content-disposition").starts_with("attachment"));
    let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(json["memberNumber"], "A-1");
    assert_eq!(json["sessionStartTimes"][0], "2026-06-10T10:00:00+00:00");
}

#[tokio::test]
async fn the_account_is_for_people_who_have_signed_in() {
    let site = Site::open().await;
    for path in ["/fr/account", "/fr/account/data.json", "/fr/account/erase"] {
        let page = site.get(path).await;
        page.is(303);
        assert!(page.header("location").starts_with("/fr/sign-in?return=%2Ffr%2Faccount"), "{page:?}");
    }
    site.post("/fr/account/erase", &[("sure", "yes")]).await.is(303);
    assert!(site.double.calls::<EraseOwnDataRequest>().is_empty());
}

#[tokio::test]
async fn erasing_asks_first_and_ends_the_session() {
    let site = Site::signed_in().await;
    site.double.give::<EraseOwnDataRequest, _>(EraseOwnDataResponse {});
    site.get("/fr/account/erase").await.is(200).shows(&["Cela ne peut pas être annulé", "restent comptés"]);
    site.post("/fr/account/erase", &[]).await.is(422).shows(&["Cochez la case", "href=\"#sure\""]);
    assert!(site.double.calls::<EraseOwnDataRequest>().is_empty());

    let page = site.post("/fr/account/erase", &[("sure", "yes")]).await;
    page.is(200).shows(&["Vos données sont effacées"]);
    assert!(page.header("set-cookie").starts_with("session=; Path=/; Max-Age=0"), "{page:?}");
    assert_eq!(site.double.calls::<EraseOwnDataRequest>().len(), 1);
}

#[tokio::test]
async fn the_team_is_led_to_its_office() {
    let site = Site::open().await;
    let session = Session {
        access_token: "token".into(),
        refresh_token: "refresh".into(),
        access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
        roles: vec![Role::Administrator.into()],
        ..Session::default()
    };
    site.double.give::<SignInWithEmailCodeRequest, _>(SignInWithEmailCodeResponse { session: Some(session) });
    let page = site.post("/fr/sign-in/email/code", &[("email", "a@b"), ("code", "1")]).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let request = site.request(reqwest::Method::GET, "/fr/account").header("cookie", cookie);
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("membre de l’équipe") && text.contains("action=\"/fr/sign-out\""), "{text}");
    assert!(text.contains("href=\"/fr/office\""), "{text}");
    assert!(site.double.calls::<ExportOwnDataRequest>().is_empty());
}
