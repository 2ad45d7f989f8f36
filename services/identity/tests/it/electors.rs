//! How many members of a roll could vote.

use comitia_identity::app::electors;
use comitia_identity::domain::eligibility::{Basis, Poll};
use comitia_identity::error::Error;
use comitia_proto::identity::v1::DistrictElectors;
use uuid::Uuid;

use crate::world::World;

fn poll(world: &World, roll_id: Uuid, districts: &[&str], minimum_age: i32) -> Poll {
    Poll {
        poll_id: Uuid::nil(),
        organization_id: world.organization,
        basis: Basis::Roll(roll_id),
        districts: districts.iter().map(|district| (*district).to_owned()).collect(),
        minimum_age,
        time_zone: "Europe/Warsaw".parse().unwrap(),
        open_time: "2026-06-14T22:00:00Z".parse().unwrap(),
        close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
        paper_close_time: "2026-06-30T08:00:00Z".parse().unwrap(),
    }
}

fn rows(counts: &[DistrictElectors]) -> Vec<(&str, i64, i64, i64)> {
    let row =
        |found: &DistrictElectors| (found.member_count, found.elector_count, found.without_birth_date_count);
    counts.iter().map(|found| (found.district.as_str(), row(found).0, row(found).1, row(found).2)).collect()
}

#[tokio::test]
async fn those_who_could_vote_are_counted_by_district() {
    let world = World::new().await;
    let roll = world.roll().await;
    // Open on the 15th in Warsaw: who has the 16th birthday on that day may vote.
    let csv = "member_number,district,birth_date\n\
               1,North,2010-06-15\n2,north,2010-06-16\n3,NORTH,\n4,south,1980-01-01\n5,,1980-01-01\n";
    world.import(roll, csv, false).await.unwrap();

    let all = electors::count(&world.app, poll(&world, roll, &[], 0)).await.unwrap();
    assert_eq!(rows(&all), [("", 1, 1, 0), ("north", 3, 3, 0), ("south", 1, 1, 0)]);
    let north = electors::count(&world.app, poll(&world, roll, &["North"], 16)).await.unwrap();
    assert_eq!(rows(&north), [("", 1, 0, 0), ("north", 3, 1, 1), ("south", 1, 0, 0)]);
    let old = electors::count(&world.app, poll(&world, roll, &[], 99)).await.unwrap();
    assert_eq!(rows(&old), [("", 1, 0, 0), ("north", 3, 0, 1), ("south", 1, 0, 0)]);

    for (district, members) in [("NORTH", 3), ("west", 0)] {
        let found = electors::in_district(&world.app, world.organization, district).await.unwrap();
        assert_eq!(found, members, "{district}");
    }
    let elsewhere = electors::in_district(&world.app, comitia_core::id::new(), "north").await.unwrap();
    assert_eq!(elsewhere, 0);
}

#[tokio::test]
async fn an_empty_roll_has_no_districts_and_an_unknown_one_is_refused() {
    let world = World::new().await;
    let roll = world.roll().await;
    for minimum_age in [0, 16] {
        let empty = electors::count(&world.app, poll(&world, roll, &[], minimum_age)).await.unwrap();
        assert!(empty.is_empty());
        let unknown = poll(&world, comitia_core::id::new(), &[], minimum_age);
        assert!(matches!(electors::count(&world.app, unknown).await, Err(Error::RollUnknown)));
    }
}
