//! What the pages of the team ask for: who one is, one member of a roll, a file before it is loaded.

use comitia_identity::app::{reload, search, staff};
use comitia_identity::error::Error;
use comitia_proto::identity::v1::ReloadMembersRequest;
use uuid::Uuid;

use crate::world::World;

const CSV: &str = "member_number;district;birth_date;email\n0001;north;1980-02-28;Ada@Example.org\n\
                   0002;south;;ada@example.org\n0003;;;\n";

async fn numbers(world: &World, roll: Uuid, text: &str) -> Vec<String> {
    let found = search::find(&world.app, world.organization, roll, text).await.unwrap();
    let members = found.members.into_iter().filter_map(|found| found.member);
    let mut numbers: Vec<_> = members.map(|member| member.member_number).collect();
    numbers.sort();
    numbers
}

#[tokio::test]
async fn an_officer_learns_who_they_are() {
    let world = World::new().await;
    let (id, caller) = world.administrator("ada@example.org").await;
    let own = staff::own(&world.app, world.organization, &caller).await.unwrap();
    assert_eq!((own.staff_member_id, own.display_name.as_str()), (id.to_string(), "Ada"));
    let operator = staff::own(&world.app, world.organization, &world.operator()).await;
    assert!(matches!(operator, Err(Error::StaffUnknown)));
}

#[tokio::test]
async fn members_are_found_by_number_or_address_in_their_roll_alone() {
    let world = World::new().await;
    let (roll, other) = (world.roll().await, world.roll().await);
    world.import(roll, CSV, false).await.unwrap();
    world.import(other, "member_number\n0001\n", false).await.unwrap();
    assert_eq!(numbers(&world, roll, " 0001 ").await, ["0001"]);
    assert_eq!(numbers(&world, roll, "ADA@example.org").await, ["0001", "0002"]);
    for nobody in ["001", "000", "ada", "0004", "example.org"] {
        assert!(numbers(&world, roll, nobody).await.is_empty(), "{nobody}");
    }
    assert!(numbers(&world, other, "ada@example.org").await.is_empty());
    let found = search::find(&world.app, world.organization, roll, "0001").await.unwrap();
    let member = found.members[0].member.clone().unwrap();
    assert_eq!((member.district.as_str(), member.birth_date.as_str()), ("north", "1980-02-28"));
    let unknown = search::find(&world.app, world.organization, Uuid::nil(), "0001").await;
    assert!(matches!(unknown, Err(Error::RollUnknown)));
}

#[tokio::test]
async fn a_preview_shows_how_a_file_was_read() {
    let world = World::new().await;
    let roll = world.roll().await;
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode("member_number;district\nÉ-1;north\n");
    let request = |validate_only: bool, etag: &str| ReloadMembersRequest {
        file: windows.to_vec(),
        encoding: "windows-1252".into(),
        validate_only,
        etag: etag.into(),
        ..ReloadMembersRequest::default()
    };
    let run = async |request: ReloadMembersRequest| {
        reload::run(&world.app, world.organization, &world.operator(), roll, &request).await.unwrap()
    };
    let shown = run(request(true, "")).await;
    assert_eq!((shown.separator.as_str(), shown.encoding.as_str()), (";", "windows-1252"));
    assert_eq!(shown.columns, ["member_number", "district"]);
    assert_eq!(shown.first_members[0].member_number, "É-1");
    assert!(numbers(&world, roll, "É-1").await.is_empty());
    let done = run(request(false, &shown.etag)).await;
    assert!(done.first_members.is_empty());
    assert_eq!(numbers(&world, roll, "é-1").await, ["É-1"]);
}
