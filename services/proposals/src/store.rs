//! All SQL of proposals.

pub mod authors;
pub mod batch;
pub mod projects;
pub mod proposals;
pub mod words;
