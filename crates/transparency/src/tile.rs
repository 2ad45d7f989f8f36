//! The tree and its entries in files: C2SP tlog-tiles.
//!
//! A tile of level L has up to 256 hashes of nodes at height 8 × L; a bundle has the entries of a tile of level 0, each after its
//! length in two bytes. A file that is full never changes, and a partial one is named with its width, so that no cache is ever wrong.

use std::fmt;
use std::str::FromStr;

use crate::hash::{Hash, SIZE};

/// Levels of the tree that a tile stands for.
pub const HEIGHT: u32 = 8;
/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u16 = 1 << HEIGHT;
/// The highest level there can be.
const MAX_LEVEL: u8 = 63;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes of this level.
    Hashes(u8),
    /// Entries.
    Entries,
}

/// A file of the log. As text it is its path, such as `tile/0/x001/067` or `tile/entries/000.p/17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What is in it.
    pub kind: Kind,
    /// Its place among those of its kind.
    pub index: u64,
    /// How many hashes or entries it has: 1 to 256.
    pub width: u16,
}

/// A path that names no file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no path of a tile, such as tile/0/000, tile/1/x001/067.p/3 or tile/entries/000")]
pub struct NotATile;

impl Tile {
    /// The tile with a full node in a tree of `size`, and where its hashes begin there; the node is over `1 << height` of them.
    /// Nothing when the tree has no such node.
    #[must_use]
    pub fn of_node(height: u32, index: u64, size: u64) -> Option<(Self, NodePlace)> {
        let (level, height) = (height / HEIGHT, height % HEIGHT);
        let first = index.checked_shl(height).filter(|first| first >> height == index)?;
        let count = level.checked_mul(HEIGHT).and_then(|bits| size.checked_shr(bits)).unwrap_or(0);
        let end = first.checked_add(1 << height)?;
        let width = u64::from(WIDTH);
        let tile = first / width;
        let present = count.saturating_sub(tile * width).min(width);
        if end > count {
            return None;
        }
        let kind = Kind::Hashes(u8::try_from(level).ok()?);
        let begin = usize::try_from(first % width).ok()?;
        Some((Self { kind, index: tile, width: u16::try_from(present).ok()? }, NodePlace { begin, height }))
    }

    /// Every file of a tree of `size`, as a mirror keeps it: the bundles, and the tiles level by level.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let kinds = std::iter::once((Kind::Entries, size)).chain((0..=MAX_LEVEL).map_while(move |level| {
            let count = size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0);
            (count > 0).then_some((Kind::Hashes(level), count))
        }));
        kinds.flat_map(|(kind, count)| {
            let width = u64::from(WIDTH);
            (0..count.div_ceil(width)).map(move |index| {
                let present = (count - index * width).min(width);
                Self { kind, index, width: u16::try_from(present).unwrap_or(WIDTH) }
            })
        })
    }

    /// Whether it never grows any more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.width == WIDTH
    }
}

/// Where a node's hashes lie in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodePlace {
    begin: usize,
    height: u32,
}

impl NodePlace {
    /// The node's hash, from the tile's bytes.
    #[must_use]
    pub fn hash(self, tile: &[u8]) -> Option<Hash> {
        let count = 1_usize << self.height;
        let bytes = tile.get(self.begin * SIZE..(self.begin + count) * SIZE)?;
        let mut hashes: Vec<Hash> = bytes.as_chunks::<SIZE>().0.iter().map(|hash| Hash(*hash)).collect();
        while hashes.len() > 1 {
            hashes =
                hashes.as_chunks::<2>().0.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
        }
        hashes.pop()
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1_000];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = NotATile;

    fn from_str(path: &str) -> Result<Self, NotATile> {
        let rest = path.strip_prefix("tile/").ok_or(NotATile)?;
        let (kind, rest) = rest.split_once('/').ok_or(NotATile)?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes(number(level).filter(|level| *level <= MAX_LEVEL).ok_or(NotATile)?),
        };
        let (place, width) = match rest.split_once(".p/") {
            Some((place, width)) => (place, number(width).filter(|width| *width < WIDTH).ok_or(NotATile)?),
            None => (rest, WIDTH),
        };
        let mut index = 0_u64;
        let groups = place.split('/').count();
        for (number, group) in place.split('/').enumerate() {
            let digits = if number + 1 < groups { group.strip_prefix('x').ok_or(NotATile)? } else { group };
            let three = digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
            let value: u64 = digits.parse().ok().filter(|_| three).ok_or(NotATile)?;
            index = index.checked_mul(1_000).and_then(|index| index.checked_add(value)).ok_or(NotATile)?;
        }
        let tile = Self { kind, index, width };
        // There is one path for each file: x000/000 is none.
        if width > 0 && tile.to_string() == path { Ok(tile) } else { Err(NotATile) }
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Appends an entry to a bundle. Gives whether it is short enough.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Ok(length) = u16::try_from(entry.len()) else { return false };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    true
}

/// The entries of a bundle; nothing when its bytes are none.
#[must_use]
pub fn entries(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(usize::from(WIDTH));
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

/// The beginning of a bundle, with this many entries.
#[must_use]
pub fn first_entries(bundle: &[u8], count: u16) -> Option<&[u8]> {
    let mut end = 0;
    for _ in 0..count {
        let length = bundle.get(end..end + 2)?;
        end += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    bundle.get(..end)
}
