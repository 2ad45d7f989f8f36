//! Types and rules of proposals. Comments and amendments will live beside them.

pub mod languages;
pub mod proposal;
pub mod speaker;
pub mod submission;
pub mod words;
