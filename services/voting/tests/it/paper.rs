//! Paper ballots: two officers, one count.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::voting::v1::{
    CreatePaperBatchRequest, EnteredForm, PaperBatch, PaperBatchState, PaperForm, PaperFormKind,
};
use comitia_voting::app::paper::Typed;
use comitia_voting::app::{cast, close, paper, turnout};
use comitia_voting::error::Error;
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, approve, named, officer, reason};

pub fn form(bench: &Bench, poll: Uuid, number: &str, voter: u32, options: &[&str]) -> PaperForm {
    PaperForm {
        form_number: number.into(),
        permit: bench.permit(poll, voter, "north", true),
        ballot: Some(approve(options)),
        ..Default::default()
    }
}

pub async fn create(replica: &Replica, poll: Uuid, request_id: &str) -> Result<PaperBatch, Error> {
    let request = CreatePaperBatchRequest {
        poll_id: poll.to_string(),
        title: "Box 12".into(),
        request_id: request_id.into(),
    };
    let idempotent =
        Idempotent::new(ORGANIZATION, &officer("first"), "CreatePaperBatch", request_id, &request).unwrap();
    let response = paper::create_paper_batch(&replica.app, ORGANIZATION, poll, "Box 12", &idempotent).await?;
    Ok(response.paper_batch.unwrap())
}

pub async fn batch(replica: &Replica, poll: Uuid) -> Uuid {
    create(replica, poll, "").await.unwrap().paper_batch_id.parse().unwrap()
}

pub fn typed(forms: &[PaperForm]) -> Typed {
    Typed { forms: forms.to_vec(), ..Typed::default() }
}

pub async fn enter(
    replica: &Replica,
    subject: &str,
    poll: Uuid,
    batch: Uuid,
    forms: &[PaperForm],
) -> Result<PaperBatch, ApiError> {
    let (app, officer, typed) = (&replica.app, officer(subject), typed(forms));
    let entered = paper::enter_paper_ballots(app, ORGANIZATION, &officer, poll, batch, typed).await;
    Ok(entered?)
}

pub async fn commit(
    replica: &Replica,
    subject: &str,
    poll: Uuid,
    batch: Uuid,
) -> Result<PaperBatch, ApiError> {
    Ok(paper::commit_paper_batch(&replica.app, ORGANIZATION, &officer(subject), poll, batch).await?)
}

pub fn rejected(batch: &PaperBatch) -> Vec<(&str, &str)> {
    batch.rejections.iter().map(|found| (found.form_number.as_str(), found.reason.as_str())).collect()
}

#[tokio::test]
async fn two_officers_agree_before_anything_is_counted() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let batch = batch(&replica, poll).await;
    let good = [form(&bench, poll, "1", 1, &["o1"]), form(&bench, poll, "2", 2, &["o2"])];
    assert_eq!(reason(commit(&replica, "ann", poll, batch).await), "ENTRIES_DIFFER");

    let entered = enter(&replica, "ann", poll, batch, &good).await.unwrap();
    assert_eq!((entered.state(), entered.first_entry_count), (PaperBatchState::Entering, 2));
    // The same officer again replaces the entry and never becomes the second.
    let entered = enter(&replica, "ann", poll, batch, &good[..1]).await.unwrap();
    assert_eq!((entered.first_entry_count, entered.second_entry_count), (1, 0));
    assert_eq!(reason(commit(&replica, "ann", poll, batch).await), "SECOND_OFFICER_REQUIRED");
    assert_eq!(reason(commit(&replica, "bob", poll, batch).await), "ENTRIES_DIFFER");
    enter(&replica, "ann", poll, batch, &good).await.unwrap();

    let wrong = [form(&bench, poll, "1", 1, &["o3"]), form(&bench, poll, "7", 2, &["o2"])];
    let entered = enter(&replica, "bob", poll, batch, &wrong).await.unwrap();
    let shown: Vec<_> =
        entered.differences.iter().map(|d| (d.form_number.as_str(), d.difference.as_str())).collect();
    assert_eq!(shown, [("1", "ballot"), ("2", "missing in second entry"), ("7", "missing in first entry")]);
    assert_eq!(entered.state(), PaperBatchState::Entering);
    assert_eq!(reason(commit(&replica, "bob", poll, batch).await), "ENTRIES_DIFFER");
    assert_eq!(reason(enter(&replica, "eve", poll, batch, &good).await), "SECOND_OFFICER_REQUIRED");
    assert!(bench.stored(poll).await.is_empty());

    let reversed: Vec<_> = good.iter().rev().cloned().collect();
    let entered = enter(&replica, "bob", poll, batch, &reversed).await.unwrap();
    assert_eq!((entered.state(), entered.differences.len()), (PaperBatchState::Agreed, 0));
    let committed = commit(&replica, "bob", poll, batch).await.unwrap();
    assert_eq!((committed.state(), committed.counted_count), (PaperBatchState::Committed, 2));
    let again = PaperBatch { own_entry: 2, ..commit(&replica, "ann", poll, batch).await.unwrap() };
    assert_eq!(again, committed, "again is the same");
    let read = paper::get_paper_batch(&replica.app, ORGANIZATION, &officer("bob"), poll, batch).await;
    assert_eq!(read.unwrap(), committed);
    assert_eq!(reason(enter(&replica, "ann", poll, batch, &good).await), "PAPER_BATCH_FINISHED");
    assert_eq!(bench.counters(poll).await, [(("north".to_owned(), true), 2)].into());
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
    let forms: i64 =
        sqlx::query_scalar("SELECT count(*) FROM voting.paper_forms").fetch_one(&bench.admin).await.unwrap();
    assert_eq!(forms, 0, "nothing ties a form to a ballot any more");
}

#[tokio::test]
async fn who_voted_online_is_not_counted_on_paper_nor_the_other_way_round() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    replica.vote(&bench, poll, 1, &["o1"]).await.unwrap();
    let first = batch(&replica, poll).await;
    let forms = [
        form(&bench, poll, "10", 1, &["o2"]),
        form(&bench, poll, "9", 2, &["o2"]),
        form(&bench, poll, "8", 3, &["o2"]),
        form(&bench, poll, "7", 2, &["o3"]),
    ];
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, first, &forms).await.unwrap();
    }
    let committed = commit(&replica, "ann", poll, first).await.unwrap();
    assert_eq!(committed.counted_count, 2);
    assert_eq!(rejected(&committed), [("10", "voted online"), ("7", "two forms in this batch")]);

    let second = batch(&replica, poll).await;
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, second, &forms[1..3]).await.unwrap();
    }
    let committed = commit(&replica, "bob", poll, second).await.unwrap();
    assert_eq!(committed.counted_count, 0);
    assert_eq!(rejected(&committed), [("9", "voted on paper before"), ("8", "voted on paper before")]);

    // Online, the same ballot or another: the paper one stays. It has no receipt, as nobody has a secret for it.
    for option in ["o2", "o4"] {
        assert_eq!(reason(replica.vote(&bench, poll, 2, &[option]).await), "ALREADY_VOTED_ON_PAPER");
    }
    let permit = bench.permit(poll, 2, "north", false);
    let receipt = cast::get_receipt(&replica.app, ORGANIZATION, poll, &permit, &DEVICE).await;
    assert_eq!(reason(receipt), "BALLOT_NOT_FOUND");
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
    let turnout = turnout::turnout(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((turnout.ballot_count, turnout.districts.len()), (3, 0));
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "counted").await.unwrap();
    let turnout = turnout::turnout_for_staff(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(
        (turnout.ballot_count, turnout.districts[0].online_count, turnout.districts[0].paper_count),
        (3, 1, 2)
    );
}

#[tokio::test]
async fn online_and_paper_at_the_same_moment_count_once() {
    let bench = Bench::new().await;
    let (replica, other) = (bench.replica(), bench.replica());
    let poll = replica.open_poll(true).await;
    let batch = batch(&replica, poll).await;
    let forms: Vec<_> =
        (0..100).map(|voter| form(&bench, poll, &voter.to_string(), voter, &["o1"])).collect();
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, batch, &forms).await.unwrap();
    }
    let online =
        futures_util::future::join_all((0..100).map(|voter| other.vote(&bench, poll, voter, &["o2"])));
    let (committed, online) = tokio::join!(commit(&replica, "ann", poll, batch), online);
    let committed = committed.unwrap();
    let counted = online.iter().filter(|receipt| receipt.is_ok()).count();
    assert_eq!(usize::try_from(committed.counted_count).unwrap() + counted, 100);
    assert_eq!(committed.rejections.len(), counted);
    assert_eq!(bench.stored(poll).await.len(), 100);
    assert_eq!(bench.recount(poll).await, bench.counters(poll).await);
}

#[tokio::test]
async fn forms_are_checked_and_named() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let batch = batch(&replica, poll).await;
    let good = form(&bench, poll, "1", 1, &["o1"]);
    let with = |change: fn(&mut PaperForm)| {
        let mut bad = form(&bench, poll, "2", 2, &["o2"]);
        change(&mut bad);
        [good.clone(), bad]
    };
    let refused = async |forms: [PaperForm; 2]| {
        let error = enter(&replica, "ann", poll, batch, &forms).await.unwrap_err();
        (error.reason_name(), error.violations[0].field.clone())
    };
    let field = |name: &str| name.to_owned();
    assert_eq!(
        refused(with(|f| f.form_number = "1".into())).await,
        ("FIELD_INVALID", field("forms[1].form_number"))
    );
    assert_eq!(refused(with(|f| f.permit = "x".into())).await, ("PERMIT_INVALID", field("forms[1].permit")));
    assert_eq!(
        refused(with(|f| f.ballot = Some(approve(&["o9"])))).await,
        ("OPTION_UNKNOWN", field("forms[1].ballot.choices[0].option_id"))
    );
    assert_eq!(
        refused(with(|f| f.ballot = Some(approve(&["o1", "o2", "o3", "o4"])))).await,
        ("BALLOT_INVALID", field("forms[1].ballot.choices"))
    );
    let permit = |permit: String| [good.clone(), PaperForm { permit, ..form(&bench, poll, "2", 2, &["o2"]) }];
    let online = permit(bench.permit(poll, 2, "north", false));
    assert_eq!(refused(online).await, ("PERMIT_INVALID", field("forms[1].permit")));
    let elsewhere = permit(bench.permit(Uuid::from_u128(9), 2, "north", true));
    assert_eq!(refused(elsewhere).await, ("PERMIT_FOR_ANOTHER_POLL", field("forms[1].permit")));
    let mut claims = bench.claims(poll, 2, "north", true);
    claims.exp = bench.clock.now().timestamp();
    let expired = permit(bench.signer.permit(&claims));
    assert_eq!(refused(expired).await, ("PERMIT_EXPIRED", field("forms[1].permit")));
    let read = paper::get_paper_batch(&replica.app, ORGANIZATION, &officer("ann"), poll, batch).await;
    let batch = read.unwrap();
    assert_eq!(batch.first_entry_count, 0, "nothing was stored");
}

#[tokio::test]
async fn batches_belong_to_an_open_poll() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let now = bench.clock.now();
    let poll = replica.poll((now + TimeDelta::minutes(1), now + TimeDelta::minutes(2)), false).await;
    assert_eq!(named(create(&replica, poll, "").await).unwrap_err(), "POLL_NOT_OPEN");
    bench.clock.advance(TimeDelta::minutes(1));
    let batch = batch(&replica, poll).await;
    let forms = [form(&bench, poll, "1", 1, &["o1"])];
    for subject in ["ann", "bob"] {
        enter(&replica, subject, poll, batch, &forms).await.unwrap();
    }
    let elsewhere = replica.open_poll(false).await;
    assert_eq!(reason(commit(&replica, "ann", elsewhere, batch).await), "RESOURCE_NOT_FOUND");
    bench.clock.advance(TimeDelta::minutes(1));
    // A poll created without the API and without a paper deadline takes paper until the close.
    assert_eq!(reason(commit(&replica, "ann", poll, batch).await), "PAPER_DEADLINE_PASSED");
    assert_eq!(reason(enter(&replica, "ann", poll, batch, &forms).await), "PAPER_DEADLINE_PASSED");
    assert_eq!(named(create(&replica, poll, "").await).unwrap_err(), "POLL_CLOSED");
    assert!(bench.stored(poll).await.is_empty());
}

#[tokio::test]
async fn the_same_request_opens_one_batch() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let id = Uuid::from_u128(77).to_string();
    let first = create(&replica, poll, &id).await.unwrap();
    assert_eq!(create(&replica, poll, &id).await.unwrap(), first);
    let other = replica.open_poll(false).await;
    assert_eq!(named(create(&replica, other, &id).await).unwrap_err(), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn an_entry_is_saved_while_it_is_typed_and_only_typists_see_forms() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    let batch = batch(&replica, poll).await;
    let add = async |who: &str, forms: &[PaperForm], removed: &[&str]| {
        let removed = removed.iter().map(|number| (*number).to_owned()).collect();
        let typed = Typed { forms: forms.to_vec(), keep_others: true, removed };
        paper::enter_paper_ballots(&replica.app, ORGANIZATION, &officer(who), poll, batch, typed).await
    };
    let read = async |who: &str| {
        paper::get_paper_batch(&replica.app, ORGANIZATION, &officer(who), poll, batch).await.unwrap()
    };
    let numbers = |batch: &PaperBatch| -> Vec<String> {
        batch.own_forms.iter().map(|form| form.form_number.clone()).collect()
    };
    let one = form(&bench, poll, "1", 1, &["o1"]);
    let blank =
        PaperForm { kind: PaperFormKind::Blank.into(), ballot: None, ..form(&bench, poll, "2", 2, &[]) };
    add("ann", &[one.clone(), form(&bench, poll, "8", 8, &["o2"])], &[]).await.unwrap();
    let saved = add("ann", &[blank.clone(), form(&bench, poll, "1", 1, &["o2"])], &["8"]).await.unwrap();
    assert_eq!(
        (numbers(&saved), saved.first_entry_count, saved.own_entry),
        (vec!["1".into(), "2".into()], 2, 1)
    );
    assert_eq!(saved.own_forms[0].ballot, Some(approve(&["o2"])));
    assert_eq!((saved.own_forms[1].kind(), &saved.own_forms[1].ballot), (PaperFormKind::Blank, &None));
    let refused: ApiError = add("ann", &[], &["1", "2"]).await.unwrap_err().into();
    assert_eq!(refused.violations[0].field, "forms");

    let differing = add("bob", std::slice::from_ref(&one), &[]).await.unwrap();
    let [ballot, missing] = &differing.differences[..] else { panic!("{differing:?}") };
    let chosen = |form: &Option<EnteredForm>| form.as_ref().and_then(|form| form.ballot.clone());
    assert_eq!(chosen(&ballot.first), Some(approve(&["o2"])));
    assert_eq!(chosen(&ballot.second), Some(approve(&["o1"])));
    assert!(missing.first.is_some() && missing.second.is_none());
    // Who typed nothing of it learns where the entries differ, and not what is on the forms.
    let other = read("eve").await;
    assert_eq!((other.own_entry, other.own_forms.len(), other.differences.len()), (0, 0, 2));
    assert!(other.differences.iter().all(|found| found.first.is_none() && found.second.is_none()));

    let list = async |size, token: &str| {
        paper::list_paper_batches(&replica.app, ORGANIZATION, poll, size, token).await.unwrap()
    };
    assert_eq!(list(0, "").await.paper_batches[0].state(), PaperBatchState::Entering);
    add("ann", &[one], &[]).await.unwrap();
    add("bob", &[blank], &[]).await.unwrap();
    create(&replica, poll, "").await.unwrap();
    let first = list(1, "").await;
    assert_eq!(first.paper_batches[0].paper_batch_id, batch.to_string());
    assert_eq!(first.paper_batches[0].state(), PaperBatchState::Agreed);
    assert_eq!(
        (first.paper_batches[0].own_forms.len(), read("ann").await.state()),
        (0, PaperBatchState::Agreed)
    );
    let second = list(1, &first.next_page_token).await;
    assert_eq!((second.paper_batches.len(), second.next_page_token.as_str()), (1, ""));
    assert_eq!(second.paper_batches[0].state(), PaperBatchState::Entering);
    commit(&replica, "bob", poll, batch).await.unwrap();
    assert_eq!(list(0, "").await.paper_batches[0].state(), PaperBatchState::Committed);
}
