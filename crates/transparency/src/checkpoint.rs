//! The signed head of a log: a C2SP checkpoint in a signed note.
//!
//! A log's key has the name of its origin, as the specification asks, so that a key of one log is none of another. During a
//! change of keys the old and the new one sign, and whoever trusts either one reads the checkpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey as Ed25519;
use signed_note::{
    Note, NoteError, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList, is_key_name_valid,
    key_id, new_ed25519_verifier_key,
};

use crate::hash::Hash;

/// The byte before an Ed25519 key in a note's keys.
const ED25519: u8 = 1;

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
    /// Lines that are signed beside them, none of them empty: whatever else the log vouches for.
    pub extensions: Vec<String>,
}

/// Why a checkpoint is none that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is not a note, or not one of a head.
    #[error("is not a signed checkpoint")]
    Format,
    /// No trusted key has signed it.
    #[error("is signed by none of the keys that are trusted")]
    Unknown,
    /// A signature that a trusted key should have made is another's.
    #[error("has a signature that is not the key's")]
    Forged,
    /// It is that of another log.
    #[error("is that of the log {0:?}")]
    OtherLog(String),
}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::UnverifiedNote => Self::Unknown,
            NoteError::InvalidSignature { .. } | NoteError::MismatchedVerifier => Self::Forged,
            _ => Self::Format,
        }
    }
}

/// A name that a log cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is not empty, and has neither spaces nor a plus")]
pub struct NotAnOrigin;

/// A key that signs checkpoints.
#[derive(Clone)]
pub struct SigningKey(Ed25519);

impl SigningKey {
    /// From the 32 secret bytes of an Ed25519 key.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519::from_bytes(seed))
    }

    /// The public key as those who check trust it: `<origin>+<id>+<key>`.
    #[must_use]
    pub fn verifier(&self, origin: &str) -> String {
        new_ed25519_verifier_key(origin, &self.0.verifying_key())
    }

    fn signer(&self, origin: &str) -> Result<StandardSigner, NotAnOrigin> {
        let encoded = |key: &[u8; 32]| [&[ED25519], key.as_slice()].concat();
        let id = key_id(origin, &encoded(self.0.verifying_key().as_bytes()));
        let key = STANDARD.encode(encoded(self.0.as_bytes()));
        StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id:08x}+{key}")).map_err(|_| NotAnOrigin)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A text that is no verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no verifier key, such as example.org/log+1a2b3c4d+AY...")]
pub struct NotAKey;

/// The keys that are trusted to sign checkpoints.
#[derive(Clone, Default)]
pub struct VerifierKeys(Vec<StandardVerifier>);

impl VerifierKeys {
    /// Reads keys.
    ///
    /// # Errors
    /// [`NotAKey`] when one of them is none.
    pub fn parse<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<Self, NotAKey> {
        let keys: Result<_, _> = keys.into_iter().map(StandardVerifier::new).collect();
        keys.map(Self).map_err(|_| NotAKey)
    }
}

impl std::fmt::Debug for VerifierKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(Verifier::name)).finish()
    }
}

impl Checkpoint {
    /// Signs it with every key.
    ///
    /// # Errors
    /// [`NotAnOrigin`] when the origin cannot be the name of a key.
    pub fn sign(&self, keys: &[SigningKey]) -> Result<String, NotAnOrigin> {
        if !is_key_name_valid(&self.origin) {
            return Err(NotAnOrigin);
        }
        let signers: Vec<_> = keys.iter().map(|key| key.signer(&self.origin)).collect::<Result<_, _>>()?;
        let signers: Vec<&dyn Signer> = signers.iter().map(|signer| signer as &dyn Signer).collect();
        let mut note = Note::new(self.text().as_bytes(), &[]).map_err(|_| NotAnOrigin)?;
        note.add_sigs(&signers).map_err(|_| NotAnOrigin)?;
        String::from_utf8(note.to_bytes()).map_err(|_| NotAnOrigin)
    }

    /// Reads a signed checkpoint that at least one of `keys` has signed, under the name of its origin.
    ///
    /// # Errors
    /// [`CheckpointError`] says what keeps it from being trusted.
    pub fn open(note: &[u8], keys: &VerifierKeys) -> Result<Self, CheckpointError> {
        let note = Note::from_bytes(note)?;
        let known = keys.0.iter().map(|key| Box::new(key.clone()) as Box<dyn Verifier>).collect();
        let (signed, _) = note.verify(&VerifierList::new(known))?;
        let text = std::str::from_utf8(note.text()).map_err(|_| CheckpointError::Format)?;
        let checkpoint = Self::parse(text).ok_or(CheckpointError::Format)?;
        if signed.iter().all(|signature| signature.name() != checkpoint.origin) {
            return Err(CheckpointError::OtherLog(checkpoint.origin));
        }
        Ok(checkpoint)
    }

    /// What is signed.
    fn text(&self) -> String {
        let extensions: String = self.extensions.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{}\n{}\n{extensions}", self.origin, self.size, self.root)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let size_ = size.parse().ok().filter(|parsed: &u64| parsed.to_string() == size)?;
        let (origin, root) = (origin.to_owned(), Hash::from_base64(root)?);
        // Lines behind the three are extensions, which may say what they want.
        let checkpoint = Self { origin, size: size_, root, extensions: lines.map(str::to_owned).collect() };
        (!checkpoint.origin.is_empty()).then_some(checkpoint)
    }
}
