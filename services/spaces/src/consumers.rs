//! What spaces learns from other services.

use comitia_bus::{Bus, BusError, ConsumerHandle, Event, HandlerError, Subscription, handler};
use comitia_platform::validate;
use comitia_proto::events::v1::{ActRecorded, AuthorErased, PollClosed, ProjectDeleted};

use crate::app::attachments::leaving;
use crate::app::{App, acts, votes};
use crate::domain::act::{Act, Change};

/// The queue of polls that need their phase no longer.
const VOTES: &str = "spaces.votes";
/// What ends the need: the poll is closed, or called off before it opened. An annulled poll was closed before.
const ENDS: [&str; 2] = ["voting.poll.closed", "voting.poll.cancelled"];

/// The queue of what photos and documents do not outlive: the account of who sent them, and the project that they hang on.
const FILES: &str = "spaces.files";
const ERASED: &str = "identity.author.erased";
const DELETED: &str = "budgets.project.deleted";

/// The queue of what staff did.
const ACTS: &str = "spaces.acts";
/// Who tells of acts: every service that staff write to.
const RECORDED: [&str; 5] = [
    "spaces.act.recorded",
    "identity.act.recorded",
    "proposals.act.recorded",
    "budgets.act.recorded",
    "voting.act.recorded",
];

/// The queues that the service consumes.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    vec![votes_over(), acts_recorded(), files_left()]
}

fn votes_over() -> Subscription {
    Subscription::new(VOTES, ENDS)
}

fn acts_recorded() -> Subscription {
    Subscription::new(ACTS, RECORDED)
}

fn files_left() -> Subscription {
    Subscription::new(FILES, [ERASED, DELETED])
}

/// Starts the consumers; they stop with the handles.
///
/// # Errors
/// When the bus refuses a queue.
pub async fn start(app: &App, bus: &dyn Bus) -> Result<Vec<ConsumerHandle>, BusError> {
    let (votes, log, files) = (app.clone(), app.clone(), app.clone());
    let votes_over_handler = handler(move |event: Event| {
        let app = votes.clone();
        async move { over(&app, &event).await }
    });
    let acts_handler = handler(move |event: Event| {
        let app = log.clone();
        async move { recorded(&app, &event).await }
    });
    let files_handler = handler(move |event: Event| {
        let app = files.clone();
        async move { left(&app, &event).await }
    });
    Ok(vec![
        bus.subscribe(votes_over(), votes_over_handler).await?,
        bus.subscribe(acts_recorded(), acts_handler).await?,
        bus.subscribe(files_left(), files_handler).await?,
    ])
}

/// Deleting twice is deleting once: no inbox is needed. Each of the events has the poll's id alone.
async fn over(app: &App, event: &Event) -> Result<(), HandlerError> {
    let message: PollClosed = event.decode()?;
    let poll = validate::uuid("poll_id", &message.poll_id).map_err(HandlerError::permanent)?;
    votes::over(app, poll).await.map_err(HandlerError::retry)
}

/// Files that have gone are gone: no inbox is needed.
///
/// # Errors
/// Permanent ones when the event makes no sense; otherwise what the database says.
pub async fn left(app: &App, event: &Event) -> Result<(), HandlerError> {
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    let done = match event.routing_key.as_str() {
        ERASED => {
            let AuthorErased { author } = event.decode()?;
            leaving::author_erased(app, organization, &author).await
        }
        DELETED => {
            let deleted: ProjectDeleted = event.decode()?;
            let project =
                validate::uuid("project_id", &deleted.project_id).map_err(HandlerError::permanent)?;
            leaving::project_deleted(app, organization, project).await
        }
        other => return Err(HandlerError::permanent(format!("{other} is not an event of this queue"))),
    };
    done.map_err(HandlerError::retry)
}

/// An act that is there twice is there once, by its id: no inbox is needed.
async fn recorded(app: &App, event: &Event) -> Result<(), HandlerError> {
    let message: ActRecorded = event.decode()?;
    let organization = event.organization_id.ok_or_else(|| HandlerError::permanent("an act of nobody"))?;
    let changes = message.changes.into_iter();
    let act = Act {
        act_id: event.id,
        act_time: event.time,
        actor: message.actor,
        method: message.method,
        resource: message.resource,
        changes: changes
            .map(|change| Change { field: change.field, before: change.before, after: change.after })
            .collect(),
    };
    acts::record(app, organization, &act).await.map_err(HandlerError::retry)
}
