//! What anybody may read of a public log: its description, its head, its files, proofs and counts.

mod watch;

pub use watch::watch;

use std::collections::BTreeMap;

use comitia_platform::database::{self, Tenant, Transaction, Unreadable};
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    DistrictSignatures, GetInclusionProofResponse, HourSignatures, Log, LogMilestone, MilestoneReach,
    SignatureCounts,
};
use comitia_transparency::sheet::{Counts, Milestone, NO_END, Reached, Tally};
use comitia_transparency::tile::{self, Kind, Tile, WIDTH};
use comitia_transparency::{Checkpoint, Hash, hash, proof};
use prost_types::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::definitions::Definition;
use super::{App, corrections};
use crate::domain::sheet::time_of;
use crate::domain::sheet_text;
use crate::error::Error;
use crate::store::log::{self, Head};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// One state of a log: what several statements read of it belongs together.
pub(super) async fn begin(app: &App, organization: Uuid) -> Result<Transaction, Error> {
    let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    Ok(database::begin_with(&app.pool, Tenant::Organization(organization), statement).await?)
}

/// The head of a poll's log.
pub(super) async fn head(
    app: &App,
    connection: &mut PgConnection,
    poll: (Uuid, Uuid),
) -> Result<Head, Error> {
    match log::head(connection, poll.1).await? {
        Some(head) => Ok(head),
        None => {
            app.definitions.get(poll.0, poll.1).await?;
            Err(Error::NoLog)
        }
    }
}

/// The signed note of a head. It names the text of the sheet, which is frozen with the poll.
fn signed(app: &App, head: &Head, definition: &Definition) -> Result<String, Error> {
    let (size, root) = (head.tree.size(), head.tree.root());
    let extensions = definition.text.iter().map(|text| sheet_text::extension(&text.digest)).collect();
    let checkpoint = Checkpoint { origin: head.origin.clone(), size, root, extensions };
    let note = app.log_keys.sign(&checkpoint);
    note.map_err(|_| Unreadable::new("voting.logs", "origin", head.poll_id).into())
}

/// Describes a log.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn describe(app: &App, organization: Uuid, poll_id: Uuid) -> Result<Log, Error> {
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let mut counts = log::counts(&mut transaction, poll_id).await?;
    let milestones = log::standing_milestones(&mut transaction, poll_id).await?;
    let corrections = corrections::published(&mut transaction, &head).await?;
    transaction.commit().await?;
    let definition = app.definitions.get(organization, poll_id).await?;
    let tally = Tally::resume(milestones.clone(), counts.clone());
    let counts = counts.remove(&NO_END).unwrap_or_default();
    Ok(Log {
        poll_id: poll_id.to_string(),
        verifier_keys: app.log_keys.verifiers(&head.origin),
        checkpoint: signed(app, &head, &definition)?,
        text_digest: definition.text.as_ref().map(|text| text.digest.clone()).unwrap_or_default(),
        signature_count: shown(head.signatures()),
        withdrawn_count: shown(head.withdrawals),
        set_aside_count: shown(head.set_aside),
        corrections,
        publishes_districts: head.publishes_districts,
        districts: districts(&head, counts),
        milestones: milestones.into_iter().zip(tally.holding()).map(milestone).collect(),
        origin: head.origin,
    })
}

/// The signed head of a log.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn checkpoint(app: &App, organization: Uuid, poll_id: Uuid) -> Result<String, Error> {
    let mut transaction = app.begin(organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    transaction.commit().await?;
    let definition = app.definitions.get(organization, poll_id).await?;
    signed(app, &head, &definition)
}

/// What one signs.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoSheetText`].
pub async fn text(app: &App, organization: Uuid, poll_id: Uuid) -> Result<String, Error> {
    let definition = app.definitions.get(organization, poll_id).await?;
    definition.text.as_ref().map(|text| text.written.clone()).ok_or(Error::NoSheetText)
}

/// A file of a log.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`], [`Error::TileNotFound`].
pub async fn tile(app: &App, organization: Uuid, poll_id: Uuid, tile: Tile) -> Result<Vec<u8>, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = log::tile(&mut transaction, poll_id, tile).await?;
    let cut = found.and_then(|mut bytes| {
        bytes.truncate(length(tile, &bytes)?);
        Some(bytes)
    });
    if cut.is_none() {
        head(app, &mut transaction, (organization, poll_id)).await?;
    }
    transaction.commit().await?;
    cut.ok_or(Error::TileNotFound)
}

/// How many of the stored bytes are those of the tile, if there are as many.
fn length(tile: Tile, stored: &[u8]) -> Option<usize> {
    match tile.kind {
        Kind::Entries => tile::first_entries(stored, tile.width).map(<[u8]>::len),
        Kind::Hashes(_) => {
            let length = usize::from(tile.width) * hash::SIZE;
            (length <= stored.len()).then_some(length)
        }
    }
}

/// Where the entry with an identifier stands, and the proof of it.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`], [`Error::EntryNotFound`].
pub async fn prove(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    identifier: &[u8],
) -> Result<GetInclusionProofResponse, Error> {
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let index = log::leaf(&mut transaction, poll_id, identifier).await?.ok_or(Error::EntryNotFound)?;
    let hashes = path(&mut transaction, &head, index).await?;
    let bundle = Tile { kind: Kind::Entries, index: index / u64::from(WIDTH), width: WIDTH };
    let bundle = log::tile(&mut transaction, poll_id, bundle).await?.unwrap_or_default();
    transaction.commit().await?;
    let definition = app.definitions.get(organization, poll_id).await?;
    let place = usize::try_from(index % u64::from(WIDTH)).unwrap_or(usize::MAX);
    let entry = tile::entries(&bundle).and_then(|entries| entries.get(place).map(|entry| entry.to_vec()));
    Ok(GetInclusionProofResponse {
        leaf_index: shown(index),
        entry: entry.ok_or_else(|| unreadable(&head))?,
        hashes: hashes.into_iter().map(|hash| hash.0.to_vec()).collect(),
        checkpoint: signed(app, &head, &definition)?,
    })
}

/// The hashes from a leaf to the root. Tiles are read as the proof asks for them: one or two for each level.
async fn path(connection: &mut PgConnection, head: &Head, index: u64) -> Result<Vec<Hash>, Error> {
    let size = head.tree.size();
    let mut tiles: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
    loop {
        let mut node = |height, index| {
            let (tile, place) = Tile::of_node(height, index, size)?;
            place.hash(tiles.get(&tile)?)
        };
        let missing = match proof::inclusion(index, size, &mut node) {
            Ok(hashes) => return Ok(hashes),
            Err(missing) => missing,
        };
        let (tile, _) = Tile::of_node(missing.height, missing.index, size).ok_or_else(|| unreadable(head))?;
        // A tile that is there and does not have the node is damaged.
        let bytes = log::tile(connection, head.poll_id, tile).await?;
        let bytes = bytes.filter(|_| !tiles.contains_key(&tile)).ok_or_else(|| unreadable(head))?;
        tiles.insert(tile, bytes);
    }
}

fn unreadable(head: &Head) -> Error {
    Unreadable::new("voting.log_tiles", "bytes", head.poll_id).into()
}

/// How many signatures there are.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn count(app: &App, organization: Uuid, poll_id: Uuid) -> Result<SignatureCounts, Error> {
    let mut transaction = begin(app, organization).await?;
    let head = head(app, &mut transaction, (organization, poll_id)).await?;
    let counts = log::counts(&mut transaction, poll_id).await?.remove(&NO_END).unwrap_or_default();
    let hours = log::hours(&mut transaction, poll_id).await?;
    transaction.commit().await?;
    Ok(SignatureCounts {
        signature_count: shown(head.signatures()),
        withdrawn_count: shown(head.withdrawals),
        set_aside_count: shown(head.set_aside),
        correction_count: i32::try_from(head.corrections).unwrap_or(i32::MAX),
        districts: districts(&head, counts),
        hours: hours
            .into_iter()
            .map(|hour| HourSignatures {
                begin_time: Some(Timestamp { seconds: hour.hour.saturating_mul(HOUR), nanos: 0 }),
                signature_count: hour.signature_count,
                withdrawn_count: hour.withdrawal_count,
            })
            .collect(),
        read_time: Some(timestamp(app.clock.now())),
    })
}

/// The counts of districts, where they are published.
fn districts(head: &Head, counts: Counts) -> Vec<DistrictSignatures> {
    let published = counts.by_district.into_iter().filter(|_| head.publishes_districts);
    published
        .map(|(district, count)| DistrictSignatures { district, signature_count: shown(count) })
        .collect()
}

fn milestone(((milestone, reached), holds): ((Milestone, Option<Reached>), bool)) -> LogMilestone {
    LogMilestone {
        milestone_id: milestone.id,
        min_signatures: shown(milestone.total),
        min_districts: milestone.districts,
        min_in_each_district: shown(milestone.in_each),
        before_time: (milestone.before != NO_END).then(|| time_of(milestone.before)),
        reached: reached.map(|reached| MilestoneReach {
            leaf_index: shown(reached.leaf),
            reach_time: Some(time_of(reached.minute)),
        }),
        holds,
    }
}

fn shown(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
