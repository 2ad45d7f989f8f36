//! What keeps a log from being checked at all.

use comitia_transparency::checkpoint::NotAKey;

/// Why a log cannot be checked. What is altered in one that can is in its report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the log says of itself cannot be read.
    #[error("the description of the log is not one: {0}")]
    Description(#[from] serde_json::Error),
    /// The description names no poll.
    #[error("the description of the log names no poll")]
    Poll,
    /// A key in the description is none.
    #[error("a key that the log names {0}")]
    Key(#[from] NotAKey),
    /// A milestone ends at no time.
    #[error("the end of a milestone is no time")]
    MilestoneEnd,
    /// Files are missing at the end.
    #[error("the log could not be read to its end")]
    Short,
}
