//! Rolls: members found, corrected, erased; codes; a second officer.

use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;

use super::{ME, OTHER, ROLL, administrator, office, roll, roll_path};
use crate::site::{Site, now};

const REPLACEMENT: &str = "0192f0c1-0000-7000-8000-00000000e009";

fn found(number: &str) -> FoundMember {
    let member = Member {
        roll_id: ROLL.into(),
        member_number: number.into(),
        district: "quais".into(),
        birth_date: "1980-02-28".into(),
        email: "amelie@ville.example".into(),
    };
    FoundMember { member: Some(member), left: false, address_held: false }
}

async fn with_member() -> Site {
    let site = administrator().await;
    site.double.on(|request: &FindMembersRequest| {
        let members = if request.text == "0007" { vec![found("0007")] } else { Vec::new() };
        Ok(FindMembersResponse { members })
    });
    site
}

#[tokio::test]
async fn rolls_are_listed_and_created() {
    let site = administrator().await;
    site.get("/fr/office/rolls").await.is(200).shows(&["Habitants 2026", "1 200"]);
    site.double.give::<ListRollsRequest, _>(ListRollsResponse::default());
    site.get("/fr/office/rolls").await.is(200).shows(&["Créez une liste, puis chargez-y"]);
    site.double.on(|request: &CreateRollRequest| match request.title.as_str() {
        "" => Err(ApiError::invalid_field("title", "must have 1").into()),
        _ => Ok(CreateRollResponse { roll: Some(roll(0, 0)) }),
    });
    site.post("/fr/office/rolls/new", &[("title", "")]).await.is(422).shows(&["href=\"#title\""]);
    let page = site.post("/fr/office/rolls/new", &[("title", "Habitants 2026")]).await;
    assert_eq!(page.header("location"), format!("{}/file?done=created", roll_path()));
}

#[tokio::test]
async fn the_history_names_people_and_no_members() {
    let site = administrator().await;
    let change = |kind: RollChangeKind, officer: &str| RollChange {
        kind: kind.into(),
        officer: officer.into(),
        change_time: Some(timestamp(now())),
        member_number: "membre-7".into(),
        fields: vec!["district".into()],
        added_count: 1200,
        ..RollChange::default()
    };
    site.double.give::<ListRollChangesRequest, _>(ListRollChangesResponse {
        changes: vec![
            change(RollChangeKind::Correction, OTHER),
            change(RollChangeKind::Reload, "operator"),
            change(RollChangeKind::Import, "gone"),
            change(RollChangeKind::Erasure, OTHER),
            change(RollChangeKind::Export, OTHER),
        ],
        next_page_token: String::new(),
    });
    site.get(&roll_path())
        .await
        .is(200)
        .shows(&[
            "Correction : Quartier",
            "Bilal",
            "Ajoutés : 1 200",
            "Exploitant",
            "Ancien membre de l’équipe",
            "Données d’un membre effacées",
            "Copie de la liste téléchargée",
        ])
        .hides(&["membre-7"]);
    let site = office(&[Role::BudgetOfficer]).await;
    site.get(&roll_path()).await.is(200).hides(&["Historique", "Charger un fichier", "Chercher un membre"]);
}

#[tokio::test]
async fn a_member_is_found_by_number_or_address_and_no_address_of_a_page_names_them() {
    let site = with_member().await;
    let path = format!("{}/members", roll_path());
    site.get(&path).await.is(200).shows(&["method=\"post\""]);
    site.post(&path, &[("text", " ")]).await.is(422).shows(&["href=\"#text\""]);
    site.post(&path, &[("text", "x@y.example")])
        .await
        .is(200)
        .shows(&["Personne n’a été trouvé", "value=\"x@y.example\""]);
    let page = site.post(&path, &[("text", "0007")]).await;
    page.is(200).shows(&["1 personne trouvée", "amelie@ville.example", "Corriger", "Remplacer le code"]);
    assert!(!page.text.contains("/0007"), "{}", page.text);
    for verb in ["change", "erase", "replace"] {
        let page = site.get(&format!("{path}/{verb}")).await;
        assert_eq!(page.header("location"), path);
        site.post(&format!("{path}/{verb}"), &[]).await.is(400);
        site.post(&format!("{path}/{verb}"), &[("number", "0008")]).await.is(404);
    }
}

#[tokio::test]
async fn a_member_is_corrected() {
    let site = with_member().await;
    let path = format!("{}/members/change", roll_path());
    site.post(&path, &[("number", "0007")]).await.is(200).shows(&["Les Quais", "value=\"1980-02-28\""]);
    let typed = [
        ("number", "0007"),
        ("step", "save"),
        ("district", "centre"),
        ("birth_date", "2080-01-01"),
        ("email", "new@ville.example"),
    ];
    site.double.on(|_: &UpdateMemberRequest| {
        Err::<UpdateMemberResponse, _>(
            ApiError::invalid_field("member.birth_date", "must be in the past").into(),
        )
    });
    site.post(&path, &typed).await.is(422).shows(&[
        "href=\"#birth_date\"",
        "value=\"2080-01-01\"",
        "new@ville.example",
    ]);
    site.double.on(|_: &UpdateMemberRequest| {
        let open = ApiError::precondition(Reason::OpenPollAffected, "open");
        Err::<UpdateMemberResponse, _>(open.into())
    });
    site.post(&path, &typed).await.shows(&["Un vote est ouvert avec cette liste"]);
    site.double
        .give::<UpdateMemberRequest, _>(UpdateMemberResponse { address_held: true, ..Default::default() });
    let page = site.post(&path, &typed).await;
    assert_eq!(page.header("location"), format!("{}?done=held", roll_path()));
    let (request, _) = site.double.calls::<UpdateMemberRequest>().pop().unwrap();
    assert_eq!(request.update_mask.unwrap().paths, ["district", "birth_date", "email"]);
}

#[tokio::test]
async fn a_member_is_erased_after_a_question() {
    let site = with_member().await;
    site.double.give::<EraseMemberRequest, _>(EraseMemberResponse {});
    let path = format!("{}/members/erase", roll_path());
    site.post(&path, &[("number", "0007")])
        .await
        .is(200)
        .shows(&["Effacer les données du membre 0007", "ne peut pas être annulé"]);
    site.post(&path, &[("number", "0007"), ("step", "do")]).await.is(422);
    assert!(site.double.calls::<EraseMemberRequest>().is_empty());
    site.post(&path, &[("number", "0007"), ("step", "do"), ("sure", "yes")]).await.is(303);
    assert_eq!(site.double.calls::<EraseMemberRequest>().len(), 1);
}

fn replacement(by: &str) -> AccessCodeReplacement {
    AccessCodeReplacement {
        replacement_id: REPLACEMENT.into(),
        roll_id: ROLL.into(),
        member_number: "0007".into(),
        requested_by: by.into(),
        request_time: Some(timestamp(now())),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::days(7))),
        ..AccessCodeReplacement::default()
    }
}

#[tokio::test]
async fn two_people_replace_a_code() {
    let site = with_member().await;
    site.double.give::<ReplaceAccessCodeRequest, _>(ReplaceAccessCodeResponse::default());
    let path = format!("{}/members/replace", roll_path());
    let asked = site.post(&path, &[("number", "0007")]).await;
    asked.is(200).shows(&["deuxième administrateur"]);
    let id = asked.hidden("request_id");
    site.post(&path, &[("number", "0007"), ("step", "do"), ("sure", "yes"), ("request_id", &id)])
        .await
        .is(303);
    assert_eq!(site.double.calls::<ReplaceAccessCodeRequest>()[0].0.request_id, id);

    // Who asked is not offered to approve.
    let list = |by: &str| ListAccessCodeReplacementsResponse {
        replacements: vec![replacement(by)],
        next_page_token: String::new(),
    };
    site.double.give::<ListAccessCodeReplacementsRequest, _>(list(ME));
    let page = site.get("/fr/office/rolls/replacements").await;
    page.is(200).shows(&["Attend une deuxième personne", "Amélie"]).hides(&["Examiner"]);
    site.double.give::<ListAccessCodeReplacementsRequest, _>(list(OTHER));
    site.get("/fr/office").await.shows(&["1 code à remplacer attend votre accord"]);
    site.get("/fr/office/rolls/replacements").await.shows(&["Examiner", "Bilal"]);

    let path = format!("/fr/office/rolls/replacements/{REPLACEMENT}");
    let asked = site.get(&path).await;
    asked.is(200).shows(&["Bilal l’a demandé", "une seule fois"]);
    let id = asked.hidden("request_id");
    site.double.on(|_: &ApproveAccessCodeReplacementRequest| {
        let error = ApiError::new(ErrorCode::PermissionDenied, Reason::SecondPersonRequired, "another");
        Err::<ApproveAccessCodeReplacementResponse, _>(error.into())
    });
    site.post(&path, &[("sure", "yes")]).await.is(409).shows(&["Quelqu’un d’autre doit l’approuver"]);
    let access_code =
        Some(AccessCode { member_number: "0007".into(), access_code: "4F7K-9QXR-2MTB-8VWC".into() });
    site.double
        .give::<ApproveAccessCodeReplacementRequest, _>(ApproveAccessCodeReplacementResponse { access_code });
    let page = site.post(&path, &[("sure", "yes"), ("request_id", &id)]).await;
    page.is(200).shows(&["4F7K-9QXR-2MTB-8VWC", "il ne peut plus être lu"]);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(site.double.calls::<ApproveAccessCodeReplacementRequest>().pop().unwrap().0.request_id, id);
}

#[tokio::test]
async fn codes_are_made_once_and_come_as_a_file() {
    let site = administrator().await;
    site.double.on(|request: &GenerateAccessCodesRequest| {
        let code = |number: i32| AccessCode {
            member_number: format!("000{number}"),
            access_code: "4F7K-9QXR-2MTB-8VWC".into(),
        };
        assert!(!request.request_id.is_empty());
        Ok(GenerateAccessCodesResponse { access_codes: vec![code(1), code(2)], remaining: 0 })
    });
    let path = format!("{}/codes", roll_path());
    let asked = site.get(&path).await;
    asked.is(200).shows(&["1 200 membres reçoivent un code", "que cette fois"]);
    let id = asked.hidden("request_id");
    site.post(&path, &[("request_id", &id)]).await.is(422);
    assert!(site.double.calls::<GenerateAccessCodesRequest>().is_empty());
    let page = site.post(&path, &[("request_id", &id), ("sure", "yes")]).await;
    page.is(200).shows(&["2 codes sont créés", "4F7K-9QXR-2MTB-8VWC", "publipostage"]);
    assert_eq!(page.hidden("request_id"), id);
    let file = site.post(&format!("{path}/file"), &[("request_id", &id)]).await;
    file.is(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.header("content-disposition").contains("-codes.csv"));
    assert!(file.text.contains("\"0001\";\"4F7K-9QXR-2MTB-8VWC\"\r\n"), "{}", file.text);
    let calls = site.double.calls::<GenerateAccessCodesRequest>();
    assert_eq!(calls[0].0.request_id, calls[1].0.request_id);
    site.post(&format!("{path}/file"), &[("request_id", "x")]).await.is(400);

    site.double.give::<GetRollRequest, _>(GetRollResponse { roll: Some(roll(5, 5)) });
    site.get(&path).await.is(200).shows(&["Tous les membres ont un code"]);
}
