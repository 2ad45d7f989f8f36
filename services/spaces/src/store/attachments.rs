//! Photos and documents, and the files that have to leave the store of files.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kind, number};
use crate::domain::attachment::{Attachment, Holder, Removed};

struct Row {
    attachment_id: Uuid,
    holder_kind: i16,
    holder_id: Uuid,
    report_id: Option<Uuid>,
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
            holder: Holder::of(row.holder_kind, row.holder_id)
                .ok_or_else(|| Unreadable::new("spaces.attachments", "holder_kind", row.attachment_id))?,
            report_id: row.report_id,
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
    let (process, other) = match new.holder {
        Holder::Process(id) => (Some(id), None),
        Holder::Proposal(id) | Holder::Project(id) | Holder::Organization(id) => (None, Some(id)),
    };
    sqlx::query!(
        "INSERT INTO spaces.attachments
             (attachment_id, organization_id, process_id, kind, title, alternative_text, position, owner, media_type,
              byte_count, sha256, widths, heights, create_time, update_time, holder_kind, other_id, report_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        new.attachment_id,
        organization,
        process,
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
        new.update_time,
        new.holder.number(),
        other,
        new.report_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many attachments something has.
pub async fn count(connection: &mut PgConnection, holder: Holder) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM spaces.attachments WHERE holder_id = $1"#,
        holder.id()
    )
    .fetch_one(connection)
    .await
}

/// The attachments of something, in their order.
pub async fn list(connection: &mut PgConnection, holder: Holder) -> sqlx::Result<Vec<Attachment>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT attachment_id, holder_kind, holder_id, report_id, kind, title, alternative_text, position, media_type,
                byte_count, sha256, widths, heights, create_time, update_time
         FROM spaces.attachments
         WHERE holder_id = $1
         ORDER BY position",
        holder.id()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Attachment::try_from).collect::<Result<_, _>>()?)
}

/// The first photo of each of these, where there is one.
pub async fn covers(connection: &mut PgConnection, holders: &[Uuid]) -> sqlx::Result<Vec<Attachment>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT DISTINCT ON (holder_id)
                attachment_id, holder_kind, holder_id, report_id, kind, title, alternative_text, position, media_type,
                byte_count, sha256, widths, heights, create_time, update_time
         FROM spaces.attachments
         WHERE holder_id = ANY($1) AND kind = 1
         ORDER BY holder_id, position",
        holders
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Attachment::try_from).collect::<Result<_, _>>()?)
}

/// What somebody has sent for proposals, the newest first, from the one before `before`.
pub async fn list_of_owner(
    connection: &mut PgConnection,
    owner: &str,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Attachment>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT attachment_id, holder_kind, holder_id, report_id, kind, title, alternative_text, position, media_type,
                byte_count, sha256, widths, heights, create_time, update_time
         FROM spaces.attachments
         WHERE owner = $1 AND holder_kind = 2 AND attachment_id < $2
         ORDER BY attachment_id DESC
         LIMIT $3",
        owner,
        before.unwrap_or(Uuid::max()),
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Attachment::try_from).collect::<Result<_, _>>()?)
}

/// Whoever changes the attachments of something waits here for who is at it.
pub async fn lock_holder(connection: &mut PgConnection, holder: Holder) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 24))", holder.id())
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The attachment with this id.
pub async fn get(connection: &mut PgConnection, attachment: Uuid) -> sqlx::Result<Option<Attachment>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT attachment_id, holder_kind, holder_id, report_id, kind, title, alternative_text, position, media_type,
                byte_count, sha256, widths, heights, create_time, update_time
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

/// Gives the attachments of something the places that they have in `order`.
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

/// Writes down what the team has removed from a proposal, and why.
pub async fn insert_removed(
    connection: &mut PgConnection,
    organization: Uuid,
    attachment: &Attachment,
    removed: &Removed,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.removed_attachments
             (attachment_id, organization_id, holder_id, owner, title, reason, remove_time)
         SELECT attachment_id, $2, holder_id, owner, title, $3, $4 FROM spaces.attachments WHERE attachment_id = $1",
        attachment.attachment_id,
        organization,
        removed.reason,
        removed.remove_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the team has removed from something, the newest first.
pub async fn list_removed(connection: &mut PgConnection, holder: Holder) -> sqlx::Result<Vec<Removed>> {
    sqlx::query_as!(
        Removed,
        "SELECT title, reason, remove_time FROM spaces.removed_attachments
         WHERE holder_id = $1
         ORDER BY remove_time DESC, attachment_id DESC
         LIMIT 100",
        holder.id()
    )
    .fetch_all(connection)
    .await
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

/// Of how many attachments files are still there that were due before `before`, or failed to go before.
pub async fn overdue(connection: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM spaces.file_removals WHERE due_time < $1 OR failed_time < $1"#,
        before
    )
    .fetch_one(connection)
    .await
}

/// Puts a removal off that failed at `now`.
pub async fn put_off(
    connection: &mut PgConnection,
    attachment: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE spaces.file_removals SET due_time = $3, failed_time = coalesce(failed_time, $2)
         WHERE attachment_id = $1",
        attachment,
        now,
        until
    )
    .execute(connection)
    .await?;
    Ok(())
}
