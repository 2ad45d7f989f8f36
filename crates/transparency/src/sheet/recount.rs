//! The recount of a sheet from its files.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::correction::{Change, Correction, Entry, Refused, Register, Signed, correction_key};
use super::leaf::Leaf;
use super::milestone::{Changed, Effect, Milestone, Reached, Tally};
use crate::hash::Hash;
use crate::tile::{self, HEIGHT, Kind, Tile, WIDTH};
use crate::tree::Frontier;

/// What is wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A bundle is cut off, or has another number of entries than its name says.
    #[error("{0} does not have the entries that it should")]
    Bundle(Tile),
    /// An entry is not that of a signature.
    #[error("entry {0} is neither a signature nor a withdrawal nor a correction")]
    Entry(u64),
    /// A withdrawal takes back nothing, or what was taken back before.
    #[error("entry {0} withdraws no signature that stands before it")]
    Unsigned(u64),
    /// A correction is none.
    #[error("entry {entry} is a correction that {why}")]
    Correction {
        /// The entry.
        entry: u64,
        /// Why.
        why: Refused,
    },
    /// Two signatures have one identifier.
    #[error("the signature of entry {first} is there again as entry {again}")]
    Twice {
        /// The first one.
        first: u64,
        /// The other one.
        again: u64,
    },
    /// A tile has other hashes than the entries.
    #[error("{0} does not have the hashes of the entries")]
    Tile(Tile),
}

/// A correction, and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The place of its entry.
    pub index: u64,
    /// What it says.
    pub correction: Correction,
    /// What it did.
    pub effect: Effect,
}

/// Adds up a log from its bundles, which come in order.
#[derive(Debug)]
pub struct Recount {
    frontier: Frontier,
    tally: Tally,
    /// What each entry is found by.
    keys: Vec<[u8; 32]>,
    /// Minute and district of each entry.
    places: Vec<(u32, u32)>,
    channels: Vec<Channel>,
    districts: HashMap<String, u32>,
    names: Vec<String>,
    /// The minutes of withdrawals, by the places of what they take back.
    withdrawn: HashMap<usize, u32>,
    register: Register,
    corrected: Vec<Corrected>,
    /// The signatures that stand, by their identifiers; made for the first withdrawal.
    standing: Option<HashMap<[u8; 32], usize>>,
    /// The hashes of each level.
    levels: Vec<Vec<Hash>>,
    wanted: BTreeSet<u64>,
    roots: BTreeMap<u64, Hash>,
    /// The counts when the log had this many entries.
    count_at: u64,
    counted: Option<Tally>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Online,
    Paper,
    /// It is no signature.
    None,
}

impl Recount {
    /// Of a sheet with these milestones. Roots are kept at the sizes `wanted`, the counts at `count_at`.
    #[must_use]
    pub fn new(
        milestones: impl IntoIterator<Item = Milestone>,
        wanted: impl IntoIterator<Item = u64>,
        count_at: u64,
    ) -> Self {
        let mut recount = Self {
            frontier: Frontier::default(),
            tally: Tally::new(milestones),
            keys: Vec::new(),
            places: Vec::new(),
            channels: Vec::new(),
            districts: HashMap::new(),
            names: Vec::new(),
            withdrawn: HashMap::new(),
            register: Register::default(),
            corrected: Vec::new(),
            standing: None,
            levels: Vec::new(),
            wanted: wanted.into_iter().collect(),
            roots: BTreeMap::new(),
            count_at,
            counted: None,
        };
        recount.note();
        recount
    }

    fn note(&mut self) {
        let size = self.frontier.size();
        if self.wanted.contains(&size) {
            self.roots.insert(size, self.frontier.root());
        }
        if size == self.count_at {
            self.counted = Some(self.tally.clone());
        }
    }

    /// Adds the next bundle.
    ///
    /// # Errors
    /// [`Fault`] when it is not what its name says.
    pub fn add(&mut self, tile: Tile, bundle: &[u8]) -> Result<(), Fault> {
        let wrong = Fault::Bundle(tile);
        let due = tile.kind == Kind::Entries && tile.index * u64::from(WIDTH) == self.frontier.size();
        let entries = tile::entries(bundle)
            .filter(|entries| due && entries.len() == usize::from(tile.width))
            .ok_or(wrong)?;
        for entry in entries {
            let index = self.frontier.size();
            match Entry::decode(entry).ok_or(Fault::Entry(index))? {
                Entry::Leaf(leaf) => self.count(index, &leaf)?,
                Entry::Correction(correction) => self.correct(index, correction)?,
            }
            let levels = &mut self.levels;
            self.frontier.push(Hash::leaf(entry), |node| {
                if node.height.is_multiple_of(HEIGHT) {
                    let level = (node.height / HEIGHT) as usize;
                    if levels.len() <= level {
                        levels.push(Vec::new());
                    }
                    levels[level].push(node.hash);
                }
            });
            self.note();
        }
        Ok(())
    }

    /// Counts a signature or a withdrawal.
    fn count(&mut self, index: u64, leaf: &Leaf) -> Result<(), Fault> {
        let place = (leaf.minute, self.district(&leaf.district));
        if leaf.withdrawal {
            let signed = self.signed(leaf, place.1).ok_or(Fault::Unsigned(index))?;
            let (minute, _) = self.places[signed];
            self.withdrawn.insert(signed, leaf.minute);
            // A withdrawal has channel and district of its signature.
            let signature = Signed { minute, ..leaf.signed() };
            let set_aside = self.register.sets_aside(signed as u64, signature);
            self.tally.take_back(minute, leaf, set_aside);
        } else {
            self.tally.add(index, leaf);
            if let Some(standing) = &mut self.standing {
                standing.insert(leaf.identifier, self.places.len());
            }
        }
        self.places.push(place);
        self.keys.push(leaf.key());
        self.channels.push(match (leaf.withdrawal, leaf.paper) {
            (true, _) => Channel::None,
            (false, true) => Channel::Paper,
            (false, false) => Channel::Online,
        });
        Ok(())
    }

    /// Makes a correction.
    fn correct(&mut self, index: u64, correction: Correction) -> Result<(), Fault> {
        let change = self.register.add(index, &correction);
        let change = change.map_err(|why| Fault::Correction { entry: index, why })?;
        let changed = change.as_ref().map(|change| self.changed(change)).unwrap_or_default();
        let at = Reached { leaf: index, minute: correction.minute };
        let effect = self.tally.correct(at, &changed, change.is_some_and(|change| change.back));
        self.places.push((correction.minute, u32::MAX));
        self.keys.push(correction_key(correction.number));
        self.channels.push(Channel::None);
        self.corrected.push(Corrected { index, correction, effect });
        Ok(())
    }

    /// The signatures that a change is for.
    fn changed(&self, change: &Change) -> Changed {
        let mut changed = Changed::default();
        let place = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(self.places.len());
        for place in place(change.selection.first)..place(change.selection.end) {
            let ((minute, district), channel) = (self.places[place], self.channels[place]);
            let Some(district) = self.names.get(district as usize).filter(|_| channel != Channel::None)
            else {
                continue;
            };
            let signed = Signed { minute, paper: channel == Channel::Paper, district };
            if self.register.changes(change, place as u64, signed) {
                changed.add(district, minute, self.withdrawn.get(&place).copied());
            }
        }
        changed
    }

    /// The number that stands for a district.
    fn district(&mut self, name: &str) -> u32 {
        if let Some(number) = self.districts.get(name) {
            return *number;
        }
        let number = u32::try_from(self.districts.len()).unwrap_or(u32::MAX);
        self.districts.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// The place of the signature that a withdrawal in this district takes back. It stands no longer.
    fn signed(&mut self, withdrawal: &Leaf, district: u32) -> Option<usize> {
        let signatures = self.keys.iter().zip(&self.channels).zip(0..);
        let signatures = signatures.filter(|((_, channel), _)| **channel != Channel::None);
        let standing =
            self.standing.get_or_insert_with(|| signatures.map(|((key, _), place)| (*key, place)).collect());
        let place = standing.remove(&withdrawal.identifier)?;
        let channel = if withdrawal.paper { Channel::Paper } else { Channel::Online };
        let same = self.places.get(place)?.1 == district && self.channels.get(place) == Some(&channel);
        same.then_some(place)
    }

    /// Whether a tile has the hashes of the entries.
    ///
    /// # Errors
    /// [`Fault::Tile`] when it has others.
    pub fn check(&self, tile: Tile, bytes: &[u8]) -> Result<(), Fault> {
        let hashes = || {
            let Kind::Hashes(level) = tile.kind else { return None };
            let begin = usize::try_from(tile.index.checked_mul(u64::from(WIDTH))?).ok()?;
            self.levels.get(usize::from(level))?.get(begin..begin + usize::from(tile.width))
        };
        let same = hashes().is_some_and(|hashes| hashes.iter().flat_map(|hash| &hash.0).eq(bytes));
        if same { Ok(()) } else { Err(Fault::Tile(tile)) }
    }

    /// Whether each signature is there once, and each withdrawal.
    ///
    /// # Errors
    /// [`Fault::Twice`] for the first that is there again.
    pub fn check_once(&self) -> Result<(), Fault> {
        let mut order: Vec<u64> = (0..).take(self.keys.len()).collect();
        let of = |index: u64| usize::try_from(index).ok().and_then(|index| self.keys.get(index));
        order.sort_unstable_by_key(|index| (of(*index), *index));
        let twice = order.windows(2).filter(|pair| of(pair[0]) == of(pair[1]));
        match twice.map(|pair| (pair[1], pair[0])).min() {
            Some((again, first)) => Err(Fault::Twice { first, again }),
            None => Ok(()),
        }
    }

    /// The place of the signature with this identifier; of a withdrawal by its key.
    #[must_use]
    pub fn find(&self, identifier: &[u8; 32]) -> Option<u64> {
        self.keys.iter().position(|known| known == identifier).and_then(|place| u64::try_from(place).ok())
    }

    /// The corrections in their order, and what they did.
    #[must_use]
    pub fn corrected(&self) -> &[Corrected] {
        &self.corrected
    }

    /// Whether the signature at this place is set aside.
    #[must_use]
    pub fn is_set_aside(&self, index: u64) -> bool {
        let Some(place) = usize::try_from(index).ok().filter(|place| *place < self.places.len()) else {
            return false;
        };
        let (minute, district) = self.places[place];
        let Some(district) = self.names.get(district as usize) else { return false };
        let paper = match self.channels[place] {
            Channel::None => return false,
            channel => channel == Channel::Paper,
        };
        self.register.sets_aside(index, Signed { minute, paper, district })
    }

    /// The root when the log had this many entries, if it was wanted.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        self.roots.get(&size).copied()
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The counts when the log had as many entries as asked for.
    #[must_use]
    pub fn counted(&self) -> Option<&Tally> {
        self.counted.as_ref()
    }

    /// The counts over everything.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}
