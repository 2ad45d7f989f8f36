//! What goes wrong in proposals, and what the caller sees of it.

use comitia_platform::error::{ApiError, ErrorCode, Reason};
use uuid::Uuid;

use crate::domain::proposal::StateFault;
use crate::domain::submission::Closed;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proposal does not exist in the organization.
    #[error("proposal {0} does not exist")]
    NotFound(Uuid),
    /// The process does not exist in the organization.
    #[error("process {0} does not exist")]
    ProcessUnknown(Uuid),
    /// The process is not published.
    #[error("the process is not published")]
    ProcessNotPublished,
    /// No submission phase of the process is open.
    #[error("no submission phase of the process is open")]
    PhaseNotOpen,
    /// The caller is not the author.
    #[error("only the author may do this")]
    NotTheAuthor,
    /// The caller's account may not write yet.
    #[error("choose a name and accept the present terms first")]
    RegistrationIncomplete,
    /// The caller writes for no such association.
    #[error("only a member of the association may write for it")]
    NotOfTheAssociation,
    /// The caller's account was erased while the call was in flight.
    #[error("the session has ended; sign in again")]
    AuthorErased,
    /// The state of the proposal does not allow it.
    #[error(transparent)]
    State(#[from] StateFault),
    /// Somebody else changed the proposal meanwhile.
    #[error("the proposal was changed meanwhile; read it again")]
    EtagMismatch,
    /// What the platform or another service says.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// When the database fails or cannot be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<Closed> for Error {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::NotPublished => Self::ProcessNotPublished,
            Closed::NoPhaseOpen => Self::PhaseNotOpen,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotFound(_) => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, message),
            Error::ProcessUnknown(_) => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, message)
                .with_violation("process_id", "must be a process of this organization"),
            Error::ProcessNotPublished => Self::precondition(Reason::ProcessNotPublished, message),
            Error::PhaseNotOpen => Self::precondition(Reason::PhaseNotOpen, message)
                .with_violation("process_id", "must be a process with an open submission phase"),
            Error::NotTheAuthor => Self::new(ErrorCode::PermissionDenied, Reason::NotTheAuthor, message),
            Error::RegistrationIncomplete => Self::precondition(Reason::RegistrationIncomplete, message),
            Error::NotOfTheAssociation => {
                Self::new(ErrorCode::PermissionDenied, Reason::NotOfTheAssociation, message)
                    .with_violation("association_id", "must be an association that the caller writes for")
            }
            Error::AuthorErased => Self::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, message),
            Error::State(_) => Self::precondition(Reason::ProposalStateInvalid, message),
            Error::EtagMismatch => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, message)
                .with_violation("etag", "must be the present etag of the proposal"),
            Error::Api(error) => error,
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
