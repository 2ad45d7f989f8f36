//! What budgets tells of the projects that proposals became.

use comitia_bus::inbox;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::store;

/// What happened to a project that came from a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It was created.
    Created,
    /// It was deleted.
    Deleted,
}

/// Keeps the link from a proposal to its projects as the event says, once an event and whatever the order in which
/// events come.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn note(
    app: &App,
    organization: Uuid,
    (consumer, event): (&str, Uuid),
    news: News,
    proposal: Uuid,
    project: Uuid,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    if inbox::first_time(&mut transaction, consumer, event).await? {
        match store::proposals::lock(&mut transaction, proposal).await? {
            Some(mut proposal) => {
                let id = proposal.proposal_id;
                let changed = match news {
                    News::Created => {
                        store::projects::link(&mut transaction, organization, id, project).await?
                    }
                    News::Deleted => {
                        store::projects::unlink(&mut transaction, organization, id, project).await?
                    }
                };
                if changed {
                    proposal.revision += 1;
                    proposal.update_time = app.clock.now();
                    store::proposals::update(&mut transaction, &proposal).await?;
                }
            }
            None => tracing::warn!(%proposal, %project, "a project names a proposal that does not exist"),
        }
    }
    Ok(transaction.commit().await?)
}
