//! Counts a Pabulib `.pb` file by the rule that it names or that is chosen, and says the result as JSON.
//!
//! `comitia tally` and the WebAssembly module for browsers and Node are both made of this crate, so that an auditor who
//! has no server and trusts none gets the same bytes. There is no I/O here. `README.md` shows how to recount in a browser.

#[cfg(target_arch = "wasm32")]
mod browser;
mod choice;
#[cfg(feature = "cli")]
pub mod cli;
mod count;
mod error;
mod seal;

pub use choice::{Choice, Origin, of_meta};
pub use count::Count;
pub use error::Error;
pub use seal::{Check, Statement};

use comitia_pabulib::Election;

/// Counts a file: the bytes of a `.pb` file and a [`Choice`] as JSON (`{}`, or nothing, for what the file says) give
/// [`Count::json`].
///
/// # Errors
/// When the file cannot be read, the choice is none, or the election cannot be counted by the rule.
pub fn recount(file: &[u8], choice: &str) -> Result<String, Error> {
    let choice: Choice = if choice.trim().is_empty() {
        Choice::default()
    } else {
        serde_json::from_str(choice).map_err(Error::Choice)?
    };
    Count::new(Election::parse(file)?, &choice)?.json()
}
