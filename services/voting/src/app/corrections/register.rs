//! What is read of corrections: the register, and the minutes of a log.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    Correction, CorrectionAppeal, ListSignatureMinutesResponse, SignatureMinute,
};
use comitia_transparency::sheet::{Act, NO_END, Register, Subject};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::log::{begin, head};
use crate::domain::correction::{shown_act, shown_effect, shown_subject};
use crate::domain::sheet::time_of;
use crate::error::Error;
use crate::store::log::{self, Appeal, Decided, Head, Proposal};

/// The minutes of a page, unless the call says.
const MINUTES: i32 = 180;
/// The most minutes of a page.
const MAX_MINUTES: i32 = 1_440;

/// The corrections of a log as they are in force.
pub(in crate::app) async fn register(connection: &mut PgConnection, head: &Head) -> Result<Register, Error> {
    let mut register = Register::default();
    if head.corrections == 0 {
        return Ok(register);
    }
    for (proposal, decided) in decided(log::corrections(connection, head.poll_id).await?) {
        let correction = proposal.correction(decided.number, decided.minute);
        register.add(decided.leaf, &correction).map_err(|_| unreadable(head))?;
    }
    Ok(register)
}

fn decided(corrections: Vec<Proposal>) -> impl Iterator<Item = (Proposal, Decided)> {
    corrections.into_iter().filter_map(|proposal| {
        let decided = proposal.decided.clone()?;
        Some((proposal, decided))
    })
}

pub(super) fn unreadable(head: &Head) -> Error {
    Unreadable::new("voting.log_corrections", "number", head.poll_id).into()
}

/// The public register of a log, with its appeals.
pub(in crate::app) async fn published(
    connection: &mut PgConnection,
    head: &Head,
) -> Result<Vec<Correction>, Error> {
    if head.corrections == 0 {
        return Ok(Vec::new());
    }
    let corrections: Vec<_> = decided(log::corrections(connection, head.poll_id).await?).collect();
    let appeals = log::appeals(connection, head.poll_id).await?;
    let about = |number: u32, act: Act| {
        let earlier = Subject::Earlier(number);
        corrections.iter().any(|(proposal, _)| proposal.act == act && proposal.subject == earlier)
    };
    let shown = corrections.iter().map(|(proposal, decided)| {
        let (selection, earlier_number) = shown_subject(&proposal.subject);
        let number = i32::try_from(decided.number).unwrap_or(i32::MAX);
        let in_force = selection.is_some() && !about(decided.number, Act::Restoration);
        let invalidated = proposal.act == Act::Invalidation || about(decided.number, Act::Invalidation);
        Correction {
            number,
            act: shown_act(proposal.act).into(),
            in_force,
            is_final: in_force && invalidated,
            selection,
            earlier_number,
            reason: proposal.reason.clone(),
            decide_time: Some(time_of(decided.minute)),
            leaf_index: i64::try_from(decided.leaf).unwrap_or(i64::MAX),
            effect: Some(shown_effect(&decided.effect, head.publishes_districts)),
            appeals: appeals.iter().filter(|appeal| appeal.number == number).map(appeal).collect(),
        }
    });
    Ok(shown.collect())
}

fn appeal(appeal: &Appeal) -> CorrectionAppeal {
    CorrectionAppeal { note: appeal.note.clone(), note_time: Some(timestamp(appeal.note_time)) }
}

/// The public register of a log.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn list(app: &App, organization: Uuid, poll_id: Uuid) -> Result<Vec<Correction>, Error> {
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let corrections = published(&mut transaction, &head).await?;
    transaction.commit().await?;
    Ok(corrections)
}

/// The latest minutes of a log before a time, the earliest first.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn minutes(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    before: Option<DateTime<Utc>>,
    page_size: i32,
) -> Result<ListSignatureMinutesResponse, Error> {
    let limit = if page_size == 0 { MINUTES } else { page_size.min(MAX_MINUTES) };
    let before = before.map_or_else(|| i64::from(NO_END), |time| time.timestamp().div_euclid(60));
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let minutes = log::latest_minutes(&mut transaction, poll_id, before, limit.into()).await?;
    transaction.commit().await?;
    let shown = minutes.into_iter().rev().map(|minute| SignatureMinute {
        begin_time: u32::try_from(minute.minute).ok().map(time_of),
        online_count: minute.online_count,
        paper_count: minute.paper_count,
        withdrawn_count: minute.withdrawal_count,
        first_leaf: minute.first_leaf,
        end_leaf: minute.end_leaf,
    });
    Ok(ListSignatureMinutesResponse {
        minutes: shown.collect(),
        size: i64::try_from(head.tree.size()).unwrap_or(i64::MAX),
    })
}

/// A correction of the register.
pub(super) async fn get(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    number: u32,
) -> Result<Correction, Error> {
    let corrections = list(app, organization, poll_id).await?;
    let found = corrections.into_iter().find(|one| u32::try_from(one.number) == Ok(number));
    found.ok_or(Error::CorrectionNotFound)
}
