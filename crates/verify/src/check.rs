//! The check itself: what a log says is compared with what its entries add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use comitia_transparency::sheet::{Fault, Recount, TEXT_EXTENSION, identifier, text_digest};
use comitia_transparency::tile::{Kind, Tile};
use comitia_transparency::{Checkpoint, Hash, VerifierKeys};

use crate::compare::published_counts;
use crate::description::Description;
use crate::error::Error;
use crate::report::{Part, Report};
use crate::{compare, corrections};

/// What the person asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The keys that the person trusts; without any, those that the log names itself.
    pub keys: Option<VerifierKeys>,
    /// An earlier checkpoint.
    pub since: Option<Vec<u8>>,
    /// The bits of a tracking code.
    pub receipt: Option<[u8; 16]>,
}

/// A file of a log. As text it is its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The text that is signed.
    Text,
    /// Entries, or hashes of the tree.
    Tile(Tile),
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Tile(tile) => tile.fmt(f),
        }
    }
}

/// A check under way: it is given the files of [`Check::files`], in their order, and then says what it found.
#[derive(Debug)]
pub struct Check {
    description: Description,
    poll: [u8; 16],
    receipt: Option<[u8; 16]>,
    /// Nothing where one of them cannot be trusted, so that there is nothing to read.
    heads: Option<Heads>,
    recount: Recount,
    report: Report,
    once: bool,
}

impl Check {
    /// Begins with the description of a log and its newest checkpoint.
    ///
    /// # Errors
    /// When they are not what could be checked at all. What is altered is in the report.
    pub fn begin(description: &[u8], checkpoint: &[u8], options: Options) -> Result<Self, Error> {
        let description = Description::read(description)?;
        let poll = description.poll()?;
        let own_keys = options.keys.is_some();
        let keys = match options.keys {
            Some(keys) => keys,
            None => VerifierKeys::parse(description.verifier_keys.iter().map(String::as_str))?,
        };
        let mut report = report(&description, own_keys);
        report.asked.extend(options.since.as_ref().map(|_| Part::Continued));
        report.asked.extend(options.receipt.map(|_| Part::Receipt));
        let heads = match Heads::open(&description, checkpoint, options.since.as_deref(), &keys) {
            Ok(heads) => Some(heads),
            Err((part, why)) => {
                report.altered(part, why);
                None
            }
        };
        let mut milestones = Vec::new();
        if let Some(heads) = &heads {
            report.done.insert(Part::Signed);
            (report.size, report.root) = (heads.head.size, heads.head.root);
            for one in &description.milestones {
                milestones.push(one.milestone()?);
            }
            heads.check_text(&description.text_digest, &mut report);
        }
        let sizes: Vec<_> = heads.iter().flat_map(Heads::all).map(|(head, _)| head.size).collect();
        let recount = Recount::new(milestones, sizes, description.entries());
        Ok(Self { description, poll, receipt: options.receipt, heads, recount, report, once: false })
    }

    /// How many entries there are to read.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.heads.as_ref().map_or(0, |heads| heads.head.size)
    }

    /// How many entries were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.recount.size()
    }

    /// The files to read: the text, the entries, then the tiles over them.
    pub fn files(&self) -> impl Iterator<Item = File> + use<> {
        let text = (self.heads.is_some() && self.report.text.is_some()).then_some(File::Text);
        text.into_iter().chain(Tile::all(self.size()).map(File::Tile))
    }

    /// Takes the next file. Gives whether there is a point in reading on.
    pub fn add(&mut self, file: File, bytes: &[u8]) -> bool {
        let fault = match file {
            File::Text => {
                self.add_text(bytes);
                return true;
            }
            File::Tile(tile) => self.add_tile(tile, bytes),
        };
        let Err(fault) = fault else { return true };
        let part = match fault {
            Fault::Bundle(_) | Fault::Entry(_) | Fault::Tile(_) => Part::Tree,
            Fault::Unsigned(_) | Fault::Twice { .. } => Part::Once,
            Fault::Correction { .. } => Part::Corrections,
        };
        self.report.altered(part, fault.to_string());
        self.heads = None;
        false
    }

    fn add_text(&mut self, bytes: &[u8]) {
        let digest = hex::encode(text_digest(bytes));
        if self.report.text.as_ref() != Some(&digest) {
            let why = "the text is not the one whose digest is published";
            self.report.altered(Part::Text, why);
        }
        self.report.done.insert(Part::Text);
    }

    fn add_tile(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), Fault> {
        if tile.kind == Kind::Entries {
            return self.recount.add(tile, bytes);
        }
        if !self.once {
            self.once = true;
            self.recount.check_once()?;
            self.report.done.insert(Part::Once);
        }
        self.recount.check(tile, bytes)
    }

    /// What was found, once all files were taken, or one that ends the check.
    ///
    /// # Errors
    /// When files are missing.
    pub fn finish(self) -> Result<Report, Error> {
        let Self { description, poll, receipt, heads, recount, mut report, .. } = self;
        let Some(heads) = heads else { return Ok(report) };
        if recount.size() != heads.head.size {
            return Err(Error::Short);
        }
        for (head, what) in heads.all() {
            if recount.root(head.size) != Some(head.root) {
                let part = if what == "the earlier checkpoint" { Part::Continued } else { Part::Tree };
                let why = format!("{what} of {} entries is not that of these entries", head.size);
                report.altered(part, why);
            }
        }
        report.done.extend([Part::Tree, Part::Once, Part::Continued]);
        let unchanged = report.faults.iter().all(|fault| fault.part == Part::Text);
        report.since = heads.since.as_ref().map(|since| since.size).filter(|_| unchanged);
        compare::compare(&mut report, &description, recount.counted());
        let entries = description.entries();
        report.corrections = recount.corrected().iter().filter(|one| one.index < entries).cloned().collect();
        corrections::compare(&mut report, &description);
        if let Some(code) = receipt {
            report.done.insert(Part::Receipt);
            report.receipt = recount.find(&identifier(&poll, &code));
            if report.receipt.is_none() {
                report.altered(Part::Receipt, "the signature of the receipt is not in the log");
            }
        }
        Ok(report)
    }
}

/// A report in which nothing is checked yet.
fn report(description: &Description, own_keys: bool) -> Report {
    let asked = [Part::Signed, Part::Tree, Part::Once, Part::Counts, Part::Milestones, Part::Corrections];
    Report {
        origin: description.origin.clone(),
        size: 0,
        published: description.signature_count,
        withdrawn: description.withdrawn_count,
        set_aside: description.set_aside_count,
        corrections: Vec::new(),
        root: Hash::empty(),
        text: Some(description.text_digest.clone()).filter(|digest| !digest.is_empty()),
        own_keys,
        districts: BTreeMap::new(),
        milestones: Vec::new(),
        receipt: None,
        since: None,
        faults: Vec::new(),
        asked: BTreeSet::from(asked),
        done: BTreeSet::new(),
    }
}

/// The signed heads.
#[derive(Debug)]
struct Heads {
    head: Checkpoint,
    published: Checkpoint,
    since: Option<Checkpoint>,
}

impl Heads {
    /// Reads the heads; or says what is wrong with one of them.
    fn open(
        description: &Description,
        newest: &[u8],
        since: Option<&[u8]>,
        keys: &VerifierKeys,
    ) -> Result<Self, (Part, String)> {
        let open = |part: Part, what: &str, note: &[u8]| {
            let checkpoint = Checkpoint::open(note, keys).map_err(|why| (part, format!("{what} {why}")))?;
            if checkpoint.origin == description.origin {
                Ok(checkpoint)
            } else {
                Err((part, format!("{what} is that of the log {:?}", checkpoint.origin)))
            }
        };
        let published = open(Part::Signed, "the published checkpoint", description.checkpoint.as_bytes())?;
        if published.size != description.entries() {
            let (counts, size) = (published_counts(description), published.size);
            return Err((
                Part::Counts,
                format!("{counts}, and the checkpoint beside them has {size} entries"),
            ));
        }
        let newest = open(Part::Signed, "the checkpoint", newest)?;
        // A cache on the way may hold a checkpoint that is seconds older than the counts.
        let head = if newest.size < published.size { published.clone() } else { newest };
        let since = since.map(|note| open(Part::Continued, "the earlier checkpoint", note)).transpose()?;
        match &since {
            Some(since) if since.size > head.size => Err((
                Part::Continued,
                format!("the log has {} entries, and had {} before", head.size, since.size),
            )),
            _ => Ok(Self { head, published, since }),
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Checkpoint, &'static str)> {
        let present = [(&self.head, "the checkpoint"), (&self.published, "the published checkpoint")];
        present.into_iter().chain(self.since.iter().map(|since| (since, "the earlier checkpoint")))
    }

    /// Whether each of them names the text whose digest is published.
    fn check_text(&self, published: &str, report: &mut Report) {
        let named = |head: &Checkpoint| {
            let line = head.extensions.iter().find_map(|line| line.strip_prefix(TEXT_EXTENSION));
            line.unwrap_or_default().to_owned()
        };
        if !published.is_empty() {
            report.asked.insert(Part::Text);
        }
        for (head, what) in self.all() {
            let named = named(head);
            if named != published {
                let of = |digest: &str| if digest.is_empty() { "none".to_owned() } else { digest.to_owned() };
                let why = format!(
                    "{what} names the text {}, and the one that is published is {}",
                    of(&named),
                    of(published)
                );
                report.altered(Part::Text, why);
            }
        }
    }
}
