//! Votes hold the phase that they take place in: as long as one is scheduled or open, the phase cannot be
//! taken away from under it. Only the vote of a published process gets one, so that there is no vote that
//! the public cannot find.

use uuid::Uuid;

use crate::app::App;
use crate::domain::phase::{Vote, covers};
use crate::error::Error;
use crate::store;

/// Holds the vote phase of a process for a vote, and for longer where the vote closes later since. Once it does, nothing more happens.
///
/// The process is locked, so that a change of its phases comes before or after, and is seen or refused.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotPublished`], [`Error::VoteOutsidePhase`].
pub async fn hold(app: &App, organization: Uuid, process: Uuid, vote: &Vote) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    let process = store::processes::lock(&mut transaction, process)
        .await?
        .ok_or_else(|| Error::not_found("process", process))?;
    let held = store::votes::held_until(&mut transaction, vote.poll).await?;
    if held.is_some_and(|until| until >= vote.close_time) {
        return Ok(());
    }
    if !process.is_published() {
        return Err(Error::NotPublished);
    }
    if !covers(&process.phases, vote) {
        return Err(Error::VoteOutsidePhase);
    }
    store::votes::hold(&mut transaction, organization, process.process_id, vote).await?;
    Ok(transaction.commit().await?)
}

/// Lets the phase of a vote go that will not take place. Where none is held, nothing happens.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn release(app: &App, organization: Uuid, poll: Uuid) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    store::votes::delete(&mut transaction, poll).await?;
    Ok(transaction.commit().await?)
}

/// Lets the phase of a poll go that is closed, maybe before its time, or was called off.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn over(app: &App, poll: Uuid) -> Result<(), Error> {
    let mut transaction = app.everywhere().await?;
    store::votes::delete(&mut transaction, poll).await?;
    Ok(transaction.commit().await?)
}
