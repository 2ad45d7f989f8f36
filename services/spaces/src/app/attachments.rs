//! Photos and documents of processes.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use chrono::TimeDelta;
use comitia_files::{Intake, Opened, PHOTO_MEDIA_TYPE, Store, StoreError};
use comitia_platform::acts;
use comitia_platform::auth::Viewer;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::spaces::v1::AttachmentKind;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{App, previews};
use crate::domain::attachment::{Attachment, AttachmentChange, NewAttachment, moved, stored_name};
use crate::error::{Error, FileError};
use crate::store;
use crate::store::attachments::Removal;

/// How long adding may take: the gateway waits for half a minute.
const ADDING: TimeDelta = TimeDelta::hours(1);
/// The pause after a removal that failed.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// What attachments are taken in by, and kept in.
#[derive(Clone, Debug)]
pub struct Files {
    /// The store; none where none is configured.
    pub store: Option<Store>,
    /// What comes in.
    pub intake: Intake,
    /// The most attachments of a process.
    pub max_attachments: u32,
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
/// [`FileError::NotConfigured`], [`Error::NotFound`], [`FileError::TooMany`], [`FileError::Intake`].
pub async fn add<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    new: NewAttachment,
    answer: impl FnOnce(Attachment) -> R + Send,
) -> Result<R, Error> {
    let store = app.files.store.as_ref().ok_or(FileError::NotConfigured)?;
    // What has no place is not decoded.
    let mut transaction = app.reading(organization).await?;
    if store::processes::get(&mut transaction, new.process_id).await?.is_none() {
        return Err(Error::not_found("process", new.process_id));
    }
    room(app, &mut transaction, new.process_id).await?;
    transaction.commit().await?;

    let (owner, file) = (new.owner.clone(), new.file.clone());
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
    store::processes::lock(&mut transaction, attachment.process_id)
        .await?
        .ok_or_else(|| Error::not_found("process", attachment.process_id))?;
    attachment.position = room(app, &mut transaction, attachment.process_id).await?;
    if !store::attachments::cancel_removal(&mut transaction, attachment.attachment_id).await? {
        return Err(FileError::AddingTookTooLong.into());
    }
    store::attachments::insert(&mut transaction, organization, &owner, &attachment).await?;
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

/// The place behind the last attachment of a process, if it may have one more.
async fn room(app: &App, connection: &mut PgConnection, process: Uuid) -> Result<i32, Error> {
    let count = store::attachments::count(connection, process).await?;
    if count >= i64::from(app.files.max_attachments) {
        return Err(FileError::TooMany(app.files.max_attachments).into());
    }
    Ok(i32::try_from(count + 1).unwrap_or(i32::MAX))
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
        process_id: new.process_id,
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

/// The attachments of a process in their order; before it is published, `viewer` decides.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list(
    app: &App,
    organization: Uuid,
    process: Uuid,
    viewer: Viewer,
) -> Result<Vec<Attachment>, Error> {
    let mut transaction = app.reading(organization).await?;
    let missing = || Error::not_found("process", process);
    let found = store::processes::get(&mut transaction, process).await?.ok_or_else(missing)?;
    let shown = previews::shows(app, &mut transaction, &found, viewer).await?;
    let attachments = store::attachments::list(&mut transaction, process).await?;
    transaction.commit().await?;
    if shown { Ok(attachments) } else { Err(missing()) }
}

/// Changes the words of an attachment, or its place.
///
/// # Errors
/// [`Error::NotFound`], [`FileError::AlternativeText`].
pub async fn update(
    app: &App,
    organization: Uuid,
    attachment: Uuid,
    change: AttachmentChange,
) -> Result<Attachment, Error> {
    let mut transaction = app.writing(organization).await?;
    let mut found = locked(&mut transaction, attachment).await?;
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
        let others = store::attachments::list(&mut transaction, found.process_id).await?;
        let order = others.into_iter().map(|other| other.attachment_id).collect();
        store::attachments::arrange(&mut transaction, &moved(order, attachment, position)).await?;
    }
    let changed = store::attachments::get(&mut transaction, attachment).await?;
    transaction.commit().await?;
    changed.ok_or_else(|| Error::not_found("attachment", attachment))
}

/// Removes an attachment. Its files follow: [`sweep`].
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, organization: Uuid, attachment: Uuid) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    let found = locked(&mut transaction, attachment).await?;
    let removal = Removal { attachment_id: attachment, names: found.stored_names(organization) };
    store::attachments::delete(&mut transaction, attachment).await?;
    let others = store::attachments::list(&mut transaction, found.process_id).await?;
    let order: Vec<_> = others.into_iter().map(|other| other.attachment_id).collect();
    store::attachments::arrange(&mut transaction, &order).await?;
    store::attachments::plan_removal(&mut transaction, organization, &removal, app.clock.now()).await?;
    Ok(transaction.commit().await?)
}

/// The attachment, of whose process nobody else changes attachments until the end of the transaction.
async fn locked(connection: &mut PgConnection, attachment: Uuid) -> Result<Attachment, Error> {
    let missing = || Error::not_found("attachment", attachment);
    let found = store::attachments::get(connection, attachment).await?.ok_or_else(missing)?;
    store::processes::lock(connection, found.process_id).await?.ok_or_else(missing)?;
    // It may have gone while this waited.
    store::attachments::get(connection, attachment).await?.ok_or_else(missing)
}

/// A file to send.
#[derive(Debug)]
pub struct Sent {
    /// What it is of.
    pub attachment: Attachment,
    /// Whether everybody may see it.
    pub public: bool,
    /// The file.
    pub opened: Opened,
}

/// Opens the file of an attachment: a photo in `width`, 0 being the greatest. `viewer` as in [`list`].
///
/// # Errors
/// [`Error::NotFound`], [`FileError::Width`], [`FileError::NotConfigured`].
pub async fn open(
    app: &App,
    organization: Uuid,
    attachment: Uuid,
    width: i32,
    viewer: Viewer,
) -> Result<Sent, Error> {
    let mut transaction = app.reading(organization).await?;
    let missing = || Error::not_found("attachment", attachment);
    let found = store::attachments::get(&mut transaction, attachment).await?.ok_or_else(missing)?;
    let process = store::processes::get(&mut transaction, found.process_id).await?.ok_or_else(missing)?;
    let shown = previews::shows(app, &mut transaction, &process, viewer).await?;
    transaction.commit().await?;
    if !shown {
        return Err(missing());
    }
    let width = found.rendition(width).map_err(FileError::Width)?;
    let store = app.files.store.as_ref().ok_or(FileError::NotConfigured)?;
    let opened = match store.open(&stored_name(organization, attachment, width)).await {
        Err(StoreError::NotFound) => return Err(FileError::Lost(attachment).into()),
        opened => opened?,
    };
    Ok(Sent { attachment: found, public: process.is_published(), opened })
}

/// Removes the files from the store that are due, whichever replica planned it. Gives the number of attachments that they were of.
///
/// # Errors
/// When the database fails, or the store: what is left is tried again later.
pub async fn sweep(app: &App) -> Result<u64, Error> {
    let Some(store) = &app.files.store else { return Ok(0) };
    let mut count = 0;
    loop {
        let mut transaction = app.everywhere().await?;
        let now = app.clock.now();
        let Some(due) = store::attachments::due_removal(&mut transaction, now).await? else {
            return Ok(count);
        };
        for name in &due.names {
            if let Err(error) = store.remove(name).await {
                // So that one that fails does not keep the others.
                store::attachments::put_off(&mut transaction, due.attachment_id, now + AGAIN).await?;
                transaction.commit().await?;
                return Err(error.into());
            }
        }
        store::attachments::cancel_removal(&mut transaction, due.attachment_id).await?;
        transaction.commit().await?;
        count += 1;
    }
}
