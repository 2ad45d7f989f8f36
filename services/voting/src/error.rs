//! Everything that goes wrong in voting, each with its code and reason.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use comitia_core::ErrorCode;
use comitia_platform::database::Unreadable;
use comitia_platform::error::{ApiError, Reason, Violation};
use uuid::Uuid;

use crate::domain::ballot::BallotRefusal;
use crate::domain::poll::Ending;

/// A use case could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The poll does not exist in the organization.
    #[error("poll {0} does not exist")]
    PollNotFound(Uuid),
    /// A poll with this id and another content exists.
    #[error("a poll with the id {0} and another content exists")]
    PollExists(Uuid),
    /// The poll would close before it is created.
    #[error("close_time must be in the future")]
    CloseTimePast,
    /// The poll has not opened.
    #[error("the poll has not opened yet")]
    PollNotOpen,
    /// The poll has closed.
    #[error("the poll has closed")]
    PollClosed,
    /// Nobody signs until the sheet is resumed.
    #[error("the signature sheet is paused; nobody can sign until it is resumed")]
    PollPaused,
    /// Only signature sheets are paused, resumed and extended by their owners.
    #[error(
        "the poll is no signature sheet; only those are paused, resumed and extended here, and the vote of a budget is extended through its budget"
    )]
    NoSheet,
    /// It closes too soon to be extended.
    #[error(
        "the poll closes within a minute; what has closed does not open again, so it is not extended any more"
    )]
    ClosesTooSoon,
    /// The new closing time is none.
    #[error("close_time must be later than the poll closes now")]
    NotLater,
    /// The signature was taken back, for good.
    #[error("the signature was withdrawn; who has withdrawn does not sign this sheet again")]
    SignatureWithdrawn,
    /// The sheet lets nobody take a signature back.
    #[error("signatures of this poll cannot be withdrawn")]
    WithdrawalNotAllowed,
    /// There is nothing to take back.
    #[error("nobody has signed with this permit")]
    NotSigned,
    /// The poll can no longer be cancelled.
    #[error("the poll has opened; it can be closed or annulled, and no longer be cancelled")]
    PollHasOpened,
    /// The poll has its seal, and a result comes of it.
    #[error("the poll is sealed and can no longer be annulled")]
    Sealed,
    /// The poll has closed, and when.
    #[error("the poll closed at {}", .0.to_rfc3339_opts(SecondsFormat::AutoSi, true))]
    PollClosedAt(DateTime<Utc>),
    /// The poll was called off.
    #[error("the poll was cancelled before it opened")]
    PollCancelled,
    /// The poll is not sealed.
    #[error("the poll is not sealed; its ballots can be read once it is")]
    NotSealed,
    /// The recount differs from the counters.
    #[error("the seal is refused: {0}")]
    RecountMismatch(String),
    /// The permit cannot be used as it is; its path in the request, and the rule.
    #[error("{field}: {rule}")]
    PermitInvalid {
        /// Where the permit is.
        field: String,
        /// What it should be.
        rule: &'static str,
    },
    /// The permit has expired; its path in the request.
    #[error("{0}: the permit has expired; ask for a new one")]
    PermitExpired(String),
    /// The permit is for another poll; its path in the request.
    #[error("{0}: the permit is for another poll")]
    PermitForAnotherPoll(String),
    /// The ballot breaks rules of the poll.
    #[error("the ballot breaks a rule of the poll")]
    Ballot(BallotRefusal),
    /// Another cast counts and cannot be changed. That is all that is said, whatever the two ballots are.
    #[error("a ballot was cast before, and this poll does not allow a change")]
    AlreadyCast,
    /// The voter's ballot came on paper.
    #[error("a paper ballot of this voter is counted; it cannot be changed online")]
    VotedOnPaper,
    /// There is no ballot of this voter, or it was cast with another secret.
    #[error("no ballot was cast with this permit and cast_secret")]
    BallotNotFound,
    /// No ballot has this tracking code.
    #[error("no ballot of this poll has this tracking code")]
    TrackingCodeUnknown,
    /// The poll is none of signatures.
    #[error("the poll has no public log: its ballots are no signatures")]
    NoLog,
    /// The sheet says nothing but its title.
    #[error("the signature sheet has no text")]
    NoSheetText,
    /// The log is not as long.
    #[error("the public log has no such file; ask for those of its checkpoint")]
    TileNotFound,
    /// No entry has this identifier.
    #[error("no entry of the public log has this identifier")]
    EntryNotFound,
    /// There is no such proposal, or no correction with this number.
    #[error("the log has no such correction, and none is proposed")]
    CorrectionNotFound,
    /// The proposal was decided, and how; it stays so.
    #[error("the proposal was {0}, and is not decided again")]
    CorrectionDecided(&'static str),
    /// The earlier correction cannot be decided about so.
    #[error(
        "the earlier correction is not in force, or is no quarantine: what is in force can be restored, and a quarantine can be made an invalidation"
    )]
    CorrectionNotInForce,
    /// The correction is about nothing.
    #[error("the correction is about no signature: none is selected, or others have set all of them aside")]
    CorrectionEmpty,
    /// There are too many.
    #[error("a log has at most {0}")]
    TooManyCorrections(&'static str),
    /// The paper batch does not exist in the poll.
    #[error("paper batch {0} does not exist")]
    PaperBatchNotFound(Uuid),
    /// The batch has ended, and how; it stays as it is.
    #[error("the paper batch is {0}, and can no longer be changed")]
    PaperBatchFinished(&'static str),
    /// Paper ballots can no longer be entered.
    #[error(
        "the time for entering paper ballots (paper_close_time) has passed; an open batch can only be set aside"
    )]
    PaperDeadlinePassed,
    /// A proposal that becomes public says why.
    #[error("reason: must say why, in 1 to 1000 characters")]
    ReasonMissing,
    /// Somebody else must do this; who and why.
    #[error("{0}")]
    SecondOfficerRequired(&'static str),
    /// The entries do not agree.
    #[error("{0}")]
    EntriesDiffer(String),
    /// The intake has no room; when to try again.
    #[error("too many ballots are waiting; try again")]
    Overloaded(Duration),
    /// The deadline passed while the cast waited; it is not stored.
    #[error("the deadline passed before the ballot was stored; cast it again")]
    DeadlinePassed,
    /// It is not known whether the cast was stored; sending it again is safe. When to try again.
    #[error("the ballot was not acknowledged; send it again")]
    NotAcknowledged(Duration),
    /// The batch with the cast failed for a reason that was logged there.
    #[error("the ballot could not be stored")]
    Failed,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An error of the platform, which has its code and reason.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A row that this program cannot read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<Ending> for Error {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Closed(Some(time)) => Self::PollClosedAt(time),
            Ending::Closed(None) => Self::PollClosed,
            Ending::Cancelled => Self::PollCancelled,
        }
    }
}

impl Error {
    /// Whether the close of the poll, once it is over, is the answer instead of this refusal.
    #[must_use]
    pub fn yields_to_the_close(&self) -> bool {
        match self {
            Self::Api(error) => error.reason == Reason::PermitInvalid,
            Self::PermitInvalid { .. }
            | Self::PermitForAnotherPoll(_)
            | Self::Ballot(_)
            | Self::PollNotOpen
            | Self::PollClosed => true,
            _ => false,
        }
    }
}

impl From<BallotRefusal> for Error {
    fn from(refusal: BallotRefusal) -> Self {
        Self::Ballot(refusal)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        use ErrorCode::{AlreadyExists, FailedPrecondition, PermissionDenied};
        let text = error.to_string();
        let coded = |code, reason| Self::new(code, reason, text.clone());
        match error {
            Error::PollNotFound(id) => Self::not_found(format_args!("poll {id}")),
            Error::PaperBatchNotFound(id) => Self::not_found(format_args!("paper batch {id}")),
            Error::PollExists(_) => coded(AlreadyExists, Reason::ResourceAlreadyExists),
            Error::CloseTimePast => Self::invalid_field("close_time", "must be in the future"),
            Error::PollNotOpen => coded(FailedPrecondition, Reason::PollNotOpen),
            Error::PollClosed | Error::PollClosedAt(_) | Error::PollCancelled => {
                coded(FailedPrecondition, Reason::PollClosed)
            }
            Error::PollPaused => coded(FailedPrecondition, Reason::PollPaused),
            Error::SignatureWithdrawn => coded(FailedPrecondition, Reason::SignatureWithdrawn),
            Error::WithdrawalNotAllowed => coded(FailedPrecondition, Reason::WithdrawalNotAllowed),
            Error::NoSheet => coded(FailedPrecondition, Reason::PollNoSheet),
            Error::NotLater => Self::invalid_field("close_time", "must be later than the poll closes now"),
            Error::PollHasOpened => coded(FailedPrecondition, Reason::PollHasOpened),
            Error::NotSealed | Error::Sealed | Error::ClosesTooSoon => {
                coded(FailedPrecondition, Reason::PollStateInvalid)
            }
            Error::PaperBatchFinished(_) => coded(FailedPrecondition, Reason::PaperBatchFinished),
            Error::PaperDeadlinePassed => coded(FailedPrecondition, Reason::PaperDeadlinePassed),
            Error::ReasonMissing => Self::invalid_field("reason", "must say why, in 1 to 1000 characters"),
            Error::RecountMismatch(_) => coded(FailedPrecondition, Reason::RecountMismatch),
            Error::PermitInvalid { field, rule } => {
                coded(PermissionDenied, Reason::PermitInvalid).with_violation(field, rule)
            }
            Error::PermitExpired(field) => {
                coded(PermissionDenied, Reason::PermitExpired).with_violation(field, "must not have expired")
            }
            Error::PermitForAnotherPoll(field) => coded(PermissionDenied, Reason::PermitForAnotherPoll)
                .with_violation(field, "must be a permit for this poll"),
            Error::Ballot(refusal) => of_ballot(refusal),
            Error::AlreadyCast => coded(AlreadyExists, Reason::BallotAlreadyCast),
            Error::VotedOnPaper => coded(FailedPrecondition, Reason::AlreadyVotedOnPaper),
            Error::BallotNotFound | Error::NotSigned | Error::TrackingCodeUnknown => {
                coded(ErrorCode::NotFound, Reason::BallotNotFound)
            }
            Error::NoLog => coded(ErrorCode::NotFound, Reason::PollHasNoLog),
            Error::NoSheetText => coded(ErrorCode::NotFound, Reason::SheetTextNotFound),
            Error::TileNotFound => coded(ErrorCode::NotFound, Reason::LogTileNotFound),
            Error::EntryNotFound => coded(ErrorCode::NotFound, Reason::LogEntryNotFound),
            Error::CorrectionNotFound => coded(ErrorCode::NotFound, Reason::CorrectionNotFound),
            Error::CorrectionDecided(_) => coded(FailedPrecondition, Reason::CorrectionDecided),
            Error::CorrectionNotInForce => coded(FailedPrecondition, Reason::CorrectionNotInForce),
            Error::CorrectionEmpty => coded(FailedPrecondition, Reason::CorrectionEmpty),
            Error::TooManyCorrections(_) => coded(FailedPrecondition, Reason::TooManyCorrections),
            Error::SecondOfficerRequired(_) => coded(FailedPrecondition, Reason::SecondOfficerRequired),
            Error::EntriesDiffer(_) => coded(FailedPrecondition, Reason::EntriesDiffer),
            Error::Overloaded(retry_after) => Self::exhausted(Reason::Overloaded, text, retry_after),
            Error::DeadlinePassed => coded(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded),
            Error::NotAcknowledged(retry_after) => {
                coded(ErrorCode::Unavailable, Reason::DependencyUnavailable).with_retry_after(retry_after)
            }
            Error::Database(error) => error.into(),
            Error::Api(error) => error,
            Error::Failed | Error::Unreadable(_) => Self::internal(error),
        }
    }
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}

fn of_ballot(refusal: BallotRefusal) -> ApiError {
    let reason = if refusal.option_unknown { Reason::OptionUnknown } else { Reason::BallotInvalid };
    let message = match refusal.violations.first() {
        Some(Violation { field, rule }) => format!("{field}: {rule}"),
        None => "the ballot breaks a rule of the poll".to_owned(),
    };
    let mut error = ApiError::new(ErrorCode::InvalidArgument, reason, message);
    error.violations = refusal.violations;
    error
}
