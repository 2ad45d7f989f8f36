//! All SQL of spaces.

pub mod acts;
pub mod areas;
pub mod attachments;
pub mod authors;
pub mod organizations;
pub mod outlines;
pub mod phases;
pub mod previews;
pub mod processes;
pub mod votes;

use comitia_platform::database::Unreadable;
use uuid::Uuid;

/// The value of an enum of the proto that a row of `table` has in its column `kind`.
fn kind<K: TryFrom<i32>>(number: i16, table: &'static str, row: Uuid) -> Result<K, Unreadable> {
    // 0 is UNSPECIFIED.
    let known = (number != 0).then(|| K::try_from(i32::from(number)).ok()).flatten();
    known.ok_or_else(|| Unreadable::new(table, "kind", row))
}

/// As a column keeps it; the numbers of the enums are small.
fn number(kind: impl Into<i32>) -> i16 {
    i16::try_from(kind.into()).unwrap_or_default()
}
