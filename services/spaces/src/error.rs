//! What goes wrong in spaces, and what the caller sees of it.

mod area;
mod file;

use chrono::{DateTime, SecondsFormat, Utc};
use comitia_platform::error::{ApiError, ErrorCode, Reason};

use crate::domain::phase::{DateFault, Vote};

pub use self::area::AreaError;
pub use self::file::FileError;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No organization has this id or host name.
    #[error("the host name belongs to no organization")]
    OrganizationUnknown,
    /// The resource does not exist in the organization, or the caller may not know that it does.
    #[error("{kind} {id} does not exist")]
    NotFound {
        /// What kind of resource.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The host names at these places are another organization's.
    #[error("a host name belongs to another organization")]
    HostNamesTaken(Vec<usize>),
    /// The dates of phases do not fit. `field` is the path of the phases in the request.
    #[error("a phase ends before it starts, or overlaps another")]
    PhaseDates {
        /// The path of the phases in the request.
        field: &'static str,
        /// What is wrong.
        faults: Vec<DateFault>,
    },
    /// A phase to change is not one of the process, or is named twice.
    #[error("phase {index} is not a phase of the process")]
    PhaseUnknown {
        /// Its place in the request.
        index: usize,
    },
    /// The process is not published.
    #[error("the process is not published, so that nobody would find its vote")]
    NotPublished,
    /// A vote would not be inside a vote phase.
    #[error("the vote is not inside a vote phase of the process")]
    VoteOutsidePhase,
    /// A vote that is scheduled or open would lose its phase.
    #[error("a vote is scheduled or open from {} to {}", rfc3339(.0.open_time), rfc3339(.0.close_time))]
    VoteHoldsPhase(Vote),
    /// Somebody else changed the process meanwhile.
    #[error("the process was changed meanwhile; read it again")]
    EtagMismatch,
    /// Somebody else changed the organization meanwhile.
    #[error("the organization was changed meanwhile; read it again")]
    OrganizationChanged,
    /// A text is in a language that the organization has not.
    #[error("a text is in {0}, which is no language of the organization")]
    TextLanguage(String),
    /// The process is published: everybody sees it.
    #[error("the process is published: everybody sees it, and it needs no preview")]
    ProcessPublished,
    /// The process has as many links to its preview as it may have.
    #[error("the process has {0} links to its preview, which is as many as it may have")]
    TooManyPreviewLinks(usize),
    /// No link has this code, or it has expired.
    #[error("this preview is not there: its link has expired, was revoked or never was")]
    PreviewCodeInvalid,
    /// Something about areas.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// Something about photos and documents.
    #[error(transparent)]
    File(#[from] FileError),
    /// What the platform says, for example of a request id.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// When the database fails or cannot be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl Error {
    /// A resource that is not there.
    pub(crate) fn not_found(kind: &'static str, id: impl ToString) -> Self {
        Self::NotFound { kind, id: id.to_string() }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let invalid = |field: &str, rule: &str| Self::invalid_field(field, rule);
        match error {
            Error::OrganizationUnknown => {
                Self::new(ErrorCode::NotFound, Reason::OrganizationUnknown, message)
            }
            Error::NotFound { .. } => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, message),
            Error::HostNamesTaken(places) => host_names_taken(places, message),
            Error::PhaseDates { field, faults } => phase_dates(field, faults, message),
            Error::PhaseUnknown { index } => invalid(
                &format!("process.phases[{index}].phase_id"),
                "must be a phase of this process that is not named before, or empty for a new one",
            ),
            Error::NotPublished => Self::precondition(Reason::ProcessNotPublished, message)
                .with_violation("process_id", "must be a process that is published"),
            Error::VoteOutsidePhase => Self::precondition(Reason::PhaseNotOpen, message).with_violation(
                "open_time",
                "must be, with close_time, inside one vote phase of the process",
            ),
            Error::VoteHoldsPhase(vote) => Self::precondition(Reason::PhaseHasVote, message).with_violation(
                "process.phases",
                format!(
                    "must have a vote phase from {} to {} or longer",
                    rfc3339(vote.open_time),
                    rfc3339(vote.close_time)
                ),
            ),
            Error::EtagMismatch => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, message)
                .with_violation("process.etag", "must be the present etag of the process"),
            Error::OrganizationChanged => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, message)
                .with_violation("organization.etag", "must be the present etag of the organization"),
            Error::TextLanguage(_) => invalid(
                "organization.texts",
                "must be in languages of the organization: add the language, or take the text away",
            ),
            Error::ProcessPublished => Self::precondition(Reason::ProcessPublished, message)
                .with_violation("process_id", "must be a process that is not published"),
            Error::TooManyPreviewLinks(max) => Self::precondition(Reason::TooManyPreviewLinks, message)
                .with_violation(
                    "process_id",
                    format!("must have fewer than {max} of them: revoke one first"),
                ),
            Error::PreviewCodeInvalid => Self::new(ErrorCode::NotFound, Reason::PreviewCodeInvalid, message),
            Error::Area(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Api(error) => error,
            Error::Database(error) => error.into(),
        }
    }
}

fn host_names_taken(places: Vec<usize>, message: String) -> ApiError {
    let error = ApiError::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, message);
    places.into_iter().fold(error, |error, place| {
        let field = format!("host_names[{place}]");
        error.with_violation(field, "must not be another organization's host name")
    })
}

fn phase_dates(field: &str, faults: Vec<DateFault>, message: String) -> ApiError {
    let error = ApiError::new(ErrorCode::InvalidArgument, Reason::PhaseDatesInvalid, message);
    faults.into_iter().fold(error, |error, fault| match fault {
        DateFault::EndsTooEarly { index } => {
            error.with_violation(format!("{field}[{index}].end_time"), "must be after start_time")
        }
        DateFault::Overlaps { index, other } => error.with_violation(
            format!("{field}[{index}].start_time"),
            format!("must not be before the end of {field}[{other}]"),
        ),
    })
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
