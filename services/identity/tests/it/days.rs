//! What is kept of when somebody signed in or asked for a permit is a day: the exact time, joined with when a ballot
//! came, would tell whose ballot it is.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_identity::app::{email_codes, permits, personal_data, retention, sessions};
use comitia_identity::error::Error;
use uuid::Uuid;

use crate::world::World;

/// What has exact times because it is not of a person who votes: what the team and the installation do. The last ones
/// are of people who ask for a code (to the minute, deleted a minute after) and of requests (to the hour, and no
/// participant makes any of identity).
const EXACT: [&str; 22] = [
    "_sqlx_migrations.installed_on",
    "access_code_replacements.approve_time",
    "access_code_replacements.expire_time",
    "access_code_replacements.request_time",
    "inbox.received_at",
    "members.create_time",
    "members.leave_time",
    "outbox.created_at",
    "outbox.time",
    "polls.close_time",
    "polls.create_time",
    "polls.open_time",
    "polls.paper_close_time",
    "roll_changes.change_time",
    "rolls.create_time",
    "signing_keys.create_time",
    "signing_keys.retire_time",
    "staff.create_time",
    "email_codes.expire_time",
    "one_time_codes.expire_time",
    "requests.create_time",
    // Which sessions were ended, deleted when no token of theirs is good any more.
    "revocations.revoke_time",
];

#[tokio::test]
async fn nothing_tells_when_on_a_day_somebody_was_there() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,ada@example.org\n2,\n", false).await.unwrap();
    let codes = world.codes(roll).await;
    let poll = world.poll(roll, &[], 0).await;
    world.clock.advance(TimeDelta::milliseconds(1_234_567));

    let session = world.sign_in("1", &codes[0].1).await.unwrap();
    world.nullifier(&session, poll).await.unwrap();
    let session = sessions::refresh(&world.app, world.organization, &session.refresh_token).await.unwrap();
    let caller = world.caller(&session).await.unwrap();
    let data = personal_data::export_own(&world.app, world.organization, &caller).await.unwrap();
    assert_eq!(data.session_start_times[0].seconds % 86_400, 0);
    sessions::revoke(&world.app, &caller).await.unwrap();
    world.sign_in("2", &codes[1].1).await.unwrap();
    email_codes::request(&world.app, world.organization, None, "ada@example.org").await.unwrap();
    let code = world.mailed_code().await;
    email_codes::sign_in(&world.app, world.organization, None, "ada@example.org", &code).await.unwrap();
    permits::issue_paper(&world.app, world.organization, &world.officer(), poll, &["2".into()])
        .await
        .unwrap();

    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = 'identity' AND data_type LIKE 'timestamp%' ORDER BY 1, 2",
    )
    .fetch_all(&admin)
    .await
    .unwrap();
    let mut days = 0;
    for (table, column) in columns {
        if EXACT.contains(&format!("{table}.{column}").as_str()) {
            continue;
        }
        let sql = format!("SELECT {column} FROM identity.{table} WHERE {column} IS NOT NULL");
        let times: Vec<DateTime<Utc>> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&admin).await.unwrap();
        for time in &times {
            assert_eq!(time.timestamp_micros() % 86_400_000_000, 0, "{table}.{column} is {time}");
        }
        days += times.len();
    }
    assert!(days >= 8, "sessions' three times and the permit's: {days}");
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT session_id FROM identity.sessions WHERE member_id IS NOT NULL
         UNION ALL SELECT paper_permit_id FROM identity.paper_permits",
    )
    .fetch_all(&admin)
    .await
    .unwrap();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| id.get_version_num() == 4), "an id of version 7 has the time in it: {ids:?}");
    let minutes =
        "SELECT count(*) FROM identity.one_time_codes WHERE expire_time <> date_trunc('minute', expire_time)";
    assert_eq!(sqlx::query_scalar::<_, i64>(minutes).fetch_one(&admin).await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_ends_on_time_although_its_row_knows_the_day_alone() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let first = world.sign_in("1", &world.codes(roll).await[0].1).await.unwrap();
    world.clock.advance(TimeDelta::minutes(119));
    let refresh = async |token: &str| sessions::refresh(&world.app, world.organization, token).await;
    let last = refresh(&first.refresh_token).await.unwrap();
    assert_eq!(last.expire_time, first.expire_time);
    assert_eq!(last.access_token_expire_time, first.expire_time, "a minute, not ten");
    world.clock.advance(TimeDelta::minutes(2));
    assert!(world.caller(&last).await.is_err());
    let over = refresh(&last.refresh_token).await;
    assert!(matches!(over, Err(Error::CredentialsInvalid)), "{over:?}");

    // Who writes another end into the token has no token of the session.
    let end = first.expire_time.unwrap().seconds;
    let forged = last.refresh_token.replace(&end.to_string(), &(end + 86_400).to_string());
    assert_ne!(forged, last.refresh_token);
    assert!(refresh(&forged).await.is_err());
}

#[tokio::test]
async fn sessions_that_are_over_are_in_no_order_of_time() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    let csv = format!("member_number\n{}", (0..12).map(|n| format!("{n}\n")).collect::<String>());
    world.import(roll, &csv, false).await.unwrap();
    for (number, code) in world.codes(roll).await {
        world.sign_in(&number, &code).await.unwrap();
    }
    world.clock.advance(TimeDelta::days(2));
    retention::run(&world.app).await.unwrap();
    let rows = async |order: &str| -> Vec<Uuid> {
        let sql =
            format!("SELECT session_id FROM identity.sessions WHERE member_id IS NOT NULL ORDER BY {order}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&admin).await.unwrap()
    };
    let by_place = rows("ctid").await;
    assert_eq!(by_place.len(), 12);
    assert_eq!(by_place, rows("session_id").await, "random ids are the only order");
    let transactions = "SELECT count(DISTINCT xmin::text) FROM identity.sessions WHERE member_id IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(transactions).fetch_one(&admin).await.unwrap(), 1);
}
