//! Leaves, milestones and the recount.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use comitia_transparency::Hash;
use comitia_transparency::sheet::{Fault, Leaf, Milestone, NO_END, Reached, Recount, Tally, identifier};
use comitia_transparency::tile::{self, Kind, Tile, WIDTH};
use proptest::prelude::*;

fn leaf(number: u64, minute: u32, district: &str) -> Leaf {
    let mut code = [0; 16];
    code[..8].copy_from_slice(&number.to_be_bytes());
    Leaf {
        identifier: identifier(&[1; 16], &code),
        paper: number.is_multiple_of(5),
        minute,
        district: district.into(),
    }
}

fn milestone(id: &str, total: u64, districts: u32, in_each: u64, before: u32) -> Milestone {
    Milestone { id: id.into(), total, districts, in_each, before }
}

fn bundles(leaves: &[Leaf]) -> Vec<(Tile, Vec<u8>)> {
    let bundle = |(index, leaves): (usize, &[Leaf])| {
        let mut bytes = Vec::new();
        leaves.iter().for_each(|leaf| assert!(tile::push_entry(&mut bytes, &leaf.encode())));
        let width = u16::try_from(leaves.len()).unwrap();
        (Tile { kind: Kind::Entries, index: index as u64, width }, bytes)
    };
    leaves.chunks(usize::from(WIDTH)).enumerate().map(bundle).collect()
}

#[test]
fn a_milestone_is_reached_at_one_leaf() {
    let mut tally = Tally::new([
        milestone("three", 3, 0, 0, NO_END),
        milestone("spread", 4, 2, 2, NO_END),
        milestone("in time", 2, 0, 0, 10),
    ]);
    let leaves = [(5, "A"), (10, "A"), (9, ""), (11, ""), (9, "B"), (12, "B"), (13, "C")];
    let mut reached = BTreeMap::new();
    for (index, (minute, district)) in (0..).zip(leaves) {
        for (id, at) in tally.add(index, &leaf(index, minute, district)) {
            assert!(reached.insert(id.to_owned(), at).is_none(), "{id} once");
        }
    }
    // The second leaf came too late for the milestone with a date; the district without a name is none of two.
    assert_eq!(reached["in time"], Reached { leaf: 2, minute: 9 });
    assert_eq!(reached["three"], Reached { leaf: 2, minute: 9 });
    assert_eq!(reached["spread"], Reached { leaf: 5, minute: 12 });
    assert_eq!(tally.all().total, 7);
    assert_eq!(tally.counts()[&10].total, 3);
}

#[test]
fn a_recount_finds_what_was_altered() {
    let leaves: Vec<_> = (0..600).map(|number| leaf(number, 1, "A")).collect();
    let recount = |leaves: &[Leaf]| {
        let mut recount = Recount::new([milestone("half", 300, 0, 0, NO_END)], [0, 300, 600], 500);
        for (tile, bytes) in bundles(leaves) {
            recount.add(tile, &bytes)?;
        }
        recount.check_once()?;
        Ok::<_, Fault>(recount)
    };
    let right = recount(&leaves).unwrap();
    assert_eq!((right.size(), right.root(0)), (600, Some(Hash::empty())));
    assert_eq!(right.counted().unwrap().all().total, 500);
    assert_eq!(right.tally().milestones().next().unwrap().1, Some(Reached { leaf: 299, minute: 1 }));
    assert_eq!(right.find(&leaves[77].identifier), Some(77));

    let mut twice = leaves.clone();
    twice[400] = twice[17].clone();
    assert_eq!(recount(&twice).unwrap_err(), Fault::Twice { first: 17, again: 400 });
    let mut moved = leaves.clone();
    moved.swap(3, 4);
    assert_ne!(recount(&moved).unwrap().root(300), right.root(300));
    let mut other = leaves.clone();
    other[10].district = "B".into();
    assert_ne!(recount(&other).unwrap().root(600), right.root(600));

    let mut again = Recount::new([], [], 0);
    let (first, bytes) = &bundles(&leaves)[0];
    assert_eq!(
        again.add(Tile { width: 255, ..*first }, bytes),
        Err(Fault::Bundle(Tile { width: 255, ..*first }))
    );
    assert_eq!(
        again.add(Tile { index: 1, ..*first }, bytes),
        Err(Fault::Bundle(Tile { index: 1, ..*first }))
    );
    again.add(*first, bytes).unwrap();
    let mut wrong = bytes.clone();
    wrong[2] = 9;
    assert_eq!(Recount::new([], [], 0).add(*first, &wrong), Err(Fault::Entry(0)));

    let hashes: Vec<u8> = leaves[..256].iter().flat_map(|leaf| Hash::leaf(&leaf.encode()).0).collect();
    let tile = Tile { kind: Kind::Hashes(0), index: 0, width: 256 };
    assert_eq!(again.check(tile, &hashes), Ok(()));
    for (tile, bytes) in [
        (tile, &hashes[..32]),
        (Tile { index: 1, ..tile }, &hashes),
        (Tile { kind: Kind::Hashes(1), ..tile }, &hashes),
        (Tile { kind: Kind::Hashes(9), ..tile }, &hashes),
    ] {
        assert_eq!(again.check(tile, bytes), Err(Fault::Tile(tile)));
    }
}

proptest! {
    #[test]
    fn a_leaf_is_read_as_it_was_written(identifier: [u8; 32], paper: bool, minute: u32, district in "\\PC{0,20}") {
        let leaf = Leaf { identifier, paper, minute, district };
        prop_assert_eq!(Leaf::decode(&leaf.encode()), Some(leaf));
    }

    #[test]
    fn no_entry_makes_reading_panic(bytes: Vec<u8>) {
        if let Some(leaf) = Leaf::decode(&bytes) {
            prop_assert_eq!(leaf.encode(), bytes);
        }
    }

    /// Counting in one go and with stops in between comes to the same.
    #[test]
    fn a_count_goes_on_where_it_stopped(
        leaves in proptest::collection::vec((0..20_u32, "[ABC]?"), 0..60), stop in 0..60_usize,
    ) {
        let milestones = || [
            milestone("total", 10, 0, 0, NO_END), milestone("spread", 5, 2, 3, NO_END),
            milestone("date", 6, 1, 2, 10), milestone("any district", 1, 3, 0, NO_END),
        ];
        let leaves: Vec<_> = (0..).zip(&leaves).map(|(n, (minute, district))| leaf(n, *minute, district)).collect();
        let mut whole = Tally::new(milestones());
        (0..).zip(&leaves).for_each(|(index, leaf)| drop(whole.add(index, leaf)));
        let mut first = Tally::new(milestones());
        let stop = stop.min(leaves.len());
        (0..).zip(&leaves[..stop]).for_each(|(index, leaf)| drop(first.add(index, leaf)));
        let reached: Vec<_> = first.milestones().map(|(milestone, at)| (milestone.clone(), at)).collect();
        let mut second = Tally::resume(reached, first.counts().clone());
        (stop as u64..).zip(&leaves[stop..]).for_each(|(index, leaf)| drop(second.add(index, leaf)));
        prop_assert_eq!(whole.counts(), second.counts());
        prop_assert!(whole.milestones().eq(second.milestones()));
    }
}
