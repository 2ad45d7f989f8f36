//! All SQL of spaces.

pub mod areas;
pub mod organizations;
pub mod phases;
pub mod processes;
pub mod votes;

/// A number of an enum of the proto, of which the column's check lets only known ones in.
fn kind<K: TryFrom<i32> + Default>(number: i16) -> K {
    K::try_from(i32::from(number)).unwrap_or_default()
}

/// As a column keeps it; the numbers of the enums are small.
fn number(kind: impl Into<i32>) -> i16 {
    i16::try_from(kind.into()).unwrap_or_default()
}
