//! Why a file does not come in.

use crate::document::DocumentType;

/// Why a file was refused, in words that say what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It has more bytes than the limit.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It is not a photo of a kind that is taken.
    #[error("the file is not a photo in JPEG, PNG or WebP")]
    NotAPhoto,
    /// It is not a document of a kind that is taken.
    #[error("the file is not a document that is taken here")]
    NotADocument,
    /// It has more pixels than the limit, or a side that is too long.
    #[error("the photo has {width} × {height} pixels")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The limit, in pixels.
        limit: u64,
    },
    /// It ends too early, or what it holds is not as its format has it.
    #[error("the file is damaged or not complete")]
    Damaged,
    /// It is two files in one.
    #[error("the file is two files in one")]
    TwoInOne,
    /// The scanner found a virus.
    #[error("the scanner for viruses found something in the file")]
    Infected,
}

impl Refusal {
    /// What the file must be, and what to do.
    #[must_use]
    pub fn rule(self) -> String {
        match self {
            Self::Empty => "must not be empty: choose the file again".to_owned(),
            Self::TooLarge { limit } => {
                format!("must have at most {limit} bytes: make it smaller, or send a part of it")
            }
            Self::NotAPhoto => {
                "must be a photo in JPEG, PNG or WebP, whatever its name says: save it as JPEG first"
                    .to_owned()
            }
            Self::NotADocument => format!(
                "must be a document in {}, whatever its name says, with nothing before its first byte: save it as PDF first",
                DocumentType::NAMES
            ),
            Self::TooManyPixels { limit, .. } => {
                let sides = crate::photo::MAX_SIDE;
                format!("must have at most {limit} pixels and sides of at most {sides}: make it smaller")
            }
            Self::Damaged => "must be complete: open it, save it again, and send what was saved".to_owned(),
            Self::TwoInOne => "must be a document and nothing else: save it again as PDF".to_owned(),
            Self::Infected => {
                "must be free of viruses: do not open it, and ask who looks after your computer".to_owned()
            }
        }
    }
}
