//! The public, append-only log of a poll: without I/O, so that who keeps a log and who checks one share every rule.
//!
//! - [`hash`], [`tree`] and [`proof`]: the Merkle tree of RFC 6962, its head, and proofs (RFC 9162, section 2.1).
//! - [`tile`]: how the tree and its entries lie in files that any cache can hold (C2SP tlog-tiles).
//! - [`checkpoint`]: the signed head (C2SP tlog-checkpoint in a signed note).
//! - [`sheet`]: what the leaves of a signature sheet say, and what they add up to.
//! - [`tracking`]: how the code of a receipt is written.

pub mod checkpoint;
pub mod hash;
pub mod proof;
pub mod sheet;
pub mod tile;
pub mod tracking;
pub mod tree;

pub use checkpoint::{Checkpoint, SigningKey, VerifierKeys};
pub use hash::Hash;
pub use tracking::TrackingCode;
pub use tree::Frontier;
