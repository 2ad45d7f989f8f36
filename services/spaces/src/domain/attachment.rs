//! Photos and documents, and what they hang on.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use comitia_files::DocumentType;
use comitia_proto::spaces::v1::AttachmentKind;
use uuid::Uuid;

/// The most photos and documents that a process or a project may be allowed to have: a list of them is one answer.
pub const MAX_ATTACHMENTS: u32 = 100;
/// The most photos and documents that a proposal may be allowed to have.
pub const MAX_PROPOSAL_ATTACHMENTS: u32 = 20;
/// The longest name of a file, in characters.
const NAME_MAX: usize = 100;

/// What attachments hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A process, which this service keeps.
    Process(Uuid),
    /// A proposal.
    Proposal(Uuid),
    /// A project; some of its attachments are shown with one of its progress reports.
    Project(Uuid),
    /// The organization, whose logo is one.
    Organization(Uuid),
}

impl Holder {
    /// What has this number in a table.
    #[must_use]
    pub fn of(number: i16, id: Uuid) -> Option<Self> {
        match number {
            1 => Some(Self::Process(id)),
            2 => Some(Self::Proposal(id)),
            3 => Some(Self::Project(id)),
            4 => Some(Self::Organization(id)),
            _ => None,
        }
    }

    /// Its number in a table.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Process(_) => 1,
            Self::Proposal(_) => 2,
            Self::Project(_) => 3,
            Self::Organization(_) => 4,
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Process(id) | Self::Proposal(id) | Self::Project(id) | Self::Organization(id) => id,
        }
    }

    /// What it is, in texts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Process(_) => "process",
            Self::Proposal(_) => "proposal",
            Self::Project(_) => "project",
            Self::Organization(_) => "organization",
        }
    }
}

/// A photo or a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub attachment_id: Uuid,
    /// What it hangs on.
    pub holder: Holder,
    /// The progress report of a project that it is shown with.
    pub report_id: Option<Uuid>,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its title.
    pub title: String,
    /// What a photo shows; empty for a document.
    pub alternative_text: String,
    /// Its place among those beside it, the first being 1.
    pub position: i32,
    /// The media type of its file.
    pub media_type: String,
    /// The size of its file; of a photo, in its greatest width.
    pub byte_count: i64,
    /// The digest of the same.
    pub sha256: Vec<u8>,
    /// The widths and heights of a photo, the smallest first.
    pub renditions: Vec<(i32, i32)>,
    /// When it was added.
    pub create_time: DateTime<Utc>,
    /// When its words were last changed.
    pub update_time: DateTime<Utc>,
}

/// A photo or a document to add.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// What it hangs on.
    pub holder: Holder,
    /// The progress report of a project that it is shown with.
    pub report_id: Option<Uuid>,
    /// What it is said to be.
    pub kind: AttachmentKind,
    /// Its title.
    pub title: String,
    /// What a photo shows; empty for a document.
    pub alternative_text: String,
    /// The file as it came.
    pub file: Bytes,
}

/// New words and a new place.
#[derive(Clone, Debug)]
pub struct AttachmentChange {
    /// The title.
    pub title: String,
    /// What a photo shows.
    pub alternative_text: String,
    /// The place; nothing keeps it where it is.
    pub position: Option<i32>,
    /// The etag that its words must have; empty for any.
    pub etag: String,
}

/// A photo or a document that the team has removed from a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its title.
    pub title: String,
    /// Why.
    pub reason: String,
    /// When.
    pub remove_time: DateTime<Utc>,
}

impl Attachment {
    /// A text that changes whenever its words do.
    #[must_use]
    pub fn etag(&self) -> String {
        let words = format!("{}\0{}", self.title, self.alternative_text);
        hex::encode(digest(&SHA256, words.as_bytes()).as_ref().get(..8).unwrap_or_default())
    }

    /// The names of its files in the store of files.
    #[must_use]
    pub fn stored_names(&self, organization: Uuid) -> Vec<String> {
        match self.renditions.as_slice() {
            [] => vec![stored_name(organization, self.attachment_id, None)],
            sizes => sizes
                .iter()
                .map(|(width, _)| stored_name(organization, self.attachment_id, Some(*width)))
                .collect(),
        }
    }

    /// The rendition to read for a `width` that was asked for, 0 being the greatest; nothing for a document.
    ///
    /// # Errors
    /// The widths that there are, none for a document.
    pub fn rendition(&self, width: i32) -> Result<Option<i32>, Vec<i32>> {
        let widths: Vec<_> = self.renditions.iter().map(|(width, _)| *width).collect();
        match width {
            0 => Ok(widths.last().copied()),
            width if widths.contains(&width) => Ok(Some(width)),
            _ => Err(widths),
        }
    }

    /// The name that its file is saved under: its title, in whatever script, and what the file is.
    #[must_use]
    pub fn file_name(&self) -> String {
        let extension = match DocumentType::of_media_type(&self.media_type) {
            Some(kind) => kind.extension(),
            None => "jpg",
        };
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '’' | '(' | ')' | ',');
        let name: String =
            self.title.chars().map(|c| if allowed(c) { c } else { '-' }).take(NAME_MAX).collect();
        format!("{}.{extension}", name.trim())
    }
}

/// The name of a file in the store: of a photo in one width, or of a document.
#[must_use]
pub fn stored_name(organization: Uuid, attachment: Uuid, width: Option<i32>) -> String {
    match width {
        Some(width) => format!("{organization}/{attachment}/{width}.jpg"),
        None => format!("{organization}/{attachment}/document"),
    }
}

/// The attachments of something in their new order, once one is at `position`; a position beyond the last is the last.
#[must_use]
pub fn moved(mut order: Vec<Uuid>, attachment: Uuid, position: i32) -> Vec<Uuid> {
    order.retain(|other| *other != attachment);
    let place = usize::try_from(position.max(1) - 1).unwrap_or_default().min(order.len());
    order.insert(place, attachment);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(title: &str, renditions: &[(i32, i32)]) -> Attachment {
        let media_type = if renditions.is_empty() { "application/pdf" } else { "image/jpeg" };
        Attachment {
            attachment_id: Uuid::from_u128(7),
            holder: Holder::Process(Uuid::nil()),
            report_id: None,
            kind: AttachmentKind::Photo,
            title: title.into(),
            alternative_text: "A quay".into(),
            position: 1,
            media_type: media_type.into(),
            byte_count: 1,
            sha256: vec![0; 32],
            renditions: renditions.into(),
            create_time: DateTime::UNIX_EPOCH,
            update_time: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_width_is_one_that_there_is_and_the_greatest_when_nobody_asks() {
        let both = photo("Quay", &[(480, 240), (960, 480)]);
        assert_eq!(both.rendition(0), Ok(Some(960)));
        assert_eq!(both.rendition(480), Ok(Some(480)));
        assert_eq!(both.rendition(481), Err(vec![480, 960]));
        let document = photo("Rules", &[]);
        assert_eq!(document.rendition(0), Ok(None));
        assert_eq!(document.rendition(480), Err(Vec::new()));
    }

    #[test]
    fn a_file_is_saved_under_its_title_and_leads_nowhere_else() {
        assert_eq!(photo("Règlement (2026)", &[]).file_name(), "Règlement (2026).pdf");
        assert_eq!(photo("../../etc/passwd\0", &[(480, 240)]).file_name(), "------etc-passwd-.jpg");
        assert_eq!(photo(&"a".repeat(300), &[]).file_name().chars().count(), NAME_MAX + 4);
    }

    #[test]
    fn an_etag_is_that_of_the_words() {
        let first = photo("Quay", &[(480, 240)]);
        let moved = Attachment { position: 2, ..first.clone() };
        assert_eq!(first.etag(), moved.etag());
        let renamed = Attachment { title: "Pier".into(), ..first.clone() };
        let described = Attachment { alternative_text: "A quay at night".into(), ..first.clone() };
        assert!(first.etag() != renamed.etag() && first.etag() != described.etag());
    }

    #[test]
    fn a_holder_is_known_by_its_number() {
        let id = Uuid::from_u128(7);
        for holder in
            [Holder::Process(id), Holder::Proposal(id), Holder::Project(id), Holder::Organization(id)]
        {
            assert_eq!(Holder::of(holder.number(), id), Some(holder));
        }
        assert_eq!(Holder::of(0, id), None);
    }

    #[test]
    fn every_rendition_has_a_name_of_its_own() {
        let organization = Uuid::from_u128(1);
        let names = photo("Quay", &[(480, 240), (960, 480)]).stored_names(organization);
        assert_eq!(names.len(), 2);
        assert!(names[0].ends_with("/480.jpg") && names[1].ends_with("/960.jpg"));
        assert!(photo("Rules", &[]).stored_names(organization)[0].ends_with("/document"));
    }

    #[test]
    fn the_others_keep_their_order() {
        let ids: Vec<_> = (1..=4).map(Uuid::from_u128).collect();
        let order = |place: u128, position| {
            moved(ids.clone(), Uuid::from_u128(place), position).iter().map(Uuid::as_u128).collect::<Vec<_>>()
        };
        assert_eq!(order(4, 1), [4, 1, 2, 3]);
        assert_eq!(order(1, 3), [2, 3, 1, 4]);
        assert_eq!(order(2, 2), [1, 2, 3, 4]);
        assert_eq!(order(1, 900), [2, 3, 4, 1]);
    }
}
