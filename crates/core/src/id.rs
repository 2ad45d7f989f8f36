//! Identifiers: UUIDv7 (RFC 9562), which sort by the time they were made.

use uuid::Uuid;

/// A new identifier.
#[must_use]
pub fn new() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the one door to new ids")]
    Uuid::now_v7()
}
