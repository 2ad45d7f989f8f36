//! What goes wrong with accounts, and what the caller may know of it.

use comitia_core::ErrorCode;
use comitia_platform::{ApiError, Reason};

use crate::error::Error;

/// Why a use case of accounts fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The organization does not let people register.
    #[error("the organization does not let people register")]
    RegistrationClosed,
    /// A name has to be chosen and the present terms accepted first.
    #[error("choose a name and accept the present terms first")]
    RegistrationIncomplete,
    /// The terms that were accepted are not the present ones.
    #[error("the terms have changed; read the present ones")]
    TermsChanged,
    /// The session is no account's.
    #[error("the session has no account")]
    AccountMissing,
    /// The account is verified as another member of the roll.
    #[error("the account is verified as another member of this roll")]
    AlreadyVerified,
    /// The roll has the address of the account not once.
    #[error("no single member of a roll has the e-mail address of the account")]
    RollEntryUnknown,
    /// The provider says that the person is too young.
    #[error("nobody younger than 15 has an account")]
    TooYoung,
    /// The provider does not say when the person was born.
    #[error("the provider does not say when the person was born")]
    BirthDateMissing,
    /// The identity is another account's.
    #[error("this identity at the provider is linked to another account")]
    IdentityHasAccount,
    /// The account has another identity of the provider.
    #[error("the account is linked to another identity at this provider; unlink that one first")]
    ProviderLinked,
    /// Nobody could sign in to the account any more.
    #[error("this is the last way to sign in to the account")]
    LastWayIn,
    /// The sealed identity is too old, or not one of this organization.
    #[error("the identity is not known here any more; sign in at the provider again")]
    IdentityExpired,
    /// The session to end is not one of the account's.
    #[error("the session does not exist")]
    SessionUnknown,
    /// The association, or its member, does not exist.
    #[error("the association, or its member, does not exist")]
    AssociationUnknown,
    /// An association has the name.
    #[error("an association with this name exists already")]
    AssociationExists,
    /// The case does not exist.
    #[error("the case does not exist")]
    CaseUnknown,
    /// The case was decided.
    #[error("the case was decided before")]
    CaseNotOpen,
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let text = fault.to_string();
        match fault {
            Fault::RegistrationClosed => Self::precondition(Reason::RegistrationClosed, text),
            Fault::RegistrationIncomplete => Self::precondition(Reason::RegistrationIncomplete, text),
            Fault::TermsChanged => Self::precondition(Reason::TermsChanged, text)
                .with_violation("accepted_terms_version", "must be the present version of the terms"),
            Fault::AccountMissing => Self::precondition(Reason::AccountMissing, text),
            Fault::TooYoung => Self::new(ErrorCode::PermissionDenied, Reason::TooYoungForAccount, text),
            Fault::BirthDateMissing => Self::precondition(Reason::BirthDateMissing, text),
            Fault::IdentityHasAccount => Self::precondition(Reason::IdentityHasAccount, text),
            Fault::ProviderLinked => Self::precondition(Reason::ProviderLinked, text),
            Fault::LastWayIn => Self::precondition(Reason::LastWayIn, text),
            Fault::IdentityExpired => Self::precondition(Reason::IdentityExpired, text),
            Fault::AlreadyVerified => Self::precondition(Reason::AlreadyVerified, text),
            Fault::RollEntryUnknown => Self::precondition(Reason::RollEntryUnknown, text)
                .with_violation("member_number", "must be given with the access code"),
            Fault::AssociationExists => {
                Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, text)
                    .with_violation("display_name", "must not be another association's")
            }
            Fault::SessionUnknown | Fault::CaseUnknown | Fault::AssociationUnknown => {
                Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, text)
            }
            Fault::CaseNotOpen => Self::precondition(Reason::CaseNotOpen, text),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Api(fault.into())
    }
}
