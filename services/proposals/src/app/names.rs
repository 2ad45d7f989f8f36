//! What identity tells of the authors of proposals: another name, or that there is nobody any more.

use comitia_bus::inbox;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::store::authors;

/// Shows the present name with what an author, or else an association, wrote.
///
/// # Errors
/// `DEPENDENCY_UNAVAILABLE` when identity is away; when the database fails or cannot be reached.
pub async fn renamed(
    app: &App,
    organization: Uuid,
    (consumer, event): (&str, Uuid),
    author: &str,
    association: Option<Uuid>,
) -> Result<(), Error> {
    // Before the transaction, which must not wait for another service. Whatever the order of events is, the name is the present
    // one.
    let name = app.authors.name(organization, author, association).await?;
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    if inbox::first_time(&mut transaction, consumer, event).await? {
        match association {
            Some(association) => {
                authors::rename_association(&mut transaction, association, &name, now).await?
            }
            // Whose account is gone has no name, and is told of by another event.
            None if name.is_empty() => 0,
            None => authors::rename(&mut transaction, author, &name, now).await?,
        };
    }
    Ok(transaction.commit().await?)
}

/// Forgets who wrote what an author wrote, and takes nothing from them any more.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn erased(
    app: &App,
    organization: Uuid,
    (consumer, event): (&str, Uuid),
    author: &str,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    if inbox::first_time(&mut transaction, consumer, event).await? {
        authors::lock(&mut transaction, author).await?;
        authors::erase(&mut transaction, organization, author, app.clock.now()).await?;
    }
    Ok(transaction.commit().await?)
}
