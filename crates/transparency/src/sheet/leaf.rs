//! The entry of a signature, and that of its withdrawal.
//!
//! A byte for the kind (1: a signature, 2: a withdrawal), a byte for the channel (0: online, 1: on paper), the 32 bytes of the identifier,
//! the minute in which it was accepted as four bytes (minutes since 1970, UTC), then the district in UTF-8, which is empty where the
//! sheet publishes none. Numbers are big-endian. A withdrawal has channel, identifier and district of the signature that it takes back.

use sha2::{Digest, Sha256};

/// The kind of a signature.
const SIGNATURE: u8 = 1;
/// The kind of a withdrawal.
const WITHDRAWAL: u8 = 2;
/// The longest name of a district, in bytes.
pub const MAX_DISTRICT: usize = 1_000;

/// What is public of a signature, or of its withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Whether it takes the signature back.
    pub withdrawal: bool,
    /// What only the receipt of the signature leads to.
    pub identifier: [u8; 32],
    /// Whether the signature was given on paper.
    pub paper: bool,
    /// When it was accepted, in minutes since 1970.
    pub minute: u32,
    /// Where it counts; empty where the sheet does not say.
    pub district: String,
}

/// The identifier of the signature with this tracking code: who has the receipt makes it, and nobody gets the code out of it.
#[must_use]
pub fn identifier(poll: &[u8; 16], tracking_code: &[u8; 16]) -> [u8; 32] {
    Sha256::new_with_prefix("comitia signature v1\n")
        .chain_update(poll)
        .chain_update(tracking_code)
        .finalize()
        .into()
}

/// What the withdrawal of the signature with this identifier is found by in its log.
#[must_use]
pub fn withdrawal_key(identifier: &[u8; 32]) -> [u8; 32] {
    Sha256::new_with_prefix("comitia withdrawal v1\n").chain_update(identifier).finalize().into()
}

impl Leaf {
    /// What stands once in a log: the identifier of a signature, and that of its withdrawal.
    #[must_use]
    pub fn key(&self) -> [u8; 32] {
        if self.withdrawal { withdrawal_key(&self.identifier) } else { self.identifier }
    }

    /// The entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut entry = Vec::with_capacity(38 + self.district.len());
        entry.extend([if self.withdrawal { WITHDRAWAL } else { SIGNATURE }, u8::from(self.paper)]);
        entry.extend(self.identifier);
        entry.extend(self.minute.to_be_bytes());
        entry.extend(self.district.as_bytes());
        entry
    }

    /// Reads an entry; nothing when it is neither that of a signature nor of a withdrawal.
    #[must_use]
    pub fn decode(entry: &[u8]) -> Option<Self> {
        let (&[kind @ (SIGNATURE | WITHDRAWAL), channel @ (0 | 1)], rest) = entry.split_first_chunk::<2>()?
        else {
            return None;
        };
        let (identifier, rest) = rest.split_first_chunk::<32>()?;
        let (minute, district) = rest.split_first_chunk::<4>()?;
        let district =
            std::str::from_utf8(district).ok().filter(|district| district.len() <= MAX_DISTRICT)?;
        Some(Self {
            withdrawal: kind == WITHDRAWAL,
            identifier: *identifier,
            paper: channel == 1,
            minute: u32::from_be_bytes(*minute),
            district: district.to_owned(),
        })
    }
}
