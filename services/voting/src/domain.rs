//! Types and rules of voting, without I/O.

pub mod ballot;
pub mod paper;
pub mod poll;
pub mod receipt;
pub mod seal;
pub mod specification;

pub use poll::PollState;
pub use receipt::{Nullifier, ReceiptKey};
pub use specification::CompiledPoll;
