//! A tree that grows, as far as its head needs it.

use crate::hash::{Hash, SIZE};

/// The roots of the full subtrees that a tree consists of, the largest first: all that is needed to append to it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// A node that will never change: its height above the leaves, its place among those of this height, and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0 for a leaf.
    pub height: u32,
    /// From 0, from the left.
    pub index: u64,
    /// The hash.
    pub hash: Hash,
}

impl Frontier {
    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of an entry. `settled` is told of each node that is full now, leaf first.
    pub fn push(&mut self, leaf: Hash, mut settled: impl FnMut(Node)) {
        let (mut height, mut hash) = (0, leaf);
        settled(Node { height, index: self.size, hash });
        while self.size >> height & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = Hash::node(left, hash);
            height += 1;
            settled(Node { height, index: self.size >> height, hash });
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let folded = self.roots.iter().rev().copied().reduce(|right, left| Hash::node(left, right));
        folded.unwrap_or_else(Hash::empty)
    }

    /// As bytes, to be kept beside the size.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.iter().flat_map(|root| root.0).collect()
    }

    /// From what was kept; nothing when the two do not belong together.
    #[must_use]
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (roots, rest) = bytes.as_chunks::<SIZE>();
        let fits = rest.is_empty() && roots.len() == size.count_ones() as usize;
        fits.then(|| Self { size, roots: roots.iter().map(|root| Hash(*root)).collect() })
    }
}
