//! Participation by area and age, and what happened with a roll.

use comitia_platform::ApiError;
use comitia_proto::budgets::v1::{BudgetState, GetBudgetOfPollRequest, GetBudgetOfPollResponse};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;

use super::{administrator, office, roll_path};
use crate::city::{self, POLL, furnish};

fn participation(closed: bool) -> GetParticipationResponse {
    let signed_in = |count| if closed { count } else { 0 };
    let age = |from_age, to_age, elector_count, sign_ins| AgeParticipation {
        from_age,
        to_age,
        with_unknown: to_age.is_none(),
        elector_count,
        sign_in_count: signed_in(sign_ins),
    };
    let area = |district: &str, elector_count, sign_ins| AreaParticipation {
        district: district.into(),
        elector_count,
        sign_in_count: signed_in(sign_ins),
    };
    GetParticipationResponse {
        elector_count: 1_200,
        sign_in_count: signed_in(300),
        areas: vec![area("north", 1_000, 250), area("*", 200, 50)],
        ages: vec![age(Some(0), Some(24), 400, 40), age(Some(25), None, 800, 260)],
        smallest_group: 5,
        closed,
    }
}

#[tokio::test]
async fn participation_is_shown_in_groups_and_as_a_file() {
    let site = office(&[Role::Auditor]).await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.double.give::<GetParticipationRequest, _>(participation(true));
    let path = format!("/fr/office/votes/{POLL}/participation");
    let page = site.get(&path).await;
    page.is(200).shows(&[
        "personnes se sont connectées",
        "moins de 25 ans",
        "25 ans et plus, et âge inconnu",
        "Quartier Nord",
        "Plusieurs petits",
        "10 %",
        "32,5 %",
        "Se connecter n’est pas voter",
    ]);
    // Ballots are those that everybody sees.
    let asked = site.double.calls::<GetTurnoutRequest>();
    assert!(asked.iter().all(|(_, headers)| !headers.contains_key("authorization")));
    let file = site.get(&format!("{path}.csv")).await;
    file.is(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    for line in ["Âge;moins de 25\u{a0}ans;400;40\r\n", ";Quartier Nord;1000;250\r\n"] {
        assert!(file.text.contains(line), "{line} is not in {}", file.text);
    }
}

#[tokio::test]
async fn sign_ins_are_not_shown_before_the_close() {
    let site = office(&[Role::BudgetOfficer]).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.double.give::<GetParticipationRequest, _>(participation(false));
    let path = format!("/fr/office/votes/{POLL}/participation");
    let page = site.get(&path).await;
    page.is(200).shows(&["Les connexions seront données à la clôture du vote", "1 200", "400"]);
    page.hides(&["Se sont connectées", "0 %"]);
    assert!(!site.get(&format!("{path}.csv")).await.text.contains("Se sont connectées"));
    let budget = Some(city::budget(BudgetState::Frozen));
    site.double.give::<GetBudgetOfPollRequest, _>(GetBudgetOfPollResponse { budget });
    site.get(&format!("/fr/office/votes/{POLL}")).await.is(200).shows(&["/participation\""]);
}

#[tokio::test]
async fn a_roll_says_how_many_letters_and_sign_ins_there_were() {
    let site = administrator().await;
    site.double.give::<GetRollFiguresRequest, _>(GetRollFiguresResponse {
        access_code_count: 1_200,
        batch_count: 3,
        access_code_sign_in_count: 310,
        email_sign_in_count: 12,
        returned_count: 7,
        returned: vec![ReturnedLetters { district: "quais".into(), letter_count: 7 }],
        days: vec![RollDay {
            day: "2026-06-01".into(),
            access_code_sign_in_count: 310,
            returned_count: 7,
            ..RollDay::default()
        }],
    });
    site.get(&roll_path()).await.is(200).shows(&[
        "codes faits, en 3 lots",
        "310",
        "Connexions par lettre",
        "1er juin 2026",
        "Les Quais",
        "rien n’est gardé sur une personne",
    ]);
}

#[tokio::test]
async fn returned_letters_are_noted_and_unknown_numbers_come_back() {
    let site = administrator().await;
    let path = format!("{}/returned", roll_path());
    site.get(&path).await.is(200).shows(&["Noter des lettres revenues", "Les Quais"]);
    site.post(&path, &[("numbers", " "), ("count", "")]).await.is(422).shows(&["href=\"#numbers\""]);
    site.post(&path, &[("numbers", ""), ("count", "-1")]).await.is(422).shows(&["href=\"#count\""]);
    site.post(&path, &[("count", "2"), ("district", "gone")]).await.is(422).shows(&["href=\"#district\""]);
    site.double.on(|request: &RecordReturnedLettersRequest| match request.member_numbers.len() {
        3 => Ok(RecordReturnedLettersResponse { recorded_count: 2, unknown_lines: vec![2] }),
        1 => Err(ApiError::invalid_field("member_numbers", "must have 1 to 64 characters each").into()),
        _ => Ok(RecordReturnedLettersResponse { recorded_count: 5, unknown_lines: Vec::new() }),
    });
    let page = site.post(&path, &[("numbers", "0001\r\n9999\n\n0002")]).await;
    page.is(422).shows(&["Ce numéro n’est pas dans la liste", "9999"]).hides(&["0001"]);
    site.post(&path, &[("numbers", "x")]).await.is(422).shows(&["de 1 à 64"]);
    let page = site.post(&path, &[("count", "5"), ("district", "quais")]).await;
    assert_eq!(page.header("location"), format!("{}?done=returned", roll_path()));
    let calls = site.double.calls::<RecordReturnedLettersRequest>();
    let (last, _) = calls.last().unwrap();
    assert_eq!((last.letter_count, last.district.as_str()), (5, "quais"));
    let site = office(&[Role::Auditor]).await;
    site.get(&path).await.is(403);
}
