//! Brings a check the files that it asks for.

use comitia_verify::{Check, Options, Report};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;

use super::source::Source;

/// Checks a log.
///
/// # Errors
/// When a file is missing, or is not what could be checked at all. What is altered is in the report.
pub(super) async fn check(
    source: &Source,
    options: &Options,
    progress: &ProgressBar,
) -> anyhow::Result<Report> {
    let description = source.description().await?;
    let checkpoint = source.read("checkpoint").await?;
    let mut check = Check::begin(&description, &checkpoint, options.clone())?;
    progress.set_length(check.size());
    let files = stream::iter(check.files()).map(|file| async move {
        let bytes = source.read(&file.to_string()).await?;
        anyhow::Ok((file, bytes))
    });
    let mut files = std::pin::pin!(files.buffered(source.at_once()));
    while let Some((file, bytes)) = files.try_next().await? {
        if !check.add(file, &bytes) {
            break;
        }
        progress.set_position(check.read());
    }
    Ok(check.finish()?)
}
