//! Processes and their components.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kind, number, phases};
use crate::domain::process::{Component, Process};

/// A process without its parts.
struct Row {
    process_id: Uuid,
    title: String,
    description: String,
    publish_time: Option<DateTime<Utc>>,
    revision: i64,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

/// Writes a new process with its phases.
pub async fn insert(connection: &mut PgConnection, organization: Uuid, new: &Process) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.processes
             (process_id, organization_id, title, description, publish_time, revision, create_time, update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.process_id,
        organization,
        new.title,
        new.description,
        new.publish_time,
        new.revision,
        new.create_time,
        new.update_time
    )
    .execute(&mut *connection)
    .await?;
    phases::write(connection, organization, new.process_id, &new.phases).await
}

/// Writes what changed in a process itself; its parts have functions of their own.
pub async fn update(connection: &mut PgConnection, process: &Process) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE spaces.processes
         SET title = $2, description = $3, publish_time = $4, revision = $5, update_time = $6
         WHERE process_id = $1",
        process.process_id,
        process.title,
        process.description,
        process.publish_time,
        process.revision,
        process.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The process with this id.
pub async fn get(connection: &mut PgConnection, process: Uuid) -> sqlx::Result<Option<Process>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT process_id, title, description, publish_time, revision, create_time, update_time
         FROM spaces.processes
         WHERE process_id = $1",
        process
    )
    .fetch_all(&mut *connection)
    .await?;
    let Some(mut found) = with_parts(connection, row).await?.pop() else { return Ok(None) };
    found.moves = phases::moves(connection, process).await?;
    Ok(Some(found))
}

/// The process with this id, which nobody else changes until the end of this transaction.
pub async fn lock(connection: &mut PgConnection, process: Uuid) -> sqlx::Result<Option<Process>> {
    let found = sqlx::query_scalar!(
        "SELECT process_id FROM spaces.processes WHERE process_id = $1 FOR NO KEY UPDATE",
        process
    )
    .fetch_optional(&mut *connection)
    .await?;
    match found {
        Some(process) => get(connection, process).await,
        None => Ok(None),
    }
}

/// Processes, newest first, from the one before `before`.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    unpublished: bool,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Process>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT process_id, title, description, publish_time, revision, create_time, update_time
         FROM spaces.processes
         WHERE organization_id = $1
           AND (publish_time IS NOT NULL OR $2)
           AND process_id < $3
         ORDER BY process_id DESC
         LIMIT $4",
        organization,
        unpublished,
        before.unwrap_or(Uuid::max()),
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    with_parts(connection, rows).await
}

/// Writes a new component.
pub async fn insert_component(
    connection: &mut PgConnection,
    organization: Uuid,
    process: Uuid,
    new: &Component,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO spaces.components (component_id, organization_id, process_id, kind, title, create_time)
         VALUES ($1, $2, $3, $4, $5, $6)",
        new.component_id,
        organization,
        process,
        number(new.kind),
        new.title,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a component. Gives whether the process had it.
pub async fn delete_component(
    connection: &mut PgConnection,
    process: Uuid,
    component: Uuid,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM spaces.components WHERE process_id = $1 AND component_id = $2",
        process,
        component
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

async fn with_parts(connection: &mut PgConnection, rows: Vec<Row>) -> sqlx::Result<Vec<Process>> {
    let ids: Vec<_> = rows.iter().map(|row| row.process_id).collect();
    let mut phases = phases::of(connection, &ids).await?;
    let mut components = components_of(connection, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| Process {
            phases: phases.remove(&row.process_id).unwrap_or_default(),
            components: components.remove(&row.process_id).unwrap_or_default(),
            moves: Vec::new(),
            process_id: row.process_id,
            title: row.title,
            description: row.description,
            publish_time: row.publish_time,
            revision: row.revision,
            create_time: row.create_time,
            update_time: row.update_time,
        })
        .collect())
}

async fn components_of(
    connection: &mut PgConnection,
    processes: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Component>>> {
    let rows = sqlx::query!(
        "SELECT process_id, component_id, kind, title
         FROM spaces.components
         WHERE process_id = ANY($1)
         ORDER BY component_id",
        processes
    )
    .fetch_all(connection)
    .await?;
    let mut components: HashMap<Uuid, Vec<Component>> = HashMap::new();
    for row in rows {
        components.entry(row.process_id).or_default().push(Component {
            component_id: row.component_id,
            kind: kind(row.kind, "spaces.components", row.component_id)?,
            title: row.title,
        });
    }
    Ok(components)
}
