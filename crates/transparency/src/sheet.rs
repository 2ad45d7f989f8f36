//! Signature sheets: what a leaf says, milestones, and the recount from public data alone.

mod correction;
mod leaf;
mod milestone;
mod recount;

pub use correction::{
    Act, Change, Correction, Entry, Refused, Register, Selection, Signed, Subject, correction_key,
    reason_digest,
};
pub use leaf::{Leaf, MAX_DISTRICT, identifier, withdrawal_key};
pub use milestone::{Changed, Counts, Effect, Milestone, NO_END, Reached, Tally};
pub use recount::{Corrected, Fault, Recount};

use sha2::{Digest, Sha256};

/// The SHA-256 of what one signs.
#[must_use]
pub fn text_digest(written: &[u8]) -> [u8; 32] {
    Sha256::digest(written).into()
}

/// What a line of a checkpoint begins with that names the text of the sheet, before its SHA-256 in hexadecimal.
pub const TEXT_EXTENSION: &str = "comitia sheet text sha256 ";
