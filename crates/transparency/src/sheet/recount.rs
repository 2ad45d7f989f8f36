//! The recount of a sheet from its files.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::leaf::Leaf;
use super::milestone::{Milestone, Tally};
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
    #[error("entry {0} is neither a signature nor a withdrawal")]
    Entry(u64),
    /// A withdrawal takes back nothing, or what was taken back before.
    #[error("entry {0} withdraws no signature that stands before it")]
    Unsigned(u64),
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

/// Adds up a log from its bundles, which come in order.
#[derive(Debug)]
pub struct Recount {
    frontier: Frontier,
    tally: Tally,
    /// What each entry is found by.
    keys: Vec<[u8; 32]>,
    /// Minute and district of each entry.
    places: Vec<(u32, u32)>,
    districts: HashMap<String, u32>,
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
            districts: HashMap::new(),
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
            let leaf = Leaf::decode(entry).ok_or(Fault::Entry(index))?;
            let place = (leaf.minute, self.district(&leaf.district));
            if leaf.withdrawal {
                let signed = self.signed(&leaf, place.1).ok_or(Fault::Unsigned(index))?;
                self.tally.take_back(signed, &leaf);
            } else {
                self.tally.add(index, &leaf);
                if let Some(standing) = &mut self.standing {
                    standing.insert(leaf.identifier, self.places.len());
                }
            }
            self.places.push(place);
            self.keys.push(leaf.key());
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

    /// The number that stands for a district.
    fn district(&mut self, name: &str) -> u32 {
        if let Some(number) = self.districts.get(name) {
            return *number;
        }
        let number = u32::try_from(self.districts.len()).unwrap_or(u32::MAX);
        self.districts.insert(name.to_owned(), number);
        number
    }

    /// The minute of the signature that a withdrawal in this district takes back. It stands no longer.
    fn signed(&mut self, withdrawal: &Leaf, district: u32) -> Option<u32> {
        let keys = &self.keys;
        let standing =
            self.standing.get_or_insert_with(|| (0..).zip(keys).map(|(place, key)| (*key, place)).collect());
        let place = standing.remove(&withdrawal.identifier)?;
        let (minute, of) = self.places.get(place)?;
        (*of == district).then_some(*minute)
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
