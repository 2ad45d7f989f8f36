//! Processes and their components.

use comitia_bus::{Event, outbox};
use comitia_platform::acts;
use comitia_platform::auth::Viewer;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::ProcessPublished;
use prost::Message;
use uuid::Uuid;

use crate::app::{App, phases, previews};
use crate::domain::phase::{Change, Phase, covers, moves, replace};
use crate::domain::process::{Component, NewProcess, Process, ProcessChange};
use crate::error::Error;
use crate::store;

/// Creates a process, not yet published. `answer` makes the answer, which an equal request gets too.
///
/// # Errors
/// [`Error::OrganizationUnknown`].
pub async fn create<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    new: NewProcess,
    answer: impl FnOnce(Process) -> R + Send,
) -> Result<R, Error> {
    let mut transaction = app.writing(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if store::organizations::get(&mut transaction, organization).await?.is_none() {
        return Err(Error::OrganizationUnknown);
    }
    let now = app.clock.now();
    let phases = replace(Vec::new(), new.phases).map_err(|index| Error::PhaseUnknown { index })?.phases;
    let process = Process {
        process_id: comitia_core::id::new(),
        title: new.title,
        description: new.description,
        publish_time: None,
        phases,
        components: Vec::new(),
        moves: Vec::new(),
        revision: 1,
        create_time: now,
        update_time: now,
    };
    acts::about("processes", process.process_id);
    store::processes::insert(&mut transaction, organization, &process).await?;
    let response = answer(process);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// The process with this id; before it is published, `viewer` decides.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, organization: Uuid, process: Uuid, viewer: Viewer) -> Result<Process, Error> {
    let mut transaction = app.reading(organization).await?;
    let missing = || Error::not_found("process", process);
    let found = store::processes::get(&mut transaction, process).await?.ok_or_else(missing)?;
    let shown = previews::shows(app, &mut transaction, &found, viewer).await?;
    transaction.commit().await?;
    if shown { Ok(found) } else { Err(missing()) }
}

/// At most `limit` processes, newest first, from the one before `before`; `unpublished` says whether the caller may see
/// those that are not published.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    app: &App,
    organization: Uuid,
    unpublished: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Process>, Error> {
    let mut transaction = app.reading(organization).await?;
    let processes =
        store::processes::list(&mut transaction, organization, unpublished, before, limit).await?;
    transaction.commit().await?;
    Ok(processes)
}

/// Changes a process, unless it has another etag than the one given (empty: whatever it is).
///
/// A phase that is changed is not announced again. One that is removed while it is open has closed. A vote
/// that is scheduled or open keeps its phase. Where the process is published, a phase whose dates move leaves a public notice.
///
/// # Errors
/// [`Error::NotFound`], [`Error::EtagMismatch`], [`Error::PhaseUnknown`], [`Error::VoteHoldsPhase`].
pub async fn update(
    app: &App,
    organization: Uuid,
    process: Uuid,
    etag: &str,
    change: ProcessChange,
) -> Result<Process, Error> {
    let mut transaction = app.writing(organization).await?;
    let mut process = store::processes::lock(&mut transaction, process)
        .await?
        .ok_or_else(|| Error::not_found("process", process))?;
    if !etag.is_empty() && etag != process.etag() {
        return Err(Error::EtagMismatch);
    }
    if let Some(title) = change.title {
        acts::changed("title", &process.title, &title);
        process.title = title;
    }
    if let Some(description) = change.description {
        acts::changed("description", &process.description, &description);
        process.description = description;
    }
    let mut removed = Vec::new();
    if let Some(drafts) = change.phases {
        let before = process.phases.clone();
        let replacement = replace(std::mem::take(&mut process.phases), drafts)
            .map_err(|index| Error::PhaseUnknown { index })?;
        process.phases = replacement.phases;
        phases::tell_changes(&before, &process.phases);
        removed = replacement.removed;
        let votes = store::votes::of(&mut transaction, process.process_id, app.clock.now()).await?;
        if let Some(vote) = votes.into_iter().find(|vote| !covers(&process.phases, vote)) {
            return Err(Error::VoteHoldsPhase(vote));
        }
        let moved = moves(&before, &process.phases, &change.reason, app.clock.now());
        if process.is_published() && !moved.is_empty() {
            acts::changed("reason", "", &change.reason);
            store::phases::write_moves(&mut transaction, organization, process.process_id, &moved).await?;
            process.moves = store::phases::moves(&mut transaction, process.process_id).await?;
        }
    }
    process.touch(app.clock.now());
    store::processes::update(&mut transaction, &process).await?;
    let ids: Vec<_> = removed.iter().map(|phase| phase.phase_id).collect();
    store::phases::delete(&mut transaction, &ids).await?;
    store::phases::write(&mut transaction, organization, process.process_id, &process.phases).await?;
    let ended = |phase: &&Phase| phase.announced_open && !phase.announced_closed;
    let events: Vec<_> = removed
        .iter()
        .filter(ended)
        .map(|phase| {
            phases::event(&app.clock, organization, process.process_id, phase.phase_id, Change::Closed)
        })
        .collect();
    outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(process)
}

/// Makes a process visible to everybody. Once it is, nothing more happens.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn publish(app: &App, organization: Uuid, process: Uuid) -> Result<Process, Error> {
    let mut transaction = app.writing(organization).await?;
    let mut process = store::processes::lock(&mut transaction, process)
        .await?
        .ok_or_else(|| Error::not_found("process", process))?;
    if process.is_published() {
        return Ok(process);
    }
    let now = app.clock.now();
    acts::changed("published", false, true);
    process.publish_time = Some(now);
    process.touch(now);
    store::processes::update(&mut transaction, &process).await?;
    let id = process.process_id;
    let published = ProcessPublished { process_id: id.to_string() };
    let event = Event::new(&app.clock, "spaces.process.published", Some(organization), id, &published);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(process)
}

/// Adds a component to a process. `answer` as in [`create`].
///
/// # Errors
/// [`Error::NotFound`].
pub async fn create_component<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    process: Uuid,
    component: Component,
    answer: impl FnOnce(Component) -> R + Send,
) -> Result<R, Error> {
    let mut transaction = app.writing(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let mut process = store::processes::lock(&mut transaction, process)
        .await?
        .ok_or_else(|| Error::not_found("process", process))?;
    let now = app.clock.now();
    process.touch(now);
    store::processes::update(&mut transaction, &process).await?;
    store::processes::insert_component(&mut transaction, organization, process.process_id, &component, now)
        .await?;
    let response = answer(component);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}

/// Removes a component from a process.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_component(
    app: &App,
    organization: Uuid,
    process: Uuid,
    component: Uuid,
) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    let mut process = store::processes::lock(&mut transaction, process)
        .await?
        .ok_or_else(|| Error::not_found("process", process))?;
    if !store::processes::delete_component(&mut transaction, process.process_id, component).await? {
        return Err(Error::not_found("component", component));
    }
    process.touch(app.clock.now());
    store::processes::update(&mut transaction, &process).await?;
    Ok(transaction.commit().await?)
}
