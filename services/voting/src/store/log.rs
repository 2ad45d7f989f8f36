//! Public logs: their tiles, counts and milestones, and what waits for them.

mod append;
mod corrections;

pub use append::*;
pub use corrections::*;

use std::collections::{BTreeMap, HashMap};

use comitia_platform::database::Unreadable;
use comitia_proto::voting::v1::SignatureSheet;
use comitia_transparency::Frontier;
use comitia_transparency::sheet::{Counts, Leaf, Milestone, Reached};
use comitia_transparency::tile::{Kind, Tile, WIDTH, entries};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::sheet::milestones;

/// The level that bundles of entries are kept under.
const ENTRIES: i16 = -1;

/// A log as far as it has come.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its poll.
    pub poll_id: Uuid,
    /// Its organization.
    pub organization_id: Uuid,
    /// Its name in checkpoints.
    pub origin: String,
    /// Whether leaves name the district.
    pub publishes_districts: bool,
    /// How many of its entries are withdrawals.
    pub withdrawals: u64,
    /// How many of its entries are corrections.
    pub corrections: u32,
    /// How many signatures are set aside, of those that nobody took back.
    pub set_aside: u64,
    /// Its tree.
    pub tree: Frontier,
}

struct HeadRow {
    poll_id: Uuid,
    organization_id: Uuid,
    origin: String,
    publishes_districts: bool,
    size: i64,
    withdrawals: i64,
    corrections: i32,
    set_aside: i64,
    frontier: Vec<u8>,
}

impl Head {
    /// How many signatures count.
    #[must_use]
    pub fn signatures(&self) -> u64 {
        let entries = 2 * self.withdrawals + u64::from(self.corrections);
        self.tree.size().saturating_sub(entries).saturating_sub(self.set_aside)
    }
}

impl HeadRow {
    fn read(self) -> Result<Head, sqlx::Error> {
        let size = u64::try_from(self.size).ok();
        let tree = size.and_then(|size| Frontier::from_bytes(size, &self.frontier));
        Ok(Head {
            poll_id: self.poll_id,
            organization_id: self.organization_id,
            origin: self.origin,
            publishes_districts: self.publishes_districts,
            withdrawals: number(self.withdrawals, self.poll_id)?,
            corrections: number(self.corrections.into(), self.poll_id)?,
            set_aside: number(self.set_aside, self.poll_id)?,
            tree: tree.ok_or_else(|| Unreadable::new("voting.logs", "frontier", self.poll_id))?,
        })
    }
}

/// Opens the log of a new poll: an empty one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open(
    connection: &mut PgConnection,
    (organization_id, poll_id): (Uuid, Uuid),
    origin: &str,
    sheet: &SignatureSheet,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO voting.logs (poll_id, organization_id, origin, publishes_districts) VALUES ($1, $2, $3, $4)",
        poll_id,
        organization_id,
        origin,
        sheet.publishes_districts
    )
    .execute(&mut *connection)
    .await?;
    for (place, milestone) in (0_i32..).zip(milestones(sheet)) {
        sqlx::query!(
            "INSERT INTO voting.log_milestones (poll_id, organization_id, place, milestone_id, min_signatures,
                                                min_districts, min_in_each_district, before_minute)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            poll_id,
            organization_id,
            place,
            milestone.id,
            stored(milestone.total),
            i32::try_from(milestone.districts).unwrap_or(i32::MAX),
            stored(milestone.in_each),
            i64::from(milestone.before)
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The head of a log.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn head(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as!(
        HeadRow,
        "SELECT poll_id, organization_id, origin, publishes_districts, size, withdrawals, corrections, set_aside, frontier
         FROM voting.logs WHERE poll_id = $1",
        poll_id
    )
    .fetch_optional(connection)
    .await?
    .map(HeadRow::read)
    .transpose()
}

/// Counts by the minute before which they count.
pub type CountsByEnd = BTreeMap<u32, Counts>;

/// The counts of a log.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn counts(connection: &mut PgConnection, poll_id: Uuid) -> Result<CountsByEnd, sqlx::Error> {
    let mut counts = CountsByEnd::new();
    let rows = sqlx::query!(
        "SELECT before_minute, district, signature_count FROM voting.log_counts WHERE poll_id = $1",
        poll_id
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let of_end: &mut Counts = counts.entry(number(row.before_minute, poll_id)?).or_default();
        let count: u64 = number(row.signature_count, poll_id)?;
        of_end.total += count;
        of_end.by_district.insert(row.district, count);
    }
    Ok(counts)
}

/// The milestones of a log in the order of its sheet, with where they were reached.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn standing_milestones(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> Result<Vec<(Milestone, Option<Reached>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT milestone_id, min_signatures, min_districts, min_in_each_district, before_minute, reached_leaf,
                reached_minute
         FROM voting.log_milestones WHERE poll_id = $1 ORDER BY place",
        poll_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let milestone = Milestone {
                id: row.milestone_id,
                total: number(row.min_signatures, poll_id)?,
                districts: number(row.min_districts.into(), poll_id)?,
                in_each: number(row.min_in_each_district, poll_id)?,
                before: number(row.before_minute, poll_id)?,
            };
            let reached = match row.reached_leaf.zip(row.reached_minute) {
                Some((leaf, minute)) => {
                    Some(Reached { leaf: number(leaf, poll_id)?, minute: number(minute, poll_id)? })
                }
                None => None,
            };
            Ok((milestone, reached))
        })
        .collect()
}

/// What an hour added to a log.
#[derive(Clone, Copy, Debug)]
pub struct Hour {
    /// Hours since 1970.
    pub hour: i64,
    /// Signatures that were given.
    pub signature_count: i64,
    /// Signatures that were taken back.
    pub withdrawal_count: i64,
}

/// Each hour that has something, in their order.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn hours(connection: &mut PgConnection, poll_id: Uuid) -> Result<Vec<Hour>, sqlx::Error> {
    sqlx::query_as!(
        Hour,
        "SELECT hour, signature_count, withdrawal_count FROM voting.log_hours WHERE poll_id = $1 ORDER BY hour",
        poll_id
    )
    .fetch_all(connection)
    .await
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its place in the log.
    pub leaf: u64,
    /// Its minute.
    pub minute: u32,
}

/// Where the signatures with these identifiers stand, of those that are in the log.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn places(
    connection: &mut PgConnection,
    poll_id: Uuid,
    identifiers: &[[u8; 32]],
) -> Result<HashMap<[u8; 32], Place>, sqlx::Error> {
    let mut places = HashMap::with_capacity(identifiers.len());
    // Each comes with its bundle, which has kilobytes.
    for some in identifiers.chunks(200) {
        let some: Vec<&[u8]> = some.iter().map(<[u8; 32]>::as_slice).collect();
        let rows = sqlx::query!(
            "SELECT l.leaf, t.bytes FROM voting.log_leaves l
             JOIN voting.log_tiles t ON t.poll_id = l.poll_id AND t.level = $3 AND t.tile = l.leaf / $4
             WHERE l.poll_id = $1 AND l.identifier = ANY ($2)",
            poll_id,
            &some as &[&[u8]],
            ENTRIES,
            i64::from(WIDTH)
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in rows {
            let place = usize::try_from(row.leaf % i64::from(WIDTH)).unwrap_or(usize::MAX);
            let entry = entries(&row.bytes).and_then(|entries| Leaf::decode(entries.get(place)?));
            let leaf = entry.ok_or_else(|| Unreadable::new("voting.log_tiles", "bytes", poll_id))?;
            let place = Place { leaf: number(row.leaf, poll_id)?, minute: leaf.minute };
            places.insert(leaf.identifier, place);
        }
    }
    Ok(places)
}

/// The bytes of a tile as far as they go, which may be further than its width.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn tile(
    connection: &mut PgConnection,
    poll_id: Uuid,
    tile: Tile,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let Ok(index) = i64::try_from(tile.index) else { return Ok(None) };
    sqlx::query_scalar!(
        "SELECT bytes FROM voting.log_tiles WHERE poll_id = $1 AND level = $2 AND tile = $3",
        poll_id,
        level(tile.kind),
        index
    )
    .fetch_optional(connection)
    .await
}

/// Where the leaf with this identifier stands.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn leaf(
    connection: &mut PgConnection,
    poll_id: Uuid,
    identifier: &[u8],
) -> Result<Option<u64>, sqlx::Error> {
    let leaf = sqlx::query_scalar!(
        "SELECT leaf FROM voting.log_leaves WHERE poll_id = $1 AND identifier = $2",
        poll_id,
        identifier
    )
    .fetch_optional(connection)
    .await?;
    leaf.map(|leaf| number(leaf, poll_id)).transpose()
}

fn level(kind: Kind) -> i16 {
    match kind {
        Kind::Entries => ENTRIES,
        Kind::Hashes(level) => level.into(),
    }
}

fn number<T: TryFrom<i64>>(stored: i64, poll: Uuid) -> Result<T, sqlx::Error> {
    T::try_from(stored)
        .map_err(|_| Unreadable::new("voting.logs", "size, a count or a milestone", poll).into())
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
