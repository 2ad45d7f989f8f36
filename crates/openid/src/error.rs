//! Why a sign-in fails.

use std::time::Duration;

/// A sign-in that did not end with a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An answer of browser or provider breaks a rule; it is not believed.
    #[error("the sign-in is refused: {0}")]
    Refused(#[from] Refused),
    /// The provider did not sign the person in.
    #[error("the provider did not sign the person in: {0}")]
    Denied(Denial),
    /// The provider is away or too slow; when to try again.
    #[error("the provider does not answer")]
    Away(Duration),
}

/// What the provider says in place of a code (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The person said no, or went back.
    #[error("access_denied")]
    AccessDenied,
    /// The provider wants the person to do something that they did not do.
    #[error("login, consent or interaction required")]
    Interaction,
    /// The provider does not take our request. A matter of configuration.
    #[error("the request is not taken")]
    Request,
}

/// A check that failed. The texts name rules, never values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Discovery.
    #[error("the discovery document is not one")]
    DiscoveryMalformed,
    /// Discovery.
    #[error("the discovery document is another issuer's")]
    DiscoveryIssuer,
    /// Discovery.
    #[error("an endpoint of the discovery document is not an https address")]
    EndpointInsecure,
    /// Discovery.
    #[error("the provider does not support what is configured: code flow, PKCE or authentication")]
    Unsupported,
    /// The browser's answer.
    #[error("the sign-in was begun too long ago")]
    AttemptExpired,
    /// The browser's answer.
    #[error("the sign-in was begun at another provider")]
    OtherProvider,
    /// The browser's answer.
    #[error("a parameter is given twice")]
    ParameterRepeated,
    /// The browser's answer.
    #[error("state is missing")]
    StateMissing,
    /// The browser's answer.
    #[error("state is not that of this browser's sign-in")]
    StateMismatch,
    /// The browser's answer.
    #[error("iss of the answer is missing")]
    ResponseIssuerMissing,
    /// The browser's answer.
    #[error("iss of the answer is another issuer")]
    ResponseIssuer,
    /// The browser's answer.
    #[error("code is missing")]
    CodeMissing,
    /// The token endpoint's answer.
    #[error("the code is not good, or not any more")]
    CodeRefused,
    /// The token endpoint's answer.
    #[error("the provider does not take this client's authentication")]
    ClientRefused,
    /// The token endpoint's answer.
    #[error("the answer of the provider is not what it must be")]
    AnswerMalformed,
    /// The token endpoint's answer.
    #[error("token_type is not Bearer")]
    TokenType,
    /// The token endpoint's answer.
    #[error("id_token is missing")]
    IdTokenMissing,
    /// A signed token.
    #[error("a token is not a signed one")]
    TokenMalformed,
    /// A signed token.
    #[error("a token has no signature (alg none)")]
    Unsigned,
    /// A signed token.
    #[error("a token is signed with another algorithm than ES256 or RS256")]
    Algorithm,
    /// A signed token.
    #[error("a token has a critical header that is not understood")]
    CriticalHeader,
    /// A signed token.
    #[error("a token is of another type than JWT")]
    TokenKind,
    /// A signed token.
    #[error("a token is signed with a key that the provider does not publish for signing")]
    KeyUnknown,
    /// A signed token.
    #[error("the signature of a token is wrong")]
    Signature,
    /// An encrypted token.
    #[error("a token is not encrypted as it must be")]
    NotEncrypted,
    /// An encrypted token.
    #[error("a token is encrypted in another way than is configured")]
    Encryption,
    /// An encrypted token.
    #[error("a token cannot be decrypted")]
    Undecryptable,
    /// Claims.
    #[error("iss is another issuer")]
    Issuer,
    /// Claims.
    #[error("aud does not name this client")]
    Audience,
    /// Claims.
    #[error("azp does not name this client, or is missing beside several audiences")]
    AuthorizedParty,
    /// Claims.
    #[error("exp has passed or is missing")]
    Expired,
    /// Claims.
    #[error("iat or nbf is in the future, or iat is missing")]
    FromTheFuture,
    /// Claims.
    #[error("the token was issued before this sign-in began")]
    Stale,
    /// Claims.
    #[error("nonce is missing or not that of this sign-in")]
    Nonce,
    /// Claims.
    #[error("sub is missing, empty or longer than 255 characters")]
    Subject,
    /// Claims.
    #[error("acr is missing, unknown or lower than was asked for")]
    Level,
    /// Claims.
    #[error("at_hash is not that of the access token")]
    AccessTokenHash,
    /// Userinfo.
    #[error("userinfo is not signed")]
    UserinfoUnsigned,
    /// Userinfo.
    #[error("sub of userinfo is another person's")]
    UserinfoSubject,
}
