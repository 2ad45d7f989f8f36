//! Paper ballots: batches and entries. `finish` has the two ways in which a batch ends.

mod finish;

pub use finish::{commit_paper_batch, forget_paper_forms, set_paper_batch_aside};

use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::database::{self, Tenant};
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    CreatePaperBatchResponse, PaperBatch, PaperBatchState, PaperDifference, PaperForm, PaperFormKind,
    PaperRejection,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::permit::Channel;
use super::{App, permit};
use crate::domain::ballot::BallotRefusal;
use crate::domain::paper::{BLANK, Form, INVALID, differences, repeated_numbers};
use crate::domain::poll::{Door, PaperDoor, door, paper_door};
use crate::error::Error;
use crate::store;
use crate::store::paper::{BatchRow, Entry};

/// Violations that one answer names.
const MAX_VIOLATIONS: usize = 100;

/// Opens a batch of a poll that takes ballots. After the close none is opened: which boxes were handed in by then
/// is fixed.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::PollNotOpen`], [`Error::PollClosed`].
pub async fn create_paper_batch(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    title: &str,
    request: &Idempotent,
) -> Result<CreatePaperBatchResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        transaction.commit().await?;
        return Ok(earlier);
    }
    // A close waits for this transaction, so that it sees the batch.
    store::lock_for_ballots(&mut transaction, &[poll_id]).await?;
    require_open(app, &mut transaction, poll_id).await?;
    let batch = BatchRow {
        id: comitia_core::id::new(),
        poll_id,
        title: title.to_owned(),
        create_time: app.clock.now(),
        first_officer: None,
        second_officer: None,
        first_entry_count: 0,
        second_entry_count: 0,
        counted_count: None,
        blank_count: None,
        invalid_count: None,
        aside_officer: None,
        aside_reason: None,
        aside_second_officer: None,
    };
    store::paper::insert(&mut transaction, organization, &batch).await?;
    let paper_batch = Some(show(&mut transaction, &batch).await?);
    let response = CreatePaperBatchResponse { paper_batch };
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// Stores an officer's entry of a batch, in place of the one that this officer made before.
///
/// # Errors
/// Errors of the forms' permits and ballots, with the forms' places; [`Error::SecondOfficerRequired`] when two other
/// officers made the entries; [`Error::PaperBatchFinished`]; [`Error::PaperDeadlinePassed`]; errors of the poll.
pub async fn enter_paper_ballots(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    batch_id: Uuid,
    forms: Vec<PaperForm>,
) -> Result<PaperBatch, Error> {
    let forms = read_forms(app, organization, poll_id, forms).await?;
    let mut transaction = app.begin(organization).await?;
    let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    require_unfinished(&batch)?;
    require_paper_time(app, &mut transaction, poll_id).await?;
    let count = i64::try_from(forms.len()).unwrap_or(i64::MAX);
    let free = |slot: &Option<String>| slot.as_ref().is_none_or(|other| *other == officer.subject);
    let entry = if free(&batch.first_officer) {
        batch.first_officer = Some(officer.subject.clone());
        batch.first_entry_count = count;
        Entry::First
    } else if free(&batch.second_officer) {
        batch.second_officer = Some(officer.subject.clone());
        batch.second_entry_count = count;
        Entry::Second
    } else {
        return Err(Error::SecondOfficerRequired(
            "two other officers have made the entries of this batch; only they can change them",
        ));
    };
    store::paper::replace_entry(&mut transaction, organization, &batch, entry, &forms).await?;
    let shown = show(&mut transaction, &batch).await?;
    transaction.commit().await?;
    Ok(shown)
}

/// Reads a batch.
///
/// # Errors
/// [`Error::PaperBatchNotFound`].
pub async fn get_paper_batch(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    batch_id: Uuid,
) -> Result<PaperBatch, Error> {
    let read_only = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let mut transaction =
        database::begin_with(&app.pool, Tenant::Organization(organization), read_only).await?;
    let batch = store::paper::get(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    let shown = show(&mut transaction, &batch).await?;
    transaction.commit().await?;
    Ok(shown)
}

/// The poll takes ballots now.
async fn require_open(app: &App, connection: &mut PgConnection, poll_id: Uuid) -> Result<(), Error> {
    let (state, period) =
        store::polls::standing(connection, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
    let now = app.clock.now();
    match door(state, period, now) {
        Door::Open => Ok(()),
        Door::NotOpen => Err(Error::PollNotOpen),
        Door::Closed => {
            let ending = store::polls::ending(connection, poll_id, now).await?;
            Err(ending.and_then(|(_, ending)| ending).map_or(Error::PollClosed, Error::from))
        }
    }
}

/// Batches that were opened in time can be worked on now.
async fn require_paper_time(app: &App, connection: &mut PgConnection, poll_id: Uuid) -> Result<(), Error> {
    let (state, open, paper_close) =
        store::polls::paper_standing(connection, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
    match paper_door(state, open, paper_close, app.clock.now()) {
        PaperDoor::Open => Ok(()),
        PaperDoor::NotOpen => Err(Error::PollNotOpen),
        PaperDoor::DeadlinePassed => Err(Error::PaperDeadlinePassed),
        PaperDoor::Closed => Err(Error::PollClosed),
    }
}

/// Verifies the permits and ballots of forms. All broken rules of ballots are named; the first bad permit ends it.
async fn read_forms(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    forms: Vec<PaperForm>,
) -> Result<Vec<Form>, Error> {
    let definition = app.definitions.get(organization, poll_id).await?;
    let repeated = repeated_numbers(forms.iter().map(|form| form.form_number.as_str()));
    if let Some((place, _)) = repeated.first() {
        let field = format!("forms[{place}].form_number");
        return Err(ApiError::invalid_field(field, "must be unique in the batch").into());
    }
    let mut read = Vec::with_capacity(forms.len());
    let mut broken = BallotRefusal { option_unknown: false, violations: Vec::new() };
    for (place, form) in forms.into_iter().enumerate() {
        let permit =
            permit::permit(app, &form.permit, poll_id, Channel::Paper, &format!("forms[{place}].permit"))
                .await?;
        let kind = form.kind();
        let accepted = match kind {
            PaperFormKind::Blank => Ok(BLANK.to_vec()),
            PaperFormKind::Invalid => Ok(INVALID.to_vec()),
            PaperFormKind::Unspecified | PaperFormKind::Ballot => {
                let path = format!("forms[{place}].ballot");
                definition.rules.accept(&form.ballot.unwrap_or_default(), &path)
            }
        };
        match accepted {
            Ok(ballot) => {
                let (nullifier, district) = (permit.nullifier, permit.district);
                read.push(Form { number: form.form_number, nullifier, district, ballot });
            }
            Err(refusal) => {
                broken.option_unknown |= refusal.option_unknown;
                broken.violations.extend(refusal.violations);
                broken.violations.truncate(MAX_VIOLATIONS);
            }
        }
    }
    if broken.violations.is_empty() { Ok(read) } else { Err(broken.into()) }
}

/// A finished batch is immutable.
fn require_unfinished(batch: &BatchRow) -> Result<(), Error> {
    if batch.counted_count.is_some() {
        return Err(Error::PaperBatchFinished("committed"));
    }
    if batch.aside_second_officer.is_some() {
        return Err(Error::PaperBatchFinished("set aside"));
    }
    Ok(())
}

/// A batch as callers see it.
async fn show(connection: &mut PgConnection, batch: &BatchRow) -> Result<PaperBatch, Error> {
    let both = batch.first_officer.is_some() && batch.second_officer.is_some();
    let mut shown = PaperBatch {
        paper_batch_id: batch.id.to_string(),
        poll_id: batch.poll_id.to_string(),
        title: batch.title.clone(),
        state: PaperBatchState::Entering.into(),
        first_entry_count: batch.first_entry_count,
        second_entry_count: batch.second_entry_count,
        counted_count: batch.counted_count.unwrap_or(0),
        create_time: Some(timestamp(batch.create_time)),
        blank_count: batch.blank_count.unwrap_or(0),
        invalid_count: batch.invalid_count.unwrap_or(0),
        set_aside_reason: batch.aside_reason.clone().unwrap_or_default(),
        ..Default::default()
    };
    if batch.aside_second_officer.is_some() {
        shown.set_state(PaperBatchState::SetAside);
    } else if batch.counted_count.is_some() {
        shown.set_state(PaperBatchState::Committed);
        shown.rejections = store::paper::rejections(connection, batch.id)
            .await?
            .into_iter()
            .map(|(form_number, reason)| PaperRejection { form_number, reason })
            .collect();
    } else if both {
        let first = store::paper::forms(connection, batch.id, Entry::First).await?;
        let second = store::paper::forms(connection, batch.id, Entry::Second).await?;
        shown.differences = differences(&first, &second)
            .into_iter()
            .map(|found| PaperDifference {
                form_number: found.form_number,
                difference: found.difference.to_owned(),
            })
            .collect();
        if shown.differences.is_empty() {
            shown.set_state(PaperBatchState::Agreed);
        }
    }
    Ok(shown)
}
