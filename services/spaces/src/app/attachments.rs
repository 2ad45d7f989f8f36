//! Photos and documents of processes, proposals and projects. This service keeps the files of all of them; who may see them, the
//! service says that keeps what they hang on.

pub mod leaving;
pub mod standings;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use chrono::TimeDelta;
use comitia_files::{Intake, IntakeError, Opened, PHOTO_MEDIA_TYPE, Refusal, Store, StoreError};
use comitia_platform::acts;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::spaces::v1::AttachmentKind;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::domain::attachment::{
    Attachment, AttachmentChange, Holder, NewAttachment, Removed, moved, stored_name,
};
use crate::domain::standing::{Removing, Visitor};
use crate::error::{Error, FileError};
use crate::store;
use crate::store::attachments::Removal;

/// How long adding may take: the gateway waits for half a minute.
const ADDING: TimeDelta = TimeDelta::hours(1);

/// What attachments are taken in by, and kept in.
#[derive(Clone, Debug)]
pub struct Files {
    /// The store; none where none is configured.
    pub store: Option<Store>,
    /// What comes in.
    pub intake: Intake,
    /// The most attachments of a process or of a project.
    pub max_attachments: u32,
    /// The most attachments of a proposal.
    pub max_proposal_attachments: u32,
    /// The largest file of a proposal, in bytes.
    pub proposal_file_max_bytes: usize,
}

impl Files {
    /// The most attachments that something may have.
    fn most(&self, holder: Holder) -> u32 {
        match holder {
            Holder::Process(_) | Holder::Project(_) => self.max_attachments,
            Holder::Proposal(_) => self.max_proposal_attachments,
            // One, and the one that takes its place.
            Holder::Organization(_) => 2,
        }
    }
}

/// A file that came in, and what is known of it.
struct Taken {
    media_type: &'static str,
    /// The widths and heights of a photo.
    renditions: Vec<(i32, i32)>,
    /// Each rendition of a photo, the smallest first, or the one document.
    files: Vec<Bytes>,
}

/// Adds a photo or a document. `answer` makes the answer, which an equal request gets too.
///
/// The removal of its files is planned before the first is written, and called off with the attachment: if this ends in between,
/// they leave the store again.
///
/// # Errors
/// [`FileError::NotConfigured`], [`Error::NotFound`], [`FileError::Denied`], [`FileError::ReportUnknown`],
/// [`FileError::TooMany`], [`FileError::Intake`], [`FileError::AuthorErased`].
pub async fn add<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    new: NewAttachment,
    visitor: &Visitor,
    answer: impl FnOnce(Attachment) -> R + Send,
) -> Result<R, Error> {
    let store = app.files.store.as_ref().ok_or(FileError::NotConfigured)?;
    let holder = new.holder;
    let standing = standings::for_adding(app, organization, holder, new.report_id, visitor).await?;
    visitor.may_change(holder, standing).map_err(FileError::Denied)?;
    // What has no place is not decoded.
    let mut transaction = app.reading(organization).await?;
    room(app, &mut transaction, holder).await?;
    transaction.commit().await?;

    let limit = app.files.proposal_file_max_bytes;
    if matches!(holder, Holder::Proposal(_)) && new.file.len() > limit {
        return Err(IntakeError::Refused(Refusal::TooLarge { limit }).into());
    }
    let file = new.file.clone();
    let taken = take(app, new.kind, file).await?;
    let mut attachment = described(app, new, &taken);
    let names = attachment.stored_names(organization);
    let removal = Removal { attachment_id: attachment.attachment_id, names };
    // Nobody has done anything yet.
    acts::unrecorded(plan_removal(app, organization, &removal)).await?;
    for (name, file) in removal.names.iter().zip(taken.files) {
        store.put_new(name, file).await?;
    }

    let mut transaction = app.writing(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if matches!(holder, Holder::Proposal(_)) {
        store::authors::lock(&mut transaction, &visitor.subject).await?;
        if store::authors::is_erased(&mut transaction, &visitor.subject).await? {
            return Err(FileError::AuthorErased.into());
        }
    }
    lock(&mut transaction, holder).await?;
    if matches!(holder, Holder::Organization(_)) {
        for before in store::attachments::list(&mut transaction, holder).await? {
            leaving::take_away(app, &mut transaction, organization, &before).await?;
        }
    }
    attachment.position = room(app, &mut transaction, holder).await?;
    if !store::attachments::cancel_removal(&mut transaction, attachment.attachment_id).await? {
        return Err(FileError::AddingTookTooLong.into());
    }
    store::attachments::insert(&mut transaction, organization, &visitor.subject, &attachment).await?;
    let response = answer(attachment);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

async fn plan_removal(app: &App, organization: Uuid, removal: &Removal) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    let due = app.clock.now() + ADDING;
    store::attachments::plan_removal(&mut transaction, organization, removal, due).await?;
    Ok(transaction.commit().await?)
}

/// The place behind the last attachment of something, if it may have one more.
async fn room(app: &App, connection: &mut PgConnection, holder: Holder) -> Result<i32, Error> {
    let (count, max) = (store::attachments::count(connection, holder).await?, app.files.most(holder));
    if count >= i64::from(max) {
        return Err(FileError::TooMany { holder: holder.name(), max }.into());
    }
    Ok(i32::try_from(count + 1).unwrap_or(i32::MAX))
}

/// Nobody else changes the attachments of this until the end of the transaction.
async fn lock(connection: &mut PgConnection, holder: Holder) -> Result<(), Error> {
    match holder {
        Holder::Process(id) => {
            let found = store::processes::lock(connection, id).await?;
            found.map(|_| ()).ok_or_else(|| Error::not_found(holder.name(), id))
        }
        Holder::Proposal(_) | Holder::Project(_) | Holder::Organization(_) => {
            Ok(store::attachments::lock_holder(connection, holder).await?)
        }
    }
}

async fn take(app: &App, kind: AttachmentKind, file: Bytes) -> Result<Taken, Error> {
    let intake = &app.files.intake;
    if kind != AttachmentKind::Photo {
        let document = intake.document(file).await?;
        let media_type = document.kind.media_type();
        return Ok(Taken { media_type, renditions: Vec::new(), files: vec![document.bytes] });
    }
    let photo = intake.photo(file).await?;
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    Ok(Taken {
        media_type: PHOTO_MEDIA_TYPE,
        renditions: photo.renditions.iter().map(|each| (pixels(each.width), pixels(each.height))).collect(),
        files: photo.renditions.into_iter().map(|each| each.bytes).collect(),
    })
}

fn described(app: &App, new: NewAttachment, taken: &Taken) -> Attachment {
    // The greatest rendition of a photo, or the document.
    let file = taken.files.last().map_or(&[][..], |file| file);
    let now = app.clock.now();
    Attachment {
        attachment_id: comitia_core::id::new(),
        holder: new.holder,
        report_id: new.report_id,
        kind: new.kind,
        title: new.title,
        alternative_text: new.alternative_text,
        position: 1,
        media_type: taken.media_type.to_owned(),
        byte_count: i64::try_from(file.len()).unwrap_or(i64::MAX),
        sha256: digest(&SHA256, file).as_ref().to_vec(),
        renditions: taken.renditions.clone(),
        create_time: now,
        update_time: now,
    }
}

/// Changes the words of an attachment, or its place.
///
/// # Errors
/// [`Error::NotFound`], [`FileError::Denied`], [`FileError::Changed`], [`FileError::AlternativeText`].
pub async fn update(
    app: &App,
    organization: Uuid,
    attachment: Uuid,
    change: AttachmentChange,
    visitor: &Visitor,
) -> Result<Attachment, Error> {
    let holder = find(app, organization, attachment).await?.holder;
    let standing = standings::of(app, organization, holder, visitor).await?;
    visitor.may_change(holder, standing).map_err(FileError::Denied)?;
    let mut transaction = app.writing(organization).await?;
    let mut found = locked(&mut transaction, holder, attachment).await?;
    if !change.etag.is_empty() && change.etag != found.etag() {
        return Err(FileError::Changed.into());
    }
    let wanted = found.kind == AttachmentKind::Photo;
    if wanted == change.alternative_text.is_empty() {
        return Err(FileError::AlternativeText { photo: wanted }.into());
    }
    acts::changed("title", &found.title, &change.title);
    acts::changed("alternative_text", &found.alternative_text, &change.alternative_text);
    if let Some(position) = change.position {
        acts::changed("position", found.position, position);
    }
    found.title = change.title;
    found.alternative_text = change.alternative_text;
    found.update_time = app.clock.now();
    store::attachments::update(&mut transaction, &found).await?;
    if let Some(position) = change.position {
        let others = store::attachments::list(&mut transaction, holder).await?;
        let order = others.into_iter().map(|other| other.attachment_id).collect();
        store::attachments::arrange(&mut transaction, &moved(order, attachment, position)).await?;
    }
    let changed = store::attachments::get(&mut transaction, attachment).await?;
    transaction.commit().await?;
    changed.ok_or_else(|| Error::not_found("attachment", attachment))
}

/// Removes an attachment. Its files follow: [`leaving::sweep`]. Moderators say why.
///
/// # Errors
/// [`Error::NotFound`], [`FileError::Denied`], [`FileError::RemovalReasonMissing`].
pub async fn remove(
    app: &App,
    organization: Uuid,
    attachment: Uuid,
    reason: String,
    visitor: &Visitor,
) -> Result<(), Error> {
    let holder = find(app, organization, attachment).await?.holder;
    let standing = standings::of(app, organization, holder, visitor).await?;
    let removing = visitor.may_remove(holder, standing).map_err(FileError::Denied)?;
    if removing == Removing::Moderating && reason.is_empty() {
        return Err(FileError::RemovalReasonMissing.into());
    }
    let mut transaction = app.writing(organization).await?;
    let found = locked(&mut transaction, holder, attachment).await?;
    if removing == Removing::Moderating {
        let removed = Removed { title: found.title.clone(), reason, remove_time: app.clock.now() };
        store::attachments::insert_removed(&mut transaction, organization, &found, &removed).await?;
    }
    leaving::take_away(app, &mut transaction, organization, &found).await?;
    Ok(transaction.commit().await?)
}

async fn find(app: &App, organization: Uuid, attachment: Uuid) -> Result<Attachment, Error> {
    let mut transaction = app.reading(organization).await?;
    let found = store::attachments::get(&mut transaction, attachment).await?;
    transaction.commit().await?;
    found.ok_or_else(|| Error::not_found("attachment", attachment))
}

/// The attachment, of whose holder nobody else changes attachments until the end of the transaction.
async fn locked(
    connection: &mut PgConnection,
    holder: Holder,
    attachment: Uuid,
) -> Result<Attachment, Error> {
    lock(connection, holder).await?;
    // It may have gone while this waited.
    let found = store::attachments::get(connection, attachment).await?;
    found.ok_or_else(|| Error::not_found("attachment", attachment))
}

/// A file to send.
#[derive(Debug)]
pub struct Sent {
    /// What it is of.
    pub attachment: Attachment,
    /// Whether everybody may see it, and always will.
    pub lasting: bool,
    /// The file.
    pub opened: Opened,
}

/// Opens the file of an attachment: a photo in `width`, 0 being the greatest.
///
/// # Errors
/// [`Error::NotFound`], [`FileError::Width`], [`FileError::NotConfigured`].
pub async fn open(
    app: &App,
    organization: Uuid,
    attachment: Uuid,
    width: i32,
    visitor: &Visitor,
) -> Result<Sent, Error> {
    let missing = || Error::not_found("attachment", attachment);
    let found = find(app, organization, attachment).await?;
    let standing = match standings::of(app, organization, found.holder, visitor).await {
        Err(Error::NotFound { .. }) => return Err(missing()),
        standing => standing?,
    };
    if !visitor.sees(standing) {
        return Err(missing());
    }
    let width = found.rendition(width).map_err(FileError::Width)?;
    let store = app.files.store.as_ref().ok_or(FileError::NotConfigured)?;
    let opened = match store.open(&stored_name(organization, attachment, width)).await {
        Err(StoreError::NotFound) => return Err(FileError::Lost(attachment).into()),
        opened => opened?,
    };
    // A proposal may be hidden tomorrow: no cache keeps its files.
    let lasting = standing.public && !matches!(found.holder, Holder::Proposal(_));
    Ok(Sent { attachment: found, lasting, opened })
}
