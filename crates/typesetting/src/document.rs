//! What a document is made of.

/// A document that runs over pages of A4.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its language, such as "fr".
    pub language: String,
    /// Who publishes it: above the first page, and at the foot of each.
    pub publisher: String,
    /// The publisher's colour: red, green, blue. White is readable on it.
    pub color: [u8; 3],
    /// A page and how many there are, with `{page}` and `{pages}`: "page {page} of {pages}".
    pub page_number: String,
    /// What it says. The title stands above it.
    pub blocks: Vec<Block>,
}

/// A part of a document. One whose text is empty is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading below the title.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A list with bullets.
    List(Vec<String>),
    /// A table. Its first column is what a row is about.
    Table {
        /// What it shows.
        caption: String,
        /// Its columns.
        columns: Vec<Column>,
        /// Its rows, each with a cell for each column.
        rows: Vec<Vec<String>>,
    },
}

impl Document {
    /// The blocks that have something to say.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| match block {
            Block::Heading(text) | Block::Paragraph(text) => !text.trim().is_empty(),
            Block::List(items) => !items.is_empty(),
            Block::Table { .. } => true,
        })
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// Its part of the width, as against the other columns.
    pub share: u16,
    /// Whether it has numbers, which stand on the right.
    pub numeric: bool,
}

/// The file could not be made; the words are the writer's own, and have nothing of the document in them.
#[derive(Debug, thiserror::Error)]
#[error("a document could not be written as PDF: {0}")]
pub struct NotWritten(pub(crate) &'static str);
