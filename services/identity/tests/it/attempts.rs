//! Guessing is slowed down, and keeps nobody else out.

use chrono::TimeDelta;
use comitia_identity::app::{App, email_codes, sessions};
use comitia_identity::domain::access_code;
use comitia_identity::error::Error;
use comitia_proto::identity::v1::Session;

use crate::world::World;

const ADA: &str = "ada@example.org";
const WRONG: &str = "000000000000";

/// A world with one member, and the member's code.
async fn with_member() -> (World, String) {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,ada@example.org\n", false).await.unwrap();
    let code = world.codes(roll).await.remove(0).1;
    (world, code)
}

async fn ask(world: &World, address: &str) -> Result<(), Error> {
    email_codes::request(&world.app, world.organization, Some(address), ADA).await
}

async fn with_code(world: &World, address: &str, code: &str) -> Result<Session, Error> {
    email_codes::sign_in(&world.app, world.organization, Some(address), ADA, code).await
}

/// How many of the answers were refused as one too many; the others were wrong.
fn slowed(answers: &[Result<Session, Error>]) -> usize {
    let slowed = |answer: &&Result<Session, Error>| match answer {
        Err(Error::TooManyAttempts(wait)) => {
            assert!(!wait.is_zero());
            true
        }
        Err(Error::CredentialsInvalid) => false,
        other => panic!("{other:?}"),
    };
    answers.iter().filter(slowed).count()
}

#[tokio::test]
async fn wrong_access_codes_keep_nobody_out() {
    let (world, code) = with_member().await;
    let mistyped = world.sign_in("1", "2222-2222-2222-2223").await;
    assert!(matches!(mistyped, Err(Error::AccessCodeMistyped)), "{mistyped:?}");
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(world.sign_in("1", &access_code::generate()).await);
    }
    assert_eq!(slowed(&answers), 7, "three for one number from one address");
    world.sign_in_from(Some("198.51.100.7"), "1", &code).await.unwrap();
    world.sign_in("1", &code).await.unwrap();

    // A town hall shares one address.
    let mut answers = Vec::new();
    for number in 0..40 {
        answers.push(world.sign_in(&format!("unknown {number}"), &access_code::generate()).await);
    }
    assert_eq!(slowed(&answers), 20, "thirty from one address, with the ten before");
    world.sign_in("1", &code).await.unwrap();
}

#[tokio::test]
async fn wrong_one_time_codes_keep_out_who_guesses_and_nobody_else() {
    let (world, _) = with_member().await;
    ask(&world, "192.0.2.1").await.unwrap();
    let code = world.mailed_code().await;
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(with_code(&world, "192.0.2.66", WRONG).await);
    }
    assert_eq!(slowed(&answers), 7);
    let Err(Error::TooManyAttempts(wait)) = with_code(&world, "192.0.2.66", &code).await else {
        panic!("who has guessed too often goes on")
    };
    // One guess more does not make it longer.
    world.clock.advance(TimeDelta::minutes(1));
    let Err(Error::TooManyAttempts(later)) = with_code(&world, "192.0.2.66", WRONG).await else {
        panic!("who has guessed too often goes on")
    };
    assert!(later < wait, "{later:?} {wait:?}");
    with_code(&world, "192.0.2.1", &code).await.unwrap();
    let used = with_code(&world, "192.0.2.1", &code).await;
    assert!(matches!(used, Err(Error::CredentialsInvalid)), "a code is good once: {used:?}");

    // Who is slowed down is let in again in time.
    world.clock.advance(TimeDelta::from_std(later).unwrap());
    ask(&world, "192.0.2.66").await.unwrap();
    let code = world.mailed_code().await;
    with_code(&world, "192.0.2.66", &code).await.unwrap();
}

#[tokio::test]
async fn an_ipv6_64_is_one_asker_and_a_48_has_a_limit() {
    let (world, _) = with_member().await;
    ask(&world, "192.0.2.1").await.unwrap();
    let code = world.mailed_code().await;
    let mut answers = Vec::new();
    for host in 0..10 {
        answers.push(with_code(&world, &format!("2001:db8:1:1::{host}"), WRONG).await);
    }
    assert_eq!(slowed(&answers), 7);
    let mut answers = Vec::new();
    for network in 2..50 {
        answers.push(with_code(&world, &format!("2001:db8:1:{network:x}::1"), WRONG).await);
    }
    assert_eq!(slowed(&answers), 48 - 27, "thirty for a /48, three of which its first /64 had");
    with_code(&world, "2001:db8:2:1::1", &code).await.unwrap();
}

#[tokio::test]
async fn requests_of_others_leave_a_code_good_and_the_owner_able_to_ask() {
    let (world, _) = with_member().await;
    ask(&world, "192.0.2.1").await.unwrap();
    let code = world.mailed_code().await;
    let mut mails = 0;
    for address in ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "2001:db8::1"] {
        for call in 0..6 {
            match ask(&world, address).await {
                // The same code again, as long as the mailbox has not had enough.
                Ok(()) => {
                    assert!(call < 3, "three from one asker to one mailbox");
                    mails += 1;
                    if mails < 15 {
                        assert_eq!(world.mailed_code().await, code);
                    }
                }
                Err(Error::TooManyAttempts(_)) => assert!(call >= 3),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(mails, 15);
    for host in 0..30 {
        let _ = ask(&world, &format!("2001:db8:7:7::{host:x}")).await;
    }
    // The owner may still ask, and the code that they have is still the one.
    ask(&world, "192.0.2.1").await.unwrap();
    with_code(&world, "192.0.2.1", &code).await.unwrap();
    assert_eq!(world.mails().len(), 0, "a mailbox that has had enough is not flooded");

    // A new code is mailed however many asked before, and an older one stays good beside it.
    ask(&world, "203.0.113.1").await.unwrap();
    let first = world.mailed_code().await;
    assert_ne!(first, code);
    world.clock.advance(TimeDelta::minutes(7));
    ask(&world, "203.0.113.2").await.unwrap();
    let second = world.mailed_code().await;
    assert_ne!(second, first);
    with_code(&world, "192.0.2.1", &first).await.unwrap();
    let typed = format!("{} {}-{}", &second[..4], &second[4..8], &second[8..]);
    with_code(&world, "192.0.2.1", &typed).await.unwrap();
}

#[tokio::test]
async fn all_together_have_so_many_guesses_a_code() {
    let (world, _) = with_member().await;
    let admin = world.database.admin_pool().unwrap();
    ask(&world, "192.0.2.1").await.unwrap();
    let code = world.mailed_code().await;
    let left = "SELECT attempts_left FROM identity.one_time_codes";
    let before: i32 = sqlx::query_scalar(left).fetch_one(&admin).await.unwrap();
    let wrong = with_code(&world, "192.0.2.2", WRONG).await;
    assert!(matches!(wrong, Err(Error::CredentialsInvalid)), "{wrong:?}");
    let after: i32 = sqlx::query_scalar(left).fetch_one(&admin).await.unwrap();
    assert_eq!((before, after), (10_000, 9_999));
    sqlx::query("UPDATE identity.one_time_codes SET attempts_left = 0").execute(&admin).await.unwrap();
    assert!(with_code(&world, "192.0.2.1", &code).await.is_err());
    // The next one has as many again.
    ask(&world, "192.0.2.1").await.unwrap();
    let next = world.mailed_code().await;
    assert_ne!(next, code);
    with_code(&world, "192.0.2.1", &next).await.unwrap();
}

#[tokio::test]
async fn limits_hold_without_the_cache_and_without_an_address() {
    let (world, code) = with_member().await;
    let away = world.replica_without_cache().await;
    for (app, address) in [(&away, Some("192.0.2.9")), (&away, None), (&world.app, None)] {
        let operator = async |app: &App, key: &str| sessions::sign_in_operator(app, None, address, key).await;
        let mut answers = Vec::new();
        for guess in 0..60 {
            answers.push(operator(app, &format!("guess {guess}")).await);
        }
        assert_eq!(slowed(&answers), 57, "the operator's key");
        assert!(matches!(operator(app, "operator").await, Err(Error::TooManyAttempts(_))));
        let mut answers = Vec::new();
        for _ in 0..60 {
            let wrong = access_code::generate();
            let organization = world.organization;
            answers.push(sessions::sign_in_with_access_code(app, organization, address, "1", &wrong).await);
            answers.push(email_codes::sign_in(app, organization, address, ADA, WRONG).await);
        }
        assert_eq!(slowed(&answers), 2 * 57);
    }
    sessions::sign_in_operator(&away, None, Some("192.0.2.10"), "operator").await.unwrap();
    world.sign_in("1", &code).await.unwrap();
}

#[tokio::test]
async fn a_code_goes_to_the_address_that_is_stored() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,Kate@example.org\n", false).await.unwrap();
    let ask = async |typed: &str| email_codes::request(&world.app, world.organization, None, typed).await;
    // The Kelvin sign becomes a k in lower case, and another mailbox at many a server.
    ask("\u{212a}ate@example.org").await.unwrap();
    ask(" KATE@EXAMPLE.org").await.unwrap();
    let mail = world.mail().await;
    assert!(mail.contains("To: Kate@example.org\r\n"), "{mail}");
}
