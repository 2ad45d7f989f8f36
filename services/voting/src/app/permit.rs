//! Permits: what their bearer may do, where, and until when.

use chrono::{DateTime, Utc};
use comitia_platform::auth::PermitClaims;
use comitia_platform::auth::signature::Signature;
use uuid::Uuid;

use super::App;
use crate::domain::Nullifier;
use crate::error::Error;

/// What a permit is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A ballot that the voter casts.
    Online,
    /// A form that an officer enters.
    Paper,
}

/// A permit for a poll.
#[derive(Clone, Debug)]
pub struct Permit {
    /// Who.
    pub nullifier: Nullifier,
    /// Where the ballot counts.
    pub district: String,
    /// Whether it is from the desk, and good for a first ballot only.
    pub desk: bool,
    /// Until when, in seconds.
    expires: i64,
}

impl Permit {
    /// Checks that it has not expired; `field` is its path in the request.
    ///
    /// # Errors
    /// [`Error::PermitExpired`].
    pub fn in_time(&self, now: DateTime<Utc>, field: &str) -> Result<(), Error> {
        if self.expires > now.timestamp() { Ok(()) } else { Err(Error::PermitExpired(field.to_owned())) }
    }
}

/// Verifies a permit and that it is good now, for this poll and channel. `field` is its path in the request.
///
/// # Errors
/// `PERMIT_*`; `DEPENDENCY_UNAVAILABLE` when identity is needed and away.
pub async fn permit(
    app: &App,
    token: &str,
    poll: Uuid,
    channel: Channel,
    field: &str,
) -> Result<Permit, Error> {
    let permit = permit_of_any_time(app, token, poll, channel, field).await?;
    permit.in_time(app.clock.now(), field)?;
    Ok(permit)
}

/// Verifies a permit and that it is for this poll and channel; whether it has expired is left to the caller.
///
/// # Errors
/// As [`permit`], without `PERMIT_EXPIRED`.
pub async fn permit_of_any_time(
    app: &App,
    token: &str,
    poll: Uuid,
    channel: Channel,
    field: &str,
) -> Result<Permit, Error> {
    let claims = app.verifier.permit(token).await.map_err(|mut error| {
        for violation in &mut error.violations {
            field.clone_into(&mut violation.field);
        }
        Error::Api(error)
    })?;
    check(&claims, poll, channel, field)
}

/// Reads the permit of a ballot that a voter casts, and checks that it is for this poll. Its signature has to be
/// checked before anything comes of it, and that it has not expired before the ballot is taken.
///
/// # Errors
/// As [`permit_of_any_time`].
pub async fn unchecked_permit(app: &App, token: String, poll: Uuid) -> Result<(Permit, Signature), Error> {
    let (claims, signature) = app.verifier.unchecked_permit(token).await?;
    Ok((check(&claims, poll, Channel::Online, "permit")?, signature))
}

fn check(claims: &PermitClaims, poll: Uuid, channel: Channel, field: &str) -> Result<Permit, Error> {
    let invalid = |rule| Error::PermitInvalid { field: field.to_owned(), rule };
    if claims.poll != poll {
        return Err(Error::PermitForAnotherPoll(field.to_owned()));
    }
    match (channel, claims.paper) {
        (Channel::Online, true) => {
            return Err(invalid("must be the voter's own permit, not one for a paper ballot"));
        }
        (Channel::Paper, false) => return Err(invalid("must be a permit for a paper ballot")),
        _ => {}
    }
    // A district becomes text of the database and a field of the seal's lines.
    if claims.dis.len() > 400 || claims.dis.chars().any(char::is_control) {
        return Err(invalid("must name a district without control characters"));
    }
    let nullifier =
        Nullifier::from_permit(&claims.nul).ok_or_else(|| invalid("must have a nullifier of 32 bytes"))?;
    Ok(Permit { nullifier, district: claims.dis.clone(), desk: claims.desk, expires: claims.exp })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use comitia_platform::ApiError;

    use super::*;

    fn claims() -> PermitClaims {
        PermitClaims {
            iss: "comitia".into(),
            poll: Uuid::from_u128(1),
            nul: URL_SAFE_NO_PAD.encode([5; 32]),
            dis: "north".into(),
            paper: false,
            desk: false,
            exp: 1_000,
        }
    }

    fn reason(claims: &PermitClaims, channel: Channel, now: i64) -> Result<(), &'static str> {
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let permit = check(claims, Uuid::from_u128(1), channel, "permit");
        match permit.and_then(|permit| permit.in_time(now, "permit")) {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = ApiError::from(error);
                assert_eq!(error.violations[0].field, "permit");
                Err(error.reason_name())
            }
        }
    }

    #[test]
    fn a_permit_is_for_one_poll_one_channel_and_a_time() {
        assert_eq!(reason(&claims(), Channel::Online, 999), Ok(()));
        assert_eq!(reason(&claims(), Channel::Online, 1_000), Err("PERMIT_EXPIRED"));
        assert_eq!(reason(&claims(), Channel::Paper, 999), Err("PERMIT_INVALID"));
        let paper = PermitClaims { paper: true, ..claims() };
        assert_eq!(reason(&paper, Channel::Paper, 999), Ok(()));
        assert_eq!(reason(&paper, Channel::Online, 999), Err("PERMIT_INVALID"));
        let elsewhere = PermitClaims { poll: Uuid::from_u128(2), ..claims() };
        assert_eq!(reason(&elsewhere, Channel::Online, 999), Err("PERMIT_FOR_ANOTHER_POLL"));
        let short = PermitClaims { nul: "AAAA".into(), ..claims() };
        assert_eq!(reason(&short, Channel::Online, 999), Err("PERMIT_INVALID"));
        let strange = PermitClaims { dis: "a\tb".into(), ..claims() };
        assert_eq!(reason(&strange, Channel::Online, 999), Err("PERMIT_INVALID"));
    }
}
