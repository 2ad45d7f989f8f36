//! What goes wrong with photos and documents.

use comitia_files::{IntakeError, Refusal, StoreError};
use comitia_platform::error::{ApiError, ErrorCode, Reason};
use uuid::Uuid;

use crate::domain::standing::Denied;
use crate::error::Error;

/// Why a use case of photos and documents failed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The installation has no store of files.
    #[error("this installation has no place for files; its operator has to configure one")]
    NotConfigured,
    /// Something has as many attachments as it may have.
    #[error("the {holder} has {max} photos and documents, which is as many as it may have")]
    TooMany {
        /// What they hang on.
        holder: &'static str,
        /// How many it may have.
        max: u32,
    },
    /// The caller may not change the attachments of something.
    #[error("{}", denied(*.0))]
    Denied(Denied),
    /// The team removes what somebody sent without saying why.
    #[error("the reason is missing")]
    RemovalReasonMissing,
    /// The project has no such progress report.
    #[error("the project has no such progress report")]
    ReportUnknown,
    /// Somebody else changed the attachment meanwhile.
    #[error("the words were changed meanwhile; read them again")]
    Changed,
    /// The caller's account was erased while the call was in flight.
    #[error("the session has ended; sign in again")]
    AuthorErased,
    /// A photo is without an alternative text, or a document is with one.
    #[error("the alternative text does not fit")]
    AlternativeText {
        /// Whether it is a photo.
        photo: bool,
    },
    /// The file does not come in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The store of files is away or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files of an attachment that was being added were removed meanwhile.
    #[error("adding the file took too long; send it again")]
    AddingTookTooLong,
    /// The file of an attachment is not in the store.
    #[error("the file of attachment {0} is not in the store of files")]
    Lost(Uuid),
    /// The photo is not there in the width asked for.
    #[error("there is no such width")]
    Width(Vec<i32>),
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        let invalid = |field: &str, rule: &str| Self::invalid_field(field, rule);
        match error {
            FileError::NotConfigured => Self::precondition(Reason::FilesNotConfigured, message),
            FileError::TooMany { holder, max } => Self::precondition(Reason::TooManyAttachments, message)
                .with_violation(
                    format!("{holder}_id"),
                    format!("must have fewer than {max} of them: remove one first"),
                ),
            FileError::Denied(why) => refused_to(why, message),
            FileError::RemovalReasonMissing => {
                invalid("reason", "must say why, in 1 to 1000 characters: the author is told")
            }
            FileError::ReportUnknown => invalid("report_id", "must be a progress report of the project"),
            FileError::Changed => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, message)
                .with_violation("etag", "must be the present etag of the attachment"),
            FileError::AuthorErased => Self::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, message),
            FileError::AlternativeText { photo: true } => {
                invalid("alternative_text", "must say what the photo shows, for who does not see it")
            }
            FileError::AlternativeText { photo: false } => {
                invalid("alternative_text", "must be empty for a document: its title says what it is")
            }
            FileError::Intake(IntakeError::Refused(refusal)) => refused(refusal, message),
            FileError::Intake(IntakeError::Scanner(error)) => Self::unavailable(error),
            FileError::Intake(IntakeError::BrokeOff(error)) => Self::internal(error),
            FileError::Store(error) => Self::unavailable(error),
            FileError::AddingTookTooLong | FileError::Lost(_) => Self::unavailable(message),
            FileError::Width(widths) if widths.is_empty() => invalid("width", "must be 0 for a document"),
            FileError::Width(widths) => {
                let widths: Vec<_> = widths.iter().map(ToString::to_string).collect();
                invalid("width", &format!("must be 0 or one of {}", widths.join(", ")))
            }
        }
    }
}

fn denied(why: Denied) -> &'static str {
    match why {
        Denied::Role => "no role of the caller allows this",
        Denied::NotTheAuthor => "only the author may do this",
        Denied::Closed => {
            "the proposal cannot be changed now: it was answered or withdrawn, or no submission phase is open"
        }
    }
}

/// Who may not change attachments, with the reason.
fn refused_to(why: Denied, message: String) -> ApiError {
    let permission = |reason, message| ApiError::new(ErrorCode::PermissionDenied, reason, message);
    match why {
        Denied::Role => permission(Reason::RoleMissing, message),
        Denied::NotTheAuthor => permission(Reason::NotTheAuthor, message),
        Denied::Closed => ApiError::precondition(Reason::AttachmentsClosed, message),
    }
}

/// A file that is not taken, with what to do.
fn refused(refusal: Refusal, message: String) -> ApiError {
    let reason = match refusal {
        Refusal::TooLarge { .. } => Reason::FileTooLarge,
        Refusal::NotAPhoto | Refusal::NotADocument | Refusal::TwoInOne => Reason::FileKindRefused,
        Refusal::Empty | Refusal::Damaged => Reason::FileDamaged,
        Refusal::TooManyPixels { .. } => Reason::PhotoTooManyPixels,
        Refusal::Infected => Reason::FileInfected,
    };
    ApiError::new(ErrorCode::InvalidArgument, reason, message).with_violation("file", refusal.rule())
}

impl From<IntakeError> for Error {
    fn from(error: IntakeError) -> Self {
        FileError::from(error).into()
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        FileError::from(error).into()
    }
}
