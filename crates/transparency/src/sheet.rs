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
