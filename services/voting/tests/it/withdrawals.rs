//! Signatures that are taken back: an entry of its own for each, counted once, whatever fails and whoever comes at the same time.

use std::ops::Range;

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_proto::voting::v1::{Ballot, Milestone, Receipt, SignatureSheet, TrackedState};
use comitia_transparency::Hash;
use comitia_transparency::sheet::{Leaf, withdrawal_key};
use comitia_transparency::{Checkpoint, VerifierKeys, proof};
use comitia_voting::app::acts::{self, Act};
use comitia_voting::app::{cast, close, log, sequencer, tracking, withdraw};
use comitia_voting::store::log as store;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, named, nullifier, officer, reason, soon};
use crate::log::{fifty_and_spread, identifier_of, leaves, published, verify};

/// What another device draws.
const ANOTHER: [u8; 16] = [0xa7; 16];

fn revocable() -> SignatureSheet {
    SignatureSheet { withdrawal_allowed: true, ..fifty_and_spread() }
}

async fn sign(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32) -> Result<Receipt, ApiError> {
    let permit = bench.permit(poll, voter, if voter.is_multiple_of(3) { "north" } else { "south" }, false);
    let nothing = Ballot::default();
    let signed = cast::cast_ballot(&replica.app, ORGANIZATION, poll, permit, &nothing, &DEVICE, soon());
    signed.await.map_err(ApiError::from)
}

async fn withdraw_with(
    bench: &Bench,
    replica: &Replica,
    poll: Uuid,
    voter: u32,
    secret: &[u8],
) -> Result<[u8; 32], &'static str> {
    let permit = bench.permit(poll, voter, "", false);
    named(withdraw::withdraw_signature(&replica.app, ORGANIZATION, poll, &permit, secret).await)
}

async fn withdraw(
    bench: &Bench,
    replica: &Replica,
    poll: Uuid,
    voter: u32,
) -> Result<[u8; 32], &'static str> {
    withdraw_with(bench, replica, poll, voter, &ANOTHER).await
}

async fn sign_all(bench: &Bench, replica: &Replica, poll: Uuid, voters: Range<u32>) {
    for voter in voters {
        sign(bench, replica, poll, voter).await.unwrap();
    }
}

async fn waiting(bench: &Bench, poll: Uuid) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM voting.log_waiting WHERE poll_id = $1")
        .bind(poll)
        .fetch_one(&bench.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_an_entry_and_counts_show_it() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign_all(&bench, &replica, poll, 0..60).await;
    sequencer::sequence(&replica.app).await.unwrap();
    let before = published(&replica, poll).await.0;
    let extending =
        Act { organization: ORGANIZATION, poll_id: poll, officer: &officer("owner"), reason: "a day more" };
    let to = bench.clock.now() + TimeDelta::days(1);
    acts::extend_poll(&replica.app, extending, to).await.unwrap();
    bench.clock.advance(TimeDelta::minutes(61));

    let key = withdraw(&bench, &replica, poll, 7).await.unwrap();
    assert_eq!(withdraw(&bench, &replica, poll, 7).await, Ok(key), "the same act, the same answer");
    assert_eq!(waiting(&bench, poll).await, 1);
    // One of who signs meanwhile, and one who signs and withdraws before the sequencer looks.
    sign_all(&bench, &replica, poll, 60..62).await;
    withdraw(&bench, &replica, poll, 61).await.unwrap();
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 4);

    let recount = verify(&bench, &replica, poll, &revocable(), &[before]).await;
    assert_eq!((recount.size(), recount.tally().withdrawn(), recount.tally().all().total), (64, 2, 60));
    let shown = log::describe(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((shown.signature_count, shown.withdrawn_count), (60, 2));
    let counts = log::count(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((counts.signature_count, counts.withdrawn_count), (60, 2));
    let districts: i64 = counts.districts.iter().map(|one| one.signature_count).sum();
    assert_eq!(districts, 60);
    let hours: Vec<_> =
        counts.hours.iter().map(|hour| (hour.signature_count, hour.withdrawn_count)).collect();
    assert_eq!(hours, [(60, 0), (2, 2)]);

    // It is proved as a signature is.
    let proved = log::prove(&replica.app, ORGANIZATION, poll, &key).await.unwrap();
    let leaf = Leaf::decode(&proved.entry).unwrap();
    let identifier = identifier_of(&bench, &replica, poll, &nullifier(7)).await;
    assert!(leaf.withdrawal && leaf.identifier == identifier && leaf.district == "south");
    assert_eq!(withdrawal_key(&identifier), key);
    let keys = VerifierKeys::parse(shown.verifier_keys.iter().map(String::as_str)).unwrap();
    let head = Checkpoint::open(proved.checkpoint.as_bytes(), &keys).unwrap();
    let hashes: Vec<_> = proved.hashes.iter().map(|hash| Hash::from_slice(hash).unwrap()).collect();
    let index = u64::try_from(proved.leaf_index).unwrap();
    assert!(proof::includes(&hashes, index, Hash::leaf(&proved.entry), head.size, head.root));
    // Nothing was deleted, and the signature stands before it.
    let (_, files) = published(&replica, poll).await;
    assert!(leaves(&files)[..60].iter().any(|leaf| leaf.identifier == identifier && !leaf.withdrawal));
    assert_eq!(bench.stored(poll).await.len(), 62);
}

#[tokio::test]
async fn who_has_withdrawn_is_told_so_and_does_not_sign_again() {
    let bench = Bench::new().await;
    let (replica, other) = (bench.replica(), bench.replica());
    let poll = replica.open_sheet(revocable()).await;
    let receipt = sign(&bench, &replica, poll, 1).await.unwrap();
    withdraw(&bench, &replica, poll, 1).await.unwrap();
    assert_eq!(withdraw_with(&bench, &other, poll, 1, &[9; 16]).await, Err("SIGNATURE_WITHDRAWN"));
    let permit = bench.permit(poll, 1, "south", false);
    let nothing = Ballot::default();
    let again = cast::cast_ballot(&other.app, ORGANIZATION, poll, permit.clone(), &nothing, &[8; 16], soon());
    assert_eq!(reason(again.await), "SIGNATURE_WITHDRAWN");
    let kept = cast::get_receipt(&other.app, ORGANIZATION, poll, &permit, &DEVICE).await;
    assert_eq!(reason(kept), "SIGNATURE_WITHDRAWN");
    // A receipt says that a signature counts: the signing itself, sent again, gets none any more.
    assert_eq!(reason(sign(&bench, &replica, poll, 1).await), "SIGNATURE_WITHDRAWN");
    let looked =
        tracking::look_up_tracking_code(&other.app, ORGANIZATION, poll, &receipt.tracking_code).await;
    assert_eq!(looked.unwrap().state(), TrackedState::Withdrawn);
    assert_eq!(withdraw(&bench, &replica, poll, 2).await, Err("BALLOT_NOT_FOUND"));
    let kept_on = sign(&bench, &replica, poll, 3).await.unwrap();
    close::close_poll(&replica.app, ORGANIZATION, &officer("owner"), poll, "enough").await.unwrap();
    // The first time the copy of the poll in memory says that it is open.
    for _ in 0..2 {
        assert_eq!(reason(sign(&bench, &replica, poll, 1).await), "SIGNATURE_WITHDRAWN");
        assert_eq!(sign(&bench, &replica, poll, 3).await.unwrap(), kept_on, "an answer that was lost");
        bench.clock.advance(TimeDelta::days(2));
    }
}

#[tokio::test]
async fn a_withdrawal_needs_an_open_sheet_that_allows_it() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let fixed = replica.open_sheet(fifty_and_spread()).await;
    sign(&bench, &replica, fixed, 1).await.unwrap();
    assert_eq!(withdraw(&bench, &replica, fixed, 1).await, Err("WITHDRAWAL_NOT_ALLOWED"));
    let vote = replica.open_poll(false).await;
    assert_eq!(withdraw(&bench, &replica, vote, 1).await, Err("WITHDRAWAL_NOT_ALLOWED"));

    let poll = replica.open_sheet(revocable()).await;
    sign_all(&bench, &replica, poll, 0..4).await;
    let paper = bench.permit(poll, 1, "south", true);
    let refused = withdraw::withdraw_signature(&replica.app, ORGANIZATION, poll, &paper, &ANOTHER).await;
    assert_eq!(reason(refused), "PERMIT_INVALID");
    let key = withdraw(&bench, &replica, poll, 1).await.unwrap();
    let (officer, why) = (&officer("owner"), "a doubt");
    let act = Act { organization: ORGANIZATION, poll_id: poll, officer, reason: why };
    acts::pause_poll(&replica.app, act).await.unwrap();
    assert_eq!(withdraw(&bench, &replica, poll, 2).await, Err("POLL_PAUSED"));
    assert_eq!(withdraw(&bench, &replica, poll, 1).await, Ok(key), "an answer that was lost");
    close::close_poll(&replica.app, ORGANIZATION, officer, poll, "enough").await.unwrap();
    assert_eq!(withdraw(&bench, &replica, poll, 2).await, Err("POLL_CLOSED"));
    assert_eq!(withdraw(&bench, &replica, poll, 1).await, Ok(key));
    sequencer::sequence(&replica.app).await.unwrap();
    assert_eq!(verify(&bench, &replica, poll, &revocable(), &[]).await.tally().all().total, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_milestone_is_reached_by_what_stands_and_stays_in_history() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let three = Milestone { milestone_id: "three".into(), min_signatures: 3, ..Default::default() };
    let sheet = SignatureSheet {
        publishes_districts: true,
        milestones: vec![three],
        withdrawal_allowed: true,
        ..Default::default()
    };
    let poll = replica.open_sheet(sheet.clone()).await;
    let milestone = async || {
        sequencer::sequence(&replica.app).await.unwrap();
        verify(&bench, &replica, poll, &sheet, &[]).await;
        let shown = log::describe(&replica.app, ORGANIZATION, poll).await.unwrap().milestones[0].clone();
        (shown.reached.map(|reached| reached.leaf_index), shown.holds)
    };
    sign_all(&bench, &replica, poll, 0..2).await;
    withdraw(&bench, &replica, poll, 0).await.unwrap();
    sign_all(&bench, &replica, poll, 2..3).await;
    assert_eq!(milestone().await, (None, false), "three signed, and two stand");
    sign_all(&bench, &replica, poll, 3..4).await;
    assert_eq!(milestone().await, (Some(4), true));
    withdraw(&bench, &replica, poll, 1).await.unwrap();
    assert_eq!(milestone().await, (Some(4), false));
    sign_all(&bench, &replica, poll, 4..5).await;
    assert_eq!(milestone().await, (Some(4), true), "reached once");
    let told = bench.events(poll).await;
    assert_eq!(told.iter().filter(|key| *key == "voting.milestone.reached").count(), 1);
}

/// People sign and withdraw from several devices at once, at two replicas, while two sequencers append.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_at_the_same_time_nothing_is_lost_or_doubled() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica()];
    let poll = replicas[0].open_sheet(revocable()).await;
    let people = async |replica: &Replica, secret: u8| {
        let mut acknowledged = 0;
        for voter in 0..60 {
            // Each replica has all people: the second signature is a repetition, or comes after the withdrawal.
            let signed = sign(&bench, replica, poll, voter).await;
            let refused = signed.err().map_or("", |error| error.reason_name());
            let withdraws = voter.is_multiple_of(4);
            assert!(refused.is_empty() || (withdraws && refused == "SIGNATURE_WITHDRAWN"), "{refused}");
            if withdraws {
                match withdraw_with(&bench, replica, poll, voter, &[secret; 16]).await {
                    Ok(_) => acknowledged += 1,
                    Err(reason) => assert_eq!(reason, "SIGNATURE_WITHDRAWN"),
                }
            }
        }
        acknowledged
    };
    let appending = async |replica: &Replica| {
        let mut appended = 0;
        while appended < 200 && bench.stored(poll).await.len() < 60 {
            appended += sequencer::sequence(&replica.app).await.unwrap();
        }
    };
    let (first, second, (), ()) = tokio::join!(
        people(&replicas[0], 1),
        people(&replicas[1], 2),
        appending(&replicas[0]),
        appending(&replicas[1])
    );
    assert_eq!(first + second, 15, "each withdrawal is acknowledged to one of two devices");
    sequencer::sequence(&replicas[0].app).await.unwrap();
    sequencer::sequence(&replicas[1].app).await.unwrap();
    let recount = verify(&bench, &replicas[1], poll, &revocable(), &[]).await;
    assert_eq!((recount.tally().all().total, recount.tally().withdrawn()), (45, 15));
}

/// The transactions of a server from which the database was restored had come further.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_restored_is_withdrawn_behind_its_signature() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign_all(&bench, &replica, poll, 0..3).await;
    sqlx::query("UPDATE voting.log_waiting SET transaction = '1000000000000'")
        .execute(&bench.admin)
        .await
        .unwrap();
    withdraw(&bench, &replica, poll, 1).await.unwrap();
    // However few are taken at a time.
    let mut taking = bench.admin.begin().await.unwrap();
    let due = store::due(&mut taking).await.unwrap()[0];
    for withdrawals in [vec![false, false], vec![false, true]] {
        let taken = store::take(&mut taking, due, 2).await.unwrap();
        assert_eq!(taken.iter().map(|one| one.withdrawal).collect::<Vec<_>>(), withdrawals);
    }
    taking.rollback().await.unwrap();
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 4);
    assert_eq!(verify(&bench, &replica, poll, &revocable(), &[]).await.tally().withdrawn(), 1);
}

/// Not even the service's own role takes a withdrawal back.
#[tokio::test]
async fn a_withdrawal_stays() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&bench, &replica, poll, 1).await.unwrap();
    withdraw(&bench, &replica, poll, 1).await.unwrap();
    sequencer::sequence(&replica.app).await.unwrap();
    for statement in [
        "DELETE FROM voting.withdrawals",
        "UPDATE voting.withdrawals SET secret_digest = decode(repeat('00', 16), 'hex')",
        "UPDATE voting.logs SET withdrawals = 0",
    ] {
        let mut transaction = replica.app.pool.begin().await.unwrap();
        sqlx::query("SELECT set_config('comitia.organization', '*', true)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        assert!(sqlx::query(statement).execute(&mut *transaction).await.is_err(), "{statement}");
    }
}
