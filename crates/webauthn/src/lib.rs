//! Passkeys as a second factor: the relying party's part of W3C Web Authentication, Level 3, without I/O. Who keeps challenges
//! and credentials is another's matter.
//!
//! What is asked for: user verification, no attestation, one of ES256, EdDSA and RS256. What is checked, in the order of the
//! specification's sections 7.1 (registering, R) and 7.2 (verifying, V), and how it is refused:
//!
//! | step | what | refused as |
//! |---|---|---|
//! | R 5, V 5 to 6 | the answer can be read, and its credential is one of the person's | [`Refused::Malformed`], [`Refused::Credential`] |
//! | V 6 | the user handle, where there is one, is the person's | [`Refused::User`] |
//! | R 6 to 7, V 9 to 10 | `type` is `webauthn.create` or `webauthn.get` | [`Refused::Type`] |
//! | R 8, V 11 | the challenge is the one that was given | [`Refused::Challenge`] |
//! | R 9, V 12 | the origin is the site's | [`Refused::Origin`] |
//! | R 10 to 11, V 13 to 14 | not in a frame of another site | [`Refused::Origin`] |
//! | R 14, V 15 | the hash is that of the site's domain | [`Refused::Domain`] |
//! | R 15, V 16 | somebody was there | [`Refused::Presence`] |
//! | R 16, V 17 | and was verified | [`Refused::Verification`] |
//! | R 17, V 18 to 19 | backup flags make sense and stay | [`Refused::Backup`] |
//! | R 19 | the key is of an algorithm that was asked for, and is one | [`Refused::Key`] |
//! | R 20 to 23 | no attestation, or the key's own | [`Refused::Attestation`] |
//! | R 24 | the id of the credential has 1,023 bytes at the most | [`Refused::Malformed`] |
//! | V 21 | the signature is the key's | [`Refused::Signature`] |
//! | V 22 | the counter goes up, where there is one | [`Refused::Counter`] |
//!
//! Uniqueness of credentials (R 25) is the store's matter. Extensions are not asked for and not looked at (R 18, V 20).

mod answer;
mod authenticator;
mod cbor;
mod key;
mod options;
mod site;

#[cfg(test)]
mod tests;

pub use answer::{Assertion, Known, Registered, Registration};
pub use options::{CreationOptions, RequestOptions, creation_options, request_options};
pub use site::Site;

/// Why an answer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the answer cannot be read")]
    Malformed,
    /// It is of another credential than the one that it is compared with.
    #[error("the credential is another one")]
    Credential,
    /// It is another person's.
    #[error("the user handle is another person's")]
    User,
    /// It answers something else.
    #[error("the type is another one")]
    Type,
    /// It answers another challenge.
    #[error("the challenge is another one")]
    Challenge,
    /// It comes from another site, or from a frame of another site.
    #[error("the origin is another one")]
    Origin,
    /// It is for another domain.
    #[error("the domain is another one")]
    Domain,
    /// Nobody was there.
    #[error("the user was not present")]
    Presence,
    /// Nobody was verified.
    #[error("the user was not verified")]
    Verification,
    /// The backup flags make no sense, or have changed.
    #[error("the backup flags do not fit")]
    Backup,
    /// The key is of an algorithm that was not asked for, or is none.
    #[error("the key cannot be used")]
    Key,
    /// There is an attestation that was not asked for, or that is wrong.
    #[error("the attestation cannot be used")]
    Attestation,
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    Signature,
    /// The counter stayed or went back: there may be two of this authenticator.
    #[error("the signature counter did not go up")]
    Counter,
}
