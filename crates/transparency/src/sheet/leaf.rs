//! The entry of a signature.
//!
//! A byte for the kind (1: a signature), a byte for the channel (0: online, 1: on paper), the 32 bytes of the identifier, the minute in
//! which the signature was accepted as four bytes (minutes since 1970, UTC), then the district in UTF-8, which is empty where the
//! sheet publishes none. Numbers are big-endian.

use sha2::{Digest, Sha256};

/// The kind of a signature.
const SIGNATURE: u8 = 1;
/// The longest name of a district, in bytes.
pub const MAX_DISTRICT: usize = 1_000;

/// What is public of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What only its receipt leads to.
    pub identifier: [u8; 32],
    /// Whether it was given on paper.
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

impl Leaf {
    /// The entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut entry = Vec::with_capacity(38 + self.district.len());
        entry.extend([SIGNATURE, u8::from(self.paper)]);
        entry.extend(self.identifier);
        entry.extend(self.minute.to_be_bytes());
        entry.extend(self.district.as_bytes());
        entry
    }

    /// Reads an entry; nothing when it is not that of a signature.
    #[must_use]
    pub fn decode(entry: &[u8]) -> Option<Self> {
        let (&[SIGNATURE, channel @ (0 | 1)], rest) = entry.split_first_chunk::<2>()? else { return None };
        let (identifier, rest) = rest.split_first_chunk::<32>()?;
        let (minute, district) = rest.split_first_chunk::<4>()?;
        let district =
            std::str::from_utf8(district).ok().filter(|district| district.len() <= MAX_DISTRICT)?;
        Some(Self {
            identifier: *identifier,
            paper: channel == 1,
            minute: u32::from_be_bytes(*minute),
            district: district.to_owned(),
        })
    }
}
