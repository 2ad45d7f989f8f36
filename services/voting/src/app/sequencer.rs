//! The sequencer: appends signatures to the public log of their poll.
//!
//! Every replica runs it. The lease of a log is a lock of the transaction that appends, so that it ends with its holder. That
//! transaction takes signatures out of those that wait and appends them: each is appended once, whatever fails. It takes only what no
//! running transaction can still precede, in the order of transactions ([`log::due`]), and forgets that order.

use std::collections::BTreeSet;
use std::time::Duration;

use comitia_bus::outbox;
use comitia_core::task;
use comitia_platform::ApiError;
use comitia_platform::database::{self, Tenant, Unreadable};
use comitia_proto::events::v1::MilestoneReached;
use comitia_transparency::Hash;
use comitia_transparency::sheet::{Leaf, Tally, identifier};
use comitia_transparency::tile::{HEIGHT, Kind, WIDTH, push_entry};
use opentelemetry::global;
use opentelemetry::metrics::Counter;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{App, poll_event};
use crate::domain::ballot::SIGNATURE;
use crate::domain::receipt::Tracked;
use crate::domain::sheet::time_of;
use crate::domain::{CastDigest, Nullifier, ReceiptKey};
use crate::error::Error;
use crate::store::log::{self, Appended, Due, Head, Waiting};

/// Leaves of one transaction, which takes well below a second for them.
const AT_ONCE: i64 = 10_000;
/// Minutes of an hour.
const HOUR: i64 = 60;

/// Looks again after `every`, until `stop`.
pub async fn run(app: App, every: Duration, stop: CancellationToken) {
    let leaves = leaves_counter();
    loop {
        match sequence(&app).await {
            Ok(count) => leaves.add(count, &[]),
            Err(error) => tracing::warn!(%error, "the sequencer will look again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

fn leaves_counter() -> Counter<u64> {
    global::meter("comitia")
        .u64_counter("comitia.voting.log.leaves")
        .with_description("signatures that this process appended to public logs")
        .build()
}

/// Appends what waits, of every poll. Gives how many leaves that were.
///
/// # Errors
/// When the database fails or cannot be reached; what is not appended is appended at the next look.
pub async fn sequence(app: &App) -> Result<u64, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let due = log::due(&mut transaction).await?;
    transaction.commit().await?;
    let mut appended = 0;
    for due in due {
        // A log that cannot grow does not hold up the others.
        match append_all(app, due).await {
            Ok(count) => appended += count,
            Err(error) => {
                tracing::error!(poll = %due.poll_id, %error, "the log could not grow; the next look tries again");
            }
        }
    }
    Ok(appended)
}

/// Appends to one log, a part at a time.
async fn append_all(app: &App, due: Due) -> Result<u64, Error> {
    let mut total = 0;
    loop {
        let count = append(app, due).await?;
        total += count;
        if count < AT_ONCE.unsigned_abs() {
            return Ok(total);
        }
    }
}

/// Appends a part. Gives how many leaves it has: none when another sequencer is at work.
async fn append(app: &App, due: Due) -> Result<u64, Error> {
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let Some(head) = log::lease(&mut transaction, due.poll_id).await? else { return Ok(0) };
    let waiting = log::take(&mut transaction, due, AT_ONCE).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let milestones = log::standing_milestones(&mut transaction, due.poll_id).await?;
    let tally = Tally::resume(milestones, log::counts(&mut transaction, due.poll_id).await?);
    let (receipts, before, count) = (app.receipts.clone(), head.clone(), waiting.len() as u64);
    // Thousands of hashes: off the async threads.
    let extended = task::blocking(move || extend(&before, &waiting, tally, &receipts)).await;
    let appended = extended.map_err(|error| Error::Api(ApiError::internal(error)))??;
    if !log::append(&mut transaction, &head, &appended).await? {
        return Ok(0);
    }
    let events: Vec<_> = appended
        .reached
        .iter()
        .map(|(milestone, reached)| {
            let event = MilestoneReached {
                poll_id: due.poll_id.to_string(),
                milestone_id: milestone.clone(),
                leaf_index: i64::try_from(reached.leaf).unwrap_or(i64::MAX),
                reach_time: Some(time_of(reached.minute)),
            };
            let (organization, key) = (head.organization_id, "voting.milestone.reached");
            poll_event(&app.clock, key, organization, due.poll_id, &event)
        })
        .collect();
    outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    if !events.is_empty() {
        app.outbox.wake();
    }
    for (milestone, reached) in &appended.reached {
        tracing::info!(poll = %due.poll_id, milestone, leaf = reached.leaf, "milestone reached");
    }
    Ok(count)
}

/// What the signatures add to a log.
fn extend(
    head: &Head,
    waiting: &[Waiting],
    mut tally: Tally,
    receipts: &ReceiptKey,
) -> Result<Appended, Error> {
    let mut tree = head.tree.clone();
    let mut appended = Appended::default();
    let mut districts = BTreeSet::new();
    for (index, signature) in (tree.size()..).zip(waiting) {
        let leaf = leaf(signature, head, receipts).ok_or_else(|| {
            Unreadable::new("voting.log_waiting", "nullifier, cast_digest or minute", head.poll_id)
        })?;
        let entry = leaf.encode();
        let bundle = appended.tiles.entry((Kind::Entries, index / u64::from(WIDTH))).or_default();
        if !push_entry(bundle, &entry) {
            return Err(Unreadable::new("voting.log_waiting", "district", head.poll_id).into());
        }
        let tiles = &mut appended.tiles;
        tree.push(Hash::leaf(&entry), |node| {
            if node.height.is_multiple_of(HEIGHT)
                && let Ok(level) = u8::try_from(node.height / HEIGHT)
            {
                let tile = (Kind::Hashes(level), node.index / u64::from(WIDTH));
                tiles.entry(tile).or_default().extend(node.hash.0);
            }
        });
        let reached = tally.add(index, &leaf);
        appended.reached.extend(reached.into_iter().map(|(id, reached)| (id.to_owned(), reached)));
        appended.identifiers.push(leaf.identifier);
        *appended.hours.entry(i64::from(leaf.minute) / HOUR).or_default() += 1;
        districts.insert(leaf.district);
    }
    for (end, counts) in tally.counts() {
        let changed = counts.by_district.iter().filter(|(district, _)| districts.contains(*district));
        appended.counts.extend(changed.map(|(district, count)| (*end, district.clone(), *count)));
    }
    (appended.size, appended.frontier) = (tree.size(), tree.to_bytes());
    Ok(appended)
}

/// The leaf of a signature. Of the signer it holds only what the sheet publishes.
fn leaf(signature: &Waiting, head: &Head, receipts: &ReceiptKey) -> Option<Leaf> {
    let nullifier = Nullifier::new(signature.nullifier.as_slice().try_into().ok()?);
    let digest = CastDigest::from_slice(&signature.cast_digest)?;
    // A signature cannot be changed, so that its revision is the first. Nobody holds the code of one on paper.
    let tracked = Tracked {
        poll: head.poll_id,
        nullifier: &nullifier,
        revision: 1,
        digest: &digest,
        ballot: SIGNATURE,
    };
    let district = if head.publishes_districts { signature.district.clone() } else { String::new() };
    Some(Leaf {
        identifier: leaf_identifier(head.poll_id, tracked, receipts),
        paper: signature.paper,
        minute: u32::try_from(signature.minute).ok()?,
        district,
    })
}

/// The identifier of a signature in its log.
fn leaf_identifier(poll: Uuid, tracked: Tracked<'_>, receipts: &ReceiptKey) -> [u8; 32] {
    identifier(poll.as_bytes(), &receipts.tracking_code(tracked).0)
}
