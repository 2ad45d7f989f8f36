//! How funded projects come along.

use comitia_bus::outbox;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::ProjectProgressed;
use prost::Message;
use uuid::Uuid;

use crate::app::App;
use crate::domain::project::{Project, Report};
use crate::error::Error;
use crate::store;

/// Adds a report on a funded project. Its time is now, whatever it says.
///
/// # Errors
/// When the report breaks a rule, or the project is not funded.
pub async fn report_progress<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    project: Uuid,
    mut report: Report,
    answer: impl FnOnce(&Project) -> R + Send,
) -> Result<R, Error> {
    report.check()?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    store::projects::lock(&mut transaction, project).await?;
    if !store::projects::get(&mut transaction, project).await?.status.is_funded() {
        return Err(Error::NotFunded(project));
    }
    report.time = app.clock.now();
    store::projects::report(&mut transaction, organization, project, &report).await?;
    let message = ProjectProgressed { project_id: project.to_string() };
    let event = app.event("budgets.project.progressed", organization, project, &message);
    outbox::append(&mut transaction, &[event]).await?;
    let response = answer(&store::projects::get(&mut transaction, project).await?);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}
