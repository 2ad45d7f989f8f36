//! Types and rules of voting, without I/O.

pub mod ballot;
pub mod correction;
pub mod feasibility;
pub mod log_keys;
pub mod paper;
pub mod poll;
pub mod receipt;
pub mod seal;
pub mod sheet;
pub mod sheet_text;
pub mod small_cells;
pub mod specification;
pub mod tracking;

pub use log_keys::LogKeys;
pub use poll::PollState;
pub use receipt::{CastDigest, Nullifier, ReceiptKey};
pub use specification::CompiledPoll;
