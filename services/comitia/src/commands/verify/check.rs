//! The check itself: what a log says is compared with what its entries add up to.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, SecondsFormat};
use comitia_transparency::sheet::{Corrected, Recount, Tally, identifier};
use comitia_transparency::tile::{Kind, Tile};
use comitia_transparency::{Checkpoint, Hash, VerifierKeys};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::corrections;
use super::description::Description;
use super::source::Source;

/// What the person asks for.
#[derive(Default)]
pub(super) struct Options {
    /// The keys that the person trusts.
    pub keys: Option<VerifierKeys>,
    /// An earlier checkpoint.
    pub since: Option<Vec<u8>>,
    /// A tracking code.
    pub receipt: Option<[u8; 16]>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Report {
    pub origin: String,
    /// Entries of the log.
    pub size: u64,
    /// Signatures that counted when counts and milestones were published.
    pub published: u64,
    /// Signatures that were taken back by then.
    pub withdrawn: u64,
    /// Signatures that corrections had set aside by then.
    pub set_aside: u64,
    /// The corrections by then.
    pub corrections: Vec<Corrected>,
    pub root: Hash,
    /// Whether the keys are the person's.
    pub own_keys: bool,
    pub districts: BTreeMap<String, u64>,
    pub milestones: Vec<Found>,
    /// The place of the receipt's signature.
    pub receipt: Option<u64>,
    /// The size of the earlier checkpoint that the log continues.
    pub since: Option<u64>,
    /// What does not agree.
    pub altered: Vec<String>,
}

/// A milestone as it was counted.
#[derive(Debug)]
pub(super) struct Found {
    pub id: String,
    /// The leaf, and its minute.
    pub reached: Option<(u64, String)>,
    /// Whether it holds at the published count.
    pub holds: bool,
}

impl Report {
    pub fn json(&self) -> Value {
        let milestones = self.milestones.iter().map(|found| {
            json!({
                "milestone": found.id,
                "leaf": found.reached.as_ref().map(|reached| reached.0),
                "minute": found.reached.as_ref().map(|reached| &reached.1),
                "holds": found.holds,
            })
        });
        json!({
            "origin": self.origin,
            "size": self.size,
            "published": self.published,
            "withdrawn": self.withdrawn,
            "set_aside": self.set_aside,
            "corrections": self.corrections.iter().map(corrections::json).collect::<Vec<_>>(),
            "root": self.root.to_string(),
            "own_keys": self.own_keys,
            "districts": self.districts,
            "milestones": milestones.collect::<Vec<_>>(),
            "receipt": self.receipt,
            "since": self.since,
            "altered": self.altered,
        })
    }
}

/// Checks a log.
///
/// # Errors
/// When a file is missing, or is not what could be checked at all. What is altered is in the report.
pub(super) async fn check(
    source: &Source,
    options: &Options,
    progress: &ProgressBar,
) -> anyhow::Result<Report> {
    let description = Description::read(&source.description().await?)?;
    let own_keys = options.keys.is_some();
    let keys = match &options.keys {
        Some(keys) => keys.clone(),
        None => VerifierKeys::parse(description.verifier_keys.iter().map(String::as_str))
            .context("the log names a key")?,
    };
    let mut report = Report {
        origin: description.origin.clone(),
        size: 0,
        published: description.signature_count,
        withdrawn: description.withdrawn_count,
        set_aside: description.set_aside_count,
        corrections: Vec::new(),
        root: Hash::empty(),
        own_keys,
        districts: BTreeMap::new(),
        milestones: Vec::new(),
        receipt: None,
        since: None,
        altered: Vec::new(),
    };
    let heads = match heads(source, options, &description, &keys).await? {
        Ok(heads) => heads,
        Err(why) => {
            report.altered.push(why);
            return Ok(report);
        }
    };
    (report.size, report.root) = (heads.head.size, heads.head.root);
    let milestones: Vec<_> =
        description.milestones.iter().map(|one| one.milestone()).collect::<Result<_, _>>()?;
    let sizes = heads.all().map(|head| head.size);
    let mut recount = Recount::new(milestones, sizes, description.entries());
    if let Some(why) = read(source, &mut recount, heads.head.size, progress).await? {
        report.altered.push(why);
        return Ok(report);
    }
    for (head, what) in
        heads.all().zip(["the checkpoint", "the published checkpoint", "the earlier checkpoint"])
    {
        if recount.root(head.size) != Some(head.root) {
            report.altered.push(format!("{what} of {} entries is not that of these entries", head.size));
        }
    }
    report.since = heads.since.as_ref().map(|since| since.size).filter(|_| report.altered.is_empty());
    compare(&mut report, &description, recount.counted());
    let entries = description.entries();
    report.corrections = recount.corrected().iter().filter(|one| one.index < entries).cloned().collect();
    corrections::compare(&mut report, &description);
    if let Some(code) = &options.receipt {
        match recount.find(&identifier(description.poll_id.as_bytes(), code)) {
            Some(leaf) => report.receipt = Some(leaf),
            None => report.altered.push("the signature of the receipt is not in the log".to_owned()),
        }
    }
    Ok(report)
}

/// The signed heads.
struct Heads {
    head: Checkpoint,
    published: Checkpoint,
    since: Option<Checkpoint>,
}

impl Heads {
    fn all(&self) -> impl Iterator<Item = &Checkpoint> {
        [&self.head, &self.published].into_iter().chain(&self.since)
    }
}

/// Reads the heads; or says what is wrong with one of them.
async fn heads(
    source: &Source,
    options: &Options,
    description: &Description,
    keys: &VerifierKeys,
) -> anyhow::Result<Result<Heads, String>> {
    let open = |what: &str, note: &[u8]| {
        let checkpoint = Checkpoint::open(note, keys).map_err(|why| format!("{what} {why}"))?;
        if checkpoint.origin == description.origin {
            Ok(checkpoint)
        } else {
            Err(format!("{what} is that of the log {:?}", checkpoint.origin))
        }
    };
    let newest = source.read("checkpoint").await?;
    let heads = || {
        let published = open("the published checkpoint", description.checkpoint.as_bytes())?;
        if published.size != description.entries() {
            return Err(format!(
                "{}, and the checkpoint beside them has {} entries",
                published_counts(description),
                published.size
            ));
        }
        let newest = open("the checkpoint", &newest)?;
        // A cache on the way may hold a checkpoint that is seconds older than the counts.
        let head = if newest.size < published.size { published.clone() } else { newest };
        let since = options.since.as_deref().map(|note| open("the earlier checkpoint", note)).transpose()?;
        match &since {
            Some(since) if since.size > head.size => {
                Err(format!("the log has {} entries, and had {} before", head.size, since.size))
            }
            _ => Ok(Heads { head, published, since }),
        }
    };
    Ok(heads())
}

/// Reads all entries and tiles; or says what is wrong with one of them.
async fn read(
    source: &Source,
    recount: &mut Recount,
    size: u64,
    progress: &ProgressBar,
) -> anyhow::Result<Option<String>> {
    progress.set_length(size);
    let files = stream::iter(Tile::all(size)).map(|tile| async move {
        let bytes = source.read(&tile.to_string()).await?;
        anyhow::Ok((tile, bytes))
    });
    // In order: first the entries, then the tiles over them.
    let mut files = std::pin::pin!(files.buffered(source.at_once()));
    let mut once = false;
    while let Some((tile, bytes)) = files.try_next().await? {
        let fault = match tile.kind {
            Kind::Entries => recount.add(tile, &bytes),
            Kind::Hashes(_) if !once => {
                once = true;
                recount.check_once().and_then(|()| recount.check(tile, &bytes))
            }
            Kind::Hashes(_) => recount.check(tile, &bytes),
        };
        if let Err(fault) = fault {
            return Ok(Some(fault.to_string()));
        }
        progress.set_position(recount.size());
    }
    ensure!(recount.size() == size, "the log could not be read to its end");
    Ok(None)
}

/// The counts as they are published.
fn published_counts(description: &Description) -> String {
    let aside = match (description.set_aside_count, description.corrections.len()) {
        (0, 0) => String::new(),
        (aside, corrections) => format!(", with {aside} set aside by {corrections} corrections"),
    };
    format!(
        "{} signatures and {} withdrawn ones are published{aside}",
        description.signature_count, description.withdrawn_count
    )
}

/// Compares what was published with what was counted.
fn compare(report: &mut Report, description: &Description, counted: Option<&Tally>) {
    let Some(tally) = counted else {
        report.altered.push("the published count is that of no beginning of the log".to_owned());
        return;
    };
    let counts = tally.all();
    let set_aside = u64::try_from(tally.set_aside()).unwrap_or(0);
    let counted = (counts.total, tally.withdrawn(), set_aside);
    if counted != (description.signature_count, description.withdrawn_count, description.set_aside_count) {
        let counted = format!("{} and {}", counts.total, tally.withdrawn());
        let aside = if (set_aside, description.set_aside_count) == (0, 0) {
            String::new()
        } else {
            format!(", and {set_aside} that are set aside")
        };
        report.altered.push(format!("{}, and there are {counted}{aside}", published_counts(description)));
    }
    if !description.publishes_districts && counts.by_district.keys().any(|district| !district.is_empty()) {
        report.altered.push("entries name districts, which the sheet does not publish".to_owned());
    }
    if description.publishes_districts {
        compare_districts(report, description, &counts.by_district);
        report.districts = counts.by_district;
    }
    compare_milestones(report, description, tally);
}

fn compare_districts(report: &mut Report, description: &Description, counted: &BTreeMap<String, u64>) {
    let stated: BTreeMap<_, _> =
        description.districts.iter().map(|one| (&one.district, one.signature_count)).collect();
    let all: BTreeSet<_> = stated.keys().copied().chain(counted.keys()).collect();
    for district in all {
        let of = |counts: Option<&u64>| counts.copied().unwrap_or(0);
        let (stated, counted) = (of(stated.get(district)), of(counted.get(district)));
        if stated != counted {
            report.altered.push(format!(
                "{stated} signatures of the district {district:?} are published, and there are {counted}"
            ));
        }
    }
}

fn compare_milestones(report: &mut Report, description: &Description, tally: &Tally) {
    let counted = tally.milestones().zip(tally.holding());
    for (stated, ((milestone, reached), holds)) in description.milestones.iter().zip(counted) {
        let (said, found) = (stated.reached.as_ref().map(|at| at.leaf_index), reached.map(|at| at.leaf));
        if said != found {
            let word = |leaf: Option<u64>| {
                leaf.map_or_else(
                    || "not reached".to_owned(),
                    |leaf| format!("reached with entry {}", leaf + 1),
                )
            };
            report.altered.push(format!(
                "milestone {}: published as {}, counted as {}",
                milestone.id,
                word(said),
                word(found)
            ));
        }
        // Proto's JSON leaves out what is false, and servers before withdrawals say nothing of it.
        if stated.holds.unwrap_or(holds) != holds {
            let word = |holds| if holds { "holding" } else { "not holding" };
            report.altered.push(format!(
                "milestone {}: published as {}, counted as {}",
                milestone.id,
                word(!holds),
                word(holds)
            ));
        }
        let time = |minute: u32| {
            let time = DateTime::from_timestamp(i64::from(minute) * 60, 0).unwrap_or_default();
            time.to_rfc3339_opts(SecondsFormat::Secs, true)
        };
        let reached = reached.map(|at| (at.leaf, time(at.minute)));
        report.milestones.push(Found { id: milestone.id.clone(), reached, holds });
    }
}
