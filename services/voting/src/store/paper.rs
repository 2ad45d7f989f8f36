//! Paper batches.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_proto::voting::v1::PaperBatchSetAside;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Nullifier;
use crate::domain::paper::{Form, Void};

/// A batch without its forms.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// The batch.
    pub id: Uuid,
    /// The poll.
    pub poll_id: Uuid,
    /// Its title.
    pub title: String,
    /// When it was opened.
    pub create_time: DateTime<Utc>,
    /// Who made the first entry.
    pub first_officer: Option<String>,
    /// Who made the second entry.
    pub second_officer: Option<String>,
    /// How many forms the first entry has.
    pub first_entry_count: i64,
    /// How many forms the second entry has.
    pub second_entry_count: i64,
    /// How many ballots were counted, once it is committed.
    pub counted_count: Option<i64>,
    /// How many of them were blank.
    pub blank_count: Option<i64>,
    /// How many of them were invalid.
    pub invalid_count: Option<i64>,
    /// Who proposed to set it aside.
    pub aside_officer: Option<String>,
    /// Why.
    pub aside_reason: Option<String>,
    /// Who confirmed it: from then on it is set aside.
    pub aside_second_officer: Option<String>,
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// How many forms were counted.
    pub all: i64,
    /// How many of them chose nothing.
    pub void: Void,
}

/// A batch in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The batch.
    pub batch: BatchRow,
    /// Whether both entries are there and agree.
    pub agreed: bool,
    /// How many forms were not counted, once it is committed.
    pub rejected: i64,
}

/// One of the two entries of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The first officer's.
    First,
    /// The second officer's.
    Second,
}

impl Entry {
    fn number(self) -> i16 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

/// Inserts an empty batch.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization_id: Uuid,
    batch: &BatchRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO voting.paper_batches (id, organization_id, poll_id, title, create_time)
         VALUES ($1, $2, $3, $4, $5)",
        batch.id,
        organization_id,
        batch.poll_id,
        batch.title,
        batch.create_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads a batch of a poll.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    poll_id: Uuid,
    batch_id: Uuid,
) -> Result<Option<BatchRow>, sqlx::Error> {
    sqlx::query_as!(
        BatchRow,
        "SELECT id, poll_id, title, create_time, first_officer, second_officer, first_entry_count,
                second_entry_count, counted_count, blank_count, invalid_count, aside_officer, aside_reason,
                aside_second_officer
         FROM voting.paper_batches WHERE id = $1 AND poll_id = $2",
        batch_id,
        poll_id
    )
    .fetch_optional(connection)
    .await
}

/// The batches of a poll in the order in which they were opened, those behind `after`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    poll_id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, poll_id, title, create_time, first_officer, second_officer, first_entry_count,
                  second_entry_count, counted_count, blank_count, invalid_count, aside_officer, aside_reason,
                  aside_second_officer,
                  (SELECT count(*) FROM voting.paper_rejections r WHERE r.batch_id = b.id) AS "rejected!",
                  (second_officer IS NOT NULL AND first_entry_count = second_entry_count AND NOT EXISTS (
                      SELECT FROM voting.paper_forms one
                      WHERE one.batch_id = b.id AND one.entry = 1 AND NOT EXISTS (
                          SELECT FROM voting.paper_forms other
                          WHERE other.batch_id = b.id AND other.entry = 2 AND other.form_number = one.form_number
                                AND other.nullifier = one.nullifier AND other.district = one.district
                                AND other.ballot = one.ballot))) AS "agreed!"
           FROM voting.paper_batches b
           WHERE poll_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3"#,
        poll_id,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            batch: BatchRow {
                id: row.id,
                poll_id: row.poll_id,
                title: row.title,
                create_time: row.create_time,
                first_officer: row.first_officer,
                second_officer: row.second_officer,
                first_entry_count: row.first_entry_count,
                second_entry_count: row.second_entry_count,
                counted_count: row.counted_count,
                blank_count: row.blank_count,
                invalid_count: row.invalid_count,
                aside_officer: row.aside_officer,
                aside_reason: row.aside_reason,
                aside_second_officer: row.aside_second_officer,
            },
            agreed: row.agreed,
            rejected: row.rejected,
        })
        .collect())
}

/// Reads a batch of a poll and keeps others from changing it until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(
    connection: &mut PgConnection,
    poll_id: Uuid,
    batch_id: Uuid,
) -> Result<Option<BatchRow>, sqlx::Error> {
    sqlx::query_as!(
        BatchRow,
        "SELECT id, poll_id, title, create_time, first_officer, second_officer, first_entry_count,
                second_entry_count, counted_count, blank_count, invalid_count, aside_officer, aside_reason,
                aside_second_officer
         FROM voting.paper_batches WHERE id = $1 AND poll_id = $2 FOR UPDATE",
        batch_id,
        poll_id
    )
    .fetch_optional(connection)
    .await
}

/// Stores an officer's entry in place of the earlier one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn replace_entry(
    connection: &mut PgConnection,
    organization_id: Uuid,
    batch: &BatchRow,
    entry: Entry,
    forms: &[Form],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM voting.paper_forms WHERE batch_id = $1 AND entry = $2",
        batch.id,
        entry.number()
    )
    .execute(&mut *connection)
    .await?;
    let numbers: Vec<&str> = forms.iter().map(|form| form.number.as_str()).collect();
    let nullifiers: Vec<&[u8]> = forms.iter().map(|form| form.nullifier.as_bytes()).collect();
    let districts: Vec<&str> = forms.iter().map(|form| form.district.as_str()).collect();
    let ballots: Vec<&[u8]> = forms.iter().map(|form| form.ballot.as_slice()).collect();
    sqlx::query!(
        "INSERT INTO voting.paper_forms
                (batch_id, organization_id, entry, form_number, position, nullifier, district, ballot)
         SELECT $1, $2, $3, form_number, place::int, nullifier, district, ballot
         FROM unnest($4::text[], $5::bytea[], $6::text[], $7::bytea[])
              WITH ORDINALITY AS form (form_number, nullifier, district, ballot, place)",
        batch.id,
        organization_id,
        entry.number(),
        &numbers as &[&str],
        &nullifiers as &[&[u8]],
        &districts as &[&str],
        &ballots as &[&[u8]]
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE voting.paper_batches
         SET first_officer = $2, second_officer = $3, first_entry_count = $4, second_entry_count = $5
         WHERE id = $1",
        batch.id,
        batch.first_officer,
        batch.second_officer,
        batch.first_entry_count,
        batch.second_entry_count
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The forms of an entry, as they were typed.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forms(
    connection: &mut PgConnection,
    batch_id: Uuid,
    entry: Entry,
) -> Result<Vec<Form>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT form_number, nullifier, district, ballot FROM voting.paper_forms
         WHERE batch_id = $1 AND entry = $2 ORDER BY position",
        batch_id,
        entry.number()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let nullifier = row
                .nullifier
                .try_into()
                .map_err(|_| Unreadable::new("voting.paper_forms", "nullifier", batch_id))?;
            Ok(Form {
                number: row.form_number,
                nullifier: Nullifier::new(nullifier),
                district: row.district,
                ballot: row.ballot,
            })
        })
        .collect()
}

/// Marks a batch as committed, keeps what was not counted, and forgets the forms: from here on nothing ties a form to a
/// ballot.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn commit(
    connection: &mut PgConnection,
    organization_id: Uuid,
    batch_id: Uuid,
    counted: Counted,
    rejections: &[(String, &'static str)],
    time: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.paper_batches SET commit_date = $2, counted_count = $3, blank_count = $4, invalid_count = $5
         WHERE id = $1",
        batch_id,
        time.date_naive(),
        counted.all,
        counted.void.blank,
        counted.void.invalid
    )
    .execute(&mut *connection)
    .await?;
    let numbers: Vec<&str> = rejections.iter().map(|rejection| rejection.0.as_str()).collect();
    let reasons: Vec<&str> = rejections.iter().map(|rejection| rejection.1).collect();
    sqlx::query!(
        "INSERT INTO voting.paper_rejections (batch_id, organization_id, form_number, position, reason)
         SELECT $1, $2, form_number, place::int, reason
         FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS form (form_number, reason, place)",
        batch_id,
        organization_id,
        &numbers as &[&str],
        &reasons as &[&str]
    )
    .execute(&mut *connection)
    .await?;
    delete_forms(connection, batch_id).await
}

/// Forgets the forms of a batch.
async fn delete_forms(connection: &mut PgConnection, batch_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM voting.paper_forms WHERE batch_id = $1", batch_id).execute(connection).await?;
    Ok(())
}

/// Keeps that an officer proposes to set a batch aside, in place of an earlier proposal.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn propose_aside(
    connection: &mut PgConnection,
    batch_id: Uuid,
    officer: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.paper_batches SET aside_officer = $2, aside_reason = $3 WHERE id = $1",
        batch_id,
        officer,
        reason
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets a batch aside and forgets its forms.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn confirm_aside(
    connection: &mut PgConnection,
    batch_id: Uuid,
    officer: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE voting.paper_batches SET aside_second_officer = $2 WHERE id = $1",
        batch_id,
        officer
    )
    .execute(&mut *connection)
    .await?;
    delete_forms(connection, batch_id).await
}

/// How many batches of a poll are neither committed nor set aside.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open_count(connection: &mut PgConnection, poll_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM voting.paper_batches
           WHERE poll_id = $1 AND counted_count IS NULL AND aside_second_officer IS NULL"#,
        poll_id
    )
    .fetch_one(connection)
    .await
}

/// The batches of a poll that were set aside, as everybody may see them.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_aside(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Vec<PaperBatchSetAside>, sqlx::Error> {
    sqlx::query_as!(
        PaperBatchSetAside,
        r#"SELECT title, coalesce(aside_reason, '') AS "reason!",
                  greatest(first_entry_count, second_entry_count) AS "form_count!"
           FROM voting.paper_batches WHERE poll_id = $1 AND aside_second_officer IS NOT NULL ORDER BY id"#,
        poll_id
    )
    .fetch_all(connection)
    .await
}

/// Forgets the forms of polls that are sealed, and of polls whose time for paper was over at `before`: forms are not kept,
/// whatever came of their batch. Gives how many there were.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_forms(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "DELETE FROM voting.paper_forms f USING voting.paper_batches b, voting.polls p
         WHERE b.id = f.batch_id AND p.id = b.poll_id
               AND (p.state IN ('sealed', 'cancelled', 'annulled') OR coalesce(p.paper_close_time, p.close_time) < $1)",
        before
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// The forms of a committed batch that were not counted, and why.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn rejections(
    connection: &mut PgConnection,
    batch_id: Uuid,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT form_number, reason FROM voting.paper_rejections WHERE batch_id = $1 ORDER BY position",
        batch_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.form_number, row.reason)).collect())
}
