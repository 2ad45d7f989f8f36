//! Corrections of a sheet: two officers, an entry of its own, and counts that everybody comes to, whoever comes at the same time.

use std::ops::Range;

use chrono::TimeDelta;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::voting::v1::{
    Correction, CorrectionAct, CorrectionProposal, ProposeCorrectionRequest, SignatureSelection,
    SignatureSheet,
};
use comitia_transparency::sheet::{Act, Recount, Selection, Subject, correction_key};
use comitia_voting::app::{close, corrections, log, sequencer, withdraw};
use comitia_voting::domain::correction::Wanted;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, Replica, named, officer, soon};
use crate::log::{fifty_and_spread, verify};

fn revocable() -> SignatureSheet {
    SignatureSheet { withdrawal_allowed: true, ..fifty_and_spread() }
}

async fn sign(replica: &Replica, poll: Uuid, voters: Range<u32>) {
    for voter in voters {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
}

async fn take_back(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32) {
    let permit = bench.permit(poll, voter, "", false);
    withdraw::withdraw_signature(&replica.app, ORGANIZATION, poll, &permit, &[7; 16]).await.unwrap();
}

fn entries(act: Act, first: u64, end: u64) -> Wanted {
    Wanted { act, subject: Subject::Selection(Selection::of_entries(first, end)) }
}

fn about(act: Act, earlier: u32) -> Wanted {
    Wanted { act, subject: Subject::Earlier(earlier) }
}

async fn propose(
    replica: &Replica,
    poll: Uuid,
    subject: &str,
    wanted: Wanted,
    request_id: &str,
) -> Result<CorrectionProposal, &'static str> {
    let officer = officer(subject);
    let request = ProposeCorrectionRequest { request_id: request_id.into(), ..Default::default() };
    let request = Idempotent::new(ORGANIZATION, &officer, "ProposeCorrection", request_id, &request).unwrap();
    let about = (ORGANIZATION, poll);
    let reason = "Signatures by a program";
    let proposed = corrections::propose(&replica.app, about, &officer, wanted, reason, &request).await;
    Ok(named(proposed)?.proposal.unwrap())
}

async fn confirm(
    replica: &Replica,
    poll: Uuid,
    subject: &str,
    proposal: &CorrectionProposal,
) -> Result<Correction, &'static str> {
    let id = proposal.proposal_id.parse().unwrap();
    named(corrections::confirm(&replica.app, ORGANIZATION, &officer(subject), poll, id).await)
}

/// Proposed by one, confirmed by another.
async fn decide(replica: &Replica, poll: Uuid, wanted: Wanted) -> Result<Correction, &'static str> {
    let proposal = propose(replica, poll, "ann", wanted, "").await?;
    confirm(replica, poll, "bob", &proposal).await
}

/// The counts that everybody reads are those that the log comes to.
async fn check(bench: &Bench, replica: &Replica, poll: Uuid) -> Recount {
    let recount = verify(bench, replica, poll, &revocable(), &[]).await;
    let shown = log::describe(&replica.app, ORGANIZATION, poll).await.unwrap();
    let tally = recount.tally();
    let counts = (tally.all().total as i64, tally.withdrawn() as i64, tally.set_aside());
    assert_eq!((shown.signature_count, shown.withdrawn_count, shown.set_aside_count), counts);
    let holds: Vec<_> = shown.milestones.iter().map(|milestone| milestone.holds).collect();
    assert_eq!(holds, tally.holding().collect::<Vec<_>>());
    let read = log::count(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((read.signature_count, read.withdrawn_count, read.set_aside_count), counts);
    assert_eq!(usize::try_from(read.correction_count), Ok(recount.corrected().len()));
    assert_eq!(shown.corrections.len(), recount.corrected().len());
    for (shown, found) in shown.corrections.iter().zip(recount.corrected()) {
        let effect = shown.effect.as_ref().unwrap();
        assert_eq!(shown.leaf_index, found.index as i64);
        assert_eq!(effect.signature_count, found.effect.signatures as i64);
        assert_eq!(effect.lost_milestone_ids, found.effect.lost);
        assert_eq!(effect.regained_milestone_ids, found.effect.regained);
        let districts: i64 = effect.districts.iter().map(|one| one.signature_count).sum();
        assert_eq!(districts, effect.signature_count);
    }
    recount
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_set_signatures_aside_and_restore_them() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&replica, poll, 0..52).await;
    let wanted = entries(Act::Quarantine, 40, 45);
    let preview = corrections::preview(&replica.app, ORGANIZATION, poll, &wanted).await.unwrap();
    let effect = preview.effect.unwrap();
    assert_eq!((preview.signature_count, effect.signature_count), (52, 5));
    assert_eq!(effect.lost_milestone_ids, ["fifty"]);

    let proposal = propose(&replica, poll, "ann", wanted.clone(), "").await.unwrap();
    assert_eq!(confirm(&replica, poll, "ann", &proposal).await, Err("SECOND_OFFICER_REQUIRED"));
    assert_eq!(check(&bench, &replica, poll).await.size(), 52, "a proposal is nothing yet");
    bench.clock.advance(TimeDelta::minutes(2));
    let done = confirm(&replica, poll, "bob", &proposal).await.unwrap();
    assert_eq!((done.number, done.act(), done.leaf_index), (1, CorrectionAct::Quarantine, 52));
    assert_eq!(done.effect, Some(effect), "as it was shown before");
    assert!(done.in_force && !done.is_final && done.appeals.is_empty());
    assert_eq!(done.reason, "Signatures by a program");
    assert_eq!(confirm(&replica, poll, "cleo", &proposal).await.as_ref(), Ok(&done), "once");
    let recount = check(&bench, &replica, poll).await;
    assert_eq!((recount.tally().all().total, recount.size()), (47, 53));
    // It is proved as every entry is.
    let proved = log::prove(&replica.app, ORGANIZATION, poll, &correction_key(1)).await.unwrap();
    assert_eq!(proved.leaf_index, 52);

    // People sign on, and the milestone that was reached stays in history.
    sign(&replica, poll, 52..54).await;
    let back = decide(&replica, poll, about(Act::Restoration, 1)).await.unwrap();
    assert_eq!(back.effect.as_ref().unwrap().regained_milestone_ids, ["fifty"]);
    assert_eq!((back.number, back.earlier_number, back.in_force), (2, 1, false));
    let recount = check(&bench, &replica, poll).await;
    assert_eq!((recount.tally().all().total, recount.tally().set_aside()), (54, 0));
    let reached = recount.tally().milestones().next().unwrap().1;
    assert_eq!(reached.map(|at| at.leaf), Some(49));
    let told = bench.events(poll).await;
    assert_eq!(told.iter().filter(|key| *key == "voting.milestone.reached").count(), 1, "reached once");
    let register = corrections::list(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(register.iter().map(|one| one.in_force).collect::<Vec<_>>(), [false, false]);
    assert_eq!(bench.stored(poll).await.len(), 54, "no ballot was touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawals_and_corrections_take_nothing_twice() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&replica, poll, 0..60).await;
    for voter in 0..5 {
        take_back(&bench, &replica, poll, voter).await;
    }
    sequencer::sequence(&replica.app).await.unwrap();
    let aside = decide(&replica, poll, entries(Act::Quarantine, 0, 60)).await.unwrap();
    assert_eq!(aside.effect.unwrap().signature_count, 55, "five had been taken back");
    for voter in 5..8 {
        take_back(&bench, &replica, poll, voter).await;
    }
    sign(&replica, poll, 60..62).await;
    let recount = check(&bench, &replica, poll).await;
    let tally = recount.tally();
    assert_eq!((tally.all().total, tally.withdrawn(), tally.set_aside()), (2, 8, 52));
    let back = decide(&replica, poll, about(Act::Restoration, 1)).await.unwrap();
    assert_eq!(back.effect.unwrap().signature_count, 52);
    assert_eq!(check(&bench, &replica, poll).await.tally().all().total, 54);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_corrected_is_named() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    sign(&replica, poll, 0..10).await;
    let preview = async |wanted: Wanted| {
        named(corrections::preview(&replica.app, ORGANIZATION, poll, &wanted).await).map(|_| ())
    };
    assert_eq!(preview(entries(Act::Quarantine, 5, 11)).await, Err("FIELD_INVALID"));
    assert_eq!(preview(about(Act::Restoration, 1)).await, Err("CORRECTION_NOT_IN_FORCE"));
    let paper = Selection { paper: Some(true), ..Selection::of_entries(0, 10) };
    let paper = Wanted { act: Act::Invalidation, subject: Subject::Selection(paper) };
    assert_eq!(preview(paper).await, Err("CORRECTION_EMPTY"));
    let vote = replica.open_poll(false).await;
    let none = corrections::preview(&replica.app, ORGANIZATION, vote, &about(Act::Restoration, 1)).await;
    assert_eq!(named(none).map(|_| ()), Err("POLL_HAS_NO_LOG"));

    // What others decide first.
    let quarantine = decide(&replica, poll, entries(Act::Quarantine, 0, 4)).await.unwrap();
    let first = propose(&replica, poll, "ann", about(Act::Restoration, 1), "").await.unwrap();
    let last = propose(&replica, poll, "ann", about(Act::Invalidation, 1), "").await.unwrap();
    let same = propose(&replica, poll, "ann", entries(Act::Invalidation, 2, 3), "").await;
    assert_eq!(same, Err("CORRECTION_EMPTY"), "it is set aside");
    let made_final = confirm(&replica, poll, "bob", &last).await.unwrap();
    assert_eq!((made_final.effect.unwrap().signature_count, quarantine.number), (0, 1));
    let register = corrections::list(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert!(register[0].in_force && register[0].is_final && !register[1].in_force);
    assert_eq!(
        propose(&replica, poll, "ann", about(Act::Invalidation, 1), "").await,
        Err("CORRECTION_NOT_IN_FORCE")
    );
    confirm(&replica, poll, "bob", &first).await.unwrap();
    let again = propose(&replica, poll, "ann", about(Act::Restoration, 1), "").await;
    assert_eq!(again, Err("CORRECTION_NOT_IN_FORCE"));
    check(&bench, &replica, poll).await;

    // One that is dropped, and one that is not there.
    let dropped = propose(&replica, poll, "ann", entries(Act::Quarantine, 0, 4), "").await.unwrap();
    let id: Uuid = dropped.proposal_id.parse().unwrap();
    for _ in 0..2 {
        corrections::drop_proposal(&replica.app, ORGANIZATION, poll, id).await.unwrap();
    }
    assert_eq!(confirm(&replica, poll, "bob", &dropped).await, Err("CORRECTION_DECIDED"));
    let decided = first.proposal_id.parse().unwrap();
    let drop = corrections::drop_proposal(&replica.app, ORGANIZATION, poll, decided).await;
    assert_eq!(named(drop), Err("CORRECTION_DECIDED"));
    let unknown = CorrectionProposal { proposal_id: Uuid::from_u128(7).to_string(), ..dropped };
    assert_eq!(confirm(&replica, poll, "bob", &unknown).await, Err("CORRECTION_NOT_FOUND"));
    let (bob, other) = (officer("bob"), Uuid::from_u128(0xbb));
    let elsewhere = corrections::confirm(&replica.app, other, &bob, poll, decided);
    assert_eq!(named(elsewhere.await).map(|_| ()), Err("RESOURCE_NOT_FOUND"), "another organization's");
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_wait_and_are_made_once() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    sign(&replica, poll, 0..10).await;
    let id = Uuid::from_u128(9).to_string();
    let wanted = entries(Act::Quarantine, 0, 4);
    let first = propose(&replica, poll, "ann", wanted.clone(), &id).await.unwrap();
    assert_eq!(propose(&replica, poll, "ann", wanted.clone(), &id).await.as_ref(), Ok(&first));
    let waiting = async |subject| {
        let officer = officer(subject);
        corrections::proposals(&replica.app, ORGANIZATION, poll, &officer).await.unwrap()
    };
    let own: Vec<_> = waiting("ann").await.iter().map(|one| one.own_proposal).collect();
    assert_eq!((own, waiting("bob").await[0].own_proposal), (vec![true], false));
    assert_eq!(
        waiting("bob").await[0].selection,
        Some(SignatureSelection { end_leaf: 4, ..Default::default() })
    );
    for _ in 1..20 {
        propose(&replica, poll, "ann", wanted.clone(), "").await.unwrap();
    }
    assert_eq!(propose(&replica, poll, "ann", wanted, "").await, Err("TOO_MANY_CORRECTIONS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_stands_in_the_register() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    sign(&replica, poll, 0..10).await;
    let note = async |number, note| {
        named(
            corrections::note_appeal(&replica.app, ORGANIZATION, &officer("ann"), poll, (number, note)).await,
        )
    };
    assert_eq!(note(1, "Why?").await, Err("CORRECTION_NOT_FOUND"));
    // After the close too: that is when sheets are examined.
    close::close_poll(&replica.app, ORGANIZATION, &officer("ann"), poll, "enough").await.unwrap();
    decide(&replica, poll, entries(Act::Invalidation, 0, 4)).await.unwrap();
    for _ in 0..2 {
        note(1, "The author appeals to the court").await.unwrap();
    }
    let noted = note(1, "The court has not decided").await.unwrap();
    let notes: Vec<_> = noted.appeals.iter().map(|appeal| appeal.note.as_str()).collect();
    assert_eq!(notes, ["The author appeals to the court", "The court has not decided"]);
    assert!(noted.is_final);
    check(&bench, &replica, poll).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_those_of_the_entries() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&replica, poll, 0..3).await;
    sign(&replica, poll, 3..5).await;
    bench.clock.advance(TimeDelta::minutes(5));
    take_back(&bench, &replica, poll, 1).await;
    sign(&replica, poll, 5..9).await;
    let shown = corrections::minutes(&replica.app, ORGANIZATION, poll, None, 0).await.unwrap();
    let read = |minutes: &[comitia_proto::voting::v1::SignatureMinute]| {
        minutes
            .iter()
            .map(|one| (one.online_count, one.paper_count, one.withdrawn_count, one.first_leaf, one.end_leaf))
            .collect::<Vec<_>>()
    };
    assert_eq!((read(&shown.minutes), shown.size), (vec![(5, 0, 0, 0, 5), (4, 0, 1, 5, 10)], 10));
    let newest = corrections::minutes(&replica.app, ORGANIZATION, poll, None, 1).await.unwrap();
    assert_eq!(read(&newest.minutes), [(4, 0, 1, 5, 10)]);
    let before = bench.clock.now() - TimeDelta::minutes(1);
    let earlier = corrections::minutes(&replica.app, ORGANIZATION, poll, Some(before), 0).await.unwrap();
    assert_eq!(read(&earlier.minutes), [(5, 0, 0, 0, 5)]);
}

/// People sign and withdraw at two replicas with their sequencers, while officers correct from both, each proposal twice at once.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_at_the_same_time_each_correction_is_one_entry() {
    let bench = Bench::new().await;
    let replicas = [bench.replica(), bench.replica()];
    let poll = replicas[0].open_sheet(revocable()).await;
    sign(&replicas[0], poll, 0..40).await;
    let people = async |replica: &Replica, voters: Range<u32>| {
        for voter in voters {
            replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
            if voter.is_multiple_of(3) {
                take_back(&bench, replica, poll, voter - 40).await;
            }
            sequencer::sequence(&replica.app).await.unwrap();
        }
    };
    let officers = async || {
        for round in 0..8 {
            let wanted = if round % 2 == 0 {
                entries(Act::Quarantine, u64::from(round), 40)
            } else {
                about(Act::Restoration, round)
            };
            let proposal = propose(&replicas[0], poll, "ann", wanted, "").await.unwrap();
            let (one, other) = tokio::join!(
                confirm(&replicas[0], poll, "bob", &proposal),
                confirm(&replicas[1], poll, "cleo", &proposal)
            );
            assert_eq!(one.unwrap(), other.unwrap(), "decided once");
        }
    };
    tokio::join!(people(&replicas[0], 40..60), people(&replicas[1], 60..80), officers());
    sequencer::sequence(&replicas[1].app).await.unwrap();
    let recount = check(&bench, &replicas[1], poll).await;
    assert_eq!((recount.corrected().len(), recount.tally().set_aside()), (8, 0));
    assert_eq!(recount.tally().all().total + recount.tally().withdrawn(), 80);
}

/// A process that dies while it decides has decided nothing; the proposal is confirmed afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_in_the_log_or_is_none() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&replica, poll, 0..10).await;
    let proposal = propose(&replica, poll, "ann", entries(Act::Quarantine, 0, 4), "").await.unwrap();
    // The last statement of the decision waits for this one: its process is killed meanwhile.
    let mut held = bench.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE voting.log_tiles IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let waiting = "FROM pg_locks WHERE NOT granted AND relation = 'voting.log_tiles'::regclass
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let killed = async {
        let waits = format!("SELECT count(*) {waiting}");
        let waits = || sqlx::query_scalar::<_, i64>(AssertSqlSafe(waits.clone()));
        while waits().fetch_one(&bench.admin).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        let kill = AssertSqlSafe(format!("SELECT count(pg_terminate_backend(pid)) {waiting}"));
        sqlx::query(kill).execute(&bench.admin).await.unwrap();
    };
    let (confirmed, ()) = tokio::join!(confirm(&replica, poll, "bob", &proposal), killed);
    assert!(confirmed.is_err());
    held.rollback().await.unwrap();
    let recount = check(&bench, &replica, poll).await;
    assert_eq!((recount.size(), recount.corrected().len()), (10, 0));
    sign(&replica, poll, 10..12).await;
    confirm(&replica, poll, "bob", &proposal).await.unwrap();
    assert_eq!(check(&bench, &replica, poll).await.tally().all().total, 8);
}

/// Not even the service's own role rewrites the register.
#[tokio::test]
async fn the_register_stays() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(revocable()).await;
    sign(&replica, poll, 0..10).await;
    decide(&replica, poll, entries(Act::Quarantine, 0, 4)).await.unwrap();
    for statement in [
        "DELETE FROM voting.log_corrections",
        "UPDATE voting.log_corrections SET reason = 'another'",
        "UPDATE voting.log_corrections SET signature_count = 0",
        "UPDATE voting.log_corrections SET number = NULL, second_officer = NULL, leaf = NULL, minute = NULL",
        "UPDATE voting.logs SET corrections = 0",
        "DELETE FROM voting.log_appeals",
        "DELETE FROM voting.log_minutes",
    ] {
        let mut transaction = replica.app.pool.begin().await.unwrap();
        sqlx::query("SELECT set_config('comitia.organization', '*', true)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        assert!(sqlx::query(statement).execute(&mut *transaction).await.is_err(), "{statement}");
    }
}
