//! The desk: two officers, one member, one poll, one first ballot; and everybody can see how many.

use chrono::TimeDelta;
use comitia_identity::app::{desk, personal_data, retention};
use comitia_identity::error::Error;
use comitia_platform::auth::{Caller, PermitClaims};
use comitia_proto::identity::v1::{
    ConfirmDeskVisitRequest, ConfirmDeskVisitResponse, DeskVisit, IdentityDocument, OpenDeskVisitRequest,
};
use uuid::Uuid;

use crate::world::World;

async fn open(world: &World, caller: &Caller, poll: Uuid, number: &str) -> Result<DeskVisit, Error> {
    open_as(world, caller, poll, number, "").await
}

async fn open_as(
    world: &World,
    caller: &Caller,
    poll: Uuid,
    number: &str,
    request_id: &str,
) -> Result<DeskVisit, Error> {
    let request = OpenDeskVisitRequest {
        poll_id: poll.to_string(),
        member_number: number.into(),
        document: IdentityDocument::Passport.into(),
        request_id: request_id.into(),
    };
    Ok(desk::open(&world.app, world.organization, caller, poll, &request).await?.visit.unwrap())
}

async fn confirm(
    world: &World,
    caller: &Caller,
    id: &str,
    request_id: &str,
) -> Result<ConfirmDeskVisitResponse, Error> {
    let request = ConfirmDeskVisitRequest { visit_id: id.into(), request_id: request_id.into() };
    desk::confirm(&world.app, world.organization, caller, id.parse().unwrap(), &request).await
}

async fn redeem(world: &World, code: &str) -> Result<PermitClaims, Error> {
    let answer = desk::redeem(&world.app, world.organization, Some("192.0.2.9"), code).await?;
    Ok(comitia_identity::verifier(&world.app).permit(&answer.permit).await.unwrap())
}

async fn counted(world: &World, poll: Uuid) -> i64 {
    desk::count(&world.app, world.organization, poll).await.unwrap().visit_count
}

/// A roll with a member 1 who has an address and a code, and a poll that is open; with two officers.
struct Town {
    world: World,
    roll: Uuid,
    poll: Uuid,
    code: String,
    ada: Caller,
    bob: (Uuid, Caller),
}

async fn town() -> Town {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,voter@example.org\n2,\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let code = world.codes(roll).await.into_iter().find(|(number, _)| number == "1").unwrap().1;
    let (_, ada) = world.administrator("ada@example.org").await;
    let bob = world.administrator("bob@example.org").await;
    Town { world, roll, poll, code, ada, bob }
}

#[tokio::test]
async fn two_officers_let_a_member_vote_and_are_seen() {
    let Town { world, roll, poll, code, ada, bob: (bob_id, bob) } = town().await;
    let visit = open(&world, &bob, poll, "1").await.unwrap();
    assert_eq!((visit.member_number.as_str(), visit.opened_by), ("1", bob_id.to_string()));
    let alone = confirm(&world, &bob, &visit.visit_id, "").await;
    assert!(matches!(alone, Err(Error::SecondPersonRequired)), "{alone:?}");
    world.clock.advance(TimeDelta::seconds(1));
    let (_, new) = world.administrator("new@example.org").await;
    let new = confirm(&world, &new, &visit.visit_id, "").await;
    assert!(matches!(new, Err(Error::SecondPersonRequired)), "added for the purpose: {new:?}");
    assert_eq!(counted(&world, poll).await, 0);

    let request_id = comitia_core::id::new().to_string();
    let given = confirm(&world, &ada, &visit.visit_id, &request_id).await.unwrap();
    assert_eq!(confirm(&world, &ada, &visit.visit_id, &request_id).await.unwrap(), given, "asked again");
    let twice = confirm(&world, &ada, &visit.visit_id, "").await;
    assert!(matches!(twice, Err(Error::VisitNotPending)), "{twice:?}");
    let mail = world.mail().await;
    assert!(mail.contains("To: voter@example.org\r\n") && mail.contains("guichet"), "{mail}");
    assert!(!mail.contains(&given.desk_code), "{mail}");

    let typed = given.desk_code.to_lowercase().replace('-', " ");
    let claims = redeem(&world, &typed).await.unwrap();
    assert_eq!((claims.poll, claims.desk, claims.paper), (poll, true, false));
    assert!(claims.exp <= (world.clock.now() + TimeDelta::minutes(15)).timestamp());
    let spent = redeem(&world, &given.desk_code).await;
    assert!(matches!(spent, Err(Error::CredentialsInvalid)), "{spent:?}");
    // The letter stays good, and is the same voter.
    let session = world.sign_in("1", &code).await.unwrap();
    assert_eq!(world.nullifier(&session, poll).await.unwrap(), claims.nul);

    let count = desk::count(&world.app, world.organization, poll).await.unwrap();
    assert_eq!((count.visit_count, count.days.len(), count.days[0].visit_count), (1, 1, 1));
    let data = personal_data::export(&world.app, world.organization, roll, "1").await.unwrap();
    assert_eq!(
        (data.desk_visits.len(), data.desk_visits[0].poll_id.as_str()),
        (1, poll.to_string().as_str())
    );
    assert_eq!(data.desk_visits[0].day.unwrap().seconds % 86_400, 0, "presence is kept to the day");
    let listed = desk::list(&world.app, world.organization, 0, "").await.unwrap().visits;
    assert_eq!((listed.len(), listed[0].confirmed_by.is_empty(), listed[0].expire_time), (1, false, None));
}

#[tokio::test]
async fn who_may_not_vote_gets_no_visit() {
    let Town { world, roll, poll, ada, .. } = town().await;
    let unknown = open(&world, &ada, poll, "7").await;
    assert!(matches!(unknown, Err(Error::MemberUnknown)), "{unknown:?}");
    let elsewhere = world.poll(roll, &["north"], 0).await;
    let elsewhere = open(&world, &ada, elsewhere, "1").await;
    assert!(matches!(elsewhere, Err(Error::NotEligible(_))), "{elsewhere:?}");
    let none = open(&world, &ada, Uuid::nil(), "1").await;
    assert!(matches!(none, Err(Error::PollUnknown)), "{none:?}");
    world.clock.advance(TimeDelta::days(30));
    let over = open(&world, &ada, poll, "1").await;
    assert!(matches!(over, Err(Error::PollClosed)), "{over:?}");
}

#[tokio::test]
async fn a_visit_and_its_code_are_good_for_minutes_and_leave_only_the_day() {
    let Town { world, poll, ada, bob: (_, bob), .. } = town().await;
    let admin = world.database.admin_pool().unwrap();
    let late = open(&world, &bob, poll, "1").await.unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    let refused = confirm(&world, &ada, &late.visit_id, "").await;
    assert!(matches!(refused, Err(Error::VisitNotPending)), "{refused:?}");

    let visit = open(&world, &bob, poll, "1").await.unwrap();
    let given = confirm(&world, &ada, &visit.visit_id, "").await.unwrap();
    world.clock.advance(TimeDelta::minutes(10));
    let refused = redeem(&world, &given.desk_code).await;
    assert!(matches!(refused, Err(Error::CredentialsInvalid)), "{refused:?}");
    retention::codes(&world.app).await.unwrap();
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "SELECT visit_id, open_time IS NULL AND expire_time IS NULL AND code_lookup IS NULL FROM identity.desk_visits",
    )
    .fetch_all(&admin)
    .await
    .unwrap();
    assert_eq!(rows, [(visit.visit_id.parse().unwrap(), true)], "nobody confirmed the other one");

    world.clock.advance(TimeDelta::days(1));
    retention::run(&world.app).await.unwrap();
    let shuffled: Vec<bool> =
        sqlx::query_scalar("SELECT shuffled FROM identity.desk_visits").fetch_all(&admin).await.unwrap();
    assert_eq!(shuffled, [true]);
    assert_eq!(counted(&world, poll).await, 1);
    // Once the key of the poll is destroyed, nobody can say whose the visit was.
    world.clock.advance(TimeDelta::days(200));
    retention::run(&world.app).await.unwrap();
    let listed = desk::list(&world.app, world.organization, 0, "").await.unwrap().visits;
    assert_eq!((listed.len(), listed[0].member_number.as_str()), (1, ""));
    assert_eq!(counted(&world, poll).await, 1);
}

#[tokio::test]
async fn a_second_visit_ends_the_first_ones_code_and_the_same_request_opens_one() {
    let Town { world, poll, ada, bob: (_, bob), .. } = town().await;
    let id = comitia_core::id::new().to_string();
    let first = open_as(&world, &bob, poll, "2", &id).await.unwrap();
    assert_eq!(open_as(&world, &bob, poll, "2", &id).await.unwrap(), first);
    let waiting = open(&world, &ada, poll, "2").await.unwrap();
    let one = confirm(&world, &ada, &first.visit_id, "").await.unwrap();
    let gone = confirm(&world, &bob, &waiting.visit_id, "").await;
    assert!(matches!(gone, Err(Error::VisitUnknown)), "{gone:?}");
    let again = open(&world, &bob, poll, "2").await.unwrap();
    let two = confirm(&world, &ada, &again.visit_id, "").await.unwrap();
    let ended = redeem(&world, &one.desk_code).await;
    assert!(matches!(ended, Err(Error::CredentialsInvalid)), "{ended:?}");
    redeem(&world, &two.desk_code).await.unwrap();
    let mistyped = redeem(&world, "ABCD").await;
    assert!(matches!(mistyped, Err(Error::DeskCodeMistyped)), "{mistyped:?}");
    assert_eq!(counted(&world, poll).await, 2);
}

#[tokio::test]
async fn an_officer_opens_sixty_visits_an_hour() {
    let Town { world, poll, ada, bob: (_, bob), .. } = town().await;
    for _ in 0..60 {
        open(&world, &bob, poll, "2").await.unwrap();
    }
    let refused = open(&world, &bob, poll, "2").await;
    assert!(matches!(refused, Err(Error::TooManyAttempts(_))), "{refused:?}");
    open(&world, &ada, poll, "2").await.expect("another officer goes on");
    let page = desk::list(&world.app, world.organization, 50, "").await.unwrap();
    let next = desk::list(&world.app, world.organization, 50, &page.next_page_token).await.unwrap();
    assert_eq!((page.visits.len(), next.visits.len(), next.next_page_token.as_str()), (50, 11, ""));
}

#[tokio::test]
async fn an_erased_member_votes_at_no_desk() {
    let Town { world, roll, poll, ada, bob: (_, bob), .. } = town().await;
    let visit = open(&world, &bob, poll, "2").await.unwrap();
    let given = confirm(&world, &ada, &visit.visit_id, "").await.unwrap();
    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "2").await.unwrap();
    let refused = redeem(&world, &given.desk_code).await;
    assert!(matches!(refused, Err(Error::CredentialsInvalid)), "{refused:?}");
    assert_eq!(counted(&world, poll).await, 1, "the number stays");
}
