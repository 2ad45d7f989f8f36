//! What goes wrong with passkeys, and what the caller may know of it.

use comitia_core::ErrorCode;
use comitia_platform::{ApiError, Reason};

use crate::error::Error;

/// The most passkeys of a staff member.
pub const MAX_PASSKEYS: usize = 10;

/// Why a use case of passkeys fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Who has a passkey proves it before they register another one.
    #[error("prove the second factor first")]
    SecondFactorRequired,
    /// The answer is not believed. Which check failed stands in the log.
    #[error("the passkey's answer is not believed")]
    Refused,
    /// The challenge was used, is too old, or was never given to this session.
    #[error("the challenge is not good any more; begin again")]
    ChallengeUnknown,
    /// There are as many as there may be.
    #[error("a staff member has at most {MAX_PASSKEYS} passkeys")]
    TooMany,
    /// The organization asks for a second factor.
    #[error("the organization asks for a second factor, and this is the last passkey")]
    Last,
    /// The passkey is registered.
    #[error("the passkey is registered already")]
    Registered,
    /// A caller who asks everybody for a second factor must have proved their own.
    #[error("register a passkey of your own before you ask everybody for one")]
    OwnRequired,
    /// The host name has no passkeys.
    #[error("passkeys work at a host name that is reached over HTTPS")]
    ImpossibleHere,
    /// The passkey is not one of the caller's.
    #[error("the passkey does not exist")]
    Unknown,
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let text = fault.to_string();
        match fault {
            Fault::SecondFactorRequired => {
                Self::new(ErrorCode::PermissionDenied, Reason::SecondFactorRequired, text)
            }
            Fault::Refused => Self::new(ErrorCode::PermissionDenied, Reason::PasskeyRefused, text),
            Fault::ChallengeUnknown => Self::precondition(Reason::PasskeyChallengeUnknown, text),
            Fault::TooMany => Self::precondition(Reason::TooManyPasskeys, text),
            Fault::Last => Self::precondition(Reason::LastPasskey, text),
            Fault::Registered => Self::new(ErrorCode::AlreadyExists, Reason::PasskeyRegistered, text),
            Fault::OwnRequired => Self::precondition(Reason::OwnSecondFactorRequired, text)
                .with_violation("second_factor_required", "must be set in a session with a second factor"),
            Fault::ImpossibleHere => Self::precondition(Reason::PasskeysImpossibleHere, text),
            Fault::Unknown => Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, text),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Api(fault.into())
    }
}
