//! Rolls that are large, used by several at once, or called again.

use std::fmt::Write;

use comitia_identity::app::{changes, imports, permits, personal_data, retention, rolls};
use comitia_identity::error::Error;
use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_proto::identity::v1::{
    AccessCode, CreateRollRequest, GenerateAccessCodesRequest, ImportMembersRequest, RollChangeKind,
};

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
    let (operator, request) = (world.operator(), GenerateAccessCodesRequest::default());
    let (mut codes, mut calls) = (std::collections::HashMap::new(), 0);
    loop {
        let answer =
            rolls::generate_access_codes(&world.app, world.organization, &operator, roll, 10_000, &request)
                .await
                .unwrap();
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
    let operator = world.operator();
    let create =
        CreateRollRequest { title: "Residents".into(), request_id: comitia_core::id::new().to_string() };
    let first = rolls::create(&world.app, world.organization, &operator, &create).await.unwrap();
    assert_eq!(rolls::create(&world.app, world.organization, &operator, &create).await.unwrap(), first);
    let other = CreateRollRequest { title: "Others".into(), ..create };
    let reused = rolls::create(&world.app, world.organization, &operator, &other).await.unwrap_err();
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
        imports::import(&world.app, world.organization, &operator, roll, &import),
        imports::import(&world.app, world.organization, &operator, roll, &import)
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
    assert!(matches!(&refused, Error::Csv(bad, _) if bad.len() == 3), "{refused:?}");
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
async fn codes_whose_answer_was_lost_are_given_again_for_a_day() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n2\n3\n", false).await.unwrap();
    let admin = world.database.admin_pool().unwrap();
    let operator = world.operator();
    let generate = async |limit, request_id: &str| {
        let request = GenerateAccessCodesRequest {
            roll_id: roll.to_string(),
            page_size: i32::try_from(limit).unwrap(),
            request_id: request_id.into(),
            ..GenerateAccessCodesRequest::default()
        };
        rolls::generate_access_codes(&world.app, world.organization, &operator, roll, limit, &request).await
    };
    let request_id = comitia_core::id::new().to_string();
    let first = generate(2, &request_id).await.unwrap();
    assert_eq!((first.access_codes.len(), first.remaining), (2, 1));
    assert_eq!(generate(2, &request_id).await.unwrap(), first, "the answer was lost and is asked for again");
    let reused = generate(1, &request_id).await.unwrap_err();
    assert_eq!(ApiError::from(reused).reason_name(), "REQUEST_ID_REUSED");
    let AccessCode { member_number, access_code } = &first.access_codes[0];
    world.sign_in(member_number, access_code).await.unwrap();

    // Sealed, and for a day.
    let kept = "SELECT encode(response, 'escape') FROM identity.requests WHERE method LIKE '%Codes'";
    let kept: Vec<String> = sqlx::query_scalar(kept).fetch_all(&admin).await.unwrap();
    assert!(kept.len() == 1 && !kept[0].contains(access_code.as_str()), "{kept:?}");
    let age = async |hours: i32| {
        let older = "UPDATE identity.requests SET create_time = now() - make_interval(hours => $1)";
        sqlx::query(older).bind(hours).execute(&admin).await.unwrap();
        retention::run(&world.app).await.unwrap();
        let count = "SELECT count(*) FROM identity.requests WHERE method LIKE '%Codes'";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&admin).await.unwrap()
    };
    assert_eq!((age(24).await, age(26).await), (1, 0));
}

#[tokio::test]
async fn a_request_id_is_its_callers_own() {
    let world = World::new().await;
    let request_id = comitia_core::id::new().to_string();
    let mut made = Vec::new();
    for (subject, title) in [("ada", "Residents"), ("bob", "Others"), ("bob", "Others"), ("ada", "Residents")]
    {
        let caller = Caller { subject: subject.into(), ..world.officer() };
        let request = CreateRollRequest { title: title.into(), request_id: request_id.clone() };
        made.push(rolls::create(&world.app, world.organization, &caller, &request).await.unwrap());
    }
    assert_ne!(made[0], made[1], "another caller's answer");
    assert_eq!((&made[0], &made[1]), (&made[3], &made[2]), "the same caller again");
}

#[tokio::test]
async fn a_file_is_read_as_it_is_and_every_line_is_accounted_for() {
    let world = World::new().await;
    let roll = world.roll().await;
    let import = async |file: &[u8], encoding: &str, partial| {
        let request = ImportMembersRequest {
            file: file.to_vec(),
            encoding: encoding.into(),
            partial,
            ..Default::default()
        };
        imports::import(&world.app, world.organization, &world.operator(), roll, &request).await
    };
    let latin = b"member_number,district\r\nn\xba1001,north\r\nn\xba1002,south\r\n";
    for partial in [false, true] {
        let Err(Error::Csv(refused, _)) = import(latin, "", partial).await else {
            panic!("a guess was made")
        };
        assert_eq!((refused.len(), refused[0].line, refused[0].column), (1, 2, "encoding"));
    }
    for (file, encoding, field) in [(&latin[..], "latin-what", "encoding"), (b"", "utf-8", "encoding")] {
        let refused = ApiError::from(import(file, encoding, false).await.unwrap_err());
        assert_eq!(refused.violations[0].field, field);
    }
    assert_eq!(import(latin, "windows-1252", false).await.unwrap().imported_count, 2);
    let wide: Vec<u8> = "member_number\n2001\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(import(&wide, "", false).await.unwrap().imported_count, 1);

    let mut open = b"member_number,district\n".to_vec();
    for number in 1..=10 {
        let quote = if number == 4 { "\"" } else { "" };
        open.extend(format!("{number},{quote}north\n").into_bytes());
    }
    open.extend(b"2001,north\n");
    let answer = import(&open, "", true).await.unwrap();
    assert_eq!((answer.line_count, answer.imported_count, answer.rejected_count), (11, 9, 2));
    let bad: Vec<_> = answer.bad_lines.iter().map(|bad| (bad.line, bad.column.as_str())).collect();
    assert_eq!(bad, [(5, "line"), (12, "member_number")]);

    let both = ImportMembersRequest { file: wide, csv: "member_number\n3\n".into(), ..Default::default() };
    let both = imports::import(&world.app, world.organization, &world.operator(), roll, &both).await;
    assert_eq!(ApiError::from(both.unwrap_err()).violations[0].field, "file");
    let nothing = world.import(roll, "", true).await;
    assert!(matches!(&nothing, Err(Error::Csv(bad, _)) if bad[0].column == "header"), "{nothing:?}");
}

#[tokio::test]
async fn a_number_is_the_same_however_it_is_typed() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number\n\u{200b}1001\n=\"007\"\n12345678Z\n";
    let answer = world.import(roll, csv, false).await.unwrap();
    let noticed: Vec<_> = answer.notices.iter().map(|notice| notice.line).collect();
    assert_eq!((answer.imported_count, answer.notice_count, noticed), (3, 2, vec![2, 3]));
    let codes = world.codes(roll).await;
    let numbers: Vec<_> = codes.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!(numbers, ["007", "1001", "12345678Z"], "letters have what can be typed");
    for (index, typed) in
        [(0, "007"), (1, "1001"), (1, "１００１\u{a0}"), (2, "12345678z"), (2, "12345678 Z\u{200f}")]
    {
        let wide: String =
            codes[index].1.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        world.sign_in(typed, &wide).await.unwrap();
    }
    let again = world.import(roll, "member_number\n12345678z\n'1001\n", true).await.unwrap();
    assert_eq!((again.imported_count, again.rejected_count, again.notice_count), (0, 2, 0));
}

/// Earlier releases kept the look-up of a number as it was written, and nullifiers are made of it.
#[tokio::test]
async fn members_of_earlier_releases_stay_the_same_voters() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    world.import(roll, "member_number\n12345678Z\n", false).await.unwrap();
    let earlier = &world.app.lookup.member_numbers(world.organization, "12345678Z")[0];
    assert_ne!(*earlier, world.app.lookup.member_number(world.organization, "12345678Z"));
    let set = "UPDATE identity.members SET member_number_lookup = $1";
    sqlx::query(set).bind(earlier).execute(&admin).await.unwrap();
    let code = world.codes(roll).await[0].1.clone();
    let poll = world.poll(roll, &[], 0).await;
    let session = world.sign_in("12345678Z", &code).await.unwrap();
    let nullifier = world.nullifier(&session, poll).await.unwrap();
    let session = world.sign_in("12345678z ", &code).await.unwrap();
    assert_eq!(world.nullifier(&session, poll).await.unwrap(), nullifier);
    let paper = permits::issue_paper(
        &world.app,
        world.organization,
        &world.officer(),
        poll,
        &["12345678z".to_owned()],
    )
    .await
    .unwrap();
    let claims = comitia_identity::verifier(&world.app).permit(&paper[0].permit).await.unwrap();
    assert_eq!(claims.nul, nullifier, "on paper, too");
    assert!(world.import(roll, "member_number\n12345678z\n", false).await.is_err(), "is in the roll already");

    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "12345678z").await.unwrap();
    world.import(roll, "member_number\n12345678z\n", false).await.unwrap();
    assert_eq!(world.codes(roll).await, [], "who was erased and is added again waits for two people");
    let kept: Vec<u8> = sqlx::query_scalar("SELECT member_number_lookup FROM identity.members")
        .fetch_one(&admin)
        .await
        .unwrap();
    assert_eq!(kept, *earlier);
}

#[tokio::test]
async fn codes_are_made_for_those_who_are_named_and_noted() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\nA-1\nA-2\nA-3\n", false).await.unwrap();
    let operator = world.operator();
    let generate = async |numbers: &[&str], validate_only| {
        let request = GenerateAccessCodesRequest {
            roll_id: roll.to_string(),
            member_numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
            validate_only,
            ..GenerateAccessCodesRequest::default()
        };
        rolls::generate_access_codes(&world.app, world.organization, &operator, roll, 1, &request)
            .await
            .unwrap()
    };
    let named = |answer: &comitia_proto::identity::v1::GenerateAccessCodesResponse| {
        answer.access_codes.iter().map(|code| code.member_number.clone()).collect::<Vec<_>>()
    };
    // In the order of the question, under the numbers of the question, each once.
    let asked = ["a-2", "A-1", "A-2", "B-9"];
    let shown = generate(&asked, true).await;
    assert_eq!((named(&shown), shown.remaining), (vec!["a-2".to_owned(), "A-1".to_owned()], 3));
    assert!(shown.access_codes.iter().all(|code| code.access_code.is_empty()));
    let made = generate(&asked, false).await;
    assert_eq!((named(&made), made.remaining), (vec!["a-2".to_owned(), "A-1".to_owned()], 1));
    world.sign_in("A-2", &made.access_codes[0].access_code).await.unwrap();
    world.sign_in("A-1", &made.access_codes[1].access_code).await.unwrap();
    assert!(generate(&asked, false).await.access_codes.is_empty(), "a second letter needs two people");

    let changes = changes::list(&world.app, world.organization, roll, 10, "").await.unwrap().changes;
    let codes: Vec<_> =
        changes.iter().filter(|change| change.kind() == RollChangeKind::AccessCodes).collect();
    assert_eq!(codes.len(), 1, "neither what was shown nor what made no code is noted");
    assert_eq!((codes[0].added_count, codes[0].member_number.as_str()), (2, ""));
}
