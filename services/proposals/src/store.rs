//! All SQL of proposals.

pub mod projects;
pub mod proposals;
pub mod words;
