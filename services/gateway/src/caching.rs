//! Answers and look-ups that requests share for a moment.

pub mod edge;
pub mod shared;
pub mod tenants;
