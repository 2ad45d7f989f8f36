//! How a batch ends: its ballots are cast, or two officers set it aside. A poll is not sealed before each of its
//! batches has ended.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::outbox;
use comitia_platform::auth::Caller;
use comitia_platform::database::{self, Tenant};
use comitia_proto::events::v1::BallotsAccepted;
use comitia_proto::voting::v1::PaperBatch;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{require_paper_time, require_unfinished, show};
use crate::app::{App, poll_event};
use crate::domain::paper::{Form, Rejection, Void, differences, first_of_each_voter};
use crate::error::Error;
use crate::store;
use crate::store::paper::{BatchRow, Counted, Entry};

/// The turnout rows of paper ballots. Officers commit few batches at a time.
const SHARD: i32 = 0;
/// Forms of batches that never ended are forgotten this long after the time for paper.
pub const FORMS_KEPT: TimeDelta = TimeDelta::days(30);

/// Casts the ballots of a batch whose entries agree. Forms of voters who have voted are not counted. A committed
/// batch stays as it is.
///
/// # Errors
/// [`Error::EntriesDiffer`]; [`Error::SecondOfficerRequired`] for the only officer who made an entry;
/// [`Error::PaperBatchFinished`] when it was set aside; [`Error::PaperDeadlinePassed`]; errors of the poll.
pub async fn commit_paper_batch(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    batch_id: Uuid,
) -> Result<PaperBatch, Error> {
    let mut transaction = app.begin(organization).await?;
    // Before anything is written or locked for it: a sequencer tells by this lock who may still precede whom.
    store::lock_for_ballots(&mut transaction, &[poll_id]).await?;
    let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    if batch.counted_count.is_some() {
        let shown = show(app, &mut transaction, organization, &batch, officer).await?;
        transaction.rollback().await?;
        return Ok(shown);
    }
    require_unfinished(&batch)?;
    require_paper_time(app, &mut transaction, poll_id).await?;
    let forms = agreed(&mut transaction, &batch, officer).await?;
    let now = app.clock.now();
    let (counted, rejections) = cast_forms(&mut transaction, poll_id, &forms, now).await?;
    store::paper::commit(&mut transaction, organization, batch_id, counted, &rejections, now).await?;
    if counted.all > 0 {
        let event = BallotsAccepted { poll_id: poll_id.to_string(), added: counted.all };
        let event = poll_event(&app.clock, "voting.ballots.accepted", organization, poll_id, &event);
        outbox::append(&mut transaction, &[event]).await?;
    }
    batch.counted_count = Some(counted.all);
    batch.blank_count = Some(counted.void.blank);
    batch.invalid_count = Some(counted.void.invalid);
    let shown = show(app, &mut transaction, organization, &batch, officer).await?;
    transaction.commit().await?;
    app.outbox.wake();
    app.turnouts.changed(poll_id);
    Ok(shown)
}

/// Stores the ballots of agreed forms and counts them. Gives what was counted, and what was not and why.
async fn cast_forms(
    connection: &mut PgConnection,
    poll_id: Uuid,
    forms: &[Form],
    now: DateTime<Utc>,
) -> Result<(Counted, Vec<(String, &'static str)>), Error> {
    let (kept, twice) = first_of_each_voter(forms);
    let ballots: Vec<_> = kept
        .iter()
        .map(|place| &forms[*place])
        .map(|form| (form.nullifier, form.ballot.as_slice(), form.district.as_str()))
        .collect();
    let stored = store::ballots::write_paper(connection, poll_id, &ballots, now).await?;
    let stored: HashSet<_> = stored.into_iter().collect();
    let (counted, refused): (Vec<usize>, Vec<usize>) =
        kept.into_iter().partition(|place| stored.contains(&forms[*place].nullifier));
    let voters: Vec<_> = refused.iter().map(|place| (poll_id, forms[*place].nullifier)).collect();
    let present = store::ballots::present(connection, &voters).await?;
    let mut rejected: Vec<(usize, Rejection)> =
        twice.into_iter().map(|place| (place, Rejection::Twice)).collect();
    rejected.extend(refused.into_iter().zip(present).map(|(place, present)| {
        let paper = present.is_some_and(|present| present.paper);
        (place, if paper { Rejection::PaperBefore } else { Rejection::Online })
    }));
    rejected.sort_unstable_by_key(|(place, _)| *place);
    let rejections =
        rejected.into_iter().map(|(place, why)| (forms[place].number.clone(), why.text())).collect();
    let districts: Vec<String> = counted.iter().map(|place| forms[*place].district.clone()).collect();
    store::turnout::add_paper(connection, poll_id, SHARD, &districts).await?;
    let mut void = Void::default();
    for place in &counted {
        void.add(&forms[*place].ballot, 1);
    }
    let all = i64::try_from(counted.len()).unwrap_or(i64::MAX);
    Ok((Counted { all, void }, rejections))
}

/// Proposes to set a batch aside, or does it when another officer has proposed it. A batch that is set aside stays
/// so.
///
/// # Errors
/// [`Error::ReasonMissing`] for a proposal without one; [`Error::SecondOfficerRequired`] for the officer who proposed
/// it; [`Error::PaperBatchFinished`] when it is committed.
pub async fn set_paper_batch_aside(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    batch_id: Uuid,
    reason: &str,
) -> Result<PaperBatch, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    if batch.aside_second_officer.is_some() {
        let shown = show(app, &mut transaction, organization, &batch, officer).await?;
        transaction.rollback().await?;
        return Ok(shown);
    }
    require_unfinished(&batch)?;
    let proposed = batch.aside_reason.clone().unwrap_or_default();
    let same_reason = reason.is_empty() || reason == proposed;
    match &batch.aside_officer {
        Some(first) if *first != officer.subject && same_reason => {
            store::paper::confirm_aside(&mut transaction, batch_id, &officer.subject).await?;
            batch.aside_second_officer = Some(officer.subject.clone());
            tracing::warn!(poll = %poll_id, batch = %batch_id, "two officers set a paper batch aside");
        }
        Some(first) if *first == officer.subject && same_reason => {
            return Err(Error::SecondOfficerRequired(
                "another officer must confirm that the batch is set aside",
            ));
        }
        _ if reason.is_empty() => return Err(Error::ReasonMissing),
        // Another reason is another proposal, which needs its own confirmation.
        _ => {
            store::paper::propose_aside(&mut transaction, batch_id, &officer.subject, reason).await?;
            batch.aside_officer = Some(officer.subject.clone());
            batch.aside_reason = Some(reason.to_owned());
        }
    }
    let shown = show(app, &mut transaction, organization, &batch, officer).await?;
    transaction.commit().await?;
    Ok(shown)
}

/// Forgets the forms of batches that never ended: of sealed polls, and of polls whose time for paper was over a
/// month ago.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_paper_forms(app: &App) -> Result<u64, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let forgotten = store::paper::forget_forms(&mut transaction, app.clock.now() - FORMS_KEPT).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

/// The forms of a batch, if its two entries agree.
async fn agreed(
    connection: &mut PgConnection,
    batch: &BatchRow,
    officer: &Caller,
) -> Result<Vec<Form>, Error> {
    if batch.second_officer.is_none() {
        return Err(if batch.first_officer.as_ref() == Some(&officer.subject) {
            Error::SecondOfficerRequired("the second entry must come from another officer")
        } else {
            let missing =
                if batch.first_officer.is_some() { "the second entry is" } else { "both entries are" };
            Error::EntriesDiffer(format!("{missing} missing"))
        });
    }
    let first = store::paper::forms(connection, batch.id, Entry::First).await?;
    let second = store::paper::forms(connection, batch.id, Entry::Second).await?;
    match differences(&first, &second).len() {
        0 => Ok(first),
        count => Err(Error::EntriesDiffer(format!("the two entries of the batch differ in {count} places"))),
    }
}
