//! The tree, its proofs and its tiles: against the vectors of Certificate Transparency, against another implementation, and
//! against every single alteration.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::HashMap;

use comitia_transparency::hash::Hash;
use comitia_transparency::proof::{consistency, continues, includes, inclusion};
use comitia_transparency::tile::{self, HEIGHT, Kind, Tile, WIDTH};
use comitia_transparency::tree::Frontier;
use proptest::prelude::*;

/// The leaves of Certificate Transparency's test vectors, and the roots of the first one, two, three ... of them.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// A whole log in memory.
#[derive(Default)]
struct Log {
    frontier: Frontier,
    leaves: Vec<Hash>,
    /// Roots by size.
    roots: Vec<Hash>,
    nodes: HashMap<(u32, u64), Hash>,
    levels: HashMap<u32, Vec<Hash>>,
}

impl Log {
    fn of(size: usize) -> Self {
        let mut log = Self { roots: vec![Hash::empty()], ..Self::default() };
        (0..size).for_each(|number| log.push(format!("entry {number}").as_bytes()));
        log
    }

    fn push(&mut self, entry: &[u8]) {
        let leaf = Hash::leaf(entry);
        self.leaves.push(leaf);
        let (nodes, levels) = (&mut self.nodes, &mut self.levels);
        self.frontier.push(leaf, |node| {
            nodes.insert((node.height, node.index), node.hash);
            if node.height.is_multiple_of(HEIGHT) {
                levels.entry(node.height / HEIGHT).or_default().push(node.hash);
            }
        });
        self.roots.push(self.frontier.root());
    }

    /// A node, read from the tiles of the tree of `size` alone.
    fn node_of_tiles(&self, height: u32, index: u64, size: u64) -> Option<Hash> {
        let (tile, place) = Tile::of_node(height, index, size)?;
        let Kind::Hashes(level) = tile.kind else { return None };
        let begin = usize::try_from(tile.index).unwrap() * usize::from(WIDTH);
        let hashes = &self.levels[&u32::from(level)][begin..begin + usize::from(tile.width)];
        place.hash(&hashes.iter().flat_map(|hash| hash.0).collect::<Vec<_>>())
    }
}

fn altered(hash: Hash, bit: usize) -> Hash {
    let mut hash = hash;
    hash.0[bit / 8 % 32] ^= 1 << (bit % 8);
    hash
}

/// Every place of the proofs of small trees; of large ones one that moves along.
fn altered_places(length: usize, size: u64, index: u64) -> std::ops::Range<usize> {
    let one = usize::try_from(index).unwrap().checked_rem(length).unwrap_or(0);
    if size <= 70 { 0..length } else { one..(one + 1).min(length) }
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    assert_eq!(
        hex::encode(Hash::empty().0),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let mut tree = Frontier::default();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        tree.push(Hash::leaf(&hex::decode(leaf).unwrap()), |_| {});
        assert_eq!(hex::encode(tree.root().0), root, "{} leaves", tree.size());
        let kept = Frontier::from_bytes(tree.size(), &tree.to_bytes()).unwrap();
        assert_eq!(kept, tree);
        assert_eq!(Frontier::from_bytes(2 * tree.size() + 1, &tree.to_bytes()), None);
    }
}

#[test]
fn every_proof_of_every_size_holds_and_no_altered_one_does() {
    let log = Log::of(260);
    for size in 1..=260_u64 {
        let root = log.roots[usize::try_from(size).unwrap()];
        let mut nodes = |height, index| log.nodes.get(&(height, index)).copied();
        for index in 0..size {
            let leaf = log.leaves[usize::try_from(index).unwrap()];
            let proof = inclusion(index, size, &mut nodes).unwrap();
            assert!(includes(&proof, index, leaf, size, root), "{index} of {size}");
            // One alteration each, at a place that moves along.
            let bit = usize::try_from(index * 31 + size).unwrap();
            assert!(!includes(&proof, index, altered(leaf, bit), size, root), "{index} of {size}");
            assert!(!includes(&proof, index, leaf, size, altered(root, bit)), "{index} of {size}");
            assert!(!includes(&proof, index + 1, leaf, size, root), "{index} of {size}");
            for place in altered_places(proof.len(), size, index) {
                let mut wrong = proof.clone();
                wrong[place] = altered(wrong[place], bit);
                assert!(!includes(&wrong, index, leaf, size, root), "{index} of {size}");
                let shorter = [&proof[..place], &proof[place + 1..]].concat();
                assert!(!includes(&shorter, index, leaf, size, root), "{index} of {size}");
            }
            assert!(!includes(&[proof, vec![root]].concat(), index, leaf, size, root), "{index} of {size}");
        }
        for old in 0..=size {
            let old_root = log.roots[usize::try_from(old).unwrap()];
            let proof = consistency(old, size, &mut nodes).unwrap();
            assert!(continues(&proof, old, old_root, size, root), "{old} to {size}");
            let bit = usize::try_from(old * 17 + size).unwrap();
            assert!(!continues(&proof, old, altered(old_root, bit), size, root), "{old} to {size}");
            if old > 0 {
                assert!(!continues(&proof, old, old_root, size, altered(root, bit)), "{old} to {size}");
            }
            for place in altered_places(proof.len(), size, old) {
                let mut wrong = proof.clone();
                wrong[place] = altered(wrong[place], bit);
                assert!(!continues(&wrong, old, old_root, size, root), "{old} to {size}");
            }
            assert!(!continues(&[proof, vec![root]].concat(), old, old_root, size, root), "{old} to {size}");
        }
    }
}

#[test]
fn tiles_have_every_node_of_the_tree_and_no_other() {
    let log = Log::of(600);
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 600_u64] {
        for height in 0..=11 {
            for index in 0..=(size >> height) + 1 {
                let there = index < size >> height;
                let node = log.nodes.get(&(height, index)).copied().filter(|_| there);
                assert_eq!(log.node_of_tiles(height, index, size), node, "{index} at {height} of {size}");
            }
        }
        for (height, index) in
            [(0, u64::MAX), (63, 1), (64, 0), (200, 0), (7, u64::MAX >> 3), (u32::MAX, u64::MAX)]
        {
            assert_eq!(Tile::of_node(height, index, size), None);
        }
    }
}

#[test]
fn what_is_outside_the_tree_has_no_proof() {
    let log = Log::of(5);
    let mut nodes = |height, index| log.nodes.get(&(height, index)).copied();
    assert!(inclusion(5, 5, &mut nodes).is_err());
    assert!(inclusion(0, 0, &mut nodes).is_err());
    assert!(consistency(6, 5, &mut nodes).is_err());
    assert!(inclusion(0, 6, &mut nodes).is_err(), "the sixth leaf is not there");
    assert!(!includes(&[], 0, log.leaves[0], 0, Hash::empty()));
    assert!(!continues(&[], 6, log.roots[5], 5, log.roots[5]));
}

#[test]
fn paths_are_those_of_the_specification() {
    let tile = |kind, index, width| Tile { kind, index, width }.to_string();
    assert_eq!(tile(Kind::Hashes(0), 0, 256), "tile/0/000");
    assert_eq!(tile(Kind::Hashes(1), 1_234_067, 256), "tile/1/x001/x234/067");
    assert_eq!(tile(Kind::Entries, 1_234_067, 8), "tile/entries/x001/x234/067.p/8");
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/+00",
        "tile/data/000",
        "tile/0/000/",
        "tile/0/x001/",
        "/tile/0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(wrong.parse::<Tile>().is_err(), "{wrong}");
    }
}

#[test]
fn all_files_of_a_tree_are_named_once() {
    assert_eq!(Tile::all(0).count(), 0);
    let names: Vec<_> = Tile::all(70_000).map(|tile| tile.to_string()).collect();
    assert_eq!(names.len(), 274 + 274 + 2 + 1);
    for name in
        ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    {
        assert_eq!(names.iter().filter(|known| *known == name).count(), 1, "{name}");
    }
}

#[test]
fn bundles_are_read_as_they_were_written() {
    let mut bundle = Vec::new();
    for entry in [&b"one"[..], b"", b"three"] {
        assert!(tile::push_entry(&mut bundle, entry));
    }
    assert!(!tile::push_entry(&mut bundle, &[0; 65_536]));
    assert_eq!(tile::entries(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
    assert_eq!(tile::first_entries(&bundle, 2).unwrap(), &bundle[..7]);
    assert_eq!(tile::first_entries(&bundle, 4), None);
    assert!((1..bundle.len()).filter(|end| tile::entries(&bundle[..*end]).is_some()).eq([5, 7]));
}

/// Tiles of the other implementation ask for hashes by an order of its own.
struct Stored<'l>(&'l Log);

impl tlog_tiles::HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let hash = |index: &u64| {
            let (height, place) = tlog_tiles::split_stored_hash_index(*index);
            tlog_tiles::Hash(self.0.nodes[&(u32::from(height), place)].0)
        };
        Ok(indexes.iter().map(hash).collect())
    }
}

/// Cloudflare's port of the Go checksum database's log reads ours: roots, and each proof of one by the other.
#[test]
fn another_implementation_reads_the_log() {
    let log = Log::of(300);
    let theirs = |hash: Hash| tlog_tiles::Hash(hash.0);
    let all = |proof: &[Hash]| proof.iter().copied().map(theirs).collect::<Vec<_>>();
    for size in (1..=300_u64).step_by(13) {
        let root = log.roots[usize::try_from(size).unwrap()];
        assert_eq!(tlog_tiles::tree_hash(size, &Stored(&log)).unwrap().0, root.0);
        let mut nodes = |height, index| log.nodes.get(&(height, index)).copied();
        for index in 0..size {
            let leaf = log.leaves[usize::try_from(index).unwrap()];
            let proof = inclusion(index, size, &mut nodes).unwrap();
            tlog_tiles::check_record(&all(&proof), size, theirs(root), index, theirs(leaf)).unwrap();
            let given = tlog_tiles::prove_record(size, index, &Stored(&log)).unwrap();
            let given: Vec<_> = given.iter().map(|hash| Hash(hash.0)).collect();
            assert!(includes(&given, index, leaf, size, root));
        }
        for old in 1..=size {
            let old_root = log.roots[usize::try_from(old).unwrap()];
            let proof = consistency(old, size, &mut nodes).unwrap();
            tlog_tiles::check_tree(&all(&proof), size, theirs(root), old, theirs(old_root)).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn a_path_is_read_as_it_was_written(level in 0..64_u8, index in 0..1_u64 << 50, width in 1..=256_u16, entries: bool) {
        let tile = Tile { kind: if entries { Kind::Entries } else { Kind::Hashes(level) }, index, width };
        prop_assert_eq!(tile.to_string().parse(), Ok(tile));
    }

    #[test]
    fn no_text_makes_reading_a_path_panic(path in "(tile/)?[x0-9/.pentris]{0,24}") {
        let _ = path.parse::<Tile>();
    }

    #[test]
    fn no_bytes_make_reading_a_bundle_panic(bytes: Vec<u8>, count in 0..300_u16) {
        let _ = (tile::entries(&bytes), tile::first_entries(&bytes, count));
    }

    #[test]
    fn a_made_up_proof_proves_nothing(
        proof in proptest::collection::vec(any::<[u8; 32]>(), 0..12), index in 0..70_u64, old in 1..70_u64, size in 0..70_u64,
        root: [u8; 32], leaf: [u8; 32],
    ) {
        let proof: Vec<_> = proof.into_iter().map(Hash).collect();
        prop_assert!(!includes(&proof, index, Hash(leaf), size, Hash(root)));
        prop_assert!(!continues(&proof, old, Hash(leaf), size, Hash(root)));
    }
}
