//! Documents as tagged PDF (PDF/UA-1), without I/O: headings, paragraphs, lists and tables that run over pages.
//!
//! [`Document::write`] never refuses a text: a name in a script that the fonts have not is shown as replacement characters,
//! and the file still says to a screen reader what it is. What has fixed places, such as a letter, takes [`Typeface`] alone.

mod document;
mod line;
mod page;
mod typeface;
mod write;

#[cfg(test)]
mod tests;

pub use document::{Block, Column, Document, NotWritten};
pub use typeface::{Faces, Ink, Run, Typeface, faces};
