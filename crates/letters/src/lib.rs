//! Letters with access codes as tagged PDF (PDF/UA-1), without I/O: an address for the window of the envelope, a text, the
//! number, the code, a picture of the link that a camera reads, and the logo or the name of who writes.
//!
//! A [`Template`] has what all letters of a language share, and is set once. A [`Letter`] is checked before a page is made:
//! what does not fit, or what the font cannot write, is refused by field and line. A [`Batch`] is one file for the printer;
//! thousands of letters are several of them, so that memory does not grow with their number.

mod batch;
mod form;
mod mark;
mod text;

#[cfg(test)]
mod tests;

pub use batch::{Batch, NotWritten};
pub use form::{Letter, Template, Window, Words};
pub use mark::{Logo, Mark};
pub use text::{Field, Refusal, Rule};
