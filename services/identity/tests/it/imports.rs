//! Large files: read block by block, and imported as a whole or not at all.

use std::fmt::Write;

use bytes::Bytes;
use comitia_identity::app::{imports, rolls};
use comitia_identity::error::Error;
use comitia_platform::ApiError;
use comitia_proto::identity::v1::{ImportMembersRequest, ImportMembersResponse, UploadMembersRequest};
use futures_util::stream;
use uuid::Uuid;

use crate::served::{Served, refused};
use crate::world::World;

/// More lines than two blocks have.
const LINES: usize = 25_000;

fn file(lines: usize) -> String {
    let mut file = "member_number,district,birth_date,email\n".to_owned();
    for line in 0..lines {
        writeln!(file, "R-{line:07},north,1980-02-{:02},voter{line}@example.org", 1 + line % 28).unwrap();
    }
    file
}

async fn upload(
    world: &World,
    roll: Uuid,
    (request_id, partial): (&str, bool),
    file: &str,
    breaks_off: bool,
) -> Result<ImportMembersResponse, Error> {
    let head = ImportMembersRequest {
        roll_id: roll.to_string(),
        request_id: request_id.into(),
        partial,
        ..Default::default()
    };
    let mut pieces: Vec<_> =
        file.as_bytes().chunks(10_007).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    if breaks_off {
        pieces.push(Err(Error::FileIncomplete));
    }
    let (organization, caller) = (world.organization, world.operator());
    imports::upload(&world.app, organization, &caller, roll, &head, stream::iter(pieces)).await
}

async fn members(world: &World, roll: Uuid) -> i64 {
    rolls::get(&world.app, world.organization, roll).await.unwrap().member_count
}

async fn noted_lines(world: &World) -> i64 {
    let admin = world.database.admin_pool().unwrap();
    sqlx::query_scalar("SELECT count(*) FROM identity.import_lines").fetch_one(&admin).await.unwrap()
}

#[tokio::test]
async fn lines_far_apart_are_compared_as_those_beside_each_other() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\nr-0000003 ,old@example.org\n", false).await.unwrap();
    let mut csv = file(LINES);
    csv.push_str(
        "r-0000000,,,\nN1,,,VOTER7@example.org\nN2,,,old@example.org\nR-0000003,,,\nN3,,1980-13-01,\n",
    );
    let last = LINES as i64 + 1;
    let bad = |lines: &[(i64, &str)]| -> Vec<_> {
        lines.iter().map(|(line, rule)| (*line, (*rule).to_owned())).collect()
    };
    let expected = bad(&[
        (5, "must not be in the roll already"),
        (last + 1, "must be on one line only, and is on line 2"),
        (last + 4, "must be on one line only, and is on line 5"),
        (last + 5, "must be a date, YYYY-MM-DD or DD/MM/YYYY"),
    ]);
    let Err(Error::Csv(refused, 4)) = upload(&world, roll, ("", false), &csv, false).await else {
        panic!("a bad line was imported")
    };
    let refused: Vec<_> =
        refused.iter().map(|bad| (bad.line as i64, bad.text.clone().into_owned())).collect();
    assert_eq!(refused, expected);
    assert_eq!((members(&world, roll).await, noted_lines(&world).await), (1, 0));

    let answer = upload(&world, roll, ("", true), &csv, false).await.unwrap();
    assert_eq!((answer.line_count, answer.rejected_count), (LINES as i64 + 5, 4));
    assert_eq!(answer.imported_count, answer.line_count - answer.rejected_count);
    let refused: Vec<_> = answer.bad_lines.into_iter().map(|bad| (bad.line, bad.rule)).collect();
    assert_eq!(refused, expected);
    // Line 9 and the last but three share an address; the last but two has that of a member.
    let noticed: Vec<_> = answer.notices.iter().map(|notice| notice.line).collect();
    assert_eq!((answer.notice_count, noticed), (3, vec![9, last + 2, last + 3]));
    assert!(answer.notices[0].notice.contains(&format!("line {}", last + 2)), "{:?}", answer.notices);
    assert!(answer.notices[1].notice.contains("line 9"), "{:?}", answer.notices);
    assert!(answer.notices[2].notice.contains("a member of the roll"), "{:?}", answer.notices);
    assert_eq!(members(&world, roll).await, 1 + answer.imported_count);
    assert_eq!(noted_lines(&world).await, 0, "nothing is left of the import");
}

#[tokio::test]
async fn a_file_that_breaks_off_is_not_imported_and_one_that_is_repeated_is_once() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = file(LINES);
    let id = comitia_core::id::new().to_string();
    for partial in [false, true] {
        let broken = upload(&world, roll, (&id, partial), &csv, true).await;
        assert!(matches!(broken, Err(Error::FileIncomplete)), "{broken:?}");
        assert_eq!((members(&world, roll).await, noted_lines(&world).await), (0, 0));
    }
    // As autovacuum finds the tables between two imports: empty.
    let admin = world.database.admin_pool().unwrap();
    sqlx::raw_sql("VACUUM (ANALYZE) identity.import_lines, identity.members").execute(&admin).await.unwrap();
    let (one, other) = tokio::join!(
        upload(&world, roll, (&id, false), &csv, false),
        upload(&world, roll, (&id, false), &csv, false)
    );
    let one = one.unwrap();
    assert_eq!(one, other.unwrap());
    assert_eq!(one, upload(&world, roll, (&id, false), &csv, false).await.unwrap());
    assert_eq!((one.imported_count, members(&world, roll).await), (LINES as i64, LINES as i64));
    for (partial, csv) in [(true, csv.as_str()), (false, "member_number\n1\n")] {
        let reused = upload(&world, roll, (&id, partial), csv, false).await.unwrap_err();
        assert_eq!(ApiError::from(reused).reason_name(), "REQUEST_ID_REUSED");
    }
}

#[tokio::test]
async fn bad_lines_beyond_the_named_ones_are_counted() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = format!("member_number,birth_date\n{}", "7,secret\n".repeat(LINES));
    let answer = upload(&world, roll, ("", true), &csv, false).await.unwrap();
    assert_eq!((answer.line_count, answer.rejected_count), (LINES as i64, LINES as i64));
    assert_eq!((answer.imported_count, answer.bad_lines.len()), (0, 1_000));
    let refused = ApiError::from(upload(&world, roll, ("", false), &csv, false).await.unwrap_err());
    assert!(refused.message.starts_with(&format!("{LINES} lines")), "{}", refused.message);
}

#[tokio::test]
async fn only_the_mark_is_the_end_of_an_upload() {
    let served = Served::new().await;
    let roll = served.roll("member_number\n1\n").await;
    let import = ImportMembersRequest { roll_id: roll.clone(), ..Default::default() };
    let head = UploadMembersRequest { import: Some(import.clone()), ..Default::default() };
    let piece =
        |file: &str, complete| UploadMembersRequest { file: file.into(), complete, ..Default::default() };
    let send = async |messages: Vec<UploadMembersRequest>| {
        served.rolls().upload_members(served.to(&served.staff, stream::iter(messages))).await
    };
    let half = piece("member_number\n2\n3\n", false);
    let broken = refused(send(vec![head.clone(), half.clone()]).await);
    assert_eq!(broken.reason_name(), "FILE_INCOMPLETE");
    let nothing = refused(send(vec![half.clone()]).await);
    assert_eq!(nothing.violations[0].field, "import");
    let beside = ImportMembersRequest { csv: "member_number\n4\n".into(), ..import };
    let beside = UploadMembersRequest { import: Some(beside), ..Default::default() };
    let beside = refused(send(vec![beside, piece("", true)]).await);
    assert_eq!(beside.violations[0].field, "import.file");
    let answer = send(vec![head, half, piece("5\n", false), piece("", true)]).await.unwrap().into_inner();
    assert_eq!(answer.import.unwrap().imported_count, 3);
}
