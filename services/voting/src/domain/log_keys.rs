//! The keys that sign the checkpoints of public logs, and the names of logs.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comitia_transparency::checkpoint::NotAnOrigin;
use comitia_transparency::{Checkpoint, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// The keys in force, and what the names of new logs begin with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LogKeys {
    /// The present key first.
    keys: Arc<[SigningKey]>,
    name: Arc<str>,
}

/// What keeps a configuration from being one of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogKeysError {
    /// A key is none.
    #[error("voting.log_key and each of voting.previous_log_keys must be 32 bytes in base64")]
    Key,
    /// The name cannot be that of a key.
    #[error("voting.log_name must not be empty, and have neither white space nor a plus sign")]
    Name,
}

impl LogKeys {
    /// From the configuration. Every key signs, so that whoever trusts one of them reads each checkpoint during a change of keys.
    ///
    /// # Errors
    /// [`LogKeysError`] says what is wrong.
    pub fn new(name: &str, present: &SecretString, previous: &[SecretString]) -> Result<Self, LogKeysError> {
        let keys = std::iter::once(present).chain(previous).map(key).collect::<Option<Vec<_>>>();
        let keys = Self { keys: keys.ok_or(LogKeysError::Key)?.into(), name: name.into() };
        let head = Checkpoint {
            origin: keys.origin(Uuid::nil()),
            size: 0,
            root: comitia_transparency::Hash::empty(),
            extensions: Vec::new(),
        };
        match name.is_empty() || keys.sign(&head).is_err() {
            true => Err(LogKeysError::Name),
            false => Ok(keys),
        }
    }

    /// The name of the log of a new poll. It stays, whatever the configuration says later.
    #[must_use]
    pub fn origin(&self, poll: Uuid) -> String {
        format!("{}/polls/{}", self.name, poll.hyphenated())
    }

    /// The public keys of a log, the present one first.
    #[must_use]
    pub fn verifiers(&self, origin: &str) -> Vec<String> {
        self.keys.iter().map(|key| key.verifier(origin)).collect()
    }

    /// The signed note of a head. Ed25519 makes equal signatures of equal heads, so that every replica gives the same note.
    ///
    /// # Errors
    /// [`NotAnOrigin`] when the name of the log cannot be that of a key.
    pub fn sign(&self, head: &Checkpoint) -> Result<String, NotAnOrigin> {
        head.sign(&self.keys)
    }
}

fn key(text: &SecretString) -> Option<SigningKey> {
    let seed: [u8; 32] = STANDARD.decode(text.expose_secret().trim()).ok()?.try_into().ok()?;
    Some(SigningKey::from_seed(&seed))
}

#[cfg(test)]
mod tests {
    use comitia_transparency::{Hash, VerifierKeys};

    use super::*;

    fn secret(byte: u8) -> SecretString {
        STANDARD.encode([byte; 32]).into()
    }

    #[test]
    fn whoever_trusts_one_of_two_keys_reads_the_checkpoint() {
        let before = LogKeys::new("city.example", &secret(1), &[]).unwrap();
        let during = LogKeys::new("city.example", &secret(2), &[secret(1)]).unwrap();
        let after = LogKeys::new("city.example", &secret(2), &[]).unwrap();
        let origin = before.origin(Uuid::nil());
        assert_eq!(origin, "city.example/polls/00000000-0000-0000-0000-000000000000");
        let head =
            Checkpoint { origin: origin.clone(), size: 7, root: Hash::leaf(b"a"), extensions: Vec::new() };
        let reads = |keys: &LogKeys, trusted: &LogKeys| {
            let trusted = trusted.verifiers(&origin);
            let trusted = VerifierKeys::parse(trusted.iter().map(String::as_str)).unwrap();
            Checkpoint::open(keys.sign(&head).unwrap().as_bytes(), &trusted).is_ok_and(|read| read == head)
        };
        assert!(reads(&before, &before) && reads(&during, &before) && reads(&during, &after));
        assert!(!reads(&after, &before), "a key that was taken away signs no more");
        assert_eq!(during.verifiers(&origin), [after.verifiers(&origin), before.verifiers(&origin)].concat());
    }

    #[test]
    fn what_cannot_sign_is_refused_at_the_start() {
        let of = |name: &str, key: &str| LogKeys::new(name, &key.to_owned().into(), &[]).map(drop);
        let good = STANDARD.encode([1; 32]);
        assert_eq!(of("city.example", &good), Ok(()));
        assert_eq!(of("city.example", "c2hvcnQ="), Err(LogKeysError::Key));
        for name in ["", "a b", "a+b"] {
            assert_eq!(of(name, &good), Err(LogKeysError::Name), "{name:?}");
        }
        let bad = LogKeys::new("city.example", &good.into(), &["?".to_owned().into()]);
        assert_eq!(bad.map(drop), Err(LogKeysError::Key));
    }
}
