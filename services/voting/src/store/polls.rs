//! Polls. `endings` has how they end, `acts` what is done to signature sheets before.

mod acts;
mod endings;

pub use acts::*;
pub use endings::*;

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_proto::voting::v1::{Eligibility, Poll, PollState as ShownState};
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::poll::Period;
use crate::domain::{PollState, sheet};

/// A poll with everything in it.
#[derive(Clone, Debug)]
pub struct PollRow {
    /// Its organization.
    pub organization_id: Uuid,
    /// Its state.
    pub state: PollState,
    /// When it opens, and when it is to close.
    pub period: Period,
    /// Until when paper ballots can be entered.
    pub paper_close: DateTime<Utc>,
    /// When it was created to close, if it was extended since.
    pub first_close: Option<DateTime<Utc>>,
    /// When it was created.
    pub create_time: DateTime<Utc>,
    /// As callers see it.
    pub poll: Poll,
}

/// A poll that a clock job works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The poll.
    pub poll_id: Uuid,
    /// Its organization.
    pub organization_id: Uuid,
}

struct Row {
    id: Uuid,
    organization_id: Uuid,
    title: String,
    state: String,
    open_time: DateTime<Utc>,
    close_time: DateTime<Utc>,
    recast_allowed: bool,
    eligibility: Vec<u8>,
    definition: Vec<u8>,
    create_time: DateTime<Utc>,
    seal_digest: Option<Vec<u8>>,
    seal_time: Option<DateTime<Utc>>,
    seal_refusal: Option<String>,
    close_reason: Option<String>,
    paper_close_time: DateTime<Utc>,
    waits_for_paper: bool,
    call_off_reason: Option<String>,
    codes_digest: Option<Vec<u8>>,
    codes_count: Option<i64>,
    early_close_time: Option<DateTime<Utc>>,
    first_close_time: Option<DateTime<Utc>>,
    paused: bool,
}

impl Row {
    fn read(self) -> Result<PollRow, sqlx::Error> {
        let state = state(&self.state, self.id)?;
        let definition = Poll::decode(self.definition.as_slice());
        let definition = definition.map_err(|_| unreadable("definition", self.id))?;
        let eligibility = Eligibility::decode(self.eligibility.as_slice());
        let eligibility = eligibility.map_err(|_| unreadable("eligibility", self.id))?;
        let time = comitia_platform::validate::timestamp;
        let mut poll = Poll {
            poll_id: self.id.to_string(),
            title: self.title,
            state: 0,
            open_time: Some(time(self.open_time)),
            close_time: Some(time(self.early_close_time.unwrap_or(self.close_time))),
            eligibility: Some(eligibility),
            specification: definition.specification,
            options: definition.options,
            recast_allowed: self.recast_allowed,
            seal_digest: self.seal_digest.map(hex::encode).unwrap_or_default(),
            seal_time: self.seal_time.map(time),
            seal_refusal: self.seal_refusal.unwrap_or_default(),
            paper_close_time: Some(time(self.paper_close_time)),
            close_reason: self.close_reason.unwrap_or_default(),
            paper_batches_set_aside: Vec::new(),
            call_off_reason: self.call_off_reason.unwrap_or_default(),
            tracking_codes_digest: self.codes_digest.map(hex::encode).unwrap_or_default(),
            tracking_codes_count: self.codes_count.unwrap_or_default(),
            scheduled_close_time: self.early_close_time.map(|_| time(self.close_time)),
            signature_sheet: definition.signature_sheet,
            paused: self.paused && !state.is_over(),
            history: Vec::new(),
            first_close_time: self.first_close_time.map(time),
        };
        poll.set_state(match state {
            PollState::Closed if self.waits_for_paper => ShownState::WaitingForPaper,
            state => state.into(),
        });
        Ok(PollRow {
            organization_id: self.organization_id,
            state,
            period: (self.open_time, self.close_time),
            paper_close: self.paper_close_time,
            first_close: self.first_close_time,
            create_time: self.create_time,
            poll,
        })
    }
}

/// The state that a row has.
fn state(name: &str, poll: Uuid) -> Result<PollState, sqlx::Error> {
    PollState::from_name(name).ok_or_else(|| unreadable("state", poll))
}

fn unreadable(column: &'static str, poll: Uuid) -> sqlx::Error {
    Unreadable::new("voting.polls", column, poll).into()
}

/// Inserts a poll. Gives whether its id was free.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    row: &PollRow,
    poll_id: Uuid,
) -> Result<bool, sqlx::Error> {
    let definition = Poll {
        specification: row.poll.specification.clone(),
        options: row.poll.options.clone(),
        signature_sheet: row.poll.signature_sheet.clone(),
        ..Default::default()
    };
    let inserted = sqlx::query!(
        "INSERT INTO voting.polls (id, organization_id, title, state, open_time, close_time, recast_allowed,
                                   eligibility, definition, create_time, paper_close_time, has_log)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING",
        poll_id,
        row.organization_id,
        row.poll.title,
        row.state.name(),
        row.period.0,
        row.period.1,
        row.poll.recast_allowed,
        row.poll.eligibility.clone().unwrap_or_default().encode_to_vec(),
        definition.encode_to_vec(),
        row.create_time,
        row.paper_close,
        sheet::is_sheet(&row.poll)
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Reads a poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<PollRow>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, organization_id, title, state, open_time, close_time, recast_allowed, eligibility, definition,
                  create_time, seal_digest, seal_time, seal_refusal, close_reason, call_off_reason, codes_digest,
                  codes_count, early_close_time, first_close_time, paused,
                  coalesce(paper_close_time, close_time) AS "paper_close_time!",
                  EXISTS (SELECT FROM voting.paper_batches b
                          WHERE b.poll_id = polls.id AND b.counted_count IS NULL AND b.aside_second_officer IS NULL)
                      AS "waits_for_paper!"
           FROM voting.polls WHERE id = $1"#,
        poll_id
    )
    .fetch_optional(connection)
    .await?
    .map(Row::read)
    .transpose()
}

/// Reads polls, newest first, without options and specification save for polls of signatures, from behind `after` (time of creation and id).
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    organization_id: Uuid,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<PollRow>, sqlx::Error> {
    let (time, id) = after.unzip();
    sqlx::query_as!(
        Row,
        r#"SELECT id, organization_id, title, state, open_time, close_time, recast_allowed, eligibility,
                  CASE WHEN has_log THEN definition ELSE ''::bytea END AS "definition!", create_time, seal_digest,
                  seal_time, seal_refusal, close_reason, call_off_reason, codes_digest, codes_count, early_close_time, first_close_time, paused,
                  coalesce(paper_close_time, close_time) AS "paper_close_time!",
                  EXISTS (SELECT FROM voting.paper_batches b
                          WHERE b.poll_id = polls.id AND b.counted_count IS NULL AND b.aside_second_officer IS NULL)
                      AS "waits_for_paper!"
           FROM voting.polls
           WHERE organization_id = $1 AND ($2::timestamptz IS NULL OR (create_time, id) < ($2, $3::uuid))
           ORDER BY create_time DESC, id DESC LIMIT $4"#,
        organization_id,
        time,
        id,
        limit
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// The state of a poll, and when it opens and closes.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn standing(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<(PollState, Period)>, sqlx::Error> {
    let row = sqlx::query!("SELECT state, open_time, close_time FROM voting.polls WHERE id = $1", poll_id)
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok((state(&row.state, poll_id)?, (row.open_time, row.close_time)))).transpose()
}

/// The state of a poll, when it opens, and until when its paper ballots can be entered.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn paper_standing(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Option<(PollState, DateTime<Utc>, DateTime<Utc>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT state, open_time, coalesce(paper_close_time, close_time) AS "paper_close_time!"
           FROM voting.polls WHERE id = $1"#,
        poll_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((state(&row.state, poll_id)?, row.open_time, row.paper_close_time))).transpose()
}

/// Opens up to a hundred polls that are due at `now` and that no other replica is opening, and gives them.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open_due(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        "UPDATE voting.polls SET state = 'open' WHERE id IN (
             SELECT id FROM voting.polls WHERE state = 'scheduled' AND open_time <= $1
             ORDER BY open_time LIMIT 100 FOR UPDATE SKIP LOCKED
         ) RETURNING id AS poll_id, organization_id",
        now
    )
    .fetch_all(connection)
    .await
}

/// Polls whose time was over at `before` and that are not closed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn to_close(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        "SELECT id AS poll_id, organization_id FROM voting.polls
         WHERE state IN ('scheduled', 'open') AND close_time <= $1 ORDER BY close_time LIMIT 100",
        before
    )
    .fetch_all(connection)
    .await
}

/// Polls that are closed, neither sealed nor refused, and wait for no paper batch: the last batch has ended, or
/// somebody was stopped between the close and the seal.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn to_seal(connection: &mut PgConnection) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        "SELECT id AS poll_id, organization_id FROM voting.polls
         WHERE state = 'closed' AND seal_refusal IS NULL
               AND NOT EXISTS (SELECT FROM voting.paper_batches b
                               WHERE b.poll_id = polls.id AND b.counted_count IS NULL
                                     AND b.aside_second_officer IS NULL)
         ORDER BY id LIMIT 100"
    )
    .fetch_all(connection)
    .await
}

/// Polls that are not sealed, by what stands out about them.
pub struct Count {
    /// Open.
    pub open: i64,
    /// Not opened or not closed although it was time.
    pub overdue: i64,
    /// Closed, with a seal still to come, and without a paper batch that it waits for.
    pub unsealed: i64,
    /// Closed, waiting for paper batches.
    pub waiting_for_paper: i64,
    /// Closed, waiting for paper batches although the time for them has passed.
    pub paper_overdue: i64,
    /// Closed, with a seal that was refused.
    pub refused: i64,
}

/// Counts the polls of all organizations; what was due at `before` is overdue, and paper at `now`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Count, sqlx::Error> {
    sqlx::query_as!(
        Count,
        r#"SELECT count(*) FILTER (WHERE state = 'open') AS "open!",
                  count(*) FILTER (WHERE (state = 'scheduled' AND open_time <= $1)
                                      OR (state IN ('scheduled', 'open') AND close_time <= $1)) AS "overdue!",
                  count(*) FILTER (WHERE state = 'closed' AND seal_refusal IS NULL AND NOT waits) AS "unsealed!",
                  count(*) FILTER (WHERE state = 'closed' AND waits) AS "waiting_for_paper!",
                  count(*) FILTER (WHERE state = 'closed' AND waits AND coalesce(paper_close_time, close_time) <= $2)
                      AS "paper_overdue!",
                  count(*) FILTER (WHERE state = 'closed' AND seal_refusal IS NOT NULL) AS "refused!"
           FROM voting.polls,
                LATERAL (SELECT EXISTS (SELECT FROM voting.paper_batches b
                                        WHERE b.poll_id = polls.id AND b.counted_count IS NULL
                                              AND b.aside_second_officer IS NULL) AS waits) AS paper
           WHERE state <> 'sealed'"#,
        before,
        now
    )
    .fetch_one(connection)
    .await
}
