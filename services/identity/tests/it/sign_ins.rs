//! What is counted of sign-ins and letters: sums, and nothing about one person.

use chrono::TimeDelta;
use comitia_identity::app::sign_ins;
use comitia_identity::error::Error;
use comitia_proto::identity::v1::{GetParticipationResponse, RecordReturnedLettersRequest};
use uuid::Uuid;

use crate::world::World;

/// Twelve in the north, born in 1980, twelve in the south, born in 2000, and two in the west.
fn residents() -> String {
    let mut csv = "member_number,district,birth_date\n".to_owned();
    for number in 0..26 {
        let (district, born) = match number {
            0..12 => ("North", "1980-01-01"),
            12..24 => ("south", "2000-01-01"),
            24 => ("west", "1980-01-01"),
            _ => ("west", ""),
        };
        csv.push_str(&format!("{:02},{district},{born}\n", number));
    }
    csv
}

async fn participation(world: &World, poll: Uuid) -> GetParticipationResponse {
    sign_ins::participation(&world.app, world.organization, poll).await.unwrap()
}

fn areas(found: &GetParticipationResponse) -> Vec<(&str, i64, i64)> {
    found.areas.iter().map(|area| (area.district.as_str(), area.elector_count, area.sign_in_count)).collect()
}

/// From and to which age, whether with those whose age is not known, how many, and how many signed in.
type Ages = (Option<i32>, Option<i32>, bool, i64, i64);

fn ages(found: &GetParticipationResponse) -> Vec<Ages> {
    let row = |ages: &comitia_proto::identity::v1::AgeParticipation| {
        (ages.from_age, ages.to_age, ages.with_unknown, ages.elector_count, ages.sign_in_count)
    };
    found.ages.iter().map(row).collect()
}

#[tokio::test]
async fn who_signed_in_is_counted_by_area_and_age_once_the_vote_is_closed() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, &residents(), false).await.unwrap();
    let codes = world.codes(roll).await;
    let poll = world.poll(roll, &[], 0).await;
    // Six in the north, five in the south, one in the west. The first comes again on the next day.
    for place in (0..6).chain(12..17).chain([24]) {
        let (number, code) = &codes[place];
        world.sign_in(number, code).await.unwrap();
    }
    world.clock.advance(TimeDelta::days(1));
    world.sign_in(&codes[0].0, &codes[0].1).await.unwrap();

    let open = participation(&world, poll).await;
    assert!(!open.closed);
    assert_eq!((open.elector_count, open.sign_in_count), (26, 0));
    assert!(areas(&open).iter().all(|(_, _, persons)| *persons == 0));

    world.clock.advance(TimeDelta::days(7));
    // Who comes after the close is not counted for the vote.
    world.sign_in(&codes[1].0, &codes[1].1).await.unwrap();
    world.sign_in(&codes[11].0, &codes[11].1).await.unwrap();
    let closed = participation(&world, poll).await;
    assert!(closed.closed);
    assert_eq!((closed.elector_count, closed.sign_in_count, closed.smallest_group), (26, 12, 5));
    // One of the two in the west is nobody's to know.
    assert_eq!(areas(&closed), [("south", 12, 5), ("*", 14, 7)]);
    assert_eq!(ages(&closed), [(Some(0), Some(34), false, 12, 5), (Some(35), Some(54), true, 14, 7)]);
}

#[tokio::test]
async fn only_who_may_vote_is_counted() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, &residents(), false).await.unwrap();
    let codes = world.codes(roll).await;
    let poll = world.poll(roll, &["north", "west"], 18).await;
    for (number, code) in &codes {
        world.sign_in(number, code).await.unwrap();
    }
    world.clock.advance(TimeDelta::days(8));
    let found = participation(&world, poll).await;
    // Thirteen of age in the two districts; all signed in, so that they are one group.
    assert_eq!((found.elector_count, found.sign_in_count), (13, 13));
    assert_eq!(areas(&found), [("*", 13, 13)]);
    let unknown = sign_ins::participation(&world.app, world.organization, comitia_core::id::new()).await;
    assert!(matches!(unknown, Err(Error::PollUnknown)));
    let elsewhere = sign_ins::participation(&world.app, comitia_core::id::new(), poll).await;
    assert!(matches!(elsewhere, Err(Error::PollUnknown)));
}

#[tokio::test]
async fn sign_ins_and_letters_are_counted_by_day() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, &residents(), false).await.unwrap();
    let codes = world.codes(roll).await;
    for place in [0, 0, 1] {
        world.sign_in(&codes[place].0, &codes[place].1).await.unwrap();
    }
    assert!(world.sign_in(&codes[0].0, &codes[1].1).await.is_err());
    world.clock.advance(TimeDelta::days(1));
    world.sign_in(&codes[2].0, &codes[2].1).await.unwrap();

    let found = sign_ins::figures(&world.app, world.organization, roll).await.unwrap();
    assert_eq!((found.access_code_count, found.batch_count), (26, 1));
    assert_eq!((found.access_code_sign_in_count, found.email_sign_in_count), (4, 0));
    let days: Vec<_> = found
        .days
        .iter()
        .map(|day| (day.day.as_str(), day.access_code_count, day.access_code_sign_in_count))
        .collect();
    assert_eq!(days, [("2026-06-02", 0, 1), ("2026-06-01", 26, 3)]);
    let unknown = sign_ins::figures(&world.app, world.organization, comitia_core::id::new()).await;
    assert!(matches!(unknown, Err(Error::RollUnknown)));
}

#[tokio::test]
async fn returned_letters_are_counted_by_area_and_no_number_is_kept() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, &residents(), false).await.unwrap();
    let request = RecordReturnedLettersRequest {
        roll_id: roll.to_string(),
        member_numbers: ["01", "99", "02", "13"].map(str::to_owned).into(),
        letter_count: 10,
        district: "South".into(),
        request_id: comitia_core::id::new().to_string(),
    };
    for _ in 0..2 {
        // Sent twice, it is noted once.
        let answer =
            sign_ins::record_returned(&world.app, world.organization, &world.operator(), roll, &request)
                .await
                .unwrap();
        assert_eq!((answer.recorded_count, answer.unknown_lines), (13, vec![2]));
    }
    let found = sign_ins::figures(&world.app, world.organization, roll).await.unwrap();
    let returned: Vec<_> =
        found.returned.iter().map(|one| (one.district.as_str(), one.letter_count)).collect();
    assert_eq!((found.returned_count, returned), (13, vec![("north", 2), ("south", 11)]));
    assert_eq!(found.days.iter().map(|day| day.returned_count).sum::<i64>(), 13);
}
