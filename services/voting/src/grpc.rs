//! Transport: decode, validate, call, encode. Who may call what is in each method's policy, which the platform checks.

mod ballots;
mod paper;
mod polls;

pub use ballots::Ballots;
pub use paper::PaperBallots;
pub use polls::Polls;

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate;
use tonic::Request;
use uuid::Uuid;

use crate::error::Error;

/// The organization and the poll that a request is about.
fn poll_of<T>(request: &Request<T>, poll_id: &str) -> Result<(Uuid, Uuid), ApiError> {
    Ok((Context::of(request).organization()?, validate::uuid("poll_id", poll_id)?))
}

/// A use case's error as a status.
fn status(error: Error) -> tonic::Status {
    ApiError::from(error).into()
}
