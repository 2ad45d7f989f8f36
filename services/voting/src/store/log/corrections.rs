//! Corrections of a log, as they were proposed and decided, and its minutes.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_transparency::sheet::{Act, Correction, Effect, Selection, Subject, reason_digest};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ENTRIES, number, stored};

/// A proposal, or a correction that was decided.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its id.
    pub id: Uuid,
    /// Its poll.
    pub poll_id: Uuid,
    /// What it does.
    pub act: Act,
    /// What it is about.
    pub subject: Subject,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub officer: String,
    /// When.
    pub propose_time: DateTime<Utc>,
    /// Whether it was dropped.
    pub dropped: bool,
    /// What was decided.
    pub decided: Option<Decided>,
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The number of the correction.
    pub number: u32,
    /// Its place in the log.
    pub leaf: u64,
    /// The minute of the decision.
    pub minute: u32,
    /// What it did.
    pub effect: Effect,
}

impl Proposal {
    /// The entry that it becomes.
    #[must_use]
    pub fn correction(&self, number: u32, minute: u32) -> Correction {
        let reason = reason_digest(&self.reason);
        Correction { number, act: self.act, subject: self.subject.clone(), minute, reason }
    }
}

/// An appeal that was noted.
#[derive(Clone, Debug)]
pub struct Appeal {
    /// The number of the correction.
    pub number: i32,
    /// What is said of it.
    pub note: String,
    /// When it was noted.
    pub note_time: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    poll_id: Uuid,
    act: String,
    earlier: i32,
    first_leaf: i64,
    end_leaf: i64,
    first_minute: i64,
    end_minute: i64,
    paper: Option<bool>,
    district: String,
    reason: String,
    officer: String,
    propose_time: DateTime<Utc>,
    dropped: bool,
    number: Option<i32>,
    leaf: Option<i64>,
    minute: Option<i64>,
    signature_count: i64,
    districts: Vec<String>,
    district_counts: Vec<i64>,
    lost: Vec<String>,
    regained: Vec<String>,
}

impl Row {
    fn read(self) -> Result<Proposal, sqlx::Error> {
        let poll = self.poll_id;
        let act = ACTS.into_iter().find(|act| name(*act) == self.act);
        let subject = match number(self.earlier.into(), poll)? {
            0 => Subject::Selection(Selection {
                first: number(self.first_leaf, poll)?,
                end: number(self.end_leaf, poll)?,
                first_minute: number(self.first_minute, poll)?,
                end_minute: number(self.end_minute, poll)?,
                paper: self.paper,
                district: self.district,
            }),
            earlier => Subject::Earlier(earlier),
        };
        let decided = match (self.number, self.leaf, self.minute) {
            (Some(given), Some(leaf), Some(minute)) => {
                let counts = self.district_counts.into_iter().map(|count| number(count, poll));
                let counts = counts.collect::<Result<Vec<_>, _>>()?;
                Some(Decided {
                    number: number(given.into(), poll)?,
                    leaf: number(leaf, poll)?,
                    minute: number(minute, poll)?,
                    effect: Effect {
                        signatures: number(self.signature_count, poll)?,
                        by_district: self.districts.into_iter().zip(counts).collect(),
                        lost: self.lost,
                        regained: self.regained,
                        reached: Vec::new(),
                    },
                })
            }
            _ => None,
        };
        Ok(Proposal {
            id: self.id,
            poll_id: poll,
            act: act.ok_or_else(|| Unreadable::new("voting.log_corrections", "act", poll))?,
            subject,
            reason: self.reason,
            officer: self.officer,
            propose_time: self.propose_time,
            dropped: self.dropped,
            decided,
        })
    }
}

const ACTS: [Act; 3] = [Act::Quarantine, Act::Invalidation, Act::Restoration];

fn name(act: Act) -> &'static str {
    match act {
        Act::Quarantine => "quarantine",
        Act::Invalidation => "invalidation",
        Act::Restoration => "restoration",
    }
}

/// Keeps a proposal.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn propose(
    connection: &mut PgConnection,
    organization: Uuid,
    proposal: &Proposal,
) -> Result<(), sqlx::Error> {
    let nothing = Selection { end: 0, end_minute: 0, ..Selection::of_entries(0, 0) };
    let (earlier, selection) = match &proposal.subject {
        Subject::Earlier(earlier) => (*earlier, &nothing),
        Subject::Selection(selection) => (0, selection),
    };
    sqlx::query!(
        "INSERT INTO voting.log_corrections (id, poll_id, organization_id, act, earlier, first_leaf, end_leaf, first_minute,
                                             end_minute, paper, district, reason, officer, propose_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        proposal.id,
        proposal.poll_id,
        organization,
        name(proposal.act),
        i32::try_from(earlier).unwrap_or(i32::MAX),
        stored(selection.first),
        stored(selection.end),
        i64::from(selection.first_minute),
        i64::from(selection.end_minute),
        selection.paper,
        selection.district,
        proposal.reason,
        proposal.officer,
        proposal.propose_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A proposal of a poll, which nobody else decides meanwhile.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(
    connection: &mut PgConnection,
    poll_id: Uuid,
    id: Uuid,
) -> Result<Option<Proposal>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, poll_id, act, earlier, first_leaf, end_leaf, first_minute, end_minute, paper, district, reason, officer,
                propose_time, dropped, number, leaf, minute, signature_count, districts, district_counts, lost, regained
         FROM voting.log_corrections WHERE poll_id = $1 AND id = $2 FOR UPDATE",
        poll_id,
        id
    )
    .fetch_optional(connection)
    .await?
    .map(Row::read)
    .transpose()
}

/// The proposals of a poll that wait for another officer, the earliest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn waiting(connection: &mut PgConnection, poll_id: Uuid) -> Result<Vec<Proposal>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, poll_id, act, earlier, first_leaf, end_leaf, first_minute, end_minute, paper, district, reason, officer,
                propose_time, dropped, number, leaf, minute, signature_count, districts, district_counts, lost, regained
         FROM voting.log_corrections WHERE poll_id = $1 AND number IS NULL AND NOT dropped ORDER BY propose_time, id",
        poll_id
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// The corrections of a poll in the order of its log.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn corrections(connection: &mut PgConnection, poll_id: Uuid) -> Result<Vec<Proposal>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, poll_id, act, earlier, first_leaf, end_leaf, first_minute, end_minute, paper, district, reason, officer,
                propose_time, dropped, number, leaf, minute, signature_count, districts, district_counts, lost, regained
         FROM voting.log_corrections WHERE poll_id = $1 AND number IS NOT NULL ORDER BY number",
        poll_id
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// Keeps what a second officer decided, which is an entry of the log by now.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn decide(
    connection: &mut PgConnection,
    id: Uuid,
    officer: &str,
    decided: &Decided,
) -> Result<(), sqlx::Error> {
    let (districts, counts): (Vec<&str>, Vec<i64>) = decided
        .effect
        .by_district
        .iter()
        .map(|(district, count)| (district.as_str(), stored(*count)))
        .unzip();
    sqlx::query!(
        "UPDATE voting.log_corrections
         SET second_officer = $2, number = $3, leaf = $4, minute = $5, signature_count = $6, districts = $7,
             district_counts = $8, lost = $9, regained = $10
         WHERE id = $1",
        id,
        officer,
        i32::try_from(decided.number).unwrap_or(i32::MAX),
        stored(decided.leaf),
        i64::from(decided.minute),
        stored(decided.effect.signatures),
        &districts as &[&str],
        &counts,
        &decided.effect.lost,
        &decided.effect.regained
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Drops a proposal.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn drop_proposal(connection: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE voting.log_corrections SET dropped = true WHERE id = $1", id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The appeals of a poll, those of a correction in their order.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn appeals(connection: &mut PgConnection, poll_id: Uuid) -> Result<Vec<Appeal>, sqlx::Error> {
    sqlx::query_as!(
        Appeal,
        "SELECT number, note, note_time FROM voting.log_appeals WHERE poll_id = $1 ORDER BY number, place",
        poll_id
    )
    .fetch_all(connection)
    .await
}

/// Notes an appeal against a correction of a log that the caller has locked.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add_appeal(
    connection: &mut PgConnection,
    (organization, poll_id): (Uuid, Uuid),
    officer: &str,
    appeal: &Appeal,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO voting.log_appeals (poll_id, organization_id, number, place, note, officer, note_time)
         SELECT $1, $2, $3, coalesce(max(place), 0) + 1, $4, $5, $6 FROM voting.log_appeals
         WHERE poll_id = $1 AND number = $3",
        poll_id,
        organization,
        appeal.number,
        appeal.note,
        officer,
        appeal.note_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Bundles of entries by their numbers, the last first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn bundles(
    connection: &mut PgConnection,
    poll_id: Uuid,
    (first, end): (u64, u64),
) -> Result<Vec<(u64, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT tile, bytes FROM voting.log_tiles WHERE poll_id = $1 AND level = $2 AND tile >= $3 AND tile < $4
         ORDER BY tile DESC",
        poll_id,
        ENTRIES,
        stored(first),
        stored(end)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Ok((number(row.tile, poll_id)?, row.bytes))).collect()
}

/// The signatures of a minute.
#[derive(Clone, Copy, Debug)]
pub struct Minute {
    /// Minutes since 1970.
    pub minute: i64,
    /// Given online.
    pub online_count: i64,
    /// Given on paper.
    pub paper_count: i64,
    /// Taken back.
    pub withdrawal_count: i64,
    /// Where its first entry stands.
    pub first_leaf: i64,
    /// What is behind its last entry.
    pub end_leaf: i64,
}

/// The latest minutes before one, the latest first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn latest_minutes(
    connection: &mut PgConnection,
    poll_id: Uuid,
    before: i64,
    limit: i64,
) -> Result<Vec<Minute>, sqlx::Error> {
    sqlx::query_as!(
        Minute,
        "SELECT minute, online_count, paper_count, withdrawal_count, first_leaf, end_leaf FROM voting.log_minutes
         WHERE poll_id = $1 AND minute < $2 ORDER BY minute DESC LIMIT $3",
        poll_id,
        before,
        limit
    )
    .fetch_all(connection)
    .await
}
