//! Proofs that an entry is in a tree, and that a tree continues an earlier one (RFC 9162, section 2.1).

use crate::hash::Hash;

/// A node that a proof needs is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {index} at height {height} is missing")]
pub struct Missing {
    /// How high above the leaves.
    pub height: u32,
    /// Its place among those of this height.
    pub index: u64,
}

/// The proof that leaf `index` is in the tree of `size`. `node` gives full nodes by height and index.
///
/// # Errors
/// [`Missing`] for the first node that is not there. An index outside the tree has no proof: no node of it is asked for.
pub fn inclusion(
    index: u64,
    size: u64,
    node: &mut impl FnMut(u32, u64) -> Option<Hash>,
) -> Result<Vec<Hash>, Missing> {
    let mut path = Vec::new();
    let (mut low, mut high) = (0, size);
    if index >= size {
        return Err(Missing { height: 0, index });
    }
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range(middle, high, node)?);
            high = middle;
        } else {
            path.push(range(low, middle, node)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `size` begins with the tree of `old`.
///
/// # Errors
/// [`Missing`] for the first node that is not there, and where `old` is the larger one.
pub fn consistency(
    old: u64,
    size: u64,
    node: &mut impl FnMut(u32, u64) -> Option<Hash>,
) -> Result<Vec<Hash>, Missing> {
    if old > size {
        return Err(Missing { height: 0, index: old - 1 });
    }
    let mut path = Vec::new();
    if old == 0 || old == size {
        return Ok(path);
    }
    let (mut low, mut high) = (0, size);
    // Whether the old tree's root is this subtree's, so that the verifier has it.
    let mut whole = true;
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range(middle, high, node)?);
            high = middle;
        } else {
            path.push(range(low, middle, node)?);
            low = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range(low, high, node)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `proof` shows that the leaf with this hash is entry `index` of the tree of `size` with this `root`.
#[must_use]
pub fn includes(proof: &[Hash], index: u64, leaf: Hash, size: u64, root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = Hash::node(sibling, hash);
            // A node without a sibling is its parent.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether `proof` shows that the tree of `size` with `root` begins with the tree of `old` with `old_root`.
#[must_use]
pub fn continues(proof: &[Hash], old: u64, old_root: Hash, size: u64, root: Hash) -> bool {
    if old > size {
        return false;
    }
    if old == 0 {
        return proof.is_empty() && old_root == Hash::empty() && (size > 0 || root == old_root);
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    let (mut place, mut last) = (old - 1, size - 1);
    let mut steps = proof.iter().copied();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            before = Hash::node(step, before);
            after = Hash::node(step, after);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            after = Hash::node(after, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && before == old_root && after == root
}

/// The largest power of two below `count`, which is above 1.
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The hash over the leaves from `low` until `high`.
fn range(low: u64, high: u64, node: &mut impl FnMut(u32, u64) -> Option<Hash>) -> Result<Hash, Missing> {
    let count = high - low;
    if count.is_power_of_two() {
        let height = count.trailing_zeros();
        let index = low >> height;
        return node(height, index).ok_or(Missing { height, index });
    }
    let middle = low + split(count);
    Ok(Hash::node(range(low, middle, node)?, range(middle, high, node)?))
}
