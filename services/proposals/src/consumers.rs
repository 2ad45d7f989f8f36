//! What proposals learns from other services.

use comitia_bus::{Bus, BusError, ConsumerHandle, Event, HandlerError, Subscription, handler};
use comitia_platform::ApiError;
use comitia_proto::events::v1::{AuthorErased, AuthorRenamed, ProjectCreated, ProjectDeleted};
use uuid::Uuid;

use crate::app::projects::{News, note};
use crate::app::{App, indexing, names};

const PROJECTS: &str = "proposals.projects";
const CREATED: &str = "budgets.project.created";
const DELETED: &str = "budgets.project.deleted";
const AUTHORS: &str = "proposals.authors";
const RENAMED: &str = "identity.author.renamed";
const ERASED: &str = "identity.author.erased";
const ORGANIZATIONS: &str = "proposals.organizations";
const ORGANIZATION: &str = "spaces.organization.updated";

/// The queues that the service consumes.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    vec![
        Subscription::new(PROJECTS, [CREATED, DELETED]),
        Subscription::new(AUTHORS, [RENAMED, ERASED]),
        Subscription::new(ORGANIZATIONS, [ORGANIZATION]),
    ]
}

/// Starts the consumers; they stop with the handles.
///
/// # Errors
/// When the bus refuses a queue.
pub async fn start(app: &App, bus: &dyn Bus) -> Result<Vec<ConsumerHandle>, BusError> {
    let mut handles = Vec::new();
    for subscription in subscriptions() {
        let app = app.clone();
        let handler = handler(move |event| {
            let app = app.clone();
            async move {
                match event.routing_key.as_str() {
                    RENAMED | ERASED => author(&app, event).await,
                    ORGANIZATION => organization(&app, event).await,
                    _ => project(&app, event).await,
                }
            }
        });
        handles.push(bus.subscribe(subscription, handler).await?);
    }
    Ok(handles)
}

/// Handles an event of a project.
///
/// # Errors
/// Permanent ones when the event makes no sense; otherwise what the database says.
pub async fn project(app: &App, event: Event) -> Result<(), HandlerError> {
    let (news, proposal_id, project_id) = match event.routing_key.as_str() {
        CREATED => {
            let created: ProjectCreated = event.decode()?;
            (News::Created, created.proposal_id, created.project_id)
        }
        DELETED => {
            let deleted: ProjectDeleted = event.decode()?;
            (News::Deleted, deleted.proposal_id, deleted.project_id)
        }
        other => return Err(HandlerError::permanent(format!("{other} is not an event of this queue"))),
    };
    if proposal_id.is_empty() {
        // A project of the team's own.
        return Ok(());
    }
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    let proposal: Uuid = proposal_id.parse().map_err(HandlerError::permanent)?;
    let project: Uuid = project_id.parse().map_err(HandlerError::permanent)?;
    note(app, organization, (PROJECTS, event.id), news, proposal, project)
        .await
        .map_err(|error| HandlerError::retry(ApiError::from(error)))
}

/// Handles an event of an author.
///
/// # Errors
/// Permanent ones when the event makes no sense; otherwise what the database or identity says.
pub async fn author(app: &App, event: Event) -> Result<(), HandlerError> {
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    let first = (AUTHORS, event.id);
    let done = match event.routing_key.as_str() {
        RENAMED => {
            let AuthorRenamed { author, association_id } = event.decode()?;
            let association = match association_id.as_str() {
                "" => None,
                id => Some(id.parse::<Uuid>().map_err(HandlerError::permanent)?),
            };
            names::renamed(app, organization, first, &author, association).await
        }
        ERASED => {
            let AuthorErased { author } = event.decode()?;
            names::erased(app, organization, first, &author).await
        }
        other => return Err(HandlerError::permanent(format!("{other} is not an event of this queue"))),
    };
    done.map_err(|error| HandlerError::retry(ApiError::from(error)))
}

/// Handles the change of an organization.
///
/// # Errors
/// Permanent ones when the event makes no sense; otherwise what the database or spaces says.
pub async fn organization(app: &App, event: Event) -> Result<(), HandlerError> {
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    // It says what is so now: again, it does nothing.
    let noted = indexing::organization_updated(app, organization).await;
    noted.map_err(|error| HandlerError::retry(ApiError::from(error)))
}
