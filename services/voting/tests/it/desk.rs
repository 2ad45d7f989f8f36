//! A ballot from the desk is the voter's first or none.

use chrono::TimeDelta;
use comitia_platform::auth::PermitClaims;
use comitia_voting::app::withdraw;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, reason};

const HOME: [u8; 16] = [0x40; 16];
const AGAIN: [u8; 16] = [0x41; 16];

fn from_desk(bench: &Bench, poll: Uuid, voter: u32) -> String {
    bench.signer.permit(&PermitClaims { desk: true, ..bench.claims(poll, voter, "north", false) })
}

#[tokio::test]
async fn the_desk_replaces_no_ballot_and_the_letter_replaces_that_of_the_desk() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;

    // Somebody who voted at home.
    let home = bench.permit(poll, 1, "north", false);
    let at_home = replica.vote_with(&home, poll, &HOME, &["o1"]).await.unwrap();
    let desk = from_desk(&bench, poll, 1);
    for option in ["o1", "o2"] {
        let refused = replica.vote_with(&desk, poll, &DEVICE, &[option]).await;
        assert_eq!(reason(refused), "BALLOT_ALREADY_CAST");
    }
    assert_eq!(replica.vote_with(&home, poll, &HOME, &["o1"]).await.unwrap(), at_home, "it stands");

    // Somebody who votes at the desk: once.
    let desk = from_desk(&bench, poll, 2);
    let first = replica.vote_with(&desk, poll, &DEVICE, &["o1"]).await.unwrap();
    assert_eq!(first.revision, 1);
    assert_eq!(replica.vote_with(&desk, poll, &DEVICE, &["o1"]).await.unwrap(), first, "sent again");
    bench.clock.advance(TimeDelta::microseconds(1));
    let refused = replica.vote_with(&desk, poll, &AGAIN, &["o2"]).await;
    assert_eq!(reason(refused), "BALLOT_ALREADY_CAST");
    let refused = replica.vote_with(&from_desk(&bench, poll, 2), poll, &AGAIN, &["o2"]).await;
    assert_eq!(reason(refused), "BALLOT_ALREADY_CAST", "by another visit");

    // The code of the letter still counts.
    let home = bench.permit(poll, 2, "north", false);
    let changed = replica.vote_with(&home, poll, &HOME, &["o3"]).await.unwrap();
    assert_eq!(changed.revision, 2);
    let refused = replica.vote_with(&desk, poll, &AGAIN, &["o2"]).await;
    assert_eq!(reason(refused), "BALLOT_ALREADY_CAST");
    assert_eq!(bench.recount(poll).await.values().sum::<i64>(), 2);
}

#[tokio::test]
async fn in_a_vote_of_one_cast_the_desk_casts_it_as_anywhere() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let desk = from_desk(&bench, poll, 1);
    replica.vote_with(&desk, poll, &DEVICE, &["o1"]).await.unwrap();
    let home = bench.permit(poll, 1, "north", false);
    let refused = replica.vote_with(&home, poll, &HOME, &["o2"]).await;
    assert_eq!(reason(refused), "BALLOT_ALREADY_CAST");
}

/// Who reads the table cannot say which ballots are from the desk: two visits of a day would be as good as two names.
#[tokio::test]
async fn no_row_says_that_its_ballot_is_from_the_desk() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    for voter in 0..40_u32 {
        let permit = if voter.is_multiple_of(2) {
            from_desk(&bench, poll, voter)
        } else {
            bench.permit(poll, voter, "north", false)
        };
        replica.vote_with(&permit, poll, &DEVICE, &["o1"]).await.unwrap();
    }
    let rows: Vec<(i64, bool, i32)> =
        sqlx::query_as("SELECT arrival_order, paper, revision FROM voting.ballots WHERE poll_id = $1")
            .bind(poll)
            .fetch_all(&bench.admin)
            .await
            .unwrap();
    assert_eq!(rows.len(), 40);
    // Orders have a secret part of 61 bits: those from the desk lie among the others, whose part of time has 51.
    assert!(rows.iter().all(|(order, paper, revision)| *order > 0 && !paper && *revision == 1));
}

#[tokio::test]
async fn nothing_is_taken_back_at_the_desk() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let desk = from_desk(&bench, poll, 1);
    let refused = withdraw::withdraw_signature(&replica.app, ORGANIZATION, poll, &desk, &DEVICE).await;
    assert_eq!(reason(refused), "PERMIT_INVALID");
}
