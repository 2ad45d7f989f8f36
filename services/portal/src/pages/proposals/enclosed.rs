//! A photo and a document that come with a new proposal, on the last page of its submission. They are sent once the proposal is there:
//! one that is not taken is told of where another one can be chosen, and the proposal stands.

use bytes::Bytes;
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{AddProposalAttachmentRequest, AttachmentKind};
use maud::{Markup, html};

use super::draft::Draft;
use super::files::{ALTERNATIVE_MAX, TITLE_MAX};
use crate::error::PageError;
use crate::locale::{Locale, key, t};
use crate::pages::office::parts::derived;
use crate::pages::office::upload::Upload;
use crate::ui::{Field, FieldErrors, Kind};
use crate::visit::Visit;

const PHOTOS: &str = ".jpg,.jpeg,.png,.webp,image/jpeg,image/png,image/webp";
const DOCUMENTS: &str = ".pdf,.odt,.ods,.odp,application/pdf";

/// What was not taken, by the word that the address of a page has for it.
const REFUSALS: [(&str, &str); 8] = [
    ("large", key!("office-files-too-large")),
    ("photo", key!("office-files-no-photo")),
    ("document", key!("office-files-no-document")),
    ("damaged", key!("office-files-damaged")),
    ("pixels", key!("office-files-pixels")),
    ("infected", key!("own-files-infected")),
    ("closed", key!("own-files-not-configured")),
    ("away", key!("own-files-away")),
];

/// The files of a form; empty where none was chosen.
#[derive(Default)]
pub struct Enclosed {
    photo: Bytes,
    document: Bytes,
}

impl Enclosed {
    /// What was chosen.
    pub fn of(upload: &Upload) -> Self {
        Self { photo: upload.file.clone(), document: upload.document.clone() }
    }

    /// What is missing beside a file. Browsers do not give a file back: it is said where it has to be chosen again.
    pub fn check(&self, locale: &Locale, draft: &Draft, errors: &mut FieldErrors) {
        let too_long =
            |text: &str, most: u32| u32::try_from(text.chars().count()).is_ok_and(|length| length > most);
        let missing = |text: &str, most| text.is_empty() || too_long(text, most);
        if !self.photo.is_empty() && missing(&draft.alternative_text, ALTERNATIVE_MAX) {
            errors.push("alternative_text", t!(locale, "office-files-alt-wrong"));
        }
        if !self.document.is_empty() && missing(&draft.document_title, TITLE_MAX) {
            errors.push("document_title", t!(locale, "office-files-title-wrong"));
        }
        if errors.is_empty() {
            return;
        }
        for (name, file) in [("file", &self.photo), ("document", &self.document)] {
            if !file.is_empty() {
                errors.push(name, t!(locale, "own-files-again"));
            }
        }
    }

    /// Sends the files to the proposal. The same form again adds nothing twice. Gives the word for the first one that was not taken.
    pub async fn send(
        self,
        visit: &Visit,
        proposal_id: &str,
        title: &str,
        draft: &Draft,
    ) -> Option<&'static str> {
        let mut refused = None;
        let photo = (AttachmentKind::Photo, title, draft.alternative_text.as_str(), self.photo);
        let document = (AttachmentKind::Document, draft.document_title.as_str(), "", self.document);
        for (place, (kind, title, alternative, file)) in [photo, document].into_iter().enumerate() {
            if file.is_empty() {
                continue;
            }
            let request = AddProposalAttachmentRequest {
                proposal_id: proposal_id.to_owned(),
                kind: kind.into(),
                title: title.to_owned(),
                alternative_text: alternative.to_owned(),
                file: file.into(),
                request_id: derived(&draft.request_id, place),
            };
            let added = visit.services().attachments().add_proposal_attachment(visit.request(request)).await;
            if let Err(status) = added {
                refused = refused.or_else(|| Some(word(&status.into(), kind)));
            }
        }
        refused
    }
}

fn word(error: &PageError, kind: AttachmentKind) -> &'static str {
    match error.reason() {
        Some(Reason::FileTooLarge) => "large",
        Some(Reason::FileKindRefused) if kind == AttachmentKind::Photo => "photo",
        Some(Reason::FileKindRefused) => "document",
        Some(Reason::FileDamaged) => "damaged",
        Some(Reason::PhotoTooManyPixels) => "pixels",
        Some(Reason::FileInfected) => "infected",
        Some(Reason::FilesNotConfigured) => "closed",
        _ => "away",
    }
}

/// Why a file was not taken, by the word in an address.
pub fn why(locale: &Locale, word: &str) -> Option<String> {
    let (_, text) = REFUSALS.iter().find(|(known, _)| *known == word)?;
    Some(locale.text(text).into_owned())
}

/// The fields for the files.
pub fn fields(locale: &Locale, draft: &Draft, errors: &FieldErrors) -> Markup {
    let error = |name: &str| errors.of(name).map(str::to_owned);
    html! {
        h2 { (t!(locale, "own-files")) }
        p { (t!(locale, "own-files-lead")) }
        (Field::new(locale, "file", t!(locale, "office-files-kind-photo"))
            .hint(t!(locale, "own-files-file-hint")).error(error("file")).optional().file(PHOTOS))
        (Field::new(locale, "alternative_text", t!(locale, "own-files-photo-shows"))
            .hint(t!(locale, "office-files-alt-hint-new")).error(error("alternative_text")).optional()
            .max_length(ALTERNATIVE_MAX).textarea(&draft.alternative_text, 3))
        (Field::new(locale, "document", t!(locale, "office-files-kind-document"))
            .hint(t!(locale, "office-files-kind-document-hint")).error(error("document")).optional().file(DOCUMENTS))
        (Field::new(locale, "document_title", t!(locale, "own-files-document-title"))
            .error(error("document_title")).optional()
            .max_length(TITLE_MAX).input(Kind::Text, &draft.document_title))
    }
}
