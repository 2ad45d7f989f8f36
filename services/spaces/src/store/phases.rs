//! Phases.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{kind, number};
use crate::domain::phase::{Phase, PhaseMove};

/// So many moves of phases are shown.
const MOVES: i64 = 20;

/// A process in which something is due.
#[derive(Debug)]
pub struct DueProcess {
    /// Its organization.
    pub organization_id: Uuid,
    /// Its id.
    pub process_id: Uuid,
}

/// Writes the phases of a process, new or changed.
pub async fn write(
    connection: &mut PgConnection,
    organization: Uuid,
    process: Uuid,
    phases: &[Phase],
) -> sqlx::Result<()> {
    let ids: Vec<_> = phases.iter().map(|phase| phase.phase_id).collect();
    let titles: Vec<_> = phases.iter().map(|phase| phase.title.clone()).collect();
    let kinds: Vec<_> = phases.iter().map(|phase| number(phase.kind)).collect();
    let starts: Vec<_> = phases.iter().map(|phase| phase.start_time).collect();
    let ends: Vec<_> = phases.iter().map(|phase| phase.end_time).collect();
    sqlx::query!(
        "INSERT INTO spaces.phases (phase_id, organization_id, process_id, title, kind, start_time, end_time)
         SELECT phase_id, $1, $2, title, kind, start_time, end_time
         FROM UNNEST($3::uuid[], $4::text[], $5::smallint[], $6::timestamptz[], $7::timestamptz[])
              AS phase (phase_id, title, kind, start_time, end_time)
         ON CONFLICT (phase_id) DO UPDATE
         SET title = excluded.title, kind = excluded.kind, start_time = excluded.start_time,
             end_time = excluded.end_time",
        organization,
        process,
        &ids,
        &titles,
        &kinds,
        &starts,
        &ends
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes phases.
pub async fn delete(connection: &mut PgConnection, phases: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM spaces.phases WHERE phase_id = ANY($1)", phases).execute(connection).await?;
    Ok(())
}

/// The phases of some processes, each in the order of time.
pub async fn of(
    connection: &mut PgConnection,
    processes: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Phase>>> {
    let rows = sqlx::query!(
        r#"SELECT process_id, phase_id, title, kind, start_time, end_time,
                  opened_time IS NOT NULL AS "announced_open!", closed_time IS NOT NULL AS "announced_closed!"
           FROM spaces.phases
           WHERE process_id = ANY($1)
           ORDER BY start_time"#,
        processes
    )
    .fetch_all(connection)
    .await?;
    let mut phases: HashMap<Uuid, Vec<Phase>> = HashMap::new();
    for row in rows {
        phases.entry(row.process_id).or_default().push(Phase {
            phase_id: row.phase_id,
            title: row.title,
            kind: kind(row.kind, "spaces.phases", row.phase_id)?,
            start_time: row.start_time,
            end_time: row.end_time,
            announced_open: row.announced_open,
            announced_closed: row.announced_closed,
        });
    }
    Ok(phases)
}

/// Published processes in which a phase has opened or closed until `now` and this was not announced, locked; those
/// that somebody else has locked are left to the next look.
pub async fn lock_due(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<DueProcess>> {
    sqlx::query_as!(
        DueProcess,
        "SELECT organization_id, process_id
         FROM spaces.processes
         WHERE publish_time IS NOT NULL
           AND process_id IN (
               SELECT process_id FROM spaces.phases WHERE opened_time IS NULL AND start_time <= $1
               UNION
               SELECT process_id FROM spaces.phases WHERE closed_time IS NULL AND end_time <= $1)
         ORDER BY process_id
         LIMIT $2
         FOR NO KEY UPDATE SKIP LOCKED",
        now,
        limit
    )
    .fetch_all(connection)
    .await
}

/// How many openings and closings in published processes were due at `before` and are not announced.
pub async fn overdue(connection: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) FILTER (WHERE opened_time IS NULL AND start_time <= $1)
                + count(*) FILTER (WHERE closed_time IS NULL AND end_time <= $1) AS "count!"
           FROM spaces.phases JOIN spaces.processes USING (process_id)
           WHERE publish_time IS NOT NULL AND (opened_time IS NULL OR closed_time IS NULL)"#,
        before
    )
    .fetch_one(connection)
    .await
}

/// Notes which openings and closings are announced.
pub async fn mark_announced(
    connection: &mut PgConnection,
    opened: &[Uuid],
    closed: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE spaces.phases
         SET opened_time = CASE WHEN phase_id = ANY($1) THEN $3 ELSE opened_time END,
             closed_time = CASE WHEN phase_id = ANY($2) THEN $3 ELSE closed_time END
         WHERE phase_id = ANY($1) OR phase_id = ANY($2)",
        opened,
        closed,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes that phases were moved.
pub async fn write_moves(
    connection: &mut PgConnection,
    organization: Uuid,
    process: Uuid,
    moves: &[PhaseMove],
) -> sqlx::Result<()> {
    for moved in moves {
        sqlx::query!(
            "INSERT INTO spaces.phase_moves (move_id, organization_id, process_id, phase_id, title, move_time,
                 start_before, end_before, start_after, end_after, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            comitia_core::id::new(),
            organization,
            process,
            moved.phase_id,
            moved.title,
            moved.move_time,
            moved.before.0,
            moved.before.1,
            moved.after.0,
            moved.after.1,
            moved.reason
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The last moves of the phases of a process, the newest first.
pub async fn moves(connection: &mut PgConnection, process: Uuid) -> sqlx::Result<Vec<PhaseMove>> {
    let rows = sqlx::query!(
        "SELECT phase_id, title, move_time, start_before, end_before, start_after, end_after, reason
         FROM spaces.phase_moves WHERE process_id = $1 ORDER BY move_id DESC LIMIT $2",
        process,
        MOVES
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PhaseMove {
            phase_id: row.phase_id,
            title: row.title,
            move_time: row.move_time,
            before: (row.start_before, row.end_before),
            after: (row.start_after, row.end_after),
            reason: row.reason,
        })
        .collect())
}
