//! An access code is replaced by two people, and everybody can see how many were.

use chrono::TimeDelta;
use comitia_identity::app::{personal_data, replacements, retention, sessions, staff};
use comitia_identity::error::Error;
use comitia_platform::auth::Caller;
use comitia_proto::identity::v1::{
    AccessCode, AccessCodeReplacement, ApproveAccessCodeReplacementRequest, ReplaceAccessCodeRequest,
};
use uuid::Uuid;

use crate::world::World;

async fn ask(world: &World, caller: &Caller, roll: Uuid) -> Result<AccessCodeReplacement, Error> {
    let request = ReplaceAccessCodeRequest {
        roll_id: roll.to_string(),
        member_number: "1".into(),
        request_id: String::new(),
    };
    let answer = replacements::request(&world.app, world.organization, caller, roll, &request).await?;
    Ok(answer.replacement.unwrap())
}

async fn approve(world: &World, caller: &Caller, id: &str, request_id: &str) -> Result<AccessCode, Error> {
    let request =
        ApproveAccessCodeReplacementRequest { replacement_id: id.into(), request_id: request_id.into() };
    let id = id.parse().unwrap();
    let answer = replacements::approve(&world.app, world.organization, caller, id, &request).await?;
    Ok(answer.access_code.unwrap())
}

async fn replaced(world: &World, poll: Uuid) -> i64 {
    replacements::count(&world.app, world.organization, poll).await.unwrap()
}

#[tokio::test]
async fn a_code_is_replaced_by_two_people_and_seen() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,voter@example.org\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let old = world.codes(roll).await[0].1.clone();
    let session = world.sign_in("1", &old).await.unwrap();
    let (_, ada) = world.administrator("ada@example.org").await;
    let (bob_id, bob) = world.administrator("bob@example.org").await;

    let asked = ask(&world, &bob, roll).await.unwrap();
    assert_eq!((asked.member_number.as_str(), asked.requested_by), ("1", bob_id.to_string()));
    let alone = approve(&world, &bob, &asked.replacement_id, "").await;
    assert!(matches!(alone, Err(Error::SecondPersonRequired)), "{alone:?}");
    // The same person, removed and added again.
    staff::delete(&world.app, world.organization, bob_id).await.unwrap();
    let (_, again) = world.administrator("BOB@example.org").await;
    let again = approve(&world, &again, &asked.replacement_id, "").await;
    assert!(matches!(again, Err(Error::SecondPersonRequired)), "{again:?}");
    // Somebody who was added for the purpose.
    world.clock.advance(TimeDelta::seconds(1));
    let (_, new) = world.administrator("new@example.org").await;
    let new = approve(&world, &new, &asked.replacement_id, "").await;
    assert!(matches!(new, Err(Error::SecondPersonRequired)), "{new:?}");
    world.sign_in("1", &old).await.expect("nothing has changed yet");
    assert_eq!(replaced(&world, poll).await, 0);

    let request_id = comitia_core::id::new().to_string();
    let code = approve(&world, &ada, &asked.replacement_id, &request_id).await.unwrap();
    assert_eq!(approve(&world, &ada, &asked.replacement_id, &request_id).await.unwrap(), code, "asked again");
    let twice = approve(&world, &ada, &asked.replacement_id, "").await;
    assert!(matches!(twice, Err(Error::ReplacementNotPending)), "{twice:?}");
    assert!(matches!(world.sign_in("1", &old).await, Err(Error::CredentialsInvalid)));
    let refresh = sessions::refresh(&world.app, world.organization, &session.refresh_token).await;
    assert!(matches!(refresh, Err(Error::CredentialsInvalid)), "{refresh:?}");
    world.sign_in("1", &code.access_code).await.unwrap();

    assert_eq!(replaced(&world, poll).await, 1);
    let mail = world.mail().await;
    assert!(mail.contains("To: voter@example.org\r\n") && mail.contains("was replaced"), "{mail}");
    assert!(!mail.contains(&code.access_code), "{mail}");
    let listed = replacements::list(&world.app, world.organization, 0, "").await.unwrap().replacements;
    assert_eq!((listed.len(), listed[0].approved_by.is_empty()), (1, false));
    world.clock.advance(TimeDelta::seconds(1));
    let later = world.poll(roll, &[], 0).await;
    assert_eq!(replaced(&world, later).await, 0, "replaced before the poll was created");
}

#[tokio::test]
async fn a_replacement_waits_for_two_weeks() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let asked = ask(&world, &world.operator(), roll).await.unwrap();
    world.clock.advance(TimeDelta::days(14));
    let late = approve(&world, &world.operator(), &asked.replacement_id, "").await;
    assert!(matches!(late, Err(Error::ReplacementNotPending)), "{late:?}");
    let unknown = approve(&world, &world.operator(), &Uuid::nil().to_string(), "").await;
    assert!(matches!(unknown, Err(Error::ReplacementUnknown)), "{unknown:?}");
}

/// Erasing a member and adding them again would give one person their new code.
#[tokio::test]
async fn who_is_added_again_during_a_vote_is_no_way_round_the_second_person() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    world.codes(roll).await;
    let poll = world.poll(roll, &[], 0).await;
    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "1").await.unwrap();
    world.import(roll, "member_number,email\n1,mallory@example.org\n", false).await.unwrap();

    assert_eq!(world.codes(roll).await, [], "no code by one person");
    let lookup = "SELECT held FROM identity.members";
    assert!(sqlx::query_scalar::<_, bool>(lookup).fetch_one(&admin).await.unwrap());
    let asked = comitia_identity::app::email_codes::request;
    asked(&world.app, world.organization, None, "mallory@example.org").await.unwrap();
    let (_, ada) = world.administrator("ada@example.org").await;
    assert_eq!(world.mails().len(), 0, "and no code by e-mail to an address that one person chose");

    let waiting = replacements::list(&world.app, world.organization, 0, "").await.unwrap().replacements;
    assert_eq!((waiting.len(), waiting[0].requested_by.as_str()), (1, "operator"));
    let alone = approve(&world, &world.operator(), &waiting[0].replacement_id, "").await;
    assert!(matches!(alone, Err(Error::SecondPersonRequired)), "{alone:?}");
    let code = approve(&world, &ada, &waiting[0].replacement_id, "").await.unwrap();
    world.sign_in("1", &code.access_code).await.unwrap();
    assert_eq!(replaced(&world, poll).await, 1);

    // After the vote nothing is remembered.
    world.clock.advance(TimeDelta::days(8));
    retention::run(&world.app).await.unwrap();
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity.erased_members").fetch_one(&admin).await.unwrap();
    assert_eq!(left, 0);
}
