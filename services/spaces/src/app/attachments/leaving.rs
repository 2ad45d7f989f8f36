//! Files that leave: because somebody removed them, because what they hang on is gone, or because their sender is.

use chrono::TimeDelta;
use opentelemetry::global;
use opentelemetry::metrics::Gauge;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::domain::attachment::{Attachment, Holder};
use crate::error::Error;
use crate::store;
use crate::store::attachments::Removal;

/// The pause after a removal that failed.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// A file that is still there this long after it was due is overdue.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// Takes an attachment away in a transaction that holds the lock of what it hangs on. Its files follow: [`sweep`].
///
/// # Errors
/// When the database fails.
pub(super) async fn take_away(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    attachment: &Attachment,
) -> Result<(), Error> {
    let id = attachment.attachment_id;
    let removal = Removal { attachment_id: id, names: attachment.stored_names(organization) };
    store::attachments::delete(connection, id).await?;
    let others = store::attachments::list(connection, attachment.holder).await?;
    let order: Vec<_> = others.into_iter().map(|other| other.attachment_id).collect();
    store::attachments::arrange(connection, &order).await?;
    store::attachments::plan_removal(connection, organization, &removal, app.clock.now()).await?;
    Ok(())
}

/// A project was deleted: what hung on it goes too.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn project_deleted(app: &App, organization: Uuid, project: Uuid) -> Result<(), Error> {
    let holder = Holder::Project(project);
    let mut transaction = app.writing(organization).await?;
    store::attachments::lock_holder(&mut transaction, holder).await?;
    for attachment in store::attachments::list(&mut transaction, holder).await? {
        take_away(app, &mut transaction, organization, &attachment).await?;
    }
    Ok(transaction.commit().await?)
}

/// Somebody's account is gone: what they sent for proposals goes too, because nobody can take a name out of a photo or a document,
/// and nothing more is taken from them.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn author_erased(app: &App, organization: Uuid, author: &str) -> Result<(), Error> {
    if author.is_empty() {
        return Ok(());
    }
    let mut transaction = app.writing(organization).await?;
    store::authors::lock(&mut transaction, author).await?;
    store::authors::erase(&mut transaction, organization, author).await?;
    let mut sent = store::attachments::list_of_owner(&mut transaction, author, None, i64::MAX).await?;
    // Always in the same order, so that two never wait for each other.
    sent.sort_by_key(|attachment| attachment.holder.id());
    for attachment in sent {
        store::attachments::lock_holder(&mut transaction, attachment.holder).await?;
        // It may have gone while this waited.
        if store::attachments::get(&mut transaction, attachment.attachment_id).await?.is_some() {
            take_away(app, &mut transaction, organization, &attachment).await?;
        }
    }
    Ok(transaction.commit().await?)
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
                store::attachments::put_off(&mut transaction, due.attachment_id, now, now + AGAIN).await?;
                transaction.commit().await?;
                return Err(error.into());
            }
        }
        store::attachments::cancel_removal(&mut transaction, due.attachment_id).await?;
        transaction.commit().await?;
        count += 1;
    }
}

/// How many attachments were removed whose files are still there, a while after they should be gone.
#[must_use]
pub fn overdue_gauge() -> Gauge<u64> {
    global::meter("comitia")
        .u64_gauge("comitia.spaces.file_removals.overdue")
        .with_description(
            "Removed photos and documents whose files are still in the store a quarter of an hour later",
        )
        .build()
}

/// Measures what [`sweep`] has left undone.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn measure(app: &App, overdue: &Gauge<u64>) -> Result<(), Error> {
    overdue.record(count_overdue(app).await?, &[]);
    Ok(())
}

/// Of how many attachments files should have left the store a while ago.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_overdue(app: &App) -> Result<u64, Error> {
    let mut transaction = app.everywhere().await?;
    let count = store::attachments::overdue(&mut transaction, app.clock.now() - LATE).await?;
    transaction.commit().await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
