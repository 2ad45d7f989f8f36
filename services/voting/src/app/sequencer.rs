//! The sequencer: appends signatures and withdrawals to the public log of their poll.
//!
//! Every replica runs it. The lease of a log is a lock of the transaction that appends, so that it ends with its holder. That
//! transaction takes signatures out of those that wait and appends them: each is appended once, whatever fails. It takes only what no
//! running transaction can still precede, in the order of transactions ([`log::due`]), and forgets that order.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use comitia_bus::outbox;
use comitia_core::task;
use comitia_platform::ApiError;
use comitia_platform::database::{self, Tenant, Transaction, Unreadable};
use comitia_proto::events::v1::MilestoneReached;
use comitia_transparency::sheet::{Leaf, Register, Signed, Tally, identifier};
use comitia_transparency::tile::{HEIGHT, Kind, WIDTH, push_entry};
use comitia_transparency::{Frontier, Hash};
use opentelemetry::global;
use opentelemetry::metrics::Counter;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{App, corrections, poll_event};
use crate::domain::ballot::SIGNATURE;
use crate::domain::receipt::Tracked;
use crate::domain::sheet::time_of;
use crate::domain::{CastDigest, Nullifier, ReceiptKey};
use crate::error::Error;
use crate::store::log::{self, Appended, Due, Head, InMinute, Place, Waiting};

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
    let signed = signed(&mut transaction, &head, &waiting, &app.receipts).await?;
    let register = corrections::register(&mut transaction, &head).await?;
    let (receipts, before, count) = (app.receipts.clone(), head.clone(), waiting.len() as u64);
    // Thousands of hashes: off the async threads.
    let extended =
        task::blocking(move || extend(&before, &waiting, signed, tally, &register, &receipts)).await;
    let appended = extended.map_err(|error| Error::Api(ApiError::internal(error)))??;
    if !log::append(&mut transaction, &head, &appended).await? {
        return Ok(0);
    }
    commit(app, transaction, &head, &appended).await?;
    Ok(count)
}

/// Commits what was appended, and tells of the milestones that it reached.
pub(super) async fn commit(
    app: &App,
    mut transaction: Transaction,
    head: &Head,
    appended: &Appended,
) -> Result<(), Error> {
    let events: Vec<_> = appended
        .reached
        .iter()
        .map(|(milestone, reached)| {
            let event = MilestoneReached {
                poll_id: head.poll_id.to_string(),
                milestone_id: milestone.clone(),
                leaf_index: i64::try_from(reached.leaf).unwrap_or(i64::MAX),
                reach_time: Some(time_of(reached.minute)),
            };
            let (organization, key) = (head.organization_id, "voting.milestone.reached");
            poll_event(&app.clock, key, organization, head.poll_id, &event)
        })
        .collect();
    outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    if !events.is_empty() {
        app.outbox.wake();
    }
    for (milestone, reached) in &appended.reached {
        tracing::info!(poll = %head.poll_id, milestone, leaf = reached.leaf, "milestone reached");
    }
    Ok(())
}

/// Where the signatures stand that are taken back, of those that are in the log. The others are among what waits.
async fn signed(
    connection: &mut PgConnection,
    head: &Head,
    waiting: &[Waiting],
    receipts: &ReceiptKey,
) -> Result<HashMap<[u8; 32], Place>, Error> {
    let withdrawals = waiting.iter().filter(|one| one.withdrawal);
    let leaves = withdrawals.filter_map(|one| leaf(one, head, receipts));
    let identifiers: Vec<_> = leaves.map(|leaf| leaf.identifier).collect();
    if identifiers.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(log::places(connection, head.poll_id, &identifiers).await?)
}

/// What the signatures and withdrawals add to a log.
fn extend(
    head: &Head,
    waiting: &[Waiting],
    mut signed: HashMap<[u8; 32], Place>,
    mut tally: Tally,
    register: &Register,
    receipts: &ReceiptKey,
) -> Result<Appended, Error> {
    let mut tree = head.tree.clone();
    let mut appended = Appended::default();
    let mut districts = BTreeSet::new();
    for (index, leaf) in (tree.size()..).zip(in_order(head, waiting, &mut signed, receipts)?) {
        push(&mut tree, &mut appended, &leaf.encode())
            .ok_or_else(|| Unreadable::new("voting.log_waiting", "district", head.poll_id))?;
        let hour = appended.hours.entry(i64::from(leaf.minute) / HOUR).or_default();
        let nothing = InMinute { online: 0, paper: 0, withdrawn: 0, first: index, end: index };
        let minute = appended.minutes.entry(leaf.minute).or_insert(nothing);
        minute.end = index + 1;
        if leaf.withdrawal {
            let place = signed
                .remove(&leaf.identifier)
                .ok_or_else(|| Unreadable::new("voting.log_waiting", "withdrawal", head.poll_id))?;
            // A withdrawal has channel and district of its signature.
            let signature = Signed { minute: place.minute, ..leaf.signed() };
            tally.take_back(place.minute, &leaf, register.sets_aside(place.leaf, signature));
            appended.withdrawals += 1;
            hour.1 += 1;
            minute.withdrawn += 1;
        } else {
            let reached = tally.add(index, &leaf);
            appended.reached.extend(reached.into_iter().map(|(id, reached)| (id.to_owned(), reached)));
            hour.0 += 1;
            *if leaf.paper { &mut minute.paper } else { &mut minute.online } += 1;
        }
        appended.identifiers.push(leaf.key());
        districts.insert(leaf.district);
    }
    appended.set_aside = tally.set_aside();
    keep(&mut appended, &tree, &tally, &districts);
    Ok(appended)
}

/// Appends an entry to a tree, and to the files that it lies in. Nothing when it is too long.
pub(super) fn push(tree: &mut Frontier, appended: &mut Appended, entry: &[u8]) -> Option<()> {
    let bundle = (Kind::Entries, tree.size() / u64::from(WIDTH));
    let tiles = &mut appended.tiles;
    if !push_entry(tiles.entry(bundle).or_default(), entry) {
        return None;
    }
    tree.push(Hash::leaf(entry), |node| {
        if node.height.is_multiple_of(HEIGHT)
            && let Ok(level) = u8::try_from(node.height / HEIGHT)
        {
            let tile = (Kind::Hashes(level), node.index / u64::from(WIDTH));
            tiles.entry(tile).or_default().extend(node.hash.0);
        }
    });
    Some(())
}

/// Keeps the counts of these districts, and the tree.
pub(super) fn keep(appended: &mut Appended, tree: &Frontier, tally: &Tally, districts: &BTreeSet<String>) {
    for (end, counts) in tally.counts() {
        let changed = counts.by_district.iter().filter(|(district, _)| districts.contains(*district));
        appended.counts.extend(changed.map(|(district, count)| (*end, district.clone(), *count)));
    }
    (appended.size, appended.frontier) = (tree.size(), tree.to_bytes());
}

/// The leaves of what waits, and the places of those among them that are taken back. A withdrawal comes after its signature by its
/// transaction, unless the signature is from another server, from which this database was restored.
fn in_order(
    head: &Head,
    waiting: &[Waiting],
    signed: &mut HashMap<[u8; 32], Place>,
    receipts: &ReceiptKey,
) -> Result<Vec<Leaf>, Error> {
    let withdraws = waiting.iter().any(|one| one.withdrawal);
    let (mut leaves, mut last) = (Vec::with_capacity(waiting.len()), Vec::new());
    for one in waiting {
        let leaf = leaf(one, head, receipts).ok_or_else(|| {
            Unreadable::new("voting.log_waiting", "nullifier, cast_digest or minute", head.poll_id)
        })?;
        if leaf.withdrawal && !signed.contains_key(&leaf.identifier) {
            last.push(leaf);
            continue;
        }
        if withdraws && !leaf.withdrawal {
            let place = Place { leaf: head.tree.size() + leaves.len() as u64, minute: leaf.minute };
            signed.insert(leaf.identifier, place);
        }
        leaves.push(leaf);
    }
    leaves.append(&mut last);
    Ok(leaves)
}

/// The leaf of a signature, or of its withdrawal. Of the signer it holds only what the sheet publishes.
fn leaf(signature: &Waiting, head: &Head, receipts: &ReceiptKey) -> Option<Leaf> {
    let nullifier = Nullifier::new(signature.nullifier.as_slice().try_into().ok()?);
    let digest = CastDigest::from_slice(&signature.cast_digest)?;
    let district = if head.publishes_districts { signature.district.clone() } else { String::new() };
    Some(Leaf {
        withdrawal: signature.withdrawal,
        identifier: self::signature(head.poll_id, &nullifier, &digest, receipts),
        paper: signature.paper,
        minute: u32::try_from(signature.minute).ok()?,
        district,
    })
}

/// The identifier of a signature in its log. A signature cannot be changed, so that its revision is the first. Nobody holds the code of
/// one on paper.
pub(super) fn signature(
    poll: Uuid,
    nullifier: &Nullifier,
    digest: &CastDigest,
    receipts: &ReceiptKey,
) -> [u8; 32] {
    let tracked = Tracked { poll, nullifier, revision: 1, digest, ballot: SIGNATURE };
    identifier(poll.as_bytes(), &receipts.tracking_code(tracked).0)
}
