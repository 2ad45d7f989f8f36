//! What an answer to a cast says of a ballot that is there: nothing, unless the caller has the secret that it was cast
//! with.

use chrono::TimeDelta;
use comitia_proto::voting::v1::{Receipt, TrackedState};
use comitia_voting::app::App;
use comitia_voting::app::{cast, close, polls, tracking};
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, officer, reason};

/// The secret of somebody else's device.
const STRANGER: [u8; 16] = [0x57; 16];

/// An answer as the caller sees it.
fn seen(refused: comitia_platform::ApiError) -> (String, String, Vec<String>) {
    let fields = refused.violations.iter().map(|violation| violation.field.clone()).collect();
    (refused.reason_name().to_owned(), refused.message, fields)
}

#[tokio::test]
async fn without_recast_a_cast_with_somebody_elses_permit_gets_one_answer_whatever_it_guesses() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let permit = bench.permit(poll, 7, "north", false);
    let receipt = replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap();
    let mut answers = Vec::new();
    // The attacker's guesses, the right one among them, and the voter who has changed their mind.
    for (secret, option) in [(STRANGER, "o1"), (STRANGER, "o2"), (STRANGER, "o3"), (DEVICE, "o1")] {
        answers.push(seen(replica.vote_with(&permit, poll, &secret, &[option]).await.unwrap_err()));
    }
    assert_eq!(answers[0].0, "BALLOT_ALREADY_CAST");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    for secret in [&STRANGER[..], &[0; 16], &DEVICE[..15], &[&DEVICE[..], &[0]].concat()] {
        let refused = cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, secret).await;
        assert_eq!(reason(refused), "BALLOT_NOT_FOUND");
    }
    assert_eq!(replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap(), receipt);
    assert_eq!(cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await.unwrap(), receipt);
}

#[tokio::test]
async fn with_recast_an_equal_ballot_with_another_secret_is_one_more_revision_like_any_other() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let permit = bench.permit(poll, 7, "north", false);
    let mut codes = Vec::new();
    for (secret, option, revision) in [
        (DEVICE, "o2", 1),
        (DEVICE, "o2", 1),
        // The right guess and a wrong one.
        (STRANGER, "o2", 2),
        ([1; 16], "o1", 3),
        (DEVICE, "o2", 4),
        (DEVICE, "o1", 5),
        (DEVICE, "o1", 5),
    ] {
        bench.clock.advance(TimeDelta::seconds(1));
        let receipt = replica.vote_with(&permit, poll, &secret, &[option]).await.unwrap();
        assert_eq!(receipt.revision, revision, "{option}");
        codes.push(receipt.tracking_code);
    }
    assert_eq!((&codes[0], &codes[5]), (&codes[1], &codes[6]));
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 5, "each cast has a code of its own");
    assert_eq!(bench.counters(poll).await.values().sum::<i64>(), 1);
}

async fn look_up(app: &App, poll: Uuid, code: &str) -> Result<(TrackedState, u32, u32), &'static str> {
    match tracking::look_up_tracking_code(app, ORGANIZATION, poll, code).await {
        Ok(found) => Ok((found.state(), found.revision, found.latest_revision)),
        Err(error) => Err(comitia_platform::ApiError::from(error).reason_name()),
    }
}

#[tokio::test]
async fn a_tracking_code_says_whether_its_ballot_counts_and_nothing_else() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let app = &replica.app;
    let (poll, other) = (replica.open_poll(true).await, replica.open_poll(true).await);
    let code = |receipt: Receipt| receipt.tracking_code;
    let first = code(replica.vote(&bench, poll, 7, &["o1"]).await.unwrap());
    let neighbour = code(replica.vote(&bench, poll, 8, &["o1"]).await.unwrap());
    assert_eq!(look_up(app, poll, &first).await, Ok((TrackedState::Counted, 1, 1)));
    bench.clock.advance(TimeDelta::seconds(1));
    let second = code(replica.vote(&bench, poll, 7, &["o2"]).await.unwrap());
    assert_eq!(look_up(app, poll, &first).await, Ok((TrackedState::Replaced, 1, 2)));
    assert_eq!(look_up(app, poll, &second.to_lowercase()).await, Ok((TrackedState::Counted, 2, 2)));
    assert_eq!(look_up(app, poll, &neighbour).await, Ok((TrackedState::Counted, 1, 1)));
    assert_eq!(look_up(app, other, &second).await, Err("BALLOT_NOT_FOUND"));
    assert_eq!(look_up(app, poll, &second.replace('-', "x")).await, Err("FIELD_INVALID"));
    let elsewhere = tracking::look_up_tracking_code(app, Uuid::from_u128(5), poll, &second).await;
    assert_eq!(reason(elsewhere), "RESOURCE_NOT_FOUND");

    // A ballot that was altered behind everybody's back is not the one of the receipt.
    sqlx::query("UPDATE voting.ballots SET ballot = '\\x010100' WHERE poll_id = $1")
        .bind(poll)
        .execute(&bench.admin)
        .await
        .unwrap();
    assert_eq!(look_up(app, poll, &second).await, Err("BALLOT_NOT_FOUND"));
}

/// The plan of a look-up is a look into the primary key, in each partition.
#[tokio::test]
async fn a_look_up_reads_no_table() {
    let bench = Bench::new().await;
    let poll = bench.replica().open_poll(true).await;
    let mut connection = bench.admin.acquire().await.unwrap();
    sqlx::query(
        "INSERT INTO voting.ballots (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
         SELECT $1, sha256(int4send(n)), '\\x0101', '', false, 1, substr(sha256(int4send(n)), 1, 16), 0
         FROM generate_series(1, 5000) AS n",
    )
    .bind(poll)
    .execute(&mut *connection)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE voting.ballots").execute(&mut *connection).await.unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT nullifier, ballot, cast_digest, paper, revision FROM voting.ballots
         WHERE poll_id = $1 AND nullifier BETWEEN $2 AND $3",
    )
    .bind(poll)
    .bind([7_u8; 32])
    .bind([8_u8; 32])
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("pkey") && !plan.contains("Seq Scan"), "{plan}");
}

#[tokio::test]
async fn after_the_close_a_cast_is_repeated_and_found_with_a_permit_that_has_expired_since() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let permit = bench.permit(poll, 7, "north", false);
    bench.clock.advance(TimeDelta::minutes(59));
    let receipt = replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap();
    // A day and an hour after the close.
    bench.clock.advance(TimeDelta::hours(26));
    assert_eq!(replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap(), receipt);
    assert_eq!(cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await.unwrap(), receipt);
    // Anything else is late, whatever its permit.
    let unknown = bench.permit(poll, 8, "north", false);
    let mut forged = permit.clone();
    forged.replace_range(forged.len() - 4.., "AAAA");
    let mut answers = Vec::new();
    for (permit, secret, options) in [
        (&permit, DEVICE, ["o1"]),
        (&permit, STRANGER, ["o2"]),
        (&permit, STRANGER, ["nowhere"]),
        (&unknown, DEVICE, ["o2"]),
        (&forged, DEVICE, ["o2"]),
    ] {
        answers.push(seen(replica.vote_with(permit, poll, &secret, &options).await.unwrap_err()));
    }
    assert_eq!(answers[0].0, "POLL_CLOSED");
    assert_eq!(answers[0].1, "the poll closed at 2026-09-21T15:13:20Z");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn an_expired_permit_is_said_to_be_expired_while_a_new_one_helps() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let now = bench.clock.now();
    let poll = replica.poll((now, now + TimeDelta::days(10)), false).await;
    let permit = bench.permit(poll, 7, "north", false);
    let receipt = replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap();
    bench.clock.advance(TimeDelta::days(2));
    for options in [["o2"], ["nowhere"]] {
        let refused = replica.vote_with(&permit, poll, &DEVICE, &options).await;
        assert_eq!(reason(refused), "PERMIT_EXPIRED");
    }
    let refused = cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await;
    assert_eq!(reason(refused), "PERMIT_EXPIRED");
    // A person closes it before its time.
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "enough").await.unwrap();
    assert_eq!(reason(replica.vote_with(&permit, poll, &STRANGER, &["o2"]).await), "POLL_CLOSED");
    assert_eq!(replica.vote_with(&permit, poll, &DEVICE, &["o2"]).await.unwrap(), receipt);
    assert_eq!(cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await.unwrap(), receipt);
}

#[tokio::test]
async fn codes_are_published_in_pages_with_the_seal() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let (poll, empty) = (replica.open_poll(true).await, replica.open_poll(true).await);
    let early = tracking::list_tracking_codes(&replica.app, ORGANIZATION, poll, "").await;
    assert_eq!(reason(early), "POLL_STATE_INVALID");
    let own = replica.vote(&bench, poll, 1, &["o1"]).await.unwrap().tracking_code;
    // Enough for three pages, and one on paper, which has no code.
    sqlx::query(
        "INSERT INTO voting.ballots (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
         SELECT $1, sha256(int4send(n)), '\\x010100', 'north', n = 1, 1, substr(sha256(int4send(n)), 1, 16), 0
         FROM generate_series(1, 9000) AS n",
    )
    .bind(poll)
    .execute(&bench.admin)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO voting.turnout (poll_id, shard, district, paper, ballot_count)
         VALUES ($1, -1, 'north', false, 8999), ($1, -1, 'north', true, 1)",
    )
    .bind(poll)
    .execute(&bench.admin)
    .await
    .unwrap();
    let sealed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "enough").await.unwrap();
    assert_eq!((sealed.tracking_codes_count, sealed.tracking_codes_digest.len()), (9_000, 64));
    let (mut codes, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = tracking::list_tracking_codes(&replica.app, ORGANIZATION, poll, &token).await.unwrap();
        (token, pages) = (page.next_page_token, pages + 1);
        codes.extend(page.tracking_codes);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((pages, codes.len()), (3, 9_000));
    assert!(codes.is_sorted() && codes.contains(&own));
    for wrong in ["0", "3", "-1", "x"] {
        let refused = tracking::list_tracking_codes(&replica.app, ORGANIZATION, poll, wrong).await;
        assert_eq!(reason(refused), "PAGE_TOKEN_INVALID");
    }
    // Who creates it once more is given the poll as it is now.
    let period = (bench.clock.now(), bench.clock.now() + TimeDelta::hours(1));
    let asked = crate::harness::poll(poll, period, true);
    let again = polls::create_poll(&replica.app, ORGANIZATION, poll, period, asked).await.unwrap();
    assert_eq!(again.tracking_codes_count, 9_000);
    let sealed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), empty, "enough").await.unwrap();
    assert_eq!((sealed.tracking_codes_count, sealed.tracking_codes_digest.len()), (0, 64));
    let page = tracking::list_tracking_codes(&replica.app, ORGANIZATION, empty, "").await.unwrap();
    assert_eq!((page.tracking_codes.len(), page.next_page_token.as_str()), (0, ""));
}

/// An event may tell of a single ballot.
#[tokio::test]
async fn events_of_ballots_say_no_time_finer_than_an_hour() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    bench.clock.advance(TimeDelta::minutes(7));
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    let (id, time): (Uuid, chrono::DateTime<chrono::Utc>) = sqlx::query_as(
        "SELECT id, time FROM voting.outbox WHERE routing_key = 'voting.ballots.accepted' AND subject = $1",
    )
    .bind(poll.to_string())
    .fetch_one(&bench.admin)
    .await
    .unwrap();
    assert_eq!(time.timestamp() % 3_600, 0);
    assert_eq!(id.get_version_num(), 4);
}
