//! What happens by the clock and by events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::{TimeDelta, Utc};
use comitia_bus::{Event, HandlerError};
use comitia_identity::app::{App, email_codes, keys, permits, personal_data, retention, sessions};
use comitia_identity::{consumers, verifier};
use comitia_platform::ApiError;
use comitia_platform::auth::Verifier;
use comitia_platform::auth::revocations::Revocations;
use comitia_proto::events::v1::{PollClosed, PollCreated, PollExtended, PollPaused, PollResumed};
use comitia_proto::voting::v1::Eligibility;
use jsonwebtoken::decode_header;
use sqlx::PgPool;

use crate::world::{SERVICE_KEY, World};

fn kid(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

fn service_token(app: &App) -> String {
    sessions::sign_in_service(app, "budgets", SERVICE_KEY).unwrap().access_token
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM identity.{table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn replicas_that_start_at_once_share_one_key() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    sqlx::query("DELETE FROM identity.signing_keys").execute(&admin).await.unwrap();
    let replicas = [world.replica(), world.replica(), world.replica(), world.replica()];
    let [a, b, c, d] = &replicas;
    let (a, b, c, d) = tokio::join!(keys::load(a), keys::load(b), keys::load(c), keys::load(d));
    for loaded in [a, b, c, d] {
        loaded.unwrap();
    }
    assert_eq!(count(&admin, "signing_keys").await, 1);
    let token = service_token(&replicas[0]);
    verifier(&replicas[3]).session(&token).await.unwrap();
}

#[tokio::test]
async fn a_new_key_is_shown_before_it_signs_and_the_old_one_after() {
    let world = World::new().await;
    world.clock.advance(TimeDelta::hours(1));
    let old = service_token(&world.app);
    keys::rotate(&world.app, false).await.unwrap();
    let set = world.app.keyring.set().unwrap();
    assert_eq!((set.len(), &set[1].kid), (2, &kid(&old)), "newest first");
    assert_eq!(kid(&service_token(&world.app)), kid(&old), "no verifier has met the new key yet");

    world.clock.advance(TimeDelta::minutes(3));
    keys::load(&world.app).await.unwrap();
    let new = service_token(&world.app);
    assert_eq!(kid(&new), set[0].kid);
    for token in [&old, &new] {
        verifier(&world.app).session(token).await.unwrap();
    }

    // By age, without anybody's doing; and what no token needs any more is shown no more.
    world.clock.advance(TimeDelta::days(91));
    keys::load(&world.app).await.unwrap();
    let set = world.app.keyring.set().unwrap();
    assert_eq!(set.len(), 2);
    assert_eq!(set[1].kid, kid(&new));
    verifier(&world.app).session(&service_token(&world.app)).await.unwrap();
}

#[tokio::test]
async fn other_services_ask_once_a_minute_whether_a_key_is_still_good() {
    let world = World::new().await;
    let stolen = service_token(&world.app);
    let (asked, is_away) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (app, count, away) = (world.app.clone(), asked.clone(), is_away.clone());
    let elsewhere = Verifier::new(
        world.clock.clone(),
        Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let set = match away.load(Ordering::SeqCst) {
                true => Err(ApiError::unavailable("identity is away")),
                false => app.keyring.set().map_err(Into::into),
            };
            Box::pin(async move { set })
        }),
        Revocations::none(),
    );
    for _ in 0..3 {
        elsewhere.session(&stolen).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    keys::rotate(&world.app, true).await.unwrap();
    world.clock.advance(TimeDelta::seconds(59));
    elsewhere.session(&stolen).await.unwrap();
    is_away.store(true, Ordering::SeqCst);
    world.clock.advance(TimeDelta::seconds(1));
    elsewhere.session(&stolen).await.expect("what is known stays good while identity is away");
    elsewhere.session(&stolen).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2, "and is not asked about all the time");
    is_away.store(false, Ordering::SeqCst);
    world.clock.advance(TimeDelta::seconds(10));
    assert!(elsewhere.session(&stolen).await.is_err());
    elsewhere.session(&service_token(&world.app)).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_revoked_key_is_gone_at_once_from_every_replica() {
    let world = World::new().await;
    let stolen = service_token(&world.app);
    let replica = world.replica();
    keys::load(&replica).await.unwrap();
    verifier(&replica).session(&stolen).await.unwrap();
    let (kid_of_new, use_time) = keys::rotate(&world.app, true).await.unwrap();
    assert_eq!(use_time, world.clock.now());
    keys::load(&replica).await.unwrap();
    for app in [&world.app, &replica] {
        assert_eq!(app.keyring.set().unwrap().len(), 1);
        let token = service_token(app);
        assert_eq!(kid(&token), kid_of_new);
        verifier(app).session(&token).await.unwrap();
        assert!(verifier(app).session(&stolen).await.is_err(), "what a revoked key signed is worth nothing");
    }
}

#[tokio::test]
async fn what_is_over_is_deleted() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,ada@example.org\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let code = world.codes(roll).await[0].1.clone();
    world.sign_in("1", &code).await.unwrap();
    email_codes::request(&world.app, world.organization, None, "ada@example.org").await.unwrap();
    permits::issue_paper(&world.app, world.organization, &world.officer(), poll, &["1".into()])
        .await
        .unwrap();
    let left = async || {
        retention::run(&world.app).await.unwrap();
        retention::codes(&world.app).await.unwrap();
        let mut left = Vec::new();
        for table in ["sessions", "one_time_codes", "paper_permits"] {
            left.push(count(&admin, table).await);
        }
        left
    };
    assert_eq!(left().await, [1, 1, 1]);
    world.clock.advance(TimeDelta::days(8));
    assert_eq!(left().await, [1, 0, 1]);
    world.clock.advance(TimeDelta::days(30));
    assert_eq!(left().await, [0, 0, 1]);
    world.clock.advance(TimeDelta::days(60));
    let key = async || -> Option<Vec<u8>> {
        sqlx::query_scalar("SELECT poll_key FROM identity.polls").fetch_one(&admin).await.unwrap()
    };
    assert!(key().await.is_some(), "90 days after the close, not before");
    assert_eq!(left().await, [0, 0, 0]);
    assert!(key().await.is_none());
}

/// The job of all services, by the runtime role: row-level security lets it delete what organizations own.
#[tokio::test]
async fn old_answers_and_events_are_forgotten() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    for (id, answered, received) in [("new", 6, 39), ("old", 8, 41)] {
        sqlx::query(
            "INSERT INTO identity.requests VALUES ($1, 'm', $2, sha256(''), '', now() - make_interval(days => $3))",
        )
        .bind(world.organization)
        .bind(id)
        .bind(answered)
        .execute(&admin)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO identity.inbox VALUES ($1, gen_random_uuid(), now() - make_interval(days => $2))",
        )
        .bind(id)
        .bind(received)
        .execute(&admin)
        .await
        .unwrap();
    }
    assert_eq!(comitia_platform::retention::run(&world.app.pool).await.unwrap(), (1, 1));
    let left = "SELECT request_id || ' ' || consumer FROM identity.requests, identity.inbox";
    let left: Vec<String> = sqlx::query_scalar(left).fetch_all(&admin).await.unwrap();
    assert_eq!(left, ["new new"]);
    assert_eq!(comitia_platform::retention::run(&world.app.pool).await.unwrap(), (0, 0));
}

#[tokio::test]
async fn the_note_of_a_paper_permit_forgets_who_is_erased() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n2\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let numbers = ["1".to_owned(), "2".to_owned()];
    permits::issue_paper(&world.app, world.organization, &world.officer(), poll, &numbers).await.unwrap();
    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "1").await.unwrap();
    let (notes, known, officers): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), count(member_number_lookup), count(officer) FROM identity.paper_permits",
    )
    .fetch_one(&admin)
    .await
    .unwrap();
    assert_eq!((notes, known, officers), (2, 1, 2));
}

#[tokio::test]
async fn a_close_that_overtakes_the_creation_waits_for_it() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let session = world.sign_in("1", &world.codes(roll).await[0].1).await.unwrap();
    let poll_id = comitia_core::id::new();
    let event = |key: &str, message: &dyn Fn() -> Event| Event { routing_key: key.into(), ..message() };
    let organization = Some(world.organization);
    let closed = event("voting.poll.closed", &|| {
        let closed = PollClosed { poll_id: poll_id.to_string() };
        Event::new(&world.clock, "", organization, poll_id.to_string(), &closed)
    });
    let early = consumers::poll(world.app.clone(), closed.clone()).await;
    assert!(matches!(early, Err(HandlerError::Retry(_))), "{early:?}");

    let time = |time: chrono::DateTime<Utc>| Some(comitia_platform::validate::timestamp(time));
    let created = event("voting.poll.created", &|| {
        let created = PollCreated {
            poll_id: poll_id.to_string(),
            eligibility: Some(Eligibility { roll_id: roll.to_string(), ..Default::default() }),
            open_time: time(world.clock.now() - TimeDelta::hours(1)),
            close_time: time(world.clock.now() + TimeDelta::days(1)),
            paper_close_time: None,
        };
        Event::new(&world.clock, "", organization, poll_id.to_string(), &created)
    });
    consumers::poll(world.app.clone(), created).await.unwrap();
    consumers::poll(world.app.clone(), closed).await.unwrap();
    let refused = world.nullifier(&session, poll_id).await;
    assert!(matches!(refused, Err(comitia_identity::error::Error::PollClosed)), "{refused:?}");
}

#[tokio::test]
async fn a_paused_poll_gives_no_permit_and_an_extended_one_goes_on() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let session = world.sign_in("1", &world.codes(roll).await[0].1).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let (id, organization) = (poll.to_string(), Some(world.organization));
    let event = |key, message: &dyn Fn() -> Event| Event { routing_key: String::from(key), ..message() };
    let paused = |act| {
        let paused = PollPaused { poll_id: id.clone(), act, reason: "a doubt".into() };
        event("voting.poll.paused", &|| Event::new(&world.clock, "", organization, id.clone(), &paused))
    };
    let resumed = |act| {
        let resumed = PollResumed { poll_id: id.clone(), act, reason: "none left".into() };
        event("voting.poll.resumed", &|| Event::new(&world.clock, "", organization, id.clone(), &resumed))
    };
    let handle = async |event: Event| consumers::poll(world.app.clone(), event).await.unwrap();
    let refused = async || match world.nullifier(&session, poll).await {
        Ok(_) => "",
        Err(error) => comitia_platform::ApiError::from(error).reason_name(),
    };
    assert_eq!(refused().await, "");
    handle(paused(1)).await;
    assert_eq!(refused().await, "POLL_PAUSED");
    // The later act holds, in whichever order they come.
    handle(resumed(4)).await;
    handle(paused(3)).await;
    assert_eq!(refused().await, "");

    let later = world.clock.now() + TimeDelta::days(20);
    let time = Some(comitia_platform::validate::timestamp(later));
    let extended = || {
        let extended = PollExtended {
            poll_id: id.clone(),
            act: 5,
            reason: "a strike".into(),
            close_time: time,
            paper_close_time: time,
        };
        event("voting.poll.extended", &|| Event::new(&world.clock, "", organization, id.clone(), &extended))
    };
    handle(extended()).await;
    let closes = async || -> chrono::DateTime<chrono::Utc> {
        sqlx::query_scalar("SELECT close_time FROM identity.polls WHERE poll_id = $1")
            .bind(poll)
            .fetch_one(&world.database.admin_pool().unwrap())
            .await
            .unwrap()
    };
    assert_eq!(closes().await, later);
    let closed = PollClosed { poll_id: id.clone() };
    handle(event("voting.poll.closed", &|| Event::new(&world.clock, "", organization, id.clone(), &closed)))
        .await;
    let early = closes().await;
    // One that comes after the close opens nothing again.
    handle(extended()).await;
    assert_eq!(closes().await, early);
    assert!(early < later);
}

#[tokio::test]
async fn an_event_that_makes_no_sense_is_parked() {
    let world = World::new().await;
    let created = PollCreated {
        poll_id: "poll".into(),
        eligibility: Some(Eligibility::default()),
        ..Default::default()
    };
    for organization in [Some(world.organization), None] {
        let event = Event::new(&world.clock, "voting.poll.created", organization, "poll", &created);
        let answer = consumers::poll(world.app.clone(), event).await;
        assert!(matches!(answer, Err(HandlerError::Permanent(_))), "{answer:?}");
    }
}
