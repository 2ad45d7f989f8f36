//! Photos and documents of processes, and the files that have to leave the store of files.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kind, number};
use crate::domain::attachment::Attachment;

struct Row {
    attachment_id: Uuid,
    process_id: Uuid,
    kind: i16,
    title: String,
    alternative_text: String,
    position: i32,
    media_type: String,
    byte_count: i64,
    sha256: Vec<u8>,
    widths: Vec<i32>,
    heights: Vec<i32>,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

impl TryFrom<Row> for Attachment {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        Ok(Self {
            attachment_id: row.attachment_id,
            process_id: row.process_id,
            kind: kind(row.kind, "spaces.attachments", row.attachment_id)?,
            title: row.title,
            alternative_text: row.alternative_text,
            position: row.position,
            media_type: row.media_type,
            byte_count: row.byte_count,
            sha256: row.sha256,
            renditions: row.widths.into_iter().zip(row.heights).collect(),
            create_time: row.create_time,
            update_time: row.update_time,
        })
    }
}

/// Writes a new attachment.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    owner: &str,
    new: &Attachment,
) -> sqlx::Result<()> {
    let (widths, heights): (Vec<_>, Vec<_>) = new.renditions.iter().copied().unzip();
    sqlx::query!(
        "INSERT INTO spaces.attachments
             (attachment_id, organization_id, process_id, kind, title, alternative_text, position, owner, media_type,
              byte_count, sha256, widths, heights, create_time, update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.attachment_id,
        organization,
        new.process_id,
        number(new.kind),
        new.title,
        new.alternative_text,
        new.position,
        owner,
        new.media_type,
        new.byte_count,
        new.sha256,
        &widths,
        &heights,
        new.create_time,
        new.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many attachments a process has.
pub async fn count(connection: &mut PgConnection, process: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM spaces.attachments WHERE process_id = $1"#,
        process
    )
    .fetch_one(connection)
    .await
}

/// The attachments of a process, in their order.
pub async fn list(connection: &mut PgConnection, process: Uuid) -> sqlx::Result<Vec<Attachment>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT attachment_id, process_id, kind, title, alternative_text, position, media_type, byte_count, sha256,
                widths, heights, create_time, update_time
         FROM spaces.attachments
         WHERE process_id = $1
         ORDER BY position",
        process
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Attachment::try_from).collect::<Result<_, _>>()?)
}

/// The attachment with this id.
pub async fn get(connection: &mut PgConnection, attachment: Uuid) -> sqlx::Result<Option<Attachment>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT attachment_id, process_id, kind, title, alternative_text, position, media_type, byte_count, sha256,
                widths, heights, create_time, update_time
         FROM spaces.attachments
         WHERE attachment_id = $1",
        attachment
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Attachment::try_from).transpose()?)
}

/// Writes the words of an attachment.
pub async fn update(connection: &mut PgConnection, attachment: &Attachment) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE spaces.attachments SET title = $2, alternative_text = $3, update_time = $4
         WHERE attachment_id = $1",
        attachment.attachment_id,
        attachment.title,
        attachment.alternative_text,
        attachment.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives the attachments of a process the places that they have in `order`.
pub async fn arrange(connection: &mut PgConnection, order: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE spaces.attachments AS attachments SET position = wanted.position
         FROM (SELECT attachment_id, position::integer AS position
               FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (attachment_id, position)) AS wanted
         WHERE attachments.attachment_id = wanted.attachment_id AND attachments.position <> wanted.position",
        order
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes an attachment. Its files are removed by [`plan_removal`].
pub async fn delete(connection: &mut PgConnection, attachment: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM spaces.attachments WHERE attachment_id = $1", attachment)
        .execute(connection)
        .await?;
    Ok(())
}

/// Files that leave the store when they are due.
#[derive(Debug)]
pub struct Removal {
    /// The attachment that they are or were of.
    pub attachment_id: Uuid,
    /// Their names.
    pub names: Vec<String>,
}

/// Plans that files leave the store.
pub async fn plan_removal(
    connection: &mut PgConnection,
    organization: Uuid,
    removal: &Removal,
    due: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.file_removals (attachment_id, organization_id, names, due_time) VALUES ($1, $2, $3, $4)",
        removal.attachment_id,
        organization,
        &removal.names,
        due
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets files stay. Says whether they were still there to stay.
pub async fn cancel_removal(connection: &mut PgConnection, attachment: Uuid) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("DELETE FROM spaces.file_removals WHERE attachment_id = $1", attachment)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Files that are due at `now`, which no other replica takes until the end of this transaction.
pub async fn due_removal(connection: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Option<Removal>> {
    sqlx::query_as!(
        Removal,
        "SELECT attachment_id, names FROM spaces.file_removals
         WHERE due_time <= $1
         ORDER BY due_time
         LIMIT 1
         FOR UPDATE SKIP LOCKED",
        now
    )
    .fetch_optional(connection)
    .await
}

/// Puts a removal off.
pub async fn put_off(
    connection: &mut PgConnection,
    attachment: Uuid,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("UPDATE spaces.file_removals SET due_time = $2 WHERE attachment_id = $1", attachment, until)
        .execute(connection)
        .await?;
    Ok(())
}
