//! The answers to a sign-in: what the browser brings back, and what the token endpoint gives for it.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;

use crate::circuit::PAUSE;
use crate::claims::SKEW;
use crate::error::{Denial, Error, Refused};
use crate::request::Attempt;

/// How long people have at the provider.
pub const LONGEST_ATTEMPT: TimeDelta = TimeDelta::minutes(15);

/// The code that the browser brings back (RFC 6749, section 4.1.2; RFC 9207).
///
/// # Errors
/// When the answer is not one to this attempt, is another issuer's, or says no.
pub fn code(
    query: &str,
    attempt: &Attempt,
    issuer: &str,
    response_iss: bool,
    now: DateTime<Utc>,
) -> Result<SecretString, Error> {
    if attempt.issuer != issuer {
        return Err(Refused::OtherProvider.into());
    }
    if now + SKEW < attempt.begun || now - attempt.begun > LONGEST_ATTEMPT {
        return Err(Refused::AttemptExpired.into());
    }
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name, value).is_some() {
            return Err(Refused::ParameterRepeated.into());
        }
    }
    let state = parameters.get("state").ok_or(Refused::StateMissing)?;
    constant_time::verify_slices_are_equal(state.as_bytes(), attempt.state.as_bytes())
        .map_err(|_| Refused::StateMismatch)?;
    match parameters.get("iss") {
        Some(given) if given != issuer => return Err(Refused::ResponseIssuer.into()),
        None if response_iss => return Err(Refused::ResponseIssuerMissing.into()),
        _ => {}
    }
    if let Some(error) = parameters.get("error") {
        return Err(denial(error));
    }
    let code = parameters.get("code").filter(|code| !code.is_empty()).ok_or(Refused::CodeMissing)?;
    Ok(code.clone().into_owned().into())
}

fn denial(error: &str) -> Error {
    match error {
        "access_denied" => Error::Denied(Denial::AccessDenied),
        "login_required" | "consent_required" | "interaction_required" | "account_selection_required" => {
            Error::Denied(Denial::Interaction)
        }
        "temporarily_unavailable" | "server_error" => Error::Away(PAUSE),
        _ => Error::Denied(Denial::Request),
    }
}

/// What the token endpoint gives for a code.
#[derive(Deserialize)]
pub struct Tokens {
    /// Opens userinfo.
    pub access_token: SecretString,
    token_type: String,
    id_token: Option<SecretString>,
}

impl Tokens {
    /// Reads a successful answer (OpenID Connect Core, section 3.1.3.3).
    ///
    /// # Errors
    /// When it has no ID token, or no access token of the one kind that we can use.
    pub fn read(body: &[u8]) -> Result<(Self, SecretString), Refused> {
        let mut tokens: Self = serde_json::from_slice(body).map_err(|_| Refused::AnswerMalformed)?;
        if !tokens.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(Refused::TokenType);
        }
        let id_token = tokens.id_token.take().ok_or(Refused::IdTokenMissing)?;
        Ok((tokens, id_token))
    }
}

/// What a refusal of the token endpoint means (RFC 6749, section 5.2).
#[must_use]
pub fn refusal(body: &[u8]) -> Refused {
    #[derive(Deserialize)]
    struct Answer {
        error: String,
    }
    match serde_json::from_slice::<Answer>(body).as_ref().map(|answer| answer.error.as_str()) {
        Ok("invalid_grant") => Refused::CodeRefused,
        Ok("invalid_client" | "unauthorized_client") => Refused::ClientRefused,
        _ => Refused::AnswerMalformed,
    }
}
