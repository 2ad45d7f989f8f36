//! Paper ballots: batches, entries, and the commit.

use comitia_bus::outbox;
use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::database::{self, Tenant};
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::timestamp;
use comitia_proto::events::v1::BallotsAccepted;
use comitia_proto::voting::v1::{
    CreatePaperBatchResponse, PaperBatch, PaperBatchState, PaperDifference, PaperForm, PaperRejection,
};
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;

use super::permit::Channel;
use super::{App, poll_event};
use crate::domain::ballot::BallotRefusal;
use crate::domain::paper::{Form, Rejection, differences, first_of_each_voter, repeated_numbers};
use crate::domain::poll::door;
use crate::error::Error;
use crate::store;
use crate::store::paper::{BatchRow, Entry};

/// The turnout rows of paper ballots. Officers commit few batches at a time.
const SHARD: i32 = 0;
/// Violations that one answer names.
const MAX_VIOLATIONS: usize = 100;

impl App {
    /// Opens a batch of a poll that takes ballots.
    ///
    /// # Errors
    /// [`Error::PollNotFound`], [`Error::PollNotOpen`], [`Error::PollClosed`].
    pub async fn create_paper_batch(
        &self,
        organization: Uuid,
        poll_id: Uuid,
        title: &str,
        request: &Idempotent,
    ) -> Result<CreatePaperBatchResponse, Error> {
        let mut transaction = self.begin(organization).await?;
        if let Some(earlier) = request.earlier(&mut transaction).await? {
            transaction.commit().await?;
            return Ok(earlier);
        }
        self.require_open(&mut transaction, poll_id).await?;
        let batch = BatchRow {
            id: comitia_core::id::new(),
            poll_id,
            title: title.to_owned(),
            create_time: self.clock.now(),
            first_officer: None,
            second_officer: None,
            first_entry_count: 0,
            second_entry_count: 0,
            counted_count: None,
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
    /// Those of the forms' permits and ballots, with the forms' places; [`Error::SecondOfficerRequired`] when two other
    /// officers made the entries; [`Error::PaperBatchCommitted`]; those of the poll.
    pub async fn enter_paper_ballots(
        &self,
        organization: Uuid,
        officer: &Caller,
        poll_id: Uuid,
        batch_id: Uuid,
        forms: Vec<PaperForm>,
    ) -> Result<PaperBatch, Error> {
        let forms = self.read_forms(organization, poll_id, forms).await?;
        let mut transaction = self.begin(organization).await?;
        self.require_open(&mut transaction, poll_id).await?;
        let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
            .await?
            .ok_or(Error::PaperBatchNotFound(batch_id))?;
        if batch.counted_count.is_some() {
            return Err(Error::PaperBatchCommitted);
        }
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
        &self,
        organization: Uuid,
        poll_id: Uuid,
        batch_id: Uuid,
    ) -> Result<PaperBatch, Error> {
        let read_only = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction =
            database::begin_with(&self.pool, Tenant::Organization(organization), read_only).await?;
        let batch = store::paper::get(&mut transaction, poll_id, batch_id)
            .await?
            .ok_or(Error::PaperBatchNotFound(batch_id))?;
        let shown = show(&mut transaction, &batch).await?;
        transaction.commit().await?;
        Ok(shown)
    }

    /// Casts the ballots of a batch whose entries agree. Forms of voters who have voted are not counted. A committed batch
    /// stays as it is.
    ///
    /// # Errors
    /// [`Error::EntriesDiffer`]; [`Error::SecondOfficerRequired`] for the only officer who made an entry; those of the
    /// poll.
    pub async fn commit_paper_batch(
        &self,
        organization: Uuid,
        officer: &Caller,
        poll_id: Uuid,
        batch_id: Uuid,
    ) -> Result<PaperBatch, Error> {
        let mut transaction = self.begin(organization).await?;
        let mut batch = store::paper::lock(&mut transaction, poll_id, batch_id)
            .await?
            .ok_or(Error::PaperBatchNotFound(batch_id))?;
        if batch.counted_count.is_some() {
            let shown = show(&mut transaction, &batch).await?;
            transaction.commit().await?;
            return Ok(shown);
        }
        store::lock_for_ballots(&mut transaction, &[poll_id]).await?;
        self.require_open(&mut transaction, poll_id).await?;
        let forms = agreed(&mut transaction, &batch, officer).await?;
        let (kept, twice) = first_of_each_voter(&forms);
        let ballots: Vec<_> = kept
            .iter()
            .map(|place| &forms[*place])
            .map(|form| (form.nullifier, form.ballot.as_slice(), form.district.as_str()))
            .collect();
        let time = self.clock.now();
        let stored = store::ballots::write_paper(&mut transaction, poll_id, &ballots, time).await?;
        let stored: HashSet<_> = stored.into_iter().collect();
        let (counted, refused): (Vec<usize>, Vec<usize>) =
            kept.into_iter().partition(|place| stored.contains(&forms[*place].nullifier));
        let voters: Vec<_> = refused.iter().map(|place| (poll_id, forms[*place].nullifier)).collect();
        let present = store::ballots::present(&mut transaction, &voters).await?;
        let mut rejected: Vec<(usize, Rejection)> =
            twice.into_iter().map(|place| (place, Rejection::Twice)).collect();
        rejected.extend(refused.into_iter().zip(present).map(|(place, present)| {
            let paper = present.is_some_and(|present| present.paper);
            (place, if paper { Rejection::PaperBefore } else { Rejection::Online })
        }));
        rejected.sort_unstable_by_key(|(place, _)| *place);
        let rejections: Vec<_> =
            rejected.into_iter().map(|(place, why)| (forms[place].number.clone(), why.text())).collect();
        let districts: Vec<String> = counted.iter().map(|place| forms[*place].district.clone()).collect();
        store::turnout::add_paper(&mut transaction, poll_id, SHARD, &districts).await?;
        let added = i64::try_from(counted.len()).unwrap_or(i64::MAX);
        store::paper::commit(&mut transaction, organization, batch_id, added, &rejections, time).await?;
        if added > 0 {
            let event = BallotsAccepted { poll_id: poll_id.to_string(), added };
            let event = poll_event(&self.clock, "voting.ballots.accepted", organization, poll_id, &event);
            outbox::append(&mut transaction, &[event]).await?;
        }
        batch.counted_count = Some(added);
        let shown = show(&mut transaction, &batch).await?;
        transaction.commit().await?;
        self.outbox.wake();
        self.turnouts.changed(poll_id);
        Ok(shown)
    }

    /// The poll takes ballots now.
    async fn require_open(&self, connection: &mut PgConnection, poll_id: Uuid) -> Result<(), Error> {
        let (state, period) =
            store::polls::standing(connection, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
        Error::of_door(door(state, period, self.clock.now())).map_or(Ok(()), Err)
    }

    /// Verifies the permits and ballots of forms. All broken rules of ballots are named; the first bad permit ends it.
    async fn read_forms(
        &self,
        organization: Uuid,
        poll_id: Uuid,
        forms: Vec<PaperForm>,
    ) -> Result<Vec<Form>, Error> {
        let definition = self.definitions.get(organization, poll_id).await?;
        let repeated = repeated_numbers(forms.iter().map(|form| form.form_number.as_str()));
        if let Some((place, _)) = repeated.first() {
            let field = format!("forms[{place}].form_number");
            return Err(ApiError::invalid_field(field, "must be unique in the batch").into());
        }
        let mut read = Vec::with_capacity(forms.len());
        let mut broken = BallotRefusal { option_unknown: false, violations: Vec::new() };
        for (place, form) in forms.into_iter().enumerate() {
            let permit =
                self.permit(&form.permit, poll_id, Channel::Paper, &format!("forms[{place}].permit")).await?;
            match definition.rules.accept(&form.ballot.unwrap_or_default(), &format!("forms[{place}].ballot"))
            {
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
        ..Default::default()
    };
    if batch.counted_count.is_some() {
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
