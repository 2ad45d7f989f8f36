//! Checks the public log of a signature sheet from its files alone, and says what holds and what does not.
//!
//! `comitia verify` and the WebAssembly module for browsers and Node are both made of this crate, so that whoever checks in a page
//! gets the same answer as whoever trusts no page. There is no I/O here: the caller brings the files that a [`Check`] asks for.

#[cfg(target_arch = "wasm32")]
mod browser;
mod check;
mod compare;
mod corrections;
mod description;
mod error;
mod report;

pub use check::{Check, File, Options};
pub use error::Error;
pub use report::{Fault, Found, Part, Report, State};
