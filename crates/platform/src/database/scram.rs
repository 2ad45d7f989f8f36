//! The password of a role, as PostgreSQL keeps it (RFC 5803). A statement with the password itself would
//! show it to whoever reads the server's log or `pg_stat_statements`; with this it shows what nobody can
//! sign in with.

use std::borrow::Cow;
use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// As PostgreSQL does it itself.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(4_095);

/// The SCRAM-SHA-256 verifier of `password`, with a salt of its own.
pub fn verifier(password: &SecretString) -> String {
    with_salt(password.expose_secret(), &comitia_core::random::bytes::<16>())
}

fn with_salt(password: &str, salt: &[u8]) -> String {
    // As both sides do: what cannot be prepared is taken as it is.
    let prepared = stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password));
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, salt, prepared.as_bytes(), &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let stored = digest::digest(&digest::SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server = hmac::sign(&key, b"Server Key");
    let [salt, stored, server] = [salt, stored.as_ref(), server.as_ref()].map(|part| STANDARD.encode(part));
    format!("SCRAM-SHA-256${ITERATIONS}:{salt}${stored}:{server}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_postgresql_makes_of_the_same_password_and_salt() {
        // Password and salt of the example in RFC 7677.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        assert_eq!(
            with_salt("pencil", &salt),
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
             WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        );
    }

    #[test]
    fn equal_passwords_look_different() {
        assert_ne!(verifier(&"x".into()), verifier(&"x".into()));
    }
}
