//! Corrections of signature sheets: one officer proposes, another confirms. The confirmation appends the entry to the log itself, under
//! the log's lease and in one transaction with the counts, so that nothing is decided and not in the log, whatever fails.

mod register;
mod scan;

use register::{get, unreadable};
pub use register::{list, minutes};
pub(super) use register::{published, register};

use std::collections::BTreeSet;

use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    Correction, CorrectionEffect, CorrectionProposal, PreviewCorrectionResponse, ProposeCorrectionResponse,
};
use comitia_transparency::sheet::{
    self, Change, Changed, Effect, Reached, Refused, Register, Subject, Tally, correction_key,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::log::{begin, head};
use super::{App, sequencer};
use crate::domain::correction::{
    MAX_CORRECTIONS, MAX_WAITING, Wanted, shown_act, shown_effect, shown_subject,
};
use crate::error::Error;
use crate::store::log::{self, Appeal, Appended, Decided, Head, Proposal};

/// Appeals against one correction.
const MAX_APPEALS: usize = 20;

/// A correction that would be the next entry of a log.
struct Draft {
    correction: sheet::Correction,
    register: Register,
    change: Option<Change>,
}

/// Drafts the next entry of a log.
async fn draft(
    connection: &mut PgConnection,
    head: &Head,
    wanted: &Wanted,
    reason: [u8; 32],
    minute: u32,
) -> Result<Draft, Error> {
    if head.corrections >= MAX_CORRECTIONS {
        return Err(Error::TooManyCorrections("500 corrections"));
    }
    if let Subject::Selection(selection) = &wanted.subject
        && !selection.district.is_empty()
        && !head.publishes_districts
    {
        let rule = "must be empty for a sheet that does not publish districts: nobody could check it";
        return Err(ApiError::invalid_field("selection.district", rule).into());
    }
    let mut register = register(connection, head).await?;
    let (number, subject) = (register.count() + 1, wanted.subject.clone());
    let correction = sheet::Correction { number, act: wanted.act, subject, minute, reason };
    let change = register.add(head.tree.size(), &correction).map_err(|why| match why {
        Refused::Selection => {
            Error::from(ApiError::invalid_field("selection.end_leaf", "must be at most the size of the log"))
        }
        Refused::Number | Refused::NotInForce => Error::CorrectionNotInForce,
    })?;
    Ok(Draft { correction, register, change })
}

/// What a draft does to counts and milestones. An empty one is refused, unless it only makes a quarantine final.
async fn apply(connection: &mut PgConnection, head: &Head, draft: &Draft) -> Result<(Tally, Effect), Error> {
    let changed = match &draft.change {
        Some(change) => scan::changed(connection, head, &draft.register, change).await?,
        None => Changed::default(),
    };
    // What comes back may be nothing: its signers took all of it back, or others have set it aside too.
    if changed.is_empty() && draft.change.as_ref().is_some_and(|change| !change.back) {
        return Err(Error::CorrectionEmpty);
    }
    let milestones = log::standing_milestones(connection, head.poll_id).await?;
    let mut tally = Tally::resume(milestones, log::counts(connection, head.poll_id).await?);
    let at = Reached { leaf: head.tree.size(), minute: draft.correction.minute };
    let effect = tally.correct(at, &changed, draft.change.as_ref().is_some_and(|change| change.back));
    Ok((tally, effect))
}

fn minute_of(app: &App) -> u32 {
    u32::try_from(app.clock.now().timestamp().div_euclid(60)).unwrap_or(0)
}

/// What a correction would do now.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`]; [`Error::CorrectionNotInForce`], [`Error::CorrectionEmpty`],
/// [`Error::TooManyCorrections`].
pub async fn preview(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    wanted: &Wanted,
) -> Result<PreviewCorrectionResponse, Error> {
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let effect = effect(&mut transaction, &head, wanted, minute_of(app)).await?;
    transaction.commit().await?;
    Ok(PreviewCorrectionResponse {
        effect: Some(effect),
        signature_count: i64::try_from(head.signatures()).unwrap_or(i64::MAX),
    })
}

async fn effect(
    connection: &mut PgConnection,
    head: &Head,
    wanted: &Wanted,
    minute: u32,
) -> Result<CorrectionEffect, Error> {
    let draft = draft(connection, head, wanted, [0; 32], minute).await?;
    let (_, effect) = apply(connection, head, &draft).await?;
    Ok(shown_effect(&effect, head.publishes_districts))
}

/// Proposes a correction.
///
/// # Errors
/// As [`preview`].
pub async fn propose(
    app: &App,
    (organization, poll_id): (Uuid, Uuid),
    officer: &Caller,
    wanted: Wanted,
    reason: &str,
    request: &Idempotent,
) -> Result<ProposeCorrectionResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        transaction.rollback().await?;
        return Ok(earlier);
    }
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let waiting = log::waiting(&mut transaction, poll_id).await?.len();
    if i64::try_from(waiting).unwrap_or(i64::MAX) >= MAX_WAITING {
        return Err(Error::TooManyCorrections("20 proposals that wait; confirm or drop one first"));
    }
    effect(&mut transaction, &head, &wanted, minute_of(app)).await?;
    let proposal = Proposal {
        id: comitia_core::id::new(),
        poll_id,
        act: wanted.act,
        subject: wanted.subject,
        reason: reason.to_owned(),
        officer: officer.subject.clone(),
        propose_time: app.clock.now(),
        dropped: false,
        decided: None,
    };
    log::propose(&mut transaction, organization, &proposal).await?;
    let response = ProposeCorrectionResponse { proposal: Some(shown_proposal(&proposal, officer)) };
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// The proposals that wait.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn proposals(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    officer: &Caller,
) -> Result<Vec<CorrectionProposal>, Error> {
    let mut transaction = begin(app, organization).await?;
    head(app, &mut transaction, (organization, poll_id)).await?;
    let waiting = log::waiting(&mut transaction, poll_id).await?;
    transaction.commit().await?;
    Ok(waiting.iter().map(|proposal| shown_proposal(proposal, officer)).collect())
}

fn shown_proposal(proposal: &Proposal, officer: &Caller) -> CorrectionProposal {
    let (selection, earlier_number) = shown_subject(&proposal.subject);
    CorrectionProposal {
        proposal_id: proposal.id.to_string(),
        poll_id: proposal.poll_id.to_string(),
        act: shown_act(proposal.act).into(),
        selection,
        earlier_number,
        reason: proposal.reason.clone(),
        propose_time: Some(timestamp(proposal.propose_time)),
        own_proposal: proposal.officer == officer.subject,
    }
}

/// Decides a proposal of another officer: its entry is in the log with this call. Confirmed again, it is shown as it was decided.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`], [`Error::CorrectionNotFound`]; [`Error::SecondOfficerRequired`] for the officer who proposed
/// it; [`Error::CorrectionDecided`] when it was dropped; [`Error::CorrectionNotInForce`], [`Error::CorrectionEmpty`] when others were
/// decided before it.
pub async fn confirm(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    id: Uuid,
) -> Result<Correction, Error> {
    // Another organization's log is not even locked.
    let mut transaction = app.begin(organization).await?;
    // The lease before the proposal: whoever holds the one may take the other.
    let Some(head) = log::lock_head(&mut transaction, poll_id).await? else {
        return Err(no_log(app, organization, poll_id).await);
    };
    let proposal = log::lock(&mut transaction, poll_id, id).await?.ok_or(Error::CorrectionNotFound)?;
    if let Some(decided) = &proposal.decided {
        let number = decided.number;
        transaction.rollback().await?;
        return get(app, organization, poll_id, number).await;
    }
    if proposal.dropped {
        return Err(Error::CorrectionDecided("dropped"));
    }
    if proposal.officer == officer.subject {
        return Err(Error::SecondOfficerRequired("another officer must confirm the correction"));
    }
    let wanted = Wanted { act: proposal.act, subject: proposal.subject.clone() };
    let reason = sheet::reason_digest(&proposal.reason);
    let draft = draft(&mut transaction, &head, &wanted, reason, minute_of(app)).await?;
    let (tally, effect) = apply(&mut transaction, &head, &draft).await?;
    let appended = entry(&head, &draft, &tally, &effect)?;
    let correction = &draft.correction;
    let decided =
        Decided { number: correction.number, leaf: head.tree.size(), minute: correction.minute, effect };
    if !log::append(&mut transaction, &head, &appended).await? {
        return Err(unreadable(&head));
    }
    log::decide(&mut transaction, id, &officer.subject, &decided).await?;
    sequencer::commit(app, transaction, &head, &appended).await?;
    tracing::warn!(
        poll = %poll_id, correction = decided.number, signatures = decided.effect.signatures,
        "two officers corrected a signature sheet"
    );
    get(app, organization, poll_id, decided.number).await
}

/// What the entry of a correction adds to a log.
fn entry(head: &Head, draft: &Draft, tally: &Tally, effect: &Effect) -> Result<Appended, Error> {
    let (mut tree, mut appended) = (head.tree.clone(), Appended::default());
    sequencer::push(&mut tree, &mut appended, &draft.correction.encode()).ok_or_else(|| unreadable(head))?;
    appended.identifiers.push(correction_key(draft.correction.number));
    appended.corrections = 1;
    appended.set_aside = tally.set_aside();
    appended.reached.clone_from(&effect.reached);
    let districts: BTreeSet<String> = effect.by_district.keys().cloned().collect();
    sequencer::keep(&mut appended, &tree, tally, &districts);
    Ok(appended)
}

async fn no_log(app: &App, organization: Uuid, poll_id: Uuid) -> Error {
    match app.definitions.get(organization, poll_id).await {
        Ok(_) => Error::NoLog,
        Err(error) => error,
    }
}

/// Drops a proposal.
///
/// # Errors
/// [`Error::CorrectionNotFound`]; [`Error::CorrectionDecided`] when it was confirmed.
pub async fn drop_proposal(app: &App, organization: Uuid, poll_id: Uuid, id: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    head(app, &mut transaction, (organization, poll_id)).await?;
    let proposal = log::lock(&mut transaction, poll_id, id).await?.ok_or(Error::CorrectionNotFound)?;
    if proposal.decided.is_some() {
        return Err(Error::CorrectionDecided("confirmed"));
    }
    if !proposal.dropped {
        log::drop_proposal(&mut transaction, id).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Notes an appeal against a correction.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`], [`Error::CorrectionNotFound`]; [`Error::TooManyCorrections`].
pub async fn note_appeal(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    (number, note): (i32, &str),
) -> Result<Correction, Error> {
    let mut transaction = app.begin(organization).await?;
    let Some(head) = log::lock_head(&mut transaction, poll_id).await? else {
        return Err(no_log(app, organization, poll_id).await);
    };
    let wanted = u32::try_from(number).ok().filter(|number| (1..=head.corrections).contains(number));
    let wanted = wanted.ok_or(Error::CorrectionNotFound)?;
    let noted = log::appeals(&mut transaction, poll_id).await?;
    let same = |appeal: &&Appeal| appeal.number == number;
    if !noted.iter().filter(same).any(|appeal| appeal.note == note) {
        if noted.iter().filter(same).count() >= MAX_APPEALS {
            return Err(Error::TooManyCorrections("20 appeals against a correction"));
        }
        let appeal = Appeal { number, note: note.to_owned(), note_time: app.clock.now() };
        log::add_appeal(&mut transaction, (organization, poll_id), &officer.subject, &appeal).await?;
    }
    transaction.commit().await?;
    get(app, organization, poll_id, wanted).await
}
