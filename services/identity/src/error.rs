//! What can go wrong, and what the caller may know of it.

use std::time::Duration;

use comitia_core::ErrorCode;
use comitia_platform::database::Unreadable;
use comitia_platform::{ApiError, Reason};

use crate::domain::eligibility::Ineligible;
use crate::domain::member_csv::Remark;
use crate::domain::secrets::SecretError;
use crate::domain::tokens::TokenError;

/// How many bad lines an error names.
const NAMED_LINES: usize = 100;

/// What can go wrong in this service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Access code, e-mail code, operator key, service key or refresh token are wrong or no longer good.
    #[error("the credentials are wrong or no longer good")]
    CredentialsInvalid,
    /// The check symbol of an access code is wrong.
    #[error("the access code is mistyped")]
    AccessCodeMistyped,
    /// The session was revoked, or has ended.
    #[error("the session has ended; sign in again")]
    SessionRevoked,
    /// Too many attempts.
    #[error("too many attempts; try again later")]
    TooManyAttempts(Duration),
    /// A staff member with this e-mail address exists.
    #[error("a staff member with this e-mail address exists already")]
    StaffExists,
    /// The staff member does not exist in this organization.
    #[error("the staff member does not exist")]
    StaffUnknown,
    /// An organization keeps an administrator.
    #[error("the organization would be left without an administrator")]
    LastAdministrator,
    /// The roll does not exist in this organization.
    #[error("the roll does not exist")]
    RollUnknown,
    /// The member does not exist in this roll.
    #[error("the member does not exist in this roll")]
    MemberUnknown,
    /// The replacement of an access code does not exist in this organization.
    #[error("the replacement does not exist")]
    ReplacementUnknown,
    /// The replacement was approved before, is too old, or its member is erased.
    #[error("the replacement does not wait for approval any more; ask anew")]
    ReplacementNotPending,
    /// The visit at the desk does not exist in this organization.
    #[error("the visit does not exist")]
    VisitUnknown,
    /// The visit was confirmed before, is too old, or its member is erased.
    #[error("the visit does not wait any more; open another one")]
    VisitNotPending,
    /// The check symbol of the code of a visit is wrong.
    #[error("the code is mistyped")]
    DeskCodeMistyped,
    /// Nobody replaces an access code alone.
    #[error("another person must approve it, who was on the staff before it was asked for")]
    SecondPersonRequired,
    /// Lines of a CSV file break rules, the first of them and how many; nothing was imported.
    #[error("{1} lines of the CSV break rules; nothing was imported")]
    Csv(Vec<Remark>, usize),
    /// A file ended without the mark of its end.
    #[error("the file broke off before its end; nothing was imported, send it again")]
    FileIncomplete,
    /// The code is good, and several members have its address.
    #[error("several members have this e-mail address; give the member number too")]
    SeveralPeople,
    /// A change would take a right away in a poll that is open, or move a ballot.
    #[error("the entry cannot be changed while a poll is open that rests on it")]
    OpenPollAffected(&'static str, &'static str),
    /// What would be done is not what was shown.
    #[error("the roll or the file is not what it was when the changes were shown; look at them again")]
    PlanChanged,
    /// identity does not know the poll, or not yet.
    #[error("the poll does not exist, or was created a moment ago")]
    PollUnknown,
    /// The poll has not opened.
    #[error("the poll has not opened yet")]
    PollNotOpen,
    /// The poll has closed.
    #[error("the poll has closed")]
    PollClosed,
    /// Nobody signs until the sheet is resumed.
    #[error("the signature sheet is paused; nobody can sign until it is resumed")]
    PollPaused,
    /// Paper ballots can no longer be entered.
    #[error("the time for entering paper ballots (paper_close_time) has passed")]
    PaperDeadlinePassed,
    /// The caller may not vote in this poll.
    #[error("this person {0}")]
    NotEligible(Ineligible),
    /// The poll's eligibility rests on something else.
    #[error("the eligibility of this poll rests on something else")]
    BasisDiffers,
    /// The provider is not configured, or may not vouch for people in this poll.
    #[error("this provider does not vouch for people in this poll")]
    ProviderUnknown,
    /// The browser's sealed sign-in is not one of this installation, organization or configuration.
    #[error("this sign-in is not known here; begin again")]
    SignInUnknown,
    /// A sign-in at a provider failed.
    #[error("a sign-in at a provider failed: {0}")]
    Provider(#[source] comitia_openid::Error),
    /// The mail server does not take the message.
    #[error("the e-mail could not be sent")]
    Mail(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A key or what it sealed is damaged.
    #[error("secrets: {0}")]
    Secret(#[from] SecretError),
    /// A token could not be made.
    #[error("tokens: {0}")]
    Token(#[from] TokenError),
    /// A row that this program cannot read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// What is an answer already.
    #[error("{0}")]
    Api(#[from] ApiError),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::CredentialsInvalid => {
                Self::new(ErrorCode::Unauthenticated, Reason::CredentialsInvalid, text)
            }
            Error::AccessCodeMistyped => Self::invalid_field(
                "access_code",
                "must be the 16 letters and digits of the letter; one is mistyped",
            ),
            Error::DeskCodeMistyped => Self::invalid_field(
                "desk_code",
                "must be the 16 letters and digits of the code; one is mistyped",
            ),
            Error::SessionRevoked => Self::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, text),
            Error::TooManyAttempts(wait) => Self::exhausted(Reason::RateLimited, text, wait),
            Error::StaffExists => Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, text)
                .with_violation("email", "must not be another staff member's"),
            Error::StaffUnknown
            | Error::RollUnknown
            | Error::MemberUnknown
            | Error::ReplacementUnknown
            | Error::VisitUnknown => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, text),
            Error::LastAdministrator => Self::precondition(Reason::FieldInvalid, text)
                .with_violation("roles", "must leave the organization an administrator"),
            Error::FileIncomplete => Self::new(ErrorCode::Aborted, Reason::FileIncomplete, text)
                .with_violation("complete", "must be set in the last message"),
            Error::Csv(lines, _) => {
                let mut answer = Self::new(ErrorCode::InvalidArgument, Reason::CsvInvalid, text);
                for bad in lines.iter().take(NAMED_LINES) {
                    answer = answer.with_violation(
                        format!("csv line {}, column {}", bad.line, bad.column),
                        bad.text.clone(),
                    );
                }
                answer
            }
            // The event that makes the poll known may be on its way.
            Error::PollUnknown => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, text)
                .with_retry_after(Duration::from_secs(1)),
            Error::VisitNotPending => Self::precondition(Reason::DeskVisitNotPending, text),
            Error::ReplacementNotPending => Self::precondition(Reason::ReplacementNotPending, text),
            Error::SecondPersonRequired => {
                Self::new(ErrorCode::PermissionDenied, Reason::SecondPersonRequired, text)
            }
            Error::SeveralPeople => Self::precondition(Reason::MemberNumberRequired, text)
                .with_violation("member_number", "must say which member with this address signs in"),
            Error::OpenPollAffected(field, rule) => {
                Self::precondition(Reason::OpenPollAffected, text).with_violation(field, rule)
            }
            Error::PlanChanged => Self::precondition(Reason::RollChanged, text).with_violation(
                "etag",
                "must be that of the present changes, from a call with validate_only",
            ),
            Error::PollNotOpen => Self::precondition(Reason::PollNotOpen, text),
            Error::PollClosed => Self::precondition(Reason::PollClosed, text),
            Error::PollPaused => Self::precondition(Reason::PollPaused, text),
            Error::PaperDeadlinePassed => Self::precondition(Reason::PaperDeadlinePassed, text),
            Error::NotEligible(why) => Self::new(ErrorCode::PermissionDenied, Reason::NotEligible, text)
                .with_violation(why.field(), format!("this person {why}")),
            Error::BasisDiffers => Self::precondition(Reason::PollBasisDiffers, text)
                .with_violation("eligibility.basis", "must be that of this permit"),
            Error::ProviderUnknown => Self::new(ErrorCode::NotFound, Reason::ProviderUnknown, text),
            Error::SignInUnknown => Self::precondition(Reason::ProviderAnswerInvalid, text),
            Error::Provider(error) => provider(error),
            Error::Mail(source) => Self::unavailable(source),
            Error::Secret(source) => Self::internal(source),
            Error::Token(source) => Self::internal(source),
            Error::Unreadable(source) => Self::internal(source),
            Error::Database(source) => source.into(),
            Error::Api(answer) => answer,
        }
    }
}

/// What a caller may know of a sign-in that failed. Which check it was stands in the log.
fn provider(error: comitia_openid::Error) -> ApiError {
    use comitia_openid::Refused;
    match error {
        comitia_openid::Error::Away(wait) => ApiError::new(
            ErrorCode::Unavailable,
            Reason::ProviderUnavailable,
            "the provider does not answer; try again later",
        )
        .with_retry_after(wait),
        comitia_openid::Error::Refused(Refused::Level) => ApiError::new(
            ErrorCode::PermissionDenied,
            Reason::ProviderLevelTooLow,
            "the provider vouches for this person at a lower level than the poll asks for",
        ),
        comitia_openid::Error::Refused(_) => ApiError::precondition(
            Reason::ProviderAnswerInvalid,
            "the answer of the provider, or of the browser, is not believed; begin again",
        ),
        comitia_openid::Error::Denied(_) => ApiError::precondition(
            Reason::ProviderSignInDenied,
            "the person did not sign in at the provider, or it did not let them",
        ),
    }
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
