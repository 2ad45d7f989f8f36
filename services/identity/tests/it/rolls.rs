//! Rolls that are large, used by several at once, or called again.

use std::fmt::Write;
use std::time::Duration;

use chrono::TimeDelta;
use comitia_identity::app::{rolls, sessions};
use comitia_identity::error::Error;
use comitia_platform::ApiError;
use comitia_proto::identity::v1::{CreateRollRequest, ImportMembersRequest};

use crate::world::World;

#[tokio::test]
async fn a_whole_city_is_imported_and_gets_its_codes() {
    let world = World::new().await;
    let roll = world.roll().await;
    let mut csv = "member_number;district;birth_date;email\n".to_owned();
    for number in 0..12_345 {
        writeln!(csv, "{number};D{};1980-02-29;p{number}@example.org", number % 7).unwrap();
    }
    assert_eq!(world.import(roll, &csv, false).await.unwrap().imported_count, 12_345);
    let (mut codes, mut calls) = (std::collections::HashMap::new(), 0);
    loop {
        let answer =
            rolls::generate_access_codes(&world.app, world.organization, roll, 10_000).await.unwrap();
        calls += 1;
        codes.extend(answer.access_codes.into_iter().map(|code| (code.member_number, code.access_code)));
        if answer.remaining == 0 {
            break;
        }
    }
    assert_eq!((calls, codes.len()), (2, 12_345));
    let roll = rolls::get(&world.app, world.organization, roll).await.unwrap();
    assert_eq!((roll.member_count, roll.access_code_count), (12_345, 12_345));
    world.sign_in("12344", &codes["12344"]).await.unwrap();
}

#[tokio::test]
async fn bad_lines_are_named_up_to_a_hundred_and_counted() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = format!("member_number,birth_date\n{}", "7,secret\n".repeat(150));
    let Err(error) = world.import(roll, &csv, false).await else { panic!("imported") };
    let answer = ApiError::from(error);
    assert_eq!((answer.reason_name(), answer.violations.len()), ("CSV_INVALID", 100));
    assert!(answer.message.starts_with("150 lines"), "{}", answer.message);
    assert!(!format!("{answer:?}").contains("secret"), "the data was shown");
    let partial = world.import(roll, &csv, true).await.unwrap();
    assert_eq!((partial.imported_count, partial.bad_lines.len()), (0, 150));
}

#[tokio::test]
async fn the_same_request_again_has_its_effect_once() {
    let world = World::new().await;
    let create =
        CreateRollRequest { title: "Residents".into(), request_id: comitia_core::id::new().to_string() };
    let first = rolls::create(&world.app, world.organization, &create).await.unwrap();
    assert_eq!(rolls::create(&world.app, world.organization, &create).await.unwrap(), first);
    let other = CreateRollRequest { title: "Others".into(), ..create };
    let reused = rolls::create(&world.app, world.organization, &other).await.unwrap_err();
    assert_eq!(ApiError::from(reused).reason_name(), "REQUEST_ID_REUSED");

    let roll_id = first.roll.unwrap().roll_id;
    let import = ImportMembersRequest {
        roll_id: roll_id.clone(),
        csv: "member_number\n1\n2\n".into(),
        request_id: comitia_core::id::new().to_string(),
        ..Default::default()
    };
    let roll = roll_id.parse().unwrap();
    let (a, b) = tokio::join!(
        rolls::import(&world.app, world.organization, roll, &import),
        rolls::import(&world.app, world.organization, roll, &import)
    );
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(rolls::get(&world.app, world.organization, roll).await.unwrap().member_count, 2);
}

#[tokio::test]
async fn two_imports_at_once_cannot_both_add_a_member() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number\n1\n2\n3\n";
    let (a, b) = tokio::join!(world.import(roll, csv, false), world.import(roll, csv, false));
    let refused = match (a, b) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => panic!("{both:?}"),
    };
    assert!(matches!(&refused, Error::Csv(bad) if bad.len() == 3), "{refused:?}");
}

#[tokio::test]
async fn rolls_are_listed_newest_first_page_by_page() {
    let world = World::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, world.roll().await.to_string());
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = rolls::list(&world.app, world.organization, 2, &token).await.unwrap();
        found.extend(page.rolls.into_iter().map(|roll| roll.roll_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, made);
}

#[tokio::test]
async fn a_replaced_code_ends_the_old_one_and_its_sessions() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let old = world.codes(roll).await[0].1.clone();
    let session = world.sign_in("1", &old).await.unwrap();
    let new = rolls::replace_access_code(&world.app, world.organization, roll, "1").await.unwrap();
    assert!(matches!(world.sign_in("1", &old).await, Err(Error::CredentialsInvalid)));
    let refresh = sessions::refresh(&world.app, world.organization, &session.refresh_token).await;
    assert!(matches!(refresh, Err(Error::CredentialsInvalid)), "{refresh:?}");
    world.sign_in("1", &new.access_code).await.unwrap();
    let unknown = rolls::replace_access_code(&world.app, world.organization, roll, "2").await;
    assert!(matches!(unknown, Err(Error::MemberUnknown)), "{unknown:?}");
}

#[tokio::test]
async fn a_blocked_member_is_told_when_to_try_again() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n2\n", false).await.unwrap();
    let codes = world.codes(roll).await;
    for _ in 0..3 {
        assert!(matches!(world.sign_in("1", &codes[1].1).await, Err(Error::CredentialsInvalid)));
    }
    let Err(Error::TooManyAttempts(wait)) = world.sign_in("1", &codes[0].1).await else { panic!("let in") };
    assert!(wait > Duration::from_secs(60) && wait <= Duration::from_secs(300), "{wait:?}");
    world.clock.advance(TimeDelta::from_std(wait).unwrap());
    world.sign_in("1", &codes[0].1).await.unwrap();
}
