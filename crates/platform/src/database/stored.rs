//! Rows that this program cannot read.

use std::fmt;

/// A column of a row holds what this program does not know: a newer version wrote it, or somebody changed it by hand.
/// It becomes an INTERNAL error; the log names table, column and row. The value itself is left out, because it may be
/// personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored data cannot be read: {table}.{column}, row {row}")]
pub struct Unreadable {
    table: &'static str,
    column: &'static str,
    row: String,
}

impl Unreadable {
    /// `table` has its schema. `row` is an id that identifies nobody: of a ballot, that of its poll.
    #[must_use]
    pub fn new(table: &'static str, column: &'static str, row: impl fmt::Display) -> Self {
        Self { table, column, row: row.to_string() }
    }
}

/// For stores whose functions give [`sqlx::Error`].
impl From<Unreadable> for sqlx::Error {
    fn from(error: Unreadable) -> Self {
        Self::Decode(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ApiError, ErrorCode, chain};

    #[test]
    fn an_unreadable_row_is_named_in_the_log_and_not_in_the_answer() {
        let error = ApiError::from(sqlx::Error::from(Unreadable::new("toys.things", "state", 7)));
        assert_eq!(error.code, ErrorCode::Internal);
        assert_eq!(error.message, "internal error");
        assert!(chain(&error).contains("toys.things.state, row 7"), "{}", chain(&error));
    }
}
