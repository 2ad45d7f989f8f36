//! What goes wrong in spaces, and what the caller sees of it.

use chrono::{DateTime, SecondsFormat, Utc};
use comitia_files::{IntakeError, Refusal, StoreError};
use comitia_platform::error::{ApiError, ErrorCode, Reason};
use uuid::Uuid;

use crate::domain::area::{AreaFault, Uses};
use crate::domain::geojson::Fault;
use crate::domain::phase::{DateFault, Vote};
use crate::domain::standing::Denied;

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
    /// The organization has an area with this code already.
    #[error("area {0} exists already")]
    AreaExists(String),
    /// The area to be part of does not exist.
    #[error("area {0} does not exist")]
    ParentUnknown(String),
    /// The area would be part of itself.
    #[error("area {0} would be part of itself")]
    AreaInItself(String),
    /// Something is wrong with some of several new areas; none was created.
    #[error("{} of the areas cannot be created, so that none was", .0.len())]
    Areas(Vec<(usize, AreaFault)>),
    /// A map of areas cannot be taken; nothing was drawn.
    #[error("the map cannot be taken")]
    GeoJson(Fault),
    /// Other areas are part of the area.
    #[error("other areas are part of area {0}")]
    AreaHasAreas(String),
    /// Something uses the area.
    #[error("area {0} is in use: {1}")]
    AreaInUse(String, Uses),
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
    /// The installation has no store of files.
    #[error("this installation has no place for files; its operator has to configure one")]
    FilesNotConfigured,
    /// Something has as many attachments as it may have.
    #[error("the {holder} has {max} photos and documents, which is as many as it may have")]
    TooManyAttachments {
        /// What they hang on.
        holder: &'static str,
        /// How many it may have.
        max: u32,
    },
    /// The caller may not change the attachments of something.
    #[error("{}", denied(.0))]
    AttachmentsDenied(Denied),
    /// The team removes what somebody sent without saying why.
    #[error("the reason is missing")]
    RemovalReasonMissing,
    /// The project has no such progress report.
    #[error("the project has no such progress report")]
    ReportUnknown,
    /// Somebody else changed the attachment meanwhile.
    #[error("the words were changed meanwhile; read them again")]
    AttachmentChanged,
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
    File(#[from] IntakeError),
    /// The store of files is away or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files of an attachment that was being added were removed meanwhile.
    #[error("adding the file took too long; send it again")]
    AddingTookTooLong,
    /// The file of an attachment is not in the store.
    #[error("the file of attachment {0} is not in the store of files")]
    FileLost(Uuid),
    /// The photo is not there in the width asked for.
    #[error("there is no such width")]
    Width(Vec<i32>),
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
            Error::HostNamesTaken(places) => places.into_iter().fold(
                Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, message),
                |error, place| {
                    error.with_violation(
                        format!("host_names[{place}]"),
                        "must not be another organization's host name",
                    )
                },
            ),
            Error::AreaExists(_) => {
                Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, message)
                    .with_violation("code", "must not be another area's code")
            }
            Error::ParentUnknown(_) => invalid("parent_code", "must be the code of an area"),
            Error::AreaInItself(_) => {
                invalid("parent_code", "must not be the area itself or an area that is part of it")
            }
            Error::Areas(faults) => faults.into_iter().fold(
                Self::new(ErrorCode::InvalidArgument, Reason::FieldInvalid, message),
                |error, (index, fault)| {
                    let (field, rule) = fault.rule();
                    error.with_violation(format!("areas[{index}].{field}"), rule)
                },
            ),
            Error::GeoJson(fault) => geojson(&fault),
            Error::AreaHasAreas(_) => Self::precondition(Reason::FieldInvalid, message)
                .with_violation("code", "no area may be part of it"),
            Error::AreaInUse(_, uses) => Self::precondition(Reason::AreaInUse, message)
                .with_violation("code", format!("must be an area that nothing uses; it has {uses}")),
            Error::PhaseDates { field, faults } => faults.into_iter().fold(
                Self::new(ErrorCode::InvalidArgument, Reason::PhaseDatesInvalid, message),
                |error, fault| match fault {
                    DateFault::EndsTooEarly { index } => {
                        error.with_violation(format!("{field}[{index}].end_time"), "must be after start_time")
                    }
                    DateFault::Overlaps { index, other } => error.with_violation(
                        format!("{field}[{index}].start_time"),
                        format!("must not be before the end of {field}[{other}]"),
                    ),
                },
            ),
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
            Error::FilesNotConfigured => Self::precondition(Reason::FilesNotConfigured, message),
            Error::TooManyAttachments { holder, max } => {
                Self::precondition(Reason::TooManyAttachments, message).with_violation(
                    format!("{holder}_id"),
                    format!("must have fewer than {max} of them: remove one first"),
                )
            }
            Error::AttachmentsDenied(Denied::Role) => {
                Self::new(ErrorCode::PermissionDenied, Reason::RoleMissing, message)
            }
            Error::AttachmentsDenied(Denied::NotTheAuthor) => {
                Self::new(ErrorCode::PermissionDenied, Reason::NotTheAuthor, message)
            }
            Error::AttachmentsDenied(Denied::Closed) => {
                Self::precondition(Reason::AttachmentsClosed, message)
            }
            Error::RemovalReasonMissing => {
                invalid("reason", "must say why, in 1 to 1000 characters: the author is told")
            }
            Error::ReportUnknown => invalid("report_id", "must be a progress report of the project"),
            Error::AttachmentChanged => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, message)
                .with_violation("etag", "must be the present etag of the attachment"),
            Error::AuthorErased => Self::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, message),
            Error::AlternativeText { photo: true } => {
                invalid("alternative_text", "must say what the photo shows, for who does not see it")
            }
            Error::AlternativeText { photo: false } => {
                invalid("alternative_text", "must be empty for a document: its title says what it is")
            }
            Error::File(IntakeError::Refused(refusal)) => refused(refusal, message),
            Error::File(IntakeError::Scanner(error)) => Self::unavailable(error),
            Error::File(IntakeError::BrokeOff(error)) => Self::internal(error),
            Error::Store(error) => Self::unavailable(error),
            Error::AddingTookTooLong | Error::FileLost(_) => Self::unavailable(message),
            Error::Width(widths) if widths.is_empty() => invalid("width", "must be 0 for a document"),
            Error::Width(widths) => {
                let widths: Vec<_> = widths.iter().map(ToString::to_string).collect();
                invalid("width", &format!("must be 0 or one of {}", widths.join(", ")))
            }
            Error::Api(error) => error,
            Error::Database(error) => error.into(),
        }
    }
}

fn denied(why: &Denied) -> &'static str {
    match why {
        Denied::Role => "no role of the caller allows this",
        Denied::NotTheAuthor => "only the author may do this",
        Denied::Closed => {
            "the proposal cannot be changed now: it was answered or withdrawn, or no submission phase is open"
        }
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

/// What the caller sees of a map that cannot be taken.
fn geojson(fault: &Fault) -> ApiError {
    let feature = |index: &usize, part: &str| format!("geojson.features[{index}]{part}");
    let degrees =
        "must be in degrees (WGS 84, EPSG:4326): export it again in that projection; its numbers are";
    let (reason, field, rule) = match fault {
        Fault::NotGeoJson => (
            Reason::GeojsonMalformed,
            "geojson".into(),
            "must be a GeoJSON FeatureCollection with one feature at least".into(),
        ),
        Fault::TooLarge => (
            Reason::GeojsonTooLarge,
            "geojson".into(),
            "must have at most 10 MB, 1000 areas and 500000 positions: simplify it in the mapping program".into(),
        ),
        Fault::Projection(Some(number)) => {
            (Reason::GeojsonProjection, "geojson".into(), format!("{degrees} those of EPSG:{number}"))
        }
        Fault::Projection(None) => {
            (Reason::GeojsonProjection, "geojson".into(), format!("{degrees} those of another projection"))
        }
        Fault::Swapped(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must have positions whose first number is degrees east and whose second is degrees north".into(),
        ),
        Fault::NotAnArea(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must be a Polygon or a MultiPolygon of positions".into(),
        ),
        Fault::Ring(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must have rings of three different positions at least that have something inside".into(),
        ),
        Fault::CodeMissing(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.code"),
            "must have a property with the area's code; code_property names another one".into(),
        ),
        Fault::CodeWrong(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.code"),
            "must be 1 to 64 letters, digits, and any of _ - . in it".into(),
        ),
        Fault::CodeRepeated(index) => {
            (Reason::GeojsonArea, feature(index, ".properties.code"), "must not be given twice".into())
        }
        Fault::TitleMissing(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.title"),
            "must have a property with the area's name, 1 to 200 characters; title_property names another one".into(),
        ),
    };
    let rule: String = rule;
    ApiError::new(ErrorCode::InvalidArgument, reason, format!("{field}: {rule}")).with_violation(field, rule)
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
