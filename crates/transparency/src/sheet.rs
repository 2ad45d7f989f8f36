//! Signature sheets: what a leaf says, milestones, and the recount from public data alone.

mod leaf;
mod milestone;
mod recount;

pub use leaf::{Leaf, MAX_DISTRICT, identifier, withdrawal_key};
pub use milestone::{Counts, Milestone, NO_END, Reached, Tally};
pub use recount::{Fault, Recount};
