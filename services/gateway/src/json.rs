//! The canonical JSON of proto3, by descriptors alone.
//!
//! [`read`] and [`write`] translate ordinary messages directly. Everything else goes through a dynamic message,
//! which knows every rule of proto3's JSON.

pub mod bounds;
pub mod misfit;
pub mod path;
pub mod read;
pub mod value;
pub mod write;
