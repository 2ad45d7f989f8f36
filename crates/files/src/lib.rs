//! Photos and documents: checked by what they hold, cleaned, and kept in an S3 bucket or a folder.
//!
//! [`Intake`] decides what comes in. The name that a file had says nothing. A photo is decoded under limits, turned the right way
//! up, and encoded again in a few widths, so that nothing of what was sent is left but its pixels. A document is kept as it came, and
//! is for saving, never for showing. A scanner looks for viruses where one is configured. [`Store`] keeps bytes under names that are
//! written once.

mod config;
mod document;
mod intake;
mod photo;
mod refusal;
mod scanner;
mod store;

pub use config::{ConfigError, FilesConfig, S3Config, ScannerConfig};
pub use document::DocumentType;
pub use intake::{Document, Intake, IntakeError};
pub use photo::{PHOTO_MEDIA_TYPE, Photo, Rendition};
pub use refusal::Refusal;
pub use scanner::ScannerError;
pub use store::{Opened, Store, StoreError};
