//! Previews of processes that are not published: links, and what they show.

use comitia_platform::auth::{Viewer, preview_digest};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::domain::preview::{MAX_LINKS, PreviewLink, clean_code, expiry, new_code};
use crate::domain::process::Process;
use crate::error::Error;
use crate::store;

/// Makes a link for so many days, and its code, which nobody can read again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::ProcessPublished`], [`Error::TooManyPreviewLinks`].
pub async fn create(
    app: &App,
    organization: Uuid,
    process: Uuid,
    title: String,
    days: i32,
) -> Result<(PreviewLink, String), Error> {
    let mut transaction = app.writing(organization).await?;
    // Locked, so that two at the same time do not make one too many.
    let found = store::processes::lock(&mut transaction, process).await?;
    let found = found.ok_or_else(|| Error::not_found("process", process))?;
    if found.is_published() {
        return Err(Error::ProcessPublished);
    }
    let now = app.clock.now();
    store::previews::delete_expired(&mut transaction, organization, now).await?;
    if store::previews::list(&mut transaction, organization, process, now).await?.len() >= MAX_LINKS {
        return Err(Error::TooManyPreviewLinks(MAX_LINKS));
    }
    let code = new_code();
    let link = PreviewLink {
        preview_link_id: comitia_core::id::new(),
        process_id: process,
        title,
        create_time: now,
        expire_time: expiry(now, days),
    };
    store::previews::insert(&mut transaction, organization, &link, &preview_digest(&code)).await?;
    transaction.commit().await?;
    Ok((link, code))
}

/// The links of a process that have not expired, the newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list(app: &App, organization: Uuid, process: Uuid) -> Result<Vec<PreviewLink>, Error> {
    let mut transaction = app.reading(organization).await?;
    let found = store::processes::get(&mut transaction, process).await?;
    let links = store::previews::list(&mut transaction, organization, process, app.clock.now()).await?;
    transaction.commit().await?;
    if found.is_some() { Ok(links) } else { Err(Error::not_found("process", process)) }
}

/// Revokes a link. One that is gone already stays so.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn revoke(app: &App, organization: Uuid, link: Uuid) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    if let Some(process) = store::previews::delete(&mut transaction, link).await? {
        comitia_platform::acts::about("processes", process);
    }
    Ok(transaction.commit().await?)
}

/// The link of a code, and the process that it shows.
///
/// # Errors
/// [`Error::PreviewCodeInvalid`].
pub async fn open(app: &App, organization: Uuid, code: &str) -> Result<(PreviewLink, Process), Error> {
    let digest = preview_digest(&clean_code(code).ok_or(Error::PreviewCodeInvalid)?);
    let mut transaction = app.reading(organization).await?;
    let link = store::previews::of_code(&mut transaction, &digest, app.clock.now()).await?;
    let link = link.ok_or(Error::PreviewCodeInvalid)?;
    let process = store::processes::get(&mut transaction, link.process_id).await?;
    transaction.commit().await?;
    Ok((link, process.ok_or(Error::PreviewCodeInvalid)?))
}

/// Whether the code with this digest shows a process now.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn check(app: &App, organization: Uuid, process: Uuid, digest: &[u8]) -> Result<bool, Error> {
    let mut transaction = app.reading(organization).await?;
    let link = store::previews::of_code(&mut transaction, digest, app.clock.now()).await?;
    transaction.commit().await?;
    Ok(link.is_some_and(|link| link.process_id == process))
}

/// Whether somebody may see a process and what hangs on it.
pub(crate) async fn shows(
    app: &App,
    connection: &mut PgConnection,
    process: &Process,
    viewer: Viewer,
) -> Result<bool, Error> {
    match viewer {
        _ if process.is_published() => Ok(true),
        Viewer::Staff => Ok(true),
        Viewer::Public => Ok(false),
        Viewer::Preview(digest) => {
            let link = store::previews::of_code(connection, &digest, app.clock.now()).await?;
            Ok(link.is_some_and(|link| link.process_id == process.process_id))
        }
    }
}
