//! What comes in.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::config::{ConfigError, FilesConfig};
use crate::document::DocumentType;
use crate::photo::{self, Photo};
use crate::refusal::Refusal;
use crate::scanner::{Scanner, ScannerError};

/// A document as it came.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is.
    pub kind: DocumentType,
    /// The file.
    pub bytes: Bytes,
}

/// Why nothing came in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The file is not one that is taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The scanner is away.
    #[error(transparent)]
    Scanner(#[from] ScannerError),
    /// The work broke off.
    #[error("decoding broke off: {0}")]
    BrokeOff(#[from] tokio::task::JoinError),
}

/// Checks and cleans what is sent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Intake {
    photo_max_bytes: usize,
    photo_max_pixels: u64,
    document_max_bytes: usize,
    scanner: Option<Scanner>,
    /// A decoded photo takes up to 200 MB: one at a time.
    decoding: Arc<Semaphore>,
}

impl Intake {
    /// By these limits.
    ///
    /// # Errors
    /// When a limit makes no sense.
    pub fn new(config: &FilesConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            photo_max_bytes: config.photo_max_bytes,
            photo_max_pixels: config.photo_max_pixels,
            document_max_bytes: config.document_max_bytes,
            scanner: config.scanner.as_ref().map(Scanner::new),
            decoding: Arc::new(Semaphore::new(1)),
        })
    }

    /// Makes a photo of a file: its pixels, and nothing else of it.
    ///
    /// # Errors
    /// [`IntakeError`]
    pub async fn photo(&self, bytes: Bytes) -> Result<Photo, IntakeError> {
        size(&bytes, self.photo_max_bytes)?;
        self.scan(&bytes).await?;
        // The semaphore is never closed.
        let turn = self.decoding.clone().acquire_owned().await.ok();
        let limit = self.photo_max_pixels;
        let cleaning = tokio::task::spawn_blocking(move || {
            // It goes on when the caller has left, so the turn is its own.
            let _turn = turn;
            photo::clean(&bytes, limit)
        });
        Ok(cleaning.await??)
    }

    /// Takes a document as it is, if it is of a kind that is taken.
    ///
    /// # Errors
    /// [`IntakeError`]
    pub async fn document(&self, bytes: Bytes) -> Result<Document, IntakeError> {
        size(&bytes, self.document_max_bytes)?;
        let kind = DocumentType::of(&bytes)?;
        self.scan(&bytes).await?;
        Ok(Document { kind, bytes })
    }

    /// Whether the scanner is there, if one is configured.
    ///
    /// # Errors
    /// [`ScannerError`]
    pub async fn check(&self) -> Result<(), ScannerError> {
        match &self.scanner {
            Some(scanner) => scanner.check().await,
            None => Ok(()),
        }
    }

    async fn scan(&self, bytes: &[u8]) -> Result<(), IntakeError> {
        match &self.scanner {
            Some(scanner) => Ok(scanner.scan(bytes).await??),
            None => Ok(()),
        }
    }
}

fn size(bytes: &[u8], limit: usize) -> Result<(), Refusal> {
    match bytes.len() {
        0 => Err(Refusal::Empty),
        length if length > limit => Err(Refusal::TooLarge { limit }),
        _ => Ok(()),
    }
}
