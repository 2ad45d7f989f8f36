//! What is done to a poll while it is open.

use chrono::{DateTime, Utc};
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{PollAct, PollActKind};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{state, unreadable};
use crate::domain::PollState;
use crate::domain::poll::Period;

/// How an act stands.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// Its state.
    pub state: PollState,
    /// When it opens, and when it closes.
    pub period: Period,
    /// Until when paper ballots can be entered.
    pub paper_close: DateTime<Utc>,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it is a signature sheet at all.
    pub is_sheet: bool,
}

/// An act to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewAct<'a> {
    /// What is done.
    pub kind: PollActKind,
    /// Why.
    pub reason: &'a str,
    /// Who does it.
    pub officer: &'a str,
    /// When.
    pub time: DateTime<Utc>,
    /// When the poll was to close, and when it closes since; only where that changes.
    pub closes: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// How a poll stands for an act.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn sheet(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<Sheet>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT state, open_time, close_time, coalesce(paper_close_time, close_time) AS "paper_close!", paused, has_log
           FROM voting.polls WHERE id = $1"#,
        poll_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Sheet {
            state: state(&row.state, poll_id)?,
            period: (row.open_time, row.close_time),
            paper_close: row.paper_close,
            paused: row.paused,
            is_sheet: row.has_log,
        })
    })
    .transpose()
}

/// Pauses a sheet, or resumes it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_paused(
    connection: &mut PgConnection,
    poll_id: Uuid,
    paused: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE voting.polls SET paused = $2 WHERE id = $1", poll_id, paused)
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives a poll another closing time, and keeps the first one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn extend(
    connection: &mut PgConnection,
    poll_id: Uuid,
    close_time: DateTime<Utc>,
    paper_close: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.polls SET close_time = $2, paper_close_time = $3,
                first_close_time = coalesce(first_close_time, close_time)
         WHERE id = $1",
        poll_id,
        close_time,
        paper_close
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes an act into the history of a poll, which the caller has locked. Gives its number.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add_act(
    connection: &mut PgConnection,
    organization: Uuid,
    poll_id: Uuid,
    act: NewAct<'_>,
) -> Result<i32, sqlx::Error> {
    let (before, after) = act.closes.unzip();
    sqlx::query_scalar!(
        "INSERT INTO voting.poll_acts (poll_id, organization_id, number, kind, reason, officer, act_time, close_time,
                                       previous_close_time)
         SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8 FROM voting.poll_acts WHERE poll_id = $1
         RETURNING number",
        poll_id,
        organization,
        name(act.kind),
        act.reason,
        act.officer,
        act.time,
        after,
        before
    )
    .fetch_one(connection)
    .await
}

/// The history of a poll, the earliest act first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn history(connection: &mut PgConnection, poll_id: Uuid) -> Result<Vec<PollAct>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT kind, reason, act_time, close_time, previous_close_time FROM voting.poll_acts
         WHERE poll_id = $1 ORDER BY number",
        poll_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = KINDS.into_iter().find(|kind| name(*kind) == row.kind);
            Ok(PollAct {
                kind: kind.ok_or_else(|| unreadable("poll_acts.kind", poll_id))?.into(),
                reason: row.reason,
                time: Some(timestamp(row.act_time)),
                close_time: row.close_time.map(timestamp),
                previous_close_time: row.previous_close_time.map(timestamp),
            })
        })
        .collect()
}

const KINDS: [PollActKind; 4] =
    [PollActKind::Paused, PollActKind::Resumed, PollActKind::Extended, PollActKind::Closed];

/// The name that the database gives it.
fn name(kind: PollActKind) -> &'static str {
    match kind {
        PollActKind::Unspecified => "",
        PollActKind::Paused => "paused",
        PollActKind::Resumed => "resumed",
        PollActKind::Extended => "extended",
        PollActKind::Closed => "closed",
    }
}
