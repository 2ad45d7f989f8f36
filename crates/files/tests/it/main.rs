//! What comes in, what is made of it, and where it is kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests, and what they call"
)]

mod contract;
mod documents;
mod made;
mod photos;
mod scanner;
