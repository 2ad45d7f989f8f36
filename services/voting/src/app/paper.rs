//! Paper ballots: batches and entries. `finish` has the two ways in which a batch ends.

mod finish;

pub use finish::{FORMS_KEPT, commit_paper_batch, forget_paper_forms, set_paper_batch_aside};

use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::database::{self, Tenant, Unreadable};
use comitia_platform::idempotency::Idempotent;
use comitia_platform::page;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    CreatePaperBatchResponse, EnteredForm, ListPaperBatchesResponse, PaperBatch, PaperBatchState,
    PaperDifference, PaperForm, PaperFormKind, PaperRejection,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::definitions::Definition;
use super::permit::Channel;
use super::{App, permit};
use crate::domain::ballot::BallotRefusal;
use crate::domain::paper::{BLANK, Form, INVALID, differences, repeated_numbers, revised};
use crate::domain::poll::{Door, PaperDoor, door, paper_door};
use crate::error::Error;
use crate::store;
use crate::store::paper::{BatchRow, Entry};

/// The most forms of an entry.
pub const MAX_FORMS: usize = 1_000;
/// Violations that one answer names.
const MAX_VIOLATIONS: usize = 100;

/// What an officer typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The forms.
    pub forms: Vec<PaperForm>,
    /// Whether the other forms of the officer's earlier entry stay.
    pub keep_others: bool,
    /// The numbers of forms to take out of it.
    pub removed: Vec<String>,
}

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
        transaction.rollback().await?;
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
    let paper_batch = Some(describe(&batch));
    let response = CreatePaperBatchResponse { paper_batch };
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// Lists the batches of a poll in the order in which they were opened.
///
/// # Errors
/// [`Error::PollNotFound`]; when the page token is not one of this list.
pub async fn list_paper_batches(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListPaperBatchesResponse, Error> {
    let scope = format!("voting.paper_batches:{organization}:{poll_id}");
    let size = page::size(page_size)?;
    let after = page::cursor(&scope, page_token, |cursor| Uuid::try_parse(cursor).ok())?;
    let mut transaction = app.begin(organization).await?;
    store::polls::standing(&mut transaction, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
    let mut rows = store::paper::list(&mut transaction, poll_id, after, size + 1).await?;
    transaction.commit().await?;
    let next_page_token = page::cut(&mut rows, size, &scope, |row| row.batch.id.to_string());
    let paper_batches = rows
        .into_iter()
        .map(|row| {
            let mut shown = describe(&row.batch);
            if row.agreed && shown.state() == PaperBatchState::Entering {
                shown.set_state(PaperBatchState::Agreed);
            }
            shown.rejected_count = row.rejected;
            shown
        })
        .collect();
    Ok(ListPaperBatchesResponse { paper_batches, next_page_token })
}

/// Stores an officer's entry of a batch, in place of the one that this officer made before, or of some of its forms.
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
    typed: Typed,
) -> Result<PaperBatch, Error> {
    let mut forms = read_forms(app, organization, poll_id, typed.forms).await?;
    let mut transaction = app.begin(organization).await?;
    let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    require_unfinished(&batch)?;
    require_paper_time(app, &mut transaction, poll_id).await?;
    let free = |slot: &Option<String>| slot.as_ref().is_none_or(|other| *other == officer.subject);
    let entry = if free(&batch.first_officer) {
        Entry::First
    } else if free(&batch.second_officer) {
        Entry::Second
    } else {
        return Err(Error::SecondOfficerRequired(
            "two other officers have made the entries of this batch; only they can change them",
        ));
    };
    if typed.keep_others {
        let before = store::paper::forms(&mut transaction, batch_id, entry).await?;
        forms = revised(before, forms, &typed.removed);
    }
    if !(1..=MAX_FORMS).contains(&forms.len()) {
        let rule = format!("must leave 1 to {MAX_FORMS} forms in the entry");
        return Err(ApiError::invalid_field("forms", rule).into());
    }
    let count = i64::try_from(forms.len()).unwrap_or(i64::MAX);
    let (slot, number) = match entry {
        Entry::First => (&mut batch.first_officer, &mut batch.first_entry_count),
        Entry::Second => (&mut batch.second_officer, &mut batch.second_entry_count),
    };
    (*slot, *number) = (Some(officer.subject.clone()), count);
    store::paper::replace_entry(&mut transaction, organization, &batch, entry, &forms).await?;
    let shown = show(app, &mut transaction, organization, &batch, officer).await?;
    transaction.commit().await?;
    Ok(shown)
}

/// Reads a batch as `officer` may see it.
///
/// # Errors
/// [`Error::PaperBatchNotFound`].
pub async fn get_paper_batch(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    batch_id: Uuid,
) -> Result<PaperBatch, Error> {
    let read_only = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let mut transaction =
        database::begin_with(&app.pool, Tenant::Organization(organization), read_only).await?;
    let batch = store::paper::get(&mut transaction, poll_id, batch_id)
        .await?
        .ok_or(Error::PaperBatchNotFound(batch_id))?;
    let shown = show(app, &mut transaction, organization, &batch, officer).await?;
    transaction.commit().await?;
    Ok(shown)
}

/// A batch as `officer` may see it: what is on its forms is for those who typed them.
async fn show(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    batch: &BatchRow,
    officer: &Caller,
) -> Result<PaperBatch, Error> {
    let officer = officer.subject.as_str();
    let mut shown = describe(batch);
    shown.own_proposal = batch.aside_officer.as_deref() == Some(officer);
    shown.own_entry = match officer {
        one if batch.first_officer.as_deref() == Some(one) => 1,
        one if batch.second_officer.as_deref() == Some(one) => 2,
        _ => 0,
    };
    if shown.state() == PaperBatchState::Committed {
        shown.rejections = store::paper::rejections(connection, batch.id)
            .await?
            .into_iter()
            .map(|(form_number, reason)| PaperRejection { form_number, reason })
            .collect();
        shown.rejected_count = i64::try_from(shown.rejections.len()).unwrap_or(i64::MAX);
    }
    if shown.state() != PaperBatchState::Entering {
        return Ok(shown);
    }
    let first = store::paper::forms(connection, batch.id, Entry::First).await?;
    let second = store::paper::forms(connection, batch.id, Entry::Second).await?;
    let definition = app.definitions.get(organization, batch.poll_id).await?;
    let entered = |form: &Form| entered(&definition, batch.id, form);
    match shown.own_entry {
        1 => shown.own_forms = first.iter().map(entered).collect::<Result<_, _>>()?,
        2 => shown.own_forms = second.iter().map(entered).collect::<Result<_, _>>()?,
        _ => {}
    }
    if batch.first_officer.is_none() || batch.second_officer.is_none() {
        return Ok(shown);
    }
    for found in differences(&first, &second) {
        let form = |forms: &[Form]| {
            let form = forms.iter().find(|form| form.number == found.form_number);
            form.filter(|_| shown.own_entry > 0).map(entered).transpose()
        };
        shown.differences.push(PaperDifference {
            first: form(&first)?,
            second: form(&second)?,
            difference: found.difference.to_owned(),
            form_number: found.form_number,
        });
    }
    if shown.differences.is_empty() {
        shown.set_state(PaperBatchState::Agreed);
    }
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

/// A batch without its forms. Whether two entries agree is not looked at.
fn describe(batch: &BatchRow) -> PaperBatch {
    let state = if batch.aside_second_officer.is_some() {
        PaperBatchState::SetAside
    } else if batch.counted_count.is_some() {
        PaperBatchState::Committed
    } else {
        PaperBatchState::Entering
    };
    PaperBatch {
        paper_batch_id: batch.id.to_string(),
        poll_id: batch.poll_id.to_string(),
        title: batch.title.clone(),
        state: state.into(),
        first_entry_count: batch.first_entry_count,
        second_entry_count: batch.second_entry_count,
        counted_count: batch.counted_count.unwrap_or(0),
        create_time: Some(timestamp(batch.create_time)),
        blank_count: batch.blank_count.unwrap_or(0),
        invalid_count: batch.invalid_count.unwrap_or(0),
        set_aside_reason: batch.aside_reason.clone().unwrap_or_default(),
        ..Default::default()
    }
}

/// A form without its voter.
fn entered(definition: &Definition, batch_id: Uuid, form: &Form) -> Result<EnteredForm, Unreadable> {
    let (kind, ballot) = match form.ballot.as_slice() {
        BLANK => (PaperFormKind::Blank, None),
        INVALID => (PaperFormKind::Invalid, None),
        bytes => {
            let ballot = definition.rules.decode(bytes);
            let unreadable = |_| Unreadable::new("voting.paper_forms", "ballot", batch_id);
            (PaperFormKind::Ballot, Some(ballot.map_err(unreadable)?))
        }
    };
    Ok(EnteredForm { form_number: form.number.clone(), kind: kind.into(), ballot })
}
