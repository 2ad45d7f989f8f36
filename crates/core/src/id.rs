//! Identifiers: UUIDv7 (RFC 9562), which sort by the time they were made.

use uuid::Uuid;

/// A new identifier.
#[must_use]
pub fn new() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the one door to new ids")]
    Uuid::now_v7()
}

/// A new identifier that does not say when it was made (UUIDv4), for what must not be put in an order of time.
#[must_use]
pub fn random() -> Uuid {
    uuid::Builder::from_random_bytes(crate::random::bytes::<16>()).into_uuid()
}
