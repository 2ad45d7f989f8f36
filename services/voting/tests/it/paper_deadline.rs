//! Paper that was handed in before the close: entered after it, waited for, or set aside by two.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{PaperBatch, PaperBatchState, PaperForm, PaperFormKind, PollState};
use comitia_voting::app::{clock, close, paper, polls, turnout};
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, Replica, approve, named, officer, poll, reason};
use crate::paper::{batch, commit, create, enter, form};

const GRACE: TimeDelta = TimeDelta::seconds(2);

/// A poll that is open for an hour and takes paper for two more.
async fn open_poll(bench: &Bench, replica: &Replica) -> Uuid {
    let now = bench.clock.now();
    let (id, period) = (comitia_core::id::new(), (now, now + TimeDelta::hours(1)));
    let mut poll = poll(id, period, true);
    poll.paper_close_time = Some(timestamp(now + TimeDelta::hours(3)));
    polls::create_poll(&replica.app, ORGANIZATION, id, period, poll).await.unwrap();
    id
}

async fn state(replica: &Replica, poll: Uuid) -> PollState {
    polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap().state()
}

async fn set_aside(
    replica: &Replica,
    subject: &str,
    poll: Uuid,
    batch: Uuid,
    why: &str,
) -> Result<PaperBatch, ApiError> {
    Ok(paper::set_paper_batch_aside(&replica.app, ORGANIZATION, &officer(subject), poll, batch, why).await?)
}

/// How many forms are kept, in all.
async fn forms(bench: &Bench) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM voting.paper_forms").fetch_one(&bench.admin).await.unwrap()
}

#[tokio::test]
async fn an_agreed_batch_counts_although_the_poll_has_closed() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = open_poll(&bench, &replica).await;
    let (first, second) = (batch(&replica, poll).await, batch(&replica, poll).await);
    let sheets: Vec<_> = (0..3).map(|voter| form(&bench, poll, &voter.to_string(), voter, &["o1"])).collect();
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, first, &sheets).await.unwrap();
    }
    bench.clock.advance(TimeDelta::hours(1) + GRACE);
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(state(&replica, poll).await, PollState::WaitingForPaper);
    assert_eq!(
        named(create(&replica, poll, "").await).unwrap_err(),
        "POLL_CLOSED",
        "no box comes after the close"
    );
    assert_eq!(reason(replica.vote(&bench, poll, 50, &["o1"]).await), "POLL_CLOSED");

    assert_eq!(commit(&replica, "ann", poll, first).await.unwrap().counted_count, 3);
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(state(&replica, poll).await, PollState::WaitingForPaper, "the other batch is open");
    let more = [form(&bench, poll, "1", 7, &["o2"])];
    for subject in ["bob", "eve"] {
        enter(&replica, subject, poll, second, &more).await.unwrap();
    }
    commit(&replica, "eve", poll, second).await.unwrap();
    clock::tick(&replica.app, GRACE).await.unwrap();
    let sealed = polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(sealed.state(), PollState::Sealed);
    assert_eq!(bench.stored(poll).await.len(), 4);
    assert_eq!(reason(enter(&replica, "ann", poll, second, &more).await), "PAPER_BATCH_FINISHED");
}

#[tokio::test]
async fn nothing_is_sealed_without_open_batches_until_two_officers_set_them_aside() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = open_poll(&bench, &replica).await;
    let batch = batch(&replica, poll).await;
    let sheets = [form(&bench, poll, "1", 1, &["o1"]), form(&bench, poll, "2", 2, &["o1"])];
    enter(&replica, "ann", poll, batch, &sheets).await.unwrap();
    let closed =
        close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "the hall is closed")
            .await
            .unwrap();
    assert_eq!(closed.state(), PollState::WaitingForPaper);
    assert_eq!(closed.close_reason, "the hall is closed");
    bench.clock.advance(TimeDelta::hours(3));
    clock::tick(&replica.app, GRACE).await.unwrap();
    assert_eq!(
        state(&replica, poll).await,
        PollState::WaitingForPaper,
        "no deadline loses a ballot by itself"
    );
    assert_eq!(reason(enter(&replica, "bob", poll, batch, &sheets).await), "PAPER_DEADLINE_PASSED");
    assert_eq!(reason(commit(&replica, "bob", poll, batch).await), "PAPER_DEADLINE_PASSED");

    assert_eq!(reason(set_aside(&replica, "ann", poll, batch, "").await), "FIELD_INVALID");
    let proposed = set_aside(&replica, "ann", poll, batch, "the box was found open").await.unwrap();
    assert_eq!(proposed.state(), PaperBatchState::Entering);
    assert_eq!(reason(set_aside(&replica, "ann", poll, batch, "").await), "SECOND_OFFICER_REQUIRED");
    // Another reason is another proposal.
    set_aside(&replica, "bob", poll, batch, "the box was lost").await.unwrap();
    assert_eq!(reason(set_aside(&replica, "bob", poll, batch, "").await), "SECOND_OFFICER_REQUIRED");
    assert_eq!(forms(&bench).await, 2);
    let aside = set_aside(&replica, "ann", poll, batch, "").await.unwrap();
    assert_eq!(
        (aside.state(), aside.set_aside_reason.as_str()),
        (PaperBatchState::SetAside, "the box was lost")
    );
    assert_eq!(forms(&bench).await, 0);
    assert_eq!(set_aside(&replica, "ann", poll, batch, "").await.unwrap(), aside, "once is enough");

    clock::tick(&replica.app, GRACE).await.unwrap();
    let sealed = polls::get_poll(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(sealed.state(), PollState::Sealed);
    let shown = &sealed.paper_batches_set_aside[0];
    assert_eq!(
        (shown.title.as_str(), shown.reason.as_str(), shown.form_count),
        ("Box 12", "the box was lost", 2)
    );
}

#[tokio::test]
async fn blank_and_invalid_papers_have_voted_and_choose_nothing() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = open_poll(&bench, &replica).await;
    let batch = batch(&replica, poll).await;
    let void = |number: &str, voter, kind: PaperFormKind| PaperForm {
        kind: kind.into(),
        ballot: None,
        ..form(&bench, poll, number, voter, &[])
    };
    let sheets = [
        form(&bench, poll, "1", 1, &["o1"]),
        void("2", 2, PaperFormKind::Blank),
        void("3", 3, PaperFormKind::Invalid),
        void("4", 4, PaperFormKind::Invalid),
    ];
    enter(&replica, "ann", poll, batch, &sheets).await.unwrap();
    let mut other = sheets.clone();
    other[3].set_kind(PaperFormKind::Blank);
    let entered = enter(&replica, "bob", poll, batch, &other).await.unwrap();
    assert_eq!(entered.differences.len(), 1, "blank and invalid are not the same");
    enter(&replica, "bob", poll, batch, &sheets).await.unwrap();
    let committed = commit(&replica, "ann", poll, batch).await.unwrap();
    assert_eq!((committed.counted_count, committed.blank_count, committed.invalid_count), (4, 1, 2));
    assert_eq!(reason(replica.vote(&bench, poll, 3, &["o1"]).await), "ALREADY_VOTED_ON_PAPER");

    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "counted").await.unwrap();
    let turnout = turnout::turnout(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((turnout.ballot_count, turnout.blank_paper_count, turnout.invalid_paper_count), (4, 1, 2));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(10);
    close::send_ballots(&replica.app, ORGANIZATION, poll, &sender).await.unwrap();
    drop(sender);
    let groups = receiver.recv().await.unwrap().unwrap();
    assert_eq!(groups.iter().map(|group| group.count).sum::<i64>(), 1);
    assert_eq!(groups[0].ballot, Some(approve(&["o1"])));
}

#[tokio::test]
async fn a_poll_that_has_not_opened_is_not_closed() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let later = bench.clock.now() + TimeDelta::days(3);
    let poll = replica.poll((later, later + TimeDelta::days(1)), false).await;
    assert_eq!(
        reason(close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "called off").await),
        "POLL_NOT_OPEN"
    );
    assert_eq!(state(&replica, poll).await, PollState::Scheduled);
}

#[tokio::test]
async fn forms_that_nobody_finishes_are_forgotten_and_no_time_of_a_commit_is_kept() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = open_poll(&bench, &replica).await;
    let (left, done) = (batch(&replica, poll).await, batch(&replica, poll).await);
    let sheets = [form(&bench, poll, "1", 1, &["o1"])];
    enter(&replica, "ann", poll, left, &sheets).await.unwrap();
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, done, &sheets).await.unwrap();
    }
    commit(&replica, "ann", poll, done).await.unwrap();
    let kind: String = sqlx::query_scalar(
        "SELECT data_type FROM information_schema.columns
         WHERE table_schema = 'voting' AND table_name = 'paper_batches' AND column_name LIKE 'commit%'",
    )
    .fetch_one(&bench.admin)
    .await
    .unwrap();
    assert_eq!(kind, "date");

    bench.clock.advance(TimeDelta::hours(3) + TimeDelta::days(30));
    assert_eq!(paper::forget_paper_forms(&replica.app).await.unwrap(), 0);
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(paper::forget_paper_forms(&replica.app).await.unwrap(), 1);
    assert_eq!(forms(&bench).await, 0);
}
