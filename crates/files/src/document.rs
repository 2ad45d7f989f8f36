//! Documents: which kinds are taken, by what they hold.

use crate::refusal::Refusal;

/// A kind of document that is taken. Nothing here runs macros when it is opened without asking, or can only be told by its name:
/// hence no formats of Microsoft Office, whose kinds with and without macros look alike from outside, and no CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentType {
    /// PDF.
    Pdf,
    /// A text of OpenDocument.
    Odt,
    /// A table of OpenDocument.
    Ods,
    /// A presentation of OpenDocument.
    Odp,
}

/// The bytes of a ZIP archive's first entry before its name: OpenDocument's is `mimetype`, and not compressed.
const ZIP_HEAD: usize = 30;
/// The record at the end of a ZIP archive, without its comment.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_END_BYTES: usize = 22;
/// The most bytes that may follow the end mark of a PDF: empty lines, of which some printers write many.
const AFTER_PDF: usize = 1_024;

impl DocumentType {
    /// The kinds, for people.
    pub const NAMES: &'static str = "PDF, ODT, ODS or ODP";
    const ALL: [Self; 4] = [Self::Pdf, Self::Odt, Self::Ods, Self::Odp];

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
        }
    }

    /// What its files' names end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Odt => "odt",
            Self::Ods => "ods",
            Self::Odp => "odp",
        }
    }

    /// The kind with this media type.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// The kind of a whole file, by what it holds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let found = infer::get(bytes).map(|kind| kind.mime_type());
        let kind = found.and_then(Self::of_media_type).ok_or(Refusal::NotADocument)?;
        match kind {
            Self::Pdf => check_pdf(bytes)?,
            Self::Odt | Self::Ods | Self::Odp => check_open_document(bytes, kind)?,
        }
        Ok(kind)
    }
}

/// A PDF begins with its header and ends with its end mark: what is put before or behind is for another reader.
fn check_pdf(bytes: &[u8]) -> Result<(), Refusal> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Refusal::NotADocument);
    }
    let content = bytes.len() - bytes.iter().rev().take_while(|byte| b" \t\r\n\0".contains(byte)).count();
    if bytes.len() - content > AFTER_PDF {
        return Err(Refusal::TwoInOne);
    }
    let marked = bytes.get(..content).is_some_and(|bytes| bytes.ends_with(b"%%EOF"));
    match (is_archive(bytes), marked) {
        (true, _) => Err(Refusal::TwoInOne),
        (false, true) => Ok(()),
        // Something else behind the last end mark, or no end mark at all.
        (false, false) if contains(bytes, b"%%EOF") => Err(Refusal::TwoInOne),
        (false, false) => Err(Refusal::Damaged),
    }
}

/// An OpenDocument file is a whole ZIP archive whose first entry says what it is, as it stands.
fn check_open_document(bytes: &[u8], kind: DocumentType) -> Result<(), Refusal> {
    let said = [b"mimetype".as_slice(), kind.media_type().as_bytes()].concat();
    let first =
        bytes.starts_with(b"PK\x03\x04") && bytes.get(ZIP_HEAD..).is_some_and(|rest| rest.starts_with(&said));
    if !first {
        return Err(Refusal::NotADocument);
    }
    if is_archive(bytes) { Ok(()) } else { Err(Refusal::Damaged) }
}

/// Whether a reader of ZIP archives, which looks from the end, finds one that ends with the file.
fn is_archive(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(ZIP_END_BYTES + usize::from(u16::MAX));
    let tail = bytes.get(from..).unwrap_or_default();
    tail.windows(ZIP_END_BYTES).enumerate().any(|(place, record)| {
        let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
        record.starts_with(ZIP_END) && place + ZIP_END_BYTES + comment == tail.len()
    })
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
